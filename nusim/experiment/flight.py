"""From parents to heavy states that decay in a detector: THE weights of both rates and events.

A row of a `HeavySource` is one parent of the beam's list taking one route. `draw` turns rows and uniform numbers into heavy states on
lines through the detector; their weight is the expected number of decays inside the detector per proton on target, survival
and decay probability included, if each row is drawn once. A state that decays on the way is drawn towards the detector (`chain`),
the last one is aimed at it (`aim`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..beams.parents import ParentFlux
from ..kernels.arrays import Array, BoolArray, IntArray, four_vectors
from ..kernels.lorentz import turn, unboost
from ..kernels.spinors import ComplexArray
from ..pdg import VECTOR_STATES
from ..production.table import SourceTerm
from . import aim, chain, steer
from .routes import Route, Step
from .volumes import Volume


@dataclass(frozen=True, slots=True, eq=False)
class HeavyFlux:
    """Heavy states on their way through the detector, arrays of n."""

    row: IntArray
    """Rows of the source."""
    route: NDArray[np.int16]
    """Route of each, an index into the source's routes."""
    parent_start: Array
    """Where the parent's decay segment begins: (ct, x, y, z), metres, shape (n, 4)."""
    parent_momentum: Array
    """GeV, shape (n, 4)."""
    parent_end: Array
    """Where the parent decays: (ct, x, y, z), metres, shape (n, 4)."""
    origin: Array
    """Where the state is born: (ct, x, y, z), metres, shape (n, 4)."""
    momentum: Array
    """Of the heavy state, GeV, shape (n, 4)."""
    direction: Array
    """Unit vector of the heavy state, shape (n, 3)."""
    enter: Array
    """Distance from origin to detector, metres."""
    leave: Array
    decay_length: Array
    """beta gamma c tau of the heavy state in metres."""
    weight: Array
    """Decays in the detector per proton on target."""
    made: Array
    """Such states, wherever they decay, per proton on target."""
    spin: ComplexArray
    """In the rest frame that a pure boost from the beam frame leads to, shape (n, 3); imaginary only for vector bosons."""
    polarisation: Array
    """Mean helicity over the spin in the rest frame of what made it, shape (n,)."""
    late: Array
    """c t in metres by which `origin` is later than a massless particle would be on the same path from `parent_end`."""
    siblings: Array
    """Momenta in the parent's rest frame of the heavy state it makes and the others, shape (n, 3, 4); zero where they are not drawn."""
    legs: tuple[chain.Leg, ...]
    """Intermediate states, as many as the source is deep; zeros beyond a route's own."""

    def decay_distance(self, u: Array) -> Array:
        """Distance from origin to decay, metres: exponential, inside the detector, from uniform numbers (n,)."""
        depth = np.maximum(self.leave - self.enter, 0.0) / self.decay_length
        result: Array = self.enter - self.decay_length * np.log1p(u * np.expm1(-depth))
        return np.clip(result, self.enter, self.leave)

    def take(self, rows: Any) -> Self:
        """The given rows."""
        taken: Self = _map(lambda columns: columns[0][rows], [self])
        return taken

    @classmethod
    def assembled(cls, parts: Sequence[Self], places: Sequence[IntArray]) -> Self:
        """One flux of several: part k holds the rows `places[k]`, which together are 0 ... n - 1."""
        n = sum(len(place) for place in places)

        def scatter(columns: list[Any]) -> Any:
            out = np.zeros((*columns[0].shape[:0:-1], n), columns[0].dtype).T
            for place, column in zip(places, columns, strict=True):
                out[place] = column
            return out

        whole: Self = _map(scatter, parts)
        return whole


def _map(function: Any, parts: Sequence[Any]) -> Any:
    """A dataclass of arrays whose columns are `function` of the columns of the parts; the parts' legs are made as many first."""

    def combine(values: list[Any]) -> Any:
        if not isinstance(values[0], tuple):
            return function(values)
        depth = max(len(legs) for legs in values)
        blank = [chain.Leg(*(np.zeros((len(part.row), *shape), kind) for shape, kind in _LEG_SHAPES)) if depth else None for part in parts]
        padded = [legs + (none,) * (depth - len(legs)) for legs, none in zip(values, blank, strict=True)]
        return tuple(_map(function, list(level)) for level in zip(*padded, strict=True))

    return type(parts[0])(*(combine([getattr(part, item.name) for part in parts]) for item in fields(parts[0])))


_LEG_SHAPES: tuple[tuple[tuple[int, ...], Any], ...] = (
    ((4,), float), ((4,), float), ((), float), ((3,), complex), ((), np.int64), ((chain.PRODUCTS, 4), float)
)  # fmt: skip
"""Shapes and types of a Leg's columns."""


def decay_probability(enter: Array, leave: Array, decay_length: Array) -> Array:
    """Probability to decay between two distances from the origin: exp(-enter/L) - exp(-leave/L), without cancellation."""
    probability: Array = np.exp(-enter / decay_length) * -np.expm1(-np.maximum(leave - enter, 0.0) / decay_length)
    return probability


@dataclass(frozen=True, eq=False)
class HeavySource:
    """Every way in which a beam's parents make the heavy states of a model, seen from a detector."""

    parents: ParentFlux
    routes: tuple[Route, ...]
    volumes: tuple[Volume, ...]
    row: IntArray
    """Row in `parents` of each row here; a parent may stand in several, turned and decaying elsewhere."""
    route: NDArray[np.int16]
    base: Array
    """Heavy states made by the meson per proton on target, of each row."""
    turned: Array
    """Angle by which the parent is turned about the beam axis."""
    along: Array
    """Where on its decay segment the parent decays, metres from the segment's start."""

    def __len__(self) -> int:
        return len(self.row)

    def __str__(self) -> str:
        states = ", ".join(dict.fromkeys(route.name for route in self.routes)) or "nothing"
        return f"HeavySource: {len(self)} rows of {len(self.parents.pdg)} parents, {len(self.routes)} routes to {states}"

    @cached_property
    def draws(self) -> int:
        """Uniform numbers one drawn heavy state consumes: aim, steps of a chain, and the parent's decay where three share it."""
        if all(route.mode.term is None for route in self.routes):
            return self._own
        return self._own + PARENT_DRAWS + (SPIN_DRAWS if any(route.mode.state in VECTOR_STATES for route in self.routes) else 0)

    @cached_property
    def _own(self) -> int:
        """Uniform numbers of aim and chain."""
        return aim.DRAWS + chain.DRAWS * max((len(route.steps) for route in self.routes), default=0)

    @cached_property
    def is_spread(self) -> BoolArray:
        """Whether each row's route has decays whose momenta are drawn: of a parent into three, or of states on the way."""
        return np.array([route.is_spread for route in self.routes], bool)[self.route]

    @cached_property
    def stratum(self) -> IntArray:
        """Rows whose weights are spread alike, (rows,): a route with parents at rest or in flight, and for one whose momenta are fixed
        how near the cone's edge the detector is."""
        decay = self._decays(np.arange(len(self)))[0]
        hardness = np.where(self.is_spread, 0, aim.edge_class(self.volumes, decay))
        hardness = np.where(self.parents.at_rest[self.row], aim.EDGE_CLASSES, hardness)
        return self.route.astype(np.int64) * (aim.EDGE_CLASSES + 1) + hardness

    def of_mode(self, name: str) -> Array:
        """A property of each route's production mode, shape (routes,)."""
        return np.array([getattr(route.mode, name) for route in self.routes])

    def of_route(self, name: str) -> Array:
        """A property of each route, shape (routes,)."""
        return np.array([getattr(route, name) for route in self.routes])

    def _decays(self, rows: IntArray) -> tuple[aim.Decay, Array, Array, Array]:
        """The parents' decays, with c t at the start of their segments, the starts, and the parents' energies."""
        parent, route = self.row[rows], self.route[rows]
        m_parent, m_heavy, energy, star = (self.of_mode(name)[route] for name in ("m_parent", "m_heavy", "energy", "momentum"))
        momentum = _rotate(self.parents.momentum[parent], self.turned[rows])
        start = _rotate(self.parents.start[parent], self.turned[rows])
        p = aim.norm(momentum)
        vertex = start + (self.along[rows] / p)[:, None] * momentum
        return aim.Decay(momentum, vertex, m_parent, m_heavy, energy, star), self.parents.time[parent], start, np.hypot(p, m_parent)

    def draw(self, rows: IntArray, u: Array) -> HeavyFlux:
        """Heavy states of the given rows on lines through the detector; `u` holds uniform numbers (n, draws).

        The weight is 0 where a line is out of reach or misses the detector.
        """
        parts, places = [], []
        for mine, steps in self._by_steps(rows):
            if len(mine) == len(rows):
                return self._draw(rows, steps, u, True)
            places.append(mine)
            parts.append(self._draw(rows[mine], steps, u.T.take(mine, axis=1).T, True))
        return HeavyFlux.assembled(parts, places)

    def weights(self, rows: IntArray, u: Array) -> Array:
        """The weights of what `draw` gives, (n,), for less work: spins of states that the detector sees are not computed."""
        out = np.empty(len(rows))
        for mine, steps in self._by_steps(rows):
            out[mine] = self._lines(rows[mine], steps, u.T.take(mine, axis=1).T)[0]
        return out

    def lines(self, rows: IntArray, u: Array) -> tuple[Array, Array, Array]:
        """`weights`; the heavy states on these lines if they cross the detector, decayed or not; their gamma beta; each (n,)."""
        out = np.empty((3, len(rows)))
        for mine, steps in self._by_steps(rows):
            out[:, mine] = self._lines(rows[mine], steps, u.T.take(mine, axis=1).T)
        return out[0], out[1], out[2]

    def thinned_weights(self, rows: IntArray, u: Array, thin: Array) -> Array:
        """`weights` with 0 for most of the states that are likely to weigh little, the others of their kind weighing more: the same mean.

        `thin`: further uniform numbers (n,).
        """
        out = np.zeros(len(rows))
        for mine, steps in self._by_steps(rows):
            own = u.T.take(mine, axis=1).T
            if not steps:
                out[mine] = self._lines(rows[mine], steps, own)[0]
                continue
            last = len(steps) - 1
            worth = chain.drawn(steps[last], self._of_step(own, last)).worth
            kept = np.flatnonzero(thin[mine] < worth)
            out[mine[kept]] = self._lines(rows[mine[kept]], steps, own.T.take(kept, axis=1).T)[0] / worth[kept]
        return out

    def _lines(self, rows: IntArray, steps: tuple[Step, ...], u: Array) -> tuple[Array, Array, Array]:
        """`lines` of rows whose routes have the same steps."""
        mass = self.of_route("mass")[self.route[rows]]
        if steps:
            flux = self._draw(rows, steps, u, False)
            return flux.weight, np.where(flux.leave > flux.enter, flux.made, 0.0), aim.norm(flux.momentum[:, 1:]) / mass
        made, line = self.direct(rows, u)
        return self._arriving(rows, line, made)[1], np.where(line.leave > line.enter, made, 0.0), line.momentum / mass

    def direct(self, rows: IntArray, u: Array) -> tuple[Array, aim.Aimed]:
        """Heavy states made along lines at the detector (n,), whatever becomes of them, and these lines; for rows of direct routes."""
        decay, products, factor = self._parent_decays(rows, self._decays(rows)[0], u)
        line = aim.aim(self.volumes, decay, u[:, : aim.DRAWS])
        if self._is_oriented[self.route[rows]].any():
            momentum = chain.four(line.momentum, decay.m_heavy, line.direction)
            parent = chain.four(aim.norm(decay.momentum), decay.m_parent, decay.momentum / aim.norm(decay.momentum)[:, None])
            factor = factor * self._orientation(rows, parent, momentum)
        for number in self._polarised(rows):
            mine = np.flatnonzero(self.route[rows] == number)
            own = decay.select(mine)
            p = aim.norm(own.momentum)
            parent = chain.four(p, own.m_parent, own.momentum / p[:, None])
            momentum = chain.four(line.momentum[mine], own.m_heavy, line.direction[mine])
            factor[mine] *= self._sent(number, rows[mine], products[mine], parent, momentum)[3]
        made = self.base[rows] * factor * line.weight
        return made, line

    @cached_property
    def _is_oriented(self) -> BoolArray:
        """Of each route, whether weights of its mode depend on directions."""
        return self.of_mode("is_oriented").astype(bool)

    def _orientation(self, rows: IntArray, parent: Array, momentum: Array) -> Array:
        """Factors (n,) of mean 1 for states with momenta (n, 4) whose parents (n, 4) do not decay alike into all directions; else 1."""
        route, out = self.route[rows], np.ones(len(rows))
        for number in np.unique(route[self._is_oriented[route]]):
            mode, mine = self.routes[number].mode, np.flatnonzero(route == number)
            rest = unboost(momentum[mine], parent[mine], mode.m_parent)
            axis = parent[mine, 1:] / aim.norm(parent[mine, 1:])[:, None]
            term: Any = mode.term
            out[mine] = term.turned(rest, axis)
        return out

    def _polarised(self, rows: IntArray) -> list[int]:
        """Routes among the rows whose parents decay into three and have a spin."""
        if self.parents.spin is None:
            return []
        has_spin = np.any(self.parents.spin[self.row[rows]] != 0, axis=1)
        return [number for number in np.unique(self.route[rows][has_spin]).tolist() if self.routes[number].mode.term is not None]

    def _sent(self, number: int, rows: IntArray, products: Array, parent: Array, momentum: Array) -> tuple[Array, Array, Array, Array]:
        """A route's decays into three, turned until the heavy state lies on its line; of n rows.

        Gives its momentum (n, 3) and all k products' (n, k, 4) in the parent's rest frame, the parent's polarisation vector (n, 3), and
        what that does to the weight (n,): |M|^2 over that of an unpolarised parent.
        """
        term = self.routes[number].mode.term
        assert term is not None, "a decay into two has no momenta to turn"
        onto = unboost(momentum, parent, term.m_parent)[:, 1:]
        products = products[:, : len(term.masses)]
        turned, spin, factor = turn(products, products[:, 0, 1:], onto), np.zeros((len(rows), 3)), np.ones(len(rows))
        if self.parents.spin is not None and np.any(self.parents.spin[self.row[rows]]):
            spin = _rotate(self.parents.spin[self.row[rows]], self.turned[rows])
            plain = term.msq(turned, np.zeros_like(spin))
            np.divide(term.msq(turned, spin), plain, out=factor, where=plain > 0)
        return onto, turned, spin, factor

    def _of_step(self, u: Array, level: int) -> Array:
        """The uniform numbers of a step, among those of heavy states (n, draws)."""
        first = aim.DRAWS + chain.DRAWS * level
        return u[:, first : first + chain.DRAWS]

    def _arriving(self, rows: IntArray, line: aim.Aimed, made: Array) -> tuple[Array, Array]:
        """Decay lengths in metres of the last states of routes on their lines, and how many of those made decay in the detector."""
        route = self.route[rows]
        decay_length = line.momentum / self.of_route("mass")[route] * self.of_route("ctau")[route]
        return decay_length, made * decay_probability(line.enter, line.leave, decay_length)

    def _by_steps(self, rows: IntArray) -> Iterator[tuple[IntArray, tuple[Step, ...]]]:
        """Places of the rows whose routes have the same steps, with these; at least once."""
        route = self.route[rows]
        kinds = list(dict.fromkeys(one.steps for one in self.routes))
        kind = np.array([kinds.index(one.steps) for one in self.routes])[route]
        for number in np.unique(kind) if len(rows) else (0,):
            yield np.flatnonzero(kind == number), kinds[number]

    def _parent_decays(self, rows: IntArray, decay: aim.Decay, u: Array) -> tuple[aim.Decay, Array, Array]:
        """Parents whose decays are drawn: with energies drawn from the spectrum of the heavy state, all products' momenta in the parent's
        rest frame, isotropic, (n, 3, 4), zero for other parents, and factors (n,) of mean 1 on the weight."""
        route, n = self.route[rows], len(rows)
        products, factor = np.zeros((4, PRODUCTS, n)).T, np.ones(n)
        energy, momentum = decay.energy_star.copy(), decay.momentum_star.copy()
        for number in np.unique(route):
            term = self.routes[number].mode.term
            if term is None:
                continue
            mine = np.flatnonzero(route == number)
            sampled, scale = term.sample(u[mine, self._own : self._own + term.draws])
            products[mine, : sampled.shape[1]] = sampled
            factor[mine] = scale * term.msq(sampled, np.zeros((len(mine), 3)))
            energy[mine] = sampled[:, 0, 0]
            momentum[mine] = np.maximum(aim.norm(sampled[:, 0, 1:]), _TINY)
        drawn = aim.Decay(decay.momentum, decay.vertex, decay.m_parent, decay.m_heavy, energy, momentum)
        return drawn, products, factor

    def _draw(self, rows: IntArray, steps: tuple[Step, ...], u: Array, spins: bool) -> HeavyFlux:
        """Rows whose routes have the same steps; `spins`: whether the spin at the end of a chain is wanted."""
        decay, time, start, energy = self._decays(rows)
        decay, products, factor = self._parent_decays(rows, decay, u)
        route, n = self.route[rows], len(rows)
        begin, end, parent = (four_vectors(n) for _ in range(3))
        begin[:, 0], begin[:, 1:] = time, start
        p = np.sqrt((energy - decay.m_parent) * (energy + decay.m_parent))
        end[:, 0], end[:, 1:] = time + self.along[rows] * energy / p, decay.vertex
        parent[:, 0], parent[:, 1:] = energy, decay.momentum

        u_aim = u[:, : aim.DRAWS]
        own = [self._of_step(u, level) for level in range(len(steps))]
        decays = [chain.drawn(step, numbers) for step, numbers in zip(steps, own, strict=True)]
        line = chain.sent(self.volumes, decay, decays[0].onward if steps else None, own[0] if steps else u_aim, u_aim)
        momentum = chain.four(line.momentum, decay.m_heavy, line.direction)
        if self._is_oriented[route].any():
            factor = factor * self._orientation(rows, parent, momentum)
        # The spin lies along the momentum in the meson's rest frame. Seen from the heavy state that is the direction opposite to its
        # parent, which carries the Wigner rotation between the frames exactly.
        seen = unboost(parent, momentum, decay.m_heavy)[:, 1:]
        polarisation = self.of_mode("polarisation")[route]
        spin: ComplexArray = (-(polarisation / aim.norm(seen))[:, None] * seen).astype(complex)
        if spins or steps:
            for number in np.unique(route):
                term = self.routes[number].mode.term
                if term is None:
                    continue
                mine = np.flatnonzero(route == number)
                onto, turned, of_parent, polarised = self._sent(number, rows[mine], products[mine], parent[mine], momentum[mine])
                factor[mine] *= polarised
                own_spin = term.polarisation(turned, of_parent, 0, u[mine, self._own + PARENT_DRAWS :])
                products[mine, : len(term.masses)] = turned
                polarisation[mine] = chain.helicity(own_spin, onto / aim.norm(onto)[:, None], self.routes[number].mode.state)
                spin[mine] = chain.moved(own_spin, turned[:, 0], parent[mine], term.masses[0], term.m_parent, momentum[mine])
        state = chain.Flying(end, momentum, line, spin, polarisation, np.zeros(n), self.base[rows] * factor * line.weight)
        legs = []
        for k, step in enumerate(steps):
            last = k + 1 == len(steps)
            onward, u_next = (None, u_aim) if last else (decays[k + 1].onward, own[k + 1])
            leg, state = chain.advance(self.volumes, state, step, decays[k], onward, own[k], u_next, u_aim, spins or not last)
            legs.append(leg)
        line = state.line
        decay_length, weight = self._arriving(rows, line, state.weight)
        return HeavyFlux(
            rows, route, begin, parent, end, state.origin, state.momentum, line.direction, line.enter, line.leave, decay_length, weight,
            state.weight, state.spin, state.polarisation, state.late, products, tuple(legs),
        )  # fmt: skip

    def expected_weight(self, rows: IntArray) -> Array:
        """About what `draw` gives each row, without drawing: the proposal that events are chosen from.

        For a chain: as if the last state came from the meson's decay with its mean energy, and the state that flies farthest decayed in
        the detector, the others before its far side.
        """
        decay, _, _, parent_energy = self._decays(rows)
        route = self.route[rows]
        mean, weight = decay.energy_star, self.base[rows]
        centre, radius = steer.target(self.volumes)
        reach = aim.norm(centre - decay.vertex) + radius
        farthest = np.zeros(len(rows))
        for level in range(max((len(one.steps) for one in self.routes), default=0)):
            steps = [one.steps[level] if len(one.steps) > level else None for one in self.routes]
            has = np.array([step is not None for step in steps])[route]
            mass, ctau, energy, number = (
                np.array([default if step is None else getattr(step, name) for step in steps])[route]
                for name, default in (("mass", 1.0), ("ctau", 1.0), ("energy", 1.0), ("multiplicity", 1.0))
            )
            length = np.sqrt(np.maximum((parent_energy * mean / (decay.m_parent * mass)) ** 2 - 1, 1e-6)) * ctau
            weight = weight * np.where(has, number * _soon(reach, np.minimum(length, farthest)), 1.0)
            farthest = np.where(has, np.maximum(farthest, length), farthest)
            mean = np.where(has, mean / mass * energy, mean)
        mass, ctau = self.of_route("mass")[route], self.of_route("ctau")[route]
        seen = aim.views(self.volumes, decay)
        result = np.zeros(len(rows))
        for momenta, shares in zip(*self._momenta, strict=True):
            some = np.flatnonzero(shares[route] > 0)
            star, energy = momenta[route[some]], np.hypot(momenta[route[some]], mass[some])
            last = aim.Decay(decay.momentum[some], decay.vertex[some], decay.m_parent[some], mass[some], energy, star)
            aimed, momentum, enter, leave = aim.expected_weight(self.volumes, last, [(a[some], r[some], t[some]) for a, r, t in seen])
            length = momentum / mass[some] * ctau[some]
            part = aimed * decay_probability(enter, leave, np.maximum(length, farthest[some]))
            part *= _soon(reach[some], np.minimum(length, farthest[some]))
            result[some] += weight[some] * part * shares[route[some]]
        return result

    @cached_property
    def _momenta(self) -> tuple[Array, Array]:
        """Momenta in the parent's rest frame that stand for those of each route's last state, and their shares, each (k, routes): quantiles
        of the spectrum of a parent's decay into three, fractions of about the mean energy at the end of a chain, else the only one."""
        momenta, shares = np.zeros((2, max(len(_ENERGIES), len(_QUANTILES) - 1), len(self.routes)))
        for number, route in enumerate(self.routes):
            if route.steps:
                energy = route.mode.energy
                for step in route.steps:
                    energy *= step.energy / step.mass
                own = np.sqrt(np.maximum((energy * np.array(_ENERGIES)) ** 2 - route.mass**2, (1e-3 * route.mass) ** 2))
                part = np.full(len(own), 1 / len(own))
            elif route.mode.term is not None:
                own, part = _spectrum(route.mode.term), np.diff(_QUANTILES)
            else:
                own, part = np.array([route.mode.momentum]), np.ones(1)
            momenta[: len(own), number], shares[: len(own), number] = own, part
        return momenta, shares


def _spectrum(term: SourceTerm) -> Array:
    """Mean momenta of the heavy state in the parent's rest frame between the quantiles of its spectrum, shape (k,)."""
    products, scale = term.sample(np.random.Generator(np.random.Philox(key=[0, 0])).random((_SPECTRUM, term.draws)))
    momentum, weight = aim.norm(products[:, 0, 1:]), scale * term.msq(products, np.zeros((_SPECTRUM, 3)))
    order = np.argsort(momentum)
    reached = np.cumsum(weight[order])
    cell = np.minimum(np.searchsorted(_QUANTILES, reached / reached[-1], side="right"), len(_QUANTILES) - 1) - 1
    cells = len(_QUANTILES) - 1
    sums = np.bincount(cell, weight[order] * momentum[order], minlength=cells)
    result: Array = np.maximum(sums / np.maximum(np.bincount(cell, weight[order], minlength=cells), _TINY), _TINY)
    return result


def _soon(reach: Array, length: Array) -> Array:
    """Chance to decay within a distance; 1 for no flight at all."""
    chance: Array = -np.expm1(-reach / np.where(length > 0, length, 1e-300))
    return chance


PARENT_DRAWS = 5
"""Uniform numbers of a parent's decay that is drawn."""
SPIN_DRAWS = 2
"""Those of the pure state of a vector boson that it makes."""
PRODUCTS = 3
_TINY = 1e-12
"""GeV; least momentum in a rest frame, where directions are ratios of components."""

_ENERGIES = (0.4, 0.7, 1.0, 1.5)
"""Energies of a state at the end of a chain, in units of about their mean, at which its weight is expected."""
_QUANTILES = (0.0, 0.01, 0.05, 0.2, 0.45, 0.75, 1.0)
"""Of the spectrum of a state from a decay into three: slow ones are few and, sent into a narrow cone, weigh most."""
_SPECTRUM = 8192
"""Decays from which the quantiles are found."""


def _rotate(vectors: Array, angle: Array) -> Array:
    """Vectors (n, 3) turned about z."""
    c, s = np.cos(angle), np.sin(angle)
    out = np.empty((3, len(angle))).T
    out[:, 0] = c * vectors[:, 0] - s * vectors[:, 1]
    out[:, 1] = s * vectors[:, 0] + c * vectors[:, 1]
    out[:, 2] = vectors[:, 2]
    return out
