"""The durable state: one atomic record that names immutable blobs.

A commit writes whatever new blobs the state needs (a cell's content, a command that waits),
then overwrites the record, and only the record makes the change. What the old record named
and the new one does not is removed afterwards. A cut anywhere leaves the old record with all
its blobs, or the new record with all of its own.

A device is virgin because a marker says so, never because nothing was found: a record that
is missing or damaged on a provisioned device is a loss, and the device refuses to work.

Big-endian, with cells and counters in the order of the device type's tables:

    marker  "GM" version[1] epoch[4] provisioned[1] crc32[4]
    record  "GR" version[1] epoch[4] sequence[4] identity[8] own[8] originator-counter[8]
            prepayment-floor[8] payment-mode[9] { counter[8] } { cell[8] }
            count[1] { code[2] execution-date[6] command[8] } crc32[4]

identity, own, cell and command are names of blobs: the first eight octets of the content's
SHA-256. An ESME's record is 177 octets and 16 for each command that waits: small enough for
littlefs to keep it inline in its metadata, where overwriting costs one program operation.
"""

from binascii import crc32, hexlify
from hashlib import sha256
from struct import calcsize, pack, unpack, unpack_from

from gbcs_device import cbor, cells, own_credentials, payment_mode, profile
from gbcs_device._compat import const
from gbcs_device.device_types import cells_of, counter_roles
from gbcs_device.message import Message
from gbcs_device.state import Identity, State

_RECORD = "record"
_MARKER = "marker"
_VERSION = const(1)
_MARKER_FORMAT = ">2sBIB"
_HEAD = ">2sBII8s8sQQ9s"
_NAME_LENGTH = const(8)
_MAX_BLOB = const(4608)

VIRGIN = "virgin"
PROVISIONED = "provisioned"
LOST = "lost"


class StoreLost(Exception):
    """The record or a blob that it names is missing or damaged; args[0] says which."""


class Store:
    """The state of one device on one medium.

    A medium has four operations on small named files: `read(name)` gives octets or None,
    `write(name, octets)` is atomic and durable when it returns, `remove(name)`, `names()`.

    Attributes:
        identity, state: what stands in it; None unless provisioned.
        condition: `VIRGIN`, `PROVISIONED` or `LOST`.
        problem: what is lost, for a person.
        epoch: how often the device was erased.
        sequence: commits since provisioning.
    """

    def __init__(self, medium) -> None:
        self._medium = medium
        self._identity_name = b""
        self.identity = None
        self.state = None
        self.epoch = 0
        self.sequence = 0
        self.problem = ""
        try:
            self._load()
        except (StoreLost, OSError) as error:
            self._lose(str(error))

    def _lose(self, problem: str) -> None:
        self.condition = LOST
        self.problem = problem
        self.identity = self.state = None

    def _load(self) -> None:
        medium = self._medium
        marker = medium.read(_MARKER)
        record = medium.read(_RECORD)
        if marker is None and record is None:
            raise StoreLost("there is neither a record nor a marker of a virgin device")
        provisioned = 1
        if marker is not None:
            self.epoch, provisioned = _unsealed(_MARKER_FORMAT, b"GM", marker)
        if not provisioned and (record is None or _head_of(record)[0] < self.epoch):
            # Also how an erasure that was cut short ends: the newer marker wins.
            self.condition = VIRGIN
            if record is not None:
                medium.remove(_RECORD)
            self._sweep(())
            return
        if record is None:
            raise StoreLost("the device was provisioned, but there is no record")
        self._read_record(record)
        self.condition = PROVISIONED
        if not provisioned or marker is None:
            self._mark(1)
        self._sweep(self._names())

    def _read_record(self, record: bytes) -> None:
        fields = _head_of(record)
        self.epoch, self.sequence, self._identity_name, own, counter, floor, payment = fields
        self.identity = _decode_identity(self._blob(self._identity_name))
        position = calcsize(_HEAD)
        counters = {}
        for role in counter_roles(self.identity.device_type):
            counters[role] = unpack_from(">Q", record, position)[0]
            position += 8
        held = {}
        for cell in cells_of(self.identity):
            held[cell] = cells.decode(self._blob(record[position : position + _NAME_LENGTH]))
            position += _NAME_LENGTH
        pending = {}
        count = record[position]
        for at in range(position + 1, position + 1 + 16 * count, 16):
            code, high, low, name = unpack_from(">HHI8s", record, at)
            octets = self._blob(name)
            key = (code, Message(octets).originator)
            pending[key] = ("%014d" % (high << 32 | low), octets)
        self.state = State(
            own_credentials.decode(self._blob(own)),
            held,
            counters,
            floor,
            counter,
            payment_mode.decode(payment),
            pending,
        )

    def _blob(self, name: bytes) -> bytes:
        octets = self._medium.read(_file_name(name))
        if octets is None or _name_of(octets) != name:
            raise StoreLost("the blob %s is missing or damaged" % _file_name(name))
        return octets

    def _names(self) -> list:
        """Return the names of every blob that the present state needs."""
        names = [self._identity_name, _name_of(self.state.own.encode())]
        for cell in self.state.cells.values():
            names.append(_name_of(cell.encode()))
        for _, octets in self.state.pending.values():
            names.append(_name_of(octets))
        return names

    def _sweep(self, needed) -> None:
        keep = [_file_name(name) for name in needed]
        for name in self._medium.names():
            if name not in keep and name not in (_RECORD, _MARKER):
                self._medium.remove(name)

    def _write_blob(self, octets: bytes) -> bytes:
        if len(octets) > _MAX_BLOB:
            raise ValueError("a blob of %d octets" % len(octets))
        name = _name_of(octets)
        if self._medium.read(_file_name(name)) != octets:
            self._medium.write(_file_name(name), octets)
        return name

    def commit(self, state: State) -> None:
        """Make a state durable and the present one; when this returns, no cut undoes it.

        Raises:
            OSError: the medium failed. The store is `LOST` until the device starts again,
                because what the medium now holds is not known.
        """
        try:
            self._commit(state)
        except (OSError, MemoryError) as error:
            self._lose("a write failed: %s" % error)
            raise

    def _commit(self, state: State) -> None:
        before = self.state
        device_type = self.identity.device_type
        own = state.own.encode()
        if before is None or before.own is not state.own:
            self._write_blob(own)
        parts = [
            pack(
                _HEAD,
                b"GR",
                _VERSION,
                self.epoch,
                self.sequence + 1,
                self._identity_name,
                _name_of(own),
                state.originator_counter,
                state.prepayment_floor,
                state.payment.encode(),
            )
        ]
        for role in counter_roles(device_type):
            parts.append(pack(">Q", state.counters[role]))
        for cell in cells_of(self.identity):
            content = state.cells[cell].encode()
            if before is None or before.cells[cell] is not state.cells[cell]:
                self._write_blob(content)
            parts.append(_name_of(content))
        parts.append(bytes((len(state.pending),)))
        for key in sorted(state.pending):
            execution, octets = state.pending[key]
            date = int(execution)
            name = self._write_blob(octets)
            parts.append(pack(">HHI8s", key[0], date >> 32, date & 0xFFFFFFFF, name))
        self._medium.write(_RECORD, _sealed(b"".join(parts)))
        self.sequence += 1
        self.state = state
        if before is None or _blobs_of(before) != _blobs_of(state):
            self._sweep(self._names())

    def _mark(self, provisioned: int) -> None:
        octets = pack(_MARKER_FORMAT, b"GM", _VERSION, self.epoch, provisioned)
        self._medium.write(_MARKER, _sealed(octets))

    def provision(self, identity: Identity, state: State) -> None:
        """Turn a virgin device into a provisioned one.

        Raises:
            ValueError: the device is not virgin.
        """
        if self.condition != VIRGIN:
            raise ValueError("a device is provisioned once; erase it first")
        self._identity_name = self._write_blob(_encode_identity(identity))
        self.identity = identity
        self.sequence = 0
        self.commit(state)
        self._mark(1)
        self.condition = PROVISIONED

    def reidentify(self, identity: Identity) -> None:
        """Give a provisioned device another profile; its state stays.

        Raises:
            OSError: as `commit`.
        """
        self._identity_name = self._write_blob(_encode_identity(identity))
        self.identity = identity
        self.commit(self.state)
        self._sweep(self._names())

    def erase(self) -> None:
        """Make the device virgin again, in an epoch above every one that the store knows."""
        self.epoch += 1
        self._mark(0)
        if self._medium.read(_RECORD) is not None:
            self._medium.remove(_RECORD)
        self._sweep(())
        self.condition = VIRGIN
        self.problem = ""
        self.identity = self.state = None
        self.sequence = 0


def manufacture(medium) -> None:
    """Mark an empty medium as a virgin device's; only for a flash that was just formatted."""
    medium.write(_MARKER, _sealed(pack(_MARKER_FORMAT, b"GM", _VERSION, 0, 0)))


def _sealed(octets: bytes) -> bytes:
    return octets + pack(">I", crc32(octets) & 0xFFFFFFFF)


def _unsealed(layout: str, magic: bytes, octets: bytes) -> tuple:
    """Return the fields behind magic and version once the CRC-32 over all of it fits."""
    if len(octets) < calcsize(layout) + 4 or octets[:3] != magic + bytes((_VERSION,)):
        raise StoreLost("the %s is damaged" % ("marker" if magic == b"GM" else "record"))
    if unpack(">I", octets[-4:])[0] != crc32(octets[:-4]) & 0xFFFFFFFF:
        raise StoreLost("the CRC of the %s is wrong" % ("marker" if magic == b"GM" else "record"))
    return unpack_from(layout, octets)[2:]


def _blobs_of(state: State) -> tuple:
    return state.own, state.cells, state.pending


def _head_of(record: bytes) -> tuple:
    """Return epoch, sequence, identity, own, Originator Counter, floor and payment mode."""
    return _unsealed(_HEAD, b"GR", record)


def _name_of(octets: bytes) -> bytes:
    return sha256(octets).digest()[:_NAME_LENGTH]


def _file_name(name: bytes) -> str:
    return hexlify(name).decode()


def _encode_identity(identity: Identity) -> bytes:
    return cbor.dumps(
        [
            identity.device_type,
            identity.eui,
            identity.profile,
            profile.differences(identity.settings),
            [[key, secret] for key, secret in identity.shared_secrets.items()],
            identity.credit_terms,
        ]
    )


def _decode_identity(octets: bytes) -> Identity:
    fields = cbor.loads(octets)
    secrets = dict(fields[4])  # pyright: ignore[reportCallIssue] - what loads returns varies.
    settings = profile.settings(profile.DEFAULT, fields[3])
    return Identity(fields[0], fields[1], fields[2], settings, secrets, fields[5])
