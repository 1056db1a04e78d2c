"""Code that is in memory only while it is needed.

Where modules are compiled from source each of their functions takes heap for as long as it can
be called, and what a device does once in a while would leave little for what it always holds.
"""

import sys

_PACKAGE = "gbcs_device."


class Borrowed:
    """A module of the firmware, for a `with` block.

    Whatever modules of the firmware the block brings in leave with it, so nothing that outlives
    the block may be of a class that they define. Modules that were there before stay.
    """

    def __init__(self, name: str) -> None:
        self._name = _PACKAGE + name
        self._before = ()

    def __enter__(self):
        self._before = tuple(sys.modules)
        try:
            return __import__(self._name, None, None, ("*",))
        except Exception:
            self._forget()
            raise

    def __exit__(self, kind, error, trace) -> None:
        self._forget()

    def _forget(self) -> None:
        for name in tuple(sys.modules):
            if name.startswith(_PACKAGE) and name not in self._before:
                del sys.modules[name]
                # The package holds its modules as attributes too.
                package, _, attribute = name.rpartition(".")
                if hasattr(sys.modules[package], attribute):
                    delattr(sys.modules[package], attribute)
