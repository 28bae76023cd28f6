"""What a detector sees of a decay: thresholds, angles between objects, apertures downstream, distances from the beam axis, and how many
objects are left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.lorentz import around
from .experiment import Plane, Selection

_KINDS = {11: "e", 13: "mu", 22: "gamma", 211: "pi", 321: "K"}
_NAMES = tuple(_KINDS.values())

_PROMPT = {
    310: ("pi", "pi"),
    111: ("gamma", "gamma"),
    221: ("gamma", "gamma"),
    331: ("pi", "pi", "gamma", "gamma"),
    113: ("pi", "pi"),
    213: ("pi", "gamma", "gamma"),
    223: ("pi", "pi", "gamma", "gamma"),
    333: ("K", "K"),
    323: ("K", "gamma", "gamma"),
    411: ("K", "pi", "pi"),
    413: ("K", "pi", "pi"),
    431: ("K", "K", "pi"),
    433: ("K", "K", "pi", "gamma"),
    441: ("K", "K", "pi"),
    443: ("pi", "pi", "pi", "pi"),
}
"""What a meson that decays at its vertex shows: its leading mode, a pi0 as two photons; charmed ones a mode typical of them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Objects:
    """Objects of one kind above their threshold, at most one of a decay; arrays of m."""

    rows: IntArray
    """The decays they belong to."""
    kind: str
    owner: int
    """Objects of one owner are told apart whatever their angle."""
    energy: Array
    """Kinetic, GeV."""
    direction: Array
    """Unit vectors, shape (m, 3)."""


def passes(selection: Selection, codes: IntArray, momenta: Array, vertex: Array, u: Array) -> BoolArray:
    """Which decays the detector selects, before efficiency.

    `codes` (n, k) PDG codes and `momenta` (n, k, 4) of the products in the beam frame, `vertex` (n, 3) in metres,
    `u` uniform numbers (n, 2 k). A pi0 or eta shows the two photons of an isotropic decay; other short-lived
    mesons show their leading mode with the kinetic energy shared equally, all along the meson, an approximation.
    """
    places = codes.shape[1]
    good: BoolArray = np.hypot(vertex[:, 0], vertex[:, 1]) >= selection.min_vertex_radius
    objects: list[_Objects] = []
    for place in range(places):
        # code 0: no particle, in decays with fewer products than others of their final state
        for code in np.unique(np.abs(codes[codes[:, place] != 0, place])):
            rows = np.flatnonzero(np.abs(codes[:, place]) == code)
            p = momenta[rows, place]
            for one in _objects(selection, int(code), p, u[rows, place], u[rows, places + place]):
                number = place + places * one.owner
                objects.append(_Objects(rows[one.rows], one.kind, number, one.energy, one.direction))
            if int(code) in _KINDS and pdg.charge(int(code)) != 0:
                good[rows] &= _crosses(selection.planes, p, vertex[rows]) & (_from_axis(p, vertex[rows]) >= selection.min_track_radius)
    good &= _told_apart(selection, objects, len(codes)) >= selection.min_visible
    return good


def _objects(selection: Selection, code: int, p: Array, u: Array, v: Array) -> Iterator[_Objects]:
    """What particles of one kind, p (n, 4), show above threshold; rows count among them. `u`, `v`: uniform numbers (n,)."""
    if code in pdg.NEUTRINO_OF_FLAVOUR or code in pdg.HEAVY_STATE_CODES.values():
        return
    modulus = np.sqrt(np.sum(p[:, 1:] ** 2, axis=1))
    still = modulus == 0
    along = np.where(still[:, None], (0.0, 0.0, 1.0), p[:, 1:] / np.where(still, 1.0, modulus)[:, None])
    if code in (111, 221):
        for owner, sign in enumerate((1.0, -1.0)):
            cosine = sign * (2 * u - 1)
            twice = p[:, 0] + cosine * modulus
            lab = np.clip((modulus + cosine * p[:, 0]) / twice, -1.0, 1.0)
            yield _above(selection, "gamma", owner, twice / 2, around(along, lab, 2 * np.pi * v + (owner * np.pi)))
        return
    kinds = _PROMPT.get(code, (_KINDS[code],) if code in _KINDS else ())
    for kind in kinds:
        yield _above(selection, kind, 0, (p[:, 0] - pdg.mass(code)) / len(kinds), along)


def _above(selection: Selection, kind: str, owner: int, energy: Array, direction: Array) -> _Objects:
    seen = (energy >= selection.thresholds.get(kind, 0.0)) & (kind in selection.visible)
    rows = np.flatnonzero(seen)
    return _Objects(rows, kind, owner, energy[rows], direction[rows])


def _told_apart(selection: Selection, objects: Sequence[_Objects], n: int) -> IntArray:
    """Number of objects of each of n decays, (n,): one too close to a more energetic one that counts does not count."""
    count = np.zeros(n, np.int64)
    slots = []
    for one in objects:
        slots.append(count[one.rows])
        count[one.rows] += 1
    least = np.array([[selection.opening_angle_of(one, other) for other in _NAMES] for one in _NAMES])
    if not least.any():
        return count
    most = int(count.max(initial=0))
    energy, direction = np.full((n, most), -np.inf), np.zeros((n, most, 3))
    kind, owner = np.zeros((n, most), np.int64), np.zeros((n, most), np.int64)
    for slot, one in zip(slots, objects, strict=True):
        energy[one.rows, slot], direction[one.rows, slot] = one.energy, one.direction
        kind[one.rows, slot], owner[one.rows, slot] = _NAMES.index(one.kind), one.owner
    order = np.argsort(-energy, axis=1, kind="stable")
    energy, kind, owner = (np.take_along_axis(columns, order, axis=1) for columns in (energy, kind, owner))
    direction = np.take_along_axis(direction, order[:, :, None], axis=1)
    # chords, because cosines lose small angles
    chord = 2 * np.sin(least / 2)
    counts = np.isfinite(energy)
    for second in range(most):
        for first in range(second):
            apart = np.sqrt(np.sum((direction[:, first] - direction[:, second]) ** 2, axis=1))
            one = (owner[:, first] != owner[:, second]) & (apart < chord[kind[:, first], kind[:, second]])
            counts[:, second] &= ~(counts[:, first] & one)
    result: IntArray = counts.sum(axis=1)
    return result


def _from_axis(p: Array, vertex: Array) -> Array:
    """Closest distance of straight lines through `vertex` (n, 3) to the beam axis, metres, shape (n,)."""
    transverse = np.hypot(p[:, 1], p[:, 2])
    moment = np.abs(vertex[:, 0] * p[:, 2] - vertex[:, 1] * p[:, 1])
    parallel = transverse == 0
    result: Array = np.where(parallel, np.hypot(vertex[:, 0], vertex[:, 1]), moment / np.where(parallel, 1.0, transverse))
    return result


def _crosses(planes: Sequence[Plane], p: Array, vertex: Array) -> BoolArray:
    """Whether straight tracks cross every plane inside its aperture."""
    inside = np.ones(len(p), dtype=bool)
    for plane in planes:
        forward = p[:, 3] > 0
        step = (plane.z - vertex[:, 2]) / np.where(forward, p[:, 3], 1.0)
        x, y = vertex[:, 0] + step * p[:, 1], vertex[:, 1] + step * p[:, 2]
        width, height = plane.size
        if plane.shape == "box":
            within = (np.abs(x) <= width / 2) & (np.abs(y) <= height / 2)
        else:
            within = (2 * x / width) ** 2 + (2 * y / height) ** 2 <= 1
        inside &= forward & (step > 0) & within & (np.hypot(x, y) >= plane.inner_radius)
    return inside
