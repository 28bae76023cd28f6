"""Named weights of events: what each event stands for with one of its beam's nuisances a standard deviation up or down.

A nuisance changes the number of the beam's parents, so that an event's weight changes with the species of its parent alone: the sum of the
varied weights is the varied rate. Effects are relative changes by nuisance and parent, as `Nuisance.effect`.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from .. import pdg
from ..beams.nuisances import Nuisance
from ..kernels.arrays import Array, IntArray

Effects = Mapping[str, Mapping[str, float]]

_SIGNS = {"up": 1, "down": -1}


_LEAST = 1e-4
"""Relative changes of the expected events below which a nuisance is not worth a weight in every event."""


def effects_on(nuisances: Sequence[Nuisance], by_parent: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The effects on these parents of the nuisances that change the sum of the numbers given for them by 1e-4 or more, by name."""
    found: dict[str, dict[str, float]] = {}
    for one in nuisances:
        effect = {parent: one.effect[parent] for parent in sorted(by_parent) if one.effect.get(parent)}
        if sum(size * by_parent[parent] for parent, size in effect.items()) > _LEAST * sum(by_parent.values()):
            found[one.name] = effect
    # as files have them, whose headers are sorted
    return dict(sorted(found.items()))


def names_of(effects: Effects) -> tuple[str, ...]:
    """Names of the weights: 'K+_up', 'K+_down', ..."""
    return tuple(f"{name}_{sign}" for name in effects for sign in _SIGNS)


def factors(effects: Effects) -> dict[str, dict[str, float]]:
    """By weight's name and parent: the varied weight over the nominal one; 1 for parents that are not listed."""
    return {
        f"{name}_{sign}": {parent: Nuisance(name, effect).factor(parent, step) for parent in effect}
        for name, effect in effects.items()
        for sign, step in _SIGNS.items()
    }


def varied(effects: Effects, parents: IntArray, weight: Array) -> dict[str, Array]:
    """The varied weights (n,) by name, of events with parents of these PDG codes (n,) and these weights."""
    out = {}
    for name, by_parent in factors(effects).items():
        out[name] = weight.copy()
        for parent, factor in by_parent.items():
            out[name][parents == pdg.CODES[parent]] *= factor
    return out


def varied_sums(effects: Effects, by_parent: Mapping[str, float]) -> dict[str, float]:
    """The varied sums by name, of numbers given by parent."""
    parents = np.array([pdg.CODES[name] for name in by_parent], np.int64)
    numbers = np.array(list(by_parent.values()), dtype=float)
    return {name: float(values.sum()) for name, values in varied(effects, parents, numbers).items()}
