"""The figure of a sample whose heavy states come by several ways."""

from dataclasses import replace

import numpy as np
import pytest

import nusim
from nusim.errors import ParameterError
from nusim.events.sample import FINAL, EventSample, joined, taken
from nusim.experiment.volumes import Box, Cylinder, Frustum
from nusim.pdg import HEAVY_STATE_CODES
from nusim.plot.display import display

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
    assert len(panels) == 8
    for panel in panels:
        assert sum(values.sum() for values, _ in panel.values()) == pytest.approx(sample.weight.sum())
    for panel in panels[6:]:
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
    assert len(panels) == 6, "one route needs no panel of its own"


def test_heavy_states_that_leave_are_not_visible() -> None:
    sample = chain_sample(("anti",), 50)
    assert np.any((sample.status == 1) & (sample.pdg == -HEAVY_STATE_CODES["nu4"]))
    panels = curves(sample)
    highest = next(iter(panels[1].values()))[1][-1]
    electrons = np.abs(sample.pdg) == 11
    pairs = sample.momentum[electrons, 0].reshape(50, 2).sum(axis=1)
    assert highest == pytest.approx(pairs.max())


def test_visible_mass_and_angle_are_those_of_the_products() -> None:
    """A sample without experiment takes its own detector frame; pairs and single photons."""
    sample = chain_sample(("siblings",), 300)
    panels = curves(sample)
    event = np.repeat(np.arange(300), np.diff(sample.offsets))
    electrons = (np.abs(sample.pdg) == 11) & (sample.mother == sample.seen[event])
    p = np.array([np.bincount(event[electrons], sample.momentum[electrons, k]) for k in range(4)]).T
    mass = np.sqrt(p[:, 0] ** 2 - np.sum(p[:, 1:] ** 2, axis=1))
    assert mean(panels[2]) == pytest.approx(mass.mean(), abs=np.ptp(mass) / 40)
    angle = np.arctan2(np.hypot(p[:, 1], p[:, 2]), p[:, 3])
    assert mean(panels[3]) == pytest.approx(angle.mean(), abs=np.ptp(angle) / 40)


def test_parts_of_a_sample_join_to_the_whole() -> None:
    sample = chain_sample(n=50)
    again = joined([taken(sample, 0, 7), taken(sample, 7, 7), taken(sample, 7, 50)])
    for name in ("offsets", "pdg", "momentum", "weight", "mother", "seen"):
        assert np.array_equal(getattr(again, name), getattr(sample, name))


@pytest.mark.parametrize(
    "volume",
    [
        Box((0.0, 0.0, 10.0), size=(4.0, 3.0, 5.0)),
        Frustum((0.0, 0.0, 10.0), size=(1.0, 1.0, 4.0, 3.0, 5.0)),
        Cylinder((0.0, 0.0, 10.0), radius=2.0, length=5.0, axis="x"),
    ],
)
def test_a_display_shows_volumes_and_straight_lines(volume: Box | Frustum | Cylinder) -> None:
    sample = chain_sample(("siblings",), 20)
    frame = {"local_origin": [0.0, 0.0, 0.0], "rotation": np.eye(3).tolist()}
    sample = replace(sample, metadata={**sample.metadata, "frames": {"detector": frame}})
    figure = display(sample, 3, (volume,))
    figure.draw_without_rendering()
    axes = figure.axes
    assert len(axes) == 2
    for panel, across in zip(axes, (0, 1), strict=True):
        outline = panel.patches[0].get_xy()
        width = volume.extent[across]
        assert np.ptp(outline[:, 0]) == pytest.approx(volume.extent[2], rel=5e-3)
        assert np.ptp(outline[:, 1]) == pytest.approx(width, rel=5e-3)
        rows = slice(sample.offsets[3], sample.offsets[4])
        vertex = sample.decay_vertex[3, 1:]
        marks = [line for line in panel.lines if line.get_marker() == "o"]
        assert marks[0].get_xdata()[0] == pytest.approx(vertex[2])
        slopes = {
            round(float(np.diff(line.get_ydata())[0] / np.diff(line.get_xdata())[0]), 9) for line in panel.lines if line.get_marker() != "o"
        }
        below = np.flatnonzero((sample.mother[rows] == sample.seen[3]) & (sample.status[rows] == FINAL))
        assert len(below)
        for p in sample.momentum[rows][below]:
            assert round(float(p[1 + across] / p[3]), 9) in slopes
    with pytest.raises(ParameterError, match="event 20: the sample holds 20"):
        display(sample, 20, (volume,))
