"""Is the sender an Eligible User of the device? Service Request Processing Document 6.1, 6.2."""

from collections.abc import Callable
from dataclasses import dataclass

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.check import Case, Refused
from gbcs_hil.dcc.participants import NETWORK_OPERATORS, SUPPLIERS, UserRole
from gbcs_hil.dcc.policy import Fault, Reading
from gbcs_hil.dcc.requests import UpdateSecurityCredentialsKRP
from gbcs_hil.dcc.response_codes import ResponseCode
from gbcs_hil.dcc.solr.checks import acts_for_failed_supplier
from gbcs_hil.gbcs.names import RemotePartyRole


@dataclass(frozen=True)
class Exemption:
    """One row of SRPD 6.2: when registration data are not asked.

    Attributes:
        clause: such as "6.2(c)".
        applies: whether a case is exempt.
    """

    clause: str
    applies: Callable[[Case], bool]


def from_other_user(case: Case) -> bool:
    """SRPD 6.2(c): the sender acts as Other User."""
    return UserRole.OTHER_USER in case.sender.roles


def operators_update_of_smets1(case: Case) -> bool:
    """SRPD 6.2(d), SECMP0107: a network operator's 6.15.1 to SMETS1 (S107-15 to S107-17)."""
    request = case.request
    if not case.secmp0107 or not case.device.smets1:
        return False
    if not isinstance(request, UpdateSecurityCredentialsKRP):
        return False
    senders = NETWORK_OPERATORS | SUPPLIERS if case.policy.has(Fault.H9) else NETWORK_OPERATORS
    targets_operator = request.role is RemotePartyRole.NETWORK_OPERATOR
    all_of_them = case.policy.secmp0107_reading is Reading.LEGAL_TEXT
    return bool(case.sender.roles & senders) and (targets_operator or all_of_them)


def supplier_exempt_as_operator(case: Case) -> bool:
    """The fault H9: a Supplier is let pass with an exemption that is for network operators."""
    return case.sender.is_supplier and operators_update_of_smets1(case)


EXEMPTIONS = (
    Exemption("6.2(c)", from_other_user),
    Exemption("6.2(d)", operators_update_of_smets1),
    Exemption("MP134B", acts_for_failed_supplier),
)
"""6.2(a) and (b) are about Service Requests that the bench does not have."""


def exemption(case: Case) -> Exemption | None:
    """Return why registration data are not asked, or None."""
    return next((row for row in EXEMPTIONS if row.applies(case)), None)


def eligible_user(case: Case, code: ResponseCode = response_codes.NOT_ELIGIBLE) -> None:
    """E4: registration data make the sender the device's supplier or operator (S107-7).

    At the time of execution, or else of the check; none of the bench's requests is for a range
    of dates. Asked for Non-Critical requests and for critical ones to SMETS1; what a SMETS2+
    device is told critically it judges by the certificates that it holds (S107-4).
    """
    if case.request.critical and not case.device.smets1:
        return
    if exemption(case) is not None:
        return
    registered, sender = case.registration, case.sender
    if registered is None:
        raise Refused(code, f"no registration of {case.device.meter_point}")
    capacities = [(SUPPLIERS, registered.supplier), (NETWORK_OPERATORS, registered.operator)]
    request = case.request
    if isinstance(request, UpdateSecurityCredentialsKRP):
        # A party's own certificates are meant: no Supplier changes the operator's (S107-32).
        capacities = [capacities[request.role is RemotePartyRole.NETWORK_OPERATOR]]
    if not any(sender.roles & roles and sender.mpid == mpid for roles, mpid in capacities):
        raise Refused(
            code,
            f"{case.device.meter_point} is registered to {registered.supplier} "
            f"and {registered.operator}, not to {sender.mpid}",
        )
