"""What a file says of its run: one dictionary for every format, and its JSON text."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..cards.run import check_run_document
from ..errors import DataFileError
from ..events.variations import Effects, names_of
from ..kernels.arrays import IntArray
from ..pdg import HEAVY_STATE_CODES
from .pdg_scheme import scheme_codes

_NEEDED = ("version", "kernel", "seed", "n", "protons", "expected_events", "stat_error", "frames")
_MADE = (
    *(
        "generator",
        "events_in_file",
        "expected_events_per_proton",
        "layout",
        "pdg_scheme",
        "pdg_codes",
        "routes",
        "processes",
        "weight_names",
    ),
    # of the JSON file beside a HEPEVT file
    *("format", "file", "sha256", "units", "frame", "normalisation", "records_are", "records", "weights", "other_weights", "parents"),
    *("named_weights", "named_weights_are"),
)
"""What `summary` and the formats add to the metadata."""


@dataclass(frozen=True, slots=True, eq=False)
class RunInfo:
    """A run as the files of all formats describe it."""

    metadata: Mapping[str, Any]
    """As in `EventSample.metadata`."""
    channels: tuple[str, ...]
    states: tuple[str, ...]
    routes: tuple[str, ...]
    weighted: bool
    events: int
    """Events this file is to hold; the run's n counts all files of the run."""
    layout: str
    pdg_scheme: str
    nuisances: bool = False
    """Whether each event carries the weights of the metadata's nuisances, up and down."""
    weight_names: tuple[str, ...] = ()
    """Of the events' named weights, in order."""

    def __post_init__(self) -> None:
        missing = [key for key in _NEEDED if key not in self.metadata]
        if missing:
            raise DataFileError(f"event sample: the metadata lack {', '.join(missing)}: without them a file could not be normalised")
        if self.events < 0:
            raise DataFileError(f"events = {self.events}: a file cannot hold fewer than none")
        scheme_codes(self.pdg_scheme)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "RunInfo":
        """Of a file, from `summary` as it stands there, with the cards under model and experiment. DataFileError if it is not that."""
        check_run_document(document)
        try:
            metadata = {key: value for key, value in document.items() if key not in _MADE}
            metadata["states"] = {
                name: {**state, "pdg": HEAVY_STATE_CODES[name], "ctau": math.inf if state.get("ctau") is None else state["ctau"]}
                for name, state in document.get("states", {}).items()
            }
            routes = tuple(str(route["name"]) for route in document["routes"])
            return cls(
                metadata,
                tuple(str(process["products"]) for process in document["processes"]),
                tuple(dict.fromkeys([*metadata["states"], *(route.split()[0] for route in routes)])),
                routes,
                bool(document["weighted"]),
                int(document["events_in_file"]),
                str(document["layout"]),
                str(document["pdg_scheme"]),
                bool(document.get("named_weights")),
                tuple(map(str, document.get("weight_names", ()))),
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise DataFileError(f"what it says of its run cannot be read ({error})") from None

    @property
    def events_per_weight(self) -> float:
        """Expected events for one unit of the file's weight: 1 in weighted files, where weights are expected events."""
        if self.weighted:
            return 1.0
        given = self.metadata.get("events_per_weight")
        if given is not None:
            return float(given)
        n = int(self.metadata["n"])
        return float(self.metadata["expected_events"]) / n if n else 0.0

    @property
    def processes(self) -> tuple[str, ...]:
        """Final states, each once: the channels of several states may share one."""
        return tuple(dict.fromkeys(self.channels))

    @property
    def process_numbers(self) -> IntArray:
        """Process of each channel, counted from 1."""
        return np.array([self.processes.index(channel) + 1 for channel in self.channels], np.int64)

    @property
    def rates(self) -> tuple[float, ...]:
        """Expected events of each process; 0 where the metadata do not give them."""
        by_channel = self.metadata.get("rates_by_channel", {})
        return tuple(float(by_channel.get(process, 0.0)) for process in self.processes)

    @property
    def effects(self) -> Effects:
        """Of the nuisances that the events have weights for, by nuisance and beam parent."""
        effects: Effects = self.metadata.get("nuisances", {}) if self.nuisances else {}
        return effects

    @property
    def named_weights(self) -> tuple[str, ...]:
        """Names of those weights."""
        return names_of(self.effects)

    @property
    def route_words(self) -> tuple[str, ...]:
        """The routes as one word each: 'nu4_from_nu5'."""
        return tuple(route.replace(" ", "_") for route in self.routes)

    def summary(self) -> dict[str, Any]:
        """All that is needed to normalise and to reproduce, JSON-able; infinite lifetimes are null."""
        protons, expected = float(self.metadata["protons"]), float(self.metadata["expected_events"])
        codes = scheme_codes(self.pdg_scheme)
        summary: dict[str, Any] = {
            "generator": "nusim",
            **{key: value for key, value in self.metadata.items() if key not in ("model", "experiment")},
            "events_in_file": self.events,
            "weighted": self.weighted,
            "events_per_weight": self.events_per_weight,
            "expected_events_per_proton": expected / protons if protons > 0 else None,
            "layout": self.layout,
            "pdg_scheme": self.pdg_scheme,
            **({"weight_names": list(self.weight_names)} if self.weight_names else {}),
            "states": {name: {**state, "pdg": codes[name]} for name, state in self.metadata.get("states", {}).items()},
            "pdg_codes": dict(codes),
            "named_weights": list(self.named_weights),
            "routes": [
                {"name": name, "in_events": word, "expected_events": self.metadata.get("rates_by_route", {}).get(name)}
                for name, word in zip(self.routes, self.route_words, strict=True)
            ],
            "processes": [
                {"id": i + 1, "products": process, "expected_events": rate}
                for i, (process, rate) in enumerate(zip(self.processes, self.rates, strict=True))
            ],
        }
        return summary


def json_text(value: Any, indent: int | None = 1) -> str:
    """JSON in plain ASCII, the same for equal values, free of the characters that XML reserves."""
    text = json.dumps(_plain(value), indent=indent, sort_keys=True, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise DataFileError(f"metadata: a {type(value).__name__} cannot be written as JSON")
