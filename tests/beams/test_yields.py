"""Published production parametrisations: their integrals, points and draws."""

from collections.abc import Callable

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam
from nusim.beams.yields import YieldFormula, differential_cross_section, draw_yield, feynman_scaling, multiplicity, sanford_wang
from nusim.errors import ParameterError
from nusim.kernels.arrays import Array

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
