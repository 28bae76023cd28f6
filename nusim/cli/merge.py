"""nusim merge: parts of a run, or runs of one setting, in one file."""

import argparse

from .events import FORMATS
from .options import Subparsers, add_command, add_json
from .output import print_json, with_error


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "merge", "parts of a run, or runs of one setting, in one file", run)
    parser.add_argument("files", metavar="PART", nargs="+", help="event files of one format, in any order")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the joint file; its suffix chooses the format")
    parser.add_argument("--format", choices=FORMATS, help="the format, whatever the suffix")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Join the files."""
    from ..io.convert import merge

    summary = merge(args.files, args.output, args.format)
    if args.json:
        print_json(summary)
        return 0
    seed = summary["seed"]
    seeds = f"seeds {', '.join(map(str, seed))}" if isinstance(seed, list) else f"seed {seed}"
    print(f"{summary['file']}: {summary['n']} events, {seeds}")
    print(f"  expected events   {with_error(summary['expected_events'], summary['stat_error'])}")
    print(f"  sha256            {summary['sha256']}")
    return 0
