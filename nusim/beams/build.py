"""The parent table of a horn beam, generated: primary and tertiary mesons, the horn, the decay region, and a choice of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import pdg
from ..errors import DataFileError, ParameterError
from ..kernels.arrays import Array
from .beam import Beam, BuildPlan, Polarity, load_neutrals, read_neutral_table, read_table, write_table
from .cascade import KEPT, products_in_metal, proton_tracks, pythia_version, tertiary_mesons
from .choice import importance, probabilities
from .decay_region import decays_on_path, free_path
from .drift import drift
from .horns import StepSegments, absorption, track
from .mesons import Mesons, join, per_species
from .parents import ParentFlux
from .yields import differential_cross_section, draw_yield

DRAWS = {"pi+": 900_000, "pi-": 700_000, "K+": 300_000, "KL": 150_000, "KS": 120_000}
"""Primary mesons drawn from the parametrisations (KS: for the pions it decays to)."""
CASCADE_PROTONS = 300_000
METAL_HITS = 150_000
"""Interactions in the horns' conductors that are generated, drawn from all particles that cross them."""
ROWS: dict[str, dict[int, int]] = {
    "fhc": {211: 100_000, 321: 36_000, -211: 30_000, -321: 12_000, 130: 14_000},
    "rhc": {-211: 90_000, 321: 28_000, 211: 48_000, -321: 15_000, 130: 14_000},
}
"""Rows kept by species: most for the leading ones. These four stand where a card has no [build]."""
_CHUNK = 40_000
_PRIMARY = {"pi+": 211, "pi-": -211, "K+": 321, "K-": -321, "KL": 130}
_BORN_AS = {"KS": "KL"}
"""K_S are made at the rate of K_L."""
_BR_KS_CHARGED = 0.6920
"""K_S -> pi+ pi-, PDG 2022: 69.20(5)%."""


def build_parents(
    beam: Beam,
    polarity: Polarity,
    seed: int = 1,
    draws: Mapping[str, int] | None = None,
    cascade_protons: int | None = None,
    rows: Mapping[int, int] | None = None,
    progress: bool = False,
) -> ParentFlux:
    """The parents of one polarity from the beam's parametrisations, cascade, horns and decay region.

    `draws`: primary mesons by species name; `cascade_protons`: protons followed for the mesons of the cascade
    (0: none); both as the card's [build] says if None. `rows`: rows kept by PDG code, all if None. Deterministic in `seed`.
    Raises MissingExtraError without pythia8mc.
    """
    bar, plan = _Progress(progress), plan_of(beam)
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    from_cascade = {name for name, formula in beam.yields.items() if not formula.parametrised}
    wanted = {name: n for name, n in (draws or plan.draws).items() if n and _BORN_AS.get(name, name) not in from_cascade}
    parts = [primary_mesons(beam, name, n, rng) for name, n in wanted.items()]
    if cascade_protons is None:
        cascade_protons = plan.protons
    if cascade_protons:
        bar.start("cascade", cascade_protons)
        parts.append(surrounded(beam, tertiary_mesons(beam, cascade_protons, seed, beam.parametrised, progress=bar.step)))
    mesons = join(parts)
    if plan.tracked is not None:
        mesons = thinned(mesons, plan.tracked, rng)
    hits: list[Mesons] = []
    pieces = _flown(beam, polarity, mesons, rng, bar, hits if cascade_protons and beam.horns else None)
    if hits and plan.metal_hits:
        drawn = _drawn_by_weight(join(hits), plan.metal_hits, rng)
        bar.start("horn metal", 1)
        charge, mass = _nucleus(beam)
        pieces += _flown(beam, polarity, products_in_metal(drawn, charge, mass, seed + 1), rng, bar, None)
    bar.close()
    parents = joined(pieces, float(cascade_protons), f"build_parents({beam.name!r}, {polarity!r}, seed={seed})")
    return parents if rows is None else reduced(parents, rows, rng, plan.angles)


def plan_of(beam: Beam) -> BuildPlan:
    """How much is simulated: what the card says, or the numbers above."""
    return beam.build or BuildPlan(CASCADE_PROTONS, METAL_HITS, ROWS, DRAWS)


def thinned(mesons: Mesons, number: int, rng: np.random.Generator) -> Mesons:
    """About `number` of the pions and nucleons, and all kaons: kept in proportion to momentum, every expectation kept.

    Fast mesons are few and make most of the flux at a detector far ahead.
    """
    many = np.isin(mesons.pdg, (321, -321, 130), invert=True)
    chance = np.ones(len(mesons))
    chance[many] = probabilities(mesons.weight[many] * np.linalg.norm(mesons.momentum[many], axis=1), number)
    kept = rng.random(len(mesons)) < chance
    chosen = mesons.select(kept)
    return Mesons(chosen.pdg, chosen.position, chosen.momentum, chosen.time, chosen.weight / chance[kept])


def _flown(
    beam: Beam, polarity: Polarity, mesons: Mesons, rng: np.random.Generator, bar: "_Progress", hits: list[Mesons] | None
) -> list[ParentFlux]:
    """Decays of many particles, in chunks that fit the processor's cache; their interactions in metal are added to `hits`."""
    bar.start(f"horn {polarity}", len(mesons))
    pieces = []
    for begin in range(0, len(mesons), _CHUNK):
        chunk = mesons.select(np.arange(begin, min(begin + _CHUNK, len(mesons)), dtype=np.int64))
        pieces.append(decays_in_flight(beam, polarity, chunk, rng, hits))
        bar.step(len(chunk))
    return pieces


def _nucleus(beam: Beam) -> tuple[int, int]:
    """Charge and mass number of the horns' metal, as the generator knows them."""
    number = round(beam.materials[beam.horns[0].material].mass_number)
    known = {27: 13}
    if number not in known:
        raise ParameterError(f"beam {beam.name}: horn metal of mass number {number}: interactions are generated in aluminium only")
    return known[number], number


def _drawn_by_weight(mesons: Mesons, n: int, rng: np.random.Generator) -> Mesons:
    """n rows of equal weight, drawn systematically in proportion to weight; the sum of weights kept."""
    total = np.cumsum(mesons.weight)
    rows = np.searchsorted(total, (np.arange(n) + rng.random()) * total[-1] / n, side="right")
    drawn = mesons.select(np.minimum(rows, len(total) - 1).astype(np.int64))
    return Mesons(drawn.pdg, drawn.position, drawn.momentum, drawn.time, np.full(n, total[-1] / n))


def primary_mesons(beam: Beam, name: str, n: int, rng: np.random.Generator) -> Mesons:
    """n weighted mesons of one species from the beam proton's own interaction, where they are born, less what the target absorbs.

    `name` KS: drawn from the K0 parametrisation (K_S = K_L), decayed to pi+ pi- along its flight, pions returned.
    """
    mesons = born_mesons(beam, name, n, rng)
    if name == "KS":
        mesons = _short_kaon_pions(mesons, rng)
    return surrounded(beam, mesons)


def born_mesons(beam: Beam, name: str, n: int, rng: np.random.Generator) -> Mesons:
    """n weighted mesons of one species where the beam proton's own interaction makes them."""
    target = beam.target
    if target is None:
        raise ParameterError(f"beam {beam.name}: the card gives no target: its parents cannot be generated")
    code = _PRIMARY.get(name, 130)
    cross_section = differential_cross_section(beam.yields[_BORN_AS.get(name, name)], code, beam.momentum)
    p, theta, weight = draw_yield(cross_section, rng.random((n, 3)), beam.momentum)
    weight = weight / target.production_cross_section
    material = beam.materials[target.material]
    interaction_length = 1.0 / material.interactions_per_metre(target.production_cross_section)
    length = target.end - target.begin
    u = rng.random((n, 2))
    depth = -interaction_length * np.log1p(u[:, 0] * np.expm1(-length / interaction_length))
    weight = weight * -np.expm1(-length / interaction_length)
    x, y, slope_x, slope_y = proton_tracks(beam, rng, n)
    z = target.begin + depth
    position = np.stack([x + slope_x * z, y + slope_y * z, z], axis=1)
    weight = np.where(np.hypot(position[:, 0], position[:, 1]) < target.radius, weight, 0.0)
    # the angle to the proton's direction: its slope, below 2 mrad, adds to the meson's in the small-angle form
    azimuth = 2 * np.pi * u[:, 1]
    direction = np.stack([np.sin(theta) * np.cos(azimuth), np.sin(theta) * np.sin(azimuth), np.cos(theta)], axis=1)
    direction[:, 0] += slope_x * direction[:, 2]
    direction[:, 1] += slope_y * direction[:, 2]
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    beta = beam.momentum / np.hypot(beam.momentum, pdg.mass(2212))
    return Mesons(np.full(n, code), position, p[:, None] * direction, z / beta, weight)


def _short_kaon_pions(kaons: Mesons, rng: np.random.Generator) -> Mesons:
    """Both pions of each K_S -> pi+ pi-."""
    from ..kernels.kinematics import two_body_momentum
    from ..kernels.lorentz import boost

    mass, pion = pdg.mass(310), pdg.mass(211)
    u = rng.random((len(kaons), 3))
    p = np.linalg.norm(kaons.momentum, axis=1)
    flown = -np.log1p(-u[:, 0]) * p / mass * pdg.ctau(310)
    place = kaons.position + flown[:, None] * kaons.momentum / p[:, None]
    time = kaons.time + flown * np.hypot(p, mass) / p
    star = float(two_body_momentum(mass, pion, pion))
    cosine, azimuth = 2 * u[:, 1] - 1, 2 * np.pi * u[:, 2]
    sine = np.sqrt(1 - cosine**2)
    rest = star * np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)
    frame = np.column_stack([np.hypot(p, mass), kaons.momentum])
    parts = []
    for code, sign in ((211, 1.0), (-211, -1.0)):
        four = np.column_stack([np.full(len(p), mass / 2), sign * rest])
        momentum = np.asarray(boost(four, frame, mass)[:, 1:])
        parts.append(Mesons(np.full(len(p), code), place, momentum, time, np.where(momentum[:, 2] > 0, _BR_KS_CHARGED * kaons.weight, 0.0)))
    return join(parts)


def surrounded(beam: Beam, mesons: Mesons) -> Mesons:
    """Mesons after the target's core and the material around it: weights and momenta at the place they came in.

    Straight lines: there is no field inside the inner conductor's bore. Material lengths are exact for the core and for full
    layers, and averaged over azimuth for fins.
    """
    target = beam.target
    if target is None:
        return mesons
    material = beam.materials[target.material]
    p = np.linalg.norm(mesons.momentum, axis=1)
    direction = mesons.momentum / np.maximum(p, 1e-30)[:, None]
    length = inside_cylinder(mesons.position, direction, target.radius, target.begin, target.end)
    for layer in target.layers:
        shell = inside_cylinder(mesons.position, direction, layer.outer, layer.begin, layer.end)
        shell = shell - inside_cylinder(mesons.position, direction, layer.inner, layer.begin, layer.end)
        length = length + layer.fraction * shell
    weight = mesons.weight.copy()
    for code in np.unique(mesons.pdg):
        rows = mesons.pdg == code
        weight[rows] *= np.exp(-material.absorption(int(code), p[rows]) * length[rows])
    charged = per_species(mesons.pdg, pdg.charge) != 0
    slowed = np.where(charged, material.slowed(p, mesons.mass, length), p)
    weight = np.where(slowed > 0, weight, 0.0)
    keep = weight > 0
    return Mesons(mesons.pdg[keep], mesons.position[keep], slowed[keep, None] * direction[keep], mesons.time[keep], weight[keep])


def inside_cylinder(position: Array, direction: Array, radius: float, begin: float, end: float) -> Array:
    """Length (n,) of forward half-lines inside a cylinder about z between two planes."""
    x, y, z = position.T
    ux, uy, uz = direction.T
    a = np.maximum(ux * ux + uy * uy, 1e-18)
    b = x * ux + y * uy
    root = b * b - a * (x * x + y * y - radius * radius)
    spread = np.sqrt(np.maximum(root, 0.0))
    safe = np.where(np.abs(uz) > 1e-12, uz, 1e-12)
    plane0, plane1 = (begin - z) / safe, (end - z) / safe
    enter = np.maximum(np.maximum((-b - spread) / a, np.minimum(plane0, plane1)), 0.0)
    leave = np.minimum((-b + spread) / a, np.maximum(plane0, plane1))
    result: Array = np.where(root > 0, np.maximum(leave - enter, 0.0), 0.0)
    return result


def decays_in_flight(
    beam: Beam, polarity: Polarity, mesons: Mesons, rng: np.random.Generator, hits: list[Mesons] | None = None
) -> ParentFlux:
    """Every meson's decays: one segment for its way to the end of the horns, one from there to the wall.

    Where the tunnel's gas changes, the way up to the change belongs to the first. The first is one of its steps, chosen in
    proportion to the decays each step holds and carrying their sum. Interactions in the horns'
    metal are added to `hits` in the same way: one place for each particle, with the sum of its interactions.
    """
    air = beam.materials[beam.air] if beam.air is not None else None
    gases = [beam.gas(section) for section in beam.tunnel]
    segments = StepSegments.empty(len(mesons))
    sign = 1 if polarity == "fhc" else -1
    codes = mesons.pdg
    struck = StepSegments.empty(len(mesons)) if hits is not None else None
    for k, horn in enumerate(beam.horns):
        if k:
            mesons = drift(mesons, horn.wall.z[0], beam.tunnel, air, segments, rng)
        mesons = track(mesons, horn, sign, beam.materials[horn.material], air, segments, rng, hits=struck)
    if hits is not None and struck is not None:
        found = struck.weight > 0
        hits.append(Mesons(mesons.pdg[found], struck.start.T[found], struck.momentum.T[found], struck.time[found], struck.weight[found]))
    for section, gas, beyond in zip(beam.tunnel, gases, gases[1:], strict=False):
        if beyond is not gas:
            mesons = drift(mesons, section.end, beam.tunnel, gas, segments, rng)
    mesons = mesons.select(np.isin(mesons.pdg, KEPT))
    p = np.linalg.norm(mesons.momentum, axis=1)
    direction = mesons.momentum / np.maximum(p, 1e-30)[:, None]
    path = free_path(beam.tunnel, mesons.position, direction)
    losses = absorption(mesons, gases[-1], p)
    alive = (p > 0) & (mesons.weight > 0)
    length = np.where(alive, mesons.decay_length, 1.0)
    weight = np.where(alive, mesons.weight * decays_on_path(path, length, losses), 0.0)
    flying, stepping = weight > 0, np.flatnonzero((segments.weight > 0) & np.isin(codes, KEPT))
    return ParentFlux(
        pdg=np.concatenate([codes[stepping], mesons.pdg[flying]]),
        momentum=np.concatenate([segments.momentum.T[stepping], mesons.momentum[flying]]),
        start=np.concatenate([segments.start.T[stepping], mesons.position[flying]]),
        time=np.concatenate([segments.time[stepping], mesons.time[flying]]),
        path=np.concatenate([segments.path[stepping], path[flying]]),
        weight=np.concatenate([segments.weight[stepping], weight[flying]]),
        axisymmetric=True,
        protons_simulated=0.0,
        command="",
    )


def reduced(parents: ParentFlux, rows: Mapping[int, int], rng: np.random.Generator, angles: Sequence[float] = (0.0,)) -> ParentFlux:
    """About `rows` rows of each species, chosen by importance, every expectation kept; detectors at several angles count alike.

    A row is kept with probability min(1, c * importance), its weight divided by that probability; c fixes the number of rows. The
    choice is systematic (one uniform number, equal steps), in the order of the rows' forward factor; the rows are then shuffled, so
    that any part of them is a fair sample.
    """
    chosen: list[Array] = []
    weights: list[Array] = []
    values = [importance(parents, angle) for angle in angles]
    value = np.zeros(len(parents.pdg))
    for code in parents.species:
        mine = np.flatnonzero(parents.pdg == code)
        value[mine] = sum(one[mine] / one[mine].sum() for one in values)
        chance = probabilities(value[mine], rows.get(code, len(mine)))
        order = np.argsort(value[mine] / parents.weight[mine], kind="stable")
        ladder = np.cumsum(chance[order]) + rng.random()
        kept = order[np.floor(ladder) > np.floor(np.concatenate([[ladder[0] - chance[order[0]]], ladder[:-1]]))]
        kept = kept[np.argsort(rng.random(len(kept)))]
        chosen.append(mine[kept])
        weights.append(parents.weight[mine[kept]] / chance[kept])
    index = np.concatenate(chosen).astype(np.int64)
    return ParentFlux(
        parents.pdg[index],
        parents.momentum[index],
        parents.start[index],
        parents.time[index],
        parents.path[index],
        np.concatenate(weights),
        parents.axisymmetric,
        parents.protons_simulated,
        parents.command,
    )


def joined(pieces: list[ParentFlux], protons: float, command: str, axisymmetric: bool = True) -> ParentFlux:
    """Several lists of parents as one; species counted in any of them are."""
    return ParentFlux(
        pdg=np.concatenate([piece.pdg for piece in pieces]),
        momentum=np.concatenate([piece.momentum for piece in pieces]),
        start=np.concatenate([piece.start for piece in pieces]),
        time=np.concatenate([piece.time for piece in pieces]),
        path=np.concatenate([piece.path for piece in pieces]),
        weight=np.concatenate([piece.weight for piece in pieces]),
        axisymmetric=axisymmetric,
        protons_simulated=protons,
        command=command,
        counted=frozenset().union(*(piece.counted for piece in pieces)),
    )


def rebuild(beam: Beam, polarity: Polarity, output: Path, seed: int = 1, progress: bool = True) -> ParentFlux:
    """Generate a beam's parent table and write it to `output`, whole or not at all; the parents are returned before rounding.

    Raises MissingExtraError without pythia8mc, and DataFileError where `output` cannot be written.
    """
    if beam.dump is None and (beam.target is None or not beam.yields):
        raise ParameterError(f"beam {beam.name}: the card gives no target and no production parameters: nothing to rebuild from")
    output = Path(output)
    pythia_version()
    if not output.parent.is_dir():
        raise DataFileError(f"{output}: there is no folder {output.parent} to write the parent table to")
    if beam.dump is None:
        plan = plan_of(beam)
        parents = build_parents(beam, polarity, seed, rows=plan.rows[polarity], progress=progress)
        if beam.absorber is not None:
            parents = joined([parents, _absorbed(beam, seed, progress)], parents.protons_simulated, "")
        extra: dict[str, Any] = {"primary_draws": np.str_(", ".join(f"{name} {n}" for name, n in plan.draws.items()))}
        which = f"--polarity {polarity} "
    else:
        parents, extra = _dumped(beam, seed, progress)
        which = ""
    parents = replace(parents, command=f"nusim beam {beam.name} {which}--seed {seed} --rebuild -o {output.name}")
    _write(output, parents, seed, {"polarity": np.str_(polarity), **extra})
    return parents


def rebuild_neutrals(beam: Beam, output: Path, seed: int = 1, progress: bool = True) -> ParentFlux:
    """Generate a beam's table of neutral mesons and write it to `output`, as `rebuild`."""
    from .neutral import build_neutrals

    output = Path(output)
    pythia_version()
    if not output.parent.is_dir():
        raise DataFileError(f"{output}: there is no folder {output.parent} to write the parent table to")
    bar = _Progress(progress)
    parents = build_neutrals(beam, seed, start=bar.start, step=lambda n: bar.step(n))
    bar.close()
    parents = replace(parents, command=f"nusim beam {beam.name} --neutral --seed {seed} --rebuild -o {output.name}")
    _write(output, parents, seed, {})
    return parents


def _write(output: Path, parents: ParentFlux, seed: int, extra: Mapping[str, Any]) -> None:
    """A table with what made it, whole or not at all."""
    partial = output.with_name(output.name + ".part")
    made = {"seed": np.int64(seed), "generator": np.str_(f"pythia8mc {pythia_version()}")}
    try:
        write_table(partial, parents, {**extra, **made})
        partial.replace(output)
    except OSError as error:
        raise DataFileError(f"{output}: cannot write the parent table ({error.strerror})") from None
    finally:
        partial.unlink(missing_ok=True)


def _absorbed(beam: Beam, seed: int, progress: bool) -> ParentFlux:
    """The parents in a horn beam's absorber."""
    from .dump import ABSORBED_PROTONS, absorber_decays

    bar = _Progress(progress)
    bar.start("absorber", ABSORBED_PROTONS)
    parents = absorber_decays(beam, seed, step=lambda n: bar.step(n))
    bar.close()
    return parents


def _dumped(beam: Beam, seed: int, progress: bool) -> tuple[ParentFlux, dict[str, Any]]:
    """The parents of a dump, and what its table says of them besides."""
    from .dump import build_dump
    from .prompt import DRAWS as HADRONS

    bar = _Progress(progress)
    parents = build_dump(beam, seed, start=bar.start, step=lambda n: bar.step(n))
    bar.close()
    yields = beam.prompt_yields
    return parents, {
        "primary_draws": np.str_(f"{HADRONS} of each species with heavy quarks"),
        "prompt_species": np.array(list(yields), np.int32),
        "prompt_yields": np.array(list(yields.values())),
    }


def beam_summary(beam: Beam, polarity: Polarity) -> dict[str, Any]:
    """What `nusim beam` prints: yields per proton by parent, and the table behind them."""
    from .prompt import beam_parents

    return _summary(beam, beam_parents(beam, polarity), read_table(beam, polarity)) | {"polarity": polarity}


def neutral_summary(beam: Beam) -> dict[str, Any]:
    """The same for the beam's neutral mesons."""
    return _summary(beam, load_neutrals(beam), read_neutral_table(beam))


def _summary(beam: Beam, parents: ParentFlux, table: Mapping[str, Any]) -> dict[str, Any]:
    yields, effective = {}, {}
    for code in parents.species:
        weight = parents.weight[parents.pdg == code]
        yields[pdg.NAMES[code]] = float(weight.sum())
        effective[pdg.NAMES[code]] = float(weight.sum() ** 2 / np.sum(weight**2))
    return {
        "beam": beam.name,
        "protons_simulated": parents.protons_simulated,
        "yields_per_proton": yields,
        "table": {
            "rows": len(parents.pdg),
            "effective_rows": effective,
            "command": parents.command,
            "seed": int(table["seed"]) if "seed" in table else None,
            "generator": str(table.get("generator", "")),
        },
    }


class _Progress:
    """A tqdm bar on stderr, or nothing."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._bar: Any = None

    def start(self, what: str, total: int) -> None:
        self.close()
        if self._shown:
            from tqdm import tqdm

            self._bar = tqdm(total=total, desc=what, unit_scale=True)

    @property
    def step(self) -> Callable[[int], None]:
        return lambda n: self._bar.update(n) if self._bar is not None else None

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
