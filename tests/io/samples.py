"""Synthetic event samples with exact kinematics: K+ -> mu+ nu4 and D+ -> e+ nu5, then two- and three-body decays, one a cascade."""

from dataclasses import replace
from typing import Any

import numpy as np

from nusim import pdg
from nusim.events.sample import FINAL, INCOMING, INTERMEDIATE, EventSample
from nusim.kernels.arrays import Array, IntArray
from nusim.kernels.lorentz import boost

M4, M5 = 0.3, 0.45
ORIGIN = (0.74, 0.1, 112.5)
ROTATION = ((0.8, 0.0, -0.6), (0.0, 1.0, 0.0), (0.6, 0.0, 0.8))
STATES = ("nu4", "nu5")
ROUTES = ("nu4", "nu4 from nu5")
CHANNELS = ("nu e- e+", "mu- pi+", "nu gamma")


def metadata(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "version": "0.1.0",
        "kernel": "numpy",
        "seed": 7,
        "n": n,
        "protons": 6.6e20,
        "expected_events": 42.5,
        "stat_error": 0.3,
        "effective_parents": 1234.5,
        "model": {"name": "circle <&>", "kind": "dark-neutrino", "source": "a ]]> b"},
        "experiment": {"name": "sbnd", "protons": 6.6e20},
        "rates_by_route": {"nu4": 30.0, "nu4 from nu5": 12.5},
        "rates_by_channel": {"nu e- e+": 20.0, "mu- pi+": 15.5, "nu gamma": 7.0},
        "states": {"nu4": {"mass": M4, "ctau": 12.0, "width": 1.6e-17}, "nu5": {"mass": M5, "ctau": np.inf, "width": 0.0}},
        "warnings": ["few effective parents"],
        "frames": {"beam": "z along the protons", "detector": {"local_origin": list(ORIGIN), "rotation": [list(row) for row in ROTATION]}},
        "first_event": 0,
    } | changes


def _split(rng: np.random.Generator, parent: Array, mass: Array, m1: float, m2: float | Array) -> tuple[Array, Array]:
    """Isotropic two-body decay of parents (n, 4)."""
    n = len(parent)
    p = np.sqrt((mass - m1 - m2) * (mass + m1 + m2) * (mass - m1 + m2) * (mass + m1 - m2)) / (2 * mass)
    cos, phi = rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)
    sin = np.sqrt(1 - cos**2)
    k = p[:, None] * np.column_stack([sin * np.cos(phi), sin * np.sin(phi), cos])
    first = boost(np.column_stack([np.hypot(m1, p), k]), parent, mass)
    second = boost(np.column_stack([np.hypot(m2, p), -k]), parent, mass)
    return first, second


def _on_shell(p: Array, mass: float | Array) -> Array:
    p = p.copy()
    p[:, 0] = np.sqrt(p[:, 1] ** 2 + p[:, 2] ** 2 + p[:, 3] ** 2 + np.asarray(mass) ** 2)
    return p


def _fly(vertex: Array, p: Array, mass: float, ctau: Array) -> Array:
    return vertex + ctau[:, None] * p / mass


def _block(rng: np.random.Generator, n: int, kind: int) -> dict[str, Any]:
    """n events of one kind: 0 nu4 -> nu e- e+, 1 nu4 -> mu- pi+, 2 cascade nu5 -> nu4 nu nu then nu4 -> nu gamma, 3 nu4bar -> mu+ pi-."""
    me, mmu, mpi = pdg.mass(11), pdg.mass(13), pdg.mass(211)
    parent, lepton, heavy, m_heavy = (411, -11, 9900014, M5) if kind == 2 else (321, -13, 9900012, M4)
    if kind == 3:
        parent, lepton, heavy = -321, 13, -9900012
    m_parent, m_lepton = pdg.mass(abs(parent)), pdg.mass(abs(lepton))
    k = np.column_stack([np.zeros(n), rng.normal(0, 0.2, n), rng.normal(0, 0.2, n), rng.exponential(2.0, n) + 0.5])
    p0 = _on_shell(k, m_parent)
    p1, p2 = _split(rng, p0, np.full(n, m_parent), m_lepton, m_heavy)
    p1, p2 = _on_shell(p1, m_lepton), _on_shell(p2, m_heavy)
    v0 = np.column_stack([rng.uniform(0, 5, n), rng.normal(0, 0.01, (n, 2)), rng.uniform(0, 5, n)])
    tau0, tau2 = rng.exponential(3.0, n), rng.exponential(20.0, n)
    v1 = _fly(v0, p0, m_parent, tau0)
    v2 = _fly(v1, p2, m_heavy, tau2)
    codes, status, mother = [parent, lepton, heavy], [INCOMING, FINAL, INTERMEDIATE], [-1, 0, 0]
    momenta, masses, vertices = [p0, p1, p2], [m_parent, m_lepton, m_heavy], [v0, v1, v1]
    taus, spins = [tau0, np.zeros(n), tau2], [np.full(n, 9.0), np.full(n, 9.0), rng.uniform(-1, 1, n)]
    decay = v2
    lengths = np.linalg.norm(v2[:, 1:] - v1[:, 1:], axis=1)

    def add(code: int, stat: int, mom: int, p: Array, mass: float, vertex: Array, tau: Array | None = None) -> None:
        codes.append(code)
        status.append(stat)
        mother.append(mom)
        momenta.append(p)
        masses.append(mass)
        vertices.append(vertex)
        taus.append(np.zeros(n) if tau is None else tau)
        spins.append(np.full(n, 9.0))

    if kind == 0:
        m_pair = rng.uniform(2 * me, M4, n)
        nu, pair = _split(rng, p2, np.full(n, M4), 0.0, m_pair)
        e1, e2 = _split(rng, pair, m_pair, me, me)
        for code, p, mass in ((14, nu, 0.0), (11, e1, me), (-11, e2, me)):
            add(code, FINAL, 2, _on_shell(p, mass), mass, v2)
    elif kind in (1, 3):
        sign = 1 if kind == 1 else -1
        a, b = _split(rng, p2, np.full(n, M4), mmu, mpi)
        add(13 * sign, FINAL, 2, _on_shell(a, mmu), mmu, v2)
        add(211 * sign, FINAL, 2, _on_shell(b, mpi), mpi, v2)
    else:
        m_pair = rng.uniform(0.01, M5 - M4, n)
        nu4, pair = _split(rng, p2, np.full(n, M5), M4, m_pair)
        nu4 = _on_shell(nu4, M4)
        a, b = _split(rng, pair, m_pair, 0.0, 0.0)
        tau4 = rng.exponential(1.0, n)
        add(9900012, INTERMEDIATE, 2, nu4, M4, v2, tau4)
        add(16, FINAL, 2, _on_shell(a, 0.0), 0.0, v2)
        add(-16, FINAL, 2, _on_shell(b, 0.0), 0.0, v2)
        decay = _fly(v2, nu4, M4, tau4)
        lengths = lengths + np.linalg.norm(decay[:, 1:] - v2[:, 1:], axis=1)
        c, d = _split(rng, nu4, np.full(n, M4), 0.0, 0.0)
        add(-14, FINAL, 3, _on_shell(c, 0.0), 0.0, decay)
        add(22, FINAL, 3, _on_shell(d, 0.0), 0.0, decay)
    return {
        "pdg": np.tile(codes, (n, 1)),
        "status": np.tile(status, (n, 1)),
        "mother": np.tile(mother, (n, 1)),
        "momentum": np.stack(momenta, 1),
        "mass": np.tile(masses, (n, 1)),
        "vertex": np.stack(vertices, 1),
        "proper_time": np.stack(taus, 1),
        "spin": np.stack(spins, 1),
        "decay_vertex": decay,
        "delay": decay[:, 0] - v1[:, 0] - lengths,
        "polarisation": rng.uniform(-1, 1, n),
        "seen": np.full(n, 3 if kind == 2 else 2),
    }


def mixed_sample(n: int = 200, weighted: bool = False, kinds: tuple[int, ...] = (0, 1, 2, 3), seed: int = 20) -> EventSample:
    """n events of the given kinds in random order."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(kinds, n) if n else np.empty(0, int)
    blocks = {k: _block(rng, int((kind == k).sum()), k) for k in kinds}
    sizes = np.array([{0: 6, 1: 5, 2: 8, 3: 5}[int(k)] for k in kind], np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    total = int(offsets[-1])
    columns: dict[str, Any] = {}
    for name, shape, dtype in (
        ("pdg", (total,), np.int64),
        ("status", (total,), np.int8),
        ("mother", (total,), np.int64),
        ("momentum", (total, 4), np.float64),
        ("mass", (total,), np.float64),
        ("vertex", (total, 4), np.float64),
        ("proper_time", (total,), np.float64),
        ("spin", (total,), np.float64),
        ("decay_vertex", (n, 4), np.float64),
        ("delay", (n,), np.float64),
        ("polarisation", (n,), np.float64),
        ("seen", (n,), np.int64),
    ):
        column = np.empty(shape, dtype)
        for k in kinds:
            events = np.flatnonzero(kind == k)
            values = blocks[k][name]
            if shape[0] == n and name in ("decay_vertex", "delay", "polarisation", "seen"):
                column[events] = values
            elif len(events):
                column[offsets[events][:, None] + np.arange(values.shape[1])] = values
        columns[name] = column
    common = 42.5 / n if n else 0.0
    weight = rng.exponential(common, n) if weighted else np.full(n, common)
    if n and not weighted:
        weight[n // 2] = 2.5 * common
    return EventSample(
        offsets=offsets,
        weight=weight,
        state=np.zeros(n, np.int16),
        route=np.array([int(k == 2) for k in kind], np.int16),
        channel=np.array([{0: 0, 1: 1, 2: 2, 3: 1}[int(k)] for k in kind], np.int16),
        states=STATES,
        routes=ROUTES,
        channels=CHANNELS,
        weighted=weighted,
        metadata=metadata(n),
        **columns,
    )


EVENT_COLUMNS = ("weight", "decay_vertex", "delay", "polarisation", "state", "route", "seen", "channel")


def events_of(sample: EventSample, events: slice) -> EventSample:
    """Consecutive events of a sample, with the same metadata."""
    first, last, _ = events.indices(len(sample))
    lo, hi = int(sample.offsets[first]), int(sample.offsets[last])
    particles: IntArray = np.arange(lo, hi)
    return replace(
        sample,
        offsets=sample.offsets[first : last + 1] - lo,
        **{
            name: getattr(sample, name)[particles]
            for name in ("pdg", "status", "mother", "momentum", "mass", "vertex", "proper_time", "spin")
        },
        **{name: getattr(sample, name)[first:last] for name in EVENT_COLUMNS},
    )
