"""Which rows of a list of parents are kept: by what they are worth to a detector ahead."""

import numpy as np

from .. import pdg
from ..kernels.arrays import Array
from .mesons import per_species
from .parents import ParentFlux

_FORWARD_SCALE = 10.0


def importance(parents: ParentFlux, angle: float = 0.0) -> Array:
    """What a row is worth to a far detector at an angle to the beam, shape (n,): weight F (F + 10), F = 1 / (gamma (1 - beta cos theta)).

    F^2 is the density its massless decay products have towards the detector: rows would all bring the same flux. The term in F keeps
    enough of the slow and wide ones. Rows are turned about the axis at use: theta is the least angle to the detector they may have.
    """
    mass, away = per_species(parents.pdg, pdg.mass), np.hypot(parents.momentum[:, 0], parents.momentum[:, 1])
    along = away * np.sin(angle) + parents.momentum[:, 2] * np.cos(angle)
    across = away * np.cos(angle) - parents.momentum[:, 2] * np.sin(angle)
    energy = np.sqrt(along**2 + across**2 + mass**2)
    # gamma (1 - beta cos) = (E - p) / m, with E - p = (m^2 + pT^2) / (E + p) for p and pT along and across the line
    behind = np.where(along > 0, (mass**2 + across**2) / (energy + np.maximum(along, 0.0)), energy - along)
    forward = mass / behind
    result: Array = parents.weight * forward * (forward + _FORWARD_SCALE)
    return result


def probabilities(value: Array, rows: int) -> Array:
    """min(1, c value) with c such that the sum is `rows`."""
    if rows >= len(value):
        return np.ones(len(value))
    ordered = np.sort(value)[::-1]
    tail = np.cumsum(ordered[::-1])[::-1]
    sure = np.arange(len(value))
    # with the k largest kept for sure, c = (rows - k) / (sum of the others); the first k for which the next is below 1 is the solution
    good = (rows - sure) * ordered < tail
    k = int(np.argmax(good))
    result: Array = np.minimum(1.0, value * (rows - k) / tail[k])
    return result
