"""The pion's electromagnetic form factor in the timelike region, as BaBar fitted it to e+e- -> pi+pi-.

Sum of Gounaris-Sakurai resonances rho, rho', rho'', rho''' with complex weights, rho-omega mixing on the first (arXiv:1205.2228, Eqs. 25-33
and Table VI; Phys. Rev. Lett. 21 (1968) 244). Each resonance is 1 at s = 0. The isovector part alone serves tau -> pi pi0 nu and any
charged or weak neutral current (CVC). Fitted below 3 GeV, good to about 1% in |F|^2 near the rho; beyond, it falls as 1/s.
"""

import cmath
import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..constants import Measured
from ..kernels.arrays import Array, ArrayLike

M_PION = Measured(0.13957039, 1.8e-7, "GeV, charged; PDG 2022")
_THRESHOLD = 4 * M_PION**2

_BABAR = "BaBar, arXiv:1205.2228, Table VI (recalled)"
RHO_MASSES = (
    Measured(0.77502, 0.00035, f"GeV, rho(770); {_BABAR}"),
    Measured(1.493, 0.015, f"GeV, rho(1450); {_BABAR}"),
    Measured(1.861, 0.017, f"GeV, rho(1700); {_BABAR}"),
    Measured(2.254, 0.022, f"GeV, rho(2150); {_BABAR}"),
)
RHO_WIDTHS = (
    Measured(0.14959, 0.00067, f"GeV, rho(770); {_BABAR}"),
    Measured(0.427, 0.031, f"GeV, rho(1450); {_BABAR}"),
    Measured(0.316, 0.026, f"GeV, rho(1700); {_BABAR}"),
    Measured(0.109, 0.076, f"GeV, rho(2150); {_BABAR}"),
)
RHO_WEIGHTS = (
    Measured(1.0, 0.0, "by definition"),
    Measured(0.158, 0.018, f"|c| of rho(1450); {_BABAR}"),
    Measured(0.068, 0.009, f"|c| of rho(1700); {_BABAR}"),
    Measured(0.0051, 0.0034, f"|c| of rho(2150); {_BABAR}"),
)
RHO_PHASES = (
    Measured(0.0, 0.0, "by definition"),
    Measured(3.76, 0.10, f"rad, rho(1450); {_BABAR}"),
    Measured(1.39, 0.20, f"rad, rho(1700); {_BABAR}"),
    Measured(0.70, 0.51, f"rad, rho(2150); {_BABAR}"),
)
OMEGA_MASS = Measured(0.78191, 0.00024, f"GeV, omega as the pion pair shows it; {_BABAR}")
OMEGA_WIDTH = Measured(0.00813, 0.00045, f"GeV; {_BABAR}")
OMEGA_WEIGHT = Measured(1.644e-3, 0.061e-3, f"|c| of rho-omega mixing; {_BABAR}")
OMEGA_PHASE = Measured(-0.011, 0.037, f"rad; {_BABAR}")

ComplexArray = NDArray[np.complex128]


def pion_form_factor_squared(s: ArrayLike, omega: bool) -> Array:
    """|F_pi(s)|^2 of the shape of s, GeV^2; 0 at and below 4 m_pi^2.

    With `omega`, what e+e- and a photon-like boson see; without, the isovector current of tau decays and weak neutral currents.
    """
    value = pion_form_factor(s, omega)
    result: Array = value.real**2 + value.imag**2
    return result


def pion_form_factor(s: ArrayLike, omega: bool) -> ComplexArray:
    """F_pi(s) of the shape of s, GeV^2, normalised to F_pi(0) = 1 and continued to s > 4 m_pi^2 alone: 0 at and below it."""
    s = np.asarray(s, float)
    above = s > _THRESHOLD
    # any value above threshold will do for the others
    s = np.where(above, s, 1.0)
    velocity = np.sqrt(1 - _THRESHOLD / s)
    momentum2, cubed = s * velocity**2 / 4, s * velocity**3
    curve = velocity / math.pi * np.log(np.sqrt(s / _THRESHOLD) * (1 + velocity))
    total = np.zeros(s.shape, complex)
    for number, one in enumerate(_resonances()):
        # m^2 - s + f(s) - i m Gamma(s), f and Gamma of Gounaris and Sakurai
        real = one.at_zero + one.slope * s + one.loop * momentum2 * (curve - one.curve)
        term = one.weight / (real - 1j * one.absorption * cubed)
        if omega and number == 0:
            mixing = cmath.rect(OMEGA_WEIGHT, OMEGA_PHASE)
            line = OMEGA_MASS**2 / (OMEGA_MASS**2 - s - 1j * OMEGA_MASS * OMEGA_WIDTH)
            term = term * (1 + mixing * line) / (1 + mixing)
        total = total + term
    result: ComplexArray = np.where(above, total, 0.0)
    return result


@dataclass(frozen=True, slots=True)
class _Resonance:
    """weight / [at_zero + slope s + loop k^2 (h(s) - h(m^2)) - i absorption s beta^3], k^2 = s beta^2 / 4."""

    weight: complex
    at_zero: float
    slope: float
    loop: float
    curve: float
    absorption: float


@cache
def _resonances() -> tuple[_Resonance, ...]:
    """The four resonances, their weights divided by the sum of weights."""
    weights = [cmath.rect(size, phase) for size, phase in zip(RHO_WEIGHTS, RHO_PHASES, strict=True)]
    made = []
    for m, gamma, weight in zip(RHO_MASSES, RHO_WIDTHS, weights, strict=True):
        k = math.sqrt(m * m / 4 - M_PION**2)
        log = math.log((m + 2 * k) / (2 * M_PION))
        h = 2 * k / (math.pi * m) * log
        dh = h * (1 / (8 * k * k) - 1 / (2 * m * m)) + 1 / (2 * math.pi * m * m)
        at_rest = 3 / math.pi * (M_PION / k) ** 2 * log + m / (2 * math.pi * k) - M_PION**2 * m / (math.pi * k**3)
        loop = gamma * m * m / k**3
        slope = 1 + loop * k * k * dh
        scale = m * m * (1 + at_rest * gamma / m)
        made.append(_Resonance(weight / sum(weights) * scale, slope * m * m, -slope, loop, h, gamma / m / (2 * k / m) ** 3))
    return tuple(made)
