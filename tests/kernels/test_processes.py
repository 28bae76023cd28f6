"""Work on a Dask cluster, or in processes, comes back in order and to the same bytes."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nusim
from nusim.kernels.processes import in_order

pytestmark = pytest.mark.filterwarnings("ignore")  # a cluster that starts and stops warns of its own matters


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a cluster whose worker is a thread of this process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp", host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


def square(first: int, second: int) -> int:
    return first * first + second


def test_pieces_come_back_in_order(address: str) -> None:
    pieces = [(k, 1) for k in range(20)]
    assert list(in_order(square, pieces, scheduler=address)) == [k * k + 1 for k in range(20)]


def test_a_failure_is_that_of_the_work(address: str) -> None:
    with pytest.raises(TypeError):
        list(in_order(square, [(1, 2), (3,)], scheduler=address))


def test_the_same_bytes(address: str, tmp_path: Path) -> None:
    spectrum, experiment = nusim.solve(nusim.read_model("circle")), nusim.read_experiment("sbnd")
    one = nusim.write_events(tmp_path / "one.lhe", spectrum, experiment, 900, chunk=300)
    other = nusim.write_events(tmp_path / "other.lhe", spectrum, experiment, 900, chunk=300, scheduler=address)
    assert one["sha256"] == other["sha256"]
    assert (tmp_path / "one.lhe").read_bytes() == (tmp_path / "other.lhe").read_bytes()


@pytest.mark.parametrize("given", ["", "somewhere", "tcp://", "tcp://host"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(nusim.ParameterError, match="no address; write tcp://HOST:PORT, or local"):
        list(in_order(square, [(1, 2)], scheduler=given))


@pytest.mark.slow
def test_nobody_answers() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(nusim.ParameterError, match=r"scheduler tcp://127\.0\.0\.1:9: does not answer: "):
        list(in_order(square, [(1, 2)], scheduler="tcp://127.0.0.1:9"))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(nusim.MissingExtraError, match=r"pip install 'nusim\[dask\]'"):
        list(in_order(square, [(1, 2)], scheduler="local"))
