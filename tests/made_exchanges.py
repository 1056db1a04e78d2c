"""Made exchanges: commands of every use case with what a device answers.

The answers are built by the host's codec from what GBCS says, never by the device.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gbcs_hil.gbcs import gbz_names
from gbcs_hil.gbcs.credential_responses import (
    CellContent,
    ReadResponse,
    RoleCredentials,
    UpdateAlert,
)
from gbcs_hil.gbcs.dlms_names import ACCOUNT_ACTIVATION_TIME, TARGETS, THRESHOLD_ACTIVATION_TIME
from gbcs_hil.gbcs.dlms_time import encode_time
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome, ReplacementOutcome
from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import AlertCode, Cra, CredentialsReplacementMode, KeyUsage, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.payment_mode_responses import CreditTerms, EsmePaymentResponse
from gbcs_hil.gbcs.security import authenticate, sign
from gbcs_hil.gbcs.security_credentials import read_credentials, update_credentials
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    CELLS_OF_ROLE,
    TrustAnchorCell,
    digital_signing,
)
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    RECOVERY,
    SUPPLIER_A,
    TRANSITIONAL_COS,
    Party,
)
from made_vectors import (
    AUTHORITY,
    CLOCK,
    DUE,
    ESME,
    GSME,
    PKI,
    answer,
    credential,
    secret_of,
    signed,
    update_response,
    write,
)

STRANGER = Authority.create(b"an issuer that no device can prove")
HOLDERS = {
    Role.RECOVERY: RECOVERY,
    Role.SUPPLIER: SUPPLIER_A,
    Role.NETWORK_OPERATOR: GAS_NETWORK_A,
    Role.ACCESS_CONTROL_BROKER: ACB,
    Role.TRANSITIONAL_COS: TRANSITIONAL_COS,
}
TERMS = CreditTerms(1, 2, 1_000_000, 200_000)
ALERT_COUNTER = 2000
_MODE = CredentialsReplacementMode
_PREPAYMENT = Prepayment(-500)
_PAYMENT_COUNTER = 1010


@dataclass(frozen=True)
class Made:
    """A command, its response and its alerts."""

    command: Message
    response: Message
    alerts: tuple[Message, ...] = ()

    def write(self, folder: Path, name: str) -> str:
        """Write the vectors and return the name of the command's file."""
        write(folder / f"{name}_COMMAND.HEX", self.command)
        write(folder / f"{name}_RESPONSE.HEX", self.response)
        for number, alert in enumerate(self.alerts):
            write(folder / f"{name}_ALERT_{number}.HEX", alert)
        return f"{name}_COMMAND.HEX"


@dataclass(frozen=True)
class Swap:
    """A cell, what stands in it, what the command brings, and what comes of it."""

    cell: TrustAnchorCell
    existing: Credential
    brought: Credential
    status: StatusCode = StatusCode.SUCCESS

    @property
    def outcome(self) -> ReplacementOutcome:
        now = self.brought if self.status is StatusCode.SUCCESS else self.existing
        return ReplacementOutcome(
            self.cell,
            self.status,
            self.existing.eui,
            self.existing.ski,
            now.eui,
            now.ski,
        )


def swaps(role: Role, by: Party, to: Party) -> list[Swap]:
    """Return the replacement of all cells of a role that a device may have."""
    cells = [c for c in CELLS_OF_ROLE[role] if c.role is not ACB.role or c == ACB_KEY_AGREEMENT]
    return [Swap(cell, credential(by, cell), credential(to, cell)) for cell in cells]


def renewed(party: Party, generation: int = 2) -> list[Swap]:
    """Return the replacement of a party's certificates by newer ones of its own."""
    cells = CELLS_OF_ROLE[party.role]
    new = AUTHORITY.organisation(party.role, party.eui, cells=cells, generation=generation)
    return [Swap(cell, credential(party, cell), n) for cell, n in zip(cells, new, strict=True)]


def unproved(swap: Swap) -> Swap:
    """Return a replacement whose certificate comes from an issuer that nobody knows."""
    role, eui = swap.brought.role, swap.brought.eui
    assert role is not None
    (odd,) = STRANGER.organisation(role, eui, cells=[swap.cell])
    return replace(swap, brought=odd, status=StatusCode.NO_TRUST_ANCHOR)


def credentials_update(
    mode: CredentialsReplacementMode,
    by: Party,
    changed: Sequence[Swap],
    *,
    counter: int,
    device: bytes = ESME,
    floor: int | None = None,
    prepayment_floor: int | None = None,
    others: Sequence[SequenceNumberChange] = (),
    execution: datetime | None = None,
    own_counter: int = ALERT_COUNTER,
    protection: str = "signature and MAC",
) -> Made:
    """Return a CS02b and what comes of it, at once or when its date has come."""
    plain = update_credentials(
        mode,
        by.eui,
        device,
        counter,
        [(item.brought.certificate, item.cell) for item in changed],
        AUTHORITY.path,
        floor=floor,
        prepayment_floor=prepayment_floor,
        other_floors=others,
        execution=execution,
    )
    command = protected(plain, by, protection)
    first = [SequenceNumberChange(by.role, floor, prepayment_floor)] if floor is not None else []
    result = ExecutionOutcome(
        counter, mode, (*first, *others), tuple(item.outcome for item in changed)
    )
    if execution is None:
        return Made(command, update_response(command, result))
    response = update_response(command, None)
    if execution != DUE:
        return Made(command, response)
    code = AlertCode.FUTURE_DATED_SUCCESS if result.succeeded else AlertCode.FUTURE_DATED_FAILURE
    payload = UpdateAlert(code, DUE, result).encode()
    raised = alert(command, MessageCode.CS02B_ALERT, payload, own_counter)
    return Made(command, response, (raised,))


def protected(plain: Message, by: Party, protection: str = "signature and MAC") -> Message:
    """Return a command as its device receives it."""
    if "signature" in protection:
        plain = sign(plain, PKI.credential(by.eui, KeyUsage.DIGITAL_SIGNATURE).private_key)
    if "MAC" in protection:
        plain = authenticate(plain, secret_of(plain.header.recipient))
    return plain


def alert(command: Message, code: int, payload: bytes, own_counter: int) -> Message:
    """Return a signed alert to the originator of a command."""
    header = replace(
        command.header,
        cra=Cra.ALERT,
        counter=own_counter,
        originator=command.header.recipient,
        recipient=command.header.originator,
        message_code=code,
    )
    return signed(Message(header, payload))


def recovery(existing: Party = SUPPLIER_A) -> Made:
    """Return the recovery party's command that puts every cell but the root's in order."""
    holders = {**HOLDERS, Role.SUPPLIER: existing}
    changed = [
        Swap(swap.cell, credential(holders[role], swap.cell), _nameless(swap.brought))
        for role, party in HOLDERS.items()
        for swap in swaps(role, party, party)
    ]
    others = [
        SequenceNumberChange(role, 0, 0 if role is Role.SUPPLIER else None)
        for role in (
            Role.SUPPLIER,
            Role.NETWORK_OPERATOR,
            Role.ACCESS_CONTROL_BROKER,
            Role.TRANSITIONAL_COS,
        )
    ]
    return credentials_update(
        _MODE.ANY_EXCEPT_ABNORMAL_ROOT_BY_RECOVERY,
        RECOVERY,
        changed,
        counter=7000,
        floor=0,
        others=others,
        protection="signature",
    )


def _nameless(held: Credential) -> Credential:
    """Return a certificate of the same key without common name: eight named ones are too long."""
    assert held.role is not None
    (short,) = AUTHORITY.organisation(held.role, held.eui, cells=[held.cell])
    assert short.ski == held.ski
    return short


def read(
    device: bytes, roles: dict[Role, int | None], by: Party = ACB, counter: int = 1302
) -> Made:
    """Return a CS02a and its response.

    Args:
        device: the Device's EUI-64.
        roles: what the response shows as counter; None for a role that the device lacks.
        by: the ACB, who authenticates by MAC, or the transitional CoS, who signs.
        counter: Originator Counter.
    """
    signing = by is not ACB
    cell = digital_signing(by.role) if signing else ACB_KEY_AGREEMENT
    plain = read_credentials(by.eui, device, counter, list(roles), cell)
    command = protected(plain, by, "signature" if signing else "MAC")
    told = [_role(role, shown) for role, shown in roles.items()]
    response = answer(command, ReadResponse(tuple(told)).encode())
    return Made(
        command, signed(response) if signing else authenticate(response, secret_of(device))
    )


def _role(role: Role, counter: int | None) -> RoleCredentials:
    if counter is None:
        return RoleCredentials(role, StatusCode.TRUST_ANCHOR_NOT_FOUND, None, ())
    contents = tuple(
        CellContent(swap.cell, swap.existing.eui, swap.existing.ski)
        for swap in swaps(role, HOLDERS[role], HOLDERS[role])
    )
    return RoleCredentials(role, StatusCode.SUCCESS, counter, contents)


def esme_payment(
    prepayment: bool,
    execution: datetime | None = None,
    *,
    results: Iterable[int] = (),
    own_counter: int = ALERT_COUNTER,
    stamp: datetime = DUE,
    alert_code: int = AlertCode.FUTURE_DATED_SUCCESS,
) -> Made:
    """Return an ECS02 or ECS03, its response and, if it waits for `DUE`, its alerts."""
    plain = esme_payment_mode(
        SUPPLIER_A.eui,
        ESME,
        _PAYMENT_COUNTER,
        _PREPAYMENT if prepayment else None,
        execution,
    )
    command = protected(plain, SUPPLIER_A)
    code = command.header.message_code
    told = tuple(results) or (0,) * len(TARGETS[code])
    payload = EsmePaymentResponse(_PAYMENT_COUNTER & 0xFFFFFF, told).encode()
    response = signed(answer(command, payload, encode_time(CLOCK)))
    if execution != DUE:
        return Made(command, response)
    activated = [THRESHOLD_ACTIVATION_TIME] if prepayment else []
    alerts = []
    for number, attribute in enumerate((*activated, ACCOUNT_ACTIVATION_TIME), own_counter):
        notice = FutureDatedAlert(
            alert_code,
            encode_time(stamp),
            code,
            _PAYMENT_COUNTER,
            attribute.encode(),
            number & 0xFFFFFF,
        )
        alerts.append(alert(command, MessageCode.DLMS_ALERT, notice.encode(), number))
    return Made(command, response, tuple(alerts))


def gsme_payment(
    prepayment: bool,
    execution: datetime | None = None,
    *,
    payload: bytes = TERMS.encode(),
    stamp: datetime = DUE,
    alert_code: int = AlertCode.FUTURE_DATED_SUCCESS,
) -> Made:
    """Return a GCS02 or GCS03, its response and, if it waits for `DUE`, its alert."""
    plain = gsme_payment_mode(
        SUPPLIER_A.eui,
        GSME,
        _PAYMENT_COUNTER,
        _PREPAYMENT if prepayment else None,
        CLOCK,
        execution,
    )
    command = protected(plain, SUPPLIER_A)
    response = signed(answer(command, payload, encode_time(CLOCK)))
    if execution != DUE:
        return Made(command, response)
    notice = FutureDatedAlert(
        alert_code,
        gbz_names.seconds(stamp).to_bytes(4, "big"),
        command.header.message_code,
        _PAYMENT_COUNTER,
        bytes.fromhex("07050106"),
    )
    raised = alert(command, MessageCode.GBZ_ALERT, notice.encode(), 3000)
    return Made(command, response, (raised,))


def own_credentials(plain: Message, payload: bytes) -> Made:
    """Return a CS02c, CS02d or CS02e and its response."""
    command = protected(plain, SUPPLIER_A)
    return Made(command, signed(answer(command, payload)))


def certification_request(common_name: str = "") -> bytes:
    """Return a request for a key that nobody else has, with an empty subject."""
    name = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(name))
    key = ec.derive_private_key(0x5EED, ec.SECP256R1())
    # The same octets in each run: a signature by chance has one of several lengths.
    request = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    return request.public_bytes(Encoding.DER)


def issued(usage: KeyUsage, number: int = 2, eui: bytes = ESME) -> Credential:
    """Return a device credential of a later generation than the keystore's."""
    both = AUTHORITY.device(eui, generation=number)
    return next(item for item in both if item.key_usage is usage)
