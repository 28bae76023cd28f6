"""Reading LHE events in bulk, to check them."""

import re
from typing import Any

import numpy as np

from ..cards.run import check_run_document, read_document
from ..errors import DataFileError
from ..kernels.arrays import Array, IntArray
from ..units import mm, ns
from .block import Block, Header, Positions, check_lines
from .check import Events, check_kinematics, detector_volumes
from .reading import InputFile, Problems, Tally, factor_of, in_range, named_factors, numbers, whole
from .record import DetectorFrame

_HEADER_LIMIT = 100_000_000
_TOKENS_OF_POSITION = 13


def inspect_lhe(file: InputFile, start: bytes) -> tuple[dict[str, Any], Tally, Problems]:
    """The run as the header gives it, what the events sum to, problems. DataFileError for a file that is cut off."""
    problems = Problems()
    text, rest = header_of_file(file, start)
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
    run, experiment = element(header, "run", problems), element(header, "experiment", problems)
    processes = _processes(file, header)
    if not run:
        problems.add("the header is not nusim's: the normalisation is unknown")
    frame = None
    if run:
        try:
            check_run_document(run)
            frame = DetectorFrame.of(run)
        except DataFileError as error:
            problems.add(f"the header's nusim_run: {error}")
            run = {}
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


def header_of_file(file: InputFile, start: bytes) -> tuple[str, bytes]:
    """Text up to </init>, and what was read of the rest."""
    end = b"</init>"
    while end not in start:
        data = file.read()
        if not data or len(start) > _HEADER_LIMIT:
            raise DataFileError(f"{file.path}: the LHE header has no <init> block{'; ' + file.fault if file.fault else ''}")
        start += data
    cut = start.index(end) + len(end)
    return start[:cut].decode("utf-8", "replace"), start[cut:]


def element(header: str, name: str, problems: Problems) -> dict[str, Any]:
    found = re.search(rf"<nusim_{name}>(.*?)</nusim_{name}>", header, re.DOTALL)
    if not found:
        return {}
    try:
        return read_document(found[1])
    except ValueError:
        problems.add(f"the header's nusim_{name} cannot be read")
        return {}


def _processes(file: InputFile, header: str) -> set[int]:
    try:
        lines = header[header.rindex("<init") :].split("\n")[1:-1]
        count = int(lines[0].split()[9])
        return {int(line.split()[3]) for line in lines[1 : 1 + count]}
    except (IndexError, ValueError):
        raise DataFileError(f"{file.path}: the <init> block of the LHE file cannot be read") from None


def _check(pieces: list[bytes], first: int, header: Header, tally: Tally, problems: Problems) -> None:
    """Check events, one text each; a block that cannot be read is halved until the bad event is found."""
    if not pieces:
        return
    try:
        block = parse(pieces, first, header.own)
        named = _named_weights(pieces, header)
    except (ValueError, IndexError, OverflowError) as error:
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
        _check_weights(named, first, block, header, tally, problems)
    if header.own:
        check_lines(block, header, problems)


_NAMED = re.compile(rb"<wgt id='([^']*)'>([^<]*)</wgt>")


_Named = tuple[IntArray, dict[str, Array]]


def _named_weights(pieces: list[bytes], header: Header) -> _Named:
    """Beam parent of each event and its weights for nuisances, NaN where one is not there; ValueError where they are no numbers."""
    if not header.factors:
        return np.empty(0, np.int64), {}
    parent = np.array([int(piece.partition(b" parent")[2][:13]) for piece in pieces], np.int64)
    found = [dict(_NAMED.findall(piece)) for piece in pieces]
    given = {name: np.array([float(one.get(name.encode(), "nan")) for one in found]) for name in header.factors}
    for weights in given.values():
        in_range(weights[~np.isnan(weights)])
    return parent, given


def _check_weights(named: _Named, first: int, block: Block, header: Header, tally: Tally, problems: Problems) -> None:
    """The weights for nuisances against the weight and the beam parent of each event."""
    parent, weights = named
    for name, by_parent in header.factors.items():
        given = weights[name]
        expected = factor_of(by_parent, parent) * block.weight
        wrong = np.flatnonzero(~(np.abs(given - expected) <= 1e-9 * np.abs(block.weight)))
        problems.add_each(wrong, lambda i, name=name: f"event {first + i}: its weight {name} does not fit its beam parent")  # type: ignore[misc]
        tally.add_named(name, given * header.per_weight)


def parse(pieces: list[bytes], first: int, own: bool) -> Block:
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
    head = numbers([token for i in begin for token in lines[i].split()], 6)
    if len(head) != len(pieces):
        raise ValueError("its first line does not hold 6 numbers")
    count = whole(head[:, 0])
    if np.any(count < 1) or np.any(begin + 1 + count > end):
        raise ValueError("it holds fewer particles than it announces")
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    owner = np.repeat(np.arange(len(pieces)), count)
    at = begin[owner] + 1 + np.arange(offsets[-1]) - offsets[owner]
    particles = [lines[i].split() for i in at]
    if any(len(tokens) != 13 for tokens in particles):
        raise ValueError("a particle's line does not hold 13 numbers")
    table = numbers([token for tokens in particles for token in tokens], 13)
    status = whole(table[:, 1])
    momentum = table[:, [9, 6, 7, 8]]
    events = Events(
        lambda i: f"event {first + i}",
        offsets,
        status == -1,
        (status == -1) | (status == 2),
        whole(table[:, 2:4]),
        momentum,
        table[:, 10],
    )
    nothing = Positions(np.empty(0, np.int64), np.empty((0, 4)), np.empty((0, 3)))
    production, vertices, heavy, delay, route = nothing, nothing, np.empty(0, np.int64), np.empty(0), list[str]()
    polarisation = np.empty(0)
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
        delay = numbers([tokens[8] for tokens in rows], 1)[:, 0] * ns
        polarisation = numbers([tokens[10] for tokens in rows], 1)[:, 0]
        route = [tokens[14].decode("ascii", "replace") for tokens in rows]
    code = whole(table[:, 0])
    return Block(
        events,
        head[:, 2],
        whole(head[:, 1]),
        code,
        table[:, 11] * mm,
        production,
        vertices,
        heavy,
        route,
        delay,
        polarisation,
        table[:, 12],
    )


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
    values = numbers([token for tokens in rows for token in (tokens[12], *tokens[4:7], *tokens[8:11])], 7)
    beam = values[:, :4].copy()
    beam[:, 0] *= ns
    return Positions(particle, beam, values[:, 4:])
