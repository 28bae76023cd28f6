"""Quarks and gluons behind the inclusive hadronic widths of the Z' (above 1.1 GeV) and of the dark scalar (above 2 GeV).

A Z' makes quarks by the squares of their charges, with beta (3 - beta^2) / 2 of the mesons that open them, at the angles of a vector
current; a scalar makes gluons and s, c, b quarks by the widths of `scalar_hadrons`, isotropically. The dark scalar between 1 and 2 GeV,
where neither mesons nor quarks are known, has none.
"""

from ..kernels.kinematics import kallen_sqrt
from .boson_hadron_terms import FLAT, MesonPairTerm
from .boson_hadrons import M_B, M_D, M_K_PLUS, M_PI0, OMEGA_PI0_TOP
from .couplings import Couplings
from .scalar_hadrons import PERTURBATIVE_FROM, perturbative_parts
from .strings import BEAUTY, CHARM, DOWN, LEAST, QUARK_MASSES, STRANGE, UP

_CHARGES = {UP: 2 / 3, DOWN: -1 / 3, STRANGE: -1 / 3, CHARM: 2 / 3, BEAUTY: -1 / 3}
_OPENED_BY = {UP: float(M_PI0), DOWN: float(M_PI0), STRANGE: float(M_K_PLUS), CHARM: float(M_D), BEAUTY: float(M_B)}
GLUON = 21


def zprime_strings(found: Couplings, width: float) -> list[MesonPairTerm]:
    """Z' -> q qbar whose widths, GeV, sum to `width`; none up to 1.1 GeV, where exclusive hadrons are all there is."""
    m = found.zprime.mass
    if not width > 0 or m <= OMEGA_PI0_TOP:
        return []
    shares, shapes = {}, {}
    for flavour, charge in _CHARGES.items():
        if m <= LEAST[frozenset((flavour,))]:
            continue
        beta = _velocity(m, _OPENED_BY[flavour])
        shares[flavour] = charge**2 * beta * (3 - beta**2) / 2
        # |M|^2 ~ 1 - beta^2 |e.n|^2
        square = _velocity(m, QUARK_MASSES[flavour]) ** 2
        shapes[flavour] = 1 / (1 - square / 3), (1 - square) / (1 - square / 3)
    total = sum(shares.values())
    return [_pair(m, flavour, width * share / total, shapes[flavour], "Z'") for flavour, share in shares.items()]


def scalar_strings(found: Couplings, width: float) -> list[MesonPairTerm]:
    """phi' -> g g, s sbar, c cbar, b bbar whose widths, GeV, sum to `width`; none below 2 GeV."""
    m = found.m_phi
    if not width > 0 or m < PERTURBATIVE_FROM:
        return []
    parts = {code: float(part) for code, part in zip((GLUON, STRANGE, CHARM, BEAUTY), perturbative_parts(m), strict=True)}
    kept = {code: part for code, part in parts.items() if part > 0 and (code == GLUON or m > LEAST[frozenset((code,))])}
    total = sum(kept.values())
    return [_pair(m, code, width * part / total, FLAT, "phi'") for code, part in kept.items()]


def _pair(m: float, code: int, width: float, shape: tuple[float, float], via: str) -> MesonPairTerm:
    mass = 0.0 if code == GLUON else QUARK_MASSES[code]
    return MesonPairTerm((code, code if code == GLUON else -code), m, (mass, mass), width, shape, (via,))


def _velocity(m: float, mass: float) -> float:
    """Of either of two particles in their rest frame."""
    return float(kallen_sqrt(m, mass, mass)) / m**2
