"""What goes to standard output and standard error: that nobody reads it any more changes nothing.

Whoever pipes a command into `head` closes the pipe early. The work goes on, and its exit code
still says what came out.
"""

import os
from collections.abc import Iterable
from typing import IO

from rich.console import Console

NAME_WIDTH = 16


class Printer(Console):
    """A console that falls silent when its reader has gone, instead of ending the program."""

    def on_broken_pipe(self) -> None:
        """Print nothing more; the stream leads nowhere, or the end of the program would fail."""
        self.quiet = True
        fall_silent(self.file)

    def say(self, text: str) -> None:
        """Print a text as it is, in one line however long it is."""
        self.print(text, markup=False, highlight=False, soft_wrap=True)


def output() -> Printer:
    """Standard output as it is now; tests replace it."""
    return Printer()


def errors() -> Printer:
    """Standard error as it is now."""
    return Printer(stderr=True)


def print_rows(rows: Iterable[tuple[str, str]]) -> None:
    """Print names and texts, as two columns."""
    printer = output()
    for name, text in rows:
        printer.say(f"{name:<{NAME_WIDTH}}{text}")


def fall_silent(stream: IO[str]) -> None:
    """Let what is still written to a stream lead nowhere; one without a descriptor stays."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
