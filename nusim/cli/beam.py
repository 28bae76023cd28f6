"""nusim beam: the parents of a beam."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import ParameterError
from .options import Subparsers, add_command, add_json, add_seed
from .output import number, print_json, print_table


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "beam", "parent yields and spectra of a beam; rebuild its table", run)
    parser.add_argument("beam", metavar="BEAM", help="name of a shipped beam card, or path of a .toml file")
    parser.add_argument("--polarity", choices=("fhc", "rhc"), default=None, help="fhc or rhc (default: fhc)")
    parser.add_argument("--neutral", action="store_true", help="the table of pi0, eta, omega and eta', which portals need")
    parser.add_argument("--rebuild", action="store_true", help="generate the table anew (needs pip install 'nusim[beams]')")
    parser.add_argument("-o", "--output", metavar="TABLE", help="where --rebuild writes (default: the table the card names)")
    add_seed(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the summary of the table, after rebuilding it if asked to."""
    from dataclasses import replace

    from ..beams.build import beam_summary, rebuild
    from ..cards.read import read_beam

    beam = read_beam(args.beam)
    if args.output and not args.rebuild:
        raise ParameterError("-o goes with --rebuild: without it no table is made")
    if args.neutral:
        return _neutral(beam, args)
    # --rebuild alone makes every table the card names
    wanted: list[Any] = [args.polarity] if args.polarity else sorted(beam.tables) if args.rebuild and not args.output else ["fhc"]
    for polarity in wanted:
        if polarity not in beam.tables and not args.output:
            raise ParameterError(
                f"beam {beam.name}: no table for polarity '{polarity}'; the card has {' and '.join(sorted(beam.tables)) or 'none'}"
            )
    if args.rebuild:
        for polarity in wanted:
            rebuild(beam, polarity, Path(args.output or beam.tables[polarity]), args.seed, progress=sys.stderr.isatty())
        if args.output:
            beam = replace(beam, tables={**beam.tables, wanted[0]: Path(args.output)})
    summaries = [beam_summary(beam, polarity) for polarity in wanted]
    if args.json:
        print_json(summaries[0] if len(summaries) == 1 else summaries)
        return 0
    for summary in summaries:
        _show(beam, summary, "" if beam.dump is not None else f"{summary['polarity']}, ")
    return 0


def _neutral(beam: Any, args: argparse.Namespace) -> int:
    """The same for the beam's neutral mesons."""
    from dataclasses import replace

    from ..beams.build import neutral_summary, rebuild_neutrals

    if args.polarity:
        raise ParameterError("--polarity: neutral mesons decay before any horn; they are the same for both polarities")
    if args.rebuild:
        output = args.output or beam.neutral
        if output is None:
            raise ParameterError(f"beam {beam.name}: the card names no table of neutral mesons: say where to with -o")
        rebuild_neutrals(beam, Path(output), args.seed, progress=sys.stderr.isatty())
        beam = replace(beam, neutral=Path(output))
    summary = neutral_summary(beam)
    if args.json:
        print_json(summary)
        return 0
    _show(beam, summary, "neutral mesons, ")
    return 0


def _show(beam: Any, summary: dict[str, Any], which: str) -> None:
    """Print the summary of one table."""
    table = summary["table"]
    print(f"{beam.name}: {which}{number(beam.momentum, 5)} GeV/c protons")
    yields = summary["yields_per_proton"]
    rows = [(name, number(value, 4), number(table["effective_rows"][name], 4)) for name, value in yields.items()]
    print_table(("parent", "decays per proton", "effective rows"), rows)
    print(f"  {table['rows']} rows, made by: {table['command']}")
