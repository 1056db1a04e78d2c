"""DCC Service Users: they ask, check what the DCC made of it, and sign what is critical."""

from dataclasses import dataclass

from gbcs_hil.dcc.requests import RequestId, UpdateSecurityCredentialsKRP
from gbcs_hil.errors import AuthenticationError
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.security import sign
from gbcs_hil.gbcs.security_credentials import UpdateCredentials
from gbcs_hil.smki.parties import Party, Pki


@dataclass(frozen=True)
class User:
    """A Supplier or Network Operator with its credentials."""

    party: Party
    pki: Pki

    def request_id(self, target: bytes, counter: int) -> RequestId:
        """Return the id of a request of this user's."""
        return RequestId(self.party.eui, target, counter)

    def sign(self, request: UpdateSecurityCredentialsKRP, pre_command: Message) -> Message:
        """Sign a pre-command after checking that it does what was asked.

        Raises:
            AuthenticationError: it does something else; a user must not sign that.
        """
        header = pre_command.header
        asked = (request.id.originator, request.id.target, request.id.counter)
        if (header.originator, header.recipient, header.counter) != asked:
            raise AuthenticationError(f"{self.party.name}: the pre-command is for another request")
        command = UpdateCredentials.decode(pre_command.payload)
        brought = {replacement.certificate for replacement in command.replacements}
        certificates = request.certificates
        wanted = {
            certificate
            for certificate in (
                certificates.digital_signing,
                certificates.key_agreement,
                certificates.key_agreement_top_up,
            )
            if certificate is not None
        }
        if brought != wanted or command.floor != request.floor:
            raise AuthenticationError(
                f"{self.party.name}: the pre-command brings other certificates or another floor"
            )
        credential = self.pki.credential(self.party.eui, KeyUsage.DIGITAL_SIGNATURE)
        return sign(pre_command, credential.private_key)
