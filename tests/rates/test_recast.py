"""Rates scaled from published limits; what a criterion excludes."""

import numpy as np
import pytest

from nusim.cards.read import read_experiment, read_model
from nusim.decays.table import decay_table
from nusim.errors import CardError, ParameterError
from nusim.events.generate import prepare
from nusim.experiment.recast import PublishedLimit
from nusim.model.spectrum import Spectrum, solve
from nusim.rates.criterion import upper_limit
from nusim.rates.neutrino_flux import neutrino_flux
from nusim.rates.rate import expected_events
from nusim.units import HBARC


def hnl(flavour: str, m4: float, mixing2: float, majorana: bool) -> Spectrum:
    mixings = {f"mixing2.{name}": mixing2 if name == flavour else 0.0 for name in ("e", "mu", "tau")}
    return solve(read_model("hnl", set={"m4": m4, "majorana": majorana, **mixings}))


@pytest.mark.parametrize("name", ["ps191", "t2k-nd280", "nomad"])
def test_at_its_limit_a_state_gives_the_criterions_number(name: str) -> None:
    experiment = read_experiment(name)
    assert experiment.recast is not None
    for limit in experiment.recast.limits:
        m = float(np.sqrt(limit.masses[3] * limit.masses[4]))
        bound = float(limit.at(m))
        rate = expected_events(hnl(limit.flavour, m, bound, limit.majorana), experiment)
        assert rate.events == pytest.approx(2.303, rel=1e-9)
        assert rate.selected_events == rate.events == pytest.approx(sum(rate.by_final_state.values()))
        assert rate.norm_error == pytest.approx(experiment.recast.uncertainty * rate.events)
        assert "recast by scaling" in rate.warnings[-1]
        # production and decay: as the square; a Majorana state has both charges, twice a Dirac one's width
        double = expected_events(hnl(limit.flavour, m, 2 * bound, limit.majorana), experiment)
        assert double.events == pytest.approx(4 * rate.events, rel=0.02)
        other = expected_events(hnl(limit.flavour, m, bound, not limit.majorana), experiment)
        assert other.events == pytest.approx(rate.events * (0.5 if limit.majorana else 2.0), rel=0.02)


def test_new_decays_move_the_rate() -> None:
    """The circle's nu5 at T2K: mixing and visible width over those of a standard Majorana state at the limit, survival over its own."""
    experiment, spectrum = read_experiment("t2k-nd280"), solve(read_model("circle", set={"physical.m5": 0.3}))
    assert experiment.recast is not None
    limit = experiment.recast.limits[1]
    table = decay_table(spectrum, "nu5")
    bound = float(limit.at(0.3))
    standard = decay_table(hnl("mu", 0.3, bound, True), "nu4")
    seen = [sum(one.width(products) for products in limit.visible) for one in (table, standard)]
    lives = [np.exp(-280.0 * 0.3 / 1.0 * one.total_width / HBARC) for one in (table, standard)]
    expected = 2.303 * spectrum.mixing2("mu", "nu5") / bound * seen[0] / seen[1] * lives[0] / lives[1]
    rate = expected_events(spectrum, experiment)
    assert rate.by_state["nu5"] == pytest.approx(expected, rel=1e-9)


def test_states_outside_the_curve_are_said() -> None:
    rate = expected_events(hnl("mu", 0.5, 1e-6, True), read_experiment("t2k-nd280"))
    assert rate.events == 0
    assert any("outside the limit on |U_mu|^2, 0.15 to 0.38 GeV" in warning for warning in rate.warnings)
    tau = expected_events(hnl("tau", 0.1, 1e-3, False), read_experiment("ps191"))
    assert tau.events == 0


def test_nothing_else_can_be_asked_of_them() -> None:
    experiment = read_experiment("ps191")
    with pytest.raises(ParameterError, match="ps191: known by published limits alone"):
        prepare(hnl("mu", 0.2, 1e-7, True), experiment, 10)
    with pytest.raises(ParameterError, match="there is no beam"):
        neutrino_flux(experiment, [0.0, 1.0])


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("recast.limit.0.masses", [0.1], "with one mixing2 for each"),
        ("recast.limit.0.mixing2", [2.0] * 13, "must lie in"),
        ("recast.limit.0.visible", ["nu q"], "unknown particle 'q'"),
        ("recast.limit.0.flavour", "x", "one of 'e', 'mu', 'tau' is needed"),
        ("recast.distance", 0.0, "distance and momentum must be positive"),
        ("beam", {"card": "bnb", "polarity": "fhc"}, "an experiment with [recast] needs protons and has no beam"),
    ],
)
@pytest.mark.filterwarnings("ignore::nusim.cards.read.CardWarning")
def test_bad_cards(key: str, value: object, message: str) -> None:
    with pytest.raises((CardError, ParameterError)) as refused:
        read_experiment("ps191", set={key: value})
    assert message in str(refused.value)


def test_limits_interpolate_logarithms() -> None:
    limit = PublishedLimit("mu", ("mu- pi+",), True, (0.1, 0.4), (1e-4, 1e-8), "made up")
    assert limit.at(0.2) == pytest.approx(1e-6, rel=1e-12)
    assert np.isnan(limit.at(0.5))


@pytest.mark.parametrize(
    ("seen", "background", "published"),
    [(0, 0.0, 2.44), (1, 0.0, 4.36), (2, 0.0, 5.91), (3, 0.0, 7.42), (0, 0.5, 1.94), (0, 1.0, 1.61), (3, 1.0, 6.42), (4, 3.0, 5.60)],
)
def test_feldman_and_cousins(seen: int, background: float, published: float) -> None:
    """Their Table IV, 90%."""
    assert upper_limit("feldman-cousins", seen, background, 0.90) == pytest.approx(published, abs=0.006)


def test_classical_and_cls_limits() -> None:
    """No background: -ln(1 - CL); with one CLs is looser, by its definition."""
    for kind in ("classical", "cls"):
        assert upper_limit(kind, 0, 0.0, 0.95) == pytest.approx(-np.log(0.05), rel=1e-9)
    draws = np.random.default_rng(1).poisson(upper_limit("cls", 3, 3.0, 0.90) + 3.0, 400_000)
    below = np.random.default_rng(2).poisson(3.0, 400_000)
    assert np.mean(draws <= 3) / np.mean(below <= 3) == pytest.approx(0.10, abs=0.002)
    assert upper_limit("classical", 0, 5.0, 0.90) == 0.0
    with pytest.raises(ParameterError, match="count, classical, cls or feldman-cousins"):
        upper_limit("bayes", 0, 0.0, 0.9)


def test_no_mixing_with_the_flavour_of_a_limit_is_said() -> None:
    rate = expected_events(hnl("mu", 0.05, 1e-6, True), read_experiment("nomad"))
    assert rate.events == 0
    assert "its limits are on |U_tau|^2" in rate.warnings[0]
