"""What mesons lose in matter: inelastic interactions and the mean energy loss."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..kernels.arrays import Array
from ..units import MeV, cm

_AVOGADRO_PER_MB = 6.02214076e23 * 1e-27
"""Nuclei per mole times cm^2 per mb."""

NUCLEONS = {2212: "p", 2112: "n"}
"""Names of the species that no beam has as parents, in the tables of cross sections; antinucleons stand with them."""

LOWEST_MOMENTUM = 0.5
"""GeV/c below which the resonant cross sections are held constant: the fits are stated from here up."""


@dataclass(frozen=True, slots=True)
class Material:
    """A homogeneous absorber."""

    density: float
    """g/cm^3."""
    mass_number: float
    """g/mol."""
    stopping_power: float
    """Mean loss of a minimum-ionising particle, MeV cm^2/g."""
    cross_sections: Mapping[str, tuple[float, ...]]
    """Inelastic cross section by species name: one constant in mb, or the ten parameters of `resonant_cross_section`."""
    scale: float = 1.0
    """Multiplies all cross sections: for a material that borrows another's."""

    def absorption(self, code: int, momentum: Array) -> Array:
        """Inelastic interactions per metre of a species (PDG code) at momenta in GeV/c; 0 for a species not listed."""
        parameters = self.cross_sections.get(NUCLEONS.get(abs(code)) or pdg.NAMES[code])
        if parameters is None:
            return np.zeros_like(momentum)
        if len(parameters) == 1:
            sigma = np.full_like(momentum, parameters[0])
        else:
            sigma = resonant_cross_section(np.maximum(momentum, LOWEST_MOMENTUM), pdg.mass(code), parameters)
        return self.interactions_per_metre(1.0) * self.scale * sigma

    def interactions_per_metre(self, cross_section: float) -> float:
        """Of particles with this cross section, mb per nucleus."""
        return cross_section * _AVOGADRO_PER_MB * self.density / self.mass_number / cm

    def slowed(self, momentum: Array, mass: Array, length: Array) -> Array:
        """Momentum after `length` metres; 0 where the particle stops.

        Mean loss: the minimum-ionising one, times (0.96/beta)^(5/3) below beta = 0.96, the usual fit to Bethe's formula
        (PDG, Passage of Particles Through Matter); good to 10% for beta > 0.3.
        """
        energy = np.hypot(momentum, mass)
        beta = momentum / energy
        factor = np.maximum(1.0, (0.96 / np.maximum(beta, 1e-3)) ** (5 / 3))
        after = energy - self.stopping_power * self.density * MeV / cm * factor * length
        result: Array = np.sqrt(np.maximum((after - mass) * (after + mass), 0.0)) * (after > mass)
        return result


def resonant_cross_section(momentum: Array, mass: float, parameters: tuple[float, ...]) -> Array:
    """Inelastic pion-nucleus cross section in mb: a Breit-Wigner plus a Regge form with a threshold.

    N (m G)^2/((M^2 - m^2)^2 + (m G)^2) + (1 + tanh s(p - p0))/2 (A + B p^n + C ln^2 p + D ln p), with m the pion-nucleon mass and
    parameters (N, M, G, p0, s, A, B, n, C, D): MiniBooNE, arXiv:0806.1449, Sec. III; valid from 0.5 to 11 GeV/c.
    """
    strength, resonance, width, p0, slope, a, b, n, c, d = parameters
    nucleon = pdg.mass(2212)
    m2 = (np.hypot(momentum, mass) + nucleon) ** 2 - momentum**2
    breit_wigner = strength * m2 * width**2 / ((resonance**2 - m2) ** 2 + m2 * width**2)
    logarithm = np.log(momentum)
    regge = a + b * momentum**n + c * logarithm**2 + d * logarithm
    result: Array = breit_wigner + 0.5 * (1 + np.tanh(slope * (momentum - p0))) * regge
    return result
