"""Cards of several hidden families: what they may say, what is refused, and that what is read can be written and read again."""

import cmath
from pathlib import Path

import pytest

from nusim.cards.read import read_model, resolved, split_changes
from nusim.errors import NusimError
from nusim.model.model import CasasIbarra, DarkNeutrinoFamilies, Matrices

CARD = """
name = "my"
kind = "dark-neutrino-families"
source = "a test"
[matrices]
m_dirac = [[1e-4, 0.0], [[1e-4, 2e-4], 1e-4], [0.0, 3e-4]]
lambda = [[0.1, 0.0], [0.01, 0.3]]
mu = [[0.05, [0.0, 0.01]], [[0.0, 0.01], 0.2]]
[mediator]
m_zprime = 1.0
m_phi = 2.0
g_dark = 1.0
"""


def card(folder: Path, text: str) -> Path:
    path = folder / "my.toml"
    path.write_text(text)
    return path


M_DIRAC = "m_dirac = [[1e-4, 0.0], [[1e-4, 2e-4], 1e-4], [0.0, 3e-4]]"
MU = "mu = [[0.05, [0.0, 0.01]], [[0.0, 0.01], 0.2]]"


def test_matrices_real_and_complex(tmp_path: Path) -> None:
    model = read_model(card(tmp_path, CARD))
    assert isinstance(model, DarkNeutrinoFamilies)
    assert isinstance(model.mass, Matrices)
    assert model.number == 2
    assert model.majorana
    assert model.mass.m_dirac[1] == (1e-4 + 2e-4j, 1e-4)
    assert model.mass.mu == ((0.05, 0.01j), (0.01j, 0.2))


def write(value: object) -> str:
    """TOML of plain values."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {write(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write(entry) for entry in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


@pytest.mark.parametrize("name", ["two-families", "three-families", "pseudo-dirac", "my"])
def test_what_is_resolved_is_a_card_again(tmp_path: Path, name: str) -> None:
    model = read_model(card(tmp_path, CARD) if name == "my" else name)
    text = "\n".join(f"{key} = {write(value)}" for key, value in resolved(model).items())
    path = tmp_path / f"{name}.toml"
    path.write_text(text)
    assert read_model(path) == model


def test_the_shipped_cards() -> None:
    for name, number in (("two-families", 2), ("three-families", 3), ("pseudo-dirac", 2)):
        model = read_model(name)
        assert isinstance(model, DarkNeutrinoFamilies)
        assert isinstance(model.mass, CasasIbarra)
        assert model.number == number
        # a31 = 2 delta where the card says so, so that the electron's row is real
        if model.mass.majorana_phases[1]:
            assert cmath.exp(1j * (model.mass.majorana_phases[1] - 2 * model.mass.delta)) == pytest.approx(1.0)


def test_entries_can_be_set() -> None:
    model = read_model("two-families", set={"casas_ibarra.mu.0.0": 0.1, "casas_ibarra.rotation": [[0.1, 0.2]], "mediator.m_zprime": 0.5})
    assert isinstance(model, DarkNeutrinoFamilies)
    assert isinstance(model.mass, CasasIbarra)
    assert model.mass.mu[0][0] == 0.1
    assert model.mass.rotation == (0.1 + 0.2j,)


def test_keys_are_told_from_those_of_experiments() -> None:
    changes = {"casas_ibarra.mu.0.0": 0.1, "mediator.m_zprime": 0.5, "protons": 1e20}
    assert split_changes("two-families", changes) == ({k: changes[k] for k in list(changes)[:2]}, {"protons": 1e20})


@pytest.mark.parametrize(("old", "new", "message"), [
    ("[matrices]", "[matrix]", "unknown key 'matrix'; did you mean 'matrices'?"),
    ("[mediator]", "[casas_ibarra]\nlight_masses_ev = [0.0, 0.0, 0.05]\nsin2_theta12 = 0.3\nsin2_theta13 = 0.02\nsin2_theta23 = 0.5\n"
     "lambda = [[0.1]]\nmu = [[0.1]]\n[mediator]", "exactly one of [matrices] and [casas_ibarra] is needed, found both"),
    ("lambda = [[0.1, 0.0], [0.01, 0.3]]", "lambda = [[0.1], [0.01]]",
     "matrices.lambda: found 2 rows (N) of 1 (D), which would mean 1 light masses mD^2/mu at tree level; give as many D as N"),
    ("lambda = [[0.1, 0.0], [0.01, 0.3]]", "lambda = [[0.1, 0.0, 0.0], [0.01, 0.3, 0.0]]",
     "matrices.lambda: found 2 rows (N) of 3 (D), which would mean 1 massless dark neutrinos; give as many D as N"),
    ("lambda = [[0.1, 0.0], [0.01, 0.3]]", "lambda = [[0.1, 0.0], [0.01]]", "matrices.lambda: found 2 rows of 2, 1; a row for each"),
    ("lambda = [[0.1, 0.0], [0.01, 0.3]]", "", "matrices: missing key 'lambda'"),
    (MU, "mu = [[0.05, 0.1], [0.2, 0.2]]", "matrices.mu: "),
    (MU, "mu = [[0.05, 0.1]]", "matrices.mu: found 1 rows of 2; a symmetric matrix"),
    (MU, "mu = 0.1", "matrices: mu = 0.1: a list is needed"),
    (M_DIRAC, "m_dirac = [[1e-4, 0.0]]", "matrices.m_dirac: found 1 rows of 2; 3 rows e, mu"),
    (M_DIRAC, "m_dirac = [[0, 0], [0, 0], [0, 0]]", "matrices.m_dirac: all entries are zero"),
    ('source = "a test"', 'source = "a test"\nmajorana = false', "majorana = false: this kind violates lepton number"),
    ('source = "a test"', "", "missing key 'source'"),
    ("3e-4]]", "1e40]]", "matrices.m_dirac[2][1] = 1e+40+0j: beyond 1e+20 GeV"),
])  # fmt: skip
def test_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = CARD.replace(old, new)
    assert text != CARD
    path = card(tmp_path, text)
    with pytest.raises(NusimError) as refused:
        read_model(path)
    assert str(refused.value).startswith(f"{path}: {message}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("key", "value", "message"), [
    ("mixing2", 1e-8, "two-families.toml: mixing2 = 1e-08: several families have no single mixing"),
    ("casas_ibarra.rotation", [0.1, 0.2], "two-families.toml: casas_ibarra.rotation: found 2 angles; 2 families need 1"),
    ("casas_ibarra.rotation", [[0.1, 99.0]], "two-families.toml: casas_ibarra.rotation[0]"),
    ("casas_ibarra.sin2_theta12", 1.2, "two-families.toml: casas_ibarra.sin2_theta12 = 1.2"),
    ("casas_ibarra.light_masses_ev", [0.0, -1.0, 0.05], "two-families.toml: casas_ibarra.light_masses_ev[1] = -1"),
    ("casas_ibarra.light_masses_ev", [0.0, 0.0, 0.0], "two-families.toml: casas_ibarra.light_masses_ev: all are zero"),
    ("casas_ibarra.lamda", [[0.1]], "two-families.toml: casas_ibarra: unknown key 'lamda'; did you mean 'lambda'?"),
    ("casas_ibarra.mu", [[0.1, "a"], [0.0, 0.1]], "two-families.toml: casas_ibarra.mu"),
])  # fmt: skip
def test_refused_overrides(key: str, value: object, message: str) -> None:
    with pytest.raises(NusimError) as refused:
        read_model("two-families", set={key: value})
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)
