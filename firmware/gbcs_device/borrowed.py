"""Code that is in memory only while it is needed.

Where modules are compiled from source each of their functions takes heap for as long as it can
be called, and what a device does once in a while would leave little for what it always holds.
"""

import gc
import sys

from gbcs_device._compat import const

_PACKAGE = "gbcs_device."
# Octets after which the collector comes while modules are loaded. What loading leaves behind
# would otherwise lie between their pieces, and a small heap has no room for gaps.
_OFTEN = const(8192)
# CPython has none.
_threshold = getattr(gc, "threshold", None)

keeping = False
"""Whether anything is kept: a board says so that has room to spare."""

# What was borrowed to be kept, by its name; little is.
_kept = {}


def forget_kept() -> bool:
    """Forget what was kept; tell whether there was anything."""
    held = bool(_kept)
    _kept.clear()
    return held


def fetch(name: str) -> bool:
    """Borrow ahead of time what is to be kept; tell whether that was to be done."""
    global keeping
    if not keeping or _PACKAGE + name in _kept:
        return False
    try:
        with Borrowed(name, True):
            return True
    except MemoryError:
        # There was less room than it seemed, and what is kept is used by nobody from now on.
        keeping = False
        forget_kept()
        return False


class Borrowed:
    """A module of the firmware, for a `with` block.

    Whatever modules of the firmware the block brings in leave with it, so nothing that outlives
    the block may be of a class that they define. Modules that were there before stay.

    One that is kept stays too, out of sight: to read the largest from the flash takes a Pico as
    long as three signature checks.
    """

    def __init__(self, name: str, keep: bool = False) -> None:
        self._name = _PACKAGE + name
        self._keep = keep and keeping
        self._before = ()

    def __enter__(self):
        self._before = tuple(sys.modules)
        if self._keep and self._name in _kept:
            return _kept[self._name]
        # With room to spare gaps do no harm, and one collection takes a Pico as long as most of a
        # signature check.
        threshold = None if keeping else _threshold
        usual = threshold() if threshold else None
        try:
            if threshold:
                threshold(_OFTEN)
            module = __import__(self._name, None, None, ("*",))
        except Exception:
            self._forget()
            raise
        finally:
            if threshold:
                threshold(usual)
        if self._keep:
            _kept[self._name] = module
        return module

    def __exit__(self, kind, error, trace) -> None:
        self._forget()

    def _forget(self) -> None:
        # Nothing came in with what was kept, as a rule: to go through all of them takes long.
        if len(sys.modules) == len(self._before):
            return
        for name in tuple(sys.modules):
            if name.startswith(_PACKAGE) and name not in self._before:
                del sys.modules[name]
                # The package holds its modules as attributes too.
                package, _, attribute = name.rpartition(".")
                if hasattr(sys.modules[package], attribute):
                    delattr(sys.modules[package], attribute)
