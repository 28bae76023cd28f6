"""The figure of a sample whose heavy states come by several ways."""

import numpy as np
import pytest

import nusim
from nusim.events.sample import EventSample
from nusim.pdg import HEAVY_STATE_CODES

from ..io.chains import chain_sample


def curves(sample: EventSample) -> list[dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Values and edges of each labelled curve of each panel."""
    figure = nusim.plot.events(sample, nusim.read_experiment("sbnd"))
    figure.draw_without_rendering()
    return [{str(patch.get_label()): (patch.get_data().values, patch.get_data().edges) for patch in axes.patches} for axes in figure.axes]


def mean(panel: dict[str, tuple[np.ndarray, np.ndarray]]) -> float:
    total = sum(values for values, _ in panel.values())
    edges = next(iter(panel.values()))[1]
    return float(np.average((edges[1:] + edges[:-1]) / 2, weights=total))


def test_every_panel_holds_all_events_and_routes_have_their_own() -> None:
    sample = chain_sample(n=400)
    panels = curves(sample)
    assert len(panels) == 6
    for panel in panels:
        assert sum(values.sum() for values, _ in panel.values()) == pytest.approx(sample.weight.sum())
    for panel in panels[4:]:
        assert len(panel) == len(sample.routes)
        for (values, _), route in zip(panel.values(), range(len(sample.routes)), strict=True):
            assert values.sum() == pytest.approx(sample.weight[sample.route == route].sum())


def test_energies_are_those_of_the_decay_seen() -> None:
    """A chain with several heavy states, of which one is seen, and others that leave."""
    sample = chain_sample(("siblings",), 400)
    panels = curves(sample)
    seen = sample.offsets[:-1] + sample.seen
    energy = sample.momentum[seen, 0]
    width = np.ptp(energy) / 40
    assert mean(panels[0]) == pytest.approx(energy.mean(), abs=width)
    event = np.repeat(np.arange(400), np.diff(sample.offsets))
    electrons = (np.abs(sample.pdg) == 11) & (sample.mother == sample.seen[event])
    visible = np.bincount(event[electrons], sample.momentum[electrons, 0])
    assert mean(panels[1]) == pytest.approx(visible.mean(), abs=np.ptp(visible) / 40)
    assert len(panels) == 4, "one route needs no panel of its own"


def test_heavy_states_that_leave_are_not_visible() -> None:
    sample = chain_sample(("anti",), 50)
    assert np.any((sample.status == 1) & (sample.pdg == -HEAVY_STATE_CODES["nu4"]))
    panels = curves(sample)
    highest = next(iter(panels[1].values()))[1][-1]
    electrons = np.abs(sample.pdg) == 11
    pairs = sample.momentum[electrons, 0].reshape(50, 2).sum(axis=1)
    assert highest == pytest.approx(pairs.max())
