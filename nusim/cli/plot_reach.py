"""nusim plot reach: contours from files."""

import argparse

from .options import Subparsers, add_command, figure
from .output import save_figure


def add_parser(subparsers: Subparsers) -> None:
    """Register the subcommand."""
    parser = add_command(subparsers, "reach", "contours of files of nusim reach", run)
    parser.add_argument("files", metavar="FILE", nargs="+", help="files of nusim reach -o, .csv or .npz, over the same axes")
    parser.add_argument("-o", "--output", metavar="FIG", type=figure, required=True, help="the figure: .pdf, .png or .svg")


def run(args: argparse.Namespace) -> int:
    """Draw contours."""
    from ..io.contours import read_reach
    from ..plot.reach import reach

    save_figure(args.output, reach([one for name in args.files for one in read_reach(name)]))
    return 0
