"""The one exception whose text is meant for the person at the screen."""


class EngineError(Exception):
    """A sentence that says what is wrong, why, and what to do about it."""
