"""An experiment: protons on a target, a detector behind it, and what counts as a signal there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..beams.beam import Beam
from ..beams.nuisances import Nuisance
from ..errors import ParameterError
from ..kernels.arrays import Array
from .recast import Recast
from .smearing import Smearing
from .volumes import IDENTITY, Matrix, Vector, Volume


@dataclass(frozen=True, slots=True)
class Criterion:
    """How a sensitivity is counted: so many events, or a confidence level by a named construction."""

    kind: Literal["count", "classical", "cls", "feldman-cousins"]
    confidence: float | None = None
    events: float | None = None


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane across the detector's z that charged daughters must cross: a spectrometer's aperture."""

    z: float
    """Metres, beam frame."""
    shape: Literal["box", "ellipse"]
    size: tuple[float, float]
    """Full width and height, metres."""
    inner_radius: float = 0.0

    def __post_init__(self) -> None:
        if min(self.size) <= 0 or not 0 <= self.inner_radius < max(self.size) / 2:
            raise ParameterError(f"selection.plane: size = {list(self.size)}, inner_radius = {self.inner_radius}: no room for tracks")


@dataclass(frozen=True, slots=True)
class Selection:
    """What the detector sees of a decay, and how much of it it must see."""

    visible: tuple[str, ...] = ("e", "mu", "pi", "gamma", "K")
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Kinetic energies in GeV by kind of particle."""
    min_visible: int = 2
    efficiency: float | Mapping[str, float] = 1.0
    """One number, or a number by final state (the others are not selected)."""
    planes: tuple[Plane, ...] = ()
    min_opening_angle: float | Mapping[tuple[str, str], float] = 0.0
    """Radians below which two visible objects are one: of any two, or by their kinds in either order (other pairs are told apart)."""
    min_vertex_radius: float = 0.0
    """Metres between the decay and the beam axis."""
    min_track_radius: float = 0.0
    """Metres to which a charged daughter's line, drawn out both ways, may come near the beam axis."""

    def efficiency_of(self, products: str) -> float:
        """Efficiency for a final state in nusim's naming."""
        if isinstance(self.efficiency, Mapping):
            return float(self.efficiency.get(products, 0.0))
        return float(self.efficiency)

    def opening_angle_of(self, one: str, other: str) -> float:
        """Radians that two objects of these kinds must be apart."""
        if isinstance(self.min_opening_angle, Mapping):
            return float(self.min_opening_angle.get((one, other), self.min_opening_angle.get((other, one), 0.0)))
        return float(self.min_opening_angle)


@dataclass(frozen=True, slots=True)
class Experiment:
    """One detector in one beam, or several such experiments together (`members`)."""

    name: str
    source: str
    protons: float
    beam: Beam | None
    polarity: Literal["fhc", "rhc"]
    detectors: tuple[Volume, ...]
    selection: Selection
    criterion: Criterion
    background: float = 0.0
    normalisation: Mapping[str, float] = field(default_factory=dict)
    """Nuisance factors by parent name."""
    local_origin: Vector | None = None
    """Beam-frame position of the detector frame's origin; None: the centre of the first volume."""
    rotation: Matrix = IDENTITY
    """Rows: the detector frame's axes in the beam frame."""
    members: tuple["Experiment", ...] = ()
    recast: Recast | None = None
    """Of an experiment known by its published limits: it has neither beam nor detectors, and its events are scaled."""
    smearing: Smearing | None = None
    """Resolutions, where the card gives them; used only where it is asked for."""

    def __post_init__(self) -> None:
        if not self.members and not self.detectors and self.recast is None:
            raise ParameterError(f"{self.name}: an experiment needs at least one [[detector]], or members, or [recast]")
        if not 0 < self.protons < 1e40 and not self.members:
            raise ParameterError(f"{self.name}: protons = {self.protons}: protons on target must be positive and below 1e40")
        for volume in self.detectors:
            if volume.centre[2] <= 0:
                raise ParameterError(f"{self.name}: detector: front = {list(volume.front)}: the volume must lie ahead of the beam's zero")

    def __str__(self) -> str:
        if self.members:
            return f"Experiment {self.name}: {', '.join(member.name for member in self.members)}"
        beam = f"beam {self.beam.name}" if self.beam else "no beam"
        volumes = " and ".join(
            f"{type(one).__name__.lower()} of {one.volume:.4g} m^3 at z = {one.centre[2]:.5g} m" for one in self.detectors
        )
        return f"Experiment {self.name}: {beam} ({self.polarity}), {self.protons:.4g} protons on target; {volumes}"

    @property
    def nuisances(self) -> tuple[Nuisance, ...]:
        """Uncertainties of its beam's normalisation; none for a composite experiment, whose members have their own."""
        return () if self.beam is None else self.beam.nuisances

    @property
    def detector_origin(self) -> Array:
        """Beam-frame position of the detector frame's origin, metres, shape (3,)."""
        return self.detectors[0].centre if self.local_origin is None else np.array(self.local_origin)

    def to_detector(self, points: Array) -> Array:
        """Beam-frame points (n, 3) in the detector frame."""
        result: Array = (points - self.detector_origin) @ np.array(self.rotation).T
        return result
