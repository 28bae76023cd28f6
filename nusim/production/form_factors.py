"""Form factors of P -> P' and P -> V transitions through the V-A current, as functions of q^2 (GeV^2).

<P'|V^mu|P> = f_plus [(P + p')^mu - (M^2 - m^2)/q^2 q^mu] + f_zero (M^2 - m^2)/q^2 q^mu. For vectors V, A0, A1, A2 of M. Bauer,
B. Stech, M. Wirbel, Z. Phys. C 29 (1985) 637. Each class is one published parametrisation.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..kernels.arrays import Array


class ScalarForm(Protocol):
    """f_plus and f_zero of P -> P'."""

    def __call__(self, q2: Array) -> tuple[Array, Array]:
        """(f_plus, f_zero) at q2, any shape."""


class VectorForm(Protocol):
    """V, A0, A1, A2 of P -> V."""

    def __call__(self, q2: Array) -> tuple[Array, Array, Array, Array]:
        """(V, A0, A1, A2) at q2, any shape."""


def z_variable(q2: Array, t_plus: float, t_zero: float) -> Array:
    """The conformal variable z(q^2): branch point t_plus, zero at t_zero."""
    root, fixed = np.sqrt(t_plus - q2), math.sqrt(t_plus - t_zero)
    result: Array = (root - fixed) / (root + fixed)
    return result


@dataclass(frozen=True, slots=True)
class Poles:
    """One pole each: f(0) / (1 - q^2 / m^2)."""

    at_zero: float
    m_vector: float
    m_scalar: float

    def __call__(self, q2: Array) -> tuple[Array, Array]:
        return self.at_zero / (1 - q2 / self.m_vector**2), self.at_zero / (1 - q2 / self.m_scalar**2)


@dataclass(frozen=True, slots=True)
class ModifiedZ:
    """[f(0) + c (z - z_0)(1 + (z + z_0)/2)] / (1 - P q^2) with z_0 = z(0). Source: ETM, arXiv:1706.03017, eqs. 68-69."""

    at_zero: float
    c_plus: float
    pole_plus: float
    """GeV^-2."""
    c_zero: float
    pole_zero: float
    """GeV^-2."""
    m_parent: float
    m_daughter: float

    def __call__(self, q2: Array) -> tuple[Array, Array]:
        total = self.m_parent + self.m_daughter
        t_plus, t_zero = total**2, total * (math.sqrt(self.m_parent) - math.sqrt(self.m_daughter)) ** 2
        z, z0 = z_variable(q2, t_plus, t_zero), float(z_variable(np.array(0.0), t_plus, t_zero))
        rise = (z - z0) * (1 + (z + z0) / 2)
        return (
            (self.at_zero + self.c_plus * rise) / (1 - self.pole_plus * q2),
            (self.at_zero + self.c_zero * rise) / (1 - self.pole_zero * q2),
        )


@dataclass(frozen=True, slots=True)
class Bcl:
    """z-expansions of C. Bourrely, I. Caprini, L. Lellouch, arXiv:0807.2722, with N coefficients of f_plus and of f_zero.

    f_plus = sum_n a_n [z^n - (-1)^(n-N) (n/N) z^N] / (1 - q^2/m^2), f_zero = sum_n b_n z^n / (1 - q^2/m_0^2). If f_zero has one
    coefficient fewer than given ones of f_plus, its last one follows from f_plus(0) = f_zero(0).
    """

    plus: tuple[float, ...]
    zero: tuple[float, ...]
    m_parent: float
    m_daughter: float
    threshold: float
    """Mass of the lightest state with the current's quantum numbers: sqrt(t_plus), GeV."""
    m_plus: float = math.inf
    m_zero: float = math.inf

    def __call__(self, q2: Array) -> tuple[Array, Array]:
        t_plus = self.threshold**2
        t_zero = t_plus - math.sqrt(t_plus * (t_plus - (self.m_parent - self.m_daughter) ** 2))
        z, at_zero = z_variable(q2, t_plus, t_zero), z_variable(np.array(0.0), t_plus, t_zero)
        zero = self.zero
        if len(zero) < len(self.plus):
            n = len(zero)
            zero = (*zero, float((self._plus(at_zero) - _polynomial(zero, at_zero)) / at_zero**n))
        return self._plus(z) / (1 - q2 / self.m_plus**2), _polynomial(zero, z) / (1 - q2 / self.m_zero**2)

    def _plus(self, z: Array) -> Array:
        n = len(self.plus)
        last = -sum((-1) ** (k - n) * k / n * a for k, a in enumerate(self.plus))
        return _polynomial((*self.plus, last), z)


def _polynomial(coefficients: tuple[float, ...], z: Array) -> Array:
    result = np.full_like(z, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = result * z + coefficient
    return result


@dataclass(frozen=True, slots=True)
class QuarkModel:
    """f(0) / [(1 - y)(1 - s1 y + s2 y^2)] for V and A0, f(0) / (1 - s1 y + s2 y^2) for A1 and A2; y = q^2/m^2.

    Source: D. Melikhov, B. Stech, hep-ph/0001113, eqs. 24-25. Each form factor is (f(0), s1, s2); m is the vector's mass but for A0,
    the pseudoscalar's.
    """

    v: tuple[float, float, float]
    a0: tuple[float, float, float]
    a1: tuple[float, float, float]
    a2: tuple[float, float, float]
    m_pseudoscalar: float
    m_vector: float

    def __call__(self, q2: Array) -> tuple[Array, Array, Array, Array]:
        y, y0 = q2 / self.m_vector**2, q2 / self.m_pseudoscalar**2

        def form(parts: tuple[float, float, float], y: Array) -> Array:
            result: Array = parts[0] / (1 - y * (parts[1] - parts[2] * y))
            return result

        return form(self.v, y) / (1 - y), form(self.a0, y0) / (1 - y0), form(self.a1, y), form(self.a2, y)


@dataclass(frozen=True, slots=True)
class HeavyQuark:
    """B -> D* after I. Caprini, L. Lellouch, M. Neubert, hep-ph/9712417: one slope, and ratios R_i(w) to h_A1.

    R0 from S. Fajfer, J. Kamenik, I. Nisandzic, arXiv:1203.2654, eqs. 10 and 13.
    """

    at_one: float
    """h_A1(1)."""
    rho2: float
    r1: float
    r2: float
    r0: float
    m_parent: float
    m_daughter: float

    def __call__(self, q2: Array) -> tuple[Array, Array, Array, Array]:
        big, small = self.m_parent, self.m_daughter
        w = (big**2 + small**2 - q2) / (2 * big * small)
        x = w - 1
        root = np.sqrt(w + 1)
        z = (root - math.sqrt(2)) / (root + math.sqrt(2))
        h = self.at_one * (1 + z * (-8 * self.rho2 + z * (53 * self.rho2 - 15 - z * (231 * self.rho2 - 91))))
        r = 2 * math.sqrt(big * small) / (big + small)
        v = (self.r1 + x * (-0.12 + 0.05 * x)) * h / r
        a0 = (self.r0 + x * (-0.11 + 0.01 * x)) * h / r
        a2 = (self.r2 + x * (0.11 - 0.06 * x)) * h / r
        return v, a0, r * (w + 1) / 2 * h, a2
