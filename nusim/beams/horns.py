"""Magnetic horns: mesons tracked through the toroidal field and the metal that carries the current."""

from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..kernels.arrays import Array, BoolArray
from ..units import tesla_metre
from .materials import Material
from .mesons import Mesons, per_species

MU0_OVER_2PI = 2e-7
"""T m/A."""
_FAR = 1e3
"""Metres: a surface placed out of reach where a profile has ended."""


@dataclass(frozen=True, slots=True)
class Shell:
    """A solid of revolution about z with a hole: inner and outer radius by z, metres."""

    z: tuple[float, ...]
    inner: tuple[float, ...]
    outer: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.z) == len(self.inner) == len(self.outer) or len(self.z) < 2 or np.any(np.diff(self.z) <= 0):
            found = f"z = {list(self.z)}, {len(self.inner)} inner and {len(self.outer)} outer radii"
            raise ParameterError(f"horn profile: {found}: z must ascend, with an inner and an outer radius for each")

    def overlap(self, z0: Array, r0: Array, z1: Array, r1: Array) -> Array:
        """Fraction of straight steps from (z0, r0) to (z1, r1) that lies inside; surfaces taken as flat over a step."""
        above = _share(r0 - self._inner(z0), r1 - self._inner(z1)) - _share(r0 - self._outer(z0), r1 - self._outer(z1))
        result: Array = np.maximum(above, 0.0)
        return result

    def _inner(self, z: Array) -> Array:
        result: Array = np.interp(z, self.z, self.inner, left=_FAR, right=_FAR)
        return result

    def _outer(self, z: Array) -> Array:
        result: Array = np.interp(z, self.z, self.outer, left=_FAR, right=_FAR)
        return result


@dataclass(frozen=True, slots=True)
class Horn:
    """Nested shells: the conductor's outside, and the field volume within it; the metal is what lies between."""

    wall: Shell
    field: Shell
    current: float
    """Amperes, positive: focuses positive particles in fhc."""
    skin_depth: float
    """Metres, in the inner conductor."""
    material: str
    step: float = 0.01
    """Metres, of the tracking."""

    def field_share(self, r: Array, z: Array) -> Array:
        """Current enclosed at radius r within the inner conductor, as a fraction: exponentially damped from the field side.

        1 on the field side of the inner conductor, 0 inside its bore.
        """
        surface, bore = self.field._inner(z), np.minimum(self.wall._inner(z), self.field._inner(z))
        floor = np.exp(-(surface - bore) / self.skin_depth)
        depth = np.exp(-np.clip(surface - r, 0.0, surface - bore) / self.skin_depth)
        result: Array = (depth - floor) / np.maximum(1.0 - floor, 1e-12)
        return result


def rotate_in_field(direction: Array, r_hat: Array, angle: Array) -> Array:
    """Unit directions (3, n) turned by `angle` (n,) about the azimuthal axis at transverse unit vectors `r_hat` (2, n).

    A positive angle turns a particle along +z towards the axis. Exact: the length is kept.
    """
    radial = direction[0] * r_hat[0] + direction[1] * r_hat[1]
    cosine, sine = np.cos(angle), np.sin(angle)
    change = radial * (cosine - 1.0) - direction[2] * sine
    return np.stack([direction[0] + change * r_hat[0], direction[1] + change * r_hat[1], direction[2] * cosine + radial * sine])


@dataclass(slots=True, eq=False)
class StepSegments:
    """One decay segment a particle, chosen among its steps in proportion to the decays each holds.

    `weight` is the sum over all steps: choosing one step and giving it the sum keeps every expectation.
    """

    weight: Array
    start: Array
    momentum: Array
    time: Array
    path: Array

    @classmethod
    def empty(cls, n: int) -> "StepSegments":
        """No decays yet."""
        return cls(np.zeros(n), np.zeros((3, n)), np.zeros((3, n)), np.zeros(n), np.zeros(n))

    def offer(
        self, rows: "np.typing.NDArray[np.int64]", decays: Array, start: Array, momentum: Array, time: Array, path: Array, u: Array
    ) -> None:
        """Add a step's decays for `rows`; with uniform numbers `u` it may become the chosen step."""
        total = self.weight[rows] + decays
        taken = u * total < decays
        self.weight[rows] = total
        chosen = rows[taken]
        self.start[:, chosen] = start[:, taken]
        self.momentum[:, chosen] = momentum[:, taken]
        self.time[chosen] = time[taken]
        self.path[chosen] = path[taken]


def track(
    mesons: Mesons,
    horn: Horn,
    sign: int,
    metal: Material,
    air: Material | None,
    segments: StepSegments,
    rng: np.random.Generator,
    hits: StepSegments | None = None,
) -> Mesons:
    """Mesons where they leave the horn: past its downstream end, outside its outer conductor or upstream of it.

    Steps of the horn's `step`, all mesons at once: half a straight step, the exact rotation about the field at mid-step, half a straight
    step. On the way weights fall by decay (offered to `segments`) and by inelastic interaction along the metal crossed, and
    momenta by the mean energy loss in it; `hits` collects the interactions in metal as `segments` collects the decays. `sign` is +1
    for fhc, -1 for rhc. A meson still inside after 8 times the horn's length (none
    in practice) is dropped with weight 0.
    """
    step = horn.step
    position, momentum = mesons.position.T.copy(), mesons.momentum.T.copy()
    weight, time = mesons.weight.copy(), mesons.time.copy()
    mass, ctau = mesons.mass, per_species(mesons.pdg, pdg.ctau)
    charge = per_species(mesons.pdg, pdg.charge)
    curvature = sign * charge * tesla_metre * MU0_OVER_2PI * horn.current
    p_start = np.linalg.norm(momentum, axis=0)
    losses = absorption(mesons, metal, p_start)
    gas = absorption(mesons, air, p_start)
    end, side = horn.wall.z[-1], max(horn.wall.outer)
    rows = np.flatnonzero((weight > 0) & ~_outside(position, momentum, horn.wall.z[0], end, side))
    x, k = position[:, rows], momentum[:, rows]
    w, t = weight[rows], time[rows]
    for _ in range(int(8 * (end - min(horn.wall.z[0], float(np.min(position[2], initial=0.0)))) / step) + 1):
        if len(rows) == 0:
            break
        m = mass[rows]
        p = np.sqrt(k[0] ** 2 + k[1] ** 2 + k[2] ** 2)
        u = k / p
        r0, middle, r1 = np.hypot(x[0], x[1]), x + u * (step / 2), np.hypot(x[0] + u[0] * step, x[1] + u[1] * step)
        z1 = x[2] + u[2] * step
        in_field = horn.field.overlap(x[2], r0, z1, r1)
        in_metal = np.maximum(horn.wall.overlap(x[2], r0, z1, r1) - in_field, 0.0)
        r = np.maximum(np.hypot(middle[0], middle[1]), 1e-6)
        share = in_field + np.where(in_metal > 0, in_metal * horn.field_share(r, middle[2]), 0.0)
        u = rotate_in_field(u, middle[:2] / r, curvature[rows] * share * step / (p * r))
        decayed = -np.expm1(-step * m / (p * ctau[rows]))
        segments.offer(rows, w * decayed, x, k, t, np.full(len(rows), step), rng.random(len(rows)))
        if hits is not None:
            hit = -np.expm1(-step * losses[rows] * in_metal)
            hits.offer(rows, w * hit, x, k, t, np.full(len(rows), step), rng.random(len(rows)))
        w = w * (1.0 - decayed) * np.exp(-step * (losses[rows] * in_metal + gas[rows]))
        x = middle + u * (step / 2)
        t = t + step * np.hypot(p, m) / p
        p = np.where((in_metal > 0) & (charge[rows] != 0), metal.slowed(p, m, in_metal * step), p)
        k = u * p
        done = _outside(x, k, horn.wall.z[0], end, side) | (w <= 0) | (p <= 0)
        if np.any(done):
            leaving = rows[done]
            position[:, leaving], momentum[:, leaving] = x[:, done], k[:, done]
            weight[leaving], time[leaving] = np.where(p[done] > 0, w[done], 0.0), t[done]
            keep = ~done
            rows, x, k, w, t = rows[keep], x[:, keep], k[:, keep], w[keep], t[keep]
    weight[rows] = 0.0
    return Mesons(mesons.pdg, position.T, momentum.T, time, weight)


def _outside(position: Array, momentum: Array, begin: float, end: float, side: float) -> BoolArray:
    backward = (position[2] < begin) & (momentum[2] <= 0)
    result: BoolArray = (position[2] >= end) | (np.hypot(position[0], position[1]) > side) | backward
    return result


def absorption(mesons: Mesons, material: Material | None, momentum: Array) -> Array:
    """Interactions per metre, shape (n,), at `momentum` (n,); 0 in vacuum."""
    out = np.zeros(len(mesons))
    if material is None:
        return out
    for code in np.unique(mesons.pdg):
        rows = mesons.pdg == code
        out[rows] = material.absorption(int(code), momentum[rows])
    return out


def _share(a: Array, b: Array) -> Array:
    """Fraction of a step on which a function that runs linearly from a to b is positive."""
    result: Array = np.where(
        a > 0, np.where(b > 0, 1.0, a / np.maximum(a - b, 1e-300)), np.where(b > 0, b / np.maximum(b - a, 1e-300), 0.0)
    )
    return result
