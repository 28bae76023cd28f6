"""What an event file must say of its run: checked once, when the file is opened; what follows trusts it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..errors import CardError, DataFileError
from ..pdg import CODES, HEAVY_STATE_CODES
from .toml import show, validate

Count = Annotated[int, Field(ge=0, le=10**15)]
Amount = Annotated[float, Field(ge=0.0, le=1e60)]
"""Larger than any number of protons, events or metres: squares and products stay finite."""
Place = Annotated[float, Field(ge=-1e9, le=1e9)]
Component = Annotated[float, Field(ge=-1.000001, le=1.000001)]
Vector = Annotated[list[Place], Field(min_length=3, max_length=3)]
Row = Annotated[list[Component], Field(min_length=3, max_length=3)]
Document = dict[str, Any]


class _Loose(BaseModel):
    """Further keys are allowed: other versions write them."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, defer_build=True)


class DetectorFrameTable(_Loose):
    """frames.detector"""

    local_origin: Vector
    rotation: Annotated[list[Row], Field(min_length=3, max_length=3)]


class FramesTable(_Loose):
    """frames"""

    detector: DetectorFrameTable


class StateTable(_Loose):
    """One of `states`; an infinite lifetime is null."""

    mass: Amount
    ctau: Amount | None = None
    width: Amount | None = None


class RouteTable(_Loose):
    """One of `routes`."""

    name: Annotated[str, Field(min_length=1)]
    in_events: str
    expected_events: Amount | None = None


class ProcessTable(_Loose):
    """One of `processes`."""

    products: str


class RunTable(_Loose):
    """The run, as `RunInfo.summary` gives it."""

    version: str
    kernel: str
    seed: Count | list[Count]
    n: Count
    protons: Amount
    expected_events: Amount
    stat_error: Amount
    frames: FramesTable
    events_in_file: Count
    weighted: bool
    layout: str
    pdg_scheme: str
    routes: Annotated[list[RouteTable], Field(max_length=30_000)]
    processes: Annotated[list[ProcessTable], Field(max_length=30_000)]
    states: dict[str, StateTable] = {}
    first_event: Count = 0
    events_per_weight: Amount | None = None
    effective_parents: Amount | None = None
    efficiency: Amount | None = None
    largest_weight: Amount | None = None
    rates_by_channel: dict[str, Amount] = {}
    rates_by_route: dict[str, Amount] = {}
    nuisances: dict[str, dict[str, Amount]] = {}
    named_weights: list[str] | dict[str, dict[str, Amount]] = []
    """A dictionary beside HEPEVT files, with the factors by parent."""
    weight_names: list[str] = []
    warnings: list[str] = []
    pdg_codes: dict[str, int] = {}
    model: Document = {}
    experiment: Document = {}


def read_document(text: str | bytes) -> Document:
    """A JSON object. ValueError, with what is wrong, for anything else."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("brackets nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def check_run_document(document: Mapping[str, Any]) -> None:
    """DataFileError, one line with the key, for a description of a run that nusim did not write."""
    try:
        run = validate(RunTable, dict(document), "run")
    except CardError as error:
        raise DataFileError(f"what it says of its run cannot be read: {str(error).removeprefix('run: ')}") from None
    if len(set(run.weight_names)) < len(run.weight_names):
        raise DataFileError(f"what it says of its run cannot be read: weight_names = {show(run.weight_names)}: each name once")
    states = [*run.states, *(state for route in run.routes for state in route.name.split(" from "))]
    for what, names, known in (
        ("state", states, HEAVY_STATE_CODES),
        ("parent", [parent for effect in run.nuisances.values() for parent in effect], CODES),
        ("named weight", list(run.named_weights), {f"{name}_{sign}" for name in run.nuisances for sign in ("up", "down")}),
    ):
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None:
            raise DataFileError(f"what it says of its run cannot be read: unknown {what} {unknown!r}; known: {' '.join(known)}")
