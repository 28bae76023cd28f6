"""What an event file holds, and whether it is consistent: read as a stream, in bounded memory."""

import os
from typing import Any

import numpy as np

from ..errors import DataFileError
from .block import check_samples, header_of
from .check import detector_volumes
from .hepevt import sidecar
from .inspect_hepevt import inspect_hepevt
from .inspect_lhe import inspect_lhe
from .inspect_root import inspect_root, trees
from .read import Source, open_source
from .reading import InputFile, Problems, Tally


def info(path: str | os.PathLike[str]) -> dict[str, Any]:
    """A description of an event file of any format.

    Keys: format, layout, n, weighted, sum_of_weights (expected events that the file's events stand for), routes (for each
    way by which the states seen came its events, sum_of_weights and, of the run, expected_events), named_weights (sums of the
    weights for nuisances, in expected events), protons,
    expected_events and stat_error (of the run), seed, kernel, version, frames, sha256 (of the uncompressed content),
    consistent, problems (a line each; events and their lines counted as in the file, events from 0). Keys that the
    file says nothing about are None.

    Raises DataFileError for a file that cannot be read as one of them, or is damaged or cut off.
    """
    file = InputFile(path)
    try:
        start = file.read()
        if b"<LesHouchesEvents" in start[:65536]:
            return _conclude("lhe", file, *inspect_lhe(file, start))
        if _looks_like_hepevt(start) or (not start and not file.fault and sidecar(file.path).exists()):
            return _conclude("hepevt", file, *inspect_hepevt(file, start))
        if start.startswith((b"HepMC::Version", b"PAR1")) or (start.startswith(b"root") and "events" in trees(file.path)):
            return _samples(file)
        if start.startswith(b"root"):
            return _conclude(*inspect_root(file))
    finally:
        file.close()
    if file.fault:
        raise DataFileError(f"{file.path}: {file.fault}")
    raise DataFileError(f"{file.path}: is {'empty' if not start else 'no event file: neither LHE, HepMC3, HEPEVT, ROOT nor Parquet'}")


def _samples(file: InputFile) -> dict[str, Any]:
    """Of a file whose events are read back as samples."""
    problems, tally = Problems(), Tally()

    def bad(event: int, why: str) -> None:
        problems.add(f"event {event}: cannot be read: {why}")
        tally.unreadable()

    with open_source(file.path) as source:
        header = header_of(source.info, detector_volumes(source.info.metadata.get("experiment", {})))
        for sample in source.samples(bad):
            check_samples(sample, tally.events, header, tally, problems)
        return _conclude(source.format, source, source.info.summary(), tally, problems)


def _looks_like_hepevt(start: bytes) -> bool:
    tokens = start.split(b"\n", 1)[0].split()
    return len(tokens) == 2 and all(token.isdigit() for token in tokens)


def _conclude(format: str, file: InputFile | Source, run: dict[str, Any], tally: Tally, problems: Problems) -> dict[str, Any]:
    n = tally.events
    announced = run.get("events_in_file")
    if announced is not None and announced != n:
        problems.add(f"{n} events are in the file, {announced} are announced")
    expected, error = run.get("expected_events"), run.get("stat_error")
    if expected is not None and n and announced == run.get("n") == n:
        spread = np.sqrt((error or 0.0) ** 2 + tally.squares)
        if abs(tally.sum - expected) > 6 * spread + 1e-9 * expected:
            problems.add(f"the weights sum to {tally.sum:.6g} expected events, the run expects {expected:.6g}")
    keys = ("layout", "weighted", "protons", "expected_events", "stat_error", "seed", "kernel", "version", "frames")
    lines = problems.lines()
    return {
        "format": format,
        "n": n,
        "sum_of_weights": tally.sum if run else None,
        "routes": _routes(run, tally) if run else None,
        "named_weights": dict(tally.named) if run else None,
        **{key: run.get(key) for key in keys},
        "sha256": file.sha256 if isinstance(file, InputFile) else file.sha256(),
        "consistent": not lines,
        "problems": lines,
    }


def _routes(run: dict[str, Any], tally: Tally) -> dict[str, Any]:
    """By the routes' names, those of the header first."""
    given = {route["in_events"]: route for route in run.get("routes", []) if isinstance(route, dict) and "in_events" in route}
    return {
        given.get(word, {}).get("name", word): {
            "events": tally.by_route.get(word, [0, 0.0])[0],
            "sum_of_weights": tally.by_route.get(word, [0, 0.0])[1],
            "expected_events": given.get(word, {}).get("expected_events"),
        }
        for word in dict.fromkeys([*given, *tally.by_route])
    }
