"""The one-loop mass against Eq. 4 in 100 digits, its identities (Eqs. 7, 8) and its inversion."""

import numpy as np
import pytest

from nusim.errors import ParameterError
from nusim.model.mass_matrix import Tree, mixing_matrix, to_physical
from nusim.model.radiative import (
    angle_from_mass,
    family_from_mass,
    loop_strength,
    mass_matrix_eq4,
    mass_matrix_eq7,
    mass_matrix_eq8,
    one_loop_mass,
)

from .exact import m3_parts


def random_models(n: int) -> np.ndarray:
    """m_D, Lambda, mu', m_Z', m_phi, g', shape (6, n): comparable, 20 decades apart, and 1 - m4/m5 = 1e-10."""
    rng = np.random.default_rng(21)
    points = 10.0 ** rng.uniform(-10.0, 10.0, (6, n))
    points[:, : n // 3] = 10.0 ** rng.uniform(-1.0, 1.0, (6, n // 3))
    points[2, -n // 3 :] = 1e-10 * np.hypot(points[0], points[1])[-n // 3 :]
    points[5] = 10.0 ** rng.uniform(-4.0, 0.5, n)
    return points


def masses_of(tree: Tree) -> np.ndarray:
    return np.stack([np.zeros_like(tree.m4)] * 3 + [tree.m4, tree.m5], axis=-1)


def test_closed_form_is_equation_4_to_1e_12() -> None:
    points = random_models(240)
    loop = one_loop_mass(to_physical(*points[:3]), *points[3:])
    worst = 0.0
    for i, point in enumerate(points.T):
        sm, dark = m3_parts(*point)
        worst = max(worst, abs(float(loop.standard[i] / sm - 1)), abs(float(loop.dark[i] / dark - 1)))
    assert worst < 2e-14


@pytest.mark.parametrize("difference", [0.9, 1e-3, 1e-6, 1e-10, 1e-15])
def test_closed_form_keeps_the_pseudo_dirac_limit(difference: float) -> None:
    """Exact input m_D, Lambda, mu' with 1 - m4/m5 = `difference`, benchmark-like mediators."""
    point = (1e-4, 0.8, 0.8 * difference, 1.0, 2.0, 1.0)
    sm, dark = m3_parts(*point)
    loop = one_loop_mass(to_physical(*point[:3]), *point[3:])
    assert float(loop.standard) == pytest.approx(float(sm), rel=1e-14)
    assert float(loop.dark) == pytest.approx(float(dark), rel=1e-14)
    assert float(loop.total) == pytest.approx(float(sm + dark), rel=1e-14)


def moderate(n: int) -> np.ndarray:
    rng = np.random.default_rng(22)
    points = 10.0 ** rng.uniform(-1.0, 1.0, (6, n))
    points[2] = np.maximum(points[2], 0.3 * points[1])
    return points


def complex_directions(n: int) -> np.ndarray:
    rng = np.random.default_rng(23)
    d = rng.normal(size=(n, 3)) + 1j * rng.normal(size=(n, 3))
    return d / np.linalg.norm(d, axis=1)[:, None]


def test_sum_of_equation_4_over_flavours_has_one_mass() -> None:
    """Rank 1 in total, on nu3 alone, real positive and equal to the closed form, for any complex flavour direction."""
    points = moderate(300)
    tree = to_physical(*points[:3])
    loop = one_loop_mass(tree, *points[3:])
    parts = mass_matrix_eq4(masses_of(tree), mixing_matrix(tree, complex_directions(300)), *points[3:])
    for matrix, expected in zip(parts, (loop.standard, loop.dark), strict=True):
        np.testing.assert_allclose(matrix[:, 2, 2], expected, rtol=1e-11)
        matrix[:, 2, 2] = 0.0
        assert np.all(np.abs(matrix) < 1e-12 * expected[:, None, None])


def test_equations_7_and_8_are_identities() -> None:
    points = moderate(300)
    tree = to_physical(*points[:3])
    masses, u = masses_of(tree), mixing_matrix(tree, complex_directions(300))
    sm, dark = mass_matrix_eq4(masses, u, *points[3:])
    np.testing.assert_allclose(mass_matrix_eq7(masses, u)[:, 2, 2], sm[:, 2, 2], rtol=1e-11)
    np.testing.assert_allclose(mass_matrix_eq8(masses, u, *points[3:])[:, 2, 2], dark[:, 2, 2], rtol=1e-11)


def test_moduli_in_equation_4_are_not_a_mass() -> None:
    """Without the Takagi sign of nu4 the two terms add instead of cancelling: the factor i is physical."""
    tree = to_physical(0.1, 0.8, 0.1)
    u = mixing_matrix(tree, np.array([0.0, 1.0, 0.0]))
    exact = float(one_loop_mass(tree, 1.0, 2.0, 1.0).dark)
    wrong = mass_matrix_eq4(masses_of(tree), np.abs(u).astype(complex), 1.0, 2.0, 1.0)[1][2, 2].real
    assert wrong > 5.0 * exact


def test_mass_is_positive_and_vanishes_with_each_entry() -> None:
    points = random_models(300)
    loop = one_loop_mass(to_physical(*points[:3]), *points[3:])
    assert np.all(loop.standard > 0.0)
    assert np.all(loop.dark > 0.0)
    for zero in ((0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)):
        assert float(one_loop_mass(to_physical(*zero), 1.0, 2.0, 1.0).total) == 0.0


def test_without_gauge_coupling_only_type_one_loops_remain() -> None:
    tree = to_physical(1e-3, 1.0, 0.5)
    off = one_loop_mass(tree, 1.0, 2.0, 0.0)
    assert float(off.dark) == 0.0
    assert float(off.standard) == float(one_loop_mass(tree, 1.0, 2.0, 1.0).standard)


@pytest.mark.parametrize("branch", ["small", "large"])
def test_inversion_round_trip(branch: str) -> None:
    rng = np.random.default_rng(24)
    n = 2000
    m5, zp, phi = 10.0 ** rng.uniform(-3.0, 3.0, (3, n))
    small = 10.0 ** rng.uniform(-20.0, -0.01, n)
    pseudo_dirac = rng.random(n) < 0.5
    mu = np.where(pseudo_dirac, small, 1.0 - small) * m5
    m4 = np.where(pseudo_dirac, 1.0 - small, small) * m5
    g = 10.0 ** rng.uniform(-3.0, 0.5, n)
    top = 0.25 * loop_strength(m4, m5, mu, zp, phi, g).total
    m3 = top * np.where(rng.random(n) < 0.5, rng.random(n), 10.0 ** rng.uniform(-20.0, 0.0, n))
    tree = family_from_mass(m3, m4, m5, mu, zp, phi, g, branch)
    np.testing.assert_allclose(one_loop_mass(tree, zp, phi, g).total, m3, rtol=1e-14)
    np.testing.assert_allclose(tree.sin2 + tree.cos2, 1.0, rtol=1e-15)
    assert np.all(tree.sin2 <= 0.5 if branch == "small" else tree.sin2 >= 0.5)


def test_branches_are_partners_and_meet_at_the_largest_mass() -> None:
    small = angle_from_mass(0.1, 1.0)
    large = angle_from_mass(0.1, 1.0, "large")
    assert small[0] == large[1]
    assert small[1] == large[0]
    assert float(angle_from_mass(0.25, 1.0)[0]) == 0.5


def test_no_solution_names_the_largest_mass() -> None:
    with pytest.raises(ParameterError, match=r"m3_ev = 3e\+08: no mixing gives this light mass; .* is 2.5e\+08 eV"):
        angle_from_mass(np.array([0.1, 0.3]), np.array([1.0, 1.0]))
