"""Every shape of detector against every way heavy states are made: aimed estimates and brute force, which knows a shape by its formula.

Brute force decays everything isotropically and places the heavy state's decay at a random point of its way, inside or not: no line is
cut with any surface.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.parents import ParentFlux
from nusim.decays.table import decay_table
from nusim.experiment.source import heavy_source
from nusim.experiment.volumes import Box, Cylinder, Ellipse, Frustum, Volume
from nusim.kernels.lorentz import boost
from nusim.kernels.random import uniforms
from nusim.production.table import ProductionMode

from . import cascade, toy

N = 1_000_000
ROWS = 20_000
CENTRE, REACH = np.array([2.0, 1.0, 28.0]), 14.0
"""A sphere that holds every detector here."""
TURN = 0.4
ROTATION = ((np.cos(TURN), 0.0, -np.sin(TURN)), (0.0, 1.0, 0.0), (np.sin(TURN), 0.0, np.cos(TURN)))
Points = np.ndarray


@dataclass(frozen=True)
class Shape:
    volumes: tuple[Volume, ...]
    inside: Callable[[Points, Points, Points], Points]
    """By x, y, z from the centre of the upstream face, in the detector's axes."""
    front: tuple[float, float, float]
    rotation: tuple[tuple[float, ...], ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    def holds(self, points: Points) -> Points:
        away = points - np.array(self.front)
        return self.inside(*(away @ np.array(axis) for axis in self.rotation))


FRONT = (1.5, 0.5, 23.0)


def box(x: Points, y: Points, z: Points) -> Points:
    return (abs(x) < 4) & (abs(y) < 3) & (z > 0) & (z < 9)


SHAPES = {
    "box": Shape((Box(FRONT, size=(8.0, 6.0, 9.0)),), box, FRONT),
    "turned box": Shape((Box(FRONT, rotation=ROTATION, size=(8.0, 6.0, 9.0)),), box, FRONT, ROTATION),
    "ellipse": Shape(
        (Ellipse(FRONT, size=(8.0, 5.0, 9.0)),), lambda x, y, z: ((x / 4) ** 2 + (y / 2.5) ** 2 < 1) & (z > 0) & (z < 9), FRONT
    ),
    "frustum": Shape(
        (Frustum(FRONT, size=(2.0, 3.0, 8.0, 7.0, 9.0)),),
        lambda x, y, z: (abs(x) < 1 + z / 3) & (abs(y) < 1.5 + 2 * z / 9) & (z > 0) & (z < 9),
        FRONT,
    ),
    "cylinder along x": Shape(
        (Cylinder(FRONT, radius=3.0, length=8.0, axis="x"),), lambda x, y, z: (abs(x) < 4) & (y**2 + (z - 3) ** 2 < 9), FRONT
    ),
    "cylinder along y": Shape(
        (Cylinder(FRONT, radius=3.0, length=6.0, axis="y"),), lambda x, y, z: (abs(y) < 3) & (x**2 + (z - 3) ** 2 < 9), FRONT
    ),
    "turned cylinder along z": Shape(
        (Cylinder(FRONT, rotation=ROTATION, radius=3.0, length=9.0, axis="z"),),
        lambda x, y, z: (x**2 + y**2 < 9) & (z > 0) & (z < 9),
        FRONT,
        ROTATION,
    ),
    "box and cylinder": Shape(
        (Box(FRONT, size=(8.0, 6.0, 4.0)), Cylinder((1.5, 0.5, 27.5), radius=3.0, length=5.0, axis="z")),
        lambda x, y, z: (
            ((abs(x) < 4) & (abs(y) < 3) & (z > 0) & (z < 4)) | ((x**2 + y**2 < 9) & (z > 4.5) & (z < 9.5))
        ),
        FRONT,
    ),
}  # fmt: skip


def decayed(shape: Shape, seed: int) -> Callable[..., Points]:
    """Chance to decay inside, from one random place of each line."""
    rng = np.random.default_rng(seed)

    def seen(_: object, vertex: Points, direction: Points, length: Points) -> Points:
        toward = CENTRE - vertex
        middle = np.sum(toward * direction, axis=1)
        half2 = REACH**2 - np.sum(toward**2, axis=1) + middle**2
        half = np.sqrt(np.maximum(half2, 0.0))
        low, high = np.maximum(middle - half, 0.0), np.maximum(middle + half, 0.0)
        place = low + (high - low) * rng.random(len(low))
        weight = (high - low) * np.exp(-place / length) / length
        return np.where((half2 > 0) & shape.holds(vertex + place[:, None] * direction), weight, 0.0)

    return seen


def parents(code: int, at_rest: bool) -> ParentFlux:
    rng = np.random.default_rng(31)
    start = np.column_stack([rng.normal(0, 0.2, ROWS), rng.normal(0, 0.2, ROWS), rng.uniform(0, 10, ROWS)])
    if at_rest:
        momentum = rng.normal(0, 1, (ROWS, 3))
        momentum *= 1e-4 / np.linalg.norm(momentum, axis=1)[:, None]
    else:
        momentum = np.column_stack([rng.normal(0, 0.1, ROWS), rng.normal(0, 0.1, ROWS), 0.4 + rng.exponential(1.5, ROWS)])
    zero = np.zeros(ROWS)
    return ParentFlux(np.full(ROWS, code), momentum, start, start[:, 2].copy(), zero, np.full(ROWS, 1 / ROWS), False, 1e4, "toy")


def isotropic(flux: ParentFlux, mode: ProductionMode, rows: Points, seed: int) -> tuple[Points, Points, float]:
    """Rows and laboratory momenta of heavy states, and the share of proposals kept."""
    rng = np.random.default_rng(seed)
    m, p = pdg.mass(abs(mode.parent)), flux.momentum[rows]
    parent = np.column_stack([np.sqrt(np.sum(p**2, axis=1) + m**2), p])
    if mode.term is not None:
        u = rng.random((len(rows), mode.term.draws + 1))
        momenta, chance = mode.term.propose(u[:, :-1], np.zeros((len(rows), 3)))
        kept = u[:, -1] < chance
        return rows[kept], boost(momenta[kept, 0], parent[kept], m), float(kept.mean())
    direction = rng.normal(size=(len(rows), 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    rest = np.column_stack([np.full(len(rows), mode.energy), mode.momentum * direction])
    return rows, boost(rest, parent, m), 1.0


KINDS = {
    "two bodies": (321, False, False),
    "three bodies": (321, True, False),
    "at rest": (321, False, True),
    "three at rest": (-13, True, True),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SHAPES)
def test_aimed_and_brute_force_agree(name: str, kind: str) -> None:
    """A million of each, three standard errors."""
    shape, (code, is_three, at_rest) = SHAPES[name], KINDS[kind]
    spectrum, flux = toy.hnl(0.05 if code == -13 else 0.2, mixing2=(2e-6, 1e-6, 0.0)), parents(code, at_rest)
    table = decay_table(spectrum, "nu4")
    source = heavy_source(spectrum, replace(toy.experiment(), detectors=shape.volumes), flux, {"nu4": table}, seed=1)
    index = np.flatnonzero(np.array([(route.mode.term is not None) == is_three for route in source.routes])[source.route])
    rows = np.tile(index, -(-N // len(index)))
    aimed = source.weights(rows, uniforms(4, 9, np.arange(len(rows)), source.draws)) * len(index) / len(rows)
    own = [route.mode for route in source.routes if (route.mode.term is not None) == is_three]
    total, variance = 0.0, 0.0
    for number, mode in enumerate(own):
        tries = np.tile(np.arange(ROWS), N // ROWS // len(own))
        mine, heavy, share = isotropic(flux, mode, tries, 50 + number)
        q = np.linalg.norm(heavy[:, 1:], axis=1)
        seen = decayed(shape, 90 + number)(None, flux.start[mine], heavy[:, 1:] / q[:, None], q / spectrum.m4 * table.ctau)
        weight = seen * mode.branching_ratio / len(tries) / share
        total, variance = total + weight.sum(), variance + np.sum(weight**2)
    error = np.sqrt(np.sum(aimed**2) + variance)
    assert error < 0.05 * total
    assert abs(aimed.sum() - total) < 3 * error


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_aimed_chains_and_brute_force_agree(name: str) -> None:
    """nu5 -> nu4 on the way, a million of each, three standard errors."""
    shape, flux, decays = SHAPES[name], toy.parents(), cascade.tables(0.3, 0.1, 1.0, 1e4)
    source = cascade.source(flux, shape.volumes, decays, 0.3)
    index = np.flatnonzero(np.array([bool(route.steps) for route in source.routes])[source.route])
    rows = np.tile(index, -(-N // len(index)))
    aimed = source.weights(rows, uniforms(4, 9, np.arange(len(rows)), source.draws)) * len(index) / len(rows)
    weight, _, _ = cascade.brute(flux, shape.volumes, decays, 0.3, N, 7, decayed(shape, 8))
    error = np.hypot(np.sqrt(np.sum(aimed**2)), weight.std() / np.sqrt(N))
    assert error < 0.05 * weight.mean()
    assert abs(aimed.sum() - weight.mean()) < 3 * error


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_their_formulas(name: str) -> None:
    """Volume by random points, samples inside, and what `contains` says."""
    shape, rng = SHAPES[name], np.random.default_rng(3)
    points = CENTRE + (rng.random((200_000, 3)) - 0.5) * 2 * REACH
    held = shape.holds(points)
    size = held.mean() * (2 * REACH) ** 3
    assert sum(volume.volume for volume in shape.volumes) == pytest.approx(size, rel=5 / np.sqrt(held.sum()))
    for volume in shape.volumes:
        assert np.all(shape.holds(volume.sample(rng.random((20_000, 3)))))
        assert not np.any(volume.contains(points) & ~held)


def test_a_rate_does_not_depend_on_how_the_detector_is_cut() -> None:
    """One box, or two that make it up: the same within the errors of both."""
    spectrum, flux = toy.hnl(0.2), parents(321, False)
    tables = {"nu4": decay_table(spectrum, "nu4")}
    halves = (Box(FRONT, size=(8.0, 6.0, 4.0)), Box((1.5, 0.5, 27.0), size=(8.0, 6.0, 5.0)))
    sums, errors = [], []
    for volumes in (SHAPES["box"].volumes, halves):
        source = heavy_source(spectrum, replace(toy.experiment(), detectors=volumes), flux, tables, seed=1)
        rows = np.tile(np.arange(len(source)), 2)
        weight = source.weights(rows, uniforms(5, 9, np.arange(len(rows)), source.draws)) / 2
        sums.append(weight.sum())
        errors.append(np.sqrt(np.sum(weight**2)))
    assert abs(sums[0] - sums[1]) < 4 * np.hypot(*errors)
    assert max(errors) < 0.01 * sums[0]
