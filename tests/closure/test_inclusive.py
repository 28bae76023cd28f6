"""Decays into several hadrons have a width but no products: they count in the rate, and are said to be missing where these are needed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.parents import ParentFlux
from nusim.constants import Measured
from nusim.decays.table import decay_table
from nusim.errors import ParameterError
from nusim.events import generate
from nusim.events.follow import Waiting, follow
from nusim.events.particles import Particles
from nusim.events.sample import FINAL
from nusim.experiment.experiment import Experiment
from nusim.io.inspect import info
from nusim.io.write import write
from nusim.production import table as production
from nusim.rates import rate

from . import toy

MASS = 1.5


@pytest.fixture
def experiment(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """A beam of Ds+, which reaches states above 1 GeV."""
    monkeypatch.setitem(production.LEPTONIC_BRANCHING_RATIOS, ("Ds+", 13), Measured(5.43e-3, 0.15e-3, "PDG 2022"))
    flux = toy.parents()
    number = len(flux.pdg)
    momentum = flux.momentum * np.array([1.0, 1.0, 20.0])
    beam = ParentFlux(np.full(number, 431), momentum, flux.start, flux.time, flux.path, flux.weight, True, 1e4, "toy")
    for module in (generate, rate):
        monkeypatch.setattr(module, "parents_of", lambda _: beam)
    return replace(toy.experiment(), protons=1e16)


def spectrum(majorana: bool = True):  # type: ignore[no-untyped-def]
    return toy.hnl(MASS, majorana, (0.0, 1e-6, 0.0))


def inclusive_share() -> float:
    table = decay_table(spectrum(), "nu4")
    visible = [channel for channel in table if channel.visible]
    return sum(c.width for c in visible if "hadrons" in c.products) / sum(c.width for c in visible)


def test_the_rate_counts_them(experiment: Experiment) -> None:
    found = rate.expected_events(spectrum(), experiment)
    assert 0.1 < inclusive_share() < 0.5
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
    sample = generate.generate(spectrum(), experiment, 200, seed=5, final="mu- rho+")
    for event in range(len(sample)):
        rows = slice(sample.offsets[event], sample.offsets[event + 1])
        mother = sample.mother[rows] == sample.seen[event]
        assert sorted(sample.pdg[rows][mother].tolist()) == [13, 111, 211]
        assert sample.channels[sample.channel[event]] == "mu- rho+"
        products = sample.momentum[rows][mother].sum(axis=0)
        np.testing.assert_allclose(products, sample.momentum[rows][sample.seen[event]], rtol=1e-9)
    assert pdg.conjugate_products("mu- hadrons") == "mu+ hadrons"


def test_followed_states_that_decay_inclusively_stay_as_they_are() -> None:
    """Their share is the inclusive branching ratio; the others have their products."""
    n = 4000
    table = decay_table(toy.hnl(MASS, True, (0.0, 0.9, 0.0)), "nu4")
    share = sum(table.branching_ratio(channel.products) for channel in table if channel.inclusive)
    particles, index = Particles(n), np.arange(n)
    momentum = np.tile([np.hypot(2.0, MASS), 0.0, 0.0, 2.0], (n, 1))
    places = particles.add(index, pdg.HEAVY_STATE_CODES["nu4"], -1, momentum, MASS, np.zeros((n, 4)))
    assert np.all(places == 0)
    states = Waiting("nu4", 0, index, np.zeros(n, bool), momentum, np.zeros((n, 4)), np.zeros((n, 3), complex))
    follow(particles, [states], {"nu4": table}, 100.0, 7, index)
    columns = particles.columns()
    kept = columns["status"][columns["offsets"][:-1]] == FINAL
    assert abs(kept.mean() - share) < 5 * np.sqrt(share * (1 - share) / n)
    assert np.all((np.diff(columns["offsets"]) == 1) == kept)
