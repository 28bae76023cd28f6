"""What a recast says: a verdict for each bound, and all of them together."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..errors import ParameterError
from ..model.spectrum import Spectrum
from .curve import Curve

Outcome = Literal["excluded", "allowed", "reachable", "not reached", "no bound"]
Kind = Literal["peak search", "scaled", "computed", "dark photon", "projection"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bound, or one experiment to come, on a model."""

    name: str
    label: str
    kind: Kind
    verdict: Outcome
    state: str
    """The heavy state; where the events of all add up the one that gives most; or 'zprime'."""
    strength: float | None
    """Signal over what is excluded: 1 and more is excluded. None without a bound."""
    events: float | None = None
    """Selected events, of experiments that nusim computes."""
    threshold: float | None = None
    """Events that are excluded: by the criterion, or those of a standard state at the published limit (several states: their mean)."""
    value: float | None = None
    """The model's |U|^2 of the state, or |epsilon|."""
    published: float | None = None
    """The published limit on it at the state's mass, for this kind of state."""
    standard: float | None = None
    """nusim's limit, by the experiment's criterion, for a heavy neutrino of the same mass without new decays."""
    model: float | None = None
    """The limit with the model's own lifetimes and branching ratios, along the mixing at fixed masses; where there is a published limit,
    with the events excluded there."""
    visible_chance: float | None = None
    """Of a peak search: chance that the heavy neutrino shows itself in the apparatus, which must be small."""
    reason: str = ""
    flavour: str = ""
    """Whose mixing the limits are on; of counted experiments events of all flavours add up."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelBounds:
    """All verdicts on a model."""

    model: str
    flavour: str
    spectrum: Spectrum
    verdicts: tuple[Verdict, ...]
    curves: tuple[Curve, ...]
    warnings: tuple[str, ...]

    @property
    def excluded_by(self) -> tuple[str, ...]:
        """Names of the bounds that exclude it."""
        return tuple(dict.fromkeys(one.name for one in self.verdicts if one.verdict == "excluded"))

    @property
    def reachable_by(self) -> tuple[str, ...]:
        """Names of the experiments to come that would exclude it."""
        return tuple(dict.fromkeys(one.name for one in self.verdicts if one.verdict == "reachable"))

    @property
    def verdict(self) -> str:
        """'excluded', or else 'reachable' or 'allowed'."""
        return "excluded" if self.excluded_by else "reachable" if self.reachable_by else "allowed"

    def __str__(self) -> str:
        by = self.excluded_by or self.reachable_by
        return f"{self.model}: {self.verdict}" + (f" ({', '.join(by)})" if by else "")

    def of(self, name: str, state: str = "") -> Verdict:
        """The verdict of a name, and of a state where there are several; ParameterError for an unknown one."""
        for one in self.verdicts:
            if one.name == name and state in ("", one.state):
                return one
        raise ParameterError(f"{self.model}: no verdict {name!r}; known: {', '.join(dict.fromkeys(one.name for one in self.verdicts))}")

    def document(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.model,
            "flavour": self.flavour,
            "verdict": self.verdict,
            "excluded_by": list(self.excluded_by),
            "reachable_by": list(self.reachable_by),
            "verdicts": [asdict(one) for one in self.verdicts],
            "curves": [curve.document() for curve in self.curves],
            "warnings": list(self.warnings),
        }
