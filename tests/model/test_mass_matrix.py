"""Tree-level masses and mixings against the mass matrix itself and a 100-digit Takagi factorisation."""

import numpy as np
import pytest

from nusim.model.mass_matrix import (
    flavour_mass_matrix,
    from_mixing,
    mass_matrix,
    mixing_matrix,
    orthogonal_pair,
    to_lagrangian,
    to_physical,
)

from .exact import takagi


def random_lagrangians(n: int) -> np.ndarray:
    """m_D, Lambda, mu' in GeV, shape (3, n): comparable, 20 decades apart, and with mu' = 1e-10 Lambda."""
    rng = np.random.default_rng(11)
    points = 10.0 ** rng.uniform(-10.0, 10.0, (3, n))
    points[:, : n // 3] = 10.0 ** rng.uniform(-1.0, 1.0, (3, n // 3))
    points[2, -n // 3 :] = 1e-10 * points[1, -n // 3 :]
    return points


def directions(n: int) -> np.ndarray:
    """Complex flavour directions of norm 1: random, pure flavours, equal shares, zero entries."""
    rng = np.random.default_rng(12)
    d = rng.normal(size=(n, 3)) + 1j * rng.normal(size=(n, 3))
    d[0], d[1], d[2] = [1, 0, 0], [0, 1j, 0], [0, 0, -1]
    d[3], d[4] = [1, 1, 1], [0, 1, 1j]
    return d / np.linalg.norm(d, axis=1)[:, None]


def test_masses_and_mixings_are_the_takagi_factorisation() -> None:
    for m_dirac, lambda_, mu_prime in random_lagrangians(90).T:
        masses, exact = takagi(m_dirac, lambda_, mu_prime)
        tree = to_physical(m_dirac, lambda_, mu_prime)
        assert float(tree.m4) == pytest.approx(float(masses[1]), rel=1e-15)
        assert float(tree.m5) == pytest.approx(float(masses[2]), rel=1e-15)
        u = mixing_matrix(tree, np.array([1.0, 0.0, 0.0]))[np.ix_([0, 3, 4], [2, 3, 4])]
        for row in range(3):
            for column in range(3):
                modulus2 = abs(exact[row, column]) ** 2
                if (row, column) == (1, 0):
                    assert u[row, column] == 0.0
                else:
                    assert abs(u[row, column]) ** 2 == pytest.approx(float(modulus2), rel=4e-15, abs=1e-300)


def test_u_diagonalises_the_five_by_five_matrix() -> None:
    """M = U diag(m) U^T and U^dagger U = 1 for any complex flavour direction."""
    n = 300
    m_dirac, lambda_, mu_prime = random_lagrangians(n)
    d = directions(n)
    tree = to_physical(m_dirac, lambda_, mu_prime)
    u = mixing_matrix(tree, d)
    identity = np.conj(np.swapaxes(u, -1, -2)) @ u
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(5), identity.shape), rtol=0, atol=1e-14)
    masses = np.zeros((n, 5))
    masses[:, 3], masses[:, 4] = tree.m4, tree.m5
    rebuilt = (u * masses[:, None, :]) @ np.swapaxes(u, -1, -2)
    difference = np.abs(rebuilt - flavour_mass_matrix(m_dirac, lambda_, mu_prime, d)).max(axis=(1, 2))
    assert np.all(difference < 1e-14 * tree.m5)


def test_one_flavour_is_the_three_by_three_matrix() -> None:
    five = flavour_mass_matrix(0.1, 0.5, 0.2, np.array([0.0, 1.0, 0.0]))
    np.testing.assert_array_equal(five[np.ix_([1, 3, 4], [1, 3, 4])], mass_matrix(0.1, 0.5, 0.2))


def test_massless_pair_is_orthonormal_and_pure_for_a_pure_flavour() -> None:
    d = directions(200)
    pair = orthogonal_pair(d)
    basis = np.concatenate([pair, d[:, :, None]], axis=2)
    np.testing.assert_allclose(np.conj(np.swapaxes(basis, 1, 2)) @ basis, np.broadcast_to(np.eye(3), (200, 3, 3)), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(np.abs(orthogonal_pair(np.array([0.0, 1.0, 0.0]))), [[1, 0], [0, 0], [0, 1]])


def test_closed_form_entries() -> None:
    """The table of moduli in m_D, Lambda, m4, m5."""
    m_dirac, lambda_, mu_prime = random_lagrangians(300)
    tree = to_physical(m_dirac, lambda_, mu_prime)
    u2 = np.abs(mixing_matrix(tree, np.array([0.0, 1.0, 0.0]))) ** 2
    m4, m5 = tree.m4, tree.m5
    for column, mass, other in ((3, m4, m5), (4, m5, m4)):
        np.testing.assert_allclose(u2[:, 1, column], m_dirac**2 / mass / (m4 + m5), rtol=5e-15)
        np.testing.assert_allclose(u2[:, 4, column], lambda_**2 / mass / (m4 + m5), rtol=5e-15)
        np.testing.assert_allclose(u2[:, 3, column], mass / (mass + other), rtol=5e-15)
    assert np.all(u2[:, 3, 2] == 0.0)


def test_equation_13_in_moduli_and_with_signs() -> None:
    tree = to_physical(*random_lagrangians(300))
    u = mixing_matrix(tree, np.array([0.0, 1.0, 0.0]))
    for row in (1, 4):
        # U_4 is imaginary, so U_5^2/U_4^2 = -m4/m5 with positive masses
        np.testing.assert_allclose(u[:, row, 4] ** 2 / u[:, row, 3] ** 2, -tree.ratio, rtol=5e-15)
    np.testing.assert_allclose(np.abs(u[:, 3, 4] / u[:, 3, 3]) ** 2, 1.0 / tree.ratio, rtol=5e-15)


def test_sum_rules() -> None:
    """sum_k m_k U_Xk U_Yk = M_XY vanishes for active-active, active-D and D-D, so sum_k m_k C C and D D vanish."""
    tree = to_physical(*random_lagrangians(300))
    u = mixing_matrix(tree, directions(300))
    heavy = u[:, :, 3:]
    masses = np.stack([tree.m4, tree.m5], axis=-1)
    for x, y in [(a, b) for a in (0, 1, 2, 4) for b in (0, 1, 2, 4)]:
        terms = masses * heavy[:, x] * heavy[:, y]
        assert np.all(np.abs(terms.sum(axis=1)) <= 1e-14 * np.abs(terms).max(axis=1))


def test_round_trip_physical_lagrangian_physical() -> None:
    rng = np.random.default_rng(13)
    n = 2000
    m5 = 10.0 ** rng.uniform(-3.0, 3.0, n)
    small = 10.0 ** rng.uniform(-20.0, -0.01, n)
    pseudo_dirac = rng.random(n) < 0.5
    mu = np.where(pseudo_dirac, small * m5, (1.0 - small) * m5)
    m4 = np.where(pseudo_dirac, (1.0 - small) * m5, small * m5)
    mixing2 = 10.0 ** rng.uniform(-20.0, -0.4, n)
    tree = from_mixing(m4, m5, mu, mixing2)
    back = to_physical(*to_lagrangian(tree))
    for name in ("m4", "m5", "mu_prime", "sin2", "active2_nu4", "active2_nu5"):
        np.testing.assert_allclose(getattr(back, name), getattr(tree, name), rtol=1e-14, err_msg=name)
    np.testing.assert_allclose(tree.active2_nu4, mixing2, rtol=1e-15)
    np.testing.assert_allclose(back.cos2, tree.cos2, rtol=1e-14)
    np.testing.assert_array_equal(back.mu_prime, mu)


def test_round_trip_lagrangian_physical_lagrangian() -> None:
    points = random_lagrangians(1000)
    for entry, back in zip(points, to_lagrangian(to_physical(*points)), strict=True):
        np.testing.assert_allclose(back, entry, rtol=1e-14)


def test_seesaw_limits_of_the_text() -> None:
    """m_D << Lambda: ISS U_a ~ m_D/(sqrt2 Lambda), U_D ~ 1/sqrt2; ESS m4 ~ Lambda^2/mu', U_a5 ~ m_D/mu', U_a4 ~ m_D/Lambda."""
    direction = np.array([0.0, 1.0, 0.0])
    iss = np.abs(mixing_matrix(to_physical(1e-6, 1.0, 1e-6), direction))
    np.testing.assert_allclose(iss[1, 3:], 1e-6 / np.sqrt(2.0), rtol=1e-5)
    np.testing.assert_allclose(iss[4, 3:], 1.0 / np.sqrt(2.0), rtol=1e-5)
    ess = to_physical(1e-9, 1e-4, 1.0)
    u = np.abs(mixing_matrix(ess, direction))
    assert float(ess.m4) == pytest.approx(1e-8, rel=1e-6)
    np.testing.assert_allclose([u[1, 4], u[1, 3], u[4, 4]], [1e-9, 1e-5, 1e-4], rtol=1e-6)


def test_large_mixing_keeps_the_small_complement() -> None:
    """cos2 is carried: Lambda << m_D loses no digits."""
    tree = to_physical(1.0, 1e-12, 0.3)
    assert float(tree.cos2) == pytest.approx(1e-24, rel=1e-14)
    _, u = takagi(1.0, 1e-12, 0.3)
    assert abs(mixing_matrix(tree, np.array([1.0, 0, 0]))[4, 4]) ** 2 == pytest.approx(float(abs(u[2, 2]) ** 2), rel=1e-14)
