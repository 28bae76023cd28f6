"""The NuMI card and its committed parents: horns, detectors' places, fluxes of NOvA and MINERvA, kaons at rest in the absorber."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim.beams.beam import Beam, Polarity, load_parents
from nusim.beams.build import beam_summary, reduced
from nusim.beams.choice import importance
from nusim.beams.neutrino_flux import neutrino_flux
from nusim.beams.parents import ParentFlux
from nusim.cards.read import read_beam, read_experiment, read_model
from nusim.experiment.source import heavy_source, tables_of
from nusim.experiment.survey import survey
from nusim.experiment.volumes import Box
from nusim.model.spectrum import solve
from nusim.production.table import production_modes

POLARITIES: tuple[Polarity, ...] = ("fhc", "rhc")
REFERENCE = Path(__file__).parent.parent / "reference" / "numi_flux.csv"
PLACES = {"nova": (11.717, -3.315, 992.935), "minerva": (0.0, 0.0, 1035.0)}
INCH = 0.0254


@pytest.fixture(scope="module")
def numi() -> Beam:
    return read_beam("numi")


def at_rest(parents: ParentFlux) -> np.ndarray:
    return np.linalg.norm(parents.momentum, axis=1) < 2e-4


def part(parents: ParentFlux, rows: np.ndarray) -> ParentFlux:
    columns = {name: getattr(parents, name)[rows] for name in ("pdg", "momentum", "start", "time", "path", "weight")}
    return replace(parents, **columns)


@pytest.mark.parametrize("polarity", POLARITIES)
def test_table_is_sound(numi: Beam, polarity: Polarity) -> None:
    """Mesons of horns and pipe inside chase and pipe, those of the absorber in it, nothing faster than light, small enough to commit."""
    parents = load_parents(numi, polarity)
    assert parents.species == (-321, -211, -13, 130, 211, 321)
    assert np.all(parents.weight > 0)
    direction = parents.momentum / np.linalg.norm(parents.momentum, axis=1)[:, None]
    end = parents.start + parents.path[:, None] * direction
    ahead = parents.start[:, 2] < 722.5
    # half precision: 5e-4 of 722 m
    assert np.all(np.hypot(end[ahead, 0], end[ahead, 1]) < 1.0)
    assert np.all(parents.start[:, 2] > -1.5)
    assert np.all(end[ahead, 2] < 723.0)
    assert np.all((parents.start[~ahead, 2] > 723.0) & (parents.start[~ahead, 2] < 745.0))
    assert np.all(parents.time > parents.start[:, 2] - 0.4)
    assert set(parents.pdg[at_rest(parents)].tolist()) == {211, 321, -13}
    summary = beam_summary(numi, polarity)
    assert f"numi --polarity {polarity} --seed 1 --rebuild" in summary["table"]["command"]
    assert numi.tables[polarity].stat().st_size < 4.0e6


def test_horns_are_parabolas(numi: Beam) -> None:
    """Outer radii of the inner conductors from g4numi's formulas, in inches for horn 1 and centimetres for horn 2, to half a millimetre."""
    first, second = (horn.field for horn in numi.horns)
    z = np.linspace(0.5, 116.5, 400)
    exact = np.where(z < 30.315, np.sqrt(np.maximum(1.975805 - 0.05585 * z, 0)), np.sqrt(np.maximum(0.180183 * z - 5.462253, 0)))
    exact[(z >= 30.315) & (z <= 31.883)] = 0.5315
    np.testing.assert_allclose(np.interp(0.03 + z * INCH, first.z, first.inner), exact * INCH, atol=5e-4)
    z = np.linspace(0.5, 299.5, 400)
    exact = np.where(z < 97.617, np.sqrt(np.maximum(100 - z, 0) / 0.1351), np.sqrt(np.maximum(z - 100, 0) / 0.2723))
    exact[(z >= 97.617) & (z <= 104.803)] = 4.2
    np.testing.assert_allclose(np.interp(19.18 + z / 100, second.z, second.inner), exact / 100, atol=1.5e-3)
    assert all(horn.current == 200e3 for horn in numi.horns)


@pytest.mark.parametrize(
    ("name", "distance", "angle", "from_absorber"), [("icarus-numi", 799.2, 0.1006, 106.8), ("microboone-numi", 684.0, 0.133, 102.1)]
)
def test_detectors_stand_where_their_experiments_say(name: str, distance: float, angle: float, from_absorber: float) -> None:
    """Distances from MCZERO and from the absorber at 724.5 m, and axes: y is the vertical over a beam that dips by 58.3 mrad."""
    experiment = read_experiment(name)
    centre = np.mean([volume.centre for volume in experiment.detectors], axis=0)
    assert np.linalg.norm(centre) == pytest.approx(distance, abs=0.1)
    assert np.arccos(centre[2] / np.linalg.norm(centre)) == pytest.approx(angle, abs=5e-4)
    assert np.linalg.norm(centre - [0, 0, 724.5]) == pytest.approx(from_absorber, abs=0.2)
    vertical = np.array([0.0, np.cos(0.0583), -np.sin(0.0583)])
    axes = np.array(experiment.rotation)
    np.testing.assert_allclose(axes @ vertical, [0.0, 1.0, 0.0], atol=2e-3)


def test_importance_looks_at_the_detector() -> None:
    """Off axis a row is worth what the same row turned by the angle is worth on axis; reduction keeps what a detector there sees."""
    rng = np.random.default_rng(1)
    n = 20_000
    momentum = rng.normal(0, 0.3, (n, 3)) + np.array([0.0, 0.0, 2.0])
    zero = np.zeros(n)
    parents = ParentFlux(np.full(n, 321), momentum, np.zeros((n, 3)), zero, zero + 1, rng.random(n), True, 1.0, "")
    angle = 0.3
    radial = np.hypot(momentum[:, 0], momentum[:, 1])
    turned = np.stack(
        [radial * np.cos(angle) - momentum[:, 2] * np.sin(angle), 0 * radial, radial * np.sin(angle) + momentum[:, 2] * np.cos(angle)]
    )
    np.testing.assert_allclose(importance(parents, angle), importance(replace(parents, momentum=turned.T)), rtol=1e-12)
    fewer = reduced(parents, {321: 2000}, rng, (0.0, angle))
    assert len(fewer.pdg) == pytest.approx(2000, abs=2)
    for a in (0.0, angle):
        assert importance(fewer, a).sum() == pytest.approx(importance(parents, a).sum(), rel=0.05)


def test_kaons_at_rest_in_the_absorber(numi: Beam) -> None:
    """0.8 K+ stop per 120 GeV proton on aluminium, by another cascade (30%); 13% of the protons arrive; none comes from elsewhere."""
    parents = load_parents(numi, "fhc")
    rest = at_rest(parents)
    assert numi.absorber is not None
    stopped = parents.weight[rest & (parents.pdg == 321)].sum() / numi.absorber.protons
    assert stopped == pytest.approx(0.8, rel=0.3)
    assert parents.weight[rest & (parents.pdg == -13)].sum() == pytest.approx(parents.weight[rest & (parents.pdg == 211)].sum(), rel=1e-3)


@pytest.mark.parametrize("name", ["icarus-numi", "microboone-numi"])
def test_heavy_neutrinos_from_kaons_at_rest(numi: Beam, name: str) -> None:
    """A line in energy from one point: sum of weights = N BR <V / (4 pi d^2)> / (beta gamma c tau), from points of the detector."""
    experiment = read_experiment(name)
    spectrum = solve(read_model("hnl", set={"m4": 0.3, "mixing2.mu": 1e-8}))
    tables = tables_of(spectrum)
    parents = load_parents(numi, "fhc")
    kaons = part(parents, np.flatnonzero(at_rest(parents) & (parents.pdg == 321)))
    source = heavy_source(spectrum, experiment, kaons, tables, seed=1)
    found = survey(source, 1)
    (mode,) = [one for one in production_modes(spectrum, "nu4", (321,)) if one.term is None]
    direct = np.array([route.mode.term is None for route in source.routes])
    rng = np.random.default_rng(2)
    inverse = 0.0
    for volume in experiment.detectors:
        points = volume.sample(rng.random((len(kaons.pdg) * 20, 3)))
        away = np.sum((points - np.tile(kaons.start, (20, 1))) ** 2, axis=1)
        inverse += volume.volume * float(np.average(1 / (4 * np.pi * away), weights=np.tile(kaons.weight, 20)))
    length = mode.momentum / mode.m_heavy * tables["nu4"].ctau
    expected = kaons.weight.sum() * mode.branching_ratio * inverse / length
    assert found.by_route[direct].sum() == pytest.approx(expected, rel=0.01)
    assert mode.momentum == pytest.approx(np.sqrt(mode.energy**2 - 0.3**2), rel=1e-9)


def test_muon_neutrinos_on_and_off_the_axis(numi: Beam) -> None:
    """NOvA's flux from 1 to 3 GeV within 30%, MINERvA's from 2 to 9 GeV within 50% and by 27% on average; nothing is fitted."""
    lines = [line.split(",") for line in REFERENCE.read_text().splitlines() if line.startswith(tuple(PLACES))]
    parents = load_parents(numi, "fhc")
    for name, width, limit, allowed, mean in (("nova", 0.05, 3.1, 0.30, 1.13), ("minerva", 0.2, 10.0, 0.50, 1.27)):
        volume = Box(PLACES[name], size=(1.0, 1.0, 1.0))
        energy, published = (np.array([float(line[k]) for line in lines if line[0] == name and float(line[1]) < limit]) for k in (1, 2))
        edges = np.stack([energy - width, energy + width], axis=1).ravel()
        flux = neutrino_flux(parents, [volume], edges, ("numu",), tunnel=numi.tunnel, copies=3)
        ratio, error = (one[::2] / (2 * width) / published for one in (flux["numu"], flux.stat_error["numu"]))
        assert np.all(np.abs(ratio - 1) < allowed + 3 * error), ratio
        assert ratio @ published / published.sum() == pytest.approx(mean, abs=0.06)
