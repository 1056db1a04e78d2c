"""DUIS XML at the DSP's two addresses: the two-step flow, signatures, what is refused."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcc_world import AUTHORITY, DEVICE, PKI, World
from gbcs_hil.dcc.duis import documents, signature
from gbcs_hil.dcc.duis.gateway import DuisGateway
from gbcs_hil.dcc.outcome import Rejected
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import RequestId, ServiceRequest, SignedPreCommand
from gbcs_hil.dcc.users import User
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.payment_mode import esme_payment_mode
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, SUPPLIER_A, SUPPLIER_B, Party
from gbcs_hil.smki.xml_signing import xml_signing_credential

CREDENTIALS = {
    party.eui: xml_signing_credential(AUTHORITY, party.eui, party.name)
    for party in (GAS_NETWORK_A, SUPPLIER_A)
}
CERTIFICATES = {eui: credential.certificate for eui, credential in CREDENTIALS.items()}


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.ledger.close()


def sign(party: Party, request: ServiceRequest, pre_command: Message) -> bytes:
    """Return the document that a user sends back."""
    signed = User(party, PKI).sign(request, pre_command)
    return documents.write_signed(SignedPreCommand(request.id, request.variant, signed))


@pytest.mark.requirement("DUIS-8", "DUIS-12")
def test_a_critical_request_goes_both_ways_as_xml(world: World) -> None:
    gateway = DuisGateway(world.dsp)
    world.reply = world.done()
    request = world.update(GAS_NETWORK_A, ACB, 1_200)
    pre_command = gateway.transform(documents.write(request))
    outcome = gateway.send(sign(GAS_NETWORK_A, request, pre_command))
    assert (outcome.code.code, outcome.counter) == ("I0", 1_200)
    assert len(world.sent) == 1


def test_a_request_that_is_not_critical_is_sent_as_it_is(world: World) -> None:
    assert DuisGateway(world.dsp).send(documents.write(world.handover())).code.code == "E21"
    assert len(world.sent) == 1


@pytest.mark.requirement("DUIS-9", "DUIS-12")
def test_a_signed_pre_command_needs_what_was_transformed(world: World) -> None:
    request = world.update(GAS_NETWORK_A, ACB, 1_200)
    pre_command = World().dsp.transform(request)
    outcome = DuisGateway(world.dsp).send(sign(GAS_NETWORK_A, request, pre_command))
    assert (outcome.code.code, outcome.check) == ("B-PRECOMMAND", "as-transformed")
    assert not world.sent
    events = [(row.kind, row.event) for row in world.ledger.trail.rows()]
    assert events == [
        ("request", "send"),
        ("check", "as-transformed"),
        ("outcome", "B-PRECOMMAND"),
    ]


@pytest.mark.requirement("DUIS-9", "DUIS-12")
def test_another_pre_command_under_the_same_request_id_is_refused(world: World) -> None:
    gateway = DuisGateway(world.dsp)
    request = world.update(GAS_NETWORK_A, ACB, 1_200)
    gateway.transform(documents.write(request))
    other = World().dsp.transform(replace(request, floor=5))
    outcome = gateway.send(sign(GAS_NETWORK_A, replace(request, floor=5), other))
    assert (outcome.code.code, outcome.check) == ("B-PRECOMMAND", "as-transformed")


@pytest.mark.requirement("DUIS-8")
def test_each_document_has_its_own_address(world: World) -> None:
    gateway = DuisGateway(world.dsp)
    request = world.update(GAS_NETWORK_A, ACB, 1_200)
    pre_command = world.dsp.transform(request)
    outcome = gateway.send(documents.write(request))
    assert (outcome.code.code, outcome.check) == ("E13", "service-url")
    for document in (documents.write(world.handover()), sign(GAS_NETWORK_A, request, pre_command)):
        with pytest.raises(Rejected, match="E13"):
            gateway.transform(document)
    assert not world.sent


@pytest.mark.requirement("DUIS-14")
def test_a_signed_document_is_carried_out_and_another_is_not(world: World) -> None:
    gateway = DuisGateway(world.dsp, CERTIFICATES)
    document = documents.write(world.handover())
    signed = signature.sign(document, CREDENTIALS[SUPPLIER_A.eui])
    by_another = signature.sign(document, CREDENTIALS[GAS_NETWORK_A.eui])
    of_nobody = documents.write(replace(world.handover(), id=RequestId(SUPPLIER_B.eui, DEVICE, 1)))
    changed = signed.replace(b"true<", b"false<")
    for bad in (document, by_another, changed, of_nobody):
        outcome = gateway.send(bad)
        assert (outcome.code.code, outcome.check) == ("B-XML-SIGNATURE", "xml-signature")
        assert outcome.code.of_the_bench
    assert not world.sent
    assert gateway.send(signed).code.code == "E21"
    assert len(world.sent) == 1


@pytest.mark.requirement("DUIS-14")
def test_a_bad_signature_is_not_transformed_either(world: World) -> None:
    gateway = DuisGateway(world.dsp, CERTIFICATES)
    document = documents.write(world.update(GAS_NETWORK_A, ACB))
    with pytest.raises(Rejected, match="B-XML-SIGNATURE"):
        gateway.transform(document)
    signed = signature.sign(document, CREDENTIALS[GAS_NETWORK_A.eui])
    assert gateway.transform(signed).header.originator == GAS_NETWORK_A.eui


@given(counter=st.integers(0, 2**64 - 1), signature=st.binary(min_size=64, max_size=64))
def test_a_signed_pre_command_that_is_written_is_read_back(counter: int, signature: bytes) -> None:
    command = esme_payment_mode(GAS_NETWORK_A.eui, DEVICE, counter, None, None)
    signed = SignedPreCommand(
        RequestId(GAS_NETWORK_A.eui, DEVICE, counter), "1.6", replace(command, signature=signature)
    )
    policy = Policy(duis_signed_payload="Payload")
    for carried in (Policy(), policy):
        read = documents.read_document(documents.write_signed(signed, carried), carried)
        assert read == documents.Document(documents.SEND_SIGNED, signed)


def test_a_signed_pre_command_that_is_none_is_one_line() -> None:
    command = esme_payment_mode(GAS_NETWORK_A.eui, DEVICE, 1, None, None)
    signed = SignedPreCommand(RequestId(GAS_NETWORK_A.eui, DEVICE, 1), "1.6", command)
    document = documents.write_signed(signed)
    with pytest.raises(BadInput, match="does not say what was asked for"):
        documents.read(document)
    payload = document.index(b"<sr:GBCSPayload>") + len(b"<sr:GBCSPayload>")
    with pytest.raises(BadInput, match="the Signed Pre-Command is none") as caught:
        documents.read_document(document[:payload] + b"AAAA" + document[payload + 4 :])
    assert "\n" not in str(caught.value)
