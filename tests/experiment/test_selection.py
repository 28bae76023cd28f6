"""What a detector sees: thresholds, photons of neutral pions, opening angles, apertures, distances from the beam axis."""

import numpy as np
import pytest

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
    return passes(selection, codes, momenta, np.tile(vertex, (N, 1)), RNG.random((N, 2 * codes.shape[1])))


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


def at_angle(code: int, kinetic: float, angle: np.ndarray, azimuth: float = 0.0) -> np.ndarray:
    """Particles at an angle to z."""
    p = particle(code, np.full(N, kinetic))
    modulus = p[:, 3].copy()
    p[:, 1:] = np.stack([np.sin(angle) * np.cos(azimuth), np.sin(angle) * np.sin(azimuth), np.cos(angle)], axis=1) * modulus[:, None]
    return p


@pytest.mark.parametrize("least", [1e-6, 0.05, 2.0, 3.0])
def test_two_objects_must_be_apart(least: float) -> None:
    angle = RNG.uniform(0, min(2 * least, np.pi), N)
    pair = (11, at_angle(11, 1.0, 0 * angle)), (-11, at_angle(11, 0.4, angle, 1.0))
    assert np.array_equal(check(Selection(min_opening_angle=least), *pair), angle >= least)
    assert np.array_equal(check(Selection(min_opening_angle={("e", "e"): least}), *pair), angle >= least)
    assert check(Selection(min_opening_angle={("mu", "pi"): least}), *pair).all()
    assert check(Selection(min_opening_angle=least, min_visible=1), *pair).all()
    # the pair's kinds in either order
    mixed = (11, at_angle(11, 1.0, 0 * angle)), (-13, at_angle(13, 0.4, angle, 1.0))
    for kinds in (("e", "mu"), ("mu", "e")):
        assert np.array_equal(check(Selection(min_opening_angle={kinds: least}), *mixed), angle >= least)


def test_the_more_energetic_object_takes_the_closer_ones() -> None:
    zero = np.zeros(N)
    row = [(0.0, 1.0), (0.06, 0.5), (0.12, 0.2)]  # angle, energy: neighbours are one, the outer two are not
    objects = [(13, at_angle(13, energy, zero + angle)) for angle, energy in row]
    assert check(Selection(min_opening_angle=0.1, min_visible=2), *objects).all()
    assert not check(Selection(min_opening_angle=0.1, min_visible=3), *objects).any()
    leading = [(13, at_angle(13, energy, zero + angle)) for angle, energy in ((0.0, 0.5), (0.06, 1.0), (0.12, 0.2))]
    assert not check(Selection(min_opening_angle=0.1, min_visible=2), *leading).any()
    # one below its threshold takes nothing
    assert check(Selection(thresholds={"mu": 0.6}, min_opening_angle=0.1, min_visible=1), *leading).all()
    assert not check(Selection(thresholds={"mu": 0.6}, min_opening_angle=0.1, min_visible=2), *leading).any()


def test_photons_of_a_neutral_pion_open_as_its_mass_says() -> None:
    """m^2 = 2 E1 E2 (1 - cos) with E1, E2 = (E +- c P) / 2 of an isotropic decay; photons against an electron by boosted decays."""
    p = particle(111, np.full(N, 0.6), (0.3, 0.2, 1.0))
    energy, modulus, mass = p[0, 0], np.linalg.norm(p[0, 1:]), pdg.mass(111)
    least = 0.5
    cosine2 = (energy**2 - mass**2 / np.sin(least / 2) ** 2) / modulus**2
    assert 0.1 < cosine2 < 0.9
    expected = 1 - np.sqrt(cosine2)
    got = check(Selection(min_opening_angle=least), (14, p * 0), (111, p)).mean()
    assert abs(got - expected) < 5 * np.sqrt(expected * (1 - expected) / N)

    electron = particle(11, np.full(N, 2.0), (0.3, 0.0, 1.0))
    least = 0.15
    got = check(Selection(min_opening_angle={("e", "gamma"): least}, min_visible=3), (11, electron), (111, p)).mean()
    cosine, azimuth = RNG.uniform(-1, 1, N), RNG.uniform(0, 2 * np.pi, N)
    sine = np.sqrt(1 - cosine**2)
    away = np.column_stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine]) * mass / 2
    apart = np.ones(N, bool)
    for photon in (away, -away):
        along = photon @ p[0, 1:] / (mass * (energy + mass)) + 0.5
        lab = photon + along[:, None] * p[:, 1:]
        direction = lab / np.linalg.norm(lab, axis=1)[:, None]
        apart &= np.arccos(direction @ electron[0, 1:] / np.linalg.norm(electron[0, 1:])) >= least
    expected = apart.mean()
    assert 0.1 < expected < 0.9
    assert abs(got - expected) < 5 * np.sqrt(2 * expected * (1 - expected) / N)


def test_a_neutral_pion_at_rest_shows_two_photons_back_to_back() -> None:
    p = particle(111, np.zeros(N))
    assert check(Selection(min_opening_angle=3.1), (14, p * 0), (111, p)).all()


def test_pions_of_a_short_lived_meson_are_told_apart() -> None:
    """Their angles are not followed: all lie along the meson, and count among themselves."""
    p = particle(310, np.full(N, 1.0))
    assert check(Selection(min_opening_angle=0.1), (14, p * 0), (310, p)).all()
    muon = particle(13, np.full(N, 2.0))
    assert not check(Selection(min_opening_angle=0.1), (13, muon), (310, p)).any()


def test_distances_from_the_beam_axis() -> None:
    vertex = RNG.normal(0, 0.1, (N, 3))
    direction = RNG.normal(0, 1, (N, 3))
    codes, u = np.full((N, 1), 13), RNG.random((N, 2))
    p = np.column_stack([np.hypot(np.linalg.norm(direction, axis=1), pdg.mass(13)), direction])[:, None]
    off = np.hypot(vertex[:, 0], vertex[:, 1])
    assert np.array_equal(passes(Selection(min_visible=1, min_vertex_radius=0.1), codes, p, vertex, u), off >= 0.1)
    # the distance between two lines: along the normal to both
    normal = np.cross(direction, [0.0, 0.0, 1.0])
    near = np.abs(np.sum(vertex * normal, axis=1)) / np.linalg.norm(normal, axis=1)
    assert np.array_equal(passes(Selection(min_visible=1, min_track_radius=0.05), codes, p, vertex, u), near >= 0.05)
    # neutral objects leave no track, and a track along the beam stays where it is
    assert passes(Selection(min_visible=1, min_track_radius=0.05), codes + 9, p, vertex, u).all()
    p[:, 0, 1:] = 0.0, 0.0, 1.0
    assert np.array_equal(passes(Selection(min_visible=1, min_track_radius=0.05), codes, p, vertex, u), off >= 0.05)


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
