"""Events drawn from the weights that make the rate, each from its own stream of random numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import pdg
from ..cards.read import resolved
from ..decays.draw import choose, draw_products
from ..decays.table import decay_table
from ..errors import ParameterError
from ..experiment.experiment import Experiment
from ..experiment.flight import DRAWS, HeavyFlux, HeavySource
from ..experiment.source import (
    FinalState,
    decays_into,
    heavy_source,
    parents_of,
    states_with_known_decays,
    visible_final_states,
    why_nothing,
)
from ..experiment.survey import expected_weights, survey
from ..kernels.arrays import Array, BoolArray, IntArray, four_vectors
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from ..production.table import MISSING_MODES
from .sample import FINAL, INCOMING, INTERMEDIATE, EventSample

_PILOT, _CANDIDATE, _CHANNEL, _PRODUCTS = 2, 3, 4, 1000
"""Places of each use of random numbers in a seed's streams; products of channel k use _PRODUCTS + k."""

_PILOT_SIZE = 1 << 17

_MARGIN = 1.1
"""Room above the largest weight of the pilot: few later candidates exceed it, and those keep their larger weight."""
CHUNK = 1 << 16
"""Events made at a time; the result does not depend on it."""


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

    def _candidates(self, stage: int, index: IntArray, attempt: int) -> tuple[HeavyFlux, Array, Array]:
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
            flux, ratio, spare = self._candidates(_CANDIDATE, index[pending], attempt)
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


def prepare(
    spectrum: Spectrum,
    experiment: Experiment,
    n: int,
    seed: int = 1,
    *,
    state: str | None = None,
    final: str | None = None,
    weighted: bool = False,
) -> Generator:
    """Set up a run of `n` events: survey the beam, choose the proposal, find the largest weight.

    `state` and `final` restrict the heavy state and the final state. Raises ParameterError if nothing can be made
    (with the reason), for an unknown state or final state, and for a negative n.
    """
    if n < 0:
        raise ParameterError(f"n = {n}: the number of events must not be negative")
    if not 0 <= seed < 1 << 64:
        raise ParameterError(f"seed = {seed}: a seed is a whole number from 0 to 2^64 - 1")
    if experiment.members:
        names = ", ".join(member.name for member in experiment.members)
        raise ParameterError(f"{experiment.name}: events are made for one detector at a time; take one of its members: {names}")
    known, notes = states_with_known_decays(spectrum)
    if state is not None and state not in known:
        raise ParameterError(f"state {state!r}: events can be made for {', '.join(known)}" + "".join(f" ({note})" for note in notes))
    states = known if state is None else (state,)
    tables = [decay_table(spectrum, name) for name in states]
    finals = tuple(one for table in tables for one in visible_final_states(table, spectrum.majorana))
    if final is not None:
        wanted = pdg.canonical_products(final)
        if all(table.width(name) == 0 for table in tables for name in (wanted, pdg.conjugate_products(wanted))):
            raise ParameterError(f"final state {wanted!r}: closed for {', '.join(f'{t.parent} of {t.mass:.6g} GeV' for t in tables)}")
        finals = tuple(one for one in finals if one.products == wanted)
        if not finals:
            raise ParameterError(
                f"final state {wanted!r}: nothing in it can be seen; events hold decays with a charged particle, photon or meson"
            )
    parents = parents_of(experiment)
    source = heavy_source(spectrum, experiment, parents, tables, seed)
    if not source.modes:
        raise ParameterError(why_nothing(spectrum, experiment, parents, states))
    found = survey(source, seed)
    total = {table.parent: table.total_width for table in tables}
    share = [
        np.array([decays_into(mode, one, spectrum.majorana) for mode in source.modes]) * (one.channel.width / total[one.state])
        for one in finals
    ]
    visible = np.sum(share, axis=0)
    expected = experiment.protons * float(found.by_mode @ visible)
    if expected == 0:
        raise ParameterError(f"{experiment.name}: no heavy neutrino decays visibly inside the detector")
    proposal = expected_weights(source) * visible[source.mode]
    warnings = tuple(dict.fromkeys([*spectrum.warnings, *notes, MISSING_MODES, *(w for table in tables for w in table.warnings)]))
    rates: dict[str, float] = {}
    for one, part in zip(finals, share, strict=True):
        rates[one.products] = rates.get(one.products, 0.0) + experiment.protons * float(found.by_mode @ part)
    draft = Generator(
        spectrum=spectrum,
        experiment=experiment,
        source=source,
        finals=finals,
        seed=seed,
        n=n,
        weighted=weighted,
        expected_events=expected,
        stat_error=experiment.protons * found.error(visible),
        effective_parents=found.effective_parents,
        proposal=np.cumsum(proposal),
        visible=visible,
        bound=1.0,
        mean=1.0,
        warnings=warnings,
        efficiency=1.0,
        rates_by_channel=rates,
    )
    _, ratio, _ = draft._candidates(_PILOT, np.arange(_PILOT_SIZE), 0)
    bound = _MARGIN * float(ratio.max())
    return replace(draft, bound=bound, mean=float(ratio[ratio > 0].mean()), efficiency=float(ratio.mean()) / bound)


def generate(
    spectrum: Spectrum,
    experiment: Experiment,
    n: int,
    seed: int = 1,
    *,
    state: str | None = None,
    final: str | None = None,
    weighted: bool = False,
) -> EventSample:
    """`n` events of heavy states decaying visibly in the experiment's detector, as one EventSample.

    Unweighted by default: every event stands for the same number of expected events, save the few whose candidate weight
    exceeded the maximum found. The weights sum to the rate within its error. Memory grows with n: files are written in
    chunks by `nusim.io.write.write_events`.
    """
    return prepare(spectrum, experiment, n, seed, state=state, final=final, weighted=weighted).events(0, n)
