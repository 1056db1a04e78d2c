"""What requests of the bench have in common: fields that must fit, or the request is refused."""

from gbcs_device import defects, profile
from gbcs_device.bench_refusal import bad
from gbcs_device.device_types import key_usage_name
from gbcs_device.own_credentials import USAGES
from gbcs_device.state import MAX_COUNTER


def map_of(request: dict, key: str) -> dict:
    """Return a field that is a map, or an empty one."""
    value = request.get(key, {})
    if not isinstance(value, dict):
        raise bad("%s is no map" % key)
    return value


def octets_of(fields: dict, key: str, length: int) -> bytes:
    """Return a field of so many octets."""
    value = fields.get(key)
    if not isinstance(value, bytes) or len(value) != length:
        raise bad("%s is not %d octets" % (key, length))
    return value


def counter_of(name: str, value, largest: int = MAX_COUNTER) -> int:
    """Return a counter, 0 to 2^64-1 unless it must leave room above it."""
    if not isinstance(value, int) or not 0 <= value <= largest:
        raise bad("counter %s: %s" % (name, value))
    return value


def usage_of(name: str) -> int:
    """Return the key usage of one of the device's own keys."""
    for usage in USAGES:
        if key_usage_name(usage) == name:
            return usage
    raise bad("no key usage %s of a device's" % name)


def profile_of(request: dict) -> tuple:
    """Return the name of a profile and every setting under it."""
    name = request.get("profile", profile.DEFAULT)
    if not isinstance(name, str):
        raise bad("the profile's name is no text")
    try:
        return name, profile.settings(name, map_of(request, "settings"))
    except ValueError as error:
        raise bad(error.args[0])


def defects_of(request: dict) -> list:
    """Return the names of the defects that a device shall have."""
    names = request.get("defects", [])
    if not isinstance(names, list):
        raise bad("defects is no list")
    for name in names:
        if not isinstance(name, str) or name not in defects.MODULES:
            raise bad("no defect %s; there are %s" % (name, ", ".join(defects.MODULES)))
    return names
