"""Signal strength of a model in searches known by their published limits: its signal over that of a state at the limit.

A strength of 1 is excluded as the limit itself is. Peak searches see the lepton made with the heavy neutrino, whatever becomes of the
latter, unless it decays visibly inside the apparatus; searches scaled see its decays.
"""

import numpy as np

from .. import pdg
from ..kernels.arrays import Array
from ..kernels.kinematics import two_body_energy, two_body_momentum
from ..model.model import FLAVOURS
from .published import Apparatus, Flight, Limit
from .signal import Signal, standard

LEAST_MOMENTUM = 1e-3
"""GeV; slower states near threshold decay within reach all the same."""


def momentum_in(apparatus: Apparatus, mass: Array) -> Array:
    """Typical momentum of heavy neutrinos of these masses from the apparatus' parents, GeV, shape (n,); 0 where they cannot be made.

    At rest: that of the two-body decay. In flight: for the mean energy, gamma times that in the parent's frame.
    """
    parent, lepton = (pdg.mass(pdg.CODES[name]) for name in (apparatus.parent, f"{apparatus.lepton}+"))
    made = mass + lepton < parent
    light = np.where(made, mass, 0.0)
    if apparatus.momentum == 0:
        momentum = np.maximum(two_body_momentum(parent, light, lepton), LEAST_MOMENTUM)
    else:
        energy = np.hypot(apparatus.momentum, parent) / parent * two_body_energy(parent, light, lepton)
        momentum = np.sqrt(energy**2 - light**2)
    return np.where(made, momentum, 0.0)


def visible_chance(apparatus: Apparatus, signal: Signal, others: dict[str, Signal]) -> Array:
    """Chance that a heavy neutrino shows itself inside the apparatus: the condition of a peak search is that this is small.

    Its own visible decays within the apparatus' length, and those of heavy neutrinos it decays into, at their share of its momentum
    by mass and over the whole length: an upper bound.
    """
    p = momentum_in(apparatus, signal.mass)
    made, p = p > 0, np.maximum(p, LEAST_MOMENTUM)
    decays = signal.decays_between(0.0, apparatus.length, p)
    chance = _ratio(signal.visible_width(), signal.total_width) * decays
    for name, other in others.items():
        number = signal.daughters(name)
        if name != signal.state and number.any():
            later = other.decays_between(0.0, apparatus.length, np.maximum(p * other.mass / signal.mass, LEAST_MOMENTUM))
            chance = chance + decays * number * later * _ratio(other.visible_width(), other.total_width)
    return np.where(made, np.minimum(chance, 1.0), 0.0)


def peak_strength(limit: Limit, signal: Signal, others: dict[str, Signal]) -> tuple[Array, Array]:
    """|U|^2 over the limit, less what is lost to visible decays, and the chance of these; NaN outside the curve."""
    assert limit.entry.peak is not None
    chance = visible_chance(limit.entry.peak, signal, others)
    return _mixing2(limit, signal) * (1.0 - chance) / limit.along(signal.mass), chance


def scaled_strength(limit: Limit, signal: Signal) -> Array:
    """Decays in the search's volume over those of a standard state of the same mass at the limit; NaN outside the curve.

    |U|^2 Gamma_seen / Gamma [exp(-near m Gamma / p hbar c) - exp(-far ...)], which holds for states that decay at once and for those that
    seldom decay. The mass of what is made, masses' effects on the efficiency, and states from decays of others are left out.
    """
    flight = limit.entry.flight
    assert flight is not None
    bound = limit.along(signal.mass)
    strength = np.full(len(bound), np.nan)
    covered = np.flatnonzero(np.isfinite(bound))
    if len(covered):
        at_limit = standard(signal.mass[covered], limit.entry.flavour, bound[covered], limit.nature == "Majorana")
        reference = _seen(flight, at_limit) * bound[covered]
        own = (_mixing2(limit, signal) * _seen(flight, signal))[covered]
        strength[covered] = np.divide(own, reference, out=np.full(len(covered), np.nan), where=reference > 0)
    return strength


def _seen(flight: Flight, signal: Signal) -> Array:
    """Share of the states that are seen."""
    inside = signal.decays_between(flight.near, flight.far, flight.momentum)
    result: Array = _ratio(signal.visible_width(flight.visible), signal.total_width) * inside
    return result


def _mixing2(limit: Limit, signal: Signal) -> Array:
    return signal.mixing2[:, FLAVOURS.index(limit.entry.flavour)]


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def crossings(mixing2: Array, strength: Array) -> tuple[float, float]:
    """The least and the largest |U|^2 at which a strength reaches 1, logarithms interpolated.

    NaN where it never does; the upper edge is infinite where it lies beyond the range.
    """
    good = np.flatnonzero(np.nan_to_num(strength) >= 1.0)
    if not len(good):
        return np.nan, np.nan
    first, last = int(good[0]), int(good[-1])
    low = float(mixing2[0]) if first == 0 else _between(mixing2, strength, first - 1, first)
    high = np.inf if last == len(mixing2) - 1 else _between(mixing2, strength, last, last + 1)
    return low, high


def _between(mixing2: Array, strength: Array, one: int, other: int) -> float:
    a, b = np.log(np.maximum(strength[[one, other]], 1e-300))
    share = -a / (b - a) if b != a else 0.0
    x, y = np.log(mixing2[[one, other]])
    return float(np.exp(x + share * (y - x)))
