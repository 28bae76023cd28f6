"""Decays of states that come from other heavy states or from dark bosons, over a scan: sampled at some points, in between interpolated.

Along a chain each state's lifetime and the shapes of all decays change with the couplings, so there is no closed form in one lifetime. At
nodes of the scan's grid the chains are sampled as rates do it, with random numbers common to all nodes. What is interpolated, bilinearly
and in logarithms, is their number over that of the heavy states made, which is exact at every point.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..kernels.arrays import Array, BoolArray, IntArray
from ..model.spectrum import Spectrum
from .lifetimes import Neighbours
from .passage import Sampler
from .sampled import PointSampler

_NODES = (16, 14)
"""Nodes along x and along y, at most."""
_TRIAL = (4, 4)
"""Nodes along each axis that tell whether chains matter."""
_MATTERS = 0.003
"""Share of the selected events at any trial node from which chains are sampled."""
_NONE = -690.0


@dataclass(frozen=True, slots=True, eq=False)
class ChainTable:
    """Chains over a scan's grid, for one heavy state made."""

    x: Array
    """Nodes in the measure of the axis, shape (a,)."""
    y: Array
    log_events: Array
    """Shape (a, b)."""
    log_selected: Array
    relative_error: Array
    """Statistical, of the selected ones."""
    interpolation: float
    """Median relative error of the selected ones by interpolation: of a step twice as wide, over four."""

    def at(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        """Events, selected ones and the relative error of these at points in the axes' measures, for one heavy state made."""
        rows, columns = Neighbours.linear(self.x, x), Neighbours.linear(self.y, y)

        def value(table: Array) -> Array:
            out = np.zeros(len(x))
            for i in range(rows.place.shape[1]):
                for j in range(columns.place.shape[1]):
                    out += rows.weight[:, i] * columns.weight[:, j] * table[rows.place[:, i], columns.place[:, j]]
            return out

        error = np.hypot(value(self.relative_error), self.interpolation)
        return np.exp(value(self.log_events)), np.exp(value(self.log_selected)), error


Point = Callable[[float, float], tuple[Spectrum, float, float] | None]
"""From values of the axes: the spectrum, how many heavy states are made per proton (`Sampler.made`), and the selected events per proton
that are no chains'; None where there is no model."""


def chain_table(sampler: Sampler, x: tuple[Array, Array], y: tuple[Array, Array], point: Point) -> ChainTable | None:
    """Chains of a scan, from the values of its axes at which any state is made and their measures; None where they nowhere matter."""
    sampled = PointSampler(sampler, chains_only=True)
    known: dict[tuple[int, int], tuple[float, float, float, float]] = {}

    def at(i: int, j: int) -> tuple[float, float, float, float]:
        """Events and selected events for one state made, the relative error, and the share of chains in all selected events."""
        if (i, j) not in known:
            found = point(float(x[0][i]), float(y[0][j]))
            if found is None or found[1] == 0:
                known[i, j] = (0.0, 0.0, 0.0, 0.0)
            else:
                spectrum, made, others = found
                some = sampled.at(spectrum)
                relative = some.error / some.selected if some.selected > 0 else 0.0
                share = some.selected / (some.selected + others) if some.selected > 0 else 0.0
                known[i, j] = (some.events / made, some.selected / made, relative, share)
        return known[i, j]

    trial, nodes = (
        [np.unique(np.round(np.linspace(0, len(axis[0]) - 1, most)).astype(int)) for axis, most in zip((x, y), number, strict=True)]
        for number in (_TRIAL, _NODES)
    )
    if max(at(int(i), int(j))[3] for i in trial[0] for j in trial[1]) < _MATTERS:
        return None
    grid = np.full((len(nodes[0]), len(nodes[1]), 4), np.nan)
    computed_from = np.zeros(len(nodes[0]), int)
    for a, i in enumerate(nodes[0].tolist()):
        # from the largest coupling down: chains go as a higher power of it than other decays
        for b in range(len(nodes[1]) - 1, -1, -1):
            grid[a, b] = at(i, int(nodes[1][b]))
            if b + 2 < len(nodes[1]) and 0 < grid[a, b : b + 3, 3].max() < _NOWHERE:
                computed_from[a] = b
                break
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.maximum(np.log(np.nan_to_num(grid[:, :, :2])), _NONE)
    filled = np.stack([_filled(logs[:, :, k], y[1][nodes[1]], computed_from) for k in range(2)], axis=2)
    matters = np.nan_to_num(grid[:, :, 3]) > _MATTERS
    errors = [_left_out(filled[:, :, 1], matters), _left_out(filled[:, :, 1].T, matters.T)]
    return ChainTable(x[1][nodes[0]], y[1][nodes[1]], filled[:, :, 0], filled[:, :, 1], np.nan_to_num(grid[:, :, 2]), max(errors))


_NOWHERE = 3e-4
"""Share of chains in the selected events below which three nodes in a row end a column."""


def _left_out(logs: Array, matters: BoolArray) -> float:
    """Median relative error of linear interpolation along the first axis, from leaving out nodes that matter; a quarter of it."""
    inner, between = logs[1:-1], (logs[:-2] + logs[2:]) / 2
    used = matters[1:-1] & (logs[:-2] > _NONE) & (logs[2:] > _NONE)
    return float(np.median(np.abs(np.expm1((between - inner)[used])))) / 4 if used.any() else 0.0


def _filled(logs: Array, y: Array, computed_from: IntArray) -> Array:
    """A table without empty cells.

    Cells below `computed_from`, where chains no longer count, go on as their own row ends, and never up: another row may have chains that
    do count there. Others take the nearest value of their column: a node without a model says nothing of points beside it.
    """
    logs = logs.copy()
    for row, first in zip(logs, computed_from.tolist(), strict=True):
        if first:
            ends = row[first], row[first + 2]
            slope = max((ends[1] - ends[0]) / (y[first + 2] - y[first]), 0.0) if min(ends) > _NONE else 0.0
            row[:first] = np.maximum(row[first] - slope * (y[first] - y[:first]), _NONE)
    out = logs.copy()
    for j in range(out.shape[1]):
        good = np.flatnonzero(logs[:, j] > _NONE)
        own = np.flatnonzero(computed_from <= j)
        if len(good):
            out[own, j] = logs[good[np.abs(own[:, None] - good).argmin(axis=1)], j]
    return out
