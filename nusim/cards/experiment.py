"""Experiment cards: what a file in experiments/ may say, and the experiment it makes."""

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from .. import pdg
from ..beams.beam import Beam
from ..errors import CardError, ParameterError
from ..experiment.experiment import Criterion, Experiment, Plane, Selection
from ..experiment.recast import PublishedLimit, Recast
from ..experiment.smearing import Resolution, Smearing
from ..experiment.volumes import IDENTITY, Box, Cylinder, Ellipse, Frustum, Matrix, Vector, Volume
from .base import Boolean, Integer, Number, StrictModel, Text
from .toml import Group, Table

Triple = tuple[Number, Number, Number]
Fraction = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]
Angle = Annotated[float, Field(strict=True, ge=0.0, le=math.pi)]
Distance = Annotated[float, Field(strict=True, ge=0.0)]
Kind = Literal["e", "mu", "pi", "gamma", "K"]

_SHAPE_KEYS = {"box": ("size",), "ellipse": ("size",), "frustum": ("size",), "cylinder": ("radius", "length", "axis")}
_SIZES = {"box": "[width, height, length]", "ellipse": "[width, height, length], full axes", "frustum": "[w0, h0, w1, h1, length]"}


class CriterionTable(StrictModel):
    """criterion: how a sensitivity is counted."""

    kind: Literal["count", "classical", "cls", "feldman-cousins"]
    confidence: Annotated[float, Field(strict=True, gt=0.0, lt=1.0)] | None = None
    events: Annotated[float, Field(strict=True, gt=0.0)] | None = None

    @model_validator(mode="after")
    def _what_it_needs(self) -> Self:
        wanted, other = ("events", "confidence") if self.kind == "count" else ("confidence", "events")
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"kind = '{self.kind}' needs {wanted}, and no {other}")
        return self


_OF_FILES = ("format", "protons_in_file", "momentum", "origin", "rotation", "axisymmetric")


class BeamTable(StrictModel):
    """[beam]: which beam, in which polarity; or flux files, and what their reader must be told."""

    card: Text | None = None
    file: Text | Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    format: Literal["dk2nu", "gsimple", "mevprtl", "csv"] | None = None
    protons_in_file: Annotated[float, Field(strict=True, gt=0.0, lt=1e40)] | None = None
    momentum: Annotated[float, Field(strict=True, gt=0.0)] | None = None
    origin: Triple = (0.0, 0.0, 0.0)
    rotation: tuple[Triple, Triple, Triple] = IDENTITY
    axisymmetric: Boolean = False
    polarity: Literal["fhc", "rhc"] = "fhc"
    normalisation: dict[str, Number] = {}

    @field_validator("file", mode="before")
    @classmethod
    def _paths(cls, value: object) -> object:
        names = value if isinstance(value, list | tuple) else [value]
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ValueError("a path or a glob in quotes is needed, or a list of them")
        return value

    @field_validator("normalisation")
    @classmethod
    def _known_parents(cls, value: dict[str, float]) -> dict[str, float]:
        for name, factor in value.items():
            if name not in pdg.CODES:
                raise ValueError(f"unknown parent '{name}'; parents are named K+, K-, pi+, pi-, KL, D+, ...")
            if factor < 0:
                raise ValueError(f"{name} = {factor:g}: a factor on the flux must not be negative")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.card is None) == (self.file is None):
            raise ValueError(f"exactly one of card and file is needed, found {'none' if self.card is None else 'both'}")
        given = [key for key in _OF_FILES if key in self.model_fields_set and self.file is None]
        if given:
            raise ValueError(f"{given[0]} belongs to file, not to card")
        return self


class DetectorTable(StrictModel):
    """[[detector]]: one convex volume."""

    shape: Literal["box", "ellipse", "frustum", "cylinder"]
    size: Annotated[tuple[Number, ...], Field(min_length=3, max_length=5)] | None = None
    radius: Number | None = None
    length: Number | None = None
    axis: Literal["x", "y", "z"] | None = None
    front: Triple
    rotation: tuple[Triple, Triple, Triple] | None = None
    local_origin: Triple | None = None

    @model_validator(mode="after")
    def _keys_of_the_shape(self) -> Self:
        keys = _SHAPE_KEYS[self.shape]
        for key in ("size", "radius", "length", "axis"):
            given = getattr(self, key) is not None
            if given and key not in keys:
                raise ValueError(f"{key} does not belong to a {self.shape}, which has {', '.join(keys)}")
            if not given and key in keys and key != "axis":
                raise ValueError(f"a {self.shape} needs {key}" + (f" = {_SIZES[self.shape]}" if key == "size" else ""))
        if self.size is not None and len(self.size) != (5 if self.shape == "frustum" else 3):
            raise ValueError(f"size = {list(self.size)}: a {self.shape} needs {_SIZES[self.shape]}")
        return self

    def volume(self) -> Volume:
        """The volume; raises ParameterError for impossible dimensions."""
        rotation: Matrix = IDENTITY if self.rotation is None else self.rotation
        if self.shape == "cylinder":
            assert self.radius is not None, "checked at the door"
            assert self.length is not None, "checked at the door"
            return Cylinder(self.front, rotation=rotation, radius=self.radius, length=self.length, axis=self.axis or "z")
        assert self.size is not None, "checked at the door"
        if self.shape == "frustum":
            w0, h0, w1, h1, depth = self.size
            return Frustum(self.front, rotation=rotation, size=(w0, h0, w1, h1, depth))
        width, height, depth = self.size
        solid = Box if self.shape == "box" else Ellipse
        return solid(self.front, rotation=rotation, size=(width, height, depth))


class PlaneTable(StrictModel):
    """[[selection.plane]]: an aperture charged daughters must cross."""

    z: Number
    shape: Literal["box", "ellipse"]
    size: tuple[Number, Number]
    inner_radius: Number = 0.0


class ThresholdTable(StrictModel):
    """thresholds: smallest kinetic energy that is seen, GeV."""

    e: Number | None = None
    mu: Number | None = None
    pi: Number | None = None
    gamma: Number | None = None
    K: Number | None = None


class SelectionTable(StrictModel):
    """[selection]: what the detector sees."""

    visible: tuple[Kind, ...] = get_args(Kind)
    thresholds: ThresholdTable = ThresholdTable()
    min_visible: Annotated[Integer, Field(ge=0)] = 2
    efficiency: Fraction | dict[str, Fraction] = 1.0
    plane: tuple[PlaneTable, ...] = ()
    min_opening_angle: Angle | dict[str, Angle] = 0.0
    min_vertex_radius: Distance = 0.0
    min_track_radius: Distance = 0.0

    @field_validator("min_opening_angle")
    @classmethod
    def _two_kinds(cls, value: float | dict[str, float]) -> float | dict[str, float]:
        kinds = get_args(Kind)
        pairs = [tuple(sorted(key.split())) for key in value] if isinstance(value, dict) else []
        for pair in pairs:
            if len(pair) != 2 or not set(pair) <= set(kinds):
                raise ValueError(f"'{' '.join(pair)}': angles are given by two kinds, as in 'e e'; kinds are {', '.join(kinds)}")
            if pairs.count(pair) > 1:
                raise ValueError(f"'{' '.join(pair)}': one pair of kinds is given twice")
        return value

    @field_validator("efficiency")
    @classmethod
    def _canonical(cls, value: float | dict[str, float]) -> float | dict[str, float]:
        if not isinstance(value, dict):
            return value
        try:
            return {pdg.canonical_products(products): number for products, number in value.items()}
        except ParameterError as error:
            raise ValueError(str(error)) from None

    def selection(self) -> Selection:
        planes = tuple(Plane(plane.z, plane.shape, plane.size, plane.inner_radius) for plane in self.plane)
        angle: float | dict[tuple[str, str], float]
        if isinstance(self.min_opening_angle, dict):
            angle = {(pair[0], pair[1]): value for pair, value in ((key.split(), value) for key, value in self.min_opening_angle.items())}
        else:
            angle = self.min_opening_angle
        thresholds = self.thresholds.model_dump(exclude_none=True)
        return Selection(
            self.visible, thresholds, self.min_visible, self.efficiency, planes, angle, self.min_vertex_radius, self.min_track_radius
        )


class ResolutionTable(StrictModel):
    """[smearing.KIND]: of one kind of particle."""

    energy: tuple[Distance, Distance, Distance] = (0.0, 0.0, 0.0)
    angle: Angle = 0.0


class SmearingTable(StrictModel):
    """[smearing]: resolutions, and where they are from."""

    source: Text
    e: ResolutionTable | None = None
    mu: ResolutionTable | None = None
    pi: ResolutionTable | None = None
    gamma: ResolutionTable | None = None
    K: ResolutionTable | None = None

    def smearing(self) -> Smearing:
        """The resolutions of the kinds that are there."""
        tables = {kind: getattr(self, kind) for kind in get_args(Kind)}
        return Smearing(self.source, {kind: Resolution(one.energy, one.angle) for kind, one in tables.items() if one is not None})


class LimitTable(StrictModel):
    """[[recast.limit]]: a published limit on the mixing with one flavour."""

    flavour: Literal["e", "mu", "tau"]
    visible: Annotated[tuple[Text, ...], Field(min_length=1)]
    majorana: bool
    masses: tuple[Number, ...]
    mixing2: tuple[Number, ...]
    source: Text

    @field_validator("visible")
    @classmethod
    def _canonical(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(pdg.canonical_products(products) for products in value)
        except ParameterError as error:
            raise ValueError(str(error)) from None


class RecastTable(StrictModel):
    """[recast]: events are scaled from published limits."""

    distance: Number
    momentum: Number
    uncertainty: Number
    limit: Annotated[tuple[LimitTable, ...], Field(min_length=1)]

    def recast(self) -> Recast:
        return Recast(tuple(PublishedLimit(**one.model_dump()) for one in self.limit), self.distance, self.momentum, self.uncertainty)


class ExperimentCard(StrictModel):
    """One detector in one beam, or several experiments together."""

    name: Text
    source: Text
    protons: Annotated[float, Field(strict=True, gt=0.0)] | None = None
    background: Annotated[float, Field(strict=True, ge=0.0)] = 0.0
    criterion: CriterionTable = CriterionTable(kind="feldman-cousins", confidence=0.90)
    beam: BeamTable | None = None
    detector: tuple[DetectorTable, ...] = ()
    selection: SelectionTable = SelectionTable()
    members: tuple[Text, ...] = ()
    recast: RecastTable | None = None
    smearing: SmearingTable | None = None

    @model_validator(mode="after")
    def _alone_or_together(self) -> Self:
        own = {"protons": self.protons, "[beam]": self.beam, "[[detector]]": self.detector}
        if self.recast:
            given = sorted({"beam", "detector", "members", "selection"} & self.model_fields_set)
            if given or self.protons is None:
                raise ValueError(
                    f"an experiment with [recast] needs protons and has no {', '.join(given) or 'beam'}: its limits hold all that"
                )
        elif self.members:
            given = [key for key, value in own.items() if value] + ["[selection]"] * ("selection" in self.model_fields_set)
            if given:
                raise ValueError(f"an experiment with members has no {' or '.join(given)} of its own: each member brings its own")
        else:
            missing = [key for key, value in own.items() if not value]
            if missing:
                raise ValueError(f"missing {' and '.join(missing)}; an experiment needs protons, [beam] and [[detector]], or members")
        if any(table.local_origin is not None for table in self.detector[1:]):
            raise ValueError("detector: local_origin is that of the whole detector: give it on the first volume only")
        return self

    def experiment(
        self, read_beam: Callable[[str], Beam], read_member: Callable[[str], Experiment], read_files: Callable[[BeamTable], Beam]
    ) -> Experiment:
        """The experiment; beams, members and beams of flux files are read by the functions given."""
        criterion = Criterion(self.criterion.kind, self.criterion.confidence, self.criterion.events)
        if self.members:
            return Experiment(
                self.name, self.source, 0.0, None, "fhc", (), self.selection.selection(), criterion, self.background,
                members=tuple(read_member(member) for member in self.members),
            )  # fmt: skip
        assert self.protons is not None, "checked at the door"
        if self.recast:
            return Experiment(
                self.name, self.source, self.protons, None, "fhc", (), self.selection.selection(), criterion, self.background,
                recast=self.recast.recast(),
            )  # fmt: skip
        assert self.beam is not None, "checked at the door"
        beam = read_files(self.beam) if self.beam.card is None else read_beam(self.beam.card)
        if beam.files is None and self.beam.polarity not in beam.tables:
            raise CardError(f"beam.polarity = '{self.beam.polarity}': beam {beam.name} has {' and '.join(sorted(beam.tables))}")
        first = self.detector[0]
        return Experiment(
            self.name,
            self.source,
            self.protons,
            beam,
            self.beam.polarity,
            tuple(table.volume() for table in self.detector),
            self.selection.selection(),
            criterion,
            self.background,
            dict(self.beam.normalisation),
            first.local_origin,
            IDENTITY if first.rotation is None else first.rotation,
            smearing=self.smearing.smearing() if self.smearing else None,
        )


GROUPS = (Group(("beam",), (("card",), ("file", *_OF_FILES))), Group(("criterion",), (("confidence",), ("events",))))
"""Keys of which a card gives one, so that an override of one removes the other."""


def experiment_dict(experiment: Experiment) -> Table:
    """An experiment as the content of its card; members in full."""
    criterion = {"kind": experiment.criterion.kind, "confidence": experiment.criterion.confidence, "events": experiment.criterion.events}
    result: Table = {"name": experiment.name, "source": experiment.source}
    selection = _selection_dict(experiment.selection)
    common = {
        "background": experiment.background,
        "criterion": {key: value for key, value in criterion.items() if value is not None},
    }
    if experiment.members:
        return {**result, **common, "selection": selection, "members": [experiment_dict(member) for member in experiment.members]}
    if experiment.recast is not None:
        limits = [{name: _plain(getattr(one, name)) for name in PublishedLimit.__slots__} for one in experiment.recast.limits]
        numbers = {name: getattr(experiment.recast, name) for name in ("distance", "momentum", "uncertainty")}
        return {**result, "protons": experiment.protons, **common, "recast": {**numbers, "limit": limits}}
    assert experiment.beam is not None, "an experiment without members has a beam"
    return {
        **result,
        "protons": experiment.protons,
        **common,
        "beam": {**_beam_dict(experiment.beam), "polarity": experiment.polarity, "normalisation": dict(experiment.normalisation)},
        "detector": [_detector_dict(volume, experiment.local_origin) for volume in experiment.detectors],
        "selection": selection,
        **({} if experiment.smearing is None else {"smearing": _smearing_dict(experiment.smearing)}),
    }


def _smearing_dict(smearing: Smearing) -> Table:
    tables = {kind: {"energy": list(one.energy), "angle": one.angle} for kind, one in smearing.resolutions.items()}
    return {"source": smearing.source, **tables}


def _beam_dict(beam: Beam) -> Table:
    files = beam.files
    if files is None:
        return {"card": beam.name}
    told = {"protons_in_file": files.protons, "momentum": files.momentum}
    return {
        "file": [path.name for path in files.paths],
        "format": files.format,
        **{key: value for key, value in told.items() if value is not None},
        "origin": _plain(files.origin),
        "rotation": _plain(files.rotation),
        "axisymmetric": files.axisymmetric,
    }


def _detector_dict(volume: Volume, local_origin: Vector | None) -> Table:
    shape = type(volume).__name__.lower()
    dimensions: Table = {key: getattr(volume, key) for key in _SHAPE_KEYS[shape]}
    result = {"shape": shape, **dimensions, "front": volume.front, "rotation": volume.rotation}
    if local_origin is not None:
        result["local_origin"] = local_origin
    return {key: _plain(value) for key, value in result.items()}


def _selection_dict(selection: Selection) -> Table:
    efficiency = dict(selection.efficiency) if isinstance(selection.efficiency, Mapping) else selection.efficiency
    result: Table = {
        "visible": list(selection.visible),
        "thresholds": dict(selection.thresholds),
        "min_visible": selection.min_visible,
        "efficiency": efficiency,
    }
    angle = selection.min_opening_angle
    asked = {
        "min_opening_angle": {" ".join(pair): value for pair, value in angle.items()} if isinstance(angle, Mapping) else angle,
        "min_vertex_radius": selection.min_vertex_radius,
        "min_track_radius": selection.min_track_radius,
    }
    result.update({key: value for key, value in asked.items() if value})
    if selection.planes:
        result["plane"] = [
            {"z": plane.z, "shape": plane.shape, "size": list(plane.size), "inner_radius": plane.inner_radius} for plane in selection.planes
        ]
    return result


def _plain(value: object) -> object:
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value
