"""The program `nusim`: one command each for what the library does."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from ..errors import NusimError
from . import (
    beam,
    cards,
    convert,
    events,
    explore,
    flux,
    info,
    masses,
    merge,
    plot,
    rate,
    reach,
    recast,
    region,
    report,
    scan,
    show,
    widths,
)
from .completion import SHELLS, PrintCompletion
from .examples import add_examples

_COMMANDS = (
    *(cards, show, masses, widths, flux, rate, events),
    *(scan, reach, region, recast, explore, report),
    *(info, convert, merge, plot, beam),
)

_INTERRUPTED = 130
_BROKEN_PIPE = 141


class _Version(argparse.Action):
    """--version, looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"nusim {version('nusim')}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The command line of every command."""
    parser = argparse.ArgumentParser(
        prog="nusim",
        description="Heavy neutrinos of a dark sector below the electroweak scale: masses, widths, rates and events.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    parser.add_argument(
        "--print-completion",
        metavar="SHELL",
        action=PrintCompletion,
        choices=SHELLS,
        help=f"print a completion script: {', '.join(SHELLS)}",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(subparsers)
    add_examples(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 0: done, 1: refused (one line on stderr), 2: bad command line, 130: interrupted."""
    try:
        args = build_parser().parse_args(argv)
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
            _check_outputs(args)
            code: int = args.run(args)
        if sys.stdout is not None:  # None where the caller closed it
            sys.stdout.flush()
        return code
    except NusimError as error:
        print(f"nusim: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nusim: interrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # the reader has gone: leave nothing for the interpreter to flush into the closed pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except OSError as error:
        # files are guarded where they are written; what is left is standard output
        print(f"nusim: the output cannot be written: {error.strerror or error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


_OUTPUTS = ("output", "plot", "curves", "pyhf", "slha")
"""Options that name a file to write."""


def _check_outputs(args: argparse.Namespace) -> None:
    """Refuse a file that cannot be written before the work whose result it would hold."""
    named = [path for option in _OUTPUTS if isinstance(path := getattr(args, option, None), str) and path]
    if named:
        from ..io.output import check_name

        for path in named:
            check_name(Path(path))
