"""A block of whole events as numbers, whatever file they come from, and the checks that need all of an event."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..events.sample import FINAL, EventSample
from ..kernels.arrays import Array, IntArray
from ..pdg import HEAVY_STATE_CODES
from .check import CLOCK_TOLERANCE, FLIGHT_TOLERANCE, Events, Flights, check_flights, check_frames, check_inside, check_kinematics
from .header import RunInfo
from .reading import Problems, Tally
from .record import DetectorFrame


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """Points in both frames."""

    particle: IntArray
    beam: Array
    """Shape (k, 4): (ct, x, y, z), metres."""
    detector: Array
    """Shape (k, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Events as numbers, with what nusim says besides where it does."""

    events: Events
    weight: Array
    process: IntArray
    code: IntArray
    """PDG codes, shape (N,)."""
    ctau: Array
    production: Positions
    vertices: Positions
    heavy: IntArray
    """Particle whose decay the detector sees; empty in files of other programs."""
    route: list[str]
    """Way by which it came, in one word."""
    delay: Array
    """c t, metres."""
    polarisation: Array
    spin: Array
    """Shape (N,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """What the head of a file says of its events."""

    own: bool
    """Whether nusim wrote it."""
    per_weight: float
    processes: set[int]
    frame: DetectorFrame | None
    volumes: list[Any]
    routes: dict[str, tuple[int, ...]]
    """For each route, in one word, the codes of its states: the one seen, that which it came from, ..."""
    factors: dict[str, dict[str, float]] = field(default_factory=dict)
    """Of the weights for nuisances, by name and beam parent; empty where the file does not hold them so."""


def check_samples(sample: EventSample, first: int, header: Header, tally: Tally, problems: Problems) -> None:
    """Check events that a file held, the first of which is the file's event `first`, counted from 0."""
    n, total = len(sample), len(sample.pdg)
    if not n:
        return
    event = np.repeat(np.arange(n), np.diff(sample.offsets))
    decayed = sample.status != FINAL
    inside = (sample.mother >= 0) & (sample.mother < np.diff(sample.offsets)[event])
    mother = np.where(inside, sample.offsets[event] + sample.mother, np.arange(total))
    end, ends = np.zeros((total, 4)), np.zeros(total, bool)
    end[mother[inside]], ends[mother[inside]] = sample.vertex[inside], True
    incoming = sample.offsets[:-1]
    is_first = np.zeros(total, bool)
    is_first[incoming] = True
    lines = np.column_stack([sample.mother + 1, np.zeros(total, np.int64)])
    events = Events(lambda i: f"event {first + i}", sample.offsets, is_first, decayed, lines, sample.momentum, sample.mass)
    vertices = np.flatnonzero(ends)
    words = [route.replace(" ", "_") for route in sample.routes]

    def positions(particle: IntArray, points: Array) -> Positions:
        other = np.zeros((len(particle), 3))
        if header.frame is not None:
            other = np.column_stack(header.frame.points(points[:, 1], points[:, 2], points[:, 3]))
        return Positions(particle, points, other)

    block = Block(
        events,
        sample.weight,
        sample.channel.astype(np.int64) + 1,
        sample.pdg,
        sample.proper_time,
        positions(incoming, sample.vertex[incoming]),
        positions(vertices, end[vertices]),
        incoming + sample.seen,
        [words[k] for k in sample.route],
        sample.delay,
        sample.polarisation,
        sample.spin,
    )
    tally.add(block.weight, block.route)
    strange = np.flatnonzero(~np.isin(block.process, list(header.processes)))
    problems.add_each(strange, lambda i: f"event {first + i}: its process {block.process[i]} is not in the header")
    _check_together(sample, event, mother, inside, first, problems)
    check_kinematics(events, problems, own=True)
    check_lines(block, header, problems)


def _check_together(sample: EventSample, event: IntArray, mother: IntArray, inside: Any, first: int, problems: Problems) -> None:
    """What one decay leaves begins at one point; the decay seen is there."""
    point = np.zeros((len(mother), 4))
    rows = np.flatnonzero(inside)[::-1]
    point[mother[rows]] = sample.vertex[rows]
    off = np.flatnonzero(inside & (np.abs(point[mother] - sample.vertex).max(axis=1) > FLIGHT_TOLERANCE))
    problems.add_each(
        off, lambda i: f"event {first + event[i]}: line {i - sample.offsets[event[i]] + 1}: it does not start where its sisters do"
    )
    heavy = sample.offsets[:-1] + sample.seen
    off = np.flatnonzero(np.abs(point[heavy] - sample.decay_vertex).max(axis=1) > FLIGHT_TOLERANCE)
    problems.add_each(off, lambda i: f"event {first + i}: the decay seen is not where its particles begin")


def header_of(info: RunInfo, volumes: list[Any]) -> Header:
    """What the run says of its events, whose heavy states carry nusim's own codes."""
    routes = {route.replace(" ", "_"): tuple(HEAVY_STATE_CODES[state] for state in route.split(" from ")) for route in info.routes}
    processes = set(range(1, len(info.processes) + 1))
    return Header(True, info.events_per_weight, processes, DetectorFrame.of(info.metadata), volumes, routes)


def check_lines(block: Block, header: Header, problems: Problems) -> None:
    """Vertices, flights, delay, route and detector."""
    events = block.events
    event, n = events.event, len(events.mass)
    end, ends = np.zeros((n, 4)), np.zeros(n, bool)
    end[block.vertices.particle] = block.vertices.beam
    ends[block.vertices.particle] = True
    idle = (events.momentum == 0).all(axis=1)
    lines = np.arange(n) - events.offsets[event] + 1
    missing = np.flatnonzero(events.decayed & ~ends & ~idle)
    problems.add_each(missing, lambda i: f"{events.name(event[i])}: line {lines[i]}: it decays, but no vertex is given")
    stray = np.flatnonzero(ends & ~events.decayed)
    problems.add_each(stray, lambda i: f"{events.name(event[i])}: line {lines[i]}: a vertex is given, but it does not decay")
    start, starts = np.zeros((n, 4)), np.zeros(n, bool)
    start[block.production.particle] = block.production.beam
    starts[block.production.particle] = True
    line = events.mother[:, 0]
    inside = (line > 0) & (line < lines)
    mother = np.where(inside, events.offsets[event] + line - 1, np.arange(n))
    start[inside] = end[mother[inside]]
    starts[inside] = ends[mother[inside]]
    known = np.flatnonzero(starts & ends)
    check_flights(events, Flights(known, start[known], end[known], block.ctau[known]), problems)
    path = np.where(starts & ends, np.linalg.norm(end[:, 1:] - start[:, 1:], axis=1), np.inf)
    _check_way(block, mother, path, start, end, problems)
    _check_routes(block, mother, header, problems)
    if header.frame is not None:
        for positions in (block.production, block.vertices):
            check_frames(events, event[positions.particle], positions.beam[:, 1:], positions.detector, header.frame, problems)
    seen = np.flatnonzero(ends[block.heavy])
    check_inside(events, seen, end[block.heavy[seen], 1:], header.volumes, problems)


def _check_way(block: Block, mother: IntArray, path: Array, start: Array, end: Array, problems: Problems) -> None:
    """The delay against all pieces of the way from the beam parent's decay to the decay seen.

    `mother`: of each particle, itself where it has none; `path`: length of each particle's way, infinite where it is not known.
    """
    events, at = block.events, block.heavy
    length, begin, whole = np.zeros(len(at)), end[at, 0], np.zeros(len(at), bool)
    while True:
        upstream = events.incoming[at]
        whole |= upstream
        length = np.where(upstream, length, length + path[at])
        begin = np.where(upstream, begin, start[at, 0])
        if np.all(mother[at] == at):
            break
        at = mother[at]
    # in the layout `decay` the way before the state seen is not in the file, and adds to its delay
    cut = events.incoming[block.heavy]
    own = np.where(cut, path[block.heavy], length)
    excess = block.delay - (end[block.heavy, 0] - np.where(cut, start[block.heavy, 0], begin) - own)
    allowed = FLIGHT_TOLERANCE * (1.0 + own) + CLOCK_TOLERANCE * np.abs(end[block.heavy, 0])
    wrong = whole & (own < np.inf) & (np.where(cut, -excess, np.abs(excess)) > allowed)
    problems.add_each(np.flatnonzero(wrong), lambda i: f"{events.name(i)}: its delay does not fit its vertices")


def _check_routes(block: Block, mother: IntArray, header: Header, problems: Problems) -> None:
    """The route named against the states in the event, from the one seen upwards."""
    events = block.events
    unknown = np.flatnonzero([route not in header.routes for route in block.route])
    problems.add_each(unknown, lambda i: f"{events.name(i)}: its route {block.route[i]} is not in the header")
    longest = max(map(len, header.routes.values()), default=0)
    # one more than the longest: there the beam parent stands, which no route names
    wanted = np.array([[*codes, *[0] * (longest + 1 - len(codes))] for codes in map(header.routes.get, block.route) if codes] or [[]])
    mine = np.flatnonzero([route in header.routes for route in block.route])
    at = block.heavy[mine]
    code, off, over = np.abs(block.code), np.zeros(len(mine), bool), np.zeros(len(mine), bool)
    for level in range(longest + 1 if len(mine) else 0):
        # the layout `decay` ends with the state seen
        off |= ~over & np.where(events.incoming[at] & (level > 0), wanted[:, level] != 0, wanted[:, level] != code[at])
        over |= events.incoming[at]
        at = mother[at]
    problems.add_each(mine[off], lambda i: f"{events.name(i)}: its route {block.route[i]} is not the way of its heavy state")
