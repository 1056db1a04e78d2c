"""DCC Service Users: they ask, check what the DCC made of it, and sign what is critical."""

from dataclasses import dataclass

from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.outcome import Outcome, Rejected
from gbcs_hil.dcc.requests import (
    RequestId,
    ServiceRequest,
    UpdatePaymentMode,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.errors import AuthenticationError
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.payment_mode import execution_of
from gbcs_hil.gbcs.security import sign
from gbcs_hil.gbcs.security_credentials import UpdateCredentials
from gbcs_hil.smki.parties import Party, Pki

_CREDIT = (MessageCode.ECS02, MessageCode.GCS02)
_PREPAYMENT = (MessageCode.ECS03, MessageCode.GCS03)


@dataclass(frozen=True)
class User:
    """A Supplier or Network Operator with its credentials."""

    party: Party
    pki: Pki

    def request_id(self, target: bytes, counter: int) -> RequestId:
        """Return the id of a request of this user's."""
        return RequestId(self.party.eui, target, counter)

    def ask(self, dsp: Dsp, request: ServiceRequest) -> Outcome:
        """Send a request; if it is critical, have it transformed, sign it and send it back.

        Raises:
            AuthenticationError: the pre-command is not what was asked for.
        """
        if not request.critical or dsp.takes_unsigned(request):
            return dsp.submit(request)
        try:
            pre_command = dsp.transform(request)
        except Rejected as rejected:
            return rejected.outcome
        return dsp.submit(request, self.sign(request, pre_command))

    def sign(self, request: ServiceRequest, pre_command: Message) -> Message:
        """Sign a pre-command after checking that it does what was asked.

        Raises:
            AuthenticationError: it does something else; a user must not sign that.
        """
        header = pre_command.header
        asked = (request.id.originator, request.id.target, request.id.counter)
        if (header.originator, header.recipient, header.counter) != asked:
            raise AuthenticationError(f"{self.party.name}: the pre-command is for another request")
        if isinstance(request, UpdateSecurityCredentialsKRP):
            command = UpdateCredentials.decode(pre_command.payload)
            brought = {replacement.certificate for replacement in command.replacements}
            seen = (brought, command.floor, command.execution)
            wanted = (set(request.certificates.brought), request.floor, request.execution)
            if seen != wanted:
                raise AuthenticationError(
                    f"{self.party.name}: the pre-command brings other certificates, "
                    "another floor or another time"
                )
        elif isinstance(request, UpdatePaymentMode):
            codes = _CREDIT if request.prepayment is None else _PREPAYMENT
            code, execution = header.message_code, execution_of(pre_command)
            if code not in codes or execution != request.execution:
                raise AuthenticationError(
                    f"{self.party.name}: the pre-command sets another payment mode or time"
                )
        credential = self.pki.credential(self.party.eui, KeyUsage.DIGITAL_SIGNATURE)
        return sign(pre_command, credential.private_key)
