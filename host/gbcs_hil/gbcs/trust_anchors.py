"""Trust anchor cells by name, and which of them authorises what."""

from dataclasses import dataclass
from types import MappingProxyType

from gbcs_hil.gbcs.names import (
    CellUsage,
    CredentialsReplacementMode,
    KeyUsage,
    RemotePartyRole,
)

_ROLE = RemotePartyRole
_MODE = CredentialsReplacementMode


@dataclass(frozen=True, order=True, slots=True)
class TrustAnchorCell:
    """The name of a cell: {remotePartyRole, keyUsage, cellUsage}."""

    role: RemotePartyRole
    key_usage: KeyUsage
    cell_usage: CellUsage = CellUsage.MANAGEMENT

    def __str__(self) -> str:
        usage = "" if self.cell_usage is CellUsage.MANAGEMENT else f" {self.cell_usage.gbcs_name}"
        return f"{self.role.gbcs_name} {self.key_usage.gbcs_name}{usage}"


def digital_signing(role: RemotePartyRole) -> TrustAnchorCell:
    """Return the cell that a role's signatures are checked with."""
    return TrustAnchorCell(role, KeyUsage.DIGITAL_SIGNATURE)


def key_agreement(role: RemotePartyRole) -> TrustAnchorCell:
    """Return the cell that a role's MACs are checked with."""
    return TrustAnchorCell(role, KeyUsage.KEY_AGREEMENT)


def prepayment_key_agreement(role: RemotePartyRole) -> TrustAnchorCell:
    """Return the cell that a role's top-ups are checked with."""
    return TrustAnchorCell(role, KeyUsage.KEY_AGREEMENT, CellUsage.PREPAYMENT_TOP_UP)


ROOT_CELL = TrustAnchorCell(_ROLE.ROOT, KeyUsage.KEY_CERT_SIGN)
ACB_KEY_AGREEMENT = key_agreement(_ROLE.ACCESS_CONTROL_BROKER)

CELLS_OF_ROLE: MappingProxyType[RemotePartyRole, tuple[TrustAnchorCell, ...]] = MappingProxyType(
    {
        _ROLE.ROOT: (ROOT_CELL,),
        _ROLE.RECOVERY: (digital_signing(_ROLE.RECOVERY),),
        _ROLE.SUPPLIER: (
            digital_signing(_ROLE.SUPPLIER),
            key_agreement(_ROLE.SUPPLIER),
            prepayment_key_agreement(_ROLE.SUPPLIER),
        ),
        _ROLE.NETWORK_OPERATOR: (
            digital_signing(_ROLE.NETWORK_OPERATOR),
            key_agreement(_ROLE.NETWORK_OPERATOR),
        ),
        _ROLE.ACCESS_CONTROL_BROKER: (
            digital_signing(_ROLE.ACCESS_CONTROL_BROKER),
            ACB_KEY_AGREEMENT,
        ),
        _ROLE.TRANSITIONAL_COS: (digital_signing(_ROLE.TRANSITIONAL_COS),),
        _ROLE.WAN_PROVIDER: (digital_signing(_ROLE.WAN_PROVIDER),),
        _ROLE.LOAD_CONTROLLER: (
            digital_signing(_ROLE.LOAD_CONTROLLER),
            key_agreement(_ROLE.LOAD_CONTROLLER),
        ),
    }
)
"""The credentials that a party of each role holds, and the cells that they go to."""

AUTHORISING_CELLS: MappingProxyType[CredentialsReplacementMode, TrustAnchorCell | None] = (
    MappingProxyType(
        {
            _MODE.ROOT_BY_SUPPLIER: digital_signing(_ROLE.SUPPLIER),
            _MODE.ROOT_BY_WAN_PROVIDER: digital_signing(_ROLE.WAN_PROVIDER),
            _MODE.SUPPLIER_BY_SUPPLIER: digital_signing(_ROLE.SUPPLIER),
            _MODE.NETWORK_OPERATOR_BY_NETWORK_OPERATOR: digital_signing(_ROLE.NETWORK_OPERATOR),
            _MODE.ACB_BY_ACB: None,
            _MODE.WAN_PROVIDER_BY_WAN_PROVIDER: digital_signing(_ROLE.WAN_PROVIDER),
            _MODE.TRANS_COS_BY_TRANS_COS: digital_signing(_ROLE.TRANSITIONAL_COS),
            _MODE.SUPPLIER_BY_TRANS_COS: digital_signing(_ROLE.TRANSITIONAL_COS),
            _MODE.ANY_EXCEPT_ABNORMAL_ROOT_BY_RECOVERY: digital_signing(_ROLE.RECOVERY),
            _MODE.ANY_BY_CONTINGENCY: ROOT_CELL,
            _MODE.LOAD_CONTROLLER_BY_LOAD_CONTROLLER: digital_signing(_ROLE.LOAD_CONTROLLER),
            _MODE.LOAD_CONTROLLER_BY_SUPPLIER: digital_signing(_ROLE.SUPPLIER),
        }
    )
)
"""What a CS02b command names as authorisingRemotePartyTACellIdentifier.

None: the field is left out, as a Device other than a Communications Hub expects of ACBByACB.
"""
