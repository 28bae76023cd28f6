"""From parents to heavy states that decay in a detector: THE weights of both rates and events.

A row of a `HeavySource` is one parent of the beam's list decaying through one production mode. `draw` turns rows and
uniform numbers into heavy states on lines through the detector; their weight is the expected number of decays inside
the detector per proton on target, survival and decay probability included, if each row is drawn once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..beams.parents import ParentFlux
from ..kernels.arrays import Array, IntArray, four_vectors
from ..kernels.lorentz import unboost
from ..production.table import ProductionMode
from . import aim
from .volumes import Volume

DRAWS = aim.DRAWS
"""Uniform numbers one drawn heavy state consumes."""


@dataclass(frozen=True, slots=True, eq=False)
class HeavyFlux:
    """Heavy states on their way through the detector, arrays of n."""

    row: IntArray
    """Rows of the source."""
    mode: NDArray[np.int16]
    """Production mode of each, an index into the source's modes."""
    parent_start: Array
    """Where the parent's decay segment begins: (ct, x, y, z), metres, shape (n, 4)."""
    parent_momentum: Array
    """GeV, shape (n, 4)."""
    origin: Array
    """Where the parent decays: (ct, x, y, z), metres, shape (n, 4)."""
    momentum: Array
    """Of the heavy state, GeV, shape (n, 4)."""
    direction: Array
    """Unit vector of the heavy state, shape (n, 3)."""
    enter: Array
    """Distance from origin to detector, metres."""
    leave: Array
    decay_length: Array
    """beta gamma c tau of the heavy state in metres."""
    weight: Array
    """Decays in the detector per proton on target."""

    def decay_distance(self, u: Array) -> Array:
        """Distance from origin to decay, metres: exponential, inside the detector, from uniform numbers (n,)."""
        depth = (self.leave - self.enter) / self.decay_length
        result: Array = self.enter - self.decay_length * np.log1p(u * np.expm1(-depth))
        return np.clip(result, self.enter, self.leave)


def decay_probability(enter: Array, leave: Array, decay_length: Array) -> Array:
    """Probability to decay between two distances from the origin: exp(-enter/L) - exp(-leave/L), without cancellation."""
    probability: Array = np.exp(-enter / decay_length) * -np.expm1(-np.maximum(leave - enter, 0.0) / decay_length)
    return probability


@dataclass(frozen=True, slots=True, eq=False)
class HeavySource:
    """Every way in which a beam's parents make the heavy states of a model, seen from a detector."""

    parents: ParentFlux
    modes: tuple[ProductionMode, ...]
    ctau: Array
    """Proper decay length of each mode's heavy state, metres, shape (number of modes,)."""
    volumes: tuple[Volume, ...]
    row: IntArray
    """Row in `parents` of each row here; a parent may stand in several, turned and decaying elsewhere."""
    mode: NDArray[np.int16]
    base: Array
    """Heavy states per proton on target of each row."""
    turn: Array
    """Angle by which the parent is turned about the beam axis."""
    along: Array
    """Where on its decay segment the parent decays, metres from the segment's start."""

    def __len__(self) -> int:
        return len(self.row)

    def _decays(self, rows: IntArray) -> tuple[aim.Decay, Array, Array, Array]:
        """The parents' decays, with c t at the start of their segments, the starts, and the parents' energies."""
        parent, mode = self.row[rows], self.mode[rows]
        of_mode = {name: np.array([getattr(m, name) for m in self.modes])[mode] for name in ("m_parent", "m_heavy", "energy", "momentum")}
        momentum = _rotate(self.parents.momentum[parent], self.turn[rows])
        start = _rotate(self.parents.start[parent], self.turn[rows])
        p = np.sqrt(momentum[:, 0] ** 2 + momentum[:, 1] ** 2 + momentum[:, 2] ** 2)
        vertex = start + (self.along[rows] / p)[:, None] * momentum
        decay = aim.Decay(momentum, vertex, of_mode["m_parent"], of_mode["m_heavy"], of_mode["energy"], of_mode["momentum"])
        return decay, self.parents.time[parent], start, np.hypot(p, of_mode["m_parent"])

    def draw(self, rows: IntArray, u: Array) -> HeavyFlux:
        """Heavy states of the given rows on lines through the detector; `u` holds uniform numbers (n, DRAWS).

        The weight is 0 where a line is out of reach or misses the detector.
        """
        decay, time, start, energy = self._decays(rows)
        mode = self.mode[rows]
        n = len(energy)
        begin, origin, heavy, parent_four = (four_vectors(n) for _ in range(4))
        begin[:, 0], begin[:, 1:] = time, start
        p = np.sqrt((energy - decay.m_parent) * (energy + decay.m_parent))
        origin[:, 0], origin[:, 1:] = time + self.along[rows] * energy / p, decay.vertex
        aimed = aim.aim(self.volumes, decay, u)
        heavy[:, 0] = np.hypot(aimed.momentum, decay.m_heavy)
        heavy[:, 1:] = aimed.momentum[:, None] * aimed.direction
        parent_four[:, 0], parent_four[:, 1:] = energy, decay.momentum
        decay_length = aimed.momentum / decay.m_heavy * self.ctau[mode]
        weight = self.base[rows] * aimed.weight * decay_probability(aimed.enter, aimed.leave, decay_length)
        return HeavyFlux(rows, mode, begin, parent_four, origin, heavy, aimed.direction, aimed.enter, aimed.leave, decay_length, weight)

    def expected_weight(self, rows: IntArray) -> Array:
        """About what `draw` gives each row, without drawing: the proposal that events are chosen from."""
        decay, _, _, _ = self._decays(rows)
        weight, momentum, enter, leave = aim.expected_weight(self.volumes, decay)
        decay_length = momentum / decay.m_heavy * self.ctau[self.mode[rows]]
        result: Array = self.base[rows] * weight * decay_probability(enter, leave, decay_length)
        return result

    def spin(self, flux: HeavyFlux) -> Array:
        """Polarisation vectors (n, 3) of the heavy states in their own rest frames, reached from the beam frame by a pure boost.

        The spin lies along the momentum in the parent's rest frame; seen from the heavy state that is the direction
        opposite to its parent, which carries the Wigner rotation between the frames exactly.
        """
        mass = np.array([m.m_heavy for m in self.modes])[flux.mode]
        polarisation = np.array([m.polarisation for m in self.modes])[flux.mode]
        seen = unboost(flux.parent_momentum, flux.momentum, mass)[:, 1:]
        result: Array = -(polarisation / np.sqrt(np.sum(seen**2, axis=1)))[:, None] * seen
        return result


def _rotate(vectors: Array, angle: Array) -> Array:
    """Vectors (n, 3) turned about z."""
    c, s = np.cos(angle), np.sin(angle)
    out = np.empty((3, len(angle))).T
    out[:, 0] = c * vectors[:, 0] - s * vectors[:, 1]
    out[:, 1] = s * vectors[:, 0] + c * vectors[:, 1]
    out[:, 2] = vectors[:, 2]
    return out
