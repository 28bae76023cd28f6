"""Widths, terms, events and spins of three-body dark decays by independent integrals, closed forms and density matrices."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from nusim import pdg
from nusim.constants import ALPHA, G_F
from nusim.decays.amplitudes import Amplitude, lepton_pair, neutrino_triple
from nusim.decays.channel import CascadeTerm
from nusim.decays.couplings import Couplings, couplings
from nusim.decays.dark import dark_partial_widths
from nusim.decays.dark_integrals import integrals
from nusim.decays.dark_terms import ThreeBodyTerm, three_body_terms, three_body_widths
from nusim.decays.dark_widths import boson_width, vector_emission_square, width_vector_to_fermions
from nusim.decays.leptonic import unit_width
from nusim.decays.table import decay_table, partial_widths
from nusim.errors import ParameterError
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve

from ..paper.test_benchmarks import card
from . import exchange as ex
from . import phase_space
from .dark_models import found

SPIN = np.array([0.3, -0.5, 0.6])
DIRECTION = SPIN / np.linalg.norm(SPIN)
NU3, NU4, NU5 = 2, 3, 4
E_CHARGE = math.sqrt(4 * math.pi * ALPHA)


def spectrum(
    m4: float = 0.3, m5: float = 1.0, m_zprime: float = 2.0, m_phi: float = 3.0, g_dark: float = 0.7, majorana: bool = True,
    mixing2: float = 1e-2, epsilon: float = 0.0, sin_alpha: float = 0.0, flavour: tuple[float, float, float] = (0.2, 0.5, 0.3),
) -> Spectrum:  # fmt: skip
    mediator, portals = Mediator(m_zprime, m_phi, g_dark), Portals(epsilon=epsilon, sin_alpha=sin_alpha)
    return solve(DarkNeutrino("test", "made for a test", majorana, flavour, Physical(m5, m4=m4, mixing2=mixing2), mediator, portals))


def width(amplitude: Amplitude) -> float:
    """Without symmetry factor."""
    return float(integrals([amplitude])[0].sum())


def dark_only(c: Couplings, epsilon: float = 0.0) -> Couplings:
    """Without W, Z and scalar; leptons by the photon's current alone."""
    zero = np.zeros_like(c.scalar_left)
    electric = -epsilon * E_CHARGE
    return replace(
        c, scalar_left=zero, scalar_right=zero, scalar_fermion=0.0, charged=0 * c.charged,
        z=replace(c.z, neutrino=zero, lepton_left=0.0, lepton_right=0.0),
        zprime=replace(c.zprime, lepton_left=electric, lepton_right=electric),
    )  # fmt: skip


def contact(c: Couplings, factor: float = 1e7) -> Couplings:
    """Z' alone, as heavy as its couplings are large."""
    c = dark_only(c)
    return replace(c, zprime=replace(c.zprime, mass=c.zprime.mass * factor, neutrino=c.zprime.neutrino * factor))


# integrals


@pytest.mark.parametrize("masses", [(0.4, 0.3, 0.2), (0.0, 0.35, 0.1), (0.45, 0.0, 0.0), (0.0, 0.0, 0.0), (0.35, 0.35, 0.2999)])
def test_widths_of_neutrinos_are_integrals_of_dirac_algebra(masses: tuple[float, float, float]) -> None:
    c = ex.random_couplings(np.random.default_rng(30), (*masses, 1.0), weak=0.6)
    columns = (0, 1, 2)
    expected = ex.integrated(1.0, masses, lambda p: ex.square(ex.three_neutrinos(p, c, 3, columns)))
    assert width(neutrino_triple(c, 3, columns, (0.0, 0.0))) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("masses", [(0.4, 0.3, 0.2), (0.0, 0.1, 0.1), (0.3, 0.0005, 0.0005)])
@pytest.mark.parametrize("majorana", [True, False])
def test_widths_of_lepton_pairs_are_integrals_of_dirac_algebra(masses: tuple[float, float, float], majorana: bool) -> None:
    c = ex.random_couplings(np.random.default_rng(31), (masses[0], 1.0), majorana, weak=0.6)
    flavours = (0, 0) if masses[1] == masses[2] else (0, 1)
    args = (1, 0, flavours, masses[1:], (0.0, 0.0))
    expected = ex.integrated(1.0, masses, lambda p: ex.square(ex.lepton_pairs(p, c, *args)))
    assert width(lepton_pair(c, *args)) == pytest.approx(expected, rel=1e-8)


def test_widths_are_integrals_of_the_trace() -> None:
    # contact limit, where the trace is exact
    masses = (0.4, 0.3, 0.2)
    c = ex.random_couplings(np.random.default_rng(32), (*masses, 1.0), weak=0.6, scalar=False)
    c = replace(c, zprime=replace(c.zprime, mass=c.zprime.mass * 1e7, neutrino=c.zprime.neutrino * 1e7))
    expected = ex.integrated(1.0, masses, lambda p: ex.three_neutrino_square(p, c, 3, (0, 1, 2)) / 2)
    assert width(neutrino_triple(c, 3, (0, 1, 2), (0.0, 0.0))) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("room", [1e-3, 1e-6, 1e-10])
def test_just_open(room: float) -> None:
    # Phi_3 -> sqrt(m1 m2 m3) Q^2 pi^3 / (2 (m1 + m2 + m3)^(3/2)) / (2 pi)^5
    masses = (0.5, 0.3, 0.2)
    m = 1.0 + room
    c = ex.random_couplings(np.random.default_rng(33), (*masses, m), weak=0.6)
    amplitude = neutrino_triple(c, 3, (0, 1, 2), (0.0, 0.0))
    rest = np.array([[[mass, 0, 0, 0] for mass in masses]])
    square = float(ex.square(np.moveaxis(amplitude.tensor(rest), -1, 0))[0])
    phase = math.sqrt(math.prod(masses)) * (m - 1.0) ** 2 * math.pi**3 / 2 / (2 * math.pi) ** 5
    assert width(amplitude) == pytest.approx(square * phase / 2, rel=5 * room + 1e-5)


@pytest.mark.parametrize("above", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("boson", ["zprime", "phi"])
def test_pole_just_above_the_end_of_one_pair(above: float, boson: str) -> None:
    # nu5 -> nu4 nu nu and a boson barely too heavy for nu5 -> nu4 boson, with its width
    masses, end = (0.4, 0.0, 0.15), 0.6
    m = {"m_zprime": 2.0, "m_phi": 3.0, f"m_{boson}": end * (1 + above)}
    c = ex.random_couplings(np.random.default_rng(34), (*masses, 1.0), weak=0.6, **m)
    widths = (1e-7, 2e-6)
    amplitude = neutrino_triple(c, 3, (0, 1, 2), widths)
    used = (amplitude.zprime if boson == "zprime" else amplitude.phi).used
    assert used[0] == 1.0
    # other pairings have the boson on its shell: its diagrams are gone there; keep only the first
    amplitude = replace(amplitude, diagrams=amplitude.diagrams[:1], outer=amplitude.outer[:1], inner=amplitude.inner[:1])

    def square(p: np.ndarray) -> np.ndarray:
        event = ex.Event(p, 1.0, masses)
        first = ex.neutrino_currents(c, event.u[0], event.u[3], 0, 3)
        second = ex.neutrino_currents(c, event.u[1], event.v[2], 1, 2)
        part = ex.exchanged(event, first, second, event.q(0), (c.zprime.mass, widths[0]), (c.m_phi, widths[1]))
        return ex.square(np.einsum("nahbc->nabch", part))

    assert width(amplitude) == pytest.approx(ex.integrated(1.0, masses, square, pole=end * (1 + above)), rel=1e-6)


@pytest.mark.parametrize("above", [3e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("boson", ["zprime", "phi"])
def test_three_poles_at_once(above: float, boson: str) -> None:
    # nu5 -> nu4 nu4 nu4 with interference between the poles of all three pairs
    end = 0.75
    m = {"m_zprime": 2.0, "m_phi": 3.0, f"m_{boson}": end * (1 + above)}
    c = ex.random_couplings(np.random.default_rng(35), (0.25, 1.0), weak=0.6, **m)
    widths = (1e-7, 2e-6)
    amplitude = neutrino_triple(c, 1, (0, 0, 0), widths)
    assert (amplitude.zprime if boson == "zprime" else amplitude.phi).used == (1.0, 1.0, 1.0)
    expected = ex.integrated(
        1.0, (0.25,) * 3, lambda p: ex.square(ex.three_neutrinos(p, c, 1, (0, 0, 0), widths)), end * (1 + above), symmetric=True
    )
    assert width(amplitude) == pytest.approx(expected, rel=1e-7)


def spectral(c: Couplings, m: float, m_nu: float, m_lepton: float, pole: float, zprime_width: float, excess: float) -> float:
    """nu -> nu' l l through a Z' alone: an integral over s of emission and decay of a Z' of mass sqrt(s).

    `excess`: pole^2 - (m - m_nu)^2; all distances without rounding.
    """
    high, low = (m - m_nu) ** 2, 4 * m_lepton**2
    vertex = c.zprime.neutrino[0, 1]
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(math.log((high - low) * 1e-24), math.log(high - low), 120)
    u = (edges[:-1, None] + np.diff(edges)[:, None] * (nodes + 1) / 2).ravel()
    du = (np.diff(edges)[:, None] * weights / 2).ravel()
    # the root at the lower end: one more change of variable in the last panel
    last = slice(-20, None)
    t = (nodes + 1) / 2
    u[last], du[last] = edges[-2] + (edges[-1] - edges[-2]) * t * (2 - t), (edges[-1] - edges[-2]) * (1 - t) * weights
    x = np.exp(u)
    s = high - x
    root = np.sqrt(s)
    emission = np.sqrt(x * ((m + m_nu) ** 2 - s)) / (16 * math.pi * m**3)
    emission *= vector_emission_square(m, m_nu, root, vertex, -np.conj(vertex)) / s
    decay = width_vector_to_fermions(root, m_lepton, m_lepton, c.zprime.lepton_left, c.zprime.lepton_right)
    return float(np.sum(du * x * emission * root * decay / math.pi / ((x + excess) ** 2 + (pole * zprime_width) ** 2)))


@pytest.mark.parametrize(("above", "share"), [(1e-3, 0.0), (1e-3, 1e-4), (1e-6, 0.0), (1e-6, 1e-8), (1e-12, 1e-4), (1e-12, 1e-6)])
def test_spectral_identity_next_to_the_pole(above: float, share: float) -> None:
    c = dark_only(ex.random_couplings(np.random.default_rng(36), (0.3, 1.0), weak=0.0, scalar=False), epsilon=0.1)
    pole = 0.7 * (1 + above)
    c = replace(c, zprime=replace(c.zprime, mass=pole))
    m_lepton = 0.1
    made = width(lepton_pair(c, 1, 0, (0, 0), (m_lepton, m_lepton), (share * pole, 0.0)))
    excess = 0.49 * above * (2 + above)
    # the identity has no rounding in the distance to the pole; at 1e-12 the amplitude has, and its resonance is very narrow
    expected = spectral(c, 1.0, 0.3, m_lepton, pole, share * pole, excess)
    assert made == pytest.approx(expected, rel=1e-6 if above > 1e-9 else 5e-4)


@pytest.mark.parametrize("below", [0.3, 0.1, 1e-2])
def test_boson_too_light_for_the_pair(below: float) -> None:
    # the Z' could be made but not decay into this pair: the pole lies below the lower end
    c = dark_only(ex.random_couplings(np.random.default_rng(37), (0.3, 1.0), weak=0.0, scalar=False), epsilon=0.1)
    m_lepton = 0.1
    c = replace(c, zprime=replace(c.zprime, mass=0.2 * (1 - below)))
    args = (1, 0, (0, 0), (m_lepton, m_lepton), (0.0, 0.0))
    expected = ex.integrated(1.0, (0.3, m_lepton, m_lepton), lambda p: ex.square(ex.lepton_pairs(p, c, *args)), c.zprime.mass)
    assert width(lepton_pair(c, *args)) == pytest.approx(expected, rel=1e-6)


# limits


def test_massless_limits() -> None:
    # -> nu3 nu3 nu3: g'^4 |V_3h|^2 |V_33|^2 m^5 / (384 pi^3 m_Z'^4); -> nu4 nu3 nu3 with m4 -> 0: three times that
    c = contact(found(m4=1e-7, m5=1.0, m_zprime=1.0, m_phi=1.0, mixing2=0.2))
    v, m = c.zprime.neutrino, c.zprime.mass
    three = width(neutrino_triple(c, NU5, (NU3, NU3, NU3), (0.0, 0.0))) / 6
    expected = abs(v[NU3, NU5] * v[NU3, NU3]) ** 2 / (384 * math.pi**3 * m**4)
    assert three == pytest.approx(expected, rel=1e-12)
    one = width(neutrino_triple(c, NU5, (NU4, NU3, NU3), (0.0, 0.0))) / 2
    assert one == pytest.approx(abs(v[NU4, NU5] * v[NU3, NU3]) ** 2 / (128 * math.pi**3 * m**4), rel=1e-6)
    amplitude = neutrino_triple(c, NU5, (NU4, NU3, NU3), (0.0, 0.0))
    assert width(amplitude) / width(first_diagram(amplitude)) == pytest.approx(6.0, rel=1e-6)


def first_diagram(amplitude):  # type: ignore[no-untyped-def]
    return replace(amplitude, diagrams=amplitude.diagrams[:1], outer=amplitude.outer[:1], inner=amplitude.inner[:1])


@pytest.mark.parametrize(("name", "factor"), [("circle", 7.78), ("star", 6.53)])
def test_exchange_at_the_benchmarks(name: str, factor: float) -> None:
    c = couplings(solve(card(name)))
    whole = neutrino_triple(c, NU5, (NU4, NU3, NU3), (0.0, 0.0))
    assert width(whole) / width(first_diagram(whole)) == pytest.approx(factor, abs=0.03)


@pytest.mark.parametrize(
    ("name", "columns", "vectors", "everything"), [("circle", (3, 2, 2), 1.857, 1.842), ("star", (3, 3, 3), 2.522, 2.505)]
)
def test_a_wrong_phase_shows(name: str, columns: tuple[int, int, int], vectors: float, everything: float) -> None:
    # column 4 without its factor i; the first number has vector exchange without longitudinal parts, by the trace
    c = couplings(solve(card(name)))
    turn = np.array([1, 1, 1, -1j, 1])
    v, m = turn.conj()[:, None] * c.zprime.neutrino * turn, np.array(c.masses)
    s = (m[:, None] * v + m * v.conj()) / c.zprime.mass
    wrong = replace(c, zprime=replace(c.zprime, neutrino=v), scalar_left=s, scalar_right=s.conj())
    m5, masses = c.masses[NU5], tuple(c.masses[k] for k in columns)
    traces = [ex.integrated(m5, masses, lambda p, one=one: ex.three_neutrino_square(p, one, NU5, columns)) for one in (wrong, c)]
    assert traces[0] / traces[1] == pytest.approx(vectors, abs=6e-4)
    made = [width(neutrino_triple(one, NU5, columns, (0.0, 0.0))) for one in (wrong, c)]
    dirac = [ex.integrated(m5, masses, lambda p, one=one: ex.square(ex.three_neutrinos(p, one, NU5, columns))) for one in (wrong, c)]
    np.testing.assert_allclose(made, dirac, rtol=1e-8)
    assert made[0] / made[1] == pytest.approx(everything, abs=6e-4)


def test_a_wrong_phase_shows_in_lepton_pairs() -> None:
    c = dark_only(couplings(solve(card("circle"))), epsilon=1e-4)
    v = c.zprime.neutrino.copy()
    v[NU4, NU5] = v[NU5, NU4] = abs(v[NU4, NU5])
    wrong = replace(c, zprime=replace(c.zprime, neutrino=v))
    electron = (pdg.mass(11), pdg.mass(11))
    made = [width(lepton_pair(one, NU5, NU4, (0, 0), electron, (0.0, 0.0))) for one in (wrong, c)]
    assert made[0] / made[1] == pytest.approx(2.651, abs=6e-4)


def test_decoupled_dark_sector_leaves_the_standard_widths() -> None:
    m, mixing = 0.3, 1e-5
    point = spectrum(m4=m, m5=1.0, m_zprime=5.0, m_phi=5.0, g_dark=1e-6, mixing2=mixing, epsilon=1e-9)
    table = decay_table(point, "nu4")
    standard = partial_widths(np.array([m]), point.active_mixing2("nu4"), True)
    for name in ("nu nu nu", "nu e- e+", "nu mu- mu+"):
        # the three-neutrino width sees the mixing of the light ones at order S
        assert table.width(name) == pytest.approx(float(standard[name][0]), rel=5 * mixing)
    share = table.width("nu nu nu") / (2 * float(unit_width(m)) * mixing)
    assert share == pytest.approx(1.0, rel=5 * mixing)


def test_dirac_neutrinos_count_half() -> None:
    m, mixing = 0.3, 1e-5
    args = {"m4": m, "m5": 1.0, "m_zprime": 5.0, "m_phi": 5.0, "g_dark": 1e-6, "mixing2": mixing, "epsilon": 1e-9}
    dirac, majorana = (decay_table(spectrum(majorana=kind, **args), "nu4") for kind in (False, True))
    for name in ("nu nu nu", "nu e- e+"):
        assert dirac.width(name) == pytest.approx(majorana.width(name) / 2, rel=1e-4)
    # and through the Z' alone by brute force: particles a, b and an antiparticle, half for equal particles
    point = spectrum(majorana=False, mixing2=0.2)
    c = couplings(point)
    listed = three_body_widths([c], "nu5", (np.zeros(1), np.zeros(1)), True)
    heavy = (0.3, 0.3, 0.3)
    whole = ex.integrated(1.0, heavy, lambda p: ex.square(ex.three_dirac_neutrinos(p, c, NU5, (NU4, NU4, NU4), 2)))
    assert listed["nu4 nu4 nu4"][0] == pytest.approx(whole / 2, rel=1e-8)
    total = 0.0
    for light in range(3):
        for columns, place, symmetry in (((NU4, NU4, light), 2, 2), ((NU4, NU4, light), 1, 1)):
            masses = tuple(c.masses[k] for k in columns)
            some = ex.integrated(
                1.0, masses, lambda p, columns=columns, place=place: ex.square(ex.three_dirac_neutrinos(p, c, NU5, columns, place))
            )
            total += some / symmetry
    assert listed["nu4 nu4 nu"][0] == pytest.approx(total, rel=1e-8)


def test_contact_limit_of_the_zprime() -> None:
    # widths go as (g'/m_Z')^4
    def total(m_zprime: float) -> float:
        c = dark_only(found(m4=0.3, m5=1.0, m_zprime=m_zprime, m_phi=m_zprime, g_dark=1.0, mixing2=0.1))
        return width(neutrino_triple(c, NU5, (NU4, NU4, NU3), (0.0, 0.0))) * m_zprime**4

    exact = total(1e4)
    assert total(1e3) == pytest.approx(exact, rel=3e-6)
    assert total(30.0) - exact == pytest.approx(100 * (total(300.0) - exact), rel=2e-2)


def test_pure_kinetic_mixing_of_majorana_neutrinos_has_no_asymmetry() -> None:
    rng = np.random.default_rng(40)
    c = dark_only(found(m4=0.3, m5=1.0, m_zprime=2.0, mixing2=0.1), epsilon=0.1)
    for column, m_nu in ((NU3, 0.0), (NU4, 0.3)):
        amplitude = lepton_pair(c, NU5, column, (0, 0), (0.1, 0.1), (0.0, 0.0))
        term = ThreeBodyTerm(amplitude, (12, 11, -11), (None, None, None), 1.0, width(amplitude), ("Z'",))
        momenta = phase_space.three_body_points(1.0, (m_nu, 0.1, 0.1), 500, rng)[0]
        plain = term.msq(momenta, np.zeros((500, 3)))
        polarised = term.msq(momenta, np.tile(DIRECTION, (500, 1)))
        np.testing.assert_allclose(polarised, plain, rtol=1e-12)
    # one helicity alone is polarised, and so is what W and Z interfere with
    c = couplings(spectrum(mixing2=0.1, epsilon=1e-4, m_zprime=5.0))
    terms = three_body_terms(c, "nu5", (0.0, 0.0), True)["nu e- e+"]
    momenta = phase_space.three_body_points(1.0, terms[0].masses, 500, rng)[0]
    plain = sum(term.msq(momenta, np.zeros((500, 3))) for term in terms)
    polarised = sum(term.msq(momenta, np.tile(DIRECTION, (500, 1))) for term in terms)
    assert np.max(np.abs(polarised / plain - 1)) > 0.01


# terms

POINTS = {
    "light": spectrum(mixing2=0.1, epsilon=0.02, sin_alpha=0.02),
    "dirac": spectrum(mixing2=0.1, epsilon=0.02, sin_alpha=0.02, majorana=False),
    "close": spectrum(m4=0.25, m_zprime=0.7501, m_phi=0.76, mixing2=0.1, epsilon=0.02),
    "circle": solve(replace(card("circle"), portals=Portals(epsilon=1e-4))),
    "star": solve(card("star")),
}


def widths_of(point: Spectrum) -> tuple[float, float]:
    c = couplings(point)
    return boson_width(c, "zprime"), boson_width(c, "phi")


def terms_of(name: str, state: str = "nu5") -> dict[str, list[ThreeBodyTerm]]:
    point = POINTS[name]
    return three_body_terms(couplings(point), state, widths_of(point), True)


@pytest.mark.parametrize("name", POINTS)
def test_helicities_sum_to_the_whole(name: str) -> None:
    point = POINTS[name]
    c, widths = couplings(point), widths_of(point)
    whole = three_body_widths([c], "nu5", tuple(np.array([w]) for w in widths), True)
    for products, terms in terms_of(name).items():
        assert math.fsum(term.width for term in terms) == pytest.approx(whole[products][0], rel=1e-12)
        for term in terms:
            assert isinstance(term, CascadeTerm)
            assert term.width > 0
            assert pdg.canonical_products(products) == products
    # nu4 nu3 nu3 by Dirac algebra, both helicities of both light neutrinos
    if c.majorana:
        rng = np.random.default_rng(41)
        masses = (c.masses[NU4], 0.0, 0.0)
        momenta = phase_space.three_body_points(c.masses[NU5], masses, 50, rng)[0]
        spin = np.tile(SPIN, (50, 1))
        if name in ("light", "circle", "star"):
            parts = [term for term in terms_of(name)["nu4 nu nu"] if {abs(code) for code in term.pdg[1:]} == {light_code(c)}]
            summed = sum(term.msq(momenta, spin) for term in parts)
            both = ex.square(ex.three_neutrinos(momenta, c, NU5, (NU4, NU3, NU3), widths), SPIN) / 2
            # one term holds both orders of unequal helicities: they may differ at a point, not together
            swapped = momenta[:, [0, 2, 1]]
            summed = (summed + sum(term.msq(swapped, spin) for term in parts)) / 2
            np.testing.assert_allclose(summed, both, rtol=1e-9)


def light_code(c: Couplings) -> int:
    return pdg.NEUTRINO_OF_FLAVOUR[c.flavour(NU3)]


CHOSEN = [
    ("light", "nu4 nu4 nu4"), ("light", "nu4 nu4 nu"), ("light", "nu4 nu nu"), ("light", "nu4 e- e+"), ("light", "nu mu- mu+"),
    ("dirac", "nu4 nu4 nu"), ("dirac", "nu4 mu- mu+"), ("close", "nu4 nu4 nu4"), ("close", "nu4 nu nu"),
    ("circle", "nu4 nu nu"), ("circle", "nu4 e- e+"), ("star", "nu4 nu4 nu4"),
]  # fmt: skip


def several(terms: list[ThreeBodyTerm]) -> list[ThreeBodyTerm]:
    return sorted(terms, key=lambda term: -term.width)[:2]


@pytest.mark.parametrize(("name", "products"), CHOSEN)
def test_weights_have_mean_one_and_stay_below_the_bound(name: str, products: str) -> None:
    u = np.random.default_rng(42).uniform(size=(40_000, 6))
    for term in several(terms_of(name)[products]):
        momenta, factor = term.sample(u)
        np.testing.assert_allclose(momenta.sum(axis=1), np.tile([term.m_parent, 0, 0, 0], (len(u), 1)), atol=1e-12 * term.m_parent)
        for spin in (np.zeros(3), DIRECTION, -0.7 * DIRECTION):
            weight = factor * term.msq(momenta, np.tile(spin, (len(u), 1)))
            assert abs(np.mean(weight) - 1) < 5 * np.std(weight) / math.sqrt(len(u)) + 1e-9
        assert np.mean(weight > term._table.bound) < 1e-3
        assert 1 / term._table.bound > 0.2


def chi_square(one: np.ndarray, other: np.ndarray, weight: np.ndarray) -> None:
    """Two samples in quantile bins of each pair of variables; the second weighted."""
    columns = one.shape[1]
    for i in range(columns):
        for j in range(i):
            edges = [np.quantile(one[:, k], np.linspace(0, 1, 9)) for k in (i, j)]
            for e in edges:
                e[0], e[-1] = -np.inf, np.inf
            seen = np.histogram2d(one[:, i], one[:, j], edges)[0]
            n = len(one) / np.sum(weight)
            wanted = np.histogram2d(other[:, i], other[:, j], edges, weights=weight * n)[0]
            variance = seen + np.histogram2d(other[:, i], other[:, j], edges, weights=(weight * n) ** 2)[0]
            good = variance > 25
            assert chi2.sf(np.sum((seen - wanted)[good] ** 2 / variance[good]), np.count_nonzero(good) - 1) > 1e-6


def views(p: np.ndarray) -> np.ndarray:
    a, b, c = p.transpose(1, 0, 2)
    cosines = [k[:, 1:] @ DIRECTION / np.linalg.norm(k[:, 1:], axis=1) for k in (a, c)]
    normal = np.cross(b[:, 1:], c[:, 1:]) @ DIRECTION
    return np.stack([ex.invariant(b + c), ex.invariant(a + b), *cosines, normal], axis=1)


@pytest.mark.parametrize(("name", "products"), CHOSEN)
def test_drawn_events_follow_weighted_flat_phase_space(name: str, products: str) -> None:
    term = several(terms_of(name)[products])[0]
    rng = np.random.default_rng(43)
    n = 40_000
    u = rng.uniform(size=(n, 7))
    momenta, acceptance = term.propose(u[:, :6], np.tile(DIRECTION, (n, 1)))
    drawn = momenta[u[:, 6] < acceptance]
    flat, weight = phase_space.three_body_points(term.m_parent, term.masses, 3 * n, rng)
    weight = weight * term.msq(flat, np.tile(DIRECTION, (len(flat), 1)))
    chi_square(views(drawn), views(flat), weight)


@pytest.mark.slow
@pytest.mark.parametrize("name", POINTS)
def test_next_to_no_weight_lies_above_the_bound(name: str) -> None:
    u = np.random.default_rng(44).uniform(size=(1_000_000, 6))
    for terms in terms_of(name).values():
        term = several(terms)[0]
        momenta, factor = term.sample(u)
        weight = factor * term.msq(momenta, np.tile(DIRECTION, (len(u), 1)))
        assert np.sum(np.maximum(weight - term._table.bound, 0)) / np.sum(weight) < 1e-5


@pytest.mark.parametrize("degree", [1.0, 0.4, 0.0])
def test_spins_of_products_are_those_of_density_matrices(degree: float) -> None:
    spin = degree * DIRECTION
    rng = np.random.default_rng(45)
    n = 50
    rows = np.tile(spin, (n, 1))
    c = couplings(POINTS["light"])
    widths = widths_of(POINTS["light"])
    term = terms_of("light")["nu4 nu4 nu4"][0]
    momenta = phase_space.three_body_points(1.0, term.masses, n, rng)[0]
    expected = ex.three_neutrinos(momenta, c, NU5, (NU4,) * 3, widths)
    for place in range(3):
        np.testing.assert_allclose(
            term.polarisation(momenta, rows, place, rng.uniform(size=(n, 2))), ex.bloch(expected, place, spin), atol=1e-11
        )
    term = next(one for one in terms_of("light")["nu4 e- e+"])
    momenta = phase_space.three_body_points(1.0, term.masses, n, rng)[0]
    expected = ex.lepton_pairs(momenta, c, NU5, NU4, (0, 0), term.masses[1:], widths)
    for place in range(3):
        np.testing.assert_allclose(
            term.polarisation(momenta, rows, place, rng.uniform(size=(n, 2))), ex.bloch(expected, place, spin), atol=1e-11
        )


@pytest.mark.parametrize("products", ["nu4 nu4 nu4", "nu4 e- e+", "nu4 e- mu+"])
def test_conjugate_is_the_antiparticles_decay(products: str) -> None:
    c, widths = couplings(POINTS["dirac"]), widths_of(POINTS["dirac"])
    term = terms_of("dirac")[products][0]
    turned = term.conjugate()
    assert turned.pdg == tuple(pdg.anti(code) for code in term.pdg)
    assert turned.conjugate().pdg == term.pdg
    rng = np.random.default_rng(46)
    n = 50
    momenta = phase_space.three_body_points(1.0, term.masses, n, rng)[0]
    if products == "nu4 nu4 nu4":
        place = [code < 0 for code in term.pdg].index(True)
        tensors = [ex.three_dirac_neutrinos(momenta, c, NU5, (NU4,) * 3, place, conjugate, widths) for conjugate in (False, True)]
    else:
        flavours = (0, 0) if products == "nu4 e- e+" else (0, 1)
        tensors = [ex.lepton_pairs(momenta, c, NU5, NU4, flavours, term.masses[1:], widths, conjugate) for conjugate in (False, True)]
    rows = np.tile(SPIN, (n, 1))
    for one, tensor in zip((term, turned), tensors, strict=True):
        np.testing.assert_allclose(one.msq(momenta, rows), one.symmetry * ex.square(tensor, SPIN), rtol=1e-10)
        np.testing.assert_allclose(one.polarisation(momenta, rows, 0, rng.uniform(size=(n, 2))), ex.bloch(tensor, 0, SPIN), atol=1e-11)
    # the same width, drawn from the same table
    u = rng.uniform(size=(20_000, 6))
    p, factor = turned.sample(u)
    weight = factor * turned.msq(p, np.tile(DIRECTION, (len(u), 1)))
    assert abs(np.mean(weight) - 1) < 5 * np.std(weight) / math.sqrt(len(u))


# many points


def test_many_points_are_the_tables_one_by_one() -> None:
    some = [
        spectrum(m4=m4, m5=m5, m_zprime=m, m_phi=2.5, mixing2=mixing, epsilon=epsilon)
        for m4, m5, m, mixing, epsilon in (
            (0.3, 1.0, 2.0, 1e-2, 1e-3), (0.1, 1.0, 2.0, 1e-4, 0.0), (0.1, 0.4, 0.3001, 1e-2, 1e-3), (0.1, 0.4, 0.15, 1e-2, -1e-3),
            (0.399, 0.4, 0.3001, 1e-3, 1e-3), (0.13, 0.4, 5.0, 1e-6, 1e-2),
        )
    ]  # fmt: skip
    for state in ("nu4", "nu5"):
        listed = dark_partial_widths(some, state)
        tables = [decay_table(point, state) for point in some]
        for products, values in listed.items():
            for value, table, point in zip(values, tables, some, strict=True):
                known = {channel.products: channel.width for channel in table}
                alone = known.get(products, 0.0)
                if products in ("nu e- e+", "nu mu- mu+", "nu tau- tau+") and point.model.portals.epsilon == 0:
                    # without a portal the table has the closed form of W and Z
                    assert value == pytest.approx(alone, rel=1e-6)
                else:
                    # the table integrates one order of equal products
                    assert value == pytest.approx(alone, rel=1e-9, abs=0)


# bosons on their shell


@pytest.mark.parametrize("threshold", ["m5 - m4", "m5", "m4", "2 m4"])
def test_totals_at_thresholds_of_the_zprime(threshold: str) -> None:
    m4, m5 = 0.25, 1.0
    at = {"m5 - m4": m5 - m4, "m5": m5, "m4": m4, "2 m4": 2 * m4}[threshold]
    for m in (at * (1 - 1e-3), np.nextafter(at, 0), at, np.nextafter(at, 2), at * (1 + 1e-12), at * (1 + 1e-3)):
        point = spectrum(m4=m4, m5=m5, m_zprime=float(m), epsilon=1e-3)
        for state in ("nu4", "nu5"):
            table = decay_table(point, state)
            assert 0 < table.total_width < math.inf
            made = {channel.products for channel in table if channel.width > 0}
            mass = table.mass
            assert ("zprime nu" in made) == (m < mass)
            if state == "nu5":
                assert ("nu4 zprime" in made) == (m < 0.75)


def test_a_light_zprime_takes_nearly_all() -> None:
    table = decay_table(spectrum(m4=0.2, m5=1.0, m_zprime=0.1, m_phi=0.5, mixing2=1e-6), "nu4")
    assert table.branching_ratio("zprime nu") > 0.999
    table = decay_table(spectrum(m4=0.2, m5=1.0, m_zprime=0.1, m_phi=0.5, mixing2=1e-6), "nu5")
    assert table.branching_ratio("nu4 zprime") + table.branching_ratio("nu4 phi") > 0.99


def test_stable_zprime_and_its_parents() -> None:
    point = spectrum(m4=0.3, m5=1.0, m_zprime=0.4, m_phi=3.0, mixing2=0.0)
    table = decay_table(point, "zprime")
    assert table.total_width == 0.0
    assert table.ctau == math.inf
    assert any("stable" in warning for warning in table.warnings)
    table = decay_table(point, "nu5")
    assert {channel.products for channel in table if channel.width > 0} == {"nu4 zprime", "nu4 nu4 nu4"}
    assert math.isfinite(table.total_width)
    assert decay_table(point, "nu4").total_width == 0.0


def test_mixing_with_a_zprime_at_the_z_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"within 0\.1% of m_Z"):
        decay_table(spectrum(m_zprime=91.1876, m_phi=200.0, epsilon=1e-3), "nu4")
    assert decay_table(spectrum(m_zprime=91.1876, m_phi=200.0), "nu4").total_width > 0


def test_fermi_coupling_is_that_of_the_z() -> None:
    # (g / 2 c_W)^2 / m_Z^2 = sqrt2 G_F
    c = couplings(spectrum(mixing2=0.1))
    active = c.charged.conj().T @ c.charged
    np.testing.assert_allclose((c.z.neutrino / c.z.mass) * 2**0.5, active * math.sqrt(2 * math.sqrt(2) * G_F), atol=1e-18, rtol=1e-12)


def test_a_boson_joins_its_shell_with_its_line_shape() -> None:
    """nu5 -> 3 nu4 about m_Z' = m5 - m4, Z' -> nu4 nu4 open: no step at the threshold but what is said to be left out."""

    def total(distance: float, g_dark: float = 1.0) -> float:
        mass = Physical(0.15, mass_ratio=0.2, mixing2=1e-6)
        model = DarkNeutrino("hidden", "made for a test", True, (0.0, 1.0, 0.0), mass, Mediator(0.12 * (1 + distance), 0.3, g_dark))
        return decay_table(solve(model), "nu5").total_width

    below, above = total(1e-6), total(-1e-6)
    assert 0.5 < above / below < 1.0  # exchange with the on-shell diagram is left out
    assert total(-1e-6) == pytest.approx(total(-1e-5), rel=0.01)  # no fall to zero at the threshold
    # a narrow boson is the two-body formula: the width goes as the coupling squared
    assert total(-0.2, 1e-4) == pytest.approx(1e-4 * total(-0.2, 1e-2), rel=1e-5)


@pytest.mark.parametrize("name", ["circle", "star"])
def test_an_event_does_not_depend_on_its_company(name: str) -> None:
    """The same bits for one decay alone as for the same among many: files do not depend on how a run is cut."""
    rng = np.random.default_rng(4)
    for channel in decay_table(solve(card(name)), "nu5"):
        for term in channel.terms:
            if not isinstance(term, CascadeTerm):
                continue
            u, spin = rng.random((5, term.draws)), np.tile([0.3, -0.5, 0.4], (5, 1))
            momenta, factor = term.sample(u)
            whole = (
                factor,
                term.msq(momenta, spin),
                *(term.polarisation(momenta, spin, k, u) for k, m in enumerate(term.masses) if m > 1e-2),
            )
            for row in range(5):
                own = slice(row, row + 1)
                p, f = term.sample(u[own])
                parts = (
                    f,
                    term.msq(p, spin[own]),
                    *(term.polarisation(p, spin[own], k, u[own]) for k, m in enumerate(term.masses) if m > 1e-2),
                )
                for one, many in zip(parts, whole, strict=True):
                    assert np.array_equal(one, many[own])


@pytest.mark.parametrize("changes", [{"m_zprime": 0.075}, {"m_phi": 0.075}, {"m_zprime": 0.15}, {"m_phi": 0.15}, {"m_zprime": 0.3}])
def test_a_boson_exactly_at_a_threshold_leaves_neighbours_as_they_are(changes: dict[str, float]) -> None:
    def model(factor: float) -> Spectrum:
        masses = {"m_zprime": 1.0, "m_phi": 2.0, **{key: factor * value for key, value in changes.items()}}
        mass = Physical(0.15, mass_ratio=0.5, mixing2=1e-6)
        return solve(DarkNeutrino("hidden", "made for a test", True, (0.0, 1.0, 0.0), mass, Mediator(g_dark=0.1, **masses)))

    at, above = decay_table(model(1.0), "nu5"), decay_table(model(1 + 1e-7), "nu5")
    for channel in at:
        assert np.isfinite(channel.width)
        if channel.products in ("nu4 nu nu", "nu nu nu"):
            assert 0.1 < channel.width / above.width(channel.products) < 1e4
            for term in channel.terms:
                momenta, factor = term.sample(np.random.default_rng(1).random((1000, term.draws)))  # type: ignore[attr-defined]
                assert np.all(np.isfinite(factor * term.msq(momenta, np.zeros((1000, 3)))))
