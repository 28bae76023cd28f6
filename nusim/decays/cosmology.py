"""Whether a heavy neutrino decays before Big Bang Nucleosynthesis: a flag from its lifetime.

arXiv:1903.07590: "cosmological bounds on heavy neutrino in the 10 MeV - GeV scale may be weakened as they would decay well before Big Bang
Nucleosynthesis". The limits hold for states that were in thermal equilibrium, and that decay as those of the sources do, through W and Z;
invisible decays into light states are milder. A flag, not a bound.
"""

from dataclasses import dataclass

from .. import pdg
from ..constants import Measured
from ..units import C_LIGHT
from .channel import DecayTable

LIMIT_BELOW_PION = Measured(0.1, 0.0, "s; order of magnitude, O. Ruchayskiy, A. Ivashko, arXiv:1202.2841; quoted in arXiv:2008.00749")
LIMIT_ABOVE_PION = Measured(0.02, 0.0, "s; mesons among the products: A. Boyarsky et al., arXiv:2008.00749")


@dataclass(frozen=True, slots=True)
class BbnFlag:
    """Lifetime of a heavy neutrino against the age of the Universe at which its decays would spoil the light elements."""

    state: str
    lifetime: float
    """s; infinite for a stable state."""
    limit: Measured
    """s."""

    @property
    def late(self) -> bool:
        """Whether it lives too long, had it been in equilibrium."""
        return self.lifetime > self.limit

    @property
    def text(self) -> str:
        """One line."""
        when = "after" if self.late else "before"
        return f"lifetime {self.lifetime:.3g} s: decays {when} nucleosynthesis (limit {float(self.limit):g} s if it was in equilibrium)"


def bbn_flag(table: DecayTable) -> BbnFlag | None:
    """The flag of a heavy neutrino's table; None for a boson, for which the sources set no limit."""
    if table.parent in pdg.BOSONS:
        return None
    limit = LIMIT_ABOVE_PION if table.mass > pdg.mass(pdg.CODES["pi+"]) else LIMIT_BELOW_PION
    return BbnFlag(table.parent, table.ctau / C_LIGHT, limit)
