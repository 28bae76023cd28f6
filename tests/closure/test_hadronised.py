"""Hadrons of quarks and decays of named particles in events, by Pythia: conserved, reproducible, and refused by name without it."""

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import nusim.events.hadrons as hadrons
from nusim import pdg
from nusim.beams.parents import ParentFlux
from nusim.errors import MissingExtraError, ParameterError
from nusim.events import generate as generate_module
from nusim.events.generate import generate, prepare
from nusim.events.generator import Generator
from nusim.events.options import DEFAULTS, EventOptions
from nusim.events.sample import FINAL, INTERMEDIATE, EventSample
from nusim.io.inspect import info
from nusim.io.write import write
from nusim.model.model import DarkNeutrino, Mediator, Physical, Portals
from nusim.model.spectrum import Spectrum, solve
from nusim.rates import rate as rate_module
from nusim.rates.rate import expected_events

from . import toy

pytest.importorskip("pythia8mc")

MASS = 1.6


def heavy_parents() -> ParentFlux:
    """Ds of ten GeV made at the origin."""
    rng = np.random.default_rng(2)
    n = 4000
    codes = np.repeat([431, -431], n // 2)
    momentum = np.column_stack([rng.normal(0, 0.3, n), rng.normal(0, 0.3, n), 5 + rng.exponential(10.0, n)])
    start = np.zeros((n, 3))
    return ParentFlux(codes, momentum, start, np.zeros(n), np.full(n, 0.01), np.full(n, 1 / n), True, 1e4, "toy")


@pytest.fixture(autouse=True)
def toy_beam(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (generate_module, rate_module):
        monkeypatch.setattr(module, "parents_of", lambda _: heavy_parents())


def spectrum(majorana: bool = True) -> Spectrum:
    return toy.hnl(MASS, majorana, (0.0, 1e-9, 0.0))


@cache
def run(final: str, options: EventOptions = DEFAULTS, mass: float = MASS) -> Generator:
    """Set up once for all tests; of its events each test takes some."""
    return prepare(toy.hnl(mass, True, (0.0, 1e-9, 0.0)), toy.experiment(), 4000, 5, final=final, options=options)


def check_vertices(sample: EventSample) -> None:
    """Shells, momenta, charge and places at every vertex."""
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    p = sample.momentum
    size = np.linalg.norm(p[:, 1:], axis=1)
    assert np.max(np.abs((p[:, 0] - size) * (p[:, 0] + size) - sample.mass**2) / p[:, 0] ** 2) < 1e-12
    mother = sample.offsets[event] + sample.mother
    has = sample.mother >= 0
    # the beam parent's other product is what is left of its momentum, on its own shell
    sums = np.array([np.bincount(mother[has], p[has, k], len(p)) for k in range(4)]).T
    decayed = np.bincount(mother[has], minlength=len(p)) > 0
    off = np.abs(sums - p).max(axis=1)[decayed] / p[decayed, 0]
    assert off.max() < 1e-11
    charge = np.array([0 if abs(code) > 9_000_000 else pdg.charge(code) for code in sample.pdg.tolist()])
    total = np.bincount(mother[has], charge[has], len(p))
    assert np.all(total[decayed] == charge[decayed])
    point = sample.vertex.copy()
    flight = sample.status != FINAL
    end = point + np.where(sample.mass > 0, sample.proper_time / np.where(sample.mass > 0, sample.mass, 1.0), 0.0)[:, None] * p
    np.testing.assert_allclose(sample.vertex[has], end[mother[has]], atol=1e-9)
    assert np.all(decayed == flight)


@pytest.mark.parametrize("majorana", [True, False])
def test_samples_hold_them_in_the_rates_proportions(majorana: bool) -> None:
    found = expected_events(spectrum(majorana), toy.experiment(), seed=3)
    whole = prepare(spectrum(majorana), toy.experiment(), 1500, seed=3)
    assert whole.expected_events == pytest.approx(found.events, rel=1e-6)
    assert not any("more events are expected" in note for note in whole.warnings)
    sample = whole.events(0, 1500)
    assert float(sample.weight.sum()) == pytest.approx(found.events, rel=2e-3)
    share = np.bincount(sample.channel, minlength=len(sample.channels)) / len(sample)
    for products in ("mu- hadrons", "mu+ hadrons", "nu hadrons"):
        expected = found.by_final_state[products] / found.events
        assert expected > 0.02
        assert abs(share[sample.channels.index(products)] - expected) < 5 * np.sqrt(expected / len(sample))
    check_vertices(sample)
    said = sample.metadata["hadronisation"]
    assert said["generator"] == "Pythia"
    assert said["package"].startswith("pythia8mc 8.")


def test_no_hadrons_that_other_channels_hold() -> None:
    """Two pions alone are those of the channels with a rho; nothing is left of the quarks."""
    sample = run("mu- hadrons").events(0, 800)
    assert not np.any(np.isin(np.abs(sample.pdg), (1, 2, 3, 4, 5, 21)))
    masses = []
    for number in range(len(sample)):
        rows = slice(sample.offsets[number], sample.offsets[number + 1])
        mine = sample.mother[rows] == sample.seen[number]
        codes = sorted(code for code in sample.pdg[rows][mine].tolist() if code != 13)
        assert codes not in ([111, 211], [211])
        pair = sample.momentum[rows][mine & (sample.pdg[rows] != 13)].sum(axis=0)
        masses.append(np.sqrt(pair[0] ** 2 - np.sum(pair[1:] ** 2)))
    assert min(masses) > 0.95
    assert max(masses) < MASS - pdg.mass(13)


def test_any_split_and_any_company_gives_the_same_events() -> None:
    options = EventOptions(decay=("short", "mu"))
    one = run("mu- hadrons", options)
    whole = one.events(0, 120)
    # other work in between changes nothing
    run("mu- hadrons").events(500, 550)
    parts = [one.events(first, last) for first, last in ((70, 120), (0, 1), (1, 70))]
    for name in ("pdg", "momentum", "vertex", "proper_time", "mother", "mass"):
        joined = np.concatenate([getattr(parts[k], name) for k in (1, 2, 0)])
        assert np.array_equal(joined, getattr(whole, name)), name


@pytest.mark.parametrize("suffix", ["lhe", "hepmc3", "hepevt", "root", "parquet", "gtrac.root"])
def test_files_of_them_are_consistent(tmp_path: Path, suffix: str) -> None:
    sample = run("mu- hadrons", EventOptions(decay=("short", "mu"))).events(0, 150)
    path = tmp_path / f"hadrons.{suffix}"
    write(path, sample)
    found = info(path)
    assert found["problems"] == []
    assert found["n"] == 150


def test_other_programs_read_the_same_particles(tmp_path: Path) -> None:
    """pylhe, pyhepmc, uproot and plain HEPEVT: final particles of the decay seen, their number and energy."""
    import pylhe

    pyhepmc, uproot = pytest.importorskip("pyhepmc"), pytest.importorskip("uproot")
    sample = run("mu- hadrons").events(0, 60)
    for suffix in ("lhe", "hepmc3", "hepevt", "root"):
        write(tmp_path / f"a.{suffix}", sample)
    write(tmp_path / "n.hepmc3", sample, layout="nuhepmc")
    event = np.repeat(np.arange(60), np.diff(sample.offsets))
    final = sample.status == FINAL
    count, energy = np.bincount(event[final]), np.bincount(event[final], sample.momentum[final, 0])

    lhe = pylhe.LHEFile.fromfile(tmp_path / "a.lhe")
    left = [[p for p in one.particles if p.status == 1] for one in lhe.events]
    assert [len(one) for one in left] == count.tolist()
    np.testing.assert_allclose([sum(p.e for p in one) for one in left], energy, rtol=1e-12)

    for name in ("a.hepmc3", "n.hepmc3"):
        with pyhepmc.open(tmp_path / name) as file:
            events = list(file)
        assert [sum(p.status == 1 for p in one.particles) for one in events] == count.tolist()
        np.testing.assert_allclose([sum(p.momentum.e for p in one.particles if p.status == 1) for one in events], energy, rtol=1e-12)
    about = events[0].run_info
    assert any(tool.name == "nusim" for tool in about.tools)
    for attribute in ("NuHepMC.Version.Major", "NuHepMC.Conventions", "NuHepMC.Units.CrossSection.Unit", "NuHepMC.ProcessIDs"):
        assert attribute in about.attributes
    assert next(iter(about.weight_names)) == "CV"
    assert "lab_pos" in events[0].attributes

    with uproot.open(tmp_path / "a.root") as file:
        tree = next(iter(file.values(filter_classname="TTree")))
        lists = tree["particle_status"].array(library="np") if "particle_status" in tree else None
        assert lists is not None
        assert [int(np.sum(one == 1)) for one in lists] == count.tolist()

    tokens = iter((tmp_path / "a.hepevt").read_text().split())
    below = np.bincount(event[final & (sample.vertex[:, 3] > 10)], minlength=60)
    tracked = np.zeros(60, int)
    for number in tokens:
        for _ in range(int(next(tokens))):
            line = [next(tokens) for _ in range(15)]
            tracked[int(number)] += line[0] == "1"
            p, mass = np.array(line[6:10], float), float(line[10])
            assert p[3] ** 2 - np.sum(p[:3] ** 2) == pytest.approx(mass**2, abs=1e-11 * p[3] ** 2)
    assert tracked.tolist() == below.tolist()


def test_without_pythia_they_are_left_out_or_refused_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    sample = generate(spectrum(), toy.experiment(), 20, seed=3)
    assert not any("hadrons" in name for name in sample.channels)
    assert "hadronisation" not in sample.metadata
    assert any("hadrons are made with pip install 'nusim[hadrons]'" in note for note in sample.metadata["warnings"])
    for given in ({"final": "mu- hadrons"}, {"options": EventOptions(hadronise=True)}, {"options": EventOptions(decay=("tau",))}):
        with pytest.raises(MissingExtraError, match=r"pip install 'nusim\[hadrons\]'"):
            generate(spectrum(), toy.experiment(), 20, seed=3, **given)


def test_they_can_be_left_out() -> None:
    sample = generate(spectrum(), toy.experiment(), 20, seed=3, options=EventOptions(hadronise=False))
    assert not any("hadrons" in name for name in sample.channels)
    with pytest.raises(ParameterError, match="it is inclusive"):
        generate(spectrum(), toy.experiment(), 20, seed=3, final="mu- hadrons", options=EventOptions(hadronise=False))


@pytest.mark.parametrize(
    ("name", "code", "products", "share"),
    [
        ("omega", 223, (-211, 111, 211), 0.893),
        ("eta", 221, (22, 22), 0.394),
        ("K*", 323, (211, 311), 2 / 3),
        ("phi_meson", 333, (-321, 321), 0.492),
        ("tau", 15, (-12, 11, 16), 0.1785),
    ],
)
def test_branching_ratios_of_named_decays(name: str, code: int, products: tuple[int, ...], share: float) -> None:
    """Against the PDG's (2022), within 5%: Pythia's tables are older."""
    n = 4000
    mass = pdg.mass(code)
    at_rest = np.tile([mass, 0.0, 0.0, 0.0], (n, 1))
    made, good = hadrons.decayed(code, at_rest, np.full(n, mass), np.arange(1, n + 1))
    assert good.all()
    kinds = {130: 311, 310: 311}
    seen = [
        tuple(sorted(kinds.get(c, c) for c, up in zip(made.pdg[a:b], made.mother[a:b], strict=True) if up < 0))
        for a, b in zip(made.offsets[:-1], made.offsets[1:], strict=True)
    ]
    found = sum(one == tuple(sorted(products)) for one in seen) / n
    assert abs(found - share) < 0.05 * share + 5 * np.sqrt(share * (1 - share) / n)
    assert EventOptions(decay=(name,)).codes


def test_named_particles_decay_and_others_stay() -> None:
    sample = run("nu omega", mass=1.2).events(0, 300)
    assert np.sum((sample.pdg == 223) & (sample.status == FINAL)) == 300
    sample = run("nu omega", EventOptions(decay=("omega",)), 1.2).events(0, 300)
    assert np.all(sample.status[sample.pdg == 223] == INTERMEDIATE)
    assert np.any((sample.pdg == 111) & (sample.status == FINAL))
    assert sample.metadata["decayed"] == ["omega"]
    check_vertices(sample)


def test_muons_decay_after_their_lifetime_where_the_event_can_hold_it() -> None:
    one = run("mu- pi+", EventOptions(decay=("mu",)))
    sample = one.events(0, 4000)
    check_vertices(sample)
    muons = np.flatnonzero((sample.pdg == 13) & (sample.status == INTERMEDIATE))
    end = sample.vertex[muons] + (sample.proper_time[muons] / sample.mass[muons])[:, None] * sample.momentum[muons]
    assert np.all(np.linalg.norm(end[:, 1:], axis=1) <= one.world)
    # flights are far shorter than the muon's range: uniform in time up to the sphere
    all_muons = np.flatnonzero((np.abs(sample.pdg) == 13) & (sample.mother >= 0))
    assert 0 < len(muons) < 0.02 * len(all_muons)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"decay 'proton': no particle that could decay.*known: short tau pi0"):
        EventOptions(decay=("proton",))
    assert EventOptions(decay=("pi",)).codes == (211,)
    assert EventOptions(decay=("K*+", "tau+")).codes == (15, 323)


@pytest.mark.slow
def test_a_heavy_zprime_decays_into_hadrons() -> None:
    physical = Physical(1.55, mass_ratio=0.02, mixing2=1e-7)
    model = DarkNeutrino("toy", "invented", True, (1.0, 0.0, 0.0), physical, Mediator(1.4, 3.0, 1e-7), Portals(epsilon=1e-6))
    sample = generate(solve(model), toy.experiment(), 200, seed=9, final="hadrons")
    assert sample.channels == ("hadrons",)
    check_vertices(sample)
    event = np.repeat(np.arange(len(sample)), np.diff(sample.offsets))
    below = sample.mother == sample.seen[event]
    total = np.array([np.bincount(event[below], sample.momentum[below, k]) for k in range(4)]).T
    np.testing.assert_allclose(total, sample.momentum[sample.offsets[:-1] + sample.seen], rtol=1e-10)
