"""The Security Log, and which event code a rejection has (GBCS 16.2 by its code names).

The log is kept in memory: a rejected message changes nothing in the store, or a stranger
could wear the flash out. It ends with the power.
"""

from gbcs_device import rejection
from gbcs_device._compat import const

CREDENTIALS_UPDATED = const(0x8F70)
SIGNING_KEY_FAILED = const(0x8F4C)
SIGNING_KEY_REPLACED = const(0x8F4D)
AGREEMENT_KEY_FAILED = const(0x8F4E)
AGREEMENT_KEY_REPLACED = const(0x8F4F)

_ENTRIES = const(32)

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
    """The last events, oldest first."""

    def __init__(self) -> None:
        self.entries = []

    def add(self, now: str, event: int, detail: str) -> None:
        """Append an event; the oldest goes when the log is full."""
        self.entries.append((now, event, detail))
        if len(self.entries) > _ENTRIES:
            self.entries.pop(0)


def event_of(reason: str, settings: dict) -> int:
    """Return the event code of a rejection under a profile; 0 for none."""
    setting = _SETTINGS.get(reason)
    value = settings[setting] if setting else "none"
    return 0 if value == "none" else int(value, 16)
