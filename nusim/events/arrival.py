"""How many heavy states arrive between the buckets of the beam, where light neutrinos do not."""

import math

import numpy as np

from ..beams.beam import Timing
from ..errors import ParameterError
from ..kernels.arrays import Array
from ..units import ns, second
from .sample import EventSample

_REACH = 8.0
"""Standard deviations of a bucket beyond which nothing of it is left."""


def outside_window(sample: EventSample, timing: Timing, window: float) -> dict[str, float]:
    """Fraction of the decays seen more than `window` (c t, metres) from the centre of any light-neutrino bucket: by state, and of `all`.

    The delay of an event against light neutrinos of the same meson decay, spread by the bucket's Gaussian, in a train of buckets without
    end (a choice: what comes after the spill's last bucket is outside as well). ParameterError where the beam has no buckets, and for a
    window that is not positive.
    """
    if not (timing.bucket_spacing > 0 and timing.spill == 0):
        times = f"a spill of {timing.spill / second:g} s" if timing.spill else "steady protons"
        raise ParameterError(f"timing window: the beam has no buckets but {times}: give them in its card, [timing] with bucket_spacing_ns")
    if not window > 0:
        raise ParameterError(f"timing window: {window / ns:.6g} ns: must be positive")
    outside = 1 - _inside(np.asarray(sample.delay), timing, window)
    found = {}
    for number, name in enumerate(sample.states):
        mine = sample.state == number
        if mine.any():
            found[name] = float(np.average(outside[mine], weights=sample.weight[mine]))
    if len(sample):
        found["all"] = float(np.average(outside, weights=sample.weight))
    return found


def _inside(delay: Array, timing: Timing, window: float) -> Array:
    """Probability (n,) to arrive within the window about some bucket."""
    if 2 * window >= timing.bucket_spacing:
        return np.ones(len(delay))
    from scipy.special import ndtr

    folded = np.mod(delay + timing.bucket_spacing / 2, timing.bucket_spacing) - timing.bucket_spacing / 2
    reach = 1 + math.ceil(_REACH * timing.bucket_sigma / timing.bucket_spacing)
    total = np.zeros(len(delay))
    for k in range(-reach, reach + 1):
        centre = k * timing.bucket_spacing - folded
        total += ndtr((centre + window) / timing.bucket_sigma) - ndtr((centre - window) / timing.bucket_sigma)
    return total
