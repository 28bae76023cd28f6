"""nusim explore: many points of a model, and all that follows from each."""

import argparse
from typing import TYPE_CHECKING, Any

from .options import Subparsers, add_command, add_json, add_model, add_seed, add_workers, log_grid, whole_number
from .output import print_json, print_table, progress_by_number, warn

if TYPE_CHECKING:
    from ..explorations.explore import Exploration

_EPILOG = (
    "Columns: the keys that vary, masses, mixings, widths, events and their errors at the experiments given, strengths of bounds (1 and "
    "more is excluded), verdicts. A run that was broken off goes on where it stopped. Parquet files come with the extra [parquet]."
)


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "explore", "many points of a model: masses, mixings, widths, rates and verdicts of each", run, _EPILOG)
    add_model(parser)
    parser.add_argument("experiments", metavar="EXPERIMENT", nargs="*", help="experiments to count events in (default: none)")
    parser.add_argument(
        "--draw", metavar="KEY=lo:hi[:lin]", nargs="+", action="extend", default=[], type=drawn,
        help="a key drawn between two values, uniform in its logarithm, or with :lin in itself",
    )  # fmt: skip
    parser.add_argument(
        "--grid", metavar="KEY=lo:hi:n", nargs="+", action="extend", default=[], type=log_grid, help="a logarithmic grid of a key"
    )
    parser.add_argument("-n", "--number", metavar="N", type=whole_number, default=1000, help="points, or points at each of the grid (1000)")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the points (.parquet)")
    parser.add_argument("--no-bounds", action="store_true", help="leave out published limits")
    parser.add_argument("--confidence", type=float, choices=(0.90, 0.95), default=0.90, help="of published limits (default 0.9)")
    add_workers(parser)
    add_seed(parser)
    add_json(parser)


def drawn(text: str) -> tuple[str, tuple[Any, ...]]:
    """'physical.m5=0.01:1' or 'physical.mass_ratio=0.1:0.9:lin' as key and range."""
    key, equals, given = text.partition("=")
    parts = given.split(":")
    try:
        low, high = (float(part) for part in parts[:2])
    except ValueError:
        low = high = 0.0
        equals = ""
    if not equals or not key or parts[2:] not in ([], ["lin"], ["log"]):
        raise argparse.ArgumentTypeError(f"{text!r}: write KEY=lo:hi or KEY=lo:hi:lin, as in physical.m5=0.01:1")
    return key, (low, high, *parts[2:])


def run(args: argparse.Namespace) -> int:
    """Write the points, print how many are excluded, reachable and allowed."""
    from ..cards.read import load_model, read_experiment
    from ..errors import ParameterError
    from ..explorations.explore import explore
    from .rate import experiments_named

    model, notes = load_model(args.model, dict(args.set))
    for option, given in (("--draw", args.draw), ("--grid", args.grid)):
        keys = [key for key, _ in given]
        for key in keys:
            if keys.count(key) > 1:
                raise ParameterError(f"{option} {key}: given twice")
            if key in dict(args.set):
                raise ParameterError(f"--set {key}: it varies by {option}; give one of them")
    experiments = [read_experiment(name) for name in experiments_named(args.experiments)] if args.experiments else []
    total = args.number if args.draw else 1
    for _, values in args.grid:
        total *= len(values)
    with progress_by_number(total, "point") as advance:
        found = explore(
            model, experiments, draw=dict(args.draw), grid=dict(args.grid), n=args.number, seed=args.seed, bounds=not args.no_bounds,
            confidence=args.confidence, workers=args.workers, scheduler=args.scheduler, output=args.output, progress=advance,
        )  # fmt: skip
    warnings = [*notes, *found.warnings]
    warn(warnings)
    if args.json:
        print_json(_document(args.output, found, warnings))
        return 0
    print(f"{args.output}: {found}")
    rows = _counts(found)
    if rows:
        print_table(("excluded by or within reach of", "points"), rows)
    return 0


def _counts(found: "Exploration") -> list[tuple[str, str]]:
    """Points that each bound excludes, and that each experiment to come reaches."""
    import numpy as np

    said = {name: values for name, values in found.columns.items() if name.startswith("strength_")}
    with np.errstate(invalid="ignore"):
        count = {name.removeprefix("strength_"): int(np.count_nonzero(values >= 1)) for name, values in said.items()}
    return [(name, str(number)) for name, number in sorted(count.items(), key=lambda item: -item[1]) if number]


def _document(path: str, found: "Exploration", warnings: list[str]) -> dict[str, Any]:
    import numpy as np

    said = found.columns["verdict"] if "verdict" in found.columns else np.zeros(0, str)
    verdicts = {str(name): int(np.count_nonzero(said == name)) for name in np.unique(said) if name}
    return {
        "file": path, "model": found.model, "points": len(found), "refused": found.refused, "verdicts": verdicts,
        "points_by_bound": {name: int(number) for name, number in _counts(found)}, "columns": list(found.columns),
        "warnings": list(dict.fromkeys(warnings)),
    }  # fmt: skip
