"""Reading LHE events in bulk, to check them."""

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..kernels.arrays import Array, IntArray
from ..units import mm, ns
from .check import FLIGHT_TOLERANCE, Events, Flights, check_flights, check_frames, check_inside, check_kinematics, detector_volumes
from .reading import InputFile, Problems, Tally, factor_of, named_factors
from .record import DetectorFrame

_HEADER_LIMIT = 100_000_000
_TOKENS_OF_POSITION = 13


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """The comment lines that give points in both frames."""

    particle: IntArray
    beam: Array
    """Shape (k, 4): (ct, x, y, z), metres."""
    detector: Array
    """Shape (k, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Events as numbers, with nusim's comment lines where there are any."""

    events: Events
    weight: Array
    process: IntArray
    code: IntArray
    """PDG codes, shape (N,)."""
    ctau: Array
    production: Positions
    vertices: Positions
    heavy: IntArray
    """Particle whose decay the detector sees; empty without nusim's lines."""
    route: list[str]
    """Way by which it came, in one word."""
    delay: Array
    """c t, metres."""


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
    factors: dict[str, dict[str, float]]
    """Of the weights for nuisances, by name and beam parent."""


def inspect_lhe(file: InputFile, start: bytes) -> tuple[dict[str, Any], Tally, Problems]:
    """The run as the header gives it, what the events sum to, problems. DataFileError for a file that is cut off."""
    problems = Problems()
    text, rest = _header(file, start)
    header, run = _read_header(file, text, problems)
    tally, last = Tally(), b""
    for block in file.blocks(rest, b"</event>"):
        pieces = block.split(b"</event>")
        last = pieces.pop()
        _check(pieces, tally.events, header, tally, problems)
    announced = run.get("events_in_file")
    of = "" if announced is None else f" of {announced}"
    if file.fault:
        raise DataFileError(f"{file.path}: {file.fault}; {tally.events}{of} events are whole")
    if b"</LesHouchesEvents>" not in last:
        raise DataFileError(f"{file.path}: is cut off: it ends without </LesHouchesEvents>; {tally.events}{of} events are whole")
    if b"<event" in last:
        problems.add(f"event {tally.events} has no end")
    return run, tally, problems


def _read_header(file: InputFile, header: str, problems: Problems) -> tuple[Header, dict[str, Any]]:
    run, experiment = _element(header, "run", problems), _element(header, "experiment", problems)
    processes = _processes(file, header)
    if not run:
        problems.add("the header is not nusim's: the normalisation is unknown")
    frame = None
    if run:
        try:
            frame = DetectorFrame.of(run)
        except DataFileError as error:
            problems.add(str(error))
    volumes = detector_volumes(experiment) if experiment else []
    per_weight = float(run.get("events_per_weight") or 0.0)
    return Header(bool(run), per_weight, processes, frame, volumes, _routes(run, problems), named_factors(run, problems)), run


def _routes(run: dict[str, Any], problems: Problems) -> dict[str, tuple[int, ...]]:
    try:
        codes = run.get("pdg_codes", {})
        return {route["in_events"]: tuple(codes[state] for state in route["name"].split(" from ")) for route in run.get("routes", [])}
    except (AttributeError, KeyError, TypeError):
        problems.add("the header's routes cannot be read")
        return {}


def _header(file: InputFile, start: bytes) -> tuple[str, bytes]:
    """Text up to </init>, and what was read of the rest."""
    end = b"</init>"
    while end not in start:
        data = file.read()
        if not data or len(start) > _HEADER_LIMIT:
            raise DataFileError(f"{file.path}: the LHE header has no <init> block{'; ' + file.fault if file.fault else ''}")
        start += data
    cut = start.index(end) + len(end)
    return start[:cut].decode("utf-8", "replace"), start[cut:]


def _element(header: str, name: str, problems: Problems) -> dict[str, Any]:
    found = re.search(rf"<nusim_{name}>(.*?)</nusim_{name}>", header, re.DOTALL)
    if not found:
        return {}
    try:
        value = json.loads(found[1])
    except ValueError:
        value = None
    if not isinstance(value, dict):
        problems.add(f"the header's nusim_{name} cannot be read")
        return {}
    return value


def _processes(file: InputFile, header: str) -> set[int]:
    lines = header[header.rindex("<init") :].split("\n")[1:-1]
    try:
        count = int(lines[0].split()[9])
        return {int(line.split()[3]) for line in lines[1 : 1 + count]}
    except (IndexError, ValueError):
        raise DataFileError(f"{file.path}: the <init> block of the LHE file cannot be read") from None


def _check(pieces: list[bytes], first: int, header: Header, tally: Tally, problems: Problems) -> None:
    """Check events, one text each; a block that cannot be read is halved until the bad event is found."""
    if not pieces:
        return
    try:
        block = _parse(pieces, first, header.own)
    except (ValueError, IndexError) as error:
        if len(pieces) == 1:
            problems.add(f"event {first}: cannot be read: {error}")
            tally.unreadable()
            return
        half = len(pieces) // 2
        for part, offset in ((pieces[:half], 0), (pieces[half:], half)):
            _check(part, first + offset, header, tally, problems)
        return
    tally.add(block.weight * header.per_weight, block.route)
    strange = np.flatnonzero(~np.isin(block.process, list(header.processes)))
    problems.add_each(strange, lambda i: f"event {first + i}: its process {block.process[i]} is not in <init>")
    check_kinematics(block.events, problems, own=header.own)
    if header.factors:
        _check_weights(pieces, first, block, header, tally, problems)
    if header.own:
        _check_lines(block, header, problems)


_NAMED = re.compile(rb"<wgt id='([^']*)'>([^<]*)</wgt>")


def _check_weights(pieces: list[bytes], first: int, block: Block, header: Header, tally: Tally, problems: Problems) -> None:
    """The weights for nuisances against the weight and the beam parent of each event."""
    parent = np.array([int(piece.partition(b" parent")[2][:13]) for piece in pieces], np.int64)
    found = [dict(_NAMED.findall(piece)) for piece in pieces]
    for name, by_parent in header.factors.items():
        given = np.array([float(one.get(name.encode(), "nan")) for one in found])
        expected = factor_of(by_parent, parent) * block.weight
        wrong = np.flatnonzero(~(np.abs(given - expected) <= 1e-9 * np.abs(block.weight)))
        problems.add_each(wrong, lambda i, name=name: f"event {first + i}: its weight {name} does not fit its beam parent")  # type: ignore[misc]
        tally.add_named(name, given * header.per_weight)


def _parse(pieces: list[bytes], first: int, own: bool) -> Block:
    """Numbers of events, each given as text from before <event> to before </event>; ValueError where they do not fit."""
    lines: list[bytes] = []
    begin = np.empty(len(pieces), np.int64)
    for i, piece in enumerate(pieces):
        text = piece.partition(b"<event")[2].partition(b">")[2].strip()
        if not text:
            raise ValueError("there is no <event>")
        begin[i] = len(lines)
        lines += text.split(b"\n")
    end = np.append(begin[1:], len(lines))
    head = _numbers([token for i in begin for token in lines[i].split()], 6)
    if len(head) != len(pieces):
        raise ValueError("its first line does not hold 6 numbers")
    count = head[:, 0].astype(np.int64)
    if np.any(count < 1) or np.any(begin + 1 + count > end):
        raise ValueError("it holds fewer particles than it announces")
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    owner = np.repeat(np.arange(len(pieces)), count)
    at = begin[owner] + 1 + np.arange(offsets[-1]) - offsets[owner]
    particles = [lines[i].split() for i in at]
    if any(len(tokens) != 13 for tokens in particles):
        raise ValueError("a particle's line does not hold 13 numbers")
    table = _numbers([token for tokens in particles for token in tokens], 13)
    status = table[:, 1].astype(np.int64)
    momentum = table[:, [9, 6, 7, 8]]
    events = Events(
        lambda i: f"event {first + i}",
        offsets,
        status == -1,
        (status == -1) | (status == 2),
        table[:, 2:4].astype(np.int64),
        momentum,
        table[:, 10],
    )
    nothing = Positions(np.empty(0, np.int64), np.empty((0, 4)), np.empty((0, 3)))
    production, vertices, heavy, delay, route = nothing, nothing, np.empty(0, np.int64), np.empty(0), list[str]()
    if own:
        places = [i for i, line in enumerate(lines) if line.startswith(b"# ")]
        production = _positions(lines, places, begin, offsets, b"production")
        vertices = _positions(lines, places, begin, offsets, b"vertex")
        rows = [lines[i].split() for i in places if lines[i].startswith(b"# event ")]
        if len(rows) != len(pieces) or len(production.particle) != len(pieces) or any(len(tokens) != 15 for tokens in rows):
            raise ValueError("the comment lines of nusim are missing or broken")
        heavy = offsets[:-1] + np.array([int(tokens[6]) for tokens in rows]) - 1
        if np.any(heavy < offsets[:-1]) or np.any(heavy >= offsets[1:]):
            raise ValueError("its heavy state is on no line")
        delay = _numbers([tokens[8] for tokens in rows], 1)[:, 0] * ns
        route = [tokens[14].decode("ascii", "replace") for tokens in rows]
    code = table[:, 0].astype(np.int64)
    return Block(events, head[:, 2], head[:, 1].astype(np.int64), code, table[:, 11] * mm, production, vertices, heavy, route, delay)


def _numbers(tokens: list[bytes], width: int) -> Array:
    if len(tokens) % width:
        raise ValueError("a line does not hold as many numbers as it should")
    values: Array = np.array(tokens, dtype=np.float64).reshape(-1, width)
    if not np.all(np.isfinite(values)):
        raise ValueError("a number is not finite")
    return values


def _positions(lines: list[bytes], places: list[int], begin: IntArray, offsets: IntArray, name: bytes) -> Positions:
    prefix = b"# " + name + b" "
    here = [i for i in places if lines[i].startswith(prefix)]
    rows = [lines[i].split() for i in here]
    if any(len(tokens) != _TOKENS_OF_POSITION for tokens in rows):
        raise ValueError(f"a line '# {name.decode()}' is broken")
    owner = np.searchsorted(begin, np.array(here, np.int64), side="right") - 1
    particle = offsets[owner] + np.array([int(tokens[2]) for tokens in rows], np.int64) - 1
    if np.any(particle < offsets[owner]) or np.any(particle >= offsets[owner + 1]):
        raise ValueError(f"a line '# {name.decode()}' names a particle that is not there")
    values = _numbers([token for tokens in rows for token in (tokens[12], *tokens[4:7], *tokens[8:11])], 7)
    beam = values[:, :4].copy()
    beam[:, 0] *= ns
    return Positions(particle, beam, values[:, 4:])


def _check_lines(block: Block, header: Header, problems: Problems) -> None:
    """Vertices, flights, delay, route and detector, from nusim's comment lines."""
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
    wrong = whole & (own < np.inf) & (np.where(cut, -excess, np.abs(excess)) > FLIGHT_TOLERANCE * (1.0 + own))
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
