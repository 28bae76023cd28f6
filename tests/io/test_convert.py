"""Files in other formats, and parts in one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nusim.errors import DataFileError
from nusim.io.convert import convert, merge
from nusim.io.inspect import info
from nusim.io.write import write

from .chains import breadth_first, chain_sample
from .reading_back import EVENT, PARTICLE, difference, read_back
from .samples import events_of, metadata, mixed_sample

pytest.importorskip("uproot")
pytest.importorskip("pyarrow")

HELD = ("a.lhe.gz", "a.hepmc3", "a.root", "a.parquet")
ALL_TARGETS = ("b.lhe", "b.hepmc3.gz", "b.hepevt", "b.root", "b.parquet", "b.gtrac.root", "b.llp.root")


@pytest.mark.parametrize("name", [*HELD, "a.hepevt"])
@pytest.mark.parametrize("target", ALL_TARGETS)
def test_from_each_format_into_each(tmp_path: Path, name: str, target: str) -> None:
    sample = breadth_first(chain_sample(("star",), 40))
    write(tmp_path / name, sample)
    result = convert(tmp_path / name, tmp_path / target)
    found = info(tmp_path / target)
    assert (found["problems"], found["n"], found["sha256"]) == ([], 40, result["sha256"])
    assert found["sum_of_weights"] == pytest.approx(sample.weight.sum(), rel=1e-12)
    for key in ("protons", "expected_events", "stat_error", "seed", "kernel", "version"):
        assert found[key] == sample.metadata[key]
    spins_lost = "hepevt" in name or target in ("b.hepevt", "b.gtrac.root", "b.llp.root")
    assert any("spins and polarisations" in line for line in result["lost"]) == spins_lost
    if target in ("b.lhe", "b.hepmc3.gz", "b.root", "b.parquet"):
        names = tuple(n for n in (*PARTICLE, *EVENT) if "hepevt" not in name or n not in ("spin", "polarisation"))
        assert difference(read_back(tmp_path / target), sample, names) < 2e-12


def test_what_is_converted_says_so_and_schemes_change(tmp_path: Path) -> None:
    write(tmp_path / "a.lhe", mixed_sample(20), pdg_scheme="darknews")
    convert(tmp_path / "a.lhe", tmp_path / "b.hepmc3", layout="nuhepmc")
    convert(tmp_path / "a.lhe", tmp_path / "c.hepmc3", pdg_scheme="genie")
    assert "converted_from" in (tmp_path / "b.hepmc3").read_text()
    assert " 5914 " in (tmp_path / "b.hepmc3").read_text().replace("00000000", "")
    assert "2000020000" in (tmp_path / "c.hepmc3").read_text()
    assert difference(read_back(tmp_path / "c.hepmc3"), mixed_sample(20)) < 1e-14


def test_named_weights_are_not_lost_silently(tmp_path: Path) -> None:
    sample = mixed_sample(20)
    write(tmp_path / "a.parquet", replace(sample, named_weights={"flux up": 2 * sample.weight}))
    assert convert(tmp_path / "a.parquet", tmp_path / "b.hepmc3")["lost"] == []
    assert np.allclose(read_back(tmp_path / "b.hepmc3").named_weights["flux up"], 2 * sample.weight)
    convert(tmp_path / "b.hepmc3", tmp_path / "c.root")
    merge([tmp_path / "c.root"], tmp_path / "d.root")
    for name in ("c.root", "d.root"):
        assert np.allclose(read_back(tmp_path / name).named_weights["flux up"], 2 * sample.weight)
    for name in ("b.lhe", "b.hepevt", "b.llp.root"):
        assert "the named weights flux up" in convert(tmp_path / "a.parquet", tmp_path / name)["lost"]
    with pytest.raises(DataFileError, match="fairship files hold no such named weights"):
        merge([tmp_path / "a.parquet"], tmp_path / "e.llp.root")


def test_files_that_hold_too_little_are_refused(tmp_path: Path) -> None:
    sample = mixed_sample(10)
    for name in ("a.lhe", "a.hepmc3", "a.hepevt"):
        write(tmp_path / name, sample, layout="decay")
        with pytest.raises(DataFileError, match=f"{name}: holds no whole events: what came before"):
            convert(tmp_path / name, tmp_path / "b.parquet")
    for name in ("a.gtrac.root", "a.llp.root"):
        write(tmp_path / name, sample)
        with pytest.raises(DataFileError, match="holds too little of an event to be read back"):
            convert(tmp_path / name, tmp_path / "b.parquet")
    (tmp_path / "a.hepevt.json").unlink()
    with pytest.raises(DataFileError, match="the normalisation is unknown"):
        convert(tmp_path / "a.hepevt", tmp_path / "b.parquet")
    write(tmp_path / "a.lhe", sample)
    with pytest.raises(DataFileError, match="is one of the files to be read"):
        convert(tmp_path / "a.lhe", tmp_path / "a.lhe")
    assert not (tmp_path / "b.parquet").exists()


MERGED = [("lhe", "chain"), ("lhe.gz", "two-beam"), ("lhe", "decay"), ("hepmc3", "nuhepmc"), ("hepevt", "chain"), ("parquet", "chain")]


@pytest.mark.parametrize(("suffix", "layout"), [*MERGED, ("hepevt", "joint"), ("root", "chain")])
@pytest.mark.parametrize("weighted", [False, True])
def test_parts_make_the_file_of_the_whole_run(tmp_path: Path, suffix: str, layout: str, weighted: bool) -> None:
    sample = mixed_sample(90, weighted)
    digest = write(tmp_path / f"whole.{suffix}", sample, layout=layout)
    parts = []
    for first, last in ((0, 30), (30, 31), (31, 90)):
        part = replace(events_of(sample, slice(first, last)), metadata=metadata(90, first_event=first))
        parts.append(tmp_path / f"part{first}.{suffix}")
        write(parts[-1], part, layout=layout)
    result = merge(parts[::-1], tmp_path / f"m.{suffix}")
    assert (result["sha256"], result["n"], result["seed"]) == (digest, 90, 7)
    if suffix != "root":  # holds dates
        assert (tmp_path / f"m.{suffix}").read_bytes() == (tmp_path / f"whole.{suffix}").read_bytes()
    if suffix == "hepevt":
        text = (tmp_path / "m.hepevt.json").read_text().replace("m.hepevt", "whole.hepevt")
        assert text == (tmp_path / "whole.hepevt.json").read_text()
    assert info(tmp_path / f"m.{suffix}")["problems"] == []


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    sample = mixed_sample(60)

    def part(name: str, first: int, last: int, **changes: object) -> Path:
        write(tmp_path / name, replace(events_of(sample, slice(first, last)), metadata=metadata(60, first_event=first, **changes)))
        return tmp_path / name

    a, b, c = part("a.lhe", 0, 20), part("b.lhe", 20, 40), part("c.lhe", 40, 60)
    target = tmp_path / "m.lhe"
    for parts, message in (
        ([a, c], "c.lhe: begins with event 40: the part with events 20 to 39 is missing"),
        ([a, b], "b.lhe: ends with event 39: the part with events 40 to 59 is missing"),
        ([b, c], "b.lhe: begins with event 20: the part with events 0 to 19 is missing"),
        ([a, b, b, c], "b.lhe: begins with event 20, which another part with seed 7 holds"),
        ([a, b, part("d.lhe", 40, 60, version="9")], "d.lhe: version differs from that of"),
        ([a, b, part("e.lhe", 40, 60, protons=1e20)], "e.lhe: protons differs from that of"),
        ([a, b, part("f.lhe", 40, 60, expected_events=43.0)], "f.lhe: expected_events differs from that of"),
        ([a, b, part("e.hepmc3", 40, 60)], "parts have one format"),
        ([a, a.with_name("m.lhe")], "cannot be read: No such file"),
    ):
        with pytest.raises(DataFileError) as caught:
            merge(parts, target)
        assert message in str(caught.value)
    assert not target.exists()
    damaged = tmp_path / "b.lhe"
    damaged.write_bytes(damaged.read_bytes()[:-5000])
    with pytest.raises(DataFileError, match=r"b\.lhe: is cut off or damaged"):
        merge([a, b, c], target)
    assert not target.exists()


@pytest.mark.parametrize("suffix", ["lhe", "parquet"])
def test_runs_with_other_seeds_share_the_expected_events(tmp_path: Path, suffix: str) -> None:
    runs = []
    for seed, n, expected in ((1, 60, 40.0), (2, 20, 44.0)):
        sample = mixed_sample(n, seed=seed)
        weight = np.full(n, expected / n)
        about = metadata(n, seed=seed, expected_events=expected, rates_by_channel={"nu e- e+": expected / 2})
        runs.append(tmp_path / f"run{seed}.{suffix}")
        write(runs[-1], replace(sample, metadata=about, weight=weight))
    result = merge(runs, tmp_path / f"m.{suffix}")
    assert (result["n"], result["seed"], result["expected_events"]) == (80, [1, 2], 41.0)
    found = info(tmp_path / f"m.{suffix}")
    assert found["problems"] == []
    assert found["sum_of_weights"] == pytest.approx(41.0, rel=1e-12)
    again = read_back(tmp_path / f"m.{suffix}")
    assert again.metadata["rates_by_channel"] == {"nu e- e+": 20.5}
    assert np.allclose(again.weight, [40 / 80] * 60 + [44 / 80] * 20, rtol=1e-12)
