"""Traces of three-body decays in closed form, and couplings made at random: what the amplitudes are compared with.

sum|M|^2 is over all spins, the parent's included; momenta (n, 3, 4) with the parent at rest.
"""

from dataclasses import replace
from itertools import permutations

import numpy as np

from nusim.decays.couplings import Couplings, Vector
from nusim.kernels.lorentz import dot

CYCLES = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def at_rest(m, n):
    h = np.zeros((n, 4))
    h[:, 0] = m
    return h


def parity(order):
    """Sign of a permutation."""
    return 1 - 2 * (sum(order[i] > order[j] for i in range(len(order)) for j in range(i + 1, len(order))) % 2)


def epsilon(*rows):
    """Determinant of the matrix of contravariant rows, each (n, 4)."""
    return np.linalg.det(np.stack(np.broadcast_arrays(*rows), axis=1))


def pair_sum(h, a, b, c, masses, k):
    """sum|M|^2 of K_YX [ubar_a gamma P_Y u_h][ubar_b gamma P_X v_c]; `masses` (m_h, m_a, m_b, m_c), `k` = K_LL, K_LR, K_RL, K_RR."""
    m_h, m_a, m_b, m_c = masses
    ll, lr, rl, rr = k

    def re(x, y):
        return np.real(x * np.conj(y))

    total = (abs(ll) ** 2 + abs(rr) ** 2) * dot(h, c) * dot(a, b) + (abs(lr) ** 2 + abs(rl) ** 2) * dot(h, b) * dot(a, c)
    total = total + m_b * m_c * dot(a, h) * (re(ll, lr) + re(rl, rr)) - m_a * m_h * dot(b, c) * (re(ll, rl) + re(lr, rr))
    return 16 * (total - 2 * m_a * m_b * m_c * m_h * (re(ll, rr) + re(lr, rl)))


def pair_spin(h, a, b, c, s, masses, k):
    """What a polarisation four-vector `s` of the parent adds to `pair_sum`."""
    m_h, m_a, m_b, m_c = masses
    ll, lr, rl, rr = k
    mixed = ll * np.conj(rl) - lr * np.conj(rr)
    chiral = (abs(rr) ** 2 - abs(ll) ** 2) * dot(s, c) * dot(a, b) + (abs(rl) ** 2 - abs(lr) ** 2) * dot(s, b) * dot(a, c)
    chiral = chiral + m_b * m_c * dot(a, s) * np.real(rl * np.conj(rr) - ll * np.conj(lr))
    flipped = (dot(h, b) * dot(s, c) - dot(h, c) * dot(s, b)) * mixed.real - epsilon(h, s, b, c) * mixed.imag
    return 16 * m_h * chiral + 16 * m_a * flipped


def _pieces(h, a, b, c, masses):
    """Structures of the interference of A(a;bc) with A(b;ca) and which couplings go with them, 0 for L and 1 for R."""
    m_h, m_a, m_b, m_c = masses
    yield 16 * dot(h, c) * dot(a, b), (0, 0, 0, 0)
    yield -8 * m_h * m_b * dot(a, c), (0, 1, 0, 0)
    yield 8 * m_h * m_c * dot(a, b), (0, 1, 1, 0)
    yield -8 * m_h * m_a * dot(b, c), (0, 1, 1, 1)
    yield 8 * m_b * m_c * dot(a, h), (0, 0, 1, 0)
    yield -8 * m_a * m_b * dot(h, c), (0, 0, 1, 1)
    yield 8 * m_a * m_c * dot(h, b), (0, 0, 0, 1)
    yield -16 * m_h * m_a * m_b * m_c, (0, 1, 0, 1)


def chiral(coupling):
    """(L, R) of a Majorana pair."""
    return coupling, -np.conj(coupling)


def triple_sum(momenta, m_h, masses, outer, inner, propagator, exchange=True):
    """sum|M|^2 of three Majorana neutrinos through one vector boson without its longitudinal part.

    `outer[a]` the coupling N_ah, `inner[a]` the coupling N_bc of the pair that follows a cyclically; `propagator(s)`.
    Without `exchange` the sum of the squares of the three diagrams.
    """
    h, m = at_rest(m_h, len(momenta)), np.asarray(masses)
    p = [momenta[:, k] for k in range(3)]

    def pole(x):
        q = h - p[x]
        return propagator(dot(q, q))

    total = np.zeros(len(momenta))
    for a, b, c in CYCLES:
        (l1, r1), (l2, r2) = chiral(outer[a]), chiral(inner[a])
        k = (l1 * l2, l1 * r2, r1 * l2, r1 * r2)
        total = total + pair_sum(h, p[a], p[b], p[c], (m_h, m[a], m[b], m[c]), k) * np.abs(pole(a)) ** 2
        if exchange:
            # the pair of A(b;ca) as ac: N_ac = N_ca*
            g = [chiral(outer[a]), chiral(outer[b]), chiral(inner[a]), chiral(np.conj(inner[b]))]
            cross = np.zeros(len(momenta), complex)
            for structure, kind in _pieces(h, p[a], p[b], p[c], (m_h, m[a], m[b], m[c])):
                for flip in (0, 1):
                    x = [one[which ^ flip] for one, which in zip(g, kind, strict=True)]
                    cross += structure * x[0] * np.conj(x[1]) * x[2] * np.conj(x[3])
            total = total + 2 * np.real(cross * pole(a) * np.conj(pole(b)))
    return total


def contact_sum(momenta, m_h, masses, dark, strength):
    """sum|M|^2 of `strength` (nu_D nu_D)+ (nu_D nu_D), nu_D = sum_i dark_i nu_i in two components: every contraction, one by one.

    `dark` holds the mixings of h, a, b, c.
    """
    sigma = np.array([np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    raising = np.array([[0, 1], [-1, 0]])
    out = []
    for event in momenta:
        states = []
        for k, (p, m) in enumerate(zip([np.array([m_h, 0, 0, 0]), *event], [m_h, *masses], strict=True)):
            matrix = np.einsum("m,mab->ab", p * [1, -1, -1, -1], sigma)
            values, vectors = np.linalg.eigh(matrix)
            root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.conj().T
            spins = [root @ np.array([1, 0]), root @ np.array([0, 1])] if m > 0 or k == 0 else [root @ vectors[:, 1], 0 * values]
            rest = [np.array([1, 0]), np.array([0, 1])] if m > 0 else [vectors[:, 1], 0 * values]
            other = [root @ raising @ x.conj() for x in rest]
            if m == 0:  # helicity +1/2: left-handed v only
                other = [0 * values, root @ vectors[:, 1]]
            # a field annihilates with x, creates with y; its conjugate the other way round
            states.append([((x, y.conj()) if k == 0 else (y, x.conj()), dark[k]) for x, y in zip(spins, other, strict=True)])
        total = 0.0
        for labels in np.ndindex(2, 2, 2, 2):
            chosen = [states[k][label] for k, label in enumerate(labels)]
            amplitude = 0j
            for order in permutations(range(4)):
                (one, two), (three, four) = order[:2], order[2:]
                bar = (chosen[one][0][1] @ raising @ chosen[two][0][1]) * np.conj(chosen[one][1] * chosen[two][1])
                plain = (chosen[three][0][0] @ raising @ chosen[four][0][0]) * chosen[three][1] * chosen[four][1]
                amplitude += parity(order) * bar * plain
            total += abs(strength * amplitude) ** 2
        out.append(total)
    return np.array(out)


def _hermitian(rng, n):
    matrix = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return (matrix + matrix.conj().T) / 2


def random_couplings(rng, masses, majorana=True, m_zprime=1.3, m_phi=1.7) -> Couplings:
    """Couplings of any phase and size; the last column is the parent, the first three light ones may have any mass."""
    n = len(masses)
    names = ("nu1", "nu2", "nu3", "nu4", "nu5", "nu6")[:n]
    scalar = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    scalar = scalar + scalar.T if majorana else scalar
    charged = (rng.normal(size=(3, n)) + 1j * rng.normal(size=(3, n))) * 1e5
    z = Vector("Z", 91.0, 91.0 * _hermitian(rng, n), float(rng.normal()), float(rng.normal()))
    zprime = Vector("Z'", m_zprime, _hermitian(rng, n), float(rng.normal()), float(rng.normal()))
    return Couplings(tuple(masses), names, majorana, z, zprime, m_phi, scalar, scalar.conj().T, float(rng.normal()), 1.1, charged)


def only(found: Couplings, *bosons: str) -> Couplings:
    """The couplings with all other bosons taken away: of 'W', 'Z', 'zprime', 'phi'."""
    nothing = np.zeros_like(found.z.neutrino)
    changes = {}
    if "Z" not in bosons:
        changes["z"] = replace(found.z, neutrino=nothing, lepton_left=0.0, lepton_right=0.0)
    if "zprime" not in bosons:
        changes["zprime"] = replace(found.zprime, neutrino=nothing, lepton_left=0.0, lepton_right=0.0)
    if "phi" not in bosons:
        changes |= {"scalar_left": nothing, "scalar_right": nothing, "scalar_fermion": 0.0}
    if "W" not in bosons:
        changes["charged"] = np.zeros_like(found.charged)
    return replace(found, **changes)


def without_longitudinal(found: Couplings) -> Couplings:
    """Z' exchange with a scalar of its mass that takes the longitudinal part away: the Goldstone boson with reversed sign.

    For Majorana neutrinos (q.J)(q.K)/m^2 is the exchange of a scalar with couplings i S_ij, S_ij = (m_i N_ij + m_j N_ij*) / m_Z'.
    """
    m, n = np.asarray(found.masses), found.zprime.neutrino
    goldstone = (m[:, None] * n + m[None, :] * n.conj()) / found.zprime.mass
    return replace(only(found, "zprime"), m_phi=found.zprime.mass, scalar_left=-goldstone, scalar_right=goldstone.conj())
