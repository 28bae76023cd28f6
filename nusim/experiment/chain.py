"""One step of a chain: a heavy state flies towards the detector, decays, and one of its products is sent on its way."""

from dataclasses import dataclass

import numpy as np

from ..decays.draw import choose, spin_of
from ..kernels.arrays import Array, IntArray, four_vectors
from ..kernels.lorentz import boost, turn, unboost
from ..kernels.spinors import ComplexArray, SpinArray
from ..pdg import VECTOR_STATES
from . import aim, steer
from .routes import Option, Step
from .volumes import Volume

_SAMPLE_DRAWS, _SPIN_DRAWS = 8, 2
_DISTANCE = steer.DIRECTION_DRAWS
_OPTION = _DISTANCE + steer.DISTANCE_DRAWS
_SAMPLE = _OPTION + 1
_SPIN = _SAMPLE + _SAMPLE_DRAWS
DRAWS = _SPIN + _SPIN_DRAWS
"""Uniform numbers of one step: direction of the state, distance, decay chosen, its momenta, the spin of the product followed."""

PRODUCTS = 4
"""Most products of a decay that is followed."""

_LOW = 0.4
"""Share of the largest energy below which all decays are gone on with."""

_TINY = 1e-12
"""GeV; least momentum in a rest frame, where directions are ratios of components."""


@dataclass(frozen=True, slots=True, eq=False)
class Flying:
    """Heavy states that have just been made, arrays of n."""

    origin: Array
    """Where: (ct, x, y, z), metres, shape (n, 4)."""
    momentum: Array
    """GeV, shape (n, 4)."""
    line: aim.Aimed
    """Its line; enter and leave are meaningful for the last state of a chain only."""
    spin: ComplexArray
    """In the rest frame that a pure boost from the beam frame leads to, shape (n, 3); imaginary only for vector bosons."""
    polarisation: Array
    """Mean helicity over the spin in the rest frame of what made it, shape (n,)."""
    late: Array
    """c t in metres by which `origin` is later than a massless particle would be on the same path from the beam parent's decay."""
    weight: Array
    """Such states per proton."""


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """An intermediate state from its birth to its decay, arrays of n."""

    origin: Array
    """(ct, x, y, z), metres, shape (n, 4)."""
    momentum: Array
    """GeV, shape (n, 4)."""
    distance: Array
    """Metres it flies, shape (n,)."""
    spin: ComplexArray
    """As in `Flying`."""
    option: IntArray
    """Which of the step's options it decays by, shape (n,)."""
    products: Array
    """Momenta of its products in its rest frame, shape (n, PRODUCTS, 4); zero where there are fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Decays of a step's state in its rest frame, drawn before it is known where it flies; arrays of n."""

    option: IntArray
    """Which of the step's options."""
    products: Array
    """Momenta, isotropic, GeV, shape (n, PRODUCTS, 4); zero where there are fewer."""
    followed: Array
    """Momentum of the product that is followed, shape (n, 4)."""
    scale: Array
    """Makes |M|^2 of the turned momenta a weight of mean 1."""
    onward: steer.Onward
    """How far the product that is followed flies, and how far off the state's direction."""
    worth: Array
    """Share of such decays that it pays to go on with: weights of lines through a detector fall as the square of the followed product's
    energy."""


def drawn(step: Step, u: Array) -> Drawn:
    """Decays of a step's state, by options in proportion to their shares; `u` holds the step's uniform numbers (n, DRAWS)."""
    n = len(u)
    option = choose(step.shares, u[:, _OPTION])
    products, followed, scale = np.zeros((4, PRODUCTS, n)).T, four_vectors(n), np.empty(n)
    place = np.array([one.place for one in step.options])[option]
    for number, term in enumerate(step.terms):
        rows = np.flatnonzero(step.term_of_option[option] == number)
        momenta, scale[rows] = term.sample(u[rows, _SAMPLE : _SAMPLE + term.draws])
        products[rows, : len(term.masses)], followed[rows] = momenta, momenta[np.arange(len(rows)), place[rows]]
    mass, limit = (np.array(some)[option] for some in zip(*(_energies(one, step.mass) for one in step.options), strict=True))
    onward = steer.Onward(aim.norm(followed[:, 1:]) / followed[:, 0], step.child_ctau * followed[:, 0] / (mass * step.mass))
    return Drawn(option, products, followed, scale, onward, np.minimum(limit / followed[:, 0], 1.0) ** 2)


def _energies(option: Option, mass: float) -> tuple[float, float]:
    """Mass of the product that is followed, and its energy above which decays are thinned out: a low one, where it has a range."""
    own = option.term.masses[option.place]
    largest = (mass**2 + own**2 - (sum(option.term.masses) - own) ** 2) / (2 * mass)
    return own, largest if len(option.term.masses) == 2 else max(own, _LOW * largest)


def sent(volumes: tuple[Volume, ...], decay: aim.Decay, onward: steer.Onward | None, u: Array, u_aim: Array) -> aim.Aimed:
    """Lines of heavy daughters: through the detector, or, for daughters whose products fly onward, about it."""
    if onward is None:
        return aim.aim(volumes, decay, u_aim)
    direction, momentum, weight = steer.direction(volumes, decay, onward, u[:, : steer.DIRECTION_DRAWS])
    nothing = np.zeros(len(u))
    return aim.Aimed(direction, momentum, nothing, nothing, weight)


def four(modulus: Array, mass: Array | float, direction: Array) -> Array:
    """Four-momenta (n, 4) from their moduli, masses and directions."""
    out = four_vectors(len(modulus))
    out[:, 0], out[:, 1:] = np.hypot(modulus, mass), modulus[:, None] * direction
    return out


def moved(spin: SpinArray, momentum: Array, frame: Array, mass: float, frame_mass: float, lab: Array) -> ComplexArray:
    """A product's spin (n, 3) in the rest frame that a pure boost from the beam frame leads to.

    It is given in the rest frame that a pure boost from its parent's rest frame leads to: the Wigner rotation is the difference.
    `momentum`: the product's in the parent's rest frame; `frame`: the parent's in the beam frame; `lab`: the product's there.
    """
    out: ComplexArray = np.zeros((3, len(spin)), dtype=complex).T
    for part, unit in ((spin.real, 1.0), (spin.imag, 1j)):
        if part.any():
            vector = four_vectors(len(spin))
            vector[:, 0], vector[:, 1:] = 0.0, part
            out += unit * unboost(boost(boost(vector, momentum, mass), frame, frame_mass), lab, mass)[:, 1:]
    return out


def helicity(spin: SpinArray, direction: Array, state: str) -> Array:
    """Mean helicity over the spin, shape (n,), of states with the given spins and unit vectors of flight; 0 for a scalar."""
    vector = (1j * np.cross(spin, spin.conj())).real if state in VECTOR_STATES else spin.real
    result: Array = np.sum(vector * direction, axis=1)
    return result


def advance(
    volumes: tuple[Volume, ...],
    state: Flying,
    step: Step,
    decays: Drawn,
    onward: steer.Onward | None,
    u: Array,
    u_next: Array,
    u_aim: Array,
    spins: bool,
) -> tuple[Leg, Flying]:
    """The state flies, decays as drawn, and the product that is followed is sent on.

    `onward`: of the products of that product's own decay, None if the detector sees it. `u` (n, DRAWS): this step's uniform numbers;
    `u_next` the next step's, `u_aim` those of the aim. The products turn together until the one that is followed lies on its line:
    the |M|^2 of the turned momenta, with the state's spin, is in the weight. The product's own spin is 0 unless asked for by `spins`.
    """
    n, p = len(u), aim.norm(state.momentum[:, 1:])
    flown, factor = steer.distance(volumes, state.origin[:, 1:], state.line.direction, p * (step.ctau / step.mass), u[:, _DISTANCE:_OPTION])
    vertex = four_vectors(n)
    vertex[:, 0] = state.origin[:, 0] + flown * state.momentum[:, 0] / p
    vertex[:, 1:] = state.origin[:, 1:] + flown[:, None] * state.line.direction

    energy, star = decays.followed[:, 0], np.maximum(aim.norm(decays.followed[:, 1:]), _TINY)
    mass = np.array([option.term.masses[option.place] for option in step.options])[decays.option]
    decay = aim.Decay(state.momentum[:, 1:], vertex[:, 1:], np.full(n, step.mass), mass, energy, star)
    line = sent(volumes, decay, onward, u_next, u_aim)
    momentum = four(line.momentum, mass, line.direction)
    seen = unboost(momentum, state.momentum, step.mass)[:, 1:]
    products = turn(decays.products, decays.followed[:, 1:], seen)

    weight = state.weight * factor * step.multiplicity * decays.scale * line.weight
    own = spin_of(step.state, state.spin)
    spin: ComplexArray = np.zeros((3, n), dtype=complex).T
    polarisation = np.zeros(n)
    for number, term in enumerate(step.terms):
        rows = np.flatnonzero(step.term_of_option[decays.option] == number)
        weight[rows] *= term.msq(products[rows, : len(term.masses)], own[rows])
    for number, (term, place) in enumerate((option.term, option.place) for option in step.options if spins):
        rows = np.flatnonzero(decays.option == number)
        if not len(rows):
            continue
        turned = products[rows, : len(term.masses)]
        child = term.polarisation(turned, own[rows], place, u[rows, _SPIN:])
        polarisation[rows] = helicity(child, seen[rows] / aim.norm(seen[rows])[:, None], step.child)
        spin[rows] = moved(child, turned[:, place], state.momentum[rows], term.masses[place], step.mass, momentum[rows])
    leg = Leg(state.origin, state.momentum, flown, state.spin, decays.option, products)
    late = state.late + flown * step.mass**2 / (p * (state.momentum[:, 0] + p))
    return leg, Flying(vertex, momentum, line, spin, polarisation, late, weight)
