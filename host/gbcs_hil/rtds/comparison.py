"""Comparing what a device sent with what the reference data says that it sends.

All is compared but the device's own signature, which nobody can reproduce without its key. The
reference data codes some lengths longer than DER allows, so both sides are compared with every
length in its shortest form. A MAC covers the octets as they were sent: where lengths had to be
put right, each side's MAC is verified over its own octets instead.
"""

from dataclasses import dataclass

from gbcs_hil.errors import AuthenticationError, CredentialError, GbcsError
from gbcs_hil.gbcs.der import normalise_lengths
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.message_codes import USE_CASES, Protocol
from gbcs_hil.gbcs.security import verify_mac, verify_signature
from gbcs_hil.rtds.location import locate


@dataclass(frozen=True)
class Keys:
    """What the protection of both sides is verified with.

    Attributes:
        device: the emulated device's public signing key.
        reference: the public signing key of the device in the reference data, or None.
        secret: Z of the device and the party that it answers, or None.
    """

    device: bytes
    reference: bytes | None = None
    secret: bytes | None = None


@dataclass(frozen=True)
class Comparison:
    """What came of comparing two messages.

    Attributes:
        differences: where they differ; empty for a match.
        notes: what a person should know of a match.
    """

    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()


def compare(expected: Message, octets: bytes, keys: Keys) -> Comparison:
    """Compare a response or alert with the reference.

    Args:
        expected: the reference, as it was read.
        octets: what the device sent.
        keys: verify signatures and MACs.
    """
    try:
        actual = parse(octets)
    except GbcsError as error:
        return Comparison((f"what the device sent is no message: {error}",))
    differences, notes = [], []
    theirs, ours = normalised(expected), normalised(actual)
    as_sent = theirs.grouping_octets == expected.grouping_octets
    if not as_sent:
        notes.append("lengths normalised")
    if theirs.grouping_octets != ours.grouping_octets:
        differences += locate(theirs, ours)
    elif expected.mac is not None and actual.mac is not None:
        differences += _compare_macs(expected, actual, as_sent, keys.secret)
    differences += _compare_protection(expected, actual)
    if actual.signature:
        differences += _failure("", actual, keys.device)
    if expected.signature and keys.reference:
        notes += _failure("in the vector, ", expected, keys.reference)
    return Comparison(tuple(differences), tuple(notes))


def normalised(message: Message) -> Message:
    """Return a message with every length in its shortest form; its protection is kept."""
    use_case = USE_CASES.get(message.header.message_code)
    payload = message.payload
    if use_case is not None and use_case.protocol is Protocol.ASN1:
        try:
            payload = normalise_lengths(payload).octets
        except GbcsError:
            # No DER, so there is nothing to put right; the octets are compared as they are.
            payload = message.payload
    return Message(message.header, payload, message.signature, message.mac)


def _compare_protection(expected: Message, actual: Message) -> list[str]:
    """Return what only one of the two is protected with."""
    differences = []
    for name, theirs, ours in (
        ("signature", bool(expected.signature), bool(actual.signature)),
        ("MAC", expected.mac is not None, actual.mac is not None),
    ):
        if theirs != ours:
            with_without = ("with", "without") if theirs else ("without", "with")
            differences.append(
                f"{name}: expected {with_without[0]}, device answers {with_without[1]}"
            )
    return differences


def _compare_macs(
    expected: Message, actual: Message, as_sent: bool, secret: bytes | None
) -> list[str]:
    """Return how the MACs of two messages that say the same differ."""
    assert expected.mac is not None, "the caller has looked"
    assert actual.mac is not None, "the caller has looked"
    if as_sent and expected.grouping_octets == actual.grouping_octets:
        if expected.mac == actual.mac:
            return []
        theirs, ours = expected.mac.hex().upper(), actual.mac.hex().upper()
        return [f"MAC: expected {theirs}, device says {ours}"]
    if secret is None:
        return ["MAC: no shared secret Z to verify it with, and lengths differ"]
    differences = []
    for whose, message in (("the vector's", expected), ("the device's", actual)):
        try:
            verify_mac(message, secret)
        except AuthenticationError:
            differences.append(f"MAC: {whose} does not verify over its own octets")
    return differences


def _failure(where: str, message: Message, public_key: bytes) -> list[str]:
    try:
        verify_signature(message, public_key)
    except (AuthenticationError, CredentialError) as error:
        return [f"{where}{error}"]
    return []
