"""Two-body decays aimed at a detector: lines through its volume, both momenta a line allows, the weight of each.

A spin-0 parent decays isotropically in its rest frame. For a line through the detector the heavy daughter's momentum
solves a quadratic; a daughter slower in the parent's frame than the parent is in the laboratory has two solutions
inside a cone about the parent's direction. The Jacobian of that map diverges on the edge of the cone, so where the
detector touches the edge, or around the decay, some of the lines are made from rest-frame angles instead, drawn inside the window that
can reach it, and each line is weighted with the density of both ways together, which bounds it (the balance heuristic of E. Veach,
L. Guibas, SIGGRAPH 1995). All estimate the same integral, the fraction of decays (d Omega* / 4 pi) along lines through the detector.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.lorentz import orthonormal_frame
from .volumes import Volume

DRAWS = 5
"""Uniform numbers one aimed decay consumes: volume, three for the point, root."""

_EDGE_ROOM = 3.0
"""Weights expected of decays near the edge, in units of the window: more than the mean, because some lines weigh much more."""


@dataclass(frozen=True, slots=True, eq=False)
class Decay:
    """Two-body decays before they are aimed, arrays of shape (n,)."""

    momentum: Array
    """Parent three-momenta, GeV, shape (n, 3)."""
    vertex: Array
    """Decay points, metres, shape (n, 3)."""
    m_parent: Array
    m_heavy: Array
    energy_star: Array
    """Energy of the heavy daughter in the parent's rest frame, GeV."""
    momentum_star: Array
    """Its momentum there, GeV."""

    def select(self, rows: BoolArray | IntArray) -> "Decay":
        return Decay(*(getattr(self, name)[rows] for name in Decay.__slots__))


View = tuple[Array, Array, Array]
"""A volume seen from decays: angle from the parent's direction to its centre, its angular radius, the unit vector to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Aimed:
    """Decays along lines through the detector, arrays of shape (n,)."""

    direction: Array
    """Unit vectors, shape (n, 3)."""
    momentum: Array
    """Of the heavy daughter in the laboratory, GeV; 1 where the weight is 0."""
    enter: Array
    """Distance from the decay to the volume, metres."""
    leave: Array
    weight: Array
    """Its mean over the drawn numbers, times any function of line and momentum, is that function's mean over decays."""


def aim(volumes: tuple[Volume, ...], decay: Decay, u: Array) -> Aimed:
    """Aim each decay through one of the volumes; `u` holds uniform numbers (n, DRAWS).

    Volumes are chosen in proportion to their size; they must not overlap.
    """
    share = np.array([volume.volume for volume in volumes])
    share /= share.sum()
    chosen = np.minimum(np.searchsorted(np.cumsum(share), u[:, 0], side="right"), len(volumes) - 1)
    n = len(u)
    out = Aimed(np.empty((3, n)).T, np.empty(n), np.empty(n), np.empty(n), np.empty(n))
    for k, volume in enumerate(volumes):
        by_window = touches_edge(volume, decay) | _around(volume, decay)
        for window in (False, True):
            mask = (chosen == k) & (by_window == window)
            if not mask.any():
                continue
            route = _through_both if window else _through_point
            part = route(volume, decay.select(mask), u[mask, 1:])
            for name in Aimed.__slots__:
                getattr(out, name)[mask] = getattr(part, name)
            out.weight[mask] /= share[k]
    return out


def views(volumes: tuple[Volume, ...], decay: Decay) -> list[View]:
    """Each volume seen from the decays; of these only momenta and vertices count."""
    return [_view(volume, decay) for volume in volumes]


def expected_weight(volumes: tuple[Volume, ...], decay: Decay, seen: Sequence[View]) -> tuple[Array, Array, Array, Array]:
    """What `aim` will give, before any line is drawn: weight, momentum, and distances at which the detector begins and
    ends, each (n,), for a typical line; `seen`: `views`. A proposal for events, not an estimate of a rate."""
    weight, momentum, enter, leave = (np.zeros(len(decay.m_parent)) for _ in range(4))
    for volume, view in zip(volumes, seen, strict=True):
        angle, radius, _ = view
        distance = volume.bounding_radius / np.sin(np.minimum(radius, np.pi / 2))
        depth = volume.extent[2]
        edge = _touches_edge(volume, decay, view)
        p = norm(decay.momentum)
        here, q = np.zeros(len(p)), np.ones(len(p))
        if edge.any():
            window = _window(volume, decay.select(edge))
            middle = window.cosine(0.5 * np.ones(int(edge.sum())))
            here[edge] = _EDGE_ROOM * window.length * 2 * window.half / (4 * np.pi)
            q[edge] = window.momentum(middle)[0]
        fast, _, root = solve(decay, p, np.cos(angle), np.sin(angle) ** 2, +1.0)
        slow, _, _ = solve(decay, p, np.cos(angle), np.sin(angle) ** 2, -1.0)
        good = ~edge & (fast > 0)
        q[good] = fast[good]
        jacobian = decay.m_parent * fast * (fast + slow) / (decay.momentum_star * np.where(root > 0, root, 1.0))
        # lines through a volume V seen from D cross it over V / (D^2 solid angle) on average
        here[good] = (jacobian * volume.volume / (4 * np.pi * np.maximum(distance, depth / 2) ** 2 * depth))[good]
        larger = here > weight
        weight += here
        momentum = np.where(larger, q, momentum)
        enter = np.where(larger, np.maximum(distance - depth / 2, 0.0), enter)
        leave = np.where(larger, distance + depth / 2, leave)
    return weight, np.where(momentum > 0, momentum, 1.0), enter, leave


def norm(v: Array) -> Array:
    """Moduli (n,) of vectors (n, 3)."""
    return np.sqrt(v[:, 0] ** 2 + v[:, 1] ** 2 + v[:, 2] ** 2)


def _dot(a: Array, b: Array) -> Array:
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]


def _view(volume: Volume, decay: Decay) -> View:
    """The volume seen from the decay."""
    toward = volume.centre - decay.vertex
    distance = norm(toward)
    toward = toward / distance[:, None]
    p = norm(decay.momentum)
    cosine = _dot(toward, decay.momentum) / p
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    radius = np.where(distance > volume.bounding_radius, np.arcsin(np.minimum(volume.bounding_radius / distance, 1.0)), np.pi)
    return angle, radius, toward


def touches_edge(volume: Volume, decay: Decay) -> BoolArray:
    """Where the volume, seen from the decay, reaches beyond the edge of the cone of allowed lines: some corner of its box does."""
    return _touches_edge(volume, decay, _view(volume, decay))


def _touches_edge(volume: Volume, decay: Decay, view: View) -> BoolArray:
    angle, radius, _ = view
    cone = decay.m_parent * decay.momentum_star
    reach = decay.m_heavy * norm(decay.momentum)
    far = np.minimum(angle + radius, np.pi / 2)
    edge: BoolArray = (reach > cone) & (radius < np.pi / 2) & (reach * np.sin(far) > cone)
    near = np.flatnonzero(edge & (angle + radius < np.pi / 2))
    across = _corners(volume, decay.select(near))
    tangent2 = (across[0] ** 2 + across[1] ** 2 + across[2] ** 2).max(axis=0)
    # every corner inside the cone, which is convex: so is all of the box
    edge[near] = reach[near] ** 2 * tangent2 > cone[near] ** 2 * (1 + tangent2)
    return edge


EDGE_CLASSES = 5
"""How many classes `edge_class` tells apart."""
_CLASS_LIMITS = (0.0, 0.6)
"""Distances of the cone's edge from the volume's centre, in units of its angular radius, that part those that the edge crosses."""


def edge_class(volumes: tuple[Volume, ...], decay: Decay) -> IntArray:
    """How hard decays are to aim at the volumes, shape (n,): 0 for all lines inside the cone, EDGE_CLASSES - 1 for most of them outside."""
    out = np.zeros(len(decay.m_parent), np.int64)
    sine = np.minimum(decay.m_parent * decay.momentum_star / (decay.m_heavy * norm(decay.momentum)), 1.0)
    cone = np.where(sine < 1, np.arcsin(sine), np.pi)
    for volume in volumes:
        view = _view(volume, decay)
        room = (cone - view[0]) / view[1]
        crossed = EDGE_CLASSES - 1 - np.searchsorted(_CLASS_LIMITS, room)
        out = np.maximum(out, np.where(_touches_edge(volume, decay, view), crossed, room < 1))
    return out


def _corners(volume: Volume, decay: Decay) -> Array:
    """Corners of the volume's box seen along the parent's direction: vectors across it, in units of the distance along it, shape (3, 8, n).

    Every corner must lie ahead.
    """
    axis = decay.momentum.T / norm(decay.momentum)
    corner = volume.corners.T[:, :, None] - decay.vertex.T[:, None, :]
    result: Array = corner / np.einsum("ikn,in->kn", corner, axis) - axis[:, None, :]
    return result


def _around(volume: Volume, decay: Decay) -> BoolArray:
    """Where the decay lies within the sphere that holds the volume."""
    around: BoolArray = norm(volume.centre - decay.vertex) <= volume.bounding_radius
    return around


def solve(decay: Decay, p: Array, cosine: Array, sine2: Array, sign: float) -> tuple[Array, Array, Array]:
    """Momentum and energy of the heavy daughter along a line at the given angle to the parent, and the root of the
    discriminant; the momentum is 0 where this root does not exist."""
    m, big = decay.m_heavy, decay.m_parent
    energy = np.sqrt(p**2 + big**2)
    square = (big * decay.momentum_star) ** 2 - m**2 * p**2 * sine2
    root = np.sqrt(np.maximum(square, 0.0))
    denominator = big**2 + p**2 * sine2
    q = (big * decay.energy_star * p * cosine + sign * energy * root) / denominator
    e = (big * decay.energy_star * energy + sign * p * cosine * root) / denominator
    return np.where((square > 0) & (q > 0), q, 0.0), e, root


def _by_point(volume: Volume, decay: Decay, direction: Array, enter: Array, leave: Array) -> tuple[Array, Array, Array]:
    """Both momenta on each line, 0 where there is none, and the factor that makes either a weight: of lines through uniform points,
    with the root taken in proportion to its momentum."""
    # density of directions made by uniform points: (leave^3 - enter^3) / (3 volume)
    spread = (leave - enter) * (leave**2 + leave * enter + enter**2)
    solid_angle = np.where(spread > 0, 3 * volume.volume / np.where(spread > 0, spread, 1.0), 0.0)
    p = norm(decay.momentum)
    cosine = _dot(direction, decay.momentum) / p
    cross = direction * p[:, None] - decay.momentum * cosine[:, None]
    sine2 = _dot(cross, cross) / p**2
    fast, _, root = solve(decay, p, cosine, sine2, +1.0)
    slow, _, _ = solve(decay, p, cosine, sine2, -1.0)
    good = root > 0
    # The decay probability of a long-lived state goes as 1/q and the Jacobian as q^2: choosing a root in proportion
    # to q leaves nearly equal weights.
    jacobian = decay.m_parent * (fast + slow) / (decay.momentum_star * np.where(good, root, 1.0))
    return fast, slow, np.where(good, jacobian * solid_angle / (4 * np.pi), 0.0)


def _through_point(volume: Volume, decay: Decay, u: Array) -> Aimed:
    """Lines through uniform points of the volume, weighted with d Omega* / d Omega of the root taken."""
    line = volume.sample(u[:, :3]) - decay.vertex
    direction = line / norm(line)[:, None]
    enter, leave = volume.crossing(decay.vertex, direction)
    fast, slow, factor = _by_point(volume, decay, direction, enter, leave)
    q = np.where(u[:, 3] * (fast + slow) < fast, fast, slow)
    good = (q > 0) & (factor > 0)
    return Aimed(direction, np.where(good, q, 1.0), enter, leave, np.where(good, q * factor, 0.0))


_BY_WINDOW = 0.75
"""Share of lines made from rest-frame angles where the two ways are mixed: weights stay below its inverse times the window."""


def _through_both(volume: Volume, decay: Decay, u: Array) -> Aimed:
    """Lines through points or from the window, each with the weight of the mixture."""
    window = _window(volume, decay)
    by_window = u[:, 3] < _BY_WINDOW
    free, momentum = _from_window(window, u[:, :2])
    line = volume.sample(u[:, :3]) - decay.vertex
    direction = np.where(by_window[:, None], free, line / norm(line)[:, None])
    enter, leave = volume.crossing(decay.vertex, direction)
    fast, slow, factor = _by_point(volume, decay, direction, enter, leave)
    root = np.clip((u[:, 3] - _BY_WINDOW) / (1 - _BY_WINDOW), 0.0, 1.0)
    q = np.where(by_window, momentum, np.where(root * (fast + slow) < fast, fast, slow))
    size = window.length * 2 * window.half / (4 * np.pi)
    good = (leave > enter) & (q > 0) & (size > 0) & (by_window | (factor > 0))
    # one over the sum of densities; on the edge itself points have none
    points = np.where(good & (factor > 0), (1 - _BY_WINDOW) / np.where(good & (factor > 0), q * factor, 1.0), 0.0)
    density = points + _BY_WINDOW / np.where(size > 0, size, 1.0)
    return Aimed(direction, np.where(good, q, 1.0), enter, leave, np.where(good, 1 / density, 0.0))


def _rest_cosine(decay: Decay, p: Array, angle: Array, sign: float) -> Array:
    """Cosine of the heavy daughter's angle in the parent's rest frame for a laboratory angle inside the cone."""
    _, e, _ = solve(decay, p, np.cos(angle), np.sin(angle) ** 2, sign)
    energy = np.sqrt(p**2 + decay.m_parent**2)
    return np.clip((decay.m_parent * e - energy * decay.energy_star) / (p * decay.momentum_star), -1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """Rest-frame angles from which the volume may be reached: one or two intervals in the cosine, one in azimuth."""

    decay: Decay
    p: Array
    toward: Array
    length: Array
    """Of the intervals in the cosine together; 0 where the volume is out of reach."""
    half: Array
    """Half width in azimuth."""
    forward_from: Array
    backward_from: Array
    length_forward: Array

    def cosine(self, u: Array) -> Array:
        """Cosine at a fraction `u` of the intervals."""
        step = u * self.length
        inside = step < self.length_forward
        return np.where(inside, self.forward_from + step, self.backward_from + step - self.length_forward)

    def momentum(self, cosine: Array) -> tuple[Array, Array, Array]:
        """Laboratory momentum for a rest-frame cosine: modulus, transverse and longitudinal to the parent."""
        decay = self.decay
        energy = np.sqrt(self.p**2 + decay.m_parent**2)
        transverse = decay.momentum_star * np.sqrt(np.maximum(1 - cosine**2, 0.0))
        longitudinal = (energy * decay.momentum_star * cosine + self.p * decay.energy_star) / decay.m_parent
        return np.hypot(transverse, longitudinal), transverse, longitudinal


def _window(volume: Volume, decay: Decay) -> _Window:
    """The window around the sphere that holds the volume; all angles for decays within that sphere."""
    angle, radius, toward = _view(volume, decay)
    p = norm(decay.momentum)
    cone = np.arcsin(np.minimum(decay.m_parent * decay.momentum_star / (decay.m_heavy * p), 1.0))
    near, far = np.maximum(angle - radius, 0.0), np.minimum(angle + radius, cone)
    reachable = near < cone
    near = np.minimum(near, cone)
    forward = _rest_cosine(decay, p, far, +1.0), _rest_cosine(decay, p, near, +1.0)
    backward = _rest_cosine(decay, p, near, -1.0), _rest_cosine(decay, p, far, -1.0)
    length_forward = np.where(reachable, np.maximum(forward[1] - forward[0], 0.0), 0.0)
    length_backward = np.where(reachable, np.maximum(backward[1] - backward[0], 0.0), 0.0)
    around = _around(volume, decay)
    first = np.where(around, -1.0, forward[0])
    length_forward, length_backward = np.where(around, 2.0, length_forward), np.where(around, 0.0, length_backward)
    outside = angle > radius
    half = np.where(outside, np.arcsin(np.minimum(np.sin(radius) / np.where(outside, np.sin(angle), 1.0), 1.0)), np.pi)
    return _Window(decay, p, toward, length_forward + length_backward, half, first, backward[0], length_forward)


def _from_window(window: _Window, u: Array) -> tuple[Array, Array]:
    """Directions (n, 3) and momenta (n,) for rest-frame angles uniform in the window."""
    q, transverse, longitudinal = window.momentum(window.cosine(u[:, 0]))
    azimuth = (2 * u[:, 1] - 1) * window.half
    axis = window.decay.momentum / window.p[:, None]
    side = window.toward - axis * _dot(window.toward, axis)[:, None]
    size = norm(side)
    # a detector centred on the axis has no preferred side: any perpendicular vector serves
    spare, _ = orthonormal_frame(axis)
    side = np.where((size > 1e-12)[:, None], side / np.where(size > 1e-12, size, 1.0)[:, None], spare)
    up = np.cross(axis, side)
    across, aside, along = transverse * np.cos(azimuth) / q, transverse * np.sin(azimuth) / q, longitudinal / q
    return across[:, None] * side + aside[:, None] * up + along[:, None] * axis, q
