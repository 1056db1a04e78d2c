"""Known defects of real devices, each the override of one seam of the good one.

Nothing of this is loaded on a device without a defect. A defect is a function over a device
and its store; its docstring says what it does, how it shows, and which scripts reveal it.
The bench selects defects by name and the store keeps them, so that a device has them from
its start on.
"""

MODULES = {
    "D1": "counters",
    "D2": "storage",
    "D3": "storage",
    "D4": "floors",
    "D5": "floors",
    "D6": "floors",
    "D7": "counters",
    "D8": "counters",
    "D9": "counters",
    "D10": "counters",
    "D11": "counters",
    "D12": "storage",
    "D13": "authority",
    "D14": "authority",
    "D15": "floors",
    "D16": "counters",
    "D17": "storage",
    "D18": "floors",
    "D19": "authority",
    "D20": "storage",
    "D21": "floors",
}
"""Which module has a defect, as a function of its name in small letters."""


def install(names: list, device, store) -> None:
    """Give a device that was just started its defects, in the order of their names here."""
    for name in names:
        module = __import__("gbcs_device.defects." + MODULES[name], None, None, (name.lower(),))
        getattr(module, name.lower())(device, store)
