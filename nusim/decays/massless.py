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
    """|M|^2 for each helicity of three massless products, the parent's spins summed, shape (2, 2, 2, ...): what the tensor gives, faster.

    One product o has another helicity than the other two, x and p. Fierz identities make all diagrams one structure,
    [ubar_x gamma P u_h][ubar_p gamma P v_o], odd in x and p, whose square is 16 (h.o)(x.p). Longitudinal parts vanish, and so must the
    scalar's coupling to two massless neutrinos.
    """
    m = amplitude.m_parent
    energy = [momenta[..., place, 0] for place in range(3)]
    squares = [m * (m - 2 * one) for one in energy]
    propagators = [amplitude.zprime.propagator(square, place) for place, square in enumerate(squares)]
    out = np.zeros((2, 2, 2, *energy[0].shape))
    for odd, majority in product(range(3), range(2)):
        helicities = [majority] * 3
        helicities[odd] = 1 - majority
        first = min({0, 1, 2} - {odd})
        total: ComplexArray | float = 0.0
        for (x, y, _, sign), outer, inner in zip(amplitude.diagrams, amplitude.outer, amplitude.inner, strict=True):
            if x != odd:
                turn = sign if x == first else -sign
                total = total + _coefficient(propagators[x], turn, outer.chiral(helicities[x]), inner.chiral(helicities[y]))
        out[tuple(helicities)] = 8 * m * energy[odd] * squares[odd] * _square(total)
    return out


def massless_pair_squares(amplitude: NeutrinoTriple, momenta: Array) -> Array:
    """|M|^2 for each helicity of massless b and c beside a massive a, other spins summed, shape (2, 2, ...): what the tensor gives, faster.

    Fierz identities leave, for different helicities, [ubar_b gamma P_X v_c] times the two chiral currents of a and h; for equal ones
    [ubar_b gamma P_X u_h][ubar_c gamma P_X v_a] and the products of scalars with b and with c on the parent's line. The scalar's coupling
    to two massless neutrinos must vanish.
    """
    m, m_a = amplitude.m_parent, amplitude.masses[0]
    a, b, c = (momenta[..., place, :] for place in range(3))
    h_a, h_b, h_c = (m * one[..., 0] for one in (a, b, c))
    # not from the energies: that would cancel where m_a is near m
    b_c, a_c, a_b = dot(b, c), dot(a, c), dot(a, b)
    squares = 2 * b_c, m_a**2 + 2 * a_c, m_a**2 + 2 * a_b
    propagators = [amplitude.zprime.propagator(square, place) for place, square in enumerate(squares)]
    scalar_propagators = {x: amplitude.phi.propagator(squares[x], x) for x in (1, 2)}
    mixed, longitudinal = m * m_a * b_c, m * m_a / amplitude.zprime.mass**2
    out = np.empty((2, 2, *b_c.shape))
    for helicity in product((0, 1), repeat=2):
        # of the massless product on the parent's line, by its place: vector and scalar coefficient
        lines: list[tuple[Number, Number]] = [(0.0, 0.0)] * 3
        alpha: Number = 0.0
        beta: Number = 0.0
        for (x, y, _, sign), outer, inner in zip(amplitude.diagrams, amplitude.outer, amplitude.inner, strict=True):
            if x == 0:
                if helicity[0] != helicity[1]:
                    pair = inner.chiral(helicity[y - 1])
                    alpha = alpha + _coefficient(propagators[0], sign, outer.chiral(helicity[0]), pair)
                    beta = beta + _coefficient(propagators[0], sign, outer.chiral(helicity[1]), pair)
                continue
            other = helicity[2 - x]
            # [ubar_a gamma P_X v_c] = [ubar_c gamma P_Y v_a], Y the opposite chirality of X; scalar currents are odd
            pair, turn = (inner.chiral(1 - other), -1.0) if y == 0 else (inner.chiral(other), 1.0)
            line = outer.chiral(helicity[x - 1])
            scalar = (sign * longitudinal * line[0] * pair[0]) * propagators[x]
            flipping = sign * turn * outer.flipping(helicity[x - 1]) * inner.flipping(other)
            if np.any(flipping):
                scalar = scalar - flipping * scalar_propagators[x]
            lines[x] = _coefficient(propagators[x], sign, line, pair), scalar
        (vector_b, scalar_b), (vector_c, scalar_c) = lines[1:]
        if helicity[0] != helicity[1]:
            alpha, beta = alpha - vector_b - scalar_c / 2, beta - vector_c - scalar_b / 2
            total = _square(alpha) * h_c * a_b + _square(beta) * h_b * a_c - mixed * (alpha * np.conj(beta)).real
            out[helicity] = 16 * total
        else:
            vector = vector_b - vector_c
            total = 4 * _square(vector) * h_a * b_c + _square(scalar_b) * h_b * a_c + _square(scalar_c) * h_c * a_b
            total += (scalar_b * np.conj(scalar_c)).real * (h_b * a_c - b_c * h_a + a_b * h_c)
            out[helicity] = 4 * (total + 2 * mixed * (vector * np.conj(scalar_c - scalar_b)).real)
    return out


def _square(value: Number) -> Array:
    result: Array = value.real**2 + value.imag**2
    return result


def _coefficient(propagator: ComplexArray, sign: float, outer: tuple[Number, Number], inner: tuple[Number, Number]) -> ComplexArray:
    """Couplings (Z', Z) of both currents times propagators."""
    result: ComplexArray = (sign * outer[0] * inner[0]) * propagator - sign * outer[1] * inner[1]
    return result
