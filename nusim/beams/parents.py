"""The parents of neutrinos: where mesons decay, with which momentum, how many per proton."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array, BoolArray, IntArray
from ..pdg import NAMES

REST_MOMENTUM = 1e-4
"""GeV: parents at rest carry this much in a random direction, so that they have one; it moves their products by 1e-4 of c."""


@dataclass(frozen=True, slots=True, eq=False)
class ParentFlux:
    """A weighted list of decaying parents in the beam frame (z along the proton beam, origin at the beam card's zero).

    A row is a parent that decays somewhere on the straight segment of length `path` that begins at `start`, with
    density exp(-s / decay length) along it; `weight` is its number of decays (through all channels) per proton on
    target, the probability to decay on the segment included. `path` = 0: it decays at `start`.
    """

    pdg: IntArray
    """PDG codes, shape (n,)."""
    momentum: Array
    """Three-momenta, GeV, shape (n, 3)."""
    start: Array
    """Beginning of the decay segment, metres, shape (n, 3)."""
    time: Array
    """c t in metres at `start`, zero when the proton passes the beam frame's origin, shape (n,)."""
    path: Array
    """Length of the decay segment in metres, shape (n,)."""
    weight: Array
    """Decays per proton on target, shape (n,)."""
    axisymmetric: bool
    """True if the beam is symmetric about z: rows may be rotated by any azimuth at use."""
    protons_simulated: float
    command: str
    """What made the rows."""
    counted: frozenset[int] = frozenset()
    """Species whose number of rows is itself random, as a cascade makes them; the others were drawn in fixed numbers."""
    notes: tuple[str, ...] = ()
    """What there is to say of where they come from; for the warnings of rates and files."""
    yield_error: Mapping[int, float] = field(default_factory=dict)
    """Relative statistical error of the number of parents at rest, by species: their rows are alike, and fewer than were found."""
    spin: Array | None = None
    """Mean polarisation vectors in the rest frame that a pure boost from the beam frame leads to, shape (n, 3); None: no row has any."""
    mother: IntArray | None = None
    """The row whose decay made this one, its own number for rows of the beam's list, shape (n,); None: all are of that list."""

    def __post_init__(self) -> None:
        n = len(self.pdg)
        for name in ("momentum", "start", "time", "path", "weight"):
            column = getattr(self, name)
            if len(column) != n:
                raise ParameterError(f"parent flux: {name} has {len(column)} rows, pdg has {n}")
            if not np.all(np.isfinite(column)):
                raise ParameterError(f"parent flux: {name} holds a value that is not finite")
        for name in ("spin", "mother"):
            if getattr(self, name) is not None and len(getattr(self, name)) != n:
                raise ParameterError(f"parent flux: {name} has {len(getattr(self, name))} rows, pdg has {n}")
        if np.any(self.weight < 0) or np.any(self.path < 0):
            raise ParameterError("parent flux: weights and paths must not be negative")

    def of(self, code: int) -> "ParentFlux":
        """The rows of one species; which others they come from is not kept."""
        rows = self.pdg == code
        return ParentFlux(
            self.pdg[rows],
            self.momentum[rows],
            self.start[rows],
            self.time[rows],
            self.path[rows],
            self.weight[rows],
            self.axisymmetric,
            self.protons_simulated,
            self.command,
            self.counted,
            self.notes,
            self.yield_error,
            None if self.spin is None else self.spin[rows],
        )

    @property
    def roots(self) -> IntArray:
        """Row of the beam's list that each row comes from, shape (n,): rows of one root are not independent."""
        return np.arange(len(self.pdg)) if self.mother is None else self.mother

    @property
    def at_rest(self) -> BoolArray:
        """Rows that decay at rest, shape (n,): they carry `REST_MOMENTUM`, so that they have a direction."""
        result: BoolArray = np.sum(self.momentum**2, axis=1) < (2 * REST_MOMENTUM) ** 2
        return result

    def __str__(self) -> str:
        rows = ", ".join(f"{NAMES[code]} {float(self.weight[self.pdg == code].sum()):.3g}" for code in self.species)
        return f"ParentFlux: {len(self.pdg)} rows; decays per proton: {rows}"

    @property
    def species(self) -> tuple[int, ...]:
        """PDG codes present, ascending."""
        return tuple(int(code) for code in np.unique(self.pdg))
