"""Reading HEPEVT files of nusim's, with the JSON file beside them, back as samples."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..cards.run import read_document
from ..errors import DataFileError
from ..events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from ..kernels.arrays import IntArray
from ..units import cm, ns
from .header import RunInfo
from .hepevt import TRACKED, sidecar
from .pdg_scheme import scheme_codes
from .read import BEFORE_LOST, Bad, Source, Text, assembled, back_to_beam, halved
from .reading import InputFile, in_range, numbers, whole
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
        run = read_document(beside.read_bytes().decode("ascii"))
        info = RunInfo.of(run)
        records = {name: _listed(run["records"][name]) for name in ("event", "vertex", "seen", "route", "process")}
        if len({len(column) for column in records.values()}) != 1 or info.events > len(records["event"]):
            raise ValueError("records: lists of one length are needed, an entry a record, a record an event at least")
        parents = _listed(run["parents"]).tolist() if info.named_weights else []
        weights = _weights(info, run)
    except OSError:
        raise DataFileError(f"{file.path}: there is no {beside.name} beside it: the normalisation is unknown") from None
    except (AttributeError, KeyError, IndexError, OverflowError, TypeError, ValueError, DataFileError) as error:
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


def _listed(values: Any) -> IntArray:
    """A list of integers; ValueError for anything else."""
    column = np.array(values)
    if not isinstance(values, list) or column.ndim != 1 or (len(column) and column.dtype.kind != "i"):
        raise ValueError("records and parents are lists of whole numbers")
    result: IntArray = column.astype(np.int64)
    return result


def _weights(info: RunInfo, run: dict[str, Any]) -> Any:
    """Expected events of each event."""
    if info.weighted:
        weights = in_range(np.array(run["weights"], float))
        if weights.shape != (info.events,):
            raise ValueError(f"weights: a list of {info.events} numbers is needed")
        return weights
    weights = np.ones(info.events)
    for event, weight in run["other_weights"].items():
        if not 0 <= int(event) < info.events:
            raise ValueError(f"other_weights: the file has no event {event}")
        weights[int(event)] = float(weight)
    return in_range(weights) * info.events_per_weight


def _records(file: InputFile, start: bytes) -> Iterator[list[bytes]]:
    """The particles' lines of each record."""
    wanted, lines, count = -1, list[bytes](), 0
    for text in file.blocks(start, b"\n"):
        for line in text.splitlines():
            if wanted < 0:
                tokens = line.split()
                if not tokens:
                    continue
                if len(tokens) != 2 or not all(token.isdigit() and len(token) < 19 for token in tokens):
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
    mother = whole(table[:, 2]) - 1
    if np.any(mother >= np.arange(len(event)) - offsets[event]) or np.any(mother < -1):
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
        "pdg": whole(table[:, 1]),
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
