"""Is an event consistent in its written digits? Mass shells, mothers, four-momenta at vertices, flights, detector."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..kernels.arrays import Array, BoolArray, IntArray
from .reading import Problems
from .record import DetectorFrame

SHELL_TOLERANCE = 1e-12
"""Of E^2 - p^2 - m^2, relative to the particle's energy times the largest energy in its event: what 15 digits and a few
boosts leave."""
MOMENTUM_TOLERANCE = 1e-11
"""Of the sum at a vertex, relative to the mother's energy."""
FLIGHT_TOLERANCE = 1e-7
"""Of positions and times, relative to the path, and in metres."""
CLOCK_TOLERANCE = 6e-15
"""Of times, relative to the time since the spill began: what 15 digits leave of a slow extraction's second."""
FOREIGN_TOLERANCE = 1e-5
"""Of mass shells and momenta in files of other programs, which write fewer digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """A block of events as read: columns over all particles, events one after the other."""

    name: Callable[[int], str]
    """How a message calls an event of the block: 'event 17', counted in the file from 0."""
    offsets: IntArray
    """Shape (n + 1,)."""
    incoming: BoolArray
    """Which particles stand before any decay in the event."""
    decayed: BoolArray
    """Which particles have daughters by their status."""
    mother: IntArray
    """Shape (N, 2): lines of the mothers counted from 1 within the event; 0 for none."""
    momentum: Array
    """Shape (N, 4), GeV."""
    mass: Array

    @property
    def event(self) -> IntArray:
        """Event of each particle, shape (N,), counted from 0 within the block."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def check_kinematics(events: Events, problems: Problems, own: bool) -> None:
    """Mothers, mass shells and four-momenta; `own`: a file of nusim's, held to its digits."""
    event = events.event
    start = events.offsets[event]
    line = np.arange(len(event)) - start + 1
    p, mass = events.momentum, events.mass

    def report(which: BoolArray, text: str) -> None:
        problems.add_each(np.flatnonzero(which), lambda i: f"{events.name(event[i])}: line {line[i]}: {text}")

    m1, m2 = events.mother.T
    wrong = (
        (m1 < 0)
        | (m2 < 0)
        | ((m1 >= line) & (m1 > 0) & own)
        | (m1 > np.diff(events.offsets)[event])
        | (m2 > np.diff(events.offsets)[event])
    )
    wrong |= (m1 == 0) != events.incoming
    report(wrong, "its mothers are not in order")
    largest = np.maximum.reduceat(p[:, 0], events.offsets[:-1]) if len(event) else np.empty(0)
    shell = np.abs(p[:, 0] ** 2 - p[:, 1] ** 2 - p[:, 2] ** 2 - p[:, 3] ** 2 - mass**2)
    allowed = (SHELL_TOLERANCE if own else FOREIGN_TOLERANCE) * np.abs(p[:, 0]) * largest[event] if len(event) else shell
    report(shell > allowed, "it is not on its mass shell in the written digits")
    if not own:
        sign = np.where(events.incoming, 1.0, np.where(events.decayed, 0.0, -1.0))
        total = np.array([np.bincount(event, sign * p[:, k], len(events.offsets) - 1) for k in range(4)])
        off = np.abs(total).max(axis=0) > FOREIGN_TOLERANCE * largest
        problems.add_each(np.flatnonzero(off), lambda i: f"{events.name(i)}: four-momentum is not conserved")
        return
    has_mother = (m1 > 0) & ~wrong
    mother = (start + m1 - 1)[has_mother]
    sums = np.array([np.bincount(mother, p[has_mother, k], len(event)) for k in range(4)]).T
    mothers = np.bincount(mother, minlength=len(event)) > 0
    off = np.abs(sums - p).max(axis=1) > MOMENTUM_TOLERANCE * np.maximum(np.abs(p[:, 0]), 1e-30)
    report(mothers & off, "four-momentum is not conserved in its decay")
    idle = (p == 0).all(axis=1)
    report(events.decayed & ~mothers & ~idle, "it decays, but has no daughters")
    report(~events.decayed & mothers, "it has daughters, but does not decay")


@dataclass(frozen=True, slots=True, eq=False)
class Flights:
    """Where the particles of a block start and end, in metres and c t, beam frame; None of it for a particle not in `known`."""

    known: IntArray
    """Particles with both ends."""
    start: Array
    """Shape (len(known), 4)."""
    end: Array
    ctau: Array
    """Proper time from start to end, metres."""


def check_flights(events: Events, flights: Flights, problems: Problems) -> None:
    """Displacement and time of flight against momentum, mass and proper time."""
    rows = flights.known
    p, mass = events.momentum[rows], events.mass[rows]
    massive = mass > 0
    gamma = np.where(massive, flights.ctau / np.where(massive, mass, 1.0), 0.0)
    flown = flights.end - flights.start
    path = np.linalg.norm(flown[:, 1:], axis=1)
    allowed = FLIGHT_TOLERANCE * (1.0 + path) + CLOCK_TOLERANCE * np.abs(flights.end[:, 0])
    off = np.abs(flown - gamma[:, None] * p).max(axis=1) > allowed
    event = events.event[rows]
    line = rows - events.offsets[event] + 1
    text = "its path and time of flight do not fit its lifetime and speed"
    problems.add_each(np.flatnonzero(off), lambda i: f"{events.name(event[i])}: line {line[i]}: {text}")


def check_frames(events: Events, event: IntArray, beam: Array, detector: Array, frame: DetectorFrame, problems: Problems) -> None:
    """Points (k, 3) of the given events (k,) in both frames."""
    expected = np.column_stack(frame.points(beam[:, 0], beam[:, 1], beam[:, 2]))
    off = np.abs(expected - detector).max(axis=1) > 1e-9 * (1.0 + np.abs(beam).max(axis=1))
    text = "a vertex in the detector frame is not where the beam frame has it"
    problems.add_each(np.flatnonzero(off), lambda i: f"{events.name(event[i])}: {text}")


def detector_volumes(experiment: Any) -> list[Any]:
    """The detector's volumes from an experiment's card as files hold it; none where it does not give them."""
    from ..cards.experiment import DetectorTable
    from ..errors import NusimError

    try:
        return [DetectorTable(**table).volume() for table in experiment.get("detector", ())]
    except (AttributeError, TypeError, ValueError, NusimError):
        return []


def check_inside(events: Events, event: IntArray, points: Array, volumes: list[Any], problems: Problems) -> None:
    """Decay vertices (k, 3), beam frame, inside one of the volumes."""
    if not volumes:
        return
    inside = np.any([volume.contains(points) for volume in volumes], axis=0)
    problems.add_each(np.flatnonzero(~inside), lambda i: f"{events.name(event[i])}: the decay vertex lies outside the detector")
