"""The durable state: one atomic record that names immutable blobs.

A commit writes whatever new blobs the state needs (a cell's content, a command that waits),
then overwrites the record, and only the record makes the change. What the old record named
and the new one does not is removed afterwards. A cut anywhere leaves the old record with all
its blobs, or the new record with all of its own.

A device is virgin because a marker says so, never because nothing was found: a record that
is missing or damaged on a provisioned device is a loss, as is a marker that is, and the device
refuses to work.

What the files hold is in `record`.
"""

from binascii import hexlify

from gbcs_device import record as formats
from gbcs_device._compat import const
from gbcs_device.record import StoreLost
from gbcs_device.state import Identity, State

_RECORD = "record"
_MARKER = "marker"

CACHED = "combs/"
"""What the names of files begin with that others keep here and that nothing depends on."""
_MAX_BLOB = const(4608)
# Octets of all commands that wait. The smallest medium, an ESP32's storage of 24 KB, always has
# room for so many beside the rest.
_MAX_WAITING = const(12288)

VIRGIN = "virgin"
PROVISIONED = "provisioned"
LOST = "lost"


class NoRoom(Exception):
    """There is no room for one more command that waits; args[0] says so for a person."""


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
        # The blobs that the medium surely holds: name to length.
        self._held = {}
        self.identity = None
        self.state = None
        self.epoch = 0
        self.sequence = 0
        self.problem = ""
        self._settled = 0
        try:
            self._load()
        except (StoreLost, OSError) as error:
            self._lose(str(error))
            self.epoch = self._known_epoch()

    def _lose(self, problem: str) -> None:
        self.condition = LOST
        self.problem = problem
        self.identity = self.state = None

    def _load(self) -> None:
        marker = self._medium.read(_MARKER)
        record = self._medium.read(_RECORD)
        if marker is None:
            found = (
                "neither a record nor a marker of a virgin device"
                if record is None
                else "no marker"
            )
            raise StoreLost("there is " + found)
        marked, provisioned = formats.decode_marker(marker)
        recorded = None if record is None else formats.epoch_of(record)
        if provisioned == 0 and (recorded is None or recorded < marked):
            # Also how an erasure that was cut short ends: the newer marker wins.
            self.condition = VIRGIN
            self.epoch = marked
            if record is not None:
                self._medium.remove(_RECORD)
            self._sweep()
            return
        if recorded is None:
            raise StoreLost("the device was provisioned, but there is no record")
        if marked != recorded:
            raise StoreLost("the record is of epoch %d, the marker of %d" % (recorded, marked))
        self.epoch, self.sequence, self.identity, self.state = formats.decode(record, self._blob)
        self.condition = PROVISIONED
        if not provisioned:
            self._mark(self.epoch, 1)
        self._sweep()

    def _known_epoch(self) -> int:
        """Return the highest epoch that marker or record tell: an erasure must go above it."""
        known = self.epoch
        for name in (_MARKER, _RECORD):
            try:
                octets = self._medium.read(name)
                if octets is not None and name == _MARKER:
                    known = max(known, formats.decode_marker(octets)[0])
                elif octets is not None:
                    known = max(known, formats.epoch_of(octets))
            except (StoreLost, OSError):
                pass  # What cannot be read tells nothing.
        return known

    def command(self, name: bytes) -> bytes:
        """Return the octets of a command that waits.

        Raises:
            OSError: they are lost, and with them the store.
        """
        try:
            return self._blob(name)
        except StoreLost as error:
            self._lose(str(error))
            raise OSError(5)

    def _blob(self, name: bytes) -> bytes:
        octets = self._medium.read(_file_name(name))
        if octets is None or formats.name_of(octets) != name:
            raise StoreLost("the blob %s is missing or damaged" % _file_name(name))
        self._held[name] = len(octets)
        return octets

    def _sweep(self) -> None:
        """Remove every file that nothing names, but for what is cached."""
        keep = [_file_name(name) for name in self._held]
        for name in self._medium.names():
            if name.startswith(CACHED):
                continue
            if name not in keep and name not in (_RECORD, _MARKER):
                self._medium.remove(name)

    def commit(self, state: State) -> None:
        """Make a state durable and the present one; when this returns, no cut undoes it.

        Raises:
            NoRoom: a new command that waits is one too many; nothing has changed.
            OSError: the medium failed. The store is `LOST` until the device starts again,
                because what the medium now holds is not known.
        """
        self._durably(self._commit, state)

    def _durably(self, write, *arguments) -> None:
        try:
            write(*arguments)
        except (OSError, MemoryError) as error:
            self._lose("a write failed: %s" % error)
            raise

    def _commit(self, state: State) -> None:
        self._check_room(state.pending)
        record, blobs, identity_name = formats.encode(
            self.epoch, self.sequence + 1, self.identity, state
        )
        written = {}
        for name in blobs:
            if name not in self._held:
                octets = blobs[name]
                if not isinstance(octets, (bytes, memoryview)):
                    octets = octets.encode()
                if len(octets) > _MAX_BLOB:
                    raise ValueError("a blob of %d octets" % len(octets))
                self._medium.write(_file_name(name), octets)
                written[name] = len(octets)
        self._medium.write(_RECORD, record)
        self.sequence += 1
        self.identity.name = identity_name
        self.state = state
        for key in state.pending:
            execution, command = state.pending[key]
            if len(command) != formats.NAME_LENGTH:
                state.pending[key] = (execution, formats.name_of(command))
        swept = sorted([name for name in self._held if name not in blobs])
        for name in swept:
            self._held.pop(name)
        self._held.update(written)
        for name in swept:
            self._medium.remove(_file_name(name))

    def _check_room(self, pending: dict) -> None:
        """Refuse a new command that waits where there is no room beside those that did until now.

        What is replaced goes only when the record has changed.
        """
        new = sum(
            [len(octets) for _, octets in pending.values() if len(octets) != formats.NAME_LENGTH]
        )
        if new and self.state is not None:
            waiting = sum([self._held[name] for _, name in self.state.pending.values()])
            if waiting + new > _MAX_WAITING:
                raise NoRoom("%d octets of commands wait: no room for %d more" % (waiting, new))

    def settle(self) -> None:
        """Make what the last commit left in memory anew, once what is dead has been freed.

        It was made behind all that the command needed at the time, and there each of its pieces
        would cut what is free of a small heap; made anew it lies at the heap's start.
        """
        if self._settled != self.sequence and self.state is not None:
            names = {name: bytes(memoryview(name)) for name in self._held}
            self.state = formats.anew(self.state, names)
            self._held = {names[name]: self._held[name] for name in names}
            self._settled = self.sequence

    def _mark(self, epoch: int, provisioned: int) -> None:
        self._medium.write(_MARKER, formats.encode_marker(epoch, provisioned))

    def provision(self, identity: Identity, state: State) -> None:
        """Turn a virgin device into a provisioned one.

        Raises:
            ValueError: the device is not virgin.
            OSError: as `commit`.
        """
        if self.condition != VIRGIN:
            raise ValueError("a device is provisioned once; erase it first")
        identity.name = None
        self.identity = identity
        self.sequence = 0
        self.commit(state)
        self._durably(self._mark, self.epoch, 1)
        self.condition = PROVISIONED

    def reidentify(self, identity: Identity) -> None:
        """Give a provisioned device another profile; its state stays.

        Raises:
            OSError: as `commit`.
        """
        identity.name = None
        self.identity = identity
        self.commit(self.state)

    def erase(self) -> None:
        """Make the device virgin again, in an epoch above every one that the store knows.

        Raises:
            OSError: as `commit`; a restart finishes what the marker has begun.
        """
        self._durably(self._erase)
        self.condition = VIRGIN
        self.problem = ""
        self.identity = self.state = None
        self.sequence = 0

    def _erase(self) -> None:
        if self.condition == LOST:
            # A read that failed when it started may not fail now.
            self.epoch = self._known_epoch()
        self._mark(self.epoch + 1, 0)
        self.epoch += 1
        if self._holds_record():
            self._medium.remove(_RECORD)
        self._held = {}
        self._sweep()

    def _holds_record(self) -> bool:
        try:
            return self._medium.read(_RECORD) is not None
        except OSError:
            return True  # One that is damaged.


def manufacture(medium) -> None:
    """Mark an empty medium as a virgin device's; only for a flash that was just formatted."""
    medium.write(_MARKER, formats.encode_marker(0, 0))


def _file_name(name: bytes) -> str:
    return hexlify(name).decode()
