"""Theory errors: what each cause does to the widths, by changing it; sums over channels with their signs."""

import math

import numpy as np
import pytest

from nusim import constants as k
from nusim.decays import quarks
from nusim.decays.channel import Channel, DecayTable
from nusim.decays.running import qcd_correction
from nusim.decays.uncertainty import relative_errors, unit_errors
from nusim.decays.unit_widths import exclusive_widths, hadronic_channels, lepton_pair_name, unit_widths

from .models import MIXED, ONE, table


def test_every_exclusive_width_has_its_errors() -> None:
    assert set(relative_errors()) == set(exclusive_widths(np.array([1.0])))
    for errors in relative_errors().values():
        assert 0 < math.hypot(*errors.values()) < 0.25


@pytest.mark.parametrize("mass", [0.001, 0.05, 0.3, 0.8, 1.01, 1.5, 3.0, 6.0, 20.0])
def test_uncertainties_of_channels_and_totals(mass: float) -> None:
    found = table(mass, MIXED)
    for channel in found:
        assert (channel.uncertainty > 0) == (channel.width > 0)
        assert channel.uncertainty < (0.3 if "hadrons" not in channel.products else 10)
    linear = sum(channel.uncertainty * channel.width for channel in found) / found.total_width
    assert 1e-3 < found.total_uncertainty < min(linear, 0.12)
    assert table(mass, MIXED, majorana=False).total_uncertainty == pytest.approx(found.total_uncertainty, rel=0.05)


def test_errors_of_one_cause_add_up_and_causes_in_quadrature() -> None:
    one = Channel("nu4", "nu pi0", 4.0, ("Z",), (), "made for a test", {"a": 0.3, "b": 0.1})
    two = Channel("nu4", "mu- pi+", 6.0, ("W",), (), "made for a test", {"a": 0.2, "c": -0.2})
    assert one.uncertainty == pytest.approx(math.sqrt(0.1) / 4)
    assert DecayTable("nu4", 1.0, (one, two)).total_uncertainty == pytest.approx(math.sqrt(0.25 + 0.01 + 0.04) / 10)
    assert Channel("nu4", "nu pi0", 4.0, ("Z",), (), "made for a test").uncertainty == 0
    assert DecayTable("nu4", 1.0, ()).total_uncertainty == 0


@pytest.mark.parametrize(
    ("name", "cause", "constant"),
    [("mu- pi+", "f_pi", k.F_PI), ("nu pi0", "f_pi", k.F_PI), ("e- K*+", "f_K*", k.F_K_STAR), ("mu- Ds+", "V_cs", k.V_CS)],
)
def test_constants_enter_squared(name: str, cause: str, constant: k.Measured) -> None:
    up, down = (1 + constant.error / constant) ** 2, (1 - constant.error / constant) ** 2
    assert relative_errors()[name][cause] == pytest.approx((up - down) / 2, rel=1e-12)


def test_the_weak_angle_moves_couplings_as_it_should() -> None:
    now, then = 0.23122, 0.23867
    left, right = (np.array([s - 0.5, s]) for s in (now, then))
    expected = float(np.sum(right**2) / np.sum(left**2) - 1)
    assert relative_errors()[lepton_pair_name(0, False)]["sin2_theta_W"] == pytest.approx(expected, rel=1e-9)
    assert relative_errors()["nu rho0"]["sin2_theta_W"] == pytest.approx(((1 - 2 * then) / (1 - 2 * now)) ** 2 - 1)
    assert relative_errors()["nu omega"]["sin2_theta_W"] == pytest.approx((then / now) ** 2 - 1)


@pytest.mark.parametrize("mass", [2.0, 4.0, 8.0])
def test_errors_of_the_inclusive_part_are_those_of_the_quarks(mass: float) -> None:
    """In the sum with the listed channels their own errors cancel, and what stays is what other inputs make of the quarks' width."""
    at = np.array([mass])
    unit = {name: float(width[0]) for name, width in unit_widths(at).items()}
    errors = unit_errors(mass, unit)
    for number, lepton in enumerate(("e-", "mu-", "tau-", "nu")):
        names = [name for name in (*hadronic_channels(lepton), f"{lepton} hadrons") if unit[name] > 0]
        if f"{lepton} hadrons" not in names:
            continue
        total: dict[str, float] = {}
        for name in names:
            for cause, error in errors[name].items():
                total[cause] = total.get(cause, 0.0) + error
        scale = sum(unit[name] for name in names)
        for cause in ("f_pi", "f_K", "V_ud", "pion form factor", "f_s"):
            assert abs(total.get(cause, 0.0)) < 1e-12 * scale

        def width(number: int = number, **masses: float) -> float:
            some = quarks.QuarkMasses(**masses)
            return float(
                quarks.neutral_current_quarks(at, some)[3:].sum()
                if number == 3
                else quarks.charged_current_quarks(at, some)[number, 2:].sum()
            )

        assert total["m_c"] == pytest.approx((width(charm=1.7) - width(charm=1.3)) / 2, rel=1e-9, abs=1e-12 * scale)
        if lepton == "nu":
            light = [float(quarks.neutral_current_quarks(at, sin2=s2)[:3].sum()) for s2 in (0.23122, 0.23867)]
            assert total["sin2_theta_W"] == pytest.approx((light[1] - light[0]) * (1 + float(qcd_correction(mass))), rel=0.05)
        assert total["m_b"] == pytest.approx((width(bottom=4.8) - width(bottom=4.2)) / 2, rel=1e-9, abs=1e-12 * scale)


def test_the_propagator_of_the_w_is_an_error_of_every_width() -> None:
    """Three massless products: 1 + 3/5 (M / m_W)^2, as in the muon's decay."""
    found = table(20.0)
    for channel in found:
        assert channel.errors["contact interaction"] == pytest.approx(0.6 * (20.0 / k.M_W) ** 2 * channel.width)
    assert 0.037 < found.total_uncertainty < 0.06


def test_error_of_alpha_s_by_running_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from nusim.decays import running

    unit = {name: float(width[0]) for name, width in unit_widths(np.array([2.0])).items()}
    stated = unit_errors(2.0, unit)["e- hadrons"]["alpha_s"]
    before = float(qcd_correction(2.0))
    light = float(quarks.charged_current_quarks(np.array([2.0]))[0, :2].sum())
    running._segments.cache_clear()
    monkeypatch.setattr(running, "ALPHA_S_MZ", k.ALPHA_S_MZ + k.ALPHA_S_MZ.error)
    after = float(qcd_correction(2.0))
    running._segments.cache_clear()
    assert stated == pytest.approx((after - before) * light, rel=0.2)


def test_uncertainty_grows_where_less_is_known() -> None:
    """Per mille for leptons alone, some per cent with mesons, most where the series in alpha_s begins."""
    light, one, two = (table(mass, ONE["mu"]).total_uncertainty for mass in (0.1, 1.01, 2.0))
    assert light < 0.012
    assert 0.04 < one < 0.08
    assert two < one
