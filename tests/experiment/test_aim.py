"""The aimed estimate against brute force: isotropic decays in the parent's rest frame, boosted, that happen to hit."""

import numpy as np
import pytest

from nusim import pdg
from nusim.experiment.aim import _BY_WINDOW, DRAWS, Decay, aim, touches_edge
from nusim.experiment.volumes import Box, Cylinder, Frustum, Volume
from nusim.kernels.kinematics import two_body_energy, two_body_momentum
from nusim.kernels.lorentz import boost

PARENT, LEPTON = pdg.mass(321), pdg.mass(13)
N = 150_000


def kaons(m_heavy: float, seed: int) -> Decay:
    rng = np.random.default_rng(seed)
    momentum = np.column_stack([rng.normal(0, 0.1, N), rng.normal(0, 0.1, N), 1 + rng.exponential(3.0, N)])
    vertex = np.column_stack([np.zeros(N), np.zeros(N), rng.uniform(0, 50, N)])
    one = np.ones(N)
    energy, star = float(two_body_energy(PARENT, m_heavy, LEPTON)), float(two_body_momentum(PARENT, m_heavy, LEPTON))
    return Decay(momentum, vertex, PARENT * one, m_heavy * one, energy * one, star * one)


def brute(volume: Volume, decay: Decay, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Momentum and path inside the volume of daughters that decay isotropically."""
    cosine, azimuth = rng.uniform(-1, 1, N), rng.uniform(0, 2 * np.pi, N)
    sine = np.sqrt(1 - cosine**2)
    star = decay.momentum_star
    rest = np.column_stack([decay.energy_star, star * sine * np.cos(azimuth), star * sine * np.sin(azimuth), star * cosine])
    frame = np.column_stack([np.sqrt(np.sum(decay.momentum**2, axis=1) + PARENT**2), decay.momentum])
    lab = boost(rest, frame, PARENT)[:, 1:]
    q = np.linalg.norm(lab, axis=1)
    enter, leave = volume.crossing(decay.vertex, lab / q[:, None])
    return q, np.maximum(leave - enter, 0.0)


@pytest.mark.parametrize("m_heavy", [0.01, 0.15, 0.3, 0.38])
@pytest.mark.parametrize("near", [False, True])
def test_aimed_decays_agree_with_isotropic_ones(m_heavy: float, near: bool) -> None:
    volumes: tuple[Volume, ...] = (Box((0.7, 0.0, 60.0), size=(2.0, 2.0, 30.0)),) if near else (
        Box((0.7, 0.0, 110.0), size=(4.0, 4.0, 5.0)), Box((-5.0, 1.0, 112.0), size=(3.0, 2.0, 6.0)))  # fmt: skip
    rng = np.random.default_rng(17)
    decay = kaons(m_heavy, 3)
    aimed = aim(volumes, decay, rng.random((N, DRAWS)))
    depth = np.maximum(aimed.leave - aimed.enter, 0.0)
    # functions of line and momentum: hits, a decay rate, spectra, a short-lived state's survival
    tests = [lambda q, d: d > 0, lambda q, d: d / q, lambda q, d: (d > 0) * q, lambda q, d: (d > 0) * q**2, lambda q, d: 1 - np.exp(-d / q)]
    values = np.array([aimed.weight * f(aimed.momentum, depth) for f in tests])
    mean, variance = values.mean(1), values.var(1) / N
    total, squares, rounds = np.zeros(len(tests)), np.zeros(len(tests)), 6
    for _ in range(rounds):
        for volume in volumes:
            q, d = brute(volume, decay, rng)
            found = np.array([f(q, d) for f in tests])
            total += found.sum(1) / N / rounds
            squares += found.var(1) / N / rounds**2
    assert np.all(np.abs(mean - total) < 5 * np.sqrt(variance + squares))


def test_both_momenta_of_a_line_appear_and_conserve_energy() -> None:
    volume = Box((0.0, 0.0, 60.0), size=(1.0, 1.0, 2.0))
    decay = kaons(0.3, 5)
    aimed = aim((volume,), decay, np.random.default_rng(1).random((N, DRAWS)))
    hit = aimed.weight > 0
    energy = np.sqrt(np.sum(decay.momentum**2, axis=1) + PARENT**2)
    heavy = np.hypot(aimed.momentum, decay.m_heavy)
    along = np.sum(aimed.direction * decay.momentum, axis=1) * aimed.momentum
    # invariant mass of what recoils is the charged lepton's
    recoil = PARENT**2 + 0.3**2 - 2 * (energy * heavy - along)
    assert np.allclose(recoil[hit], LEPTON**2, atol=1e-9 * energy[hit].max() ** 2)
    backward = (heavy * energy - along) * 0 + (PARENT * heavy - energy * decay.energy_star)
    assert (backward[hit] > 0).mean() > 0.01
    assert (backward[hit] < 0).mean() > 0.01


def test_weights_stay_bounded_where_the_detector_touches_the_edge() -> None:
    volume = Box((0.7, 0.0, 110.0), size=(4.0, 4.0, 5.0))
    decay = kaons(0.35, 7)
    edge = touches_edge(volume, decay)
    assert 0 < edge.mean() < 1
    aimed = aim((volume,), decay, np.random.default_rng(2).random((N, DRAWS)))
    # a window is at most the whole sphere of rest-frame directions
    assert np.all(aimed.weight[edge] <= 1 / _BY_WINDOW)
    # all lines through what lies inside the cone exist, or none where the daughter flies away from it
    assert np.all(aimed.weight[~edge] > 0)


@pytest.mark.parametrize(
    "volume",
    [
        Box((0.7, 0.0, 80.0), size=(4.0, 4.0, 5.0)),
        Cylinder((-1.0, 2.0, 110.0), radius=2.5, length=6.0, axis="x"),
        Frustum((1.0, 1.0, 90.0), size=(1.0, 2.7, 4.0, 6.0, 20.0)),
    ],
)
def test_only_volumes_whose_box_lies_inside_the_cone_do_not_touch_its_edge(volume: Volume) -> None:
    decay, rng = kaons(0.35, 11), np.random.default_rng(4)
    edge = touches_edge(volume, decay)
    cone = PARENT * decay.momentum_star
    p = np.linalg.norm(decay.momentum, axis=1)
    beyond = np.zeros(N, bool)
    for _ in range(12):
        line = volume.sample(rng.random((N, 3))) - decay.vertex
        cosine = np.sum(line * decay.momentum, axis=1) / (p * np.linalg.norm(line, axis=1))
        beyond |= (0.35 * p * np.sqrt(1 - cosine**2) > cone) | ((cosine < 0) & (0.35 * p > cone))
    ahead = decay.vertex[:, 2] < volume.centre[2] - 3 * volume.bounding_radius
    assert not np.any(beyond & ~edge & ahead)
    assert np.mean(beyond[edge & ahead]) > 0.7
    assert np.any(~edge & ahead & (0.35 * p > cone))
