"""Decays into several hadrons have a width but no products: they count in the rate, and are said to be missing where these are needed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim import pdg
from nusim.decays.channel import DecayTable
from nusim.decays.table import decay_table
from nusim.errors import ParameterError
from nusim.events import generate
from nusim.events.follow import Waiting, follow
from nusim.events.particles import Particles
from nusim.events.sample import FINAL
from nusim.experiment import source
from nusim.experiment.experiment import Experiment
from nusim.io.inspect import info
from nusim.io.write import write
from nusim.model.spectrum import Spectrum
from nusim.rates import rate

from . import toy

MASS, HEAVY = 0.35, 1.5
RENAMED = {"nu pi0": "nu hadrons", "mu- pi+": "mu- hadrons", "mu+ pi-": "mu+ hadrons"}


def renamed(spectrum: Spectrum, state: str) -> DecayTable:
    """The table of a state that kaons make, its one-pion channels taken for inclusive ones."""
    table = decay_table(spectrum, state)
    kept = [channel for channel in table if channel.products not in (*RENAMED, *RENAMED.values())]
    taken = [replace(channel, products=RENAMED[channel.products], terms=()) for channel in table if channel.products in RENAMED]
    return replace(table, channels=(*kept, *taken))


@pytest.fixture
def experiment(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.setattr(source, "decay_table", renamed)
    for module in (generate, rate):
        monkeypatch.setattr(module, "parents_of", lambda _: toy.parents())
    return toy.experiment()


def spectrum(majorana: bool = True) -> Spectrum:
    return toy.hnl(MASS, majorana, (0.0, 1e-6, 0.0))


def inclusive_share() -> float:
    visible = [channel for channel in renamed(spectrum(), "nu4") if channel.visible]
    return sum(c.width for c in visible if "hadrons" in c.products) / sum(c.width for c in visible)


def test_the_rate_counts_them(experiment: Experiment) -> None:
    found = rate.expected_events(spectrum(), experiment)
    assert 0.5 < inclusive_share() < 0.99
    parts = [found.by_final_state[name] for name in ("mu- hadrons", "mu+ hadrons", "nu hadrons")]
    assert sum(parts) == pytest.approx(inclusive_share() * found.events, rel=1e-9)
    assert sum(found.by_final_state.values()) == pytest.approx(found.events, rel=1e-9)
    assert any("of the events are inclusive (nu hadrons, mu- hadrons, mu+ hadrons)" in note for note in found.warnings)
    assert 0 < found.selected_events < (1 - inclusive_share()) * found.events


@pytest.mark.parametrize("majorana", [True, False])
def test_a_sample_leaves_them_out_and_says_how_many(experiment: Experiment, majorana: bool) -> None:
    found = rate.expected_events(spectrum(majorana), experiment, seed=3)
    rest = sum(number for name, number in found.by_final_state.items() if "hadrons" in name)
    sample = generate.generate(spectrum(majorana), experiment, 400, seed=3)
    assert not any("hadrons" in name for name in sample.channels)
    assert float(sample.weight.sum()) == pytest.approx(found.events - rest, rel=0.02)
    assert any(note.startswith(f"{rest:.4g} more events are expected in nu hadrons, mu- hadrons") for note in sample.metadata["warnings"])


def test_events_of_them_are_refused(experiment: Experiment) -> None:
    with pytest.raises(ParameterError, match=r"final state 'mu- hadrons': it is inclusive: it has a width, but no events of it are made"):
        generate.generate(spectrum(), experiment, 10, final="hadrons mu-")


@pytest.mark.parametrize("suffix", ["lhe", "hepevt"])
def test_files_of_such_events_are_consistent(experiment: Experiment, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events.{suffix}"
    write(path, generate.generate(spectrum(), experiment, 300, seed=5))
    found = info(path)
    assert found["problems"] == []
    assert found["n"] == 300


def test_events_with_a_rho_hold_its_pions(experiment: Experiment) -> None:
    sample = generate.generate(spectrum(), experiment, 200, seed=5, final="nu rho0")
    for event in range(len(sample)):
        rows = slice(sample.offsets[event], sample.offsets[event + 1])
        mother = sample.mother[rows] == sample.seen[event]
        assert sorted(np.abs(sample.pdg[rows][mother]).tolist()) == [14, 211, 211]
        assert sample.channels[sample.channel[event]] == "nu rho0"
        products = sample.momentum[rows][mother].sum(axis=0)
        np.testing.assert_allclose(products, sample.momentum[rows][sample.seen[event]], rtol=1e-9)
    assert pdg.conjugate_products("mu- hadrons") == "mu+ hadrons"


def test_followed_states_that_decay_inclusively_stay_as_they_are() -> None:
    """Their share is the inclusive branching ratio; the others have their products."""
    n = 4000
    table = decay_table(toy.hnl(HEAVY, True, (0.0, 0.9, 0.0)), "nu4")
    share = sum(table.branching_ratio(channel.products) for channel in table if channel.inclusive)
    particles, index = Particles(n), np.arange(n)
    momentum = np.tile([np.hypot(2.0, HEAVY), 0.0, 0.0, 2.0], (n, 1))
    places = particles.add(index, pdg.HEAVY_STATE_CODES["nu4"], -1, momentum, HEAVY, np.zeros((n, 4)))
    assert np.all(places == 0)
    states = Waiting("nu4", 0, index, np.zeros(n, bool), momentum, np.zeros((n, 4)), np.zeros((n, 3), complex))
    follow(particles, [states], {"nu4": table}, 100.0, 7, index)
    columns = particles.columns()
    kept = columns["status"][columns["offsets"][:-1]] == FINAL
    assert abs(kept.mean() - share) < 5 * np.sqrt(share * (1 - share) / n)
    assert np.all((np.diff(columns["offsets"]) == 1) == kept)
