"""nusim rate: expected events."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .options import Subparsers, add_command, add_flux, add_json, add_model, add_seed
from .output import print_json, print_table, warn, with_error

if TYPE_CHECKING:
    from ..rates.rate import Rate


_SMALLEST = 1e-6
"""Shares of parents and final states below this are counted, not listed; --json lists all."""


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "rate", "expected events by contribution, parent and final state", run)
    add_model(parser, "of the model or the experiment: mixing2=1e-6, protons=1e21")
    parser.add_argument("experiments", metavar="EXPERIMENT", nargs="+", help="names or paths of experiment cards, or all")
    add_flux(parser)
    add_seed(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Compute and print the rate in each experiment."""
    from ..cards.read import experiment_names, load_experiment, load_model, split_changes
    from ..model.spectrum import solve
    from ..rates.rate import expected_events

    of_model, of_experiment = split_changes(args.model, dict(args.set))
    model, notes = load_model(args.model, of_model)
    spectrum = solve(model)
    documents = []
    names = experiment_names() if args.experiments == ["all"] else args.experiments
    loaded = [load_experiment(name, of_experiment, args.flux, args.flux_format) for name in names]
    for experiment, said in loaded:
        rate = expected_events(spectrum, experiment, args.seed)
        warnings = list(dict.fromkeys([*notes, *said, *rate.warnings]))
        warn(warnings)
        if args.json:
            documents.append(_document(rate, warnings))
        else:
            _print(rate)
    if args.json:
        print_json(documents)
    return 0


def _document(rate: "Rate", warnings: list[str]) -> dict[str, Any]:
    keys = ("model", "experiment", "protons", "decays", "events", "selected_events", "stat_error", "norm_error")
    parts = ("by_state", "by_contribution", "by_parent", "by_final_state")
    return {key: getattr(rate, key) for key in keys} | {key: dict(getattr(rate, key)) for key in parts} | {"warnings": warnings}


def _print(rate: "Rate") -> None:
    print(f"{rate.model} at {rate.experiment}, {rate.protons:.4g} protons on target")
    summary = [
        ("decays in the volume", with_error(rate.decays, rate.decays_stat_error)),
        ("  visible: events", with_error(rate.events, rate.stat_error)),
        ("  selected", with_error(rate.selected_events, rate.selected_stat_error)),
    ]
    if rate.norm_error > 0:
        summary.append(
            (
                "  beam normalisation",
                f"+- {rate.norm_error:.2g} events ({rate.norm_error / rate.events:.0%})" if rate.events > 0 else "none",
            )
        )
    print_table(("", "expected"), summary)
    for title, part, error, least in (
        ("contribution", rate.by_contribution, rate.error_by_contribution, 0.0),
        ("parent", rate.by_parent, rate.error_by_parent, _SMALLEST),
        ("final state", rate.by_final_state, rate.error_by_final_state, _SMALLEST),
    ):
        if any(part.values()):
            print_table((title, "events", "share"), _shares(part, error, rate.events, least))


def _shares(part: Mapping[str, float], error: Mapping[str, float], total: float, least: float) -> list[tuple[str, str, str]]:
    ordered = sorted(((name, value) for name, value in part.items() if value > 0), key=lambda item: -item[1])
    shown = [(name, value) for name, value in ordered if value >= least * total]
    rows = [(name, with_error(value, error.get(name, 0.0)), f"{value / total:.2%}") for name, value in shown]
    return rows if len(shown) == len(ordered) else [*rows, (f"{len(ordered) - len(shown)} more below {least:.0e}", "", "")]
