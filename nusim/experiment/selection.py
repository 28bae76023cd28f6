"""What a detector sees of a decay: thresholds on the products, apertures downstream, a minimum number of objects."""

from collections.abc import Sequence

import numpy as np

from .. import pdg
from ..kernels.arrays import Array, BoolArray, IntArray
from .experiment import Plane, Selection

_KINDS = {11: "e", 13: "mu", 22: "gamma", 211: "pi", 321: "K"}

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


def passes(selection: Selection, codes: IntArray, momenta: Array, vertex: Array, u: Array) -> BoolArray:
    """Which decays the detector selects, before efficiency.

    `codes` (n, k) PDG codes and `momenta` (n, k, 4) of the products in the beam frame, `vertex` (n, 3) in metres,
    `u` uniform numbers (n, k). A pi0 or eta shows two photons, whose energies follow from an isotropic decay; other short-lived
    mesons show their leading mode with the kinetic energy shared equally, an approximation.
    """
    visible = np.zeros(len(codes))
    aperture = np.ones(len(codes), dtype=bool)
    for place in range(codes.shape[1]):
        # code 0: no particle, in decays with fewer products than others of their final state
        for code in np.unique(np.abs(codes[codes[:, place] != 0, place])):
            rows = np.flatnonzero(np.abs(codes[:, place]) == code)
            p = momenta[rows, place]
            visible[rows] += _seen(selection, int(code), p, u[rows, place])
            if int(code) in _KINDS and pdg.charge(int(code)) != 0:
                aperture[rows] &= _crosses(selection.planes, p, vertex[rows])
    result: BoolArray = (visible >= selection.min_visible) & aperture
    return result


def _seen(selection: Selection, code: int, p: Array, u: Array) -> Array:
    """Number of visible objects of particles of one kind, shape (n,)."""
    if code in pdg.NEUTRINO_OF_FLAVOUR or code in pdg.HEAVY_STATE_CODES.values():
        return np.zeros(len(p))
    kinetic = p[:, 0] - pdg.mass(code)
    if code in (111, 221):
        spread = np.sqrt(np.sum(p[:, 1:] ** 2, axis=1))
        energies = [(p[:, 0] + (2 * u - 1) * spread) / 2, (p[:, 0] - (2 * u - 1) * spread) / 2]
        return _above(selection, "gamma", energies)
    if code in _PROMPT:
        kinds = _PROMPT[code]
        total = np.zeros(len(p))
        for kind in kinds:
            total += _above(selection, kind, [kinetic / len(kinds)])
        return total
    return _above(selection, _KINDS[code], [kinetic]) if code in _KINDS else np.zeros(len(p))


def _above(selection: Selection, kind: str, energies: Sequence[Array]) -> Array:
    if kind not in selection.visible:
        return np.zeros(len(energies[0]))
    threshold = selection.thresholds.get(kind, 0.0)
    total = np.zeros(len(energies[0]))
    for energy in energies:
        total += energy >= threshold
    return total


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
