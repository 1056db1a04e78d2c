"""`gbcs-hil decode` explains DUIS XML: elements, certificates, a Signed Pre-Command's octets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dcc_world import AUTHORITY, PKI, World, certificates_of
from gbcs_hil.cli import main
from gbcs_hil.dcc.duis import documents, signature
from gbcs_hil.dcc.duis.explained import explain
from gbcs_hil.dcc.requests import ReplacementCertificates, SignedPreCommand
from gbcs_hil.dcc.users import User
from gbcs_hil.gbcs.node import Node
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A
from gbcs_hil.smki.xml_signing import xml_signing_credential


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.ledger.close()


def parts(node: Node) -> dict[str, Node]:
    """Return what is in a tree by its names; the last of each name."""
    found = {node.name: node}
    for child in node.children:
        found |= parts(child)
    return found


def test_every_element_is_told_in_order_and_certificates_are_taken_apart(world: World) -> None:
    tree = explain(documents.write(world.handover()))
    assert tree.value == "SRV 6.21, a request to be sent, without an XML signature"
    header, body = tree.children
    assert [part.value for part in header.children][1:] == ["1", "6.21", "6.21"]
    (contents,) = body.children
    assert [part.name for part in contents.children][:2] == [
        "RemotePartyRole",
        "RemotePartyFloorSeqNumber",
    ]
    signing = parts(contents)["DigitalSigning"]
    assert signing.octets == certificates_of(GAS_NETWORK_B).digital_signing
    assert parts(signing)["common name"].value == GAS_NETWORK_B.name


def test_a_signed_pre_command_is_explained_as_the_message_that_it_is(world: World) -> None:
    request = world.update(GAS_NETWORK_A, ACB, 1_200)
    signed = User(GAS_NETWORK_A, PKI).sign(request, world.dsp.transform(request))
    tree = explain(documents.write_signed(SignedPreCommand(request.id, request.variant, signed)))
    assert tree.value.startswith("SRV 6.15.1, a Signed Pre-Command")
    payload = parts(tree)["GBCSPayload"]
    assert payload.octets == signed.encode()
    assert parts(payload)["Originator Counter"].value == "1200"


def test_a_signature_is_told_and_not_believed(world: World) -> None:
    key = xml_signing_credential(AUTHORITY, SUPPLIER_A.eui, SUPPLIER_A.name)
    tree = explain(signature.sign(documents.write(world.handover()), key))
    assert tree.value.endswith("with an XML signature, which is not checked")
    assert "Signature" not in parts(tree)


def test_what_is_no_certificate_is_told_as_such(world: World) -> None:
    bad = ReplacementCertificates(b"\x30\x00", b"none", path=(b"\x05\x00",))
    tree = parts(explain(documents.write(world.handover(certificates=bad))))
    for name in ("DigitalSigning", "KeyAgreement", "Certificate"):
        assert tree[name].value.startswith("unreadable, ")


def decode(*arguments: str, octets: bytes | None = None) -> Any:
    return CliRunner().invoke(main, ["decode", *arguments], input=octets)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n "], ids=["xml", "bom", "space"])
def test_decode_takes_a_file_or_a_pipe(world: World, tmp_path: Path, before: bytes) -> None:
    document = before + documents.write(world.retrieval()).partition(b"\n")[2]
    (tmp_path / "read.xml").write_bytes(document)
    for result in (decode(str(tmp_path / "read.xml")), decode("-", octets=document)):
        assert result.exit_code == 0
        assert "RemotePartyRole  NetworkOperator" in result.stdout
    told = json.loads(decode(str(tmp_path / "read.xml"), "--json").stdout)
    assert told["name"] == "Request"


def test_decode_says_in_one_line_why_a_document_is_none(tmp_path: Path) -> None:
    path = tmp_path / "wrong.xml"
    path.write_bytes(b"<a><?x?></a>")
    result = decode(str(path))
    assert result.exit_code == 2
    assert result.stderr == f"gbcs-hil: {path}: DUIS: a processing instruction is not allowed\n"
