"""Several families in 50-digit arithmetic: the whole mass matrix diagonalised by brute force, and Eq. 4 summed literally."""

import mpmath as mp

from nusim.constants import M_HIGGS, M_Z, V_HIGGS

from .exact import loop_function

DIGITS = 50


def matrix(block):
    """A numpy array as an mpmath matrix, entry by entry."""
    rows, columns = block.shape
    return mp.matrix([[mp.mpc(complex(block[i, j])) for j in range(columns)] for i in range(rows)])


def assemble(m_dirac, lambda_, mu, epsilon=None, mu_dark=None):
    """The mass matrix over (a, N, D) with, if given, active-dark entries and dark-dark ones."""
    n, dark = lambda_.shape
    whole = mp.zeros(3 + n + dark)
    blocks = [(0, 3, m_dirac), (3, 3 + n, lambda_), (0, 3 + n, epsilon)]
    for row, column, block in blocks:
        if block is None:
            continue
        for i in range(block.shape[0]):
            for j in range(block.shape[1]):
                whole[row + i, column + j] = whole[column + j, row + i] = mp.mpc(complex(block[i, j]))
    for start, block in ((3, mu), (3 + n, mu_dark)):
        if block is not None:
            for i in range(len(block)):
                for j in range(len(block)):
                    whole[start + i, start + j] = mp.mpc(complex(block[i, j]))
    return whole


def takagi(whole):
    """Masses ascending and the columns of U for them, by the real embedding; columns of zero masses are made orthonormal."""
    size = whole.rows
    embedded = mp.matrix(2 * size, 2 * size)
    for i in range(size):
        for j in range(size):
            re, im = mp.re(whole[i, j]), mp.im(whole[i, j])
            embedded[i, j], embedded[i, size + j], embedded[size + i, j], embedded[size + i, size + j] = re, im, im, -re
    values, vectors = mp.eigsy(embedded)
    scale = max(abs(v) for v in values)
    tiny = scale * mp.mpf(10) ** (10 - mp.mp.dps)
    masses, columns = [], []
    for k in sorted(range(2 * size), key=lambda k: abs(values[k])):
        if values[k] < -tiny:
            continue
        column = [mp.mpc(vectors[i, k], vectors[size + i, k]) for i in range(size)]
        if values[k] <= tiny:  # the zero modes come twice, as u and i u
            for other in columns:
                overlap = mp.fsum(mp.conj(a) * b for a, b in zip(other, column, strict=True))
                column = [b - overlap * a for a, b in zip(other, column, strict=True)]
            norm = mp.sqrt(mp.fsum(abs(b) ** 2 for b in column))
            if norm < mp.mpf(10) ** -5:
                continue
            column = [b / norm for b in column]
        masses.append(max(values[k], mp.mpf(0)) if values[k] > tiny else mp.mpf(0))
        columns.append(column)
    return masses, columns


def light_masses(m_dirac, lambda_, mu, m_zprime, m_phi, g_dark):
    """Heavy masses, |U|^2 of the heavy states over (a, N, D), and the three light masses of Eq. 4 with Eq. 5's couplings, as floats."""
    with mp.workdps(DIGITS):
        masses, columns = takagi(assemble(m_dirac, lambda_, mu))
        n = len(mu)
        light, heavy = columns[:3], columns[3:]
        assert all(mass == 0 for mass in masses[:3])
        z, h, v, zp, phi, g = (mp.mpf(float(x)) for x in (M_Z, M_HIGGS, V_HIGGS, m_zprime, m_phi, g_dark))
        found = mp.matrix(3, 3)
        for mass, column in zip(masses[3:], heavy, strict=True):
            c = [z / (2 * v) * mp.fsum(mp.conj(one[a]) * column[a] for a in range(3)) for one in light]
            d = [g / 2 * mp.fsum(mp.conj(one[a]) * column[a] for a in range(3 + n, 3 + 2 * n)) for one in light]
            standard = mass**3 / z**2 * loop_function(mass**2, z**2, h**2) / (4 * mp.pi**2)
            dark = mass**3 / zp**2 * loop_function(mass**2, zp**2, phi**2) / (4 * mp.pi**2)
            for i in range(3):
                for j in range(3):
                    found[i, j] += c[i] * c[j] * standard + d[i] * d[j] * dark
        loop = takagi(found)[0]
        shares = [[float(abs(entry) ** 2) for entry in column] for column in heavy]
        return [float(mass) for mass in masses[3:]], shares, [float(mass) for mass in loop]
