"""The Access Control Broker: the DCC's keys, the MAC on commands, commands of its own."""

from dataclasses import dataclass

from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.security import authenticate, shared_secret, sign, verify_mac, verify_signature
from gbcs_hil.smki.parties import Party, Pki


@dataclass(frozen=True)
class AccessControlBroker:
    """The party whose MAC every command to a device carries (GBCS 5.4)."""

    party: Party
    pki: Pki

    def authenticate(self, command: Message, meter: SmartMeter) -> Message:
        """Return a command, signed or not, with the MAC that the device checks."""
        return authenticate(command, self._secret(meter))

    def originate(self, pre_command: Message, meter: SmartMeter) -> Message:
        """Return a critical command that the ACB itself signs, as it does for a 6.21."""
        credential = self.pki.credential(self.party.eui, KeyUsage.DIGITAL_SIGNATURE)
        return self.authenticate(sign(pre_command, credential.private_key), meter)

    def check(self, response: Message, meter: SmartMeter) -> None:
        """Check what protects a device's response.

        Raises:
            AuthenticationError: neither its signature nor its MAC verifies.
        """
        if response.mac is not None:
            verify_mac(response, self._secret(meter))
        else:
            verify_signature(response, meter.signing_public_key)

    def _secret(self, meter: SmartMeter) -> bytes:
        credential = self.pki.credential(self.party.eui, KeyUsage.KEY_AGREEMENT)
        return shared_secret(credential.private_key, meter.agreement_public_key)
