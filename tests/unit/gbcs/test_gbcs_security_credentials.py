"""CS02a and CS02b: read from the reference messages, written octet for octet again."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.credential_responses import ReadResponse, UpdateAlert, UpdateResponse
from gbcs_hil.gbcs.der import normalise_lengths
from gbcs_hil.gbcs.explain import read_octets
from gbcs_hil.gbcs.message import parse, pre_command
from gbcs_hil.gbcs.message_codes import code_of_mode
from gbcs_hil.gbcs.names import (
    AlertCode,
    CredentialsReplacementMode,
    RemotePartyRole,
    StatusCode,
)
from gbcs_hil.gbcs.security_credentials import (
    CANCEL,
    ReadCredentials,
    Replacement,
    SequenceNumberChange,
    UpdateCredentials,
    read_credentials,
    update_credentials,
)
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, digital_signing
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, SUPPLIER_A, Pki

Payload = ReadCredentials | ReadResponse | UpdateCredentials | UpdateResponse | UpdateAlert
KINDS: dict[tuple[str, str], Callable[[bytes], Payload]] = {
    ("CS02a", "COMMAND"): ReadCredentials.decode,
    ("CS02a", "RESPONSE"): ReadResponse.decode,
    ("CS02b", "COMMAND"): UpdateCredentials.decode,
    ("CS02b", "PRECOMMAND"): UpdateCredentials.decode,
    ("CS02b", "RESPONSE"): UpdateResponse.decode,
    ("CS02b", "ALERT"): UpdateAlert.decode,
}
SUPPLIER, NETWORK_OPERATOR = RemotePartyRole.SUPPLIER, RemotePartyRole.NETWORK_OPERATOR
MODE = CredentialsReplacementMode
CERTIFICATE = bytes.fromhex("3003020105")
CELLS = [cell for cells in CELLS_OF_ROLE.values() for cell in cells]
FLOORS = st.integers(0, (1 << 63) - 1)
TIMES = st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)).map(
    lambda time: time.replace(microsecond=0, tzinfo=UTC)
)


@pytest.fixture(scope="module")
def vectors(rtds: Path) -> Mapping[str, bytes]:
    """Every reference message by its file name without `_GBCS.HEX`."""
    files = (rtds / "vectors").glob("*_GBCS.HEX")
    return {f.name.removesuffix("_GBCS.HEX"): read_octets(f.read_bytes()) for f in files}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.issue(Authority.create(seed=b"tests"))


@st.composite
def changes(draw: st.DrawFn) -> SequenceNumberChange:
    role = draw(st.sampled_from(RemotePartyRole))
    return SequenceNumberChange(role, draw(FLOORS), draw(st.none() | FLOORS))


@st.composite
def commands(draw: st.DrawFn) -> UpdateCredentials:
    replacement = st.builds(Replacement, st.just(CERTIFICATE), st.sampled_from(CELLS))
    return UpdateCredentials(
        mode=draw(st.sampled_from(MODE)),
        sequence_number=draw(FLOORS),
        replacements=tuple(draw(st.lists(replacement, max_size=3))),
        path=tuple(draw(st.lists(st.just(CERTIFICATE), max_size=3))),
        authorising_cell=draw(st.none() | st.sampled_from(CELLS)),
        floor=draw(st.none() | FLOORS),
        prepayment_floor=draw(st.none() | FLOORS),
        other_floors=tuple(draw(st.lists(changes(), max_size=3))),
        apply_time_checks=draw(st.booleans()),
        symmetric_key=draw(st.none() | st.binary(max_size=32)),
        execution=draw(st.none() | TIMES | st.just(CANCEL)),
    )


@given(commands())
def test_a_command_is_read_as_it_was_written(command: UpdateCredentials) -> None:
    assert UpdateCredentials.decode(command.encode()) == command


def test_every_reference_payload_is_written_octet_for_octet(
    vectors: Mapping[str, bytes],
) -> None:
    credentials = {name: octets for name, octets in vectors.items() if name.startswith("CS02")}
    assert len(credentials) >= 14
    for name, octets in credentials.items():
        payload = parse(octets).payload
        decode = KINDS[name[:5], name.rsplit("_", 1)[1]]
        assert decode(payload).encode() == normalise_lengths(payload).octets, name


def test_a_reference_command_is_built_from_what_it_says(vectors: Mapping[str, bytes]) -> None:
    octets = vectors["CS02bSupplierBySupplier_6.15.1_FUTURE_DATED_SUCCESS_PRECOMMAND"]
    given_ = UpdateCredentials.decode(parse(octets).payload)
    built = update_credentials(
        MODE.SUPPLIER_BY_SUPPLIER,
        bytes.fromhex("90B3D51F30010000"),
        bytes.fromhex("00DB1234567890A0"),
        1001,
        [(replacement.certificate, replacement.cell) for replacement in given_.replacements],
        given_.path,
        floor=0,
        prepayment_floor=0,
        execution=datetime(2030, 1, 15, tzinfo=UTC),
    )
    assert built.encode() == octets


def test_the_reference_question_is_built_from_what_it_says(vectors: Mapping[str, bytes]) -> None:
    command = parse(vectors["CS02aMAC_6.24.1_SUCCESS_COMMAND"])
    built = read_credentials(
        bytes.fromhex("90B3D51F30000002"),
        bytes.fromhex("00DB1234567890A0"),
        1302,
        [SUPPLIER, NETWORK_OPERATOR],
    )
    assert built.encode() == command.grouping_octets


def test_a_reference_answer_tells_the_counters(vectors: Mapping[str, bytes]) -> None:
    answer = ReadResponse.decode(parse(vectors["CS02aMAC_6.24.1_SUCCESS_RESPONSE"]).payload)
    assert [(role.role, role.sequence_number) for role in answer.roles] == [
        (SUPPLIER, 0),
        (NETWORK_OPERATOR, 1),
    ]


def test_a_role_without_cells_has_a_status_alone() -> None:
    octets = bytes.fromhex("30083006 020103 0A0119")
    answer = ReadResponse.decode(octets)
    assert answer.roles[0].status is StatusCode.TRUST_ANCHOR_NOT_FOUND
    assert answer.roles[0].sequence_number is None
    assert answer.encode() == octets


def test_a_counter_of_65_bits_is_none() -> None:
    octets = bytes.fromhex("30153013 020102 0A0100 0209010000000000000000 3000")
    with pytest.raises(GbcsError, match="currentSeqNumber is 18446744073709551616"):
        ReadResponse.decode(octets)


def test_a_reference_handover_ends_with_the_supplier_in_the_cell(
    vectors: Mapping[str, bytes],
) -> None:
    name = "CS02bSupplierBySupplierHandover_6.21_SUCCESS_RESPONSE"
    outcome = UpdateResponse.decode(parse(vectors[name]).payload).outcome
    assert outcome is not None
    assert outcome.succeeded
    assert outcome.outcomes[0].existing_eui == bytes.fromhex("90B3D51F30000002")
    assert outcome.outcomes[0].replacing_eui == bytes.fromhex("90B3D51F30010000")
    assert outcome.changes == (SequenceNumberChange(SUPPLIER, 0, 0),)


def test_a_future_dated_command_is_accepted_without_outcome() -> None:
    assert UpdateResponse.decode(bytes.fromhex("30020500")) == UpdateResponse(None)


def test_a_reference_alert_tells_when_and_what(vectors: Mapping[str, bytes]) -> None:
    name = "CS02bSupplierBySupplier_6.15.1_8F66_FUTURE_DATED_SUCCESS_ALERT"
    alert = UpdateAlert.decode(parse(vectors[name]).payload)
    assert alert.alert_code is AlertCode.FUTURE_DATED_SUCCESS
    assert alert.execution == datetime(2030, 1, 15, tzinfo=UTC)
    assert alert.outcome.sequence_number == 1001


def test_the_counter_is_in_header_and_payload() -> None:
    message = update_credentials(
        MODE.NETWORK_OPERATOR_BY_NETWORK_OPERATOR, GAS_NETWORK_A.eui, bytes(8), 99, [], []
    )
    assert message.header.counter == 99
    assert UpdateCredentials.decode(message.payload).sequence_number == 99


@pytest.mark.parametrize("mode", MODE)
def test_a_command_names_the_cell_of_its_mode(mode: CredentialsReplacementMode) -> None:
    message = update_credentials(mode, ACB.eui, bytes(8), 1, [], [])
    assert message.header.message_code == code_of_mode(mode)
    command = UpdateCredentials.decode(message.payload)
    assert (command.authorising_cell is None) == (mode is MODE.ACB_BY_ACB)


def test_openssl_reads_a_whole_command(pki: Pki) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not on the path")
    message = update_credentials(
        MODE.SUPPLIER_BY_TRANS_COS,
        ACB.eui,
        bytes(8),
        (1 << 63) - 1,
        [(held.certificate, held.cell) for held in pki.credentials if held.eui == SUPPLIER_A.eui],
        pki.authority.path,
        other_floors=[SequenceNumberChange(SUPPLIER, 128, 255)],
        apply_time_checks=False,
        execution=CANCEL,
    )
    command = [openssl, "asn1parse", "-inform", "DER"]
    done = subprocess.run(command, input=message.payload, capture_output=True)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[-1].endswith(":99991231235959Z")


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ("3000", "not a CS02b command"),
        ("300C 3006 020163 830101 3000 3000", "99 is no"),
        ("300C 3006 020102 8301FF 3000 3000", "expected 0 to"),
    ],
)
def test_a_payload_that_is_none_is_refused(payload: str, says: str) -> None:
    with pytest.raises(GbcsError, match=says):
        UpdateCredentials.decode(bytes.fromhex(payload))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(GbcsError, match="no time zone"):
        update_credentials(
            MODE.SUPPLIER_BY_SUPPLIER,
            bytes(8),
            bytes(8),
            1,
            [],
            [],
            execution=datetime(2030, 1, 1),
        )


def test_a_contradiction_can_be_built_on_purpose() -> None:
    command = UpdateCredentials(
        mode=MODE.SUPPLIER_BY_SUPPLIER,
        sequence_number=5,
        replacements=(),
        path=(),
        authorising_cell=digital_signing(NETWORK_OPERATOR),
    )
    message = pre_command(0x0103, bytes(8), bytes(8), 6, command.encode())
    assert UpdateCredentials.decode(message.payload) == command
