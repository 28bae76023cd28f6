"""What a model card says, as types that cannot hold an impossible model.

Masses in GeV (`m3_ev` in eV). A breach of an invariant raises ParameterError with the card's key, what was found
and what would do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from ..constants import SIN2_THETA_W
from ..errors import ParameterError

FLAVOURS = ("e", "mu", "tau")
Branch = Literal["small", "large"]

_SMALLEST, _LARGEST = 1e-40, 1e20
"""Range of the masses and couplings a card may give: wider than any physics, narrow enough for floating point."""


def _finite(key: str, value: float) -> None:
    if not math.isfinite(value):
        raise ParameterError(f"{key} = {value}: give a finite number")


def _positive(key: str, value: float, what: str = "masses must be positive") -> None:
    _finite(key, value)
    if value <= 0.0:
        raise ParameterError(f"{key} = {value:g}: {what}")
    if not _SMALLEST <= value <= _LARGEST:
        raise ParameterError(f"{key} = {value:g}: outside {_SMALLEST:g} to {_LARGEST:g}, where results stay finite")


def _not_negative(key: str, value: float, what: str) -> None:
    _finite(key, value)
    if value < 0.0:
        raise ParameterError(f"{key} = {value:g}: {what}")


def _exactly_one(section: str, given: dict[str, float | None]) -> None:
    keys = [key for key, value in given.items() if value is not None]
    if len(keys) == 1:
        return
    names = [f"{section}.{key}" for key in given]
    choice = ", ".join(names[:-1]) + " and " + names[-1]
    found = "none of them" if not keys else " and ".join(keys)
    raise ParameterError(f"{section}: found {found}; give exactly one of {choice}")


@dataclass(frozen=True, slots=True)
class Physical:
    """Masses of the two heavy neutrinos, and either the light mass they must give or their mixing."""

    m5: float
    mass_ratio: float | None = None
    """m4/m5 in (0, 1]."""
    one_minus_mass_ratio: float | None = None
    """1 - m4/m5 = mu'/m5 in [0, 1), for nearly degenerate states."""
    m4: float | None = None
    m3_ev: float | None = None
    """The mass condition: the one-loop mass of nu3, eV."""
    mixing2: float | None = None
    """|U_4|^2 summed over flavours; at most 1/(1 + m4/m5)."""
    branch: Branch = "small"
    """Which root of the mass condition: little or much active component in the heavy states."""

    def __post_init__(self) -> None:
        _positive("physical.m5", self.m5)
        _exactly_one("physical", {"mass_ratio": self.mass_ratio, "one_minus_mass_ratio": self.one_minus_mass_ratio, "m4": self.m4})
        _exactly_one("physical", {"m3_ev": self.m3_ev, "mixing2": self.mixing2})
        if self.m4 is not None:
            _positive("physical.m4", self.m4)
            if self.m4 > self.m5:
                raise ParameterError(
                    f"physical.m4 = {self.m4:g}: heavier than physical.m5 = {self.m5:g}; nu4 is the lighter state, give m4 <= m5"
                )
        if self.mass_ratio is not None:
            _positive("physical.mass_ratio", self.mass_ratio, "m4/m5 must be in (0, 1]")
            if self.mass_ratio > 1.0:
                raise ParameterError(f"physical.mass_ratio = {self.mass_ratio:g}: m4/m5 must be in (0, 1]; nu4 is the lighter state")
        if self.one_minus_mass_ratio is not None:
            _not_negative("physical.one_minus_mass_ratio", self.one_minus_mass_ratio, "1 - m4/m5 must be in [0, 1)")
            if self.one_minus_mass_ratio >= 1.0:
                raise ParameterError(f"physical.one_minus_mass_ratio = {self.one_minus_mass_ratio:g}: 1 - m4/m5 must be in [0, 1)")
        if self.m3_ev is not None:
            _positive(
                "physical.m3_ev", self.m3_ev, "the light mass must be positive; to switch the condition off give physical.mixing2 instead"
            )
        if self.mixing2 is not None:
            _not_negative("physical.mixing2", self.mixing2, "|U_4|^2 must not be negative")
            largest = 1.0 / (1.0 + self.masses[0] / self.m5)
            if self.mixing2 > largest * (1.0 + 1e-15):  # the bound itself is a rounded number
                raise ParameterError(
                    f"physical.mixing2 = {self.mixing2:g}: |U_4|^2 is at most 1/(1 + m4/m5) = {largest:.6g} for these masses"
                )
        if self.branch not in ("small", "large"):
            raise ParameterError(f"physical.branch = {self.branch!r}: give 'small' or 'large'")

    @property
    def masses(self) -> tuple[float, float]:
        """m4 and the splitting mu' = m5 - m4 in GeV, the splitting without rounding where the card gives it."""
        if self.m4 is not None:
            return self.m4, self.m5 - self.m4
        if self.mass_ratio is not None:
            return self.mass_ratio * self.m5, (1.0 - self.mass_ratio) * self.m5
        difference = self.one_minus_mass_ratio or 0.0
        return (1.0 - difference) * self.m5, difference * self.m5


@dataclass(frozen=True, slots=True)
class Lagrangian:
    """Entries of the mass matrix of arXiv:1903.07590, Eq. 2, GeV; phases absorbed in the fields."""

    m_dirac: float
    """Root of the sum over flavours of |m_D|^2."""
    lambda_: float
    """Lambda, the N - nu_D entry; `lambda` in cards."""
    mu_prime: float
    """Majorana mass of N; zero makes nu4 and nu5 degenerate."""

    def __post_init__(self) -> None:
        _positive("lagrangian.m_dirac", self.m_dirac)
        _positive("lagrangian.lambda", self.lambda_)
        _not_negative("lagrangian.mu_prime", self.mu_prime, "must not be negative; its phase is absorbed in the fields")


@dataclass(frozen=True, slots=True)
class Mediator:
    """The hidden gauge boson, the dark scalar and the gauge coupling g'."""

    m_zprime: float
    m_phi: float
    g_dark: float

    def __post_init__(self) -> None:
        _positive("mediator.m_zprime", self.m_zprime)
        _positive("mediator.m_phi", self.m_phi)
        _positive("mediator.g_dark", self.g_dark, "the gauge coupling must be positive")

    @property
    def v_phi(self) -> float:
        """Vacuum expectation value of Phi in GeV, m_Z' = g' v_Phi."""
        return self.m_zprime / self.g_dark


@dataclass(frozen=True, slots=True)
class Portals:
    """Kinetic mixing, by `epsilon` or by `chi_hypercharge`, and Higgs - dark scalar mixing."""

    epsilon: float = 0.0
    """L = epsilon e Z'_mu J_em."""
    chi_hypercharge: float = 0.0
    """-(chi/2) B_{mu nu} X^{mu nu}; epsilon = -cos(theta_W) chi."""
    sin_alpha: float = 0.0

    def __post_init__(self) -> None:
        for key in ("epsilon", "chi_hypercharge", "sin_alpha"):
            value = getattr(self, key)
            _finite(f"portals.{key}", value)
            if abs(value) >= 1.0:
                raise ParameterError(f"portals.{key} = {value:g}: a mixing must lie between -1 and 1")
        if self.epsilon != 0.0 and self.chi_hypercharge != 0.0:
            raise ParameterError(
                f"portals: found epsilon = {self.epsilon:g} and chi_hypercharge = {self.chi_hypercharge:g}; "
                "give one of the two (epsilon = -cos(theta_W) chi_hypercharge)"
            )

    @property
    def kinetic(self) -> float:
        """epsilon of L = epsilon e Z'_mu J_em, from whichever of the two was given."""
        if self.chi_hypercharge != 0.0:
            return -math.sqrt(1.0 - SIN2_THETA_W) * self.chi_hypercharge
        return self.epsilon


def _shares(key: str, values: Sequence[float]) -> tuple[float, float, float]:
    for flavour, value in zip(FLAVOURS, values, strict=True):
        _not_negative(f"{key}.{flavour}", value, "a share of |U|^2 must not be negative")
    total = math.fsum(values)
    if total == 0.0:
        raise ParameterError(f"{key}: all three shares are zero; give at least one of {key}.e, {key}.mu, {key}.tau")
    e, mu, tau = (value / total for value in values)
    return e, mu, tau


@dataclass(frozen=True, slots=True)
class DarkNeutrino:
    """One hidden family: N, nu_D, a Z' and a dark scalar (arXiv:1903.07590)."""

    kind: ClassVar[str] = "dark-neutrino"

    name: str
    source: str
    majorana: bool
    """False: no lepton-number violation at any vertex, nu4 and nu5 are separate Dirac states and nu3 stays massless."""
    flavour: tuple[float, float, float]
    """Shares of the active mixing in e, mu, tau; normalised on construction."""
    mass: Physical | Lagrangian
    mediator: Mediator
    portals: Portals = Portals()

    def __post_init__(self) -> None:
        object.__setattr__(self, "flavour", _shares("flavour", self.flavour))
        if self.majorana:
            return
        if isinstance(self.mass, Lagrangian):
            raise ParameterError(
                "majorana = false: found [lagrangian], whose mass matrix violates lepton number; give [physical] with mixing2"
            )
        if self.mass.mixing2 is None:
            raise ParameterError(
                f"majorana = false: found physical.m3_ev = {self.mass.m3_ev:g}, but without lepton-number violation m3 = 0; "
                "give physical.mixing2 instead"
            )


@dataclass(frozen=True, slots=True)
class Hnl:
    """The minimal heavy neutral lepton: one state nu4 that mixes with the active neutrinos."""

    kind: ClassVar[str] = "hnl"

    name: str
    source: str
    majorana: bool
    m4: float
    mixing2: tuple[float, float, float]
    """|U_e4|^2, |U_mu4|^2, |U_tau4|^2."""

    def __post_init__(self) -> None:
        _positive("m4", self.m4)
        for flavour, value in zip(FLAVOURS, self.mixing2, strict=True):
            _not_negative(f"mixing2.{flavour}", value, "|U|^2 must not be negative")
        total = math.fsum(self.mixing2)
        if total > 1.0:
            raise ParameterError(f"mixing2: the sum over e, mu, tau is {total:g}; unitarity allows at most 1")


Matrix = tuple[tuple[complex, ...], ...]
"""A matrix by rows."""


def _matrix(key: str, rows: Matrix, shape: tuple[int, int], what: str) -> None:
    if len(rows) != shape[0] or any(len(row) != shape[1] for row in rows):
        found = f"{len(rows)} rows of {', '.join(str(len(row)) for row in rows)}"
        raise ParameterError(f"{key}: found {found}; {what}")
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            if not (math.isfinite(entry.real) and math.isfinite(entry.imag)):
                raise ParameterError(f"{key}[{i}][{j}] = {entry}: give finite numbers")
            if abs(entry) > _LARGEST:
                raise ParameterError(f"{key}[{i}][{j}] = {entry:g}: beyond {_LARGEST:g} GeV, where results stay finite")


def _hidden_blocks(section: str, lambda_: Matrix, mu: Matrix) -> int:
    """The number of families of these blocks, which must fit."""
    n = len(mu)
    if n not in (1, 2, 3):
        raise ParameterError(f"{section}.mu: found {n} rows; 1, 2 or 3 hidden families are possible")
    _matrix(f"{section}.mu", mu, (n, n), f"a symmetric matrix is needed, {n} rows of {n}")
    dark = len(lambda_[0]) if lambda_ else 0
    if len(lambda_) == n and dark != n and all(len(row) == dark for row in lambda_):
        what = f"{n - dark} light masses mD^2/mu at tree level" if dark < n else f"{dark - n} massless dark neutrinos"
        raise ParameterError(f"{section}.lambda: found {n} rows (N) of {dark} (D), which would mean {what}; give as many D as N")
    _matrix(f"{section}.lambda", lambda_, (n, n), f"a row for each of the {n} N of mu, a column for each D")
    largest = max(abs(entry) for row in mu for entry in row)
    for i in range(n):
        for j in range(i):
            if abs(mu[i][j] - mu[j][i]) > 1e-14 * largest:
                raise ParameterError(
                    f"{section}.mu: {mu[i][j]:g} and {mu[j][i]:g} at [{i}][{j}] and its mirror: a Majorana mass matrix is symmetric"
                )
    return n


@dataclass(frozen=True, slots=True)
class Matrices:
    """The blocks of the mass matrix of n hidden families, GeV, complex."""

    m_dirac: Matrix
    """3 rows e, mu, tau of n."""
    lambda_: Matrix
    """n rows N of n columns D; `lambda` in cards."""
    mu: Matrix
    """n rows of n, symmetric: Majorana masses of the N."""

    def __post_init__(self) -> None:
        n = _hidden_blocks("matrices", self.lambda_, self.mu)
        _matrix("matrices.m_dirac", self.m_dirac, (3, n), f"3 rows e, mu, tau of {n}, a column for each N")
        if not any(abs(entry) > 0.0 for row in self.m_dirac for entry in row):
            raise ParameterError("matrices.m_dirac: all entries are zero: nothing would mix with the active neutrinos")


@dataclass(frozen=True, slots=True)
class CasasIbarra:
    """Light masses and mixing, from which m_dirac follows for given hidden blocks (see `casas_ibarra.py`)."""

    light_masses_ev: tuple[float, float, float]
    """m1, m2, m3 in eV, in the order of the columns of the mixing matrix: inverted ordering has m3 smallest."""
    sin2_theta12: float
    sin2_theta13: float
    sin2_theta23: float
    lambda_: Matrix
    mu: Matrix
    delta: float = 0.0
    """Dirac phase, radians."""
    majorana_phases: tuple[float, float] = (0.0, 0.0)
    """alpha21 and alpha31, radians."""
    rotation: tuple[complex, ...] | None = None
    """Angles of the complex orthogonal matrix R: none for one family, one for two, three for three; all zero if not given."""
    reflection: bool = False
    """R with its last column reversed."""

    def __post_init__(self) -> None:
        n = _hidden_blocks("casas_ibarra", self.lambda_, self.mu)
        for place, mass in enumerate(self.light_masses_ev):
            _not_negative(f"casas_ibarra.light_masses_ev[{place}]", mass, "a mass must not be negative")
        if not any(self.light_masses_ev):
            raise ParameterError("casas_ibarra.light_masses_ev: all are zero; give at least one mass")
        for key in ("sin2_theta12", "sin2_theta13", "sin2_theta23"):
            if not 0.0 <= getattr(self, key) <= 1.0:
                raise ParameterError(f"casas_ibarra.{key} = {getattr(self, key):g}: sin^2 of an angle lies between 0 and 1")
        for key, phase in (("delta", self.delta), *((f"majorana_phases[{k}]", one) for k, one in enumerate(self.majorana_phases))):
            _finite(f"casas_ibarra.{key}", phase)
        angles = n * (n - 1) // 2
        if self.rotation is None:
            object.__setattr__(self, "rotation", (0j,) * angles)
        given = self.rotation or ()
        if len(given) != angles:
            raise ParameterError(f"casas_ibarra.rotation: found {len(given)} angles; {n} families need {angles}")
        for place, angle in enumerate(given):
            if not (math.isfinite(angle.real) and abs(angle.imag) <= _LARGEST_ANGLE):
                raise ParameterError(f"casas_ibarra.rotation[{place}] = {angle}: its imaginary part must be within {_LARGEST_ANGLE:g}")


_LARGEST_ANGLE = 30.0
"""Of the imaginary part of an angle of R, which enters as its exponential."""


@dataclass(frozen=True, slots=True)
class DarkNeutrinoFamilies:
    """n = 1, 2, 3 hidden families: n N and n nu_D of one charge, a Z' and a dark scalar (arXiv:1903.07590, after Eq. 8)."""

    kind: ClassVar[str] = "dark-neutrino-families"

    name: str
    source: str
    mass: Matrices | CasasIbarra
    mediator: Mediator
    portals: Portals = Portals()
    majorana: bool = True

    def __post_init__(self) -> None:
        if not self.majorana:
            raise ParameterError("majorana = false: this kind violates lepton number; a Dirac option exists for dark-neutrino")

    @property
    def number(self) -> int:
        """n."""
        return len(self.mass.mu)


DarkSector = DarkNeutrino | DarkNeutrinoFamilies
"""Models with dark neutrinos, a Z' and a dark scalar."""

Model = DarkNeutrino | DarkNeutrinoFamilies | Hnl
