"""The hadronic cascade in the target: what comes from interactions after the first one.

Protons are followed into the target's core; every hadron that leaves an interaction may interact again, with Pythia's cross
sections and products (PythiaCascade: Sjostrand and Utheim, arXiv:2108.03481, of pythia8mc). Needs the extra [beams].

Which generation comes from where, so that nothing counts twice:
- a meson straight from the beam proton's own interaction (generation 1) belongs to the published parametrisations, and is dropped
  here if its species is one of `primary`: those whose yield in the card is a formula;
- mesons from later interactions (generation 2 and up) are kept;
- species without one (K- at 8.9 GeV/c, or all with `kind = "cascade"`) are kept from every generation;
- interactions in the horns' metal (`products_in_metal`) are later ones: all their mesons are kept;
- pions from weakly decaying hyperons of any generation are kept, and those from K_S of generation 2 and up (the generation-1 K_S are
  drawn from the K0 parametrisation by `build`, if there is one).
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .. import pdg
from ..errors import MissingExtraError, NusimError
from ..kernels.arrays import Array
from ..units import cm
from .beam import Beam
from .mesons import Mesons

KEPT = (211, -211, 321, -321, 130)
PRIMARY = (211, -211, 321, 130)
"""Species whose generation 1 comes from published parametrisations."""
_NUCLEONS = (2212, 2112, -2212, -2112)
_HYPERONS = (3122, 3112, 3222, 3312, 3322, -3122, -3112, -3222, -3312, -3322)
_K_SHORT = 310
LOWEST_KINETIC = 0.31
"""GeV: below this hadrons no longer interact here (Pythia's low-energy cross sections start at 0.3 GeV)."""
_AVOGADRO_PER_MB_CM = 6.02214076e-4


def pythia_version() -> str:
    """Version of the installed pythia8mc. Raises MissingExtraError without it."""
    _pythia()
    from importlib.metadata import version

    return version("pythia8mc")


def _pythia() -> Any:
    try:
        import pythia8mc
    except ImportError:
        raise MissingExtraError("the hadronic cascade needs pythia8mc: pip install 'nusim[beams]'") from None
    return pythia8mc


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Send the process's standard output to the null device: Pythia prints its banner from C++."""
    sys.stdout.flush()
    saved = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(null)
        os.close(saved)


class Generator:
    """PythiaCascade, started silently and checked."""

    def __init__(self, seed: int) -> None:
        pythia = _pythia()
        settings = Path(sys.prefix) / "share" / "Pythia8" / "setups" / "InitDefaultMPI.cmnd"
        with _silenced():
            self.vector = pythia.Vec4
            self.cascade = pythia.PythiaCascade()
            # arguments: lowest kinetic energy, target-diffraction enhancement (Pythia's default), tables of the MPI start, decays of
            # short-lived resonances, and the lifetime in mm below which a particle counts as one
            ready = self.cascade.init(0.3, 0.5, str(settings), True, 1e-10)
            self.cascade.rndm().init(seed)
        if not ready:
            raise NusimError(f"pythia8mc: the cascade did not start from {settings}: reinstall with pip install 'nusim[beams]'")


def tertiary_mesons(
    beam: Beam,
    protons: int,
    seed: int,
    primary: tuple[int, ...] = PRIMARY,
    progress: Callable[[int], None] | None = None,
) -> Mesons:
    """Mesons that enter the space around the target's core, per proton on target, other than those named in the module's text.

    With them come the nucleons made in the core, which go on to the horn. `protons` beam protons are followed one by one;
    forward-going hadrons only. Particles start where they leave the core; what the core absorbs is already taken away.
    Deterministic in `seed`.
    """
    if beam.target is None or beam.spot is None:
        raise NusimError(f"beam {beam.name}: the card gives no target: its parents cannot be generated")
    target = beam.target
    generator = Generator(seed)
    cascade, vector = generator.cascade, generator.vector
    rng = np.random.Generator(np.random.Philox(key=[seed, 1]))
    material = beam.materials[target.material]
    per_mb_cm = material.density / material.mass_number * _AVOGADRO_PER_MB_CM
    radius, length = target.radius / cm, (target.end - target.begin) / cm
    proton_mass = pdg.mass(2212)
    x0, y0, slope_x, slope_y = proton_tracks(beam, rng, protons)
    found: list[tuple[float, ...]] = []
    uniform = numbers(rng)
    for i in range(protons):
        if progress is not None and i % 1000 == 0:
            progress(min(1000, protons - i))
        bx, by = (x0[i] + slope_x[i] * target.begin) / cm, (y0[i] + slope_y[i] * target.begin) / cm
        if bx * bx + by * by > radius * radius:
            continue
        norm = beam.momentum / float(np.sqrt(1 + slope_x[i] ** 2 + slope_y[i] ** 2))
        proton = (
            2212,
            bx,
            by,
            0.0,
            slope_x[i] * norm,
            slope_y[i] * norm,
            norm,
            float(np.hypot(beam.momentum, proton_mass)),
            proton_mass,
            0,
            False,
            0.0,
        )
        stack = [proton]
        while stack:
            code, x, y, z, px, py, pz, energy, mass, generation, weak, time = stack.pop()
            p = (px * px + py * py + pz * pz) ** 0.5
            if p < 1e-6 or pz <= 0:
                continue
            ux, uy, uz = px / p, py / p, pz / p
            to_exit = _exit(x, y, z, ux, uy, uz, radius, length)
            if code == _K_SHORT or code in _HYPERONS:
                flown = -np.log1p(-next(uniform)) * p / mass * pdg.ctau(code) / cm
                event = cascade.nextDecay(code, vector(px, py, pz, energy), mass)
                made, born_weak = generation, weak or code in _HYPERONS
            else:
                flown = np.inf
                if energy - mass > LOWEST_KINETIC:
                    sampled = (311 if next(uniform) < 0.5 else -311) if code == 130 else code
                    if cascade.sigmaSetuphN(sampled, vector(px, py, pz, energy), mass):
                        sigma = target.production_cross_section if generation == 0 else cascade.sigmahA(target.mass_number)
                        flown = -np.log1p(-next(uniform)) / max(per_mb_cm * sigma, 1e-12)
                if flown >= to_exit:
                    if (code in _NUCLEONS and generation > 0) or (code in KEPT and (generation > 1 or weak or code not in primary)):
                        found.append((code, x + to_exit * ux, y + to_exit * uy, z + to_exit * uz, px, py, pz, time + to_exit * energy / p))
                    continue
                event = cascade.nextColl(target.charge_number, target.mass_number)
                made, born_weak = generation + 1, False
            place = (x + flown * ux, y + flown * uy, z + flown * uz)
            arrived = time + flown * energy / p
            for k in range(event.size()):
                particle = event[k]
                if not particle.isFinal():
                    continue
                kind = particle.id()
                if abs(kind) == 311:
                    kind = 130 if next(uniform) < 0.5 else _K_SHORT
                if kind not in KEPT and kind != _K_SHORT and kind not in _HYPERONS and kind not in _NUCLEONS:
                    continue
                m, e = particle.m(), particle.e()
                if kind in _NUCLEONS and e - m < LOWEST_KINETIC:
                    continue
                if kind == _K_SHORT and made == 1 and 130 in primary:
                    continue
                stack.append((kind, *place, particle.px(), particle.py(), particle.pz(), e, m, made, born_weak, arrived))
    rows = np.array(found, dtype=float).reshape(-1, 8)
    begin = target.begin
    position = rows[:, 1:4] * cm + np.array([0.0, 0.0, begin])
    beam_beta = beam.momentum / np.hypot(beam.momentum, proton_mass)
    return Mesons(
        rows[:, 0].astype(np.int64), position, rows[:, 4:7].copy(), rows[:, 7] * cm + begin / beam_beta, np.full(len(rows), 1.0 / protons)
    )


def products_in_metal(hits: Mesons, charge_number: int, mass_number: int, seed: int) -> Mesons:
    """Forward mesons from interactions of `hits` (momenta before, positions of the interaction) with nuclei, one event for each hit.

    Weakly decaying particles decay on the spot. Hits below Pythia's lowest energy make nothing.
    """
    generator = Generator(seed)
    cascade, vector = generator.cascade, generator.vector
    found: list[tuple[float, ...]] = []
    columns = (hits.pdg.tolist(), hits.momentum.tolist(), hits.mass.tolist())
    for i, (code, (px, py, pz), mass) in enumerate(zip(*columns, strict=True)):
        energy = (px * px + py * py + pz * pz + mass * mass) ** 0.5
        sampled = (311 if i % 2 else -311) if code == 130 else code
        if energy - mass < LOWEST_KINETIC or not cascade.sigmaSetuphN(sampled, vector(px, py, pz, energy), mass):
            continue
        cascade.sigmahA(mass_number)
        stack = _products(cascade.nextColl(charge_number, mass_number))
        while stack:
            kind, kx, ky, kz, e, m = stack.pop()
            if abs(kind) == 311:
                kind = 130 if (i + len(stack)) % 2 else _K_SHORT
            if kind == _K_SHORT or kind in _HYPERONS:
                stack += _products(cascade.nextDecay(kind, vector(kx, ky, kz, e), m))
            elif kind in KEPT and kz > 0:
                found.append((i, kind, kx, ky, kz))
    rows = np.array(found, dtype=float).reshape(-1, 5)
    of = rows[:, 0].astype(np.int64)
    return Mesons(rows[:, 1].astype(np.int64), hits.position[of], rows[:, 2:5].copy(), hits.time[of], hits.weight[of])


def _products(event: Any) -> list[tuple[int, float, float, float, float, float]]:
    """Final particles of an event: code, momentum, energy, mass."""
    particles = (event[k] for k in range(event.size()))
    return [(p.id(), p.px(), p.py(), p.pz(), p.e(), p.m()) for p in particles if p.isFinal()]


def numbers(rng: np.random.Generator) -> Iterator[float]:
    """Uniform numbers one by one, drawn in blocks: a call into numpy a number would cost as much as the physics."""
    while True:
        yield from rng.random(65536).tolist()


def proton_tracks(beam: Beam, rng: np.random.Generator, n: int) -> tuple[Array, Array, Array, Array]:
    """Transverse positions at z = 0 and slopes dx/dz, dy/dz of n beam protons."""
    from scipy.special import ndtri

    spot = beam.spot
    if spot is None:
        raise NusimError(f"beam {beam.name}: the card gives no proton spot")
    gauss = ndtri(np.clip(rng.random((2, n)), 1e-16, 1 - 1e-16))
    slope = [-gauss[k] * spot.convergence[k] for k in range(2)]
    place = [gauss[k] * spot.sigma[k] - slope[k] * spot.start for k in range(2)]
    return place[0], place[1], slope[0], slope[1]


def _exit(x: float, y: float, z: float, ux: float, uy: float, uz: float, radius: float, length: float) -> float:
    """Distance from inside a cylinder to its surface; 0 from outside."""
    a, b, c = ux * ux + uy * uy, x * ux + y * uy, x * x + y * y - radius * radius
    if c > 0 or z < 0 or z > length:
        return 0.0
    side = (-b + (b * b - a * c) ** 0.5) / a if a > 1e-14 else np.inf
    return float(max(min(side, (length - z) / uz), 0.0))
