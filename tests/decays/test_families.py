"""Decays of several hidden families: one as the dark-neutrino kind, families apart as one each, redefined fields, the flag for BBN."""

import numpy as np
import pytest

import nusim
from nusim.decays.cosmology import LIMIT_ABOVE_PION, LIMIT_BELOW_PION, bbn_flag
from nusim.decays.couplings import couplings
from nusim.decays.table import decay_table
from nusim.errors import ParameterError
from nusim.model.model import DarkNeutrino, DarkNeutrinoFamilies, Hnl, Lagrangian, Matrices, Mediator, Portals
from nusim.model.spectrum import solve
from nusim.rates.widths import width_scan

MEDIATOR = Mediator(1.0, 2.0, 1.0)


def rows(matrix) -> tuple[tuple[complex, ...], ...]:
    return tuple(tuple(complex(z) for z in row) for row in np.asarray(matrix, complex))


def model(m_dirac, lambda_, mu, mediator: Mediator = MEDIATOR, portals: Portals | None = None) -> DarkNeutrinoFamilies:
    return DarkNeutrinoFamilies("test", "made for a test", Matrices(rows(m_dirac), rows(lambda_), rows(mu)), mediator, portals or Portals())


@pytest.mark.parametrize(("entries", "mediator", "portals"), [
    ((8.36e-5, 0.106, 0.075), MEDIATOR, Portals()),                           # the circle: three-body decays
    ((1e-3, 0.3, 0.5), MEDIATOR, Portals(epsilon=1e-4, sin_alpha=1e-3)),      # all currents in one amplitude
    ((1e-3, 0.3, 0.5), Mediator(0.05, 0.12, 0.5), Portals(epsilon=1e-4)),     # bosons on their shells
])  # fmt: skip
def test_one_family_is_the_dark_neutrino_kind(entries, mediator: Mediator, portals: Portals) -> None:
    m_dirac, lambda_, mu = entries
    shares = (0.2, 0.5, 0.3)
    one = solve(DarkNeutrino("one", "test", True, shares, Lagrangian(*entries), mediator, portals))
    other = solve(
        model(m_dirac * np.sqrt(shares)[:, None] * np.exp(0.7j), [[lambda_ * np.exp(0.2j)]], [[mu * np.exp(-1.3j)]], mediator, portals)
    )
    for state in ("nu4", "nu5", "zprime", "phi"):
        first, second = decay_table(one, state), decay_table(other, state)
        assert [channel.products for channel in first] == [channel.products for channel in second]
        assert second.total_width == pytest.approx(first.total_width, rel=1e-12)
        for channel in first:
            # channels at the rounding of the unitarity that closes them have no digits
            assert second.width(channel.products) == pytest.approx(channel.width, rel=1e-12, abs=1e-16 * first.total_width)


def test_couplings_have_the_sums_of_their_rows() -> None:
    """V_ij = sum over D of U*_Di U_Dj, C_ij over e, mu, tau; with the N they make the identity."""
    spectrum = solve(nusim.read_model("three-families"))
    found, u = couplings(spectrum), spectrum.U
    dark, active, sterile = u[6:9], u[:3], u[3:6]
    assert found.zprime.neutrino == pytest.approx(np.einsum("di,dj->ij", dark.conj(), dark), abs=1e-15)
    total = sum(np.einsum("xi,xj->ij", block.conj(), block) for block in (dark, active, sterile))
    assert total == pytest.approx(np.eye(9), abs=1e-13)
    assert found.names[3:] == ("nu4", "nu5", "nu6", "nu7", "nu8", "nu9")
    assert found.light == (0, 1, 2)


def test_families_apart_decay_as_one_each() -> None:
    """Family 1 mixes with mu, family 2 with e, nothing ties them: decays within a family are those of one family alone."""
    first = (1e-4, 0.106, 0.075)

    def with_second(m_dirac: float, lambda_: float, mu: float):
        blocks = [[0.0, m_dirac], [first[0], 0.0], [0.0, 0.0]], np.diag([first[1], lambda_]), np.diag([first[2], mu])
        return solve(model(*blocks))

    both = with_second(1e-8, 9.0, 5.0)  # beyond the reach of Z' and dark scalar, whose widths then are the same
    alone = solve(DarkNeutrino("one", "test", True, (0.0, 1.0, 0.0), Lagrangian(*first), MEDIATOR))
    for state in ("nu4", "nu5"):
        one, other = decay_table(alone, state), decay_table(both, state)
        for channel in one:
            assert other.width(channel.products) == pytest.approx(channel.width, rel=1e-9, abs=1e-14 * one.total_width)
    heavy = decay_table(with_second(1e-9, 0.9, 0.5), "nu6")
    # with V block by block nu6 reaches the other family in pairs only
    assert heavy.width("nu4 nu nu") < 1e-5 * heavy.width("nu4 nu4 nu")
    assert heavy.width("nu4 nu4 nu4") == pytest.approx(0.0, abs=1e-20 * heavy.total_width)
    assert heavy.width("nu4 nu4 nu") > 0


def test_widths_do_not_depend_on_the_bases_of_n_and_d() -> None:
    rng = np.random.default_rng(1)

    def unitary():
        return np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))[0]

    m_dirac = 1e-3 * (rng.normal(size=(3, 2)) + 1j * rng.normal(size=(3, 2)))
    lambda_, mu = np.array([[0.1, 0.05j], [0.02, 0.3]]), np.array([[0.2, 0.1j], [0.1j, 0.1]])
    v, w = unitary(), unitary()
    one, other = solve(model(m_dirac, lambda_, mu)), solve(model(m_dirac @ v, v.T @ lambda_ @ w, v.T @ mu @ v))
    for state in one.heavy_states:
        first, second = decay_table(one, state), decay_table(other, state)
        assert second.total_width == pytest.approx(first.total_width, rel=1e-11)
        for channel in first:
            assert second.width(channel.products) == pytest.approx(channel.width, rel=1e-9, abs=1e-13 * first.total_width)


@pytest.mark.parametrize("name", ["two-families", "three-families", "pseudo-dirac"])
def test_scans_and_tables_agree(name: str) -> None:
    """The vectorised widths are those of the tables, for every heavy state of the shipped cards."""
    spectrum = solve(nusim.read_model(name))
    for state in (spectrum.heavy_states[0], spectrum.heavy_states[-1]):
        table, scan = decay_table(spectrum, state), width_scan([spectrum, spectrum], state)
        assert scan.total_width == pytest.approx([table.total_width] * 2, rel=1e-9)
        for products, width in scan.width.items():
            assert width[1] == pytest.approx(table.width(products), rel=1e-9, abs=1e-16 * table.total_width)


def test_states_that_are_not_there() -> None:
    spectrum = solve(nusim.read_model("two-families"))
    assert spectrum.heavy_states == ("nu4", "nu5", "nu6", "nu7")
    with pytest.raises(ParameterError, match="'nu8'"):
        decay_table(spectrum, "nu8")


class TestNucleosynthesis:
    def test_the_circle_decays_late(self) -> None:
        """|U_mu4|^2 = 4.1e-7 at 75 MeV lives 13 s; its nu5 decays in 3.5 ms."""
        spectrum = solve(nusim.read_model("circle"))
        light, heavy = bbn_flag(decay_table(spectrum, "nu4")), bbn_flag(decay_table(spectrum, "nu5"))
        assert light is not None
        assert heavy is not None
        assert light.lifetime == pytest.approx(13.4, rel=0.01)
        assert (light.late, float(light.limit)) == (True, LIMIT_BELOW_PION)
        assert "after nucleosynthesis" in light.text
        assert heavy.lifetime == pytest.approx(3.46e-3, rel=0.01)
        assert (heavy.late, float(heavy.limit)) == (False, LIMIT_ABOVE_PION)

    def test_a_stable_state_is_late_and_a_boson_has_no_flag(self) -> None:
        stable = bbn_flag(decay_table(solve(Hnl("hnl", "test", True, 0.1, (0.0, 0.0, 0.0))), "nu4"))
        assert stable is not None
        assert stable.late
        assert stable.lifetime == np.inf
        assert bbn_flag(decay_table(solve(nusim.read_model("circle")), "zprime")) is None
