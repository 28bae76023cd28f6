"""Three-body decays through several bosons by routes the code does not use: Dirac matrices for arrays of events, traces, Weyl spinors.

Events come first here: momenta (n, 3, 4), spinors (n, 2, 4) with spins UP, DOWN, tensors (n, a, b, c, h). Couplings of a pair are
dictionaries of chiral numbers. Everything is written without Fierz identities: signs are those of the fermions' order.
"""

from itertools import combinations

import numpy as np

from nusim.constants import G_F
from nusim.decays.couplings import Couplings, Vector

from . import spinors as sp

STRENGTH = 2 * np.sqrt(2) * G_F
CYCLES = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def hermitian(rng, n):
    raw = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return (raw + raw.conj().T) / 2


def random_couplings(rng, masses, majorana=True, m_zprime=2.3, m_phi=3.1, weak=1.0, scalar=True):
    """Couplings without any relation between them but hermiticity; the Z as strong as `weak` times the Z'."""
    n = len(masses)
    v, c = hermitian(rng, n), hermitian(rng, n)
    m = np.array(masses)
    g, v_phi = 0.8, m_zprime / 0.8
    z_mass = 91.0
    strong = weak * z_mass / m_zprime
    z = Vector("Z", z_mass, strong * c, strong * 0.7, -strong * 0.4)
    zprime = Vector("Z'", m_zprime, g * v, 0.6, 0.35)
    left = (m[:, None] * v + m[None, :] * v.conj()) / v_phi if majorana else m[:, None] * v / v_phi
    right = left.conj() if majorana else v * m[None, :] / v_phi
    if not scalar:
        left, right = 0 * left, 0 * right
    u = (rng.normal(size=(3, n)) + 1j * rng.normal(size=(3, n))) / np.sqrt(STRENGTH) / m_zprime * np.sqrt(weak)
    names = tuple(f"nu{k + 1}" for k in range(n))
    return Couplings(tuple(masses), names, majorana, z, zprime, m_phi, left, right, 0.3 if scalar else 0.0, v_phi, u)


def u_spinors(p, m):
    """(n, 2, 4), spins up and down along z in the rest frame; massless particles too."""
    xi = np.array(sp.SPINS, dtype=complex)
    upper = np.broadcast_to(xi, (len(p), 2, 2))
    lower = np.einsum("kab,nk,ib->nia", sp.SIGMA, p[:, 1:], xi) / (p[:, 0] + m)[:, None, None]
    return np.sqrt(p[:, 0] + m)[:, None, None] * np.concatenate([upper, lower], axis=2)


def charge_conjugate(u):
    """v = i gamma^2 u*."""
    return np.einsum("ab,nib->nia", 1j * sp.GAMMA[2], u.conj())


def vector(bra, ket, left, right):
    """(n, i, j, 4)."""
    chiral = left * sp.LEFT + right * sp.RIGHT
    matrices = np.einsum("ab,mbc,cd->mad", sp.GAMMA[0], sp.GAMMA, chiral)
    return np.einsum("nia,njma->nijm", bra.conj(), np.einsum("mab,njb->njma", matrices, ket))


def scalar(bra, ket, left, right):
    """(n, i, j)."""
    chiral = sp.GAMMA[0] @ (left * sp.LEFT + right * sp.RIGHT)
    return np.einsum("nia,nja->nij", bra.conj(), np.einsum("ab,njb->nja", chiral, ket))


def chiral_pair(found, boson, i, j):
    """L, R of nubar_i nu_j."""
    value = boson.neutrino[i, j]
    return value, (-np.conj(value) if found.majorana else 0.0)


def invariant(p):
    return p[:, 0] ** 2 - p[:, 1] ** 2 - p[:, 2] ** 2 - p[:, 3] ** 2


def minkowski(p, q):
    return p[..., 0] * q[..., 0] - p[..., 1] * q[..., 1] - p[..., 2] * q[..., 2] - p[..., 3] * q[..., 3]


class Event:
    """Spinors of the parent at rest (place 3) and of three products."""

    def __init__(self, momenta, m_parent, masses):
        rest = np.zeros((len(momenta), 4))
        rest[:, 0] = m_parent
        self.p = [*(momenta[:, k] for k in range(3)), rest]
        self.u = [u_spinors(p, m) for p, m in zip(self.p, (*masses, m_parent), strict=True)]
        self.v = [charge_conjugate(u) for u in self.u]

    def q(self, x):
        return self.p[3] - self.p[x]


def exchanged(event, first, second, q, zprime, phi, longitudinal=True):
    """One diagram: `first` and `second` are dictionaries of currents zprime, z, scalar with spins (i, j) and (k, l): (n, i, j, k, l).

    `zprime`, `phi`: (mass, width). The Z's currents are divided by its mass.
    """
    s = invariant(q)
    lower = np.array([1.0, -1.0, -1.0, -1.0])
    product = np.einsum("nijm,nklm->nijkl", first["zprime"] * lower, second["zprime"])
    if longitudinal:
        along = [np.einsum("nijm,nm->nij", one["zprime"] * lower, q) for one in (first, second)]
        product = product - np.einsum("nij,nkl->nijkl", *along) / zprime[0] ** 2
    out = product / (s - zprime[0] ** 2 + 1j * zprime[0] * zprime[1])[:, None, None, None, None]
    out = out - np.einsum("nijm,nklm->nijkl", first["z"] * lower, second["z"])
    scalars = np.einsum("nij,nkl->nijkl", first["scalar"], second["scalar"])
    return out - scalars / (s - phi[0] ** 2 + 1j * phi[0] * phi[1])[:, None, None, None, None]


def neutrino_currents(found, bra, ket, i, j):
    z_left, z_right = chiral_pair(found, found.z, i, j)
    return {
        "zprime": vector(bra, ket, *chiral_pair(found, found.zprime, i, j)),
        "z": vector(bra, ket, z_left / found.z.mass, z_right / found.z.mass),
        "scalar": scalar(bra, ket, found.scalar_left[i, j], found.scalar_right[i, j]),
    }


def lepton_currents(found, bra, ket, mass):
    yukawa = found.scalar_fermion * mass
    return {
        "zprime": vector(bra, ket, found.zprime.lepton_left, found.zprime.lepton_right),
        "z": vector(bra, ket, found.z.lepton_left / found.z.mass, found.z.lepton_right / found.z.mass),
        "scalar": scalar(bra, ket, yukawa, yukawa),
    }


def three_neutrinos(momenta, found, parent, columns, widths=(0.0, 0.0), longitudinal=True):
    """Majorana: the sum of the three cyclic diagrams, (n, a, b, c, h)."""
    event = Event(momenta, found.masses[parent], tuple(found.masses[k] for k in columns))
    zprime, phi = (found.zprime.mass, widths[0]), (found.m_phi, widths[1])
    total = 0
    for x, y, z in CYCLES:
        first = neutrino_currents(found, event.u[x], event.u[3], columns[x], parent)
        second = neutrino_currents(found, event.u[y], event.v[z], columns[y], columns[z])
        part = exchanged(event, first, second, event.q(x), zprime, phi, longitudinal)
        letters = "".join({x: "x", y: "y", z: "z"}[k] for k in range(3))
        total = total + np.einsum(f"nxhyz->n{letters}h", part)
    return total


def three_dirac_neutrinos(momenta, found, parent, columns, antiparticle, conjugate=False, widths=(0.0, 0.0)):
    """Dirac: the antiparticle (particle in the `conjugate` decay) at one place; the other two exchanged with the opposite sign."""
    event = Event(momenta, found.masses[parent], tuple(found.masses[k] for k in columns))
    zprime, phi = (found.zprime.mass, widths[0]), (found.m_phi, widths[1])
    z = antiparticle
    one, other = (k for k in range(3) if k != z)
    total = 0
    for x, y, sign in ((one, other, 1), (other, one, -1)):
        if conjugate:
            first = neutrino_currents(found, event.v[3], event.v[x], parent, columns[x])
            first = {key: value.swapaxes(1, 2) for key, value in first.items()}
            second = neutrino_currents(found, event.u[z], event.v[y], columns[z], columns[y])
            second = {key: value.swapaxes(1, 2) for key, value in second.items()}
        else:
            first = neutrino_currents(found, event.u[x], event.u[3], columns[x], parent)
            second = neutrino_currents(found, event.u[y], event.v[z], columns[y], columns[z])
        part = exchanged(event, first, second, event.q(x), zprime, phi)
        letters = "".join({x: "x", y: "y", z: "z"}[k] for k in range(3))
        total = total + sign * np.einsum(f"nxhyz->n{letters}h", part)
    return total


def lepton_pairs(momenta, found, parent, column, flavours, masses, widths=(0.0, 0.0), conjugate=False):
    """nu_a l- l+ with neutral currents and W diagrams, each with its own currents; the conjugate of it has l+ in place 1."""
    minus, plus = flavours
    event = Event(momenta, found.masses[parent], (found.masses[column], *masses))
    zprime, phi = (found.zprime.mass, widths[0]), (found.m_phi, widths[1])
    u, v, mix = event.u, event.v, found.charged
    neutral = 0
    if not conjugate:
        if minus == plus:
            first = neutrino_currents(found, u[0], u[3], column, parent)
            second = lepton_currents(found, u[1], v[2], masses[0])
            neutral = np.einsum("nahbc->nabch", exchanged(event, first, second, event.q(0), zprime, phi))
        lower = np.array([1.0, -1.0, -1.0, -1.0])
        # fermions in the order (l-, h)(a, l+); neutral currents (a, h)(l-, l+) differ by one exchange
        one = np.einsum(
            "nbhm,nacm->nabch", vector(u[1], u[3], mix[minus, parent], 0) * lower, vector(u[0], v[2], mix[plus, column].conj(), 0)
        )
        total = neutral + STRENGTH * one
        if found.majorana:
            # (h, l+)(l-, a): an even permutation of the neutral currents' order
            two = np.einsum(
                "nhcm,nbam->nabch", vector(v[3], v[2], mix[plus, parent].conj(), 0) * lower, vector(u[1], v[0], mix[minus, column], 0)
            )
            total = total - STRENGTH * two
        return total
    # Dirac: antineutrino h -> antineutrino a, l+ (place 1, conjugate of the l- of flavour `minus`), l- (place 2)
    if minus == plus:
        first = neutrino_currents(found, v[3], v[0], parent, column)
        second = lepton_currents(found, u[2], v[1], masses[0])
        neutral = np.einsum("nhacb->nabch", exchanged(event, first, second, event.q(0), zprime, phi))
    lower = np.array([1.0, -1.0, -1.0, -1.0])
    one = np.einsum("nhbm,ncam->nabch", vector(v[3], v[1], mix[minus, parent].conj(), 0) * lower, vector(u[2], v[0], mix[plus, column], 0))
    return neutral + STRENGTH * one


def square(tensor, spin=None):
    """|M|^2 summed over final spins for a parent of polarisation `spin` (3,); of antiparticles too, as v is linear in u*."""
    spin = np.zeros(3) if spin is None else np.asarray(spin)
    rho = (np.eye(2) + np.einsum("k,kab->ab", spin, sp.SIGMA)) / 2
    return np.einsum("nabch,hg,nabcg->n", tensor, rho, tensor.conj()).real


def bloch(tensor, place, spin):
    """Polarisation vectors of an outgoing particle from its density matrix."""
    rho = (np.eye(2) + np.einsum("k,kab->ab", np.asarray(spin), sp.SIGMA)) / 2
    moved = np.moveaxis(tensor, 1 + place, 1).reshape(len(tensor), 2, 4, 2)
    density = np.einsum("nifh,hg,njfg->nij", moved, rho, moved.conj())
    return np.einsum("nij,kji->nk", density, sp.SIGMA).real / np.einsum("nii->n", density).real[:, None]


# traces


def _epsilon(a, b, c, d):
    return np.linalg.det(np.stack([a, b, c, d], axis=-2))


def pair_square(h, a, b, c, m, ll, lr, rl, rr):
    """Sum over all spins, the parent's too; m = (m_h, m_a, m_b, m_c)."""
    mh, ma, mb, mc = m
    ll, lr, rl, rr = (np.asarray(k, complex) for k in (ll, lr, rl, rr))
    out = (abs(ll) ** 2 + abs(rr) ** 2) * minkowski(h, c) * minkowski(a, b)
    out = out + (abs(lr) ** 2 + abs(rl) ** 2) * minkowski(h, b) * minkowski(a, c)
    out = out + mb * mc * minkowski(a, h) * (ll * lr.conj() + rl * rr.conj()).real
    out = out - ma * mh * minkowski(b, c) * (ll * rl.conj() + lr * rr.conj()).real
    return 16 * (out - 2 * ma * mb * mc * mh * (ll * rr.conj() + lr * rl.conj()).real)


def pair_delta(h, a, b, c, s, m, ll, lr, rl, rr):
    """The part linear in the parent's spin vector s, twice."""
    mh, ma, mb, mc = m
    ll, lr, rl, rr = (np.asarray(k, complex) for k in (ll, lr, rl, rr))
    out = (abs(rr) ** 2 - abs(ll) ** 2) * minkowski(s, c) * minkowski(a, b)
    out = out + (abs(rl) ** 2 - abs(lr) ** 2) * minkowski(s, b) * minkowski(a, c)
    out = 16 * mh * (out + mb * mc * minkowski(a, s) * (rl * rr.conj() - ll * lr.conj()).real)
    mixed = ll * rl.conj() - lr * rr.conj()
    other = (minkowski(h, b) * minkowski(s, c) - minkowski(h, c) * minkowski(s, b)) * mixed.real
    return out + 16 * ma * (other - _epsilon(h, s, b, c) * mixed.imag)


def exchange_interference(h, a, b, c, m, g1, g2, g3, g4):
    """Re of A(a;bc) A(b;ca)* without propagators; g1..g4 = (L, R) of ah, bh, bc, ac."""
    mh, ma, mb, mc = m
    left, right = 0, 1

    def both(i, j, k, n):
        def term(flip):
            i_, j_, k_, n_ = (x ^ flip for x in (i, j, k, n))
            return g1[i_] * np.conj(g2[j_]) * g3[k_] * np.conj(g4[n_])

        return term(0) + term(1)

    el, ar = left, right
    return (
        16 * minkowski(h, c) * minkowski(a, b) * both(el, el, el, el)
        - 8 * mh * mb * minkowski(a, c) * both(el, ar, el, el)
        + 8 * mh * mc * minkowski(a, b) * both(el, ar, ar, el)
        - 8 * mh * ma * minkowski(b, c) * both(el, ar, ar, ar)
        + 8 * mb * mc * minkowski(a, h) * both(el, el, ar, el)
        - 8 * ma * mb * minkowski(h, c) * both(el, el, ar, ar)
        + 8 * ma * mc * minkowski(h, b) * both(el, el, el, ar)
        - 16 * mh * ma * mb * mc * both(el, ar, el, ar)
    )


def three_neutrino_square(momenta, found, parent, columns, width=0.0, z_too=True):
    """Sum over all spins through vector bosons without their longitudinal parts: one boson, or Z' and Z in each diagram."""
    h = np.zeros((len(momenta), 4))
    h[:, 0] = found.masses[parent]
    p = [momenta[:, k] for k in range(3)]
    m = [found.masses[k] for k in columns]
    mh = found.masses[parent]
    bosons = [(found.zprime, lambda s: 1 / (s - found.zprime.mass**2 + 1j * found.zprime.mass * width))]
    if z_too:
        bosons.append((found.z, lambda s: np.full(len(s), -1 / found.z.mass**2, dtype=complex)))
    total = 0
    for x, y, z in CYCLES:
        s, s_next = invariant(p[y] + p[z]), invariant(p[x] + p[z])
        masses = (mh, m[x], m[y], m[z])
        kk = dict.fromkeys(("ll", "lr", "rl", "rr"), 0)
        for boson, propagator in bosons:
            (l1, r1), (l2, r2) = chiral_pair(found, boson, columns[x], parent), chiral_pair(found, boson, columns[y], columns[z])
            for name, value in zip(kk, (l1 * l2, l1 * r2, r1 * l2, r1 * r2), strict=True):
                kk[name] = kk[name] + value * propagator(s)
        total = total + pair_square(h, p[x], p[y], p[z], masses, **kk)
        for one, p_one in bosons:
            for other, p_other in bosons:
                g1, g3 = chiral_pair(found, one, columns[x], parent), chiral_pair(found, one, columns[y], columns[z])
                g2, g4 = chiral_pair(found, other, columns[y], parent), chiral_pair(found, other, columns[x], columns[z])
                term = exchange_interference(h, p[x], p[y], p[z], masses, g1, g2, g3, g4)
                total = total + 2 * (term * p_one(s) * p_other(s_next).conj()).real
    return total


# two-component operator


def _weyl(p, m):
    """x and y (n, 2, 2): spin, component, by the root of p.sigma."""
    out_x, out_y = [], []
    for one in p:
        matrix = one[0] * np.eye(2) - np.einsum("k,kab->ab", one[1:], sp.SIGMA)
        root = (matrix + m * np.eye(2)) / np.sqrt(np.trace(matrix).real + 2 * m)  # Cayley-Hamilton
        out_x.append([root @ sp.UP, root @ sp.DOWN])
        out_y.append([root @ sp.DOWN, -(root @ sp.UP)])
    return np.array(out_x), np.array(out_y)


def fierzed_square(momenta, m_parent, masses, dark, dark_parent, strength):
    """Sum over all spins from -strength (nu_D^dagger nu_D^dagger)(nu_D nu_D), nu_D = sum_i dark_i nu_i."""
    rest = np.zeros((len(momenta), 4))
    rest[:, 0] = m_parent
    some = [_weyl(momenta[:, k], masses[k]) for k in range(3)] + [_weyl(rest, m_parent)]
    u = [*dark, dark_parent]
    # outgoing: y in nu_D, x^dagger in nu_D^dagger; incoming: x in nu_D, y^dagger in nu_D^dagger
    plain = [u[k] * (some[k][1] if k < 3 else some[k][0]) for k in range(4)]
    daggered = [np.conj(u[k] * (some[k][0] if k < 3 else some[k][1])) for k in range(4)]
    eps = np.array([[0.0, 1.0], [-1.0, 0.0]])
    total = 0
    for i, j in combinations(range(4), 2):
        k, n = (one for one in range(4) if one not in (i, j))
        order = [k, n, i, j]
        sign = (-1) ** sum(order[a] > order[b] for a, b in combinations(range(4), 2))
        one = np.einsum("zsa,ab,ztb->zst", daggered[k], eps, daggered[n])
        # raising the index of the other kind turns the sign
        two = -np.einsum("zsa,ab,ztb->zst", plain[i], eps, plain[j])
        names = "abch"
        total = total + sign * 4 * np.einsum(f"z{names[k]}{names[n]},z{names[i]}{names[j]}->zabch", one, two)
    return strength**2 * np.sum(np.abs(total) ** 2, axis=(1, 2, 3, 4))


# phase space in Dalitz variables


def dalitz_momenta(m, masses, s_bc, s_ab):
    """Momenta (n, 3, 4) in a plane from the two invariants."""
    a, b, c = masses
    e_a, e_c = (m**2 + a**2 - s_bc) / (2 * m), (m**2 + c**2 - s_ab) / (2 * m)
    q_a, q_c = np.sqrt(np.maximum(e_a**2 - a**2, 0)), np.sqrt(np.maximum(e_c**2 - c**2, 0))
    e_b = m - e_a - e_c
    cosine = np.clip((e_b**2 - b**2 - q_a**2 - q_c**2) / (2 * q_a * q_c), -1, 1)
    sine = np.sqrt((1 - cosine) * (1 + cosine))
    zero = np.zeros_like(s_bc)
    p_a = np.stack([e_a, zero, zero, q_a], axis=1)
    p_c = np.stack([e_c, q_c * sine, zero, q_c * cosine], axis=1)
    return np.stack([p_a, np.stack([e_b, -p_c[:, 1], zero, -p_a[:, 3] - p_c[:, 3]], axis=1), p_c], axis=1)


def dalitz_edges(m, masses, s_bc):
    """Range of s_ab."""
    a, b, c = masses
    root = np.sqrt(s_bc)
    e_b, e_a = (s_bc + b**2 - c**2) / (2 * root), (m**2 - s_bc - a**2) / (2 * root)
    q_b, q_a = np.sqrt(np.maximum(e_b**2 - b**2, 0)), np.sqrt(np.maximum(e_a**2 - a**2, 0))
    return (e_a + e_b) ** 2 - (q_a + q_b) ** 2, (e_a + e_b) ** 2 - (q_a - q_b) ** 2


def integrated(m, masses, msq, pole=None, symmetric=False, nodes=32):
    """Width from |M|^2(momenta) of an unpolarised parent: panels of Gauss rules in the Dalitz variables s_bc and s_ab.

    `pole`: mass of a boson in s_bc, next to which the steps shrink with the distance. `symmetric`: three identical products, of which
    only the third of the plot is taken where s_bc is the largest.
    """
    from scipy.optimize import brentq

    a, b, c = masses
    low, high = (b + c) ** 2, (m - a) ** 2
    everything = m**2 + a**2 + b**2 + c**2
    if symmetric:
        low = everything / 3
    span = high - low
    below = pole is not None and pole**2 <= low
    near = span if pole is None else abs(pole**2 - (low if below else high))
    # distance from the end next to the pole: near sinh^2, the roots at both ends taken away
    top = np.arcsinh(np.sqrt(span / near))
    breaks = np.linspace(0, 1, 9)
    if symmetric:

        def gap(s):
            return dalitz_edges(m, masses, np.array([s]))[0][0] - (everything - 2 * s)

        kink = brentq(gap, low, high, xtol=1e-15)
        breaks = np.sort(np.append(breaks, 1 - np.sqrt(1 - np.arcsinh(np.sqrt((high - kink) / near)) / top)))
    x, w = np.polynomial.legendre.leggauss(nodes)
    x, w = (x + 1) / 2, w / 2
    u = (breaks[:-1, None] + np.diff(breaks)[:, None] * x).ravel()
    du = (np.diff(breaks)[:, None] * w).ravel()
    theta = top * u * (2 - u)
    distance, slope = near * np.sinh(theta) ** 2, near * np.sinh(2 * theta) * top * 2 * (1 - u)
    s = low + distance if below else high - distance
    first, last = dalitz_edges(m, masses, s)
    if symmetric:
        first, last = np.maximum(first, everything - 2 * s), np.minimum(last, s)
    length = np.maximum(last - first, 0.0)
    other = (first[:, None] + length[:, None] * x).ravel()
    measure = ((slope * du * length)[:, None] * w).ravel() * (3 if symmetric else 1) / ((2 * np.pi) ** 3 * 32 * m**3)
    return float(np.sum(msq(dalitz_momenta(m, masses, np.repeat(s, nodes), other)) * measure))
