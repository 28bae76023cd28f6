"""Hadrons of strings and decays of unstable particles, by Pythia: what each call gives depends on its own seed alone.

Needs the extra [hadrons]. Pythia works one event at a time: here is the only loop over events. What it leaves of four-momenta (1e-13 GeV at
most in the strings tried) is set right: in the rest frame of what decays its products' three-momenta are scaled by one factor until
their energies add up to its mass, so that boosts to the beam frame start from exact balances. Source: C. Bierlich et al.,
arXiv:2203.11601; the Lund string and Pythia's own tables of decays.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import pdg
from ..errors import ConvergenceError, MissingExtraError, NusimError
from ..kernels.arrays import Array, BoolArray, IntArray
from ..kernels.lorentz import boost, unboost
from ..units import mm

LONG_LIVED = (13, 211, 321, 130, 310, 2112, 3122, 3112, 3222, 3312, 3322, 3334)
"""Stay as they are: c tau above 1 cm."""
KEPT = (*LONG_LIVED, 111)
"""With neutral pions, as in channels of one meson."""
SETTINGS = ("ProcessLevel:all = off", *(f"{code}:mayDecay = off" for code in KEPT))
"""Pythia's defaults (Monash tune) but for these; quark pairs shower from half the string's mass."""
_OWN_MASSES = (11, 13, 15, 111, 211, 130, 310, 311, 321, 221, 331, 2112, 2212)
"""Codes whose masses are set to those of the rest of nusim."""
_LARGEST_SEED = 900_000_000
_PROMPT = 1e-6
"""Metres of mean c tau below which a hadron decays where it is made."""
_STEPS = 60
"""Newton steps for the scale of momenta, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Particles made of each of n strings or decaying particles, one after the other; mothers stand before daughters."""

    offsets: IntArray
    """Shape (n + 1,)."""
    pdg: IntArray
    mother: IntArray
    """Place of the mother among those of the same string, -1 for the string itself."""
    momentum: Array
    """Shape (N, 4), GeV, in the frame in which the string or particle was given."""
    mass: Array
    ctau: Array
    """Metres from birth to decay in its own time; 0 for those that stay."""
    decayed: BoolArray


def version_of_pythia() -> str:
    """Version of the installed pythia8mc. Raises MissingExtraError without it."""
    _module()
    from importlib.metadata import version

    return version("pythia8mc")


def is_installed() -> bool:
    """Whether hadrons can be made."""
    try:
        _module()
    except MissingExtraError:
        return False
    return True


def _module() -> Any:
    try:
        import pythia8mc
    except ImportError:
        raise MissingExtraError(
            "hadrons of quarks and decays of unstable particles are made by pythia8mc: pip install 'nusim[hadrons]'"
        ) from None
    return pythia8mc


def description() -> dict[str, Any]:
    """What headers say."""
    return {"generator": "Pythia", "package": f"pythia8mc {version_of_pythia()}", "settings": list(SETTINGS)}


@cache
def _pythia() -> Any:
    """One for this process: nothing that it remembers from one event matters for the next (tested)."""
    pythia = _module().Pythia("", False)
    for line in ("Print:quiet = on", *SETTINGS):
        if not pythia.readString(line):
            raise NusimError(f"pythia8mc refused the setting {line!r}: reinstall with pip install 'nusim[hadrons]'")
    for code in _OWN_MASSES:
        pythia.particleData.m0(code, pdg.mass(code))
    if not pythia.init():
        raise NusimError("pythia8mc did not start: reinstall with pip install 'nusim[hadrons]'")
    return pythia


def seeds_of(u: Array) -> IntArray:
    """Pythia's seeds from uniform numbers."""
    seeds: IntArray = 1 + (u * (_LARGEST_SEED - 1)).astype(np.int64)
    return seeds


def fragment(codes: tuple[int, int], partons: Array, seeds: IntArray, excluded: tuple[tuple[int, ...], ...] = ()) -> tuple[Made, BoolArray]:
    """Hadrons of strings between two partons of the given codes, quark and antiquark or two gluons, and whether there are any.

    `partons` (n, 2, 4), GeV, in any frame. Strings that fail, or become hadrons `excluded` (codes, rising), are empty and need another
    seed.
    """
    pythia = _pythia()
    event, data = pythia.event, pythia.rndm
    first = codes[0] > 0 or codes[0] == 21
    colours = ((101, 102), (102, 101)) if codes[0] == 21 else ((101, 0), (0, 101)) if first else ((0, 101), (101, 0))
    total = partons.sum(axis=1)
    mass = _mass(total)
    # in the string's rest frame, massive quarks on Pythia's mass shells
    at_rest = np.stack([unboost(partons[:, k], total, mass) for k in (0, 1)], axis=1)
    rows = _Rows()
    shells = [pythia.particleData.m0(abs(code)) if abs(code) in (4, 5) else 0.0 for code in codes]
    axis = at_rest[:, 0, 1:]
    axis = axis / np.sqrt(np.sum(axis**2, axis=1))[:, None]
    small = np.minimum((mass * 0.999) / max(sum(shells), 1e-300), 1.0)
    m0, m1 = shells[0] * small, shells[1] * small
    p = np.sqrt(np.maximum((mass - m0 - m1) * (mass + m0 + m1) * (mass - m0 + m1) * (mass + m0 - m1), 0.0)) / (2 * mass)
    for k, seed in enumerate(seeds.tolist()):
        data.init(seed)
        event.reset()
        for sign, code, colour, m in ((1.0, codes[0], colours[0], m0[k]), (-1.0, codes[1], colours[1], m1[k])):
            x, y, z = (sign * p[k] * axis[k]).tolist()
            event.append(code, 23, colour[0], colour[1], x, y, z, float(np.hypot(p[k], m)), float(m))
        pythia.forceTimeShower(1, 2, float(mass[k]) / 2)
        rows.take(event if pythia.next() else None, excluded)
    return rows.made(total, mass)


def decayed(code: int, momentum: Array, mass: Array, seeds: IntArray) -> tuple[Made, BoolArray]:
    """Decays of particles of one code with momenta (n, 4) and masses (n,), and which of them Pythia managed."""
    pythia = _pythia()
    event, data = pythia.event, pythia.rndm
    stable = not pythia.particleData.mayDecay(code)
    if stable:
        pythia.particleData.mayDecay(code, True)
    try:
        rows = _Rows()
        for seed, m in zip(seeds.tolist(), mass.tolist(), strict=True):
            data.init(seed)
            event.reset()
            event.append(code, 1, 0, 0, 0.0, 0.0, 0.0, m, m)
            rows.take(event if pythia.next() else None, (), skipped=1)
    finally:
        if stable:
            pythia.particleData.mayDecay(code, False)
    return rows.made(momentum, mass)


class _Rows:
    """Particles copied out of Pythia's events."""

    def __init__(self) -> None:
        self._count: list[int] = []
        self._codes: list[int] = []
        self._mothers: list[int] = []
        self._numbers: list[tuple[float, float, float, float, float, float]] = []
        self._decayed: list[bool] = []

    def take(self, event: Any, excluded: tuple[tuple[int, ...], ...], skipped: int = 0) -> None:
        """The hadrons, leptons and photons of an event; None for one that failed. `skipped`: the entry that stands for what was given."""
        begin = len(self._codes)
        if event is not None:
            self._copy(event, skipped)
            primary = tuple(sorted(code for code, mother in zip(self._codes[begin:], self._mothers[begin:], strict=True) if mother < 0))
            if primary in excluded:
                del self._codes[begin:], self._mothers[begin:], self._numbers[begin:], self._decayed[begin:]
        self._count.append(len(self._codes) - begin)

    def _copy(self, event: Any, skipped: int) -> None:
        place: dict[int, int] = {0: -1, skipped: -1}
        carried: dict[int, float] = {}
        begin = len(self._codes)
        for number in range(1, event.size()):
            if number == skipped:
                continue
            one = event[number]
            code, mother = one.id(), one.mother1()
            kind = abs(code)
            if kind <= 8 or kind == 21 or (1000 < kind < 10_000 and kind // 10 % 10 == 0):
                # quarks, gluons and diquarks: what they make is their hadron's, or the string's
                place[number] = place.get(mother, -1)
                continue
            lived = one.tau() * mm + carried.get(mother, 0.0) if not one.isFinal() else 0.0
            daughters = (one.daughter1(), one.daughter2())
            if not one.isFinal() and (daughters[0] == daughters[1] or daughters[1] == 0):
                # K0 that become KL or KS, and B that mix: one particle, by its later name
                place[number], carried[number] = place.get(mother, -1), lived
                continue
            if not one.isFinal() and _is_prompt(kind):
                lived = 0.0
            place[number] = len(self._codes) - begin
            self._codes.append(code)
            self._mothers.append(place.get(mother, -1))
            self._numbers.append((one.px(), one.py(), one.pz(), one.e(), one.m(), lived))
            self._decayed.append(not one.isFinal())

    def made(self, total: Array, mass: Array) -> tuple[Made, BoolArray]:
        """All of them, with momenta that add up to `total` (n, 4)."""
        count = np.array(self._count, np.int64)
        offsets = np.concatenate([[0], np.cumsum(count)])
        numbers = np.array(self._numbers, float).reshape(-1, 6)
        mother = np.array(self._mothers, np.int64)
        given = numbers[:, [3, 0, 1, 2]]
        masses = np.maximum(numbers[:, 4], 0.0)
        momentum = _conserved(given, masses, mother, offsets, total, mass)
        codes = np.array(self._codes, np.int64)
        return Made(offsets, codes, mother, momentum, masses, numbers[:, 5], np.array(self._decayed, bool)), count > 0


@cache
def _is_prompt(kind: int) -> bool:
    tau = float(_pythia().particleData.tau0(kind)) * mm
    return tau < _PROMPT


def _mass(p: Array) -> Array:
    size = np.sqrt(p[:, 1] ** 2 + p[:, 2] ** 2 + p[:, 3] ** 2)
    result: Array = np.sqrt(np.maximum((p[:, 0] - size) * (p[:, 0] + size), 0.0))
    return result


def _conserved(given: Array, masses: Array, mother: IntArray, offsets: IntArray, total: Array, mass: Array) -> Array:
    """Momenta (N, 4), on their shells, that add up at every vertex; `given` are Pythia's, in the rest frame of each string."""
    n, size = len(total), len(mother)
    string = np.repeat(np.arange(n), np.diff(offsets))
    # vertices: strings first, then particles that decay
    vertex = np.where(mother < 0, string, n + offsets[string] + mother)
    frame_mass = np.concatenate([mass, masses])
    sums = np.array([np.bincount(vertex, given[:, k], n + size) for k in range(4)]).T
    invariant = np.where(sums[:, 0] > 0, _mass(sums), 1.0)
    invariant = np.where(invariant > 0, invariant, 1.0)
    q = unboost(given, sums[vertex], invariant[vertex])[:, 1:]
    number = np.maximum(np.bincount(vertex, minlength=n + size), 1)
    q = q - np.array([np.bincount(vertex, q[:, k], n + size) / number for k in range(3)]).T[vertex]
    square = np.sum(q**2, axis=1)
    scale = np.ones(n + size)
    used = np.bincount(vertex, minlength=n + size) > 1
    # each vertex stops by itself: what others need must not move its last digit
    active = used.copy()
    for _ in range(_STEPS):
        energy = np.sqrt(masses**2 + scale[vertex] ** 2 * square)
        excess = np.where(used, np.bincount(vertex, energy, n + size) - frame_mass, 0.0)
        slope = np.bincount(vertex, scale[vertex] * square / np.maximum(energy, 1e-300), n + size)
        step = np.divide(excess, slope, out=np.zeros(n + size), where=slope > 0)
        active &= np.abs(excess) > 4 * np.finfo(float).eps * frame_mass
        if not active.any():
            break
        scale = np.where(active, np.maximum(scale - step, scale / 2), scale)
    else:
        if np.any(np.abs(excess) > 1e-13 * frame_mass):
            raise ConvergenceError("hadrons: momenta of a decay could not be made to add up")
    own = np.empty((4, size)).T
    own[:, 1:] = q * scale[vertex, None]
    own[:, 0] = np.sqrt(masses**2 + np.sum(own[:, 1:] ** 2, axis=1))
    # mothers stand before daughters: as many rounds as there are generations
    out = np.empty((4, size)).T
    frames = np.concatenate([total, out])
    done: NDArray[np.bool_] = np.concatenate([np.ones(n, bool), np.zeros(size, bool)])
    left = np.arange(size)
    while len(left):
        ready = left[done[vertex[left]]]
        out[ready] = boost(own[ready], frames[vertex[ready]], frame_mass[vertex[ready]])
        frames[n + ready] = out[ready]
        done[n + ready] = True
        left = left[~done[n + left]]
    return out
