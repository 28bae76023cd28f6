"""Reading nusim's LHE files back as samples."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..events.sample import INCOMING, EventSample
from .header import RunInfo
from .inspect_lhe import element, header_of_file, parse
from .lhe import PLACEHOLDER, TAIL
from .read import BEFORE_LOST, Bad, Source, Text, assembled, halved
from .reading import InputFile, Problems


def read_lhe(file: InputFile, start: bytes) -> Source:
    """An LHE file that nusim wrote. DataFileError for one of another program."""
    text, rest = header_of_file(file, start)
    problems = Problems()
    run = element(text, "run", problems)
    if not run:
        raise DataFileError(f"{file.path}: is not nusim's: its header has no nusim_run, and its normalisation is unknown")
    cards = {name: card for name in ("model", "experiment") if (card := element(text, name, problems))}
    try:
        info = RunInfo.of({**run, **cards})
    except DataFileError as error:
        raise DataFileError(f"{file.path}: {error}") from None
    lost = (BEFORE_LOST,) if info.layout == "decay" else ()
    events = Text(lambda: file.blocks(rest.removeprefix(b"\n"), b"\n"), b"<event>", TAIL)
    return Source(file.path, "lhe", info, lambda bad: _samples(file, rest, info, bad), lost, lambda: file.sha256, events, file.close)


def _samples(file: InputFile, rest: bytes, info: RunInfo, bad: Bad) -> Iterator[EventSample]:
    done, last = 0, b""
    try:
        for block in file.blocks(rest, b"</event>"):
            pieces = block.split(b"</event>")
            last = pieces.pop()
            yield from halved(done, pieces, lambda some, first: _sample(some, first, info), bad)
            done += len(pieces)
        if file.fault:
            raise DataFileError(f"{file.path}: {file.fault}; {done} of {info.events} events are whole")
        if b"</LesHouchesEvents>" not in last:
            raise DataFileError(f"{file.path}: is cut off: it ends without </LesHouchesEvents>; {done} of {info.events} events are whole")
    finally:
        file.close()


def _sample(pieces: list[bytes], first: int, info: RunInfo) -> EventSample:
    block = parse(pieces, first, True)
    events = block.events
    n, event = len(pieces), events.event
    line = np.arange(len(event)) - events.offsets[event]
    status = np.where(events.incoming, INCOMING, np.where(events.decayed, 2, 1))
    kept = np.ones(len(event), bool)
    if info.layout == "two-beam":
        kept = ~((block.code == PLACEHOLDER) & events.incoming & (line == 1))
    mother = events.mother[:, 0] - 1
    if info.layout == "two-beam":
        mother = np.where(mother > 1, mother - 1, mother)
    end, start = np.zeros((len(event), 4)), np.zeros((len(event), 4))
    end[block.vertices.particle] = block.vertices.beam
    start[block.production.particle] = block.production.beam
    row = events.offsets[event] + np.maximum(events.mother[:, 0] - 1, 0)
    if np.any(row >= events.offsets[event + 1]):
        raise ValueError("its mothers are not in order")
    start = np.where((events.mother[:, 0] > 0)[:, None], end[row], start)
    words = {word: k for k, word in enumerate(info.route_words)}
    shift = np.concatenate([[0], np.cumsum(np.bincount(event[kept], minlength=n))]).astype(np.int64)
    before = np.cumsum(kept) - kept
    columns: dict[str, Any] = {
        "offsets": shift,
        "pdg": block.code[kept],
        "status": status[kept],
        "mother": mother[kept],
        "momentum": events.momentum[kept],
        "mass": events.mass[kept],
        "vertex": start[kept],
        "proper_time": block.ctau[kept],
        "spin": block.spin[kept],
        "weight": block.weight * info.events_per_weight,
        "delay": block.delay,
        "polarisation": block.polarisation,
        "seen": before[block.heavy] - shift[:-1],
        "route": np.array([words[word] for word in block.route], np.int64),
        "channel": block.process - 1,
        "named_weights": {},
    }
    return assembled(info, columns)
