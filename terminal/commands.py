"""The commands: what the window does, without it. Their exit codes are a contract.

Of `audit`, 0: scanned, no patch-type backdoor found. 1: a backdoor is likely or suspected. Of
`run` and `calibrate`, 0: it came to its end. Of all, 2: it could not be done, or was stopped; one
line on stderr says why.
"""

import errno
import sys
import traceback

import typer

from engine.errors import EngineError
from engine.modelfiles.plain_text import plain
from terminal.answers import refuse
from terminal.audit import audit
from terminal.calibrate import calibrate
from terminal.data_choice import download
from terminal.export import export
from terminal.poison import poison
from terminal.printing import errors, fall_silent
from terminal.run import run

UNUSABLE = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG)  # what is said of a path that was given
UNPRINTABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
LONGEST_PATH = 200
INTERRUPTED = 130  # what typer makes of an interrupt

EMPTY = (
    "One of the arguments is empty, as where a shell's variable has no value; taken for a path it"
    " would be the current folder. Leave it out, or write . for that folder."
)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
)


for command in (run, audit, calibrate, export, download, poison):
    app.command()(command)


@app.callback()
def main() -> None:
    """Make backdoor attacks on image classifiers, and the search for them, visible.

    Without arguments, the window opens.
    """


def run_command_line(arguments: list[str]) -> int:
    """Do what the arguments say, and return the exit code; nothing is raised."""
    if "" in arguments:
        return refuse(EMPTY)
    try:
        code = app(arguments, prog_name="main.py", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        return _failed(error)
    if code == INTERRUPTED:
        return refuse("Interrupted at once. What was written before is whole.")
    return int(code or 0)


def _failed(error: Exception) -> int:
    """Say why a command ended early; returns the exit code for it."""
    match error:
        case EngineError():
            return refuse(str(error))
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "main.py"
            return refuse(f"{error.format_message().rstrip('.')}. See: {command} --help")
        case BrokenPipeError():  # of a text of help, which nobody reads to its end
            fall_silent(sys.stdout)
            return 0
        case OSError() if error.errno in UNPRINTABLE:
            fall_silent(sys.stdout)
            return refuse(f"What came out could not be printed: {error.strerror}.")
        case OSError() if error.errno in UNUSABLE and error.filename:
            path = plain(str(error.filename), LONGEST_PATH)
            reason = (error.strerror or "unknown").lower()
            return refuse(f"{path} cannot be used: {reason}. Choose another path.")
        case _:
            errors().say(traceback.format_exc())
            return refuse(f"A fault of this program ({type(error).__name__}): {error}")


def run_without_display(reason: str) -> int:
    """Run the default experiment because no window can be opened; returns the exit code."""
    errors().say(
        f"No display can be opened ({reason}): running the default experiment without a window."
    )
    return run_command_line(["run"])
