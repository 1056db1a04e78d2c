"""From a Service Request to the GBCS pre-command that carries it out."""

from gbcs_hil.dcc.requests import (
    RequestHandoverOfDCCControlledDevice,
    RetrieveDeviceSecurityCredentialsKRP,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import CredentialsReplacementMode, RemotePartyRole
from gbcs_hil.gbcs.security_credentials import read_credentials, update_credentials
from gbcs_hil.gbcs.trust_anchors import (
    TrustAnchorCell,
    digital_signing,
    key_agreement,
    prepayment_key_agreement,
)

_MODES = {
    RemotePartyRole.SUPPLIER: CredentialsReplacementMode.SUPPLIER_BY_SUPPLIER,
    RemotePartyRole.NETWORK_OPERATOR: (
        CredentialsReplacementMode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR
    ),
}


def update(
    request: UpdateSecurityCredentialsKRP | RequestHandoverOfDCCControlledDevice,
    originator: bytes,
    counter: int,
) -> Message:
    """Return the CS02b pre-command of a 6.15.1 or 6.21.

    Both have the same message code and mode; they differ in the Business Originator, which is
    the user in a 6.15.1 and the Access Control Broker in a 6.21.

    Raises:
        BadInput: the role's cells cannot be replaced by their own party.
    """
    mode = _MODES.get(request.role)
    if mode is None:
        raise BadInput(f"SRV {request.service} is not for the role {request.role.gbcs_name}")
    return update_credentials(
        mode,
        originator,
        request.id.target,
        counter,
        _replacements(request),
        request.certificates.path,
        floor=request.floor,
        prepayment_floor=request.prepayment_floor,
        apply_time_checks=request.apply_time_based_cpv_checks,
    )


def retrieve(
    request: RetrieveDeviceSecurityCredentialsKRP, originator: bytes, counter: int
) -> Message:
    """Return the CS02a pre-command of a 6.24.1, which the Access Control Broker originates."""
    return read_credentials(originator, request.id.target, counter, request.roles)


def _replacements(
    request: UpdateSecurityCredentialsKRP | RequestHandoverOfDCCControlledDevice,
) -> list[tuple[bytes, TrustAnchorCell]]:
    certificates = request.certificates
    role = request.role
    offered = (
        (certificates.digital_signing, digital_signing(role)),
        (certificates.key_agreement, key_agreement(role)),
        (certificates.key_agreement_top_up, prepayment_key_agreement(role)),
    )
    return [(certificate, cell) for certificate, cell in offered if certificate is not None]
