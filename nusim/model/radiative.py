"""The one-loop mass of nu3 from the Z, h and Z', dark scalar loops, and the mixing that a given mass asks for.

Source: arXiv:1903.07590, Eqs. 3-8; zero external momentum, no kinetic or scalar mixing. All functions broadcast over
parameter points; masses in GeV.
"""

from dataclasses import dataclass

import numpy as np

from ..constants import M_HIGGS, M_Z, V_HIGGS
from ..errors import ParameterError
from ..kernels.arrays import Array, ArrayLike
from ..kernels.loops import c3, loop_function
from ..units import eV
from .mass_matrix import ComplexArray, Tree

ONE_LOOP = 1.0 / (16.0 * np.pi**2)


@dataclass(frozen=True, slots=True, eq=False)
class LoopMass:
    """The two parts of the one-loop mass, GeV; they always add."""

    standard: Array
    """Z and Higgs loops."""
    dark: Array
    """Z' and dark-scalar loops."""

    @property
    def total(self) -> Array:
        """m3 in GeV."""
        return self.standard + self.dark


def loop_strength(m4: ArrayLike, m5: ArrayLike, mu_prime: ArrayLike, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike) -> LoopMass:
    """K in m3 = K sin2 cos2, GeV: the one-loop mass without the mixing angle, which tops at K/4.

    K = (1/16 pi^2) mu' m4 m5 { [3 mZ^2 C3(mZ^2) + mh^2 C3(mh^2)]/vH^2 + g'^2 [3 C3(mZ'^2) + (mphi/mZ')^2 C3(mphi^2)] },
    C3(x) = C3(x, m4^2, m5^2). The closed form of Eq. 4: both sums over k = 4, 5 are divided differences of x F(x), and
    the splitting mu' is an explicit factor, so K keeps full relative accuracy for a pseudo-Dirac pair.
    """
    a, b = np.square(m4), np.square(m5)
    zp2, phi2 = np.square(m_zprime), np.square(m_phi)
    bosons = np.stack(np.broadcast_arrays(M_Z**2, M_HIGGS**2, zp2, phi2, a, b)[:4])
    z, higgs, zprime, scalar = c3(bosons, a, b)
    standard = (3.0 * M_Z**2 * z + M_HIGGS**2 * higgs) / V_HIGGS**2
    dark = np.square(g_dark) * (3.0 * zprime + phi2 / zp2 * scalar)
    scale = ONE_LOOP * np.asarray(mu_prime, dtype=float) * (np.asarray(m4, dtype=float) * np.asarray(m5, dtype=float))
    return LoopMass(scale * standard, scale * dark)


def one_loop_mass(tree: Tree, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike) -> LoopMass:
    """m3 of nu3 in GeV at one loop, SM and dark parts; zero if mu', m_D or Lambda is zero."""
    strength = loop_strength(tree.m4, tree.m5, tree.mu_prime, m_zprime, m_phi, g_dark)
    angle = tree.sin2 * tree.cos2
    return LoopMass(strength.standard * angle, strength.dark * angle)


def angle_from_mass(m3: ArrayLike, strength: ArrayLike, branch: str = "small") -> tuple[Array, Array]:
    """sin2 and cos2 that give the light mass m3 = strength sin2 cos2; both in GeV.

    Exact and free of cancellation: kappa = m3/strength, small root 2 kappa / (1 + sqrt(1 - 4 kappa)), its partner
    (1 + sqrt(1 - 4 kappa)) / 2. `branch` "small" gives sin2 the small root, "large" the other. ParameterError where
    kappa > 1/4: no mixing gives that mass; the message holds the largest one reachable.
    """
    m3_, strength_ = np.broadcast_arrays(np.asarray(m3, dtype=float), np.asarray(strength, dtype=float))
    beyond = 4.0 * m3_ > strength_
    if np.any(beyond):
        worst = int(np.argmax(np.where(beyond, m3_ - 0.25 * strength_, -np.inf)))
        raise ParameterError(
            f"m3_ev = {m3_.flat[worst] / eV:g}: no mixing gives this light mass; the largest reachable with these masses and couplings is "
            f"{0.25 * strength_.flat[worst] / eV:.6g} eV"
            + (" (m4 = m5: without a splitting there is no light mass)" if strength_.flat[worst] == 0.0 else "")
            + "; lower m3_ev or m_zprime, or raise g_dark or the splitting m5 - m4"
        )
    if branch not in ("small", "large"):
        raise ParameterError(f"branch = {branch!r}: give 'small' or 'large'")
    kappa = np.divide(m3_, strength_, out=np.zeros(m3_.shape), where=strength_ > 0.0)
    root = 1.0 + np.sqrt(1.0 - 4.0 * kappa)
    small, large = 2.0 * kappa / root, 0.5 * root
    return (small, large) if branch == "small" else (large, small)


def family_from_mass(
    m3: ArrayLike,
    m4: ArrayLike,
    m5: ArrayLike,
    mu_prime: ArrayLike,
    m_zprime: ArrayLike,
    m_phi: ArrayLike,
    g_dark: ArrayLike,
    branch: str = "small",
) -> Tree:
    """The hidden family with heavy masses m4, m5 = m4 + mu_prime whose loops give the light mass m3; all in GeV.

    ParameterError where no mixing gives m3.
    """
    strength = loop_strength(m4, m5, mu_prime, m_zprime, m_phi, g_dark).total
    sin2, cos2 = angle_from_mass(m3, strength, branch)
    shape = sin2.shape
    return Tree(
        np.broadcast_to(np.asarray(m4, dtype=float), shape),
        np.broadcast_to(np.asarray(m5, dtype=float), shape),
        np.broadcast_to(np.asarray(mu_prime, dtype=float), shape),
        sin2,
        cos2,
    )


def mass_matrix_eq4(
    masses: Array, u: ComplexArray, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike
) -> tuple[ComplexArray, ComplexArray]:
    """SM and dark parts of the light mass matrix by the sum of Eq. 4 as it stands, GeV, shapes (..., 3, 3).

    `masses` (..., 5) and `u` (..., 5, 5) in the convention of `mixing_matrix`; light states are columns 1-3. The terms of
    k = 4 and 5 cancel: relative accuracy about 1e-16 m5/mu' and worse for strong hierarchies, where `one_loop_mass` keeps
    full accuracy. A route for tests; complex symmetric, so its masses come from a Takagi factorisation, not from Re.
    """
    heavy = masses[..., 3:]
    light, partners = u[..., :, :3], u[..., :, 3:]
    active = np.einsum("...ai,...ak->...ik", np.conj(light[..., :3, :]), partners[..., :3, :])
    dark = np.conj(light[..., 4, :])[..., :, None] * partners[..., 4, :][..., None, :]
    zp, phi, g = (np.asarray(x, dtype=float)[..., None] for x in (m_zprime, m_phi, g_dark))
    # (g/4cW)^2/mZ^2 = 1/(4 vH^2) and (g'/2)^2/mZ'^2
    sm_weight = heavy**3 * loop_function(heavy**2, M_Z**2, M_HIGGS**2) / (4.0 * V_HIGGS**2)
    dark_weight = heavy**3 * loop_function(heavy**2, zp**2, phi**2) * (0.5 * g / zp) ** 2
    return (
        np.einsum("...ik,...jk,...k->...ij", active, active, sm_weight) / (4.0 * np.pi**2),
        np.einsum("...ik,...jk,...k->...ij", dark, dark, dark_weight) / (4.0 * np.pi**2),
    )


def _difference(m4: Array, m5: Array, m_vector: ArrayLike, m_scalar: ArrayLike) -> Array:
    """m5^2 F(m5^2) - m4^2 F(m4^2), the bracket of Eqs. 7 and 8; m4 is the modulus."""
    vector2, scalar2 = np.square(m_vector), np.square(m_scalar)
    upper: Array = m5**2 * loop_function(m5**2, vector2, scalar2)
    return upper - m4**2 * loop_function(m4**2, vector2, scalar2)


def mass_matrix_eq7(masses: Array, u: ComplexArray) -> ComplexArray:
    """The Type-I part of the light mass matrix by Eq. 7, GeV, shape (..., 3, 3); alpha_W/mW^2 = 1/(pi vH^2).

    Follows from Eq. 4 by the sum rule sum_k m_k C_ik C_jk = 0. Loses accuracy for m4 close to m5.
    """
    m4, m5 = masses[..., 3], masses[..., 4]
    coupling = np.einsum("...ai,...a->...i", np.conj(u[..., :3, :3]), u[..., :3, 4])
    scale = ONE_LOOP / V_HIGGS**2 * m5 * _difference(m4, m5, float(M_Z), float(M_HIGGS))
    matrix: ComplexArray = scale[..., None, None] * coupling[..., :, None] * coupling[..., None, :]
    return matrix


def mass_matrix_eq8(masses: Array, u: ComplexArray, m_zprime: ArrayLike, m_phi: ArrayLike, g_dark: ArrayLike) -> ComplexArray:
    """The dark part of the light mass matrix by Eq. 8, GeV, shape (..., 3, 3).

    An identity, not an approximation, given the second term of Eq. 4 and sum_k m_k D_ik D_jk = 0. Loses accuracy for m4
    close to m5: 1e-6 at 1 - m4/m5 = 1e-10.
    """
    m4, m5 = masses[..., 3], masses[..., 4]
    coupling = np.conj(u[..., 4, :3]) * u[..., 4, 4][..., None]
    scale = ONE_LOOP * np.square(g_dark) / np.square(m_zprime) * m5 * _difference(m4, m5, m_zprime, m_phi)
    matrix: ComplexArray = scale[..., None, None] * coupling[..., :, None] * coupling[..., None, :]
    return matrix
