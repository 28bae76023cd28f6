"""What a detector sees: thresholds, photons of neutral pions, apertures."""

import numpy as np

from nusim import pdg
from nusim.experiment.experiment import Plane, Selection
from nusim.experiment.selection import passes

N = 20_000
RNG = np.random.default_rng(6)


def particle(code: int, kinetic: np.ndarray, direction: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> np.ndarray:
    energy = pdg.mass(abs(code)) + kinetic
    p = np.sqrt(energy**2 - pdg.mass(abs(code)) ** 2)
    axis = np.array(direction) / np.linalg.norm(direction)
    return np.column_stack([energy, p[:, None] * axis])


def check(selection: Selection, *particles: tuple[int, np.ndarray], vertex: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> np.ndarray:
    codes = np.column_stack([np.full(N, code) for code, _ in particles])
    momenta = np.stack([p for _, p in particles], axis=1)
    return passes(selection, codes, momenta, np.tile(vertex, (N, 1)), RNG.random(codes.shape))


def test_thresholds_are_on_kinetic_energy() -> None:
    kinetic = RNG.uniform(0, 0.2, N)
    selection = Selection(thresholds={"mu": 0.03, "pi": 0.1}, min_visible=2)
    got = check(selection, (13, particle(13, kinetic)), (211, particle(211, kinetic)))
    assert np.array_equal(got, kinetic >= 0.1)
    assert check(Selection(thresholds={"mu": 0.03}, min_visible=1), (13, particle(13, kinetic))).sum() == (kinetic >= 0.03).sum()


def test_a_neutral_pion_is_two_photons_of_an_isotropic_decay() -> None:
    kinetic = np.full(N, 0.2)
    p = particle(111, kinetic)
    threshold = 0.05
    got = check(Selection(thresholds={"gamma": threshold}, min_visible=2), (14, p * 0), (111, p))
    # photon energies are uniform in E/2 (1 +- beta): both above the threshold means the softer one is
    energy, momentum = p[0, 0], p[0, 3]
    expected = (energy - 2 * threshold) / momentum
    assert abs(got.mean() - expected) < 5 * np.sqrt(expected * (1 - expected) / N)
    assert check(Selection(min_visible=2), (14, p * 0), (111, p)).all()
    assert not check(Selection(min_visible=3), (14, p * 0), (111, p)).any()


def test_what_is_not_visible_does_not_count() -> None:
    p = particle(11, np.full(N, 0.1))
    assert not check(Selection(visible=("mu",), min_visible=1), (11, p), (-11, p)).any()
    assert check(Selection(visible=("e",), min_visible=2), (11, p), (-11, p)).all()


def test_tracks_must_cross_the_planes() -> None:
    p = particle(13, np.full(N, 1.0), (0.01, 0.0, 1.0))
    plane = Plane(z=10.0, shape="ellipse", size=(0.3, 0.3), inner_radius=0.05)
    crossing = Selection(planes=(plane,), min_visible=1)
    assert check(crossing, (13, p)).all()  # x = 0.1 at the plane: inside 0.15, outside the hole
    assert not check(crossing, (13, p), vertex=(-0.1, 0.0, 0.0)).any()  # through the hole
    assert not check(crossing, (13, p), vertex=(0.1, 0.0, 0.0)).any()  # beside the plane
    assert not check(crossing, (13, p), vertex=(0.0, 0.0, 11.0)).any()  # already past it
    assert check(crossing, (22, particle(22, np.full(N, 1.0), (0.5, 0.0, 1.0)))).all()  # photons are not tracked


def test_efficiency_by_final_state() -> None:
    selection = Selection(efficiency={"nu e- e+": 0.5})
    assert selection.efficiency_of("nu e- e+") == 0.5
    assert selection.efficiency_of("mu- pi+") == 0.0
    assert Selection(efficiency=0.3).efficiency_of("mu- pi+") == 0.3
