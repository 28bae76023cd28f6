"""The errors nusim raises: one line that names what was given, what was found and what would do."""


class NusimError(Exception):
    """Base of every error nusim raises on purpose; the command line prints it and exits 1."""


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
