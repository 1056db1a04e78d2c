"""What a party is told that a device takes for a replay."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.cli import main
from gbcs_hil.gbcs.credential_responses import CellContent, ReadResponse, RoleCredentials
from gbcs_hil.gbcs.grouping_header import GroupingHeader
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import CellUsage, Cra, KeyUsage, RemotePartyRole, StatusCode
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell
from gbcs_hil.recovery.advice import LAST, LAST_OF_6_15_1, advise
from gbcs_hil.recovery.numbering import NUMBERINGS
from gbcs_hil.recovery.told import for_party
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, Party

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MILLISECONDS = 1_700_000_000_123


@given(st.integers(0, LAST))
def test_the_smallest_counter_is_just_above_or_there_is_none(counter: int) -> None:
    assert advise(counter).smallest == (counter + 1 if counter < LAST_OF_6_15_1 else None)


@given(st.sampled_from(list(NUMBERINGS)), st.integers(0, 2**63 - 1))
def test_a_numbering_reaches_a_counter_when_it_says_so_and_not_before(
    name: str, counter: int
) -> None:
    way = NUMBERINGS[name]
    when = way.reaches(counter)
    if when is not None:
        assert way.at(when) >= counter
        assert counter == 0 or way.at(when - way.step) < counter


@pytest.mark.parametrize(
    ("numbering", "reached"),
    [
        ("milliseconds", True),
        ("seconds", False),
        ("utrn", True),
        ("1200", False),
        (str(MILLISECONDS), True),
        (str(LAST_OF_6_15_1), False),
    ],
)
def test_whether_a_partys_numbers_reach_the_device(numbering: str, reached: bool) -> None:
    told = for_party(MILLISECONDS, "network-operator", numbering, NOW)
    assert (told.smallest, told.reached) == (MILLISECONDS + 1, reached)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["1,700,000,000,123", "--numbering", "seconds"], 1, "from 1,700,000,000,124 on"),
        (["1700000000123"], 0, "6.24.1 by the network operator"),
        ([str(2**63 - 1)], 0, "What is left is recovery by the DCC"),
        ([str(2**63 - 1), "--role", "supplier"], 0, "What is left is a 6.23"),
        (["7"], 0, "A 6.21 is none, unless the cells hold ACB certificates"),
        ([str(2**64)], 2, "is no counter"),
        (["7", "--numbering", "lunar"], 2, "--numbering lunar: there are "),
        (["none.hex"], 2, "none.hex: there is no such file"),
        (["DF09", "--role", "supplier"], 2, "DF09: "),
    ],
)
def test_the_command_tells(arguments: list[str], status: int, told: str) -> None:
    result = CliRunner().invoke(main, ["recover", *arguments])
    assert result.exit_code == status, result.output
    assert told in result.output


def test_a_utrn_is_never_high_enough_where_no_6_15_1_could_carry_it() -> None:
    assert advise(2**63 - 2**32 - 1).reached["utrn"] == datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
    assert advise(2**63 - 2**32).reached["utrn"] is None


def read_by_the_acb(holder: Party, counter: int) -> str:
    """Return a response to a 6.24.1 in hexadecimal."""
    role = RemotePartyRole.NETWORK_OPERATOR
    cell = TrustAnchorCell(role, KeyUsage.DIGITAL_SIGNATURE, CellUsage.MANAGEMENT)
    told = RoleCredentials(
        role, StatusCode.SUCCESS, counter, (CellContent(cell, holder.eui, bytes(8)),)
    )
    header = GroupingHeader(Cra.RESPONSE, 1, bytes(8), ACB.eui, MessageCode.CS02A)
    return Message(header, ReadResponse((told,)).encode(), b"").encode().hex()


@pytest.mark.parametrize(
    ("holder", "status", "told"),
    [
        (ACB, 1, "Cure: a 6.21, which the DCC has to send with a counter from 1,001 on"),
        (GAS_NETWORK_A, 0, "next number is 2,001: it reaches the device"),
    ],
)
def test_a_6_21_is_the_cure_where_the_response_tells_of_acb_certificates(
    holder: Party, status: int, told: str
) -> None:
    response = read_by_the_acb(holder, 1_000)
    result = CliRunner().invoke(main, ["recover", response, "--numbering", "2000"])
    assert (result.exit_code, told in result.output) == (status, True), result.output
