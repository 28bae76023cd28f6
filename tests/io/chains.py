"""Synthetic events in which heavy states decay into heavy states, with exact kinematics: trees of particles drawn at random."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nusim import pdg
from nusim.events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from nusim.kernels.arrays import Array

from .samples import _fly, _on_shell, _split, metadata

MASSES = {9900012: 0.09, 9900014: 0.3, 9900016: 1.1, 32: 0.15, 9900025: 0.2}
NU4, NU5, NU6, ZPRIME, PHI = MASSES


@dataclass(frozen=True)
class Node:
    """A particle and what it decays into; `ctau` metres, mean; None for one that leaves."""

    code: int
    ctau: float | None = None
    into: tuple["Node", ...] = ()
    seen: bool = False

    @property
    def mass(self) -> float:
        return MASSES.get(abs(self.code)) or pdg.mass(abs(self.code))


def _leaves(*codes: int) -> tuple[Node, ...]:
    return tuple(Node(code) for code in codes)


def _kaon(heavy: Node) -> Node:
    return Node(321, 3.0, (Node(-13), heavy))


ELECTRONS = (14, 11, -11)
TREES = {
    "direct": _kaon(Node(NU5, 30.0, _leaves(*ELECTRONS), seen=True)),
    "star": _kaon(Node(NU5, 1.0, (Node(NU4, 20.0, _leaves(*ELECTRONS), seen=True), *_leaves(NU4, NU4)))),
    "siblings": _kaon(
        Node(
            NU5,
            1.0,
            (
                Node(NU4, 2.0, _leaves(14, 22)),
                Node(NU4, 0.1, _leaves(-12, 16, -14)),
                Node(NU4, 20.0, _leaves(*ELECTRONS), seen=True),
            ),
        )
    ),
    "documented": _kaon(Node(NU5, 1.0, (Node(NU4, 20.0, _leaves(*ELECTRONS), seen=True), Node(NU4, 0.1, _leaves(14, 22)), *_leaves(NU4)))),
    "double": _kaon(Node(NU5, 30.0, (Node(NU4, 2.0, _leaves(-14, 11, -11)), *_leaves(11, -11)), seen=True)),
    "zprime": _kaon(Node(NU5, 30.0, (*_leaves(NU4), Node(ZPRIME, 1e-3, _leaves(11, -11), seen=True)))),
    "prompt": _kaon(Node(NU5, 30.0, (Node(NU4, 1e-9, _leaves(*ELECTRONS)), Node(ZPRIME, 1e-12, _leaves(11, -11), seen=True)))),
    "anti": Node(-321, 3.0, (Node(13), Node(-NU5, 30.0, (*_leaves(-NU4, 11, -11),), seen=True))),
    "three": Node(
        411,
        1e-3,
        (
            Node(-11),
            Node(
                NU6,
                0.5,
                (
                    Node(PHI, 1e-6, _leaves(11, -11)),
                    Node(NU5, 5.0, (Node(NU4, 9.0, _leaves(*ELECTRONS), seen=True), *_leaves(16, -16))),
                ),
            ),
        ),
    ),
}
STATES = ("nu4", "nu5", "zprime")
ROUTES = {
    "direct": "nu5",
    "star": "nu4 from nu5",
    "siblings": "nu4 from nu5",
    "documented": "nu4 from nu5",
    "double": "nu5",
    "zprime": "zprime from nu5",
    "prompt": "zprime from nu5",
    "anti": "nu5",
    "three": "nu4 from nu5 from nu6",
}
ALL_ROUTES = tuple(sorted(set(ROUTES.values())))
CHANNELS = ("nu e- e+", "nu4 e- e+", "e- e+")
_CHANNEL = {"double": 1, "anti": 1, "zprime": 2, "prompt": 2}


def _decay(rng: np.random.Generator, parent: Array, mass: Array, masses: list[float]) -> list[Array]:
    """Decay into any number of particles, one split off after the other."""
    if len(masses) == 1:
        return [_on_shell(parent, masses[0])]
    rest = sum(masses[1:])
    left = np.full(len(parent), rest) if len(masses) == 2 else rng.uniform(0.05, 0.95, len(parent)) * (mass - masses[0] - rest) + rest
    first, others = _split(rng, parent, mass, masses[0], left)
    return [_on_shell(first, masses[0]), *_decay(rng, others, left, masses[1:])]


def _events(rng: np.random.Generator, n: int, tree: Node) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {name: [] for name in ("pdg", "status", "mother", "momentum", "mass", "vertex", "proper_time", "spin")}
    of_event: dict[str, Any] = {}

    def add(node: Node, mother: int, p: Array, vertex: Array, way: Array, begin: Array) -> None:
        place = len(columns["pdg"])
        tau = np.zeros(n) if node.ctau is None else rng.exponential(node.ctau, n)
        heavy = node.mass if abs(node.code) in (NU4, NU5, NU6) else 0.0
        values = (node.code, FINAL if node.ctau is None else INTERMEDIATE if place else INCOMING, mother, p, node.mass, vertex, tau)
        for name, value in zip(columns, (*values, rng.uniform(-1, 1, n) if heavy else np.full(n, 9.0)), strict=True):
            columns[name].append(value)
        if node.ctau is None:
            return
        end = _fly(vertex, p, node.mass, tau)
        if place == 0:
            begin = end[:, 0]
        else:
            way = way + np.linalg.norm(end[:, 1:] - vertex[:, 1:], axis=1)
        if node.seen:
            of_event.update(decay_vertex=end, delay=end[:, 0] - begin - way, seen=np.full(n, place))
        momenta = _decay(rng, p, np.full(n, node.mass), [one.mass for one in node.into])
        for one, q in zip(node.into, momenta, strict=True):
            add(one, place, q, end, way, begin)

    k = np.column_stack([np.zeros(n), rng.normal(0, 0.2, n), rng.normal(0, 0.2, n), rng.exponential(2.0, n) + 0.5])
    start = np.column_stack([rng.uniform(0, 5, n), rng.normal(0, 0.01, (n, 2)), rng.uniform(0, 5, n)])
    add(tree, -1, _on_shell(k, tree.mass), start, np.zeros(n), np.zeros(n))
    particles = {
        name: np.stack([np.broadcast_to(value, (n, *np.shape(value)[1:])) for value in values], axis=1) for name, values in columns.items()
    }
    return particles | of_event | {"polarisation": rng.uniform(-1, 1, n)}


def chain_sample(kinds: tuple[str, ...] = tuple(TREES), n: int = 160, weighted: bool = False, seed: int = 4, **changes: Any) -> EventSample:
    """n events of the named trees in random order; `changes` go into the metadata."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(kinds), n)
    blocks = [_events(rng, int(np.sum(kind == k)), TREES[name]) for k, name in enumerate(kinds)]
    size = np.array([block["pdg"].shape[1] for block in blocks])[kind]
    offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    columns: dict[str, Any] = {}
    for name, value in blocks[0].items():
        per_event = name in ("decay_vertex", "delay", "seen", "polarisation")
        shape = (n, *value.shape[1:]) if per_event else (offsets[-1], *value.shape[2:])
        columns[name] = np.empty(shape, {"pdg": np.int64, "mother": np.int64, "status": np.int8, "seen": np.int64}.get(name, np.float64))
        for k, block in enumerate(blocks):
            mine = np.flatnonzero(kind == k)
            rows = mine if per_event else offsets[mine][:, None] + np.arange(block["pdg"].shape[1])
            columns[name][rows] = block[name]
    route = np.array([ROUTES[name] for name in kinds])[kind]
    return EventSample(
        offsets=offsets,
        weight=rng.exponential(42.5 / n, n) if weighted else np.full(n, 42.5 / n),
        state=np.array([STATES.index(one.split()[0]) for one in route], np.int16),
        route=np.array([ALL_ROUTES.index(one) for one in route], np.int16),
        channel=np.array([_CHANNEL.get(name, 0) for name in kinds], np.int16)[kind],
        states=STATES,
        routes=ALL_ROUTES,
        channels=CHANNELS,
        weighted=weighted,
        metadata=metadata(n, rates_by_route={"nu5": 20.0, "nu4 from nu5": 12.5}, **changes),
        **columns,
    )


def many_shapes(sample: EventSample, share: float, seed: int = 5) -> EventSample:
    """The same sample with the spins of some heavy states unknown, which gives their events texts of their own."""
    rng = np.random.default_rng(seed)
    hidden = (sample.spin != 9.0) & (rng.uniform(size=len(sample.spin)) < share)
    return replace(sample, spin=np.where(hidden, 9.0, sample.spin))


def breadth_first(sample: EventSample) -> EventSample:
    """A sample of one kind with the products of a decay next to each other, as the generator puts them."""
    size = int(sample.offsets[1])
    order = [0]
    for place in order:
        order += [k for k in range(size) if sample.mother[k] == place]
    place_of = np.argsort(order)
    rows = (sample.offsets[:-1, None] + np.array(order)).ravel()
    names = ("pdg", "status", "momentum", "mass", "vertex", "proper_time", "spin")
    columns = {name: getattr(sample, name)[rows] for name in names}
    mother = sample.mother[rows]
    return replace(sample, mother=np.where(mother < 0, -1, place_of[mother]), seen=place_of[sample.seen], **columns)
