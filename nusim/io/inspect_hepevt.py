"""Reading HEPEVT events and the JSON file beside them in bulk, to check them."""

from typing import Any

import numpy as np

from ..cards.run import check_run_document, read_document
from ..errors import DataFileError
from ..kernels.arrays import Array, IntArray
from ..units import cm, ns
from .check import FLIGHT_TOLERANCE, Events, Flights, check_flights, check_inside, check_kinematics, detector_volumes
from .hepevt import DECAYED, TRACKED, UNTRACKED, sidecar
from .reading import InputFile, Problems, Tally, factor_of, in_range, named_factors, numbers, whole
from .record import DetectorFrame

_BATCH = 20_000
"""Events checked at a time."""


def inspect_hepevt(file: InputFile, start: bytes) -> tuple[dict[str, Any], Tally, Problems]:
    """The run as the JSON file gives it, what the events sum to, problems. DataFileError for a file that is cut off.

    Records that follow each other with the same event number are one event.
    """
    problems = Problems()
    run = _sidecar(file, problems)
    frame = DetectorFrame.of(run) if run else None
    volumes = detector_volumes(run.get("experiment", {})) if run else []
    numbers, owner = list[int](), list[int]()
    """Event number of each record, and its event counted from 0."""
    batch: list[list[bytes]] = []
    names: list[str] = []
    """How messages call the records of the batch: those after an event's first by their number in it."""
    wanted: int | None = None
    part = 0

    def flush() -> None:
        _check(batch, names, frame, volumes, problems)
        batch.clear()
        names.clear()

    def enter(number: int) -> None:
        nonlocal part
        part = part + 1 if numbers and number == numbers[-1] else 1
        owner.append((owner[-1] + (part == 1)) if owner else 0)
        numbers.append(number)
        names.append(f"event {owner[-1]}" + (f": record {part}" if part > 1 else ""))

    broken = False
    for text in file.blocks(start, b"\n"):
        for line in text.splitlines():
            if wanted is None or len(batch[-1]) > wanted:
                if not line.strip():
                    continue
                if len(batch) >= _BATCH:
                    flush()
                tokens = line.split()
                if len(tokens) != 2 or not all(token.isdigit() and len(token) < 19 for token in tokens):
                    found = line[:60].decode("ascii", "replace")
                    problems.add(f"record {len(numbers)}: its first line is not 'event particles': {found!r}")
                    broken = True
                    break
                wanted = int(tokens[1])
                enter(int(tokens[0]))
                batch.append([line])
            else:
                batch[-1].append(line)
        if broken:
            break
    if not broken and batch and wanted is not None and len(batch[-1]) <= wanted:
        raise DataFileError(f"{file.path}: is cut off: it ends within record {len(numbers) - 1}, counted from 0")
    if file.fault:
        raise DataFileError(f"{file.path}: {file.fault}")
    flush()
    while file.read():
        pass  # the digest is of the whole content, whatever stopped the reading
    if run and run.get("sha256") not in (None, file.sha256):
        problems.add("the content is not what the JSON file beside it was made for (sha256 differs)")
    return run, _tally(run, np.array(numbers, np.int64), np.array(owner, np.int64), problems), problems


def _sidecar(file: InputFile, problems: Problems) -> dict[str, Any]:
    path = sidecar(file.path)
    try:
        run = read_document(path.read_bytes().decode("ascii"))
        check_run_document(run)
    except OSError:
        problems.add(f"there is no {path.name} beside it: the normalisation is unknown")
        return {}
    except (ValueError, DataFileError) as error:
        problems.add(f"{path.name} beside it cannot be read: {error}")
        return {}
    return run


def _tally(run: dict[str, Any], numbers: IntArray, owner: IntArray, problems: Problems) -> Tally:
    """Weights and routes of the events, which the JSON file holds."""
    tally, n = Tally(), int(owner[-1]) + 1 if len(owner) else 0
    if not run:
        tally.events = n
        return tally
    weights, routes = np.ones(n), list[str]()
    try:
        if run.get("weighted"):
            given = in_range(np.atleast_1d(np.array(run.get("weights", []), float)))
            if len(given) != n:
                problems.add(f"the JSON file beside it holds {len(given)} weights for {n} events")
            weights = np.resize(given, n) if len(given) >= n else np.append(given, np.zeros(n - len(given)))
        else:
            for place, weight in run.get("other_weights", {}).items():
                if 0 <= int(place) < n:
                    weights[int(place)] = float(weight)
            in_range(weights)
        records = run["records"]
        words = np.array([route["in_events"] for route in run["routes"]], str)
        if not np.array_equal(records["event"], numbers):
            problems.add("the records that the JSON file beside it lists are not those of the file")
        elif n:
            first = np.flatnonzero(np.diff(owner, prepend=-1))
            routes = words[np.array(records["route"], np.int64)[first]].tolist()
            count = np.bincount(owner, np.array(records["seen"], np.int64))
            problems.add_each(np.flatnonzero(count != 1), lambda i: f"event {i}: not one of its records holds the decay seen")
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError):
        problems.add("the weights, routes or records in the JSON file beside it cannot be read")
    per_weight = float(run.get("events_per_weight") or 0.0)
    tally.add(weights * per_weight, routes)
    named = named_factors(run, problems)
    if named:
        try:
            parents = np.array(run.get("parents", []), np.int64)
        except (OverflowError, TypeError, ValueError):
            parents = np.empty(0, np.int64)
        if parents.shape != (n,):
            problems.add(f"the JSON file beside it holds {parents.size} beam parents for {n} events")
        else:
            for name, by_parent in named.items():
                tally.add_named(name, weights * factor_of(by_parent, parents) * per_weight)
    return tally


def _check(records: list[list[bytes]], names: list[str], frame: DetectorFrame | None, volumes: list[Any], problems: Problems) -> None:
    """Check records, their lines each; a batch that cannot be read is halved until the bad record is found."""
    if not records:
        return
    try:
        events, status, position = _parse(records, names)
    except ValueError as error:
        if len(records) == 1:
            problems.add(f"{names[0]}: cannot be read: {error}")
            return
        half = len(records) // 2
        for part in (slice(half), slice(half, None)):
            _check(records[part], names[part], frame, volumes, problems)
        return
    check_kinematics(events, problems, own=True)
    event = events.event
    line = np.arange(len(status)) - events.offsets[event] + 1

    def report(rows: IntArray, text: str) -> None:
        problems.add_each(rows, lambda i: f"{names[event[i]]}: line {line[i]}: {text}")

    report(np.flatnonzero(~np.isin(status, (TRACKED, DECAYED, UNTRACKED))), "its status is none of 1, 2, 3")
    report(np.flatnonzero((status == DECAYED) & ~events.decayed), "it decays, but has no daughters")
    mother = events.mother[:, 0]
    rows = np.flatnonzero((mother > 0) & (mother <= np.diff(events.offsets)[event]))
    if frame is not None and volumes:
        tracked = rows[status[rows] == TRACKED]
        x = position[tracked, 1:]
        beam = x @ np.array(frame.rotation) + np.array(frame.origin)
        check_inside(events, event[tracked], beam, volumes, problems)
    end, ends = np.zeros_like(position), np.zeros(len(position), bool)
    up = events.offsets[event[rows]] + mother[rows] - 1
    end[up], ends[up] = position[rows], True
    report(rows[np.abs(end[up] - position[rows]).max(axis=1) > FLIGHT_TOLERANCE], "it does not start where its sisters do")
    known = np.flatnonzero(ends & (events.mass > 0))
    # no lifetime is written: the time of flight gives it, the displacement must follow
    ctau = (end - position)[known, 0] * events.mass[known] / events.momentum[known, 0]
    check_flights(events, Flights(known, position[known], end[known], ctau), problems)


def _parse(records: list[list[bytes]], names: list[str]) -> tuple[Events, Any, Array]:
    """Events, status and positions (ct, x, y, z) in metres; ValueError where the numbers do not fit."""
    particles = [line.split() for record in records for line in record[1:]]
    if any(len(tokens) != 15 for tokens in particles):
        raise ValueError("a particle's line does not hold 15 numbers")
    table = numbers([token for tokens in particles for token in tokens], 15)
    count = np.array([len(record) - 1 for record in records], np.int64)
    if np.any(count < 1):
        raise ValueError("it holds no particle")
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    status, mother = whole(table[:, 0]), whole(table[:, 2:4])
    first_of_event = np.zeros(len(table), bool)
    first_of_event[offsets[:-1]] = True
    decayed = table[:, 4] > 0
    events = Events(names.__getitem__, offsets, first_of_event, decayed, mother, table[:, [9, 6, 7, 8]], table[:, 10])
    position = table[:, [14, 11, 12, 13]] * np.array([ns, cm, cm, cm])
    return events, status, position
