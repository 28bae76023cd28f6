"""Samples read back from files, as one."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from nusim.events.sample import EventSample
from nusim.io.read import open_source, refuse

PARTICLE = ("pdg", "status", "mother", "momentum", "mass", "vertex", "proper_time", "spin")
EVENT = ("weight", "decay_vertex", "delay", "polarisation", "route", "seen", "channel")


def joined(samples: list[EventSample]) -> EventSample:
    """Samples of one run, one after the other."""
    first = samples[0]
    count = np.concatenate([np.diff(one.offsets) for one in samples])
    columns: dict[str, Any] = {field.name: getattr(first, field.name) for field in fields(first)}
    for name in (*PARTICLE, *EVENT, "state"):
        columns[name] = np.concatenate([getattr(one, name) for one in samples])
    columns["offsets"] = np.concatenate([[0], np.cumsum(count)])
    columns["named_weights"] = {name: np.concatenate([one.named_weights[name] for one in samples]) for name in first.named_weights}
    return EventSample(**columns)


def read_back(path: Path) -> EventSample:
    """All events of a file."""
    with open_source(path) as source:
        return joined(list(source.samples(refuse(path))))


def difference(a: EventSample, b: EventSample, names: tuple[str, ...] = (*PARTICLE, *EVENT)) -> float:
    """The largest difference in any of the columns, relative to the largest value in it."""
    assert np.array_equal(a.offsets, b.offsets)
    worst = 0.0
    for name in names:
        x, y = getattr(a, name).astype(float), getattr(b, name).astype(float)
        worst = max(worst, float(np.max(np.abs(x - y), initial=0.0)) / max(float(np.max(np.abs(x), initial=0.0)), 1e-300))
    return worst
