"""Event files from one format into another, and parts of a run, or runs, into one file."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import DataFileError
from ..events.sample import EventSample
from ..events.variations import names_of
from .header import RunInfo
from .read import BEFORE_LOST, Source, open_source, refuse
from .write import COLUMNS, Writer, format_of, open_writer
from .writer import EventWriter

_KNOWING = ("lhe", "hepevt", *COLUMNS)
"""Formats that hold the weights of nuisances."""
_SPINS = "spins and polarisations"
_NOT_HELD: dict[str, tuple[str, ...]] = {
    "lhe": (),
    "hepmc3": (),
    "hepevt": (f"{_SPINS}; lifetimes and delays are left to be found from the vertices",),
    "rootracker": (f"{_SPINS}, masses, and all but the decays in the detector and the parent's momentum",),
    "fairship": (f"{_SPINS}, all but the decay seen, and its time: FairShip takes |x|/c, without the delay of a heavy particle",),
    "root": (),
    "parquet": (),
}


def convert(
    path: str | os.PathLike[str],
    target: str | os.PathLike[str],
    format: str | None = None,
    *,
    layout: str = "chain",
    pdg_scheme: str | None = None,
) -> dict[str, Any]:
    """Write the events of a file in another format, layout or scheme of codes.

    Reads LHE, HepMC3, HEPEVT with its JSON file, flat ROOT and Parquet files of nusim's; writes every format. `pdg_scheme` is that
    of the file by default. Gives file, format, n, sha256 and `lost`: what the new file does not hold of the events, a line each.

    Raises DataFileError for a file that does not hold whole events (layout `decay`), is damaged, or is another program's.
    """
    _apart([path], target)
    name = format_of(target, format)
    with open_source(path) as source:
        return _converted(source, target, name, layout, pdg_scheme)


def _converted(source: Source, target: str | os.PathLike[str], name: str, layout: str, pdg_scheme: str | None) -> dict[str, Any]:
    if BEFORE_LOST in source.lost:
        raise DataFileError(f"{source.path}: holds no whole events: {BEFORE_LOST}")
    info = source.info
    lost = [*source.lost, *_NOT_HELD[name]]
    names, nuisances = _weights_in(info, name)
    left = [weight for weight in info.weight_names if weight not in names and weight not in nuisances]
    left += [weight for weight in info.named_weights if name not in _KNOWING]
    if left:
        lost.append(f"the named weights {', '.join(left)}")
    metadata = {**info.metadata, "converted_from": {"file": source.path.name, "format": source.format, "layout": info.layout}}
    own = replace(info, metadata=metadata, weight_names=names, nuisances=bool(nuisances))
    writer = _open(target, name, own, layout, pdg_scheme or info.pdg_scheme)
    with writer:
        for sample in source.samples(refuse(source.path)):
            writer.write(sample)
    return {"file": os.fspath(target), "format": name, "n": info.events, "lost": lost, "sha256": writer.sha256}


def merge(
    paths: Sequence[str | os.PathLike[str]],
    target: str | os.PathLike[str],
    format: str | None = None,
) -> dict[str, Any]:
    """Join the parts of a run into the file that the run makes as a whole, or several runs of one setting into a larger one.

    Parts of a run (equal seed) may come in any order, must follow each other without gap or overlap from its first event to its last,
    and give its very events; in text files of the parts' own format they are copied digit by digit. Of runs
    with different seeds the weights are scaled such that they still sum to the expected events; `seed` is then their list.

    Gives file, format, n, seed, expected_events, stat_error, sha256. Raises DataFileError for parts that do not fit, with the reason.
    """
    if not paths:
        raise DataFileError("merge: no files are given")
    _apart(paths, target)
    name = format_of(target, format)
    sources = [_described(path) for path in paths]
    for source in sources:
        _same_setting(sources[0], source)
    runs: dict[Any, list[_Part]] = {}
    for source in sources:
        runs.setdefault(source.info.metadata["seed"], []).append(source)
    for seed, parts in runs.items():
        parts.sort(key=_first)
        _whole(seed, parts)
    info = _joined([parts[0].info for parts in runs.values()])
    layout = info.layout if name == sources[0].format else "chain"
    copied = name == sources[0].format and len(runs) == 1 and sources[0].is_text
    if BEFORE_LOST in sources[0].lost and not copied:
        raise DataFileError(f"{sources[0].path}: holds no whole events: {BEFORE_LOST}")
    names, nuisances = _weights_in(info, name)
    left = [weight for weight in info.weight_names if weight not in names and weight not in nuisances]
    if left:
        raise DataFileError(f"{os.fspath(target)}: {name} files hold no such named weights, the parts do: {', '.join(left)}")
    writer = _open(target, name, replace(info, weight_names=names, nuisances=bool(nuisances)), layout, info.pdg_scheme)
    n = info.events
    with writer:
        for parts in runs.values():
            share = int(parts[0].info.metadata["n"]) / n if len(runs) > 1 else 1.0
            for part in parts:
                with open_source(part.path) as opened:
                    if copied:
                        _copy(opened, writer)
                        continue
                    for sample in opened.samples(refuse(part.path)):
                        writer.write(_scaled(sample, share))
    metadata = info.metadata
    result = {key: metadata[key] for key in ("seed", "expected_events", "stat_error")}
    return {"file": os.fspath(target), "format": name, "n": n, **result, "sha256": writer.sha256}


def _weights_in(info: RunInfo, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Named weights of a run that a format holds as numbers, and those of nuisances that it knows as such."""
    of_beam = names_of(info.metadata.get("nuisances", {}))
    has = info.nuisances or (bool(of_beam) and set(of_beam) <= set(info.weight_names))
    return info.weight_names if name in COLUMNS else (), of_beam if has and name in _KNOWING else ()


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What a file says of itself; it is open only while it is read: there may be thousands."""

    path: Path
    format: str
    info: RunInfo
    lost: tuple[str, ...]
    is_text: bool


def _described(path: str | os.PathLike[str]) -> _Part:
    with open_source(path) as source:
        return _Part(source.path, source.format, source.info, source.lost, source.text is not None)


def _copy(part: Source, writer: Writer) -> None:
    """The events of a part as they stand there."""
    text = part.text
    assert text is not None
    assert isinstance(writer, EventWriter)
    if not writer.append(text.blocks(), part.info.events, text.mark, text.tail, text.beside):
        raise DataFileError(f"{part.path}: is cut off or damaged: its {part.info.events} events are not all there")
    if text.beside.get("sha256") not in (None, part.sha256()):
        raise DataFileError(f"{part.path}: is not the file that the JSON file beside it was made for (sha256 differs)")


def _open(target: str | os.PathLike[str], format: str, info: RunInfo, layout: str, pdg_scheme: str) -> Writer:
    return open_writer(
        target,
        info.metadata,
        channels=info.channels,
        states=info.states,
        routes=info.routes,
        weighted=info.weighted,
        events=info.events,
        format=format,
        layout=layout,
        pdg_scheme=pdg_scheme,
        weight_names=info.weight_names,
        nuisances=info.nuisances,
    )


def _apart(paths: Sequence[str | os.PathLike[str]], target: str | os.PathLike[str]) -> None:
    """A file is not written onto what it is made of."""
    for path in paths:
        if Path(path).exists() and Path(target).exists() and os.path.samefile(path, target):
            raise DataFileError(f"{target}: is one of the files to be read; give another name")


def _first(source: _Part) -> int:
    return int(source.info.metadata.get("first_event", 0))


_OWN = (
    "first_event",
    "seed",
    "n",
    "expected_events",
    "stat_error",
    "effective_parents",
    "efficiency",
    "events_per_weight",
    "largest_weight",
)
_OF_RUN = (*_OWN, "rates_by_channel", "rates_by_route", "warnings", "converted_from")
"""What runs of one setting may differ in."""


def _same_setting(first: _Part, other: _Part) -> None:
    a, b = first.info, other.info
    if other.format != first.format:
        raise DataFileError(f"{other.path}: is {other.format}, {first.path} is {first.format}: parts have one format")
    for key in ("channels", "states", "routes", "weighted", "layout", "pdg_scheme", "nuisances", "weight_names"):
        if getattr(a, key) != getattr(b, key):
            raise DataFileError(f"{other.path}: {key} differ from those of {first.path}: they are no runs of one setting")
    for key in sorted({*a.metadata, *b.metadata} - set(_OF_RUN)):
        if a.metadata.get(key) != b.metadata.get(key):
            raise DataFileError(f"{other.path}: {key} differs from that of {first.path}: they are no runs of one setting")


def _whole(seed: Any, parts: Sequence[_Part]) -> None:
    """Parts of a run follow each other from its first event to its last."""
    n, at = int(parts[0].info.metadata["n"]), 0
    for part in parts:
        first, wanted = _first(part), int(part.info.metadata["n"])
        if wanted != n:
            raise DataFileError(
                f"{part.path}: is of a run of {wanted} events with seed {seed}, {parts[0].path} of one of {n}: equal events in both"
            )
        for key in _OF_RUN:
            if key not in ("first_event", "converted_from") and part.info.metadata.get(key) != parts[0].info.metadata.get(key):
                raise DataFileError(
                    f"{part.path}: {key} differs from that of {parts[0].path}, which has the same seed: not parts of one run"
                )
        if first < at:
            raise DataFileError(f"{part.path}: begins with event {first}, which another part with seed {seed} holds")
        if first > at:
            raise DataFileError(f"{part.path}: begins with event {first}: the part with events {at} to {first - 1} is missing")
        at += part.info.events
    if at != n:
        raise DataFileError(f"{parts[-1].path}: ends with event {at - 1}: the part with events {at} to {n - 1} is missing")


def _joined(runs: Sequence[RunInfo]) -> RunInfo:
    """What the joint file says: of one run the same, of several the means by their numbers of events."""
    first = runs[0]
    sizes = [int(run.metadata["n"]) for run in runs]
    metadata: dict[str, Any] = {**first.metadata, "first_event": 0}
    n = sum(sizes)
    if len(runs) > 1:

        def mean(values: Sequence[float]) -> float:
            return sum(size * value for size, value in zip(sizes, values, strict=True)) / n if n else float(values[0])

        metadata |= {"n": n, "seed": [run.metadata["seed"] for run in runs]}
        for key in ("expected_events", "stat_error", "effective_parents", "efficiency", "events_per_weight"):
            if all(key in run.metadata for run in runs):
                metadata[key] = mean([float(run.metadata[key]) for run in runs])
        for key in ("rates_by_channel", "rates_by_route"):
            names = dict.fromkeys(name for run in runs for name in run.metadata.get(key, {}))
            metadata[key] = {name: mean([float(run.metadata.get(key, {}).get(name, 0.0)) for run in runs]) for name in names}
        metadata["warnings"] = list(dict.fromkeys(note for run in runs for note in run.metadata.get("warnings", ())))
        metadata.pop("events_per_weight", None)
        if n and not first.weighted:
            metadata["events_per_weight"] = mean([run.events_per_weight * size / n for run, size in zip(runs, sizes, strict=True)])
        if "largest_weight" in metadata:
            metadata["largest_weight"] = max(
                float(run.metadata["largest_weight"]) * size / max(n, 1) for run, size in zip(runs, sizes, strict=True)
            )
    return replace(first, metadata=metadata, events=n)


def _scaled(sample: EventSample, share: float) -> EventSample:
    if share == 1.0:
        return sample
    named = {name: weight * share for name, weight in sample.named_weights.items()}
    return replace(sample, weight=sample.weight * share, named_weights=named)
