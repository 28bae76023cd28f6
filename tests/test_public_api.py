"""The public names, written out: a rename cannot slip past."""

import importlib
import inspect
import subprocess
import sys

import pytest

import nusim

NAMES = """
CardError CardWarning Channel ConvergenceError DarkNeutrino DarkNeutrinoFamilies DataFileError DecayTable EventOptions EventSample
Experiment Exploration Hnl
MissingExtraError Model
ModelBounds NeutrinoFlux NusimError ParameterError ParentFlux Rate Reach Region Report Scan Spectrum beam_summary convert decay_table
expected_events explore generate info merge neutrino_flux partial_widths plot pyhf_workspace read_beam read_experiment read_model rebuild
recast region report resolved scan slha_text solve write write_events
"""

FIGURES = "branching branching_bars corner display events flux rates reach recast region"


def test_the_list() -> None:
    assert sorted(nusim.__all__) == sorted(NAMES.split())


@pytest.mark.parametrize("name", NAMES.split())
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    assert name in dir(nusim)
    assert getattr(nusim, name).__doc__ or name == "Model"


@pytest.mark.parametrize("name", FIGURES.split())
def test_figures(name: str) -> None:
    importlib.import_module("nusim.plot.flux")
    assert sorted(nusim.plot.__all__) == FIGURES.split()
    assert inspect.isfunction(getattr(nusim.plot, name))
    assert getattr(nusim.plot, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'nusim' has no attribute 'generat'"):
        _ = nusim.generat  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no attribute 'reachh'"):
        _ = nusim.plot.reachh  # type: ignore[attr-defined]


def test_version() -> None:
    from importlib.metadata import version

    assert nusim.__version__ == version("nusim")


def test_importing_nusim_loads_nothing_heavy() -> None:
    code = "import sys, nusim; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "scipy", "pydantic", "matplotlib", "pylhe", "particle"} & set(loaded)
