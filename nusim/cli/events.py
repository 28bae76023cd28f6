"""nusim events: event files."""

import argparse
import sys
from typing import Any

from .event_options import add_event_options, event_options
from .options import Subparsers, add_command, add_flux, add_json, add_model, add_plot, add_seed, add_workers, whole_number
from .output import number, print_json, save_figure, warn, with_error

FORMATS = ("lhe", "hepmc3", "hepevt", "rootracker", "fairship", "root", "parquet")
LAYOUTS = ("chain", "nuhepmc", "two-beam", "decay", "joint")
SCHEMES = ("default", "darknews", "genie")
"""As in `nusim.io`, which is not loaded for the sake of --help."""

_DRAWN = 100_000
"""Events in a figure of --plot, the first of the run."""


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "events", "decays in a detector as an event file", run)
    add_model(parser, "of the model or the experiment: mixing2=1e-6, protons=1e21")
    parser.add_argument("experiment", metavar="EXPERIMENT", help="name of a shipped experiment card, or path of a .toml file")
    parser.add_argument("-n", "--number", metavar="N", type=whole_number, required=True, help="number of events")
    add_flux(parser)
    add_seed(parser)
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the event file; its suffix chooses the format")
    parser.add_argument("--format", choices=FORMATS, help="the format, whatever the suffix")
    parser.add_argument("--state", metavar="STATE", help="only decays of this heavy state")
    parser.add_argument("--final", metavar="PRODUCTS", help="only this final state, as in 'nu e- e+'")
    parser.add_argument("--weighted", action="store_true", help="weighted events: no rejection, smaller statistical error per event")
    parser.add_argument(
        "--layout",
        choices=LAYOUTS,
        default="chain",
        help="what an event holds (default chain; nuhepmc: hepmc3 as NuHepMC 1.0 requires; two-beam: lhe; joint: hepevt; decay: all three)",
    )
    parser.add_argument("--pdg-scheme", choices=SCHEMES, default="default", help="codes of the heavy states")
    parser.add_argument(
        "--nuisances",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="weights for each nuisance of the beam up and down in every event (default; about a third of an LHE event)",
    )
    add_event_options(parser)
    parser.add_argument("--chunk-size", metavar="N", type=whole_number, help="events made at a time: memory, not content")
    add_workers(parser)
    parser.add_argument("--chunk", metavar="i/N", type=_part, help="only the i-th of N parts of the run, for nusim merge to join")
    add_plot(parser, "distributions of the events")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Generate the events into the file, in chunks."""
    from ..cards.read import load_experiment, load_model, split_changes
    from ..io.write import write_events
    from ..model.spectrum import solve

    of_model, of_experiment = split_changes(args.model, dict(args.set))
    model, notes = load_model(args.model, of_model)
    experiment, said = load_experiment(args.experiment, of_experiment, args.flux, args.flux_format)
    spectrum = solve(model)
    chosen = {"state": args.state, "final": args.final, "weighted": args.weighted, "options": event_options(args)}
    summary = write_events(
        args.output,
        spectrum,
        experiment,
        args.number,
        args.seed,
        format=args.format,
        layout=args.layout,
        pdg_scheme=args.pdg_scheme,
        nuisances=args.nuisances,
        **chosen,
        **({} if args.chunk_size is None else {"chunk": args.chunk_size}),
        workers=args.workers,
        scheduler=args.scheduler,
        part=args.chunk,
        progress=sys.stderr.isatty(),
    )
    warnings = list(dict.fromkeys([*notes, *said, *summary["warnings"]]))
    warn(warnings)
    if args.plot:
        from ..events.generate import generate
        from ..plot.events import events

        save_figure(args.plot, events(generate(spectrum, experiment, min(args.number, _DRAWN), args.seed, **chosen), experiment))
    if args.json:
        print_json({**summary, "warnings": warnings})
        return 0
    made = summary.get("events", summary["n"])
    print(f"{summary['file']}: {made} events{_of_run(summary)} of {model.name} at {experiment.name}, seed {summary['seed']}")
    print(f"  expected events   {with_error(summary['expected_events'], summary['stat_error'])} for {number(experiment.protons)} protons")
    print(f"  effective sample  {number(summary['effective_sample_size'], 5)}")
    print(f"  sha256            {summary['sha256']}")
    return 0


def _part(text: str) -> tuple[int, int]:
    """i/N on the command line."""
    number, slash, parts = text.partition("/")
    if not (slash and number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise argparse.ArgumentTypeError(f"'{text}' is no part: write i/N with i from 1 to N, as in 3/10")
    return int(number), int(parts)


def _of_run(summary: dict[str, Any]) -> str:
    """Which part of a run was made."""
    return f", from number {summary['first_event']} on, of a run of {summary['n']}," if "chunk" in summary else ""
