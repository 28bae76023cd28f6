"""R(s), the ratio of e+e- -> hadrons to massless muon pairs through one photon, and the Z' decays into hadrons that follow from it.

Below 2 GeV exclusive final states from the light vector mesons, above quarks with QCD corrections, and between 0.92 and 1.75 GeV a smooth
rise of everything else: omega pi0, then mostly four pions. Accuracy: 2% for two pions below 1 GeV, 5% at the omega and the phi, 20% from
1.1 to 1.7 GeV, 5% above but for 3.7-4.6 GeV, whose resonances are averaged over (20%). J/psi, psi(2S) and the Upsilons are left out.
"""

import math
from functools import cache

import numpy as np

from ..constants import ALPHA, SIN2_THETA_W, Measured
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import kallen_sqrt
from ..kernels.spinors import ComplexArray
from .form_factors import M_PION, pion_form_factor_squared
from .running import alpha_s

M_PI0 = Measured(0.1349768, 5e-7, "GeV; PDG 2022")
M_ETA = Measured(0.547862, 1.7e-5, "GeV; PDG 2022")
M_K_PLUS = Measured(0.493677, 1.6e-5, "GeV; PDG 2022")
M_K_ZERO = Measured(0.497611, 1.3e-5, "GeV; PDG 2022")
M_D = Measured(1.86966, 5e-5, "GeV, D+; where open charm begins; PDG 2022")
M_B = Measured(5.27934, 1.2e-4, "GeV, B+; where open beauty begins; PDG 2022")

M_RHO, WIDTH_RHO = Measured(0.77526, 0.00023, "GeV; PDG 2022"), Measured(0.1491, 0.0008, "GeV, as in tau and e+e-; PDG 2022")
M_OMEGA, WIDTH_OMEGA = Measured(0.78266, 0.00013, "GeV; PDG 2022"), Measured(0.00868, 0.00013, "GeV; PDG 2022")
M_PHI, WIDTH_PHI = Measured(1.019461, 1.6e-5, "GeV; PDG 2022"), Measured(0.004249, 1.3e-5, "GeV; PDG 2022")

BR_RHO_EE = Measured(4.72e-5, 0.05e-5, "PDG 2022")
BR_OMEGA_EE = Measured(7.39e-5, 0.19e-5, "PDG 2022")
BR_PHI_EE = Measured(2.979e-4, 0.033e-4, "PDG 2022")
BR_OMEGA_3PI = Measured(0.892, 0.007, "PDG 2022")
BR_PHI_3PI = Measured(0.154, 0.004, "rho pi and direct; PDG 2022")
BR_RHO_PI0_GAMMA = Measured(4.7e-4, 0.8e-4, "PDG 2022")
BR_OMEGA_PI0_GAMMA = Measured(0.0835, 0.0027, "PDG 2022")
BR_PHI_PI0_GAMMA = Measured(1.32e-3, 0.06e-3, "PDG 2022")
BR_RHO_ETA_GAMMA = Measured(3.00e-4, 0.21e-4, "PDG 2022")
BR_OMEGA_ETA_GAMMA = Measured(4.5e-4, 0.4e-4, "PDG 2022")
BR_PHI_ETA_GAMMA = Measured(0.01301, 0.00025, "PDG 2022")
PHASE_3PI = Measured(2.84, 0.07, "rad (163 degrees), of phi to omega in 3 pi; SND, hep-ex/0305049 (recalled)")
PHASE_PI0_GAMMA = Measured(2.76, 0.12, "rad (158 degrees), of phi to omega in pi0 gamma; SND, hep-ex/0003024 (recalled)")

_KAON_FIT = "F_K of J. Bruch, A. Khodjamirian, J. Kuehn, hep-ph/0409080, constrained fit (recalled)"
KAON_LIGHT = (
    (Measured(1.195, 0.009, f"rho and omega; {_KAON_FIT}"), M_RHO, WIDTH_RHO, M_OMEGA, WIDTH_OMEGA),
    (Measured(-0.112, 0.010, f"rho' and omega'; {_KAON_FIT}"), 1.465, 0.400, 1.425, 0.215),
    (Measured(-0.083, 0.019, f"rho'' and omega'': 1 less the others; {_KAON_FIT}"), 1.720, 0.250, 1.670, 0.315),
)
KAON_PHI = ((Measured(1.018, 0.006, f"phi; {_KAON_FIT}"), M_PHI, WIDTH_PHI), (Measured(-0.018, 0.006, f"phi'; {_KAON_FIT}"), 1.680, 0.150))
"""Weights, masses and widths, GeV."""

CONTINUUM = float(M_OMEGA + M_PI0), 1.75
"""GeV: where final states other than the exclusive ones set in, and where R has become that of quarks. The upper end is a choice, with
which the rise of four pions comes out to 20%."""
OMEGA_PI0_TOP = 1.1
"""GeV: up to here all but a per cent of what is not exclusive is omega pi0 (a choice)."""
NARROW = {"J/psi": 3.0969, "psi(2S)": 3.6861, "Upsilon(1S)": 9.4603, "Upsilon(2S)": 10.0233, "Upsilon(3S)": 10.3552}
"""Masses, GeV (PDG 2022), of resonances that R(s) leaves out."""
_CHARGES = 2 / 3, -1 / 3, -1 / 3, 2 / 3, -1 / 3
"""u, d, s, c, b."""
_THRESHOLDS = 0.0, 0.0, 0.0, float(M_D), float(M_B)
"""Half the energy at which each quark's mesons open: their masses stand for the quarks', a choice."""


def _line(s: Array, m: float, width: float) -> ComplexArray:
    """m^2 / (m^2 - s - i m Gamma)."""
    return np.asarray(m * m / (m * m - s - 1j * m * width), complex)


def _rho_line(s: Array, m: float, width: float) -> ComplexArray:
    """m^2 / (m^2 - s - i sqrt(s) Gamma(s)), Gamma of a P wave of two pions."""
    threshold = 4 * M_PION**2
    momentum = np.clip(1 - threshold / np.maximum(s, 1e-9), 0.0, None) / (1 - threshold / m**2)
    return np.asarray(m * m / (m * m - s - 1j * width * s / m * momentum**1.5), complex)


def kaon_form_factors_squared(s: ArrayLike) -> tuple[Array, Array]:
    """|F(s)|^2 of K+ and of K0, s > 0 in GeV^2: 1 and 0 at s = 0, dominated by the phi."""
    s = np.asarray(s, float)
    isovector, isoscalar = np.zeros(s.shape, complex), np.zeros(s.shape, complex)
    for c, m_rho, width_rho, m_omega, width_omega in KAON_LIGHT:
        isovector += c / 2 * _rho_line(s, m_rho, width_rho)
        isoscalar += c / 6 * _line(s, m_omega, width_omega)
    for c, m, width in KAON_PHI:
        isoscalar += c / 3 * _line(s, m, width)
    # at s = 0 they are 1/2 each
    return _square(isoscalar + isovector), _square(isoscalar - isovector)


def _square(z: ComplexArray) -> Array:
    """|z|^2."""
    result: Array = z.real**2 + z.imag**2
    return result


def _scalar_pair(s: Array, mass: float, square: Array) -> Array:
    """beta^3 |F|^2 / 4."""
    beta = kallen_sqrt(np.sqrt(s), mass, mass) / s
    result: Array = beta**3 * square / 4
    return result


def three_pion_amplitude(s_first: Array, s_second: Array, s_third: Array) -> ComplexArray:
    """Sum of the three rho lines of the pairs' invariant masses squared, 3 at zero."""
    first, second, third = (_rho_line(pair, M_RHO, WIDTH_RHO) for pair in (s_first, s_second, s_third))
    return first + second + third


_W_NODES, _W_STEPS, _W_TOP = 20, 700, 10.0
"""Nodes of the Dalitz plot's two integrals; steps and largest excess energy, GeV, of the table."""


def _three_pion_space(root: Array) -> Array:
    """2 pi int dPhi_3 |p+ x p-|^2 |rho lines|^2 of three pions of energy `root` (n,), GeV^6."""
    low, high = (2 * M_PION) ** 2, (root - M_PI0) ** 2
    x, w = np.polynomial.legendre.leggauss(_W_NODES)
    t, c = (x[:, None] + 1) * math.pi / 4, x[None, :]
    span = (high - low)[:, None, None]
    # s of the charged pair, and the cosine of pi+ in its frame
    pair = low + span * np.sin(t) ** 2
    ds = span * np.sin(2 * t) * math.pi / 4 * w[:, None]
    side = np.sqrt(pair)
    star = kallen_sqrt(side, M_PION, M_PION) / (2 * side)
    q = kallen_sqrt(root[:, None, None], side, M_PI0) / (2 * root[:, None, None])
    sine2, energy = 1 - c**2, (root[:, None, None] - np.hypot(q, M_PI0)) / side
    # |p+ x p-| = p_pair star sin
    cross = q**2 * star**2 * sine2
    # E(pi+) in the frame of all three, from the boost of the pair
    plus = energy * side / 2 + q / side * star * c
    minus = energy * side / 2 - q / side * star * c
    square = root[:, None, None] ** 2
    with_minus, with_plus = (square + M_PION**2 - 2 * root[:, None, None] * e for e in (plus, minus))
    amplitude = three_pion_amplitude(pair + 0 * c, with_minus, with_plus)
    density = ds * w[None, :] / 2 * q / (4 * math.pi * root[:, None, None]) * star / (4 * math.pi * side) / (2 * math.pi)
    result: Array = 2 * math.pi * np.sum(density * cross * _square(amplitude), axis=(1, 2))
    return result


@cache
def _three_pion_table() -> tuple[Array, Array]:
    """sqrt(s) above threshold at equal steps of its logarithm, and the space over its threshold behaviour (sqrt(s) - 3 m)^4."""
    low = 2 * M_PION + M_PI0
    excess = np.exp(np.linspace(math.log(1e-4), math.log(_W_TOP), _W_STEPS))
    return np.log(excess), np.log(_three_pion_space(low + excess) / excess**4)


def _three_pion_interpolated(root: Array) -> Array:
    """`_three_pion_space` from a table, to 1e-4; 0 below threshold, held at its last value far above."""
    excess = root - (2 * M_PION + M_PI0)
    knots, values = _three_pion_table()
    safe = np.clip(excess, 1e-300, _W_TOP)
    result: Array = np.where(excess > 0, safe**4 * np.exp(np.interp(np.log(safe), knots, values)), 0.0)
    return result


@cache
def _three_pion_weights() -> tuple[complex, complex]:
    """Weights of omega and phi, GeV^-3, from their peaks R = 9 BR(ee) BR(3 pi) / alpha^2."""
    out = []
    for m, width, ee, pions, phase in (
        (M_OMEGA, WIDTH_OMEGA, BR_OMEGA_EE, BR_OMEGA_3PI, 0.0),
        (M_PHI, WIDTH_PHI, BR_PHI_EE, BR_PHI_3PI, PHASE_3PI),
    ):
        peak = 9 * ee * pions / ALPHA**2
        space = float(_three_pion_interpolated(np.array([m]))[0])
        out.append(math.sqrt(peak / space) * width / m * complex(math.cos(phase), math.sin(phase)))
    return out[0], out[1]


def three_pion_coupling(s: ArrayLike) -> ComplexArray:
    """G(s), GeV^-3: the current of three pions is G(s) eps^{mu p+ p- p0} times the sum of rho lines."""
    s = np.asarray(s, float)
    omega, phi = _three_pion_weights()
    result: ComplexArray = omega * _line(s, M_OMEGA, WIDTH_OMEGA) + phi * _line(s, M_PHI, WIDTH_PHI)
    return result


def _three_pions(s: Array) -> Array:
    return _three_pion_interpolated(np.sqrt(s)) * _square(three_pion_coupling(s))


def _with_photon(s: Array, mass: float, ratios: tuple[float, float, float], phase: float) -> Array:
    """R of a pseudoscalar and a photon: sum of rho, omega and phi with their peaks 9 BR(ee) BR / alpha^2."""
    total = np.zeros(s.shape, complex)
    mesons = (M_RHO, WIDTH_RHO, BR_RHO_EE, 0.0), (M_OMEGA, WIDTH_OMEGA, BR_OMEGA_EE, 0.0), (M_PHI, WIDTH_PHI, BR_PHI_EE, phase)
    for (m, width, ee, angle), ratio in zip(mesons, ratios, strict=True):
        # R = s (1 - m_P^2 / s)^3 |F|^2
        size = math.sqrt(9 * ee * ratio / ALPHA**2 / (m * m * (1 - mass**2 / m**2) ** 3)) * width / m
        line = _rho_line(s, m, width) if m == M_RHO else _line(s, m, width)
        total = total + size * complex(math.cos(angle), math.sin(angle)) * line
    result: Array = s * np.clip(1 - mass**2 / s, 0.0, None) ** 3 * _square(total)
    return result


def r_exclusive(s: ArrayLike) -> dict[str, Array]:
    """R of each exclusive final state at s (GeV^2), of its shape: 0 at and below its threshold.

    'pi+ pi-', 'K+ K-', 'KL KS', 'pi0 pi+ pi-', 'pi0 gamma', 'eta gamma'.
    """
    s = np.asarray(np.maximum(s, 1e-12))
    charged, neutral = kaon_form_factors_squared(s)
    return {
        "pi+ pi-": _scalar_pair(s, M_PION, pion_form_factor_squared(s, omega=True)),
        "K+ K-": _scalar_pair(s, M_K_PLUS, charged),
        "KL KS": _scalar_pair(s, M_K_ZERO, neutral),
        "pi0 pi+ pi-": _three_pions(s),
        "pi0 gamma": _with_photon(s, M_PI0, (BR_RHO_PI0_GAMMA, BR_OMEGA_PI0_GAMMA, BR_PHI_PI0_GAMMA), PHASE_PI0_GAMMA),
        "eta gamma": _with_photon(s, M_ETA, (BR_RHO_ETA_GAMMA, BR_OMEGA_ETA_GAMMA, BR_PHI_ETA_GAMMA), math.pi),
    }


def quark_ratio(s: ArrayLike, left: tuple[ArrayLike, ...] = _CHARGES, right: tuple[ArrayLike, ...] = _CHARGES) -> Array:
    """3 sum over u, d, s, c, b of v^2 beta (3 - beta^2)/2 + a^2 beta^3, times the QCD correction; v = (l + r)/2, a = (r - l)/2.

    1 + a_s + (1.9857 - 0.1153 n) a_s^2 + (-6.6368 - 1.2001 n - 0.0052 n^2) a_s^3, a_s = alpha_s(sqrt s)/pi, n light flavours; singlets and
    the quarks' masses but in beta are left out. Source: PDG 2022, review of quantum chromodynamics, Eq. 9.7. Meant for sqrt(s) > 1.8 GeV.
    """
    s = np.asarray(s, float)
    root = np.sqrt(s)
    a, total, open_flavours = alpha_s(root) / math.pi, np.zeros(s.shape), np.zeros(s.shape)
    for half, one, two in zip(_THRESHOLDS, left, right, strict=True):
        beta = kallen_sqrt(root, half, half) / np.maximum(s, 1e-12)
        vector, axial = ((np.asarray(one) + two) / 2) ** 2, ((np.asarray(two) - one) / 2) ** 2
        total = total + vector * beta * (3 - beta**2) / 2 + axial * beta**3
        open_flavours = open_flavours + (beta > 0)
    n = open_flavours
    result: Array = 3 * total * (1 + a * (1 + a * (1.9857 - 0.1153 * n + a * (-6.6368 - 1.2001 * n - 0.0052 * n**2))))
    return result


def continuum_share(s: ArrayLike) -> Array:
    """Share of the way from the exclusive sum to the quarks' R: 0 below the first of `CONTINUUM`, 1 above the second, smooth between."""
    low, high = CONTINUUM
    x = np.clip((np.sqrt(np.asarray(s, float)) - low) / (high - low), 0.0, 1.0)
    result: Array = x * x * (3 - 2 * x)
    return result


def r_remainder(s: ArrayLike) -> Array:
    """R of all that is not in `r_exclusive`: the share of the continuum of what the quarks' R leaves, never negative."""
    return remainder_of(np.asarray(s, float), r_exclusive(s))


def remainder_of(s: Array, exclusive: dict[str, Array]) -> Array:
    """`r_remainder` from the exclusive ones at s."""
    share = continuum_share(s)
    # below the continuum the quarks' R means nothing
    room = quark_ratio(np.maximum(s, CONTINUUM[0] ** 2)) - sum(exclusive.values())
    result: Array = share * np.maximum(room, 0.0)
    return result


def r_ratio(s: ArrayLike) -> Array:
    """R(s) of all hadrons, of the shape of s (GeV^2); 0 below the mass of the pi0. See the module for its accuracy."""
    s = np.asarray(s, float)
    exclusive = r_exclusive(s)
    result: Array = sum(exclusive.values()) + remainder_of(s, exclusive)
    return result


def zprime_hadron_width(m: ArrayLike, electric: ArrayLike, weak: ArrayLike) -> Array:
    """Width of a Z' of mass m into hadrons, GeV, of the common shape: 0 at and below the mass of the pi0.

    Gamma = electric^2 m / (12 pi) R(m^2) for the coupling electric J_em, and besides weak times the Z's current,
    weak (T3 - Q s_W^2) to left-handed and -weak Q s_W^2 to right-handed quarks: it is a matter of a heavy Z' alone, where quarks stand
    for hadrons.
    """
    m, electric, weak = np.asarray(m, float), np.asarray(electric, float), np.asarray(weak, float)
    s = m * m
    exclusive = r_exclusive(s)
    ratio = electric**2 * (sum(exclusive.values()) + remainder_of(s, exclusive))
    if np.any(weak):
        left = tuple(electric * q + weak * (math.copysign(0.5, q) - q * SIN2_THETA_W) for q in _CHARGES)
        right = tuple(electric * q - weak * q * SIN2_THETA_W for q in _CHARGES)
        above = np.maximum(s, CONTINUUM[0] ** 2)
        ratio = ratio + continuum_share(s) * (quark_ratio(above, left, right) - electric**2 * quark_ratio(above))
    result: Array = m / (12 * math.pi) * np.maximum(ratio, 0.0)
    return result
