"""Events as flat arrays: what the generator makes and every writer reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from ..kernels.arrays import Array, IntArray
from .variations import varied

INCOMING, INTERMEDIATE, FINAL = -1, 2, 1
"""Status of a particle: the beam parent, one that decays in the event, one that leaves it."""


@dataclass(frozen=True, slots=True, eq=False)
class EventSample:
    """n events holding N particles; particles of event i are rows offsets[i]:offsets[i+1].

    Within an event a mother stands before its daughters. Momenta and vertices are in the beam frame.
    """

    offsets: IntArray
    """Shape (n + 1,), from 0 to N."""
    pdg: IntArray
    """Shape (N,); heavy states carry nusim's default codes (nusim.pdg.HEAVY_STATE_CODES)."""
    status: NDArray[np.int8]
    """Shape (N,): INCOMING, INTERMEDIATE or FINAL."""
    mother: IntArray
    """Shape (N,): place of the mother within its event, counted from 0; -1 for the incoming parent."""
    momentum: Array
    """Shape (N, 4): (E, px, py, pz), GeV."""
    mass: Array
    """Shape (N,), GeV."""
    vertex: Array
    """Shape (N, 4): production point (ct, x, y, z), metres, beam frame; for the incoming parent the place where
    its decay segment begins."""
    proper_time: Array
    """Shape (N,): c tau in metres from `vertex` to decay in the particle's rest frame; 0 for those that leave."""
    spin: Array
    """Shape (N,): cosine of the angle between spin and momentum in the beam frame; 9 if unknown or spinless."""
    weight: Array
    """Shape (n,): expected events this event stands for; they sum to the expected number of events."""
    decay_vertex: Array
    """Shape (n, 4): where the heavy state seen in the detector decays, (ct, x, y, z), metres, beam frame."""
    delay: Array
    """Shape (n,): c t in metres by which the heavy state is late at the decay vertex, against a massless particle from
    the same parent decay along the same path."""
    polarisation: Array
    """Shape (n,): longitudinal polarisation of the heavy state in its parent's rest frame."""
    state: NDArray[np.int16]
    """Shape (n,): index into `states` of the heavy state that decays in the detector."""
    route: NDArray[np.int16]
    """Shape (n,): index into `routes` of the way by which that state came: itself, or 'nu4 from nu5'."""
    seen: IntArray
    """Shape (n,): place within its event of that state."""
    channel: NDArray[np.int16]
    """Shape (n,): index into `channels` of its final state."""
    states: tuple[str, ...]
    routes: tuple[str, ...]
    channels: tuple[str, ...]
    weighted: bool
    metadata: Mapping[str, Any]
    """What a file must say of the run: see `nusim.events.generate`."""
    named_weights: Mapping[str, Array] = field(default_factory=dict)
    """Shape (n,) each: expected events this event stands for under a variation, by its name."""

    def __post_init__(self) -> None:
        if self.offsets[0] != 0 or np.any(np.diff(self.offsets) <= 0) or self.offsets[-1] != len(self.pdg):
            raise ParameterError("event sample: offsets must rise from 0 to the number of particles")

    def __len__(self) -> int:
        return len(self.weight)

    def __str__(self) -> str:
        kind = "weighted" if self.weighted else "unweighted"
        total = float(self.weight.sum()) or 1.0
        share = np.bincount(self.channel, self.weight, minlength=len(self.channels)) / total
        parts = [f"{name} {part:.1%}" for name, part in zip(self.channels, share.tolist(), strict=True) if part > 0]
        return f"EventSample: {len(self)} {kind} events of {', '.join(self.states)}, {self.weight.sum():.4g} expected; {', '.join(parts)}"

    @property
    def parents(self) -> IntArray:
        """Shape (n,): PDG codes of the beam parents."""
        return self.pdg[self.offsets[:-1]]

    @property
    def varied_weights(self) -> dict[str, Array]:
        """`weight` with each nuisance of the beam one standard deviation up and down, by name: 'K+_up', 'K+_down', ..."""
        return varied(self.metadata.get("nuisances", {}), self.parents, self.weight)


_OF_PARTICLES = ("pdg", "status", "mother", "momentum", "mass", "vertex", "proper_time", "spin")
_OF_EVENTS = ("weight", "decay_vertex", "delay", "polarisation", "state", "route", "seen", "channel")


def taken(sample: EventSample, first: int, last: int) -> EventSample:
    """Events first <= i < last of a sample."""
    begin, end = (int(sample.offsets[k]) for k in (first, last))
    columns: dict[str, Any] = {name: getattr(sample, name)[begin:end] for name in _OF_PARTICLES}
    columns |= {name: getattr(sample, name)[first:last] for name in _OF_EVENTS}
    weights = {name: weight[first:last] for name, weight in sample.named_weights.items()}
    return replace(sample, **columns, offsets=sample.offsets[first : last + 1] - begin, named_weights=weights)


def joined(samples: Sequence[EventSample]) -> EventSample:
    """Samples of one run, at least one, with the same named weights, as one."""
    if len(samples) == 1:
        return samples[0]
    columns: dict[str, Any] = {name: np.concatenate([getattr(one, name) for one in samples]) for name in (*_OF_PARTICLES, *_OF_EVENTS)}
    counts = np.concatenate([np.diff(one.offsets) for one in samples])
    weights = {name: np.concatenate([one.named_weights[name] for one in samples]) for name in samples[0].named_weights}
    return replace(samples[0], **columns, offsets=np.concatenate([[0], np.cumsum(counts)]), named_weights=weights)
