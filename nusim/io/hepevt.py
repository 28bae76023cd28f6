"""HEPEVT text as LArSoft's TextFileGen and edep-sim (flavor `marley`) read it, with a JSON file beside it.

A record is a line `event particles` and a line of 15 numbers a particle: status, PDG code, first and last mother,
first and last daughter, px, py, pz, E, mass, x, y, z, t. Lines are counted from 1. GeV, cm, ns; detector frame.

Status 1, the only one that detector simulations track: what comes out of the decay that the detector sees. 2: what
decays in the event. 3: the beam parent and what its decay left upstream. The layout `decay` leaves out the upstream part.

The format has no place for weights and normalisation: `<file>.json` holds them.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ..events.sample import FINAL, INTERMEDIATE
from ..kernels.arrays import Array
from ..units import cm
from .header import json_text
from .output import OutputFile
from .record import Record, Shape
from .text import Integer, Real, RowTemplate
from .writer import EventWriter

LAYOUTS = ("chain", "decay")
TRACKED, DECAYED, UPSTREAM = 1, 2, 3


class HepevtWriter(EventWriter):
    """An open HEPEVT file and the JSON file beside it; see `EventWriter`."""

    format = "hepevt"
    layouts = LAYOUTS

    def _head(self) -> str:
        self._weights: list[Array] = []
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
        self._weights.append(record.sample.weight.copy())

    def _finish(self) -> None:
        with OutputFile(sidecar(self._file.path)) as file:
            file.write((json_text(self._description()) + "\n").encode("ascii"))

    def _description(self) -> dict[str, Any]:
        info = self._info
        weights = np.concatenate([*self._weights, np.empty(0)]) / (info.events_per_weight or 1.0)
        description = info.summary() | {
            "format": "hepevt",
            "file": self._file.path.name,
            "sha256": self.sha256,
            "units": {"momentum": "GeV", "length": "cm", "time": "ns, zero when the protons pass the beam frame's origin"},
            "frame": "detector",
            "normalisation": "expected events = events_per_weight times the sum of the weights of the file's events",
            **{name: info.metadata[name] for name in ("model", "experiment") if name in info.metadata},
        }
        if info.weighted:
            return description | {"weights": weights}
        other = np.flatnonzero(np.abs(weights - 1.0) > 1e-12)
        return description | {
            "weights": "1 for every event, save those in other_weights, which counts the file's events from 0",
            "other_weights": {str(event): weights[event] for event in other},
        }


def sidecar(path: Path) -> Path:
    """The JSON file beside a HEPEVT file."""
    return path.with_name(path.name + ".json")


def event_template(shape: Shape, layout: str) -> RowTemplate:
    """The text of a record of this shape."""
    seen = shape.below(shape.heavy)
    order = [shape.heavy if layout == "decay" else 0]
    for place in order:  # grows as it goes: daughters of one mother stand together, as the format's ranges want
        order.extend(shape.daughters(place))
    line_of = {place: i + 1 for i, place in enumerate(order)}
    pieces: list[str | Real | Integer] = [Integer("number", 12), f" {len(order)}\n"]
    for i, place in enumerate(order):
        leaves = TRACKED if place in seen and shape.status[place] == FINAL else UPSTREAM
        status = DECAYED if shape.status[place] == INTERMEDIATE else leaves
        mother = 0 if i == 0 else line_of[shape.mother[place]]
        daughters = [line_of[j] for j in shape.daughters(place)]
        first, last = (daughters[0], daughters[-1]) if daughters else (0, 0)
        pieces += [f"{status}", Integer(("pdg", place), 12), f" {mother} {mother} {first} {last}"]
        for name in ("detector_px", "detector_py", "detector_pz", "E", "mass", "x_cm", "y_cm", "z_cm", "t_ns"):
            pieces += [" ", Real((name, place))]
        pieces += ["\n"]
    return RowTemplate(pieces)
