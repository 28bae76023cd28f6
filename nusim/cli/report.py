"""nusim report: one page with everything about a model."""

import argparse
import json
import shlex
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from .options import Subparsers, add_command, add_flux, add_json, add_model, add_seed, whole_number
from .output import print_json, progress, save_text, warn

if TYPE_CHECKING:
    from ..reports.report import Report

_EVENTS = 2000
"""As in `nusim.reports`, which is not loaded for the sake of --help."""
_EPILOG = (
    "The page needs nothing from outside; its figures come with the extra [report]. Some minutes with all parts, most of them for the "
    "contours; --quick takes seconds an experiment. Exit code 1 if an experiment was refused: the page says why, and holds the others."
)


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "report", "one self-contained page: spectrum, decays, rates, contours, bounds, events", run, _EPILOG)
    add_model(parser, "of the model or the experiments: mixing2=1e-6, protons=1e21")
    parser.add_argument(
        "experiments",
        metavar="EXPERIMENT",
        nargs="*",
        help="names or paths of experiment cards, or all (default: those of the paper's figure, sbn dune-nd na62-dump ship-2015)",
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=_page, required=True, help="the page (.html)")
    parser.add_argument("--quick", action="store_true", help="no contours, and no events counted at experiments that have run")
    parser.add_argument(
        "--without", metavar="PART", nargs="+", action="extend", choices=("contours", "bounds", "events"), default=[],
        help="leave out contours, bounds or events",
    )  # fmt: skip
    parser.add_argument("-n", "--number", metavar="N", type=whole_number, default=_EVENTS, help=f"events drawn (default {_EVENTS})")
    parser.add_argument("--confidence", type=float, choices=(0.90, 0.95), default=0.90, help="of published limits (default 0.9)")
    add_flux(parser)
    add_seed(parser)
    add_json(parser)


def _page(text: str) -> str:
    if not text.lower().endswith((".html", ".htm")):
        raise argparse.ArgumentTypeError(f"{text!r}: the page's name ends in .html")
    return text


def run(args: argparse.Namespace) -> int:
    """Compute all parts and write the page."""
    from ..bounds.experiment_bound import EXISTING, PROJECTIONS
    from ..cards.read import load_experiment, load_model, split_changes
    from ..reports.page import check_installed
    from ..reports.report import report, steps
    from .rate import experiments_named

    begin = perf_counter()
    check_installed()
    of_model, of_experiment = split_changes(args.model, dict(args.set))
    model, notes = load_model(args.model, of_model)
    names = experiments_named(args.experiments) if args.experiments else list(PROJECTIONS)
    loaded = [load_experiment(name, of_experiment, args.flux, args.flux_format) for name in names]
    said = list(dict.fromkeys([*notes, *(note for _, more in loaded for note in more)]))
    experiments = [experiment for experiment, _ in loaded]
    contours, bounds = not (args.quick or "contours" in args.without), "bounds" not in args.without
    existing = () if args.quick else EXISTING
    with progress(steps(experiments, contours, bounds, existing), "step") as advance:
        found = report(
            model, experiments, contours=contours, bounds=bounds, events=0 if "events" in args.without else args.number,
            existing=existing, confidence=args.confidence, seed=args.seed, notes=said, progress=advance,
        )  # fmt: skip
    warn(found.warnings)
    save_text(args.output, found.html(_line(args), commands(found, args, names)))
    seconds = perf_counter() - begin
    refused = {one.experiment.name: one.no_rate for one in found.experiments if one.rate is None}
    verdict = found.bounds.verdict if found.bounds is not None else None
    if args.json:
        done = [one.experiment.name for one in found.experiments if one.rate is not None]
        document = {"file": args.output, "model": model.name, "experiments": done, "refused": refused, "verdict": verdict}
        print_json({**document, "seed": args.seed, "warnings": list(found.warnings), "seconds": round(seconds, 1)})
    else:
        print(f"{args.output}: {model.name} at {', '.join(one.experiment.name for one in found.experiments)}, {seconds:.0f} s")
        if found.bounds is not None:
            print(f"  {found.bounds}")
        for name, reason in refused.items():
            print(f"  {name}: refused: {reason}")
    return int(bool(refused))


def _line(args: argparse.Namespace) -> str:
    """The command line as one would type it."""
    words = ["nusim", "report", args.model, *args.experiments, *_set(args.set), *_flux(args)]
    words += ["--quick"] * args.quick + (["--without", *dict.fromkeys(args.without)] if args.without else [])
    words += ["-n", str(args.number)] * (args.number != _EVENTS) + ["--confidence", f"{args.confidence:g}"] * (args.confidence != 0.90)
    return shlex.join([*words, *_seed(args), "-o", args.output])


def commands(found: "Report", args: argparse.Namespace, names: Sequence[str]) -> list[tuple[str, str]]:
    """What gives the numbers of each part: its name and a command line."""
    from ..cards.read import split_changes
    from ..reports.about_point import LINES

    changed = dict(args.set)
    of_model = [(key, value) for key, value in args.set if key in split_changes(args.model, changed)[0]]
    model, all_of_it = [args.model, *_set(of_model)], [args.model, *names, *_set(args.set), *_flux(args), *_seed(args)]
    lines = [("masses and mixings", ["masses", *model])]
    lines += [(f"decays of {one.table.parent}", ["widths", *model, "--parent", one.table.parent]) for one in found.states]
    lines.append(("expected events", ["rate", *all_of_it]))
    if found.window is not None:
        masses, mixings = found.window.masses, found.window.mixings
        x = f"{found.window.key}={masses[0]:.12g}:{masses[-1]:.12g}:{len(masses)}"
        y = f"mixing2={mixings[0]:.12g}:{mixings[-1]:.12g}:{len(mixings)}"
        # an axis takes the place of the key that is set
        free = [(key, value) for key, value in args.set if key not in (found.window.key, "mixing2")]
        words = ["reach", args.model, *names, *_set(free), *_flux(args), *_seed(args), "--x", x, "--y", y, "--lines", str(LINES)]
        lines.append(("contours", words))
    if found.bounds is not None:
        lines.append(("bounds", ["recast", *model, "--no-limits", "--confidence", f"{args.confidence:g}", *_seed(args)]))
    if found.sample is not None and found.sampled is not None:
        at = next((name for name, one in zip(names, found.experiments, strict=True) if one.experiment is found.sampled), found.sampled.name)
        words = ["events", args.model, at, *_set(args.set), *_flux(args), *_seed(args), "-n", str(len(found.sample)), "-o", "events.lhe.gz"]
        lines.append(("events", words))
    return [(what, shlex.join(["nusim", *words])) for what, words in lines]


def _set(changes: Sequence[tuple[str, object]]) -> list[str]:
    return ["--set", *(f"{key}={_toml(value)}" for key, value in changes)] if changes else []


def _toml(value: object) -> str:
    """A value as --set takes it, all digits kept."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items()) + " }"
    return value if isinstance(value, str) else json.dumps(value)


def _flux(args: argparse.Namespace) -> list[str]:
    words = [word for name in args.flux for word in ("--flux", name)]
    return words + (["--flux-format", args.flux_format] if args.flux_format else [])


def _seed(args: argparse.Namespace) -> list[str]:
    return ["--seed", str(args.seed)] if args.seed != 1 else []
