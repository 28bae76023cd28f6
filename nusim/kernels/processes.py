"""Work done by several processes, or by a Dask cluster, and given back in order: what comes out does not depend on how many there are."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from ..errors import MissingExtraError, ParameterError

_AHEAD = 2
"""Pieces a process that are done or waiting at a time: bounds the memory."""
_PATIENCE = 10
"""Seconds in which a scheduler answers."""
LOCAL = "local"
"""In place of a scheduler's address: a cluster on this machine, for as long as the work takes."""

Work = Callable[..., Any]
Submit = Callable[[tuple[Any, ...]], Any]
"""Hands a piece over; what it gives has `result` and `cancel`."""

_work: Work
"""Of a worker process."""


def in_order(work: Work, pieces: Sequence[tuple[Any, ...]], workers: int = 1, scheduler: str | None = None) -> Iterator[Any]:
    """work(*piece) of each piece in order, by so many processes; by this one alone if `workers` is 1.

    Processes are started afresh (spawned) and sent `work` once: it must be one that pickle takes, and a script that asks for more than one
    guards its own top level with `if __name__ == "__main__":`. `scheduler`: the address of a Dask scheduler, whose workers do the work
    instead, or 'local'. MissingExtraError without distributed, ParameterError for an address that nobody answers.
    """
    if scheduler is None and min(workers, len(pieces)) <= 1:
        yield from (work(*piece) for piece in pieces)
        return
    pool = _processes(work, min(workers, len(pieces))) if scheduler is None else _cluster(work, scheduler, workers)
    with pool as (submit, number):
        waiting: deque[Any] = deque()
        try:
            for piece in pieces:
                waiting.append(submit(piece))
                if len(waiting) >= _AHEAD * number():
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # work that is broken off does not wait for pieces nobody takes
            for left in waiting:
                left.cancel()


Pool = AbstractContextManager[tuple[Submit, Callable[[], int]]]
"""How to hand over pieces, and how many are worked on at a time just now."""


@contextmanager
def _processes(work: Work, workers: int) -> Iterator[tuple[Submit, Callable[[], int]]]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (work,)) as pool:
        yield lambda piece: pool.submit(_done, piece), lambda: workers


def _start(work: Work) -> None:
    """Give a worker process its work."""
    global _work
    _work = work


def _done(piece: tuple[Any, ...]) -> Any:
    return _work(*piece)


@contextmanager
def _cluster(work: Work, address: str, workers: int) -> Iterator[tuple[Submit, Callable[[], int]]]:
    if address != LOCAL and not re.fullmatch(r"(\w+://)?[^/\s]+:\d+(/\S*)?", address):
        raise ParameterError(f"scheduler {address!r}: no address; write tcp://HOST:PORT, or {LOCAL}")
    try:
        import distributed
    except ImportError:
        raise MissingExtraError("a scheduler needs distributed: pip install 'nusim[dask]'") from None
    import logging

    dask: Any = distributed  # its classes have no types

    with ExitStack() as stack:
        # a cluster that is shut down says so in many lines
        log = logging.getLogger("distributed")
        stack.callback(log.setLevel, log.level)
        log.setLevel(logging.CRITICAL)
        cluster: Any = address
        if address == LOCAL:
            cluster = dask.LocalCluster(n_workers=workers if workers > 1 else None, threads_per_worker=1, dashboard_address=None)
            stack.callback(cluster.close)
        try:
            client: Any = dask.Client(cluster, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ParameterError(f"scheduler {address}: does not answer: {(str(error) or 'timed out').splitlines()[0]}") from None
        stack.callback(client.close)

        def number() -> int:
            """Threads of the workers there are by now: batch systems start them one after the other."""
            threads: dict[str, int] = client.nthreads()
            return max(1, sum(threads.values()))

        if not client.nthreads():
            raise ParameterError(f"scheduler {address}: has no workers; start some, as with: dask worker {address}")
        sent = client.scatter(work, broadcast=True)
        yield lambda piece: client.submit(_called, sent, piece, pure=False), number


def _called(work: Work, piece: tuple[Any, ...]) -> Any:
    return work(*piece)
