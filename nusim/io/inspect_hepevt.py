"""Reading HEPEVT events and the JSON file beside them in bulk, to check them."""

import json
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..kernels.arrays import Array
from ..units import cm, ns
from .check import FLIGHT_TOLERANCE, Events, Flights, check_flights, check_inside, check_kinematics, detector_volumes
from .hepevt import DECAYED, TRACKED, UPSTREAM, sidecar
from .reading import InputFile, Problems
from .record import DetectorFrame

_BATCH = 20_000
"""Events checked at a time."""


def inspect_hepevt(file: InputFile, start: bytes) -> tuple[dict[str, Any], list[float], int, Problems]:
    """The run as the JSON file gives it, sum and sum of squares of the weights, number of events, problems."""
    problems = Problems()
    run = _sidecar(file, problems)
    frame = DetectorFrame.of(run) if run else None
    volumes = detector_volumes(run.get("experiment", {})) if run else []
    n = 0
    batch: list[list[bytes]] = []
    wanted: int | None = None

    def flush() -> None:
        nonlocal n
        _check(batch, n, frame, volumes, problems)
        n += len(batch)
        batch.clear()

    broken = False
    for text in file.blocks(start, b"\n"):
        for line in text.splitlines():
            if wanted is None or len(batch[-1]) > wanted:
                if not line.strip():
                    continue
                if len(batch) >= _BATCH:
                    flush()
                tokens = line.split()
                if len(tokens) != 2 or not all(token.isdigit() for token in tokens):
                    found = line[:60].decode("ascii", "replace")
                    problems.add(f"event {n + len(batch)}: its first line is not 'event particles': {found!r}")
                    broken = True
                    break
                wanted = int(tokens[1])
                batch.append([line])
            else:
                batch[-1].append(line)
        if broken:
            break
    if not broken and batch and wanted is not None and len(batch[-1]) <= wanted:
        problems.add(f"the file ends within event {n + len(batch) - 1}")
        batch.pop()
    flush()
    while file.read():
        pass  # the digest is of the whole content, whatever stopped the reading
    if run and run.get("sha256") not in (None, file.sha256):
        problems.add("the content is not what the JSON file beside it was made for (sha256 differs)")
    return run, _weights(run, n, problems), n, problems


def _sidecar(file: InputFile, problems: Problems) -> dict[str, Any]:
    path = sidecar(file.path)
    try:
        run = json.loads(path.read_text(encoding="ascii"))
        if not isinstance(run, dict):
            raise ValueError
        DetectorFrame.of(run)
    except OSError:
        problems.add(f"there is no {path.name} beside it: the normalisation is unknown")
        return {}
    except (ValueError, DataFileError):
        problems.add(f"{path.name} beside it cannot be read")
        return {}
    return run


def _weights(run: dict[str, Any], n: int, problems: Problems) -> list[float]:
    if not run:
        return [0.0, 0.0]
    per_weight = float(run.get("events_per_weight") or 0.0)
    if run.get("weighted"):
        weights = np.array(run.get("weights", []), float)
        if len(weights) != n:
            problems.add(f"the JSON file beside it holds {len(weights)} weights for {n} events")
    else:
        other = np.array(list(run.get("other_weights", {}).values()), float)
        weights = np.concatenate([np.ones(max(n - len(other), 0)), other])
    weights = weights * per_weight
    return [float(weights.sum()), float((weights**2).sum())]


def _check(records: list[list[bytes]], first: int, frame: DetectorFrame | None, volumes: list[Any], problems: Problems) -> None:
    """Check events, their lines each; a batch that cannot be read is halved until the bad event is found."""
    if not records:
        return
    try:
        events, status, position = _parse(records, first)
    except ValueError as error:
        if len(records) == 1:
            problems.add(f"event {first}: cannot be read: {error}")
            return
        half = len(records) // 2
        _check(records[:half], first, frame, volumes, problems)
        _check(records[half:], first + half, frame, volumes, problems)
        return
    check_kinematics(events, problems, own=True)
    event = events.event
    line = np.arange(len(status)) - events.offsets[event] + 1
    strange = np.flatnonzero(~np.isin(status, (TRACKED, DECAYED, UPSTREAM)))
    problems.add_each(strange, lambda i: f"event {first + event[i]}: line {line[i]}: its status is none of 1, 2, 3")
    mother = events.mother[:, 0]
    rows = np.flatnonzero((mother > 0) & (mother <= np.diff(events.offsets)[event]))
    if frame is not None and volumes:
        tracked = rows[status[rows] == TRACKED]
        x = position[tracked, 1:]
        beam = x @ np.array(frame.rotation) + np.array(frame.origin)
        check_inside(first, event[tracked], beam, volumes, problems)
    end, ends = np.zeros_like(position), np.zeros(len(position), bool)
    up = events.offsets[event[rows]] + mother[rows] - 1
    end[up], ends[up] = position[rows], True
    apart = rows[np.abs(end[up] - position[rows]).max(axis=1) > FLIGHT_TOLERANCE]
    problems.add_each(apart, lambda i: f"event {first + event[i]}: line {line[i]}: it does not start where its sisters do")
    known = np.flatnonzero(ends & (events.mass > 0))
    # no lifetime is written: the time of flight gives it, the displacement must follow
    ctau = (end - position)[known, 0] * events.mass[known] / events.momentum[known, 0]
    check_flights(events, Flights(known, position[known], end[known], ctau), problems)


def _parse(records: list[list[bytes]], first: int) -> tuple[Events, Any, Array]:
    """Events, status and positions (ct, x, y, z) in metres; ValueError where the numbers do not fit."""
    particles = [line.split() for record in records for line in record[1:]]
    if any(len(tokens) != 15 for tokens in particles):
        raise ValueError("a particle's line does not hold 15 numbers")
    table: Array = np.array([token for tokens in particles for token in tokens], np.float64).reshape(-1, 15)
    if not np.all(np.isfinite(table)):
        raise ValueError("a number is not finite")
    count = np.array([len(record) - 1 for record in records], np.int64)
    if np.any(count < 1):
        raise ValueError("it holds no particle")
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    status = table[:, 0].astype(np.int64)
    mother = table[:, 2:4].astype(np.int64)
    first_of_event = np.zeros(len(table), bool)
    first_of_event[offsets[:-1]] = True
    decayed = table[:, 4] > 0
    events = Events(first, offsets, first_of_event, decayed, mother, table[:, [9, 6, 7, 8]], table[:, 10])
    position = table[:, [14, 11, 12, 13]] * np.array([ns, cm, cm, cm])
    return events, status, position
