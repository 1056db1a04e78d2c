"""The payment mode of an ESME or GSME: device state that SRV 1.6 sets."""

from struct import pack, unpack

CREDIT = 1
PREPAYMENT = 2

_FORMAT = ">BiI"


class PaymentMode:
    """How the consumer pays.

    Attributes:
        mode: `CREDIT` or `PREPAYMENT`.
        threshold: the disablement threshold, in the unit that the command brought it in.
        configuration: a GSME's payment control configuration; the number of collection rows
            on an ESME.
    """

    def __init__(self, mode: int = CREDIT, threshold: int = 0, configuration: int = 0) -> None:
        self.mode = mode
        self.threshold = threshold
        self.configuration = configuration

    def encode(self) -> bytes:
        """Return the 9 octets that the record keeps."""
        return pack(_FORMAT, self.mode, self.threshold, self.configuration)


def decode(octets: bytes) -> PaymentMode:
    """Return what `PaymentMode.encode` wrote."""
    mode, threshold, configuration = unpack(_FORMAT, octets)
    return PaymentMode(mode, threshold, configuration)
