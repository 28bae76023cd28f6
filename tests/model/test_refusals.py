"""Every refusal of the model layer, by its message."""

import math
import re

import numpy as np
import pytest

from nusim.errors import ParameterError
from nusim.model.model import DarkNeutrino, Hnl, Lagrangian, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve

GOOD = {"m5": 0.15, "mass_ratio": 0.5, "m3_ev": 0.05}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"m5": -0.1}, "physical.m5 = -0.1: masses must be positive"),
        ({"m5": 0.0}, "physical.m5 = 0: masses must be positive"),
        ({"m5": math.nan}, "physical.m5 = nan: give a finite number"),
        ({"m5": math.inf}, "physical.m5 = inf: give a finite number"),
        (
            {"mass_ratio": None},
            "physical: found none of them; give exactly one of physical.mass_ratio, physical.one_minus_mass_ratio and physical.m4",
        ),
        ({"m4": 0.1}, "physical: found mass_ratio and m4; give exactly one of"),
        ({"m3_ev": None}, "physical: found none of them; give exactly one of physical.m3_ev and physical.mixing2"),
        ({"mixing2": 1e-7}, "physical: found m3_ev and mixing2; give exactly one of"),
        ({"mass_ratio": None, "m4": 0.2}, "physical.m4 = 0.2: heavier than physical.m5 = 0.15; nu4 is the lighter state, give m4 <= m5"),
        ({"mass_ratio": None, "m4": 0.0}, "physical.m4 = 0: masses must be positive"),
        ({"mass_ratio": 1.5}, "physical.mass_ratio = 1.5: m4/m5 must be in (0, 1]; nu4 is the lighter state"),
        ({"mass_ratio": 0.0}, "physical.mass_ratio = 0: m4/m5 must be in (0, 1]"),
        ({"mass_ratio": None, "one_minus_mass_ratio": 1.0}, "physical.one_minus_mass_ratio = 1: 1 - m4/m5 must be in [0, 1)"),
        ({"mass_ratio": None, "one_minus_mass_ratio": -0.1}, "physical.one_minus_mass_ratio = -0.1: 1 - m4/m5 must be in [0, 1)"),
        ({"m3_ev": 0.0}, "physical.m3_ev = 0: the light mass must be positive"),
        ({"m3_ev": None, "mixing2": -1e-9}, "physical.mixing2 = -1e-09: |U_4|^2 must not be negative"),
        ({"m3_ev": None, "mixing2": 0.7}, "physical.mixing2 = 0.7: |U_4|^2 is at most 1/(1 + m4/m5) = 0.666667 for these masses"),
        ({"branch": "middle"}, "physical.branch = 'middle': give 'small' or 'large'"),
    ],
)
def test_physical(changes: dict, message: str) -> None:
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        Physical(**{**GOOD, **changes})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.0, 0.1, 0.1), "lagrangian.m_dirac = 0: masses must be positive"),
        ((1e-5, -0.1, 0.1), "lagrangian.lambda = -0.1: masses must be positive"),
        ((1e-5, 0.1, -0.1), "lagrangian.mu_prime = -0.1: must not be negative; its phase is absorbed in the fields"),
    ],
)
def test_lagrangian(values: tuple[float, float, float], message: str) -> None:
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        Lagrangian(*values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.0, 2.0, 1.0), "mediator.m_zprime = 0: masses must be positive"),
        ((1.0, -2.0, 1.0), "mediator.m_phi = -2: masses must be positive"),
        ((1.0, 2.0, 0.0), "mediator.g_dark = 0: the gauge coupling must be positive"),
    ],
)
def test_mediator(values: tuple[float, float, float], message: str) -> None:
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        Mediator(*values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epsilon": 1e-3, "chi_hypercharge": 1e-3}, "portals: found epsilon = 0.001 and chi_hypercharge = 0.001; give one of the two"),
        ({"sin_alpha": 1.5}, "portals.sin_alpha = 1.5: a mixing must lie between -1 and 1"),
        ({"epsilon": math.nan}, "portals.epsilon = nan: give a finite number"),
    ],
)
def test_portals(values: dict[str, float], message: str) -> None:
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        Portals(**values)


def dark(mass: Physical | Lagrangian, **changes) -> DarkNeutrino:
    fields = {"flavour": (0.0, 1.0, 0.0), "majorana": True, "mediator": Mediator(1.0, 2.0, 1.0), **changes}
    return DarkNeutrino(name="test", source="made for a test", mass=mass, **fields)


@pytest.mark.parametrize(
    ("flavour", "message"),
    [
        ((0.0, 0.0, 0.0), "flavour: all three shares are zero; give at least one of flavour.e, flavour.mu, flavour.tau"),
        ((1.0, -0.5, 0.0), "flavour.mu = -0.5: a share of |U|^2 must not be negative"),
    ],
)
def test_flavour(flavour: tuple[float, float, float], message: str) -> None:
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        dark(Physical(**GOOD), flavour=flavour)


@pytest.mark.parametrize(
    ("mass", "message"),
    [
        (
            Physical(**GOOD),
            "majorana = false: found physical.m3_ev = 0.05, but without lepton-number violation m3 = 0; give physical.mixing2",
        ),
        (
            Lagrangian(1e-4, 0.1, 0.1),
            "majorana = false: found [lagrangian], whose mass matrix violates lepton number; give [physical] with mixing2",
        ),
    ],
)
def test_dirac_option(mass: Physical | Lagrangian, message: str) -> None:
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        dark(mass, majorana=False)


@pytest.mark.parametrize(
    ("m4", "mixing2", "message"),
    [
        (0.0, (0.0, 1e-8, 0.0), "m4 = 0: masses must be positive"),
        (0.25, (0.0, -1e-8, 0.0), "mixing2.mu = -1e-08: |U|^2 must not be negative"),
        (0.25, (0.5, 0.5, 0.1), "mixing2: the sum over e, mu, tau is 1.1; unitarity allows at most 1"),
    ],
)
def test_hnl(m4: float, mixing2: tuple[float, float, float], message: str) -> None:
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        Hnl("hnl", "made for a test", True, m4, mixing2)


def test_unreachable_light_mass_names_the_largest() -> None:
    with pytest.raises(
        ParameterError, match=r"^physical\.m3_ev = 1e\+06: no mixing gives this light mass; the largest reachable"
    ) as refusal:
        solve(dark(Physical(m5=0.15, mass_ratio=0.5, m3_ev=1e6)))
    largest = float(re.search(r"couplings is (\S+) eV", str(refusal.value)).group(1))
    at_top = Physical(m5=0.15, mass_ratio=0.5, mixing2=0.5 / 1.5)  # sin^2 = 1/2
    assert solve(dark(at_top)).m3_ev == pytest.approx(largest, rel=1e-5)
    solve(dark(Physical(m5=0.15, mass_ratio=0.5, m3_ev=0.9999 * largest)))


def test_degenerate_pair_cannot_give_a_light_mass() -> None:
    with pytest.raises(ParameterError, match=r"the largest reachable .* is 0 eV \(m4 = m5: without a splitting there is no light mass\)"):
        solve(dark(Physical(m5=0.15, mass_ratio=1.0, m3_ev=0.05)))


def test_unknown_names() -> None:
    spectrum = solve(dark(Physical(**GOOD)))
    with pytest.raises(ParameterError, match=r"row 'muon' is not in the mixing matrix of test; known: e mu tau N D"):
        spectrum.mixing2("muon", "nu4")
    for call in (lambda: spectrum.mixing2("mu", "nu6"), lambda: spectrum.mass("nu6"), lambda: spectrum.active_mixing2("nu6")):
        with pytest.raises(ParameterError, match=r"state 'nu6' is not in the spectrum of test; known: nu1 nu2 nu3 nu4 nu5"):
            call()
    hnl = solve(Hnl("hnl", "made for a test", True, 0.25, (0.0, 1e-8, 0.0)))
    with pytest.raises(ParameterError, match=r"row 'D' .* known: e mu tau N$"):
        hnl.mixing2("D", "nu4")


def test_loop_mass_above_m4_is_refused() -> None:
    """Far outside perturbation theory the correction exceeds the tree-level mass."""
    with pytest.raises(ParameterError, match=r"the masses do not ascend .*; the loop mass of nu3 must stay below m4"):
        solve(dark(Physical(m5=1.0, mass_ratio=0.01, mixing2=0.5), mediator=Mediator(0.01, 10.0, 3.0)))


def test_spectrum_guards_its_invariants() -> None:
    good = solve(dark(Physical(**GOOD)))
    with pytest.raises(ParameterError, match=r"U is not unitary, \|U\^dagger U - 1\| = 1.25"):
        Spectrum(good.model, good.masses, 1.5 * good.U, good.rows, good.columns)
    with pytest.raises(ParameterError, match=r"spectrum: \(4,\) masses and \(5, 5\) mixings for 5 states"):
        Spectrum(good.model, np.zeros(4), good.U, good.rows, good.columns)
