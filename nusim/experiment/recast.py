"""Published limits on heavy neutrinos, from which events in experiments are scaled whose beams cannot be built from public numbers."""

from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array, ArrayLike


@dataclass(frozen=True, slots=True)
class PublishedLimit:
    """A limit on the mixing with one flavour: the value at which the experiment would have seen its criterion's number of events."""

    flavour: str
    visible: tuple[str, ...]
    """Final states that were searched for, in nusim's names."""
    majorana: bool
    """Whether the limit holds for a Majorana or for a Dirac state."""
    masses: tuple[float, ...]
    """GeV, ascending."""
    mixing2: tuple[float, ...]
    """|U|^2 at each mass."""
    source: str

    def __post_init__(self) -> None:
        if not len(self.masses) == len(self.mixing2) >= 2 or np.any(np.diff(self.masses) <= 0) or self.masses[0] <= 0:
            found = f"masses = {list(self.masses)[:4]}{' ...' if len(self.masses) > 4 else ''}, {len(self.mixing2)} mixing2"
            raise ParameterError(f"recast.limit: {found}: masses must ascend and be positive, with one mixing2 for each, at least two")
        if not all(0 < value <= 1 for value in self.mixing2):
            wrong = next(value for value in self.mixing2 if not 0 < value <= 1)
            raise ParameterError(f"recast.limit: mixing2 = {wrong:g}: must lie in (0, 1]")

    def at(self, mass: ArrayLike) -> Array:
        """|U|^2 at a mass in GeV, logarithms interpolated; NaN outside the curve."""
        x = np.log(np.asarray(mass, float))
        found: Array = np.exp(np.interp(x, np.log(self.masses), np.log(self.mixing2), left=np.nan, right=np.nan))
        return found


@dataclass(frozen=True, slots=True)
class Recast:
    """Limits of one experiment and what lifetimes are judged by."""

    limits: tuple[PublishedLimit, ...]
    distance: float
    """Metres from the target to the middle of the detector."""
    momentum: float
    """GeV, typical of heavy neutrinos there: with the distance it says when they decay before the detector."""
    uncertainty: float
    """Relative, of events scaled from the limits."""

    def __post_init__(self) -> None:
        if min(self.distance, self.momentum) <= 0 or not self.uncertainty >= 0:
            found = f"distance = {self.distance:g}, momentum = {self.momentum:g}, uncertainty = {self.uncertainty:g}"
            raise ParameterError(f"recast: {found}: distance and momentum must be positive, uncertainty not negative")
