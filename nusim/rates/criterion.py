"""Signal events that a counting experiment would exclude, by the construction its criterion names."""

import numpy as np

from ..errors import ParameterError
from ..experiment.experiment import Criterion
from ..kernels.arrays import Array

_STEP = 2e-3
"""Of the signal's mean in the Feldman-Cousins construction, events."""


def criterion_events(criterion: Criterion, background: float) -> float:
    """The least mean number of signal events that is excluded if as many events are seen as the background alone most probably gives.

    'count': the criterion's own number. 'classical': P(n <= n_seen | s + b) = 1 - CL. 'cls': that over P(n <= n_seen | b), A. L. Read,
    J. Phys. G 28 (2002) 2693. 'feldman-cousins': the upper end of their interval, Phys. Rev. D 57 (1998) 3873. n_seen is the median for
    the background; without background 2.303, 2.303 and 2.44 events at 90%, and 2.996, 2.996 and 3.09 at 95%.
    """
    if criterion.events is not None:
        return criterion.events
    from scipy.stats import poisson

    assert criterion.confidence is not None, "checked at the door"
    return upper_limit(criterion.kind, int(poisson.median(background)) if background > 0 else 0, background, criterion.confidence)


def upper_limit(kind: str, seen: int, background: float, confidence: float) -> float:
    """Upper limit on the mean number of signal events from `seen` events over a known mean background."""
    from scipy.optimize import brentq
    from scipy.stats import poisson

    if kind == "feldman-cousins":
        return _feldman_cousins(seen, background, confidence)
    if kind not in ("classical", "cls"):
        raise ParameterError(f"criterion {kind!r}: count, classical, cls or feldman-cousins")
    miss = 1 - confidence
    if kind == "cls":
        miss *= float(poisson.cdf(seen, background))
    most = 10.0 * (seen + 10) - 10 * np.log(miss)
    if poisson.cdf(seen, background) <= miss:
        return 0.0
    return float(brentq(lambda s: poisson.cdf(seen, s + background) - miss, 0.0, most, xtol=1e-10))


def _feldman_cousins(seen: int, background: float, confidence: float) -> float:
    """The largest mean whose acceptance region, filled in the order of likelihood ratios, holds the number seen."""
    from scipy.stats import poisson

    most = 2.0 * (seen + 10) + 4 * background
    counts = np.arange(int(seen + background + most + 10 * np.sqrt(seen + background + most + 10)) + 20)
    best: Array = np.asarray(poisson.pmf(counts, np.maximum(counts - background, 0.0) + background))
    # coarse, then fine about the end
    low, high, step = 0.0, most, 100 * _STEP
    while True:
        means = np.arange(low, high + step / 2, step)
        chance: Array = np.asarray(poisson.pmf(counts, means[:, None] + background))
        order = np.argsort(-chance / np.where(best > 0, best, np.inf), axis=1, kind="stable")
        before = np.cumsum(np.take_along_axis(chance, order, 1), axis=1) - np.take_along_axis(chance, order, 1)
        place = np.argmax(counts[order] == seen, axis=1)
        held = np.flatnonzero(np.take_along_axis(before, place[:, None], 1)[:, 0] < confidence)
        last = float(means[held[-1]]) if len(held) else low
        if step <= _STEP / 100:
            return last
        low, high, step = max(last - step, 0.0), last + step, step / 100
