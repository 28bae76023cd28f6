"""Random numbers owned by events: the same numbers for any chunk size, worker count or order of work.

Philox-4x64-10 (Salmon et al., SC 2011) is a keyed function of a 256-bit counter. nusim's key is the seed; the
counter's four words are (block of the event's draws, attempt, stage, 0). Event i of a stage owns the words
i * blocks ... (i + 1) * blocks - 1 of each attempt, each giving four doubles: rejections advance `attempt`
and never touch another event's numbers.

Contiguous events are served by numpy's compiled generator; scattered ones, as late attempts leave them, by the
same function written over arrays. The two agree bit by bit (tested).
"""

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from .arrays import Array, IntArray

_M0, _M1 = 0xD2E7470EE14C6C93, 0xCA5A826395121157
_W0, _W1 = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
_ROUNDS = 10
_MASK32 = np.uint64(0xFFFFFFFF)
_SHIFT32 = np.uint64(32)
_SPARSE = 6
"""Below one wanted event in this many, the array form is the faster route."""


def uniforms(seed: int, stage: int, index: IntArray, draws: int, attempt: int | IntArray = 0) -> Array:
    """Uniform numbers in [0, 1), shape (len(index), draws), component by component contiguous.

    `index`: the events' numbers, ascending and without repetition for one attempt of all; any where each has an attempt of its own, (n,).
    `stage` separates uses of one event's stream.
    Raises ParameterError for a seed that is not a whole number of 64 bits.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 1 << 64:
        raise ParameterError(f"seed = {seed}: a seed is a whole number from 0 to 2^64 - 1")
    blocks = -(-draws // 4)
    n = len(index)
    if n == 0:
        return np.empty((draws, 0)).T
    first, last = int(index[0]), int(index[-1])
    span = last - first + 1
    if isinstance(attempt, int) and span <= _SPARSE * n:
        counter = [first * blocks, attempt, stage, 0]
        generator = np.random.Generator(np.random.Philox(key=np.array([seed, 0], np.uint64), counter=_before(counter)))
        table = generator.random((span, 4 * blocks))
        rows = table if span == n else table[index - first]
        return np.asfortranarray(rows[:, :draws])
    words = np.concatenate(
        [_philox(seed, index.astype(np.uint64) * np.uint64(blocks) + np.uint64(b), attempt, stage) for b in range(blocks)]
    )
    out: Array = ((words[:draws] >> np.uint64(11)).astype(np.float64) * 2.0**-53).T
    return out


def _before(counter: list[int]) -> NDArray[np.uint64]:
    """numpy's Philox steps its 256-bit counter before use: the value one below."""
    value = (sum(word << (64 * k) for k, word in enumerate(counter)) - 1) % (1 << 256)
    return np.array([(value >> (64 * k)) & 0xFFFFFFFFFFFFFFFF for k in range(4)], np.uint64)


def _multiply(a: NDArray[np.uint64], constant: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """High and low 64 bits of a * constant."""
    b_low, b_high = np.uint64(constant & 0xFFFFFFFF), np.uint64(constant >> 32)
    a_low, a_high = a & _MASK32, a >> _SHIFT32
    low = a_low * b_low
    middle1 = a_high * b_low
    middle2 = a_low * b_high
    carry = (low >> _SHIFT32) + (middle1 & _MASK32) + (middle2 & _MASK32)
    high = a_high * b_high + (middle1 >> _SHIFT32) + (middle2 >> _SHIFT32) + (carry >> _SHIFT32)
    return high, a * np.uint64(constant)


def _philox(seed: int, block: NDArray[np.uint64], attempt: int | IntArray, stage: int) -> NDArray[np.uint64]:
    """Four output words, shape (4, n), of Philox-4x64-10 at counter (block, attempt, stage, 0), key (seed, 0)."""
    c0 = block.copy()
    c1 = np.full_like(c0, attempt)
    c2 = np.full_like(c0, stage)
    c3 = np.zeros_like(c0)
    k0, k1 = seed, 0
    for _ in range(_ROUNDS):
        high0, low0 = _multiply(c0, _M0)
        high1, low1 = _multiply(c2, _M1)
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(k0), low1, high0 ^ c3 ^ np.uint64(k1), low0
        k0 = (k0 + _W0) & 0xFFFFFFFFFFFFFFFF
        k1 = (k1 + _W1) & 0xFFFFFFFFFFFFFFFF
    return np.stack([c0, c1, c2, c3])
