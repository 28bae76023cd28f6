"""Straight flight between the horns: to a plane across the beam, with the decays and losses on the way."""

import numpy as np

from .decay_region import Section, decays_on_path, free_path
from .horns import StepSegments, absorption
from .materials import Material
from .mesons import Mesons


def drift(
    mesons: Mesons, plane: float, tunnel: tuple[Section, ...], gas: Material | None, segments: StepSegments, rng: np.random.Generator
) -> Mesons:
    """Mesons at z = `plane`, metres; those already beyond it or flying backward stay where they are.

    Decays on the way are offered to `segments`; weights fall by decay and by interaction with `gas`, to 0 for what meets a wall of
    `tunnel` first.
    """
    position, weight, time = mesons.position.copy(), mesons.weight.copy(), mesons.time.copy()
    rows = np.flatnonzero((weight > 0) & (position[:, 2] < plane) & (mesons.momentum[:, 2] > 0))
    if len(rows) == 0:
        return mesons
    flying = mesons.select(rows)
    p = np.linalg.norm(flying.momentum, axis=1)
    direction = flying.momentum / p[:, None]
    to_plane = (plane - flying.position[:, 2]) / direction[:, 2]
    to_wall = free_path(tunnel, flying.position, direction)
    path = np.minimum(to_plane, to_wall)
    # nuclei's constituents do not decay: their infinite length is replaced by one that no path reaches
    length = np.minimum(flying.decay_length, 1e15)
    losses = absorption(flying, gas, p)
    decays = flying.weight * decays_on_path(path, length, losses)
    segments.offer(rows, decays, flying.position.T, flying.momentum.T, flying.time, path, rng.random(len(rows)))
    position[rows] += path[:, None] * direction
    position[rows, 2] = np.where(to_wall < to_plane, position[rows, 2], plane)
    time[rows] += path * np.hypot(p, flying.mass) / p
    weight[rows] = np.where(to_wall < to_plane, 0.0, flying.weight * np.exp(-path * (1 / length + losses)))
    return Mesons(mesons.pdg, position, mesons.momentum, time, weight)
