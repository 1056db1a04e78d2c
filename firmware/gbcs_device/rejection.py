"""Why a device refuses a message: one exception and the names of its reasons.

A real device keeps the reason to itself. The bench reads it as the *verdict* of a delivery;
it never becomes part of what the device sends.
"""

MALFORMED = "malformed"
UNKNOWN_MESSAGE_CODE = "unknown-message-code"
UNSUPPORTED = "unsupported"
WRONG_TARGET = "wrong-target"
BAD_MAC = "bad-mac"
BAD_SIGNATURE = "bad-signature"
NOT_AUTHORISED = "not-authorised"
REPLAY = "replay"
NOT_PROVISIONED = "not-provisioned"
STORE_LOST = "store-lost"

REASONS = (
    MALFORMED,
    UNKNOWN_MESSAGE_CODE,
    UNSUPPORTED,
    WRONG_TARGET,
    BAD_MAC,
    BAD_SIGNATURE,
    NOT_AUTHORISED,
    REPLAY,
    NOT_PROVISIONED,
    STORE_LOST,
)


class Rejected(Exception):
    """A message, or a part of one, is refused and changes nothing.

    Attributes:
        reason: one of `REASONS`.
        detail: what was seen, for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def malformed(detail: str) -> Rejected:
    """Return the refusal of octets that are not what their place requires."""
    return Rejected(MALFORMED, detail)
