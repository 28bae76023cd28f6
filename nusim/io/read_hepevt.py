"""Reading HEPEVT files of nusim's, with the JSON file beside them, back as samples."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from ..kernels.arrays import IntArray
from ..units import cm, ns
from .header import RunInfo
from .hepevt import TRACKED, sidecar
from .pdg_scheme import scheme_codes
from .read import BEFORE_LOST, Bad, Source, Text, assembled, back_to_beam, halved, numbers
from .reading import InputFile
from .record import UNKNOWN_SPIN, DetectorFrame

_BATCH = 20_000
UNKNOWN_POLARISATION = 9.0
_LOST = ("spins and polarisations, which HEPEVT does not hold: 9 stands for unknown",)


def looks_like(file: InputFile, start: bytes) -> bool:
    """Whether a file can be one: its first line is two whole numbers, or it is empty and has a JSON file beside it."""
    tokens = start.split(b"\n", 1)[0].split()
    if len(tokens) == 2 and all(token.isdigit() for token in tokens):
        return True
    return not start and not file.fault and sidecar(file.path).exists()


def read_hepevt(file: InputFile, start: bytes) -> Source:
    """A HEPEVT file that nusim wrote. DataFileError without its JSON file."""
    beside = sidecar(file.path)
    try:
        run = json.loads(beside.read_text(encoding="ascii"))
        info = RunInfo.of(run)
        records = {name: np.array(run["records"][name], np.int64) for name in ("event", "vertex", "seen", "route", "process")}
        DetectorFrame.of(run)
        parents = list(run["parents"]) if info.named_weights else []
        weights = _weights(info, run)
    except OSError:
        raise DataFileError(f"{file.path}: there is no {beside.name} beside it: the normalisation is unknown") from None
    except (AttributeError, KeyError, TypeError, ValueError, DataFileError) as error:
        raise DataFileError(f"{beside}: cannot be read as what nusim writes beside HEPEVT files ({error})") from None
    whole = {"records": records, "weights": weights, "parents": parents, "sha256": run.get("sha256")}
    text = Text(lambda: file.blocks(start, b"\n"), b"", b"", whole)
    lost = (*_LOST, *((BEFORE_LOST,) if info.layout == "decay" else ()))
    return Source(
        file.path, "hepevt", info, lambda bad: _samples(file, start, info, whole, bad), lost, lambda: file.sha256, text, file.close
    )


def _samples(file: InputFile, start: bytes, info: RunInfo, beside: dict[str, Any], bad: Bad) -> Iterator[EventSample]:
    records, weights = beside["records"], beside["weights"]
    done = place = 0
    batch: list[tuple[int, int, list[bytes]]] = []
    try:
        for lines in _records(file, start):
            if place >= len(records["seen"]):
                raise DataFileError(f"{file.path}: holds more records than the JSON file beside it lists")
            # one record of each event has the decay that its weight is for
            if records["seen"][place]:
                batch.append((done, place, lines))
                done += 1
            place += 1
            if len(batch) >= _BATCH:
                yield from _parsed(batch, info, beside, bad)
                batch = []
        if place != len(records["seen"]) or done > len(weights):
            raise DataFileError(f"{file.path}: {place} records are in the file, the JSON file beside it lists {len(records['seen'])}")
        yield from _parsed(batch, info, beside, bad)
    finally:
        file.close()


def _parsed(batch: list[tuple[int, int, list[bytes]]], info: RunInfo, beside: dict[str, Any], bad: Bad) -> Iterator[EventSample]:
    if batch:
        yield from halved(batch[0][0], batch, lambda some, first: _sample(some, info, beside), bad)


def _weights(info: RunInfo, run: dict[str, Any]) -> Any:
    """Expected events of each event."""
    if info.weighted:
        return np.array(run["weights"], float)
    weights = np.ones(info.events)
    for event, weight in run["other_weights"].items():
        weights[int(event)] = float(weight)
    return weights * info.events_per_weight


def _records(file: InputFile, start: bytes) -> Iterator[list[bytes]]:
    """The particles' lines of each record."""
    wanted, lines, count = -1, list[bytes](), 0
    for text in file.blocks(start, b"\n"):
        for line in text.splitlines():
            if wanted < 0:
                tokens = line.split()
                if not tokens:
                    continue
                if len(tokens) != 2 or not all(token.isdigit() for token in tokens):
                    raise DataFileError(f"{file.path}: record {count}: its first line is not 'event particles'")
                wanted, lines = int(tokens[1]), []
            else:
                lines.append(line)
            if len(lines) == wanted:
                yield lines
                wanted, count = -1, count + 1
    if file.fault:
        raise DataFileError(f"{file.path}: {file.fault}")
    if wanted >= 0:
        raise DataFileError(f"{file.path}: is cut off: it ends within record {count}, counted from 0")


def _sample(batch: list[tuple[int, int, list[bytes]]], info: RunInfo, beside: dict[str, Any]) -> EventSample:
    records = beside["records"]
    frame = DetectorFrame.of(info.metadata)
    events = np.array([event for event, _, _ in batch])
    place = np.array([record for _, record, _ in batch])
    count = np.array([len(lines) for _, _, lines in batch], np.int64)
    table = numbers([token for _, _, lines in batch for line in lines for token in line.split()], 15)
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    if len(table) != offsets[-1]:
        raise ValueError("a particle's line does not hold 15 numbers")
    event = np.repeat(np.arange(len(batch)), count)
    mother = table[:, 2].astype(np.int64) - 1
    if np.any(mother >= count[event]) or np.any(mother < -1):
        raise ValueError("its mothers are not in order")
    rows = np.flatnonzero(mother >= 0)
    up = offsets[event] + mother
    decays = np.zeros(len(table), bool)
    decays[up[rows]] = True
    momentum = np.column_stack([table[:, 9], back_to_beam(frame, table[:, 6:9])])
    vertex = np.column_stack([table[:, 14] * ns, back_to_beam(frame, table[:, 11:14] * cm) + np.array(frame.origin)])
    mass = table[:, 10]
    end = np.zeros_like(vertex)
    end[up[rows]] = vertex[rows]
    massive = decays & (mass > 0)
    proper = np.where(massive, (end - vertex)[:, 0] * mass / np.where(momentum[:, 0] > 0, momentum[:, 0], 1.0), 0.0)
    status = np.where(decays, INTERMEDIATE, FINAL)
    status[offsets[:-1]] = INCOMING
    route = records["route"][place]
    seen = _seen(info, table, offsets, event, up, rows, route)
    columns: dict[str, Any] = {
        "offsets": offsets,
        "pdg": table[:, 1].astype(np.int64),
        "status": status,
        "mother": mother,
        "momentum": momentum,
        "mass": mass,
        "vertex": vertex,
        "proper_time": proper,
        "spin": np.full(len(table), UNKNOWN_SPIN),
        "weight": beside["weights"][events],
        "delay": _delay(offsets, mother, vertex, end, seen),
        "polarisation": np.full(len(batch), UNKNOWN_POLARISATION),
        "seen": seen,
        "route": route,
        "channel": records["process"][place] - 1,
        "named_weights": {},
    }
    return assembled(info, columns)


def _seen(info: RunInfo, table: Any, offsets: IntArray, event: IntArray, up: IntArray, rows: IntArray, route: IntArray) -> IntArray:
    """Place of the state whose decay is tracked; of several the first that is the one its route names."""
    codes = scheme_codes(info.pdg_scheme)
    wanted = np.array([codes[name.split()[0]] for name in info.routes])[route]
    tracked = rows[table[rows, 0] == TRACKED]
    mothers = np.unique(up[tracked])
    mothers = mothers[np.abs(table[mothers, 1].astype(np.int64)) == wanted[event[mothers]]]
    found, first = np.unique(event[mothers], return_index=True)
    if len(found) != len(route):
        raise ValueError("no state that its route names decays there")
    seen: IntArray = mothers[first] - offsets[:-1]
    return seen


def _delay(offsets: IntArray, mother: IntArray, vertex: Any, end: Any, seen: IntArray) -> Any:
    """c t by which the state seen is late: the time from the beam parent's decay, less the way's length."""
    at = offsets[:-1] + seen
    time, length = end[at, 0].copy(), np.zeros(len(at))
    begin = time.copy()
    while np.any(mother[at] >= 0):
        flies = mother[at] >= 0
        length += np.where(flies, np.linalg.norm(end[at, 1:] - vertex[at, 1:], axis=1), 0.0)
        begin = np.where(flies, vertex[at, 0], begin)
        at = np.where(flies, offsets[:-1] + mother[at], at)
    return time - begin - length
