"""Events of an experiment at the points of an exploration, and how they compare with what is excluded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..bounds.experiment_bound import EXISTING, OTHER_FLAVOUR, limits_of, searched
from ..bounds.published import Limit
from ..bounds.signal import Signal, standard_model
from ..experiment.experiment import Experiment
from ..kernels.arrays import Array
from ..model.model import FLAVOURS
from ..model.spectrum import Spectrum
from ..rates.criterion import criterion_events
from ..rates.passage import LINES, Sampler
from ..rates.points import StatePoints
from ..rates.recast import scaled_at
from ..rates.sampled import PointSampler
from ..rates.scan import Evaluator

_LADDER = 40
"""Masses at which standard heavy neutrinos are sampled for what a published limit excludes."""
_LIMIT = 1e-8
"""Mixing from which they are prepared: which one says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Selected events at n points."""

    events: Array
    error: Array
    """Statistical."""
    by_state: Mapping[str, Array]


class Counted:
    """One experiment, prepared for the masses of a design."""

    def __init__(
        self, experiment: Experiment, masses: Array, flavours: Sequence[str], majorana: bool, compare: bool, confidence: float, seed: int
    ) -> None:
        self.experiment, self.projection = experiment, experiment.name not in EXISTING
        self._members: list[PointSampler] = []
        self._parts = [member for member in experiment.members or (experiment,) if member.recast is None]
        numbers = [FLAVOURS.index(one) for one in flavours]
        self._members = [
            PointSampler(Sampler.of(member, masses, numbers, majorana, seed, LINES), chains_only=False) for member in self._parts
        ]
        self._threshold = criterion_events(experiment.criterion, experiment.background)
        self._limits = {} if self.projection or not compare else self._published(flavours, masses, majorana, confidence, seed)

    def _published(
        self, flavours: Sequence[str], masses: Array, majorana: bool, confidence: float, seed: int
    ) -> dict[str, tuple[list[Limit], Evaluator]]:
        """By flavour: limits, and the events of standard heavy neutrinos that they exclude."""
        found = {}
        for flavour in flavours:
            of = flavour
            limits = limits_of(self.experiment.name, flavour, majorana, confidence)
            if not limits and (other := OTHER_FLAVOUR.get(self.experiment.name)):
                of, limits = other, limits_of(self.experiment.name, other, majorana, confidence)
            low = max(masses.min(), min((limit.mass[0] for limit in limits), default=np.inf))
            high = min(masses.max(), max((limit.mass[-1] for limit in limits), default=0.0))
            if low < high:
                ladder = np.geomspace(low, high, _LADDER)
                keys, values = ("m4", f"mixing2.{of}"), (ladder, np.full(_LADDER, _LIMIT))
                found[flavour] = (
                    limits,
                    Evaluator(standard_model(float(low), of, _LIMIT, majorana), self.experiment, keys, values, seed, LINES),
                )
        return found

    def at(self, spectra: Sequence[Spectrum], heavy: Mapping[str, Signal]) -> Counts:
        """At solved points; each sampled by itself."""
        n = len(spectra)
        if self.experiment.recast is not None:
            states = [StatePoints(one.state, one.mass, one.mixing2.T, one.total_width, (one.widths,)) for one in heavy.values()]
            by_state, _ = scaled_at(states, self.experiment)
            return Counts(np.sum(list(by_state.values()), axis=0), np.zeros(n), by_state)
        events, variance, by_state = np.zeros(n), np.zeros(n), dict[str, Array]()
        for member, sampler in zip(self._parts, self._members, strict=True):
            for place, spectrum in enumerate(spectra):
                found = sampler.at(spectrum)
                events[place] += member.protons * found.selected
                variance[place] += (member.protons * found.error) ** 2
                for state, number in found.by_state.items():
                    by_state.setdefault(state, np.zeros(n))[place] += member.protons * number
        return Counts(events, np.sqrt(variance), by_state)

    def strength(self, counts: Counts, heavy: Mapping[str, Signal]) -> Array:
        """Events over those that are excluded, states added up; NaN where nobody has searched for what gives most of them.

        As `CountedBound`: excluded are the events of a standard heavy neutrino of a state's mass at the published limit where there is one,
        else as many as the card's criterion says.
        """
        n = len(counts.events)
        total, leading, open_ = np.zeros(n), np.zeros(n), np.ones(n, bool)
        for state, number in counts.by_state.items():
            mass = heavy[state].mass if state in heavy else None
            known = np.array([searched(self.experiment.name, float(one)) for one in mass]) if mass is not None else np.ones(n, bool)
            excluded = np.full(n, self._threshold) if mass is None else self._excluded(heavy[state])
            total += np.where(known, number / excluded, 0.0)
            open_ = np.where(number > leading, known, open_)
            leading = np.maximum(leading, number)
        return np.where(open_, total, np.nan)

    def _excluded(self, signal: Signal) -> Array:
        """Events of a state that are excluded, (n,); by the flavour it mixes with most."""
        found = np.full(len(signal.mass), self._threshold)
        main = np.argmax(signal.mixing2, axis=1)
        for flavour, (limits, evaluator) in self._limits.items():
            own = np.flatnonzero(main == FLAVOURS.index(flavour))
            bound = np.fmin.reduce([limit.along(signal.mass[own]) for limit in limits])
            own, bound = own[np.isfinite(bound)], bound[np.isfinite(bound)]
            if len(own):
                at_limit = evaluator.at(signal.mass[own], bound).selected_events
                found[own] = np.where(at_limit > 0, at_limit, self._threshold)
        return found
