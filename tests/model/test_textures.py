"""Filled textures: linear, inverse and extended seesaw against 50-digit diagonalisation of the whole matrix."""

import mpmath as mp
import numpy as np
import pytest

from nusim.kernels.takagi import takagi
from nusim.model.families import families
from nusim.model.model import Mediator
from nusim.model.textures import compare, extended_seesaw, inverse_seesaw, linear_seesaw

from . import exact_families as exact
from .test_families import draw

MEDIATOR = Mediator(1.0, 2.0, 1.0)


def light(m_dirac, lambda_, mu, epsilon=None, mu_dark=None):
    """The three lightest masses of the whole matrix."""
    with mp.workdps(exact.DIGITS):
        return [float(mass) for mass in exact.takagi(exact.assemble(m_dirac, lambda_, mu, epsilon, mu_dark))[0][:3]]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("m_dirac", [1e-3, 0.3])
def test_linear_and_inverse_seesaw(n: int, m_dirac: float) -> None:
    """First order in the filled entries, any order in mD/Lambda and mu/Lambda: off by their square."""
    blocks = draw(np.random.default_rng(n), n, m_dirac)
    found = families(*blocks)
    epsilon, _, mu_dark = draw(np.random.default_rng(n + 50), n, 1e-12, 1.0, 1e-11)
    inverse = takagi(inverse_seesaw(found, mu_dark))[0]
    assert inverse[3 - n :] == pytest.approx(light(*blocks, mu_dark=mu_dark)[3 - n :], rel=1e-8)
    linear = takagi(linear_seesaw(found, epsilon))[0]
    whole = light(*blocks, epsilon=epsilon)
    rank = min(3, 2 * n)
    assert linear[3 - rank :] == pytest.approx(whole[3 - rank :], rel=1e-7)
    both = takagi(linear_seesaw(found, epsilon) + inverse_seesaw(found, mu_dark))[0]
    assert both[3 - rank :] == pytest.approx(light(*blocks, epsilon, mu_dark)[3 - rank :], rel=1e-7)


def test_textbook_limits_of_one_family() -> None:
    """mu_D mD^2/Lambda^2 and 2 eps mD/Lambda, for mD << Lambda."""
    found = families(np.array([[0.0], [1e-4], [0.0]]), [[0.1]], [[0.07]])
    assert takagi(inverse_seesaw(found, np.array([[2e-6]])))[0][2] == pytest.approx(2e-6 * 1e-6, rel=1e-5)
    assert takagi(linear_seesaw(found, np.array([[0.0], [3e-9], [0.0]])))[0][2] == pytest.approx(2 * 3e-9 * 1e-3, rel=1e-5)


@pytest.mark.parametrize(("n_sterile", "n_dark"), [(3, 1), (2, 1), (3, 2)])
def test_extended_seesaw_with_more_n_than_d(n_sterile: int, n_dark: int) -> None:
    rng = np.random.default_rng(n_sterile)
    m_dirac, _, mu = draw(rng, n_sterile, 1e-6, 1.0, 3.0)
    lambda_ = draw(rng, n_sterile, 1.0, 0.2)[1][:, :n_dark]
    matrix = extended_seesaw(m_dirac, lambda_, mu)
    number = n_sterile - n_dark
    assert takagi(matrix)[0][3 - number :] == pytest.approx(light(m_dirac, lambda_, mu)[3 - number :], rel=1e-8)
    inverse = np.linalg.inv(mu)
    literal = inverse @ lambda_ @ np.linalg.inv(lambda_.T @ inverse @ lambda_) @ lambda_.T @ inverse - inverse
    assert np.abs(matrix - m_dirac @ literal @ m_dirac.T).max() < 1e-12 * np.abs(matrix).max()


def test_as_many_n_as_d_have_no_tree_level_mass() -> None:
    assert np.all(extended_seesaw(*draw(np.random.default_rng(8), 2)) == 0)


def test_beside_the_loops() -> None:
    """The factor at which a filled entry gives what the loops give, and the sum of both."""
    blocks = draw(np.random.default_rng(9), 2, 1e-4)
    found = families(*blocks)
    pattern = np.eye(2)
    once = compare(found, MEDIATOR, inverse_seesaw(found, 1e-9 * pattern))
    again = compare(found, MEDIATOR, inverse_seesaw(found, 1e-9 * once.harmless * pattern))
    assert again.tree[2] == pytest.approx(again.loop[2], rel=1e-12)
    assert again.harmless == pytest.approx(1.0)
    assert again.together[2] <= again.tree[2] + again.loop[2]
    assert compare(found, MEDIATOR, np.zeros((3, 3), complex)).harmless == np.inf
    # a mu_D of loop size, y^2/16 pi^2 mu, would already compete
    assert 1e-5 < 1e-9 * once.harmless / 0.2 < 0.1
