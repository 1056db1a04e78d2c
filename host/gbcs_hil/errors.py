"""Every error that this package raises on purpose, one tree.

A message says what was tried, on which board, port or file, what was seen and what to do
next. The command line prints it as one line; nothing here is meant to end in a traceback.
"""


class HilError(Exception):
    """The root of every error that this package raises on purpose."""


class BadInput(HilError, ValueError):
    """What the user gave cannot be used: a file, an option, octets. Exit status 2."""


class RigError(BadInput):
    """A rig file cannot be used, or a rig has no such board."""


class GbcsError(BadInput):
    """Octets are not the GBCS message that they were taken for."""


class CredentialError(BadInput):
    """A certificate or key is missing, malformed or does not fit its owner."""


class AuthenticationError(HilError):
    """A signature or MAC on a message from a device does not verify."""


class LinkError(HilError, ConnectionError):
    """The serial line cannot be used."""


class LinkTimeout(LinkError, TimeoutError):
    """No answer from the device before the deadline."""


class BoardLost(LinkError):
    """The device went away or restarted while a request was open."""


class PortLost(BoardLost):
    """The port itself went away; it has to be opened again."""


class BoardBusy(HilError):
    """Another process holds the board."""


class WrongBoard(HilError):
    """The board on a port is not the one that the rig file names."""


class PowerNotCut(HilError):
    """A cut of power did not cut the power, or cannot be shown to have."""


class DeviceError(HilError):
    """The device's bench port refused an operation.

    Attributes:
        code: the refusal's name, as the device sent it.
        reason: what the device says of it, without where that was.
    """

    def __init__(self, code: str, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or message


class ToolMissing(HilError):
    """A program that this needs is neither here nor obtainable."""


class LedgerError(HilError):
    """The ledger cannot be opened, or would have to go backwards."""
