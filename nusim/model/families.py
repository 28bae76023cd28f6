"""Tree level of n hidden families: block mass matrix, exact massless states, and the heavy states from a reduced 2n x 2n matrix.

Fields (nu_e, nu_mu, nu_tau; N_1..n; D_1..n), nu_X = sum_i U_Xi nu_i, M = U diag(m) U^T with m >= 0, and the blocks

    M = [[0, mD, 0], [mD^T, mu, Lam], [0, Lam^T, 0]]        mD (3, n), mu (n, n) symmetric, Lam (n, n); complex, GeV.

The zeros are those of arXiv:1903.07590, Eq. 2. With X = mD Lam^-T they make three states massless to all orders, U = (W, 0, -X^dagger W)
times any unitary matrix, W = (1 + X X^dagger)^-1/2, and U_a = X U_D for all others. M itself is never diagonalised: its light masses
would be lost below the rounding of the heavy ones.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from ..kernels.arrays import Array, ArrayLike
from ..kernels.takagi import takagi
from .mass_matrix import ComplexArray

_SINGULAR = 1e-13
"""Smallest over largest singular value of Lambda below which it has no inverse."""
_HIERARCHY = 1e3
"""Gap between heavy masses above which those below it are taken from the inverse matrix."""

_UNITARITY = 5e-13
"""Defect of the joined columns beyond which the two factorisations do not fit together."""
_UNRESOLVED = "mu: together with lambda it spreads the heavy masses over more scales than double precision resolves; bring them closer"


@dataclass(frozen=True, slots=True, eq=False)
class Families:
    """n hidden families at tree level. Matrices in GeV."""

    m_dirac: ComplexArray
    """(3, n): rows e, mu, tau."""
    lambda_: ComplexArray
    """(n, n): rows N, columns D."""
    mu: ComplexArray
    """(n, n), symmetric."""
    x: ComplexArray
    """X = mD Lam^-T, (3, n): U_a = X U_D for every heavy state."""
    w: ComplexArray
    """W = (1 + X X^dagger)^-1/2, (3, 3): the active part of the massless states."""
    a: ComplexArray
    """A = (1 + X^dagger X)^-1/2, (n, n): U_D = A U_D'."""
    mixing: ComplexArray
    """W X = X A, (3, n): U_a = X A U_D', and -(W X)^dagger is the dark part of the massless states."""
    lambda_prime: ComplexArray
    """L' = Lam (1 + X^T X*)^1/2, (n, n): the N - D' block of the reduced matrix."""

    @property
    def number(self) -> int:
        """n."""
        return len(self.mu)

    @property
    def non_unitarity(self) -> ComplexArray:
        """1 - N N^dagger of the 3 x 3 light mixing matrix N, X X^dagger / (1 + X X^dagger): the heavy states' part of each flavour."""
        return self.mixing @ self.mixing.conj().T


def families(m_dirac: ArrayLike | ComplexArray, lambda_: ArrayLike | ComplexArray, mu: ArrayLike | ComplexArray) -> Families:
    """The families of these blocks (GeV); ParameterError for shapes that do not fit, mu that is not symmetric, or Lambda without
    inverse.
    """
    m_d, lam, mu_ = (np.asarray(block, dtype=complex) for block in (m_dirac, lambda_, mu))
    n = len(mu_)
    check_shapes(m_d, lam, mu_)
    if lam.shape != (n, n):
        raise ParameterError(different_numbers(*lam.shape))
    singular = np.linalg.svd(lam, compute_uv=False)
    if not singular[-1] > _SINGULAR * singular[0]:
        raise ParameterError("lambda: has no inverse, so a dark neutrino would stay massless at tree level; give independent rows")
    x = np.linalg.solve(lam, m_d.T).T
    # by singular values, so that neither small nor large mixing costs digits
    left, sigma, right = np.linalg.svd(x, full_matrices=False)
    cosine = 1.0 / np.hypot(1.0, sigma)

    def function(first: ComplexArray, values: Array, second: ComplexArray) -> ComplexArray:
        return np.asarray((first * values) @ second, dtype=complex)

    rest_w, rest_a = np.eye(3) - left @ left.conj().T, np.eye(n) - right.conj().T @ right
    return Families(
        m_d, lam, mu_, x,
        function(left, cosine, left.conj().T) + rest_w,
        function(right.conj().T, cosine, right) + rest_a,
        function(left, sigma * cosine, right),
        lam @ (function(right.conj().T, 1.0 / cosine, right) + rest_a).conj(),
    )  # fmt: skip


def check_shapes(m_dirac: ComplexArray, lambda_: ComplexArray, mu: ComplexArray) -> None:
    """ParameterError unless mD is (3, nN), Lambda (nN, nD), mu (nN, nN) and symmetric."""
    n = len(mu)
    if m_dirac.shape != (3, n) or mu.shape != (n, n) or lambda_.ndim != 2 or len(lambda_) != n:
        raise ParameterError(
            f"matrices: found m_dirac {m_dirac.shape}, lambda {lambda_.shape}, mu {mu.shape}; for nN states N and nD states D they are "
            "(3, nN), (nN, nD), (nN, nN)"
        )
    if np.max(np.abs(mu - mu.T)) > 1e-14 * np.max(np.abs(mu)):
        raise ParameterError("mu: must be symmetric: a Majorana mass matrix")


def different_numbers(n_sterile: int, n_dark: int) -> str:
    """What follows from different numbers of N and D: why such a model is not solved."""
    if n_sterile > n_dark:
        what = f"{n_sterile - n_dark} light neutrinos would have masses mD^2/mu at tree level, as in a Type-I seesaw"
    else:
        what = f"{n_dark - n_sterile} dark neutrinos would be massless"
    return f"lambda: found {n_sterile} rows (N) and {n_dark} columns (D); {what}: give as many N as D"


def block_matrix(m_dirac: ComplexArray, lambda_: ComplexArray, mu: ComplexArray) -> ComplexArray:
    """The whole mass matrix, (3 + nN + nD) square, GeV; any nN and nD."""
    n_sterile, n_dark = lambda_.shape
    matrix = np.zeros((3 + n_sterile + n_dark,) * 2, dtype=complex)
    sterile, dark = slice(3, 3 + n_sterile), slice(3 + n_sterile, None)
    matrix[:3, sterile], matrix[sterile, dark] = m_dirac, lambda_
    matrix += matrix.T
    matrix[sterile, sterile] = mu
    return matrix


def zero_modes(m_dirac: ComplexArray, lambda_: ComplexArray) -> ComplexArray:
    """Orthonormal massless columns of U over (a, D), shape (3 + nD, number), for any nN and nD; they hold no N.

    The null space of (mD^T, Lam), conjugated: 3 + nD - rank of them, 3 + nD - nN for generic blocks with nN <= 3 + nD.
    """
    rows = np.concatenate([np.asarray(m_dirac, dtype=complex).T, np.asarray(lambda_, dtype=complex)], axis=1)
    _, values, right = np.linalg.svd(rows)
    rank = int(np.count_nonzero(values > _SINGULAR * values[0]))
    modes: ComplexArray = right[rank:].T
    return modes


def reduced_matrix(found: Families) -> ComplexArray:
    """H = [[mu, L'], [L'^T, 0]] over (N, D'), (2n, 2n): exactly what the heavy states see, GeV."""
    zero = np.zeros_like(found.mu)
    return np.block([[found.mu, found.lambda_prime], [found.lambda_prime.T, zero]])


def heavy_states(found: Families) -> tuple[Array, ComplexArray]:
    """Masses (2n,), ascending, GeV, and columns (3 + 2n, 2n) of U of the heavy states.

    Takagi factorisation of H, and of its inverse, which is known block by block, for states far below the heaviest: masses keep their
    relative accuracy through a hierarchy mu >> Lambda. ParameterError for several hierarchies on top of each other, where they would not.
    Within a pair split by d, how the two share the mixing is known to 1e-16 m/d.
    """
    n = found.number
    masses, u = takagi(reduced_matrix(found))
    inverse = np.linalg.inv(found.lambda_prime)
    below, v = takagi(np.block([[np.zeros((n, n)), inverse.T], [inverse, -inverse @ found.mu @ inverse.T]]))
    below, v = below[::-1], v[:, ::-1].conj()
    light = np.divide(1.0, below, out=np.full(2 * n, np.inf), where=below > 0.0)
    merged = np.where(light < np.sqrt(light[0] * masses[-1]), light, masses)
    if not np.all((merged > 0.0) & np.isfinite(merged)):
        raise ParameterError(_UNRESOLVED)
    gap = merged[1:] / merged[:-1]
    cut = int(np.argmax(gap)) + 1
    if gap[cut - 1] > _HIERARCHY:
        masses = np.concatenate([light[:cut], masses[cut:]])
        u = np.concatenate([v[:, :cut], u[:, cut:]], axis=1)
        if np.max(np.abs(u.conj().T @ u - np.eye(2 * n))) > _UNITARITY:
            raise ParameterError(_UNRESOLVED)
    u = _small_parts(found, masses, u)
    return masses, np.concatenate([found.mixing @ u[n:], u[:n], found.a @ u[n:]])


def _small_parts(found: Families, masses: Array, u: ComplexArray) -> ComplexArray:
    """The same columns (2n, 2n), with the small part of states far above or below Lambda from the large one: U_D' m = L'^T U_N*."""
    n, lam = found.number, found.lambda_prime
    singular = np.linalg.svd(lam, compute_uv=False)
    sterile, dark = u[:n], u[n:]
    with np.errstate(divide="ignore", invalid="ignore"):
        from_sterile = lam.T @ sterile.conj() / masses
    from_dark = (np.linalg.solve(lam.T, dark) * masses).conj()
    return np.concatenate([
        np.where(masses < singular[-1] / _HIERARCHY**0.5, from_dark, sterile),
        np.where(masses > singular[0] * _HIERARCHY**0.5, from_sterile, dark),
    ])  # fmt: skip


def light_states(found: Families, basis: ComplexArray) -> ComplexArray:
    """Columns (3 + 2n, 3) of U of the three light states, for a unitary `basis` (3, 3) in which their loop masses are diagonal."""
    n = found.number
    active = found.w @ basis
    return np.concatenate([active, np.zeros((n, 3)), -found.mixing.conj().T @ basis])
