"""Who takes part: DCC Users with their User Roles, and network operators that are none yet.

Suppliers, operators that leave and that come (MP128A-1), an IDNO that has no credentials.
"""

from dataclasses import dataclass
from enum import StrEnum

from gbcs_hil.smki.parties import (
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    OTHER_USER,
    SOLR_CONTINGENCY,
    SUPPLIER_A,
    SUPPLIER_B,
    Party,
)


class UserRole(StrEnum):
    """In which capacity a DCC User asks (DUIS)."""

    IMPORT_SUPPLIER = "IS"
    GAS_SUPPLIER = "GS"
    ELECTRICITY_DISTRIBUTOR = "ED"
    GAS_TRANSPORTER = "GT"
    OTHER_USER = "OU"
    SOLR_CONTINGENCY = "SOLRC"  # MP134B; DUIS does not have it, the name is the bench's.


SUPPLIERS = frozenset({UserRole.IMPORT_SUPPLIER, UserRole.GAS_SUPPLIER})
NETWORK_OPERATORS = frozenset({UserRole.ELECTRICITY_DISTRIBUTOR, UserRole.GAS_TRANSPORTER})


class UserStatus(StrEnum):
    """Where a party stands with the DCC."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CEASED = "ceased"


@dataclass(frozen=True)
class Participant:
    """A party as the DCC knows it.

    Attributes:
        mpid: its market participant identifier, by which registration data name it.
        name: what people call it.
        eui: its EUI-64; None if it never created SMKI credentials, as some IDNOs (S63-14).
        roles: its User Roles.
        status: whether it may ask for anything.
        can_exchange: whether its systems can exchange its own certificates on a device for
            those of the right operator (S63-16).
    """

    mpid: str
    name: str
    eui: bytes | None
    roles: frozenset[UserRole]
    status: UserStatus = UserStatus.ACTIVE
    can_exchange: bool = True

    @property
    def is_supplier(self) -> bool:
        """Whether it acts as a Supplier."""
        return bool(self.roles & SUPPLIERS)

    @property
    def is_network_operator(self) -> bool:
        """Whether it acts as a network operator, of electricity or gas (S107-9)."""
        return bool(self.roles & NETWORK_OPERATORS)


def _participant(mpid: str, party: Party, *roles: UserRole) -> Participant:
    return Participant(mpid, party.name, party.eui, frozenset(roles))


_SUPPLIES = (UserRole.IMPORT_SUPPLIER, UserRole.GAS_SUPPLIER)

PARTICIPANTS = (
    _participant("SUPA", SUPPLIER_A, *_SUPPLIES),
    _participant("SUPB", SUPPLIER_B, *_SUPPLIES),
    _participant("GTNA", GAS_NETWORK_A, UserRole.GAS_TRANSPORTER),
    _participant("GTNB", GAS_NETWORK_B, UserRole.GAS_TRANSPORTER),
    _participant("EDNA", ELECTRICITY_NETWORK_A, UserRole.ELECTRICITY_DISTRIBUTOR),
    _participant("EDNB", ELECTRICITY_NETWORK_B, UserRole.ELECTRICITY_DISTRIBUTOR),
    _participant("OTHU", OTHER_USER, UserRole.OTHER_USER),
    _participant("SOLR", SOLR_CONTINGENCY, UserRole.SOLR_CONTINGENCY),
    Participant(
        "IDNX", "IDNO without credentials", None, frozenset({UserRole.ELECTRICITY_DISTRIBUTOR})
    ),
)
"""The participants of the bench."""
