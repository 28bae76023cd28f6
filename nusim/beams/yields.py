"""Mesons made by protons in thin targets: published parametrisations of d2sigma/dp dOmega.

Momenta in GeV/c, angles in radians from the proton beam, cross sections in mb/(GeV/c sr) unless said.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .. import pdg
from ..errors import ParameterError
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import two_body_momentum


@dataclass(frozen=True, slots=True)
class YieldFormula:
    """One species' production: the formula's name and its parameters as printed."""

    kind: Literal["sanford-wang", "feynman-scaling"]
    parameters: tuple[float, ...]
    source: str = ""

    def __post_init__(self) -> None:
        wanted = {"sanford-wang": 9, "feynman-scaling": 8}[self.kind]
        if len(self.parameters) != wanted:
            raise ParameterError(f"{self.kind}: {len(self.parameters)} parameters given, the formula has {wanted}")


def sanford_wang(momentum: ArrayLike, angle: ArrayLike, c: tuple[float, ...], beam_momentum: float) -> Array:
    """Sanford-Wang d2sigma/dp dOmega; zero above the kinematic edge p_B - c9.

    MiniBooNE, arXiv:0806.1449, Eq. (2). Fitted to p-Be data of HARP (8.89 GeV/c) and E910 (6.4 and 12.3 GeV/c) for
    pions of 0.75 to 5 GeV/c below 0.21 rad: elsewhere, and at other beam momenta, an extrapolation.
    """
    p, theta = np.asarray(momentum, float), np.asarray(angle, float)
    edge = 1.0 - p / (beam_momentum - c[8])
    cosine = np.maximum(np.cos(theta), 0.0)
    exponent = -c[2] * p ** c[3] / beam_momentum ** c[4] - c[5] * theta * (p - c[6] * beam_momentum * cosine ** c[7])
    result: Array = np.where(edge > 0, c[0] * p ** c[1] * np.maximum(edge, 0.0) * np.exp(exponent), 0.0)
    return result


def feynman_scaling(momentum: ArrayLike, angle: ArrayLike, c: tuple[float, ...], beam_momentum: float, mass: float) -> Array:
    """Feynman-scaling d2sigma/dp dOmega of K+ on beryllium; zero for |x_F| > 1.

    p^2/E c1 (1 - |x|)^c8 exp(-c2 pT - c3 |x|^c4 - c5 pT^2 - c7 |pT x|^c6), Mariani et al., arXiv:1110.0417, with x the longitudinal
    momentum in the proton-nucleon frame over its largest value there, that of p N -> K+ Lambda N. Fitted to p-Be data of 8.89 to
    24 GeV/c with K+ of 1.2 to 5.5 GeV/c.
    """
    p, theta = np.asarray(momentum, float), np.asarray(angle, float)
    energy = np.hypot(p, mass)
    nucleon = pdg.mass(2212)
    beam_energy = np.hypot(beam_momentum, nucleon)
    root_s = float(np.sqrt(2 * nucleon * (nucleon + beam_energy)))
    gamma, beta = (beam_energy + nucleon) / root_s, beam_momentum / (beam_energy + nucleon)
    largest = two_body_momentum(root_s, mass, pdg.mass(3122) + nucleon)
    x = np.abs(gamma * (p * np.cos(theta) - beta * energy) / largest)
    transverse = p * np.sin(theta)
    exponent = -c[1] * transverse - c[2] * x ** c[3] - c[4] * transverse**2 - c[6] * (transverse * x) ** c[5]
    edge = np.maximum(1.0 - x, 0.0) ** c[7]
    result: Array = np.where(x < 1, p**2 / energy * c[0] * edge * np.exp(exponent), 0.0)
    return result


def differential_cross_section(formula: YieldFormula, code: int, beam_momentum: float) -> Callable[[Array, Array], Array]:
    """d2sigma/dp dOmega of a species (PDG code) as a function of momentum and angle."""
    if formula.kind == "sanford-wang":
        return lambda p, theta: sanford_wang(p, theta, formula.parameters, beam_momentum)
    mass = pdg.mass(code)
    return lambda p, theta: feynman_scaling(p, theta, formula.parameters, beam_momentum, mass)


def multiplicity(cross_section: Callable[[Array, Array], Array], production_cross_section: float, beam_momentum: float) -> float:
    """Particles per proton interaction in the forward hemisphere: the cross section's integral over `production_cross_section` (mb)."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    p = beam_momentum * (nodes + 1) / 2
    theta = np.pi / 2 * (nodes + 1) / 2
    grid = cross_section(p[:, None], theta[None, :]) * 2 * np.pi * np.sin(theta)
    return float(weights @ grid @ weights * beam_momentum / 2 * np.pi / 4 / production_cross_section)


_BINS = 250
_FORWARD = 0.25
"""Angle in radians beyond which draws thin out as 1/theta^2: what the horn cannot bring to a far detector."""


def draw_yield(cross_section: Callable[[Array, Array], Array], u: Array, beam_momentum: float) -> tuple[Array, Array, Array]:
    """Momenta, angles and weights (n,) that sum to the integral over the forward hemisphere, mb.

    `u`: uniform numbers (n, 3). Cells of a (p, theta) grid are chosen by the cross section at their centre, enhanced
    towards small angles; the weight is exact at the drawn point.
    """
    p_edges = np.linspace(0.0, beam_momentum, _BINS + 1)
    t_edges = np.pi / 2 * np.linspace(0.0, 1.0, _BINS + 1) ** 2
    p_centre, t_centre = (p_edges[1:] + p_edges[:-1]) / 2, (t_edges[1:] + t_edges[:-1]) / 2
    area = np.diff(p_edges)[:, None] * np.diff(t_edges)[None, :]
    wanted = cross_section(p_centre[:, None], t_centre[None, :]) * np.sin(t_centre) * area / (1.0 + (t_centre / _FORWARD) ** 2)
    # a floor keeps cells whose centre lies beyond the kinematic edge while a corner does not
    chance = (wanted / wanted.sum() + 1e-3 / wanted.size).ravel()
    chance /= chance.sum()
    cell = np.minimum(np.searchsorted(np.cumsum(chance), u[:, 0], side="right"), chance.size - 1)
    i, j = np.divmod(cell, _BINS)
    p = p_edges[i] + u[:, 1] * (p_edges[i + 1] - p_edges[i])
    theta = t_edges[j] + u[:, 2] * (t_edges[j + 1] - t_edges[j])
    density = chance[cell] / area.ravel()[cell]
    weight = cross_section(p, theta) * 2 * np.pi * np.sin(theta) / density / len(u)
    return p, theta, weight
