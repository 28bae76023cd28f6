"""Every solid: uniform points, the volume they fill, and crossings against walking along the line."""

import numpy as np
import pytest

from nusim.errors import ParameterError
from nusim.experiment.volumes import Box, Cylinder, Ellipse, Frustum, Volume

RNG = np.random.default_rng(4)
C, S = np.cos(0.3), np.sin(0.3)
TILT = ((C, 0.0, -S), (0.0, 1.0, 0.0), (S, 0.0, C))
SOLIDS = [
    Box((0.7, 0.1, 20.0), size=(4.0, 3.0, 5.0)),
    Box((0.7, 0.1, 20.0), size=(4.0, 3.0, 5.0), rotation=TILT),
    Ellipse((0.0, 0.5, 15.0), size=(5.0, 10.0, 40.0)),
    Frustum((0.0, 0.0, 33.5), size=(1.0, 2.7, 4.0, 6.0, 50.0)),
    Frustum((0.0, 0.0, 33.5), size=(4.0, 2.7, 1.0, 6.0, 5.0), rotation=TILT),
    Cylinder((1.0, 0.0, 10.0), radius=1.25, length=3.5, axis="y"),
    Cylinder((1.0, 0.0, 10.0), radius=1.25, length=3.5, axis="x", rotation=TILT),
    Cylinder((1.0, 0.0, 10.0), radius=0.6, length=8.0, axis="z"),
]


def named(solid: Volume) -> str:
    return type(solid).__name__


@pytest.mark.parametrize("solid", SOLIDS, ids=named)
def test_points_fill_the_solid_uniformly(solid: Volume) -> None:
    points = solid.sample(RNG.random((20_000, 3)))
    assert solid.contains(points).all()
    box = solid.to_beam((RNG.random((200_000, 3)) - [0.5, 0.5, 0.0]) * solid.extent)
    fraction = solid.contains(box).mean()
    error = np.sqrt(max(fraction * (1 - fraction), 1e-12) / len(box))
    assert abs(fraction * np.prod(solid.extent) - solid.volume) < 5 * error * np.prod(solid.extent) + 1e-9
    inside = solid.to_local(box[solid.contains(box)])
    drawn = solid.to_local(points)
    for moment in (1, 2):
        spread = np.hypot((inside**moment).std(0) / len(inside) ** 0.5, (drawn**moment).std(0) / len(drawn) ** 0.5)
        assert np.all(np.abs((inside**moment).mean(0) - (drawn**moment).mean(0)) < 5 * spread)
    assert np.all(np.linalg.norm(points - solid.centre, axis=1) <= solid.bounding_radius + 1e-9)


@pytest.mark.parametrize("solid", SOLIDS, ids=named)
def test_crossings_against_steps_along_the_line(solid: Volume) -> None:
    origin = RNG.normal(size=(300, 3)) * [3.0, 3.0, 1.0]
    aim = solid.centre + RNG.normal(size=(300, 3)) * np.array(solid.extent) * 0.6
    direction = (aim - origin) / np.linalg.norm(aim - origin, axis=1)[:, None]
    enter, leave = solid.crossing(origin, direction)
    steps = np.linspace(0, 150, 15_001)
    for k in range(300):
        inside = solid.contains(origin[k] + steps[:, None] * direction[k])
        length = max(leave[k] - enter[k], 0.0)
        assert abs(inside.sum() * 0.01 - length) < 0.025
        if inside.sum() > 3:
            assert abs(steps[inside][0] - enter[k]) < 0.011
    hit = (leave > enter + 0.05).mean()
    assert 0.1 < hit < 1


def test_a_line_that_points_away_or_runs_beside_misses() -> None:
    box = Box((0.0, 0.0, 10.0), size=(2.0, 2.0, 2.0))
    enter, leave = box.crossing(np.array([[0.0, 0, 0], [5, 0, 0]]), np.array([[0, 0, -1.0], [0, 0, 1.0]]))
    assert np.all(leave <= enter)
    enter, leave = box.crossing(np.array([[0, 0, 11.0]]), np.array([[0, 0, 1.0]]))
    assert (enter[0], leave[0]) == (0.0, 1.0)


def test_bad_solids_are_refused() -> None:
    with pytest.raises(ParameterError, match="dimensions must be positive"):
        Box((0, 0, 1), size=(1, -1, 1))
    with pytest.raises(ParameterError, match="orthonormal"):
        Box((0, 0, 1), size=(1, 1, 1), rotation=((1, 0, 0), (0, 1, 0), (0, 0.2, 1)))
