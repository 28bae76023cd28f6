"""The documentation does what it shows: Python, cards and commands of its pages run in order in an empty folder; links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest

from nusim.beams.dk2nu import NEUTRINOS_PER_DECAY
from nusim.cli.main import main

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "bring_your_own_flux.md"
PAGES = [
    "README.md",
    *(f"docs/{name}.md" for name in ("bring_your_own_flux", "detector_simulation", "first_events", "index", "own_cards", "report")),
    "docs/physics/model_scans.md",
]
TEXTS = sorted(
    path
    for folder in (".", "docs", "docs/physics", "models", "experiments", "experiments/beams", "examples")
    for path in (ROOT / folder).glob("*.md")
)


def blocks(page: Path) -> list[tuple[str, str]]:
    return re.findall(r"^```(python|sh|toml)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_every_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Commands that set up an environment are run by `.ci/run` instead."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    commands = 0
    for kind, text in blocks(ROOT / name):
        if kind == "python":
            exec(compile(text, name, "exec"), names)
        elif kind == "toml":
            called = re.match(r"# (\S+\.toml)\n", text)
            (tmp_path / (called.group(1) if called else "mine.toml")).write_text(text)
        else:
            for line in text.splitlines():
                words = shlex.split(line.replace("&& .venv/bin/nusim", "\n").split("\n")[-1], comments=True)
                if "pytest" in line or not words:
                    continue
                arguments = words if line.startswith("python3 -m venv") else words[1:]
                assert line.startswith("python3 -m venv") or words[0].removeprefix(".venv/bin/") == "nusim"
                assert main(arguments) == 0, line
                commands += 1
    out = capsys.readouterr()
    assert commands
    assert "shares of the decays" not in out.err


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Files, and headings within them; addresses on the web are not asked for."""
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]+))?\)", path.read_text(encoding="utf-8")):
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings], anchor


def test_the_site_has_every_page() -> None:
    listed = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for path in (ROOT / "docs").rglob("*.md"):
        assert str(path.relative_to(ROOT / "docs")) in listed, path


def test_divisors_are_those_of_the_code() -> None:
    """The table's sums."""
    text = PAGE.read_text()
    sums = {130: "= 0.6759 |", 321: "= 0.7198 |", 13: "| 2: one for each", 211: "| 0.9999 |"}
    for code, printed in sums.items():
        total = sum(NEUTRINOS_PER_DECAY[code].values())
        shown = re.search(r"[\d.]+", printed)
        assert printed in text
        assert shown is not None
        assert float(shown.group()) == pytest.approx(total, abs=6e-5)
