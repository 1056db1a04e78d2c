"""What is said to a device and by it, without octets: the words of the model.

A key is its subject key identifier, and a MAC or signature is named by the key that made it. A
cell has the name that the bench port gives it, a role GBCS's own; a time is YYYYMMDDhhmmss.
"""

from dataclasses import dataclass, fields


class _Shown:
    """Shows nothing but what is not as usual, to keep a list of steps readable."""

    def __repr__(self) -> str:
        told = []
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if value != field.default:
                value = value.hex() if isinstance(value, bytes) else value
                value = f"{value:04X}" if field.name == "code" else value
                told.append(f"{field.name}={value}")
        return f"{type(self).__name__}({', '.join(told)})"


@dataclass(frozen=True)
class Certificate:
    """What the rules ask of a certificate.

    Attributes:
        name: whose, for a person.
        role, eui, usage, key: its subject, key usage and subject key identifier.
        not_before, not_after: its validity.
        well_formed: whether it is a certificate at all.
        chains: whether it leads to the root, given the path.
    """

    name: str
    role: str
    eui: bytes
    usage: str
    key: bytes
    not_before: str
    not_after: str
    well_formed: bool = True
    chains: bool = True

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True, repr=False)
class Floor(_Shown):
    """A role's counter as a CS02b command sets it."""

    role: str
    number: int
    prepayment: int | None = None


@dataclass(frozen=True, repr=False)
class Update(_Shown):
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


@dataclass(frozen=True, repr=False)
class Read(_Shown):
    """The payload of a CS02a."""

    cell: str
    roles: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Payment(_Shown):
    """The payload of ECS02, ECS03, GCS02 or GCS03; the message code tells which."""

    threshold: int = 0
    execution: str = ""


@dataclass(frozen=True)
class Malformed:
    """A payload that is none: what it was made of, and how it was spoilt."""

    original: Update | Read | Payment
    how: str


@dataclass(frozen=True, repr=False)
class Command(_Shown):
    """A message.

    Attributes:
        mac, signer: the keys that protect it, or None.
        for_this_device: whether its Business Target is the device.
        flipped: which of its bits was changed on the way.
        length: how many octets it has.
    """

    code: int
    originator: bytes
    counter: int
    body: Update | Read | Payment | Malformed
    mac: bytes | None
    signer: bytes | None
    for_this_device: bool = True
    flipped: int | None = None
    length: int = 0


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
    """A response: what it says, and the key that its MAC is for, or None where it is signed.

    `alerts` come right behind it.
    """

    content: Outcome | tuple[RoleDetails, ...] | None = None
    mac_key: bytes | None = None
    alerts: "tuple[Alert, ...]" = ()


@dataclass(frozen=True)
class Alert:
    """What a device says by itself, under its own counter.

    `cause` is the command whose date has come, and `outcome` what that did if it is a CS02b.
    """

    code: int
    counter: int
    event: int
    recipient: bytes
    cause: Command | None = None
    outcome: Outcome | None = None
