"""Which class parses, checks and executes the command of each message code.

A device loads a use case when its command comes and forgets it afterwards: they are a third of
the firmware, and never two of them are needed at once. Where there is room it has the one that
replaces certificates, half of all, before its command comes, with what signs the response, and
keeps both. What executes a command that waited is not kept: its alerts take room.
"""

from gbcs_device.borrowed import Borrowed, fetch
from gbcs_device.rejection import UNKNOWN_MESSAGE_CODE, UNSUPPORTED, Rejected

_LARGEST = "update_credentials"
_ALL = ("esme", "gpf", "gsme")

# Message code: module, device types that have the use case.
_MODULES = {
    0x0008: ("read_credentials", _ALL),
    0x000A: ("device_credentials", _ALL),
    0x000B: ("device_credentials", _ALL),
    0x000C: ("device_credentials", _ALL),
    0x001A: ("esme_payment", ("esme",)),
    0x001B: ("esme_payment", ("esme",)),
    0x006C: ("gsme_payment", ("gsme",)),
    0x006D: ("gsme_payment", ("gsme",)),
    0x011B: (None, ()),
    0x0125: (None, ()),
    0x0126: (None, ()),
}
for _code in range(0x0100, 0x010A):
    _MODULES[_code] = (_LARGEST, _ALL)


def fetch_ahead() -> bool:
    """Load what the next command will need, where there is room to keep it.

    Returns whether something was loaded; then there may be more.
    """
    return fetch(_LARGEST) or fetch("signing")


def borrowed(code: int, device_type: str, keep: bool = False) -> Borrowed:
    """Return, for a `with` block, the module whose `USE_CASES` has the class for a message code.

    Raises:
        Rejected: this device type has no such use case.
    """
    if code not in _MODULES:
        raise Rejected(UNKNOWN_MESSAGE_CODE, "message code %04X" % code)
    module, device_types = _MODULES[code]
    if device_type not in device_types:
        raise Rejected(UNSUPPORTED, "message code %04X is not for this device" % code)
    return Borrowed(module, keep and module == _LARGEST)
