"""Named uncertainties of a beam's normalisation: how many more parents there are when one of them is a standard deviation up.

The normalisation of a parent by itself bears its name: `K+`, `pi-`. Hadrons of heavy quarks and the taus they make share the cross
section of the pair (`sigma_cc`, `sigma_bb`) and the factor for pairs of secondaries (`cascade_factor`, one calculation for all quarks);
what remains of their uncertainty, fractions and spectra, is common to a family: `D`, `Ds`, `Lambda_c`, `B`, `Bs`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import pdg
from .charm import QuarkPair

CASCADE_FACTOR = "cascade_factor"
_SIGMA = {"charm": "sigma_cc", "beauty": "sigma_bb"}


@dataclass(frozen=True, slots=True)
class Nuisance:
    """An uncertainty and what it does."""

    name: str
    effect: Mapping[str, float]
    """Relative change of the number of parents, by their names, for one standard deviation."""

    def factor(self, parent: str, sign: int) -> float:
        """Number of these parents one standard deviation up (sign = 1) or down (-1), over the nominal one; never negative."""
        return max(1.0 + sign * self.effect.get(parent, 0.0), 0.0)


def nuisances(uncertainty: Mapping[str, float], pairs: Sequence[QuarkPair]) -> tuple[Nuisance, ...]:
    """The nuisances of parents whose relative uncertainties are given by name, some of which are made by heavy-quark pairs.

    For these the uncertainty is that of all causes together: what cross section and cascade factor leave of it is the family's own.
    """
    effects: dict[str, dict[str, float]] = {}
    rest = {name: value**2 for name, value in uncertainty.items()}
    family: dict[str, str] = {}
    for pair in pairs:
        for code in pair.yields():
            name = pdg.NAMES[code]
            family[name] = _family(name, pair)
            causes = {_SIGMA.get(pair.name, f"sigma_{pair.name}"): pair.cross_section_uncertainty}
            causes[CASCADE_FACTOR] = pair.cascade_factor_uncertainty
            for cause, size in causes.items():
                effects.setdefault(cause, {})[name] = size
                rest[name] = rest.get(name, 0.0) - size**2
    for name, square in rest.items():
        if square > 0:
            effects.setdefault(family.get(name, name), {})[name] = math.sqrt(square)
    return tuple(Nuisance(name, effect) for name, effect in effects.items() if any(effect.values()))


def _family(name: str, pair: QuarkPair) -> str:
    """Hadrons with the same quarks but for up and down, of either sign; a tau belongs to the hadron most of them come from."""
    if name.startswith("tau"):
        name = max(pair.tau, key=lambda hadron: pair.tau[hadron] * pair.fractions[hadron])
    return name.removesuffix("bar").rstrip("+-0")
