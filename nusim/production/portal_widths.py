"""Decays of mesons into a dark boson through a portal: branching ratios of P -> gamma Z', omega -> pi0 Z', K -> pi phi' and B -> K phi'.

Kinetic mixing, L = epsilon e Z'_mu J_em: the Z' takes a photon's place,

  BR(P -> gamma Z') = 2 epsilon^2 (1 - m_Z'^2/m_P^2)^3 |F(m_Z'^2)|^2 BR(P -> gamma gamma),
  BR(omega -> pi0 Z') = epsilon^2 (q/q_0)^3 |F(m_Z'^2)|^2 BR(omega -> pi0 gamma),   q, q_0 momenta of Z' and photon,

B. Batell, M. Pospelov, A. Ritz, arXiv:0903.0363, and the same amplitudes eps(e_1, p_1, e_2, p_2) for omega. Higgs mixing: the penguin
operator of W and top, L = -(phi'/v) xi m_i dbar_j P_R d_i + h.c. with xi = sin(alpha) 3 sqrt2 G_F m_t^2 V_tj* V_ti / (16 pi^2), R. Willey,
H. Yu, Phys. Rev. D 26 (1982) 3086; R. Chivukula, A. Manohar, Phys. Lett. B 207 (1988) 86; widths as in M. Winkler, arXiv:1809.01876.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import pdg
from ..constants import G_F, V_HIGGS, Measured
from ..decays.boson_hadrons import BR_OMEGA_PI0_GAMMA, M_RHO, WIDTH_RHO
from ..decays.scalar_hadrons import M_TOP
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import two_body_momentum
from ..units import HBARC

BR_TWO_PHOTONS = {
    111: Measured(0.98823, 0.00034, "pi0, PDG 2022"),
    221: Measured(0.3936, 0.0018, "eta, PDG 2022"),
    331: Measured(0.02307, 0.00033, "eta', PDG 2022"),
}
ETA_SLOPE = Measured(1.934, 0.084, "GeV^-2, pole of eta -> gamma mu mu; NA60, arXiv:1608.07898 (recalled)")

V_TB_TS = Measured(0.0411, 0.0008, "|V_tb V_ts*|; global fit, PDG 2022")
V_TS_TD = Measured(3.52e-4, 0.10e-4, "|V_ts* V_td|; global fit, PDG 2022")
V_TS_TD_REAL = Measured(3.26e-4, 0.10e-4, "|Re V_ts* V_td|, that with (1 - rho, eta) = (0.841, 0.348); global fit, PDG 2022")
F0_K_PI = Measured(0.9698, 0.0017, "f+(0) of K -> pi, FLAG 2021")
SLOPE_F0 = Measured(0.0138, 0.0004, "lambda_0 of K -> pi, f_0 = f(0) (1 + lambda_0 q^2 / m_pi^2); PDG 2022")


def _rho_pole(square: Array) -> Array:
    """|m^2 / (m^2 - s - i m Gamma)|^2 of the rho."""
    m2, width = float(M_RHO) ** 2, float(M_RHO * WIDTH_RHO)
    result: Array = m2**2 / ((m2 - square) ** 2 + width**2) * (1 + width**2 / m2**2)
    return result


def photon_form_factor2(parent: int, square: ArrayLike) -> Array:
    """|F|^2 of the transition with a photon of mass^2 `square` (GeV^2), 1 at 0.

    Vector dominance by the rho for pi0, eta' and omega; the measured pole for eta. omega -> pi0 mu mu is measured to rise faster near
    its end, where phase space vanishes.
    """
    s = np.asarray(square, float)
    if parent == 221:
        result: Array = 1 / (1 - float(ETA_SLOPE) * s) ** 2
        return result
    return _rho_pole(s)


def zprime_ratio(parent: int, m_zprime: ArrayLike) -> Array:
    """Branching ratio over epsilon^2 of pi0, eta, eta' -> gamma Z' or omega -> pi0 Z'; 0 beyond threshold. Broadcasts."""
    m = np.asarray(m_zprime, float)
    mass, rest = pdg.mass(parent), pdg.mass(111) if parent == 223 else 0.0
    is_open = m + rest < mass
    safe = np.where(is_open, m, 0.0)
    phase = (two_body_momentum(mass, rest, safe) / two_body_momentum(mass, rest, 0.0)) ** 3
    ratio = float(BR_OMEGA_PI0_GAMMA) if parent == 223 else 2 * float(BR_TWO_PHOTONS[parent])
    result: Array = np.where(is_open, ratio * phase * photon_form_factor2(parent, safe**2), 0.0)
    return result


def _kaon_to_pion(square: Array) -> Array:
    """<pi|sbar d|K> (m_s - m_d) / (m_K^2 - m_pi^2)."""
    result: Array = float(F0_K_PI) * (1 + float(SLOPE_F0) * square / pdg.mass(211) ** 2)
    return result


def _b_to_kaon(square: Array) -> Array:
    """f_0 of B -> K: 0.33 / (1 - q^2 / 38.46 GeV^2), P. Ball, R. Zwicky, hep-ph/0406232 (recalled)."""
    result: Array = 0.33 / (1 - square / 38.46)
    return result


def _b_to_k_star(square: Array) -> Array:
    """A_0 of B -> K*: 1.364 / (1 - q^2 / 5.28^2) - 0.990 / (1 - q^2 / 36.78), P. Ball, R. Zwicky, hep-ph/0412079 (recalled)."""
    result: Array = 1.364 / (1 - square / 5.28**2) - 0.990 / (1 - square / 36.78)
    return result


@dataclass(frozen=True, slots=True)
class Penguin:
    """P -> P' phi' or P -> V phi'."""

    parent: int
    daughter: int
    ckm: float
    form_factor: Callable[[Array], Array]
    vector: bool = False

    def ratio(self, m_phi: ArrayLike) -> Array:
        """Branching ratio over sin^2(alpha); 0 beyond threshold. Broadcasts.

        |M| = C (M^2 - m^2) f_0 / 2 with the quark masses of operator and scalar current cancelling, C = xi / v; for V M p A_0.
        """
        m = np.asarray(m_phi, float)
        mass, daughter = pdg.mass(self.parent), pdg.mass(self.daughter)
        is_open = m + daughter < mass
        safe = np.where(is_open, m, 0.0)
        q = two_body_momentum(mass, daughter, safe)
        strength = 3 * math.sqrt(2) * G_F * float(M_TOP) ** 2 * self.ckm / (16 * math.pi**2 * float(V_HIGGS))
        reduced = mass * q if self.vector else (mass**2 - daughter**2) / 2
        amplitude = strength * reduced * self.form_factor(safe**2)
        result: Array = np.where(is_open, amplitude**2 * q / (8 * math.pi * mass**2) * pdg.ctau(self.parent) / float(HBARC), 0.0)
        return result


PENGUINS = (
    Penguin(321, 211, float(V_TS_TD), _kaon_to_pion),
    Penguin(130, 111, float(V_TS_TD_REAL), _kaon_to_pion),
    Penguin(521, 321, float(V_TB_TS), _b_to_kaon),
    Penguin(511, 311, float(V_TB_TS), _b_to_kaon),
    Penguin(521, 323, float(V_TB_TS), _b_to_k_star, vector=True),
    Penguin(511, 313, float(V_TB_TS), _b_to_k_star, vector=True),
)
"""K_L through Re(V_ts* V_td), whose CP-odd state goes with pi0 phi' as the charged kaon does with pi+ phi'."""
