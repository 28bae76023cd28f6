"""The particles of many events, collected decay by decay and put in order at the end."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..kernels.arrays import Array, IntArray, four_vectors
from .sample import FINAL, INTERMEDIATE

UNKNOWN_SPIN = 9.0


@dataclass(eq=False)
class Particles:
    """Particles of n events; each `add` gives one more to some of them, so that a mother always stands before its daughters."""

    n: int
    _count: IntArray = field(init=False)
    _added: list[tuple[IntArray, IntArray, dict[str, Any]]] = field(init=False, default_factory=list)
    _decayed: list[tuple[IntArray, IntArray, Array]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._count = np.zeros(self.n, np.int64)

    def add(
        self,
        events: IntArray,
        code: IntArray | int,
        mother: IntArray | int,
        momentum: Array,
        mass: Array | float,
        vertex: Array,
        spin: Array | float = UNKNOWN_SPIN,
        status: int = FINAL,
    ) -> IntArray:
        """One particle for each of `events` (m,), which holds each event once; gives their places (m,) within the events.

        `momentum` and `vertex` (m, 4); the others (m,) or one for all. `mother`: its place, -1 for none.
        """
        places = self._count[events]
        self._count[events] += 1
        columns = {"pdg": code, "mother": mother, "momentum": momentum, "mass": mass, "vertex": vertex, "spin": spin, "status": status}
        self._added.append((events, places, columns))
        return places

    def decayed(self, events: IntArray, places: IntArray, proper_time: Array) -> None:
        """Say that particles decay within their events, after c tau in metres of their own time."""
        self._decayed.append((events, places, proper_time))

    def columns(self) -> dict[str, Any]:
        """The columns of an `EventSample` that belong to particles, and `offsets`."""
        offsets = np.concatenate([[0], np.cumsum(self._count)])
        total = int(offsets[-1])
        out: dict[str, Any] = {
            "pdg": np.empty(total, np.int64), "status": np.empty(total, np.int8), "mother": np.empty(total, np.int64),
            "momentum": four_vectors(total), "mass": np.empty(total), "vertex": four_vectors(total),
            "proper_time": np.zeros(total), "spin": np.empty(total),
        }  # fmt: skip
        for events, places, columns in self._added:
            at = offsets[events] + places
            for name, column in columns.items():
                out[name][at] = column
        for events, places, proper_time in self._decayed:
            at = offsets[events] + places
            out["proper_time"][at] = proper_time
            out["status"][at] = np.where(out["status"][at] == FINAL, INTERMEDIATE, out["status"][at])
        return out | {"offsets": offsets}
