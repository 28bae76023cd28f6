"""nusim plot display: one event of a file in its detector."""

import argparse

from .options import Subparsers, add_command, figure, whole_number
from .output import save_figure
from .plot_events import FILE, read_sample


def add_parser(subparsers: Subparsers) -> None:
    """Register the figure."""
    parser = add_command(subparsers, "display", "one event in its detector, x-z and y-z", run)
    parser.add_argument("file", metavar="FILE", help=FILE)
    parser.add_argument("--event", metavar="I", type=whole_number, default=0, help="its number in the file, from 0 (default 0)")
    parser.add_argument("-o", "--output", metavar="FIG", type=figure, required=True, help="the figure (.pdf, .png, .svg)")


def run(args: argparse.Namespace) -> int:
    """Read the event and draw it."""
    from ..errors import DataFileError, ParameterError
    from ..io.check import detector_volumes
    from ..plot.display import display

    if args.event < 0:
        raise ParameterError(f"--event {args.event}: events are counted from 0")
    sample, info = read_sample(args.file, args.event, args.event + 1)
    if not len(sample):
        raise ParameterError(f"--event {args.event}: {args.file} holds {info.events} events, counted from 0")
    volumes = detector_volumes(info.metadata.get("experiment", {}))
    if not volumes:
        raise DataFileError(f"{args.file}: does not say what its detector is")
    save_figure(args.output, display(sample, 0, tuple(volumes), args.event))
    print(f"{args.output}: event {args.event}")
    return 0
