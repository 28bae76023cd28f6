"""nusim region: Fig. 2 of the paper."""

import argparse
from typing import TYPE_CHECKING

from ..errors import ParameterError
from .options import Subparsers, add_command, add_json, add_plot, add_set, add_workers, number_range, whole_number
from .output import number, print_json, print_table, progress, save_figure, save_text, warn

if TYPE_CHECKING:
    from ..bounds.curve import Curve

_KEYS = ("mediator.m_zprime", "mediator.m_phi", "mediator.g_dark", "physical.m3_ev")
_EPILOG = "Bounds and published projections come with the extra [bounds]; without it the figure holds nusim's own."


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "region", "Fig. 2 of arXiv:1903.07590: band, benchmark points, bounds and projections", run, _EPILOG)
    add_set(parser, "of the benchmark points and the band: " + ", ".join(_KEYS))
    parser.add_argument("--flavour", choices=("e", "mu", "tau"), default="mu", help="flavour of the active mixing (default mu)")
    parser.add_argument(
        "--ratios", metavar="lo:hi", type=number_range, default=(0.01, 0.99), help="m4/m5 at the band's ends (default 0.01:0.99)"
    )
    parser.add_argument(
        "--masses", metavar="lo:hi", type=number_range, default=(0.01, 10.0), help="range of masses in GeV (default 0.01:10)"
    )
    parser.add_argument(
        "--bounds", choices=("all", "paper", "none"), default="all", help="those of the paper's figure, later ones as well, none"
    )
    parser.add_argument("--confidence", type=float, choices=(0.90, 0.95), default=0.90, help="of all bounds (default 0.9)")
    parser.add_argument(
        "--experiments",
        metavar="EXPERIMENT",
        nargs="*",
        help="experiments whose reach, or bound where they have run, nusim computes with its own rates, without new decays "
        "(default: sbn dune-nd na62-dump ship-2015 and charm, or with no published bounds all that have run; none with an empty list)",
    )
    parser.add_argument("--points", metavar="N", type=whole_number, default=24, help="masses of each computed curve (default 24)")
    add_workers(parser)
    parser.add_argument("-o", "--output", metavar="CSV", help="write every point of every curve as CSV")
    add_plot(parser, "both panels")
    add_json(parser)


def _computed(args: argparse.Namespace) -> "list[Curve]":
    """Curves of nusim's own rates, each some seconds."""
    from ..bounds.computed import computed_curves
    from ..bounds.experiment_bound import EXISTING, PROJECTIONS
    from ..bounds.published import installed
    from ..cards.read import read_experiment

    bounds = EXISTING if not installed() and args.bounds != "none" else ("charm",) if args.flavour == "mu" and args.bounds != "none" else ()
    names = (*PROJECTIONS, *bounds) if args.experiments is None else tuple(args.experiments)
    experiments = [read_experiment(name) for name in names]
    with progress(len(names), "experiment") as advance:
        return computed_curves(
            experiments, args.flavour, args.masses, args.points, progress=advance, workers=args.workers, scheduler=args.scheduler
        )


def run(args: argparse.Namespace) -> int:
    """Build the figure's curves; CSV, figure, JSON or a table of the benchmark points."""
    import numpy as np

    from ..bounds.band import ATMOSPHERIC_EV
    from ..bounds.curve import csv_text
    from ..bounds.region import BENCHMARKS, STATES, region
    from ..model.model import Mediator

    if args.points < 2:
        raise ParameterError(f"--points {args.points}: a curve needs at least 2")
    values = {"mediator.m_zprime": 1.0, "mediator.m_phi": 2.0, "mediator.g_dark": 1.0, "physical.m3_ev": ATMOSPHERIC_EV}
    for key, value in args.set:
        if key not in values:
            raise ParameterError(f"--set {key}: the figure takes {', '.join(_KEYS)}; its masses and ratios are options")
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ParameterError(f"--set {key}={value}: a number is needed")
        values[key] = float(value)
    mediator = Mediator(values["mediator.m_zprime"], values["mediator.m_phi"], values["mediator.g_dark"])
    found = region(
        mediator,
        args.flavour,
        ratios=args.ratios,
        m3_ev=values["physical.m3_ev"],
        masses=np.geomspace(args.masses[0], args.masses[1], 241),
        confidence=args.confidence,
        bounds=args.bounds,
        computed=_computed(args),
    )
    warnings = [*found.warnings, *(note for curve in found.curves for note in curve.warnings)]
    warn(warnings)
    if args.output:
        save_text(args.output, csv_text(found.curves))
    if args.plot:
        from ..plot.region import region as draw

        save_figure(args.plot, draw(found))
    if args.json:
        print_json({"curves": [curve.document() for curve in found.curves], "verdicts": [], "warnings": warnings})
        return 0
    rows = []
    for curve in found.curves:
        if curve.role == "marker":
            mass, mixing = curve.contours[0][0]
            rows.append((curve.name, curve.state, number(mass), number(mixing, 5)))
    print(f"|U_{found.flavour}|^2 for m3 = {values['physical.m3_ev']:.4g} eV, {mediator}")
    print_table(("point", "state", "mass [GeV]", "|U|^2"), rows, left=(0, 1))
    print(f"  {len(found.curves)} curves: {', '.join(dict.fromkeys(c.name for c in found.curves if c.name not in BENCHMARKS))}")
    if not args.output and not args.plot:
        print(f"  write them with -o FILE.csv, draw both panels ({' and '.join(STATES)}) with --plot FILE")
    return 0
