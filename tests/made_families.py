"""Made exchanges of every family that reference data has, each in every shape that it knows."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gbcs_hil.gbcs.device_credentials import (
    CertificateResponse,
    IssueFailure,
    IssueResponse,
    ReadCertificateResponse,
    ReadFailure,
    UpdateResult,
    issue_security_credentials,
    read_device_certificate,
    update_device_certificate,
)
from gbcs_hil.gbcs.names import CredentialsReplacementMode as Mode
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
)
from made_exchanges import (
    Made,
    certification_request,
    credentials_update,
    esme_payment,
    gsme_payment,
    issued,
    own_credentials,
    read,
    recovery,
    renewed,
    swaps,
    unproved,
)
from made_vectors import DEVICES, DUE, ESME, GPF, GSME, write

_OWN = SUPPLIER_A, renewed(SUPPLIER_A)
_SUPPLIER_FLOOR = [SequenceNumberChange(Role.SUPPLIER, 0, 0)]
_CHANGE = swaps(Role.SUPPLIER, SUPPLIER_A, SUPPLIER_B)
_DS, _KA, _PREPAYMENT = _OWN[1]
_PARTLY = [_DS, unproved(_KA), _PREPAYMENT]

CREDENTIALS: Mapping[str, Made] = {
    "6.15.1 of a supplier": credentials_update(
        Mode.SUPPLIER_BY_SUPPLIER, *_OWN, counter=1000, floor=0, prepayment_floor=0
    ),
    "6.15.1 that fails in part": credentials_update(
        Mode.SUPPLIER_BY_SUPPLIER, SUPPLIER_A, _PARTLY, counter=1003, floor=0, prepayment_floor=0
    ),
    "6.15.1 at a date": credentials_update(
        Mode.SUPPLIER_BY_SUPPLIER, *_OWN, counter=1001, floor=0, execution=DUE
    ),
    "6.15.1 that fails at a date": credentials_update(
        Mode.SUPPLIER_BY_SUPPLIER, SUPPLIER_A, _PARTLY, counter=1004, floor=0, execution=DUE
    ),
    "6.15.1 cancelled": credentials_update(
        Mode.SUPPLIER_BY_SUPPLIER, *_OWN, counter=1002, floor=0, execution=CANCEL
    ),
    "6.15.1 of a network operator": credentials_update(
        Mode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR,
        GAS_NETWORK_A,
        renewed(GAS_NETWORK_A),
        counter=1200,
        floor=0,
    ),
    "6.21 of a supplier": credentials_update(
        Mode.SUPPLIER_BY_SUPPLIER,
        replace(ACB, role=Role.SUPPLIER),
        swaps(Role.SUPPLIER, ACB, SUPPLIER_A),
        counter=1300,
        device=GPF,
        floor=0,
        prepayment_floor=0,
    ),
    "6.21 of a network operator": credentials_update(
        Mode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR,
        replace(ACB, role=Role.NETWORK_OPERATOR),
        swaps(Role.NETWORK_OPERATOR, ACB, GAS_NETWORK_B),
        counter=1301,
        device=GPF,
        floor=0,
    ),
    "6.23 at once": credentials_update(
        Mode.SUPPLIER_BY_TRANS_COS, TRANSITIONAL_COS, _CHANGE, counter=6001, others=_SUPPLIER_FLOOR
    ),
    "6.23 at a date": credentials_update(
        Mode.SUPPLIER_BY_TRANS_COS,
        TRANSITIONAL_COS,
        _CHANGE,
        counter=6002,
        others=_SUPPLIER_FLOOR,
        execution=DUE,
    ),
    "6.23 cancelled": credentials_update(
        Mode.SUPPLIER_BY_TRANS_COS, TRANSITIONAL_COS, _CHANGE, counter=6003, execution=CANCEL
    ),
    "8.5": credentials_update(
        Mode.ACB_BY_ACB, ACB, renewed(ACB)[1:], counter=1300, floor=0, protection="MAC"
    ),
    "renewal of the transitional CoS": credentials_update(
        Mode.TRANS_COS_BY_TRANS_COS, TRANSITIONAL_COS, renewed(TRANSITIONAL_COS), counter=6000
    ),
    "recovery": recovery(),
    "6.24.1": read(ESME, {Role.SUPPLIER: 7, Role.NETWORK_OPERATOR: 0}),
    "6.24.1 of a GSME": read(GSME, {Role.SUPPLIER: 0, Role.NETWORK_OPERATOR: None}),
    "signed read": read(
        ESME, {Role.TRANSITIONAL_COS: 0, Role.WAN_PROVIDER: None}, TRANSITIONAL_COS, 6000
    ),
}
"""CS02a and CS02b."""


def issue(usage: KeyUsage, outcome: bytes | IssueFailure) -> Made:
    """Return CS02c."""
    plain = issue_security_credentials(SUPPLIER_A.eui, ESME, 1000, usage)
    return own_credentials(plain, IssueResponse(outcome).encode())


def certify(certificate: bytes, result: UpdateResult) -> Made:
    """Return CS02d."""
    plain = update_device_certificate(SUPPLIER_A.eui, ESME, 1000, certificate)
    return own_credentials(plain, CertificateResponse(result).encode())


def read_certificate_of(usage: KeyUsage, outcome: bytes | ReadFailure) -> Made:
    """Return CS02e."""
    plain = read_device_certificate(SUPPLIER_A.eui, ESME, 1000, usage)
    return own_credentials(plain, ReadCertificateResponse(outcome).encode())


def _own_credentials() -> dict[str, Made]:
    made = {}
    for usage, held in zip(
        (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT), DEVICES[ESME], strict=True
    ):
        name = usage.gbcs_name
        made[f"6.17 {name}"] = issue(usage, certification_request())
        made[f"6.15.2 {name}"] = certify(issued(usage).certificate, UpdateResult.SUCCESS)
        made[f"6.24.2 {name}"] = read_certificate_of(usage, held.certificate)
    return made


def _payment() -> dict[str, Made]:
    made = {}
    for when, execution in (("now", None), ("later", DUE), ("cancelled", CANCEL)):
        for prepayment in (False, True):
            name = f"1.6 {'prepayment' if prepayment else 'credit'} {when}"
            made[f"{name} ESME"] = esme_payment(prepayment, execution)
            made[f"{name} GSME"] = gsme_payment(prepayment, execution)
    return made


OWN_CREDENTIALS: Mapping[str, Made] = _own_credentials()
"""CS02c, CS02d and CS02e that go well."""

PAYMENT: Mapping[str, Made] = _payment()
"""ECS02, ECS03, GCS02 and GCS03 that go well."""

FAMILIES: Mapping[str, Made] = {**CREDENTIALS, **OWN_CREDENTIALS, **PAYMENT}


_CODES = {
    "credit": {"ESME": "ECS02", "GSME": "GCS02"},
    "prepayment": {"ESME": "ECS03", "GSME": "GCS03"},
}
_WHEN = {
    "now": "IMMEDIATE_SUCCESS",
    "later": "FUTURE_DATED_SUCCESS",
    "cancelled": "FUTURE_DATED_CANCELLATION_SUCCESS",
}
_FILES = {
    "6.15.1 of a supplier": "CS02bSupplierBySupplier_6.15.1_IMMEDIATE_SUCCESS",
    "6.15.1 that fails in part": "CS02bSupplierBySupplier_6.15.1_IMMEDIATE_ERROR",
    "6.15.1 at a date": "CS02bSupplierBySupplier_6.15.1_FUTURE_DATED_SUCCESS",
    "6.15.1 that fails at a date": "CS02bSupplierBySupplier_6.15.1_FUTURE_DATED_ERROR",
    "6.15.1 cancelled": "CS02bSupplierBySupplier_6.15.1_FUTURE_DATED_CANCELLATION_SUCCESS",
    "6.15.1 of a network operator": "CS02bNOByNO_6.15.1_SUCCESS",
    "6.21 of a supplier": "CS02bSupplierBySupplierHandover_6.21_SUCCESS",
    "6.21 of a network operator": "CS02bNOByNOHandover_6.21_SUCCESS",
    "6.23 at once": "CS02bSupplierByTransCoS_6.23_IMMEDIATE_SUCCESS",
    "6.23 at a date": "CS02bSupplierByTransCoS_6.23_FUTURE_DATED_SUCCESS",
    "6.23 cancelled": "CS02bSupplierByTransCoS_6.23_FUTURE_DATED_CANCELLATION_SUCCESS",
    "8.5": "CS02bACBByACB_8.5_SUCCESS",
    "renewal of the transitional CoS": "CS02bTransCoSByTransCoS_NA_SUCCESS",
    "recovery": "CS02bAnyExceptAbnormalRootByRecovery_NA_SUCCESS",
    "6.24.1": "CS02aMAC_6.24.1_SUCCESS",
    "6.24.1 of a GSME": "CS02aMAC_6.24.1_ERROR",
    "signed read": "CS02aSignature_NA_ERROR",
    **{
        f"{service} {usage.gbcs_name}": f"{use_case}_{service}_{usage.gbcs_name}_SUCCESS"
        for service, use_case in (("6.17", "CS02c"), ("6.15.2", "CS02d"), ("6.24.2", "CS02e"))
        for usage in (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT)
    },
    **{
        f"1.6 {mode} {when} {device}": f"{code}_1.6_{variant}"
        for mode, codes in _CODES.items()
        for device, code in codes.items()
        for when, variant in _WHEN.items()
    },
}


def write_as_reference_data(folder: Path) -> None:
    """Write every exchange into one folder, under names as RTDS has them, pre-commands too."""
    for family, made in FAMILIES.items():
        name = _FILES[family]
        for kind, message in (
            ("PRECOMMAND", made.command.pre_command),
            ("COMMAND", made.command),
            ("RESPONSE", made.response),
        ):
            write(folder / f"{name}_{kind}_GBCS.HEX", message)
        use_case, service, variant = name.split("_", 2)
        event = "8F67" if variant.endswith("ERROR") else "8F66"
        for number, alert in enumerate(made.alerts, 1):
            which = f"{event}_{number}" if len(made.alerts) > 1 else event
            write(folder / f"{use_case}_{service}_{which}_{variant}_ALERT_GBCS.HEX", alert)
