"""Particles by PDG code and by nusim's names: masses, lifetimes, charges, and the naming of final states.

Masses and lifetimes come from the package `particle` (the PDG's tables); it is imported at the first
look-up, so that the model layer never pays for it. Heavy states get their mass from a Spectrum, not here.
"""

from functools import cache

from .errors import ParameterError
from .units import MeV, mm

NU_E, NU_MU, NU_TAU = 12, 14, 16
FLAVOURS = ("e", "mu", "tau")
NEUTRINO_OF_FLAVOUR = (NU_E, NU_MU, NU_TAU)
LEPTON_OF_FLAVOUR = (11, 13, 15)

HEAVY_STATE_CODES = {
    "nu4": 9900012,
    "nu5": 9900014,
    "nu6": 9900016,
    "nu7": 9900018,
    "nu8": 9900020,
    "nu9": 9900022,
    "zprime": 32,
    "phi": 9900025,
}
"""Default PDG codes of nusim's own states. 9900012, 9900014 and 9900016 are the PDG's codes for
heavy neutrinos; codes 99nnnnn beyond its list are free to users (PDG, "Monte Carlo Particle Numbering Scheme"):
9900018, 9900020 and 9900022 continue the even numbers for nu7 to nu9, 9900025 is a scalar. 32 is the PDG's Z'."""

BOSONS = frozenset({"zprime", "phi"})
"""Heavy states that are their own antiparticles in every model."""
VECTOR_STATES = frozenset({"zprime"})
"""Those of spin 1, whose spins are complex polarisation vectors."""

CODES = {
    "e-": 11,
    "e+": -11,
    "mu-": 13,
    "mu+": -13,
    "tau-": 15,
    "tau+": -15,
    "gamma": 22,
    "pi0": 111,
    "pi+": 211,
    "pi-": -211,
    "K0": 311,
    "K0bar": -311,
    "KL": 130,
    "KS": 310,
    "K+": 321,
    "K-": -321,
    "eta": 221,
    "eta'": 331,
    "rho0": 113,
    "rho+": 213,
    "rho-": -213,
    "omega": 223,
    "phi_meson": 333,
    "K*+": 323,
    "K*-": -323,
    "K*0": 313,
    "K*0bar": -313,
    "D+": 411,
    "D-": -411,
    "D0": 421,
    "D0bar": -421,
    "D*0": 423,
    "D*0bar": -423,
    "D*+": 413,
    "D*-": -413,
    "Ds+": 431,
    "Ds-": -431,
    "Ds*+": 433,
    "Ds*-": -433,
    "B+": 521,
    "B-": -521,
    "B0": 511,
    "B0bar": -511,
    "Bs0": 531,
    "Bs0bar": -531,
    "Bc+": 541,
    "Bc-": -541,
    "Lambda_c+": 4122,
    "Lambda_c-": -4122,
    "eta_c": 441,
    "J/psi": 443,
    "pN": 90,
    "X": 91,
}
"""nusim's names of ordinary particles and their PDG codes; 90 stands for beam proton and struck nucleon together, 91 for all that a
collision makes besides the particle of interest (PDG: codes 81 to 100 are free for a generator's own objects)."""
PROTON_NUCLEON, REMNANT = 90, 91

NAMES = {code: name for name, code in CODES.items()} | {code: name for name, code in HEAVY_STATE_CODES.items()}

_CANONICAL_ORDER = (
    *("nu9", "nu8", "nu7", "nu6", "nu5", "nu4", "zprime", "phi", "nu"),
    *("e-", "mu-", "tau-", "e+", "mu+", "tau+"),
)


@cache
def mass(code: int) -> float:
    """Mass in GeV of an ordinary particle, 0 for a light neutrino and the photon.

    Raises ParameterError for a code the PDG tables do not hold.
    """
    if abs(code) in NEUTRINO_OF_FLAVOUR or code == 22:
        return 0.0
    value = _entry(code).mass
    if value is None:
        raise ParameterError(f"PDG code {code}: the tables give no mass")
    return float(value) * MeV


@cache
def ctau(code: int) -> float:
    """Proper decay length c tau in metres of an ordinary particle; infinite for a stable one."""
    value = _entry(code).ctau
    if value is None:
        raise ParameterError(f"PDG code {code}: the tables give no lifetime")
    return float(value) * mm


@cache
def charge(code: int) -> int:
    """Electric charge in units of e; heavy states of nusim are neutral."""
    if abs(code) in HEAVY_STATE_CODES.values():
        return 0
    return round(float(_entry(code).charge or 0.0))


def anti(code: int) -> int:
    """PDG code of the antiparticle."""
    self_conjugate = (22, 111, 113, 130, 221, 223, 310, 331, 333, 441, 443, 32, 9900025)
    return code if code in self_conjugate else -code


@cache
def _entry(code: int):  # type: ignore[no-untyped-def]
    from particle import Particle, ParticleNotFound

    try:
        return Particle.from_pdgid(code)
    except ParticleNotFound:
        raise ParameterError(f"PDG code {code}: not in the PDG tables") from None


def _is_known(name: str) -> bool:
    return name in CODES or name in _CANONICAL_ORDER or name == "hadrons"


def _rank(name: str) -> tuple[int, float, int]:
    if name in _CANONICAL_ORDER:
        return (0, float(_CANONICAL_ORDER.index(name)), 0)
    if name in ("gamma", "hadrons"):
        return (2, 0.0, 0)
    code = CODES[name]
    return (1, mass(abs(code)), -charge(code))


@cache
def canonical_products(text: str) -> str:
    """A final state in nusim's canonical order: 'e+ nu e-' gives 'nu e- e+'.

    Order: heavy states, nu, charged leptons (negative first, then by mass), mesons, gamma.
    Raises ParameterError with the unknown name.
    """
    names = text.split()
    for name in names:
        if not _is_known(name):
            raise ParameterError(f"final state {text!r}: unknown particle {name!r}; known: nu nu4 nu5 {' '.join(CODES)}")
    return " ".join(sorted(names, key=_rank))


def conjugate_products(text: str) -> str:
    """The charge-conjugate final state in canonical order: 'nu e- mu+' gives 'nu mu- e+'; light neutrinos stay 'nu'."""
    names = [NAMES[anti(CODES[name])] if name in CODES else name for name in text.split()]
    return canonical_products(" ".join(names))
