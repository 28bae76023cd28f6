"""Three-body decays with massless products in closed form, and with charged leptons by the mixings of a model."""

import numpy as np
import pytest

from nusim import pdg
from nusim.constants import G_F
from nusim.decays.amplitudes import neutrino_triple, spread, stacked
from nusim.decays.couplings import CHARGE, G_LEFT, G_RIGHT, Couplings
from nusim.decays.dark_terms import three_body_terms
from nusim.decays.leptonic import chiral_integral, unit_width
from nusim.decays.massless import massless_pair_squares, massless_squares
from nusim.kernels.lorentz import dot

from . import exchange as ex
from . import phase_space
from .dark_models import found as model

NARROW = (0.0, 0.0)
LIGHT = (0.0, 0.0, 0.0)
WIDTHS = (0.21, 0.13)


@pytest.mark.parametrize("columns", [(2, 1, 0), (2, 2, 1), (2, 2, 2), (3, 2, 1), (3, 2, 2)])
@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("m4", [0.35, 0.999999])
def test_closed_forms_with_massless_products_are_the_amplitudes(
    columns: tuple[int, int, int], majorana: bool, place: int, m4: float
) -> None:
    """Helicity by helicity, all bosons with their widths; `place` is that of the antiparticle among Dirac products."""
    masses = (*LIGHT, m4, 1.0)
    found = ex.random_couplings(np.random.default_rng(20), masses, majorana, m_zprime=1.3, m_phi=1.6)
    momenta = phase_space.three_body_points(1.0, tuple(masses[k] for k in columns), 30, np.random.default_rng(21))[0]
    amplitude = neutrino_triple(found, 4, columns, WIDTHS, place)
    squares = np.sum(np.abs(amplitude.tensor(momenta)) ** 2, axis=3)
    tolerance = 1e-13 / (1 - m4)
    expected = squares if columns[0] < 3 else squares.sum(axis=0)
    closed = massless_squares if columns[0] < 3 else massless_pair_squares
    np.testing.assert_allclose(closed(amplitude, momenta), expected, rtol=0, atol=tolerance * np.max(expected))
    twice = closed(spread(stacked([amplitude, amplitude]), 1), momenta.reshape(2, 15, 3, 4))
    np.testing.assert_allclose(twice.reshape(expected.shape), expected, rtol=0, atol=tolerance * np.max(expected))


def width(found: Couplings, products: str) -> float:
    return sum(term.width for term in three_body_terms(found, "nu5", NARROW, False)[products])


def test_two_flavours_beside_a_heavy_neutrino() -> None:
    """Dirac: nu5 -> nu4 mu- e+ is I(x_mu, x_e, x_4) of a charged current; a Majorana one has two that interfere through m4 only."""
    found = model(m4=0.3, m5=1.0, majorana=False, mixing2=1e-4, m_zprime=2.0, m_phi=3.0)
    u, four, five = found.charged, found.heavy("nu4"), found.heavy("nu5")
    x_e, x_mu = pdg.mass(11), pdg.mass(13)
    unit = unit_width(1.0) * chiral_integral(x_mu, x_e, 0.3)
    for products, minus, plus in (("nu4 mu- e+", 1, 0), ("nu4 e- mu+", 0, 1)):
        expected = unit * abs(u[minus, five] * u[plus, four]) ** 2
        np.testing.assert_allclose(width(found, products), expected, rtol=1e-8)
    tiny = model(m4=1e-6, m5=1.0, mixing2=1e-4, m_zprime=2.0, m_phi=3.0)
    u = tiny.charged
    expected = unit_width(1.0) * chiral_integral(x_mu, x_e, 1e-6) * (abs(u[1, five] * u[0, four]) ** 2 + abs(u[0, five] * u[1, four]) ** 2)
    np.testing.assert_allclose(width(tiny, "nu4 mu- e+"), expected, rtol=1e-4)


def test_light_leptons_have_the_couplings_of_the_lagrangian() -> None:
    """|M|^2 of nu l- l+ from K_LX = -2 sqrt2 G_F (C g_X + delta_XL U U*) + g' V eps e Q / (q^2 - m^2), helicity by helicity."""
    found = model(m4=0.3, m5=1.0, m_zprime=1.5, m_phi=2.5, epsilon=1e-3)
    h, u = found.heavy("nu5"), found.charged
    terms = three_body_terms(found, "nu5", NARROW, True)["nu mu- mu+"]
    momenta, _ = terms[0].sample(np.random.default_rng(2).random((50, 6)))
    a, b, c = (momenta[:, k] for k in range(3))
    rest, s = np.tile([1.0, 0, 0, 0], (50, 1)), dot(b + c, b + c)
    expected = np.zeros(50)
    for column in range(3):
        weak, both = np.sum(u[:, column].conj() * u[:, h]), u[1, h] * u[1, column].conj()
        # V_3h = -C_3h, g' = 0.7; the others see no Z'
        hidden = -0.7 * weak if abs(found.zprime.neutrino[column, h]) > 1e-6 else 0.0
        mix = hidden * 1e-3 * -CHARGE / (s - 1.5**2)
        left, right = (-2 * np.sqrt(2) * G_F * g + mix for g in (weak * G_LEFT + both, weak * G_RIGHT))
        zero = np.zeros(50)
        for kk in ((left, right, zero, zero), (zero, zero, -left.conj(), -right.conj())):
            expected += ex.pair_square(rest, a, b, c, (1.0, 0.0, pdg.mass(13), pdg.mass(13)), *kk) / 2
    value = sum(term.msq(momenta, np.zeros((50, 3))) for term in terms)
    # Z and Z' themselves mix by (m_Z'/m_Z)^2
    np.testing.assert_allclose(value, expected, rtol=1e-3)
