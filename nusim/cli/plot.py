"""nusim plot: standard figures from files."""

import argparse

from .options import Subparsers, add_command, figure
from .output import save_figure


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "plot", "standard figures from files", run)
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    one = add_command(kinds, "reach", "contours of files of nusim reach", _reach)
    one.add_argument("files", metavar="FILE", nargs="+", help="files of nusim reach -o, .csv or .npz, over the same axes")
    one.add_argument("-o", "--output", metavar="FIG", type=figure, required=True, help="the figure: .pdf, .png or .svg")


def run(args: argparse.Namespace) -> int:
    """A kind is always given, and has a `run` of its own."""
    raise AssertionError(args.kind)


def _reach(args: argparse.Namespace) -> int:
    """Draw contours."""
    from ..io.contours import read_reach
    from ..plot.reach import reach

    save_figure(args.output, reach([one for name in args.files for one in read_reach(name)]))
    return 0
