"""The door: no arguments open the window; `run` and `audit` do the same work without one."""

import sys


def main(arguments: list[str]) -> int:
    """Open the window or run a command; returns the exit code.

    Only what the way at hand needs is imported: the window appears before torch is there.
    """
    return _run_command(arguments) if arguments else _open_window()


def _open_window() -> int:
    from gui import display

    unreachable = display.why_unreachable()
    if unreachable:
        from terminal.commands import run_without_display

        return run_without_display(unreachable)
    problem = display.why_not_loadable()
    if problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    from gui.app import main as open_window

    return open_window()


def _run_command(arguments: list[str]) -> int:
    from terminal.commands import run_command_line

    return run_command_line(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
