"""Which class parses, checks and executes the command of each message code.

A device loads, when it starts, only what its type has: on a GPF the memory is not taken by
what an ESME's payment mode needs.
"""

from gbcs_device.rejection import UNKNOWN_MESSAGE_CODE, UNSUPPORTED, Rejected

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
    _MODULES[_code] = ("update_credentials", _ALL)


def load(device_type: str) -> dict:
    """Import the use cases of a device type; return the class for each message code."""
    loaded = {}
    for code in _MODULES:
        module, device_types = _MODULES[code]
        if device_type in device_types:
            name = "gbcs_device." + module
            loaded[code] = __import__(name, None, None, ("USE_CASES",)).USE_CASES[code]
    return loaded


def missing(code: int) -> Rejected:
    """Return the refusal of a message code that a device has not loaded."""
    if code in _MODULES:
        return Rejected(UNSUPPORTED, "message code %04X is not for this device" % code)
    return Rejected(UNKNOWN_MESSAGE_CODE, "message code %04X" % code)
