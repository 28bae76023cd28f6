"""nusim plot corner: points of an exploration."""

import argparse

from .options import Subparsers, add_command, figure
from .output import save_figure


def add_parser(subparsers: Subparsers) -> None:
    """Register the subcommand."""
    parser = add_command(subparsers, "corner", "columns of nusim explore against each other", run)
    parser.add_argument("file", metavar="FILE", help="a file of nusim explore -o")
    parser.add_argument(
        "columns", metavar="COLUMN", nargs="*", help="columns of numbers (default: the keys that vary, and ctau_nu4 with a single one)"
    )
    parser.add_argument("--by", metavar="COLUMN", default="verdict", help="a column of names that gives the colours (default: verdict)")
    parser.add_argument("-o", "--output", metavar="FIG", type=figure, required=True, help="the figure: .pdf, .png or .svg")


def run(args: argparse.Namespace) -> int:
    """Draw the columns."""
    from ..errors import ParameterError
    from ..io.points_table import read_points
    from ..plot.corner import corner

    columns, about = read_points(args.file)
    varied = [one["key"] for part in ("grid", "draw") for one in about["plan"][part]]
    if len(varied) == 1:
        varied.append("ctau_nu4")
    try:
        drawn = corner(columns, args.columns or varied, args.by)
    except ParameterError as error:
        raise ParameterError(f"{args.file}: {error}") from None
    save_figure(args.output, drawn)
    return 0
