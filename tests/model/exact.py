"""The model's formulas in 100-digit arithmetic, by routes that share nothing with the code: eigenvectors and literal sums."""

import mpmath as mp

from nusim.constants import M_HIGGS, M_Z, V_HIGGS


@mp.workdps(100)
def takagi(m_dirac: float, lambda_: float, mu_prime: float):
    """Masses (0, m4, m5) and U over (a, N, D) with M = U diag(m) U^T, from a numerical eigen-decomposition of Eq. 2."""
    matrix = mp.matrix([[0, m_dirac, 0], [m_dirac, mu_prime, lambda_], [0, lambda_, 0]])
    values, vectors = mp.eigsy(matrix)
    order = sorted(range(3), key=lambda k: abs(values[k]))
    masses = [abs(values[k]) for k in order]
    u = mp.matrix(3, 3)
    for column, k in enumerate(order):
        phase = mp.mpc(0, 1) if column > 0 and values[k] < 0 else mp.mpf(1)
        for row in range(3):
            u[row, column] = phase * vectors[row, k]
    return masses, u


def loop_function(a, b, c):
    """F of Eq. 6."""

    def term(x, y):
        return mp.mpf(1) if x == y else mp.log(x / y) / (x / y - 1)

    return 3 * term(a, b) + term(a, c)


@mp.workdps(100)
def m3_parts(m_dirac, lambda_, mu_prime, m_zprime, m_phi, g_dark):
    """SM and dark part of Eq. 4 for the light state, in GeV: the sum over k = 4, 5 as printed."""
    masses, u = takagi(m_dirac, lambda_, mu_prime)
    sm = dark = mp.mpf(0)
    z, h, v, zp, phi, g = (mp.mpf(float(x)) for x in (M_Z, M_HIGGS, V_HIGGS, m_zprime, m_phi, g_dark))
    for k in (1, 2):
        c = mp.conj(u[0, 0]) * u[0, k] * z / (2 * v)  # g/(4 cW) = mZ/(2 vH)
        d = g / 2 * mp.conj(u[2, 0]) * u[2, k]
        sm += c**2 * masses[k] ** 3 / z**2 * loop_function(masses[k] ** 2, z**2, h**2)
        dark += d**2 * masses[k] ** 3 / zp**2 * loop_function(masses[k] ** 2, zp**2, phi**2)
    return mp.re(sm) / (4 * mp.pi**2), mp.re(dark) / (4 * mp.pi**2)
