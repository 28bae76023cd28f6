"""nusim scan: expected events over two keys of the cards."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .options import Subparsers, add_command, add_flux, add_json, add_model, add_plot, add_seed, add_workers, log_grid, whole_number
from .output import number, print_json, print_table, save_bytes, save_figure, warn

if TYPE_CHECKING:
    from ..experiment.experiment import Experiment
    from ..kernels.arrays import Array
    from ..model.model import Model
    from ..rates.scan import Scan

_EPILOG = "mixing2 is |U|^2 of nu4 summed over flavours; any key of the model's card can be an axis, and protons and background."


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "scan", "expected events over a grid of two keys", run, _EPILOG)
    add_scan(parser, required=True)
    parser.add_argument("-o", "--output", metavar="FILE", help="write the grid: .csv, .yaml (HEPData) or .npz")
    add_plot(parser, "selected events")
    add_json(parser)


def add_scan(parser: argparse.ArgumentParser, required: bool) -> None:
    """What scan and reach share: model, experiments, axes."""
    add_model(parser, "of the model or the experiment: mediator.m_zprime=0.5, protons=1e21")
    parser.add_argument("experiments", metavar="EXPERIMENT", nargs="+", help="names or paths of experiment cards, or all")
    default = "" if required else " (default: the mass)", "" if required else " (default: mixing2)"
    for name, what in zip(("x", "y"), default, strict=True):
        parser.add_argument(
            f"--{name}", metavar="KEY=lo:hi:n", type=log_grid, required=required, help=f"logarithmic grid of a key, ends included{what}"
        )
    add_flux(parser)
    add_seed(parser)
    parser.add_argument("--lines", metavar="N", type=whole_number, help="heavy neutrinos drawn at each mass (default 6000: about 1%%)")
    add_workers(parser)


def run(args: argparse.Namespace) -> int:
    """Print a summary, write the grid."""
    from ..io.contours import check_suffix, scan_bytes

    if args.output:
        check_suffix(args.output)
    scans, notes = scans_of(args)
    warnings = [*notes, *(note for one in scans for note in one.warnings)]
    warn(warnings)
    if args.output:
        save_bytes(args.output, scan_bytes(args.output, scans, header_of(args, scans)))
    if args.plot:
        from ..plot.reach import rate_map

        save_figure(args.plot, rate_map(scans))
    if args.json:
        print_json(_document(scans, warnings))
        return 0
    rows = []
    for one in scans:
        import numpy as np

        rates = np.nan_to_num(one.rates)
        i, j = np.unravel_index(int(rates.argmax()), rates.shape)
        error = number(one.stat_error[i, j] / rates[i, j], 2) if rates[i, j] > 0 else "-"
        rows.append((one.experiment.name, number(rates[i, j], 4), error, number(one.x.values[i], 4), number(one.y.values[j], 4)))
    first = scans[0]
    print(
        f"{first.model}: {len(first.x.values)} x {len(first.y.values)} points of {first.x.key} and {first.y.key}; the most selected events:"
    )
    print_table(("experiment", "events", "relative error", first.x.key, first.y.key), rows)
    return 0


def _document(scans: "Sequence[Scan]", warnings: Sequence[str]) -> dict[str, Any]:
    def by_experiment(name: str) -> Any:
        grids = {one.experiment.name: getattr(one, name) for one in scans}
        return grids if len(grids) > 1 else next(iter(grids.values()))

    first = scans[0]
    return {
        "model": first.model,
        "experiments": [one.experiment.name for one in scans],
        "axes": [{"key": axis.key, "values": axis.values} for axis in first.axes],
        **{name: by_experiment(name) for name in ("rates", "stat_error", "norm_error", "events")},
        "warnings": list(dict.fromkeys(warnings)),
    }


def scans_of(args: argparse.Namespace) -> "tuple[list[Scan], list[str]]":
    """The scans a command line asks for, one for each experiment, and what there is to say of the cards."""
    from ..cards.read import load_experiment, load_model, split_changes
    from ..errors import ParameterError
    from ..rates.passage import LINES
    from ..rates.scan import scan
    from .rate import experiments_named

    changes = dict(args.set)
    of_model, of_experiment = split_changes(args.model, changes)
    model, notes = load_model(args.model, of_model)
    experiments, said = [], list(notes)
    for name in experiments_named(args.experiments):
        experiment, more = load_experiment(name, of_experiment, args.flux, args.flux_format)
        experiments.append(experiment)
        said += more
    x = args.x or _default_mass(model, experiments)
    y = args.y or _default_mixing(model)
    for name, (key, _) in (("--x", x), ("--y", y)):
        if key in changes:
            raise ParameterError(f"--set {key}: it is the axis {name}; give one of them")
    lines = LINES if args.lines is None else args.lines
    if not 100 <= lines <= 1_000_000:
        raise ParameterError(f"--lines {lines}: from 100 to 1000000")
    return list(scan(model, experiments, x, y, args.seed, lines, workers=args.workers, scheduler=args.scheduler)), said


_POINTS = 60
_LIGHTEST = 0.01
"""GeV, of the mass axis by default."""


def _default_mass(model: "Model", experiments: "Sequence[Experiment]") -> "tuple[str, Array]":
    """The mass up to what any of the beams makes."""
    import numpy as np

    from ..errors import ParameterError
    from ..experiment.source import parents_of
    from ..model.model import DarkNeutrinoFamilies, Hnl, Physical
    from ..production.table import reach_of_species

    if isinstance(model, DarkNeutrinoFamilies):
        raise ParameterError(f"{model.name}: several families have no single mass and mixing to scan; give --x and --y")
    highest = 2 * _LIGHTEST
    for experiment in experiments:
        for member in experiment.members or (experiment,):
            if member.recast is not None:
                highest = max(highest, *(limit.masses[-1] for limit in member.recast.limits))
            else:
                highest = max(highest, *reach_of_species(parents_of(member).species).values())
    if isinstance(model, Hnl):
        return "m4", np.geomspace(_LIGHTEST, highest, _POINTS)
    if not isinstance(model.mass, Physical):
        raise ParameterError(f"{model.name}: its card gives [lagrangian]; give --x and --y")
    m4, splitting = model.mass.masses
    return "physical.m5", np.geomspace(_LIGHTEST, highest * (m4 + splitting) / m4 if model.mass.m4 is None else 2 * highest, _POINTS)


def _default_mixing(model: "Model") -> "tuple[str, Array]":
    """The mixing up to the largest there can be."""
    import numpy as np

    from ..model.model import DarkNeutrino, Physical

    largest = 1.0
    if isinstance(model, DarkNeutrino) and isinstance(model.mass, Physical):
        m4, splitting = model.mass.masses
        largest = 1 / (1 + m4 / (m4 + splitting))
    return "mixing2", np.geomspace(1e-12, largest, _POINTS + 1)


def header_of(args: argparse.Namespace, scans: "Sequence[Scan]") -> dict[str, Any]:
    """What a file says of how it was made."""
    from importlib.metadata import version

    from ..cards.read import resolved

    return {
        "version": version("nusim"),
        "seed": args.seed,
        "lines": scans[0].evaluator.lines,
        "model": resolved(scans[0].evaluator.model),
        "experiments": [resolved(one.experiment) for one in scans],
        "axes": [{"key": axis.key, "from": axis.values[0], "to": axis.values[-1], "n": len(axis.values)} for axis in scans[0].axes],
    }
