"""A command of every use case and mode, as each device type gets it: what is mutated from here.

They are for the device `head_end.EUI`, whose clock stands at `NOW`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gbcs_hil.gbcs.message import Message, pre_command
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.security_credentials import CANCEL, ReadCredentials
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, digital_signing
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    RECOVERY,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
    Party,
)
from head_end import (
    ACB_BY_ACB,
    AUTHORITY,
    BY_RECOVERY,
    COS_BY_COS,
    EUI,
    HEAD_END,
    NETWORK_BY_NETWORK,
    NOW,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    signing,
)

LATER = NOW + timedelta(hours=1)
UNDATED = (
    MessageCode.CS02A,
    MessageCode.CS02C,
    MessageCode.CS02D,
    MessageCode.CS02E,
)
"""Message codes whose responses carry no date and time."""

_NETWORK = Role.NETWORK_OPERATOR


@dataclass(frozen=True)
class Valid:
    """One command.

    Attributes:
        make: makes it for an Originator Counter, without protection.
        signer: who signs it, or None.
        mac: whether the broker adds a MAC.
    """

    make: Callable[[int], Message]
    signer: Party | None
    mac: bool = True

    def protect(self, message: Message) -> bytes:
        """Return any message protected as this one is."""
        signer = None if self.signer is None else signing(self.signer)
        return HEAD_END.protect(message, signer, mac=self.mac)


def _update(mode: Any, replacements: Any, signer: Party | None, **fields: Any) -> Valid:
    def make(counter: int) -> Message:
        return HEAD_END.pre_command(mode, counter, replacements, **fields)

    return Valid(make, signer, mode is not BY_RECOVERY)


def _read(party: Party, payload: ReadCredentials, signer: Party | None = None) -> Valid:
    def make(counter: int) -> Message:
        return pre_command(MessageCode.CS02A, party.eui, EUI, counter, payload.encode())

    return Valid(make, signer, signer is None)


def _own(code: int, payload: bytes) -> Valid:
    return Valid(
        lambda counter: pre_command(code, SUPPLIER_A.eui, EUI, counter, payload), SUPPLIER_A
    )


def _esme(*arguments: Any) -> Valid:
    return Valid(
        lambda counter: esme_payment_mode(SUPPLIER_A.eui, EUI, counter, *arguments), SUPPLIER_A
    )


def _gsme(prepayment: Prepayment | None, *execution: Any) -> Valid:
    return Valid(
        lambda counter: gsme_payment_mode(
            SUPPLIER_A.eui, EUI, counter, prepayment, NOW, *execution
        ),
        SUPPLIER_A,
    )


_HANDOVER = certificates(_NETWORK, GAS_NETWORK_B)
_SIGNING_USAGE = bytes.fromhex("3004 0302 0780")
_AGREEMENT_USAGE = bytes.fromhex("3004 0302 0308")
_OTHER_SUPPLIER = certificates(Role.SUPPLIER, SUPPLIER_B)

CREDENTIALS: dict[str, Valid] = {
    "a handover": _update(NETWORK_BY_NETWORK, _HANDOVER, GAS_NETWORK_A),
    "a handover for later": _update(
        NETWORK_BY_NETWORK, _HANDOVER, GAS_NETWORK_A, execution=LATER, floor=2
    ),
    "a handover cancelled": _update(NETWORK_BY_NETWORK, (), GAS_NETWORK_A, execution=CANCEL),
    "a supplier's": _update(
        SUPPLIER_BY_SUPPLIER,
        certificates(Role.SUPPLIER, SUPPLIER_A)[:1],
        SUPPLIER_A,
        floor=7,
        prepayment_floor=9,
        apply_time_checks=False,
    ),
    "the transitional CoS's read": _read(
        TRANSITIONAL_COS,
        ReadCredentials(digital_signing(Role.TRANSITIONAL_COS), (_NETWORK,)),
        TRANSITIONAL_COS,
    ),
    "the broker's read": _read(ACB, ReadCredentials(ACB_KEY_AGREEMENT, tuple(Role)[:6])),
    "the broker's own": _update(
        ACB_BY_ACB, [(agreement(ACB).certificate, ACB_KEY_AGREEMENT)], None, floor=1
    ),
    "the transitional CoS's own": _update(
        COS_BY_COS,
        certificates(Role.TRANSITIONAL_COS, TRANSITIONAL_COS),
        TRANSITIONAL_COS,
        execution=LATER,
    ),
    "a change of supplier": _update(
        SUPPLIER_BY_COS,
        _OTHER_SUPPLIER,
        TRANSITIONAL_COS,
        other_floors=[SequenceNumberChange(Role.SUPPLIER, 3, 4)],
    ),
    "a recovery": _update(
        BY_RECOVERY,
        _HANDOVER,
        RECOVERY,
        floor=1,
        other_floors=[SequenceNumberChange(_NETWORK, 3)],
    ),
    "a request for a key pair": _own(MessageCode.CS02C, _SIGNING_USAGE),
    "a device certificate": _own(MessageCode.CS02D, AUTHORITY.device(EUI)[0].certificate),
    "a question for a certificate": _own(MessageCode.CS02E, _AGREEMENT_USAGE),
}

_PREPAYMENT = Prepayment(-500, suspend_debt_emergency=True)
_ESME_PAYMENT = {
    "credit": _esme(None),
    "prepayment": _esme(_PREPAYMENT),
    "prepayment for later": _esme(_PREPAYMENT, LATER),
    "prepayment cancelled": _esme(_PREPAYMENT, CANCEL),
}
_GSME_PAYMENT = {
    "credit": _gsme(None),
    "prepayment": _gsme(_PREPAYMENT),
    "prepayment for later": _gsme(_PREPAYMENT, LATER),
    "prepayment cancelled": _gsme(_PREPAYMENT, CANCEL),
}

BY_TYPE: dict[str, dict[str, Valid]] = {
    "esme": CREDENTIALS | _ESME_PAYMENT,
    "gpf": CREDENTIALS,
    "gsme": CREDENTIALS | _GSME_PAYMENT,
}
"""By device type. A GSME has no network operator, so that it refuses a handover."""
