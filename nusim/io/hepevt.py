"""HEPEVT text as LArSoft's TextFileGen and edep-sim (flavor `marley`) read it, with a JSON file beside it.

A record is a line `event particles` and a line of 15 numbers a particle: status, PDG code, first and last mother,
first and last daughter, px, py, pz, E, mass, x, y, z, t. Lines are counted from 1. GeV, cm, ns; detector frame.

Status 1, the only one that detector simulations track: what comes out of a decay in the detector. 2: what decays in
the event. 3: what is not tracked: the beam parent, what decays outside the detector leave, heavy states that leave.

edep-sim puts all tracked particles of a record at one point. Layouts
- `chain`: a record for each decay in the detector, with the whole event and that decay's products tracked.
- `decay`: the same, of the heavy state that decays there and what descends from it.
- `joint`: one record an event, as in `chain`, with the products of all its decays in the detector tracked: for LArSoft,
  which gives every particle a point of its own.

The format has no place for weights and normalisation: `<file>.json` holds them, and what each record is.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from ..events.variations import factors
from ..kernels.arrays import Array, BoolArray, IntArray
from ..pdg import CODES, HEAVY_STATE_CODES, NEUTRINO_OF_FLAVOUR
from ..units import cm
from .check import detector_volumes
from .header import RunInfo, json_text
from .output import OutputFile
from .record import Record, Shape
from .text import Integer, Real, RowTemplate
from .writer import EventWriter

LAYOUTS = ("chain", "decay", "joint")
TRACKED, DECAYED, UNTRACKED = 1, 2, 3

ONE_POINT = 1e-5
"""Decays of an event this close to each other, metres, share a record: no detector tells them apart, and a state that lives
too short to be seen must not tear an event in two."""


class HepevtWriter(EventWriter):
    """An open HEPEVT file and the JSON file beside it; see `EventWriter`."""

    format = "hepevt"
    layouts = LAYOUTS

    def __init__(self, path: str | os.PathLike[str], info: RunInfo, compress: bool = False) -> None:
        super().__init__(path, info, compress)
        self._weights: list[Array] = []
        self._parents: list[str] = []
        self._records: dict[str, list[str]] = {"event": [], "vertex": [], "seen": [], "route": [], "process": []}
        self._volumes = detector_volumes(info.metadata.get("experiment", {}))

    def _head(self) -> str:
        return ""

    def _tail(self) -> str:
        return ""

    def _template(self, shape: Shape) -> RowTemplate:
        return event_template(shape, self._info.layout)

    def _prepare(self, record: Record) -> None:
        columns = record.of_particle
        momenta = self._frame.directions(columns["px"], columns["py"], columns["pz"])
        columns |= dict(zip(("detector_px", "detector_py", "detector_pz"), momenta, strict=True))
        columns |= {name: columns[f"detector_{name[0]}"] / cm for name in ("x_cm", "y_cm", "z_cm")}

    def _label(self, record: Record) -> tuple[IntArray, Mapping[str, Any]]:
        """Number of the record that tracks a particle, from 1; 0 for none."""
        sample = record.sample
        label, seen = tracking_records(sample, self._volumes)
        if self._info.layout == "joint":
            label, seen = np.minimum(label, 1), np.minimum(seen, 1)
        count = np.maximum.reduceat(label, sample.offsets[:-1]) if len(sample) else np.zeros(0, np.int64)
        owner = np.repeat(np.arange(len(sample)), count)
        vertex = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 1
        records = {
            "event": record.of_event["number"][owner],
            "vertex": vertex,
            "seen": (vertex == seen[owner]).astype(np.int64),
            "route": sample.route[owner],
            "process": record.of_event["process"][owner],
        }
        return label, {"weights": sample.weight, "parents": record.of_event["parent"], "records": records}

    def _note(self, beside: Mapping[str, Any]) -> None:
        self._weights.append(np.array(beside["weights"], float))
        if self._info.named_weights:
            self._parents.append(_text(beside["parents"]))
        for name, parts in self._records.items():
            # as text: a fraction of what a list of numbers takes, in a run that may be long
            parts.append(_text(beside["records"][name]))

    def _finish(self) -> None:
        text = json_text(self._description())
        columns = ",\n  ".join(f'"{name}": [{",".join(filter(None, parts))}]' for name, parts in self._records.items())
        parents = f' "parents": [{",".join(filter(None, self._parents))}],\n' if self._info.named_weights else ""
        with OutputFile(sidecar(self._file.path)) as file:
            file.write(f'{text.removesuffix("}").rstrip()},\n{parents} "records": {{\n  {columns}\n }}\n}}\n'.encode("ascii"))

    def _description(self) -> dict[str, Any]:
        info = self._info
        weights = np.concatenate([*self._weights, np.empty(0)]) / (info.events_per_weight or 1.0)
        description = info.summary() | {
            "format": "hepevt",
            "file": self._file.path.name,
            "sha256": self.sha256,
            "units": {"momentum": "GeV", "length": "cm", "time": "ns, zero when the protons pass the beam frame's origin"},
            "frame": "detector",
            "normalisation": "expected events = events_per_weight times the sum of the weights of the file's events, each event once",
            "records_are": "for each record of the file its event (as in its first line), its number within the event from 1, whether it"
            " holds the decay that the weight is for, the event's route (place in routes, from 0) and its final state (processes, from 1)",
            **{name: info.metadata[name] for name in ("model", "experiment") if name in info.metadata},
        }
        if info.named_weights:
            description |= {
                "named_weights": {
                    name: {str(CODES[parent]): factor for parent, factor in by_parent.items()}
                    for name, by_parent in factors(info.effects).items()
                },
                "named_weights_are": "for each nuisance of the beam a standard deviation up and down: an event's weight is to be"
                " multiplied by the factor of its beam parent (the list parents, PDG codes, an entry an event), by 1 where there is none",
            }
        if info.weighted:
            return description | {"weights": weights}
        other = np.flatnonzero(np.abs(weights - 1.0) > 1e-12)
        return description | {
            "weights": "1 for every event, save those in other_weights, which counts the file's events from 0",
            "other_weights": {str(event): weights[event] for event in other},
        }


def _text(numbers: Any) -> str:
    return ",".join(map(str, np.asarray(numbers).tolist()))


def sidecar(path: Path) -> Path:
    """The JSON file beside a HEPEVT file."""
    return path.with_name(path.name + ".json")


def tracking_records(sample: EventSample, volumes: list[Any]) -> tuple[IntArray, IntArray]:
    """In which record of its event each particle is tracked, from 1, 0 for none, (N,); and that of the decay seen, (n,).

    A record belongs to the decay seen, and to every other one with a charged particle, photon or meson inside one of `volumes`,
    or anywhere if there are none; in the order of the decaying states in their events. Decays within ONE_POINT share one.
    """
    n, total = len(sample), len(sample.pdg)
    event = np.repeat(np.arange(n), np.diff(sample.offsets))
    code = np.abs(sample.pdg)
    heavy = np.isin(code, tuple(HEAVY_STATE_CODES.values()))
    mother = sample.offsets[event] + sample.mother
    later = (sample.mother >= 0) & (sample.status[mother] != INCOMING)
    shown = np.flatnonzero(later & (sample.status == FINAL) & ~heavy & ~np.isin(code, NEUTRINO_OF_FLAVOUR))
    point = np.zeros((total, 4))
    point[mother[later]] = sample.vertex[later]
    seen = sample.offsets[:-1] + sample.seen
    written = np.zeros(total, bool)
    written[mother[shown]] = True
    written[seen] = False
    if volumes:
        others = np.flatnonzero(written)
        written[others] = np.any([volume.contains(point[others, 1:]) for volume in volumes], axis=0) if len(others) else False
    written[seen] = True
    number = _numbered(written, event, point)
    label = np.zeros(total, np.int64)
    tracked = np.flatnonzero(later & (sample.status == FINAL) & ~heavy)
    label[tracked] = number[mother[tracked]]
    used = np.zeros((n, int(number.max(initial=0)) + 1), bool)
    used[event, label] = True
    empty = np.flatnonzero(~used[np.arange(n), number[seen]])
    if len(empty):
        raise DataFileError(f"event sample: event {empty[0]}: the decay seen leaves only heavy states, which no detector simulation tracks")
    return label, number[seen]


def _numbered(written: BoolArray, event: IntArray, point: Array) -> IntArray:
    """Record of each decay, from 1 in each event, (N,); 0 for those not `written`."""
    rows = np.flatnonzero(written)
    _, first, which, count = np.unique(event[rows], return_index=True, return_inverse=True, return_counts=True)
    number = written.astype(np.int64)
    several = count[which] > 1
    which = np.cumsum(count > 1)[which[several]] - 1
    place = (np.arange(len(rows)) - np.repeat(first, count))[several]
    table = np.full((int(np.sum(count > 1)), int(count.max(initial=1))), -1)
    table[which, place] = rows[several]
    record = np.zeros(table.shape, np.int64)
    for k in range(table.shape[1]):
        for earlier in range(k):
            near = np.abs(point[table[:, k]] - point[table[:, earlier]]).max(axis=1) <= ONE_POINT
            record[:, k] = np.where((record[:, k] == 0) & near, record[:, earlier], record[:, k])
        record[:, k] = np.where(record[:, k] == 0, record.max(axis=1) + 1, record[:, k])
    number[table[table >= 0]] = record[table >= 0]
    return number


def event_template(shape: Shape, layout: str) -> RowTemplate:
    """The text of the records of an event of this shape, whose labels are the records that track its particles."""
    pieces: list[str | Real | Integer] = []
    for number in range(1, max(shape.label) + 1):
        tracked = [place for place, label in enumerate(shape.label) if label == number]
        order = [_common_ancestor(shape, tracked) if layout == "decay" else 0]
        for place in order:  # grows as it goes: daughters of one mother stand together, as the format's ranges want
            order.extend(shape.daughters(place))
        line_of = {place: i + 1 for i, place in enumerate(order)}
        pieces += [Integer("number", 12), f" {len(order)}\n"]
        for i, place in enumerate(order):
            stays = TRACKED if place in tracked else UNTRACKED
            status = DECAYED if shape.status[place] == INTERMEDIATE else stays
            mother = 0 if i == 0 else line_of[shape.mother[place]]
            daughters = [line_of[j] for j in shape.daughters(place)]
            first, last = (daughters[0], daughters[-1]) if daughters else (0, 0)
            pieces += [f"{status}", Integer(("pdg", place), 12), f" {mother} {mother} {first} {last}"]
            for name in ("detector_px", "detector_py", "detector_pz", "E", "mass", "x_cm", "y_cm", "z_cm", "t_ns"):
                pieces += [" ", Real((name, place))]
            pieces += ["\n"]
    return RowTemplate(pieces)


def _common_ancestor(shape: Shape, places: list[int]) -> int:
    """The last particle that all of these descend from."""
    place = shape.mother[places[0]]
    while not set(places) <= set(shape.below(place)):
        place = shape.mother[place]
    return place
