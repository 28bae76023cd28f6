"""What is installed is what works: wheel and sdist, far from the checkout."""

import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel made from it."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    run = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_the_sdist_holds_cards_and_tests(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    wanted = {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "models/circle.toml", "experiments/sbnd.toml", "tests/test_wheel.py"}
    assert wanted <= names
    assert "experiments/beams/bnb.toml" in names


def test_the_wheel_holds_every_card_and_table(built: Path) -> None:
    names = set(zipfile.ZipFile(next(built.glob("*.whl"))).namelist())
    for folder in ("models", "experiments"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".toml", ".npz"):
                assert f"nusim/_cards/{path.relative_to(ROOT)}" in names
    assert "nusim/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "models/", "experiments/"))]


def test_the_wheel_works_in_a_clean_venv(built: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    wheel = str(next(built.glob("*.whl")))
    installed = subprocess.run([python, "-m", "pip", "install", "-q", wheel], capture_output=True, text=True, check=False)
    if installed.returncode != 0 and "nusim" not in installed.stderr:
        pytest.skip("the dependencies cannot be installed here: " + installed.stderr[-300:])
    assert installed.returncode == 0, installed.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    nusim = str(home / "bin" / "nusim")
    cards = subprocess.run([nusim, "cards"], cwd=empty, capture_output=True, text=True, check=True)
    assert "circle" in cards.stdout
    assert "sbnd" in cards.stdout
    assert "bnb" in cards.stdout
    masses = subprocess.run([nusim, "masses", "circle"], cwd=empty, capture_output=True, text=True, check=True)
    assert "nu5" in masses.stdout
    assert not list(empty.iterdir())
    shutil.rmtree(home)
