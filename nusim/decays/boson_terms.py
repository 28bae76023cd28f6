"""Events of two-body decays with a Z' or a dark scalar: the emission of a boson by a heavy neutrino, and what the boson decays into.

Momenta follow from closed forms; spins of the products from the amplitude, with spinors. A Z' is handed on as a pure state: which of
the states that the decay's mixture holds is drawn with its probability, so that the average over events is the exact density matrix.
"""

from dataclasses import dataclass, replace

import numpy as np

from .. import pdg as particles
from ..constants import V_HIGGS
from ..kernels.arrays import Array
from ..kernels.kinematics import kallen_sqrt, two_body_momentum
from ..kernels.lorentz import around, orthonormal_frame
from ..kernels.spinors import (
    ComplexArray,
    SpinArray,
    antiparticle,
    bloch,
    in_rest_frame,
    particle,
    scalar_left,
    scalar_right,
    spin_states,
    vector_left,
    vector_right,
)
from .boson_hadron_terms import photon_pair_terms, scalar_hadron_terms, zprime_hadron_terms
from .channel import CascadeTerm
from .couplings import Couplings
from .dark_widths import (
    CHARGED_LEPTONS,
    boson_mass,
    hadron_width,
    lepton_vertex,
    neutrino_vertex,
    scalar_emission_square,
    vector_emission_square,
    width_scalar_emission,
    width_scalar_to_fermions,
    width_scalar_to_vectors,
    width_vector_emission,
    width_vector_to_fermions,
)
from .scalar_hadrons import photon_width
from .terms import empty_products, linear_cosine, spin_axis

_VIA = {"zprime": "Z'", "phi": "phi'"}
_ZPRIME, _PHI = particles.HEAVY_STATE_CODES["zprime"], particles.HEAVY_STATE_CODES["phi"]


def _back_to_back(direction: Array, m_parent: float, masses: tuple[float, ...]) -> Array:
    """Momenta (n, 2, 4) of two products, the first along unit `direction` (n, 3)."""
    q = float(two_body_momentum(m_parent, *masses))
    out = empty_products(2, len(direction))
    for place, sign in ((0, 1.0), (1, -1.0)):
        out[:, place, 0] = np.hypot(q, masses[place])
        for k in range(3):
            out[:, place, k + 1] = sign * q * direction[:, k]
    return out


def _isotropic(u: Array) -> Array:
    """Unit vectors (n, 3) from uniform numbers (n, 2)."""
    z = np.broadcast_to([0.0, 0.0, 1.0], (len(u), 3))
    return around(z, 2.0 * u[:, 0] - 1.0, 2 * np.pi * u[:, 1])


def _average(m_parent: float, masses: tuple[float, ...], width: float) -> float:
    """|M|^2 averaged over directions, GeV^2: 8 pi M^2 Gamma / q."""
    return 8 * np.pi * m_parent**2 * width / float(two_body_momentum(m_parent, *masses))


def _direction(momenta: Array, place: int) -> Array:
    """Unit vectors (n, 3) along a product."""
    p = momenta[:, place, 1:]
    result: Array = p / np.sqrt(np.sum(p**2, axis=1))[:, None]
    return result


def drawn_state(states: ComplexArray, u: Array) -> ComplexArray:
    """One of the states (k, 3, n) with probability of its norm, from uniform numbers (n,); normalised, shape (n, 3)."""
    steps = np.cumsum(np.sum(states.real**2 + states.imag**2, axis=1), axis=0)
    chosen = np.sum(u * steps[-1] >= steps[:-1], axis=0)
    state = np.take_along_axis(states, chosen[None, None, :], axis=0)[0]
    result: ComplexArray = (state / np.sqrt(np.sum(state.real**2 + state.imag**2, axis=0))).T
    return result


@dataclass(frozen=True, slots=True)
class EmissionTerm:
    """nu_i -> nu_j and a Z' or dark scalar, with chiral couplings (left, right) of the vertex nubar_j nu_i.

    |M|^2 is 1 + a P.n, n along nu_j: a = 0 for Majorana neutrinos, unless the term is one helicity of a massless nu_j.
    """

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    left: complex
    right: complex
    via: tuple[str, ...]
    draws: int = 2

    @property
    def _boson(self) -> int:
        """Place of the boson: behind a heavy neutrino, before a light one."""
        return 0 if self.pdg[0] in (_ZPRIME, _PHI) else 1

    @property
    def _vector(self) -> bool:
        return self.pdg[self._boson] == _ZPRIME

    @property
    def asymmetry(self) -> float:
        """Slope in the cosine between the spin and the neutrino, over the average."""
        m, m_boson, m_nu = self.m_parent, self.masses[self._boson], self.masses[1 - self._boson]
        slope = (abs(self.left) ** 2 - abs(self.right) ** 2) * float(kallen_sqrt(m, m_nu, m_boson)) / 2
        if self._vector:
            slope *= 2 * m_boson**2 - (m - m_nu) * (m + m_nu)
            average = vector_emission_square(m, m_nu, m_boson, self.left, self.right)
        else:
            average = scalar_emission_square(m, m_nu, m_boson, self.left, self.right)
        # rounding must not carry it beyond 1
        return min(max(slope / float(average), -1.0), 1.0)

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), summed over final spins."""
        along = np.sum(_direction(momenta, 1 - self._boson) * spin, axis=1)
        result: Array = _average(self.m_parent, self.masses, self.width) * (1 + self.asymmetry * along)
        return result

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Back-to-back products with the linear density in the cosine to the spin; all are accepted."""
        degree, axis = spin_axis(spin)
        sign = 1.0 if self._boson == 1 else -1.0
        direction = around(axis, linear_cosine(u[:, 0], sign * self.asymmetry * degree), 2 * np.pi * u[:, 1])
        return _back_to_back(direction, self.m_parent, self.masses), np.ones(len(u))

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic products, and the constant that makes |M|^2 a weight of mean 1."""
        factor = 1 / _average(self.m_parent, self.masses, self.width)
        return _back_to_back(_isotropic(u), self.m_parent, self.masses), np.full(len(u), factor)

    def _amplitude(self, momenta: Array, spin: SpinArray) -> ComplexArray:
        """Amplitudes (2, 2, k, n): spin of nu_j, pure state of nu_i, polarisation of the boson in its rest frame (k = 3, or 1)."""
        m_nu, q = self.masses[1 - self._boson], momenta[:, self._boson]
        rest = np.broadcast_to([self.m_parent, 0.0, 0.0, 0.0], q.shape)
        bra, ket = particle(momenta[:, 1 - self._boson], m_nu), particle(rest, self.m_parent)
        if self._vector:
            current = self.left * vector_left(bra, ket) + self.right * vector_right(bra, ket)
            vertex = in_rest_frame(current, q, self.masses[self._boson])
        else:
            vertex = (self.left * scalar_left(bra, ket) + self.right * scalar_right(bra, ket))[:, :, None]
        states = spin_states(spin)
        result: ComplexArray = vertex[:, 0][:, None] * states[:, 0][:, None] + vertex[:, 1][:, None] * states[:, 1][:, None]
        return result

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """Polarisation vector of nu_j (0 if massless), pure state of a Z' drawn with `u`, 0 for a scalar; shape (n, 3)."""
        if place == self._boson:
            if not self._vector:
                return np.zeros((len(momenta), 3))
            return drawn_state(self._amplitude(momenta, spin).reshape(4, 3, -1), u[:, 0])
        if self.masses[place] == 0.0:
            return np.zeros((len(momenta), 3))
        return bloch(self._amplitude(momenta, spin), 0)

    def conjugate(self) -> "EmissionTerm":
        """The antiparticle's decay: conjugate products, couplings conjugated and of opposite chirality."""
        codes = tuple(particles.anti(code) for code in self.pdg)
        left, right = _conjugate(self.left, self.right)
        return replace(self, pdg=codes, left=left, right=right)


def _conjugate(left: complex, right: complex) -> tuple[complex, complex]:
    """Couplings of the charge-conjugate fermions, (R*, L*), but for the common sign of a vector's, which no |M|^2 feels."""
    return complex(right).conjugate(), complex(left).conjugate()


@dataclass(frozen=True, slots=True)
class BosonDecayTerm:
    """Z' or phi' -> two fermions, with chiral couplings (left, right) of the vertex fbar_1 f_2."""

    pdg: tuple[int, ...]
    m_parent: float
    masses: tuple[float, ...]
    width: float
    left: complex
    right: complex
    vector: bool
    """Whether the parent is the Z'."""
    via: tuple[str, ...]
    draws: int = 2

    @property
    def _rates(self) -> tuple[float, float, float]:
        """|M|^2 of a Z' with spin projection +1, 0, -1 along the first product, in units of their average."""
        m, (x, y) = self.m_parent, self.masses
        vector = (self.left + self.right) / 2 * np.sqrt((m - x + y) * (m + x - y))
        axial = (self.right - self.left) / 2 * np.sqrt((m - (x + y)) * (m + x + y))
        plus, minus = abs(vector + axial) ** 2, abs(vector - axial) ** 2
        zero = abs(vector) ** 2 * ((x + y) / m) ** 2 + abs(axial) ** 2 * ((x - y) / m) ** 2
        average = (plus + minus + zero) / 3
        return float(plus / average), float(zero / average), float(minus / average)

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), summed over final spins, half for identical particles included."""
        average = _average(self.m_parent, self.masses, self.width)
        return average * self._shape(_direction(momenta, 0), spin)

    def _shape(self, direction: Array, spin: SpinArray) -> Array:
        """|M|^2 over its average, (n,)."""
        if not self.vector:
            return np.ones(len(direction))
        plus, zero, minus = self._rates
        square = np.sum(spin.real**2 + spin.imag**2, axis=1)
        scale = 1 / np.where(square > 0, square, 1.0)
        amplitude = np.sum(direction * spin, axis=1)
        longitudinal = (amplitude.real**2 + amplitude.imag**2) * scale
        # the spin vector i e x e* = 2 Re e x Im e
        circular = 2 * np.sum(direction * np.cross(spin.real, spin.imag), axis=1) * scale
        shape = zero * longitudinal + (plus + minus) / 2 * (1 - longitudinal) + (plus - minus) / 2 * circular
        result: Array = np.where(square > 0, np.maximum(shape, 0.0), 1.0)
        return result

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Isotropic products and |M|^2 over its largest value, which is at most three times the average."""
        direction = _isotropic(u)
        bound = max(self._rates) if self.vector else 1.0
        return _back_to_back(direction, self.m_parent, self.masses), self._shape(direction, spin) / bound

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic products, and the constant that makes |M|^2 a weight of mean 1."""
        factor = 1 / _average(self.m_parent, self.masses, self.width)
        return _back_to_back(_isotropic(u), self.m_parent, self.masses), np.full(len(u), factor)

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """Polarisation vector of a fermion, the other's spin summed; 0 for a massless one. Shape (n, 3)."""
        if self.masses[place] == 0.0:
            return np.zeros((len(momenta), 3))
        bra, ket = particle(momenta[:, 0], self.masses[0]), antiparticle(momenta[:, 1], self.masses[1])
        if not self.vector:
            return bloch(self.left * scalar_left(bra, ket) + self.right * scalar_right(bra, ket), place)
        current = (self.left * vector_left(bra, ket) + self.right * vector_right(bra, ket))[:, :, 1:]
        some = np.any(spin != 0, axis=1)
        # a pure state, or in its place the three of an even mixture
        states = np.where(some, np.stack([spin.T, np.zeros_like(spin.T), np.zeros_like(spin.T)]), np.eye(3)[:, :, None])
        amplitude = sum(current[:, :, None, k] * states[None, None, :, k] for k in range(3))
        return bloch(np.asarray(amplitude), place)

    def conjugate(self) -> "BosonDecayTerm":
        """The decay with each product, in its place, turned into its antiparticle."""
        codes = tuple(particles.anti(code) for code in self.pdg)
        left, right = _conjugate(self.left, self.right)
        return replace(self, pdg=codes, left=left, right=right)


@dataclass(frozen=True, slots=True)
class VectorPairTerm:
    """phi' -> Z' Z': isotropic, with amplitude eps_1*.eps_2*."""

    m_parent: float
    masses: tuple[float, ...]
    width: float
    pdg: tuple[int, ...] = (_ZPRIME, _ZPRIME)
    via: tuple[str, ...] = (_VIA["phi"],)
    draws: int = 2

    def msq(self, momenta: Array, spin: SpinArray) -> Array:
        """|M|^2 (n,), summed over final spins, half for identical particles included."""
        return np.full(len(momenta), _average(self.m_parent, self.masses, self.width))

    def propose(self, u: Array, spin: SpinArray) -> tuple[Array, Array]:
        """Isotropic products; all are accepted."""
        return _back_to_back(_isotropic(u), self.m_parent, self.masses), np.ones(len(u))

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Isotropic products, and the constant that makes |M|^2 a weight of mean 1."""
        momenta, ones = self.propose(u, np.zeros((len(u), 3)))
        return momenta, ones / _average(self.m_parent, self.masses, self.width)

    def polarisation(self, momenta: Array, spin: SpinArray, place: int, u: Array) -> SpinArray:
        """Pure state (n, 3) of one Z', the other's spin summed: along the flight, or else across it in any direction."""
        n = _direction(momenta, place)
        # eps_1.eps_2 is 1 for two transverse, 1 - m_phi^2 / (2 m_Z'^2) for two longitudinal ones
        square = (1 - self.m_parent**2 / (2 * self.masses[0] ** 2)) ** 2
        along = u[:, 0] * (2 + square) < square
        first, second = orthonormal_frame(n)
        azimuth = 2 * np.pi * u[:, 1]
        across = np.cos(azimuth)[:, None] * first + np.sin(azimuth)[:, None] * second
        return np.where(along[:, None], n, across).astype(complex)

    def conjugate(self) -> "VectorPairTerm":
        """Itself: both bosons are their own antiparticles."""
        return self


def emission_terms(found: Couplings, state: str) -> dict[str, list[EmissionTerm]]:
    """Open decays of a heavy neutrino into a lighter one and a Z' or dark scalar, by their products."""
    listed: dict[str, list[EmissionTerm]] = {}
    parent = found.heavy(state)
    m = found.masses[parent]
    for boson, via in _VIA.items():
        m_boson, code = boson_mass(found, boson), particles.HEAVY_STATE_CODES[boson]
        vertex_left, vertex_right = neutrino_vertex(found, boson)
        width_of = width_vector_emission if boson == "zprime" else width_scalar_emission
        for column, m_nu in enumerate(found.masses):
            if not m > m_nu + m_boson:
                continue
            couplings = complex(vertex_left[column, parent]), complex(vertex_right[column, parent])
            for (left, right), sign in _helicities(found, column, couplings, boson == "phi"):
                width = float(width_of(m, m_nu, m_boson, left, right))
                if not width > 0:
                    continue
                neutrino = sign * _code(found, column)
                codes, masses = ((code, neutrino), (m_boson, m_nu)) if m_nu == 0 else ((neutrino, code), (m_nu, m_boson))
                name = particles.canonical_products(f"{found.label(column)} {boson}")
                listed.setdefault(name, []).append(EmissionTerm(codes, m, masses, width, left, right, (via,)))
    return listed


def _code(found: Couplings, column: int) -> int:
    """PDG code of a neutrino."""
    if found.masses[column] == 0.0:
        return particles.NEUTRINO_OF_FLAVOUR[found.flavour(column)]
    return particles.HEAVY_STATE_CODES[found.names[column]]


def _helicities(
    found: Couplings, column: int, vertex: tuple[complex, complex], left_is_plus: bool
) -> list[tuple[tuple[complex, complex], int]]:
    """Couplings and sign of the PDG code for each helicity of a massless Majorana neutrino; any other neutrino is one piece.

    The left-handed coupling makes helicity +1/2, with a negative code, if `left_is_plus`.
    """
    if not found.majorana or found.masses[column] > 0:
        return [(vertex, 1)]
    sign = -1 if left_is_plus else 1
    return [((vertex[0], 0j), sign), ((0j, vertex[1]), -sign)]


def boson_decay_terms(found: Couplings, boson: str) -> dict[str, list[CascadeTerm]]:
    """Open decays of 'zprime' or 'phi', by their products; their widths sum to those of `boson_channels`.

    'hadrons' is there where exclusive final states are all there is of it.
    """
    vector, m, via = boson == "zprime", boson_mass(found, boson), (_VIA[boson],)
    width_of = width_vector_to_fermions if vector else width_scalar_to_fermions
    listed: dict[str, list[CascadeTerm]] = {}

    def add(name: str, codes: tuple[int, int], masses: tuple[float, float], vertex: tuple[complex, complex], share: float = 1.0) -> None:
        width = share * float(width_of(m, *masses, *vertex))
        if width > 0:
            listed.setdefault(particles.canonical_products(name), []).append(BosonDecayTerm(codes, m, masses, width, *vertex, vector, via))

    vertex_left, vertex_right = neutrino_vertex(found, boson)
    for second in range(len(found.masses)):
        for first in range(second, len(found.masses)):
            masses = found.masses[first], found.masses[second]
            name = f"{found.label(first)} {found.label(second)}"
            one, two = _code(found, first), _code(found, second)
            vertex = complex(vertex_left[first, second]), complex(vertex_right[first, second])
            if not found.majorana:
                add(name, (one, -two), masses, vertex)
                if first != second:
                    add(name, (-one, two), masses, _conjugate(*vertex))
            elif masses[1] > 0:
                add(name, (one, two), masses, vertex, 0.5 if first == second else 1.0)
            else:
                # massless: the left-handed coupling makes helicity +1/2 of the second, -1/2 of the first, if that is massless too
                add(name, (one, -two), masses, (vertex[0], 0j))
                if first != second:
                    add(name, (one if masses[0] > 0 else -one, two), masses, (0j, vertex[1]))
    for flavour, code in CHARGED_LEPTONS:
        mass = particles.mass(code)
        add(f"{flavour}- {flavour}+", (code, -code), (mass, mass), lepton_vertex(found, boson, mass))
    if not vector:
        width = float(width_scalar_to_vectors(m, found.zprime.mass, found.v_phi))
        if width > 0:
            listed["zprime zprime"] = [VectorPairTerm(m, (found.zprime.mass, found.zprime.mass), width)]
    hadrons = float(hadron_width([found], boson, np.array([m]))[0])
    more = {"hadrons": zprime_hadron_terms(found, hadrons) if vector else scalar_hadron_terms(found, hadrons)}
    if not vector:
        more["gamma gamma"] = photon_pair_terms(found, (found.scalar_fermion * V_HIGGS) ** 2 * float(photon_width(m)))
    return listed | {name: terms for name, terms in more.items() if terms}
