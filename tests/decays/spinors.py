"""Amplitudes from explicit Dirac spinors and gamma matrices, summed over every spin: they share nothing with the code's traces.

Dirac representation, metric (+,-,-,-), momenta (E, px, py, pz). The parent is at rest; `particle` = False makes it an antiparticle,
whose decay is the conjugate of the particle's. An amplitude is a chain of currents; |M|^2 is its sum over final spins for a parent
of polarisation vector P, a mixture of the two spin states along P.
"""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
_ZERO, _ONE = np.zeros((2, 2)), np.eye(2)
GAMMA = np.array([np.block([[_ONE, _ZERO], [_ZERO, -_ONE]]), *[np.block([[_ZERO, s], [-s, _ZERO]]) for s in SIGMA]])
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
LEFT, RIGHT = (np.eye(4) - GAMMA5) / 2, (np.eye(4) + GAMMA5) / 2
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])
UP, DOWN = np.array([1, 0]), np.array([0, 1])


def slash(p):
    """gamma.p for a contravariant p."""
    return np.einsum("mab,m->ab", GAMMA, METRIC @ p)


def u_spinor(p, m, spin):
    """Particle with two-component rest spin `spin`; holds for m = 0 (E > 0)."""
    root = np.sqrt(p[0] + m)
    return root * np.concatenate([spin, np.einsum("kab,k,b->a", SIGMA, p[1:], spin) / (p[0] + m)])


def v_spinor(p, m, spin):
    """Antiparticle with rest spin `spin`: the charge conjugate of u_spinor."""
    return 1j * GAMMA[2] @ u_spinor(p, m, spin).conj()


def bar(spinor):
    return spinor.conj() @ GAMMA[0]


def current(left_spinor, vertex, right_spinor):
    """bar(left) gamma^mu vertex right, contravariant."""
    return np.einsum("a,mab,bc,c->m", bar(left_spinor), GAMMA, vertex, right_spinor)


def contract(j, k):
    return j @ METRIC @ k


def along(direction):
    """Two-component spinor of spin +1/2 along a unit vector."""
    values, vectors = np.linalg.eigh(np.einsum("kab,k->ab", SIGMA, direction))
    return vectors[:, int(np.argmax(values))]


def msq(amplitude: Callable[..., complex], final_states: Sequence[int], spin) -> float:
    """Sum over final spins of |amplitude(parent spin, *labels)|^2, label k from range(final_states[k]); parent polarised by `spin`."""
    degree = float(np.linalg.norm(spin))
    axis = np.asarray(spin) / degree if degree > 0 else np.array([0.0, 0.0, 1.0])
    total = 0.0
    for weight, direction in (((1 + degree) / 2, axis), ((1 - degree) / 2, -axis)):
        parent = along(direction)
        total += weight * sum(abs(amplitude(parent, *labels)) ** 2 for labels in product(*map(range, final_states)))
    return total


SPINS = (UP, DOWN)


def contact_lepton_pair(momenta, m_parent, m_lepton, g_left, g_right, charged: bool, particle: bool):
    """N -> nu l- l+ (or its conjugate nubar l+ l-, in the same places) per 2 sqrt2 G_F U: Z with (g_left, g_right), and W if `charged`.

    The W diagram is written with its own currents, [l N][nu l]; exchanging two fermions gives the minus sign.
    """
    nu, lepton, other = momenta
    rest = np.array([m_parent, 0, 0, 0])
    coupling = g_left * LEFT + g_right * RIGHT

    def amplitude(parent, a, b, c):
        s = [SPINS[k] for k in (a, b, c)]
        if particle:
            h, x = u_spinor(rest, m_parent, parent), u_spinor(nu, 0, s[0])
            y, z = u_spinor(lepton, m_lepton, s[1]), v_spinor(other, m_lepton, s[2])
            value = contract(current(x, LEFT, h), current(y, coupling, z))
            return value - contract(current(y, LEFT, h), current(x, LEFT, z)) if charged else value
        # conjugate: momenta[1] is the positive lepton, momenta[2] the negative one
        h, x = v_spinor(rest, m_parent, parent), v_spinor(nu, 0, s[0])
        y, z = v_spinor(lepton, m_lepton, s[1]), u_spinor(other, m_lepton, s[2])
        value = contract(current(h, LEFT, x), current(z, coupling, y))
        return value - contract(current(h, LEFT, y), current(z, LEFT, x)) if charged else value

    return amplitude


def contact_two_flavours(momenta, m_parent, m_alpha, m_beta, particle: bool):
    """N -> l_alpha- l_beta+ nu_beta per 2 sqrt2 G_F U, momenta in the order (nu_beta, l_alpha-, l_beta+); or the conjugate."""
    nu, alpha, beta = momenta
    rest = np.array([m_parent, 0, 0, 0])

    def amplitude(parent, a, b, c):
        s = [SPINS[k] for k in (a, b, c)]
        if particle:
            h, x = u_spinor(rest, m_parent, parent), u_spinor(nu, 0, s[0])
            return contract(current(u_spinor(alpha, m_alpha, s[1]), LEFT, h), current(x, LEFT, v_spinor(beta, m_beta, s[2])))
        h, x = v_spinor(rest, m_parent, parent), v_spinor(nu, 0, s[0])
        return contract(current(h, LEFT, v_spinor(alpha, m_alpha, s[1])), current(u_spinor(beta, m_beta, s[2]), LEFT, x))

    return amplitude


def contact_neutrinos(momenta, m_parent, identical: bool, particle: bool):
    """N -> nu_a nu_b nubar_b per 2 sqrt2 G_F U by the Z, half a unit each; `identical` adds the exchange of the two neutrinos."""
    first, second, anti = momenta
    rest = np.array([m_parent, 0, 0, 0])

    def amplitude(parent, a, b, c):
        s = [SPINS[k] for k in (a, b, c)]
        if particle:
            h = u_spinor(rest, m_parent, parent)
            x, y, z = u_spinor(first, 0, s[0]), u_spinor(second, 0, s[1]), v_spinor(anti, 0, s[2])
            value = contract(current(x, LEFT, h), current(y, LEFT, z))
            return (value - contract(current(y, LEFT, h), current(x, LEFT, z)) if identical else value) / 2
        h = v_spinor(rest, m_parent, parent)
        x, y, z = v_spinor(first, 0, s[0]), v_spinor(second, 0, s[1]), u_spinor(anti, 0, s[2])
        value = contract(current(h, LEFT, x), current(z, LEFT, y))
        return (value - contract(current(h, LEFT, y), current(z, LEFT, x)) if identical else value) / 2

    return amplitude


def _fermion_line(momentum, mass, m_parent, particle):
    """The current [f N] of a decay into one fermion, as a function of the two spins."""
    rest = np.array([m_parent, 0, 0, 0])
    if particle:
        return lambda parent, s: current(u_spinor(momentum, mass, s), LEFT, u_spinor(rest, m_parent, parent))
    return lambda parent, s: current(v_spinor(rest, m_parent, parent), LEFT, v_spinor(momentum, mass, s))


def one_pseudoscalar(momenta, m_parent, m_fermion, particle: bool):
    """p_mu [f gamma^mu P_L N], with momenta (fermion, meson)."""
    line = _fermion_line(momenta[0], m_fermion, m_parent, particle)
    return lambda parent, a: contract(line(parent, SPINS[a]), momenta[1])


def polarisations(p, m):
    """Polarisation vectors (contravariant) of a boson: three if massive, two if m = 0."""
    q = np.linalg.norm(p[1:])
    z = p[1:] / q
    x = np.cross(z, [0.0, 0.6, 0.8])
    x /= np.linalg.norm(x)
    transverse = [np.array([0, *x]), np.array([0, *np.cross(z, x)])]
    return transverse if m == 0 else [*transverse, np.array([q, *(p[0] * z)]) / m]


def one_vector(momenta, m_parent, m_fermion, m_vector, particle: bool):
    """m_V eps_mu [f gamma^mu P_L N], with momenta (fermion, meson)."""
    line = _fermion_line(momenta[0], m_fermion, m_parent, particle)
    eps = polarisations(momenta[1], m_vector)
    return lambda parent, a, k: m_vector * contract(line(parent, SPINS[a]), eps[k])


def two_pseudoscalars(momenta, m_parent, m_fermion, particle: bool):
    """Q_mu [f gamma^mu P_L N] with Q = p - p' without its part along p + p', for momenta (fermion, p, p')."""
    line = _fermion_line(momenta[0], m_fermion, m_parent, particle)
    pair, difference = momenta[1] + momenta[2], momenta[1] - momenta[2]
    conserved = difference - pair * contract(difference, pair) / contract(pair, pair)
    return lambda parent, a: contract(line(parent, SPINS[a]), conserved)


def one_photon(momenta, m_parent, particle: bool):
    """The magnetic transition [nu sigma^{mu nu} q_nu eps_mu P_R N] into a left-handed neutrino, with momenta (nu, photon)."""
    nu, photon = momenta
    rest = np.array([m_parent, 0, 0, 0])
    eps = polarisations(photon, 0.0)

    def amplitude(parent, a, k):
        vertex = (slash(eps[k]) @ slash(photon) - slash(photon) @ slash(eps[k])) / 2
        if particle:
            return bar(u_spinor(nu, 0, SPINS[a])) @ vertex @ RIGHT @ u_spinor(rest, m_parent, parent)
        return bar(v_spinor(rest, m_parent, parent)) @ LEFT @ vertex @ v_spinor(nu, 0, SPINS[a])

    return amplitude
