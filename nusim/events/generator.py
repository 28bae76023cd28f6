"""A prepared run: candidates from the proposal, acceptance, and events put together, any range in any order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import pdg
from ..beams.beam import Timing
from ..beams.nuisances import Nuisance
from ..cards.read import resolved
from ..decays.channel import DecayTable
from ..decays.draw import choose, spin_of
from ..experiment import aim
from ..experiment.aim import norm
from ..experiment.chain import moved
from ..experiment.experiment import Experiment
from ..experiment.flight import HeavyFlux, HeavySource
from ..experiment.routes import Route
from ..experiment.source import FinalState, decays_into, provenance_of
from ..kernels import streams
from ..kernels.arrays import Array, IntArray, four_vectors
from ..kernels.lorentz import boost
from ..kernels.random import uniforms
from ..model.spectrum import Spectrum
from ..units import ns, second
from .follow import Decaying, Followed, Waiting, add_products, decay, follow, shown_spin
from .hadrons import description
from .options import DEFAULTS, EventOptions
from .particles import Particles
from .products import decay_named, string_of
from .sample import INCOMING, EventSample
from .stretched import Stretched
from .variations import effects_on, varied_sums

_FEW, _SURE = 16_384, 3.0
"""Candidates that are worth a call, and the tries of an event in one, in units of those that an event takes on average."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Heavy states that may become events, arrays of n."""

    rows: IntArray
    """Rows of the source."""
    drawn: Array
    """Uniform numbers, shape (n, source.draws)."""
    numbers: Array
    """The same, moved to where the weight is: those that make the heavy states."""
    stretch: Array
    """What that makes of the weight."""
    accept: Array
    """Uniform numbers not yet used: to accept each,"""
    place: Array
    """to place its decay,"""
    thin: Array
    """and, of chains, to thin it out."""


@dataclass(frozen=True, eq=False)
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
    """Fraction of the heavy states at the end of each route that decay into the generated channels, shape (routes,)."""
    bound: float
    """Largest candidate weight, relative to the proposal, that keeps unit weight."""
    common: float
    """Unit weight over expected_events / n: 1 less the share of the sum of weights that is above it."""
    mean: float
    """Mean relative weight of the candidates with non-zero weight."""
    warnings: tuple[str, ...]
    efficiency: float
    """Fraction of candidates that become unweighted events."""
    rates_by_channel: Mapping[str, float]
    """Expected events of each generated final state."""
    rates_by_route: Mapping[str, float]
    """Expected events of each contribution: 'nu4', 'nu4 from nu5', ..."""
    rates_by_parent: Mapping[str, float]
    tables: Mapping[str, DecayTable]
    """Of every heavy state that events may hold."""
    nuisances: tuple[Nuisance, ...]
    """Of the beam, muons that its mesons leave included."""
    options: EventOptions = DEFAULTS
    stretched: Mapping[int, Stretched] = field(default_factory=dict)
    """Maps of the numbers of routes whose plain proposal is poor, by route."""

    @cached_property
    def world(self) -> float:
        """Radius in metres of the sphere about the beam's origin that holds the detector: decays beyond are not part of events."""
        return max(float(np.linalg.norm(volume.centre)) + volume.bounding_radius for volume in self.source.volumes)

    @property
    def _unit_weight(self) -> float:
        """Expected events that most unweighted events stand for; weighted ones in the mean."""
        return self.expected_events / max(self.n, 1) * (1.0 if self.weighted else self.common)

    @property
    def timing(self) -> Timing | None:
        """Of the beam, where it is asked for."""
        beam = self.experiment.beam
        return beam.timing if self.options.timing and beam is not None else None

    def events(self, first: int, last: int) -> EventSample:
        """Events number first <= i < last of the run."""
        index = np.arange(first, last)
        flux, ratio, u_decay = self._accepted(index)
        weight = self._unit_weight * (ratio / self.mean if self.weighted else np.maximum(ratio / self.bound, 1.0))
        return self._assemble(index, flux, weight, u_decay)

    def candidates(self, stage: int, index: IntArray, attempt: int | IntArray) -> Candidates:
        """One try of each event, with rows of the source drawn from the proposal; `index` and `attempt` as of `kernels.random.uniforms`."""
        n, draws = len(index), self.source.draws
        own = uniforms(self.seed, stage, index, aim.DRAWS + 3, attempt)
        rows: IntArray = np.searchsorted(self.proposal, own[:, aim.DRAWS] * self.proposal[-1], side="right")
        rows = np.minimum(rows, len(self.proposal) - 1)
        u, thin = np.zeros((draws, n)).T, np.zeros(n)
        u[:, : aim.DRAWS] = own[:, : aim.DRAWS]
        spread = np.flatnonzero(self.source.is_spread[rows])
        if len(spread):
            attempts = attempt if isinstance(attempt, int) else attempt[spread]
            further = uniforms(self.seed, streams.CHAIN + stage, index[spread], draws - aim.DRAWS + 1, attempts)
            u[spread, aim.DRAWS :], thin[spread] = further[:, :-1], further[:, -1]
        numbers, stretch = u, np.ones(n)
        if self.stretched:
            numbers = u.copy(order="F")
            route = self.source.route[rows]
            for number, stretched in self.stretched.items():
                mine = np.flatnonzero(route == number)
                numbers[mine], stretch[mine] = stretched.moved(u[mine])
        return Candidates(rows, u, numbers, stretch, own[:, aim.DRAWS + 1], own[:, aim.DRAWS + 2], thin)

    def ratios(self, candidates: Candidates) -> Array:
        """Weights of candidates over the proposal, (n,)."""
        rows = candidates.rows
        weight = self.source.thinned_weights(rows, candidates.numbers, candidates.thin) * self.visible[self.source.route[rows]]
        density = (self.proposal[rows] - np.where(rows > 0, self.proposal[rows - 1], 0.0)) / self.proposal[-1]
        result: Array = weight * candidates.stretch / density
        return result

    def _accepted(self, index: IntArray) -> tuple[HeavyFlux, Array, Array]:
        """The first accepted candidate of each event: by its weight if unweighted, with any weight if weighted."""
        n = len(index)
        chosen, numbers = np.zeros(n, np.int64), np.empty((self.source.draws, n)).T
        ratio, u_decay = np.empty(n), np.empty(n)
        pending = np.arange(n)
        attempt = 0
        most = 1 if self.weighted else int(np.ceil(_SURE / max(self.efficiency, _SURE / _FEW)))
        while len(pending):
            # few events left: several tries of each at once
            tries = max(1, min(most, _FEW // len(pending)))
            attempts = attempt if tries == 1 else attempt + np.repeat(np.arange(tries), len(pending))
            drawn = self.candidates(streams.CANDIDATE, np.tile(index[pending], tries), attempts)
            own = self.ratios(drawn)
            good = (own > 0 if self.weighted else drawn.accept * self.bound < own).reshape(tries, -1)
            kept = np.flatnonzero(good.any(axis=0))
            first = kept + len(pending) * good.argmax(axis=0)[kept]
            done = pending[kept]
            chosen[done], ratio[done], u_decay[done] = drawn.rows[first], own[first], drawn.place[first]
            numbers[done] = drawn.numbers[first]
            pending = np.delete(pending, kept)
            attempt += tries
        return self.source.draw(chosen, numbers), ratio, u_decay

    def _assemble(self, index: IntArray, flux: HeavyFlux, weight: Array, u_decay: Array) -> EventSample:
        """Parent, charged lepton, the chain of heavy states, the products of every decay, in one flat record."""
        n, routes = len(index), self.source.routes
        state_names, state = np.unique(self.source.of_route("state"), return_inverse=True)
        route_names, route = np.unique(self.source.of_route("name"), return_inverse=True)
        channel = self._choose_channels(flux.route, uniforms(self.seed, streams.CHANNEL, index, 1)[:, 0])
        distance = flux.decay_distance(u_decay)
        p = norm(flux.momentum[:, 1:])
        end = four_vectors(n)
        end[:, 0] = flux.origin[:, 0] + distance * flux.momentum[:, 0] / p
        end[:, 1:] = flux.origin[:, 1:] + distance[:, None] * flux.direction

        particles, waiting = Particles(n), list[Waiting]()
        seen = np.zeros(n, np.int64)
        for number in np.unique(flux.route).tolist():
            rows = np.flatnonzero(flux.route == number)
            siblings, seen[rows] = self._chain(particles, routes[number], rows, flux.take(rows), index)
            waiting += siblings
        masses = self.source.of_route("mass")[flux.route]
        particles.decayed(np.arange(n), seen, distance * masses / p)
        for number in np.unique(channel).tolist():
            rows = np.flatnonzero(channel == number)
            final = self.finals[number]
            anti = np.full(len(rows), final.antiparticle)
            one = Waiting(final.state, 0, rows, anti, flux.momentum[rows], flux.origin[rows], flux.spin[rows])
            mass = self.tables[final.state].mass
            waiting += decay(
                particles, one, seen[rows], end[rows], final.channel.terms, mass, self.seed, index, streams.SEEN_PRODUCTS + number, 0
            )
        follow(particles, waiting, self.tables, self.world, self.seed, index)
        if self.options.codes:
            decay_named(particles, self.options.codes, self.world, self.seed, index)
        columns = particles.columns()
        if self.timing is not None:
            ct = self.timing.times(uniforms(self.seed, streams.SPILL, index, 3))
            columns["vertex"][:, 0] += np.repeat(ct, np.diff(columns["offsets"]))
            end[:, 0] += ct
        names = tuple(dict.fromkeys(final.products for final in self.finals))
        return EventSample(
            **columns,
            weight=weight,
            decay_vertex=end,
            # dist (E/p - 1) without cancellation
            delay=flux.late + distance * masses**2 / (p * (flux.momentum[:, 0] + p)),
            polarisation=flux.polarisation,
            state=state.astype(np.int16)[flux.route],
            route=route.astype(np.int16)[flux.route],
            seen=seen,
            channel=np.array([names.index(final.products) for final in self.finals], np.int16)[channel],
            states=tuple(state_names.tolist()),
            routes=tuple(route_names.tolist()),
            channels=names,
            weighted=self.weighted,
            metadata=self.metadata(int(index[0]) if n else 0),
        )

    def _chain(
        self, particles: Particles, route: Route, rows: IntArray, flux: HeavyFlux, index: IntArray
    ) -> tuple[list[Waiting], IntArray]:
        """The beam parent, its other products and the heavy states of one route; gives siblings to follow and places of the states seen."""
        mode = route.mode
        head = particles.add(rows, mode.parent, -1, flux.parent_momentum, mode.m_parent, flux.parent_start, status=INCOMING)
        particles.decayed(rows, head, (flux.parent_end[:, 0] - flux.parent_start[:, 0]) * mode.m_parent / flux.parent_momentum[:, 0])
        made = [(leg.momentum, leg.spin) for leg in flux.legs[: len(route.steps)]] + [(flux.momentum, flux.spin)]
        first, spin = made[0]
        lepton = flux.parent_momentum - first
        three = mode.term is not None and len(mode.term.masses) == 3
        partner_mass: Array | float = mode.m_partner
        if mode.term is not None and three:
            both, third = lepton, mode.term.masses[2]
            lepton = boost(flux.siblings[:, 1], flux.parent_momentum, mode.m_parent)
            rest = both - lepton
            rest[:, 0] = np.hypot(norm(rest[:, 1:]), third)
        if mode.partner == pdg.REMNANT:
            energy, p = lepton[:, 0], norm(lepton[:, 1:])
            partner_mass = np.sqrt(np.maximum((energy - p) * (energy + p), 0.0))
        else:
            lepton[:, 0] = np.hypot(norm(lepton[:, 1:]), mode.m_partner)
        particles.add(rows, mode.partner, head, lepton, partner_mass, flux.parent_end)
        sign = -1 if mode.antiparticle and not self.spectrum.majorana else 1
        code = sign * pdg.HEAVY_STATE_CODES[mode.state]
        seen = particles.add(rows, code, head, first, mode.m_heavy, flux.parent_end, shown_spin(spin, first, mode.state))
        waiting = list[Waiting]()
        if mode.term is not None and three:
            other = mode.term.pdg[2]
            name = pdg.NAMES.get(abs(other), "")
            if name in pdg.HEAVY_STATE_CODES:
                u = uniforms(self.seed, streams.spin_of_product(streams.MADE, 0), index[rows], 2)
                drawn = mode.term.polarisation(flux.siblings, np.zeros((len(rows), 3)), 2, u)
                own = moved(drawn, flux.siblings[:, 2], flux.parent_momentum, third, mode.m_parent, rest)
                places = particles.add(rows, other, head, rest, third, flux.parent_end, shown_spin(own, rest, name))
                for place in np.unique(places).tolist():
                    some = np.flatnonzero(places == place)
                    anti = np.full(len(some), other < 0)
                    waiting.append(Waiting(name, place, rows[some], anti, rest[some], flux.parent_end[some], own[some]))
            else:
                particles.add(rows, other, head, rest, third, flux.parent_end)
        for level, step in enumerate(route.steps):
            leg, next_places = flux.legs[level], np.empty(len(rows), np.int64)
            particles.decayed(rows, seen, leg.distance * step.mass / norm(leg.momentum[:, 1:]))
            end = flux.origin if level + 1 == len(route.steps) else flux.legs[level + 1].origin
            momentum, own = made[level + 1]
            for number in np.unique(leg.option).tolist():
                mine = np.flatnonzero(leg.option == number)
                option = step.options[number]
                products = leg.products[mine, : len(option.term.masses)]
                decays = Decaying(
                    option.term,
                    step.mass,
                    rows[mine],
                    seen[mine],
                    leg.momentum[mine],
                    spin_of(step.state, leg.spin[mine]),
                    end[mine],
                    products,
                )
                siblings, next_places[mine] = add_products(
                    particles,
                    decays,
                    self.seed,
                    index,
                    streams.chain_step(level),
                    Followed(option.place, shown_spin(own[mine], momentum[mine], step.child)),
                )
                waiting += siblings
            seen = next_places
        return waiting, seen

    def _choose_channels(self, route: NDArray[np.int16], u: Array) -> IntArray:
        """Final state of each event in proportion to its width, among those that the state at the end of its route has."""
        channel = np.empty(len(u), np.int64)
        for number in np.unique(route):
            mine = route == number
            own = [k for k, final in enumerate(self.finals) if decays_into(self.source.routes[number], final)]
            channel[mine] = np.array(own)[choose(np.array([self.finals[k].channel.width for k in own]), u[mine])]
        return channel

    def metadata(self, first: int = 0) -> dict[str, Any]:
        """What every file of this run says about it."""
        origin = self.experiment.detector_origin
        effects = effects_on(self.nuisances, self.rates_by_parent)
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
            **({"events_per_weight": self._unit_weight} if self.n and not self.weighted else {}),
            "efficiency": self.efficiency,
            "model": resolved(self.spectrum.model),
            "experiment": resolved(self.experiment),
            **provenance_of(self.experiment),
            "states": {
                state: {"pdg": pdg.HEAVY_STATE_CODES[state], "mass": table.mass, "ctau": table.ctau, "width": table.total_width}
                for state, table in self.tables.items()
            },
            "rates_by_channel": dict(self.rates_by_channel),
            "rates_by_route": dict(self.rates_by_route),
            "rates_by_parent": dict(self.rates_by_parent),
            "nuisances": effects,
            "expected_events_varied": varied_sums(effects, self.rates_by_parent),
            "frames": {
                "beam": f"origin and axes of the beam card, z along the proton beam; time zero when {self._time_zero}",
                "detector": {"local_origin": [float(x) for x in origin], "rotation": [list(row) for row in self.experiment.rotation]},
            },
            **self._choices(),
            "warnings": list(self.warnings),
        }

    @property
    def _time_zero(self) -> str:
        if self.timing is None:
            return "the proton passes the origin"
        return "the spill begins" if self.timing.spill > 0 else "the middle of the spill's first bucket passes the origin"

    def _choices(self) -> dict[str, Any]:
        """What headers say of the options: nothing where none is used."""
        said: dict[str, Any] = {}
        if self.timing is not None:
            one = self.timing
            numbers = {"bucket_spacing_ns": one.bucket_spacing / ns, "bucket_sigma_ns": one.bucket_sigma / ns, "buckets": one.buckets}
            said["timing"] = {"spill_s": one.spill / second} if one.spill > 0 else {**numbers, "batches": one.batches, "slots": one.slots}
        if self.options.decay:
            said["decayed"] = list(self.options.decay)
        strings = any(string_of(term) for table in self.tables.values() for channel in table for term in channel.terms)
        if self.options.decay or strings:
            said["hadronisation"] = description()
        return said
