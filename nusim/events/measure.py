"""What a detector of given resolutions measures of the decays of a sample: a convenience for first looks, no simulation."""

from dataclasses import dataclass

import numpy as np

from ..experiment.experiment import Selection
from ..experiment.smearing import KINDS, Smearing
from ..kernels import streams
from ..kernels.arrays import Array, BoolArray
from ..kernels.random import uniforms
from .sample import EventSample


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Of all particles of a sample; only those `seen` mean something."""

    momentum: Array
    """Shape (N, 4), GeV, beam frame."""
    seen: BoolArray
    """Shape (N,): of a kind that is visible, and measured above its threshold."""


def measured(sample: EventSample, smearing: Smearing, selection: Selection, seed: int = 1) -> Measured:
    """Momenta with a detector's resolution, and which particles pass its thresholds; the same for any cut of the sample.

    Every charged lepton, charged pion and kaon and photon of the events, wherever it stands: who wants those of the decay seen takes them.
    A pi0 is not visible; let it decay (`EventOptions(decay=("pi0",))`).
    """
    first = int(sample.metadata.get("first_event", 0))
    count = np.diff(sample.offsets)
    normals = np.zeros((len(sample.pdg), 3))
    for place in range(int(count.max(initial=0))):
        events = np.flatnonzero(count > place)
        u = uniforms(seed, streams.SMEARING + place, first + events, 4)
        rows = sample.offsets[events] + place
        one, other = np.sqrt(-2 * np.log1p(-u[:, 0])), np.sqrt(-2 * np.log1p(-u[:, 2]))
        turn = 2 * np.pi * u[:, 1]
        normals[rows] = np.column_stack([one * np.cos(turn), one * np.sin(turn), other * np.cos(2 * np.pi * u[:, 3])])
    momentum = smearing.smeared(sample.pdg, sample.momentum, sample.mass, normals)
    seen = np.zeros(len(sample.pdg), bool)
    for code, kind in KINDS.items():
        if kind in selection.visible:
            kinetic = momentum[:, 0] - sample.mass
            seen |= (np.abs(sample.pdg) == code) & (kinetic >= selection.thresholds.get(kind, 0.0)) & (kinetic > 0)
    return Measured(momentum, seen)
