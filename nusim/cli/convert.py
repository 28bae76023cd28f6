"""nusim convert: an event file in another format."""

import argparse

from .events import FORMATS, LAYOUTS, SCHEMES
from .options import Subparsers, add_command, add_json
from .output import print_json, warn


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "convert", "an event file in another format", run)
    parser.add_argument("file", metavar="IN", help="an event file of nusim's: LHE, HepMC3, HEPEVT with its JSON file, flat ROOT, Parquet")
    parser.add_argument("output", metavar="OUT", help="the new file; its suffix chooses the format")
    parser.add_argument("--format", choices=FORMATS, help="the format, whatever the suffix")
    parser.add_argument("--layout", choices=LAYOUTS, default="chain", help="what an event holds (default chain)")
    parser.add_argument("--pdg-scheme", choices=SCHEMES, help="codes of the heavy states (default: as in IN)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Convert the file and say what the new one does not hold."""
    from ..io.convert import convert

    summary = convert(args.file, args.output, args.format, layout=args.layout, pdg_scheme=args.pdg_scheme)
    warn(f"{summary['file']}: does not hold {lost}" for lost in summary["lost"])
    if args.json:
        print_json(summary)
        return 0
    print(f"{summary['file']}: {summary['n']} events, {summary['format']}")
    print(f"  sha256            {summary['sha256']}")
    return 0
