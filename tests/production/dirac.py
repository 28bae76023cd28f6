"""|M|^2 and polarisation of N from explicit spinors and polarisation vectors, for every kind of production decay.

M per sqrt2 G_F V f (or form factors): a current of the other side contracted with [ubar_N gamma^mu P_L v_l], or [ubar_l ... v_N] for the
antineutrino. Returns |M|^2 for N's spin +-1/2 along each axis of its rest frame, from which the polarisation vector follows.
"""

from itertools import product

import numpy as np

from tests.decays.spinors import LEFT, METRIC, SPINS, along, contract, current, polarisations, u_spinor, v_spinor


def levi_civita():
    eps = np.zeros((4, 4, 4, 4))
    for p in product(range(4), repeat=4):
        if len(set(p)) == 4:
            eps[p] = np.linalg.det(np.eye(4)[list(p)])
    return eps


EPSILON = levi_civita()
"""epsilon^{0123} = +1 with upper indices."""


def leptonic_current(heavy, m_heavy, lepton, m_lepton, neutrino_line, heavy_spin, lepton_spin):
    """[N l+] of W+ -> N l+ (`neutrino_line`), or [l- Nbar] of W- -> l- Nbar."""
    if neutrino_line:
        return current(u_spinor(heavy, m_heavy, heavy_spin), LEFT, v_spinor(lepton, m_lepton, lepton_spin))
    return current(u_spinor(lepton, m_lepton, lepton_spin), LEFT, v_spinor(heavy, m_heavy, heavy_spin))


def scalar_currents(parent, daughter, f_plus, f_zero):
    """<P'|V|P>, one current."""
    q = parent - daughter
    q2, gap = contract(q, q), contract(parent, parent) - contract(daughter, daughter)
    return [f_plus * (parent + daughter - gap / q2 * q) + f_zero * gap / q2 * q]


def vector_currents(parent, daughter, m, forms, sign):
    """<V|V - A|P> for each polarisation of V; `sign` of the vector part: the two CP conjugate decays differ by it."""
    v, a0, a1, a2 = forms
    big = np.sqrt(contract(parent, parent))
    q = parent - daughter
    q2 = contract(q, q)
    a3 = ((big + m) * a1 - (big - m) * a2) / (2 * m)
    found = []
    for eps in polarisations(daughter, m):
        low = [METRIC @ x for x in (eps, parent, daughter)]
        curl = np.einsum("mnab,n,a,b->m", EPSILON, *low)
        along_q = contract(eps, q)
        axial = (big + m) * a1 * eps - a2 / (big + m) * along_q * (parent + daughter) - 2 * m * (a3 - a0) * along_q / q2 * q
        found.append(sign * 2j * v / (big + m) * curl - 1 * axial)
    return found


def by_heavy_spin(amplitudes):
    """(|M|^2 summed over N's spin, polarisation vector) from amplitudes(heavy_spin) -> iterable of complex numbers."""

    def square(direction):
        spin = along(np.asarray(direction, float))
        return sum(abs(value) ** 2 for value in amplitudes(spin))

    axes = np.eye(3)
    up, down = np.array([square(a) for a in axes]), np.array([square(-a) for a in axes])
    return float(up[2] + down[2]), (up - down) / (up + down)


def meson_decay(momenta, masses, currents, neutrino_line):
    """P -> N l (X): momenta and masses of (N, l, ...)."""

    def amplitudes(spin):
        for lepton_spin in SPINS:
            lepton = leptonic_current(momenta[0], masses[0], momenta[1], masses[1], neutrino_line, spin, lepton_spin)
            for h in currents:
                yield contract(h, lepton)

    return by_heavy_spin(amplitudes)


def parent_line(m_parent, parent_spin, particle):
    """u of the decaying lepton at rest, or v of its antiparticle, and which end of the current it stands at."""
    rest = np.array([m_parent, 0, 0, 0])
    return u_spinor(rest, m_parent, parent_spin) if particle else v_spinor(rest, m_parent, parent_spin)


def spin_mixture(spin):
    """(weight, two-component spin) of a polarisation vector."""
    degree = float(np.linalg.norm(spin))
    axis = np.asarray(spin) / degree if degree > 0 else np.array([0.0, 0.0, 1.0])
    return (((1 + degree) / 2, along(axis)), ((1 - degree) / 2, along(-axis)))


def lepton_decay(momenta, masses, m_parent, spin, from_parent, particle):
    """tau- -> N l- nubar (`from_parent`) or tau- -> Nbar l- nu, or the conjugates; momenta of (N, l, nu)."""
    heavy, lepton, nu = momenta

    def amplitudes(heavy_spin):
        for weight, parent_spin in spin_mixture(spin):
            parent = parent_line(m_parent, parent_spin, particle)
            for a, b in product(SPINS, SPINS):
                # the neutrino on the parent's line, and the pair from the W
                first, second = (
                    ((heavy, masses[0], heavy_spin), (nu, 0.0, b)) if from_parent else ((nu, 0.0, b), (heavy, masses[0], heavy_spin))
                )
                if particle:
                    one = current(u_spinor(*first), LEFT, parent)
                    two = current(u_spinor(lepton, masses[1], a), LEFT, v_spinor(*second))
                else:
                    one = current(parent, LEFT, v_spinor(*first))
                    two = current(u_spinor(*second), LEFT, v_spinor(lepton, masses[1], a))
                yield np.sqrt(weight) * contract(one, two)

    return by_heavy_spin(amplitudes)


def tau_decay(momenta, masses, m_parent, spin, vector, particle):
    """tau- -> N meson, per f V; momenta of (N, meson)."""
    heavy, meson = momenta
    currents = [masses[1] * e for e in polarisations(meson, masses[1])] if vector else [meson]

    def amplitudes(heavy_spin):
        for weight, parent_spin in spin_mixture(spin):
            parent = parent_line(m_parent, parent_spin, particle)
            if particle:
                line = current(u_spinor(heavy, masses[0], heavy_spin), LEFT, parent)
            else:
                line = current(parent, LEFT, v_spinor(heavy, masses[0], heavy_spin))
            for h in currents:
                yield np.sqrt(weight) * contract(h, line)

    return by_heavy_spin(amplitudes)
