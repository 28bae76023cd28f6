"""The benchmark points of arXiv:1903.07590, Fig. 2: shipped cards, exact mixings, and what the text says of them."""

import math
import tomllib
from pathlib import Path

import pytest

from nusim.errors import ParameterError
from nusim.model.asymptotics import mixing2_text_reading
from nusim.model.model import DarkNeutrino, Hnl, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve

from ..model.exact import m3_parts

MODELS = Path(__file__).parents[2] / "models"

# card, m5 (GeV), m4/m5, exact |U_mu4|^2, |U_mu5|^2, and with the text's U_D5 ~ 1 taken literally; to the digits given
POINTS = [
    ("circle", 0.15, 0.50, 4.139e-7, 2.070e-7, 2.07e-7, 1.03e-7),
    ("star", 0.15, 0.12, 1.191e-6, 1.429e-7, 1.43e-7, 1.71e-8),
    ("triangle", 0.80, 0.99, 2.286e-7, 2.264e-7, 2.264e-7, 2.241e-7),
]


def card(name: str) -> DarkNeutrino:
    content = tomllib.loads((MODELS / f"{name}.toml").read_text())
    assert content["name"] == name
    assert content["kind"] == "dark-neutrino"
    shares = content["flavour"]
    return DarkNeutrino(
        name=name,
        source=content["source"],
        majorana=content["majorana"],
        flavour=(shares["e"], shares["mu"], shares["tau"]),
        mass=Physical(**content["physical"]),
        mediator=Mediator(**content["mediator"]),
        portals=Portals(**content["portals"]),
    )


@pytest.mark.parametrize(("name", "m5", "r", "u4", "u5", "text4", "text5"), POINTS)
def test_mixings(name: str, m5: float, r: float, u4: float, u5: float, text4: float, text5: float) -> None:
    spectrum = solve(card(name))
    assert spectrum.m5 == m5
    assert spectrum.m4 == pytest.approx(r * m5, rel=1e-15)
    assert spectrum.m3_ev == pytest.approx(0.05, rel=1e-14)
    assert f"{spectrum.mixing2('mu', 'nu4'):.3e}" == f"{u4:.3e}"
    assert f"{spectrum.mixing2('mu', 'nu5'):.3e}" == f"{u5:.3e}"
    assert spectrum.mixing2("e", "nu4") == spectrum.mixing2("tau", "nu5") == 0.0
    assert spectrum.warnings == ()
    # as Eq. 13 says
    assert spectrum.mixing2("mu", "nu5") / spectrum.mixing2("mu", "nu4") == pytest.approx(r, rel=1e-14)
    literal = mixing2_text_reading(0.05e-9, r * m5, m5, (1 - r) * m5, 1.0, 2.0, 1.0)
    for value, printed in zip(literal, (text4, text5), strict=True):
        assert float(value) == pytest.approx(
            printed, abs=0.5 * 10 ** (int(f"{printed:e}".split("e")[1]) - (3 if name == "triangle" else 2))
        )


@pytest.mark.parametrize("name", ["circle", "star", "triangle"])
def test_light_mass_by_equation_4_in_100_digits(name: str) -> None:
    spectrum = solve(card(name))
    sm, dark = m3_parts(spectrum.m_dirac, spectrum.lambda_, spectrum.mu_prime, 1.0, 2.0, 1.0)
    assert float(sm + dark) == pytest.approx(0.05e-9, rel=1e-14)
    assert spectrum.m3_sm_ev == pytest.approx(float(sm) * 1e9, rel=1e-14)


def test_text_values_are_rounded_readings() -> None:
    """The circle's ~3e-7, ~1e-7 violate Eq. 13 (2:1); exact values are within a factor 2.1 of them and the star's within 1.5."""
    circle, star = solve(card("circle")), solve(card("star"))
    for spectrum, text in ((circle, (3e-7, 1e-7)), (star, (1e-6, 1e-7))):
        for state, value in zip(("nu4", "nu5"), text, strict=True):
            assert 1.0 < spectrum.mixing2("mu", state) / value < 2.1
    # the star is 6-7 times too small when U_D5 ~ 1 is taken literally
    literal = mixing2_text_reading(0.05e-9, 0.018, 0.15, 0.132, 1.0, 2.0, 1.0)
    assert 5.8 < 1e-7 / float(literal[1]) < 7.0
    assert 5.8 < 1e-6 / float(literal[0]) < 7.1


def fig2(m5: float, m_zprime: float = 1.0, **mass: float) -> Spectrum:
    """A point of Fig. 2 and its neighbourhood: muon flavour, m_phi' = 2 m_Z', g' = 1."""
    return solve(
        DarkNeutrino("test", "Fig. 2", True, (0.0, 1.0, 0.0), Physical(m5=m5, **mass), Mediator(m_zprime, 2.0 * m_zprime, 1.0))  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("m5", "r", "factor"), [(0.15, 0.50, 15.08), (0.15, 0.12, 18.56), (0.80, 0.99, 2.914)])
def test_lighter_mediators_shift_the_band_down(m5: float, r: float, factor: float) -> None:
    """ "By decreasing the mass of the Z', it is possible to shift the band to smaller values"; at m_Z' = 0.1 GeV by `factor`.

    The factor itself from Eq. 4 in 100 digits at equal mixing: for small mixings |U|^2 is m3 over it.
    """
    heavy, light = (fig2(m5, zp, mass_ratio=r, mixing2=1e-8) for zp in (1.0, 0.1))
    ratio = sum(m3_parts(light.m_dirac, light.lambda_, light.mu_prime, 0.1, 0.2, 1.0)) / sum(
        m3_parts(heavy.m_dirac, heavy.lambda_, heavy.mu_prime, 1.0, 2.0, 1.0)
    )
    shift = fig2(m5, 1.0, mass_ratio=r, m3_ev=0.05).mixing2("mu", "nu4") / fig2(m5, 0.1, mass_ratio=r, m3_ev=0.05).mixing2("mu", "nu4")
    assert shift == pytest.approx(float(ratio), rel=1e-5)
    assert shift == pytest.approx(factor, rel=1e-3)


def test_small_mass_ratios_do_not_move_nu5() -> None:
    """ "Values of m4/m5 < 1% have no effect in the parameter space of nu5": |U_mu5|^2 stays within 0.2% from 1e-2 to 1e-4.

    Far below that |U_D3|^2 = (1 + 1/r) |U_mu5|^2 is no longer small, and below r ~ 5.6e-7 no mixing gives the mass.
    """
    reference = fig2(0.15, mass_ratio=1e-2, m3_ev=0.05).mixing2("mu", "nu5")
    assert fig2(0.15, mass_ratio=1e-4, m3_ev=0.05).mixing2("mu", "nu5") == pytest.approx(reference, rel=2e-3)
    assert fig2(0.15, mass_ratio=1e-6, m3_ev=0.05).mixing2("D", "nu3") > 0.1
    with pytest.raises(ParameterError, match="no mixing gives this light mass"):
        fig2(0.15, mass_ratio=5e-7, m3_ev=0.05)


def test_benchmarks_are_perturbative_up_to_2_5_gev() -> None:
    """y_N = sqrt(2) sqrt((1-s) m4 m5) g'/m_Z' reaches sqrt(4 pi) at m5 = sqrt(2 pi) GeV for m4 = m5."""
    edge = math.sqrt(2.0 * math.pi)
    assert edge == pytest.approx(2.5, abs=0.01)
    assert fig2(0.999 * edge, mass_ratio=1.0, mixing2=1e-9).warnings == ()
    assert len(fig2(1.001 * edge, mass_ratio=1.0, mixing2=1e-9).warnings) == 1


def test_hnl_card() -> None:
    content = tomllib.loads((MODELS / "hnl.toml").read_text())
    shares = content["mixing2"]
    spectrum = solve(
        Hnl(content["name"], content["source"], content["majorana"], content["m4"], (shares["e"], shares["mu"], shares["tau"]))
    )
    assert spectrum.m4 == 0.25
    assert spectrum.mixing2("mu", "nu4") == pytest.approx(1e-8, rel=1e-15)
