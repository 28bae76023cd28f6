"""Three-body amplitudes against traces, Dirac matrices, a two-component operator and gauge invariance, point by point."""

from dataclasses import replace

import numpy as np
import pytest

from nusim.decays.amplitudes import LeptonPair, NeutrinoTriple, Vertex, conjugated, lepton_pair, neutrino_triple, spread, stacked
from nusim.decays.couplings import Couplings

from . import exchange as ex
from . import phase_space
from .dark_models import found as model

N = 60
MASSES = [(0.4, 0.3, 0.2), (0.0, 0.35, 0.1), (0.45, 0.0, 0.0), (0.0, 0.0, 0.0), (0.2, 0.2, 0.2)]
SPIN = np.array([0.3, -0.5, 0.6])
OFF = 1e9
"""GeV: a mass that switches longitudinal parts and scalars off."""


def points(m: float, masses: tuple[float, ...], seed: int = 3, n: int = N) -> np.ndarray:
    return phase_space.three_body_points(m, masses, n, np.random.default_rng(seed))[0]


def ordered(tensor: np.ndarray) -> np.ndarray:
    """Events first."""
    return np.moveaxis(tensor, -1, 0)


def near(value: np.ndarray, expected: np.ndarray, tolerance: float = 1e-12) -> None:
    """Relative to the largest: |M|^2 may vanish inside phase space."""
    assert np.max(np.abs(value - expected)) < tolerance * np.max(np.abs(expected))


def contact(found: Couplings) -> Couplings:
    """Without dark scalar."""
    zero = np.zeros_like(found.scalar_left)
    return replace(found, scalar_left=zero, scalar_right=zero, scalar_fermion=0.0)


def no_longitudinal(amplitude: NeutrinoTriple) -> NeutrinoTriple:
    """The Z' so heavy that q q / m^2 is gone, its couplings so large that the rest stays."""
    factor = OFF / amplitude.zprime.mass

    def scaled(v: Vertex) -> Vertex:
        return v._replace(left=v.left * factor, right=v.right * factor)

    outer, inner = tuple(map(scaled, amplitude.outer)), tuple(map(scaled, amplitude.inner))
    return replace(amplitude, outer=outer, inner=inner, zprime=amplitude.zprime._replace(mass=OFF))


# leptons


@pytest.mark.parametrize("masses", MASSES)
@pytest.mark.parametrize("majorana", [True, False])
@pytest.mark.parametrize("same", [True, False])
def test_lepton_pair_is_dirac_algebra(masses: tuple[float, float, float], majorana: bool, same: bool) -> None:
    # W, Z, Z' and scalar together; the W with its own currents, not Fierz-ordered
    rng = np.random.default_rng(10)
    found = ex.random_couplings(rng, (masses[0], 1.0), majorana)
    flavours = (1, 1) if same else (0, 2)
    leptons = (masses[1], masses[1]) if same else masses[1:]
    widths = (0.2, 0.4)
    amplitude = lepton_pair(found, 1, 0, flavours, leptons, widths)
    momenta = points(1.0, (masses[0], *leptons))
    expected = ex.lepton_pairs(momenta, found, 1, 0, flavours, leptons, widths)
    made = ordered(amplitude.tensor(momenta))
    for spin in (np.zeros(3), SPIN):
        near(ex.square(made, spin), ex.square(expected, spin))
    if min(masses) > 0:
        phase = np.vdot(made, expected)
        near(made * phase / abs(phase), expected)


@pytest.mark.parametrize("masses", MASSES)
def test_lepton_pair_is_the_trace(masses: tuple[float, float, float]) -> None:
    # random chiral couplings, polarised, the epsilon tensor with the mass of the daughter
    rng = np.random.default_rng(11)
    momenta = points(1.0, masses)
    h, (a, b, c) = np.tile([1.0, 0, 0, 0], (N, 1)), momenta.transpose(1, 0, 2)
    s = np.tile([0.0, *SPIN], (N, 1))
    q2, kk = ex.invariant(b + c), {}
    numbers = rng.normal(size=(4, 2)) @ [1, 1j]
    base = lepton_pair(ex.random_couplings(rng, (masses[0], 1.0), scalar=False), 1, 0, (0, 0), masses[1:], (0.0, 0.0))
    v_l, v_r, l_l, l_r = numbers
    w = (0.7 - 0.2j, -0.4 + 0.3j)
    amplitude = replace(
        base,
        outer=Vertex(v_l, v_r, 0.3j, 0.2, 0, 0),
        inner=Vertex(l_l, l_r, 0.5, -0.7j, 0, 0),
        charged=w,
        zprime=base.zprime._replace(mass=OFF),
    )
    # contact limit: no longitudinal part
    strong = replace(amplitude, outer=amplitude.outer._replace(left=v_l * OFF, right=v_r * OFF))
    strong = replace(strong, inner=strong.inner._replace(left=l_l * OFF, right=l_r * OFF))
    kk["ll"], kk["lr"] = -v_l * l_l - 0.3j * 0.5 + w[0], -v_l * l_r + 0.3j * 0.7j
    kk["rl"], kk["rr"] = -v_r * l_l - 0.2 * 0.5 + w[1], -v_r * l_r + 0.2 * 0.7j
    m = (1.0, *masses)
    total, delta = ex.pair_square(h, a, b, c, m, **kk), ex.pair_delta(h, a, b, c, s, m, **kk)
    made = ordered(strong.tensor(momenta))
    near(2 * ex.square(made), total)
    near(ex.square(made, SPIN), (total + delta) / 2)
    if masses[0] > 0:
        assert np.max(np.abs(delta)) > 0.05 * np.max(total)
    # a conserved current of equal masses: no longitudinal part at any mass of the Z'
    if masses[1] == masses[2]:
        propagating = replace(amplitude, zprime=base.zprime._replace(mass=1.7), inner=amplitude.inner._replace(left=l_l, right=l_l))
        p = 1 / (q2 - 1.7**2)
        ll, rl = p * v_l * l_l, p * v_r * l_l
        kk = {"ll": ll - 0.15j + w[0], "lr": ll + 0.3j * 0.7j, "rl": rl - 0.1 + w[1], "rr": rl + 0.14j}
        made = ordered(propagating.tensor(momenta))
        expected = (ex.pair_square(h, a, b, c, m, **kk) + ex.pair_delta(h, a, b, c, s, m, **kk)) / 2
        near(ex.square(made, SPIN), expected)


# neutrinos


@pytest.mark.parametrize("masses", MASSES)
def test_three_neutrinos_are_dirac_algebra(masses: tuple[float, float, float]) -> None:
    # Z', Z and scalar in all three diagrams, longitudinal parts, widths
    rng = np.random.default_rng(12)
    found = ex.random_couplings(rng, (*masses, 1.0), weak=0.6)
    momenta = points(1.0, masses)
    for widths in ((0.0, 0.0), (0.3, 0.5)):
        made = ordered(neutrino_triple(found, 3, (0, 1, 2), widths).tensor(momenta))
        expected = ex.three_neutrinos(momenta, found, 3, (0, 1, 2), widths)
        for spin in (np.zeros(3), SPIN):
            near(ex.square(made, spin), ex.square(expected, spin))
        if min(masses) > 0:
            phase = np.vdot(made, expected)
            near(made * phase / abs(phase), expected)


@pytest.mark.parametrize("masses", [(0.4, 0.3, 0.2), (0.0, 0.3, 0.2), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("antiparticle", [0, 1, 2])
def test_dirac_neutrinos_are_dirac_algebra(masses: tuple[float, float, float], antiparticle: int) -> None:
    rng = np.random.default_rng(13)
    found = ex.random_couplings(rng, (*masses, 1.0), majorana=False, weak=0.6)
    momenta = points(1.0, masses)
    amplitude = neutrino_triple(found, 3, (0, 1, 2), (0.1, 0.2), antiparticle)
    expected = ex.three_dirac_neutrinos(momenta, found, 3, (0, 1, 2), antiparticle, widths=(0.1, 0.2))
    made = ordered(amplitude.tensor(momenta))
    for spin in (np.zeros(3), SPIN):
        near(ex.square(made, spin), ex.square(expected, spin))


@pytest.mark.parametrize("masses", MASSES)
def test_three_neutrinos_are_the_trace(masses: tuple[float, float, float]) -> None:
    # direct terms and exchange, Z' and Z, in the contact limit of both, where longitudinal parts vanish
    rng = np.random.default_rng(14)
    found = ex.random_couplings(rng, (*masses, 1.0), weak=0.6, scalar=False)
    momenta = points(1.0, masses)
    amplitude = no_longitudinal(neutrino_triple(found, 3, (0, 1, 2), (0.0, 0.0)))
    m = found.zprime.mass
    factor = OFF / m
    heavy = replace(found, zprime=replace(found.zprime, mass=OFF, neutrino=found.zprime.neutrino * factor))
    made = ordered(amplitude.tensor(momenta))
    near(2 * ex.square(made), ex.three_neutrino_square(momenta, heavy, 3, (0, 1, 2)))


@pytest.mark.parametrize("masses", MASSES)
def test_the_trace_holds_with_propagators(masses: tuple[float, float, float]) -> None:
    # the longitudinal part taken out by Dirac algebra: what is left is the trace with q^2 in the propagators
    rng = np.random.default_rng(15)
    found = ex.random_couplings(rng, (*masses, 1.0), weak=0.6, scalar=False, m_zprime=1.4)
    momenta = points(1.0, masses)
    without = ex.three_neutrinos(momenta, found, 3, (0, 1, 2), (0.3, 0.0), longitudinal=False)
    near(2 * ex.square(without), ex.three_neutrino_square(momenta, found, 3, (0, 1, 2), 0.3))
    made = ordered(neutrino_triple(found, 3, (0, 1, 2), (0.3, 0.0)).tensor(momenta))
    difference = ex.three_neutrinos(momenta, found, 3, (0, 1, 2), (0.3, 0.0)) - without
    near(ex.square(made), ex.square(without + difference))
    # a diagram has a divergence at both ends only if no light neutrino comes in pairs
    assert (np.max(np.abs(difference)) > 0.01 * np.max(np.abs(without))) == (sum(mass > 0 for mass in masses) > 0)


@pytest.mark.parametrize("masses", MASSES)
def test_contact_limit_is_the_two_component_operator(masses: tuple[float, float, float]) -> None:
    # -(g'^2 / m^2) (nu_D+ nu_D+)(nu_D nu_D), for a dark state spread over all mass states with any phases
    rng = np.random.default_rng(16)
    dark = rng.normal(size=(4, 2)) @ [1, 1j]
    found = ex.random_couplings(rng, (*masses, 1.0), weak=0.0, scalar=False)
    found = replace(found, zprime=replace(found.zprime, neutrino=OFF * np.outer(dark.conj(), dark), mass=OFF))
    momenta = points(1.0, masses)
    made = ordered(neutrino_triple(found, 3, (0, 1, 2), (0.0, 0.0)).tensor(momenta))
    near(2 * ex.square(made), ex.fierzed_square(momenta, 1.0, masses, dark[:3], dark[3], 1.0))


@pytest.mark.parametrize("masses", MASSES)
@pytest.mark.parametrize("m_zprime", [1.3, 20.0])
def test_unitary_gauge_is_feynman_gauge_with_a_goldstone(masses: tuple[float, float, float], m_zprime: float) -> None:
    # the Goldstone couples as the scalar with S -> i S; without it Feynman gauge is far off
    rng = np.random.default_rng(17)
    found = ex.random_couplings(rng, (*masses, 1.0), weak=0.6, m_zprime=m_zprime)
    momenta = points(1.0, masses)
    made = ordered(neutrino_triple(found, 3, (0, 1, 2), (0.0, 0.0)).tensor(momenta))
    feynman = ex.three_neutrinos(momenta, found, 3, (0, 1, 2), longitudinal=False)
    goldstone = replace(
        found, scalar_left=1j * found.scalar_left, scalar_right=-1j * found.scalar_right, m_phi=found.zprime.mass,
        zprime=replace(found.zprime, neutrino=0 * found.zprime.neutrino), z=replace(found.z, neutrino=0 * found.z.neutrino),
    )  # fmt: skip
    other = ex.three_neutrinos(momenta, goldstone, 3, (0, 1, 2), longitudinal=False)
    near(ex.square(made, SPIN), ex.square(feynman + other, SPIN))


@pytest.mark.parametrize("m_zprime", [0.21, 1.0])
def test_goldstone_of_a_solved_spectrum(m_zprime: float) -> None:
    # masses and mixings of one mass matrix: S of the model is m_i V_ij + m_j V_ij*
    found = model(m4=0.05, m5=0.25, m_zprime=m_zprime, m_phi=0.7, mixing2=0.1)
    momenta = points(0.25, (0.05,) * 3)
    columns = (found.heavy("nu4"),) * 3
    parent = found.heavy("nu5")
    u = np.array(found.masses)
    v = found.zprime.neutrino
    np.testing.assert_allclose(found.scalar_left * found.zprime.mass, u[:, None] * v + u[None, :] * v.conj(), atol=1e-15)
    made = ordered(neutrino_triple(found, parent, columns, (0.0, 0.0)).tensor(momenta))
    feynman = ex.three_neutrinos(momenta, found, parent, columns, longitudinal=False)
    zero = 0 * found.z.neutrino
    goldstone = replace(
        found, scalar_left=1j * found.scalar_left, scalar_right=-1j * found.scalar_right, m_phi=m_zprime,
        zprime=replace(found.zprime, neutrino=zero), z=replace(found.z, neutrino=zero),
    )  # fmt: skip
    other = ex.three_neutrinos(momenta, goldstone, parent, columns, longitudinal=False)
    near(ex.square(made), ex.square(feynman + other))


def test_exchange_of_any_two_turns_the_sign() -> None:
    rng = np.random.default_rng(18)
    masses = (0.4, 0.3, 0.2)
    found = ex.random_couplings(rng, (*masses, 1.0), weak=0.6)
    momenta = points(1.0, masses)
    whole = neutrino_triple(found, 3, (0, 1, 2), (0.1, 0.2)).tensor(momenta)
    for order in ((1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1)):
        sign = -1 if sorted(order[k] == k for k in range(3)) == [False, False, True] else 1
        other = neutrino_triple(found, 3, order, (0.1, 0.2)).tensor(momenta[:, order])
        back = other.transpose(*np.argsort(order), 3, 4)
        near(sign * back, whole, 1e-13)


def test_identical_particles_are_antisymmetric() -> None:
    rng = np.random.default_rng(19)
    found = ex.random_couplings(rng, (0.25, 1.0), weak=0.6)
    momenta = points(1.0, (0.25,) * 3)
    amplitude = neutrino_triple(found, 1, (0, 0, 0), (0.1, 0.2))
    whole = amplitude.tensor(momenta)
    near(-amplitude.tensor(momenta[:, [1, 0, 2]]).transpose(1, 0, 2, 3, 4), whole, 1e-13)
    near(-amplitude.tensor(momenta[:, [0, 2, 1]]).transpose(0, 2, 1, 3, 4), whole, 1e-13)
    dirac = ex.random_couplings(rng, (0.25, 1.0), majorana=False, weak=0.6)
    amplitude = neutrino_triple(dirac, 1, (0, 0, 0), (0.1, 0.2), 2)
    near(-amplitude.tensor(momenta[:, [1, 0, 2]]).transpose(1, 0, 2, 3, 4), amplitude.tensor(momenta), 1e-13)


# what is left out, and how many at once


def test_a_boson_on_its_shell_leaves_only_the_diagrams_that_make_it() -> None:
    found = ex.random_couplings(np.random.default_rng(20), (0.0, 0.3, 0.3, 1.0), weak=0.6, m_zprime=0.5, m_phi=0.8)
    amplitude = neutrino_triple(found, 3, (0, 1, 2), (0.1, 0.1))
    # Z': with the light spectator 1 > 0.5 but 0.3 + 0.3 > 0.5: it cannot decay; with nu2 or nu3 outside it can be made and decay
    assert amplitude.zprime.used == (1.0, 0.0, 0.0)
    assert amplitude.phi.used == (0.0, 1.0, 1.0)
    pair = lepton_pair(found, 3, 0, (0, 0), (0.1, 0.1), (0.1, 0.1))
    assert pair.zprime.used[0] == pair.phi.used[0] == 0.0
    closed = lepton_pair(found, 3, 0, (0, 0), (0.3, 0.3), (0.1, 0.1))
    assert closed.zprime.used[0] == 1.0
    assert closed.phi.used[0] == 0.0
    momenta = points(1.0, (0.0, 0.1, 0.1))
    without = replace(
        found,
        zprime=replace(found.zprime, neutrino=0 * found.zprime.neutrino),
        scalar_left=0 * found.scalar_left,
        scalar_right=0 * found.scalar_right,
    )
    near(ex.square(ordered(pair.tensor(momenta))), ex.square(ex.lepton_pairs(momenta, without, 3, 0, (0, 0), (0.1, 0.1))))


def test_chosen_helicities_are_slices_of_all() -> None:
    rng = np.random.default_rng(21)
    masses = (0.3, 0.0, 0.0)
    found = ex.random_couplings(rng, (*masses, 1.0))
    amplitude: NeutrinoTriple | LeptonPair = neutrino_triple(found, 3, (0, 1, 2), (0.1, 0.2))
    momenta = points(1.0, masses)
    near(amplitude.tensor(momenta, (None, 1, 0)), amplitude.tensor(momenta)[:, 1:2, 0:1], 1e-14)
    amplitude = lepton_pair(found, 3, 1, (0, 0), (0.1, 0.1), (0.1, 0.2))
    momenta = points(1.0, (0.0, 0.1, 0.1))
    near(amplitude.tensor(momenta, (1, None, None)), amplitude.tensor(momenta)[1:2], 1e-14)


@pytest.mark.parametrize("kind", ["neutrinos", "leptons"])
def test_stacked_amplitudes_are_the_single_ones(kind: str) -> None:
    rng = np.random.default_rng(22)
    amplitudes, momenta = [], []
    for m in (0.9, 1.0, 1.3):
        masses = (0.3 * m, 0.1, 0.1) if kind == "leptons" else (0.3 * m, 0.2, 0.1 * m)
        found = ex.random_couplings(rng, (*masses, m), m_zprime=2 * m)
        made = (
            lepton_pair(found, 3, 0, (0, 0), (0.1, 0.1), (0.1, 0.2))
            if kind == "leptons"
            else neutrino_triple(found, 3, (0, 1, 2), (0.1, 0.2))
        )
        amplitudes.append(made)
        momenta.append(points(m, masses, n=7))
    together = spread(stacked(amplitudes), 1).tensor(np.stack(momenta))
    alone = np.stack([a.tensor(p) for a, p in zip(amplitudes, momenta, strict=True)], axis=-2)
    near(together, alone, 1e-14)


@pytest.mark.parametrize("masses", [(0.4, 0.3, 0.2), (0.0, 0.3, 0.2)])
def test_conjugate_amplitude_in_the_mirror_is_the_antiparticle(masses: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(23)
    found = ex.random_couplings(rng, (*masses, 1.0), majorana=False, weak=0.6)
    momenta = points(1.0, masses)
    mirrored = momenta * np.array([1.0, -1.0, -1.0, -1.0])
    for place in range(3):
        made = ordered(conjugated(neutrino_triple(found, 3, (0, 1, 2), (0.1, 0.2), place)).tensor(mirrored))
        expected = ex.three_dirac_neutrinos(momenta, found, 3, (0, 1, 2), place, conjugate=True, widths=(0.1, 0.2))
        near(ex.square(made, SPIN), ex.square(expected, SPIN))
    for flavours, leptons in (((0, 0), (0.1, 0.1)), ((0, 1), (0.1, 0.2))):
        momenta = points(1.0, (masses[0], *leptons))
        mirrored = momenta * np.array([1.0, -1.0, -1.0, -1.0])
        made = ordered(conjugated(lepton_pair(found, 3, 0, flavours, leptons, (0.1, 0.2))).tensor(mirrored))
        expected = ex.lepton_pairs(momenta, found, 3, 0, flavours, leptons, (0.1, 0.2), conjugate=True)
        near(ex.square(made, SPIN), ex.square(expected, SPIN))
