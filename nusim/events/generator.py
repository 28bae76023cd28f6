"""A prepared run: candidates from the proposal, acceptance, and events put together, any range in any order."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import pdg
from ..cards.read import resolved
from ..decays.draw import choose, draw_products
from ..decays.table import decay_table
from ..experiment.experiment import Experiment
from ..experiment.flight import DRAWS, HeavyFlux, HeavySource
from ..experiment.source import FinalState
from ..kernels.arrays import Array, BoolArray, IntArray, four_vectors
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from .sample import FINAL, INCOMING, INTERMEDIATE, EventSample

_CANDIDATE, _CHANNEL, _PRODUCTS = 3, 4, 1000
"""Places of each use of random numbers in a seed's streams; products of final state k use _PRODUCTS + k."""


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """A prepared run: any range of its events can be made, in any order, always the same."""

    spectrum: Spectrum
    experiment: Experiment
    source: HeavySource
    finals: tuple[FinalState, ...]
    """Every final state that is generated."""
    seed: int
    n: int
    weighted: bool
    expected_events: float
    stat_error: float
    effective_parents: float
    proposal: Array
    """Cumulative proposal weight of the source's rows."""
    visible: Array
    """Fraction of each mode's heavy states that decay into the generated channels, shape (modes,)."""
    bound: float
    """Largest candidate weight, relative to the proposal, that keeps unit weight."""
    mean: float
    """Mean relative weight of the candidates with non-zero weight."""
    warnings: tuple[str, ...]
    efficiency: float
    """Fraction of candidates that become unweighted events."""
    rates_by_channel: Mapping[str, float]
    """Expected events of each generated final state."""

    def events(self, first: int, last: int) -> EventSample:
        """Events number first <= i < last of the run."""
        index = np.arange(first, last)
        flux, ratio, u_decay = self._accepted(index)
        weight = np.full(len(index), self.expected_events / max(self.n, 1))
        weight *= ratio / self.mean if self.weighted else np.maximum(ratio / self.bound, 1.0)
        return self._assemble(index, flux, weight, u_decay)

    def candidates(self, stage: int, index: IntArray, attempt: int) -> tuple[HeavyFlux, Array, Array]:
        """Heavy states drawn from the proposal, their weight relative to it, and the numbers not yet used (n, 2)."""
        u = uniforms(self.seed, stage, index, DRAWS + 3, attempt)
        rows: IntArray = np.searchsorted(self.proposal, u[:, DRAWS] * self.proposal[-1], side="right")
        rows = np.minimum(rows, len(self.proposal) - 1)
        flux = self.source.draw(rows, u[:, :DRAWS])
        density = (self.proposal[rows] - np.where(rows > 0, self.proposal[rows - 1], 0.0)) / self.proposal[-1]
        return flux, flux.weight * self.visible[flux.mode] / density, u[:, DRAWS + 1 :]

    def _accepted(self, index: IntArray) -> tuple[HeavyFlux, Array, Array]:
        """The first accepted candidate of each event: by its weight if unweighted, with any weight if weighted."""
        parts: list[tuple[IntArray, HeavyFlux, Array, Array]] = []
        pending = np.arange(len(index))
        attempt = 0
        while len(pending):
            flux, ratio, spare = self.candidates(_CANDIDATE, index[pending], attempt)
            kept = ratio > 0 if self.weighted else spare[:, 0] * self.bound < ratio
            parts.append((pending[kept], _take(flux, kept), ratio[kept], spare[kept, 1]))
            pending = pending[~kept]
            attempt += 1
        place = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int64)
        order = np.argsort(place)
        flux = (
            _join([part[1] for part in parts], order)
            if parts
            else _take(self.source.draw(np.zeros(0, np.int64), np.empty((0, DRAWS))), slice(0))
        )
        ratio = np.concatenate([part[2] for part in parts])[order] if parts else np.zeros(0)
        u_decay = np.concatenate([part[3] for part in parts])[order] if parts else np.zeros(0)
        return flux, ratio, u_decay

    def _assemble(self, index: IntArray, flux: HeavyFlux, weight: Array, u_decay: Array) -> EventSample:
        """Parent, charged lepton, heavy state and its products of every event, in one flat record."""
        modes = self.source.modes
        of_mode = {
            name: np.array([getattr(mode, name) for mode in modes])[flux.mode]
            for name in ("m_parent", "m_lepton", "m_heavy", "parent", "lepton", "polarisation", "antiparticle")
        }
        states = tuple(dict.fromkeys(final.state for final in self.finals))
        state_of_mode = np.array([states.index(mode.state) for mode in modes], np.int16)
        state = state_of_mode[flux.mode]
        antiparticle = of_mode["antiparticle"].astype(bool) & (not self.spectrum.majorana)
        codes = np.array([pdg.HEAVY_STATE_CODES[name] for name in states], np.int64)[state] * np.where(antiparticle, -1, 1)
        spin = self.source.spin(flux)
        channel = self._choose_channels(states, state, antiparticle, uniforms(self.seed, _CHANNEL, index, 1)[:, 0])

        distance = flux.decay_distance(u_decay)
        p = np.sqrt(np.sum(flux.momentum[:, 1:] ** 2, axis=1))
        decay_vertex = np.empty((4, len(index))).T
        decay_vertex[:, 0] = flux.origin[:, 0] + distance * flux.momentum[:, 0] / p
        decay_vertex[:, 1:] = flux.origin[:, 1:] + distance[:, None] * flux.direction
        lepton = flux.parent_momentum - flux.momentum
        lepton[:, 0] = np.sqrt(np.sum(lepton[:, 1:] ** 2, axis=1) + of_mode["m_lepton"] ** 2)

        names = tuple(dict.fromkeys(final.products for final in self.finals))
        size = np.array([3 + len(final.products.split()) for final in self.finals], np.int64)[channel]
        offsets = np.concatenate([[0], np.cumsum(size)])
        total = int(offsets[-1])
        out_pdg, status, mother = np.empty(total, np.int64), np.empty(total, np.int8), np.empty(total, np.int64)
        momentum, vertex = four_vectors(total), four_vectors(total)
        mass, proper, helicity = np.empty(total), np.zeros(total), np.full(total, 9.0)

        def put(place: IntArray, code: Any, kind: int, parent: int, four: Array, m: Any, point: Array) -> None:
            out_pdg[place], status[place], mother[place], mass[place] = code, kind, parent, m
            momentum[place], vertex[place] = four, point

        head = offsets[:-1]
        put(head, of_mode["parent"], INCOMING, -1, flux.parent_momentum, of_mode["m_parent"], flux.parent_start)
        proper[head] = (flux.origin[:, 0] - flux.parent_start[:, 0]) * of_mode["m_parent"] / flux.parent_momentum[:, 0]
        put(head + 1, of_mode["lepton"], FINAL, 0, lepton, of_mode["m_lepton"], flux.origin)
        put(head + 2, codes, INTERMEDIATE, 0, flux.momentum, of_mode["m_heavy"], flux.origin)
        proper[head + 2] = distance * of_mode["m_heavy"] / p
        helicity[head + 2] = np.sum(spin * flux.direction, axis=1)
        for number, final in enumerate(self.finals):
            mine = np.flatnonzero(channel == number)
            if not len(mine):
                continue
            terms = final.channel.terms
            product_codes, products = draw_products(terms, spin[mine], antiparticle[mine], self.seed, _PRODUCTS + number, index[mine])
            for k, product_mass in enumerate(terms[0].masses):
                four = boost(products[:, k], flux.momentum[mine], of_mode["m_heavy"][mine])
                put(head[mine] + 3 + k, product_codes[:, k], FINAL, 2, four, product_mass, decay_vertex[mine])
        return EventSample(
            offsets=offsets,
            pdg=out_pdg,
            status=status,
            mother=mother,
            momentum=momentum,
            mass=mass,
            vertex=vertex,
            proper_time=proper,
            spin=helicity,
            weight=weight,
            decay_vertex=decay_vertex,
            # dist (E/p - 1) without cancellation
            delay=distance * of_mode["m_heavy"] ** 2 / (p * (flux.momentum[:, 0] + p)),
            polarisation=of_mode["polarisation"].astype(float),
            state=state,
            channel=np.array([names.index(final.products) for final in self.finals], np.int16)[channel],
            states=states,
            channels=names,
            weighted=self.weighted,
            metadata=self.metadata(int(index[0]) if len(index) else 0),
        )

    def _choose_channels(self, states: tuple[str, ...], state: NDArray[np.int16], antiparticle: BoolArray, u: Array) -> IntArray:
        """Final state of each event in proportion to its width, among those its heavy state has."""
        channel = np.empty(len(u), np.int64)
        for number, name in enumerate(states):
            for conjugate in (False, True):
                mine = (state == number) & (antiparticle == conjugate)
                own = [k for k, final in enumerate(self.finals) if final.state == name and final.antiparticle == conjugate]
                if mine.any():
                    channel[mine] = np.array(own)[choose(np.array([self.finals[k].channel.width for k in own]), u[mine])]
        return channel

    def metadata(self, first: int = 0) -> dict[str, Any]:
        """What every file of this run says about it."""
        tables = {state: decay_table(self.spectrum, state) for state in dict.fromkeys(final.state for final in self.finals)}
        origin = self.experiment.detector_origin
        return {
            "version": version("nusim"),
            "kernel": "numpy",
            "seed": self.seed,
            "n": self.n,
            "first_event": first,
            "weighted": self.weighted,
            "protons": self.experiment.protons,
            "expected_events": self.expected_events,
            "stat_error": self.stat_error,
            "effective_parents": self.effective_parents,
            "efficiency": self.efficiency,
            "model": resolved(self.spectrum.model),
            "experiment": resolved(self.experiment),
            "states": {
                state: {"pdg": pdg.HEAVY_STATE_CODES[state], "mass": table.mass, "ctau": table.ctau, "width": table.total_width}
                for state, table in tables.items()
            },
            "rates_by_channel": dict(self.rates_by_channel),
            "frames": {
                "beam": "origin and axes of the beam card, z along the proton beam; time zero when the proton passes the origin",
                "detector": {"local_origin": [float(x) for x in origin], "rotation": [list(row) for row in self.experiment.rotation]},
            },
            "warnings": list(self.warnings),
        }


def _take(flux: HeavyFlux, rows: Any) -> HeavyFlux:
    return HeavyFlux(*(getattr(flux, name)[rows] for name in HeavyFlux.__slots__))


def _join(parts: list[HeavyFlux], order: IntArray) -> HeavyFlux:
    return HeavyFlux(*(np.concatenate([getattr(part, name) for part in parts])[order] for name in HeavyFlux.__slots__))
