"""Tree-level masses and mixings of one hidden family: arXiv:1903.07590, Eq. 2, in closed form and in both directions.

Conventions. Fields (nu_alpha, N, nu_D), nu_X = sum_i U_Xi nu_i, M = U diag(m) U^T with m >= 0. The signed eigenvalue
of nu4 is negative; the sign is a factor i on column 4. Three flavours enter through one direction d with |d| = 1:
m_D,alpha = m_D d_alpha, and two massless active states see neither N nor nu_D.

The state of a family is carried as m4, m5, mu' = m5 - m4, sin2 = m_D^2/R^2 and cos2 = Lambda^2/R^2, R^2 = m_D^2 + Lambda^2,
so that neither the splitting of a nearly degenerate pair nor a small mixing is ever found by subtraction.
All functions broadcast over parameter points.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..kernels.arrays import Array, ArrayLike

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Tree-level physical parameters of one hidden family; the fields broadcast together. Masses in GeV."""

    m4: Array
    m5: Array
    mu_prime: Array
    """m5 - m4, carried and never recomputed."""
    sin2: Array
    """|U_D3|^2 = |U_a4|^2 + |U_a5|^2 = m_D^2 / (m_D^2 + Lambda^2)."""
    cos2: Array
    """1 - sin2 = Lambda^2 / (m_D^2 + Lambda^2)."""

    @property
    def ratio(self) -> Array:
        """r = m4/m5."""
        return self.m4 / self.m5

    @property
    def active2_nu4(self) -> Array:
        """|U_a4|^2 summed over flavours, m_D^2 / [m4 (m4 + m5)]."""
        return self.sin2 / (1.0 + self.ratio)

    @property
    def active2_nu5(self) -> Array:
        """|U_a5|^2 summed over flavours, m_D^2 / [m5 (m4 + m5)]."""
        return self.sin2 * self.ratio / (1.0 + self.ratio)


def to_physical(m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike) -> Tree:
    """Masses and mixing angle from the entries of the mass matrix (GeV, not negative, m_dirac or lambda_ positive).

    m5 = [mu' + sqrt(mu'^2 + 4 R^2)] / 2 and m4 = R^2 / m5, the moduli of the nonzero roots of x (x^2 - mu' x - R^2).
    """
    m_d, lam, mu = np.broadcast_arrays(
        np.asarray(m_dirac, dtype=float), np.asarray(lambda_, dtype=float), np.asarray(mu_prime, dtype=float)
    )
    radius = np.hypot(m_d, lam)
    m5 = 0.5 * (mu + np.hypot(mu, 2.0 * radius))
    return Tree(radius * (radius / m5), m5, mu, (m_d / radius) ** 2, (lam / radius) ** 2)


def to_lagrangian(tree: Tree) -> tuple[Array, Array, Array]:
    """m_dirac, lambda, mu_prime in GeV that give these masses and mixings: m_D^2 = sin2 m4 m5, Lambda^2 = cos2 m4 m5."""
    radius = np.sqrt(tree.m4) * np.sqrt(tree.m5)
    return radius * np.sqrt(tree.sin2), radius * np.sqrt(tree.cos2), tree.mu_prime


def from_mixing(m4: ArrayLike, m5: ArrayLike, mu_prime: ArrayLike, mixing2: ArrayLike) -> Tree:
    """The family with these masses and |U_a4|^2 = mixing2 <= 1/(1 + m4/m5), by sin2 = (1 + m4/m5) mixing2."""
    m4_, m5_, mu, mixing = np.broadcast_arrays(
        np.asarray(m4, dtype=float), np.asarray(m5, dtype=float), np.asarray(mu_prime, dtype=float), np.asarray(mixing2, dtype=float)
    )
    sin2 = np.minimum((1.0 + m4_ / m5_) * mixing, 1.0)
    return Tree(m4_, m5_, mu, sin2, 1.0 - sin2)


def mass_matrix(m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike) -> Array:
    """The matrix of Eq. 2 over (nu_alpha, N, nu_D) for one flavour, shape (..., 3, 3), GeV."""
    m_d, lam, mu = np.broadcast_arrays(
        np.asarray(m_dirac, dtype=float), np.asarray(lambda_, dtype=float), np.asarray(mu_prime, dtype=float)
    )
    matrix = np.zeros((*m_d.shape, 3, 3))
    matrix[..., 0, 1] = matrix[..., 1, 0] = m_d
    matrix[..., 1, 1] = mu
    matrix[..., 1, 2] = matrix[..., 2, 1] = lam
    return matrix


def flavour_mass_matrix(m_dirac: ArrayLike, lambda_: ArrayLike, mu_prime: ArrayLike, direction: Array | ComplexArray) -> ComplexArray:
    """The mass matrix over (nu_e, nu_mu, nu_tau, N, nu_D), shape (..., 5, 5), GeV; `direction` (..., 3) of norm 1, real or complex."""
    small = mass_matrix(m_dirac, lambda_, mu_prime)
    matrix = np.zeros((*np.broadcast_shapes(small.shape[:-2], np.shape(direction)[:-1]), 5, 5), dtype=complex)
    matrix[..., 3:, 3:] = small[..., 1:, 1:]
    matrix[..., :3, 3] = matrix[..., 3, :3] = small[..., 0, 1, None] * direction
    return matrix


def orthogonal_pair(direction: Array | ComplexArray) -> ComplexArray:
    """Two orthonormal vectors orthogonal to `direction` (..., 3) of norm 1, as columns of a (..., 3, 2) array.

    The columns of the Householder reflection that takes the direction to its largest axis: for a pure flavour these are
    the two other flavours.
    """
    d = np.asarray(direction, dtype=complex)
    axis = np.argmax(np.abs(d), axis=-1)
    largest = np.take_along_axis(d, axis[..., None], axis=-1)
    v = d + (largest / np.abs(largest)) * np.eye(3)[axis]
    norm2 = np.sum(np.abs(v) ** 2, axis=-1)[..., None, None]
    reflection = np.eye(3) - 2.0 * v[..., :, None] * np.conj(v[..., None, :]) / norm2
    others = np.array([[1, 2], [0, 2], [0, 1]])[axis]
    pair: ComplexArray = np.take_along_axis(reflection, others[..., None, :], axis=-1)
    return pair


def mixing_matrix(tree: Tree, direction: Array | ComplexArray) -> ComplexArray:
    """The unitary U with rows e, mu, tau, N, D and columns nu1 ... nu5, shape (..., 5, 5); `direction` (..., 3) of norm 1.

    nu1 and nu2 are the massless active states orthogonal to the direction, nu3 is the light state that the loop makes
    massive, column 4 carries the factor i. With one flavour this is the (nu_alpha, N, nu_D) matrix of the closed form:

        |U_a4|^2 = sin2/(1+r)     |U_N4|^2 = r/(1+r)    |U_D4|^2 = cos2/(1+r)
        |U_a5|^2 = r sin2/(1+r)   |U_N5|^2 = 1/(1+r)    |U_D5|^2 = r cos2/(1+r)
        |U_a3|^2 = cos2           |U_N3|^2 = 0          |U_D3|^2 = sin2
    """
    d = np.asarray(direction, dtype=complex)
    sine, cosine = np.sqrt(tree.sin2), np.sqrt(tree.cos2)
    to_d = np.sqrt(1.0 / (1.0 + tree.ratio))
    to_n = np.sqrt(tree.ratio / (1.0 + tree.ratio))
    shape = np.broadcast_shapes(d.shape[:-1], np.shape(sine), np.shape(to_d))
    u = np.zeros((*shape, 5, 5), dtype=complex)
    u[..., :3, 0:2] = orthogonal_pair(d)
    u[..., :3, 2] = cosine[..., None] * d
    u[..., 4, 2] = -sine
    u[..., :3, 3] = 1j * (sine * to_d)[..., None] * d
    u[..., 3, 3] = -1j * to_n
    u[..., 4, 3] = 1j * cosine * to_d
    u[..., :3, 4] = (sine * to_n)[..., None] * d
    u[..., 3, 4] = to_d
    u[..., 4, 4] = cosine * to_n
    return u
