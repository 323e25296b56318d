"""What is said of work in the background that failed, whatever it was."""

import logging

from engine.errors import EngineError

MOST_LETTERS = 200  # of what an error says of itself
log = logging.getLogger("backdoor_studio")


def of_failure(what: str, error: BaseException, details: str) -> tuple[str, str]:
    """A sentence on a failure, and the details to show with it.

    An EngineError speaks for itself. Anything else is a fault of the program: it is logged, and
    has details.

    Args:
        what: What failed, such as "The training" or "Writing the report".
        error: Why.
        details: Where in the program it was.
    """
    if isinstance(error, EngineError):
        return str(error), ""
    log.error("%s failed\n%s", what, details)
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0][:MOST_LETTERS]
    return (
        f"{what} ended because of an error in the program: {first_line}. You can start again;"
        " Details shows where it was.",
        details,
    )
