"""Free flight to the walls: where mesons (and muons) decay after the horn."""

from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array


@dataclass(frozen=True, slots=True)
class Section:
    """A length of the free space about the axis, bounded by a cylinder or cone; its wall absorbs."""

    begin: float
    end: float
    radius: float
    """At `begin`, metres."""
    end_radius: float
    gas: str | None = None
    """What fills it, a name among the beam's materials; None: what the beam says."""

    def __post_init__(self) -> None:
        if not self.end > self.begin or self.radius <= 0 or self.end_radius <= 0:
            raise ParameterError(f"tunnel section {self.begin} to {self.end} m: needs end > begin and positive radii")


def free_path(tunnel: tuple[Section, ...], position: Array, direction: Array) -> Array:
    """Metres (n,) to the first wall, or to the end of the last section, along unit `direction` (n, 3) from `position` (n, 3).

    A particle that reaches a section's front face outside its radius stops there. Zero for one that starts outside or flies backward.
    """
    x, y, z = position.T
    ux, uy, uz = direction.T
    forward = uz > 1e-9
    safe = np.where(forward, uz, 1.0)
    path = np.zeros(len(z))
    flying = forward & (z < tunnel[-1].end)
    for section in tunnel:
        slope = (section.end_radius - section.radius) / (section.end - section.begin)
        enter = np.maximum((section.begin - z) / safe, 0.0)
        leave = (section.end - z) / safe
        wall = section.radius + slope * (z + uz * enter - section.begin)
        px, py = x + ux * enter, y + uy * enter
        inside = px * px + py * py <= wall * wall
        a = ux * ux + uy * uy - (slope * uz) ** 2
        b = px * ux + py * uy - slope * uz * wall
        c = px * px + py * py - wall * wall
        # a <= 0: the wall recedes faster than the particle approaches it
        to_wall = np.where(a > 1e-18, (-b + np.sqrt(np.maximum(b * b - a * c, 0.0))) / np.where(a > 1e-18, a, 1.0), np.inf)
        reached = np.where(inside, np.minimum(enter + to_wall, leave), enter)
        here = flying & (leave > 0)
        path = np.where(here, reached, path)
        flying &= ~here | (inside & (enter + to_wall >= leave))
    return path


def decays_on_path(path: Array, decay_length: Array, absorption: Array) -> Array:
    """Probability (n,) to decay before the end of `path` or an interaction: `absorption` in interactions per metre.

    (1/l) / (1/l + a) (1 - exp(-path (1/l + a))), for decay length l.
    """
    total = 1.0 / decay_length + absorption
    result: Array = -np.expm1(-path * total) / (decay_length * total)
    return result


def draw_along(path: Array, decay_length: Array, u: Array) -> Array:
    """Distances (n,) from a segment's start, distributed as exp(-s / decay_length) on [0, path], from uniform `u`."""
    result: Array = np.minimum(-decay_length * np.log1p(u * np.expm1(-path / decay_length)), path)
    return result
