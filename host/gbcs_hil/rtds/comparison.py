"""Comparing what a device sent with what the reference data says that it sends.

All is compared but the device's own signature, which nobody can reproduce without its key, and
what `normalisation` puts right. A MAC covers the octets as they were sent: where something had
to be put right, each side's MAC is verified over its own octets instead.
"""

from dataclasses import dataclass

from gbcs_hil.errors import AuthenticationError, CredentialError, GbcsError
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.security import verify_mac, verify_signature
from gbcs_hil.rtds.faults import reported_fault, reports_success, same_but_for_fault
from gbcs_hil.rtds.location import locate
from gbcs_hil.rtds.normalisation import Asked, Compared, normalise


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
        fault: what the reference reports and the device did not have, if that is all that
            there is between them.
    """

    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()
    fault: str | None = None


def compare(expected: Message, octets: bytes, keys: Keys, asked: Asked) -> Comparison:
    """Compare a response or alert with the reference.

    Args:
        expected: the reference, as it was read.
        octets: what the device sent.
        keys: verify signatures and MACs.
        asked: what it answers.
    """
    try:
        actual = parse(octets)
    except GbcsError as error:
        return Comparison((f"what the device sent is no message: {error}",))
    both = normalise(expected, actual, asked)
    differences, fault = both.differences, None
    if both.expected.grouping_octets != both.actual.grouping_octets:
        fault = _fault(both, asked.command)
        differences += [] if fault else locate(both.expected, both.actual)
    elif expected.mac is not None and actual.mac is not None:
        differences += _compare_macs(expected, actual, keys.secret)
    differences += _compare_protection(expected, actual)
    if actual.signature:
        differences += _failure("", actual, keys.device)
    notes = both.notes
    if expected.signature and keys.reference:
        notes += _failure("in the vector, ", expected, keys.reference)
    return Comparison(tuple(differences), tuple(notes), fault)


def _fault(both: Compared, command: Message) -> str | None:
    """Return the fault that alone explains why two messages differ."""
    if both.expected.header != both.actual.header:
        return None
    fault = reported_fault(both.expected, command)
    if fault is None or not reports_success(both.actual):
        return None
    return fault if same_but_for_fault(both.expected, both.actual) else None


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


def _compare_macs(expected: Message, actual: Message, secret: bytes | None) -> list[str]:
    """Return how the MACs of two messages that say the same differ."""
    assert expected.mac is not None, "the caller has looked"
    assert actual.mac is not None, "the caller has looked"
    if expected.grouping_octets == actual.grouping_octets:
        if expected.mac == actual.mac:
            return []
        theirs, ours = expected.mac.hex().upper(), actual.mac.hex().upper()
        return [f"MAC: expected {theirs}, device says {ours}"]
    if secret is None:
        return ["MAC: no shared secret Z to verify it with, and octets differ"]
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
