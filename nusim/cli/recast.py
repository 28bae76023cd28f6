"""nusim recast: which bounds hold for a model."""

import argparse
from typing import TYPE_CHECKING

from .options import Subparsers, add_command, add_json, add_model, add_plot, add_seed, number_range, whole_number
from .output import number, print_json, print_table, progress, save_figure, save_text, warn

if TYPE_CHECKING:
    from ..bounds.verdict import ModelBounds

_EPILOG = (
    "Published limits come with the extra [bounds]. Limits are on |U|^2 of the state named, at its mass, for its kind: Majorana or Dirac."
)
_POINTS = 12


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "recast", "which existing bounds hold for a model, and which experiments will reach it", run, _EPILOG)
    add_model(parser)
    parser.add_argument(
        "--experiments",
        metavar="EXPERIMENT",
        nargs="*",
        help="experiments to count events in (default: those that have run, and the paper's projections)",
    )
    parser.add_argument("--confidence", type=float, choices=(0.90, 0.95), default=0.90, help="of published limits (default 0.9)")
    parser.add_argument("--no-limits", action="store_true", help="verdicts at the model's point alone: no limits along the mixing, faster")
    parser.add_argument(
        "--masses", metavar="lo:hi", type=number_range, help="range of the heaviest state's mass for curves (default: a factor 6 about it)"
    )
    parser.add_argument("--points", metavar="N", type=whole_number, default=_POINTS, help=f"masses of a curve (default {_POINTS})")
    parser.add_argument("-o", "--output", metavar="CSV", help="write the verdicts as CSV")
    parser.add_argument("--curves", metavar="CSV", help="write limits over the mass, published, standard and of the model, as CSV")
    add_seed(parser)
    add_plot(parser, "limits over the mass and the model's point")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Recast every bound; a table, CSV, JSON, curves and a figure."""
    import numpy as np

    from ..bounds.curve import csv_text
    from ..bounds.experiment_bound import EXISTING, PROJECTIONS
    from ..bounds.recast import recast
    from ..cards.locate import locate
    from ..cards.read import load_model
    from ..errors import ParameterError
    from ..model.spectrum import solve

    experiments = (*EXISTING, *PROJECTIONS) if args.experiments is None else tuple(args.experiments)
    for name in experiments:
        locate(name, "experiment")
    if args.points < 2:
        raise ParameterError(f"--points {args.points}: a curve needs at least 2")
    wanted = bool(args.curves or args.plot)
    if wanted and args.no_limits:
        raise ParameterError("--no-limits: curves are limits along the mixing; leave it out, or --curves and --plot")
    model, notes = load_model(args.model, dict(args.set))
    spectrum = solve(model)
    top = spectrum.mass(spectrum.heavy_states[-1])
    low, high = args.masses or (top / 6, top * 6)
    masses = np.geomspace(low, high, args.points).tolist() if wanted else []
    with progress(len(experiments), "experiment") as advance:
        found = recast(
            model, experiments, confidence=args.confidence, limits=not args.no_limits, masses=masses, seed=args.seed, progress=advance
        )
    warnings = list(dict.fromkeys([*notes, *found.warnings]))
    warn(warnings)
    if args.output:
        save_text(args.output, _csv(found))
    if args.curves:
        save_text(args.curves, csv_text(found.curves))
    if args.plot:
        from ..plot.recast import recast as draw

        save_figure(args.plot, draw(found))
    if args.json:
        print_json({**found.document(), "warnings": warnings})
    else:
        _print(found)
    return 0


def _print(found: "ModelBounds") -> None:
    print(found)
    several = len({one.flavour for one in found.verdicts if one.flavour}) > 1
    rows = [
        (
            one.label,
            one.kind,
            one.verdict,
            one.state + (f" ({one.flavour})" if several and one.flavour else ""),
            _short(one.strength),
            "" if one.events is None else f"{_short(one.events)} of {_short(one.threshold)}",
            *map(_short, (one.value, one.published, one.standard, one.model)),
        )
        for one in found.verdicts
        if one.verdict != "no bound"
    ]
    header = ("bound", "kind", "verdict", "state", "strength", "events", "|U|^2", "published", "standard", "model")
    print_table(header, rows, left=(0, 1, 2, 3))
    outside = list(dict.fromkeys(one.label for one in found.verdicts if one.verdict == "no bound"))
    bound = {row[0] for row in rows}
    silent = [label for label in outside if label not in bound]
    if silent:
        print(f"  no bound on these masses and mixings: {', '.join(silent)}")


def _short(value: float | None) -> str:
    return number(value, 3)


_COLUMNS = (
    *("name", "label", "kind", "verdict", "state", "strength", "events", "threshold", "value", "published", "standard", "model"),
    *("visible_chance", "flavour", "reason"),
)


def _csv(found: "ModelBounds") -> str:
    import csv
    from io import StringIO

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in found.verdicts:
        values = (getattr(one, column) for column in _COLUMNS)
        writer.writerow(["" if value is None else repr(value) if isinstance(value, float) else value for value in values])
    return text.getvalue()
