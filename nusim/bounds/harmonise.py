"""Published limits at one confidence level, for one kind of state."""

import math
from typing import Literal

from ..errors import ParameterError

Counting = Literal["peak", "prompt", "displaced"]
"""How the signal goes with the mixing: made in a peak, or made and decaying at once, as |U|^2; made and decaying in flight, as |U|^4."""

_POWER = {"peak": 1, "prompt": 1, "displaced": 2}
_NORMAL_90, _NORMAL_95 = 1.6449, 1.9600
"""Two-sided quantiles: of the normal distribution, exact to the digits."""


def to_confidence(counting: Counting, confidence: float, wanted: float) -> float:
    """Factor on |U|^2 from a limit at one confidence level to another, 0.90 or 0.95.

    Counting experiments: the events without background go as ln(1/(1 - CL)), and |U|^2 as their 1/power. Peak searches sit on a
    background: as standard deviations. A choice where an experiment saw events or has background; exact where it has neither.
    """
    for level in (confidence, wanted):
        if level not in (0.90, 0.95):
            raise ParameterError(f"confidence level {level:g}: 0.9 or 0.95")
    if confidence == wanted:
        return 1.0
    up = _NORMAL_95 / _NORMAL_90
    if _checked(counting) != "peak":
        up = math.pow(math.log(20.0) / math.log(10.0), 1.0 / _POWER[counting])
    return up if wanted > confidence else 1.0 / up


def to_nature(counting: Counting, nature: str, wanted: str, lepton_number_violating: bool = False) -> float:
    """Factor on |U|^2 from a limit for a Dirac state to one for a Majorana state, or back.

    A Majorana state is made as often and decays twice as fast, into final states of both lepton numbers: in flight there are twice as
    many decays, so that |U|^2 goes as 1/sqrt 2; a peak, and a decay that happens anyhow, do not change. Searches for
    lepton number violation, or selections that favour it, see one half of a Majorana state's decays and none of a Dirac state's; their
    limits are halved or doubled as in HNLimits (its class C), an estimate.
    """
    if {nature, wanted} - {"Dirac", "Majorana"}:
        raise ParameterError(f"nature {nature!r} to {wanted!r}: Dirac or Majorana")
    if nature == wanted:
        return 1.0
    ratio = {"peak": 1.0, "prompt": 0.5 if lepton_number_violating else 1.0, "displaced": math.sqrt(0.5)}[_checked(counting)]
    return ratio if wanted == "Majorana" else 1.0 / ratio


def _checked(counting: str) -> Counting:
    if counting not in _POWER:
        raise ParameterError(f"counting {counting!r}: peak, prompt or displaced")
    return counting  # type: ignore[return-value]
