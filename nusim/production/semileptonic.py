"""P -> P' l N and P -> V l N through the W: helicity amplitudes, widths, spectra and angular distributions, for unit mixing.

|M|^2 = 4 C^2 G_F^2 |V|^2 D(q^2, c), summed over final spins, with c the cosine of N's direction to the W's flight in the W's rest frame:

  D = Ht^2 (E_N E_l - p^2) - 2 p c Ht H0 (E_N - E_l) + H0^2 (E_N E_l + p^2 - 2 p^2 c^2)
      + (H+^2 + H-^2)(E_N E_l + p^2 c^2) + kappa p sqrt(q^2) c (H-^2 - H+^2),

E_N, E_l, p energies and momentum of N and l in that frame. kappa = +1 where a quark decays (D+, Ds+: c -> s l+ N), -1 where an antiquark
does (B+: b-bar). The formulas follow from the currents; the width is that of K. Bondarenko et al., arXiv:1805.08567, eqs. B.3-B.10,
and each is compared in the tests with explicit Dirac algebra. N may be as heavy as phase space allows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import pdg
from ..constants import G_F, Measured
from ..kernels.arrays import Array, ArrayLike
from ..kernels.kinematics import kallen_sqrt
from .form_factors import ScalarForm, VectorForm

NODES = 24
"""Gauss points over q^2: relative accuracy of a width 1e-7 or better, tested."""
_X, _W = np.polynomial.legendre.leggauss(NODES)
# sqrt(q^2) = low + (high - low) sin^2(phi): smooth at the square-root ends of phase space, and dense where light leptons' mass matters
_PHI = (_X + 1) * np.pi / 4
_FRACTION, _MEASURE = np.sin(_PHI) ** 2, _W * np.pi / 4 * np.sin(2 * _PHI)


class Helicities(NamedTuple):
    """Squared helicity amplitudes of the W, GeV^2: H+^2, H-^2, H0^2, Ht^2 and the product Ht H0."""

    plus: ArrayLike
    minus: ArrayLike
    zero: Array
    time: Array
    mixed: Array


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """A meson turning into another one by the weak current."""

    parent: int
    """PDG code; the one that decays into l+ N (K_L, K_S: taken for both charges)."""
    daughter: int
    """PDG code with sign."""
    ckm: Measured
    factor: float
    """C^2: share of the quark transition, and small known corrections."""
    scalar_form: ScalarForm | None
    """For a pseudoscalar daughter."""
    vector_form: VectorForm | None
    """For a vector one."""
    quark: bool
    """Whether a quark decays, not an antiquark."""
    error: float
    """Relative theory uncertainty of a rate computed from the form factors, without the CKM element's."""
    shape_error: float
    """Of the rate relative to that for a massless N: what remains after normalising to a measurement. A choice."""
    source: str

    @property
    def m_parent(self) -> float:
        """GeV."""
        return pdg.mass(abs(self.parent))

    @property
    def m_daughter(self) -> float:
        """GeV."""
        return pdg.mass(abs(self.daughter))

    @property
    def strength(self) -> float:
        """4 C^2 G_F^2 |V|^2, GeV^-4."""
        return float(4 * self.factor * G_F**2 * self.ckm**2)

    @property
    def relative_error(self) -> float:
        """Of an absolute rate, the CKM element's included."""
        return float(np.hypot(self.error, 2 * self.ckm.error / self.ckm))

    def helicities(self, q2: Array) -> Helicities:
        """At q2 > 0 up to (M - m)^2."""
        big, small = self.m_parent, self.m_daughter
        root = kallen_sqrt(big, small, np.sqrt(q2))
        if self.scalar_form is not None:
            plus, zero = self.scalar_form(q2)
            h0, ht = root * plus, (big**2 - small**2) * zero
            return Helicities(0.0, 0.0, h0 * h0 / q2, ht * ht / q2, h0 * ht / q2)
        assert self.vector_form is not None
        v, a0, a1, a2 = self.vector_form(q2)
        total = big + small
        axial, vector = total * a1, root * (v / total)
        h0 = ((big**2 - small**2 - q2) * axial - root * root * (a2 / total)) / (2 * small)
        ht = root * a0
        return Helicities((axial - vector) ** 2, (axial + vector) ** 2, h0 * h0 / q2, ht * ht / q2, h0 * ht / q2)

    def sign(self) -> float:
        """kappa."""
        return 1.0 if self.quark else -1.0


def _leptons(q2: Array, m_lepton: Array, m_heavy: Array) -> tuple[Array, Array, Array]:
    """E_N, E_l and their momentum in the W's rest frame."""
    root = np.sqrt(q2)
    heavy = (q2 + (m_heavy - m_lepton) * (m_heavy + m_lepton)) / (2 * root)
    return heavy, root - heavy, kallen_sqrt(root, m_lepton, m_heavy) / (2 * root)


def angular_coefficients(transition: Transition, q2: Array, m_lepton: ArrayLike, m_heavy: ArrayLike) -> tuple[Array, Array, Array]:
    """d0, d1, d2 of D = d0 + d1 c + d2 c^2, GeV^4."""
    h = transition.helicities(q2)
    heavy, lepton, p = _leptons(q2, np.asarray(m_lepton, float), np.asarray(m_heavy, float))
    product, square = heavy * lepton, p * p
    # E_N E_l - p^2 without the cancellation for light leptons: (m_N^2 E_l^2 + m_l^2 p^2) / (E_N E_l + p^2)
    small = (np.square(m_heavy) * np.square(lepton) + np.square(m_lepton) * square) / (product + square)
    transverse = h.plus + h.minus
    d0 = h.time * small + h.zero * (product + square) + transverse * product
    d1 = p * (transition.sign() * np.sqrt(q2) * (h.minus - h.plus) - 2 * h.mixed * (heavy - lepton))
    d2 = square * (transverse - 2 * h.zero)
    return d0, d1, d2


def phase_space(transition: Transition, q2: Array, m_lepton: ArrayLike, m_heavy: ArrayLike) -> Array:
    """What multiplies the mean of |M|^2 over the angles to give dGamma/dq^2, GeV^-3: two two-body phase spaces over 4 pi M."""
    m, root = transition.m_parent, np.sqrt(q2)
    result: Array = kallen_sqrt(m, transition.m_daughter, root) * kallen_sqrt(root, m_lepton, m_heavy) / q2
    return result / (256 * np.pi**3 * m**3)


def spectrum_q2(transition: Transition, q2: Array, m_lepton: ArrayLike, m_heavy: ArrayLike) -> Array:
    """dGamma/dq^2 in 1/GeV; 0 outside phase space."""
    m_lepton, m_heavy, q2 = np.broadcast_arrays(np.asarray(m_lepton, float), np.asarray(m_heavy, float), np.asarray(q2, float))
    low, high = (m_lepton + m_heavy) ** 2, (transition.m_parent - transition.m_daughter) ** 2
    inside = (q2 > low) & (q2 < high)
    safe = np.where(inside, q2, high)
    d0, _, d2 = angular_coefficients(transition, safe, m_lepton, m_heavy)
    density = transition.strength * (d0 + d2 / 3) * phase_space(transition, safe, m_lepton, m_heavy)
    return np.where(inside, density, 0.0)


def width(transition: Transition, m_lepton: ArrayLike, m_heavy: ArrayLike) -> Array:
    """Width in GeV for unit mixing; 0 below threshold. Lepton and heavy masses broadcast together.

    For K_L and K_S of one charge state.
    """
    m_lepton, m_heavy = np.broadcast_arrays(np.asarray(m_lepton, float), np.asarray(m_heavy, float))
    end = transition.m_parent - transition.m_daughter
    is_open = m_lepton + m_heavy < end
    result: Array = np.zeros(is_open.shape)
    lepton, heavy = m_lepton[is_open][:, None], m_heavy[is_open][:, None]
    low = lepton + heavy
    root = low + (end - low) * _FRACTION
    q2 = root**2
    d0, _, d2 = angular_coefficients(transition, q2, lepton, heavy)
    density = (d0 + d2 / 3) * phase_space(transition, q2, lepton, heavy) * root
    result[is_open] = transition.strength * 2 * (end - low[:, 0]) * (density @ _MEASURE)
    return result


def spectrum_energy(transition: Transition, energy: Array, m_lepton: float, m_heavy: float) -> Array:
    """dGamma/dE_N (n,), dimensionless, at energies (n,) of N in the parent's rest frame; 0 outside phase space.

    |M|^2 integrated along the line of the Dalitz plot that E_N fixes.
    """
    big, small = transition.m_parent, transition.m_daughter
    energy = np.asarray(energy, float)
    # mass of lepton and daughter against which N recoils
    recoil2 = big**2 + m_heavy**2 - 2 * big * energy
    inside = (energy > m_heavy) & (recoil2 > (m_lepton + small) ** 2)
    recoil2 = np.where(inside, recoil2, (m_lepton + small) ** 2)
    recoil = np.sqrt(recoil2)
    lepton_star = (recoil2 + m_lepton**2 - small**2) / (2 * recoil)
    p_star = kallen_sqrt(recoil, m_lepton, small) / (2 * recoil)
    heavy_star = (big**2 - recoil2 - m_heavy**2) / (2 * recoil)
    k_star = kallen_sqrt(big, recoil, m_heavy) / (2 * recoil)
    middle, half = m_heavy**2 + m_lepton**2 + 2 * heavy_star * lepton_star, 2 * k_star * p_star
    q2 = middle[..., None] + half[..., None] * _X
    d0, d1, d2 = angular_coefficients(transition, q2, m_lepton, m_heavy)
    # E_N = gamma (E_N* + beta p c), the W flying with momentum k
    root = np.sqrt(q2)
    w_momentum, w_energy = kallen_sqrt(big, small, root) / (2 * big), (big**2 - small**2 + q2) / (2 * big)
    heavy, _, p = _leptons(q2, np.asarray(m_lepton), np.asarray(m_heavy))
    lever = w_momentum * p
    cosine = np.clip((energy[..., None] * root - w_energy * heavy) / np.where(lever > 0, lever, 1.0), -1.0, 1.0)
    density = d0 + d1 * cosine + d2 * cosine**2
    result: Array = np.sum(density * _W, axis=-1) * half * transition.strength * 2 * big / (256 * np.pi**3 * big**3)
    return np.where(inside, result, 0.0)
