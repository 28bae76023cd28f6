"""Decays of the dark scalar into hadrons and photons through its mixing with the Higgs boson: those of a light Higgs, times sin^2 alpha.

Below 1 GeV pairs of pions and kaons in chiral perturbation theory at leading order, above 2 GeV gluons and quarks, in between the
geometric mean of the two with a weight that runs from one to the other. Order of magnitude between 0.5 and 2 GeV: dispersive
analyses (J. Donoghue, J. Gasser, H. Leutwyler, Nucl. Phys. B 343 (1990) 341; M. Winkler, arXiv:1809.01876) find pions enhanced by several
times near the f0(980). Above 2 GeV about 30%, a factor of two within 2 GeV of the thresholds of charm and beauty.
"""

import math

import numpy as np

from .. import pdg
from ..constants import ALPHA, M_BOTTOM, M_BOTTOM_KINEMATIC, M_CHARM, M_CHARM_KINEMATIC, M_STRANGE, M_W, V_HIGGS, Measured
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import kallen_sqrt
from ..kernels.spinors import ComplexArray
from .boson_hadrons import M_B, M_D, M_K_PLUS, M_K_ZERO, M_PI0
from .form_factors import M_PION
from .running import alpha_s, running_mass

M_TOP = Measured(172.69, 0.30, "GeV; PDG 2022")
CHIRAL_TOP, PERTURBATIVE_FROM = 1.0, 2.0
"""GeV: where the chiral expansion is left and where quarks and gluons have taken over; a choice."""
_UNIT = 1 / (32 * math.pi * V_HIGGS**2)
_CHIRAL = {
    "pi+ pi-": (M_PION, 2.0),
    "pi0 pi0": (M_PI0, 1.0),
    "K+ K-": (M_K_PLUS, 2.0),
    "KL KL": (M_K_ZERO, 1.0),
    "KS KS": (M_K_ZERO, 1.0),
}
"""Mass and number of real fields of each pair."""
_SMALL_TAU = 1e-3


def chiral_widths(m: ArrayLike) -> dict[str, Array]:
    """Widths for sin(alpha) = 1 into pairs of light mesons, GeV: n |G|^2 beta / (32 pi v^2 m), G = (2 m^2 + 11 m_P^2) / 9.

    Leading order of the chiral expansion, with the trace anomaly of three heavy quarks. Source: J. Gunion, H. Haber, G. Kane,
    S. Dawson, The Higgs Hunter's Guide, sec. 2.1; M. Voloshin, Sov. J. Nucl. Phys. 44 (1986) 478.
    """
    m = np.asarray(m, float)
    listed = {}
    for name, (mass, fields) in _CHIRAL.items():
        beta = kallen_sqrt(m, mass, mass) / np.maximum(m, 1e-12) ** 2
        listed[name] = fields * ((2 * m**2 + 11 * mass**2) / 9) ** 2 * beta / np.maximum(m, 1e-12) * _UNIT
    return listed


def triangle(tau: ArrayLike) -> ComplexArray:
    """f(tau) of the loop functions, tau = (m / 2 m_loop)^2 > 0: arcsin^2 sqrt(tau) below 1, its continuation above."""
    tau = np.asarray(tau, float)
    below = np.arcsin(np.sqrt(np.clip(tau, 0.0, 1.0))) ** 2
    root = np.sqrt(1 - 1 / np.maximum(tau, 1.0))
    above = -0.25 * (2 * np.log(np.sqrt(np.maximum(tau, 1.0)) * (1 + root)) - 1j * math.pi) ** 2
    result: ComplexArray = np.where(tau <= 1, below, above)
    return result


def fermion_loop(tau: ArrayLike) -> ComplexArray:
    """A_1/2 = 2 [tau + (tau - 1) f] / tau^2: 4/3 for a heavy fermion."""
    tau = np.asarray(tau, float)
    safe = np.maximum(tau, _SMALL_TAU)
    result: ComplexArray = np.where(tau < _SMALL_TAU, 4 / 3 + 14 / 45 * tau, 2 * (safe + (safe - 1) * triangle(safe)) / safe**2)
    return result


def vector_loop(tau: ArrayLike) -> ComplexArray:
    """A_1 = -[2 tau^2 + 3 tau + 3 (2 tau - 1) f] / tau^2: -7 for a heavy vector."""
    tau = np.asarray(tau, float)
    safe = np.maximum(tau, _SMALL_TAU)
    full = -(2 * safe**2 + 3 * safe + 3 * (2 * safe - 1) * triangle(safe)) / safe**2
    result: ComplexArray = np.where(tau < _SMALL_TAU, -7 - 22 / 15 * tau, full)
    return result


_QUARKS = ((M_CHARM_KINEMATIC, 2 / 3), (M_BOTTOM_KINEMATIC, -1 / 3), (M_TOP, 2 / 3))


def photon_width(m: ArrayLike) -> Array:
    """phi' -> gamma gamma for sin(alpha) = 1, GeV: alpha^2 m^3 / (256 pi^3 v^2) |sum of loops|^2.

    W, charged leptons and c, b, t; loops of light quarks or mesons, of relative order 1/3 in the amplitude near 1 GeV, are left out.
    """
    m = np.asarray(m, float)
    total = vector_loop((m / (2 * M_W)) ** 2)
    for code in pdg.LEPTON_OF_FLAVOUR:
        total = total + fermion_loop((m / (2 * pdg.mass(code))) ** 2)
    for mass, charge in _QUARKS:
        total = total + 3 * charge**2 * fermion_loop((m / (2 * mass)) ** 2)
    result: Array = (ALPHA / V_HIGGS) ** 2 * m**3 / (256 * math.pi**3) * (total.real**2 + total.imag**2)
    return result


def perturbative_parts(m: ArrayLike) -> tuple[Array, ...]:
    """Widths for sin(alpha) = 1 into gluons and into s, c, b quarks, GeV; meant for m > 2 GeV.

    Gluons: alpha_s^2 m^3 / (72 pi^3 v^2) |3/4 sum A|^2 [1 + (95/4 - 7 n/6) alpha_s/pi], n = 3 (4 above open charm, 5 above beauty);
    quarks: 3 m_q^2 m beta^3 / (8 pi v^2) [1 + 5.67 a + (35.94 - 1.36 n) a^2], a = alpha_s/pi, with the MS-bar mass at the scale m, which
    sums the logarithms, and the lightest pair of mesons in beta. Source: A. Djouadi, hep-ph/0503172, sec. 2.1 and 2.3.
    """
    m = np.asarray(m, float)
    a = alpha_s(m) / math.pi
    loops = sum(fermion_loop((m / (2 * mass)) ** 2) for mass, _ in _QUARKS) * 0.75
    n = 3.0 + (m > 2 * M_D) + (m > 2 * M_B)
    gluons = a**2 * m**3 / (72 * math.pi * V_HIGGS**2) * (loops.real**2 + loops.imag**2) * (1 + (95 / 4 - 7 / 6 * n) * a)
    parts, correction = [np.asarray(gluons, float)], 1 + a * (5.67 + (35.94 - 1.36 * n) * a)
    for mass, at, meson in ((M_STRANGE, 2.0, M_K_PLUS), (M_CHARM, float(M_CHARM), M_D), (M_BOTTOM, float(M_BOTTOM), M_B)):
        beta = kallen_sqrt(m, meson, meson) / np.maximum(m, 1e-12) ** 2
        parts.append(np.asarray(3 * running_mass(mass, at, m) ** 2 * m * beta**3 / (8 * math.pi * V_HIGGS**2) * correction, float))
    return tuple(parts)


def perturbative_width(m: ArrayLike) -> Array:
    """The sum of `perturbative_parts`."""
    gluons, *quarks = perturbative_parts(m)
    result: Array = gluons + sum(quarks[1:], quarks[0])
    return result


def scalar_hadron_width(m: ArrayLike) -> Array:
    """Width of the dark scalar into hadrons for sin(alpha) = 1, GeV, of the shape of m; 0 at and below two pi0."""
    m = np.asarray(m, float)
    chiral = np.asarray(sum(chiral_widths(m).values()), float)
    x = np.clip((m - CHIRAL_TOP) / (PERTURBATIVE_FROM - CHIRAL_TOP), 0.0, 1.0)
    share = x * x * (3 - 2 * x)
    above = perturbative_width(np.maximum(m, CHIRAL_TOP))
    mean = np.maximum(chiral, 1e-300) ** (1 - share) * above**share
    result: Array = np.where(x > 0, mean, chiral)
    return result
