"""Beam dumps: prompt decays, decays in flight and at rest in the cascade, and the committed tables."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam, load_parents
from nusim.beams.build import beam_summary, rebuild
from nusim.beams.dump import REST_MOMENTUM, Follower, Slowing, build_dump, cascade_decays
from nusim.beams.materials import Material
from nusim.beams.prompt import prompt_decays
from nusim.cards.read import read_beam
from nusim.errors import ParameterError

CARDS = ("sps-dump-cu", "sps-dump-mo")


@pytest.fixture(scope="module", params=CARDS)
def dump(request: pytest.FixtureRequest) -> Beam:
    return read_beam(request.param)


@pytest.fixture(scope="module")
def copper() -> Beam:
    return read_beam("sps-dump-cu")


def test_prompt_decays_are_as_many_as_the_card_says_one_interaction_length_deep(dump: Beam) -> None:
    parents = prompt_decays(dump, 20_000, np.random.default_rng(1))
    material = dump.materials["copper" if dump.name == "sps-dump-cu" else "molybdenum"]
    assert dump.dump is not None
    length = 1 / material.interactions_per_metre(dump.dump.production_cross_section)
    assert length == pytest.approx(0.153 if dump.name == "sps-dump-cu" else 0.165, abs=0.001)
    assert parents.species == tuple(sorted(dump.prompt_yields))
    for code, made in dump.prompt_yields.items():
        own = parents.pdg == code
        assert parents.weight[own].sum() == pytest.approx(made, rel=1e-3)
        p = np.linalg.norm(parents.momentum[own], axis=1)
        assert np.allclose(parents.path[own], 20 * p / pdg.mass(abs(code)) * pdg.ctau(abs(code)))
    assert parents.start[parents.pdg == 411, 2].mean() == pytest.approx(length, rel=0.03)
    # nothing is ahead of light
    assert np.all(parents.time > np.linalg.norm(parents.start, axis=1) - 1e-9)


def test_range_and_energy_are_inverse_and_agree_with_small_steps() -> None:
    iron = Material(7.874, 55.845, 1.451, {})
    slowing = Slowing(iron)
    mass = pdg.mass(321)
    for kinetic in (0.01, 0.1, 1.0, 100.0):
        far = slowing.range(kinetic, mass)
        assert slowing.kinetic(far, mass) == pytest.approx(kinetic, rel=1e-3)
        p = np.sqrt(kinetic * (kinetic + 2 * mass))
        step = 0.01 * far
        stepped = iron.slowed(np.array([p]), np.array([mass]), np.array([step]))[0]
        left = slowing.kinetic(far - step, mass)
        assert np.hypot(stepped, mass) - mass == pytest.approx(left, rel=2e-3)


def _follower(beam: Beam, seed: int) -> Follower:
    pytest.importorskip("pythia8mc")
    from nusim.beams.cascade import Generator, numbers

    assert beam.dump is not None
    return Follower(Generator(seed), beam.dump, beam.materials[beam.dump.material], numbers(np.random.default_rng(seed)))


@pytest.mark.parametrize("code", [321, 130, -211])
def test_tracks_decay_before_they_interact_as_often_as_lengths_say(copper: Beam, code: int) -> None:
    """lambda / (lambda + L), L the decay length, at 20 GeV: energy loss matters by 1%."""
    follower = _follower(copper, 1)
    p, mass, n = 20.0, pdg.mass(abs(code)), 1500
    energy = float(np.hypot(p, mass))
    rates = []
    for _ in range(n):
        rates.append(follower._interactions(code, 0.0, 0.0, p, energy, mass))
        follower._hadron((code, 0.0, 0.0, 0.1, 0.0, 0.0, p, energy, mass, 1.0, 0.1), rates[-1])
    chance = np.frombuffer(follower.flying).reshape(-1, 9)[:, 8]
    assert len(chance) == n
    decay = p / mass * pdg.ctau(abs(code))
    free = 1 / np.mean(rates)
    assert 0.1 < free < 0.4
    assert chance.mean() == pytest.approx(free / (free + decay), rel=0.03 + 5 / np.sqrt(n))


def test_slow_kaons_stop_and_slow_pions_mostly_do_not(copper: Beam) -> None:
    """K+ of 0.2 GeV kinetic energy range out; what does not decay on the way is at rest. Of pi- nothing is left to decay there."""
    follower = _follower(copper, 2)
    for code in (321, -211):
        mass = pdg.mass(abs(code))
        energy = 0.2 + mass
        p = float(np.sqrt(energy**2 - mass**2))
        for _ in range(200):
            assert follower._hadron((code, 0.0, 0.0, 0.1, 0.0, 0.0, p, energy, mass, 1.0, 0.1), None) == []
    rest = np.frombuffer(follower.resting).reshape(-1, 9)
    flight = np.frombuffer(follower.flying).reshape(-1, 9)
    assert np.all(rest[:, 0] == 321)
    assert len(rest) == 200
    assert rest[:, 8].sum() + flight[flight[:, 0] == 321, 8].sum() == pytest.approx(200)
    far = Slowing(copper.materials["copper"]).range(0.2, pdg.mass(321))
    assert np.allclose(rest[:, 3], 0.1 + far)


def test_the_cascade_is_reproducible_and_its_parents_sound(copper: Beam, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pythia8mc")
    flying, resting = cascade_decays(copper, 20, 4)
    again, _ = cascade_decays(copper, 20, 4)
    assert capfd.readouterr().out == ""
    assert np.array_equal(flying.momentum, again.momentum)
    assert set(flying.species) == {-321, -211, 130, 211, 321}
    assert set(resting.species) == {-13, 211, 321}
    p = np.linalg.norm(flying.momentum, axis=1)
    assert p.max() < 400
    assert np.allclose(np.linalg.norm(resting.momentum, axis=1), REST_MOMENTUM)
    assert np.all(resting.time > resting.start[:, 2])
    energy = np.hypot(p, 0.2) @ flying.weight
    assert energy < 4.0  # of 400 GeV a percent at most decays in flight


def test_tables_are_sound(dump: Beam) -> None:
    """Every species with the card's yield, inside the block or a little behind it, forward on average; size, seed, version, command."""
    parents = load_parents(dump, "fhc")
    summary = beam_summary(dump, "fhc")
    assert set(dump.prompt_yields) | {-321, -211, 130, 211, 321, -13} == set(parents.species)
    for code, made in dump.prompt_yields.items():
        assert summary["yields_per_proton"][pdg.NAMES[code]] == pytest.approx(made, rel=0.02)
    assert np.linalg.norm(parents.momentum, axis=1).max() < 400
    # slow pions that turn back: the block has no upstream face for them
    behind = parents.start[:, 2] < 0
    assert parents.weight[behind].sum() < 0.03 * parents.weight.sum()
    assert not np.any(behind & np.isin(parents.pdg, list(dump.prompt_yields)))
    assert np.quantile(parents.start[:, 2], 0.99) < 4.0
    assert parents.counted == {-321, -211, 130, 211, 321, -13}
    assert dump.tables["fhc"].stat().st_size < 3e6
    assert summary["table"]["generator"] == "pythia8mc 8.317.2"
    assert summary["table"]["command"] == f"nusim beam {dump.name} --seed 1 --rebuild -o {dump.name}.npz"
    assert summary["protons_simulated"] > 1000


@pytest.mark.parametrize("code", [411, -421, 431, 521, -15])
def test_reduced_rows_keep_the_spectrum(dump: Beam, code: int) -> None:
    """Mean momentum and mean transverse momentum of the table's rows against those drawn anew."""
    table = load_parents(dump, "fhc").of(code)
    drawn = prompt_decays(dump, 40_000, np.random.default_rng(9)).of(code)
    for value in (lambda p: np.linalg.norm(p, axis=1), lambda p: np.hypot(p[:, 0], p[:, 1])):
        kept, fresh = (float(np.average(value(one.momentum), weights=one.weight)) for one in (table, drawn))
        assert kept == pytest.approx(fresh, rel=0.04)


@pytest.mark.parametrize(
    ("name", "above_3", "above_5", "above_10"),
    [("K+", 9.8e-3, 3.9e-3, 1.05e-3), ("K-", 5.8e-3, 2.5e-3, 7.5e-4), ("KL", 1.9e-3, 7.5e-4, 2.1e-4)],
)
def test_kaons_that_decay_in_flight_are_as_many_as_another_calculation_finds(
    copper: Beam, name: str, above_3: float, above_5: float, above_10: float
) -> None:
    """Per proton on copper above 3, 5, 10 GeV: an earlier program, which took constant interaction lengths and no energy loss."""
    parents = load_parents(copper, "fhc").of(pdg.CODES[name])
    p = np.linalg.norm(parents.momentum, axis=1)
    for least, expected in ((3, above_3), (5, above_5), (10, above_10)):
        assert parents.weight[p > least].sum() == pytest.approx(expected, rel=0.25)


def test_all_momenta_are_the_published_order_of_magnitude(copper: Beam) -> None:
    """arXiv:2004.07974 has 0.29 K+ and 0.07 K- per proton of 400 GeV at all momenta, mostly slow ones, where all is crude."""
    summary = beam_summary(copper, "fhc")["yields_per_proton"]
    parents = load_parents(copper, "fhc")
    flying = np.linalg.norm(parents.momentum, axis=1) > 2 * REST_MOMENTUM
    assert 0.29 / 3 < parents.weight[flying & (parents.pdg == 321)].sum() < 0.29 * 1.5
    assert 0.07 / 3 < summary["K-"] < 0.07 * 1.5
    rest = parents.weight[~flying & (parents.pdg == 321)].sum()
    assert rest == pytest.approx(3.0, rel=0.3)
    # each pi+ at rest leaves a mu+ at rest
    assert summary["mu+"] == pytest.approx(0.99988 * parents.weight[~flying & (parents.pdg == 211)].sum(), rel=0.02)


def test_another_cascade_factor_needs_no_new_table(copper: Beam) -> None:
    charm, beauty = copper.pairs
    more = replace(copper, pairs=(replace(charm, cascade_factor=2.3), beauty))
    before, after = (beam_summary(beam, "fhc")["yields_per_proton"] for beam in (copper, more))
    for name in ("D+", "D0bar", "Ds-", "tau+"):
        assert after[name] == pytest.approx(before[name] * 2.3 / charm.cascade_factor)
    for name in ("B+", "K+", "mu+"):
        assert after[name] == pytest.approx(before[name])


def test_prompt_parents_alone_need_no_generator(copper: Beam) -> None:
    one = build_dump(copper, 3, hadrons=2000, protons=0)
    two = build_dump(copper, 3, hadrons=2000, protons=0)
    assert np.array_equal(one.momentum, two.momentum)
    assert set(one.species) == set(copper.prompt_yields)


def test_a_horn_beam_is_no_dump() -> None:
    with pytest.raises(ParameterError, match="no dump"):
        build_dump(read_beam("bnb"), 1)


@pytest.mark.slow
def test_a_small_table_from_protons_to_file(copper: Beam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice with one seed: the same bytes."""
    pytest.importorskip("pythia8mc")
    monkeypatch.setattr("nusim.beams.prompt.DRAWS", 3000)
    monkeypatch.setattr("nusim.beams.dump.PROTONS", 200)
    files = [tmp_path / folder / "small.npz" for folder in ("one", "two")]
    for file in files:
        file.parent.mkdir()
        rebuild(copper, "fhc", file, seed=5, progress=False)
    assert files[0].read_bytes() == files[1].read_bytes()
