"""The smart metering inventory: which devices there are, and their certificates."""

from dataclasses import dataclass
from typing import Self

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.smki.certificate import read_certificate


@dataclass(frozen=True)
class SmartMeter:
    """A device as the DCC knows it.

    Attributes:
        eui: 8 octets.
        device_type: "esme", "gpf" or "gsme".
        signing_public_key: 65 octets; checks the device's signatures.
        agreement_public_key: 65 octets; the MAC keys come of it.
    """

    eui: bytes
    device_type: str
    signing_public_key: bytes
    agreement_public_key: bytes

    @classmethod
    def of(cls, device_type: str, signing: bytes, agreement: bytes) -> Self:
        """Take the keys from the device's two certificates, DER.

        Raises:
            CredentialError: they are not one device's certificates for those two uses.
        """
        first, second = read_certificate(signing), read_certificate(agreement)
        usages = (first.key_usage, second.key_usage)
        if usages != (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT):
            raise CredentialError("a device has one certificate to sign and one to agree on keys")
        if first.eui is None or first.eui != second.eui:
            raise CredentialError("the two certificates are not of one device")
        return cls(first.eui, device_type, first.public_key, second.public_key)
