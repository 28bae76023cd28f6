"""Which existing bounds hold for a model, which experiments to come can reach it, and why."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ..cards.read import read_experiment
from ..experiment.experiment import Experiment
from ..model.model import DarkNeutrino, DarkSector, Hnl, Model
from ..model.spectrum import Spectrum, solve
from ..rates.criterion import criterion_events
from ..rates.rate import expected_events
from .counted import Line, model_line, standard_line
from .curve import Curve
from .dark_photon import dark_photon_bounds
from .published import MISSING_EXTRA, Limit, installed, published
from .signal import Signal, largest_mixing, main_flavour, signals, with_mixing
from .strength import crossings, peak_strength, scaled_strength
from .verdict import Kind, ModelBounds, Verdict

EXISTING = ("ps191", "charm", "bebc", "nutev", "nomad", "t2k-nd280", "microboone-numi")
"""Experiments that have run, whose rates stand beside their published limits."""
PROJECTIONS = ("sbn", "dune-nd", "na62-dump", "ship-2015")
"""Those of the paper's figure."""
PUBLISHED_AS = {
    "ps191": ("ps191",),
    "charm": ("charm",),
    "bebc": ("bebc",),
    "nutev": ("nutev",),
    "nomad": ("nomad",),
    "t2k-nd280": ("t2k",),
    "microboone-numi": ("microboone-2023", "microboone-2022"),
    "dune-nd": ("dune-published",),
    "na62-dump": ("na62-dump-published",),
    "ship-2015": ("ship-published",),
}
"""Published limits of experiments, by the names of `published.py`."""

_ALONG = np.geomspace(1e-13, 1.0, 161)


def recast(
    model: Model,
    experiments: Sequence[Experiment | str] = (*EXISTING, *PROJECTIONS),
    *,
    confidence: float = 0.90,
    limits: bool = True,
    masses: Sequence[float] = (),
    seed: int = 1,
    progress: Callable[[str], object] = lambda name: None,
) -> ModelBounds:
    """Every bound on a model: as published, for a standard heavy neutrino, and with the model's own lifetimes and branching ratios.

    Experiments are counted with `expected_events` at the model's point, chains included; those of `PROJECTIONS` give 'reachable', others
    'excluded'. Where an experiment's limit is published at a state's mass, its events are compared with those of a standard heavy
    neutrino at that limit, so that efficiencies cancel, else with its card's criterion. Peak searches hold for each state alone, weakened
    by visible decays inside the apparatus. `limits`: also limits along the mixing of counted experiments (some seconds each). `masses`: of
    the heaviest state, GeV, at which limits are computed too, as curves. `progress` is called with each experiment's name.
    """
    spectrum = solve(model)
    flavour = main_flavour(spectrum)
    warnings = list(spectrum.warnings)
    if not isinstance(model, Hnl | DarkNeutrino):
        limits = False
        warnings.append(f"{model.name}: of several families: verdicts at the point, no limits along the mixing")
    known = _published(flavour, spectrum.majorana, confidence, warnings)
    verdicts = [*_published_verdicts(model, spectrum, known, limits)]
    curves: list[Curve] = [one.curve() for one in known.values()] if masses else []
    for given in experiments:
        experiment = read_experiment(given) if isinstance(given, str) else given
        progress(experiment.name)
        counted = _Counted(model, spectrum, flavour, experiment, known, limits, masses, seed)
        verdicts.append(counted.verdict())
        curves += counted.curves()
        warnings += counted.warnings
    verdicts += _dark_photon_verdicts(spectrum)
    return ModelBounds(model.name, flavour, spectrum, tuple(verdicts), tuple(curves), tuple(dict.fromkeys(warnings)))


def _published(flavour: str, majorana: bool, confidence: float, warnings: list[str]) -> dict[str, Limit]:
    if not installed():
        warnings.append(f"{MISSING_EXTRA}; peak searches and collider bounds are left out, others are nusim's own")
        return {}
    return {limit.entry.name: limit for limit in published(flavour, majorana, confidence)}


def _published_verdicts(model: Model, spectrum: Spectrum, known: dict[str, Limit], limits: bool) -> list[Verdict]:
    """Peak searches and scaled searches, for each state."""
    here = signals([spectrum])
    along: dict[str, Signal] = {}
    if limits:
        largest = largest_mixing(model)
        along = signals([solve(with_mixing(model, float(value))) for value in np.append(_ALONG[largest > _ALONG], largest)])
    found = []
    for limit in known.values():
        if limit.entry.peak is None and limit.entry.flight is None:
            continue
        for state, signal in here.items():
            found.append(_of_state(limit, state, signal, here, along))
    return found


def _of_state(limit: Limit, state: str, signal: Signal, here: dict[str, Signal], along: dict[str, Signal]) -> Verdict:
    entry = limit.entry
    kind: Kind = "peak search" if entry.peak is not None else "scaled"
    value = float(signal.mixing2[0, _place(entry.flavour)])
    bound = limit.at(signal.mass)
    if np.isnan(bound):
        where = f"{state} of {signal.mass:.4g} GeV: outside {limit.mass[0]:.3g} to {limit.mass[-1]:.3g} GeV"
        return Verdict(entry.name, entry.label, kind, "no bound", state, None, value=value, reason=where)
    chance: float | None = None
    if entry.peak is not None:
        strengths, chances = peak_strength(limit, signal, here)
        strength, chance = float(strengths[0]), float(chances[0])
        reason = f"decays visibly inside with a chance of {chance:.2g}: " + ("the condition holds" if chance < 0.01 else "weakened")
    else:
        strength = float(scaled_strength(limit, signal)[0])
        if np.isnan(strength):
            return Verdict(
                entry.name, entry.label, kind, "no bound", state, None, value=value, reason="the search sees no decay of this mass"
            )
        reason = "scaled from the published limit by production, visible share and lifetime"
    own = None
    if along:
        line = along[state]
        strengths = peak_strength(limit, line, along)[0] if entry.peak is not None else scaled_strength(limit, line)
        own = _finite(crossings(line.mixing2[:, _place(entry.flavour)], strengths)[0])
    verdict: Literal["excluded", "allowed"] = "excluded" if strength >= 1 else "allowed"
    return Verdict(entry.name, entry.label, kind, verdict, state, strength, None, None, value, bound, bound, own, chance, reason)


class _Counted:
    """One experiment's events against what it excludes."""

    def __init__(
        self,
        model: Model,
        spectrum: Spectrum,
        flavour: str,
        experiment: Experiment,
        known: dict[str, Limit],
        limits: bool,
        masses: Sequence[float],
        seed: int,
    ) -> None:
        self.spectrum, self.flavour, self.experiment = spectrum, flavour, experiment
        self._projection = experiment.name in PROJECTIONS
        self._limits = [known[name] for name in PUBLISHED_AS.get(experiment.name, ()) if name in known]
        self._threshold = criterion_events(experiment.criterion, experiment.background)
        self._rate = expected_events(spectrum, experiment, seed)
        self.warnings = [note for note in self._rate.warnings if note not in spectrum.warnings]
        self._standard: Line | None = None
        self._model: Line | None = None
        heavy = [spectrum.mass(state) for state in spectrum.heavy_states]
        if limits:
            shares = [mass / heavy[-1] for mass in heavy]
            wanted = [*heavy, *(share * mass for mass in masses for share in shares)]
            self._standard = standard_line(experiment, flavour, wanted, spectrum.majorana, seed)
            self._model = model_line(model, experiment, [heavy[-1], *masses], seed)

    def _published_at(self, mass: float) -> float | None:
        bounds = [limit.at(mass) for limit in self._limits]
        return min((bound for bound in bounds if not np.isnan(bound)), default=None)

    def _strength(self) -> tuple[float, str]:
        """Signal over what is excluded, summed over states, and what it was compared with."""
        total, published_for = 0.0, []
        for state, events in self._rate.selected_by_state.items():
            excluded = self._threshold
            mass = self.spectrum.mass(state) if state in self.spectrum.heavy_states else np.nan
            bound = self._published_at(mass) if not self._projection else None
            if bound is not None and self._standard is not None:
                at_limit = self._standard.at(mass, bound)
                if at_limit > 0:
                    excluded = at_limit
                    published_for.append(f"{state}: {at_limit:.3g} at the published limit")
            total += events / excluded
        about = "; ".join(published_for) or f"{self._threshold:.3g} by its criterion"
        return total, f"events against {about}"

    def verdict(self) -> Verdict:
        events = self._rate.selected_events
        strength, reason = self._strength()
        if self._projection:
            said: Any = "reachable" if strength >= 1 else "not reached"
        else:
            said = "excluded" if strength >= 1 else "allowed"
        if events == 0 and not self._projection:
            outside = [note for note in self._rate.warnings if "outside the limit" in note or "no open production" in note]
            if outside or self.experiment.recast is not None:
                return Verdict(
                    self.experiment.name,
                    self.experiment.name,
                    "scaled",
                    "no bound",
                    "all",
                    None,
                    0.0,
                    self._threshold,
                    reason="; ".join(outside),
                )
        kind: Kind = "projection" if self._projection else "scaled" if self.experiment.recast is not None else "computed"
        # limits stand for the state that gives most of the events
        by_state = {state: self._rate.selected_by_state.get(state, 0.0) for state in self.spectrum.heavy_states}
        state = max(by_state, key=lambda one: by_state[one])
        mass, value = self.spectrum.mass(state), self.spectrum.mixing2(self.flavour, state)
        own = usual = None
        if self._standard is not None and self._model is not None:
            usual = _finite(self._standard.edges(mass)[0])
            nu4 = self._model.edges(self.spectrum.mass(self.spectrum.heavy_states[-1]))[0]
            own = _finite(nu4 * value / float(self.spectrum.active_mixing2("nu4").sum())) if value > 0 else None
        name = self.experiment.name
        bound = self._published_at(mass)
        return Verdict(name, name, kind, said, state, strength, events, self._threshold, value, bound, usual, own, None, reason)

    def curves(self) -> list[Curve]:
        """Limits over the masses asked for."""
        if self._standard is None or self._model is None or len(self._model.mass) < 2:
            return []
        name, role = self.experiment.name, "projection" if self._projection else "bound"
        nature = "Majorana" if self.spectrum.majorana else "Dirac"
        method = "scaled" if self.experiment.recast is not None else "computed"
        criterion = f"{self._threshold:.4g} events ({self.experiment.criterion.kind})"
        usual = Curve(
            f"{name}-standard", f"{name}, standard", role, "any", self.flavour, self._standard.contours(),  # type: ignore[arg-type]
            method, self.experiment.source, criterion, self.experiment.criterion.confidence, nature,  # type: ignore[arg-type]
        )  # fmt: skip
        found = [usual]
        heaviest = self.spectrum.heavy_states[-1]
        top = self.spectrum.mass(heaviest)
        for state in self.spectrum.heavy_states:
            mass_share = self.spectrum.mass(state) / top
            # the line's mixing is that of nu4 summed over flavours
            share = self.spectrum.mixing2(self.flavour, state) / float(self.spectrum.active_mixing2("nu4").sum())
            contours = tuple(np.column_stack([points[:, 0] * mass_share, points[:, 1] * share]) for points in self._model.contours())
            found.append(replace(usual, name=f"{name}-model", label=f"{name}, {self.spectrum.model.name}", state=state, contours=contours))
        return found


def _dark_photon_verdicts(spectrum: Spectrum) -> list[Verdict]:
    model = spectrum.model
    if not isinstance(model, DarkSector) or model.portals.kinetic == 0:
        return []
    epsilon = abs(model.portals.kinetic)
    found = []
    for bound in dark_photon_bounds(spectrum):
        weaker = "as published" if bound.share > 0.999 else f"weakened: a share {bound.share:.2g} of its decays is what is looked for"
        said: Literal["excluded", "allowed"] = "excluded" if epsilon >= bound.model else "allowed"
        strength = epsilon / bound.model if np.isfinite(bound.model) else 0.0
        found.append(
            Verdict(
                bound.name, bound.label, "dark photon", said, "zprime", strength, None, None, epsilon, bound.published, None,
                _finite(bound.model), None, f"|epsilon|; {weaker}",
            )
        )  # fmt: skip
    return found


def _place(flavour: str) -> int:
    return ("e", "mu", "tau").index(flavour)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
