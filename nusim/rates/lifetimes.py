"""Decays in a detector for many lifetimes at once: the Laplace transform of where lines cross it.

A state of momentum p and proper decay length c tau decays between distances a and b with probability exp(-x a/p) - exp(-x b/p),
x = m / c tau. Lines are therefore a density in T = distance / p, kept in narrow bins of log T with its mean and variance in each.
"""

from dataclasses import dataclass

import numpy as np

from ..kernels.arrays import Array, IntArray

BINS_A_DECADE = 30
"""Of T. With mean and variance kept, a bin is exact to the fourth order of x times its width."""
_PIECE = 0.1
"""Lines are cut into pieces whose ends differ by this in log T."""
_NEAREST = 1e-3
"""Of a line's far end: where its first piece ends at the latest, for lines that begin in the detector."""
POINTS_A_DECADE = 10
"""Of x in tables."""
_LINEAR, _DEEP = 1e-4, 80.0
"""Tables begin where this is the largest x T, and end where that is the smallest."""


def x_grid(nearest: float, farthest: float) -> Array:
    """log x of a table for lines with T from `nearest` to `farthest`, m/GeV: from decays proportional to x to none left."""
    low, high = np.log(_LINEAR / farthest), np.log(_DEEP / nearest)
    n = int(np.ceil((high - low) / np.log(10) * POINTS_A_DECADE)) + 4
    return np.linspace(low, high, n)


def decays(made: Array, enter: Array, leave: Array, group: IntArray, count: int, batch: IntArray, batches: int, log_x: Array) -> Array:
    """Decays by group, batch and lifetime, shape (count, batches, k), of lines (n,) with weights `made`.

    `enter`, `leave`: T of their ends; `log_x` (k,) ascending. Relative error below 1e-2 where x T < 20.
    """
    good = np.flatnonzero((made > 0) & (leave > enter))
    out = np.zeros((count, batches, len(log_x)))
    if not len(good):
        return out
    start, end = enter[good], leave[good]
    low = np.maximum(start, _NEAREST * end)
    pieces = np.maximum(np.ceil(np.log(end / low) / _PIECE), 1).astype(np.int64)
    line = np.repeat(np.arange(len(good)), pieces)
    place = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    ratio = (end / low)[line] ** (1 / pieces[line])
    first = np.where(place == 0, start[line], low[line] * ratio**place)
    last = np.where(place == pieces[line] - 1, end[line], low[line] * ratio ** (place + 1))
    width, middle = last - first, (first + last) / 2
    weight = made[good][line] * width
    shift = np.floor(np.log10(middle.min()) * BINS_A_DECADE)
    cell = (np.floor(np.log10(middle) * BINS_A_DECADE) - shift).astype(np.int64)
    bins = int(cell.max()) + 1
    where = group[good][line] * bins + cell
    size = count * bins
    total = np.bincount(where, weight, size)
    mean = np.bincount(where, weight * middle, size)
    square = np.bincount(where, weight * (middle**2 + width**2 / 12), size)
    split = np.bincount(where * batches + batch[good][line], weight, size * batches).reshape(size, batches)
    x = np.exp(log_x)
    for number in range(count):
        full = np.flatnonzero(total[number * bins : (number + 1) * bins] > 0) + number * bins
        if not len(full):
            continue
        centre = mean[full] / total[full]
        variance = np.maximum(square[full] / total[full] - centre**2, 0.0)
        kernel = x * np.exp(-np.outer(centre, x)) * (1 + np.outer(variance, x**2) / 2)
        out[number] = split[full].T @ kernel
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Where points lie on an ascending grid, and the weights of its neighbours there."""

    place: IntArray
    """Neighbours, shape (points, 4) or (points, 2) or (points, 1)."""
    weight: Array

    @classmethod
    def cubic(cls, grid: Array, points: Array) -> "Neighbours":
        """Local cubic interpolation, linear on short grids; points outside the grid are taken at its ends."""
        n = len(grid)
        order = 4 if n >= 4 else min(n, 2)
        inside = np.clip(points, grid[0], grid[-1])
        first = np.clip(np.searchsorted(grid, inside, side="right") - order // 2, 0, n - order)
        place = first[:, None] + np.arange(order)
        node = grid[place]
        weight = np.ones_like(node)
        for k in range(order):
            for other in range(order):
                if other != k:
                    weight[:, k] *= (inside - node[:, other]) / (node[:, k] - node[:, other])
        return cls(place, weight)

    @classmethod
    def linear(cls, grid: Array, points: Array) -> "Neighbours":
        """Linear interpolation, which never leaves the range of the two neighbours."""
        if len(grid) == 1:
            return cls(np.zeros((len(points), 1), np.int64), np.ones((len(points), 1)))
        inside = np.clip(points, grid[0], grid[-1])
        first = np.clip(np.searchsorted(grid, inside, side="right") - 1, 0, len(grid) - 2)
        share = (inside - grid[first]) / (grid[first + 1] - grid[first])
        return cls(np.column_stack([first, first + 1]), np.column_stack([1 - share, share]))


def interpolated(table: Array, rows: Neighbours, columns: Neighbours) -> Array:
    """Values (points,) of a table (rows, columns)."""
    out = np.zeros(len(rows.place))
    for k in range(rows.place.shape[1]):
        part = np.sum(table[rows.place[:, k, None], columns.place] * columns.weight, axis=1)
        out += rows.weight[:, k] * part
    return out
