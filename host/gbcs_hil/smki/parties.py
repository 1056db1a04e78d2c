"""The parties of the demonstration, and a whole PKI for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.credential import NO_EUI, Credential


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation of the bench.

    Attributes:
        name: what people call it, and the common name in its certificates.
        role: its role.
        eui: its EUI-64, locally administered: no real party can have it.
    """

    name: str
    role: RemotePartyRole
    eui: bytes


def _eui(number: int) -> bytes:
    # 02 marks an identifier as locally administered; the next octets spell GBHIL.
    return b"\x02GBHIL" + number.to_bytes(2, "big")


RECOVERY = Party("Recovery", RemotePartyRole.RECOVERY, _eui(1))
ACB = Party("Access Control Broker", RemotePartyRole.ACCESS_CONTROL_BROKER, _eui(2))
TRANSITIONAL_COS = Party("Transitional CoS", RemotePartyRole.TRANSITIONAL_COS, _eui(4))
SUPPLIER_A = Party("Supplier A", RemotePartyRole.SUPPLIER, _eui(0x0100))
SUPPLIER_B = Party("Supplier B", RemotePartyRole.SUPPLIER, _eui(0x0101))
GAS_NETWORK_A = Party("Gas Network A", RemotePartyRole.NETWORK_OPERATOR, _eui(0x0200))
GAS_NETWORK_B = Party("Gas Network B", RemotePartyRole.NETWORK_OPERATOR, _eui(0x0201))
ELECTRICITY_NETWORK_A = Party(
    "Electricity Network A", RemotePartyRole.NETWORK_OPERATOR, _eui(0x0210)
)
ELECTRICITY_NETWORK_B = Party(
    "Electricity Network B", RemotePartyRole.NETWORK_OPERATOR, _eui(0x0211)
)
OTHER_USER = Party("Other User", RemotePartyRole.OTHER, _eui(0x0300))
SOLR_CONTINGENCY = Party("SoLR Contingency", RemotePartyRole.OTHER, _eui(0x0301))

DEMONSTRATION = (
    RECOVERY,
    ACB,
    TRANSITIONAL_COS,
    SUPPLIER_A,
    SUPPLIER_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
)
"""Who takes part in the demonstration."""

EVERYBODY = (*DEMONSTRATION, ELECTRICITY_NETWORK_A, ELECTRICITY_NETWORK_B)
"""Who takes part in the scenarios and has organisation certificates."""


@dataclass(frozen=True)
class Pki:
    """An authority and the credentials that it has issued.

    Attributes:
        authority: issues more of them.
        credentials: of organisations, and of devices whose keys were made outside them; in
            the order of issue.
    """

    authority: Authority
    credentials: tuple[Credential, ...]

    @classmethod
    def issue(cls, authority: Authority, parties: Iterable[Party] = DEMONSTRATION) -> Self:
        """Issue every credential of some parties."""
        issued = (authority.organisation(p.role, p.eui, p.name) for p in parties)
        return cls(authority, tuple(credential for several in issued for credential in several))

    def with_credentials(self, credentials: Iterable[Credential]) -> Self:
        """Return the PKI with more credentials."""
        return type(self)(self.authority, (*self.credentials, *credentials))

    def credential(
        self,
        eui: bytes,
        key_usage: KeyUsage,
        cell_usage: CellUsage = CellUsage.MANAGEMENT,
        role: RemotePartyRole | None = None,
    ) -> Credential:
        """Return the newest credential of an organisation or device.

        Args:
            eui: its EUI-64.
            key_usage: what the key is to do.
            cell_usage: tells a supplier's key agreement keys apart.
            role: in which role, if it has several.

        Raises:
            CredentialError: there is none.
        """
        for held in reversed(self.credentials):
            wanted = (held.eui, held.key_usage, held.cell_usage) == (eui, key_usage, cell_usage)
            if wanted and role in (None, held.role):
                return held
        usage = f"{key_usage.gbcs_name} {cell_usage.gbcs_name}"
        raise CredentialError(f"the PKI holds no {usage} credential of {eui.hex('-').upper()}")


def directory(parties: Iterable[Party] = DEMONSTRATION) -> dict[bytes, str]:
    """Return the names of parties by EUI-64, as `explain` takes them."""
    return {NO_EUI: "root"} | {party.eui: party.name for party in parties}
