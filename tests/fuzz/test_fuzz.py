"""Every reader against broken files: a result, or one line that says which file and what is wrong; in bounded time and memory.

`NUSIM_FUZZ=5000 pytest tests/fuzz` tries so many inputs a reader and prints what came of them; the same number gives the same inputs.
"""

from pathlib import Path

import pytest

from .readers import READERS, Reader
from .seeds import Seeds, make
from .trial import COUNTS, asked_for, run

DEFAULT, MANY = 20, 2000


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    return make(tmp_path_factory.mktemp("seeds"))


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_broken_input(reader: Reader, seeds: Seeds, tmp_path: Path) -> None:
    _tried(reader, asked_for() or DEFAULT, seeds, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_much_broken_input(reader: Reader, seeds: Seeds, tmp_path: Path) -> None:
    _tried(reader, MANY, seeds, tmp_path)


def _tried(reader: Reader, count: int, seeds: Seeds, tmp_path: Path) -> None:
    found = COUNTS[reader.name] = run(reader, count, seeds, tmp_path / "input")
    assert not found.faults, "\n\n".join([f"{len(found.faults)} of {found.tried} inputs:", *found.faults[:5]])
    assert found.tried < DEFAULT or found.refused > found.tried // 4, "nothing is broken by these inputs"


def test_seeds_are_good(seeds: Seeds, tmp_path: Path) -> None:
    """Unbroken, each of them is accepted: refusals are of what was broken."""
    files = [(f"events: {format}", entry) for format, entries in seeds.events.items() for entry in entries]
    files += [("flux: csv", {"input.csv": seeds.flux["csv"]}), ("flux: mevprtl", {"input.mevprtl": seeds.flux["mevprtl"]})]
    files += [(f"flux: {name}", {"input.root": seeds.flux[name]}) for name in ("dk2nu", "gsimple")]
    files += [("parent table", {"input.npz": seeds.flux["table"]})]
    files += [("plot corner", {"input.parquet": seeds.points})]
    files += [(f"reach: {suffix}", {f"input.{suffix}": content}) for suffix, content in seeds.reach.items()]
    readers = {reader.name: reader for reader in READERS}
    for number, (name, contents) in enumerate(files):
        folder = tmp_path / str(number)
        folder.mkdir()
        for file, content in contents.items():
            (folder / file).write_bytes(content)
        if "decay" not in str(contents.get("input.hepevt.json", b"")) and b'"layout": "decay"' not in contents.get("input.lhe", b""):
            readers[name].read(folder / next(iter(contents)))
