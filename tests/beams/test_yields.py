"""Published production parametrisations: their integrals, points and draws."""

from collections.abc import Callable

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam
from nusim.beams.yields import YieldFormula, bmpt, differential_cross_section, draw_yield, feynman_scaling, multiplicity, sanford_wang
from nusim.errors import ParameterError
from nusim.kernels.arrays import Array
from nusim.kernels.lorentz import unboost

APRIL07 = (237.2, 0.8986, 4.521, 1.154, 1.105, 4.224, 0.06613, 9.961, 1.0)


@pytest.mark.parametrize(("name", "published"), [("pi+", 0.840), ("pi-", 0.763), ("KL", 0.0237)])
def test_integrals_over_the_production_cross_section_are_the_published_multiplicities(bnb: Beam, name: str, published: float) -> None:
    """Sanford-Wang over theta < pi/2 by 189.3 mb, as integrated from the published parameters (three digits)."""
    formula = differential_cross_section(bnb.yields[name], pdg.CODES[name], 8.89)
    assert multiplicity(formula, 189.3, 8.89) == pytest.approx(published, rel=2e-3)


def test_the_other_published_pi_minus_set_makes_more(bnb: Beam) -> None:
    formula = differential_cross_section(YieldFormula("sanford-wang", APRIL07), -211, 8.89)
    assert multiplicity(formula, 189.3, 8.89) == pytest.approx(0.867, rel=2e-3)


def test_kaon_yield_meets_the_measurement_in_neutrinos(bnb: Beam) -> None:
    """SciBooNE, arXiv:1105.2871: 5.34 +- 0.76 mb/(GeV/c sr) for K+ of 3.9 GeV at 3.7 degrees."""
    mass = pdg.mass(321)
    value = feynman_scaling(np.sqrt(3.9**2 - mass**2), np.deg2rad(3.7), bnb.yields["K+"].parameters, 8.89, mass)
    assert abs(value - 5.34) < 0.76


def test_kinematic_edges_are_zero_not_negative(bnb: Beam) -> None:
    p, theta = np.linspace(0.0, 9.0, 91)[:, None], np.linspace(0.0, np.pi, 50)[None, :]
    for name in ("pi+", "pi-", "KL", "K+"):
        values = differential_cross_section(bnb.yields[name], pdg.CODES[name], bnb.momentum)(p, theta)
        assert np.all(np.isfinite(values))
        assert np.all(values >= 0)
    assert np.all(sanford_wang(np.array([7.9, 8.5]), 0.05, bnb.yields["pi+"].parameters, 8.89) == 0)


@pytest.mark.parametrize("name", ["pi+", "pi-", "KL", "K+"])
def test_draws_reproduce_the_integral_and_its_moments(bnb: Beam, name: str) -> None:
    """Weighted draws against Gauss-Legendre quadrature, within five of their own standard errors."""
    formula = differential_cross_section(bnb.yields[name], pdg.CODES[name], bnb.momentum)
    n = 400_000
    p, theta, weight = draw_yield(formula, np.random.default_rng(3).random((n, 3)), bnb.momentum)
    nodes, w = np.polynomial.legendre.leggauss(300)
    grid_p = bnb.momentum * (nodes + 1) / 2

    def integral(low: float, high: float, factor: Callable[[Array, Array], Array]) -> float:
        grid_t = low + (high - low) * (nodes + 1) / 2
        density = formula(grid_p[:, None], grid_t[None, :]) * 2 * np.pi * np.sin(grid_t) * np.outer(w, w)
        return float(np.sum(density * factor(grid_p[:, None], grid_t[None, :])) * bnb.momentum / 2 * (high - low) / 2)

    for moment, exact in (
        (np.ones(n), integral(0.0, np.pi / 2, lambda p, t: np.ones_like(p * t))),
        (p, integral(0.0, np.pi / 2, lambda p, t: p + 0 * t)),
        (np.cos(theta), integral(0.0, np.pi / 2, lambda p, t: np.cos(t) + 0 * p)),
        (1.0 * (theta < 0.1), integral(0.0, 0.1, lambda p, t: np.ones_like(p * t))),
    ):
        values = weight * moment * n
        assert values.mean() == pytest.approx(exact, abs=5 * values.std() / np.sqrt(n))


def test_wrong_number_of_parameters_is_refused() -> None:
    with pytest.raises(ParameterError, match="the formula has 9"):
        YieldFormula("sanford-wang", (1.0, 2.0))


PIONS = (62.3, 1.57, 3.45, 0.517, 6.1, 0.153, 0.478, 1.05, 2.65, 9.0)
KAONS = (7.74, 0.0, 2.45, 0.444, 5.04, 0.121, 0.242, 1.15, -3.17, 9.0)


@pytest.mark.parametrize(("code", "c"), [(211, PIONS), (-211, PIONS), (321, KAONS), (-321, KAONS)])
def test_bonesini_is_its_invariant_form_at_boosted_four_momenta(code: int, c: tuple[float, ...]) -> None:
    """hep-ph/0101163: E d3sigma/dp3 on beryllium with x_R from four-momenta boosted to the proton-nucleon frame, typed in once more."""
    mass, nucleon, beam = pdg.mass(abs(code)), pdg.mass(2212), 120.0
    p, theta = np.array([3.0, 8.0, 25.0, 70.0]), np.array([0.09, 0.03, 0.012, 0.002])
    lab = np.stack([np.hypot(p, mass), p * np.sin(theta), 0 * p, p * np.cos(theta)], axis=-1)
    frame = np.array([np.hypot(beam, nucleon) + nucleon, 0.0, 0.0, beam])
    root_s = np.sqrt(frame[0] ** 2 - beam**2)
    star = unboost(lab, np.tile(frame, (4, 1)), float(root_s))[:, 0]
    recoil = 2 * nucleon if abs(code) == 211 else nucleon + pdg.mass(3122)
    x = star / ((root_s**2 + mass**2 - recoil**2) / (2 * root_s))
    t = p * np.sin(theta)
    a1, b1 = c[4] / x ** c[5], c[4] ** 2 / (2 * x ** c[6])
    invariant = c[0] * (1 - x) ** c[2] * (1 + c[1] * x) * x ** -c[3] * (1 + a1 * t + b1 * t * t) * np.exp(-a1 * t)
    if code < 0:
        invariant /= c[7] * ((1 + x) if code == -211 else (1 - x)) ** c[8]
    assert bmpt(p, theta, c, beam, code) * np.hypot(p, mass) / p**2 == pytest.approx(invariant, rel=1e-9)


def test_bonesini_long_lived_kaons_and_carbon() -> None:
    """K_L = (K+ + 3 K-)/4; forward at x_F near 0 carbon has (12/9)^0.725 times the yield of beryllium."""
    p, theta = np.array([5.0, 30.0]), np.array([0.05, 0.01])
    kaons = [bmpt(p, theta, KAONS, 120.0, code) for code in (130, 321, -321)]
    assert kaons[0] == pytest.approx((kaons[1] + 3 * kaons[2]) / 4, rel=1e-2)  # the masses differ by 4 MeV
    carbon = (*PIONS[:9], 12.0)
    # x_F = 0 at 1.1 GeV/c along the beam of 120 GeV/c
    slow = np.array([1.105])
    zero = np.array([0.0])
    assert bmpt(slow, zero, carbon, 120.0, 211) / bmpt(slow, zero, PIONS, 120.0, 211) == pytest.approx((12 / 9) ** (0.74 * 0.98), rel=2e-3)


def test_bonesini_makes_the_pions_data_and_generators_make() -> None:
    """Multiplicities in p-C at 120 GeV/c between half and 1.3 times those of Pythia 8.317 (3.34 pi+, 0.32 K+): another route, no fit."""
    for code, c, generator in ((211, PIONS, 3.34), (-211, PIONS, 2.97), (321, KAONS, 0.32), (-321, KAONS, 0.20)):
        formula = differential_cross_section(YieldFormula("bmpt", (*c[:9], 12.0)), code, 120.934)
        assert 0.5 < multiplicity(formula, 228.0, 120.934) / generator < 1.3, code


def test_the_cascade_is_a_kind_without_parameters() -> None:
    formula = YieldFormula("cascade")
    assert not formula.parametrised
    with pytest.raises(ParameterError, match="generator"):
        differential_cross_section(formula, 211, 120.0)
    with pytest.raises(ParameterError, match="the formula has 0"):
        YieldFormula("cascade", (1.0,))
