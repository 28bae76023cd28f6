"""Proposals and drawn products follow |M|^2 exactly: against weighted flat phase space, the exact invariant-mass density, and cosines."""

from dataclasses import replace

import numpy as np
import pytest

from nusim import pdg
from nusim.decays.channel import Term
from nusim.decays.draw import choose, draw_products
from nusim.decays.terms import ChiralTerm, TwoBodyTerm, pair_density, pair_mass
from nusim.errors import ConvergenceError
from nusim.kernels.lorentz import dot

from . import phase_space
from .models import ONE, table

SMALLEST_P = 1e-6


def p_value(chi2: float, bins: int) -> float:
    from scipy.stats import chi2 as distribution

    return float(distribution.sf(chi2, bins))


def constant(vector: tuple[float, float, float], n: int) -> np.ndarray:
    return np.tile(np.array(vector), (n, 1))


def events(term: Term, n: int, spin: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """About n accepted events, and the acceptance of every proposal."""
    rng = np.random.default_rng(seed)
    momenta, acceptance = term.propose(rng.random((n, term.draws)), spin)
    assert np.all(acceptance >= 0)
    assert np.all(acceptance <= 1 + 1e-12)
    return momenta[rng.random(n) < acceptance], acceptance


TERMS = {
    # products, flavour of the mixing, mass, number of the term
    "nc and light leptons": ("nu e- e+", "mu", 0.075, 0),
    "antineutrino": ("nu e- e+", "mu", 0.15, 1),
    "cc and nc": ("nu e- e+", "e", 0.15, 0),
    "heavy leptons, negative interference": ("nu mu- mu+", "tau", 0.24, 0),
    "heavy leptons, negative interference, antineutrino": ("nu mu- mu+", "e", 0.4, 1),
    "heavy leptons, positive interference": ("nu mu- mu+", "mu", 0.24, 0),
    "heavy leptons, positive interference, antineutrino": ("nu mu- mu+", "mu", 0.4, 1),
    "two flavours": ("nu e- mu+", "e", 0.15, 0),
    "two flavours, antineutrino": ("nu e- mu+", "mu", 0.15, 0),
    "three neutrinos": ("nu nu nu", "mu", 0.15, 1),
    "two flavours, large mass": ("nu mu- tau+", "mu", 4.0, 0),
    "two pions by the W, conjugate": ("e+ rho-", "e", 0.6, 0),
    "two pions and a slow lepton": ("tau- rho+", "tau", 2.4, 0),
    "two pions by the Z, antineutrino": ("nu rho0", "e", 1.5, 1),
}


def chosen(name: str) -> tuple[float, Term]:
    products, flavour, mass, number = TERMS[name]
    return mass, table(mass, ONE[flavour]).channel(products).terms[number]


def views(p: np.ndarray, spin: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of quantities whose joint distributions fix the five-dimensional density between them."""
    a, b, c = p[:, 0], p[:, 1], p[:, 2]
    axis = spin / np.linalg.norm(spin, axis=1)[:, None]
    cosines = [np.sum(q[:, 1:] * axis, axis=1) / np.sqrt(np.sum(q[:, 1:] ** 2, axis=1)) for q in (a, b, c)]
    normal = np.sum(np.cross(b[:, 1:], c[:, 1:]) * axis, axis=1)
    pairs = [dot(b + c, b + c), dot(a + b, a + b), dot(a + c, a + c)]
    other = np.cross(axis, [0.0, 0.0, 1.0])
    azimuth = np.arctan2(np.sum(b[:, 1:] * other, axis=1), np.sum(b[:, 1:] * np.cross(axis, other), axis=1))
    return [
        (pairs[0], pairs[1]),
        (pairs[0], cosines[0]),
        (pairs[2], cosines[1]),
        (pairs[1], cosines[2]),
        (cosines[1], cosines[2]),
        (normal, cosines[1]),
        (azimuth, cosines[0]),
    ]


@pytest.mark.parametrize("degree", [1.0, 0.5])
@pytest.mark.parametrize("name", TERMS)
def test_three_body_events_follow_msq(name: str, degree: float) -> None:
    mass, term = chosen(name)
    direction = np.array([0.48, -0.6, 0.64])
    n = 120_000
    spin = constant(tuple(degree * direction), n)
    drawn, _ = events(term, n, spin, seed=11)
    flat, weight = phase_space.three_body_points(mass, term.masses, n, np.random.default_rng(12))
    weight = weight * term.msq(flat, spin)
    weight *= len(drawn) / np.sum(weight)
    for (x, y), (x_flat, y_flat) in zip(views(drawn, spin[: len(drawn)]), views(flat, spin), strict=True):
        edges = [np.quantile(v, np.linspace(0, 1, 9)) for v in (x, y)]
        for e in edges:
            e[0], e[-1] = -np.inf, np.inf
        seen = np.histogram2d(x, y, edges)[0]
        expected, variance = (np.histogram2d(x_flat, y_flat, edges, weights=w)[0] for w in (weight, weight**2))
        assert np.all(expected[seen > 50] > 0)
        used = (seen > 50) & (expected > 50)
        assert np.sum(seen[~used]) < 0.02 * len(drawn)
        chi2 = np.sum((seen - expected)[used] ** 2 / (expected + variance)[used])
        assert p_value(float(chi2), int(np.sum(used)) - 1) > SMALLEST_P


@pytest.mark.parametrize("name", TERMS)
def test_three_body_kinematics(name: str) -> None:
    mass, term = chosen(name)
    n = 20_000
    momenta, acceptance = term.propose(np.random.default_rng(2).random((n, term.draws)), constant((0.0, 0.0, -0.8), n))
    np.testing.assert_allclose(momenta.sum(axis=1), constant((mass, 0, 0), n)[:, [0, 1, 2, 2]] * [1, 0, 0, 0], atol=1e-14 * mass)
    for place, m in enumerate(term.masses):
        np.testing.assert_allclose(dot(momenta[:, place], momenta[:, place]), m**2, atol=2e-14 * mass**2)
    efficiency = np.mean(acceptance)
    assert efficiency > (0.995 if getattr(term, "cross", -1.0) >= 0 else 0.5)


@pytest.mark.parametrize(
    ("mass", "m_x", "m_1", "m_2", "scalar"),
    [
        (0.15, 0.0, 0.0, 0.0, False),
        (0.15, 0.000511, 0.0, 0.000511, False),
        (0.25, 0.10566, 0.0, 0.10566, False),
        (0.2114, 0.0, 0.10566, 0.10566, True),
        (5.0, 0.0, 0.000511, 0.000511, True),
        (4.0, 0.000511, 0.0, 1.777, False),
        (2.0, 0.1, 0.3, 0.5, False),
    ],
)
def test_invariant_mass_is_exact_into_its_tails(mass: float, m_x: float, m_1: float, m_2: float, scalar: bool) -> None:
    """A certified bound: the density never exceeds it; and events in ever smaller tails number what the density says."""
    proposal = pair_mass(mass, m_x, m_1, m_2, scalar)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    # a fine mesh of its own, quadratically finer towards both ends
    edges = proposal.edges[0] + (proposal.edges[-1] - proposal.edges[0]) * np.sin(np.linspace(0, np.pi / 2, 3001)) ** 2
    s = edges[:-1, None] + np.diff(edges)[:, None] * (nodes + 1) / 2
    cumulative = np.concatenate(
        [[0], np.cumsum(np.sum(pair_density(s, mass, m_x, m_1, m_2, scalar) * weights, axis=1) * np.diff(edges) / 2)]
    )
    area = cumulative[-1]
    assert 0.995 < area / proposal.area < 1
    cell = np.clip(np.searchsorted(proposal.edges, s, side="right") - 1, 0, len(proposal.sizes) - 1)
    assert np.max(pair_density(s, mass, m_x, m_1, m_2, scalar) * proposal.sizes[cell]) <= proposal.area / len(proposal.sizes)
    term = ChiralTerm((14, 11, -11), mass, (m_1, m_2, m_x), 1.0, 1.0, 0.0, 0.0, -1.0, 1.0)
    if scalar:  # the pair enters by its masses alone: as the interference does, with the pair (b, c) and nothing else
        term = ChiralTerm((14, 11, -11), mass, (m_x, m_1, m_2), 1.0, 0.0, 0.0, 1.0, -1.0, 1.0)
    n = 1_000_000
    momenta, _ = events(term, n, constant((0.0, 0.0, 0.3), n), seed=5)
    one, two = (1, 2) if scalar else (0, 1)
    pair = momenta[:, one] + momenta[:, two]
    tails = np.array([1e-4, 2e-4, 4e-4, 8e-4, 2e-3, 1e-2])
    bins = np.concatenate([tails, np.linspace(0.03, 0.97, 40), 1 - tails[::-1]])
    at = np.interp(bins, cumulative / area, edges)
    fraction = np.diff(np.concatenate([[0], np.interp(at, edges, cumulative / area), [1]]))
    seen = np.bincount(np.searchsorted(at, dot(pair, pair)), minlength=len(bins) + 1)
    expected = len(momenta) * fraction
    assert p_value(float(np.sum((seen - expected) ** 2 / expected)), len(bins)) > SMALLEST_P


def test_no_events_are_drawn_where_thresholds_coincide() -> None:
    with pytest.raises(ConvergenceError, match="too close to threshold"):
        pair_mass(0.3, 0.0, 0.15, 0.15 - 1e-17, False)


@pytest.mark.parametrize("asymmetry", [1.0, 0.4, 0.0, -0.4, -1.0])
def test_two_body_events_have_the_linear_cosine(asymmetry: float) -> None:
    term = TwoBodyTerm((13, 211), 0.3, (pdg.mass(13), pdg.mass(211)), 1.0, asymmetry)
    n = 400_000
    axis = np.array([0.48, -0.6, 0.64])
    momenta, acceptance = term.propose(np.random.default_rng(8).random((n, 2)), constant(tuple(0.7 * axis), n))
    assert np.all(acceptance == 1)
    q = phase_space.momentum(0.3, *term.masses)
    cosine = momenta[:, 0, 1:] @ axis / q
    edges = np.linspace(-1, 1, 21)
    middle = (edges[1:] + edges[:-1]) / 2
    expected = n / 20 * (1 - 0.7 * asymmetry * middle)
    seen = np.histogram(np.clip(cosine, -1, 1), edges)[0]
    assert p_value(float(np.sum((seen - expected) ** 2 / expected)), 19) > SMALLEST_P
    across = momenta[:, 0, 1:] @ np.cross(axis, [0, 0, 1.0])
    assert abs(np.mean(across)) < 5 * np.std(across) / np.sqrt(n)
    np.testing.assert_allclose(momenta.sum(axis=1), constant((0.3, 0, 0), n)[:, [0, 1, 2, 2]] * [1, 0, 0, 0], atol=1e-15)
    for place, m in enumerate(term.masses):
        np.testing.assert_allclose(dot(momenta[:, place], momenta[:, place]), m**2, atol=1e-15)


def test_antiparticles_decay_into_conjugate_products_with_the_spin_reversed() -> None:
    found = table(0.3, ONE["mu"], majorana=False).channel("mu- pi+")
    n = 100_000
    spin = constant((0.0, 0.0, 1.0), n)
    anti = np.arange(n) % 2 == 1
    codes, momenta, _ = draw_products(found.terms, spin, anti, 3, 7, np.arange(n))
    assert np.all(codes[~anti] == [13, 211])
    assert np.all(codes[anti] == [-13, -211])
    q = phase_space.momentum(0.3, pdg.mass(13), pdg.mass(211))
    cosine = momenta[:, 0, 3] / q
    asymmetry = found.terms[0].asymmetry
    error = np.std(cosine) / np.sqrt(n / 2)
    assert abs(np.mean(cosine[~anti]) + asymmetry / 3) < 5 * error
    assert abs(np.mean(cosine[anti]) - asymmetry / 3) < 5 * error


def test_majorana_neutral_decays_are_isotropic_as_a_sum() -> None:
    found = table(0.3, ONE["mu"]).channel("nu pi0")
    n = 200_000
    codes, momenta, _ = draw_products(found.terms, constant((0.0, 0.0, 1.0), n), np.zeros(n, bool), 3, 7, np.arange(n))
    cosine = momenta[:, 0, 3] / momenta[:, 0, 0]
    neutrino = codes[:, 0] > 0
    assert abs(np.mean(neutrino) - 0.5) < 5 * 0.5 / np.sqrt(n)
    assert np.mean(cosine[neutrino]) == pytest.approx(-1 / 3, abs=0.01)
    assert np.mean(cosine[~neutrino]) == pytest.approx(1 / 3, abs=0.01)
    seen = np.histogram(cosine, np.linspace(-1, 1, 21))[0]
    assert p_value(float(np.sum((seen - n / 20) ** 2 / (n / 20))), 19) > SMALLEST_P


def test_products_do_not_depend_on_the_chunks_they_are_drawn_in() -> None:
    found = table(0.3, ONE["mu"]).channel("nu mu- mu+")
    n = 5_000
    rng = np.random.default_rng(1)
    spin = rng.uniform(-0.5, 0.5, (n, 3))
    anti = np.zeros(n, bool)
    codes, momenta, _ = draw_products(found.terms, spin, anti, 3, 7, np.arange(n))
    for part in np.array_split(np.arange(n), 7):
        some, these, _ = draw_products(found.terms, spin[part], anti[part], 3, 7, part)
        np.testing.assert_array_equal(some, codes[part])
        np.testing.assert_array_equal(these, momenta[part])


def test_terms_are_chosen_in_proportion_to_their_widths() -> None:
    u = np.random.default_rng(4).random(100_000)
    counts = np.bincount(choose(np.array([1.0, 0.0, 3.0]), u), minlength=3)
    assert counts[1] == 0
    assert abs(counts[0] - 25_000) < 5 * np.sqrt(25_000)
    assert choose(np.array([1.0, 1.0]), np.array([0.0, np.nextafter(1.0, 0.0)])).tolist() == [0, 1]


@pytest.mark.parametrize(
    "name",
    ["nc and light leptons", "cc and nc", "heavy leptons, negative interference", "heavy leptons, positive interference, antineutrino"],
)
def test_chiral_pieces_are_mixed_in_their_proportions(name: str) -> None:
    """The mean share of each piece in |M|^2, over events: fails for light leptons if a weight is off by 2%."""
    mass, term = chosen(name)
    assert isinstance(term, ChiralTerm)
    n, spin = 65_536, (0.0, 0.5, 0.0)
    parts = [replace(term, second=0.0, cross=0.0), replace(term, first=0.0, cross=0.0)]
    if term.cross > 0:
        parts.append(replace(term, first=0.0, second=0.0))
    samples = [events(term, n, constant(spin, n), seed)[0] for seed in range(30)]
    for part in parts:
        shares = np.concatenate([part.msq(p, constant(spin, len(p))) / term.msq(p, constant(spin, len(p))) for p in samples])
        width = phase_space.three_body_width(mass, term.masses, lambda p, t=part: t.msq(p, np.zeros((len(p), 3))))
        assert abs(np.mean(shares) - width / term.width) < 5 * np.std(shares) / np.sqrt(len(shares))
