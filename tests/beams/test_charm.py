"""Heavy-quark hadrons: their spectra against the formula they are drawn from, their numbers against measured cross sections, taus."""

import numpy as np
import pytest
from scipy import integrate

from nusim import pdg
from nusim.beams.charm import QuarkPair, draw_hadrons, draw_taus, tau_of
from nusim.cards.read import read_beam
from nusim.errors import ParameterError

N = 200_000
BEAM = 400.0
NUCLEON = 0.93827
ENERGY = float(np.hypot(BEAM, NUCLEON)) + NUCLEON
ROOT_S = float(np.sqrt(ENERGY**2 - BEAM**2))


def in_centre_of_mass(momentum: np.ndarray, mass: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x_F, pT^2 and energy in the proton-nucleon frame, by a boost back."""
    energy = np.sqrt(np.sum(momentum**2, axis=1) + mass**2)
    along = (ENERGY * momentum[:, 2] - BEAM * energy) / ROOT_S
    return 2 * along / ROOT_S, momentum[:, 0] ** 2 + momentum[:, 1] ** 2, (ENERGY * energy - BEAM * momentum[:, 2]) / ROOT_S


@pytest.mark.parametrize(("code", "n", "b"), [(411, 4.9, 1.0), (431, 3.0, 0.5), (521, 4.3, 0.18)])
def test_moments_are_those_of_the_formula_within_the_kinematic_limit(code: int, n: float, b: float) -> None:
    """Means of |x_F|, x_F^2 and pT^2 against quadrature of (1 - |x|)^n exp(-b pT^2) where the energy allows."""
    pair = QuarkPair(1e-3, 1.0, 1.0, n, b, {"D+": 1.0})
    mass = pdg.mass(code)
    momentum = draw_hadrons(pair, code, N, BEAM, np.random.default_rng(1))
    x, pt2, energy = in_centre_of_mass(momentum, mass)
    recoil = 2 * NUCLEON + mass
    limit = (ROOT_S**2 + mass**2 - recoil**2) / (2 * ROOT_S)
    assert np.all(energy < limit)

    def edge(x: float) -> float:
        return max(limit**2 - mass**2 - (x * ROOT_S / 2) ** 2, 0.0)

    def moment(power: int, transverse: int) -> float:
        def inner(x: float) -> float:
            t = b * edge(x)
            full = -np.expm1(-t) / b if not transverse else (-np.expm1(-t) - t * np.exp(-t)) / b**2
            return float(x**power * (1 - x) ** n * full)

        return float(integrate.quad(inner, 0, 1, limit=200)[0])

    norm = moment(0, 0)
    for sample, expected in ((np.abs(x), moment(1, 0)), (x**2, moment(2, 0)), (pt2, moment(0, 1))):
        assert abs(sample.mean() - expected / norm) < 5 * sample.std() / np.sqrt(N)
    assert abs(x.mean()) < 5 * x.std() / np.sqrt(N)
    assert abs(np.mean(momentum[:, 0])) < 5 * momentum[:, 0].std() / np.sqrt(N)


def test_far_from_the_limit_the_moments_are_closed_forms() -> None:
    """<|x_F|> = 1 / (n + 2), <pT^2> = 1 / b, for D at 400 GeV to half a percent."""
    momentum = draw_hadrons(QuarkPair(1e-3, 1.0, 1.0, 4.9, 1.0, {}), 411, N, BEAM, np.random.default_rng(2))
    x, pt2, _ = in_centre_of_mass(momentum, pdg.mass(411))
    assert np.abs(x).mean() == pytest.approx(1 / 6.9, rel=0.005)
    assert pt2.mean() == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("card", ["sps-dump-cu", "sps-dump-mo"])
def test_cross_sections_of_d_mesons_are_the_measured_ones(card: str) -> None:
    """NA27, 400 GeV: sigma(D0 + D0bar) = 18.3 +- 2.5 ub, sigma(D+ + D-) = 11.9 +- 1.5 ub; neither fixes the card's numbers."""
    charm = read_beam(card).pairs[0]
    neutral = charm.cross_section * (charm.fractions["D0"] + charm.fractions["D0bar"])
    charged = charm.cross_section * (charm.fractions["D+"] + charm.fractions["D-"])
    assert neutral * 1e3 == pytest.approx(18.3, abs=2.5)
    assert charged * 1e3 == pytest.approx(11.9, abs=1.5)
    # each charm quark ends in one hadron
    assert sum(charm.fractions[name] for name in ("D+", "D0", "Ds+", "Lambda_c+")) == pytest.approx(1.0, abs=0.01)
    assert sum(charm.fractions[name] for name in ("D-", "D0bar", "Ds-", "Lambda_c-")) == pytest.approx(1.0, abs=0.01)


def test_pairs_per_proton_are_those_of_the_ship_collaboration() -> None:
    """1.7e-3 charm and 1.6e-7 beauty pairs per proton on molybdenum in the first interaction (arXiv:1504.04956; FairShip)."""
    beam = read_beam("sps-dump-mo")
    assert beam.dump is not None
    charm, beauty = (pair.per_proton(95.95, beam.dump.production_cross_section) / pair.cascade_factor for pair in beam.pairs)
    assert charm == pytest.approx(1.7e-3, rel=0.05)
    assert beauty == pytest.approx(1.6e-7, rel=0.35)  # 1.7 against 2.2 nb


def test_d_mesons_per_proton_on_copper_are_those_of_na62() -> None:
    """2.596e-3 per proton without cascade, D+, D0 and Ds of both signs together (NA62's heavy-neutrino analysis)."""
    beam = read_beam("sps-dump-cu")
    charm = beam.pairs[0]
    made = sum(beam.prompt_yields[code] for code in (411, -411, 421, -421, 431, -431)) / charm.cascade_factor
    assert made == pytest.approx(2.596e-3, rel=0.12)


def test_taus_are_what_two_body_decays_leave() -> None:
    """A massless neutrino beside each, flat in the cosine, flight of the Ds exponential."""
    ds = np.tile([0.3, 0.0, 30.0], (50_000, 1))
    tau, flown = draw_taus(431, ds, np.random.default_rng(3))
    e_ds = np.sqrt(np.sum(ds**2, axis=1) + pdg.mass(431) ** 2)
    e_tau = np.sqrt(np.sum(tau**2, axis=1) + pdg.mass(15) ** 2)
    missing = (e_ds - e_tau) ** 2 - np.sum((ds - tau) ** 2, axis=1)
    assert np.abs(missing).max() < 1e-9
    star = (pdg.mass(431) ** 2 - pdg.mass(15) ** 2) / (2 * pdg.mass(431))
    p = np.hypot(0.3, 30.0)
    cosine = (e_tau * pdg.mass(431) / e_ds - np.hypot(star, pdg.mass(15))) / (star * p / e_ds)
    assert abs(cosine.mean()) < 5 / np.sqrt(3 * len(ds))
    assert np.mean(cosine**2) == pytest.approx(1 / 3, abs=5 * np.sqrt(4 / 45 / len(ds)))
    assert flown.mean() == pytest.approx(p / pdg.mass(431) * pdg.ctau(431), rel=5 / np.sqrt(len(ds)))
    assert (tau_of(431), tau_of(-431)) == (-15, 15)


def test_yields_add_taus_of_all_their_mothers() -> None:
    pair = QuarkPair(2e-3, 1.0, 1.5, 4.9, 1.0, {"Ds+": 0.1, "D+": 0.3, "Ds-": 0.1}, {"Ds+": 0.05, "D+": 0.001})
    assert pair.yields() == pytest.approx({431: 0.1, 411: 0.3, -431: 0.1, -15: 0.0053})
    assert pair.per_proton(64.0, 768.0) == pytest.approx(1.5 * 2e-3 * 64 / 768)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cross_section": 0.0}, "must be positive"),
        ({"longitudinal": -1.0}, "longitudinal above -1"),
        ({"fractions": {"D": 1.0}}, "unknown hadron 'D'"),
        ({"tau": {"Ds+": 0.05}}, "Ds\\+ is not among the fractions"),
    ],
)
def test_impossible_pairs_are_refused(change: dict[str, object], says: str) -> None:
    good: dict[str, object] = {
        "cross_section": 1e-3, "mass_exponent": 1.0, "cascade_factor": 1.0, "longitudinal": 4.9, "transverse": 1.0, "fractions": {"D+": 1.0}
    }  # fmt: skip
    with pytest.raises(ParameterError, match=says):
        QuarkPair(**{**good, **change})  # type: ignore[arg-type]


def test_beauty_below_threshold_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"B\+ cannot be made"):
        draw_hadrons(QuarkPair(1e-3, 1.0, 1.0, 4.9, 1.0, {}), 521, 10, 40.0, np.random.default_rng(1))
