"""nusim rate: expected events."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .options import Subparsers, add_command, add_flux, add_json, add_model, add_plot, add_seed, fraction, positive
from .output import print_json, save_figure, save_text, warn

if TYPE_CHECKING:
    from ..experiment.experiment import Experiment
    from ..model.spectrum import Spectrum
    from ..rates.rate import Rate

_ARRIVALS = 20_000
"""Weighted events by which arrival times are found."""
_EPILOG = "Exit code 1 if an experiment was refused; the others are in the table all the same."


def add_parser(subparsers: Subparsers) -> None:
    """Register the command."""
    parser = add_command(subparsers, "rate", "expected events by contribution, parent and final state", run, _EPILOG)
    add_model(parser, "of the model or the experiment: mixing2=1e-6, protons=1e21")
    parser.add_argument("experiments", metavar="EXPERIMENT", nargs="+", help="names or paths of experiment cards, or all")
    add_flux(parser)
    add_seed(parser)
    parser.add_argument(
        "--share",
        metavar="X",
        type=fraction,
        help="list parts down to this share of the events (default 1e-6; 0.01 for several experiments)",
    )
    parser.add_argument(
        "--timing-window",
        metavar="NS",
        type=positive,
        help="say which fraction arrives farther than this from the beam's light-neutrino buckets (by 20000 events drawn)",
    )
    parser.add_argument("-o", "--output", metavar="CSV", help="write everything as CSV")
    parser.add_argument("--pyhf", metavar="JSON", help="write selected events, backgrounds and nuisances as a pyhf workspace")
    parser.add_argument(
        "--background-uncertainty", metavar="X", type=positive, help="relative, of each background in the workspace (default: none)"
    )
    add_plot(parser, "events by experiment and parent")
    add_json(parser)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one experiment: a rate, or the reason why there is none."""

    experiment: str
    rate: "Rate | None"
    reason: str
    warnings: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """What is said of arrival times: nothing where it was not asked for."""

    document: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def run(args: argparse.Namespace) -> int:
    """Compute the rate in each experiment; print one as a page, several as one table."""
    from ..cards.locate import locate
    from ..cards.read import load_model, split_changes
    from ..errors import ParameterError
    from ..model.spectrum import solve
    from .rate_table import csv_text, print_page, print_rates

    if args.background_uncertainty is not None and not args.pyhf:
        raise ParameterError("--background-uncertainty: what is printed has none; it goes into the workspace of --pyhf")
    names = experiments_named(args.experiments)
    for name in names:
        locate(name, "experiment")
    of_model, of_experiment = split_changes(args.model, dict(args.set))
    model, notes = load_model(args.model, of_model)
    spectrum = solve(model)
    rates = _Rates(spectrum, of_experiment, args)
    found = []
    with _bar(names) as advance:
        for name in names:
            advance(name)
            found.append(rates.of(name, alone=len(names) == 1))
    arrivals = {one.experiment: rates.arrivals(name, args.timing_window) for name, one in zip(names, found, strict=True) if one.rate}
    warn(note for one in found for note in (*notes, *one.warnings, *arrivals.get(one.experiment, _Arrivals()).notes))
    if args.output:
        save_text(args.output, csv_text(model.name, found))
    if args.pyhf:
        from ..io.pyhf_workspace import pyhf_workspace

        refused = [one.reason for one in found if one.rate is None]
        if refused:
            raise ParameterError(f"{args.pyhf} is not written: {refused[0]}")
        workspace = pyhf_workspace(rates.counted(names), args.background_uncertainty or 0.0)
        save_text(args.pyhf, json.dumps(workspace, indent=2) + "\n")
    if args.plot:
        from ..plot.rates import rates as draw

        save_figure(args.plot, draw([one.rate for one in found if one.rate is not None]))
    if args.json:
        print_json([_document(model.name, one, notes) | arrivals.get(one.experiment, _Arrivals()).document for one in found])
        return int(any(one.rate is None for one in found))
    if len(found) == 1 and found[0].rate is not None:
        print_page(found[0].rate, found[0].seconds, args.share)
    else:
        print_rates(model.name, found, args.share)
    for name, one in arrivals.items():
        if one.document:
            shares = ", ".join(f"{state} {share:.2%}" for state, share in one.document["outside_window"].items())
            print(f"{name}: farther than {args.timing_window:g} ns from a bucket: {shares}")
    return int(any(one.rate is None for one in found))


def experiments_named(given: Sequence[str]) -> list[str]:
    """Experiments each once; `all` stands for all that are shipped, and commas part names as blanks do."""
    from ..cards.read import experiment_names

    names: list[str] = []
    for text in given:
        for name in filter(None, text.split(",")):
            names += experiment_names() if name == "all" else [name]
    return list(dict.fromkeys(names)) or list(given)


class _Rates:
    """Rates of a model, computed once for each experiment: what a composite adds up may stand beside it."""

    def __init__(self, spectrum: "Spectrum", changes: dict[str, Any], args: argparse.Namespace) -> None:
        self._spectrum, self._changes, self._seed = spectrum, changes, args.seed
        self._flux = args.flux, args.flux_format
        self._known: dict[str, Rate] = {}

    def of(self, name: str, alone: bool) -> Found:
        """The rate in an experiment; where it is not `alone`, a refusal is a result as well."""
        from ..cards.read import load_experiment
        from ..errors import NusimError

        begin = perf_counter()
        try:
            experiment, notes = load_experiment(name, self._changes, *self._flux)
            rate = self._rate(experiment)
        except NusimError as error:
            if alone:
                raise
            return Found(Path(name).stem, None, str(error), (), perf_counter() - begin)
        return Found(experiment.name, rate, "", (*notes, *rate.warnings), perf_counter() - begin)

    def counted(self, names: Sequence[str]) -> list[tuple["Experiment", "Rate"]]:
        """Every experiment that counts, each once, members for a composite, with its rate."""
        from ..cards.read import load_experiment

        given = [load_experiment(name, self._changes, *self._flux)[0] for name in names]
        single = {one.name: one for experiment in given for one in experiment.members or (experiment,)}
        return [(one, self._rate(one)) for one in single.values()]

    def arrivals(self, name: str, window: float | None) -> _Arrivals:
        """Fractions outside the window, in ns, about the beam's buckets, or why there are none; nothing without a window."""
        if window is None:
            return _Arrivals()
        from ..cards.read import load_experiment
        from ..errors import NusimError
        from ..events.arrival import outside_window
        from ..events.generate import generate
        from ..units import ns

        try:
            experiment, _ = load_experiment(name, self._changes, *self._flux)
            if experiment.beam is None or experiment.beam.timing is None:
                return _Arrivals(notes=(f"{experiment.name}: no timing window: its beam's card has no [timing]",))
            sample = generate(self._spectrum, experiment, _ARRIVALS, self._seed, weighted=True)
            return _Arrivals({"timing_window_ns": window, "outside_window": outside_window(sample, experiment.beam.timing, window * ns)})
        except NusimError as error:
            return _Arrivals(notes=(f"no timing window: {error}",))

    def _rate(self, experiment: "Experiment") -> "Rate":
        from ..rates.rate import expected_events, together

        if experiment.members:
            return together(self._spectrum, experiment, [self._rate(member) for member in experiment.members])
        if self._changes or self._flux[0]:  # of the experiment named, not of the members of others
            return expected_events(self._spectrum, experiment, self._seed)
        if experiment.name not in self._known:
            self._known[experiment.name] = expected_events(self._spectrum, experiment, self._seed)
        return self._known[experiment.name]


@contextmanager
def _bar(names: Sequence[str]) -> Iterator[Callable[[str], object]]:
    """A progress bar over experiments on a terminal, as a function of the one that begins, or nothing."""
    if len(names) < 2 or not sys.stderr.isatty():
        yield lambda name: None
        return
    from tqdm import tqdm

    with tqdm(total=len(names), unit="experiment", leave=False) as bar:

        def advance(name: str) -> None:
            bar.update(int(bar.desc != ""))
            bar.set_description(name)

        yield advance


def _document(model: str, found: Found, notes: Sequence[str]) -> dict[str, Any]:
    rate = found.rate
    if rate is None:
        return {"model": model, "experiment": found.experiment, "error": found.reason}
    keys = ("model", "experiment", "protons", "decays", "events", "selected_events", "stat_error", "norm_error")
    parts = ("by_state", "by_contribution", "by_parent", "by_final_state")
    more = ("decays_stat_error", "selected_stat_error", "selected_norm_error", "mean_boost", "fraction_inside", "acceptance")
    return {
        **{key: getattr(rate, key) for key in (*keys, *parts)},
        "warnings": list(dict.fromkeys([*notes, *found.warnings])),
        **{key: getattr(rate, key) for key in (*more, "effective_parents", "norm_by_nuisance", "selected_norm_by_nuisance")},
        **{f"stat_error_{part}": getattr(rate, f"error_{part}") for part in parts},
        **{f"{kind}_{part}": getattr(rate, f"{kind}_{part}") for kind in ("norm_error", "selected") for part in parts},
        "seconds": round(found.seconds, 3),
    }
