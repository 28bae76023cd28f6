"""An experiment whose events nusim counts, as a bound on a model: its signal, its limits along the mixing, its curves."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..experiment.experiment import Experiment
from ..model.model import Model
from ..model.spectrum import Spectrum
from ..rates.criterion import criterion_events
from ..rates.rate import Rate, expected_events
from .counted import model_line, standard_line
from .curve import Curve, Role
from .published import Limit, installed, published
from .verdict import Kind, Outcome, Verdict

EXISTING = ("ps191", "charm", "bebc", "nutev", "nomad", "t2k-nd280", "microboone-numi")
"""Experiments that have run, whose rates stand beside their published limits."""
PROJECTIONS = ("sbn", "dune-nd", "na62-dump", "ship-2015")
"""Those of the paper's figure. Any experiment that is not among EXISTING is one to come."""
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
SEARCHED = {"nutev": (0.25, 2.0), "microboone-numi": (0.010, 0.385)}
"""GeV: masses that searches with an experiment's data covered, where its beam makes others for which nobody has looked.
NuTeV: hep-ex/9908011 [recalled]. MicroBooNE: arXiv:2310.07660 from 10 MeV, arXiv:2207.03840 up to 385 MeV, the ends of their curves."""
OTHER_FLAVOUR = {"charm": "e"}
"""Experiments without a published limit for some flavour, and the flavour whose limit says how many of nusim's events are excluded."""


class CountedBound:
    """One experiment's events of a model against what it excludes."""

    def __init__(
        self,
        model: Model,
        spectrum: Spectrum,
        flavour: str,
        experiment: Experiment,
        confidence: float,
        limits: bool,
        masses: Sequence[float],
        seed: int,
        rate: Rate | None = None,
    ) -> None:
        self.spectrum, self.flavour, self.experiment = spectrum, flavour, experiment
        self._projection = experiment.name not in EXISTING
        self._threshold = criterion_events(experiment.criterion, experiment.background)
        self._rate = expected_events(spectrum, experiment, seed) if rate is None else rate
        self.warnings = [note for note in self._rate.warnings if note not in spectrum.warnings]
        heavy = [spectrum.mass(state) for state in spectrum.heavy_states]
        self._standard = self._model = None
        if limits:
            shares = [mass / heavy[-1] for mass in heavy]
            masses = [mass for mass in masses if searched(experiment.name, mass)]
            wanted = [*heavy, *(share * mass for mass in masses for share in shares)]
            self._standard = standard_line(experiment, flavour, wanted, spectrum.majorana, seed)
            self._model = model_line(model, experiment, [heavy[-1], *masses], seed)
        self._limits = limits_of(experiment.name, flavour, spectrum.majorana, confidence)
        self._at_limit: dict[str, tuple[float, str]] = {}
        if not self._projection:
            self._compare(confidence, seed)

    def _compare(self, confidence: float, seed: int) -> None:
        """Events of a standard heavy neutrino at the published limit, for each state whose mass that covers."""
        majorana = self.spectrum.majorana
        flavour = self.flavour if self._limits else OTHER_FLAVOUR.get(self.experiment.name)
        if flavour is None:
            return
        limits = self._limits or limits_of(self.experiment.name, flavour, majorana, confidence)
        masses = {state: self.spectrum.mass(state) for state in self.spectrum.heavy_states}
        bounds = {state: bound for state, mass in masses.items() if (bound := least_limit(limits, mass)) is not None}
        if not bounds:
            return
        line = self._standard if flavour == self.flavour else None
        if line is None:
            line = standard_line(self.experiment, flavour, [masses[state] for state in bounds], majorana, seed)
        for state, bound in bounds.items():
            events = line.at(masses[state], bound)
            if events > 0:
                self._at_limit[state] = events, flavour

    def _searched(self, state: str) -> bool:
        """Searches are for heavy neutrinos: what a boson gives counts anywhere."""
        return state not in self.spectrum.heavy_states or searched(self.experiment.name, self.spectrum.mass(state))

    def _excluded(self, state: str) -> float:
        """Events of a state that are excluded."""
        return self._at_limit[state][0] if state in self._at_limit else self._threshold

    def _reason(self) -> str:
        known = [
            f"{state}: {events:.3g} at the published limit" + ("" if flavour == self.flavour else f" on |U_{flavour}|^2")
            for state, (events, flavour) in self._at_limit.items()
        ]
        return "events of all states against " + ("; ".join(known) or f"{self._threshold:.3g} by its criterion")

    def verdict(self) -> Verdict:
        """What becomes of the model in this experiment."""
        name, events, selected = self.experiment.name, self._rate.selected_events, self._rate.selected_by_state
        kind: Kind = "projection" if self._projection else "scaled" if self.experiment.recast is not None else "computed"
        # limits stand for the state that gives most of the events
        state = max(self.spectrum.heavy_states, key=lambda one: selected.get(one, 0.0))
        if events > 0 and not self._searched(state):
            low, high = SEARCHED[name]
            reason = f"{events:.3g} events, but searches with this data covered {low:g} to {high:g} GeV alone"
            return Verdict(name, name, kind, "no bound", state, None, events, reason=reason)
        if events == 0 and not self._projection:
            why = [note for note in self._rate.warnings if "outside the limit" in note or "no open production" in note]
            if why or self.experiment.recast is not None:
                reason = "; ".join(why) or "none of the decays that were looked for"
                return Verdict(name, name, kind, "no bound", state, None, 0.0, self._threshold, reason=reason)
        strength = sum(number / self._excluded(one) for one, number in selected.items() if self._searched(one))
        mass, value = self.spectrum.mass(state), self.spectrum.mixing2(self.flavour, state)
        own = usual = None
        if self._standard is not None and self._model is not None:
            usual = _finite(self._standard.edges(mass)[0])
            nu4 = self._model.edges(self.spectrum.mass(self.spectrum.heavy_states[-1]), self._excluded(state))[0]
            own = _finite(nu4 * value / float(self.spectrum.active_mixing2("nu4").sum())) if value > 0 else None
        excluded = events / strength if strength > 0 else self._threshold
        said: tuple[Outcome, Outcome] = ("reachable", "not reached") if self._projection else ("excluded", "allowed")
        return Verdict(
            name, name, kind, said[0] if strength >= 1 else said[1], state, strength, events, excluded, value,
            least_limit(self._limits, mass), usual, own, None, self._reason(), self.flavour,
        )  # fmt: skip

    def curves(self) -> list[Curve]:
        """Limits over the masses asked for, by the experiment's criterion."""
        if self._standard is None or self._model is None or len(self._model.mass) < 2:
            return []
        name = self.experiment.name
        role: Role = "projection" if self._projection else "bound"
        usual = Curve(
            f"{name}-standard",
            f"{name}, standard",
            role,
            "any",
            self.flavour,
            self._standard.contours(),
            "scaled" if self.experiment.recast is not None else "computed",
            self.experiment.source,
            f"{self._threshold:.4g} events ({self.experiment.criterion.kind})",
            self.experiment.criterion.confidence,
            "Majorana" if self.spectrum.majorana else "Dirac",
        )
        found = [usual]
        contours = self._model.contours()
        top = self.spectrum.mass(self.spectrum.heavy_states[-1])
        for state in self.spectrum.heavy_states:
            # the line is over the heaviest mass, and its mixing that of nu4 summed over flavours
            factors = (
                self.spectrum.mass(state) / top,
                self.spectrum.mixing2(self.flavour, state) / float(self.spectrum.active_mixing2("nu4").sum()),
            )
            own = tuple(points * np.array(factors) for points in contours)
            found.append(replace(usual, name=f"{name}-model", label=f"{name}, {self.spectrum.model.name}", state=state, contours=own))
        return found


def searched(experiment: str, mass: float) -> bool:
    """Whether searches with an experiment's data covered a mass; those to come will cover what they can."""
    low, high = SEARCHED.get(experiment, (0.0, np.inf))
    return bool(low <= mass <= high)


def limits_of(experiment: str, flavour: str, majorana: bool, confidence: float) -> list[Limit]:
    """Published limits of an experiment by the name of its card; none without HNLimits."""
    if not installed():
        return []
    names = PUBLISHED_AS.get(experiment, ())
    return [limit for limit in published(flavour, majorana, confidence) if limit.entry.name in names]


def least_limit(limits: Sequence[Limit], mass: float) -> float | None:
    """The strongest of several published limits at a mass; None where there is none."""
    bounds = [limit.at(mass) for limit in limits]
    return min((bound for bound in bounds if not np.isnan(bound)), default=None)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
