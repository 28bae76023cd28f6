"""Takagi factorisation of complex symmetric matrices, and the square root of one near the identity."""

import numpy as np
from numpy.typing import NDArray

from .arrays import Array

ComplexArray = NDArray[np.complex128]

_ZERO = 16 * float(np.finfo(float).eps)
"""Values below this times the matrix's dimension and largest value are rounding: they are returned as 0."""
_ROOT_STEPS = 60


def takagi(matrix: Array | ComplexArray) -> tuple[Array, ComplexArray]:
    """Values d >= 0, ascending, and unitary U with matrix = U diag(d) U^T; a complex symmetric matrix of shape (n, n).

    With matrix = R + i I the real symmetric [[R, I], [I, -R]] has the eigenvalues +-d and, for those above 0, eigenvectors (Re u, Im u).
    That is safe for equal values, where the eigenvectors of M M^dagger are not. Values agree to rounding of the largest one; those that
    are rounding are 0, and their columns complete U. Only the symmetric part is read.
    """
    m = np.asarray(matrix, dtype=complex)
    m = (m + m.T) / 2.0
    n = len(m)
    scale = float(np.max(np.abs(m), initial=0.0))
    if scale == 0.0:
        return np.zeros(n), np.eye(n, dtype=complex)
    m = m / scale
    values, vectors = np.linalg.eigh(np.block([[m.real, m.imag], [m.imag, -m.real]]))
    top, columns = values[n:], vectors[:n, n:] + 1j * vectors[n:, n:]
    keep = top > _ZERO * n * top[-1]
    # the kept columns are orthonormal; a complete QR adds the rest, and leaves theirs up to phases that are undone
    full, triangle = np.linalg.qr(columns[:, keep], mode="complete")
    rank = int(np.count_nonzero(keep))
    phases = np.diagonal(triangle[:rank]) / np.abs(np.diagonal(triangle[:rank]))
    unitary = np.concatenate([full[:, rank:], full[:, :rank] * phases], axis=1)
    return np.concatenate([np.zeros(n - rank), top[keep]]) * scale, unitary


def symmetric_root(matrix: ComplexArray) -> ComplexArray:
    """The C with C C = matrix and C = 1 at matrix = 1, for a complex symmetric matrix that is not far from the identity.

    The principal root, by the iteration of E. Denman and A. Beavers, Appl. Math. Comput. 2 (1976) 63; continuous in the matrix, for equal
    eigenvalues too. NaN where the iteration does not settle.
    """
    root: ComplexArray = np.array(matrix, dtype=complex)
    inverse: ComplexArray = np.eye(len(matrix), dtype=complex)
    for _ in range(_ROOT_STEPS):
        try:
            last, below = root, np.linalg.inv(inverse)
            inverse = np.array((inverse + np.linalg.inv(root)) / 2.0, dtype=complex)
            root = np.array((root + below) / 2.0, dtype=complex)
        except np.linalg.LinAlgError:
            break
        if np.max(np.abs(root - last)) <= 1e-15 * np.max(np.abs(root)):
            return root
    return np.full(root.shape, np.nan, dtype=complex)
