"""A point that decays invisibly, before the detector: the limit moves as a plain Monte Carlo says, which shares only the beam's kaons."""

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.beam import load_parents
from nusim.bounds.counted import Line, model_line, standard_line
from nusim.bounds.signal import signals, standard, with_mixing
from nusim.cards.read import read_experiment, read_model
from nusim.model.spectrum import solve

N = 1_500_000
M, PROTONS, NEEDED = 0.3, 6.6e20, 2.44
HBARC = 1.973269804e-16
BR_K_MU_NU = 0.6356
M_K, M_MU, CTAU_K = 0.493677, 0.1056584, 3.711
U2 = np.geomspace(1e-10, 1e-7, 61)

# nu5 -> nu4 nu4 nu through a Z' of 0.66 GeV; every decay with anything to see is selected
MODEL = {"physical.m5": M, "physical.mass_ratio": 0.4, "mediator.m_zprime": 0.66, "mediator.m_phi": 1.32}
EVERYTHING = {"selection.min_visible": 1, "selection.thresholds": {"e": 0.0}, "selection.visible": ["e", "mu", "pi", "gamma"]}


def rays(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Way to the detector, way through it (metres) and momentum of those heavy neutrinos that cross it, and what each stands for."""
    experiment = read_experiment("sbnd")
    assert experiment.beam is not None
    parents = load_parents(experiment.beam, "fhc")
    kaons = np.flatnonzero(np.abs(parents.pdg) == 321)
    weight = parents.weight[kaons]
    rows = rng.choice(kaons, N, p=weight / weight.sum())
    p3 = parents.momentum[rows]
    p = np.linalg.norm(p3, axis=1)
    # the kaon decays on its segment
    length = np.maximum(p, 1e-9) / M_K * CTAU_K
    s = -length * np.log1p(-rng.random(N) * -np.expm1(-parents.path[rows] / length))
    start = parents.start[rows] + np.where(p[:, None] > 0, p3 / np.maximum(p, 1e-12)[:, None], 0.0) * s[:, None]
    # two-body decay in its rest frame, then a boost
    energy = (M_K**2 + M**2 - M_MU**2) / (2 * M_K)
    momentum = np.sqrt(energy**2 - M**2)
    cosine, phi = rng.uniform(-1, 1, N), rng.uniform(0, 2 * np.pi, N)
    q = momentum * np.column_stack([np.sqrt(1 - cosine**2) * np.cos(phi), np.sqrt(1 - cosine**2) * np.sin(phi), cosine])
    e_k = np.sqrt(p**2 + M_K**2)
    dot = np.sum(p3 * q, axis=1)
    q = q + p3 * ((dot / (e_k + M_K) + energy) / M_K)[:, None]
    # the box of SBND, plane by plane
    low, high = np.array([0.7378 - 2, -2.0, 110.0]), np.array([0.7378 + 2, 2.0, 115.0])
    size = np.linalg.norm(q, axis=1)
    with np.errstate(divide="ignore"):
        one, other = (low - start) / (q / size[:, None]), (high - start) / (q / size[:, None])
    near, far = np.minimum(one, other).max(axis=1), np.maximum(one, other).min(axis=1)
    hit = (far > near) & (near > 0)
    return near[hit], (far - near)[hit], size[hit], float(weight.sum()) / N


def rho() -> float:
    """Phase space and helicity of K -> mu N over K -> mu nu (R. Shrock, Phys. Lett. B 96 (1980) 159)."""
    x, y = (M_MU / M_K) ** 2, (M / M_K) ** 2
    square = 1 + x * x + y * y - 2 * (x + y + x * y)
    return float((x + y - (x - y) ** 2) * np.sqrt(square) / (x * (1 - x) ** 2))


def edge(
    mixing2: np.ndarray, total: np.ndarray, visible: np.ndarray, flown: tuple[np.ndarray, np.ndarray, np.ndarray, float]
) -> tuple[float, float]:
    """The least |U_5|^2 with NEEDED events, and its relative error; widths at each mixing in GeV."""
    near, inside, momentum, each = flown
    events, errors = [], []
    for u2, width, seen in zip(mixing2, total, visible, strict=True):
        rate = M * width / (momentum * HBARC)
        chance = np.exp(-near * rate) * -np.expm1(-inside * rate) * seen / width
        factor = PROTONS * each * BR_K_MU_NU * rho() * u2
        events.append(factor * chance.sum())
        errors.append(np.sqrt((chance**2).sum()) / chance.sum())
    log = np.log(np.array(events) / NEEDED)
    k = int(np.argmax(log > 0))
    slope = (log[k] - log[k - 1]) / np.log(mixing2[k] / mixing2[k - 1])
    return float(mixing2[k] * np.exp(-log[k] / slope)), errors[k] / slope


def statistics(line: Line) -> float:
    """Relative error of the scan's events where they cross what is needed; |U|^2 has no more than that."""
    k = int(np.argmax(line.row(M) > NEEDED))
    return float(line.scan.stat_error[0, k] / line.scan.rates[0, k])


@pytest.mark.filterwarnings("ignore::nusim.cards.read.CardWarning")
def test_limits_of_a_standard_and_of_an_invisible_state() -> None:
    experiment, model = read_experiment("sbnd", set=EVERYTHING), read_model("circle", set=MODEL)
    flown = rays(np.random.default_rng(5))
    assert len(flown[0]) > 5_000

    usual = standard(np.full(len(U2), M), "mu", U2, True)
    expected, error = edge(U2, usual.total_width, usual.visible_width(), flown)
    line = standard_line(experiment, "mu", [M], True)
    found = line.edges(M)[0]
    assert line.threshold == pytest.approx(NEEDED, abs=0.01)
    own = statistics(line)
    assert abs(np.log(found / expected)) < 3 * np.hypot(error, own) + 0.004  # what rounding the kaon's numbers moves

    spectra = [solve(with_mixing(model, float(u2) / 0.4)) for u2 in U2]
    state = signals(spectra)["nu5"]
    assert state.visible_width()[0] < 1e-6 * state.total_width[0]
    assert pdg.mass(321) == pytest.approx(M_K, rel=1e-4)
    expected_own, error_own = edge(U2, state.total_width, state.visible_width(), flown)
    line = model_line(model, experiment, [M])
    found_own = 0.4 * line.edges(M)[0]
    own = statistics(line)
    assert abs(np.log(found_own / expected_own)) < 3 * np.hypot(error_own, own) + 0.01
    # and it did move
    assert expected_own > 1.5 * expected
    assert found_own / found == pytest.approx(expected_own / expected, rel=0.03)
