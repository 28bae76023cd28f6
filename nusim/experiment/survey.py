"""A pass over every parent of a source: expected decays, their statistical error, and where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .. import pdg
from ..beams.nuisances import Nuisance
from ..kernels import streams
from ..kernels.arrays import Array, IntArray
from ..kernels.random import uniforms
from .flight import HeavySource

PRECISION = 0.01
"""Relative statistical error that rates and events are surveyed for, where the list of parents allows it."""
_CHUNK = 1 << 15
_LARGEST = 1_500_000
"""Lines that are drawn at most to reach a wanted error: about 6 s."""
_RELEVANT = 0.995
"""Share of the sum of squared weights whose routes get more lines."""
_NEAR = 1.2
"""No more lines are drawn where the error is this close to what the parents' number alone leaves."""
_GAIN = 0.97
"""Where another line for each row leaves more than this of the error, the list of parents is what limits it."""


@dataclass(frozen=True, eq=False)
class Survey:
    """Decays inside the detector per proton on target, line by line; arrays of n lines."""

    source: HeavySource
    row: IntArray
    """Row of the source that each line belongs to."""
    attempt: IntArray
    """Which line of its row: the place of the random numbers behind it."""
    weight: Array
    """Decays in the detector; the lines of a row share its weight."""
    crossing: Array
    """Heavy states on lines through the detector, decayed or not."""
    boost: Array
    """Their gamma beta."""

    @cached_property
    def route(self) -> IntArray:
        """Route of each line."""
        result: IntArray = self.source.route[self.row].astype(np.int64)
        return result

    @cached_property
    def row_weight(self) -> Array:
        """Decays by row of the source, shape (rows,)."""
        return np.bincount(self.row, self.weight, minlength=len(self.source)).astype(float)

    @cached_property
    def total(self) -> float:
        """Decays in the detector per proton on target."""
        return float(self.weight.sum())

    @cached_property
    def by_route(self) -> Array:
        """Per route, shape (routes,)."""
        return self._of_routes(self.weight)

    @cached_property
    def crossing_by_route(self) -> Array:
        """States on lines through the detector, decayed or not, shape (routes,)."""
        return self._of_routes(self.crossing)

    @cached_property
    def boost_by_route(self) -> Array:
        """Sum of gamma beta over decays, shape (routes,)."""
        return self._of_routes(self.weight * self.boost)

    def _of_routes(self, values: Array) -> Array:
        return np.bincount(self.route, values, minlength=len(self.source.routes)).astype(float)

    def error(self, factor_of_route: Array) -> float:
        """Standard error of sum(factor * decays) over routes, per proton."""
        return self.error_of_lines(factor_of_route[self.route])

    def error_of_lines(self, factor: Array) -> float:
        """Standard error of sum(factor * decays) with a factor for each line, per proton.

        The parents are a Monte Carlo sample: lines of the same parent, or of the muon it leaves, are summed before they are squared, so
        the error includes the finite number of parents as well as that of the lines drawn. Where a species has a fixed number n of
        parents x, the variance is n/(n-1) [sum x^2 - (sum x)^2/n]; where their number is random too, sum x^2. Parents at rest are a
        fixed number of rows for a yield that is known to `ParentFlux.yield_error`.
        """
        parents = self.source.parents
        x = np.bincount(parents.roots[self.source.row[self.row]], self.weight * factor, minlength=len(parents.pdg))
        at_rest, listed = parents.at_rest, parents.roots == np.arange(len(x))
        variance = self.yield_error_of_lines(factor) ** 2
        for code in parents.species:
            for still in (False, True):
                own = x[listed & (parents.pdg == code) & (at_rest == still)]
                n, squares, whole = len(own), float(np.sum(own**2)), float(own.sum())
                known = still and code in parents.yield_error
                if n >= 2 and (known or code not in parents.counted):
                    variance += n / (n - 1) * max(squares - whole**2 / n, 0.0)
                else:
                    variance += squares
        return float(np.sqrt(variance))

    def yield_error_of_lines(self, factor: Array) -> float:
        """The part of `error_of_lines` that comes from the numbers of parents at rest, which the same protons made."""
        parents, own = self.source.parents, self.source.row[self.row]
        still = np.flatnonzero(parents.at_rest[own]) if parents.yield_error else np.zeros(0, np.int64)
        code, value = parents.pdg[own[still]], self.weight[still] * factor[still]
        return float(sum(error * value[code == species].sum() for species, error in parents.yield_error.items()))

    def nuisances(self, known: Sequence[Nuisance]) -> tuple[Nuisance, ...]:
        """Nuisances of the beam's list, whose effect on muons of that list's mesons is the mean over the mesons that made them."""
        parents, own = self.source.parents, self.source.row[self.row]
        name = np.array([pdg.NAMES[code] for code in parents.pdg[parents.roots[own]].tolist()])
        muons = {pdg.NAMES[code]: np.flatnonzero(parents.pdg[own] == code) for code in (13, -13)}
        found = []
        for one in known:
            means = {}
            for muon, lines in muons.items():
                weight = self.weight[lines]
                effect = np.array([one.effect.get(root, 0.0) for root in name[lines].tolist()])
                if len(lines) and weight.sum() > 0:
                    means[muon] = float(weight @ effect / weight.sum())
            found.append(replace(one, effect={**one.effect, **{muon: mean for muon, mean in means.items() if mean > 0}}))
        return tuple(found)

    @cached_property
    def effective_parents(self) -> float:
        """Number of equally weighted parents that would give the same relative error; 0 without any decay."""
        roots = self.source.parents.roots[self.source.row[self.row]]
        by_parent = np.bincount(roots, self.weight) if len(self.row) else np.zeros(1)
        squares = float(np.sum(by_parent**2))
        return float(by_parent.sum() ** 2 / squares) if squares > 0 else 0.0


def survey(source: HeavySource, seed: int, wanted: float | None = None) -> Survey:
    """Aim every row of the source at the detector; the same seed gives the same numbers.

    `wanted`: relative error of the total. Where one line a row does not reach it, rows of the routes that matter get more, until it is
    reached, the finite list of parents limits it, or there are 1.5 million lines.
    """
    found = _lines(source, seed, np.arange(len(source)), 0)
    if wanted is None or found.total == 0:
        return found
    limit = max(wanted * found.total, _NEAR * found.yield_error_of_lines(np.ones(len(found.row))))
    everything = np.ones(len(source.routes))
    squares = np.bincount(found.route, found.weight**2, minlength=len(source.routes))
    order = np.argsort(-squares)
    relevant = order[: int(np.searchsorted(np.cumsum(squares[order]), _RELEVANT * squares.sum())) + 1]
    rows = np.flatnonzero(np.isin(source.route, relevant))
    once, passes = np.flatnonzero(~np.isin(found.route, relevant)), [_taken(found, rows)]
    rest = _taken(found, once)
    error = found.error(everything)
    while error > limit and len(rest.row) + (len(passes) + 1) * len(rows) <= _LARGEST:
        passes.append(_lines(source, seed, rows, len(passes)))
        found = _joined([rest, *(_scaled(one, 1 / len(passes)) for one in passes)])
        before, error = error, found.error(everything)
        if error > _GAIN * before:
            break
    return found


def _lines(source: HeavySource, seed: int, rows: IntArray, attempt: int) -> Survey:
    """One line for each of the given rows."""
    weight, crossing, boost = np.zeros((3, len(rows)))
    for first in range(0, len(rows), _CHUNK):
        part = slice(first, first + _CHUNK)
        index = rows[part]
        weight[part], crossing[part], boost[part] = source.lines(index, uniforms(seed, streams.SURVEY, index, source.draws, attempt))
    return Survey(source, rows, np.full(len(rows), attempt), weight, crossing, boost)


def _taken(found: Survey, lines: IntArray) -> Survey:
    return Survey(found.source, *(getattr(found, name)[lines] for name in _COLUMNS))


def _scaled(found: Survey, factor: float) -> Survey:
    return replace(found, weight=found.weight * factor, crossing=found.crossing * factor)


def _joined(parts: Sequence[Survey]) -> Survey:
    return Survey(parts[0].source, *(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))


_COLUMNS = ("row", "attempt", "weight", "crossing", "boost")


def expected_weights(source: HeavySource, rows: IntArray) -> Array:
    """`HeavySource.expected_weight` of the given rows, a chunk at a time."""
    parts = [source.expected_weight(rows[first : first + _CHUNK]) for first in range(0, len(rows), _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros(0)
