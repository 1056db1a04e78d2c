"""ECS02 and ECS03: set an ESME's payment mode to credit or prepayment (SRV 1.6).

The payload is a DLMS access request: a list of attributes to set, then their values.

    D9 invoke-id[4] 00  count { 02 class[2] instance[6] attribute[1] }  count { value }

The response echoes the invoke id and gives one null value and one result for each attribute.
The activation date in the values says when: at once, at a date, or never (a cancellation).
"""

from gbcs_device._compat import const
from gbcs_device.payment_mode import CREDIT, PREPAYMENT, PaymentMode
from gbcs_device.rejection import malformed
from gbcs_device.use_case import AT_ONCE, CANCELLED, Scheduled

_ECS02 = const(0x001A)
_ECS03 = const(0x001B)
_ALERT_CODE = const(0x00CC)
_ACTIONED = b"\x8f\x66"

_ACCOUNT = b"\x00\x6f\x00\x01\x13\x00\x00\xff"
_EXTENDED_DATA = b"\x23\x28\x00\x00\x5e\x2c\x80\x16"

# Class and instance, attribute, and what its value is; in the order of the command.
_ECS02_ITEMS = (
    (_ACCOUNT, 2, "mode"),
    (_ACCOUNT, 11, "collection"),
    (_ACCOUNT, 13, "date"),
)
_ECS03_ITEMS = (
    (_ACCOUNT, 2, "mode"),
    (_EXTENDED_DATA, 4, "threshold"),
    (_ACCOUNT, 11, "collection"),
    (_EXTENDED_DATA, 6, "date"),
    (_ACCOUNT, 13, "date"),
)
_MODES = {_ECS02: (CREDIT, _ECS02_ITEMS), _ECS03: (PREPAYMENT, _ECS03_ITEMS)}
_MAX_ROWS = const(32)

_NOW = b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\xff"
_NEVER = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00\xff"


class EsmePaymentMode(Scheduled):
    """An ECS02 or ECS03 command."""

    def __init__(self, message, identity) -> None:
        self._mode, self._items = _MODES[message.code]
        self._collection = 0
        self._threshold = 0
        self._date = b""
        super().__init__(message, identity)
        self._octets = message.octets
        self._position, self._stop = message.payload
        self._read_request()
        self.execution = _execution(self._date)

    def _take(self, count: int) -> bytes:
        start = self._position
        if start + count > self._stop:
            raise malformed("%d octets expected at octet %d, payload ends" % (count, start))
        self._position = start + count
        return bytes(self._octets[start : self._position])

    def _expect(self, octets: bytes, what: str) -> None:
        at = self._position
        if self._take(len(octets)) != octets:
            raise malformed("no %s at octet %d" % (what, at))

    def _read_request(self) -> None:
        count = bytes((len(self._items),))
        self._expect(b"\xd9", "access request")
        self._invoke_id = self._take(4)
        self._expect(b"\x00" + count, "list of %d attributes" % len(self._items))
        for target, attribute, _ in self._items:
            self._expect(b"\x02" + target + bytes((attribute,)), "attribute of this use case")
        self._expect(count, "list of %d values" % len(self._items))
        for _, _, kind in self._items:
            getattr(self, "_read_" + kind)()
        if self._position != self._stop:
            raise malformed("%d octets left over in the payload" % (self._stop - self._position))

    def _read_mode(self) -> None:
        self._expect(b"\x02\x02\x16", "structure of payment mode and status")
        if self._take(1)[0] != self._mode:
            raise malformed("the message code says another payment mode than the payload")
        self._expect(b"\x16\x01", "account status")

    def _read_threshold(self) -> None:
        self._expect(b"\x05", "disablement threshold")
        value = int.from_bytes(self._take(4), "big")
        self._threshold = value - 0x100000000 if value & 0x80000000 else value

    def _read_collection(self) -> None:
        """Take the rows of credit, charge and collection configuration."""
        self._expect(b"\x01", "collection configuration")
        self._collection = self._take(1)[0]
        if self._collection > _MAX_ROWS:
            raise malformed("a collection configuration of %d rows" % self._collection)
        for _ in range(self._collection):
            self._expect(b"\x02\x03\x09\x06", "row of the collection configuration")
            self._take(6)
            self._expect(b"\x09\x06", "charge in the collection configuration")
            self._take(6)
            self._expect(b"\x04\x03", "flags in the collection configuration")
            self._take(1)

    def _read_date(self) -> None:
        self._expect(b"\x09\x0c", "activation date")
        date = self._take(12)
        if self._date and self._date != date:
            raise malformed("two activation dates that differ")
        self._date = date

    def response(self, done: bool) -> bytes:
        """Return the payload of the response: every attribute set."""
        count = len(self._items)
        return b"".join(
            (
                b"\xda",
                self._invoke_id,
                b"\x00\x00",
                bytes((count,)),
                bytes(count),
                bytes((count,)),
                b"\x02\x00" * count,
            )
        )

    def carry_out(self, state, now: str) -> None:
        """Set the payment mode."""
        state.payment = PaymentMode(self._mode, self._threshold, self._collection)

    def alerts(self, state, now: str) -> list:
        """Return, for each attribute that was activated, an alert's code and payload maker."""
        return [
            (_ALERT_CODE, self._alert(target + bytes((attribute,))))
            for target, attribute, kind in self._items
            if kind == "date"
        ]

    def _alert(self, attribute: bytes):
        date = b"\x09\x0c" + self._date
        detail = b"".join(
            (
                self.message.code.to_bytes(2, "big"),
                self.message.counter.to_bytes(8, "big"),
                attribute,
            )
        )

        def payload(counter: int) -> bytes:
            invoke_id = b"\x20" + (counter & 0xFFFFFF).to_bytes(3, "big")
            head = b"\x0f" + invoke_id + b"\x00\x02\x03\x12" + _ACTIONED
            return head + date + b"\x09" + bytes((len(detail),)) + detail

        return payload


def _execution(date: bytes) -> str:
    """Return when a DLMS date-time is: YYYYMMDDhhmmss, `AT_ONCE` or `CANCELLED`."""
    if date == _NOW:
        return AT_ONCE
    if date == _NEVER:
        return CANCELLED
    year = date[0] << 8 | date[1]
    fields = (year, date[2], date[3], date[5], date[6], date[7])
    limits = ((1970, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59))
    for value, (least, most) in zip(fields, limits):
        if not least <= value <= most:
            raise malformed("an activation date that is none")
    return "%04d%02d%02d%02d%02d%02d" % fields


USE_CASES = {_ECS02: EsmePaymentMode, _ECS03: EsmePaymentMode}
