"""What the DSP tells a Service User, as far as public sources give the codes' meaning."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResponseCode:
    """A DUIS response code, or one that only this bench uses.

    Attributes:
        code: as the Service User sees it.
        meaning: for a person.
        of_the_bench: true where DUIS has no code that public sources explain; such a code
            starts with B, so that nobody takes it for DUIS.
    """

    code: str
    meaning: str
    of_the_bench: bool = False

    def __str__(self) -> str:
        return self.code


SUCCESS = ResponseCode("I0", "success")
NO_RESPONSE = ResponseCode("E21", "no response received from the device")
UNKNOWN_DEVICE = ResponseCode("E19", "unknown device")
NOT_AS_TRANSFORMED = ResponseCode(
    "B-PRECOMMAND", "the signed pre-command is not the one that was asked for", True
)
USER_SIGNATURE = ResponseCode("B-SIGNATURE", "the user's signature does not verify", True)
DEVICE_RESPONSE = ResponseCode("B-RESPONSE", "the device's response cannot be trusted", True)
