"""The validation page: the script behind it, and what is committed of it."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def validate() -> Iterator[ModuleType]:
    """docs/validate.py, which imports its neighbours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        spec = importlib.util.spec_from_file_location("validate", DOCS / "validate.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, "validate", module)
        spec.loader.exec_module(module)
        yield module


def test_sections_run_and_agree(validate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "FIGURES", tmp_path)
    found = validate.run(["widths", "decays"])
    assert {name for name, _ in found} == {"widths", "decays"}
    assert all(one.passed for _, one in found)
    assert (tmp_path / "widths.png").stat().st_size < 100_000


def test_the_committed_page_is_of_this_script_and_has_no_unexplained_difference(validate: ModuleType) -> None:
    page = (DOCS / "validation.md").read_text(encoding="utf-8")
    for title, _, picture in validate.SECTIONS.values():
        assert f"\n## {title}\n" in page
        assert not picture or (DOCS / "figures" / "validation" / picture).exists()
    assert "unexplained" not in page
    assert ", 0 without one." in page
    for reason in validate.KNOWN.values():
        assert reason in page


def test_an_unknown_section_is_named(validate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate.main(["width"]) == 2
    assert "unknown section 'width'; known: widths decays" in capsys.readouterr().err.replace(",", "")


@pytest.mark.slow
def test_everything_agrees_or_is_explained(validate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "FIGURES", tmp_path)
    monkeypatch.setattr(validate, "PAGE", tmp_path / "page.md")
    assert validate.main([]) == 0
    assert (tmp_path / "page.md").exists()
