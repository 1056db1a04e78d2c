"""Make the combs that a device should have, and remove the others; see `combs`."""

from gbcs_device import combs, p256
from gbcs_device.device_types import ACB_KA, KEY_AGREEMENT

# How names of combs begin, those that an older firmware gave them too: where the store lies
# elsewhere, as on an ESP32, it does not remove these.
_COMB = "comb"


def tend(medium, cells: dict, authorities: list) -> bool:
    """Make one comb that is missing, of a cell's or an authority's key; tell whether one was.

    Raises:
        OSError, MemoryError: there is no room for it.
    """
    wanted = {}
    for cell in cells:
        # Other keys never check a command, or only once: a shared secret is remembered.
        if cell[1] != KEY_AGREEMENT or cell == ACB_KA:
            key = cells[cell].public_key
            wanted[combs.name_of(key)] = key
    for key in authorities:
        wanted[combs.name_of(key)] = key
    for name in medium.names():
        if name.startswith(_COMB) and name not in wanted:
            medium.remove(name)
    for name in wanted:
        if combs.of(wanted[name]) is None:
            comb = p256.comb(wanted[name])
            medium.write(name, combs.digest_of(wanted[name], comb) + comb)
            return True
    return False
