"""Tracking through a horn, against an independent integration and conservation laws."""

from dataclasses import replace

import numpy as np
import pytest

from nusim import pdg
from nusim.beams.horns import Horn, Shell, StepSegments, rotate_in_field, track
from nusim.beams.materials import Material
from nusim.beams.mesons import Mesons
from nusim.errors import ParameterError
from nusim.kernels.arrays import Array

CURRENT = 174.0e3
METAL = Material(2.70, 26.98, 1.615, {})
VACUUM_WALL = Shell((0.0, 2.0), (0.0099, 0.0099), (0.5, 0.5))
FIELD = Shell((0.0, 2.0), (0.01, 0.01), (0.5, 0.5))


def _horn(length: float = 2.0) -> Horn:
    """A tube of field from r = 1 cm to 50 cm with a conductor of 0.1 mm."""
    return Horn(
        Shell((0.0, length), (0.0099, 0.0099), (0.5, 0.5)), Shell((0.0, length), (0.01, 0.01), (0.5, 0.5)), CURRENT, 1e-3, "aluminium"
    )


def _mesons(code: int, momentum: Array, position: Array) -> Mesons:
    n = len(momentum)
    return Mesons(np.full(n, code), position, momentum, np.zeros(n), np.ones(n))


def _tracked(mesons: Mesons, horn: Horn, sign: int, step: float = 0.01, metal: Material = METAL) -> tuple[Mesons, StepSegments]:
    segments = StepSegments.empty(len(mesons))
    out = track(mesons, replace(horn, step=step), sign, metal, None, segments, np.random.Generator(np.random.Philox(1)))
    return out, segments


@pytest.mark.parametrize(("code", "sign"), [(211, 1), (211, -1), (-211, 1), (-211, -1)])
def test_pion_in_the_field_of_a_line_current_follows_the_lorentz_force(code: int, sign: int) -> None:
    """dp/dt = q v x B with B = mu0 I / (2 pi r), integrated by scipy to 1e-10 in three dimensions, skew start included."""
    from scipy.integrate import solve_ivp

    position = np.array([[0.05, 0.01, 0.0], [0.03, -0.04, 0.0], [0.08, 0.0, 0.0]])
    momentum = np.array([[0.10, 0.03, 1.5], [-0.02, 0.06, 2.5], [0.30, -0.1, 3.0]])
    out, _ = _tracked(_mesons(code, momentum, position), _horn(0.4), sign, step=0.0025)
    charge = 1 if code > 0 else -1

    for start, p0, end, p1 in zip(position, momentum, out.position, out.momentum, strict=True):
        p = np.linalg.norm(p0)

        def force(_: float, y: Array, p: float = float(p)) -> Array:
            x, u = y[:3], y[3:]
            r2 = x[0] ** 2 + x[1] ** 2
            field = sign * 2e-7 * CURRENT * np.array([-x[1], x[0], 0.0]) / r2
            return np.concatenate([u, charge * 0.299792458 * np.cross(u, field) / p])

        def at_end(_: float, y: Array, z: float = float(end[2])) -> float:
            return float(y[2] - z)

        at_end.terminal = True  # type: ignore[attr-defined]
        exact = solve_ivp(force, (0.0, 5.0), np.concatenate([start, p0 / p]), rtol=1e-10, atol=1e-12, events=at_end).y[:, -1]
        assert np.allclose(end[:2], exact[:2], atol=2e-4)
        assert np.allclose(p1 / p, exact[3:], atol=3e-4)


def test_positive_particles_are_focused_in_fhc_and_negative_ones_in_rhc() -> None:
    position, momentum = np.array([[0.03, 0.0, 0.0]]), np.array([[0.1, 0.0, 1.5]])
    for code, sign, inward in ((211, 1, True), (-211, 1, False), (211, -1, False), (-211, -1, True), (130, 1, None)):
        out, _ = _tracked(_mesons(code, momentum, position), _horn(0.3), sign)
        if inward is None:
            assert out.momentum[0] == pytest.approx(momentum[0], rel=1e-12)
        else:
            assert (out.momentum[0, 0] < momentum[0, 0]) == inward


def test_field_does_no_work_and_keeps_the_conserved_axial_momentum() -> None:
    """p_z + q A_z with A_z = -(mu0 I / 2 pi) ln r, and x p_y - y p_x, are constants of motion in a field along phi."""
    rng = np.random.default_rng(5)
    n = 200
    position = np.column_stack([rng.uniform(0.03, 0.06, n), rng.uniform(-0.02, 0.02, n), np.zeros(n)])
    momentum = np.column_stack([rng.normal(0, 0.08, n), rng.normal(0, 0.08, n), rng.uniform(1.5, 5.0, n)])
    out, _ = _tracked(_mesons(-211, momentum, position), _horn(), 1, step=0.0025)
    never_in_metal = np.isclose(np.linalg.norm(out.momentum, axis=1), np.linalg.norm(momentum, axis=1), rtol=1e-12)
    kept = never_in_metal & (out.position[:, 2] > 1.99)
    assert kept.sum() > 100

    def axial(x: Array, p: Array) -> Array:
        result: Array = p[:, 2] - 0.299792458 * 2e-7 * CURRENT * -1 * np.log(np.hypot(x[:, 0], x[:, 1]))
        return result

    assert np.allclose(axial(position, momentum)[kept], axial(out.position, out.momentum)[kept], rtol=2e-4)
    turning = position[:, 0] * momentum[:, 1] - position[:, 1] * momentum[:, 0]
    after = out.position[:, 0] * out.momentum[:, 1] - out.position[:, 1] * out.momentum[:, 0]
    assert np.allclose(turning[kept], after[kept], atol=1e-12)


def test_rotation_keeps_the_length() -> None:
    rng = np.random.default_rng(2)
    direction = rng.normal(size=(3, 50))
    direction /= np.linalg.norm(direction, axis=0)
    azimuth = rng.uniform(0, 7, 50)
    turned = rotate_in_field(direction, np.stack([np.cos(azimuth), np.sin(azimuth)]), rng.uniform(-3, 3, 50))
    assert np.linalg.norm(turned, axis=0) == pytest.approx(np.ones(50), abs=1e-14)


def test_metal_is_weighed_by_the_length_crossed() -> None:
    """A straight line through a conductor 3 mm thick at angle a meets 3 mm / sin a of it: weight, and energy lost."""
    wall, field = Shell((0.0, 2.0), (0.019, 0.019), (0.5, 0.5)), Shell((0.0, 2.0), (0.022, 0.022), (0.5, 0.5))
    metal = Material(2.70, 26.98, 1.615, {"KL": (400.0,), "pi+": (400.0,)})
    absorption = 400.0 * 6.02214076e-4 * 2.70 / 26.98 * 100
    for angle in (0.03, 0.1, 0.4, 1.0):
        momentum = 3.0 * np.array([[np.sin(angle), 0.0, np.cos(angle)]])
        kaon = _mesons(130, momentum, np.array([[0.0, 0.0, 0.1]]))
        out, segments = _tracked(kaon, Horn(wall, field, 0.0, 1e-3, "aluminium"), 1, metal=metal)
        survived = 1.0 - segments.weight[0]
        expected = np.exp(-absorption * 0.003 / np.sin(angle))
        assert out.weight[0] == pytest.approx(expected * survived, rel=4e-3)


def test_metal_takes_its_energy_from_charged_particles_only_what_bethe_says() -> None:
    lost = METAL.slowed(np.array([2.0]), np.array([pdg.mass(211)]), np.array([0.03]))
    before, after = np.hypot(2.0, pdg.mass(211)), np.hypot(lost[0], pdg.mass(211))
    assert before - after == pytest.approx(1.615e-3 * 2.70 * 3.0, rel=1e-9)
    assert METAL.slowed(np.array([0.05]), np.array([pdg.mass(211)]), np.array([0.05]))[0] == 0.0


def test_decays_in_the_horn_sum_to_the_closed_form() -> None:
    """1 - exp(-L / decay length) over the flight, held by one step a meson, each place as likely as its density says."""
    n = 20_000
    momentum = np.tile([0.0, 0.0, 0.5], (n, 1))
    kaons = _mesons(321, momentum, np.tile([0.0, 0.0, 0.0], (n, 1)))
    out, segments = _tracked(kaons, Horn(VACUUM_WALL, FIELD, 0.0, 1e-3, "aluminium"), 1)
    length = 0.5 / pdg.mass(321) * pdg.ctau(321)
    flown = float(out.position[0, 2])
    assert segments.weight == pytest.approx(np.full(n, -np.expm1(-flown / length)), rel=1e-10)
    assert out.weight == pytest.approx(np.full(n, np.exp(-flown / length)), rel=1e-10)
    mean = length - flown / np.expm1(flown / length)
    assert np.mean(segments.start[2] + segments.path / 2) == pytest.approx(mean, abs=5 * 0.6 / np.sqrt(n))


def test_skin_depth_profile_encloses_all_the_current_at_the_surface_and_none_in_the_bore() -> None:
    horn = Horn(Shell((0.0, 2.0), (0.019, 0.019), (0.5, 0.5)), Shell((0.0, 2.0), (0.022, 0.022), (0.5, 0.5)), CURRENT, 1.4e-3, "aluminium")
    r = np.array([0.022, 0.0206, 0.019, 0.010])
    share = horn.field_share(r, np.ones(4))
    floor = np.exp(-3.0 / 1.4)
    assert share == pytest.approx([1.0, (np.exp(-1.0) - floor) / (1 - floor), 0.0, 0.0], abs=1e-12)


def test_profiles_that_go_backwards_are_refused() -> None:
    with pytest.raises(ParameterError, match="z must ascend"):
        Shell((0.0, 0.5, 0.4), (1.0, 1.0, 1.0), (2.0, 2.0, 2.0))
