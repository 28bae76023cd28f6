"""Free flight to the walls and decays along it."""

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import Beam
from nusim.beams.build import decays_in_flight, inside_cylinder, primary_mesons, reduced, surrounded
from nusim.beams.choice import probabilities
from nusim.beams.decay_region import Section, decays_on_path, draw_along, free_path
from nusim.beams.mesons import Mesons
from nusim.beams.parents import ParentFlux
from nusim.errors import ParameterError
from nusim.kernels.arrays import Array

PIPE = (Section(0.0, 3.0, 0.3, 0.35), Section(3.0, 50.0, 0.9, 0.9))


def _inside(point: Array) -> bool:
    x, y, z = point
    if not 0 <= z <= 50:
        return False
    return bool(np.hypot(x, y) <= (0.3 + 0.05 * z / 3 if z < 3 else 0.9) + 1e-9)


def test_free_path_ends_where_a_march_along_the_line_leaves_the_walls() -> None:
    rng = np.random.default_rng(1)
    n = 300
    start = np.column_stack([rng.uniform(-0.2, 0.2, n), rng.uniform(-0.2, 0.2, n), rng.uniform(0, 10, n)])
    slope = rng.normal(0, 0.08, (n, 2))
    direction = np.column_stack([slope, np.ones(n)])
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    path = free_path(PIPE, start, direction)
    for origin, u, length in zip(start, direction, path, strict=True):
        steps = np.arange(0.0, 60.0, 1e-3)
        left = np.array([not _inside(origin + s * u) for s in steps[::50]])
        first = int(np.argmax(left)) * 50
        fine = next(k for k in range(max(first - 50, 0), first + 1) if not _inside(origin + steps[k] * u))
        assert length == pytest.approx(steps[fine], abs=2e-3)


def test_nothing_flies_from_outside_or_backward() -> None:
    start = np.array([[0.5, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 51.0]])
    direction = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    assert np.all(free_path(PIPE, start, direction) == 0)


def test_decays_with_and_without_absorption_in_closed_form() -> None:
    """int_0^L exp(-s/l - a s) ds / l, by quadrature and in both limits."""
    length, absorption, path = 30.0, 1 / 700.0, 45.0
    s = np.linspace(0, path, 200_001)
    exact = np.trapezoid(np.exp(-s / length - absorption * s) / length, s)
    assert decays_on_path(np.array([path]), np.array([length]), np.array([absorption]))[0] == pytest.approx(exact, rel=1e-9)
    assert decays_on_path(np.array([path]), np.array([length]), np.zeros(1))[0] == pytest.approx(1 - np.exp(-path / length), rel=1e-12)
    assert decays_on_path(np.array([1e-9]), np.array([1e6]), np.zeros(1))[0] == pytest.approx(1e-15, rel=1e-6)


def test_decay_points_follow_the_exponential() -> None:
    u = (np.arange(100_000) + 0.5) / 100_000
    s = draw_along(np.full(len(u), 40.0), np.full(len(u), 25.0), u)
    assert s.max() <= 40.0
    mean = 25.0 - 40.0 / np.expm1(40.0 / 25.0)
    assert s.mean() == pytest.approx(mean, rel=1e-6)
    assert draw_along(np.zeros(1), np.ones(1), np.array([0.7]))[0] == 0.0


def test_straight_mesons_decay_as_often_in_the_whole_beam_line_as_along_one_line(bnb: Beam) -> None:
    """Neutral kaons on the axis: horn segments and pipe segments together against 1 - exp(-L / l), air included."""
    n = 4000
    mesons = Mesons(np.full(n, 130), np.tile([0.0, 0.0, 0.8], (n, 1)), np.tile([0.0, 0.0, 0.8], (n, 1)), np.full(n, 0.8), np.full(n, 1 / n))
    parents = decays_in_flight(bnb, "fhc", mesons, np.random.Generator(np.random.Philox(2)))
    air = bnb.materials["air"].absorption(130, np.array([0.8]))
    exact = decays_on_path(np.array([50.31 - 0.8]), mesons.decay_length[:1], air)[0]
    assert parents.weight.sum() == pytest.approx(exact, rel=1e-3)
    before = parents.start[:, 2] < 1.804
    assert np.all(parents.path[before] <= 0.01)
    assert parents.weight[before].sum() == pytest.approx(decays_on_path(np.array([1.004]), mesons.decay_length[:1], air)[0], rel=0.02)


def test_cylinder_lengths_against_geometry() -> None:
    axis, across = np.array([[0.0, 0.0, 0.1]]), np.array([[0.02, 0.0, 0.5]])
    assert inside_cylinder(axis, np.array([[0.0, 0.0, 1.0]]), 0.01, 0.0, 0.7)[0] == pytest.approx(0.6)
    assert inside_cylinder(across, np.array([[-1.0, 0.0, 0.0]]), 0.01, 0.0, 0.7)[0] == pytest.approx(0.02)
    assert inside_cylinder(across, np.array([[0.0, 0.0, 1.0]]), 0.01, 0.0, 0.7)[0] == 0.0
    slanted = np.array([[np.sin(0.1), 0.0, np.cos(0.1)]])
    assert inside_cylinder(axis, slanted, 0.01, 0.0, 0.7)[0] == pytest.approx(0.01 / np.sin(0.1))


def test_target_material_takes_its_share(bnb: Beam) -> None:
    """A pion born on the axis at angle 0.2: core, 7.3% of the fins' ring and the tube, each by its length over sin; weight and energy."""
    angle, p = 0.2, 2.0
    born = Mesons(
        np.array([211]), np.array([[0.0, 0.0, 0.3]]), p * np.array([[np.sin(angle), 0.0, np.cos(angle)]]), np.zeros(1), np.ones(1)
    )
    length = (4.7625e-3 + 0.0730 * (13.589e-3 - 4.7625e-3) + 0.9398e-3) / np.sin(angle)
    material = bnb.materials["beryllium"]
    out = surrounded(bnb, born)
    assert out.weight[0] == pytest.approx(np.exp(-length * material.absorption(211, np.array([p]))[0]), rel=1e-9)
    mass = pdg.mass(211)
    lost = np.hypot(p, mass) - np.hypot(np.linalg.norm(out.momentum[0]), mass)
    assert lost == pytest.approx(1.594e-3 * 1.848 * length * 100, rel=1e-9)


def test_primary_mesons_are_the_multiplicity_times_the_interactions(bnb: Beam) -> None:
    """K_L of 300,000 protons' worth: 0.0237 x 81% x survival; time and place of protons at their speed."""
    mesons = primary_mesons(bnb, "KL", 40_000, np.random.default_rng(4))
    assert 0.80 < mesons.weight.sum() / (0.0237 * 0.811) < 0.95
    assert bnb.target is not None
    assert np.all((mesons.position[:, 2] >= bnb.target.begin) & (mesons.position[:, 2] <= bnb.target.end))
    beta = bnb.momentum / np.hypot(bnb.momentum, pdg.mass(2212))
    assert mesons.time == pytest.approx(mesons.position[:, 2] / beta)


def test_choosing_rows_keeps_every_sum() -> None:
    """Totals by species, momentum and angle of the reduced rows against all rows, within five standard errors of the choice."""
    rng = np.random.default_rng(7)
    n = 60_000
    momentum = np.column_stack([rng.normal(0, 0.1, n), rng.normal(0, 0.1, n), rng.exponential(1.5, n) + 0.1])
    zero = np.zeros((n, 3))
    weight = rng.exponential(1.0, n) * 1e-6
    parents = ParentFlux(np.full(n, 211), momentum, zero, np.zeros(n), np.ones(n), weight, True, 1.0, "")
    fewer = reduced(parents, {211: 6000}, np.random.default_rng(8))
    assert abs(len(fewer.pdg) - 6000) <= 1
    for function in (lambda p: np.ones(len(p)), lambda p: p[:, 2], lambda p: 1.0 * (p[:, 2] > 4), lambda p: p[:, 0] ** 2):
        exact, estimate = np.sum(weight * function(momentum)), fewer.weight * function(fewer.momentum)
        assert estimate.sum() == pytest.approx(exact, abs=5 * np.sqrt(np.sum(estimate**2)))


def test_probabilities_sum_to_the_rows_wanted() -> None:
    value = np.random.default_rng(4).pareto(1.2, 5000)
    for rows in (10, 500, 4000, 5000, 9000):
        chance = probabilities(value, rows)
        assert np.all((chance > 0) & (chance <= 1))
        assert chance.sum() == pytest.approx(min(rows, 5000), rel=1e-9)


def test_an_impossible_section_is_refused() -> None:
    with pytest.raises(ParameterError, match="tunnel section"):
        Section(3.0, 1.0, 0.3, 0.3)
