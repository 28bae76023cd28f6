"""Cards at the door: shipped ones are read, files are read, whatever is wrong is one clear line."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from nusim.cards.locate import KINDS, shipped
from nusim.cards.read import CardWarning, load_model, read_beam, read_experiment, read_model, resolved
from nusim.cards.toml import read_toml, toml_value
from nusim.errors import CardError, NusimError, ParameterError
from nusim.model.model import DarkNeutrino, Hnl, Lagrangian, Physical

CIRCLE = """
name = "my"
kind = "dark-neutrino"
source = "arXiv:1903.07590, Fig. 2, circle"
flavour = { mu = 2.0, e = 2.0 }
[physical]
m5 = 0.150
mass_ratio = 0.5
m3_ev = 0.05
[mediator]
m_zprime = 1.0
m_phi = 2.0
g_dark = 1.0
"""

DETECTOR = """
name = "my"
source = "a test"
protons = 1e20
criterion = { kind = "count", events = 2.3 }
[beam]
card = "bnb"
[[detector]]
shape = "box"
size = [4.0, 4.0, 5.0]
front = [0.0, 0.0, 110.0]
"""


def card(folder: Path, text: str) -> Path:
    path = folder / "my.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in KINDS for name in shipped(kind)])
def test_every_shipped_card_is_read_and_named_as_its_file(kind: str, name: str) -> None:
    read: Any = {"model": read_model, "experiment": read_experiment, "beam": read_beam}[kind]
    assert read(name).name == name
    assert read(name).source


def test_the_circle() -> None:
    model = read_model("circle")
    assert isinstance(model, DarkNeutrino)
    assert model.flavour == (0.0, 1.0, 0.0)
    assert model.mass == Physical(m5=0.15, mass_ratio=0.5, m3_ev=0.05)
    assert (model.mediator.m_zprime, model.mediator.m_phi, model.mediator.g_dark) == (1.0, 2.0, 1.0)


def test_sbnd_stands_where_the_beams_geometry_puts_it() -> None:
    experiment = read_experiment("sbnd")
    assert experiment.protons == 6.6e20
    assert experiment.detectors[0].volume == pytest.approx(80.0)
    assert list(experiment.detectors[0].centre) == pytest.approx([0.7378, 0.0, 112.5])
    assert list(experiment.detector_origin) == pytest.approx([0.7378, 0.0, 112.5])
    assert experiment.selection.thresholds["pi"] == 0.1


def test_microboone_local_origin_is_that_of_its_geometry() -> None:
    experiment = read_experiment("microboone")
    centre = experiment.to_detector(experiment.detectors[0].centre[None, :])[0]
    # centre of the active box, x -1.55..254.8, y -115.53..117.47, z 0.1..1036.9 cm
    assert list(centre) == pytest.approx([1.26625, 0.0097, 5.185], abs=1e-3)


@pytest.mark.parametrize("name", ["circle", "star", "triangle", "hnl"])
def test_resolved_is_a_card_again(name: str) -> None:
    from nusim.cards.model import model_card

    model = read_model(name)
    assert model_card(resolved(model), name).model() == model


def test_resolved_experiment_is_a_card_again() -> None:
    from nusim.cards.experiment import ExperimentCard
    from nusim.cards.flux import beam_of_files
    from nusim.cards.toml import validate

    change = {"beam.normalisation.K+": 1.1, "selection.efficiency": {"e+ nu e-": 0.5}, "selection.min_opening_angle": {"mu e": 0.1}}
    experiment = read_experiment("sbnd", set={**change, "selection.min_vertex_radius": 0.2, "selection.min_track_radius": 0.1})
    again = validate(ExperimentCard, resolved(experiment), "sbnd").experiment(
        read_beam, read_experiment, lambda table: beam_of_files(table, Path())
    )
    assert resolved(again) == resolved(experiment)
    assert again.selection == experiment.selection
    assert again.selection.efficiency_of("nu e- e+") == 0.5
    assert again.selection.opening_angle_of("e", "mu") == again.selection.opening_angle_of("mu", "e") == 0.1
    assert again.selection.opening_angle_of("e", "e") == 0.0
    assert (again.selection.min_vertex_radius, again.selection.min_track_radius) == (0.2, 0.1)
    assert again.normalisation == {"K+": 1.1}


def test_a_file_by_path(tmp_path: Path) -> None:
    model = read_model(card(tmp_path, CIRCLE))
    assert isinstance(model, DarkNeutrino)
    assert model.name == "my"
    assert model.majorana
    assert model.flavour == (0.5, 0.5, 0.0)
    assert read_model(str(tmp_path / "my.toml")) == model


def test_lagrangian_parameters(tmp_path: Path) -> None:
    text = CIRCLE.replace(
        "[physical]\nm5 = 0.150\nmass_ratio = 0.5\nm3_ev = 0.05", "[lagrangian]\nm_dirac = 1e-4\nlambda = 0.1\nmu_prime = 0.07"
    )
    model = read_model(card(tmp_path, text))
    assert isinstance(model, DarkNeutrino)
    assert model.mass == Lagrangian(1e-4, 0.1, 0.07)
    assert resolved(model)["lagrangian"] == {"m_dirac": 1e-4, "lambda": 0.1, "mu_prime": 0.07}


def test_a_name_unlike_the_files_is_said(tmp_path: Path) -> None:
    with pytest.warns(CardWarning, match=r"my.toml: name = 'circle' differs from the file's name"):
        read_model(card(tmp_path, CIRCLE.replace('"my"', '"circle"')))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("m_zprime", "mzprime", "mediator: unknown key 'mzprime'; did you mean 'm_zprime'?"),
        ('source = "arXiv:1903.07590, Fig. 2, circle"', "", "missing key 'source'"),
        ("m5 = 0.150", 'm5 = "0.150"', "physical: m5 = '0.150': a number is needed"),
        ("m5 = 0.150", "m5 = true", "physical: m5 = true: a number is needed"),
        ("m5 = 0.150", "m5 = nan", "physical: m5 = nan: a finite number is needed"),
        ("m5 = 0.150", "", "physical: missing key 'm5'"),
        ("m5 = 0.150", "m5 = -0.1", "physical.m5 = -0.1: masses must be positive"),
        ("mass_ratio = 0.5", "m4 = 0.2", "physical.m4 = 0.2: heavier than physical.m5 = 0.15; nu4 is the lighter state, give m4 <= m5"),
        ("mass_ratio = 0.5", "mass_ratio = 0.5\nm4 = 0.075", "physical: found mass_ratio and m4; give exactly one of "),
        ("m3_ev = 0.05", "", "physical: found none of them; give exactly one of physical.m3_ev and physical.mixing2"),
        ("m3_ev = 0.05", "mixing2 = 0.9", "physical.mixing2 = 0.9: |U_4|^2 is at most 1/(1 + m4/m5)"),
        ("m3_ev = 0.05", 'mixing2 = 1e-6\nbranch = "large"', "physical: branch chooses a root of the mass condition: it goes with m3_ev"),
        ("m3_ev = 0.05", 'm3_ev = 0.05\nbranch = "middle"', "physical: branch = 'middle': one of 'small', 'large' is needed"),
        (
            "[mediator]",
            "[lagrangian]\nm_dirac = 1\nlambda = 1\nmu_prime = 1\n[mediator]",
            "exactly one of [physical] and [lagrangian] is needed, found both",
        ),
        ("flavour = { mu = 2.0, e = 2.0 }", "flavour = {}", "flavour: all three shares are zero"),
        ("flavour = { mu = 2.0, e = 2.0 }", "flavour = { muon = 1.0 }", "flavour: unknown key 'muon'; did you mean 'mu'?"),
        ("flavour = { mu = 2.0, e = 2.0 }", "flavour = { mu = 1.0, e = -1.0 }", "flavour.e = -1: a share of |U|^2 must not be negative"),
        ('kind = "dark-neutrino"', 'kind = "dark-neutrinos"', "kind = 'dark-neutrinos': one of 'dark-neutrino', "),
        ('kind = "dark-neutrino"', "", "missing key 'kind'; a model card says kind = 'dark-neutrino' or"),
        ('kind = "dark-neutrino"', 'kind = "dark-neutrino"\nmajorana = 1', "majorana = 1: true or false is needed"),
        ('kind = "dark-neutrino"', 'kind = "dark-neutrino"\nmajorana = false', "majorana = false: found physical.m3_ev = 0.05, but"),
        ("flavour = { mu = 2.0, e = 2.0 }", "flavour = 3", "flavour = 3: a table is needed"),
        ("m5 = 0.150", "m5 = = 1", "not TOML: Invalid value (at line 7, column 6)"),
        ("m5 = 0.150", "m5 = 1\nm5 = 2", "not TOML: Cannot overwrite a value (at line 8, column 7)"),
    ],
)
def test_refused_model_files(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = CIRCLE.replace(old, new)
    assert text != CIRCLE
    path = card(tmp_path, text)
    with pytest.raises(NusimError) as refused:
        read_model(path)
    assert str(refused.value).startswith(f"{path}: {message}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("protons = 1e20", 'protons = "many"', "protons = 'many': a number is needed"),
        ("protons = 1e20", "protons = -1.0", "protons = -1.0: input should be greater than 0"),
        ("protons = 1e20", "", "missing protons; an experiment needs protons, [beam] and [[detector]], or members"),
        ('shape = "box"', 'shape = "ball"', "detector[0]: shape = 'ball': one of 'box', 'ellipse', 'frustum', 'cylinder' is needed"),
        ("size = [4.0, 4.0, 5.0]", "size = [4.0, 4.0]", "detector[0]: size = [4.0, 4.0]: a list of 3 is needed"),
        (
            "size = [4.0, 4.0, 5.0]",
            "size = [4.0, 4.0, 5.0, 6.0]",
            "detector[0]: size = [4.0, 4.0, 5.0, 6.0]: a box needs [width, height, length]",
        ),
        ("size = [4.0, 4.0, 5.0]", "size = [4.0, -4.0, 5.0]", "size: height = -4.0: a detector's dimensions must be positive"),
        ("size = [4.0, 4.0, 5.0]", "radius = 3.0", "detector[0]: a box needs size = [width, height, length]"),
        ("size = [4.0, 4.0, 5.0]", "size = [4.0, 4.0, 5.0]\nradius = 1.0", "detector[0]: radius does not belong to a box, which has size"),
        ("size = [4.0, 4.0, 5.0]", "sizes = [4.0, 4.0, 5.0]", "detector[0]: unknown key 'sizes'; did you mean 'size'?"),
        ("front = [0.0, 0.0, 110.0]", "front = [0.0, 0.0, -110.0]", "my: detector: front = [0.0, 0.0, -110.0]: the volume must lie ahead"),
        (
            "front = [0.0, 0.0, 110.0]",
            "front = [0.0, 0.0, 110.0]\nrotation = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]",
            "rotation = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]: the rows must be",
        ),
        ("events = 2.3", "confidence = 0.9", "criterion: kind = 'count' needs events, and no confidence"),
        ('card = "bnb"', 'card = "bnx"', "unknown beam card 'bnx'; did you mean 'bnb'?"),
        ('card = "bnb"', 'card = "bnb"\npolarity = "up"', "beam: polarity = 'up': one of 'fhc', 'rhc' is needed"),
        ('card = "bnb"', 'file = "flux.root"\nformat = "dk2nu"', "beam.file: flux.root: no such flux file in "),
        ('card = "bnb"', 'file = "*.root"', "beam.file: *.root: no flux file matches in "),
        ('card = "bnb"', 'card = "bnb"\nfile = "flux.root"', "beam: exactly one of card and file is needed, found both"),
        ('card = "bnb"', "file = []", "beam.file: a path or a glob in quotes is needed, or a list of them"),
        ('card = "bnb"', 'file = ["a.root", 3]', "beam.file: a path or a glob in quotes is needed, or a list of them"),
        (
            'card = "bnb"',
            'file = "flux.root"\nformat = "root"',
            "beam: format = 'root': one of 'dk2nu', 'gsimple', 'mevprtl', 'csv' is needed",
        ),
        ('card = "bnb"', 'card = "bnb"\nformat = "dk2nu"', "beam: format belongs to file, not to card"),
        ('card = "bnb"', 'card = "bnb"\naxisymmetric = true', "beam: axisymmetric belongs to file, not to card"),
        ('card = "bnb"', 'card = "bnb"\nnormalisation = { "Q+" = 1.0 }', "beam.normalisation: unknown parent 'Q+'"),
        ("[beam]", 'members = ["sbnd"]\n[beam]', "an experiment with members has no protons or [beam] or [[detector]] of its own"),
        (
            "[[detector]]",
            '[selection]\nvisible = ["e", "x"]\n[[detector]]',
            "selection.visible[1] = 'x': one of 'e', 'mu', 'pi', 'gamma', 'K' is needed",
        ),
        (
            "[[detector]]",
            "[selection]\nthresholds = { muon = 0.1 }\n[[detector]]",
            "selection.thresholds: unknown key 'muon'; did you mean 'mu'?",
        ),
        (
            "[[detector]]",
            "[selection]\nefficiency = 1.2\n[[detector]]",
            "selection: efficiency = 1.2: input should be less than or equal to 1",
        ),
        (
            "[[detector]]",
            '[selection]\nefficiency = { "nu q" = 1.0 }\n[[detector]]',
            "selection.efficiency: final state 'nu q': unknown particle 'q'",
        ),
        (
            "[[detector]]",
            '[selection]\nmin_opening_angle = { "e tau" = 0.1 }\n[[detector]]',
            "selection.min_opening_angle: 'e tau': angles are given by two kinds, as in 'e e'; kinds are e, mu, pi, gamma, K",
        ),
        (
            "[[detector]]",
            '[selection]\nmin_opening_angle = { "e mu" = 0.1, "mu e" = 0.2 }\n[[detector]]',
            "selection.min_opening_angle: 'e mu': one pair of kinds is given twice",
        ),
        (
            "[[detector]]",
            "[selection]\nmin_track_radius = -0.1\n[[detector]]",
            "selection: min_track_radius = -0.1: input should be greater than or equal to 0",
        ),
    ],
)
def test_refused_experiment_files(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = DETECTOR.replace(old, new)
    assert text != DETECTOR
    path = card(tmp_path, text)
    with pytest.raises(NusimError) as refused:
        read_experiment(path)
    assert str(refused.value).startswith(f"{path}: {message}")
    assert "\n" not in str(refused.value)


def test_a_composite_reads_its_members(tmp_path: Path) -> None:
    text = 'name = "my"\nsource = "a test"\ncriterion = { kind = "count", events = 2.3 }\nmembers = ["sbnd", "microboone"]\n'
    experiment = read_experiment(card(tmp_path, text))
    assert [member.name for member in experiment.members] == ["sbnd", "microboone"]
    assert [member["protons"] for member in resolved(experiment)["members"]] == [6.6e20, 13.2e20]


def test_a_composite_of_itself_is_refused(tmp_path: Path) -> None:
    text = 'name = "my"\nsource = "a test"\ncriterion = { kind = "count", events = 2.3 }\nmembers = ["my.toml"]\n'
    with pytest.raises(CardError, match="the experiment is a member of itself"):
        read_experiment(card(tmp_path, text))


SHAPES = [
    ('shape = "cylinder"\nradius = 2.0\nlength = 3.0\naxis = "x"', 37.699111843),
    ('shape = "frustum"\nsize = [1.0, 1.0, 2.0, 2.0, 3.0]', 7.0),
    ('shape = "ellipse"\nsize = [2.0, 4.0, 5.0]', 31.415926536),
]


@pytest.mark.parametrize(("lines", "volume"), SHAPES)
def test_other_shapes(tmp_path: Path, lines: str, volume: float) -> None:
    text = DETECTOR.replace('shape = "box"\nsize = [4.0, 4.0, 5.0]', lines)
    experiment = read_experiment(card(tmp_path, text))
    assert experiment.detectors[0].volume == pytest.approx(volume)
    dictionary = resolved(experiment)["detector"][0]
    assert dictionary["shape"] == lines.split('"')[1]


def test_what_is_no_card(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"nothing.toml: no such file$"):
        read_model(tmp_path / "nothing.toml")
    with pytest.raises(CardError, match="is a folder; a card is a TOML file"):
        read_model(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\x00\xff\xfe")
    with pytest.raises(CardError, match="not a text file; a card is a TOML file in UTF-8"):
        read_model(binary)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("circel", "unknown model card 'circel'; did you mean 'circle'? a file is given by its path, ending in .toml"),
        ("qqqqqq", "unknown model card 'qqqqqq'; shipped: circle, "),
        ("sbnd", "'sbnd' is the name of an experiment card; a model card is needed: circle, "),
        ("", "unknown model card ''"),
    ],
)
def test_unknown_names(name: str, message: str) -> None:
    with pytest.raises(CardError) as refused:
        read_model(name)
    assert str(refused.value).startswith(message)


class TestOverrides:
    def test_values(self) -> None:
        model = read_model("circle", set={"mediator.m_zprime": 0.5})
        assert isinstance(model, DarkNeutrino)
        assert model.mediator.m_zprime == 0.5
        hnl = read_model("hnl", set={"m4": 0.5, "mixing2.mu": 1.0, "majorana": True})
        assert isinstance(hnl, Hnl)
        assert (hnl.m4, hnl.mixing2) == (0.5, (0.0, 1.0, 0.0))

    def test_an_override_leaves_the_shipped_card_alone(self) -> None:
        before = read_model("circle")
        read_model("circle", set={"physical.m5": 0.2})
        assert read_model("circle") == before

    def test_a_rival_is_removed_and_said(self) -> None:
        with pytest.warns(
            CardWarning, match=r"circle.toml: setting physical.mixing2 removes physical.m3_ev and physical.branch of the card"
        ):
            model = read_model("circle", set={"physical.mixing2": 1e-6})
        assert isinstance(model, DarkNeutrino)
        assert model.mass == Physical(m5=0.15, mass_ratio=0.5, mixing2=1e-6)

    def test_m4_removes_the_mass_ratio(self) -> None:
        model, notes = load_model("circle", {"physical.m4": 0.1})
        assert isinstance(model, DarkNeutrino)
        assert model.mass == Physical(m5=0.15, m4=0.1, m3_ev=0.05)
        assert notes == ("circle.toml: setting physical.m4 removes physical.mass_ratio of the card",)

    def test_the_lagrangian_removes_the_physical_table_once(self) -> None:
        changes = {"lagrangian.m_dirac": 1e-4, "lagrangian.lambda": 0.1, "lagrangian.mu_prime": 0.07}
        model, notes = load_model("circle", changes)
        assert isinstance(model, DarkNeutrino)
        assert model.mass == Lagrangian(1e-4, 0.1, 0.07)
        assert notes == ("circle.toml: setting lagrangian removes physical of the card",)

    def test_chi_removes_epsilon(self) -> None:
        model, notes = load_model("circle", {"portals.chi_hypercharge": 1e-3})
        assert isinstance(model, DarkNeutrino)
        assert model.portals.chi_hypercharge == 1e-3
        assert notes == ("circle.toml: setting portals.chi_hypercharge removes portals.epsilon of the card",)

    def test_two_rivals_at_once_stay_and_are_refused(self) -> None:
        with pytest.raises(ParameterError, match="found mass_ratio and m4"):
            load_model("circle", {"physical.m4": 0.1, "physical.mass_ratio": 0.5})

    def test_the_axis_mixing2_of_a_dark_neutrino(self) -> None:
        assert load_model("circle", {"mixing2": 1e-6})[0] == load_model("circle", {"physical.mixing2": 1e-6})[0]

    def test_the_axis_mixing2_of_an_hnl_keeps_the_shares(self) -> None:
        model = read_model("hnl", set={"mixing2.e": 1e-8, "mixing2.mu": 3e-8})
        scaled = read_model("hnl", set={"mixing2": {"e": 1e-8, "mu": 3e-8, "tau": 0.0}})
        assert scaled == model
        one = read_model("hnl", set={"mixing2": 4e-6})
        assert isinstance(one, Hnl)
        assert one.mixing2 == (0.0, 4e-6, 0.0)

    def test_the_axis_mixing2_without_shares_is_refused(self, tmp_path: Path) -> None:
        path = card(tmp_path, 'name = "my"\nkind = "hnl"\nsource = "a test"\nm4 = 0.1\nmixing2 = { mu = 0.0 }\n')
        with pytest.raises(CardError, match="the card's mixings are all zero and have no shares"):
            read_model(path, set={"mixing2": 1e-6})

    def test_an_experiments_values(self) -> None:
        experiment = read_experiment("sbnd", set={"protons": 1e21, "detector.0.size": [1.0, 1.0, 1.0], "beam.polarity": "rhc"})
        assert (experiment.protons, experiment.polarity) == (1e21, "rhc")
        assert experiment.detectors[0].volume == 1.0

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("mediator.mzprime", 1.0, "circle.toml: mediator: unknown key 'mzprime'; did you mean 'm_zprime'?"),
            ("mediatr.m_phi", 1.0, "circle.toml: unknown key 'mediatr'; did you mean 'mediator'?"),
            ("epsilon", 1e-4, "circle.toml: unknown key 'epsilon'; did you mean 'portals.epsilon'?"),
            ("physical.m5", "heavy", "circle.toml: physical: m5 = 'heavy': a number is needed"),
            ("name.first", "a", "circle.toml: name.first: name = 'circle' is a value, not a table of keys"),
            ("physical..m5", 1.0, "circle.toml: physical..m5: an empty key; write table.key=value"),
            ("mixing2", "much", "circle.toml: physical: mixing2 = 'much': a number is needed"),
        ],
    )
    def test_refused(self, key: str, value: Any, message: str) -> None:
        with pytest.raises(CardError) as refused:
            load_model("circle", {key: value})
        assert str(refused.value) == message

    def test_lists_are_counted(self) -> None:
        with pytest.raises(CardError, match=r"found 'size' in a list of 1; its entries are counted from 0, as in detector\.0\.size"):
            read_experiment("sbnd", set={"detector.size": [1.0, 1.0, 1.0]})

    def test_no_warning_where_nothing_is_removed(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_model("circle", set={"physical.m5": 0.2})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-8", 1e-8),
        ("true", True),
        ("[1.0, 2.0]", [1.0, 2.0]),
        ('"a b"', "a b"),
        ("rhc", "rhc"),
        ("1", 1),
        ("a\nb = 1", "a\nb = 1"),
        ("{ e = 1 }", {"e": 1}),
    ],
)
def test_values_of_the_command_line(text: str, value: Any) -> None:
    assert toml_value(text) == value


def test_comments_are_found() -> None:
    from nusim.cards.toml import comments

    said = comments('a = 1 # one\n[t]\nb = "x # y"   # two\nc = { d = 1.0 } # three\n[[l]]\ne = 1 # four\n[[l]]\ne = 1\n')
    assert said == {"a": "one", "t.b": "two", "t.c": "three", "t.c.d": "three", "l.0.e": "four"}


def test_every_number_of_an_experiment_card_says_where_it_comes_from() -> None:
    from nusim.cards.toml import comments

    for path in shipped("experiment").values():
        data, text = read_toml(path)
        said = comments(text)
        if "members" in data:
            continue
        if "recast" in data:
            limits = [f"recast.limit.{k}.{key}" for k in range(len(data["recast"]["limit"])) for key in ("visible", "majorana", "masses")]
            for key in ("protons", "criterion", "recast.distance", "recast.momentum", "recast.uncertainty", *limits):
                assert "[" in said.get(key, ""), f"{path.name}: {key}"
            continue
        size = [f"detector.0.{key}" for key in ("size", "radius", "length") if key in data["detector"][0]]
        thresholds = ["selection.thresholds"] if "thresholds" in data["selection"] else []
        for key in ("protons", "criterion", *size, "detector.0.front", *thresholds, "selection.efficiency"):
            assert "[" in said.get(key, ""), f"{path.name}: {key}"
        assert data["source"]


def test_a_composite_needs_its_members_only(tmp_path: Path) -> None:
    path = tmp_path / "both.toml"
    path.write_text('name = "both"\nsource = "x"\nmembers = ["sbnd", "microboone"]\n')
    both = read_experiment(path)
    assert [member.name for member in both.members] == ["sbnd", "microboone"]
    assert (both.criterion.kind, both.criterion.confidence) == ("feldman-cousins", 0.90)
    path.write_text(path.read_text() + "[selection]\nmin_visible = 1\n")
    with pytest.raises(NusimError, match=r"no \[selection\] of its own"):
        read_experiment(path)


def test_another_criterion_replaces_its_number() -> None:
    with pytest.warns(CardWarning, match="removes criterion.confidence"):
        experiment = read_experiment("sbnd", set={"criterion.kind": "count", "criterion.events": 2.3})
    assert (experiment.criterion.kind, experiment.criterion.events, experiment.criterion.confidence) == ("count", 2.3, None)
