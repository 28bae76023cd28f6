"""What holds for every decay table: nothing negative, ratios that sum to one, lepton number, scaling, decoupling."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nusim.decays.table import decay_table
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import solve

from .models import table

SOME = settings(deadline=None, derandomize=True, max_examples=60, database=None)
FEW = settings(deadline=None, derandomize=True, max_examples=20, database=None)
POWERS = st.floats(-12.0, -3.0).map(lambda power: float(10.0**power))
MIXINGS = st.tuples(*[st.one_of(st.just(0.0), POWERS)] * 3).filter(lambda shares: sum(shares) > 0)
MASSES = st.floats(-2.5, 1.0).map(lambda power: float(10.0**power))
LIGHT = st.floats(-4.0, math.log10(9e-4)).map(lambda power: float(10.0**power))
"""GeV; too light for any channel but light neutrinos and photons."""


def dark(m_zprime: float, ratio: float, m5: float = 0.1, majorana: bool = True, g_dark: float = 1.0) -> DarkNeutrino:
    mass = Physical(m5=m5, mass_ratio=ratio, mixing2=1e-9)
    mediator = Mediator(m_zprime, 10 * m_zprime, g_dark)
    return DarkNeutrino(
        name="test", source="made for a test", flavour=(0.0, 1.0, 0.0), mass=mass, mediator=mediator, majorana=majorana, portals=Portals()
    )


@SOME
@given(MASSES, MIXINGS, st.booleans())
def test_widths_are_not_negative_and_ratios_sum_to_one(mass: float, mixing2: tuple[float, float, float], majorana: bool) -> None:
    found = table(mass, mixing2, majorana)
    widths = np.array([channel.width for channel in found])
    assert np.all(np.isfinite(widths))
    assert np.all(widths >= 0)
    assert math.fsum(widths) == pytest.approx(found.total_width, rel=1e-12)
    assert math.fsum(found.branching_ratio(channel.products) for channel in found) == pytest.approx(1.0, rel=1e-12)


@SOME
@given(MASSES, MIXINGS)
def test_majorana_states_decay_twice_as_fast(mass: float, mixing2: tuple[float, float, float]) -> None:
    """Into both lepton numbers alike: without light-neutrino masses every SM channel has its conjugate."""
    assert table(mass, mixing2).total_width == pytest.approx(2 * table(mass, mixing2, majorana=False).total_width, rel=1e-12)


@SOME
@given(MASSES, MIXINGS, st.floats(1e-6, 1.0))
def test_widths_are_proportional_to_mixings(mass: float, mixing2: tuple[float, float, float], factor: float) -> None:
    one, other = table(mass, mixing2), table(mass, tuple(factor * share for share in mixing2))  # type: ignore[arg-type]
    assert {c.products: c.width * factor for c in one} == pytest.approx({c.products: c.width for c in other}, rel=1e-11, abs=1e-300)


@SOME
@given(LIGHT, MIXINGS, st.floats(0.1, 1.0))
def test_without_masses_in_the_final_state_the_width_goes_with_the_fifth_power(
    mass: float, mixing2: tuple[float, float, float], factor: float
) -> None:
    one, other = table(mass, mixing2), table(mass * factor, mixing2)
    assert {c.products for c in one if c.width > 0} == {"nu gamma", "nu nu nu"}
    assert other.total_width == pytest.approx(one.total_width * factor**5, rel=1e-9)


@SOME
@given(st.floats(0.2, 7.0))
def test_massive_final_states_take_away_from_the_fifth_power(mass: float) -> None:
    """nu e- e+ per m^5 grows towards its massless limit, and 2 m_e / m away from it by less than (2 m_e / m)^2 times 10."""
    one, other = (table(m, (0.0, 1e-6, 0.0)).width("nu e- e+") / m**5 for m in (mass, 10.0 * mass))
    small = (2 * 0.511e-3 / mass) ** 2
    assert 1 - 10 * small < one / other <= 1 + 1e-9


@FEW
@given(st.floats(0.05, 0.6), st.floats(0.0, 0.3), st.booleans())
def test_a_heavy_mediator_decouples(ratio: float, shift: float, majorana: bool) -> None:
    """nu5 -> nu4 nu nu through the Z' falls with m_Z'^-4, and what is left is the weak decay, which does not know the Z'."""
    widths = [decay_table(solve(dark(10.0 ** (power + shift), ratio, majorana=majorana)), "nu5") for power in (0, 1, 7, 8)]
    near, far, weak, still_weak = (one.width("nu4 nu nu") for one in widths)
    assert near / far == pytest.approx(1e4, rel=0.1)
    assert weak == pytest.approx(still_weak, rel=1e-3)
    assert weak < far
    assert widths[0].width("nu e- e+") == pytest.approx(widths[3].width("nu e- e+"), rel=1e-9)


@FEW
@given(st.floats(0.05, 0.6), st.floats(0.1, 0.5))
def test_dark_widths_go_with_the_fourth_power_of_the_coupling(ratio: float, g_dark: float) -> None:
    """Where the weak part is nothing beside them."""
    one, other = (decay_table(solve(dark(0.5, ratio, g_dark=g)), "nu5").width("nu4 nu nu") for g in (g_dark, 2 * g_dark))
    assert other / one == pytest.approx(16.0, rel=1e-3)
