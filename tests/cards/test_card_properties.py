"""Cards written from what was read give the same again, whatever values they hold."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nusim.cards.read import load_experiment, load_model, resolved
from nusim.cards.toml import leaves, toml_value
from nusim.errors import NusimError

from ..fuzz.mutate import toml_text

SOME = settings(deadline=None, derandomize=True, max_examples=100, database=None)
AMOUNTS = st.floats(-9.0, 3.0).map(lambda power: float(10.0**power))
SHARES = st.fixed_dictionaries({flavour: st.floats(0.0, 1.0) for flavour in ("e", "mu", "tau")}).filter(
    lambda one: sum(one.values()) > 0.01
)
HEAVY = st.one_of(
    st.fixed_dictionaries({"mass_ratio": st.floats(1e-9, 1.0)}),
    st.fixed_dictionaries({"one_minus_mass_ratio": st.floats(0.0, 0.999)}),
)
LIGHT = st.one_of(
    st.fixed_dictionaries({"m3_ev": AMOUNTS, "branch": st.sampled_from(["small", "large"])}),
    st.fixed_dictionaries({"mixing2": st.floats(0.0, 0.5)}),
)
MASS = st.one_of(
    st.builds(lambda m5, heavy, light: {"physical": {"m5": m5, **heavy, **light}}, AMOUNTS, HEAVY, LIGHT),
    st.fixed_dictionaries({"lagrangian": st.fixed_dictionaries({"m_dirac": AMOUNTS, "lambda": AMOUNTS, "mu_prime": AMOUNTS})}),
)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1)
DARK = st.builds(
    lambda mass, **rest: {"name": "input", "kind": "dark-neutrino", **rest, **mass},
    MASS,
    source=TEXTS,
    flavour=SHARES,
    mediator=st.fixed_dictionaries({"m_zprime": AMOUNTS, "m_phi": AMOUNTS, "g_dark": AMOUNTS}),
    portals=st.one_of(
        st.fixed_dictionaries({"epsilon": st.floats(-0.1, 0.1), "sin_alpha": st.floats(-0.1, 0.1)}),
        st.fixed_dictionaries({"chi_hypercharge": st.floats(-0.1, 0.1)}),
    ),
)
HNL = st.builds(
    lambda **keys: {"name": "input", "kind": "hnl", **keys},
    source=TEXTS,
    majorana=st.booleans(),
    m4=AMOUNTS,
    mixing2=st.fixed_dictionaries({flavour: st.floats(0.0, 0.3) for flavour in ("e", "mu", "tau")}),
)


def written_and_read(load: Any, document: dict[str, Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.toml"
        path.write_text(toml_text(document), encoding="utf-8")
        return load(path)[0]


@SOME
@given(st.one_of(DARK, HNL))
def test_models(document: dict[str, Any]) -> None:
    """The type holds what the card says; its own card is read as the same model."""
    model = written_and_read(load_model, document)
    again = resolved(model)
    for key, value in leaves({key: value for key, value in document.items() if key not in ("flavour", "portals")}):
        assert dict(leaves(again))[key] == value
    assert written_and_read(load_model, again) == model


LENGTHS = st.floats(0.01, 100.0)
SHAPES = st.one_of(
    st.fixed_dictionaries({"shape": st.sampled_from(["box", "ellipse"]), "size": st.tuples(LENGTHS, LENGTHS, LENGTHS).map(list)}),
    st.fixed_dictionaries({"shape": st.just("frustum"), "size": st.tuples(*[LENGTHS] * 5).map(list)}),
    st.fixed_dictionaries({"shape": st.just("cylinder"), "radius": LENGTHS, "length": LENGTHS, "axis": st.sampled_from("xyz")}),
)
DETECTORS = st.builds(
    lambda shape, place: [{**shape, "front": place}], SHAPES, st.tuples(st.floats(-99, 99), st.floats(-99, 99), st.floats(1, 999)).map(list)
)
EXPERIMENTS = st.builds(
    lambda **keys: {"name": "input", "beam": {"card": "bnb", "polarity": "rhc"}, **keys},
    source=TEXTS,
    protons=st.floats(1e10, 1e30),
    background=st.floats(0.0, 1e4),
    detector=DETECTORS,
    selection=st.fixed_dictionaries(
        {
            "visible": st.lists(st.sampled_from(["e", "mu", "pi", "gamma", "K"]), min_size=1, unique=True),
            "thresholds": st.dictionaries(st.sampled_from(["e", "mu", "pi", "gamma", "K"]), st.floats(0.0, 5.0)),
            "min_visible": st.integers(1, 4),
            "efficiency": st.floats(0.0, 1.0),
        }
    ),
)


@SOME
@given(EXPERIMENTS)
def test_experiments(document: dict[str, Any]) -> None:
    found = resolved(written_and_read(load_experiment, document))
    said = dict(leaves(found))
    for key, value in leaves({key: value for key, value in document.items() if key != "selection"}):
        assert said[key] == value
    assert resolved(written_and_read(load_experiment, found)) == found


@SOME
@given(st.one_of(st.floats(allow_nan=False), st.integers(-(2**63), 2**63 - 1), st.booleans()))
def test_numbers_of_set_are_those_that_python_writes(value: float | bool) -> None:
    word = str(value).lower() if isinstance(value, bool) else repr(value)
    found = toml_value(word)
    assert (found, type(found)) == (value, type(value))


@SOME
@given(st.text(max_size=40))
def test_any_text_of_set_is_a_value_or_refused(text: str) -> None:
    with suppress(NusimError):
        toml_value(text)


def test_a_value_of_thousands_of_digits_is_refused() -> None:
    for text in ("9" * 5000, "[" * 5000):
        with pytest.raises(NusimError, match="too many digits, or brackets nested too deep"):
            toml_value(text)
