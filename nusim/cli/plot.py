"""nusim plot: figures of files, one subcommand each."""

import argparse

from . import plot_corner, plot_display, plot_events, plot_reach
from .options import Subparsers, add_command

_FIGURES = (plot_events, plot_display, plot_reach, plot_corner)


def add_parser(subparsers: Subparsers) -> None:
    """Register the command and its figures."""
    parser = add_command(subparsers, "plot", "standard figures of a file", _none)
    kinds = parser.add_subparsers(dest="figure", metavar="FIGURE", required=True)
    for figure in _FIGURES:
        figure.add_parser(kinds)


def _none(_: argparse.Namespace) -> int:
    raise AssertionError("the command line asks for a figure")
