"""The Security Log, and which event code a rejection has (GBCS 16.2 by its code names).

The log is kept in memory: a rejected message changes nothing in the store, or a stranger
could wear the flash out. It ends with the power.
"""

from struct import pack_into, unpack_from

from gbcs_device import rejection
from gbcs_device._compat import const

CREDENTIALS_UPDATED = const(0x8F70)
SIGNING_KEY_FAILED = const(0x8F4C)
SIGNING_KEY_REPLACED = const(0x8F4D)
AGREEMENT_KEY_FAILED = const(0x8F4E)
AGREEMENT_KEY_REPLACED = const(0x8F4F)

# What an event may be about: a cell of a role, one of `rejection.REASONS`, or nothing.
CELL = const(0x80)
NOTHING = const(0xFF)

_ENTRIES = const(32)
# When, as the number YYYYMMDDhhmmss in two parts; the event; what it is about.
_ENTRY = ">HIHB"
_LENGTH = const(9)

# The setting that names the event of a rejection. No public text fixes the codes; the
# reference vectors' own Security Logs hold 8F1E, 8F3E, 8F53 and 8F60, never 8F30 or 8F3D.
_SETTINGS = {
    rejection.MALFORMED: "format-event",
    rejection.UNKNOWN_MESSAGE_CODE: "format-event",
    rejection.UNSUPPORTED: "format-event",
    rejection.WRONG_TARGET: "authentication-event",
    rejection.BAD_MAC: "authentication-event",
    rejection.BAD_SIGNATURE: "authentication-event",
    rejection.NOT_AUTHORISED: "authorisation-event",
    rejection.REPLAY: "replay-event",
}


class SecurityLog:
    """The last events.

    They stand in one piece of memory, taken while the heap is whole: entries that came one by
    one would lie wherever a command has just ended, and cut a small heap into pieces.
    """

    def __init__(self) -> None:
        self._octets = bytearray(_ENTRIES * _LENGTH)
        self._count = 0

    def add(self, now: str, event: int, about: int = NOTHING) -> None:
        """Append an event; the oldest goes when the log is full.

        Args:
            now: YYYYMMDDhhmmss.
            event: its code.
            about: the place of a reason in `rejection.REASONS`, `CELL` and a role, or `NOTHING`.
        """
        at = self._count % _ENTRIES * _LENGTH
        time = int(now)
        pack_into(_ENTRY, self._octets, at, time >> 32, time & 0xFFFFFFFF, event, about)
        self._count += 1

    def entries(self) -> list:
        """Return (YYYYMMDDhhmmss, event code, what it is about, for a person), oldest first."""
        entries = []
        for number in range(max(self._count - _ENTRIES, 0), self._count):
            at = number % _ENTRIES * _LENGTH
            high, low, event, about = unpack_from(_ENTRY, self._octets, at)
            detail = "cell of role %d" % (about - CELL)
            if not about & CELL:
                detail = rejection.REASONS[about]
            elif about == NOTHING:
                detail = ""
            entries.append(("%014d" % (high << 32 | low), event, detail))
        return entries


def event_of(reason: str, settings: dict) -> int:
    """Return the event code of a rejection under a profile; 0 for none."""
    setting = _SETTINGS.get(reason)
    value = settings[setting] if setting else "none"
    return 0 if value == "none" else int(value, 16)
