"""Verdicts on models: peak searches and their condition, scaled searches, counted experiments, dark photons, and the command."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from nusim.bounds import published as module
from nusim.bounds.dark_photon import dark_photon_bounds
from nusim.bounds.experiment_bound import searched
from nusim.bounds.published import PUBLISHED, Apparatus, Limit, installed, published
from nusim.bounds.recast import recast
from nusim.bounds.signal import Signal, largest_mixing, signals, standard, with_mixing
from nusim.bounds.strength import crossings, momentum_in, peak_strength, scaled_strength, visible_chance
from nusim.cards.read import read_model
from nusim.cli.main import main
from nusim.decays.table import decay_table
from nusim.errors import ParameterError
from nusim.model.spectrum import solve
from nusim.plot.recast import recast as draw

needs_package = pytest.mark.skipif(not installed(), reason="HNLimits is not installed")
HBARC = 1.973269804e-16


def of(name: str, flavour: str = "mu") -> Limit:
    return next(limit for limit in published(flavour) if limit.entry.name == name)


@pytest.mark.parametrize(("mass", "momentum"), [(0.15, 0.0), (0.30, 0.0), (0.15, 75.0)])
def test_momentum_in_an_apparatus(mass: float, momentum: float) -> None:
    """Against the mean of an isotropic decay of the kaon, boosted by hand."""
    m_k, m_mu = 0.493677, 0.1056584
    energy = (m_k**2 + mass**2 - m_mu**2) / (2 * m_k)
    p = math.sqrt(energy**2 - mass**2)
    if momentum:
        gamma, bg = math.hypot(momentum, m_k) / m_k, momentum / m_k
        cosines = np.linspace(-1, 1, 100_001)
        energy = float(np.mean(gamma * energy + bg * p * cosines))
        p = math.sqrt(energy**2 - mass**2)
    assert momentum_in(Apparatus("K+", "mu", momentum, 1.0), mass) == pytest.approx(p, rel=1e-3)
    assert momentum_in(Apparatus("K+", "mu", momentum, 1.0), 0.4) == 0.0


def test_chance_to_be_seen_in_the_apparatus_by_hand() -> None:
    """Circle with kinetic mixing: one minus the exponential of the way, times the visible share, for a stopped kaon."""
    spectrum = solve(read_model("circle", set={"portals.epsilon": 1e-2}))
    here, apparatus = signals([spectrum]), Apparatus("K+", "mu", 0.0, 1.5)
    table = decay_table(spectrum, "nu5")
    seen = sum(channel.width for channel in table if channel.visible) / table.total_width
    p = momentum_in(apparatus, 0.15)
    expected = seen * -math.expm1(-1.5 * 0.15 * table.total_width / (p * HBARC))
    own = float(visible_chance(apparatus, here["nu5"], {})[0])
    assert own == pytest.approx(expected, rel=1e-6)
    # the nu4 it makes may be seen as well
    both = float(visible_chance(apparatus, here["nu5"], here)[0])
    assert own <= both <= 1.0


@needs_package
def test_a_peak_search_weakens_where_the_condition_fails() -> None:
    """A fast visible decay: the strength is that of the mixing times the chance to stay unseen."""
    limit = of("kek")
    slow = standard(0.15, "mu", np.array([1e-6]), True)
    strength, chance = peak_strength(limit, slow, {})
    assert chance[0] < 1e-6
    assert strength[0] == pytest.approx(1e-6 / limit.at(0.15), rel=1e-6)
    fast = Signal("nu4", 0.15, slow.mixing2, np.array([1e-14]), {"nu e- e+": np.array([0.75e-14]), "nu nu nu": np.array([0.25e-14])}, {})
    strength, chance = peak_strength(limit, fast, {})
    assert chance[0] == pytest.approx(0.75, rel=1e-3)  # decays within a fraction of a metre
    assert strength[0] == pytest.approx(0.25e-6 / limit.at(0.15), rel=2e-3)
    assert np.isnan(peak_strength(limit, standard(0.5, "mu", np.array([1e-6]), True), {})[0][0])


@needs_package
@pytest.mark.parametrize(("name", "mass"), [("na3", 1.0), ("delphi-long", 2.5), ("delphi-short", 10.0), ("cms", 5.0)])
def test_a_standard_state_at_a_scaled_limit_has_strength_one(name: str, mass: float) -> None:
    limit = of(name)
    at_limit = standard(mass, "mu", np.array([limit.at(mass)]), True)
    assert scaled_strength(limit, at_limit)[0] == pytest.approx(1.0, rel=1e-9)
    # long-lived: as the square; and half the visible share, half the events
    twice = standard(mass, "mu", np.array([2 * limit.at(mass)]), True)
    assert 2.0 <= float(scaled_strength(limit, twice)[0]) <= 4.0 * 1.001
    invisible = Signal(
        "nu4", mass, at_limit.mixing2, at_limit.total_width, {key: 0.5 * width for key, width in at_limit.widths.items()}, {}
    )
    assert scaled_strength(limit, invisible)[0] == pytest.approx(0.5, rel=1e-9)


def test_edges_of_a_strength() -> None:
    u2 = np.geomspace(1e-9, 1e-3, 61)
    low, high = crossings(u2, (u2 / 1e-6) ** 2 * np.exp(-u2 / 3e-5))
    assert low == pytest.approx(1.0168e-6, rel=2e-3)
    assert low < 1e-4 < high < 1e-3
    assert crossings(u2, u2 * 1e6)[1] == math.inf
    assert all(math.isnan(edge) for edge in crossings(u2, u2 * 0.0))


def test_lines_of_mixing() -> None:
    circle = read_model("circle")
    for model, mixing2 in ((circle, 1e-5), (read_model("hnl"), 1e-5)):
        raised = solve(with_mixing(model, mixing2))
        assert float(raised.active_mixing2("nu4").sum()) == pytest.approx(mixing2)
        assert raised.m4 == solve(model).m4
    assert largest_mixing(circle) == pytest.approx(1 / 1.5)
    with pytest.raises(ParameterError, match="need one hidden family"):
        with_mixing(read_model("two-families"), 1e-6)
    with pytest.raises(ParameterError, match="all mixings are zero"):
        with_mixing(read_model("hnl", set={"mixing2.mu": 0.0}), 1e-6)


def test_dark_photon_bounds_weaken_as_the_root_of_the_share() -> None:
    spectrum = solve(read_model("circle", set={"portals.epsilon": 1e-3}))
    table = decay_table(spectrum, "zprime")
    visible = sum(channel.width for channel in table if channel.visible) / table.total_width
    bounds = {bound.name: bound for bound in dark_photon_bounds(spectrum)}
    assert visible < 1e-3
    assert bounds["babar-visible"].model == pytest.approx(1e-3 / math.sqrt(visible))
    assert 1e-3 <= bounds["babar-invisible"].model < 1.1e-3
    assert bounds["electroweak"].model == bounds["electroweak"].published
    # without heavy neutrinos to decay into it is a dark photon
    heavy = solve(read_model("triangle", set={"physical.m5": 3.0, "portals.epsilon": 1e-3, "mediator.m_zprime": 0.5}))
    only = {bound.name: bound for bound in dark_photon_bounds(heavy)}
    assert only["babar-visible"].model == pytest.approx(1e-3, rel=1e-3)
    assert dark_photon_bounds(solve(read_model("hnl"))) == []


@needs_package
def test_verdicts_of_the_circle() -> None:
    """KEK's search at its mass, T2K and PS191 by the square of the mixing over the limit, as both go."""
    found = recast(read_model("circle"), ["t2k-nd280", "ps191"])
    assert found.verdict == "allowed"
    for state in ("nu4", "nu5"):
        kek = found.of("kek", state)
        mass, mixing = found.spectrum.mass(state), found.spectrum.mixing2("mu", state)
        assert kek.strength == pytest.approx(mixing / of("kek").at(mass), rel=1e-6)
        assert kek.visible_chance is not None
        assert kek.visible_chance < 1e-6
    t2k = found.of("t2k-nd280")
    assert t2k.events is not None
    assert t2k.threshold == pytest.approx(t2k.events / (t2k.strength or 0.0))
    assert t2k.state == "nu5"
    assert t2k.strength == pytest.approx((found.spectrum.mixing2("mu", "nu5") / of("t2k").at(0.15)) ** 2, rel=0.02)
    assert t2k.model == pytest.approx(of("t2k").at(0.15), rel=0.05)
    assert found.of("e949", "nu4").verdict == "no bound"
    assert "electroweak" not in {one.name for one in found.verdicts}
    with pytest.raises(ParameterError, match="no verdict 'opera'"):
        found.of("opera")
    json.dumps(found.document())


@needs_package
def test_a_point_with_a_large_mixing_is_excluded() -> None:
    found = recast(read_model("hnl", set={"m4": 0.25, "mixing2.mu": 1e-6}), [], limits=False)
    assert {"e949", "na62"} <= set(found.excluded_by)
    assert found.verdict == "excluded"
    assert "excluded (" in str(found)


def test_without_published_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    found = recast(read_model("circle"), ["t2k-nd280"], limits=False)
    assert {one.name for one in found.verdicts} == {"t2k-nd280"}
    assert any("pip install 'nusim[bounds]'" in warning for warning in found.warnings)


def test_several_families_have_verdicts_but_no_lines() -> None:
    found = recast(read_model("two-families"), ["t2k-nd280"])
    assert any("no limits along the mixing" in warning for warning in found.warnings)
    assert all(one.model is None for one in found.verdicts)


@needs_package
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, curves, figure = (tmp_path / name for name in ("verdicts.csv", "curves.csv", "recast.svg"))
    options = [
        "-o",
        str(table),
        "--curves",
        str(curves),
        "--plot",
        str(figure),
        "--experiments",
        "t2k-nd280",
        "--points",
        "4",
        "--masses",
        "0.2:0.35",
    ]
    assert main(["recast", "hnl", "--set", "m4=0.25", "--json", *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "excluded"
    assert set(document) == {"model", "flavour", "verdict", "excluded_by", "reachable_by", "verdicts", "curves", "warnings"}
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["name"] for row in rows] == [one["name"] for one in document["verdicts"]]
    names = {curve["name"] for curve in document["curves"]}
    assert {"t2k-nd280-standard", "t2k-nd280-model", "t2k"} <= names
    by_name = {curve["name"]: curve for curve in document["curves"]}
    # the minimal model is the standard one
    one, other = (min(point[1] for point in by_name[f"t2k-nd280-{which}"]["contours"][0]) for which in ("standard", "model"))
    assert one == pytest.approx(other, rel=0.02)
    assert figure.read_text().startswith("<?xml")
    assert curves.read_text().startswith("name,role,state")
    assert main(["recast", "hnl", "--experiments", "--no-limits"]) == 0
    assert "excluded" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nosuch"], 1, "nosuch"),
        (["circle", "--experiments", "opera"], 1, "opera"),
        (["circle", "--no-limits", "--plot", "a.pdf"], 1, "curves are limits along the mixing"),
        (["circle", "--points", "1"], 1, "at least 2"),
        (["circle", "--masses", "1"], 2, "write lo:hi"),
        (["circle", "--confidence", "0.8"], 2, "invalid choice"),
    ],
)
def test_odd_command_lines(arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        found = main(["recast", *arguments])
    except SystemExit as stop:
        found = int(stop.code or 0)
    assert found == code
    assert message in capsys.readouterr().err


@needs_package
def test_figure_of_a_model_with_one_state() -> None:
    found = recast(read_model("hnl", set={"m4": 0.25}), ["t2k-nd280"], masses=[0.2, 0.3])
    figure = draw(found)
    assert "t2k-nd280: " in figure.axes[0].get_title()
    assert {entry.flavour for entry in PUBLISHED} == {"e", "mu", "tau"}


def test_masses_nobody_has_searched_are_no_bound() -> None:
    """MicroBooNE's NuMI data hold decays of 0.8 GeV states from charm, but its searches end at 385 MeV."""
    found = recast(read_model("triangle"), ["microboone-numi"], limits=False).of("microboone-numi")
    assert found.verdict == "no bound"
    assert found.strength is None
    assert found.events is not None
    assert found.events > 1
    assert "0.01 to 0.385 GeV" in found.reason
    assert all(searched("microboone-numi", mass) for mass in (0.01, 0.2, 0.385))
    assert not searched("microboone-numi", 0.4)
    assert searched("dune-nd", 5.0)
    # a Z' that is seen itself
    assert recast(read_model("circle", set={"portals.epsilon": 1e-4}), ["charm"], limits=False).of("charm").strength is not None
