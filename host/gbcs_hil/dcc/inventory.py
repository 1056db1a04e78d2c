"""The smart metering inventory: which devices there are, where, and their certificates."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import KeyUsage

COMMISSIONED = "commissioned"


@dataclass(frozen=True)
class SmartMeter:
    """A device as the DCC knows it.

    Attributes:
        eui: 8 octets.
        device_type: "esme", "gpf" or "gsme".
        signing_public_key: 65 octets; checks the device's signatures. Empty for SMETS1.
        agreement_public_key: 65 octets; the MAC keys come of it. Empty for SMETS1.
        meter_point: its MPAN or MPRN, as the inventory links it; None without a link.
        status: its state in the inventory, such as "commissioned" or "decommissioned".
        commissioned: since when, or None.
        s1sp: the SMETS1 Service Provider that speaks to it; None for SMETS2+.
    """

    eui: bytes
    device_type: str
    signing_public_key: bytes = b""
    agreement_public_key: bytes = b""
    meter_point: str | None = None
    status: str = COMMISSIONED
    commissioned: datetime | None = None
    s1sp: str | None = None

    @property
    def smets1(self) -> bool:
        """Whether it is SMETS1: its certificates stand at an S1SP, not in the device."""
        return self.s1sp is not None

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

    def linked(self, meter_point: str) -> Self:
        """Return the device with a link to a meter point."""
        return replace(self, meter_point=meter_point)
