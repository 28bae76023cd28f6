"""What holds for every solid anywhere: lengths of lines against points along them, motion of the whole, points drawn inside."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nusim.experiment.volumes import Box, Cylinder, Ellipse, Frustum, Matrix, Vector, Volume
from nusim.kernels.arrays import Array

SOME = settings(deadline=None, derandomize=True, max_examples=80, database=None)
STEPS, LINES = 4000, 12
LENGTHS = st.floats(0.1, 50.0)
PLACES = st.tuples(st.floats(-20.0, 20.0), st.floats(-20.0, 20.0), st.floats(-5.0, 100.0))


def turned(a: float, b: float, c: float) -> Matrix:
    """A rotation by three angles."""
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    again = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return tuple(map(tuple, (about_z @ about_x @ again).tolist()))


ANGLES = st.floats(0.0, 6.28)
ROTATIONS = st.builds(turned, ANGLES, ANGLES, ANGLES)
SOLIDS = st.one_of(
    st.builds(Box, PLACES, size=st.tuples(LENGTHS, LENGTHS, LENGTHS), rotation=ROTATIONS),
    st.builds(Ellipse, PLACES, size=st.tuples(LENGTHS, LENGTHS, LENGTHS), rotation=ROTATIONS),
    st.builds(Frustum, PLACES, size=st.tuples(LENGTHS, LENGTHS, LENGTHS, LENGTHS, LENGTHS), rotation=ROTATIONS),
    st.builds(Cylinder, PLACES, radius=LENGTHS, length=LENGTHS, axis=st.sampled_from("xyz"), rotation=ROTATIONS),
)
SEEDS = st.integers(0, 2**32 - 1)


def lines(solid: Volume, seed: int) -> tuple[Array, Array]:
    """Half-lines from around the solid and from within, most of them towards it."""
    rng = np.random.default_rng(seed)
    size = 2 * solid.bounding_radius
    origin = solid.centre + size * rng.normal(size=(LINES, 3)) * rng.choice([0.05, 1.0, 3.0], (LINES, 1))
    aim = solid.to_beam((rng.random((LINES, 3)) * 1.2 - [0.6, 0.6, 0.1]) * solid.extent) - origin
    return origin, aim / np.linalg.norm(aim, axis=1)[:, None]


@SOME
@given(SOLIDS, SEEDS)
def test_lengths_are_those_of_points_along_the_line(solid: Volume, seed: int) -> None:
    origin, direction = lines(solid, seed)
    enter, leave = solid.crossing(origin, direction)
    farthest = np.linalg.norm(origin - solid.centre, axis=1) + solid.bounding_radius
    step = farthest / STEPS
    along = (np.arange(STEPS) + 0.5)[None, :] * step[:, None]
    points = origin[:, None, :] + along[:, :, None] * direction[:, None, :]
    inside = solid.contains(points.reshape(-1, 3)).reshape(LINES, STEPS)
    assert inside.sum(axis=1) * step == pytest.approx(np.maximum(leave - enter, 0.0), abs=1.01 * step.max())
    between = (along > enter[:, None]) & (along < leave[:, None])
    # a point within rounding of a face may count as either
    near = np.minimum(np.abs(along - enter[:, None]), np.abs(along - leave[:, None])) < 1e-6
    steep = leave > enter + 1e-3
    assert np.all((inside == between)[steep] | near[steep])


@SOME
@given(SOLIDS, SEEDS, PLACES, ROTATIONS)
def test_moved_and_turned_with_its_lines_it_is_crossed_alike(solid: Volume, seed: int, shift: Vector, rotation: Matrix) -> None:
    origin, direction = lines(solid, seed)
    axes = np.array(rotation)
    front = np.array(solid.front) @ axes + shift
    moved = replace(solid, front=tuple(front.tolist()), rotation=tuple(map(tuple, (np.array(solid.rotation) @ axes).tolist())))
    before = solid.crossing(origin, direction)
    after = moved.crossing(origin @ axes + shift, direction @ axes)
    length, same = (np.maximum(leave - enter, 0.0) for enter, leave in (before, after))
    # a line that grazes a round wall is longer inside by the root of what rounding moves it
    assert same == pytest.approx(length, abs=1e-4 * solid.bounding_radius)
    assert moved.volume == solid.volume
    points = solid.centre + solid.bounding_radius * (2 * np.random.default_rng(seed).random((200, 3)) - 1)
    local = solid.to_local(points)
    assert moved.to_local(points @ axes + shift) == pytest.approx(local, abs=1e-9)


@SOME
@given(SOLIDS, SEEDS)
def test_points_drawn_are_inside_and_lines_from_them_leave(solid: Volume, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = solid.sample(rng.random((200, 3)))
    assert solid.contains(points).all()
    assert np.all(np.linalg.norm(points - solid.centre, axis=1) <= solid.bounding_radius * (1 + 1e-9))
    direction = rng.normal(size=(200, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    enter, leave = solid.crossing(points, direction)
    assert np.all(enter <= 1e-6 * solid.bounding_radius)
    assert np.all(leave >= -1e-6 * solid.bounding_radius)
    assert np.all(leave <= 2 * solid.bounding_radius * (1 + 1e-9))
    inside = points + 0.5 * leave[:, None] * direction  # convex: halfway to the wall is inside as well
    assert solid.contains(inside).all()
