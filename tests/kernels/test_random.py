"""Every event owns its random numbers: whatever else is asked for, they are the same."""

import numpy as np
import pytest

from nusim.kernels.random import _philox, uniforms


@pytest.mark.parametrize("draws", [1, 4, 7, 12])
def test_any_selection_of_events_sees_the_same_numbers(draws: int) -> None:
    everything = uniforms(seed=5, stage=3, index=np.arange(1000), draws=draws, attempt=2)
    for selection in (np.arange(17, 900), np.array([3, 4, 90]), np.array([0, 999]), np.arange(0, 1000, 50)):
        assert np.array_equal(uniforms(5, 3, selection, draws, 2), everything[selection])


def test_scattered_and_contiguous_routes_agree_bit_by_bit() -> None:
    index = np.arange(123_456, 123_456 + 50)
    compiled = uniforms(42, 7, index, 4, 9)
    arrays = (_philox(42, index.astype(np.uint64), 9, 7) >> np.uint64(11)).astype(float) * 2.0**-53
    assert np.array_equal(compiled, arrays.T)


def test_attempts_of_their_own_give_the_numbers_of_each_attempt() -> None:
    index, attempt = np.tile(np.array([3, 90, 91]), 4), np.repeat(np.arange(4) + 7, 3)
    together = uniforms(5, 3, index, 6, attempt)
    assert np.array_equal(together, np.concatenate([uniforms(5, 3, index[:3], 6, 7 + k) for k in range(4)]))


def test_known_answer_of_philox_4x64_10() -> None:
    """The vector of the Random123 distribution (kat_vectors): counter 0, key 0."""
    words = _philox(0, np.zeros(1, np.uint64), 0, 0)[:, 0]
    assert [f"{int(w):016x}" for w in words] == ["16554d9eca36314c", "db20fe9d672d0fdc", "d7e772cee186176b", "7e68b68aec7ba23b"]


def test_seeds_stages_and_attempts_are_different_streams() -> None:
    index = np.arange(1000)
    streams = [uniforms(s, g, index, 2, a) for s, g, a in [(1, 1, 0), (2, 1, 0), (1, 2, 0), (1, 1, 1)]]
    for i, first in enumerate(streams):
        for second in streams[i + 1 :]:
            assert abs(np.corrcoef(first[:, 0], second[:, 0])[0, 1]) < 5 / np.sqrt(1000)


def test_no_events_no_numbers() -> None:
    assert uniforms(1, 1, np.zeros(0, int), 3).shape == (0, 3)
