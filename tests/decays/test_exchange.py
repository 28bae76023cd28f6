"""Amplitudes of three-body decays against Dirac matrices, traces in closed form, the Fierzed contact operator and the Goldstone boson."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from nusim.constants import G_F
from nusim.decays.amplitudes import conjugated, lepton_pair, neutrino_triple
from nusim.decays.couplings import CHARGE, G_LEFT, G_RIGHT
from nusim.kernels.lorentz import dot
from nusim.kernels.spinors import spin_states

from . import spinors as sp
from .dark_models import found as model
from .phase_space import three_body_points
from .traces import (
    at_rest,
    contact_sum,
    only,
    pair_spin,
    pair_sum,
    random_couplings,
    triple_sum,
    without_longitudinal,
)

WIDTHS = (0.21, 0.13)
SPIN = np.array([0.3, -0.5, 0.6])
# masses of columns (with the parent last) and the columns of the products
TRIPLES = [
    ((0.0, 0.0, 0.0, 0.2, 1.0), (3, 3, 3)),
    ((0.0, 0.0, 0.0, 0.3, 1.0), (3, 3, 2)),
    ((0.0, 0.0, 0.0, 0.3, 1.0), (3, 2, 1)),
    ((0.0, 0.0, 0.0, 0.9, 1.0), (3, 2, 2)),
    ((0.0, 0.0, 0.0, 1.0), (2, 1, 0)),
    ((0.0, 0.0, 0.0, 1.0), (2, 2, 2)),
    ((0.0, 0.0, 0.2, 0.1, 0.3, 1.0), (4, 3, 2)),
]


def squares(tensor):
    """Sum over all spins, (n,)."""
    return np.sum(np.abs(tensor) ** 2, axis=(0, 1, 2, 3))


def polarised(tensor, spin):
    """|M|^2 for a parent of one polarisation vector."""
    states = spin_states(np.tile(spin, (tensor.shape[-1], 1)))
    mixed = np.einsum("abchn,shn->abcsn", tensor, states)
    return squares(mixed)


def points(m, masses, n, seed=1):
    return three_body_points(m, masses, n, np.random.default_rng(seed))[0]


def propagator(q, mass, width):
    return 1 / (sp.contract(q, q) - mass**2 + 1j * mass * width)


def exchanged(found, line, pair, q, outer, inner):
    """A(a;bc) by matrices: (bra, ket) of the parent's line and of the pair, q between them, columns of the four."""

    def vertex(n, i, j):
        return n[i, j] * sp.LEFT - (np.conj(n[i, j]) * sp.RIGHT if found.majorana else 0)

    total = 0j
    for boson in (found.z, found.zprime):
        j1, j2 = (sp.current(bra, vertex(boson.neutrino, *at), ket) for (bra, ket), at in ((line, outer), (pair, inner)))
        if boson is found.z:
            total -= sp.contract(j1, j2) / boson.mass**2
        else:
            along = sp.contract(q, j1) * sp.contract(q, j2) / boson.mass**2
            total += (sp.contract(j1, j2) - along) * propagator(q, boson.mass, WIDTHS[0])
    one, two = (
        sp.bar(bra) @ (found.scalar_left[at] * sp.LEFT + found.scalar_right[at] * sp.RIGHT) @ ket
        for (bra, ket), at in ((line, outer), (pair, inner))
    )
    return total - one * two * propagator(q, found.m_phi, WIDTHS[1])


def triple_by_matrices(found, columns, event, particle=True):
    """Amplitude(parent spin, a, b, c) of neutrinos; of Dirac ones the third is the antiparticle, of an antiparticle all conjugate."""
    h = len(found.masses) - 1
    m = [found.masses[k] for k in columns]
    rest = np.array([found.masses[h], 0, 0, 0])

    def amplitude(parent, *labels):
        spins = [sp.SPINS[k] for k in labels]
        u = [sp.u_spinor(event[k], m[k], spins[k]) for k in range(3)]
        v = [sp.v_spinor(event[k], m[k], spins[k]) for k in range(3)]
        if not particle:
            incoming = sp.v_spinor(rest, rest[0], parent)

            def conjugate(x, y):
                q = rest - event[x]
                return exchanged(found, (incoming, v[x]), (u[2], v[y]), q, (h, columns[x]), (columns[2], columns[y]))

            return conjugate(0, 1) - conjugate(1, 0)
        incoming = sp.u_spinor(rest, rest[0], parent)

        def diagram(x, y, z):
            return exchanged(found, (u[x], incoming), (u[y], v[z]), rest - event[x], (columns[x], h), (columns[y], columns[z]))

        if found.majorana:
            return diagram(0, 1, 2) + diagram(1, 2, 0) + diagram(2, 0, 1)
        return diagram(0, 1, 2) - diagram(1, 0, 2)

    return amplitude


@pytest.mark.parametrize(("masses", "columns"), TRIPLES)
@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("spin", [SPIN, 0 * SPIN])
def test_three_neutrinos_are_dirac_algebra(masses, columns, majorana, spin) -> None:
    found = random_couplings(np.random.default_rng(3), masses, majorana)
    momenta = points(masses[-1], [masses[k] for k in columns], 3)
    value = polarised(neutrino_triple(found, len(masses) - 1, columns, WIDTHS).tensor(momenta), spin)
    expected = [sp.msq(triple_by_matrices(found, columns, event), (2, 2, 2), spin) for event in momenta]
    np.testing.assert_allclose(value, expected, rtol=1e-11)


@pytest.mark.parametrize(("masses", "columns"), TRIPLES)
def test_dirac_antiparticle_is_the_mirror_image_with_conjugate_couplings(masses, columns) -> None:
    found = random_couplings(np.random.default_rng(4), masses, majorana=False)
    momenta = points(masses[-1], [masses[k] for k in columns], 3)
    mirrored = momenta * [1, -1, -1, -1]
    value = polarised(conjugated(neutrino_triple(found, len(masses) - 1, columns, WIDTHS)).tensor(mirrored), SPIN)
    expected = [sp.msq(triple_by_matrices(found, columns, event, particle=False), (2, 2, 2), SPIN) for event in momenta]
    np.testing.assert_allclose(value, expected, rtol=1e-11)


@pytest.mark.parametrize("place", [0, 1])
def test_place_of_the_dirac_antiparticle(place) -> None:
    masses = (0.0, 0.0, 0.2, 0.1, 0.3, 1.0)
    found = random_couplings(np.random.default_rng(5), masses, majorana=False)
    columns, order = (4, 3, 2), [k for k in range(3) if k != place] + [place]
    momenta = points(1.0, [masses[k] for k in columns], 4)
    value = squares(neutrino_triple(found, 5, columns, WIDTHS, place).tensor(momenta))
    moved = squares(neutrino_triple(found, 5, tuple(columns[k] for k in order), WIDTHS, 2).tensor(momenta[:, order]))
    np.testing.assert_allclose(value, moved, rtol=1e-12)


@pytest.mark.parametrize(("masses", "columns"), TRIPLES)
def test_exchange_of_any_two_majorana_neutrinos_reverses_the_sign(masses, columns) -> None:
    found = random_couplings(np.random.default_rng(6), masses)
    momenta = points(masses[-1], [masses[k] for k in columns], 5)
    whole = neutrino_triple(found, len(masses) - 1, columns, WIDTHS).tensor(momenta)
    for order in permutations(range(3)):
        moved = neutrino_triple(found, len(masses) - 1, tuple(columns[k] for k in order), WIDTHS).tensor(momenta[:, order])
        sign = np.linalg.det(np.eye(3)[list(order)])
        np.testing.assert_allclose(moved, sign * whole.transpose(*order, 3, 4), atol=1e-12 * np.max(np.abs(whole)))


def outer_inner(matrix, parent, columns):
    a, b, c = columns
    return [matrix[a, parent], matrix[b, parent], matrix[c, parent]], [matrix[b, c], matrix[c, a], matrix[a, b]]


@pytest.mark.parametrize(("masses", "columns"), TRIPLES)
def test_contact_exchange_of_the_z_is_the_trace(masses, columns) -> None:
    found = random_couplings(np.random.default_rng(7), masses)
    found = only(found, "Z")
    parent, products = len(masses) - 1, [masses[k] for k in columns]
    momenta = points(masses[-1], products, 20)
    outer, inner = outer_inner(found.z.neutrino, parent, columns)
    expected = triple_sum(momenta, masses[-1], products, outer, inner, lambda s: -np.ones_like(s) / found.z.mass**2)
    np.testing.assert_allclose(squares(neutrino_triple(found, parent, columns, WIDTHS).tensor(momenta)), expected, rtol=1e-12)


@pytest.mark.parametrize(("masses", "columns"), TRIPLES)
def test_longitudinal_z_prime_is_the_goldstone_boson_and_the_rest_the_trace(masses, columns) -> None:
    """A scalar with the Goldstone boson's couplings and reversed sign leaves Feynman gauge without it: the trace, with propagators."""
    found = without_longitudinal(random_couplings(np.random.default_rng(8), masses))
    parent, products, (m, width) = len(masses) - 1, [masses[k] for k in columns], (found.zprime.mass, WIDTHS[0])
    momenta = points(masses[-1], products, 20)
    outer, inner = outer_inner(found.zprime.neutrino, parent, columns)
    expected = triple_sum(momenta, masses[-1], products, outer, inner, lambda s: 1 / (s - m**2 + 1j * m * width))
    value = squares(neutrino_triple(found, parent, columns, (width, width)).tensor(momenta))
    np.testing.assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize(("masses", "columns"), TRIPLES)
def test_heavy_z_prime_is_the_fierzed_contact_operator(masses, columns) -> None:
    rng = np.random.default_rng(9)
    dark = rng.normal(size=len(masses)) + 1j * rng.normal(size=len(masses))
    found = random_couplings(rng, masses, m_zprime=1e7)
    found = only(found, "zprime")
    found = replace(found, zprime=replace(found.zprime, neutrino=np.outer(dark.conj(), dark)))
    parent, products = len(masses) - 1, [masses[k] for k in columns]
    momenta = points(masses[-1], products, 3)
    # half the square of the current: (nu+ sigmabar nu)(nu+ sigmabar nu) = -2 (nu nu)+ (nu nu)
    expected = contact_sum(momenta, masses[-1], products, [dark[k] for k in (parent, *columns)], 1 / found.zprime.mass**2)
    np.testing.assert_allclose(squares(neutrino_triple(found, parent, columns, (0.0, 0.0)).tensor(momenta)), expected, rtol=1e-11)


PAIRS = [(0.0, 0.1, 0.1, 0, 0), (0.3, 0.1, 0.1, 1, 1), (0.3, 0.2, 0.05, 1, 0), (0.0, 0.05, 0.2, 0, 1), (0.6, 0.0005, 0.0005, 0, 0)]


def with_vector_leptons(found):
    """A Z' with one coupling for both chiralities, no scalar: no longitudinal part is left."""
    zprime = replace(found.zprime, lepton_right=found.zprime.lepton_left)
    return replace(found, zprime=zprime, scalar_left=0 * found.scalar_left, scalar_right=0 * found.scalar_left)


def chiral_factors(found, momenta, flavours, width):
    """K_LL, K_LR, K_RL, K_RR of a lepton pair with the last column as parent and the last but one as product."""
    minus, plus = flavours
    a, h = len(found.masses) - 2, len(found.masses) - 1
    s = dot(at_rest(found.masses[h], len(momenta)) - momenta[:, 0], at_rest(found.masses[h], len(momenta)) - momenta[:, 0])
    pole = 1 / (s - found.zprime.mass**2 + 1j * found.zprime.mass * width)
    same = 1.0 if minus == plus else 0.0
    out = []
    for chirality in "LR":
        for z_lepton, lepton in ((found.z.lepton_left, found.zprime.lepton_left), (found.z.lepton_right, found.zprime.lepton_right)):
            value = same * (-found.z.neutrino[a, h] / found.z.mass**2 * z_lepton + found.zprime.neutrino[a, h] * lepton * pole)
            if chirality == "R":
                other = found.zprime.neutrino[a, h].conj() * lepton * pole
                value = -same * (-found.z.neutrino[a, h].conj() / found.z.mass**2 * z_lepton + other) if found.majorana else 0 * s
            out.append(value + 0j * s)
    u = found.charged
    out[0] = out[0] - 2 * np.sqrt(2) * G_F * u[minus, h] * u[plus, a].conj()
    if found.majorana:
        out[2] = out[2] + 2 * np.sqrt(2) * G_F * u[plus, h].conj() * u[minus, a]
    return out


@pytest.mark.parametrize(("m_a", "m_minus", "m_plus", "minus", "plus"), PAIRS)
@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("degree", [0.0, 1.0])
def test_lepton_pair_is_the_trace(m_a, m_minus, m_plus, minus, plus, majorana, degree) -> None:
    masses = (0.0, 0.0, m_a, 1.0)
    found = with_vector_leptons(random_couplings(np.random.default_rng(10), masses, majorana))
    momenta = points(1.0, (m_a, m_minus, m_plus), 20)
    k = chiral_factors(found, momenta, (minus, plus), WIDTHS[0])
    h, (a, b, c) = at_rest(1.0, len(momenta)), (momenta[:, j] for j in range(3))
    spin = degree * SPIN
    s = np.tile([0.0, *spin], (len(momenta), 1))
    expected = (pair_sum(h, a, b, c, (1.0, m_a, m_minus, m_plus), k) + pair_spin(h, a, b, c, s, (1.0, m_a, m_minus, m_plus), k)) / 2
    tensor = lepton_pair(found, 3, 2, (minus, plus), (m_minus, m_plus), WIDTHS).tensor(momenta)
    np.testing.assert_allclose(polarised(tensor, spin), expected, rtol=1e-11)


@pytest.mark.parametrize(("m_a", "m_minus", "m_plus", "minus", "plus"), PAIRS)
@pytest.mark.parametrize("majorana", [True, False])
def test_lepton_pair_is_dirac_algebra(m_a, m_minus, m_plus, minus, plus, majorana) -> None:
    """Each boson with its own currents: the W's before any Fierz identity, signs by the order of the fields."""
    masses = (0.0, 0.0, m_a, 1.0)
    found = random_couplings(np.random.default_rng(11), masses, majorana)
    momenta = points(1.0, (m_a, m_minus, m_plus), 3)
    rest, strength, u = np.array([1.0, 0, 0, 0]), 2 * np.sqrt(2) * G_F, found.charged
    expected = []
    for event in momenta:

        def amplitude(parent, *labels, event=event):
            spins = [sp.SPINS[k] for k in labels]
            q = rest - event[0]
            h, nu = sp.u_spinor(rest, 1.0, parent), sp.u_spinor(event[0], m_a, spins[0])
            h_v, nu_v = sp.v_spinor(rest, 1.0, parent), sp.v_spinor(event[0], m_a, spins[0])
            lepton, other = sp.u_spinor(event[1], m_minus, spins[1]), sp.v_spinor(event[2], m_plus, spins[2])
            total = strength * u[minus, 3] * u[plus, 2].conj()
            total = total * sp.contract(sp.current(lepton, sp.LEFT, h), sp.current(nu, sp.LEFT, other))
            if majorana:
                crossed = sp.contract(sp.current(lepton, sp.LEFT, nu_v), sp.current(h_v, sp.LEFT, other))
                total += -strength * u[minus, 2] * u[plus, 3].conj() * crossed
            if minus != plus:
                return total
            for boson in (found.z, found.zprime):
                n = boson.neutrino[2, 3]
                j1 = sp.current(nu, n * sp.LEFT - (n.conj() * sp.RIGHT if majorana else 0), h)
                j2 = sp.current(lepton, boson.lepton_left * sp.LEFT + boson.lepton_right * sp.RIGHT, other)
                if boson is found.z:
                    total -= sp.contract(j1, j2) / boson.mass**2
                else:
                    along = sp.contract(q, j1) * sp.contract(q, j2) / boson.mass**2
                    total += (sp.contract(j1, j2) - along) * propagator(q, boson.mass, WIDTHS[0])
            scalar = sp.bar(nu) @ (found.scalar_left[2, 3] * sp.LEFT + found.scalar_right[2, 3] * sp.RIGHT) @ h
            pair = found.scalar_fermion * m_minus * sp.bar(lepton) @ other
            return total - scalar * pair * propagator(q, found.m_phi, WIDTHS[1])

        expected.append(sp.msq(amplitude, (2, 2, 2), SPIN))
    tensor = lepton_pair(found, 3, 2, (minus, plus), (m_minus, m_plus), WIDTHS).tensor(momenta)
    np.testing.assert_allclose(polarised(tensor, SPIN), expected, rtol=1e-10)


def test_lepton_couplings_of_a_model_are_fermi_constants_and_mixings() -> None:
    """K_LX = -2 sqrt2 G_F (C g_X + delta_XL U U*) + g' V eps e Q / (q^2 - m^2), with V_3h = -C_3h; Z and Z' mix by (m_Z'/m_Z)^2."""
    found = model(m4=0.3, m5=1.0, m_zprime=1.5, m_phi=2.5, epsilon=1e-3)
    momenta = points(1.0, (0.3, 0.1, 0.1), 5)
    h, u, s = found.heavy("nu5"), found.charged, 1 + 0.3**2 - 2 * momenta[:, 0, 0]
    for column in (found.heavy("nu4"), 2):
        trimmed = replace(found, masses=(found.masses[column], 1.0), charged=u[:, [column, h]])
        for name in ("z", "zprime"):
            boson = getattr(found, name)
            trimmed = replace(trimmed, **{name: replace(boson, neutrino=boson.neutrino[np.ix_([column, h], [column, h])])})
        k = chiral_factors(with_vector_leptons(trimmed), momenta, (1, 1), 0.0)
        c, mixed = np.sum(u[:, column].conj() * u[:, h]), u[1, h] * u[1, column].conj()
        dark = found.zprime.neutrino[column, h] if column > 2 else -0.7 * c
        for chirality, g in ((0, c * G_LEFT + mixed), (1, c * G_RIGHT)):
            expected = -2 * np.sqrt(2) * G_F * g - dark * 1e-3 * CHARGE / (s - 1.5**2)
            np.testing.assert_allclose(k[chirality], expected, rtol=1e-3)


def test_pure_mixing_has_no_asymmetry() -> None:
    """Majorana neutrinos through the Z' alone, vector coupling to leptons: |M|^2 does not depend on the spin, event by event."""
    found = model(m4=0.3, m5=1.0, m_zprime=1.5, m_phi=2.5, epsilon=1e-3)
    found = with_vector_leptons(only(found, "zprime"))
    h = found.heavy("nu5")
    for column in (found.heavy("nu4"), 2):
        momenta = points(1.0, (found.masses[column], 0.1, 0.1), 50)
        tensor = lepton_pair(found, h, column, (1, 1), (0.1, 0.1), (0.0, 0.0)).tensor(momenta)
        np.testing.assert_allclose(polarised(tensor, SPIN), polarised(tensor, -SPIN), rtol=1e-11)


def test_boson_on_its_shell_is_left_out_of_its_diagram() -> None:
    masses = (0.0, 0.0, 0.0, 0.2, 1.0)
    found = random_couplings(np.random.default_rng(12), masses, m_zprime=0.5, m_phi=0.9)
    triple = neutrino_triple(found, 4, (3, 3, 2), WIDTHS)
    # 1 > 0.2 + 0.5, 0.5 > 0.2: open behind nu4, and behind nu3 (1 > 0.5, 0.5 > 0.4)
    assert triple.zprime.used == (0.0, 0.0, 0.0)
    # 1 > 0.2 + 0.9 does not hold; behind nu3 1 > 0.9 and 0.9 > 0.4
    assert triple.phi.used == (1.0, 1.0, 0.0)
    assert neutrino_triple(replace(found, zprime=replace(found.zprime, mass=0.39)), 4, (3, 3, 2), WIDTHS).zprime.used == (0.0, 0.0, 1.0)
