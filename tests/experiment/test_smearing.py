"""Resolutions: widths and angles as the card says, mass shells, thresholds, and the same numbers for any cut of a sample."""

from pathlib import Path

import numpy as np
import pytest

from nusim import pdg
from nusim.cards.experiment import experiment_dict
from nusim.cards.read import read_experiment
from nusim.errors import CardError, ParameterError
from nusim.events.measure import measured
from nusim.events.sample import joined, taken
from nusim.experiment.experiment import Selection
from nusim.experiment.smearing import Resolution, Smearing

from ..io.chains import chain_sample

N = 60_000


def momenta(code: int, kinetic: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mass = pdg.mass(code)
    size = np.sqrt(kinetic * (kinetic + 2 * mass))
    direction = np.array([0.48, -0.6, 0.64])
    p = np.tile([kinetic + mass, *(size * direction)], (N, 1))
    return np.full(N, code), p, np.full(N, mass)


@pytest.mark.parametrize(("code", "kinetic"), [(11, 0.3), (13, 1.0), (-211, 0.2), (22, 2.0), (321, 5.0)])
def test_widths_are_those_asked_for(code: int, kinetic: float) -> None:
    one = Resolution((0.02, 0.05, 0.003), 0.01)
    kinds = {"e": one, "mu": one, "pi": one, "gamma": one, "K": one}
    codes, p, mass = momenta(code, kinetic)
    out = Smearing("made up", kinds).smeared(codes, p, mass, np.random.default_rng(4).normal(size=(N, 3)))
    measured_energy = out[:, 0] - mass
    sigma = kinetic * np.sqrt(0.02**2 + 0.05**2 / kinetic + (0.003 / kinetic) ** 2)
    assert measured_energy.mean() == pytest.approx(kinetic, abs=5 * sigma / N**0.5)
    assert measured_energy.std() == pytest.approx(sigma, rel=0.02)
    size = np.linalg.norm(out[:, 1:], axis=1)
    np.testing.assert_allclose(out[:, 0] ** 2, size**2 + mass**2, rtol=1e-12)
    cosine = np.sum(out[:, 1:] * p[:, 1:], axis=1) / size / np.linalg.norm(p[:, 1:], axis=1)
    # two Gaussian angles across the momentum: 1 - cos has the mean of their squares' sum over two
    assert np.mean(1 - cosine) == pytest.approx(0.01**2, rel=0.02)


def test_nothing_asked_for_changes_nothing() -> None:
    codes, p, mass = momenta(13, 1.0)
    normals = np.random.default_rng(4).normal(size=(N, 3))
    assert np.array_equal(Smearing("made up").smeared(codes, p, mass, normals), p)
    same = Smearing("made up", {"mu": Resolution()}).smeared(codes, p, mass, normals)
    np.testing.assert_allclose(same, p, rtol=1e-14)
    with pytest.raises(ParameterError, match="must not be negative"):
        Resolution((0.0, -0.1, 0.0))


def test_a_sample_is_measured_event_by_event() -> None:
    sample = chain_sample(n=60)
    smearing = Smearing("made up", {"e": Resolution((0.1, 0.1, 0.0), 0.02), "mu": Resolution((0.1, 0.0, 0.0), 0.02)})
    selection = Selection(visible=("e", "mu"), thresholds={"e": 0.05})
    whole = measured(sample, smearing, selection, seed=3)
    light = whole.seen & (np.abs(sample.pdg) == 11)
    assert np.all(whole.momentum[light, 0] - sample.mass[light] >= 0.05)
    assert not np.any(whole.seen[np.abs(sample.pdg) == 22])
    assert 0 < light.sum() < np.sum(np.abs(sample.pdg) == 11)
    other = np.abs(sample.pdg) > 20
    assert np.array_equal(whole.momentum[other], sample.momentum[other])
    head = measured(taken(sample, 0, 20), smearing, selection, seed=3)
    assert np.array_equal(head.momentum, whole.momentum[: sample.offsets[20]])
    again = measured(joined([taken(sample, 0, 20), taken(sample, 20, 60)]), smearing, selection, seed=3)
    assert np.array_equal(again.momentum, whole.momentum)


def test_cards() -> None:
    near = read_experiment("dune-nd")
    assert near.smearing is not None
    assert near.smearing.resolutions["gamma"].energy == (0.02, 0.15, 0.0)
    assert near.smearing.resolutions["mu"].angle == pytest.approx(np.radians(1), rel=1e-3)
    assert experiment_dict(near)["smearing"]["source"].startswith("tboschi/NuShock")
    assert read_experiment("sbnd").smearing is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("e = { angle = 0.1 }", "source"),
        ('source = "x"\nproton = { angle = 0.1 }', "proton"),
        ('source = "x"\ne = { energy = [0.1, -1.0, 0.0] }', "energy"),
    ],
)
def test_refusals(tmp_path: Path, text: str, said: str) -> None:
    card = (Path(__file__).parents[2] / "experiments" / "sbnd.toml").read_text()
    path = tmp_path / "near.toml"
    path.write_text(f"{card}\n[smearing]\n{text}\n")
    with pytest.raises(CardError, match=said):
        read_experiment(path)
