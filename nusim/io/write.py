"""Event files of any format: chosen by suffix, written in one go or sample by sample."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError, ParameterError
from ..events.generate import prepare
from ..events.options import DEFAULTS, EventOptions
from ..events.pool import Work, check_at_least_one, itself, made
from ..events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from ..events.variations import names_of
from ..experiment.experiment import Experiment
from ..model.spectrum import Spectrum
from . import hepevt, hepmc3, lhe, root, table
from .check import detector_volumes
from .header import RunInfo, json_text
from .output import check_free_space
from .record import DetectorFrame, Record, Shape
from .writer import EventWriter, Piece

FORMATS: dict[str, tuple[str, ...]] = {
    "lhe": (".lhe", ".lhe.gz"),
    "hepmc3": (".hepmc3", ".hepmc3.gz"),
    "hepevt": (".hepevt", ".hepevt.txt"),
    "rootracker": (".gtrac.root", ".rootracker.root"),
    "fairship": (".llp.root", ".fairship.root"),
    "root": (".root",),
    "parquet": (".parquet",),
}
"""Formats and the suffixes that choose them: the first that fits."""

Writer = EventWriter | table.TableWriter

_WRITERS: dict[str, type[EventWriter] | type[table.TableWriter]] = {
    "lhe": lhe.LheWriter,
    "hepmc3": hepmc3.HepmcWriter,
    "hepevt": hepevt.HepevtWriter,
    "rootracker": root.RooTrackerWriter,
    "fairship": root.FairShipWriter,
    "root": root.FlatWriter,
    "parquet": table.ParquetWriter,
}

_ROW = {"rootracker": 400, "fairship": 350, "root": 250, "parquet": 250}
_PARTICLE = {"rootracker": 40, "fairship": 40, "root": 75, "parquet": 75}
"""Bytes that a row of a table and each of its particles take at most, compressed."""

COLUMNS = ("hepmc3", "root", "parquet")
"""Formats whose events hold named weights as numbers; LHE and HEPEVT know those of nuisances, the others none."""
_COMPRESSION = 0.45
"""Compressed over plain size, above what is measured."""

_PER_RECORD, _PER_WEIGHT, _PER_PARENT = 18, 30, 5
"""Bytes that the JSON file beside a HEPEVT file spends on each."""

_TRIAL = 200
"""Events that show how large a longer run's events are, before it is made."""


def write(
    path: str | os.PathLike[str],
    sample: EventSample,
    format: str | None = None,
    *,
    layout: str = "chain",
    pdg_scheme: str = "default",
    nuisances: bool = True,
) -> str:
    """Write a sample; gives the sha256 of the uncompressed content.

    Parameters
    - format: lhe, hepmc3, hepevt, rootracker, fairship, root or parquet; by default what the suffix says (FORMATS).
    - layout: chain; decay (lhe, hepmc3, hepevt), two-beam (lhe), nuhepmc (hepmc3), joint (hepevt): see `nusim.io.lhe`, `nusim.io.hepmc3`
      and `nusim.io.hepevt`.
    - pdg_scheme: default, darknews or genie: the codes of the heavy states.
    - nuisances: whether events carry a weight for each nuisance of the beam up and down (`EventSample.varied_weights`).

    Raises DataFileError, or MissingExtraError for ROOT and Parquet files without their packages; then nothing new stands under the name.
    """
    writer = open_writer(
        path,
        sample.metadata,
        channels=sample.channels,
        states=sample.states,
        routes=sample.routes,
        weighted=sample.weighted,
        events=len(sample),
        format=format,
        layout=layout,
        pdg_scheme=pdg_scheme,
        nuisances=nuisances,
        weight_names=tuple(sample.named_weights),
    )
    with writer:
        writer.write(sample)
    return writer.sha256


def open_writer(
    path: str | os.PathLike[str],
    metadata: Mapping[str, Any],
    *,
    channels: tuple[str, ...],
    states: tuple[str, ...],
    routes: tuple[str, ...],
    weighted: bool,
    events: int | None = None,
    format: str | None = None,
    layout: str = "chain",
    pdg_scheme: str = "default",
    weight_names: tuple[str, ...] = (),
    nuisances: bool = True,
) -> Writer:
    """A writer for the samples of one run, to be used in a `with` block: `writer.write(sample)`, then `writer.sha256`.

    The samples' events follow each other in the file, which is the same for any cut of a run into samples. `events`
    is their number in this file, by default the metadata's n. The rest as in `write`.
    """
    name = format_of(path, format)
    count = int(metadata.get("n", 0)) if events is None else events
    if name in COLUMNS and nuisances:
        weight_names = tuple(dict.fromkeys([*weight_names, *names_of(metadata.get("nuisances", {}))]))
    said = nuisances and name in ("lhe", "hepevt")
    info = RunInfo(metadata, channels, states, routes, weighted, count, layout, pdg_scheme, said, weight_names)
    compress = os.fspath(path).endswith(".gz")
    if compress and name == "hepevt":
        raise DataFileError(f"{path}: the readers of hepevt take plain text only; leave out .gz")
    return _WRITERS[name](path, info, compress)


def write_events(
    path: str | os.PathLike[str],
    spectrum: Spectrum,
    experiment: Experiment,
    n: int,
    seed: int = 1,
    *,
    format: str | None = None,
    layout: str = "chain",
    pdg_scheme: str = "default",
    nuisances: bool = True,
    state: str | None = None,
    final: str | None = None,
    weighted: bool = False,
    chunk: int = 16_384,
    workers: int = 1,
    scheduler: str | None = None,
    progress: bool = False,
    options: EventOptions = DEFAULTS,
    part: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Generate events into a file, `chunk` of them at a time by `workers` processes or a Dask cluster; the content depends on none.

    A text file that an interrupted or killed call left as `<path>.part` is gone on with if everything is as it was. `part` = (i, N) makes
    the i-th of N parts of the run, i from 1, which `nusim.merge` joins to the file of the whole run.

    Gives file, n, seed, expected_events, stat_error, effective_sample_size, kernel, sha256 (of the uncompressed
    content) and warnings. `state`, `final`, `weighted` and `options` as in `nusim.events.generate`; the others as in `write`.
    `progress` shows a bar on stderr; `nusim.kernels.processes.in_order` says more of `workers` and `scheduler`, an address or 'local'.
    Raises ParameterError if nothing can be made, DataFileError if nothing can be written.
    """
    check_at_least_one(chunk=chunk, workers=workers)
    _require(format_of(path, format))
    check_room(path, n, format, layout=layout, weighted=weighted)
    first, last = span_of(n, part)
    run = prepare(spectrum, experiment, n, seed, state=state, final=final, weighted=weighted, options=options)
    empty = run.events(0, 0)
    if last - first > _TRIAL:
        trial = run.events(first, first + _TRIAL)
        check_free_space(path, round((last - first) * sample_width(trial, path, format, layout=layout, nuisances=nuisances)))
    metadata = {**run.metadata(), "first_event": first}
    writer = open_writer(
        path,
        metadata,
        channels=empty.channels,
        states=empty.states,
        routes=empty.routes,
        weighted=weighted,
        events=last - first,
        format=format,
        layout=layout,
        pdg_scheme=pdg_scheme,
        nuisances=nuisances,
    )
    if isinstance(writer, EventWriter):
        choices = (empty.channels, empty.states, empty.routes, writer.format, layout, pdg_scheme, nuisances, state, final, options, last)
        writer.keep_log(hashlib.sha256(f"{json_text(metadata)} {choices}".encode()).hexdigest())
    warnings, sums = list(metadata["warnings"]), np.zeros(2)
    with writer, _bar(last - first, progress) as advance:
        if isinstance(writer, EventWriter):
            render: Work = _Rendered(writer)
            done = sum(note["events"] for note in writer.resumed)
            sums += np.sum([note["sums"] for note in writer.resumed], axis=0) if done else 0.0
            if done:
                warnings.append(f"{path}: an earlier run had written {done} of {last - first} events; this one went on from there")
                advance(done)
            for piece, own in made(run, render, first + done, last, chunk, workers, scheduler):
                writer.put(piece, {"sums": own})
                sums += own
                advance(piece.events)
        else:
            for sample in made(run, itself, first, last, chunk, workers, scheduler):
                writer.write(sample)
                sums += _sums(sample)
                advance(len(sample))
    return {
        "file": os.fspath(path),
        "n": n,
        **({} if part is None else {"chunk": f"{part[0]}/{part[1]}", "first_event": first, "events": last - first}),
        "seed": seed,
        "expected_events": metadata["expected_events"],
        "stat_error": metadata["stat_error"],
        "effective_sample_size": float(sums[0] ** 2 / sums[1]) if sums[1] > 0 else 0.0,
        "kernel": metadata["kernel"],
        "sha256": writer.sha256,
        "warnings": warnings,
    }


def span_of(n: int, part: tuple[int, int] | None) -> tuple[int, int]:
    """The events first <= i < last of part (i, N) of a run; of all of it for None. Raises ParameterError for a part that there is not."""
    if part is None:
        return 0, n
    number, parts = part
    if not 1 <= number <= parts:
        raise ParameterError(f"chunk {number}/{parts}: i/N with i from 1 to N")
    return (number - 1) * n // parts, number * n // parts


class _Rendered:
    """A chunk's events as they stand in the file, and the sums of its weights and their squares."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer

    def __call__(self, sample: EventSample, first: int) -> tuple[Piece, list[float]]:
        return self._writer.render(sample, first), _sums(sample)


def _sums(sample: EventSample) -> list[float]:
    return [float(sample.weight.sum()), float((sample.weight**2).sum())]


def _require(format: str) -> None:
    """MissingExtraError, before any work, where the format needs a package that is not there."""
    if format == "parquet":
        table.arrow()
    elif format in ("root", "rootracker", "fairship"):
        root.reader()


@contextmanager
def _bar(n: int, shown: bool) -> Iterator[Callable[[int], object]]:
    """A progress bar on stderr as a function of the events done since its last call, or nothing."""
    if not shown:
        yield lambda done: None
        return
    from tqdm import tqdm

    with tqdm(total=n, unit="event", unit_scale=True) as bar:
        yield bar.update


def format_of(path: str | os.PathLike[str], format: str | None = None) -> str:
    """Name of the format that `format`, or else the suffix of `path`, asks for; DataFileError with the known ones."""
    if format is not None:
        if format not in FORMATS:
            raise DataFileError(f"format {format!r}: unknown; known: {' '.join(FORMATS)}")
        return format
    for name, suffixes in FORMATS.items():
        if os.fspath(path).endswith(suffixes):
            return name
    known = " ".join(suffix for suffixes in FORMATS.values() for suffix in suffixes)
    suffix = Path(path).suffix
    found = f"the suffix {suffix} is" if suffix else "a name without suffix is"
    raise DataFileError(f"{path}: {found} of no known format; known: {known}; or give format=")


def estimate_size(
    n: int,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    layout: str = "chain",
    weighted: bool = False,
    particles: int = 6,
) -> int:
    """Bytes of a file of n events of `particles` particles: a parent, its lepton, the heavy state and its products.

    Events of chains hold more: `sample_width` measures theirs.
    """
    products = max(particles - 3, 1)
    shape = Shape(
        (INCOMING, FINAL, INTERMEDIATE, *[FINAL] * products),
        (-1, 0, 0, *[2] * products),
        (False, True, True, *[False] * products),
        2,
        label=(0, 0, 0, *[1] * products),
    )
    return round(n * _width(shape, path, format, layout, weighted, "nu4"))


def sample_width(
    sample: EventSample, path: str | os.PathLike[str], format: str | None = None, *, layout: str = "chain", nuisances: bool = True
) -> float:
    """Mean bytes of an event of this sample in a file."""
    names = names_of(sample.metadata.get("nuisances", {})) if nuisances else ()
    record = Record(sample, DetectorFrame.of(sample.metadata), "default")
    label = None
    if format_of(path, format) == "hepevt":
        label = hepevt.tracking_records(sample, detector_volumes(sample.metadata.get("experiment", {})))[0]
        label = np.minimum(label, 1) if layout == "joint" else label
    total = 0.0
    for shape, events in record.shapes(label):
        total += len(events) * _width(shape, path, format, layout, sample.weighted, sample.routes[shape.route], names)
    return total / max(len(sample), 1)


def _width(
    shape: Shape, path: str | os.PathLike[str], format: str | None, layout: str, weighted: bool, route: str, names: Sequence[str] = ()
) -> float:
    """Bytes of an event of a shape in a file; `names`: of weights for nuisances."""
    if format_of(path, format) in _ROW:
        return float(_ROW[format_of(path, format)] + _PARTICLE[format_of(path, format)] * len(shape.status))
    if format_of(path, format) == "lhe":
        width = lhe.event_template(shape, layout, weighted, route, names).width
    elif format_of(path, format) == "hepmc3":
        width = hepmc3.event_template(shape, layout, route).width
    else:
        width = hepevt.event_template(shape, layout).width + max(shape.label) * _PER_RECORD
        width += weighted * _PER_WEIGHT + bool(names) * _PER_PARENT
    return width * (_COMPRESSION if os.fspath(path).endswith(".gz") else 1.0)


def check_room(
    path: str | os.PathLike[str],
    n: int,
    format: str | None = None,
    *,
    layout: str = "chain",
    weighted: bool = False,
    particles: int = 6,
) -> None:
    """Refuse, before a run, a file that would not fit on the disk, with DataFileError."""
    check_free_space(path, estimate_size(n, path, format, layout=layout, weighted=weighted, particles=particles))
