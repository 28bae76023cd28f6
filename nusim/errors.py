"""The errors nusim raises: one line that names what was given, what was found and what would do."""

import re

_LONGEST = 900
"""Characters of a message: what was found may be as long as a file."""


class NusimError(Exception):
    """Base of every error nusim raises on purpose; the command line prints it and exits 1.

    The message is one line of printable text, whatever was quoted in it: line ends become blanks, and the middle of a very long one dots.
    """

    def __init__(self, message: object = "") -> None:
        text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", str(message))
        super().__init__(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 300]} ... {text[-300:]}")


class CardError(NusimError):
    """A card, an override or a key in one of them cannot be used."""


class ParameterError(NusimError):
    """A number is outside the domain in which the physics is defined."""


class ConvergenceError(NusimError):
    """A numerical method did not reach its stated accuracy."""


class DataFileError(NusimError):
    """An input or output file cannot be read or written, or its content is inconsistent."""


class MissingExtraError(NusimError):
    """A feature needs an optional package; the message holds the pip line that brings it."""
