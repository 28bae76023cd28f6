"""m_ee: the closed forms against the literal sum with 50 digits, their limits, and the interference of nu4 and nu5."""

import mpmath as mp
import numpy as np
import pytest

import nusim
from nusim.model.model import DarkNeutrino, Hnl, Lagrangian, Mediator, Physical
from nusim.model.neutrinoless import LIMIT_EV, MOMENTUM, effective_mass, effective_mass_summary
from nusim.model.spectrum import solve
from nusim.units import eV

from . import exact_families as exact
from .test_families import draw, model

MEDIATOR = Mediator(1.0, 2.0, 1.0)


def literal(blocks, momentum: float) -> complex:
    """sum over heavy i of U_ei^2 m_i p^2/(p^2 + m_i^2) from the whole matrix, 50 digits."""
    with mp.workdps(exact.DIGITS):
        masses, columns = exact.takagi(exact.assemble(*blocks))
        square = mp.mpf(momentum) ** 2
        return complex(mp.fsum(u[0] ** 2 * m * square / (square + m**2) for m, u in zip(masses[3:], columns[3:], strict=True)))


def one(e: float, m4: float, m5: float, majorana: bool = True) -> DarkNeutrino:
    return DarkNeutrino("one", "test", majorana, (e, 1 - e, 0.0), Physical(m5, m4=m4, mixing2=1e-6), MEDIATOR)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(("lambda_", "mu"), [(0.3, 0.2), (1e-4, 1e-4), (30.0, 20.0), (0.2, 1e-8), (0.1, 100.0)])
def test_the_closed_form_is_the_sum(n: int, lambda_: float, mu: float) -> None:
    blocks = draw(np.random.default_rng(n), n, 1e-5, lambda_, mu)
    spectrum = solve(model(*blocks))
    for momentum in (0.1, 0.15, 0.2):
        assert effective_mass(spectrum, momentum).heavy == pytest.approx(literal(blocks, momentum), rel=1e-11)


def test_one_family_of_either_kind() -> None:
    lagrangian = DarkNeutrino("one", "test", True, (0.6, 0.4, 0.0), Lagrangian(1e-4, 0.1, 0.07), MEDIATOR)
    blocks = 1e-4 * np.sqrt([[0.6], [0.4], [0.0]]), np.array([[0.1]]), np.array([[0.07]])
    one_family, families = effective_mass(solve(lagrangian)), effective_mass(solve(model(*blocks)))
    assert one_family.heavy == pytest.approx(families.heavy, rel=1e-12)
    assert one_family.light == pytest.approx(families.light, rel=1e-12)
    assert one_family.incoherent == pytest.approx(families.incoherent, rel=1e-10)
    assert one_family.heavy == pytest.approx(literal(blocks, MOMENTUM), rel=1e-12)


def test_nu4_and_nu5_cancel() -> None:
    """Both light against <p^2>: as m^2/<p^2>. Pseudo-Dirac: as the splitting. One light, one heavy: no cancellation."""
    light = effective_mass(solve(one(1.0, 1e-4, 2e-4)))
    assert abs(light.heavy) / light.incoherent == pytest.approx(0.5 * (2e-4**2 - 1e-4**2) / MOMENTUM**2, rel=1e-4)
    pair = effective_mass(solve(one(1.0, 0.3 * (1 - 1e-9), 0.3)))
    assert abs(pair.heavy) / pair.incoherent < 1e-8
    apart = effective_mass(solve(one(1.0, 0.01, 100.0)))
    assert abs(apart.heavy) / apart.incoherent > 0.99
    assert abs(apart.heavy) == pytest.approx(0.01 * 1e-6 / (1 + 0.01**2 / MOMENTUM**2), rel=1e-3)


def test_without_electron_or_with_dirac_states_there_is_none() -> None:
    assert effective_mass(solve(one(0.0, 0.1, 0.2))).total == 0.0
    assert effective_mass(solve(one(1.0, 0.1, 0.2, majorana=False))).total == 0.0
    card = Hnl("hnl", "test", True, 0.3, (1e-6, 0.0, 0.0))
    assert effective_mass(solve(card)).total == pytest.approx(1e-6 * 0.3 * MOMENTUM**2 / (MOMENTUM**2 + 0.09))


def test_light_neutrinos_alone() -> None:
    """NuFIT 5.2 normal ordering, m1 = 0: |m2 s12^2 c13^2 e^{i a21} + m3 s13^2 e^{i (a31 - 2 delta)}|."""
    spectrum = solve(nusim.read_model("two-families"))
    first, second = 0.008608 * 0.303 * (1 - 0.02203), 0.050110 * 0.02203
    assert abs(effective_mass(spectrum).light) / eV == pytest.approx(first + second, rel=1e-3)  # a31 = 2 delta in this card


def test_the_summary_and_the_limit() -> None:
    summary = effective_mass_summary(solve(nusim.read_model("circle", set={"flavour.e": 1.0, "flavour.mu": 0.0})))
    assert summary["m_ee_excluded"]
    low, high = summary["m_ee_range_ev"]
    assert LIMIT_EV[1] < low < summary["m_ee_ev"] < high
    assert summary["m_ee_heavy_ev"] < summary["m_ee_heavy_without_interference_ev"]


@pytest.mark.parametrize("name", ["two-families", "three-families", "pseudo-dirac"])
def test_shipped_cards_pass(name: str) -> None:
    assert not effective_mass_summary(solve(nusim.read_model(name)))["m_ee_excluded"]
