"""How a device starts: who stands in which trust anchor cell, with which counters."""

from collections.abc import Mapping

from gbcs_hil.bench.board import Provisioning
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, CELLS_OF_ROLE, TrustAnchorCell
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    RECOVERY,
    SUPPLIER_A,
    TRANSITIONAL_COS,
    Party,
    Pki,
)

_ROLE = RemotePartyRole
_ROLES = (
    _ROLE.ROOT,
    _ROLE.RECOVERY,
    _ROLE.SUPPLIER,
    _ROLE.NETWORK_OPERATOR,
    _ROLE.ACCESS_CONTROL_BROKER,
    _ROLE.TRANSITIONAL_COS,
)
_WITHOUT: dict[str, frozenset[RemotePartyRole]] = {
    "esme": frozenset(),
    "gpf": frozenset(),
    "gsme": frozenset({_ROLE.NETWORK_OPERATOR}),
}

HOLDERS: Mapping[RemotePartyRole, Party] = {
    _ROLE.RECOVERY: RECOVERY,
    _ROLE.SUPPLIER: SUPPLIER_A,
    _ROLE.NETWORK_OPERATOR: GAS_NETWORK_A,
    _ROLE.ACCESS_CONTROL_BROKER: ACB,
    _ROLE.TRANSITIONAL_COS: TRANSITIONAL_COS,
}
"""Who stands in the cells of a commissioned device of the bench."""

FACTORY: Mapping[str, Mapping[RemotePartyRole, Party]] = {
    # An ESME is made with a Supplier's certificates in the network operator cells (S63-7).
    "esme": {**HOLDERS, _ROLE.NETWORK_OPERATOR: SUPPLIER_A},
    # A DCC-controlled GPF is made with ACB certificates, until SRV 6.21 hands them over.
    "gpf": {**HOLDERS, _ROLE.SUPPLIER: ACB, _ROLE.NETWORK_OPERATOR: ACB},
    "gsme": HOLDERS,
}
"""Who stands in the cells of a device as it leaves the factory, by device type."""


def cells_of(device_type: str) -> tuple[TrustAnchorCell, ...]:
    """Return the trust anchor cells of a device type.

    Raises:
        BadInput: there is no such device type.
    """
    if device_type not in _WITHOUT:
        raise BadInput(f"no device type {device_type!r}; there are {', '.join(_WITHOUT)}")
    return tuple(
        cell
        for role in _ROLES
        if role not in _WITHOUT[device_type]
        for cell in CELLS_OF_ROLE[role]
        # Only a Communications Hub holds the ACB's digital signing certificate.
        if role is not _ROLE.ACCESS_CONTROL_BROKER or cell == ACB_KEY_AGREEMENT
    )


def cell_name(cell: TrustAnchorCell) -> str:
    """Return a cell's name on the bench port, such as `supplier/digitalSignature`."""
    name = f"{cell.role.gbcs_name}/{cell.key_usage.gbcs_name}"
    if cell.cell_usage is CellUsage.MANAGEMENT:
        return name
    return f"{name}/{cell.cell_usage.gbcs_name}"


def start_state(
    device_type: str,
    eui: bytes,
    pki: Pki,
    holders: Mapping[RemotePartyRole, Party],
    counters: Mapping[RemotePartyRole, int],
    profile: str,
    settings: Mapping[str, str] | None = None,
) -> Provisioning:
    """Return the provisioning of a device whose cells hold these parties' certificates.

    A party may stand in another role's cells, as the Access Control Broker does in a GPF from
    the factory; one key agreement certificate then serves for top-ups too. A GPF has no cell for
    top-ups where the settings say so.

    Raises:
        BadInput: there is no such device type.
        CredentialError: a party lacks a certificate that its cells need.
    """
    cells = {
        cell_name(cell): (
            pki.authority.root.certificate
            if cell.role is _ROLE.ROOT
            else certificate_for(cell, holders[cell.role], pki)
        )
        for cell in cells_of(device_type)
        if not (
            device_type == "gpf"
            and cell.cell_usage is CellUsage.PREPAYMENT_TOP_UP
            and (settings or {}).get("gpf-prepayment-cell") == "absent"
        )
    }
    return Provisioning(
        device_type=device_type,
        eui=eui,
        cells=cells,
        counters={role.gbcs_name: counter for role, counter in counters.items()},
        profile=profile,
        settings=settings,
    )


def certificate_for(cell: TrustAnchorCell, holder: Party, pki: Pki) -> bytes:
    """Return the newest certificate, DER, of a party that fits a cell."""
    top_up = (
        cell.cell_usage is CellUsage.PREPAYMENT_TOP_UP
        and cell.key_usage is KeyUsage.KEY_AGREEMENT
        and holder.role is cell.role
    )
    usage = CellUsage.PREPAYMENT_TOP_UP if top_up else CellUsage.MANAGEMENT
    return pki.credential(holder.eui, cell.key_usage, usage).certificate
