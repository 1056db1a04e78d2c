"""What the DSP checks of a Service Request, in this order."""

from gbcs_hil.dcc import pre_commands, response_codes
from gbcs_hil.dcc.check import Case, Check, Refused, Step
from gbcs_hil.dcc.eligibility import eligible_user
from gbcs_hil.dcc.network_operator_check import registered_operators_certificate
from gbcs_hil.dcc.participants import UserStatus
from gbcs_hil.dcc.requests import CredentialsRequest, UpdateSecurityCredentialsCoS
from gbcs_hil.dcc.services import FutureDating
from gbcs_hil.dcc.solr import checks as contingency
from gbcs_hil.errors import AuthenticationError, CredentialError
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.payment_mode import issued_at
from gbcs_hil.gbcs.security import verify_signature
from gbcs_hil.gbcs.sequence_numbers import LARGEST_SEQUENCE_NUMBER


def user_known(case: Case) -> None:
    """E1: somebody has this EUI-64."""
    _ = case.sender


def user_active(case: Case) -> None:
    """E3: the user is neither suspended nor has it ceased to be one (MP128A-2)."""
    if case.sender.status is not UserStatus.ACTIVE:
        raise Refused(response_codes.USER_STATUS, f"{case.sender.name} is {case.sender.status}")


def role_eligible(case: Case) -> None:
    """E2: one of the user's roles may send this Service Request."""
    if not case.sender.roles & case.request.service.roles and not contingency.may_send(case):
        roles = ", ".join(sorted(case.sender.roles))
        raise Refused(response_codes.ROLE_NOT_ALLOWED, f"SRV {case.request.variant} from {roles}")


def device_known(case: Case) -> None:
    """E19: the inventory has the device."""
    _ = case.device


def device_status(case: Case) -> None:
    """E5: the device's state in the inventory is none that gets no requests."""
    if case.device.status in case.policy.refused_statuses:
        raise Refused(response_codes.DEVICE_STATUS, f"the device is {case.device.status}")


def device_type(case: Case) -> None:
    """E11: the Service Request can target a device of this type."""
    if case.device.device_type not in case.request.service.devices:
        raise Refused(
            response_codes.DEVICE_TYPE,
            f"SRV {case.request.variant} to a {case.device.device_type.upper()}",
        )


def command_variant(case: Case) -> None:
    """E12: what is transformed is critical, and what is sent is signed where it is critical.

    SMETS1 has no pre-commands: an S1SP gets the request itself.
    """
    signs = case.request.critical and not case.device.smets1
    if case.step is Step.TRANSFORM and not signs:
        raise Refused(response_codes.COMMAND_VARIANT, "it has no pre-command to transform it into")
    if case.step is Step.SEND and signs != (case.signed is not None):
        needed = "a critical request needs its" if signs else "it has no"
        raise Refused(response_codes.COMMAND_VARIANT, f"{needed} Signed Pre-Command")


def request_id(case: Case) -> None:
    """The RequestID names no other Service Request."""
    if case.step is Step.DUE or not case.policy.unique_request_ids:
        return
    reason = case.ledger.requests.why_not(case.request)
    if reason is not None:
        raise Refused(response_codes.USED_REQUEST_ID, reason)


def role_replaceable(case: Case) -> None:
    """The certificates that a 6.15.1 or 6.21 brings are for cells that it can replace."""
    request = case.request
    if isinstance(request, CredentialsRequest) and request.role not in pre_commands.MODES:
        raise Refused(response_codes.ROLE_NOT_REPLACEABLE, f"the role {request.role.gbcs_name}")


def sequence_numbers(case: Case) -> None:
    """What a CS02b carries as sequence numbers is in their range, 0 to 2^63-1.

    DUIS's schema has that range for floors alone: a RequestID may have a counter that a 6.15.1
    cannot be made of.
    """
    request = case.request
    if not isinstance(request, (CredentialsRequest, UpdateSecurityCredentialsCoS)):
        return
    named = {"floor": request.floor, "prepayment floor": request.prepayment_floor}
    if request.critical and not case.device.smets1:
        named["counter"] = request.id.counter
    for name, number in named.items():
        if number is not None and not 0 <= number <= LARGEST_SEQUENCE_NUMBER:
            raise Refused(response_codes.SEQUENCE_NUMBER, f"the {name} is {number:,}")


def execution_time(case: Case) -> None:
    """The request can be dated, and its date is still to come."""
    if case.request.execution is None:
        return
    if case.future_dating is FutureDating.NONE:
        raise Refused(response_codes.EXECUTION_TIME, "it cannot be future-dated")
    if case.request.execution <= case.now:
        raise Refused(response_codes.EXECUTION_TIME, f"{case.request.execution} is past")


def as_transformed(case: Case) -> None:
    """What the user signed is the pre-command of this request, octet for octet.

    But for a GSME's issuer event id, which is the time of the transformation.
    """
    if case.signed is not None:
        issued = issued_at(case.signed) or case.now
        pre_command = pre_commands.critical(contingency.as_originated(case), case.device, issued)
        if case.signed.grouping_octets != pre_command.grouping_octets:
            raise Refused(response_codes.NOT_AS_TRANSFORMED)


def user_signature(case: Case) -> None:
    """The Signed Pre-Command is signed with the user's key."""
    if case.signed is None:
        return
    try:
        signer = contingency.as_originated(case).id.originator
        user = case.pki.credential(signer, KeyUsage.DIGITAL_SIGNATURE)
        verify_signature(case.signed, user.public_key)
    except (AuthenticationError, CredentialError) as error:
        raise Refused(response_codes.USER_SIGNATURE, str(error)) from None


CHECKS = (
    Check("user-known", user_known, ("DUIS-1",)),
    Check("user-active", user_active, ("DUIS-3", "MP128A-2")),
    Check("role-eligible", role_eligible, ("DUIS-2", "M134-2", "M134-4")),
    Check("device-known", device_known, ("DUIS-7",)),
    Check("device-status", device_status, ("DUIS-5",)),
    Check("device-type", device_type, ("DUIS-6",)),
    Check("command-variant", command_variant, ("DUIS-8",)),
    Check("role-replaceable", role_replaceable, ("DUIS-11",)),
    Check("sequence-numbers", sequence_numbers, ("DUIS-15",)),
    Check("execution-time", execution_time, ("DUIS-10",)),
    Check(
        "eligible-user",
        eligible_user,
        (
            "DUIS-4",
            "S107-4",
            "S107-5",
            "S107-7",
            "S107-11",
            "S107-15",
            "S107-16",
            "S107-17",
            "S107-18",
            "S107-24",
            "S107-25",
            "S107-32",
        ),
    ),
    Check(
        "registered-operators-certificate",
        registered_operators_certificate,
        ("S63-1", "S63-2", "S63-3", "S63-5", "S63-6", "S63-8", "S63-9"),
    ),
    Check("authority-instructed", contingency.instructed, ("M134-7",)),
    Check("credit-only", contingency.credit_only, ("M134-6",)),
    Check("as-transformed", as_transformed, ("DUIS-12",)),
    Check("user-signature", user_signature, ("DUIS-13",)),
    Check("signature-counts", contingency.signature_counts, ("M134-1", "M134-8")),
    Check("request-id", request_id, ("DUIS-9",)),
    Check("within-thresholds", contingency.within_thresholds, ("M134-5",)),
)
"""The DSP's validation. Those of the Signed Pre-Command pass while there is none yet."""
