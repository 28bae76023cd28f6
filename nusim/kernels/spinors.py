"""Two-component spinors and fermion currents over arrays of events, from which amplitudes with any chiral couplings are built.

Chiral basis: u = (left, right) with left = sqrt(p.sigma) xi, right = sqrt(p.sigmabar) xi; v = i gamma^2 u*, so v = C ubar^T. A spinor is
the pair (left, right) of arrays (2, 2, ...): spin, component, event. Spin 0, 1 of a massive particle is up, down along z in the rest
frame that a pure boost leads to; of a massless one, helicity -1/2, +1/2. Momenta have shape (..., 4), metric (+,-,-,-).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, ArrayLike

ComplexArray = NDArray[np.complex128]
SpinArray = NDArray[Any]
"""Spins (n, 3): real polarisation vectors of fermions, complex vectors of vector bosons."""
Spinor = tuple[ComplexArray, ComplexArray]


def particle(p: Array, mass: ArrayLike) -> Spinor:
    """u(p) for both spins; massless particles by helicity. Real arrays where all momenta lie in the xz plane."""
    return _massive(p, mass) if np.all(np.asarray(mass) > 0) else _massless(p)


def antiparticle(p: Array, mass: ArrayLike) -> Spinor:
    """v(p) of the particle with the same spin: left = i sigma2 right(u)*, right = -i sigma2 left(u)*."""
    left, right = particle(p, mass)
    return _conjugate(right), -_conjugate(left)


def _conjugate(chi: ComplexArray) -> ComplexArray:
    """i sigma2 chi*."""
    return np.stack([chi[:, 1].conj(), -chi[:, 0].conj()], axis=1)


def _massive(p: Array, mass: ArrayLike) -> Spinor:
    energy, z = p[..., 0], p[..., 3]
    norm = 1 / np.sqrt(2 * (energy + mass))
    even, z, cross = (energy + mass) * norm, z * norm, _transverse(p) * norm
    left, right = np.empty((2, 2, 2, *energy.shape), dtype=cross.dtype)
    left[0, 0], left[0, 1], left[1, 0], left[1, 1] = even - z, -cross, -cross.conj(), even + z
    right[0, 0], right[0, 1], right[1, 0], right[1, 1] = even + z, cross, cross.conj(), even - z
    return left, right


def _massless(p: Array) -> Spinor:
    energy, z, transverse = p[..., 0], p[..., 3], _transverse(p)
    forward = z >= 0
    # two forms of one spinor, each far from its singular direction; they differ by a phase
    size = np.sqrt(energy + np.abs(z))
    other = transverse / np.where(size > 0, size, 1.0)
    up0, up1 = np.where(forward, size, other.conj()), np.where(forward, other, size)
    left, right = np.zeros((2, 2, 2, *energy.shape), dtype=other.dtype)
    left[0, 0], left[0, 1] = -up1.conj(), up0.conj()
    right[1, 0], right[1, 1] = up0, up1
    return left, right


def _transverse(p: Array) -> NDArray[Any]:
    """p_x + i p_y, real if all of it is."""
    x, y = p[..., 1], p[..., 2]
    return x + 1j * y if y.any() else x


def vector_left(bra: Spinor, ket: Spinor) -> ComplexArray:
    """ubar gamma^mu P_L w for all spins, contravariant, shape (2, 2, 4, n): spin of bra, spin of ket, component, event."""
    return _vector(bra[0], ket[0], -1.0)


def vector_right(bra: Spinor, ket: Spinor) -> ComplexArray:
    """ubar gamma^mu P_R w, as `vector_left`."""
    return _vector(bra[1], ket[1], +1.0)


def _vector(bra: ComplexArray, ket: ComplexArray, sign: float) -> ComplexArray:
    """bra+ (1, sign sigma) ket."""
    a0, a1 = bra[:, None, 0].conj(), bra[:, None, 1].conj()
    b0, b1 = ket[None, :, 0], ket[None, :, 1]
    c00, c01, c10, c11 = a0 * b0, a0 * b1, a1 * b0, a1 * b1
    out: ComplexArray = np.empty((len(bra), len(ket), 4, ket.shape[-1]), dtype=complex)
    out[:, :, 0], out[:, :, 1] = c00 + c11, sign * (c01 + c10)
    out[:, :, 2], out[:, :, 3] = (-1j * sign) * (c01 - c10), sign * (c00 - c11)
    return out


def scalar_left(bra: Spinor, ket: Spinor) -> ComplexArray:
    """ubar P_L w, shape (2, 2, n)."""
    return _scalar(bra[1], ket[0])


def scalar_right(bra: Spinor, ket: Spinor) -> ComplexArray:
    """ubar P_R w, shape (2, 2, n)."""
    return _scalar(bra[0], ket[1])


def _scalar(bra: ComplexArray, ket: ComplexArray) -> ComplexArray:
    out: ComplexArray = bra[:, None, 0].conj() * ket[None, :, 0] + bra[:, None, 1].conj() * ket[None, :, 1]
    return out


def summed(values: NDArray[Any]) -> NDArray[Any]:
    """Sum over all axes but the last, one term after the other: the same bits for any number of events, as numpy's sums need not be."""
    parts = values.reshape(-1, values.shape[-1])
    total: NDArray[Any] = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total


def bloch(amplitude: ComplexArray, axis: int) -> Array:
    """Polarisation vector (n, 3) of the outgoing particle whose spin is `axis` of the amplitude, over all other spins summed.

    For a massive particle, in the rest frame a pure boost leads to. `amplitude` (2, ..., 2, n).
    """
    spins = np.moveaxis(amplitude, axis, 0).reshape(2, -1, amplitude.shape[-1])
    up, down = spins
    mixed = summed(up.conj() * down)
    plus, minus = summed(up.real**2 + up.imag**2), summed(down.real**2 + down.imag**2)
    total = plus + minus
    safe = np.where(total > 0, total, 1.0)
    out = np.empty((3, len(total))).T
    out[:, 0], out[:, 1], out[:, 2] = 2 * mixed.real / safe, 2 * mixed.imag / safe, (plus - minus) / safe
    return out


def spin_states(spin: Array) -> ComplexArray:
    """Two unnormalised pure states (2, 2, n) - state, component up or down along z - whose mixture has polarisation vector `spin` (n, 3).

    Their squares sum to 1: replacing the incoming spin index of an amplitude by them gives |M|^2 for that polarisation.
    """
    degree = np.minimum(np.sqrt(spin[:, 0] ** 2 + spin[:, 1] ** 2 + spin[:, 2] ** 2), 1.0)
    some = degree > 0
    axis = spin / np.where(some, degree, 1.0)[:, None]
    z = np.where(some, axis[:, 2], 1.0)
    forward = z >= 0
    size = np.sqrt((1 + np.abs(z)) / 2)
    other = np.where(some, axis[:, 0] + 1j * axis[:, 1], 0.0) / (2 * size)
    up0, up1 = np.where(forward, size, other.conj()), np.where(forward, other, size)
    out: ComplexArray = np.empty((2, 2, len(spin)), dtype=complex)
    plus, minus = np.sqrt((1 + degree) / 2), np.sqrt((1 - degree) / 2)
    out[0, 0], out[0, 1] = plus * up0, plus * up1
    out[1, 0], out[1, 1] = -minus * up1.conj(), minus * up0.conj()
    return out


def in_rest_frame(current: ComplexArray, q: Array, mass: ArrayLike) -> ComplexArray:
    """Spatial part (..., 3, n) of four-vectors (..., 4, n), such as currents, seen in the frame where q (n, 4) of that mass rests."""
    time, energy = current[..., 0, :], q[:, 0]
    along = sum(current[..., k, :] * q[:, k] for k in (1, 2, 3))
    factor = (time + (energy * time - along) / mass) / (energy + mass)
    result: ComplexArray = np.stack([current[..., k, :] - factor * q[:, k] for k in (1, 2, 3)], axis=-2)
    return result
