"""What an S1SP checks of a Service Request that the DSP has let pass, in this order.

Registration and certificate together shut everybody out once a certificate is wrong: the right
operator lacks the certificate, the wrong one the registration (S107-3). The right operator can
bring that about itself, by another's certificate (S107-6).
"""

from dataclasses import dataclass, field, fields
from typing import Self

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.check import Case, Check, Refused
from gbcs_hil.dcc.eligibility import eligible_user, supplier_exempt_as_operator
from gbcs_hil.dcc.policy import Fault
from gbcs_hil.dcc.requests import (
    CredentialsRequest,
    RequestHandoverOfDCCControlledDevice,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.smets1.anchor_slots import AnchorSlots, cells_for
from gbcs_hil.dcc.solr.checks import acts_for_failed_supplier
from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell

H8_LEFT_OUT = "S1SP2"
"""The S1SP that the fault H8 leaves without the modification."""


@dataclass(frozen=True)
class S1spCase(Case):
    """A request at an S1SP.

    Attributes:
        s1sp: which one.
        slots: its virtual anchor slots.
    """

    s1sp: str
    slots: AnchorSlots = field(repr=False)

    @classmethod
    def at(cls, s1sp: str, slots: AnchorSlots, case: Case) -> Self:
        """Take over a case of the DSP's."""
        passed_on = {item.name: getattr(case, item.name) for item in fields(Case)}
        return cls(**passed_on, s1sp=s1sp, slots=slots)

    @property
    def secmp0107(self) -> bool:
        """Whether this S1SP carries SECMP0107 (S107-19, S107-21)."""
        left_out = self.policy.has(Fault.H8) and self.s1sp == H8_LEFT_OUT
        return self.s1sp in self.policy.secmp0107_s1sps and not left_out

    @property
    def slots_role(self) -> RemotePartyRole:
        """Whose slots authorise the request: those of the role that it changes.

        A Supplier that the fault H9 exempts is let change the operator's by its own certificate.
        """
        by_own = supplier_exempt_as_operator(self)
        if isinstance(self.request, UpdateSecurityCredentialsKRP) and not by_own:
            return self.request.role
        return RemotePartyRole.SUPPLIER


def device_enrolled(case: S1spCase) -> None:
    """The device is this S1SP's."""
    if case.device.s1sp != case.s1sp or not case.slots.serves(case.device.eui, case.s1sp):
        raise Refused(response_codes.S1_ENROLMENT)


def undated(case: S1spCase) -> None:
    """The request is to be executed at once: the bench's S1SPs keep none for later."""
    if case.request.execution is not None:
        raise Refused(response_codes.EXECUTION_TIME, f"{case.s1sp} keeps no requests for later")


def registered_user(case: S1spCase) -> None:
    """S1VE4: validation #2, the same as the DSP's (SRPD 16.1)."""
    eligible_user(case, response_codes.S1_NOT_ELIGIBLE)


def certificate_owner(case: S1spCase) -> None:
    """S1VE64 by default: validation #3, the Business Originator's certificate is held (S1SR 4.2).

    Asked for critical requests. For what the SoLR contingency role does instead of a failed
    Supplier the Supplier's certificate counts.
    """
    if not case.request.critical or acts_for_failed_supplier(case):
        return
    holder = case.slots.owner(case.device.eui, case.slots_role)
    if holder != case.request.id.originator:
        named = case.estate.by_eui(holder) if holder else None
        raise Refused(
            response_codes.s1sp_holder(case.policy.s1sp_holder_code),
            f"the {case.slots_role.gbcs_name} slot is "
            + (f"held by {named.name}" if named else "not held by the sender"),
        )


def handover_of_free_slots(case: S1spCase) -> None:
    """A 6.21 finds slots that are empty or hold ACB certificates."""
    request = case.request
    if not isinstance(request, RequestHandoverOfDCCControlledDevice):
        return
    for held in case.slots.held(case.device.eui, request.role).values():
        role = read_certificate(held.certificate).role
        free = role is RemotePartyRole.ACCESS_CONTROL_BROKER
        if case.policy.handover_needs_free_slots and not free:
            raise Refused(response_codes.S1_SLOTS)


def fitting_certificates(case: S1spCase) -> None:
    """What is brought can be read, and there is one certificate for a slot."""
    if isinstance(case.request, CredentialsRequest):
        _ = cells_of(case.request)


def cells_of(request: CredentialsRequest) -> dict[TrustAnchorCell, bytes]:
    """Return the certificates of a request by the slots that they are for.

    Raises:
        Refused: there are none, or they do not fit.
    """
    if not request.certificates.brought:
        raise Refused(response_codes.S1_CERTIFICATES, "there are none")
    try:
        return cells_for(request.role, request.certificates)
    except CredentialError as error:
        raise Refused(response_codes.S1_CERTIFICATES, str(error)) from None


CHECKS = (
    Check("device-enrolled", device_enrolled, ("S107-2", "S107-9")),
    Check("undated", undated, ("DUIS-10",)),
    Check(
        "registered-user",
        registered_user,
        ("S107-5", "S107-12", "S107-15", "S107-19", "S107-21", "S107-24"),
    ),
    Check("certificate-owner", certificate_owner, ("S107-1", "S107-13", "S107-22", "S107-23")),
    Check("handover-of-free-slots", handover_of_free_slots, ("S107-10",)),
    Check("fitting-certificates", fitting_certificates, ("S107-2",)),
)
"""An S1SP's validation."""
