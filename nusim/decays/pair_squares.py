"""|M|^2 of nu_h -> nu_a l- l+ integrated over the angles of the lepton pair: a function of its invariant mass alone.

M = sum_YX K_YX [ubar_a gamma P_Y u_h].[ubar_b gamma P_X v_c] + S_YX [ubar_a P_Y u_h][ubar_b P_X v_c]. The traces are products of
four-vectors of which b and c enter once or twice: their averages over the pair's angles are tensors of q = b + c.
"""

import numpy as np

from ..kernels.arrays import Array
from ..kernels.spinors import ComplexArray
from .amplitudes import LeptonPair, Number

Matrix = tuple[tuple[Number, Number], tuple[Number, Number]]
"""By the chirality (L, R) on the neutrinos' line and on the leptons'."""


def averaged_squares(amplitude: LeptonPair, s: Array) -> Array:
    """|M|^2 summed over all spins, those of the parent included, and averaged over the pair's angles, at its invariant masses squared (n,).

    Shape (2, n): for a massless daughter its helicities -1/2 and +1/2; for a massive one half of the sum over its spins each. Digits are
    lost as the square of m over the room that the masses leave.
    """
    m, (m_a, m_b, m_c) = amplitude.m_parent, amplitude.masses
    vector, scalar = _vectors(amplitude, s), _scalars(amplitude, s)
    h_q, a_q, a_h = (m**2 + s - m_a**2) / 2, (m**2 - s - m_a**2) / 2, (m**2 + m_a**2 - s) / 2
    b_c, apart = (s - m_b**2 - m_c**2) / 2, m_b**2 - m_c**2
    # <b> and <c> in units of q; <b^mu c^nu> = metric g^mu nu + along q^mu q^nu
    b, c = (1 + apart / s) / 2, (1 - apart / s) / 2
    metric = (b_c - b * c * s) / 3
    crossed = metric * a_h + (b * c - metric / s) * h_q * a_q
    squares = []
    for hand in (0, 1):
        # [ubar_a gamma P_L u_h] and [ubar_a P_R u_h] make the same chirality of a
        (one, other), (even, odd) = vector[hand], scalar[1 - hand]
        square = 16 * (_real(one, one) + _real(other, other)) * crossed + 16 * m_b * m_c * a_h * _real(one, other)
        square += 4 * a_h * (b_c * (_real(even, even) + _real(odd, odd)) - 2 * m_b * m_c * _real(even, odd))
        squares.append(square + 8 * m * a_q * _mixed((one, other), (even, odd), m_b * c, m_c * b))
    result = np.stack(squares)
    if np.any(m_a):
        (ll, lr), (rl, rr) = vector
        flipped = -16 * m * (b_c * (_real(ll, rl) + _real(lr, rr)) + 2 * m_b * m_c * (_real(ll, rr) + _real(lr, rl)))
        flipped += 8 * h_q * sum(_mixed(vector[hand], scalar[hand], m_b * c, m_c * b) for hand in (0, 1))
        (ll, lr), (rl, rr) = scalar
        flipped += 8 * m * (b_c * (_real(ll, rl) + _real(lr, rr)) - m_b * m_c * (_real(ll, rr) + _real(lr, rl)))
        result[:] = (result[0] + result[1] + m_a * flipped) / 2
    return result


def _real(one: Number, other: Number) -> Array:
    """Re one other*."""
    result: Array = np.real(one) * np.real(other) + np.imag(one) * np.imag(other)
    return result


def _mixed(vector: tuple[Number, Number], scalar: tuple[Number, Number], straight: Array, crossed: Array) -> Array:
    """Re of K_X S_X'*, with the leptons' trace for equal and for unequal chiralities."""
    same = _real(vector[0], scalar[0]) + _real(vector[1], scalar[1])
    result: Array = straight * same - crossed * (_real(vector[0], scalar[1]) + _real(vector[1], scalar[0]))
    return result


def _vectors(amplitude: LeptonPair, s: Array) -> Matrix:
    """K_YX."""
    outer, inner = amplitude.outer, amplitude.inner
    dark = amplitude.zprime.propagator(s, 0)

    def exchanged(line: Number, weak: Number, charged: Number) -> tuple[Number, Number]:
        left = line * inner.left * dark - weak * inner.weak_left + charged
        return left, line * inner.right * dark - weak * inner.weak_right

    return (
        exchanged(outer.left, outer.weak_left, amplitude.charged[0]),
        exchanged(outer.right, outer.weak_right, amplitude.charged[1]),
    )


def _scalars(amplitude: LeptonPair, s: Array) -> Matrix:
    """S_YX, of the dark scalar and of the longitudinal Z'."""
    outer, inner, (m_a, m_b, m_c) = amplitude.outer, amplitude.inner, amplitude.masses
    m = amplitude.m_parent
    line = m * outer.right - m_a * outer.left, m * outer.left - m_a * outer.right
    pair = m_b * inner.left - m_c * inner.right, m_b * inner.right - m_c * inner.left
    along: ComplexArray = -amplitude.zprime.propagator(s, 0) / amplitude.zprime.mass**2
    dark: ComplexArray = -amplitude.phi.propagator(s, 0)
    scalar = outer.scalar_left, outer.scalar_right
    (ll, lr), (rl, rr) = (
        tuple(along * line[y] * pair[x] + dark * scalar[y] * (inner.scalar_left, inner.scalar_right)[x] for x in (0, 1)) for y in (0, 1)
    )
    return (ll, lr), (rl, rr)
