"""Integrals of |M|^2 over three-body phase space, for one parameter point or many together.

Regions of the Dalitz plot follow the poles (dalitz.py); how finely they are sampled depends on how fast |M|^2 varies. Points that need the
same regions and numbers of nodes are integrated together.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import product
from typing import Any

import numpy as np

from ..kernels.arrays import Array, IntArray
from .amplitudes import Amplitude, LeptonPair, NeutrinoTriple, Number, recoil_square, spread, stacked, taken
from .dalitz import PAIRINGS, Points, Pole, Region, gauss, regions
from .massless import massless_pair_squares, massless_squares
from .pair_squares import averaged_squares

_TOGETHER = 8192
"""Nodes at which amplitudes are evaluated at a time, about: they stay in the cache."""
_NODES = ((6, 6), (8, 8), (9, 9), (14, 14), (20, 24), (40, 32), (40, 56))
"""Gauss nodes in each half of s and in the cosine: for structure much wider than the range of s and no masses, as wide, somewhat less,
within it, much finer, and very fine or in several places."""
_STRUCTURES = (10.0, 1.0, 0.1, 0.01, 1e-5)
"""Scale over range above which each number of nodes will do; with several regions the next is taken."""
_PAIR_COSINES = 2
"""For a lepton pair |M|^2 is a quadratic in the cosine: two nodes are exact."""
_BASE = len(_NODES) + 1
_DIGITS = _BASE ** np.arange(3, -1, -1)
_ROOMY = 1e-2
"""Share of the parent's mass that must be left for closed forms which lose digits as its square."""


def covering(amplitude: Amplitude) -> list[Region]:
    """The regions that together cover the Dalitz plot of one point."""
    found, used = regions(amplitude.m_parent, amplitude.masses, _poles(amplitude))
    return [
        replace(region, scales=_numbers(region.scales), followed=_numbers(region.followed))
        for region, is_used in zip(found, used.tolist(), strict=True)
        if is_used
    ]


def _numbers(pair: tuple[Points, Points]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])


def _poles(amplitude: Amplitude) -> tuple[Pole, Pole]:
    zprime, phi = (Pole(boson.mass, boson.width, boson.used) for boson in (amplitude.zprime, amplitude.phi))
    return zprime, phi


def sharing(number: int, together: Sequence[Region], momenta: Array) -> Array | float:
    """Share of |M|^2 that belongs to a region where there are several: by the squares of the propagators they follow."""
    if len(together) < 2:
        return 1.0
    sizes = []
    for region in together:
        sizes.append(region.closeness(recoil_square(region.m_parent, momenta[..., PAIRINGS[region.pairing][0], :])))
    share: Array = sizes[number] / sum(sizes)
    return share


def integrals(amplitudes: Sequence[Amplitude]) -> list[Array]:
    """Integral of |M|^2 / 2M for each spin of the products, without symmetry factors: an array (2, 2, 2) for each amplitude, GeV.

    The spins of massive products are not told apart. Equal amplitudes are computed once, those of one kind together.
    """
    keys: list[tuple[object, ...]] = [(type(one), *(getattr(one, item.name) for item in fields(one))) for one in amplitudes]
    groups: dict[object, dict[tuple[object, ...], Amplitude]] = {}
    for key, one in zip(keys, amplitudes, strict=True):
        kind = type(one), getattr(one, "diagrams", None), tuple(m > 0 for m in one.masses)
        groups.setdefault(kind, {})[key] = one
    found: dict[tuple[object, ...], Array] = {}
    for members in groups.values():
        found |= dict(zip(members, stacked_integrals(stacked(list(members.values())), len(members)), strict=True))
    return [found[key] for key in keys]


def stacked_integrals(amplitude: Amplitude, points: int) -> Array:
    """`integrals` of an amplitude for many points, in all of which the same products are massless, shape (points, 2, 2, 2)."""
    found, used = regions(amplitude.m_parent, amplitude.masses, _poles(amplitude))
    used = np.broadcast_to(used.reshape(3, -1), (3, points))
    is_roomy = np.broadcast_to(_is_roomy(amplitude), points)
    levels = np.stack([np.broadcast_to(_level(region), points) for region in found]) + (used.sum(axis=0) > 1)
    # 0 for a region that is not used, else one more than its level; with roominess the digits of one number
    codes = np.where(used, np.minimum(levels, len(_NODES) - 1) + 1, 0)
    kind = np.tensordot(_DIGITS, np.concatenate([codes, is_roomy[None]]), axes=1)
    total = np.zeros((points, 2, 2, 2))
    for number in np.unique(kind).tolist():
        *code, roomy = (number // int(digit) % _BASE for digit in _DIGITS)
        together = [pairing for pairing in range(3) if code[pairing]]
        shapes = [_NODES[code[pairing] - 1][: 1 if roomy else 2] for pairing in together]
        step = max(1, _TOGETHER // (2 * max(math.prod(shape) for shape in shapes)))
        rows = np.flatnonzero(kind == number)
        for first in range(0, len(rows), step):
            some = rows[first : first + step]
            here, own = amplitude, [found[pairing] for pairing in together]
            if len(some) < points:
                here, own = taken(amplitude, some), [_region_of(region, some) for region in own]
            for place, images in _distinct(amplitude, together, code):
                part = _integrated(here, len(some), place, own, code[together[place]] - 1, bool(roomy))
                total[some] += part
                for image in images:
                    total[some] += np.swapaxes(part, 1 + together[place], 1 + image)
    return total


def _distinct(amplitude: Amplitude, together: Sequence[int], code: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Places of the regions that must be integrated, each with the pairings that exchanges of identical products make of it."""
    done = set[int]()
    for place, pairing in enumerate(together):
        if pairing not in done:
            alike = [other for other in together[place + 1 :] if code[other] == code[pairing]]
            images = [other for other in alike if _are_identical(amplitude, pairing, other)]
            done.update(images)
            yield place, images


def _are_identical(amplitude: Amplitude, one: int, other: int) -> bool:
    """Whether two products are the same Majorana neutrino."""
    if isinstance(amplitude, LeptonPair) or len(amplitude.diagrams) < 3:
        return False
    numbers = ((amplitude.masses[k], *amplitude.outer[k], *amplitude.inner[k]) for k in (one, other))
    return all(np.array_equal(a, b) for a, b in zip(*numbers, strict=True))


def _is_roomy(amplitude: Amplitude) -> Number:
    """Whether |M|^2 of a lepton pair averaged over its angles keeps its digits."""
    return isinstance(amplitude, LeptonPair) & (amplitude.m_parent - sum(amplitude.masses) > _ROOMY * amplitude.m_parent)


def _level(region: Region) -> IntArray:
    """Which number of nodes a region needs."""
    low, high = region.ends()
    ratio = np.minimum(*region.scales) / (high - low)
    level: IntArray = np.sum([ratio < limit for limit in _STRUCTURES], axis=0)
    return np.maximum(level, any(np.any(m) for m in region.masses))


def _integrated(amplitude: Amplitude, points: int, number: int, together: Sequence[Region], level: int, roomy: bool) -> Array:
    """Integrals over one of the regions that together cover phase space: shape (points, 2, 2, 2).

    Where the pair of products that the region is about is two of the same Majorana neutrino, half of their cosines are enough.
    """
    region = together[number]
    n_s, n_cosine = _NODES[level]
    s, weight = (np.broadcast_to(value, (points, 2 * n_s)) for value in region.nodes(n_s))
    if roomy:
        return _pair_integrated(amplitude, region, s, weight)
    c, v = gauss(_PAIR_COSINES if isinstance(amplitude, LeptonPair) else n_cosine)
    _, y, z = PAIRINGS[region.pairing]
    is_even = _are_identical(amplitude, y, z)
    if is_even:
        c, v = c[len(c) // 2 :], v[len(c) // 2 :] * np.where(c[len(c) // 2 :] > 0, 1.0, 0.5)
    parts, whole = [_region_for(one, 2) for one in together], spread(amplitude, 2)
    momenta, measure = parts[number].momenta(s[..., None], c)
    weight = weight[..., None] * v * measure * sharing(number, parts, momenta) / (4 * whole.m_parent)
    squares = _squares(whole, momenta) * weight
    result: Array = np.moveaxis(squares.sum(axis=(-2, -1)), -1, 0)
    return result + np.swapaxes(result, 1 + y, 1 + z) if is_even else result


def _squares(amplitude: Amplitude, momenta: Array) -> Array:
    """|M|^2 for each spin of the products, the parent's summed, shape (2, 2, 2, ...); the spins of massive products are not told apart."""
    massive = [bool(np.any(m)) for m in amplitude.masses]
    if isinstance(amplitude, NeutrinoTriple) and not (massive[1] or massive[2]):
        if not massive[0]:
            return massless_squares(amplitude, momenta)
        half = massless_pair_squares(amplitude, momenta) / 2
        return np.broadcast_to(half, (2, *half.shape))
    out = np.empty((2, 2, 2, *momenta.shape[:-2]))
    # one helicity of massless products at a time: half of the currents vanish for each
    for helicities in product(*((None,) if heavy else (0, 1) for heavy in massive)):
        tensor = amplitude.tensor(momenta, helicities)
        index = tuple(slice(None) if one is None else slice(one, one + 1) for one in helicities)
        out[index] = (tensor.real**2 + tensor.imag**2).sum(axis=3)
    return out


def _pair_integrated(amplitude: Any, region: Region, s: Array, weight: Array) -> Array:
    """Integrals of an amplitude with a lepton pair over its invariant mass squared, (points, nodes): shape (points, 2, 2, 2)."""
    whole, measure = spread(amplitude, 1), _region_for(region, 1).measure(s)
    squares = averaged_squares(whole, s) * (2 * measure * weight / (4 * whole.m_parent))
    by_daughter = squares.sum(axis=-1).T
    # lepton spins are summed
    return np.broadcast_to(by_daughter[:, :, None, None] / 4, (len(s), 2, 2, 2))


def _region_of(region: Region, rows: IntArray) -> Region:
    """A region at some of its points."""
    return _mapped(region, lambda value: value[rows])


def _region_for(region: Region, axes: int) -> Region:
    """A region at many points, for nodes along so many more axes."""
    return _mapped(region, lambda value: value.reshape(-1, *[1] * axes))


def _mapped(region: Region, function: Any) -> Region:
    def changed(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(changed(one) for one in value)
        return function(value) if isinstance(value, np.ndarray) and value.ndim else value

    return Region(region.pairing, *(changed(getattr(region, name)) for name in ("m_parent", "masses", "scales", "followed")))
