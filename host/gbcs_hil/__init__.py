"""A hardware-in-the-loop bench for Great Britain's smart-metering security credentials."""

__version__ = "0.1.0"
