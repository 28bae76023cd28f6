"""What is committed reads the same on every machine: no paths of one, no unfinished words; the README's commands exist."""

import re
import subprocess
from pathlib import Path

import pytest

from nusim.cli.main import build_parser

ROOT = Path(__file__).parent.parent
FOLDERS = ("nusim", "models", "experiments", "docs", "benchmarks", "examples", "tests")
SUFFIXES = (".py", ".md", ".toml", ".cff", ".yaml", ".txt", ".csv")
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:" + "|".join(("home", "root", "work", "opt", "Users")) + r")/\w")
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")


def texts() -> list[Path]:
    found = [path for path in ROOT.iterdir() if path.suffix in SUFFIXES]
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    return sorted(found)


@pytest.mark.parametrize("pattern", [LOCAL_PATH, UNFINISHED], ids=["paths of one machine", "unfinished words"])
def test_no_text_holds(pattern: re.Pattern[str]) -> None:
    found = [f"{path.relative_to(ROOT)}: {match.group()}" for path in texts() for match in pattern.finditer(path.read_text())]
    assert not found


def readme_commands() -> list[str]:
    return [line.split("#")[0].strip() for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(".venv/bin/nusim ")]


@pytest.mark.parametrize("command", readme_commands())
def test_readme_commands_are_commands(command: str) -> None:
    args = build_parser().parse_args(command.split()[1:])
    assert callable(args.run)


def test_links_between_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_ci_runs_the_readmes_own_command() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    extraction = re.search(r"command=\$\((awk .*)\)", script)
    assert extraction
    found = subprocess.run(["bash", "-c", extraction.group(1)], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert found.endswith("pytest -q -n auto")
    assert found in (ROOT / "README.md").read_text()
    assert "pytest" not in script
