"""Chunks of a run made by several processes, given back in order: what comes out does not depend on how many there are."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import ParameterError
from .generator import Generator
from .sample import EventSample

Work = Callable[[EventSample, int], Any]
"""What is made of a chunk's events, given with the number of the first: a function or callable object that can be sent to a process."""

_run: Generator
_work: Work
"""Of a worker process."""


def itself(sample: EventSample, first: int) -> EventSample:
    """The sample as it is."""
    return sample


def samples(run: Generator, chunk: int, workers: int = 1) -> Iterator[EventSample]:
    """The events of a run in order, `chunk` at a time, made by `workers` processes; by this one alone if `workers` is 1.

    Processes are started afresh (spawned): a script that asks for more than one guards its own top level with `if __name__ == "__main__":`.
    At most two chunks a process are held in memory. Raises ParameterError for fewer than one event or process.
    """
    yield from made(run, itself, 0, run.n, chunk, workers)


def made(run: Generator, work: Work, first: int, last: int, chunk: int, workers: int = 1) -> Iterator[Any]:
    """What `work` makes of events first <= i < last, in order, each chunk in the process that generates it; else as `samples`."""
    check_at_least_one(chunk=chunk, workers=workers)
    spans = [(start, min(start + chunk, last)) for start in range(first, last, chunk)]
    if min(workers, len(spans)) <= 1:
        yield from (work(run.events(*span), span[0]) for span in spans)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    workers = min(workers, len(spans))
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (run, work)) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for span in spans:
                waiting.append(pool.submit(_chunk, *span))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # a run that is broken off does not wait for chunks nobody takes
            for left in waiting:
                left.cancel()


def _start(run: Generator, work: Work) -> None:
    """Give a worker process its run, and what to do with it."""
    global _run, _work
    _run, _work = run, work


def _chunk(first: int, last: int) -> Any:
    return _work(_run.events(first, last), first)


def check_at_least_one(**numbers: int) -> None:
    """ParameterError, with its name, for a number that is not whole or below 1."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ParameterError(f"{name} = {value}: a whole number, at least 1")
