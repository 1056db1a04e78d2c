"""What the DSP checks of a Service Request, in this order."""

from gbcs_hil.dcc import pre_commands, response_codes
from gbcs_hil.dcc.check import Case, Check, Refused
from gbcs_hil.dcc.eligibility import eligible_user
from gbcs_hil.dcc.network_operator_check import registered_operators_certificate
from gbcs_hil.dcc.participants import UserStatus
from gbcs_hil.dcc.services import FutureDating
from gbcs_hil.dcc.solr import checks as contingency
from gbcs_hil.errors import AuthenticationError, CredentialError
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.payment_mode import issued_at
from gbcs_hil.gbcs.security import verify_signature


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


def execution_time(case: Case) -> None:
    """The request can be dated, and its date is still to come."""
    if case.request.execution is None:
        return
    if case.request.service.future_dating is FutureDating.NONE:
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
    Check("user-known", user_known),
    Check("user-active", user_active),
    Check("role-eligible", role_eligible, ("M134-2", "M134-4")),
    Check("device-known", device_known),
    Check("device-status", device_status),
    Check("device-type", device_type),
    Check("execution-time", execution_time),
    Check(
        "eligible-user",
        eligible_user,
        (
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
    Check("as-transformed", as_transformed),
    Check("user-signature", user_signature),
    Check("signature-counts", contingency.signature_counts, ("M134-1", "M134-8")),
    Check("within-thresholds", contingency.within_thresholds, ("M134-5",)),
)
"""The DSP's validation. Those of the Signed Pre-Command pass while there is none yet."""
