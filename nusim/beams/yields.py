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
    """One species' production: the formula's name and its parameters as printed; or the cascade, which has none."""

    kind: Literal["sanford-wang", "feynman-scaling", "bmpt", "cascade"]
    parameters: tuple[float, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        wanted = {"sanford-wang": 9, "feynman-scaling": 8, "bmpt": 10, "cascade": 0}[self.kind]
        if len(self.parameters) != wanted:
            raise ParameterError(f"{self.kind}: {len(self.parameters)} parameters given, the formula has {wanted}")

    @property
    def parametrised(self) -> bool:
        """Whether the beam proton's own products follow a published formula, and not the generator of the cascade."""
        return self.kind != "cascade"


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


def bmpt(momentum: ArrayLike, angle: ArrayLike, c: tuple[float, ...], beam_momentum: float, code: int) -> Array:
    """d2sigma/dp dOmega of pi+-, K+- or K_L (PDG code) by Bonesini, Marchionni, Pietropaolo and Tabarelli de Fatis, hep-ph/0101163.

    E d3sigma/dp3 = A (1-x)^alpha (1 + B x) x^-beta (1 + a' pT + b' pT^2) exp(-a' pT) on beryllium, in mb/GeV^2, with a' = a / x^gamma,
    b' = a^2 / (2 x^delta) and x = x_R = E* / E*_max in the proton-nucleon frame; negative ones are fewer by r0 (1+x)^r1 (pions) or
    r0 (1-x)^r1 (kaons); K0 + K0bar by quark counting, so K_L = (K+ + 3 K-) / 4. Other nuclei: (A/9)^n, n = (0.74 - 0.55 x_F +
    0.26 x_F^2) (0.98 + 0.21 pT^2), at most 1. `c`: A, B, alpha, beta, a, gamma, delta, r0, r1 and the target's mass number.
    Fitted to p-Be data at 400 and 450 GeV/c, pT below 0.6 GeV/c and x_F of 0.02 to 0.6; it describes data at 100 GeV/c (their Sec. 5).
    """
    strength, rise, alpha, beta, a, gamma, delta, r0, r1, mass_number = c
    mass, nucleon = pdg.mass(abs(code)), pdg.mass(2212)
    p, theta = np.asarray(momentum, float), np.asarray(angle, float)
    energy, beam_energy = np.hypot(p, mass), np.hypot(beam_momentum, nucleon)
    root_s = float(np.sqrt(2 * nucleon * (nucleon + beam_energy)))
    boost, velocity = (beam_energy + nucleon) / root_s, beam_momentum / (beam_energy + nucleon)
    star, along = boost * (energy - velocity * p * np.cos(theta)), boost * (p * np.cos(theta) - velocity * energy)
    transverse = p * np.sin(theta)
    pion = abs(code) == 211
    # the lightest system beside it: two nucleons, or a nucleon and a Lambda
    recoil = 2 * nucleon if pion else nucleon + pdg.mass(3122)
    largest = np.hypot(two_body_momentum(root_s, mass, recoil), mass)
    x, x_f = np.clip(star / largest, 1e-4, 1.0), np.abs(along) / (root_s / 2)
    slope, curve = a / x**gamma, a**2 / (2 * x**delta)
    shape = (1 - x) ** alpha * (1 + rise * x) * x**-beta
    invariant = strength * shape * (1 + slope * transverse + curve * transverse**2) * np.exp(-slope * transverse)
    ratio = r0 * (1 + x if pion else np.maximum(1 - x, 1e-3)) ** r1
    if code == 130:
        invariant = invariant * (1 + 3 / ratio) / 4
    elif code < 0:
        invariant = invariant / ratio
    exponent = np.minimum((0.74 - 0.55 * x_f + 0.26 * x_f**2) * (0.98 + 0.21 * transverse**2), 1.0)
    result: Array = np.where(star < largest, invariant * (mass_number / 9.0) ** exponent * p**2 / energy, 0.0)
    return result


def differential_cross_section(formula: YieldFormula, code: int, beam_momentum: float) -> Callable[[Array, Array], Array]:
    """d2sigma/dp dOmega of a species (PDG code) as a function of momentum and angle. Raises ParameterError for the cascade's."""
    if not formula.parametrised:
        raise ParameterError(f"{formula.kind}: particles come from the generator, not from a formula")
    if formula.kind == "sanford-wang":
        return lambda p, theta: sanford_wang(p, theta, formula.parameters, beam_momentum)
    if formula.kind == "bmpt":
        return lambda p, theta: bmpt(p, theta, formula.parameters, beam_momentum, code)
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
