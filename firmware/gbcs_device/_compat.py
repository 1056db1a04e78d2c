"""The few names that MicroPython has and CPython lacks."""

try:
    from micropython import const
except ImportError:

    def const(value):
        """Return the value; MicroPython's compiler folds it at compile time."""
        return value
