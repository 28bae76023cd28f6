"""Where phase space, random numbers or the spin reach their ends, and channels as a whole: nothing is NaN, all stays exact."""

import numpy as np
import pytest

from nusim import pdg
from nusim.decays.channel import Term
from nusim.decays.draw import draw_products
from nusim.decays.terms import pair_density, pair_mass
from nusim.errors import ConvergenceError
from nusim.kernels.lorentz import dot

from . import phase_space
from .models import MIXED, ONE, table

LAST = np.nextafter(1.0, 0.0)
"""The largest uniform number."""
CORNERS = np.array(np.meshgrid(*[[0.0, LAST]] * 6)).reshape(6, -1).T
SPINS = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.6, -0.8, 0.0], [0.3, 0.0, -0.4]])
THRESHOLDS = {
    "nu e- e+": (11, 11),
    "nu mu- mu+": (13, 13),
    "nu tau- tau+": (15, 15),
    "nu e- mu+": (11, 13),
    "nu mu- tau+": (13, 15),
    "mu- pi+": (13, 211),
    "e- rho+": (11, 211, 111),
    "nu rho0": (211, 211),
    "mu- Ds+": (13, 431),
    "nu pi0": (111,),
    "nu phi_meson": (333,),
}


def numbers() -> tuple[np.ndarray, np.ndarray]:
    """Corners of the unit cube and points within, each with every spin."""
    u = np.concatenate([CORNERS, np.random.default_rng(3).random((400, 6))])
    return np.repeat(u, len(SPINS), axis=0), np.tile(SPINS, (len(u), 1))


def assert_sound(mass: float, term: Term) -> None:
    """Finite momenta on the mass shells that add up, an acceptance in [0, 1], |M|^2 not negative."""
    u, spin = numbers()
    p, acceptance = term.propose(u[:, : term.draws], spin)
    assert np.all(np.isfinite(p))
    assert np.all((acceptance >= 0) & (acceptance <= 1))
    np.testing.assert_allclose(p.sum(axis=1), np.tile([mass, 0, 0, 0], (len(p), 1)), rtol=0, atol=1e-14 * mass)
    for place, m in enumerate(term.masses):
        np.testing.assert_allclose(dot(p[:, place], p[:, place]), m**2, rtol=0, atol=1e-14 * mass**2)
    msq = term.msq(p, spin)
    assert np.all(msq >= -1e-14 * np.max(msq))


@pytest.mark.parametrize("excess", [1e-9, 1e-6, 1e-3])
@pytest.mark.parametrize("products", THRESHOLDS)
def test_channels_just_open_are_drawn(products: str, excess: float) -> None:
    mass = sum(pdg.mass(code) for code in THRESHOLDS[products]) * (1 + excess)
    for majorana in (True, False):
        terms = table(mass, majorana=majorana).channel(products).terms
        assert terms
        for term in terms:
            assert_sound(mass, term)
            assert_sound(mass, term.conjugate())


@pytest.mark.parametrize("products", THRESHOLDS)
def test_channels_just_closed_have_no_width_and_no_terms(products: str) -> None:
    threshold = sum(pdg.mass(code) for code in THRESHOLDS[products])
    for mass in (threshold * (1 - 1e-9), np.nextafter(threshold, 0.0)):
        found = table(float(mass)).channel(products)
        assert found.width == 0
        assert found.terms == ()


@pytest.mark.parametrize("mass", [1e-6, 1e-3, 1.03e-3, 1.1e-3, 0.05, 0.075, 0.21133, 0.5, 3.5540, 20.0, 60.0])
def test_every_term_is_sound_from_light_to_heavy(mass: float) -> None:
    """1.03 to 1.1 MeV lie close to 2 m_e; 60 GeV has the peak of the pair mass in its first cell."""
    for channel in table(mass):
        for term in channel.terms:
            assert_sound(mass, term)


def test_thresholds_that_rounding_blurs_are_refused() -> None:
    muon = pdg.mass(13)
    term = table(2 * muon * (1 + 1e-11)).channel("nu mu- mu+").terms[0]
    with pytest.raises(ConvergenceError, match="too close to threshold to draw events"):
        term.propose(np.full((1, 6), 0.5), np.zeros((1, 3)))


@pytest.mark.parametrize("mass", [15.0, 60.0])
def test_bound_holds_where_the_peak_is_in_the_first_cell(mass: float) -> None:
    electron = pdg.mass(11)
    proposal = pair_mass(mass, 0.0, electron, electron, True)
    s = (np.geomspace(1, 1e6, 400_001) * (2 * electron) ** 2)[:-1]
    s = s[s < proposal.edges[-1]]
    cell = np.searchsorted(proposal.edges, s, side="right") - 1
    kept = pair_density(s, mass, 0.0, electron, electron, True) * proposal.sizes[cell] * len(proposal.sizes) / proposal.area
    assert 0.9 < np.max(kept) <= 1


@pytest.mark.parametrize(("mass", "products"), [(0.3, "nu mu- mu+"), (0.15, "nu e- e+"), (0.3, "nu e- mu+")])
@pytest.mark.parametrize("majorana", [True, False])
def test_mean_acceptance_is_the_width_over_the_proposals_area(mass: float, products: str, majorana: bool) -> None:
    """Areas under the bounds of the pieces, in units of the width, give the mean acceptance, whatever the spin."""
    for number, term in enumerate(table(mass, majorana=majorana).channel(products).terms):
        unit = phase_space.three_body_width(mass, term.masses, lambda p, t=term: t.msq(p, np.zeros((len(p), 3))) / t.scale)
        area = sum(piece[1] for piece in term._pieces())
        # Phi_3 of a pair at fixed s: sqrt lam sqrt lam / s / (128 pi^3 M^2) ds; the spectator's energy carries one more M
        expected = unit * 2 * mass * 128 * np.pi**3 * mass**2 / area
        n = 200_000
        spin = np.tile([0.0, 0.6, -0.8], (n, 1))
        _, acceptance = term.propose(np.random.default_rng(number).random((n, 6)), spin)
        assert abs(np.mean(acceptance) - expected) < 5 * np.std(acceptance) / np.sqrt(n) + 1e-9


@pytest.mark.parametrize("antiparticle", [False, True])
@pytest.mark.parametrize(
    ("mass", "products", "majorana"), [(0.3, "nu mu- mu+", True), (0.3, "nu mu- mu+", False), (0.2, "nu e- mu+", True)]
)
def test_drawn_channels_follow_the_sum_of_their_terms(mass: float, products: str, majorana: bool, antiparticle: bool) -> None:
    """Through the choice of terms and repeated attempts: energies, cosines to the spin and azimuths against weighted flat phase space."""
    terms = table(mass, MIXED, majorana).channel(products).terms
    n = 200_000
    direction = np.array([0.36, -0.48, 0.8])
    spin = np.tile(0.9 * direction, (n, 1))
    codes, p, _ = draw_products(terms, spin, np.full(n, antiparticle), 17, 4, np.arange(n))
    true = [term.conjugate() for term in terms] if antiparticle else terms
    flat, weight = phase_space.three_body_points(mass, terms[0].masses, n, np.random.default_rng(6))
    for term in true:
        mine = np.all(codes == term.pdg, axis=1)
        share = term.width / sum(t.width for t in terms)
        assert abs(np.mean(mine) - share) < 5 * np.sqrt(share * (1 - share) / n)
    weight = weight * sum(term.msq(flat, spin) for term in true)
    weight *= n / np.sum(weight)
    from scipy.stats import chi2 as distribution

    for place in range(3):
        for quantity in (
            lambda q, k=place: q[:, k, 0],
            lambda q, k=place: q[:, k, 1:] @ direction / np.linalg.norm(q[:, k, 1:], axis=1),
            lambda q, k=place: np.arctan2(q[:, k, 2], q[:, k, 1]),
        ):
            seen_at, flat_at = quantity(p), quantity(flat)
            edges = np.quantile(seen_at, np.linspace(0, 1, 26))
            edges[0], edges[-1] = -np.inf, np.inf
            seen = np.histogram(seen_at, edges)[0]
            expected, variance = (np.histogram(flat_at, edges, weights=w)[0] for w in (weight, weight**2))
            chi2 = float(np.sum((seen - expected) ** 2 / (seen + variance)))
            assert distribution.sf(chi2, 24) > 1e-6


def test_a_stream_is_an_events_own_whatever_its_neighbours_need() -> None:
    """Each event alone gives what the whole gives, with rejections and with antiparticles among particles."""
    terms = table(0.2115, ONE["e"], majorana=False).channel("nu mu- mu+").terms
    n = 400
    rng = np.random.default_rng(9)
    spin, anti = rng.uniform(-0.5, 0.5, (n, 3)), rng.random(n) < 0.5
    codes, momenta, _ = draw_products(terms, spin, anti, 5, 11, np.arange(n))
    assert set(np.unique(codes[:, 0])) == {12, -12}
    for event in range(0, n, 7):
        one = slice(event, event + 1)
        code, momentum, _ = draw_products(terms, spin[one], anti[one], 5, 11, np.arange(n)[one])
        np.testing.assert_array_equal(code[0], codes[event])
        np.testing.assert_array_equal(momentum[0], momenta[event])
