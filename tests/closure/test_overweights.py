"""Unweighted events of beams whose parents differ by orders of magnitude in what they weigh: sums and shares are those of the rate."""

import numpy as np
import pytest

import nusim
from nusim import pdg
from nusim.events.sample import INCOMING

N = 6000


@pytest.mark.parametrize(("experiment", "m4"), [pytest.param("na62-dump", 0.3, marks=pytest.mark.slow), ("ship-2015", 1.0), ("sbnd", 0.3)])
def test_sum_and_shares_are_those_of_the_rate(experiment: str, m4: float) -> None:
    """At NA62 a few hundred kaons at rest make most events, others weigh a hundred times as much as what most are drawn from."""
    spectrum = nusim.solve(nusim.read_model("hnl", set={"m4": m4}))
    sample = nusim.generate(spectrum, nusim.read_experiment(experiment), N, seed=2)
    expected = sample.metadata["expected_events"]
    # the most that the trial run may leave above, over and above what it knows to be there
    assert sample.weight.sum() == pytest.approx(expected, rel=6e-3)
    common = sample.metadata["events_per_weight"]
    assert sample.weight.min() == pytest.approx(common, rel=1e-12)
    assert np.count_nonzero(sample.weight > 1.0001 * common) < 0.03 * N
    parents = sample.pdg[sample.offsets[:-1]]
    assert np.all(sample.status[sample.offsets[:-1]] == INCOMING)
    for name, rate in sample.metadata["rates_by_parent"].items():
        own = sample.weight[parents == pdg.CODES[name]].sum()
        error = np.sqrt(max(rate / expected, 1 / N) * N) * common
        assert abs(own - rate) < 5 * error + 6e-3 * expected, name
