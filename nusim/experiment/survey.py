"""One pass over every parent of a source: expected decays, their statistical error, and where they come from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..kernels import streams
from ..kernels.arrays import Array, IntArray
from ..kernels.random import uniforms
from .flight import HeavySource

_CHUNK = 1 << 15


@dataclass(frozen=True, eq=False)
class Survey:
    """Decays inside the detector per proton on target, row by row."""

    source: HeavySource
    row_weight: Array
    """Weight of each row of the source, shape (rows,)."""

    @cached_property
    def total(self) -> float:
        """Decays in the detector per proton on target."""
        return float(self.row_weight.sum())

    @cached_property
    def by_route(self) -> Array:
        """Per route, shape (routes,)."""
        result: Array = np.bincount(self.source.route, self.row_weight, minlength=len(self.source.routes)).astype(float)
        return result

    def error(self, factor_of_route: Array) -> float:
        """Standard error of sum(factor * decays) over routes, per proton.

        The parents are a Monte Carlo sample: rows made by the same parent, or by the muon it leaves, are summed before they are
        squared, so the error includes the finite number of parents as well as that of the lines drawn. Where a species has a fixed
        number n of parents x, the variance is n/(n-1) [sum x^2 - (sum x)^2/n]; where their number is random too, sum x^2.
        """
        parents = self.source.parents
        x = np.bincount(parents.roots[self.source.row], self.row_weight * factor_of_route[self.source.route], minlength=len(parents.pdg))
        variance = 0.0
        for code in parents.species:
            own = x[(parents.pdg == code) & (parents.roots == np.arange(len(x)))]
            n = len(own)
            squares = float(np.sum(own**2))
            if code in parents.counted or n < 2:
                variance += squares
            else:
                variance += n / (n - 1) * max(squares - float(own.sum()) ** 2 / n, 0.0)
        return float(np.sqrt(variance))

    def by_root(self, factor_of_route: Array) -> dict[int, float]:
        """sum(factor * decays) over routes, per proton, by species of the beam's list: of a muon, that of the meson it comes from."""
        parents = self.source.parents
        code = parents.pdg[parents.roots[self.source.row]]
        weight = self.row_weight * factor_of_route[self.source.route]
        return {int(one): float(weight[code == one].sum()) for one in np.unique(code)}

    @cached_property
    def effective_parents(self) -> float:
        """Number of equally weighted parents that would give the same relative error; 0 without any decay."""
        by_parent = np.bincount(self.source.parents.roots[self.source.row], self.row_weight) if len(self.source) else np.zeros(1)
        squares = float(np.sum(by_parent**2))
        return float(by_parent.sum() ** 2 / squares) if squares > 0 else 0.0


def survey(source: HeavySource, seed: int) -> Survey:
    """Aim every row of the source at the detector once; the same seed gives the same numbers."""
    weight = np.zeros(len(source))
    for first in range(0, len(source), _CHUNK):
        index: IntArray = np.arange(first, min(first + _CHUNK, len(source)))
        weight[index] = source.weights(index, uniforms(seed, streams.SURVEY, index, source.draws))
    return Survey(source, weight)


def expected_weights(source: HeavySource) -> Array:
    """`HeavySource.expected_weight` of every row, shape (rows,)."""
    parts = [source.expected_weight(np.arange(first, min(first + _CHUNK, len(source)))) for first in range(0, len(source), _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros(0)
