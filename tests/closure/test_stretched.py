"""Adapted proposals change how many candidates are tried, never what the events are."""

import numpy as np
import pytest
from scipy import stats

import nusim
from nusim.events import generate
from nusim.events.sample import EventSample
from nusim.events.stretched import Stretched

EVENTS = 30_000


def test_moved_numbers_keep_integrals() -> None:
    edges = np.array([[0.0, 0.02, 0.1, 0.4, 1.0], [0.0, 0.5, 0.7, 0.95, 1.0]])
    u = np.random.default_rng(3).random((200_000, 4))
    moved, factor = Stretched((1, 3), edges).moved(u)
    assert np.array_equal(moved[:, [0, 2]], u[:, [0, 2]])
    assert moved.min() >= 0
    assert moved.max() < 1
    for power in ((0, 0), (1, 0), (2, 3), (0.5, 1)):
        values = factor * moved[:, 1] ** power[0] * moved[:, 3] ** power[1]
        exact = 1 / ((1 + power[0]) * (1 + power[1]))
        assert abs(values.mean() - exact) < 5 * values.std() / np.sqrt(len(values))


@pytest.fixture(scope="module")
def runs() -> tuple[generate.Generator, generate.Generator]:
    """Plain and adapted, where kaons that decay into three cost most candidates and give a few events in a hundred."""
    spectrum, experiment = nusim.solve(nusim.read_model("circle")), nusim.read_experiment("sbnd")
    with pytest.MonkeyPatch.context() as patch:
        plain = generate.prepare(spectrum, experiment, EVENTS, 4)
        patch.setattr(generate, "_MANY", 0)
        return plain, generate.prepare(spectrum, experiment, EVENTS, 5)


def test_a_run_that_is_worth_it_is_adapted(runs: tuple[generate.Generator, generate.Generator]) -> None:
    plain, adapted = runs
    assert not plain.stretched
    assert adapted.stretched
    assert all(adapted.source.routes[number].is_spread for number in adapted.stretched)
    assert adapted.efficiency > 1.5 * plain.efficiency


def test_adapted_events_are_distributed_as_plain_ones(runs: tuple[generate.Generator, generate.Generator]) -> None:
    plain, adapted = (run.events(0, EVENTS) for run in runs)
    three = [_from_three(run) for run in (plain, adapted)]
    counts = np.array([[part.sum(), EVENTS - part.sum()] for part in three])
    assert counts[:, 0].min() > 300
    assert stats.chi2_contingency(counts).pvalue > 1e-6
    for name in ("polarisation", "delay"):
        assert stats.ks_2samp(getattr(plain, name)[three[0]], getattr(adapted, name)[three[1]]).pvalue > 1e-6
    energies = (run.momentum[run.offsets[:-1] + 2, 0][part] for run, part in zip((plain, adapted), three, strict=True))
    assert stats.ks_2samp(*energies).pvalue > 1e-6
    assert adapted.weight.sum() == pytest.approx(runs[1].expected_events, rel=1e-3)


def _from_three(events: EventSample) -> np.ndarray:
    """Whether the beam parent of each event leaves a pion besides lepton and heavy state."""
    pion = np.isin(events.pdg, (111, 211, -211)) & (events.mother == 0)
    return np.logical_or.reduceat(pion, events.offsets[:-1])
