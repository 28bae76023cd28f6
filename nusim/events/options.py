"""What is done with events besides what their amplitudes say: hadrons of quarks, decays of ordinary particles, times of the beam."""

from collections.abc import Iterable
from dataclasses import dataclass

from .. import pdg
from ..errors import ParameterError

SHORT = "short"
"""Stands for every meson and tau with c tau below 1 cm."""
_SHORT = (
    *("tau-", "pi0", "eta", "eta'", "rho0", "rho+", "omega", "phi_meson", "K*+", "K*0"),
    *("D+", "D0", "D*+", "D*0", "Ds+", "Ds*+", "eta_c", "J/psi", "B+", "B0", "Bs0", "Bc+", "Lambda_c+", "K0"),
)
_DECAYING = (*_SHORT, "mu-", "pi+", "K+", "KL", "KS")


@dataclass(frozen=True, slots=True)
class EventOptions:
    """Choices about events: which final states they hold, how far decays go on, and their times. `nusim rate` takes no notice of them."""

    hadronise: bool | None = None
    """Whether inclusive final states are made into hadrons by Pythia; None: if it is installed."""
    decay: tuple[str, ...] = ()
    """Ordinary particles that are to decay in events, with their antiparticles: 'tau', 'mu', 'pi0', 'omega', 'K*', ...; 'short': all with
    c tau below 1 cm."""
    timing: str | None = None
    """'buckets': decays have the time structure of the beam's spill; None: the proton passes the origin at time zero."""

    def __post_init__(self) -> None:
        codes_of(self.decay)
        if self.timing not in (None, "buckets"):
            raise ParameterError(f"timing {self.timing!r}: unknown; known: buckets")

    @property
    def codes(self) -> tuple[int, ...]:
        """PDG codes, without sign, of `decay`, rising."""
        return codes_of(self.decay)


def codes_of(names: Iterable[str]) -> tuple[int, ...]:
    """PDG codes without sign of particles named with or without their charge, rising; ParameterError for one that cannot decay."""
    found: set[int] = set()
    for name in names:
        wanted = _SHORT if name == SHORT else tuple(one for one in _DECAYING if name in _names(one))
        if not wanted:
            known = " ".join(dict.fromkeys(one.rstrip("+-") for one in _DECAYING))
            raise ParameterError(f"decay {name!r}: no particle that could decay in events; known: {SHORT} {known}")
        found.update(abs(pdg.CODES[one]) for one in wanted)
    return tuple(sorted(found))


def _names(particle: str) -> tuple[str, ...]:
    """What a particle of `_DECAYING` may be called: by itself, as its antiparticle, without its charge."""
    bare = () if particle == "pi0" else (particle.rstrip("+-0"),)
    return particle, pdg.NAMES[pdg.anti(pdg.CODES[particle])], *bare


DEFAULTS = EventOptions()
