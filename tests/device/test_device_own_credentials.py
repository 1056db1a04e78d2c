"""CS02c, CS02d, CS02e: the device's own key pairs and certificates (SRV 6.17, 6.15.2, 6.24.2)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from rig import Rig, provisioned

from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    RECOVERY,
    SUPPLIER_B,
    TRANSITIONAL_COS,
    Party,
)
from head_end import (
    AUTHORITY,
    EUI,
    HEAD_END,
    signing,
)
from made_certificates import (
    of_a_device,
    off_the_curve,
    tlv,
    with_changed_body,
)

DS, KA = KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT
USAGES = {DS: bytes.fromhex("3004 0302 0780"), KA: bytes.fromhex("3004 0302 0308")}
OTHER = {DS: KA, KA: DS}
ISSUE, UPDATE, READ = 0x000A, 0x000B, 0x000C
CODES = {"CS02c": ISSUE, "CS02d": UPDATE, "CS02e": READ}
OTHER_EUI = bytes.fromhex("00DB1234567890A4")


def integer(value: int) -> bytes:
    return bytes([2, 1, value])


def ask(rig: Rig, code: int, counter: int, payload: bytes) -> bytes:
    """Deliver a supplier's command and return the payload of the undated, signed answer."""
    command = rig.head_end.command(code, counter, payload)
    return rig.head_end.response(command, rig.accept(command), None).payload


def request(rig: Rig, usage: KeyUsage, counter: int) -> bytes:
    """Have a key pair made; return its public key, from a certification request in order."""
    asked = x509.load_der_x509_csr(ask(rig, ISSUE, counter, USAGES[usage]))
    assert asked.is_signature_valid
    assert list(asked.subject) == []
    assert list(asked.extensions) == list(asked.attributes) == []
    assert asked.signature_hash_algorithm is not None
    assert asked.signature_hash_algorithm.name == "sha256"
    key = asked.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    return public_octets(key)


def certificate(key: bytes, usage: KeyUsage, eui: bytes = EUI) -> bytes:
    return AUTHORITY.device_certificate(eui, key, usage)


def usable(rig: Rig) -> bool:
    """Tell whether a read answered with a MAC, and a CS02e with a signature, are in order."""
    read = rig.head_end.read(1, Role.SUPPLIER)
    rig.head_end.response(read, rig.accept(read), None)
    ask(rig, READ, 2**40 + rig.counter(Role.SUPPLIER), USAGES[DS])
    return True


@pytest.mark.parametrize("usage", USAGES)
@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
def test_a_key_pair_is_made_certified_and_taken_into_use(
    device_type: str, usage: KeyUsage
) -> None:
    rig = provisioned(device_type)
    key = request(rig, usage, 1)
    assert key not in (HEAD_END.signing_key, HEAD_END.agreement_key)
    rig.restart()
    made = certificate(key, usage)
    # The answer to CS02d itself still comes under the key that asked for it.
    assert ask(rig, UPDATE, 2, made) == integer(0)
    old = rig.head_end
    if usage is DS:
        rig.head_end = replace(old, signing_key=key)
    else:
        rig.head_end = replace(old, agreement_key=key)
    assert usable(rig)
    rig.restart()
    assert usable(rig)
    assert ask(rig, READ, 2**50, USAGES[usage]) == made
    assert ask(rig, READ, 2**50 + 1, USAGES[OTHER[usage]]) == integer(2)
    if usage is KA:
        assert rig.refuse(old.read(1, Role.SUPPLIER)) == "bad-mac"


@pytest.mark.parametrize("usage", USAGES)
def test_until_it_is_certified_the_old_key_is_in_use(usage: KeyUsage) -> None:
    rig = provisioned()
    request(rig, usage, 1)
    assert usable(rig)
    rig.restart()
    assert usable(rig)


def test_both_keys_are_renewed_one_beside_the_other() -> None:
    rig = provisioned()
    keys = {usage: request(rig, usage, 1 + number) for number, usage in enumerate(USAGES)}
    assert ask(rig, UPDATE, 3, certificate(keys[KA], KA)) == integer(0)
    rig.head_end = replace(rig.head_end, agreement_key=keys[KA])
    rig.restart()
    assert ask(rig, UPDATE, 4, certificate(keys[DS], DS)) == integer(0)
    rig.head_end = replace(rig.head_end, signing_key=keys[DS])
    assert usable(rig)


def test_every_request_makes_another_key_pair() -> None:
    rig = provisioned()
    keys = [request(rig, DS, counter) for counter in range(1, 5)]
    assert len(set(keys)) == 4
    # The last one counts.
    assert ask(rig, UPDATE, 5, certificate(keys[2], DS)) == integer(5)
    assert ask(rig, UPDATE, 6, certificate(keys[3], DS)) == integer(0)


# -- what is answered instead --------------------------------------------------------------


@pytest.mark.parametrize("code", [ISSUE, READ])
@pytest.mark.parametrize(
    "usage", ["0302 0204", "0302 0106", "0302 0388", "0301 00", "0303 078000", "0302 0000"]
)
def test_another_key_usage_is_invalid(code: int, usage: str) -> None:
    rig = provisioned()
    content = bytes.fromhex(usage)
    before = rig.state.own.encode()
    assert ask(rig, code, 1, bytes([0x30, len(content)]) + content) == integer(1)
    assert rig.state.own.encode() == before
    assert rig.counter(Role.SUPPLIER) == 1


N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize("number", [0, N, 2**256 - 1])
def test_a_random_source_that_gives_no_key_is_told(number: int) -> None:
    rig = provisioned()
    rig.random = lambda length: number.to_bytes(32)[:length]
    before = rig.state.own.encode()
    assert ask(rig, ISSUE, 1, USAGES[DS]) == integer(2)
    assert rig.state.own.encode() == before


def other_key() -> bytes:
    return AUTHORITY.device(EUI, generation=9)[0].public_key


def for_signing_certificates(key: bytes) -> bytes:
    old, new = bytes.fromhex("0302 0780"), bytes.fromhex("0302 0204")
    return with_changed_body(certificate(key, DS), lambda body: body.replace(old, new))


def body_of(octets: bytes) -> bytes:
    return x509.load_der_x509_certificate(octets).tbs_certificate_bytes


# What is sent for a requested signing key, and the result.
RESULTS: dict[str, tuple[Callable[[bytes], bytes], int]] = {
    "the key's certificate": (lambda key: certificate(key, DS), 0),
    "an empty sequence": (lambda key: b"\x30\x00", 1),
    "no certificate": (lambda key: b"\x30\x03\x02\x01\x00", 1),
    "what is signed of it": (lambda key: body_of(certificate(key, DS)), 1),
    "a certificate in a certificate": (lambda key: tlv(0x30, certificate(key, DS)), 1),
    "a key off the curve": (lambda key: off_the_curve(certificate(key, DS)), 1),
    "another device's": (lambda key: certificate(key, DS, OTHER_EUI), 2),
    "an organisation's": (lambda key: signing(SUPPLIER_B).certificate, 2),
    "an authority's": (lambda key: AUTHORITY.device_issuing.certificate, 2),
    "for signing certificates": (for_signing_certificates, 3),
    "for the other usage": (lambda key: certificate(key, KA), 4),
    "of another key": (lambda key: certificate(other_key(), DS), 5),
    "of the key in use": (lambda key: certificate(HEAD_END.signing_key, DS), 5),
    "a long one": (lambda key: of_a_device(EUI, key, DS, 1020), 0),
    "one that is too long to keep": (lambda key: of_a_device(EUI, key, DS, 1032), 6),
    "one of 4 KB": (lambda key: of_a_device(EUI, key, DS, 4200), 6),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_device_certificate_is_checked(name: str) -> None:
    make, result = RESULTS[name]
    rig = provisioned()
    key = request(rig, DS, 1)
    before = rig.state.own.encode()
    assert ask(rig, UPDATE, 2, make(key)) == integer(result)
    rig.restart()
    if result:
        assert rig.state.own.encode() == before
        assert usable(rig)
        # The key pair still waits.
        assert ask(rig, UPDATE, 2**60, certificate(key, DS)) == integer(0)


def test_a_certificate_needs_a_request() -> None:
    rig = provisioned()
    assert ask(rig, UPDATE, 1, certificate(other_key(), DS)) == integer(4)
    assert ask(rig, UPDATE, 2, certificate(HEAD_END.signing_key, DS)) == integer(4)
    key = request(rig, DS, 3)
    assert ask(rig, UPDATE, 4, certificate(key, DS)) == integer(0)
    rig.head_end = replace(rig.head_end, signing_key=key)
    assert ask(rig, UPDATE, 5, certificate(key, DS)) == integer(4)


def test_a_device_without_certificate_says_so() -> None:
    rig = provisioned()
    for number, usage in enumerate(USAGES):
        assert ask(rig, READ, 1 + number, USAGES[usage]) == integer(2)


# -- who may, and how often ----------------------------------------------------------------


def payload_of(code: int) -> bytes:
    return certificate(other_key(), DS) if code == UPDATE else USAGES[DS]


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_signature_and_mac_are_both_needed(code: int) -> None:
    rig = provisioned()
    command = parse(rig.head_end.command(code, 1, payload_of(code)))
    assert rig.refuse(command.protected(command.signature, None).encode()) == "bad-mac"
    assert rig.refuse(rig.head_end.protect(command.pre_command)) == "bad-signature"
    rig.accept(command.encode())


@pytest.mark.parametrize(
    "party",
    [SUPPLIER_B, GAS_NETWORK_A, ACB, RECOVERY, TRANSITIONAL_COS],
    ids=lambda party: party.name,
)
@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_it_is_for_the_supplier_alone(code: int, party: Party) -> None:
    rig = provisioned()
    command = rig.head_end.command(code, 1, payload_of(code), party)
    assert rig.refuse(command) == "not-authorised"


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_it_is_not_replayed(code: int) -> None:
    rig = provisioned(counters={Role.SUPPLIER: 1000})
    assert rig.refuse(rig.head_end.command(code, 1000, payload_of(code))) == "replay"
    command = rig.head_end.command(code, 1001, payload_of(code))
    rig.accept(command)
    assert rig.refuse(command) == "replay"
    rig.restart()
    assert rig.refuse(command) == "replay"
    assert rig.counter(Role.SUPPLIER) == 1001


def test_cs02e_may_be_without_replay_protection() -> None:
    rig = provisioned(counters={Role.SUPPLIER: 1000}, settings={"cs02e-replay-protection": "off"})
    before = dict(rig.medium.files)
    for counter in (1, 1, 1000, 2**64 - 1):
        assert ask(rig, READ, counter, USAGES[DS]) == integer(2)
    assert rig.medium.files == before


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "3000",
        "0302 0780",
        "3004 0402 0780",
        "3004 0302 07",
        "3003 0302 0780",
        "3006 0302 0780 0500",
        "3004 0302 0780 00",
        "308104 0302 0780",
        "3080 0302 0780 0000",
    ],
)
@pytest.mark.parametrize("code", [ISSUE, READ])
def test_another_payload_is_malformed(code: int, payload: str) -> None:
    rig = provisioned()
    assert rig.refuse(rig.head_end.command(code, 1, bytes.fromhex(payload))) == "malformed"


@pytest.mark.parametrize("payload", ["", "3003 0201", "0500", "0304 30020500", "3000 3000"])
def test_another_payload_of_cs02d_is_malformed(payload: str) -> None:
    rig = provisioned()
    assert rig.refuse(rig.head_end.command(UPDATE, 1, bytes.fromhex(payload))) == "malformed"
