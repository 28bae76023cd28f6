"""Decays into a lepton and a quark pair, the strings behind inclusive hadronic widths: which masses they have, and which |M|^2.

An inclusive channel is what quarks have more than the mesons listed one by one: the width of each current's quarks less that of its
mesons. Mesons are the lower part of the spectrum of hadronic masses, so the quarks of what remains are those above a mass W_0, chosen such
that the exact |M|^2 above it has that width: duality, as between rho and a1 in tau decays (a choice). W_0 is never below `LEAST`, where the
lightest hadrons besides the listed ones begin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from .. import pdg as particles
from ..constants import G_F, SIN2_THETA_W
from ..kernels.arrays import Array
from . import quarks
from .terms import ChiralTerm

UP, DOWN, STRANGE, CHARM, BEAUTY = 2, 1, 3, 4, 5
CHARGED_PAIRS = ((UP, DOWN), (UP, STRANGE), (CHARM, DOWN), (CHARM, STRANGE), (UP, BEAUTY), (CHARM, BEAUTY))
"""Quark and antiquark of l- q qbar', in the order of `quarks.charged_current_quarks`."""
NEUTRAL_FLAVOURS = (UP, DOWN, STRANGE, CHARM, BEAUTY)
_OURS = quarks.DEFAULT_MASSES
QUARK_MASSES = {
    code: float(np.asarray(mass))
    for code, mass in zip(NEUTRAL_FLAVOURS, (_OURS.up, _OURS.down, _OURS.strange, _OURS.charm, _OURS.bottom), strict=True)
}
"""GeV, those of the widths."""
_LISTED = {
    (UP, DOWN): ("pi+", "rho+"),
    (UP, STRANGE): ("K+", "K*+"),
    (CHARM, DOWN): ("D+", "D*+"),
    (CHARM, STRANGE): ("Ds+", "Ds*+"),
    (CHARM,): ("eta_c", "J/psi"),
}
"""Mesons of each current that have channels of their own."""
_LIGHT = ("pi0", "eta", "eta'", "rho0", "omega", "phi_meson")

LEAST = {
    frozenset((UP, DOWN)): 0.75,
    frozenset((UP,)): 0.75,
    frozenset((DOWN,)): 0.75,
    frozenset((UP, STRANGE)): 0.75,
    frozenset((STRANGE,)): 1.15,
    frozenset((CHARM, DOWN)): 2.10,
    frozenset((CHARM, STRANGE)): 2.45,
    frozenset((CHARM,)): 3.85,
    frozenset((UP, BEAUTY)): 5.50,
    frozenset((CHARM, BEAUTY)): 7.25,
    frozenset((BEAUTY,)): 10.70,
}
"""Least mass of a string, GeV, by its flavours: about 0.1 above its two lightest hadrons, for light quarks above two pions, which the
channels with a rho hold at any mass (a choice)."""
_TWO_PIONS = ((-211, 111), (111, 211), (-211, 211), (111, 111))
_PION_AND_ETA = ((-211, 221), (111, 221), (211, 221), (-211, 331), (111, 331), (211, 331))
EXCLUDED = (*_TWO_PIONS, *_PION_AND_ETA)
"""Hadrons, by rising code, that are drawn anew: two pions, which the channels with a rho hold at any mass, and a pion with an eta or eta',
which no vector or axial current of light quarks makes (G parity, C)."""

_LITTLE, _ROOM = 1e-3, 1.05
"""Part of a current's width below which, and room for the hadrons over their least mass below which, few quarks drawn would be heavy
enough: such a current leaves its part to the others of the channel."""
_PROBES = 1 << 15
_LATTICE_ROOT = 1.1127756842787055
"""Of x^7 = x + 1: its powers make a lattice that covers the six-dimensional unit cube evenly."""


@dataclass(frozen=True)
class StringTerm:
    """N -> lepton q qbar' with strings of a mass W > W_0; products are the lepton, the quark and the antiquark (in CC their conjugates).

    |M|^2 is that of the quarks above W_0, 0 below, times what makes its integral the `width`.
    """

    core: ChiralTerm
    """Quarks of any mass; its width is theirs."""
    width: float
    """GeV."""
    kept: float
    """Part of the quarks' width that the mesons listed leave."""
    floor: float
    """Least W_0, GeV."""
    excluded: tuple[tuple[int, ...], ...] = EXCLUDED
    """Hadrons, by rising code, that the string must not become."""

    @property
    def pdg(self) -> tuple[int, ...]:
        """Codes of the lepton and the two quarks."""
        return self.core.pdg

    @property
    def masses(self) -> tuple[float, ...]:
        """Masses of the lepton and the two quarks, GeV."""
        return self.core.masses

    @property
    def draws(self) -> int:
        """Uniform numbers of a proposal."""
        return self.core.draws

    @cached_property
    def _cut(self) -> tuple[float, float]:
        """W_0 in GeV and the part of the quarks' width above it; by 32768 points of a lattice, to some 1e-3."""
        lattice = (0.5 + np.arange(_PROBES)[:, None] * _LATTICE_ROOT ** -np.arange(1.0, self.draws + 1)) % 1.0
        momenta, weight = self.core.propose(lattice, np.zeros((_PROBES, 3)))
        mass = string_mass(momenta)
        order = np.argsort(-mass)
        above = np.cumsum(weight[order]) / weight.sum()
        place = min(int(np.searchsorted(above, self.kept)), _PROBES - 1)
        least = max(float(mass[order[place]]), self.floor)
        return least, float(weight[mass >= least].sum() / weight.sum())

    @property
    def least(self) -> float:
        """W_0, GeV."""
        return self._cut[0]

    def msq(self, momenta: Array, spin: Array) -> Array:
        """|M|^2 (n,), summed over final spins and colours."""
        least, part = self._cut
        scale = self.width / (self.core.width * part) if part > 0 else 0.0
        result: Array = np.where(string_mass(momenta) >= least, scale * self.core.msq(momenta, spin), 0.0)
        return result

    def propose(self, u: Array, spin: Array) -> tuple[Array, Array]:
        """Momenta of lepton and quarks, and the probability (n,) to accept them: 0 for strings that are too light."""
        momenta, acceptance = self.core.propose(u, spin)
        return momenta, np.where(string_mass(momenta) >= self.least, acceptance, 0.0)

    def conjugate(self) -> "StringTerm":
        """The antiparticle's decay: conjugate products, the spin reversed."""
        return replace(self, core=self.core.conjugate())


def string_mass(momenta: Array) -> Array:
    """Mass (n,) of the quark pair, GeV: the last two of the products (n, 3, 4)."""
    pair = momenta[:, 1] + momenta[:, 2]
    square = pair[:, 0] ** 2 - pair[:, 1] ** 2 - pair[:, 2] ** 2 - pair[:, 3] ** 2
    result: Array = np.sqrt(np.maximum(square, 0.0))
    return result


def string_terms(
    products: str, flavour: int, conserving: bool, mass: float, mixing2: float, width: float, unit: Mapping[str, float]
) -> list[StringTerm]:
    """Decays into quarks that make up a piece of an inclusive channel, of the given width in GeV; empty where no string is heavy enough.

    `products`: 'nu hadrons', 'mu- hadrons', 'mu+ hadrons'; `flavour` and `conserving` as in `standard.Piece`; `unit`: widths for unit
    mixing by name.
    """
    sign = 1 if conserving else -1
    charged, neutral, correction = _widths_of_quarks(mass)
    found: list[tuple[tuple[int, ...], tuple[float, ...], float, float, float, float]] = []
    if products == "nu hadrons":
        left, right = (one[:, 0] for one in quarks.neutral_couplings(float(SIN2_THETA_W)))
        light = [k for k, q in enumerate(NEUTRAL_FLAVOURS) if q in (UP, DOWN, STRANGE)]
        listed = sum(unit[f"nu {meson}"] for meson in _LIGHT)
        of_light = _rest(float(neutral[light].sum()), listed)
        for k, q in enumerate(NEUTRAL_FLAVOURS):
            kept = of_light if k in light else _rest(float(neutral[k]), sum(unit[f"nu {meson}"] for meson in _LISTED.get((q,), ())))
            nu = sign * particles.NEUTRINO_OF_FLAVOUR[flavour]
            found.append(((nu, q, -q), (0.0, QUARK_MASSES[q], QUARK_MASSES[q]), float(left[k]), float(right[k]), float(neutral[k]), kept))
        m_lepton = 0.0
    else:
        lepton = f"{particles.FLAVOURS[flavour]}-"
        m_lepton = particles.mass(particles.LEPTON_OF_FLAVOUR[flavour])
        for k, pair in enumerate(CHARGED_PAIRS):
            kept = _rest(float(charged[flavour, k]), sum(unit[f"{lepton} {meson}"] for meson in _LISTED.get(pair, ())))
            codes = sign * particles.LEPTON_OF_FLAVOUR[flavour], sign * pair[0], -sign * pair[1]
            masses = m_lepton, QUARK_MASSES[pair[0]], QUARK_MASSES[pair[1]]
            found.append((codes, masses, 1.0, 0.0, float(charged[flavour, k]), kept))
    room = mass - m_lepton
    open_ones = [one for one in found if one[4] > 0 and one[5] > _LITTLE and LEAST[_flavours(one[0])] * _ROOM < room]
    total = sum(one[4] * one[5] for one in open_ones)
    terms = []
    for of, at, g_left, g_right, whole, kept in open_ones:
        # of q qbar the conjugate has the chiralities exchanged; with a charged lepton each product stands for its antiparticle
        exchanged = not conserving and products == "nu hadrons"
        first, second = (g_right**2, g_left**2) if exchanged else (g_left**2, g_right**2)
        scale = 64 * G_F**2 * mixing2 * correction[tuple(abs(code) for code in of)]
        core = ChiralTerm(of, mass, at, whole * mixing2, first, second, g_left * g_right, -1.0 if conserving else 1.0, scale)
        terms.append(StringTerm(core, width * (whole * kept / total), kept, LEAST[_flavours(of)]))
    return terms


@lru_cache(maxsize=16)
def _widths_of_quarks(mass: float) -> tuple[Array, Array, dict[tuple[int, ...], float]]:
    """Widths by current for unit mixing, shapes (3, 6) and (5,), and by lepton and quarks what multiplies one colour's |M|^2 in them."""
    at = np.array([mass])
    charged, neutral = (one[..., 0] for one in quarks.inclusive_pairs(at))
    bare = quarks.charged_current_quarks(at)[..., 0], quarks.neutral_current_quarks(at)[..., 0]
    factor: dict[tuple[int, ...], float] = {}
    for flavour, lepton in enumerate(particles.LEPTON_OF_FLAVOUR):
        for k, pair in enumerate(CHARGED_PAIRS):
            if bare[0][flavour, k] > 0:
                ckm2 = float(quarks.CKM2[k, 0])
                factor[(lepton, *pair)] = quarks.COLOURS * ckm2 * float(charged[flavour, k] / bare[0][flavour, k])
    for k, q in enumerate(NEUTRAL_FLAVOURS):
        if bare[1][k] > 0:
            factor.update({(nu, q, q): quarks.COLOURS * float(neutral[k] / bare[1][k]) for nu in particles.NEUTRINO_OF_FLAVOUR})
    return charged, neutral, factor


def _rest(whole: float, listed: float) -> float:
    """Part of a current's width that its mesons leave."""
    return max(1 - listed / whole, 0.0) if whole > 0 else 0.0


def _flavours(codes: tuple[int, ...]) -> frozenset[int]:
    return frozenset(abs(code) for code in codes[1:])
