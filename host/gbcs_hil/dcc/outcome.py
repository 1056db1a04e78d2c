"""What a Service User gets: an acknowledgement, a rejection, or the device's answer."""

from dataclasses import dataclass

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.response_codes import ResponseCode
from gbcs_hil.errors import GbcsError, HilError
from gbcs_hil.gbcs.credential_responses import CellContent, ReadResponse, UpdateResponse
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MODE_OF_CODE, MessageCode


@dataclass(frozen=True)
class Outcome:
    """What the Service User gets, and what the DCC knows of it.

    Attributes:
        code: the response code.
        counter: the Originator Counter of the GBCS command; None if none was sent.
        response: the device's response, its protection verified; None without one.
        detail: what was seen, for a person.
        check: the name of the check that failed; empty if none did.
        alerted: who gets the DCC Alert that the device's credentials were updated.
    """

    code: ResponseCode
    counter: int | None = None
    response: Message | None = None
    detail: str = ""
    check: str = ""
    alerted: tuple[str, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether a check refused the request."""
        return bool(self.check)

    @property
    def acknowledged(self) -> bool:
        """Whether it was accepted, and will be carried out later."""
        return self.code == response_codes.ACCEPTED

    @property
    def is_update(self) -> bool:
        """Whether there is a response, and it is one to a CS02b."""
        return self.response is not None and self.response.header.message_code in MODE_OF_CODE

    @property
    def replaced(self) -> bool | None:
        """Whether the device says that it replaced every cell; None while it has not said."""
        if not self.is_update or (executed := self.update.outcome) is None:
            return None
        return executed.succeeded

    @property
    def cells(self) -> tuple[CellContent, ...]:
        """Who stands in which cells, as far as the device's response tells."""
        if self.response is None:
            return ()
        if self.response.header.message_code == MessageCode.CS02A:
            return tuple(cell for role in self.credentials.roles for cell in role.cells)
        if not self.is_update or (executed := self.update.outcome) is None:
            return ()
        return cells_after(executed)

    @property
    def update(self) -> UpdateResponse:
        """The response to a CS02b, decoded; only with a response."""
        return UpdateResponse.decode(self._payload)

    @property
    def credentials(self) -> ReadResponse:
        """The response to a CS02a, decoded; only with a response."""
        return ReadResponse.decode(self._payload)

    @property
    def _payload(self) -> bytes:
        if self.response is None:
            raise GbcsError(f"{self.code}: there is no response to decode")
        return self.response.payload


def cells_after(executed: ExecutionOutcome) -> tuple[CellContent, ...]:
    """Return who stands in the cells that a CS02b command was about, replaced or not."""
    return tuple(
        CellContent(done.cell, done.replacing_eui, done.replacing_ski)
        for done in executed.outcomes
    )


class Rejected(HilError):
    """A request that is not transformed, because a check refused it.

    Attributes:
        outcome: what the user gets.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.code} {outcome.code.meaning} ({outcome.check})")
        self.outcome = outcome
