"""Neutral mesons of beams: yields against charged pions and published ratios, the tables, and the command that makes them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam, load_neutrals
from nusim.beams.neutral import _as_pi0, build_neutrals, proton_interactions
from nusim.beams.yields import differential_cross_section, multiplicity
from nusim.cards.read import read_beam
from nusim.cli.main import main
from nusim.errors import DataFileError

BEAMS = ("bnb", "lbnf", "lbnf-2020", "sps-dump-cu", "sps-dump-mo")


def per_proton(name: str) -> dict[int, float]:
    parents = load_neutrals(read_beam(name))
    return {code: float(parents.weight[parents.pdg == code].sum()) for code in parents.species}


@pytest.mark.parametrize("name", BEAMS)
def test_tables_hold_four_species_that_decay_where_they_are_made(name: str) -> None:
    beam = read_beam(name)
    assert beam.neutral is not None
    assert beam.neutral.stat().st_size < 1e6
    parents = load_neutrals(beam)
    assert parents.species == (111, 221, 223, 331)
    assert not parents.path.any()
    assert parents.axisymmetric
    assert np.all(np.linalg.norm(parents.momentum, axis=1) < beam.momentum)
    assert parents.command.startswith("nusim beam ")
    # made inside target or dump, none before the protons come
    where = beam.dump or beam.target
    assert where is not None
    assert np.all(parents.start[:, 2] >= where.begin - 1e-3)
    assert np.all(parents.time >= where.begin - 1e-2)


def test_pi0_of_first_interactions_are_the_mean_of_charged_pions(bnb: Beam) -> None:
    rng = np.random.default_rng(1)
    assert bnb.target is not None
    made = sum(float(_as_pi0(bnb, name, rng).weight.sum()) for name in ("pi+", "pi-"))
    whole = bnb.target.production_cross_section
    formulas = [differential_cross_section(bnb.yields[name], code, bnb.momentum) for name, code in (("pi+", 211), ("pi-", -211))]
    mean = sum(multiplicity(formula, whole, bnb.momentum) for formula in formulas) / 2
    _, interact = proton_interactions(bnb, 10)
    assert made == pytest.approx(mean * interact, rel=0.02)


def test_yields_at_the_booster_are_those_used_for_dark_photons() -> None:
    """BdNMC's MiniBooNE runs, after arXiv:1609.01770: 0.9 pi0 per proton in the target, omega / pi0 = 0.046; eta / pi0 of 1/30 there is
    half of the generator's."""
    made = per_proton("bnb")
    assert made[111] == pytest.approx(0.9, rel=0.15)
    assert made[223] / made[111] == pytest.approx(0.046, rel=0.3)
    assert 0.033 < made[221] / made[111] < 0.1


@pytest.mark.parametrize(("name", "eta", "prime"), [("lbnf", 0.32 / 2.87, 0.034 / 2.87), ("sps-dump-cu", 0.47 / 4.15, 0.051 / 4.15)])
def test_ratios_to_pi0_are_near_those_of_single_collisions(name: str, eta: float, prime: float) -> None:
    """Pythia's pp collisions as tabulated in SensCalc: what later generations add is softer, with fewer heavy mesons."""
    made = per_proton(name)
    assert made[221] / made[111] == pytest.approx(eta, rel=0.35)
    assert made[331] / made[111] == pytest.approx(prime, rel=0.5)


def test_depths_of_interactions_follow_the_exponential_law(bnb: Beam) -> None:
    depth, some = proton_interactions(bnb, 20_000)
    assert some == pytest.approx(0.81, abs=0.01)
    target = bnb.target
    assert target is not None
    length = 1 / bnb.materials[target.material].interactions_per_metre(target.production_cross_section)
    end = target.end - target.begin
    mean = length - end / np.expm1(end / length)
    assert np.mean(depth) - target.begin == pytest.approx(mean, rel=1e-3)
    # any part covers all depths
    assert np.mean(depth[::7]) == pytest.approx(np.mean(depth), rel=1e-2)
    assert proton_interactions(replace(bnb, target=None), 5)[1] == 0.0


@pytest.mark.parametrize(("name", "protons"), [pytest.param("bnb", 60, marks=pytest.mark.slow), ("sps-dump-cu", 2)])
def test_the_same_seed_makes_the_same_mesons(name: str, protons: int) -> None:
    pytest.importorskip("pythia8mc")
    beam = read_beam(name)
    one, same, other = (build_neutrals(beam, seed, protons, rows={}) for seed in (1, 1, 2))
    assert np.array_equal(one.momentum, same.momentum)
    assert len(one.pdg) != len(other.pdg) or not np.array_equal(one.momentum, other.momentum)
    assert np.all(one.weight > 0)


def test_the_command_shows_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["beam", "sps-dump-mo", "--neutral"]) == 0
    shown = capsys.readouterr().out
    assert "neutral mesons" in shown
    for code in (111, 221, 223, 331):
        assert f" {pdg.NAMES[code]} " in shown
    assert main(["beam", "bnb", "--neutral", "--polarity", "rhc"]) != 0
    assert "both polarities" in capsys.readouterr().err


def test_a_missing_table_says_how_it_is_made(bnb: Beam, tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="nusim beam bnb --neutral --rebuild"):
        load_neutrals(replace(bnb, neutral=tmp_path / "none.npz"))
    with pytest.raises(DataFileError, match="names no table"):
        load_neutrals(replace(bnb, neutral=None))
