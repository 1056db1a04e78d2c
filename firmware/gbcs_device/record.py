"""What the store writes: a marker, one record, and the blobs that the record names.

Big-endian, with cells and counters in the order of the device type's tables:

    marker  "GM" version[1] epoch[4] provisioned[1] crc32[4]
    record  "GR" version[1] epoch[4] sequence[4] identity[8] own[8] originator-counter[8]
            prepayment-floor[8] payment-mode[9] { counter[8] } { cell[8] }
            count[1] { code[2] execution-date[6] command[8] }
            { code[2] role[1] counter[8] } crc32[4]

Commands that wait stand in the order of their receipt. Counters by role and message code are
there only where the profile has them.

identity, own, cell and command are names of blobs: the first eight octets of the content's
SHA-256. An ESME's record is 177 octets and 16 for each command that waits: small enough for
littlefs to keep it inline in its metadata, where overwriting costs one program operation.
"""

from binascii import crc32
from collections import OrderedDict
from hashlib import sha256
from struct import calcsize, pack, unpack, unpack_from

from gbcs_device import cbor, cells, own_credentials, payment_mode
from gbcs_device._compat import const
from gbcs_device.borrowed import Borrowed
from gbcs_device.device_types import cells_of, counter_roles
from gbcs_device.message import Message
from gbcs_device.state import ROLE_BITS, Identity, State

_VERSION = const(1)
_MARKER = ">2sBIB"
_HEAD = ">2sBII8s8sQQ9s"
_PENDING = ">HHI8s"
_COUNTER = ">HBQ"
NAME_LENGTH = const(8)


class StoreLost(Exception):
    """The record or a blob that it names is missing or damaged; args[0] says which."""


def name_of(octets: bytes) -> bytes:
    """Return the name of a blob."""
    return sha256(octets).digest()[:NAME_LENGTH]


def encode_marker(epoch: int, provisioned: int) -> bytes:
    """Return the marker of a virgin (0) or provisioned (1) device."""
    return _sealed(pack(_MARKER, b"GM", _VERSION, epoch, provisioned))


def decode_marker(octets: bytes) -> tuple:
    """Return (epoch, provisioned)."""
    return _unsealed(_MARKER, b"GM", octets, "marker")


def epoch_of(record: bytes) -> int:
    """Return a record's epoch."""
    return _unsealed(_HEAD, b"GR", record, "record")[0]


def encode(epoch: int, sequence: int, identity: Identity, state: State) -> tuple:
    """Return a record, its blobs by name, and the identity's name.

    A blob is octets, what `encode` returns of a value that has one, or None, for it is stored.
    """
    blobs = {}

    def blob(octets: bytes) -> bytes:
        name = name_of(octets)
        blobs[name] = octets
        return name

    def named(value) -> bytes:
        # Most of what a commit names has its name from the last one.
        if value.name is None:
            value.name = name_of(value.encode())
        blobs[value.name] = value
        return value.name

    identity_name = identity.name
    if identity_name is None:
        identity_name = blob(_encode_identity(identity))
    else:
        blobs[identity_name] = None
    parts = [
        pack(
            _HEAD,
            b"GR",
            _VERSION,
            epoch,
            sequence,
            identity_name,
            named(state.own),
            state.originator_counter,
            state.prepayment_floor,
            state.payment.encode(),
        )
    ]
    for role in counter_roles(identity.device_type):
        parts.append(state.counters[role].to_bytes(8, "big"))
    for cell in cells_of(identity):
        parts.append(named(state.cells[cell]))
    parts.append(bytes((len(state.pending),)))
    for key in state.pending:
        execution, command = state.pending[key]
        if len(command) == NAME_LENGTH:
            blobs[command] = None
        else:
            command = blob(command)
        date = int(execution)
        parts.append(pack(_PENDING, key[0], date >> 32, date & 0xFFFFFFFF, command))
    for key in sorted(state.counters):
        if key > ROLE_BITS:
            parts.append(pack(_COUNTER, key >> 8, key & ROLE_BITS, state.counters[key]))
    return _sealed(b"".join(parts)), blobs, identity_name


def decode(record: bytes, blob) -> tuple:
    """Return (epoch, sequence, identity, state) of a record; `blob(name)` gives a blob.

    Raises:
        StoreLost: it is damaged, or says what this firmware does not know.
    """
    try:
        return _decode(record, blob)
    except (ValueError, LookupError, TypeError) as error:
        raise StoreLost("another firmware wrote the record or a blob: %s" % error)


def _decode(record: bytes, blob) -> tuple:
    epoch, sequence, identity_name, own, counter, floor, payment = _unsealed(
        _HEAD, b"GR", record, "record"
    )
    identity = _decode_identity(blob(identity_name))
    identity.name = identity_name
    position = calcsize(_HEAD)
    counters = {}
    for role in counter_roles(identity.device_type):
        counters[role] = int.from_bytes(record[position : position + 8], "big")
        position += 8
    held = {}
    for cell in cells_of(identity):
        name = record[position : position + NAME_LENGTH]
        held[cell] = cells.decode(blob(name))
        held[cell].name = name
        position += NAME_LENGTH
    pending = OrderedDict()
    first = position + 1
    stop = first + record[position] * calcsize(_PENDING)
    for at in range(first, stop, calcsize(_PENDING)):
        code, high, low, name = unpack_from(_PENDING, record, at)
        key = (code, Message(blob(name)).originator)
        pending[key] = ("%014d" % (high << 32 | low), name)
    credentials = own_credentials.decode(blob(own))
    credentials.name = own
    for at in range(stop, len(record) - 4, calcsize(_COUNTER)):
        code, role, last = unpack_from(_COUNTER, record, at)
        counters[role | code << 8] = last
    state = State(
        credentials,
        held,
        counters,
        floor,
        counter,
        payment_mode.decode(payment),
        pending,
    )
    return epoch, sequence, identity, state


def anew(state: State, names: dict) -> State:
    """Return an equal state none of whose parts is the same in memory.

    Args:
        state: as it was committed.
        names: of its blobs; by each name the octets that are to be it in memory.
    """
    held = {}
    for cell in state.cells:
        held[cell] = _again(cells, state.cells[cell], names)
    return State(
        _again(own_credentials, state.own, names),
        held,
        dict(state.counters),
        state.prepayment_floor,
        state.originator_counter,
        payment_mode.decode(state.payment.encode()),
        state.pending,
    )


def _again(kind, value, names: dict):
    """Return a copy of a cell or of the device's certificates, with the name that it has."""
    copy = kind.decode(value.encode())
    copy.name = names.get(value.name)
    return copy


def _sealed(octets: bytes) -> bytes:
    return octets + pack(">I", crc32(octets) & 0xFFFFFFFF)


def _unsealed(layout: str, magic: bytes, octets: bytes, what: str) -> tuple:
    """Return the fields behind magic and version once the CRC-32 over all of it fits."""
    if len(octets) < calcsize(layout) + 4 or octets[:3] != magic + bytes((_VERSION,)):
        raise StoreLost("the %s is damaged" % what)
    if unpack(">I", octets[-4:])[0] != crc32(octets[:-4]) & 0xFFFFFFFF:
        raise StoreLost("the CRC of the %s is wrong" % what)
    return unpack_from(layout, octets)[2:]


def _encode_identity(identity: Identity) -> bytes:
    with Borrowed("profile") as profile:
        differences = profile.differences(identity.settings)
    return cbor.dumps(
        [
            identity.device_type,
            identity.eui,
            identity.profile,
            differences,
            [[key, secret] for key, secret in identity.shared_secrets.items()],
            identity.credit_terms,
            identity.defects,
        ]
    )


def _decode_identity(octets: bytes) -> Identity:
    fields = cbor.loads(octets)
    secrets = dict(fields[4])  # pyright: ignore[reportCallIssue] - what loads returns varies.
    with Borrowed("profile") as profile:
        settings = profile.settings(profile.DEFAULT, fields[3])
    return Identity(fields[0], fields[1], fields[2], settings, secrets, fields[5], fields[6])
