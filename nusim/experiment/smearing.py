"""What a detector measures of momenta: Gaussian resolutions in energy and angle by kind of particle, a convenience, no simulation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array, IntArray
from ..kernels.lorentz import orthonormal_frame

KINDS = {11: "e", 13: "mu", 22: "gamma", 211: "pi", 321: "K"}
"""By code without sign; other particles are measured exactly."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Of one kind of particle: sigma(E)/E = constant + stochastic / sqrt(E) + noise / E, in quadrature, E the kinetic energy in GeV."""

    energy: tuple[float, float, float] = (0.0, 0.0, 0.0)
    angle: float = 0.0
    """Radians, of each of the two angles across the momentum."""

    def __post_init__(self) -> None:
        if min(*self.energy, self.angle) < 0:
            raise ParameterError(f"smearing: energy = {list(self.energy)}, angle = {self.angle}: must not be negative")


@dataclass(frozen=True, slots=True)
class Smearing:
    """A detector's resolutions by kind, and where they are from."""

    source: str
    resolutions: Mapping[str, Resolution] = field(default_factory=dict)

    def smeared(self, codes: IntArray, momenta: Array, masses: Array, normals: Array) -> Array:
        """Measured four-momenta (n, 4), GeV, on the mass shells, from standard normal numbers (n, 3).

        A measured kinetic energy is not below 0: what would be is 0. Kinds without a resolution stay as they are.
        """
        out = momenta.copy()
        for code, kind in KINDS.items():
            rows = np.flatnonzero(np.abs(codes) == code)
            one = self.resolutions.get(kind)
            if one is None or not len(rows):
                continue
            p, mass = momenta[rows], masses[rows]
            size = np.sqrt(np.sum(p[:, 1:] ** 2, axis=1))
            # without cancellation for slow particles
            kinetic = size**2 / (p[:, 0] + mass)
            a, b, c = one.energy
            safe = np.where(kinetic > 0, kinetic, 1.0)
            spread = np.where(kinetic > 0, np.sqrt(a**2 + b**2 / safe + (c / safe) ** 2), 0.0)
            measured = np.maximum(kinetic * (1 + spread * normals[rows, 0]), 0.0)
            direction = np.where(size[:, None] > 0, p[:, 1:] / np.where(size > 0, size, 1.0)[:, None], (0.0, 0.0, 1.0))
            first, second = orthonormal_frame(direction)
            turned = direction + one.angle * (normals[rows, 1, None] * first + normals[rows, 2, None] * second)
            turned /= np.sqrt(np.sum(turned**2, axis=1))[:, None]
            out[rows, 0] = measured + mass
            out[rows, 1:] = np.sqrt(measured * (measured + 2 * mass))[:, None] * turned
        return out
