"""Users' flux files: what is written comes back, and the beam in them is the beam it was, in every format."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim import pdg
from nusim.beams import dk2nu
from nusim.beams.beam import Beam, load_parents
from nusim.beams.flux_files import FluxFiles, guess_format, load_flux, user_parents
from nusim.beams.neutrino_flux import neutrino_flux
from nusim.beams.parents import ParentFlux
from nusim.beams.window_flux import window_flux
from nusim.experiment.volumes import Box
from nusim.kernels.arrays import Array, BoolArray
from nusim.production.measured import BRANCHING_RATIOS

from . import flux_writers as writers

PROTONS = 2.5e6
SBND = Box((0.7378, 0.0, 110.0), size=(4.0, 4.0, 5.0))


@pytest.fixture(scope="module")
def decays(bnb: Beam) -> ParentFlux:
    """The committed BNB parents, each decayed at one point, with some of its pions' muons: all kinds that dk2nu has."""
    parents = load_parents(bnb, "fhc")
    parents = select(parents, np.arange(0, len(parents.pdg), 3))
    points = writers.point_decays(parents, seed=11)
    pions = np.flatnonzero(np.abs(points.pdg) == 211)[::10]
    muons = select(points, pions)
    muons = replace(muons, pdg=np.where(muons.pdg > 0, -13, 13), weight=0.01 * muons.weight, momentum=0.8 * muons.momentum)
    names = ("pdg", "momentum", "start", "time", "path", "weight")
    return replace(points, **{name: np.concatenate([getattr(points, name), getattr(muons, name)]) for name in names})


def select(parents: ParentFlux, rows: BoolArray | Array) -> ParentFlux:
    names = ("pdg", "momentum", "start", "time", "path", "weight")
    return replace(parents, **{name: getattr(parents, name)[rows] for name in names})


def same(found: ParentFlux, given: ParentFlux, weight: float = 1e-14) -> None:
    assert np.array_equal(found.pdg, given.pdg)
    assert np.array_equal(found.momentum, given.momentum)
    assert np.allclose(found.start, given.start, rtol=1e-15, atol=1e-14)
    assert np.allclose(found.weight, given.weight, rtol=weight, atol=0)
    assert np.array_equal(found.path, given.path)
    assert not found.axisymmetric


def test_branching_ratios_are_those_of_production() -> None:
    """The reader's (of the light-neutrino flux) and the measured ones that normalise heavy neutrinos, both within their errors."""
    found = dk2nu.NEUTRINOS_PER_DECAY
    pairs = {
        "K+ -> mu+": found[321][5, 14],
        "K+ -> e+ pi0": found[321][6, 12],
        "K+ -> mu+ pi0": found[321][7, 14],
        "KL -> e pi": found[130][1, 12] + found[130][2, -12],
        "KL -> mu pi": found[130][3, 14] + found[130][4, -14],
        "pi+ -> mu+": found[211][13, 14],
    }
    for name, ratio in pairs.items():
        assert abs(ratio - BRANCHING_RATIOS[name]) <= BRANCHING_RATIOS[name].error
    assert {code: set(keys) for code, keys in found.items()} == {code: set(keys) for code, keys in writers.CHANNELS.items()}


@pytest.mark.parametrize(
    ("prefix", "trees", "meta"),
    [
        ("dk2nu/decay/decay.", ("dk2nuTree", "dkmetaTree"), "dkmeta/pots"),
        ("decay.", ("dk2nuTree", "dkmetaTree"), "pots"),
        ("", ("dk2nuTree", "dkmetaTree"), "pots"),
        ("decay_", ("dkTree", "dkMeta"), "pots"),
    ],
    ids=["split", "decay.", "bare", "GENIE's flat tree"],
)
def test_dk2nu_comes_back_row_by_row(tmp_path: Path, decays: ParentFlux, prefix: str, trees: tuple[str, str], meta: str) -> None:
    """Two files with several metadata entries: parents in order, weights per proton, all channels together one beam."""
    columns = writers.dk2nu_columns(decays, PROTONS, seed=5)
    half = len(decays.pdg) // 2
    parts = [{name: values[:half] for name, values in columns.items()}, {name: values[half:] for name, values in columns.items()}]
    paths = tuple(
        writers.write_dk2nu(tmp_path / f"{k}.root", part, pots, prefix, trees, meta)
        for k, (part, pots) in enumerate(zip(parts, ([0.5e6, 0.5e6], [1.5e6]), strict=True))
    )
    assert guess_format(paths[0]) == "dk2nu"
    flux = load_flux(FluxFiles(paths, "dk2nu", momentum=8.89))
    assert flux.parents is not None
    same(flux.parents, decays)
    assert flux.protons == flux.parents.protons_simulated == PROTONS
    assert [one.protons for one in flux.files] == [1e6, 1.5e6]
    assert flux.notes == (f"flux from 2 files, 0.root ... 1.root: dk2nu, {len(decays.pdg)} entries, 2.5e+06 protons on target",)
    # the time at the decay: straight flight from the target, which horns and slow parents bend
    fast = np.linalg.norm(decays.momentum, axis=1) > 1.0
    assert np.median(np.abs(flux.parents.time - decays.time)[fast]) < 0.1


def test_dk2nu_without_the_neutrinos_names(tmp_path: Path, decays: ParentFlux) -> None:
    """Muons on every second place, as anywhere else, stand for one half decay each."""
    order = np.argsort(np.abs(decays.pdg) == 13, kind="stable")
    muons = int(np.sum(np.abs(decays.pdg) == 13))
    decays = select(decays, np.stack([order[:muons], order[-muons:]], axis=1).ravel())
    columns = writers.dk2nu_columns(decays, PROTONS, seed=5)
    del columns["ntype"]
    same(user_parents(FluxFiles((writers.write_dk2nu(tmp_path / "a.root", columns, [PROTONS]),), "dk2nu")), decays)


def test_dk2nu_makes_the_flux_it_states(tmp_path: Path, decays: ParentFlux) -> None:
    """The file's own neutrinos at a point, nimpwt times the chance to go there (calcLocationWeights), against the flux of the parents read.

    The first knows no branching ratio, only entries; the second only the parents and nusim's own: each flavour tests its divisor.
    """
    rng = np.random.default_rng(3)
    point = np.array([0.7378, 0.0, 112.5])
    counts: dict[tuple[int, int], float] = {}
    pieces = []
    for code in decays.species:
        rows = np.flatnonzero(decays.pdg == code)
        keys = list(writers.CHANNELS[code])
        if abs(code) == 13:
            chosen = [rows] * 2
        else:  # each parent decays once, most of K_L and many K+ into something that is not written
            bounds = np.cumsum(list(writers.CHANNELS[code].values()))
            place = np.searchsorted(bounds, rng.random(len(rows)))
            chosen = [rows[place == k] for k in range(len(keys))]
        for key, mine in zip(keys, chosen, strict=True):
            pieces.append((key, mine))
    order = np.concatenate([mine for _, mine in pieces])
    columns = writers.dk2nu_columns(select(decays, order), PROTONS, seed=1)
    columns["ndecay"] = np.concatenate([np.full(len(mine), key[0], np.int32) for key, mine in pieces])
    columns["ntype"] = np.concatenate([np.full(len(mine), key[1], np.int32) for key, mine in pieces])
    columns["nimpwt"] = decays.weight[order] * PROTONS
    parents = user_parents(FluxFiles((writers.write_dk2nu(tmp_path / "a.root", columns, [PROTONS]),), "dk2nu"))

    mass = np.array([pdg.mass(abs(code)) for code in columns["ptype"].tolist()])
    momentum = decays.momentum[order]
    line = point - decays.start[order]
    distance = np.linalg.norm(line, axis=1)
    energy = np.sqrt(np.sum(momentum**2, axis=1) + mass**2)
    doppler = (energy - np.sum(momentum * line, axis=1) / distance) / mass
    arriving = columns["nimpwt"] / PROTONS / (4 * np.pi * (100 * distance) ** 2 * doppler**2)
    small = Box((0.7378, 0.0, 112.495), size=(0.01, 0.01, 0.01))
    found = neutrino_flux(parents, [small], [0.0, 100.0], copies=1)
    for flavour, code in {"numu": 14, "numubar": -14, "nue": 12, "nuebar": -12}.items():
        for parent in (130, 321, -321, 211, -211, 13, -13):
            own = (columns["ntype"] == code) & (columns["ptype"] == parent)
            expected, error = float(arriving[own].sum()), float(np.sqrt(np.sum(arriving[own] ** 2)))
            if not expected > 4 * error:  # none, or too few entries for an error that means something
                continue
            counts[parent, code] = expected
            got = float(found.by_parent[flavour][pdg.NAMES[parent]].sum())
            assert abs(got - expected) < 5 * np.sqrt(2) * error, (
                f"{flavour} of {pdg.NAMES[parent]}: {got:.4g}, {expected:.4g} +- {error:.2g}"
            )
            if (parent, code) in ((211, 14), (321, 14)):
                assert error < 0.02 * expected
    assert {(211, 14), (-211, -14), (321, 14), (321, 12), (130, 12), (130, -14), (-13, 12), (-13, -14), (13, 14)} <= set(counts)


@pytest.mark.parametrize(
    ("kept", "divisor"),
    [(((5, 14),), 0.6356), (((5, 14), (7, 14)), 0.6356 + 0.03352), (((6, 12),), 0.0507), (((5, 14), (6, 12), (7, 14)), 0.71982)],
    ids=["two-body", "numu", "e3", "all"],
)
def test_decays_that_a_file_leaves_out_are_not_divided_by(
    tmp_path: Path, decays: ParentFlux, kept: tuple[tuple[int, int], ...], divisor: float
) -> None:
    """A file filtered by channel: nimpwt over the sum of the ratios of the channels there."""
    kaons = select(decays, decays.pdg == 321)
    columns = writers.dk2nu_columns(kaons, 1.0, seed=2)
    mine = np.isin(columns["ndecay"], [key[0] for key in kept])
    columns = {name: values[mine] for name, values in columns.items()}
    flux = load_flux(FluxFiles((writers.write_dk2nu(tmp_path / "a.root", columns, [1.0]),), "dk2nu"))
    assert flux.parents is not None
    assert flux.parents.weight == pytest.approx(columns["nimpwt"] / divisor, rel=1e-12)
    assert any("no entries of ndecay" in note for note in flux.notes) == (len(kept) < 3)
    # a few rows: what is missing may be missing by chance, and is divided by as well
    few = {name: values[:8] for name, values in columns.items()}
    short = load_flux(FluxFiles((writers.write_dk2nu(tmp_path / "b.root", few, [1.0]),), "dk2nu"))
    assert short.parents is not None
    if (5, 14) in kept:
        assert short.parents.weight == pytest.approx(few["nimpwt"] / 0.71982, rel=1e-12)


def test_weights_that_do_not_count_decays_are_noted(tmp_path: Path, decays: ParentFlux) -> None:
    """Every kaon written once into each channel with its full weight: three times as many as there are."""
    kaons = select(decays, decays.pdg == 321)
    columns = writers.dk2nu_columns(kaons, 1.0, seed=2)
    columns["ndecay"] = np.resize(np.array([5, 6, 7], np.int32), len(kaons.pdg))
    columns["ntype"] = np.where(columns["ndecay"] == 6, 12, 14).astype(np.int32)
    flux = load_flux(FluxFiles((writers.write_dk2nu(tmp_path / "a.root", columns, [1.0]),), "dk2nu"))
    assert any("K+: shares of the decays are not those of the branching ratios: ndecay 5 (14) 3" in note for note in flux.notes)


def test_what_has_no_place_is_said_with_its_weight(tmp_path: Path, decays: ParentFlux) -> None:
    """Captured muons, K_S, hyperons and pi -> e nu are no parents here."""
    columns = writers.dk2nu_columns(select(decays, np.arange(1000)), 1.0, seed=2)
    columns["ndecay"][:30], columns["ptype"][:30] = 999, 310
    columns["ndecay"][30:50], columns["ptype"][30:50], columns["ntype"][30:50] = 15, 13, 14
    columns["ntype"][50] = 12
    columns["nimpwt"][:] = 1.0
    flux = load_flux(FluxFiles((writers.write_dk2nu(tmp_path / "a.root", columns, [1.0]),), "dk2nu"))
    assert flux.parents is not None
    assert len(flux.parents.pdg) == 949
    assert "51 entries (5.10% of the weight) are not used: KS to " in flux.notes[-1]
    assert "mu- to 14, ndecay 15: 20 of weight 20" in flux.notes[-1]


def test_decays_at_rest_have_a_direction(tmp_path: Path, decays: ParentFlux) -> None:
    columns = writers.dk2nu_columns(select(decays, np.arange(10)), 1.0, seed=2)
    for axis in "xyz":
        columns[f"pdp{axis}"][3] = 0.0
    parents = user_parents(FluxFiles((writers.write_dk2nu(tmp_path / "a.root", columns, [1.0]),), "dk2nu"))
    assert np.linalg.norm(parents.momentum[3]) == pytest.approx(1e-4)
    assert np.isfinite(parents.time).all()


def test_production_points_time_the_protons(tmp_path: Path) -> None:
    """A kaon of 3 GeV made at z = 0.5 m, decaying 20 m on: c t = 0.5 + 20 E/p."""
    columns = {
        **{name: np.array([value], np.int32) for name, value in (("ndecay", 5), ("ntype", 14), ("ptype", 321))},
        **{name: np.array([value]) for name, value in (("vx", 0.0), ("vy", 0.0), ("vz", 2050.0))},
        **{name: np.array([value]) for name, value in (("pdpx", 0.0), ("pdpy", 0.0), ("pdpz", 3.0))},
        **{name: np.array([value]) for name, value in (("ppvx", 0.0), ("ppvy", 0.0), ("ppvz", 50.0), ("nimpwt", 1.0))},
    }
    parents = user_parents(FluxFiles((writers.write_dk2nu(tmp_path / "a.root", columns, [1.0]),), "dk2nu"))
    assert parents.time[0] == pytest.approx(0.5 + 20 * np.hypot(3.0, 0.493677) / 3.0, rel=1e-9)


def mesons(decays: ParentFlux) -> ParentFlux:
    return select(decays, np.abs(decays.pdg) != 13)


def test_gsimple_gives_the_parents_back(tmp_path: Path, decays: ParentFlux) -> None:
    """Rays of thrown window points, started behind the window: the chance to meet it undone, parent by parent, K_L and all decays."""
    parents = mesons(decays)
    centre = np.array([0.7378, 0.0, 109.0])
    columns = writers.window_rays(parents, centre, 2.0, 0.3, seed=7)
    columns["wgt"] *= PROTONS
    path = writers.write_gsimple(tmp_path / "a.root", columns, PROTONS, centre, 2.0)
    assert guess_format(path) == "gsimple"
    same(user_parents(FluxFiles((path,), "gsimple", momentum=8.89)), parents, weight=1e-10)


def test_gsimple_of_a_turned_detector_gives_two_body_parents(tmp_path: Path, decays: ParentFlux) -> None:
    """Rays in other axes than the parents': only energies tell the chance to meet the window. The others are reported."""
    parents = mesons(decays)
    centre = np.array([5.0, 0.0, 300.0])
    columns = writers.window_rays(parents, centre, 6.0, 0.0, seed=7, turn=0.1)
    columns["wgt"] *= PROTONS
    flux = load_flux(FluxFiles((writers.write_gsimple(tmp_path / "a.root", columns, PROTONS, centre, 6.0),), "gsimple"))
    assert flux.parents is not None
    two_body = np.isin(columns["ndecay"], (5, 8, 13, 14))
    # kaons that decay otherwise are made up for by those that do not
    share = np.where(np.abs(parents.pdg) == 321, 0.71982 / 0.6356, 1.0)
    same(flux.parents, select(replace(parents, weight=parents.weight * share), two_body), weight=1e-10)
    kaons = np.abs(parents.pdg) == 321
    assert flux.parents.weight[np.abs(flux.parents.pdg) == 321].sum() == pytest.approx(parents.weight[kaons].sum(), rel=0.03)
    assert f"{np.sum(~two_body)} entries are not used: " in flux.notes[-1]
    assert "KL into three: " in flux.notes[-1]


def test_gsimple_of_accepted_rays_counts_the_parents(tmp_path: Path, decays: ParentFlux) -> None:
    """Rays accepted in proportion to their weight, all with wgt = 1, as most files are: the parents that matter within statistics."""
    parents = mesons(decays)
    centre = np.array([0.7378, 0.0, 109.0])
    columns = writers.window_rays(parents, centre, 2.0, 0.0, seed=7)
    rng = np.random.default_rng(1)
    accepted = rng.choice(len(parents.pdg), size=60_000, p=columns["wgt"] / columns["wgt"].sum())
    protons = len(accepted) / columns["wgt"].sum()
    columns = {name: values[accepted] for name, values in columns.items()}
    columns["wgt"] = np.ones(len(accepted))
    found = user_parents(FluxFiles((writers.write_gsimple(tmp_path / "a.root", columns, protons, centre, 2.0),), "gsimple"))
    for code in (211, 321):
        fast = np.linalg.norm(parents.momentum, axis=1) > 1.0
        expected = parents.weight[fast & (parents.pdg == code)].sum()
        mine = found.weight[(found.pdg == code) & (np.linalg.norm(found.momentum, axis=1) > 1.0)]
        assert abs(mine.sum() - expected) < 5 * np.sqrt(np.sum(mine**2)) + 0.03 * expected
        assert np.sqrt(np.sum(mine**2)) < 0.1 * expected


def test_gsimple_window_flux_is_that_of_its_parents(tmp_path: Path, decays: ParentFlux) -> None:
    """Rays per area and proton against the flux of the same decays in a thin volume where the window is."""
    parents = mesons(decays)
    centre = np.array([0.7378, 0.0, 109.0])
    columns = writers.window_rays(parents, centre, 2.0, -1.0, seed=7)
    columns["wgt"] *= PROTONS
    columns = {name: values[np.isin(columns["ndecay"], (5, 8, 13, 14))] for name, values in columns.items()}
    names = ("ptype", "ndecay", "vx", "vy", "vz", "pdpx", "pdpy", "pdpz")
    bare = {name: values for name, values in columns.items() if name not in names}
    edges = np.array([0.0, 0.5, 1.0, 2.0, 5.0])
    reference = neutrino_flux(parents, [Box((0.7378, 0.0, 108.9995), size=(4.0, 4.0, 0.001))], edges, ("numu", "numubar"))
    share = 0.6356 / (0.6356 + 0.03352)
    for number, content in enumerate((columns, bare)):
        path = writers.write_gsimple(tmp_path / f"{number}.root", content, PROTONS, centre, 2.0)
        flux = load_flux(FluxFiles((path,), "gsimple"))
        assert (flux.parents is None) == (number == 1)
        assert flux.rays is not None
        found = window_flux(flux.rays, edges, ("numu", "numubar"))
        if number == 0:
            twice = window_flux(flux.rays, edges, ("numu", "numubar"), {"K+": 2.0})
            assert np.allclose(twice["numu"], found["numu"] + found.by_parent["numu"]["K+"], rtol=1e-12, atol=0)
        assert set(found.by_parent["numu"]) == ({"pi+", "K+"} if number == 0 else {"unknown"})
        kaons = reference.by_parent["numu"]["K+"]
        error = np.hypot(found.stat_error["numu"], reference.stat_error["numu"])
        # the share of K+ -> pi0 mu nu in a bin of the reference is about that of all bins
        assert np.all(np.abs(found["numu"] - reference.by_parent["numu"]["pi+"] - share * kaons) < 5 * error + 0.05 * kaons)


def test_gsimple_windows_of_the_booster_beam_are_in_cm(tmp_path: Path, decays: ParentFlux) -> None:
    """BooNEtoGSimple leaves the window in cm and in another frame; the rays begin on it."""
    parents = mesons(decays)
    centre = np.array([0.7378, 0.0, 109.0])
    columns = writers.window_rays(parents, centre, 2.0, 0.0, seed=7)
    path = writers.write_gsimple(tmp_path / "a.root", columns, 1.0, np.array([0.0, 0.0, -50.0]), 200.0)
    flux = load_flux(FluxFiles((path,), "gsimple"))
    assert flux.parents is not None
    same(flux.parents, parents, weight=1e-11)
    assert any("the window of meta is in cm" in note for note in flux.notes)


@pytest.mark.parametrize(("length", "momentum"), [("m", "GeV"), ("cm", "MeV"), ("mm", "GeV")])
def test_csv_comes_back_row_by_row(tmp_path: Path, bnb: Beam, length: str, momentum: str) -> None:
    """The committed table itself, decay segments and times included."""
    parents = load_parents(bnb, "fhc")
    few = select(parents, np.arange(0, len(parents.pdg), 40))
    path = writers.write_csv(tmp_path / "a.csv", few, PROTONS, length, momentum)
    assert guess_format(path) == "csv"
    found = user_parents(FluxFiles((path,), "csv", momentum=8.89))
    assert np.array_equal(found.pdg, few.pdg)
    for name in ("momentum", "start", "time", "path", "weight"):
        assert np.allclose(getattr(found, name), getattr(few, name), rtol=1e-14, atol=1e-16), name


def test_csv_columns_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "# made by hand\n#protons = 1e3\n\nweight,pz[MeV/c],px[MeV], py[GeV] ,pdg,z[cm],y[mm],x[m]\n2,3000,0,0.001,-321,150,30,0.2\n"
    )
    parents = user_parents(FluxFiles((path,), "csv"))
    assert parents.pdg.tolist() == [-321]
    assert parents.momentum[0] == pytest.approx([0.0, 0.001, 3.0])
    assert parents.start[0] == pytest.approx([0.2, 0.03, 1.5])
    assert parents.weight[0] == pytest.approx(2e-3)
    assert parents.time[0] == pytest.approx(np.linalg.norm([0.2, 0.03, 1.5]) * np.hypot(3.0, 0.493677) / 3.0, rel=1e-6)


def test_mevprtl_comes_back_at_the_target(tmp_path: Path, decays: ParentFlux) -> None:
    """Protons are the sum of npot; the decays are at the file's zero; that kaons fly is said."""
    few = select(decays, decays.pdg == 321)
    path = writers.write_mevprtl(tmp_path / "a.txt", few, PROTONS, head="# mesons\npx py pz E pdg weight npot\n")
    assert guess_format(path) == "mevprtl"
    flux = load_flux(FluxFiles((path,), "mevprtl"))
    assert flux.protons == pytest.approx(PROTONS)
    assert flux.parents is not None
    assert np.array_equal(flux.parents.momentum, few.momentum)
    assert flux.parents.weight == pytest.approx(few.weight, rel=1e-10)
    assert not flux.parents.start.any()
    assert "a.txt: this format has no decay points: K+ decay at the target" in flux.notes[-1]


def test_frames(tmp_path: Path) -> None:
    """A file whose z axis lies along the beam's x, with its zero 3 m downstream and 1 m up."""
    path = tmp_path / "a.csv"
    path.write_text("# protons = 1\npdg,x[m],y[m],z[m],px[GeV],py[GeV],pz[GeV],weight,t[ns]\n211,0,0,2,0,0,5,1,10\n")
    rotation = ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    parents = user_parents(FluxFiles((path,), "csv", origin=(0.0, 1.0, 3.0), rotation=rotation))
    assert parents.start[0] == pytest.approx([2.0, 1.0, 3.0])
    assert parents.momentum[0] == pytest.approx([5.0, 0.0, 0.0])
    assert parents.time[0] == pytest.approx(10 * 0.299792458 + 3.0)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    line = "211,0,0,2,0,0,5,1\n"
    path.write_text("# protons = 1\npdg,x[m],y[m],z[m],px[GeV],py[GeV],pz[GeV],weight\n" + line)
    files = FluxFiles((path,), "csv")
    assert load_flux(files) is load_flux(files)
    before = load_flux(files).files[0].sha256
    path.write_text(path.read_text() + line)
    assert len(user_parents(files).pdg) == 2
    assert load_flux(files).files[0].sha256 != before
