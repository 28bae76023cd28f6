"""Options that several commands share, and how their text becomes values."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..kernels.arrays import Array

Subparsers = Any
"""What argparse's add_subparsers gives; its class is private there."""


def add_command(
    subparsers: Subparsers, name: str, help: str, run: Callable[[argparse.Namespace], int], epilog: str = ""
) -> argparse.ArgumentParser:
    """A command of the program: options in full only."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=help, description=help[0].upper() + help[1:] + ".", epilog=epilog, allow_abbrev=False
    )
    parser.set_defaults(run=run)
    return parser


def add_model(parser: argparse.ArgumentParser, keys: str = "circle: physical.m5=0.2, mixing2=1e-6") -> None:
    """MODEL and --set."""
    parser.add_argument("model", metavar="MODEL", help="name of a shipped model card, or path of a .toml file")
    add_set(parser, keys)


def add_set(parser: argparse.ArgumentParser, keys: str) -> None:
    """--set k=v ..., as often as one likes."""
    parser.add_argument(
        "--set", metavar="KEY=VALUE", nargs="+", action="extend", default=[], type=assignment, help=f"set a key of the card ({keys})"
    )


def add_flux(parser: argparse.ArgumentParser) -> None:
    """--flux FILE, as often as one likes, and --flux-format."""
    parser.add_argument(
        "--flux",
        metavar="FILE",
        action="append",
        default=[],
        help="a user's own flux in the place of the card's beam: a file or a glob in quotes; may be given several times",
    )
    parser.add_argument(
        "--flux-format", choices=("dk2nu", "gsimple", "mevprtl", "csv"), help="format of --flux (default: found from the content)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def add_plot(parser: argparse.ArgumentParser, what: str) -> None:
    """--plot FILE."""
    parser.add_argument("--plot", metavar="FILE", type=figure, help=f"draw {what} to FILE (.pdf, .png, .svg)")


def add_seed(parser: argparse.ArgumentParser) -> None:
    """--seed S."""
    parser.add_argument("--seed", metavar="S", type=whole_number, default=1, help="seed of the random numbers (default 1)")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """--workers W and --scheduler ADDRESS."""
    parser.add_argument("--workers", metavar="W", type=whole_number, default=1, help="processes to share the work; the content is the same")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask scheduler whose workers do the work, or local for W here (extra [dask])",
    )


def assignment(text: str) -> tuple[str, Any]:
    """'physical.m5=0.2' as key and value; the value is TOML where it can be, else text."""
    from ..cards.toml import show, toml_value
    from ..errors import CardError

    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{show(text)}: write KEY=VALUE, as in physical.m5=0.2")
    try:
        return key.strip(), toml_value(value.strip())
    except CardError as error:
        raise argparse.ArgumentTypeError(f"{key.strip()}={error}") from None


def figure(text: str) -> str:
    """The name of a figure file, of a kind that can be drawn."""
    if not text.lower().endswith((".pdf", ".png", ".svg")):
        raise argparse.ArgumentTypeError(f"{text!r}: a figure's name ends in .pdf, .png or .svg")
    return text


def whole_number(text: str) -> int:
    """A whole number, also as 1e6."""
    try:
        value = float(text) if not text.lstrip("+-").isdigit() else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number is needed") from None
    if not abs(value) < 1e20 or value != int(value):
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number is needed")
    return int(value)


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    value = _number(text, text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 0 to 1 is needed")
    return value


def positive(text: str) -> float:
    """A number above 0."""
    value = _number(text, text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r}: a number above 0 is needed")
    return value


_LARGEST_GRID = 100_000


def log_grid(text: str) -> "tuple[str, Array]":
    """'physical.m5=0.01:1:50' as key and a logarithmic grid, ends included."""
    import numpy as np

    key, equals, grid = text.partition("=")
    parts = grid.split(":")
    if not equals or not key or len(parts) != 3:
        raise argparse.ArgumentTypeError(f"{text!r}: write KEY=lo:hi:n, as in physical.m5=0.01:1:50")
    low, high = _number(parts[0], text), _number(parts[1], text)
    n = whole_number(parts[2])
    if n > _LARGEST_GRID:
        raise argparse.ArgumentTypeError(f"{text!r}: at most {_LARGEST_GRID} points")
    if not 0 < low < high or n < 2:
        raise argparse.ArgumentTypeError(f"{text!r}: a logarithmic grid needs 0 < lo < hi and n >= 2")
    return key, np.geomspace(low, high, n)


def number_range(text: str) -> tuple[float, float]:
    """'0.01:0.99' as two positive numbers, the smaller first."""
    low, colon, high = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r}: write lo:hi, as in 0.01:0.99")
    found = _number(low, text), _number(high, text)
    if not 0 < found[0] < found[1]:
        raise argparse.ArgumentTypeError(f"{text!r}: 0 < lo < hi is needed")
    return found


def bin_edges(text: str) -> "Array":
    """'0:5:0.1' as bin edges with equal steps, ends included."""
    import numpy as np

    parts = text.split(":")
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"{text!r}: write lo:hi:step, as in 0:5:0.1")
    low, high, step = (_number(part, text) for part in parts)
    if not 0 <= low < high or not step > 0:
        raise argparse.ArgumentTypeError(f"{text!r}: bins need 0 <= lo < hi and step > 0")
    bins = (high - low) / step
    if not bins < _LARGEST_GRID + 0.5:
        raise argparse.ArgumentTypeError(f"{text!r}: {bins:.0f} bins; at most {_LARGEST_GRID}")
    count = round(bins)
    if count < 1 or abs(count * step - (high - low)) > 1e-6 * step:
        raise argparse.ArgumentTypeError(f"{text!r}: the step does not divide {high - low:g} into whole bins")
    return np.linspace(low, high, count + 1)


def _number(part: str, text: str) -> float:
    try:
        value = float(part)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: {part!r} is not a number") from None
    if value - value != 0:
        raise argparse.ArgumentTypeError(f"{text!r}: {part!r} is not finite")
    return value
