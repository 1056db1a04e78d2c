"""The bodies of the five Service Requests in DUIS XML, each read and written.

The contents of 6.24.1 and the name of 6.23's second floor are the policy's: no public source
tells them.
"""

from collections.abc import Callable
from typing import Any

from lxml import etree

from gbcs_hil.dcc.duis.elements import (
    Children,
    add,
    integer_of,
    octets_of,
    octets_text,
    time_of,
    truth_of,
    truth_text,
)
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import (
    CredentialsRequest,
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RequestId,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdatePaymentMode,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.payment_mode import Prepayment
from gbcs_hil.gbcs.sequence_numbers import LARGEST_SEQUENCE_NUMBER

ROLES = {
    "ACB": RemotePartyRole.ACCESS_CONTROL_BROKER,
    "NetworkOperator": RemotePartyRole.NETWORK_OPERATOR,
    "Recovery": RemotePartyRole.RECOVERY,
    "Root": RemotePartyRole.ROOT,
    "Supplier": RemotePartyRole.SUPPLIER,
    "TransCoS": RemotePartyRole.TRANSITIONAL_COS,
    "LoadController": RemotePartyRole.LOAD_CONTROLLER,
}
_ROLE_TEXTS = {role: text for text, role in ROLES.items()}
_KRP_FLOORS = ("RemotePartyFloorSeqNumber", "RemotePartyPrepaymentTopUpFloorSeqNumber")
_COS_FLOOR = "SupplierFloorSeqNumber"
_WRAPPER = "SupplierOrNetworkOperatorCertificates"
_CHECKS = "ApplyTimeBasedCPVChecks"
_LONGEST_PATH = 3


def _read_update(
    id_: RequestId, contents: Children, policy: Policy
) -> UpdateSecurityCredentialsKRP:
    return UpdateSecurityCredentialsKRP(id=id_, **_read_credentials(contents, wrapped=True))


def _read_handover(
    id_: RequestId, contents: Children, policy: Policy
) -> RequestHandoverOfDCCControlledDevice:
    fields = _read_credentials(contents, wrapped=False)
    return RequestHandoverOfDCCControlledDevice(id=id_, **fields)


def _read_credentials(contents: Children, wrapped: bool) -> dict[str, Any]:
    return {
        "execution": contents.optional_value("ExecutionDateTime", time_of),
        "role": contents.value("RemotePartyRole", ROLES.__getitem__),
        "floor": contents.optional_value(_KRP_FLOORS[0], _floor),
        "prepayment_floor": contents.optional_value(_KRP_FLOORS[1], _floor),
        "certificates": _read_certificates(contents, wrapped),
        "apply_time_based_cpv_checks": contents.value(_CHECKS, truth_of),
    }


def _write_credentials(
    contents: etree._Element, request: CredentialsRequest, policy: Policy
) -> None:
    add(contents, "RemotePartyRole", _role_text(request.role))
    _write_floors(contents, _KRP_FLOORS, request.floor, request.prepayment_floor)
    wrapped = isinstance(request, UpdateSecurityCredentialsKRP)
    _write_certificates(contents, request.certificates, wrapped)
    add(contents, _CHECKS, truth_text(request.apply_time_based_cpv_checks))


def _read_change_of_supplier(
    id_: RequestId, contents: Children, policy: Policy
) -> UpdateSecurityCredentialsCoS:
    return UpdateSecurityCredentialsCoS(
        id=id_,
        execution=contents.optional_value("ExecutionDateTime", time_of),
        floor=contents.value(_COS_FLOOR, _floor),
        prepayment_floor=contents.optional_value(policy.duis_6_23_top_up_floor, _floor),
        certificates=_read_certificates(contents, wrapped=False),
        apply_time_based_cpv_checks=contents.value(_CHECKS, truth_of),
    )


def _write_change_of_supplier(
    contents: etree._Element, request: UpdateSecurityCredentialsCoS, policy: Policy
) -> None:
    names = (_COS_FLOOR, policy.duis_6_23_top_up_floor)
    _write_floors(contents, names, request.floor, request.prepayment_floor)
    _write_certificates(contents, request.certificates, wrapped=False)
    add(contents, _CHECKS, truth_text(request.apply_time_based_cpv_checks))


def _read_retrieval(
    id_: RequestId, contents: Children, policy: Policy
) -> RetrieveDeviceSecurityCredentialsKRP:
    name = policy.duis_6_24_1_role
    roles = [contents.value(name, ROLES.__getitem__)]
    while (role := contents.optional_value(name, ROLES.__getitem__)) is not None:
        roles.append(role)
    return RetrieveDeviceSecurityCredentialsKRP(id=id_, roles=tuple(roles))


def _write_retrieval(
    contents: etree._Element, request: RetrieveDeviceSecurityCredentialsKRP, policy: Policy
) -> None:
    for role in request.roles:
        add(contents, policy.duis_6_24_1_role, _role_text(role))


def _role_text(role: RemotePartyRole) -> str:
    if role not in _ROLE_TEXTS:
        raise BadInput(f"DUIS has no RemotePartyRole for {role.gbcs_name}")
    return _ROLE_TEXTS[role]


def _read_payment_mode(id_: RequestId, contents: Children, policy: Policy) -> UpdatePaymentMode:
    execution = contents.optional_value("ExecutionDateTime", time_of)
    if (credit := contents.optional("Credit")) is not None:
        Children(credit).finish()
        return UpdatePaymentMode(id=id_, execution=execution)
    terms = Children(contents.one("Prepayment"))
    debt_disabled = terms.value("SuspendDebtDisabled", truth_of)
    debt_emergency = terms.value("SuspendDebtEmergency", truth_of)
    prepayment = Prepayment(
        disablement_threshold=terms.value("DisablementThreshold", integer_of),
        suspend_debt_disabled=debt_disabled,
        suspend_debt_emergency=debt_emergency,
    )
    terms.finish()
    return UpdatePaymentMode(id=id_, execution=execution, prepayment=prepayment)


def _write_payment_mode(
    contents: etree._Element, request: UpdatePaymentMode, policy: Policy
) -> None:
    prepayment = request.prepayment
    if prepayment is None:
        add(contents, "Credit")
        return
    terms = add(contents, "Prepayment")
    add(terms, "SuspendDebtDisabled", truth_text(prepayment.suspend_debt_disabled))
    add(terms, "SuspendDebtEmergency", truth_text(prepayment.suspend_debt_emergency))
    add(terms, "DisablementThreshold", str(prepayment.disablement_threshold))


def _floor(text: str) -> int:
    floor = integer_of(text)
    if not 0 <= floor <= LARGEST_SEQUENCE_NUMBER:
        raise ValueError("out of range")
    return floor


def _write_floors(
    contents: etree._Element, names: tuple[str, str], floor: int | None, prepayment: int | None
) -> None:
    for name, value in zip(names, (floor, prepayment), strict=True):
        if value is not None:
            add(contents, name, str(value))


def _read_certificates(contents: Children, wrapped: bool) -> ReplacementCertificates:
    replacement = Children(contents.one("ReplacementCertificates"))
    cells = Children(replacement.one(_WRAPPER)) if wrapped else replacement
    signing = None if wrapped else cells.value("DigitalSigning", octets_of)
    signing = signing or cells.optional_value("DigitalSigning", octets_of)
    agreement = cells.optional_value("KeyAgreement", octets_of)
    top_up = cells.optional_value("KeyAgreementTopUp", octets_of)
    cells.finish()
    replacement.finish()
    path = Children(contents.one("CertificationPathCertificates"))
    certificates = [path.value("Certificate", octets_of)]
    while len(certificates) < _LONGEST_PATH:
        certificate = path.optional_value("Certificate", octets_of)
        if certificate is None:
            break
        certificates.append(certificate)
    path.finish()
    return ReplacementCertificates(signing, agreement, top_up, tuple(certificates))


def _write_certificates(
    contents: etree._Element, certificates: ReplacementCertificates, wrapped: bool
) -> None:
    replacement = add(contents, "ReplacementCertificates")
    cells = add(replacement, _WRAPPER) if wrapped else replacement
    offered = (
        ("DigitalSigning", certificates.digital_signing),
        ("KeyAgreement", certificates.key_agreement),
        ("KeyAgreementTopUp", certificates.key_agreement_top_up),
    )
    for name, certificate in offered:
        if certificate is not None:
            add(cells, name, octets_text(certificate))
    path = add(contents, "CertificationPathCertificates")
    for certificate in certificates.path:
        add(path, "Certificate", octets_text(certificate))


READERS: dict[str, Callable[[RequestId, Children, Policy], ServiceRequest]] = {
    "1.6": _read_payment_mode,
    "6.15.1": _read_update,
    "6.21": _read_handover,
    "6.23": _read_change_of_supplier,
    "6.24.1": _read_retrieval,
}
"""By Service Reference Variant."""

WRITERS: dict[str, Callable[[etree._Element, Any, Policy], None]] = {
    "1.6": _write_payment_mode,
    "6.15.1": _write_credentials,
    "6.21": _write_credentials,
    "6.23": _write_change_of_supplier,
    "6.24.1": _write_retrieval,
}
"""By Service Reference Variant; the time of execution is written before."""
