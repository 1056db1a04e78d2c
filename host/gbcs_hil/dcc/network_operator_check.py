"""SECMP0063: is the network operator's certificate that of the registered operator?

The DSP asks before anything is transformed or sent, the earliest point there is (S63-15). Off
unless told otherwise: the modification was never ready, and was withdrawn (S63-18).
"""

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.check import Case, Refused
from gbcs_hil.dcc.policy import Fault
from gbcs_hil.dcc.requests import CredentialsRequest
from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import RemotePartyRole

_CODES = {
    "6.15.1": response_codes.OPERATOR_6_15_1,
    "6.21": response_codes.OPERATOR_6_21,
}
TARGETS = {
    # Check A: an ESME leaves the factory with a Supplier's certificates there (S63-5, S63-7).
    "6.15.1": frozenset({"esme"}),
    # Check B (S63-6).
    "6.21": frozenset({"esme", "gpf"}),
}
"""Which device types are checked, by Service Reference Variant."""


def registered_operators_certificate(case: Case) -> None:
    """Refuse a certificate of another network operator than the registered one (S63-1).

    Only with the switch on; only what replaces network operator certificates; not for a
    network operator as sender, which may repair a device outside its region (S63-3, S63-4).
    """
    request = case.request
    if not case.policy.secmp0063 or not isinstance(request, CredentialsRequest):
        return
    if request.role is not RemotePartyRole.NETWORK_OPERATOR:
        return
    exempt = case.sender.is_network_operator or case.policy.has(Fault.H9)
    if exempt or case.device.device_type not in TARGETS[request.variant]:
        return
    registered = case.registration
    operator = None if registered is None else case.estate.by_mpid(registered.operator)
    for certificate in request.certificates.brought:
        role, named = _subject(certificate)
        if role is RemotePartyRole.ACCESS_CONTROL_BROKER:
            continue  # It names no network operator.
        if operator is None or operator.eui is None or named != operator.eui:
            raise Refused(
                _CODES[request.variant],
                f"{case.device.meter_point} is registered to "
                f"{registered.operator if registered else 'nobody'}",
            )


def _subject(certificate: bytes) -> tuple[RemotePartyRole | None, bytes | None]:
    try:
        read = read_certificate(certificate)
    except CredentialError:
        return None, None
    return read.role, read.eui
