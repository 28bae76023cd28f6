"""Events of a Z' and a dark scalar that decay into hadrons: |M|^2 from polarisation vectors, drawn momenta, a mixed channel."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chi2, ks_2samp

from nusim import pdg
from nusim.decays import boson_hadrons as bh
from nusim.decays import dark_widths as dw
from nusim.decays.boson_hadron_terms import MesonPairTerm, ThreePionTerm, scalar_hadron_terms, zprime_hadron_terms
from nusim.decays.boson_terms import boson_decay_terms
from nusim.decays.channel import CascadeTerm
from nusim.decays.draw import draw_products
from nusim.decays.form_factors import M_PION
from nusim.kernels.lorentz import dot

from . import phase_space
from .dark_models import EYE, back_to_back, direction, found

LINEAR, CIRCULAR, NONE = np.array([0.6, 0.0, 0.8j]), np.array([1.0, 1.0j, 0.0]) / np.sqrt(2), np.zeros(3, complex)
EPSILON = np.zeros((4, 4, 4, 4))
for order in permutations(range(4)):
    EPSILON[order] = np.linalg.det(np.eye(4)[list(order)])
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])


def terms(m: float) -> dict[str, CascadeTerm]:
    c = found(m_zprime=m, epsilon=1e-3)
    return {" ".join(pdg.NAMES[code] for code in term.pdg): term for term in boson_decay_terms(c, "zprime").get("hadrons", [])}


def test_final_states_open_one_after_the_other() -> None:
    names = {m: set(terms(m)) for m in (0.12, 0.2, 0.3, 0.5, 0.9, 0.95, 1.05, 1.11)}
    assert names[0.12] == set()
    assert names[0.2] == {"pi0 gamma"}
    assert names[0.3] == {"pi0 gamma", "pi+ pi-"}
    assert names[0.5] == names[0.3] | {"pi0 pi+ pi-"}
    assert names[0.9] == names[0.5] | {"eta gamma"}
    assert names[0.95] == names[0.9] | {"pi0 omega"}
    assert names[1.05] == names[0.95] | {"K+ K-", "KL KS"}
    assert names[1.11] == set()


@pytest.mark.parametrize("m", [0.2, 0.5, 0.78, 0.95, 1.0195, 1.09])
def test_terms_are_the_channel(m: float) -> None:
    c = found(m_zprime=m, epsilon=1e-3)
    own = terms(m)
    assert sum(term.width for term in own.values()) == pytest.approx(dict(dw.boson_channels(c, "zprime"))["hadrons"], rel=1e-13)
    ratios = bh.r_exclusive(m * m)
    for name, term in own.items():
        if name != "pi0 omega":
            assert term.width / own["pi0 gamma"].width == pytest.approx(float(ratios[name] / ratios["pi0 gamma"]), rel=1e-12)
        assert isinstance(term, CascadeTerm)
    phi = found(m_phi=0.99, sin_alpha=1e-3)
    assert sum(term.width for term in boson_decay_terms(phi, "phi")["hadrons"]) == pytest.approx(
        dict(dw.boson_channels(phi, "phi"))["hadrons"]
    )
    assert scalar_hadron_terms(found(m_phi=1.2, sin_alpha=1e-3), 1.0) == []
    assert zprime_hadron_terms(c, 0.0) == []


@pytest.mark.parametrize("state", [LINEAR, CIRCULAR, 3 * LINEAR])
def test_scalars_couple_as_the_difference_of_momenta(state: np.ndarray) -> None:
    m, rng = 0.77, np.random.default_rng(1)
    term = terms(m)["pi+ pi-"]
    average = np.mean([np.sum(term.msq(np.array([back_to_back(m, M_PION, M_PION, way)]), state[None])) for way in (*EYE, *-EYE)])
    for _ in range(5):
        p, q = back_to_back(m, M_PION, M_PION, direction(rng))
        expected = abs(state @ (p - q)[1:]) ** 2 / np.sum(abs(state) ** 2)
        scale = np.sum((p - q)[1:] ** 2) / 3
        assert term.msq(np.array([[p, q]]), state[None])[0] == pytest.approx(average * expected / scale, rel=1e-12)
    k = np.linalg.norm(p[1:])
    assert k / (8 * np.pi * m * m) * average == pytest.approx(term.width, rel=1e-12)


def test_vector_and_pseudoscalar_couple_by_epsilon() -> None:
    """Sum over the transverse photon's, or the omega's three, polarisations of |eps(e, e_V, p, q)|^2."""
    rng = np.random.default_rng(2)
    for m, name, mass in ((0.9, "pi0 gamma", 0.0), (1.05, "pi0 omega", float(bh.M_OMEGA))):
        term = terms(m)[name]
        ratio = []
        for _ in range(4):
            p, q = back_to_back(m, bh.M_PI0, mass, direction(rng))
            lower = (METRIC @ p, METRIC @ q)
            # sum over e_V by the metric: its other parts vanish by antisymmetry
            vector = np.einsum("abcd,a,c,d->b", EPSILON, METRIC @ np.array([0, *LINEAR]), *lower)
            square = -np.real(np.einsum("a,ab,b->", vector, METRIC, vector.conj()))
            ratio.append(term.msq(np.array([[p, q]]), LINEAR[None])[0] / square)
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-10)
        assert ratio[0] > 0


def three_pions(m: float = 0.78266) -> ThreePionTerm:
    term = terms(m)["pi0 pi+ pi-"]
    assert isinstance(term, ThreePionTerm)
    return term


@pytest.mark.parametrize("state", [LINEAR, CIRCULAR])
def test_three_pions_couple_by_epsilon(state: np.ndarray) -> None:
    term, rng = three_pions(), np.random.default_rng(4)
    momenta, _ = phase_space.three_body_points(term.m_parent, term.masses, 6, rng)
    ratio = []
    for zero, plus, minus in momenta:
        amplitude = np.einsum("abcd,a,b,c,d->", EPSILON, np.array([0, *state]), METRIC @ plus, METRIC @ minus, METRIC @ zero)
        pairs = ((plus + minus), (plus + zero), (minus + zero))
        lines = bh.three_pion_amplitude(*(np.array(dot(pair, pair)) for pair in pairs))
        ratio.append(term.msq(np.array([[zero, plus, minus]]), state[None])[0] / abs(amplitude * complex(lines)) ** 2)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


@pytest.mark.parametrize("m", [0.45, 0.78266, 1.019])
def test_width_of_three_pions_is_the_integral(m: float) -> None:
    term = three_pions(m)
    rng = np.random.default_rng(5)
    points, weight = phase_space.three_body_points(m, term.masses, 400_000, rng)
    low, high = (2 * M_PION) ** 2, (m - bh.M_PI0) ** 2
    values = term.msq(points, np.zeros((len(points), 3))) * weight * (high - low) / (2 * np.pi) / (4 * np.pi * m) / (4 * np.pi) / (2 * m)
    error = values.std() / np.sqrt(len(values))
    assert error < 0.005 * term.width
    assert abs(values.mean() - term.width) < 5 * error


@pytest.mark.parametrize("state", [NONE, LINEAR, CIRCULAR])
def test_drawn_pions_follow_msq(state: np.ndarray) -> None:
    """Energies and the normal of the plane against flat phase space with weights."""
    term, rng, n = three_pions(0.9), np.random.default_rng(6), 60_000
    many = np.tile(state, (n, 1))
    momenta, acceptance = term.propose(rng.random((n, 5)), many)
    assert acceptance.max() <= 1.0
    np.testing.assert_allclose(momenta.sum(axis=1), np.tile([0.9, 0, 0, 0], (n, 1)), atol=1e-14)
    for place, mass in enumerate(term.masses):
        np.testing.assert_allclose(dot(momenta[:, place], momenta[:, place]), mass**2, atol=1e-14)
    drawn = momenta[rng.random(n) < acceptance]
    flat, weight = phase_space.three_body_points(0.9, term.masses, 4 * n, rng)
    weight = weight * term.msq(flat, np.tile(state, (4 * n, 1)))
    kept = flat[rng.random(4 * n) < weight / weight.max()]

    def normal(p: np.ndarray) -> np.ndarray:
        cross = np.cross(p[:, 1, 1:], p[:, 2, 1:])
        return cross / np.linalg.norm(cross, axis=1)[:, None]

    for one, two in (
        (drawn[:, 0, 0], kept[:, 0, 0]),
        (drawn[:, 1, 0], kept[:, 1, 0]),
        *((normal(drawn)[:, k], normal(kept)[:, k]) for k in range(3)),
    ):
        assert ks_2samp(one, two).pvalue > 1e-6


@pytest.mark.parametrize("name", ["pi+ pi-", "pi0 gamma", "pi0 pi+ pi-", "pi0 omega"])
def test_samples_have_weights_of_mean_one(name: str) -> None:
    term, rng, n = terms(1.05)[name], np.random.default_rng(7), 60_000
    momenta, factor = term.sample(rng.random((n, term.draws)))
    for state in (NONE, LINEAR, CIRCULAR):
        weight = term.msq(momenta, np.tile(state, (n, 1))) * factor
        assert abs(weight.mean() - 1) < 5 * weight.std() / np.sqrt(n) + 1e-12
    assert np.all(term.polarisation(momenta, np.tile(LINEAR, (n, 1)), 0, rng.random((n, 2))) == 0)


def test_pairs_are_drawn_as_their_shape() -> None:
    """The cosine to a linear polarisation: c^2 for scalars, 1 - c^2 with a photon, flat for a scalar parent."""
    rng, n = np.random.default_rng(8), 40_000
    state = np.tile([0.0, 0.0, 1.0 + 0j], (n, 1))
    edges = np.linspace(-1, 1, 21)
    flat = MesonPairTerm((211, -211), 1.0, (0.1, 0.1), 1e-3, (1.0, 1.0), ("phi'",))
    for term, cumulative in (
        (terms(0.9)["pi+ pi-"], (edges**3 + 1) / 2),
        (terms(0.9)["pi0 gamma"], (3 * edges - edges**3 + 2) / 4),
        (flat, (edges + 1) / 2),
    ):
        momenta, acceptance = term.propose(rng.random((n, 2)), state)
        assert acceptance.max() <= 1
        kept = momenta[rng.random(n) < acceptance][:, 0]
        seen = np.histogram(kept[:, 3] / np.linalg.norm(kept[:, 1:], axis=1), edges)[0]
        expected = len(kept) * np.diff(cumulative)
        assert chi2.sf(np.sum((seen - expected) ** 2 / expected), 19) > 1e-6


def test_decays_of_two_and_three_products_are_drawn_together() -> None:
    own, n = list(terms(0.78266).values()), 20_000
    spin = np.tile(LINEAR, (n, 1))
    codes, momenta, which = draw_products(own, spin, np.zeros(n, bool), 1, 7, np.arange(n))
    assert codes.shape == (n, 3)
    total = sum(term.width for term in own)
    for number, term in enumerate(own):
        rows = which == number
        share = term.width / total
        assert abs(rows.sum() - n * share) < 5 * np.sqrt(n * share * (1 - share)) + 1
        k = len(term.pdg)
        assert np.all(codes[rows][:, :k] == term.pdg)
        assert np.all(codes[rows][:, k:] == 0)
        assert np.all(momenta[rows][:, k:] == 0)
    np.testing.assert_allclose(momenta.sum(axis=1), np.tile([0.78266, 0, 0, 0], (n, 1)), atol=1e-14)
