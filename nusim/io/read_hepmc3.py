"""Reading nusim's HepMC3 files."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..cards.run import read_document
from ..errors import DataFileError
from ..events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from ..units import mm, ns
from .header import RunInfo
from .hepmc3 import BEAM, FIRST_PROCESS, TAIL, TARGET
from .read import BEFORE_LOST, Bad, Source, Text, assembled, back_to_beam, halved
from .reading import LARGEST, InputFile, numbers, whole
from .record import UNKNOWN_SPIN, DetectorFrame

_END = TAIL.strip()
_HEADER_LIMIT = 100_000_000


def read_hepmc3(file: InputFile, start: bytes) -> Source:
    """A HepMC3 file that nusim wrote. DataFileError for one of another program."""
    while b"\nE " not in start and _END not in start:
        data = file.read()
        if not data or len(start) > _HEADER_LIMIT:
            raise DataFileError(f"{file.path}: is cut off within its header{'; ' + file.fault if file.fault else ''}")
        start += data
    cut = start.index(b"\nE ") if b"\nE " in start else start.index(_END) - 1
    if b"HepMC::Asciiv3-START" not in start[:cut]:
        raise DataFileError(f"{file.path}: is not of HepMC3's format Asciiv3")
    attributes = {}
    for line in start[:cut].decode("utf-8", "replace").split("\n"):
        if line.startswith("A "):
            name, _, value = line[2:].partition(" ")
            attributes[name] = _plain(value)
    try:
        cards = {name: read_document(attributes[f"nusim.{name}"]) for name in ("model", "experiment") if f"nusim.{name}" in attributes}
        document = {**read_document(attributes["nusim.run"]), **cards}
    except KeyError:
        raise DataFileError(f"{file.path}: is not nusim's: it has no attribute nusim.run, and its normalisation is unknown") from None
    except ValueError as error:
        raise DataFileError(f"{file.path}: its attributes nusim.run, nusim.model or nusim.experiment cannot be read: {error}") from None
    try:
        info = RunInfo.of(document)
    except DataFileError as error:
        raise DataFileError(f"{file.path}: {error}") from None
    text = Text(lambda: file.blocks(start[cut + 1 :], b"\n"), b"E ", TAIL)
    lost = (BEFORE_LOST,) if info.layout == "decay" else ()
    return Source(
        file.path, "hepmc3", info, lambda bad: _samples(file, start[cut:], info, bad), lost, lambda: file.sha256, text, file.close
    )


def _plain(text: str) -> str:
    """An attribute's text as it was before HepMC3's escapes."""
    return "\\".join(part.replace("\\|", "\n") for part in text.split("\\\\"))


def _samples(file: InputFile, rest: bytes, info: RunInfo, bad: Bad) -> Iterator[EventSample]:
    done, last = 0, b""
    frame = DetectorFrame.of(info.metadata)
    try:
        for block in file.blocks(rest, b"\nE "):
            pieces = block.split(b"\nE ")
            # the first piece ends the header or the last block's separator; the last one is whole only at the end of the file
            last = pieces.pop() if not block.endswith(b"\nE ") else b""
            pieces = [piece for piece in pieces if piece]
            yield from halved(done, pieces, lambda some, first: _parse(some, info, frame), bad)
            done += len(pieces)
        of = f" of {info.events}"
        if file.fault:
            raise DataFileError(f"{file.path}: {file.fault}; {done}{of} events are whole")
        body, found, _ = last.partition(_END)
        if not found:
            raise DataFileError(f"{file.path}: is cut off: it ends without {_END.decode()}; {done}{of} events are whole")
        if body.strip():
            yield from halved(done, [body], lambda some, first: _parse(some, info, frame), bad)
    finally:
        file.close()


def _parse(pieces: list[bytes], info: RunInfo, frame: DetectorFrame) -> EventSample:
    """Events, each given as text from after 'E '; ValueError where they do not fit."""
    n = len(pieces)
    heads: list[bytes] = []
    weights: list[bytes] = []
    particles: list[bytes] = []
    vertices: list[bytes] = []
    of_vertex: list[int] = []
    incoming: list[int] = []
    count, number_of_vertices = np.zeros(n, np.int64), np.zeros(n, np.int64)
    of_event: dict[bytes, list[bytes]] = {
        name: [] for name in (b"signal_process_id", b"nusim.heavy", b"nusim.delay_ns", b"nusim.polarisation", b"nusim.route")
    }
    of_particle: dict[bytes, list[tuple[int, int, float]]] = {b"ctau_mm": [], b"spin": []}
    for i, piece in enumerate(pieces):
        lines = piece.split(b"\n")
        heads += lines[0].split()
        for line in lines[1:]:
            kind = line[:2]
            if kind == b"P ":
                particles += line.split()[1:]
                count[i] += 1
            elif kind == b"V ":
                tokens = line.split()
                if len(tokens) != 9:
                    raise ValueError("a vertex has no position")
                vertices += [tokens[1], tokens[2], *tokens[5:9]]
                incoming.append(int(tokens[3].strip(b"[]").split(b",")[0]))
                of_vertex.append(i)
                number_of_vertices[i] += 1
            elif kind == b"A ":
                tokens = line.split(b" ", 3)
                if tokens[1] == b"0" and tokens[2] in of_event:
                    of_event[tokens[2]].append(tokens[3])
                elif tokens[2] in of_particle:
                    of_particle[tokens[2]].append((i, int(tokens[1]), float(tokens[3])))
            elif kind == b"W ":
                weights += line.split()[1:]
            elif kind == b"U " and line.strip() != b"U GEV MM":
                raise ValueError("its units are not GEV and MM")
    head = whole(numbers(heads, 3))
    if len(head) != n or np.any(head[:, 1] != number_of_vertices) or np.any(head[:, 2] != count):
        raise ValueError("it does not hold as many particles and vertices as it announces")
    if any(len(values) != n for values in of_event.values()):
        raise ValueError("nusim's attributes are missing")
    weight = numbers(weights, 2 + len(info.weight_names))
    table, places = numbers(particles, 9), numbers(vertices, 6)
    if len(weight) != n:
        raise ValueError("it has no weights")
    return assembled(
        info,
        _columns(
            info, frame, count, table, places, np.array(of_vertex, np.int64), np.array(incoming, np.int64), weight, of_event, of_particle
        ),
    )


def _columns(
    info: RunInfo,
    frame: DetectorFrame,
    count: Any,
    table: Any,
    places: Any,
    of_vertex: Any,
    incoming: Any,
    weight: Any,
    of_event: dict[bytes, list[bytes]],
    of_particle: dict[bytes, list[tuple[int, int, float]]],
) -> dict[str, Any]:
    status = whole(table[:, 8])
    event = np.repeat(np.arange(len(count)), count)
    kept = status != TARGET
    identity = whole(table[:, 0])
    if np.any((identity < 1) | (identity > count[event])):
        raise ValueError("a particle's number is not one of 1, 2, ... to their number")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(event[kept], minlength=len(count)))]).astype(np.int64)
    # row of each particle by its event and its number in the file
    row_of = np.full((len(count), int(identity.max(initial=0)) + 2), -1)
    row_of[event[kept], identity[kept]] = np.arange(kept.sum())
    table, status, event = table[kept], status[kept], event[kept]
    parent = whole(table[:, 1])
    first_vertex = np.concatenate([[0], np.cumsum(np.bincount(of_vertex, minlength=len(count)))]).astype(np.int64)
    born = parent < 0
    vertex_of = np.where(born, first_vertex[event] - parent - 1, 0)
    if np.any(vertex_of >= first_vertex[event + 1]) and len(places):
        raise ValueError("a particle comes from a vertex that is not there")
    if np.any((incoming < 1) | (incoming >= row_of.shape[1])):
        raise ValueError("a vertex has no incoming particle")
    mother_row = row_of[of_vertex, incoming]
    mother = np.where(born, mother_row[vertex_of] - offsets[event], -1) if len(places) else np.full(len(event), -1)
    point = np.column_stack([places[:, 5] * mm, back_to_beam(frame, places[:, 2:5] * mm) + np.array(frame.origin)])
    vertex = point[vertex_of]
    momentum = np.column_stack([table[:, 6], back_to_beam(frame, table[:, 3:6])])
    mass = table[:, 7]
    proper, spin = np.zeros(len(event)), np.full(len(event), UNKNOWN_SPIN)
    for name, column, unit in ((b"ctau_mm", proper, mm), (b"spin", spin, 1.0)):
        for i, number, value in of_particle[name]:
            if not 0 < number < row_of.shape[1] or row_of[i, number] < 0:
                raise ValueError("an attribute is of a particle that is not there")
            if not abs(value) <= LARGEST:
                raise ValueError(f"an attribute is not finite, or beyond {LARGEST:g}")
            column[row_of[i, number]] = value * unit
    # a beam parent has no vertex of its own: back along its way from where it decays
    begin = np.flatnonzero(~born)
    decay = np.zeros((len(event), 4))
    decay[mother_row] = point
    flown = np.divide(proper[begin], mass[begin], out=np.zeros(len(begin)), where=mass[begin] > 0)
    vertex[begin] = decay[begin] - flown[:, None] * momentum[begin]
    heavy = np.array(of_event[b"nusim.heavy"], np.int64)
    if np.any((heavy < 1) | (heavy >= row_of.shape[1])):
        raise ValueError("its heavy state is on no line")
    words = {word.encode(): k for k, word in enumerate(info.route_words)}
    return {
        "offsets": offsets,
        "pdg": whole(table[:, 2]),
        "status": np.select([status == BEAM, status == 2], [INCOMING, INTERMEDIATE], FINAL),
        "mother": mother,
        "momentum": momentum,
        "mass": mass,
        "vertex": vertex,
        "proper_time": proper,
        "spin": spin,
        "weight": weight[:, 1],
        "delay": numbers(of_event[b"nusim.delay_ns"], 1)[:, 0] * ns,
        "polarisation": numbers(of_event[b"nusim.polarisation"], 1)[:, 0],
        "seen": row_of[np.arange(len(count)), heavy] - offsets[:-1],
        "route": np.array([words[word] for word in of_event[b"nusim.route"]], np.int64),
        "channel": np.array(of_event[b"signal_process_id"], np.int64) - FIRST_PROCESS - 1,
        "named_weights": {name: weight[:, 2 + k] for k, name in enumerate(info.weight_names)},
    }
