"""What is said to a device and by it, without octets: the words of the model.

A key is its subject key identifier, and a MAC or signature is named by the key that made it. A
cell has the name that the bench port gives it, a role GBCS's own; a time is YYYYMMDDhhmmss.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Certificate:
    """What the rules ask of a certificate.

    Attributes:
        role, eui, usage, key: its subject, key usage and subject key identifier.
        not_before, not_after: its validity.
        well_formed: whether it is a certificate at all.
        chains: whether it leads to the root, given the path.
    """

    role: str
    eui: bytes
    usage: str
    key: bytes
    not_before: str = ""
    not_after: str = ""
    well_formed: bool = True
    chains: bool = True


@dataclass(frozen=True)
class Floor:
    """A role's counter as a CS02b command sets it."""

    role: str
    number: int
    prepayment: int | None = None


@dataclass(frozen=True)
class Update:
    """The payload of a CS02b; `path`: it holds the certificates between root and replacement."""

    mode: int
    sequence_number: int
    replacements: tuple[tuple[str, Certificate], ...]
    cell: str | None
    floor: int | None = None
    prepayment_floor: int | None = None
    others: tuple[Floor, ...] = ()
    path: bool = True
    check_times: bool = True
    execution: str = ""


@dataclass(frozen=True)
class Read:
    """The payload of a CS02a."""

    cell: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Payment:
    """The payload of ECS02, ECS03, GCS02 or GCS03; the message code tells which."""

    threshold: int = 0
    execution: str = ""


@dataclass(frozen=True)
class Malformed:
    """A payload that is none: what it was made of, and how it was spoilt."""

    original: Update | Read | Payment
    how: str


@dataclass(frozen=True)
class Command:
    """A message.

    Attributes:
        mac, signer: the keys that protect it, or None.
        for_this_device: whether its Business Target is the device.
        intact: whether its octets are still those that were protected.
    """

    code: int
    originator: bytes
    counter: int
    body: Update | Read | Payment | Malformed
    mac: bytes | None
    signer: bytes | None
    for_this_device: bool = True
    intact: bool = True


@dataclass(frozen=True)
class CellOutcome:
    """What became of one cell: who was in it and who is, each an EUI-64 and a key."""

    cell: str
    status: int
    existing: tuple[bytes, bytes]
    replacing: tuple[bytes, bytes]


@dataclass(frozen=True)
class Outcome:
    """What a CS02b did."""

    sequence_number: int
    mode: int
    changes: tuple[Floor, ...]
    cells: tuple[CellOutcome, ...]


@dataclass(frozen=True)
class RoleDetails:
    """What CS02a tells of one role: its counter, and name, EUI-64 and key of each cell."""

    role: str
    status: int
    counter: int | None = None
    cells: tuple[tuple[str, bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Answer:
    """A response.

    Attributes:
        content: what a CS02b did, or what a CS02a tells; None where nothing more is said.
        mac_key: the key of the peer that its MAC is for; None where it is signed instead.
    """

    content: Outcome | tuple[RoleDetails, ...] | None = None
    mac_key: bytes | None = None


@dataclass(frozen=True)
class Alert:
    """What a device says, under its own counter, when the date of a command has come.

    Attributes:
        code: the alert's message code.
        counter: the device's own.
        event: whether all of it was done.
        command: what is told of; its originator is the recipient.
        outcome: what a CS02b did.
    """

    code: int
    counter: int
    event: int
    command: Command
    outcome: Outcome | None
