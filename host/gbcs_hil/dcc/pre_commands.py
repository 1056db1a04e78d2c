"""From a Service Request to the GBCS pre-command that carries it out."""

from datetime import datetime

from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.requests import (
    CredentialsRequest,
    ReplacementCertificates,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdatePaymentMode,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import CredentialsReplacementMode, RemotePartyRole
from gbcs_hil.gbcs.payment_mode import esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.security_credentials import (
    SequenceNumberChange,
    read_credentials,
    update_credentials,
)
from gbcs_hil.gbcs.trust_anchors import (
    TrustAnchorCell,
    digital_signing,
    key_agreement,
    prepayment_key_agreement,
)

MODES = {
    RemotePartyRole.SUPPLIER: CredentialsReplacementMode.SUPPLIER_BY_SUPPLIER,
    RemotePartyRole.NETWORK_OPERATOR: (
        CredentialsReplacementMode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR
    ),
}
"""How a role's cells are replaced by their own party; other roles' nobody on the bench can."""


def critical(request: ServiceRequest, meter: SmartMeter, issued: datetime) -> Message:
    """Return the pre-command of a critical request, which its user signs.

    Args:
        request: a 1.6 or 6.15.1.
        meter: the device that it is for.
        issued: the time that becomes a GSME's issuer event id.

    Raises:
        BadInput: the request has no pre-command of the user's.
    """
    if isinstance(request, UpdateSecurityCredentialsKRP):
        return update(request, request.id.originator, request.id.counter)
    if isinstance(request, UpdatePaymentMode):
        return payment_mode(request, meter, issued)
    raise BadInput(f"SRV {request.variant} has no pre-command for its user to sign")


def payment_mode(request: UpdatePaymentMode, meter: SmartMeter, issued: datetime) -> Message:
    """Return the ECS02, ECS03, GCS02 or GCS03 pre-command of a 1.6.

    Raises:
        BadInput: the device is no meter, or the contents cannot be coded.
    """
    addressed = (request.id.originator, request.id.target, request.id.counter)
    if meter.device_type == "esme":
        return esme_payment_mode(*addressed, request.prepayment, request.execution)
    if meter.device_type == "gsme":
        return gsme_payment_mode(*addressed, request.prepayment, issued, request.execution)
    raise BadInput(f"a {meter.device_type.upper()} has no payment mode")


def update(request: CredentialsRequest, originator: bytes, counter: int) -> Message:
    """Return the CS02b pre-command of a 6.15.1 or 6.21.

    Both have the same message code and mode; they differ in the Business Originator, which is
    the user in a 6.15.1 and the Access Control Broker in a 6.21. The DSP itself keeps a dated
    6.21, so that its command carries no time.

    Raises:
        BadInput: the role's cells cannot be replaced by their own party.
    """
    mode = MODES.get(request.role)
    if mode is None:
        raise BadInput(f"SRV {request.variant} is not for the role {request.role.gbcs_name}")
    return update_credentials(
        mode,
        originator,
        request.id.target,
        counter,
        _replacements(request.role, request.certificates),
        request.certificates.path,
        floor=request.floor,
        prepayment_floor=request.prepayment_floor,
        apply_time_checks=request.apply_time_based_cpv_checks,
        execution=request.execution if request.critical else None,
    )


def change_of_supplier(
    request: UpdateSecurityCredentialsCoS, originator: bytes, counter: int
) -> Message:
    """Return the CS02b pre-command of a 6.23, which the Transitional CoS party originates."""
    floors = SequenceNumberChange(request.role, request.floor, request.prepayment_floor)
    return update_credentials(
        CredentialsReplacementMode.SUPPLIER_BY_TRANS_COS,
        originator,
        request.id.target,
        counter,
        _replacements(request.role, request.certificates),
        request.certificates.path,
        other_floors=[floors],
        apply_time_checks=request.apply_time_based_cpv_checks,
    )


def retrieve(
    request: RetrieveDeviceSecurityCredentialsKRP, originator: bytes, counter: int
) -> Message:
    """Return the CS02a pre-command of a 6.24.1, which the Access Control Broker originates."""
    return read_credentials(originator, request.id.target, counter, request.roles)


def _replacements(
    role: RemotePartyRole, certificates: ReplacementCertificates
) -> list[tuple[bytes, TrustAnchorCell]]:
    offered = (
        (certificates.digital_signing, digital_signing(role)),
        (certificates.key_agreement, key_agreement(role)),
        (certificates.key_agreement_top_up, prepayment_key_agreement(role)),
    )
    return [(certificate, cell) for certificate, cell in offered if certificate is not None]
