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
from .reading import InputFile, Problems
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
    ctau: Array
    production: Positions
    vertices: Positions
    heavy: IntArray
    """Particle whose decay the detector sees; empty without nusim's lines."""
    delay: Array
    """c t, metres."""


def inspect_lhe(file: InputFile, start: bytes) -> tuple[dict[str, Any], list[float], int, Problems]:
    """The run as the header gives it, sum and sum of squares of the weights, number of events, problems."""
    problems = Problems()
    header, rest = _header(file, start)
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
    n, sums, ended = 0, [0.0, 0.0], False
    for text in file.blocks(rest, b"</event>"):
        pieces = text.split(b"</event>")
        tail = pieces.pop()
        n += _check(pieces, n, run, frame, volumes, processes, per_weight, sums, problems)
        if b"<event" in tail:
            problems.add(f"the file ends within event {n}")
        ended = b"</LesHouchesEvents>" in tail
    if not ended and not file.fault:
        problems.add(f"the file ends after {n} events without </LesHouchesEvents>")
    return run, sums, n, problems


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


def _check(
    pieces: list[bytes],
    first: int,
    run: dict[str, Any],
    frame: DetectorFrame | None,
    volumes: list[Any],
    processes: set[int],
    per_weight: float,
    sums: list[float],
    problems: Problems,
) -> int:
    """Check events, one text each; a block that cannot be read is halved until the bad event is found."""
    if not pieces:
        return 0
    try:
        block = _parse(pieces, first, bool(run))
    except (ValueError, IndexError) as error:
        if len(pieces) == 1:
            problems.add(f"event {first}: cannot be read: {error}")
            return 1
        half = len(pieces) // 2
        for part, offset in ((pieces[:half], 0), (pieces[half:], half)):
            _check(part, first + offset, run, frame, volumes, processes, per_weight, sums, problems)
        return len(pieces)
    weight = block.weight * per_weight
    sums[0] += float(weight.sum())
    sums[1] += float((weight**2).sum())
    strange = np.flatnonzero(~np.isin(block.process, list(processes)))
    problems.add_each(strange, lambda i: f"event {first + i}: its process {block.process[i]} is not in <init>")
    check_kinematics(block.events, problems, own=bool(run))
    if run:
        _check_lines(block, frame, volumes, problems)
    return len(pieces)


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
    events = Events(first, offsets, status == -1, (status == -1) | (status == 2), table[:, 2:4].astype(np.int64), momentum, table[:, 10])
    nothing = Positions(np.empty(0, np.int64), np.empty((0, 4)), np.empty((0, 3)))
    production, vertices, heavy, delay = nothing, nothing, np.empty(0, np.int64), np.empty(0)
    if own:
        places = [i for i, line in enumerate(lines) if line.startswith(b"# ")]
        production = _positions(lines, places, begin, offsets, b"production")
        vertices = _positions(lines, places, begin, offsets, b"vertex")
        rows = [lines[i].split() for i in places if lines[i].startswith(b"# event ")]
        if len(rows) != len(pieces) or len(production.particle) != len(pieces) or any(len(tokens) != 13 for tokens in rows):
            raise ValueError("the comment lines of nusim are missing or broken")
        heavy = offsets[:-1] + np.array([int(tokens[6]) for tokens in rows]) - 1
        if np.any(heavy < offsets[:-1]) or np.any(heavy >= offsets[1:]):
            raise ValueError("its heavy state is on no line")
        delay = _numbers([tokens[8] for tokens in rows], 1)[:, 0] * ns
    return Block(events, head[:, 2], head[:, 1].astype(np.int64), table[:, 11] * mm, production, vertices, heavy, delay)


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


def _check_lines(block: Block, frame: DetectorFrame | None, volumes: list[Any], problems: Problems) -> None:
    """Vertices, flights, delay and detector, from nusim's comment lines."""
    events = block.events
    event, n = events.event, len(events.mass)
    end, ends = np.zeros((n, 4)), np.zeros(n, bool)
    end[block.vertices.particle] = block.vertices.beam
    ends[block.vertices.particle] = True
    idle = (events.momentum == 0).all(axis=1)
    lines = np.arange(n) - events.offsets[event] + 1
    missing = np.flatnonzero(events.decayed & ~ends & ~idle)
    problems.add_each(missing, lambda i: f"event {events.first + event[i]}: line {lines[i]}: it decays, but no vertex is given")
    start, starts = np.zeros((n, 4)), np.zeros(n, bool)
    start[block.production.particle] = block.production.beam
    starts[block.production.particle] = True
    line = events.mother[:, 0]
    inside = (line > 0) & (line <= np.diff(events.offsets)[event])
    mother = np.where(inside, events.offsets[event] + line - 1, 0)
    start[inside] = end[mother[inside]]
    starts[inside] = ends[mother[inside]]
    known = np.flatnonzero(starts & ends)
    check_flights(events, Flights(known, start[known], end[known], block.ctau[known]), problems)

    heavy = block.heavy
    flown = end[heavy] - start[heavy]
    path = np.linalg.norm(flown[:, 1:], axis=1)
    excess = block.delay - (flown[:, 0] - path)
    # the way before the heavy state adds to the delay in a cascade, and is not in the file in the layout `decay`
    whole = ~events.incoming[heavy] & events.incoming[mother[heavy]]
    wrong = np.where(whole, np.abs(excess), -excess) > FLIGHT_TOLERANCE * (1.0 + path)
    late = np.flatnonzero(starts[heavy] & ends[heavy] & wrong)
    problems.add_each(late, lambda i: f"event {events.first + i}: its delay does not fit its vertices")
    if frame is not None:
        for positions in (block.production, block.vertices):
            check_frames(events.first, event[positions.particle], positions.beam[:, 1:], positions.detector, frame, problems)
    seen = np.flatnonzero(ends[heavy])
    check_inside(events.first, seen, end[heavy[seen], 1:], volumes, problems)
