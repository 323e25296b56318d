"""The door: no arguments open the window; `run` and `audit` do the same work without one."""

import sys
import traceback

COULD_NOT = 2  # never 1, which says that an audit found something


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


def guarded(arguments: list[str]) -> int:
    """The same; what ends it before a command or the window takes over is no verdict either."""
    try:
        return main(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted at once. What was written before is whole.\n")
    except Exception as error:  # such as a package that is missing or half updated
        traceback.print_exc()
        sys.stderr.write(f"The program cannot start ({type(error).__name__}): {error}\n")
    return COULD_NOT


if __name__ == "__main__":
    sys.exit(guarded(sys.argv[1:]))
