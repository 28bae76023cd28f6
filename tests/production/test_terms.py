"""Terms against explicit Dirac algebra: |M|^2, polarisation of N, and what is drawn."""

import numpy as np
import pytest
from scipy.stats import chi2

from nusim import pdg
from nusim.constants import F_D, F_PI, F_RHO, G_F, V_CD, V_UD
from nusim.errors import ParameterError
from nusim.production import leptonic, semileptonic
from nusim.production.processes import Leptonic, MesonLeptonic, Process, Semileptonic, TauHadronic, processes
from nusim.production.terms import LeptonicTerm, MesonTwoBody, TauTwoBody, polarised_msq
from tests.production import dirac

HEAVY = 9900012


def reach(process: Process) -> float:
    return pdg.mass(abs(process.parent)) - sum(pdg.mass(abs(code)) for code in process.products)


def pick(kind: type, wanted: int, *products: int) -> Process:
    return next(p for p in processes() if isinstance(p, kind) and p.parent == wanted and p.products == products)


KAON = pick(Semileptonic, 321, -13, 111)
KL_ANTI = pick(Semileptonic, 130, 11, 211)
CHARM = pick(Semileptonic, 411, -13, -313)
BOTTOM = pick(Semileptonic, 521, -13, -423)
BOTTOM_TAU = pick(Semileptonic, 511, -15, -411)
TAU_PI, TAU_RHO = pick(TauHadronic, 15, -211), pick(TauHadronic, 15, -213)
TAU_MU = [p for p in processes() if isinstance(p, Leptonic) and p.parent == 15 and p.lepton == 13]
MU_E = [p for p in processes() if isinstance(p, Leptonic) and p.parent == 13]
D_MU = pick(MesonLeptonic, 411, -13)
EVERY = [KAON, KL_ANTI, CHARM, BOTTOM, BOTTOM_TAU, TAU_PI, TAU_RHO, *TAU_MU, *MU_E, D_MU]


def some(process: Process, share: float, conjugate: bool = False):
    term = process.term(share * reach(process), -HEAVY if process.antineutrino else HEAVY, 1.0)
    return term.conjugate() if conjugate else term


def expected(term, momenta, spin):
    """|M|^2 and polarisation by Dirac algebra, in GeV units as the term gives them."""
    if isinstance(term, MesonTwoBody):
        parent = np.array([term.m_parent, 0, 0, 0])
        value, along = dirac.meson_decay(momenta, term.masses, [parent], term.sign > 0)
        return 2 * G_F**2 * (F_D * V_CD) ** 2 * value, along
    if isinstance(term, TauTwoBody):
        value, along = dirac.tau_decay(momenta, term.masses, term.m_parent, spin, term.vector, term.sign > 0)
        coupling = (F_RHO if term.vector else F_PI) * V_UD
        return 2 * G_F**2 * coupling**2 * value, along
    if isinstance(term, LeptonicTerm):
        value, along = dirac.lepton_decay(momenta, term.masses, term.m_parent, spin, term.from_parent, term.sign > 0)
        return 8 * G_F**2 * value, along
    parent = np.array([term.m_parent, 0, 0, 0])
    q2 = np.array(dirac.contract(parent - momenta[2], parent - momenta[2]))
    transition = term.transition
    if transition.scalar_form is not None:
        currents = dirac.scalar_currents(parent, momenta[2], *transition.scalar_form(q2))
    else:
        # c -> s l+ N, with l+ N from a W+, and bbar -> cbar l+ N have opposite signs of the vector current
        sign = (1 if transition.quark else -1) * (1 if term.sign > 0 else -1)
        currents = dirac.vector_currents(parent, momenta[2], term.masses[2], transition.vector_form(q2), sign)
    value, along = dirac.meson_decay(momenta, term.masses, currents, term.sign > 0)
    return 2 * G_F**2 * transition.factor * transition.ckm**2 * value, along


@pytest.mark.parametrize("process", EVERY, ids=lambda p: f"{p.parent}{p.products}{p.antineutrino}")
@pytest.mark.parametrize("conjugate", [False, True])
@pytest.mark.parametrize("share", [0.02, 0.4, 0.9])
def test_msq_and_polarisation_are_those_of_dirac_algebra(process: Process, conjugate: bool, share: float) -> None:
    term = some(process, share, conjugate)
    rng = np.random.default_rng(3)
    n = 4
    spin = rng.normal(size=(n, 3))
    spin *= (0.8 / np.linalg.norm(spin, axis=1))[:, None]
    if process.parent not in (13, 15):
        spin *= 0
    momenta, _ = term.propose(rng.uniform(size=(n, term.draws)), spin)
    values, along = term.msq(momenta, spin), term.polarisation(momenta, spin, 0, np.empty((n, 0)))
    for k in range(n):
        value, polarisation = expected(term, momenta[k], spin[k])
        assert np.isclose(values[k], value, rtol=2e-7)
        assert np.allclose(along[k], polarisation, atol=3e-6)
        assert np.linalg.norm(along[k]) <= 1 + 1e-9


def test_the_neutrino_is_the_harder_lepton_where_a_quark_decays_and_the_softer_where_an_antiquark_does() -> None:
    """c -> s l+ nu has |M|^2 ~ (c.l)(s.nu): in the W's frame (1 + v_c cos_l)(1 - v_s cos_l) with v_s > v_c, so nu goes forward."""
    for process, sign in ((CHARM, 1), (BOTTOM, -1)):
        transition = process.transition
        q2 = np.linspace(0.1, 0.8, 5) * (transition.m_parent - transition.m_daughter) ** 2
        _, slope, _ = semileptonic.angular_coefficients(transition, q2, 0.0, 1e-6)
        assert np.all(sign * slope > 0)


THREE_BODY = [p for p in EVERY if len(p.products) == 2]


def invariant_mass2(momenta: np.ndarray, *places: int) -> np.ndarray:
    total = sum(momenta[:, place] for place in places)
    return total[:, 0] ** 2 - np.sum(total[:, 1:] ** 2, axis=1)


def agrees(values: np.ndarray, weights: np.ndarray, low: float, high: float, density, bins: int = 30) -> bool:
    """Chi^2 of weighted values against a density (of mean weight 1), p > 1e-6."""
    edges = low + (high - low) * np.linspace(0, 1, bins + 1)
    x, w = np.polynomial.legendre.leggauss(24)
    # the ends go as square roots
    phi = np.arcsin(np.sqrt((edges - low) / (high - low)))
    nodes = (phi[1:] + phi[:-1])[:, None] / 2 + np.diff(phi)[:, None] / 2 * x
    points = low + (high - low) * np.sin(nodes) ** 2
    measure = (high - low) * np.sin(2 * nodes) * np.diff(phi)[:, None] / 2 * w
    expected = np.sum(density(points) * measure, axis=1)
    expected *= len(values) / expected.sum()
    found = np.histogram(values, edges, weights=weights)[0]
    error2 = np.histogram(values, edges, weights=weights**2)[0]
    keep = expected > 25
    statistic = np.sum((found - expected)[keep] ** 2 / np.maximum(expected, error2)[keep])
    return bool(chi2.sf(statistic, keep.sum()) > 1e-6)


@pytest.mark.parametrize("process", THREE_BODY, ids=lambda p: f"{p.parent}{p.products}{p.antineutrino}")
@pytest.mark.parametrize("share", [0.001, 0.5, 0.97])
def test_events_follow_the_spectra(process: Process, share: float) -> None:
    term = some(process, share)
    rng = np.random.default_rng(11)
    n = 60_000
    none = np.zeros((n, 3))
    momenta, acceptance = term.propose(rng.uniform(size=(n, term.draws)), none)
    assert np.all(acceptance >= 0)
    assert np.all(acceptance <= 1 + 1e-9)
    assert acceptance.mean() > 0.25
    m_n, m_l, m_x = term.masses
    for place, mass in enumerate(term.masses):
        p = momenta[:, place]
        assert np.allclose(p[:, 0] ** 2 - np.sum(p[:, 1:] ** 2, axis=1), mass**2, atol=1e-12 * term.m_parent**2)
    assert np.allclose(momenta.sum(axis=1), [term.m_parent, 0, 0, 0], atol=1e-12)
    kept = momenta[rng.uniform(size=n) < acceptance]
    ends = m_n, (term.m_parent**2 + m_n**2 - (m_l + m_x) ** 2) / (2 * term.m_parent)
    pair = (m_n + m_l) ** 2, (term.m_parent - m_x) ** 2
    if isinstance(term, LeptonicTerm):

        def energy(e):
            return leptonic.spectrum_energy(term.m_parent, m_l, m_n, e, term.from_parent)

        places, pair = ((0, 1), pair) if term.from_parent else ((1, 2), (m_l**2, (term.m_parent - m_n) ** 2))

        def mass2(s):
            return leptonic.spectrum_recoil(term.m_parent, m_l, m_n, s, term.from_parent)
    else:
        places = (0, 1)

        def energy(e):
            return semileptonic.spectrum_energy(term.transition, e, m_l, m_n)

        def mass2(s):
            return semileptonic.spectrum_q2(term.transition, s, m_l, m_n)

    one = np.ones(len(kept))
    assert agrees(kept[:, 0, 0], one, *ends, energy)
    assert agrees(invariant_mass2(kept, *places), one, *pair, mass2)
    # isotropic events and their weights
    momenta, factor = term.sample(rng.uniform(size=(n, term.draws)))
    weights = factor * term.msq(momenta, none)
    assert abs(weights.mean() - 1) < 5 * weights.std() / np.sqrt(n) + 1e-6
    assert agrees(momenta[:, 0, 0], weights, *ends, energy)


@pytest.mark.parametrize("process", [TAU_PI, TAU_RHO, *TAU_MU], ids=lambda p: f"{p.products}{p.antineutrino}")
@pytest.mark.parametrize("conjugate", [False, True])
def test_polarised_taus_send_the_heavy_neutrino_where_msq_says(process: Process, conjugate: bool) -> None:
    term = some(process, 0.3, conjugate)
    rng = np.random.default_rng(5)
    n = 100_000
    spin = np.tile([0.48, -0.36, 0.6], (n, 1))
    momenta, acceptance = term.propose(rng.uniform(size=(n, term.draws)), spin)
    kept = momenta[rng.uniform(size=n) < acceptance]
    cosine = kept[:, 0, 1:] @ spin[0] / np.linalg.norm(kept[:, 0, 1:], axis=1)
    free, factor = term.sample(rng.uniform(size=(n, term.draws)))
    weights = factor * term.msq(free, spin)
    same = weights * (free[:, 0, 1:] @ spin[0]) / np.linalg.norm(free[:, 0, 1:], axis=1)
    error = np.hypot(cosine.std() / np.sqrt(len(kept)), same.std() / np.sqrt(n))
    assert abs(weights.mean() - 1) < 5 * weights.std() / np.sqrt(n) + 1e-9
    assert abs(cosine.mean() - same.mean()) < 5 * error


@pytest.mark.parametrize("process", EVERY, ids=lambda p: f"{p.parent}{p.products}{p.antineutrino}")
def test_a_light_heavy_neutrino_has_the_helicity_of_a_neutrino(process: Process) -> None:
    term = some(process, 1e-5)
    rng = np.random.default_rng(2)
    none = np.zeros((200, 3))
    momenta, _ = term.propose(rng.uniform(size=(200, term.draws)), none)
    fast = momenta[:, 0, 0] > 1e3 * term.masses[0]
    direction = momenta[:, 0, 1:] / np.linalg.norm(momenta[:, 0, 1:], axis=1)[:, None]
    helicity = np.sum(direction * term.polarisation(momenta, none, 0, none), axis=1)[fast]
    assert np.allclose(helicity, 1.0 if process.antineutrino else -1.0, atol=1e-3)


def test_msq_for_one_spin_and_its_opposite_sum_to_msq() -> None:
    term = some(CHARM, 0.4)
    rng = np.random.default_rng(9)
    none = np.zeros((50, 3))
    momenta, _ = term.propose(rng.uniform(size=(50, term.draws)), none)
    up = np.tile([0.0, 0.6, 0.8], (50, 1))
    total = polarised_msq(term, momenta, none, up) + polarised_msq(term, momenta, none, -up)
    assert np.allclose(total, term.msq(momenta, none), rtol=1e-12)
    with pytest.raises(ParameterError, match="spin of product 1"):
        term.polarisation(momenta, none, 1, none)
