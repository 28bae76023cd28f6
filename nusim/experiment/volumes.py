"""Detector volumes: convex solids placed in the beam frame, with uniform points and line crossings.

A volume lives in its own axes with the origin at the centre of its upstream face and its depth along z, from 0 to
`length`. `front` is where that origin stands in the beam frame; the rows of `rotation` are the volume's axes there.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array, BoolArray

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]


@dataclass(frozen=True, slots=True)
class Volume(ABC):
    """What all solids share: where they stand, and lines cut by planes and at most one elliptic wall."""

    front: Vector
    """Centre of the upstream face in the beam frame, metres."""
    rotation: Matrix = field(default=IDENTITY, kw_only=True)
    """Rows: the volume's axes in the beam frame."""

    def __post_init__(self) -> None:
        rows = np.array(self.rotation)
        entries = rows.shape == (3, 3) and bool(np.all(np.abs(rows) < 1 + 1e-6))
        if not entries or not np.allclose(rows @ rows.T, np.eye(3), atol=1e-6) or np.linalg.det(rows) < 0:
            raise ParameterError(
                f"rotation = {[list(row) for row in self.rotation]}: the rows must be three orthonormal, right-handed axes"
            )
        if not np.all(np.abs(self.front) < 1e8):
            raise ParameterError(f"front = {list(self.front)}: a detector stands within 1e8 m of the beam frame's zero")
        for name, value in zip(("width", "height", "length"), self.extent, strict=True):
            if not 0 < value < 1e8:
                raise ParameterError(f"size: {name} = {value}: a detector's dimensions must be positive and below 1e8 m")

    @property
    @abstractmethod
    def extent(self) -> Vector:
        """Width, height and length of the enclosing box in the volume's axes, metres."""

    @property
    @abstractmethod
    def volume(self) -> float:
        """Cubic metres."""

    @abstractmethod
    def _local_points(self, u: Array) -> Array:
        """Uniform points in the volume's axes from uniform numbers (n, 3)."""

    def _planes(self) -> tuple[Array, Array]:
        """Outward normals (k, 3) and offsets (k,): inside means normal . x <= offset."""
        width, height, length = self.extent
        normals = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
        return normals, np.array([width / 2, width / 2, height / 2, height / 2, length, 0.0])

    def _wall(self) -> tuple[Array, Array] | None:
        """An elliptic wall as (scale, centre): inside means sum scale (x - centre)^2 <= 1."""
        return None

    @property
    def centre(self) -> Array:
        """Centre of the enclosing box in the beam frame, metres, shape (3,)."""
        middle: Array = self.to_beam(np.array([[0.0, 0.0, self.extent[2] / 2]]))[0]
        return middle

    @property
    def bounding_radius(self) -> float:
        """Radius of a sphere about `centre` that holds the volume, metres."""
        return float(np.linalg.norm(self.extent)) / 2

    @property
    def corners(self) -> Array:
        """Corners of the enclosing box in the beam frame, metres, shape (8, 3)."""
        width, height, length = self.extent
        return self.to_beam(
            np.array([(x, y, z) for x in (-width / 2, width / 2) for y in (-height / 2, height / 2) for z in (0.0, length)])
        )

    def to_local(self, points: Array) -> Array:
        """Beam-frame points (n, 3) in the volume's axes."""
        result: Array = (points - np.array(self.front)) @ np.array(self.rotation).T
        return result

    def to_beam(self, points: Array) -> Array:
        """Points (n, 3) in the volume's axes, in the beam frame."""
        result: Array = points @ np.array(self.rotation) + np.array(self.front)
        return result

    def sample(self, u: Array) -> Array:
        """Points (n, 3), uniform in the volume, in the beam frame, from uniform numbers (n, 3)."""
        return self.to_beam(self._local_points(u))

    def contains(self, points: Array) -> BoolArray:
        """Which beam-frame points (n, 3) lie inside."""
        local = self.to_local(points)
        normals, offsets = self._planes()
        inside: BoolArray = np.all(local @ normals.T <= offsets + 1e-9, axis=1)
        wall = self._wall()
        if wall is not None:
            inside &= np.sum(wall[0] * (local - wall[1]) ** 2, axis=1) <= 1 + 1e-9
        return inside

    def crossing(self, origin: Array, direction: Array) -> tuple[Array, Array]:
        """Distances (n,), (n,) in metres at which half-lines enter and leave; leaving <= entering where they miss.

        `origin` (n, 3) and unit `direction` (n, 3) in the beam frame. An origin inside enters at 0.
        """
        start = self.to_local(origin)
        step = direction @ np.array(self.rotation).T
        enter, leave = np.zeros(len(start)), np.full(len(start), np.inf)
        normals, offsets = self._planes()
        with np.errstate(divide="ignore", invalid="ignore"):
            for normal, offset in zip(normals, offsets, strict=True):
                speed = step @ normal
                room = offset - start @ normal
                distance = room / speed
                leave = np.where(speed > 0, np.minimum(leave, distance), leave)
                enter = np.where(speed < 0, np.maximum(enter, distance), enter)
                leave = np.where((speed == 0) & (room < 0), -1.0, leave)
        wall = self._wall()
        if wall is not None:
            scale, centre = wall
            shifted = start - centre
            a = np.sum(scale * step**2, axis=1)
            b = np.sum(scale * step * shifted, axis=1)
            c = np.sum(scale * shifted**2, axis=1) - 1.0
            root = b * b - a * c
            crossed = np.sqrt(np.maximum(root, 0.0))
            safe = np.where(a > 0, a, 1.0)
            leave = np.where(a > 0, np.minimum(leave, (-b + crossed) / safe), leave)
            enter = np.where(a > 0, np.maximum(enter, (-b - crossed) / safe), enter)
            leave = np.where(np.where(a > 0, root <= 0, c > 0), -1.0, leave)
        return enter, leave


@dataclass(frozen=True, slots=True)
class Box(Volume):
    """A box of full `size` (width, height, length)."""

    size: Vector = field(kw_only=True)

    @property
    def extent(self) -> Vector:
        return self.size

    @property
    def volume(self) -> float:
        return float(np.prod(self.size))

    def _local_points(self, u: Array) -> Array:
        points: Array = (u - np.array([0.5, 0.5, 0.0])) * np.array(self.size)
        return points


@dataclass(frozen=True, slots=True)
class Ellipse(Volume):
    """A tube of elliptic section along z; `size` holds the full axes and the length."""

    size: Vector = field(kw_only=True)

    @property
    def extent(self) -> Vector:
        return self.size

    @property
    def volume(self) -> float:
        return float(np.pi / 4 * np.prod(self.size))

    def _wall(self) -> tuple[Array, Array]:
        width, height, _ = self.size
        return np.array([4 / width**2, 4 / height**2, 0.0]), np.zeros(3)

    def _local_points(self, u: Array) -> Array:
        radius, angle = np.sqrt(u[:, 0]), 2 * np.pi * u[:, 1]
        unit = np.stack([radius * np.cos(angle) / 2, radius * np.sin(angle) / 2, u[:, 2]], axis=1)
        points: Array = unit * np.array(self.size)
        return points


_GRID = 129
"""Places along a frustum at which its volume is tabulated."""


@dataclass(frozen=True, slots=True)
class Frustum(Volume):
    """A box whose section grows linearly; `size` = (w0, h0, w1, h1, length)."""

    size: tuple[float, float, float, float, float] = field(kw_only=True)

    def __post_init__(self) -> None:
        if min(self.size) <= 0:
            raise ParameterError(f"size: {min(self.size)}: a detector's dimensions must be positive")
        Volume.__post_init__(self)

    @property
    def extent(self) -> Vector:
        w0, h0, w1, h1, length = self.size
        return (max(w0, w1), max(h0, h1), length)

    @property
    def volume(self) -> float:
        return float(self._filled(np.array([1.0]))[0])

    def _filled(self, t: Array) -> Array:
        """Volume between the front and the fraction `t` of the length."""
        w0, h0, w1, h1, length = self.size
        dw, dh = w1 - w0, h1 - h0
        result: Array = length * (w0 * h0 * t + (w0 * dh + h0 * dw) * t**2 / 2 + dw * dh * t**3 / 3)
        return result

    def _planes(self) -> tuple[Array, Array]:
        w0, h0, w1, h1, length = self.size
        sx, sy = (w1 - w0) / (2 * length), (h1 - h0) / (2 * length)
        normals = np.array([[1, 0, -sx], [-1, 0, -sx], [0, 1, -sy], [0, -1, -sy], [0, 0, 1], [0, 0, -1]], float)
        return normals, np.array([w0 / 2, w0 / 2, h0 / 2, h0 / 2, length, 0.0])

    def _local_points(self, u: Array) -> Array:
        w0, h0, w1, h1, length = self.size
        target, grid = u[:, 2] * self.volume, np.linspace(0.0, 1.0, _GRID)
        t = np.interp(target, self._filled(grid), grid)
        # Newton's steps: from a table as fine as this three reach the last digit
        for _ in range(3):
            width, height = w0 + (w1 - w0) * t, h0 + (h1 - h0) * t
            t = np.clip(t - (self._filled(t) - target) / (width * height * length), 0.0, 1.0)
        return np.stack([(u[:, 0] - 0.5) * (w0 + (w1 - w0) * t), (u[:, 1] - 0.5) * (h0 + (h1 - h0) * t), t * length], axis=1)


@dataclass(frozen=True, slots=True)
class Cylinder(Volume):
    """A cylinder of `radius` and `length` with its axis along the volume's x, y or z."""

    radius: float = field(kw_only=True)
    length: float = field(kw_only=True)
    axis: Literal["x", "y", "z"] = field(kw_only=True, default="z")

    @property
    def extent(self) -> Vector:
        sizes = [2 * self.radius] * 3
        sizes["xyz".index(self.axis)] = self.length
        return (sizes[0], sizes[1], sizes[2])

    @property
    def volume(self) -> float:
        return float(np.pi * self.radius**2 * self.length)

    def _wall(self) -> tuple[Array, Array]:
        scale = np.full(3, 1 / self.radius**2)
        scale["xyz".index(self.axis)] = 0.0
        return scale, np.array([0.0, 0.0, self.extent[2] / 2])

    def _local_points(self, u: Array) -> Array:
        k = "xyz".index(self.axis)
        radius, angle = self.radius * np.sqrt(u[:, 0]), 2 * np.pi * u[:, 1]
        points = np.empty_like(u)
        points[:, k] = (u[:, 2] - 0.5) * self.length
        points[:, (k + 1) % 3] = radius * np.cos(angle)
        points[:, (k + 2) % 3] = radius * np.sin(angle)
        points[:, 2] += self.extent[2] / 2
        return points
