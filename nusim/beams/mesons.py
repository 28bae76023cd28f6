"""Mesons on their way from the target: weighted particles before they are known to decay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..kernels.arrays import Array, BoolArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Mesons:
    """n weighted particles in the beam frame; rows with weight 0 are lost."""

    pdg: IntArray
    """PDG codes, shape (n,)."""
    position: Array
    """Metres, shape (n, 3)."""
    momentum: Array
    """GeV, shape (n, 3)."""
    time: Array
    """c t in metres, zero when the proton passes the beam frame's origin, shape (n,)."""
    weight: Array
    """Particles per proton on target, shape (n,)."""

    def __len__(self) -> int:
        return len(self.pdg)

    def select(self, rows: BoolArray | IntArray) -> "Mesons":
        """Some of the rows."""
        return Mesons(self.pdg[rows], self.position[rows], self.momentum[rows], self.time[rows], self.weight[rows])

    @property
    def mass(self) -> Array:
        """GeV, shape (n,)."""
        return per_species(self.pdg, pdg.mass)

    @property
    def decay_length(self) -> Array:
        """beta gamma c tau in metres, shape (n,)."""
        result: Array = np.linalg.norm(self.momentum, axis=1) / self.mass * per_species(self.pdg, pdg.ctau)
        return result


def per_species(codes: IntArray, value: Callable[[int], float]) -> Array:
    """value(code) spread over an array of PDG codes, shape of `codes`."""
    out = np.empty(len(codes))
    for code in np.unique(codes):
        out[codes == code] = value(int(code))
    return out


def join(parts: Sequence[Mesons]) -> Mesons:
    """Several sets of mesons as one."""
    return Mesons(
        np.concatenate([part.pdg for part in parts]),
        np.concatenate([part.position for part in parts]),
        np.concatenate([part.momentum for part in parts]),
        np.concatenate([part.time for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )
