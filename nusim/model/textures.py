"""Tree-level light masses where the zeros of the mass matrix are filled: linear, inverse and extended seesaw, beside the radiative ones.

arXiv:1903.07590: "the zeros in the nu_D-nu_D and nu_alpha-nu_D entries are enforced by the U(1)' symmetry, differently from LSS and ISS
models, in which these are generically assumed to be nonzero and small". With the blocks of `families.py` and eps, mu_D added,

    M = [[0, mD, eps], [mD^T, mu, Lam], [eps^T, Lam^T, mu_D]]

the light states, massless without them, get the mass matrix (first order in eps and mu_D, any order in mD/Lam, any mu)

    W [X mu_D X^T - eps X^T - X eps^T] W^T.

Each function gives that matrix over e, mu, tau, complex symmetric, GeV; its masses are its Takagi values. mu drops out: only the loops
see it.
"""

from dataclasses import dataclass

import numpy as np

from ..kernels.arrays import Array
from ..kernels.takagi import takagi
from .families import Families
from .families_loop import light_mass_matrix, loop_matrix
from .mass_matrix import ComplexArray
from .model import Mediator


def linear_seesaw(found: Families, epsilon: ComplexArray | Array) -> ComplexArray:
    """-W (eps X^T + X eps^T) W^T for active-dark entries eps (3, n), GeV: the linear seesaw (LSS), refs. [5] of the paper."""
    half: ComplexArray = (found.w @ np.asarray(epsilon, dtype=complex)) @ found.mixing.T
    return -(half + half.T)


def inverse_seesaw(found: Families, mu_dark: ComplexArray | Array) -> ComplexArray:
    """W X mu_D X^T W^T for dark-dark entries mu_D (n, n), symmetric, GeV: the inverse seesaw (ISS), refs. [4] of the paper."""
    result: ComplexArray = found.mixing @ np.asarray(mu_dark, dtype=complex) @ found.mixing.T
    return result


def extended_seesaw(m_dirac: ComplexArray | Array, lambda_: ComplexArray | Array, mu: ComplexArray | Array) -> ComplexArray:
    """-mD K (K^T mu K)^-1 K^T mD^T, with K the combinations of N that no dark neutrino meets (Lam^T K = 0): more N than D.

    The extended seesaw (ESS), refs. [6] of the paper, in which three N and one further singlet leave two light neutrinos massive at tree
    level; leading order in mD over the heavy masses. Zero for as many D as N, whatever mu: then only loops are left. Equal to
    mD mu^-1 Lam (Lam^T mu^-1 Lam)^-1 Lam^T mu^-1 mD^T - mD mu^-1 mD^T, Barry, Rodejohann, Zhang, arXiv:1105.3911, without its
    cancellation.
    """
    m_d, lam, mu_ = (np.asarray(block, dtype=complex) for block in (m_dirac, lambda_, mu))
    left, values, _ = np.linalg.svd(lam)
    rank = int(np.count_nonzero(values > 1e-13 * values[0]))
    free = left[:, rank:].conj()
    reached = m_d @ free
    result: ComplexArray = -reached @ np.linalg.solve(free.T @ mu_ @ free, reached.T)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Light masses of a filled texture and of the loops, GeV, ascending."""

    tree: Array
    """(3,): of the filled entries alone."""
    loop: Array
    """(3,): of the loops alone."""
    together: Array
    """(3,): of the sum of the two matrices."""

    @property
    def harmless(self) -> float:
        """Factor on the filled entries at which their heaviest mass equals that of the loops; infinite if they give none."""
        return float(self.loop[-1] / self.tree[-1]) if self.tree[-1] > 0.0 else float("inf")


def compare(found: Families, mediator: Mediator, tree: ComplexArray) -> Comparison:
    """The masses of `tree` (from `linear_seesaw`, `inverse_seesaw` or a sum of them) beside those of the loops of the same families."""
    loop = light_mass_matrix(found, loop_matrix(found, mediator).total)
    first, second, both = (takagi(matrix)[0] for matrix in (tree, loop, tree + loop))
    return Comparison(first, second, both)
