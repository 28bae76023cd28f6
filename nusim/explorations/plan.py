"""What an exploration varies: keys of a model's card, on a grid or drawn at random, and their values at each of its points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..kernels import streams
from ..kernels.arrays import Array, ArrayLike, IntArray
from ..kernels.random import uniforms
from ..model.model import Model
from ..rates.points import OF_EXPERIMENT, Axis, axis, check_keys

SCALES = ("log", "lin")
_MOST = 100_000_000
"""Points at most."""
_CORNERS, _INSIDE = 64, 256
"""Of a plan's design: corners of what is varied, and points within."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A key of a card, drawn between two values: uniform in its logarithm, or in itself. ParameterError for a range that is none."""

    key: str
    low: float
    high: float
    scale: str = "log"

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ParameterError(f"explore: {self.key}: scale {self.scale!r}: log or lin is needed")
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise ParameterError(f"explore: {self.key} = {self.low:g}:{self.high:g}: two numbers are needed, the smaller first")
        if self.scale == "log" and self.low <= 0:
            raise ParameterError(f"explore: {self.key} = {self.low:g}:{self.high:g}: 0 has no logarithm; add :lin, or begin above it")

    def at(self, share: Array) -> Array:
        """The value at shares of the range, 0 to 1."""
        if self.scale == "lin":
            result: Array = self.low + share * (self.high - self.low)
        else:
            result = self.low * (self.high / self.low) ** share
        return np.clip(result, self.low, self.high)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Points by number: every point of a grid, and n draws at each if anything is drawn. A point's draws belong to its number."""

    grid: tuple[Axis, ...]
    draws: tuple[Draw, ...]
    n: int
    """Draws at each point of the grid."""
    seed: int

    def __len__(self) -> int:
        return int(np.prod([len(one.values) for one in self.grid], dtype=float)) * (self.n if self.draws else 1)

    @property
    def keys(self) -> tuple[str, ...]:
        """What is varied."""
        return (*(one.key for one in self.grid), *(one.key for one in self.draws))

    def values(self, index: IntArray) -> dict[str, Array]:
        """By key, at the points of these numbers, ascending; shape (len(index),)."""
        cells = index // self.n if self.draws else index
        places = np.unravel_index(cells, [len(one.values) for one in self.grid]) if self.grid else ()
        found = {one.key: one.values[place] for one, place in zip(self.grid, places, strict=True)}
        if self.draws:
            shares = uniforms(self.seed, streams.EXPLORATION, index, len(self.draws))
            found |= {one.key: one.at(shares[:, k]) for k, one in enumerate(self.draws)}
        return found

    def design(self) -> dict[str, Array]:
        """Some points that fill what is varied, ends included: from them is prepared what all points share."""
        ranges = [Draw(one.key, one.values[0], one.values[-1], "log" if one.is_log else "lin") for one in self.grid] + list(self.draws)
        shares = uniforms(self.seed, streams.EXPLORATION_DESIGN, np.arange(_CORNERS + _INSIDE), len(ranges))
        if 2 ** len(ranges) <= _CORNERS:
            places = np.arange(_CORNERS)[:, None] >> np.arange(len(ranges))
            shares[:_CORNERS] = places & 1
        else:
            shares[:_CORNERS] = np.round(shares[:_CORNERS])
        return {one.key: one.at(shares[:, k]) for k, one in enumerate(ranges)}

    def document(self) -> dict[str, Any]:
        """Plain values: with the model and the seed all that the points' values depend on."""
        return {
            "grid": [{"key": one.key, "values": one.values.tolist()} for one in self.grid],
            "draw": [{"key": one.key, "low": one.low, "high": one.high, "scale": one.scale} for one in self.draws],
            "n": len(self),
            "seed": self.seed,
        }


def plan_of(model: Model, draw: Mapping[str, Sequence[Any]], grid: Mapping[str, ArrayLike], n: int, seed: int) -> Plan:
    """A plan from ranges (low, high) or (low, high, 'lin') and lists of values. ParameterError for keys that cannot stand together."""
    axes = tuple(axis((key, values), key) for key, values in grid.items())
    draws = tuple(_draw(key, given) for key, given in draw.items())
    if not axes and not draws:
        raise ParameterError("explore: nothing varies; draw a key as in draw={'physical.m5': (0.01, 1)}, or give a grid")
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ParameterError(f"explore: n = {n}: a whole number of points, at least 1")
    both = sorted(set(draw) & set(grid))
    if both:
        raise ParameterError(f"explore: {both[0]}: drawn and on the grid; give one of them")
    ends = [*axes, *(Axis(one.key, np.array([one.low, one.high])) for one in draws)]
    for one in ends:
        if one.key in OF_EXPERIMENT:
            raise ParameterError(f"explore: {one.key}: of an experiment; keys of the model's card can vary")
    for first, second in combinations(ends, 2):
        # pairs of ends alone: what is asked here is whether a card can hold both keys
        check_keys(Axis(first.key, first.values[[0, -1]]), Axis(second.key, second.values[[0, -1]]), model)
    plan = Plan(axes, draws, n, seed)
    if len(plan) > _MOST:
        raise ParameterError(f"explore: {len(plan)} points; at most {_MOST}")
    return plan


def _draw(key: str, given: Sequence[Any]) -> Draw:
    try:
        low, high, *scale = given
        return Draw(key, float(low), float(high), *scale)
    except (TypeError, ValueError):
        raise ParameterError(f"explore: {key} = {given!r}: write (low, high), or (low, high, 'lin')") from None
