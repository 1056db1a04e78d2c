"""Explaining: every octet of a message has its name, and what is not known says so."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.explain import Node, explain, read_octets, to_json
from gbcs_hil.gbcs.message import Cra, GroupingHeader, Message, pre_command
from gbcs_hil.gbcs.names import CredentialsReplacementMode
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.security_credentials import CANCEL, update_credentials
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import ACB, SUPPLIER_A, Pki, directory

ESME = bytes.fromhex("00DB1234567890A0")
SUPPLIER = bytes.fromhex("90B3D51F30010000")
LATER = datetime(2030, 1, 15, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def vectors(rtds: Path) -> Mapping[str, bytes]:
    """Every reference message by its file name without `_GBCS.HEX`."""
    files = (rtds / "vectors").glob("*_GBCS.HEX")
    return {f.name.removesuffix("_GBCS.HEX"): read_octets(f.read_bytes()) for f in files}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.issue(Authority.create(seed=b"tests"))


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def said(node: Node, name: str) -> list[str]:
    """Return what every part of a name says."""
    return [part.value for part in walk(node) if part.name == name]


def message_of(cra: Cra, code: int, payload: str, counter: int = 2002) -> bytes:
    header = GroupingHeader(cra, counter, ESME, SUPPLIER, code)
    return Message(header, bytes.fromhex(payload), bytes(64)).encode()


def test_every_reference_message_is_explained_to_the_end(vectors: Mapping[str, bytes]) -> None:
    for name, octets in vectors.items():
        tree = explain(octets)
        assert tree.octets == octets, name
        assert all(part.octets == octets[part.offset :][: len(part.octets)] for part in walk(tree))
        words = " ".join(part.value for part in walk(tree))
        assert "unknown" not in words, name
        assert "not known" not in words, name
        assert "unreadable" not in words, name


def test_the_parts_of_a_message_follow_each_other(vectors: Mapping[str, bytes]) -> None:
    for octets in vectors.values():
        end = 0
        for part in explain(octets).children:
            # Lengths stand between the parts and belong to none of them.
            assert end <= part.offset <= end + 3
            end = part.offset + len(part.octets)
        assert end == len(octets)


def test_a_reference_command_says_what_it_does(vectors: Mapping[str, bytes]) -> None:
    names = {SUPPLIER: "Supplier", ESME: "ESME"}
    tree = explain(vectors["CS02bSupplierBySupplier_6.15.1_FUTURE_DATED_SUCCESS_COMMAND"], names)
    assert tree.name == "Command, signed and MAC"
    assert said(tree, "Originator Counter") == ["1001"]
    assert said(tree, "Business Originator ID") == ["90-B3-D5-1F-30-01-00-00 Supplier"]
    assert said(tree, "Business Target ID") == ["00-DB-12-34-56-78-90-A0 ESME"]
    assert said(tree, "newRemotePartyFloorSeqNumber") == ["0"]
    assert said(tree, "executionDateTime") == ["2030-01-15 00:00:00"]
    assert said(tree, "replacement")[2] == "for supplier keyAgreement prepaymentTopUp"


def test_a_reference_response_says_what_became_of_each_cell(
    vectors: Mapping[str, bytes],
) -> None:
    tree = explain(vectors["CS02bNOByNO_6.15.1_SUCCESS_RESPONSE"])
    assert said(tree, "replacementOutcome") == [
        "networkOperator digitalSignature: success",
        "networkOperator keyAgreement: success",
    ]
    assert said(tree, "change") == ["networkOperator floor 0"]
    assert said(tree, "replacingSubjectKeyIdentifier")[0] == "4238D306B6F725A2"


def test_a_certificate_is_told_apart_into_who_and_what(vectors: Mapping[str, bytes]) -> None:
    tree = explain(vectors["CS02bNOByNO_6.15.1_SUCCESS_COMMAND"])
    issuer = next(part for part in walk(tree) if part.name == "certificate")
    assert issuer.value == "issuingAuthority Z1 keyCertSign"
    assert said(issuer, "authority key identifier") == ["48CF1B32697C4669"]
    assert said(issuer, "valid") == ["2015-10-29 00:00:00 to 2040-10-28 23:59:59"]


def test_a_broken_certificate_does_not_hide_the_rest(pki: Pki) -> None:
    held = pki.credentials[0]
    broken = held.certificate[:-80] + bytes(80)
    broken = broken.replace(
        b"\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x2a\x86\x48\xce\x3d\x03\x01\x7f"
    )
    message = update_credentials(
        CredentialsReplacementMode.SUPPLIER_BY_SUPPLIER,
        ACB.eui,
        ESME,
        5,
        [(broken, held.cell)],
        pki.authority.path,
        execution=CANCEL,
    )
    tree = explain(message.encode(), directory())
    assert said(tree, "replacementCertificate")[0].startswith("unreadable, ")
    assert said(tree, "executionDateTime") == ["never (cancels the command)"]
    assert said(tree, "Business Originator ID") == [
        "02-47-42-48-49-4C-00-02 Access Control Broker"
    ]


@pytest.mark.parametrize(
    ("prepayment", "mode"), [(None, "credit (1)"), (Prepayment(-500), "prepayment (2)")]
)
def test_an_esme_command_says_which_mode(prepayment: Prepayment | None, mode: str) -> None:
    tree = explain(esme_payment_mode(SUPPLIER, ESME, 0x1000001, prepayment, LATER).encode())
    assert said(tree, "payment mode") == [mode]
    assert said(tree, "Account activation time") == ["2030-01-15 09:00:00"]
    assert said(tree, "invoke id") == ["1, the counter's low 24 bits"]
    assert said(tree, "disablement threshold") == ([] if prepayment is None else ["-500"])


def test_a_gsme_command_says_which_mode() -> None:
    tree = explain(gsme_payment_mode(SUPPLIER, ESME, 7, Prepayment(-500), LATER, CANCEL).encode())
    assert said(tree, "proposed payment control configuration") == ["prepayment (0x0897)"]
    assert said(tree, "implementation time") == ["never (cancels the command)"]
    assert said(tree, "cut-off value") == ["-500"]


def test_an_esme_response_names_what_failed() -> None:
    payload = "DA2000040A0000 03 000000 03 0200 0201 02FA".replace(" ", "")
    tree = explain(message_of(Cra.RESPONSE, 0x001A, payload, counter=0x40A))
    assert said(tree, "set Account credit charge configuration") == ["hardware-fault (1)"]
    assert said(tree, "set Account activation time") == ["other-reason (250)"]


def test_a_gsme_failure_names_the_status() -> None:
    tree = explain(message_of(Cra.RESPONSE, 0x006C, "010901 01 0705 0005 08 00 0B 06 C0"))
    assert said(tree, "status") == ["hardware failure (0xC0)"]


def test_a_future_dated_alert_of_an_esme_names_its_command() -> None:
    command = "001A 00000000000003ED 006F 0001130000FF 0D"
    payload = f"0F 200007D2 00 0203 128F66 090C07EE010FFF090000008000FF 0913 {command}"
    tree = explain(message_of(Cra.ALERT, 0x00CC, payload))
    assert said(tree, "command") == ["0x001A ECS02, counter 1005"]
    assert said(tree, "time stamp") == ["2030-01-15 09:00:00"]
    assert said(tree, "alert code")[0].startswith("0x8F66 Future-date")


def test_a_future_dated_alert_of_a_gsme_names_its_command() -> None:
    payload = "010901 8F66 1C374A80 0E 006C 00000000000003E9 0705 01 06"
    tree = explain(message_of(Cra.ALERT, 0x00CD, payload))
    assert said(tree, "command") == ["0x006C GCS02, counter 1001"]
    assert said(tree, "command id") == ["0x06 Change Payment Mode"]
    assert said(tree, "time stamp") == ["2015-01-01 00:00:00"]


@pytest.mark.parametrize(
    "payload",
    ["0F200007D0000202128F30090C07DF0101FF000000008000FF", "0109008F301C374A80"],
    ids=["ESME", "GSME"],
)
def test_a_generic_alert_names_its_code(payload: str) -> None:
    tree = explain(message_of(Cra.ALERT, 0x1000, payload))
    assert said(tree, "alert code") == ["0x8F30 Source does not have authority for command"]


def test_an_unknown_use_case_is_shown_raw_and_said_so() -> None:
    tree = explain(pre_command(0x0042, SUPPLIER, ESME, 1, b"\x01\x02").encode())
    assert tree.value == "0x0042, a use case that this program does not know"
    assert said(tree, "Payload") == ["not known, shown raw"]


@pytest.mark.parametrize(
    ("cra", "code", "payload"),
    [
        pytest.param(Cra.COMMAND, 0x0103, "300205", id="DER cut short"),
        pytest.param(Cra.COMMAND, 0x0008, "30020500", id="another value than expected"),
        pytest.param(Cra.COMMAND, 0x0008, "3000", id="field missing"),
        pytest.param(Cra.COMMAND, 0x001A, "D82000000000", id="DLMS of another kind"),
        pytest.param(Cra.COMMAND, 0x001A, "D92000000000 00 00 05", id="octets behind DLMS"),
        pytest.param(Cra.COMMAND, 0x006C, "0110 00", id="another GBZ profile"),
        pytest.param(Cra.ALERT, 0x00CB, "300C0203008F66180532303330", id="time cut short"),
    ],
)
def test_a_malformed_payload_is_one_clear_line(cra: Cra, code: int, payload: str) -> None:
    with pytest.raises(GbcsError) as caught:
        explain(message_of(cra, code, payload))
    assert "\n" not in str(caught.value)
    assert "offset" in str(caught.value)


def test_a_tree_is_plain_data(vectors: Mapping[str, bytes]) -> None:
    octets = vectors["CS02aMAC_6.24.1_SUCCESS_COMMAND"]
    data = json.loads(json.dumps(to_json(explain(octets))))
    assert data["octets"] == octets.hex().upper()
    assert [child["name"] for child in data["children"]] == [
        "MAC header",
        "Grouping Header",
        "Payload",
        "MAC",
    ]


def test_directory_knows_every_party() -> None:
    assert directory()[SUPPLIER_A.eui] == "Supplier A"
