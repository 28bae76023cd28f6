"""What a detector selects, counted once more from events one by one; rates do not depend on sampler, chunks or how a detector is cut."""

import math
from dataclasses import replace

import numpy as np
import pytest

import nusim.events.generate as generate_module
import nusim.experiment.aim as aim_module
import nusim.experiment.survey as survey_module
import nusim.rates.rate as rate_module
from nusim.decays.table import decay_table
from nusim.events.generate import generate
from nusim.experiment.experiment import Experiment, Plane, Selection
from nusim.experiment.source import heavy_source
from nusim.experiment.survey import survey
from nusim.experiment.volumes import Box, Cylinder, Frustum, Volume
from nusim.kernels.random import uniforms
from nusim.rates.rate import expected_events

from . import toy

SELECTION = Selection(
    thresholds={"e": 0.02, "mu": 0.05, "pi": 0.1},
    efficiency={"nu e- e+": 0.9, "e- pi+": 0.5, "e+ pi-": 0.5, "nu e- mu+": 0.7, "mu- pi+": 0.8, "mu+ pi-": 0.8},
    planes=(Plane(66.0, "ellipse", (7.0, 6.0), 0.1), Plane(68.0, "box", (9.0, 8.0))),
    min_opening_angle={("e", "e"): 0.15, ("e", "pi"): 0.08},
    min_vertex_radius=0.4,
    min_track_radius=0.2,
)
"""Every cut takes part of the toy's events."""

HALVES = (Box((0.7, 0.2, 60.0), size=(4.0, 3.0, 2.0)), Box((0.7, 0.2, 62.0), size=(4.0, 3.0, 3.0)))


@pytest.fixture(autouse=True)
def toy_beam(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (generate_module, rate_module):
        monkeypatch.setattr(module, "parents_of", lambda _: toy.parents())


def accepted(code: list[int], p: list[list[float]], mass: list[float], vertex: list[float], cuts: Selection) -> bool:
    """One decay at a time, in plain numbers: the cuts of SELECTION as a reader of the card would write them."""
    if math.hypot(vertex[0], vertex[1]) < cuts.min_vertex_radius:
        return False
    names, seen = {11: "e", 13: "mu", 211: "pi"}, []
    for one, (energy, px, py, pz), m in zip(code, p, mass, strict=True):
        if abs(one) not in names:
            continue
        if abs(vertex[0] * py - vertex[1] * px) / math.hypot(px, py) < cuts.min_track_radius:
            return False
        for plane in cuts.planes:
            if pz <= 0 or plane.z <= vertex[2]:
                return False
            x, y = (vertex[k] + (plane.z - vertex[2]) * q / pz for k, q in ((0, px), (1, py)))
            a, b = 2 * abs(x) / plane.size[0], 2 * abs(y) / plane.size[1]
            if (a**2 + b**2 if plane.shape == "ellipse" else max(a, b)) > 1 or math.hypot(x, y) < plane.inner_radius:
                return False
        if energy - m >= cuts.thresholds[names[abs(one)]]:
            seen.append((names[abs(one)], (px, py, pz)))
    if len(seen) < 2:
        return False
    (first, a), (second, b) = seen
    sine = math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    angle = math.atan2(sine, sum(one * other for one, other in zip(a, b, strict=True)))
    return angle >= cuts.min_opening_angle.get(tuple(sorted((first, second))), 0.0)


CUTS = {
    "all": SELECTION,
    "angle": Selection(thresholds=SELECTION.thresholds, efficiency=SELECTION.efficiency, min_opening_angle=SELECTION.min_opening_angle),
    "distances": replace(SELECTION, planes=(), min_opening_angle={}),
    "planes": replace(SELECTION, min_opening_angle={}, min_vertex_radius=0.0, min_track_radius=0.0),
}


def test_selected_events_are_those_of_a_plain_count() -> None:
    """Weighted events of the same beam: each set of cuts, within the errors of both."""
    spectrum, n = toy.hnl(0.3, mixing2=(1e-6, 1e-6, 0.0)), 12_000
    sample = generate(spectrum, toy.experiment(), n, seed=5, weighted=True)
    event = np.repeat(np.arange(n), np.diff(sample.offsets))
    of_decay = sample.mother == sample.seen[event]
    first = np.searchsorted(event[of_decay], np.arange(n + 1))
    code, p, mass = (getattr(sample, name)[of_decay].tolist() for name in ("pdg", "momentum", "mass"))
    vertex, channel = sample.decay_vertex[:, 1:].tolist(), [sample.channels[k] for k in sample.channel]
    fractions = []
    for cuts in CUTS.values():
        kept = np.zeros(n)
        for k in range(n):
            part = slice(first[k], first[k + 1])
            efficiency = cuts.efficiency.get(channel[k], 0.0)
            kept[k] = efficiency and efficiency * accepted(code[part], p[part], mass[part], vertex[k], cuts)
        rate = expected_events(spectrum, replace(toy.experiment(), selection=cuts))
        weight = kept * sample.weight
        error = np.hypot(np.sqrt(np.sum(weight**2)), rate.selected_stat_error)
        assert abs(weight.sum() - rate.selected_events) < 4.5 * error
        assert error < 0.07 * rate.selected_events
        fractions.append(rate.selected_events / rate.events)
    assert fractions[0] < 0.9 * min(fractions[1:])


def drawn(volumes: tuple[Volume, ...], passes: int = 1) -> tuple[float, float]:
    """Decays of heavy neutrinos in the volumes and their error from the lines."""
    spectrum = toy.hnl(0.3)
    source = heavy_source(
        spectrum, replace(toy.experiment(), detectors=volumes), toy.parents(), {"nu4": decay_table(spectrum, "nu4")}, seed=1
    )
    rows = np.tile(np.arange(len(source)), passes)
    weight = source.weights(rows, uniforms(5, 9, np.arange(len(rows)), source.draws)) / passes
    # rows keep their parents: the scatter of lines about each row's own mean is at most that of the weights
    return float(weight.sum()), float(np.sqrt(np.sum(weight**2)))


@pytest.mark.parametrize(
    "volume",
    [
        toy.BOX,
        Cylinder((-1.0, 2.0, 60.0), radius=2.5, length=6.0, axis="x"),
        Frustum((1.0, 1.0, 50.0), size=(1.0, 2.7, 4.0, 6.0, 20.0)),
    ],
    ids=lambda volume: type(volume).__name__,
)
def test_a_rate_does_not_depend_on_the_sampler(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines through points where these are safe, or everywhere the mixture with rest-frame angles."""
    chosen, error = drawn((volume,))
    monkeypatch.setattr(aim_module, "touches_edge", lambda _, decay: np.ones(len(decay.m_heavy), bool))
    mixed, other = drawn((volume,))
    assert mixed != chosen
    assert abs(mixed - chosen) < 4.5 * np.hypot(error, other)
    assert max(error, other) < 0.02 * chosen


def test_a_survey_does_not_depend_on_its_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    spectrum = toy.hnl(0.3)
    source = heavy_source(spectrum, toy.experiment(), toy.parents(), {"nu4": decay_table(spectrum, "nu4")}, seed=1)
    whole = survey(source, 3)
    monkeypatch.setattr(survey_module, "_CHUNK", 7_919)
    parts = survey(source, 3)
    for name in ("row", "weight", "crossing", "boost"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name


def test_a_composite_experiment_of_two_halves_is_the_whole() -> None:
    """One detector; the same in two volumes; two experiments: events, selected events and parents of all three."""
    spectrum = toy.hnl(0.3, mixing2=(1e-6, 1e-6, 0.0))
    whole = replace(toy.experiment(), selection=SELECTION)
    cut = replace(whole, detectors=HALVES)
    members = tuple(replace(whole, name=f"half {k}", detectors=(half,)) for k, half in enumerate(HALVES))
    both = Experiment("both", "invented", 0.0, None, "fhc", (), Selection(), whole.criterion, members=members)
    rates = [expected_events(spectrum, one, seed) for seed, one in enumerate((whole, cut, both), 1)]
    for rate in rates[1:]:
        for name, error in (("events", "stat_error"), ("decays", "decays_stat_error"), ("selected_events", "selected_stat_error")):
            one, other = getattr(rates[0], name), getattr(rate, name)
            assert abs(one - other) < 4 * np.hypot(getattr(rates[0], error), getattr(rate, error)), name
            assert abs(one - other) < 0.05 * one, name
        assert rate.by_parent == pytest.approx(rates[0].by_parent, rel=0.1)
