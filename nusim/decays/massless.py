"""|M|^2 of three neutrinos in closed form where two or all of the products are massless: widths need nothing else, and many of them.

The parent is unpolarised, the spins of massive products summed. With massless particles of given helicity most currents vanish, and Fierz
identities leave one or two structures. Numbers may be arrays over events, as in the amplitudes themselves.
"""

from itertools import product

import numpy as np

from ..kernels.arrays import Array
from ..kernels.lorentz import dot
from ..kernels.spinors import ComplexArray
from .amplitudes import NeutrinoTriple, Number


def massless_squares(amplitude: NeutrinoTriple, momenta: Array) -> Array:
    """|M|^2 for each helicity of three massless products, the parent's spins summed, shape (2, 2, 2, n): what the tensor gives, faster.

    One product o has another helicity than the other two, x and p. Fierz identities make all diagrams one structure,
    [ubar_x gamma P u_h][ubar_p gamma P v_o], odd in x and p, whose square is 16 (h.o)(x.p). Longitudinal parts vanish, and so must the
    scalar's coupling to two massless neutrinos.
    """
    m = amplitude.m_parent
    energy = momenta[:, :, 0].T
    squares = m * (m - 2 * energy)
    out = np.zeros((2, 2, 2, len(momenta)))
    for odd, majority in product(range(3), range(2)):
        helicities = [majority] * 3
        helicities[odd] = 1 - majority
        first = min({0, 1, 2} - {odd})
        total: ComplexArray = np.zeros(len(momenta), dtype=complex)
        for (x, y, _, sign), outer, inner in zip(amplitude.diagrams, amplitude.outer, amplitude.inner, strict=True):
            if x != odd:
                part = _coefficient(amplitude, squares[x], x, outer.chiral(helicities[x]), inner.chiral(helicities[y]))[0]
                total += (sign if x == first else -sign) * part
        out[tuple(helicities)] = 8 * m * energy[odd] * squares[odd] * _square(total)
    return out


def massless_pair_squares(amplitude: NeutrinoTriple, momenta: Array) -> Array:
    """|M|^2 for each helicity of massless b and c beside a massive a, other spins summed, shape (2, 2, n): what the tensor gives, faster.

    Fierz identities leave, for different helicities, [ubar_b gamma P_X v_c] times the two chiral currents of a and h; for equal ones
    [ubar_b gamma P_X u_h][ubar_c gamma P_X v_a] and the products of scalars with b and with c on the parent's line. The scalar's coupling
    to two massless neutrinos must vanish.
    """
    m, m_a = amplitude.m_parent, amplitude.masses[0]
    a, b, c = (momenta[:, place] for place in range(3))
    h_a, h_b, h_c = m * momenta[:, :, 0].T
    # not from the energies: that would cancel where m_a is near m
    b_c, a_c, a_b = dot(b, c), dot(a, c), dot(a, b)
    squares = 2 * b_c, m_a**2 + 2 * a_c, m_a**2 + 2 * a_b
    mixed, flipped = m * m_a * b_c, b_c * 0
    out = np.empty((2, 2, len(momenta)))
    for helicity in product((0, 1), repeat=2):
        # of the massless product on the parent's line, by its place: vector and scalar coefficient
        lines: list[tuple[Number, Number]] = [(flipped, flipped), (flipped, flipped), (flipped, flipped)]
        alpha = beta = 0j * flipped
        for (x, y, _, sign), outer, inner in zip(amplitude.diagrams, amplitude.outer, amplitude.inner, strict=True):
            if x == 0:
                if helicity[0] != helicity[1]:
                    pair = inner.chiral(helicity[y - 1])
                    alpha = alpha + sign * _coefficient(amplitude, squares[0], 0, outer.chiral(helicity[0]), pair)[0]
                    beta = beta + sign * _coefficient(amplitude, squares[0], 0, outer.chiral(helicity[1]), pair)[0]
                continue
            other = helicity[2 - x]
            # [ubar_a gamma P_X v_c] = [ubar_c gamma P_Y v_a], Y the opposite chirality of X; scalar currents are odd
            pair, turn = (inner.chiral(1 - other), -1.0) if y == 0 else (inner.chiral(other), 1.0)
            vector, longitudinal = _coefficient(amplitude, squares[x], x, outer.chiral(helicity[x - 1]), pair)
            scalar = turn * outer.flipping(helicity[x - 1]) * inner.flipping(other)
            longitudinal = m * m_a * longitudinal
            if np.any(scalar):
                longitudinal = longitudinal - scalar * amplitude.phi.propagator(squares[x], x)
            lines[x] = sign * vector, sign * longitudinal
        (vector_b, scalar_b), (vector_c, scalar_c) = lines[1:]
        if helicity[0] != helicity[1]:
            alpha, beta = alpha - vector_b - scalar_c / 2, beta - vector_c - scalar_b / 2
            total = _square(alpha) * h_c * a_b + _square(beta) * h_b * a_c - mixed * (alpha * beta.conj()).real
            out[helicity] = 16 * total
        else:
            vector = vector_b - vector_c
            total = 4 * _square(vector) * h_a * b_c + _square(scalar_b) * h_b * a_c + _square(scalar_c) * h_c * a_b
            total += (scalar_b * scalar_c.conj()).real * (h_b * a_c - b_c * h_a + a_b * h_c)
            out[helicity] = 4 * (total + 2 * mixed * (vector * (scalar_c - scalar_b).conj()).real)
    return out


def _square(value: ComplexArray) -> Array:
    result: Array = value.real**2 + value.imag**2
    return result


def _coefficient(
    amplitude: NeutrinoTriple, square: Array, spectator: int, outer: tuple[Number, Number], inner: tuple[Number, Number]
) -> tuple[ComplexArray, ComplexArray]:
    """Couplings (Z', Z) of both currents times propagators, and the part of the Z' over its mass squared."""
    dark = outer[0] * inner[0] * amplitude.zprime.propagator(square, spectator)
    return dark - outer[1] * inner[1], dark / amplitude.zprime.mass**2
