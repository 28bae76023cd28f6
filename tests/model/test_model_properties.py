"""What holds for every dark-neutrino model: the mass condition, eigenvalues and unitarity, monotony, and scaling of all masses."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nusim.errors import ParameterError
from nusim.model.mass_matrix import flavour_mass_matrix, mass_matrix
from nusim.model.model import DarkNeutrino, Lagrangian, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve

MANY = settings(deadline=None, derandomize=True, max_examples=150, database=None, suppress_health_check=[HealthCheck.filter_too_much])


def decades(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers spread evenly in their logarithm."""
    return st.floats(np.log10(low), np.log10(high)).map(lambda power: float(10.0**power))


FLAVOURS = st.tuples(*[st.floats(0.0, 1.0)] * 3).filter(lambda shares: sum(shares) > 1e-3)
MEDIATORS = st.builds(Mediator, decades(1e-3, 1e3), decades(1e-3, 1e3), decades(1e-4, 3.0))
LAGRANGIANS = st.builds(Lagrangian, decades(1e-9, 1.0), decades(1e-3, 10.0), decades(1e-9, 10.0))
RATIOS = st.floats(1e-6, 1.0 - 1e-9)


def dark(
    mass: Physical | Lagrangian, flavour: tuple[float, float, float] = (0.0, 1.0, 0.0), mediator: Mediator | None = None
) -> DarkNeutrino:
    chosen = mediator or Mediator(1.0, 2.0, 1.0)
    return DarkNeutrino(
        name="test", source="made for a test", flavour=flavour, mass=mass, mediator=chosen, majorana=True, portals=Portals()
    )


def solved(model: DarkNeutrino) -> Spectrum:
    """Its spectrum; a light mass that the model cannot have is no case."""
    try:
        return solve(model)
    except ParameterError as error:
        assume("m3_ev" not in str(error) and "masses do not ascend" not in str(error))
        raise


@MANY
@given(decades(1e-3, 100.0), RATIOS, decades(1e-4, 1.0), FLAVOURS, MEDIATORS, st.sampled_from(["small", "large"]))
def test_the_mass_condition_is_fulfilled(
    m5: float, ratio: float, m3: float, flavour: tuple[float, float, float], mediator: Mediator, branch: str
) -> None:
    """Solved for the mixing, the model with that mixing has the mass that was asked for."""
    found = solved(dark(Physical(m5=m5, mass_ratio=ratio, m3_ev=m3, branch=branch), flavour, mediator))  # type: ignore[arg-type]
    assert found.m3_ev == pytest.approx(m3, rel=1e-9)
    assert found.mass("nu3") == pytest.approx(m3 * 1e-9, rel=1e-9)
    mixing2 = float(found.active_mixing2("nu4").sum())
    assert 0.0 <= mixing2 <= 1.0 / (1.0 + ratio) * (1 + 1e-12)
    if branch == "small":  # near the largest mixing the mass depends on its distance from that, which mixing2 does not hold
        again = solve(dark(Physical(m5=m5, mass_ratio=ratio, mixing2=mixing2), flavour, mediator))
        assert again.m3_ev == pytest.approx(m3, rel=1e-6)


@MANY
@given(LAGRANGIANS, FLAVOURS)
def test_masses_are_singular_values_and_mixing_is_unitary(mass: Lagrangian, flavour: tuple[float, float, float]) -> None:
    found = solved(dark(mass, flavour))
    matrix = mass_matrix(mass.m_dirac, mass.lambda_, mass.mu_prime)
    largest = found.masses.max()
    assert np.linalg.svd(matrix, compute_uv=False)[:2] == pytest.approx([found.m5, found.m4], rel=1e-9, abs=1e-14 * largest)
    u = found.U
    assert np.abs(np.conj(u.T) @ u - np.eye(5)).max() < 1e-14
    direction = np.sqrt(np.array(flavour) / sum(flavour))
    whole = flavour_mass_matrix(mass.m_dirac, mass.lambda_, mass.mu_prime, direction)
    diagonal = u.T @ whole @ u
    assert np.abs(diagonal - np.diag([0.0, 0.0, 0.0, found.m4, found.m5])).max() < 1e-13 * largest


@MANY
@given(LAGRANGIANS, FLAVOURS, MEDIATORS, decades(1e-3, 1e3))
def test_all_masses_scale_together(mass: Lagrangian, flavour: tuple[float, float, float], mediator: Mediator, scale: float) -> None:
    """Mixings are ratios of masses, and so is what the dark loop makes of one."""
    one = solved(dark(mass, flavour, mediator))
    larger = Lagrangian(mass.m_dirac * scale, mass.lambda_ * scale, mass.mu_prime * scale)
    other = solve(dark(larger, flavour, Mediator(mediator.m_zprime * scale, mediator.m_phi * scale, mediator.g_dark)))
    assert other.masses[3:] == pytest.approx(scale * one.masses[3:], rel=1e-11)
    assert np.abs(other.U) ** 2 == pytest.approx(np.abs(one.U) ** 2, rel=1e-9, abs=1e-15)
    assert one.m3_dark_ev is not None
    assert other.m3_dark_ev == pytest.approx(scale * one.m3_dark_ev, rel=1e-6, abs=1e-300)


@MANY
@given(decades(1e-3, 10.0), RATIOS, decades(1e-4, 1.0), st.floats(1.01, 10.0))
def test_a_heavier_light_neutrino_needs_more_mixing(m5: float, ratio: float, m3: float, factor: float) -> None:
    """On the branch of small mixings; the mass grows in proportion while mixings are small."""
    less, more = (solved(dark(Physical(m5=m5, mass_ratio=ratio, m3_ev=value))) for value in (m3, factor * m3))
    a, b = (float(one.active_mixing2("nu4").sum()) for one in (less, more))
    assert b > a
    if b < 1e-6:
        assert b / a == pytest.approx(factor, rel=1e-4)


@MANY
@given(LAGRANGIANS, MEDIATORS)
def test_a_model_through_its_physical_parameters_is_the_same(mass: Lagrangian, mediator: Mediator) -> None:
    one = solved(dark(mass, mediator=mediator))
    assert one.m5 is not None
    assume(1e-30 < one.active_mixing2("nu4").sum() < 0.4)
    assume(one.m4 / one.m5 > 1e-12)
    split = {"one_minus_mass_ratio": one.mu_prime / one.m5} if one.mu_prime < 0.5 * one.m5 else {"mass_ratio": one.m4 / one.m5}  # type: ignore[operator]
    mixing2 = float(one.active_mixing2("nu4").sum())
    other = solve(replace(one.model, mass=Physical(m5=one.m5, mixing2=mixing2, **split)))
    assert (other.m_dirac, other.lambda_, other.mu_prime) == pytest.approx((mass.m_dirac, mass.lambda_, mass.mu_prime), rel=1e-7)
