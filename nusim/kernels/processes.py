"""Work done by several processes and given back in order: what comes out does not depend on how many there are."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_AHEAD = 2
"""Pieces a process that are done or waiting at a time: bounds the memory."""

_work: Callable[..., Any]
"""Of a worker process."""


def in_order(work: Callable[..., Any], pieces: Sequence[tuple[Any, ...]], workers: int = 1) -> Iterator[Any]:
    """work(*piece) of each piece in order, by so many processes; by this one alone if `workers` is 1.

    Processes are started afresh (spawned) and sent `work` once: it must be one that pickle takes, and a script that asks for more than one
    guards its own top level with `if __name__ == "__main__":`.
    """
    workers = min(workers, len(pieces))
    if workers <= 1:
        yield from (work(*piece) for piece in pieces)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (work,)) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(_done, piece))
                if len(waiting) >= _AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # work that is broken off does not wait for pieces nobody takes
            for left in waiting:
                left.cancel()


def _start(work: Callable[..., Any]) -> None:
    """Give a worker process its work."""
    global _work
    _work = work


def _done(piece: tuple[Any, ...]) -> Any:
    return _work(*piece)
