"""Every channel of a heavy neutrino through SM currents: one list from which tables, widths and events follow.

A channel is a list of pieces: one light-neutrino flavour (or charged-lepton flavour) and one lepton number each. Pieces of a
channel do not interfere. A Dirac particle has the pieces that conserve lepton number, a Majorana neutrino all of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial

from .. import pdg
from ..constants import G_F, SIN2_THETA_W, V_UD
from . import hadronic
from .channel import Term
from .current_term import CurrentTerm
from .terms import ChiralTerm, TwoBodyTerm
from .two_pions import NEUTRAL_COUPLING, pair_masses
from .unit_widths import lepton_pair_name

CHARGED_CURRENT = "arXiv:1805.08567, sec. 3.1.1"
NEUTRAL_CURRENT = "arXiv:1805.08567, sec. 3.1.2"
ONE_MESON = "arXiv:1805.08567, sec. 3.2.1"
INCLUSIVE = "arXiv:1805.08567, sec. 3.2.2: quarks with the QCD correction of tau decays, less the listed channels of the same current"
RADIATIVE = "P. Pal, L. Wolfenstein, Phys. Rev. D 25 (1982) 766; prefactor not re-derived"


@dataclass(frozen=True, slots=True)
class Piece:
    """A channel's part with one flavour of the heavy neutrino's mixing and one lepton number."""

    flavour: int
    """Row of the mixing: 0, 1, 2 for e, mu, tau."""
    conserving: bool
    """Whether lepton number is conserved for a parent that counts as a particle."""
    via: tuple[str, ...]
    """Bosons that mediate it."""
    width: str
    """Name of its width among `unit_widths`."""
    term: Callable[[float, float, float], Term] | None
    """From the parent's mass, the |U|^2 and the width; None for an inclusive final state, of which no events are made."""
    share: float = 1.0
    """Of that width."""


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """A final state and its pieces."""

    products: str
    """In nusim's canonical order."""
    pieces: tuple[Piece, ...]
    source: str


def _codes(names: Iterable[str], neutrino: int) -> tuple[int, ...]:
    return tuple(neutrino if name == "nu" else pdg.CODES[name] for name in names)


def _two_body(
    codes: tuple[int, ...], masses: tuple[float, ...], asymmetry: Callable[[float], float], m: float, mixing: float, width: float
) -> Term:
    return TwoBodyTerm(codes, m, masses, width, asymmetry(m))


def _chiral(
    codes: tuple[int, ...], masses: tuple[float, ...], left: float, right: float, conserving: bool, m: float, mixing: float, width: float
) -> Term:
    """A contact three-body term: |M|^2 = 64 G_F^2 |U|^2 {...} for a polarised parent, half of the sum over its spins too."""
    first, second = (left**2, right**2) if conserving else (right**2, left**2)
    return ChiralTerm(codes, m, masses, width, first, second, left * right, -1.0 if conserving else 1.0, 64 * G_F**2 * mixing)


def _current(
    codes: tuple[int, ...], masses: tuple[float, float, float], coupling2: float, conserving: bool, m: float, mixing: float, width: float
) -> Term:
    """Two pions: |M|^2 = 4 G_F^2 coupling^2 |U|^2 |F|^2 {...}."""
    return CurrentTerm(codes, m, masses, width, -1.0 if conserving else 1.0, 4 * G_F**2 * coupling2 * mixing)


def _three_neutrinos() -> ChannelSpec:
    """N -> nu_a nu_b nubar_b: a quarter of Gamma_0 for each b != a, half of it for b = a, where exchange doubles the amplitude
    and two identical particles halve the phase space."""
    pieces = []
    for a, code in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
        for b, other in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
            share = 0.5 if a == b else 0.25
            for conserving in (True, False):
                sign = 1 if conserving else -1
                codes = (sign * code, sign * other, -sign * other)
                # neutrino: (H.c)(a.b) with c the antineutrino; conjugate: the same particles conjugated, the spin reversed
                term = partial(_three_neutrino_term, codes, share, conserving)
                pieces.append(Piece(a, conserving, ("Z",), "nu nu nu", term, share))
    return ChannelSpec("nu nu nu", tuple(pieces), NEUTRAL_CURRENT)


def _three_neutrino_term(codes: tuple[int, ...], share: float, conserving: bool, m: float, mixing: float, width: float) -> Term:
    return ChiralTerm(codes, m, (0.0, 0.0, 0.0), width, share, 0.0, 0.0, -1.0 if conserving else 1.0, 64 * G_F**2 * mixing)


def _lepton_pair(lepton: int) -> ChannelSpec:
    """N -> nu l- l+: Z for every flavour of the mixing, W and Z together for the matching one."""
    name = pdg.FLAVOURS[lepton]
    mass = pdg.mass(pdg.LEPTON_OF_FLAVOUR[lepton])
    names = ("nu", f"{name}-", f"{name}+")
    right = float(SIN2_THETA_W)
    pieces = []
    for flavour, neutrino in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
        charged = flavour == lepton
        left = right - 0.5 + charged
        via = ("W", "Z") if charged else ("Z",)
        for conserving in (True, False):
            codes = _codes(names, neutrino if conserving else -neutrino)
            term = partial(_chiral, codes, (0.0, mass, mass), left, right, conserving)
            pieces.append(Piece(flavour, conserving, via, lepton_pair_name(lepton, charged), term))
    return ChannelSpec(" ".join(names), tuple(pieces), NEUTRAL_CURRENT)


def _two_flavours(negative: int, positive: int) -> ChannelSpec:
    """N -> nu l_a- l_b+: nu_b with the mixing of a, and for the conjugate current nubar_a with the mixing of b."""
    names = ("nu", f"{pdg.FLAVOURS[negative]}-", f"{pdg.FLAVOURS[positive]}+")
    m_negative, m_positive = (pdg.mass(pdg.LEPTON_OF_FLAVOUR[k]) for k in (negative, positive))
    products, pieces = " ".join(names), []
    for flavour, other, conserving in ((negative, positive, True), (positive, negative, False)):
        neutrino = pdg.NEUTRINO_OF_FLAVOUR[other] * (1 if conserving else -1)
        term = partial(_chiral, _codes(names, neutrino), (0.0, m_negative, m_positive), 1.0, 0.0, conserving)
        pieces.append(Piece(flavour, conserving, ("W",), products, term))
    return ChannelSpec(products, tuple(pieces), CHARGED_CURRENT)


def _neutral(products: str, via: tuple[str, ...], m_boson: float, asymmetry: Callable[[float], float], source: str) -> ChannelSpec:
    """N -> nu X for a neutral X: every flavour, both lepton numbers with opposite asymmetries."""
    pieces = []
    for flavour, neutrino in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
        for conserving in (True, False):
            codes = _codes(products.split(), neutrino if conserving else -neutrino)
            signed = partial(_signed, asymmetry, 1.0 if conserving else -1.0)
            pieces.append(Piece(flavour, conserving, via, products, partial(_two_body, codes, (0.0, m_boson), signed)))
    return ChannelSpec(products, tuple(pieces), source)


def _charged(lepton: int, meson: str, positive: bool, asymmetry: Callable[[float], float]) -> ChannelSpec:
    """N -> l- M+, or its conjugate l+ M-, which needs a Majorana parent."""
    names = f"{pdg.FLAVOURS[lepton]}- {meson}"
    products = names if positive else pdg.conjugate_products(names)
    masses = (pdg.mass(pdg.LEPTON_OF_FLAVOUR[lepton]), pdg.mass(pdg.CODES[meson]))
    signed = partial(_signed, asymmetry, 1.0 if positive else -1.0)
    piece = Piece(lepton, positive, ("W",), names, partial(_two_body, _codes(products.split(), 0), masses, signed))
    return ChannelSpec(products, (piece,), _meson_source(meson))


def _signed(asymmetry: Callable[[float], float], sign: float, mass: float) -> float:
    return sign * asymmetry(mass)


def _charged_rho(lepton: int, positive: bool) -> ChannelSpec:
    """N -> l- pi+ pi0, or its conjugate."""
    names = f"{pdg.FLAVOURS[lepton]}- rho+"
    masses = (pdg.mass(pdg.LEPTON_OF_FLAVOUR[lepton]), *pair_masses(True))
    sign = 1 if positive else -1
    codes = (sign * pdg.LEPTON_OF_FLAVOUR[lepton], sign * 211, 111)
    piece = Piece(lepton, positive, ("W",), names, partial(_current, codes, masses, V_UD**2, positive))
    return ChannelSpec(names if positive else pdg.conjugate_products(names), (piece,), _meson_source("rho+"))


def _neutral_rho() -> ChannelSpec:
    """N -> nu pi+ pi-."""
    pieces, masses = [], (0.0, *pair_masses(False))
    for flavour, neutrino in enumerate(pdg.NEUTRINO_OF_FLAVOUR):
        for conserving in (True, False):
            codes = (neutrino if conserving else -neutrino, 211, -211)
            pieces.append(
                Piece(flavour, conserving, ("Z",), "nu rho0", partial(_current, codes, masses, NEUTRAL_COUPLING**2 / 2, conserving))
            )
    return ChannelSpec("nu rho0", tuple(pieces), _meson_source("rho0"))


def _inclusive() -> list[ChannelSpec]:
    """N -> nu hadrons, l- hadrons and l+ hadrons, beyond the channels listed one by one."""
    both = (True, False)
    specs = [ChannelSpec("nu hadrons", tuple(Piece(k, c, ("Z",), "nu hadrons", None) for k in range(3) for c in both), INCLUSIVE)]
    for k, flavour in enumerate(pdg.FLAVOURS):
        name = f"{flavour}- hadrons"
        specs.append(ChannelSpec(name, (Piece(k, True, ("W",), name, None),), INCLUSIVE))
        specs.append(ChannelSpec(f"{flavour}+ hadrons", (Piece(k, False, ("W",), name, None),), INCLUSIVE))
    return specs


def _meson_source(meson: str) -> str:
    note = hadronic.THEORY_NOTES.get(meson)
    return f"{ONE_MESON}; {note}" if note else ONE_MESON


@cache
def channels() -> tuple[ChannelSpec, ...]:
    """All channels through SM currents, in the order they are listed."""
    specs = [_three_neutrinos()]
    specs += [_lepton_pair(k) for k in range(3)]
    specs += [_two_flavours(a, b) for a in range(3) for b in range(3) if a != b]
    # a left-handed neutrino recoils against a photon of helicity -1 along the parent's spin: 1 + cos
    specs.append(_neutral("nu gamma", ("loop",), 0.0, lambda m: -1.0, RADIATIVE))
    for meson in hadronic.NEUTRAL_PSEUDOSCALARS:
        specs.append(_neutral(f"nu {meson}", ("Z",), pdg.mass(pdg.CODES[meson]), lambda m: 1.0, _meson_source(meson)))
    specs.append(_neutral_rho())
    for meson in hadronic.NEUTRAL_VECTORS:
        mass = pdg.mass(pdg.CODES[meson])
        specs.append(_neutral(f"nu {meson}", ("Z",), mass, partial(hadronic.asymmetry_nu_vector, m_meson=mass), _meson_source(meson)))
    for mesons, asymmetry_of in (
        (hadronic.CHARGED_PSEUDOSCALARS, hadronic.asymmetry_lepton_pseudoscalar),
        (hadronic.CHARGED_VECTORS, hadronic.asymmetry_lepton_vector),
    ):
        for meson in mesons:
            for lepton in range(3):
                pair = {"m_lepton": pdg.mass(pdg.LEPTON_OF_FLAVOUR[lepton]), "m_meson": pdg.mass(pdg.CODES[meson])}
                specs += [_charged(lepton, meson, positive, partial(asymmetry_of, **pair)) for positive in (True, False)]
    specs += [_charged_rho(lepton, positive) for lepton in range(3) for positive in (True, False)]
    return (*specs, *_inclusive())
