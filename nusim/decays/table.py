"""Widths of a heavy neutrino through SM currents at many points, and whole decay tables."""

import math
from functools import cache

import numpy as np

from ..constants import M_W
from ..errors import ParameterError
from ..kernels.arrays import Array
from ..model.spectrum import Spectrum
from .channel import Channel, DecayTable
from .dark import boson_mass, channels_with_dark, dark_channels, dark_parents, dark_warnings
from .quarks import LEAST_MASS
from .standard import channels
from .strings import StringTerm, string_terms
from .uncertainty import unit_errors
from .unit_widths import unit_widths

_TOO_HEAVY = f"decays through W and Z are computed for masses below that of the W, {M_W:.4g} GeV"
_ROUNDING = 1e-9
"""Excess over 1 allowed to a mixing that is computed."""


def partial_widths(mass: Array, mixing2: Array, majorana: bool) -> dict[str, Array]:
    """Width of every channel through SM currents at many parameter points, GeV.

    `mass` (n,) in GeV; `mixing2` (3,) or (3, n): |U_e|^2, |U_mu|^2, |U_tau|^2. Each array has shape (n,), 0 where closed.
    Raises ParameterError for masses or mixings outside their domain, or shapes that do not fit.
    """
    mass, mixing = np.atleast_1d(np.asarray(mass, float)), np.asarray(mixing2, float)
    if mass.ndim != 1 or mixing.shape not in ((3,), (3, len(mass))):
        raise ParameterError(f"partial widths: mixing2 of shape {mixing.shape} for masses of shape {mass.shape}: expected (3,) or (3, n)")
    if not (np.all(mass > 0) and np.all(np.isfinite(mass)) and np.all(mixing >= 0) and np.all(mixing <= 1 + _ROUNDING)):
        found = f"masses {np.min(mass):g} to {np.max(mass):g} GeV, mixings {np.min(mixing):g} to {np.max(mixing):g}"
        raise ParameterError(f"partial widths: {found}: masses must be positive and finite, mixings between 0 and 1")
    if np.any(mass >= M_W):
        raise ParameterError(f"partial widths: mass {float(np.max(mass)):.6g} GeV: {_TOO_HEAVY}")
    unit = unit_widths(mass)
    out = {}
    for products, parts in _parts(majorana):
        total = np.zeros(len(mass))
        for (name, flavour), number in parts:
            total += number * mixing[flavour] * unit[name]
        out[products] = total
    return out


@cache
def _parts(majorana: bool) -> list[tuple[str, list[tuple[tuple[str, int], float]]]]:
    """Of each channel how often it holds which unit width with the mixing of which flavour."""
    found = []
    for spec in channels():
        number: dict[tuple[str, int], float] = {}
        for piece in spec.pieces:
            if piece.conserving or majorana:
                key = piece.width, piece.flavour
                number[key] = number.get(key, 0.0) + piece.share
        found.append((spec.products, list(number.items())))
    return found


INCLUSIVE_NOTE = (
    "decays into several hadrons are inclusive, quarks less the listed channels: part of widths and rates, their events need nusim[hadrons]"
)
_NEAR_STEP = 0.1
"""About the mass where inclusive widths begin, relative: the step is said."""
CONTACT_MASS = 15.0
"""GeV above which the W's propagator is felt by more than 2% of the width."""


def standard_channels(spectrum: Spectrum, state: str) -> list[Channel]:
    """Every channel of a heavy neutrino through SM currents, closed ones included."""
    mass, mixing = spectrum.mass(state), spectrum.active_mixing2(state).tolist()
    if mass >= M_W:
        raise ParameterError(f"decay table of {state}: mass {mass:.6g} GeV: {_TOO_HEAVY}")
    unit = {name: float(width[0]) for name, width in unit_widths(np.array([mass])).items()}
    errors = unit_errors(mass, unit)
    listed = []
    for spec in channels():
        terms, used, widths = [], [], []
        partons: list[StringTerm] = []
        causes: dict[str, float] = {}
        for piece in spec.pieces:
            share = mixing[piece.flavour] * piece.share if piece.conserving or spectrum.majorana else 0.0
            width = share * unit[piece.width]
            if width > 0:
                used.append(piece)
                widths.append(width)
                if piece.term is not None:
                    terms.append(piece.term(mass, mixing[piece.flavour], width))
                else:
                    partons += string_terms(spec.products, piece.flavour, piece.conserving, mass, mixing[piece.flavour], width, unit)
                for cause, error in errors[piece.width].items():
                    causes[cause] = causes.get(cause, 0.0) + share * error
        via = tuple(sorted({boson for piece in used or spec.pieces for boson in piece.via}))
        listed.append(Channel(state, spec.products, math.fsum(widths), via, tuple(terms), spec.source, causes, tuple(partons)))
    return listed


def decay_table(spectrum: Spectrum, state: str) -> DecayTable:
    """Widths, branching ratios and the terms for events of 'nu4', 'nu5', ... or, in a dark-neutrino model, 'zprime' and 'phi'.

    Decays through W, Z, Z', the dark scalar and their mixing, with interference; warnings name what is missing. Raises ParameterError for a
    state the model does not have.
    """
    check_parent(spectrum, state)
    dark = dark_channels(spectrum, state)
    if state in dark_parents(spectrum):
        return DecayTable(state, boson_mass(spectrum, state), tuple(dark), table_warnings(spectrum, state))
    listed = channels_with_dark(spectrum, state, standard_channels(spectrum, state), dark)
    return DecayTable(state, spectrum.mass(state), tuple(listed), table_warnings(spectrum, state))


def check_parent(spectrum: Spectrum, state: str) -> None:
    """ParameterError, with the known ones, for a state that has no decay table."""
    known = (*spectrum.heavy_states, *dark_parents(spectrum))
    if state not in known:
        raise ParameterError(
            f"decay table of {state!r}: not a parent with known decays in model {spectrum.model.name}; parents: {', '.join(known)}"
        )


def table_warnings(spectrum: Spectrum, state: str) -> tuple[str, ...]:
    """What the table of a state leaves out, without making the table."""
    if state in dark_parents(spectrum):
        return tuple(dark_warnings(spectrum, state))
    mass, notes = spectrum.mass(state), []
    if mass > LEAST_MASS:
        notes.append(f"{state}: {INCLUSIVE_NOTE}")
    if LEAST_MASS * (1 - _NEAR_STEP) < mass < LEAST_MASS * (1 + _NEAR_STEP):
        notes.append(
            f"{state}: the inclusive width begins at {LEAST_MASS:g} GeV with a step, 5% of the total for e and mu: its error is as large"
        )
    if mass > CONTACT_MASS:
        share = 0.6 * (mass / M_W) ** 2
        notes.append(f"{state}: W and Z are taken as contact interactions: the total width is {share:.0%} too small at {mass:.4g} GeV")
    return (*notes, *dark_warnings(spectrum, state))
