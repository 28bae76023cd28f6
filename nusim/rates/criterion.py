"""Signal events that a counting experiment would exclude, by the construction its criterion names."""

import numpy as np

from ..errors import ParameterError
from ..experiment.experiment import Criterion
from ..kernels.arrays import Array, IntArray

_STEP = 2e-3
"""Of the signal's mean in the Feldman-Cousins construction, events."""


def criterion_events(
    criterion: Criterion, background: float, background_uncertainty: float = 0.0, signal_uncertainty: float = 0.0
) -> float:
    """The least mean number of signal events that is excluded if as many events are seen as the background alone most probably gives.

    'count': the criterion's own number. 'classical': P(n <= n_seen | s + b) = 1 - CL. 'cls': that over P(n <= n_seen | b), A. L. Read,
    J. Phys. G 28 (2002) 2693. 'feldman-cousins': the upper end of their interval, Phys. Rev. D 57 (1998) 3873. n_seen is the median for
    the background; without background 2.303, 2.303 and 2.44 events at 90%, and 2.996, 2.996 and 3.09 at 95%.
    Relative uncertainties of background and signal: probabilities are averaged over log-normal factors of mean 1, after R. D. Cousins,
    V. L. Highland, Nucl. Instrum. Meth. A 320 (1992) 331, and J. Conrad et al., Phys. Rev. D 67 (2003) 012002; a count knows none.
    """
    if criterion.events is not None:
        return criterion.events
    assert criterion.confidence is not None, "checked at the door"
    seen = _median(background)
    return upper_limit(criterion.kind, seen, background, criterion.confidence, background_uncertainty, signal_uncertainty)


def _median(mean: float) -> int:
    """The least number of events that a Poisson variable exceeds with a probability of at most one half."""
    # scipy.stats has all of this, and takes a second to be imported
    from scipy.special import pdtr, pdtrik

    if pdtr(0, mean) >= 0.5:
        return 0
    number = int(np.ceil(pdtrik(0.5, mean)))
    return number - 1 if pdtr(number - 1, mean) >= 0.5 else number


def upper_limit(
    kind: str, seen: int, background: float, confidence: float, background_uncertainty: float = 0.0, signal_uncertainty: float = 0.0
) -> float:
    """Upper limit on the mean number of signal events from `seen` events over a mean background; uncertainties as in `criterion_events`."""
    from scipy.optimize import brentq

    smeared = _Smeared(background, background_uncertainty, signal_uncertainty)
    if kind == "feldman-cousins":
        return _feldman_cousins(seen, smeared, confidence)
    if kind not in ("classical", "cls"):
        raise ParameterError(f"criterion {kind!r}: count, classical, cls or feldman-cousins")
    miss = 1 - confidence
    if kind == "cls":
        miss *= smeared.at_most(seen, 0.0)
    most = 10.0 * (seen + 10) - 10 * np.log(miss)
    if smeared.at_most(seen, 0.0) <= miss:
        return 0.0
    while smeared.at_most(seen, most) > miss:
        most *= 4
    return float(brentq(lambda s: smeared.at_most(seen, s) - miss, 0.0, most, xtol=1e-10))


_NODES = 24
"""Of the average over a log-normal factor: Gauss-Hermite."""


class _Smeared:
    """Poisson probabilities of signal and background with uncertain means."""

    def __init__(self, background: float, of_background: float, of_signal: float) -> None:
        one, many = _factors(of_signal), _factors(of_background)
        self._signal, self._background = np.repeat(one[0], len(many[0])), np.tile(background * many[0], len(one[0]))
        self._weight = np.outer(one[1], many[1]).ravel()
        self.background = background

    def at_most(self, seen: int, signal: float) -> float:
        """P(n <= seen)."""
        from scipy.special import pdtr

        return float(self._weight @ pdtr(seen, signal * self._signal + self._background))

    def chance(self, counts: IntArray, signal: Array) -> Array:
        """P(n), shape (signals, counts)."""
        from scipy.special import gammaln, xlogy

        out: Array = np.zeros((len(signal), len(counts)))
        for weight, factor, background in zip(self._weight, self._signal, self._background, strict=True):
            mean = signal[:, None] * factor + background
            out += weight * np.exp(xlogy(counts, mean) - mean - gammaln(counts + 1))
        return out


def _factors(relative: float) -> tuple[Array, Array]:
    """Log-normal factors of mean 1 and their weights."""
    if relative == 0:
        return np.ones(1), np.ones(1)
    sigma = float(np.sqrt(np.log1p(relative**2)))
    z, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    return np.exp(sigma * z - sigma**2 / 2), weight / weight.sum()


def _feldman_cousins(seen: int, smeared: _Smeared, confidence: float) -> float:
    """The largest mean whose acceptance region, filled in the order of likelihood ratios, holds the number seen."""
    background = smeared.background
    most = 2.0 * (seen + 10) + 4 * background
    counts = np.arange(int(seen + background + most + 10 * np.sqrt(seen + background + most + 10)) + 20)
    best: Array = np.diagonal(smeared.chance(counts, np.maximum(counts - background, 0.0)))
    # coarse, then fine about the end
    low, high, step = 0.0, most, 100 * _STEP
    while True:
        means = np.arange(low, high + step / 2, step)
        chance = smeared.chance(counts, means)
        order = np.argsort(-chance / np.where(best > 0, best, np.inf), axis=1, kind="stable")
        before = np.cumsum(np.take_along_axis(chance, order, 1), axis=1) - np.take_along_axis(chance, order, 1)
        place = np.argmax(counts[order] == seen, axis=1)
        held = np.flatnonzero(np.take_along_axis(before, place[:, None], 1)[:, 0] < confidence)
        last = float(means[held[-1]]) if len(held) else low
        if step <= _STEP / 100:
            return last
        low, high, step = max(last - step, 0.0), last + step, step / 100
