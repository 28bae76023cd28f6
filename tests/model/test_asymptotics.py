"""Eqs. 9-12 corrected against the exact mass in their regimes, and the measured failure of the printed ones in theirs."""

import numpy as np
import pytest

from nusim.model import asymptotics as limits
from nusim.model.mass_matrix import to_physical
from nusim.model.radiative import family_from_mass, loop_strength, one_loop_mass


def exact(m_dirac: float, lambda_: float, mu_prime: float, m_zprime: float, m_phi: float, g_dark: float) -> float:
    return float(one_loop_mass(to_physical(m_dirac, lambda_, mu_prime), m_zprime, m_phi, g_dark).dark)


# m_D, Lambda, mu', m_Z', m_phi, g'
ISS_HEAVY = (1e-6, 1e-3, 1e-6, 1.0, 2.0, 0.7)
ISS_LIGHT = (1e-3, 1.0, 1e-3, 1e-5, 2e-5, 0.7)
ESS_HEAVY = (1e-8, 1e-5, 1e-3, 1.0, 2.0, 0.7)
ESS_BETWEEN = (1e-6, 1e-3, 100.0, 1e-3, 2e-3, 0.7)
ESS_LIGHT = (1e-4, 1e-1, 100.0, 1e-8, 2e-8, 0.7)


@pytest.mark.parametrize(
    ("formula", "point", "accuracy"),
    [
        (limits.iss_heavy_mediators, ISS_HEAVY, 1e-4),
        (limits.iss_light_mediators, ISS_LIGHT, 1e-5),
        (limits.ess_heavy_mediators, ESS_HEAVY, 1e-3),
        (limits.ess_intermediate_mediators, ESS_BETWEEN, 1e-3),
        (limits.ess_light_mediators, ESS_LIGHT, 1e-4),
    ],
)
def test_corrected_limits_hold_in_their_regimes(formula, point, accuracy) -> None:
    assert float(formula(*point)) / exact(*point) == pytest.approx(1.0, abs=accuracy)


@pytest.mark.parametrize(
    "formula",
    [
        limits.iss_heavy_mediators,
        limits.iss_light_mediators,
        limits.ess_heavy_mediators,
        limits.ess_intermediate_mediators,
        limits.ess_light_mediators,
    ],
)
def test_corrected_limits_converge_and_broadcast(formula) -> None:
    """Each further decade of hierarchy brings the limit closer, for m_D = Lambda/1000."""
    scale = 10.0 ** np.arange(2.0, 6.0)
    points = {
        limits.iss_heavy_mediators: (1e-3 / scale, 1.0 / scale, 1e-3 / scale**2, 1.0, 1.5),
        limits.iss_light_mediators: (1e-3, 1.0, 1.0 / scale, 1.0 / scale, 1.5 / scale),
        limits.ess_heavy_mediators: (1e-5 / scale, 1e-2 / scale, 1.0 / scale, 1.0, 1.5),
        limits.ess_intermediate_mediators: (1e-3 / scale, 1.0 / scale, scale, 1.0, 1.5),
        limits.ess_light_mediators: (1e-3, 1.0, scale, 1e-2 / scale**2, 1.5e-2 / scale**2),
    }[formula]
    values = formula(*points, 0.5)
    loop = one_loop_mass(to_physical(*points[:3]), *points[3:], 0.5).dark
    error = np.abs(values / loop - 1.0)
    assert error.shape == (4,)
    assert error[-1] < 2e-5
    assert np.all((np.diff(error) < 0.0) | (error[1:] < 2e-6))


def test_equation_9_as_printed_is_twice_the_heavy_limit_and_negative_where_stated() -> None:
    assert float(limits.eq9_as_printed(*ISS_HEAVY)) / exact(*ISS_HEAVY) == pytest.approx(2.0, abs=1e-3)
    ratio = float(limits.eq9_as_printed(*ISS_LIGHT)) / exact(*ISS_LIGHT)  # stated for light mediators
    assert ratio < -1e5


def test_equation_10_as_printed_fails_where_stated() -> None:
    ratio = float(limits.eq10_as_printed(*ISS_HEAVY)) / exact(*ISS_HEAVY)  # stated for heavy mediators
    assert ratio > 1e4
    assert float(limits.eq10_as_printed(*ISS_LIGHT)) == float(limits.iss_light_mediators(*ISS_LIGHT))


def test_equation_11_as_printed_fails_where_stated() -> None:
    for point in (ESS_BETWEEN, ESS_LIGHT):  # stated for light mediators
        assert float(limits.eq11_as_printed(*point)) / exact(*point) < -1e5
    assert float(limits.eq11_as_printed(*ESS_HEAVY)) == float(limits.ess_heavy_mediators(*ESS_HEAVY))


def test_equation_12_as_printed_fails_in_every_regime() -> None:
    for point in (ESS_HEAVY, ESS_BETWEEN, ESS_LIGHT):
        assert abs(float(limits.eq12_as_printed(*point)) / exact(*point) - 1.0) > 0.5


def test_no_dependence_on_a_mediator_far_below_m4() -> None:
    """The text's mild dependence on m_Z' at small m_Z' (fixed m_phi/m_Z'), which needs m_Z' << m4."""
    masses = exact(1e-4, 1.0, 0.1, 1e-3, 2e-3, 1.0), exact(1e-4, 1.0, 0.1, 1e-4, 2e-4, 1.0)
    assert masses[0] == pytest.approx(masses[1], rel=1e-3)


def test_text_reading_is_r_over_one_minus_s_times_exact() -> None:
    rng = np.random.default_rng(31)
    m5 = 10.0 ** rng.uniform(-2.0, 0.0, 200)
    r = rng.uniform(0.01, 0.99, 200)
    m3 = rng.uniform(0.0, 0.25, 200) * loop_strength(r * m5, m5, (1 - r) * m5, 1.0, 2.0, 1.0).total
    tree = family_from_mass(m3, r * m5, m5, (1 - r) * m5, 1.0, 2.0, 1.0)
    nu4, nu5 = limits.mixing2_text_reading(m3, r * m5, m5, (1 - r) * m5, 1.0, 2.0, 1.0)
    np.testing.assert_allclose(nu4, r * tree.cos2 * tree.active2_nu4, rtol=1e-13)
    np.testing.assert_allclose(nu5, r * nu4, rtol=1e-15)


def test_type_one_lines() -> None:
    assert float(limits.type1_tree_mixing2(0.05e-9, 0.1)) == pytest.approx(5e-10)
    m5 = np.array([0.01, 0.15, 5.0, 100.0])
    nu4, nu5, solvable = limits.type1_loop_mixing2(0.05e-9, 0.5 * m5, m5, 0.5 * m5)
    assert solvable.tolist() == [False, True, True, True]  # kappa > 1/4 at small masses
    np.testing.assert_array_equal(nu4[~solvable], 0.0)
    np.testing.assert_allclose(nu5, 0.5 * nu4, rtol=1e-15)
    tree = to_physical(*_lagrangian(nu4[1:], m5[1:]))
    np.testing.assert_allclose(one_loop_mass(tree, 1.0, 2.0, 0.0).total, 0.05e-9, rtol=1e-13)


def _lagrangian(mixing2, m5):
    """m_D, Lambda, mu' at m4/m5 = 1/2 from the inverse relations, written out."""
    s = 1.5 * mixing2
    return np.sqrt(s * 0.5) * m5, np.sqrt((1.0 - s) * 0.5) * m5, 0.5 * m5
