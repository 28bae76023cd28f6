"""Random numbers stretched to where the weight is: vegas's adaptive map for routes whose plain proposal is poor."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..experiment.flight import HeavySource
from ..kernels.arrays import Array, IntArray

_CELLS, _ALPHA = 16, 0.7
"""Cells of each number's grid, and how fast they follow the weights: few and slow, for weights of a few thousand candidates."""

_WORTH = 1.3
"""Numbers whose widest cell is less than so much wider than the narrowest are left as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretched:
    """A map of the unit cube onto itself, number by number (G. P. Lepage, J. Comput. Phys. 27 (1978) 192)."""

    numbers: tuple[int, ...]
    """Places of the numbers that it moves."""
    edges: Array
    """Edges of their cells, equally likely each, shape (numbers, cells + 1)."""

    def moved(self, u: Array) -> tuple[Array, Array]:
        """Numbers (n, draws) and the density (n,) of their places, over that of uniform ones, inverted: a factor on weights."""
        out, factor = u.copy(order="F"), np.ones(len(u))
        cells = self.edges.shape[1] - 1
        for number, edges in zip(self.numbers, self.edges, strict=True):
            place = u[:, number] * cells
            cell = place.astype(np.int64)
            width = np.diff(edges)[cell]
            out[:, number] = np.minimum(edges[cell] + (place - cell) * width, _BELOW_ONE)
            factor *= width * cells
        return out, factor


_BELOW_ONE = float(np.nextafter(1.0, 0.0))


class Adapting:
    """Maps that follow the weights of candidates, one for each of some routes."""

    def __init__(self, routes: IntArray, draws: int) -> None:
        from vegas import AdaptiveMap

        self._maps = {int(route): AdaptiveMap([[0.0, 1.0]] * draws, ninc=_CELLS) for route in routes}

    def learn(self, source: HeavySource, rows: IntArray, u: Array, weight: Array) -> None:
        """From candidates of any routes: their numbers (n, draws) before they were moved, and their weights (n,)."""
        route = source.route[rows]
        for number, grid in self._maps.items():
            mine = np.flatnonzero(route == number)
            grid.add_training_data(np.ascontiguousarray(u[mine]), weight[mine] ** 2)
            grid.adapt(alpha=_ALPHA)

    def maps(self) -> Mapping[int, Stretched]:
        """What has been learned, by route."""
        found = {}
        for number, grid in self._maps.items():
            inc = np.array(grid.inc)
            numbers = tuple(np.flatnonzero(inc.max(axis=1) > _WORTH * inc.min(axis=1)).tolist())
            found[number] = Stretched(numbers, np.array(grid.grid)[list(numbers)])
        return found
