"""The DSP's checks of what the User Role SoLR Contingency sends (MP134B).

They pass whatever anybody else sends.
"""

from dataclasses import replace

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.check import Case, Refused, Step
from gbcs_hil.dcc.participants import UserRole
from gbcs_hil.dcc.policy import Signer
from gbcs_hil.dcc.requests import ServiceRequest
from gbcs_hil.dcc.solr.anomaly_counts import AnomalyCounts, Verdict
from gbcs_hil.dcc.solr.contingency import SupplierFailure
from gbcs_hil.dcc.solr.credit_only import request_sets_credit, why_not_credit


def acts_for_failed_supplier(case: Case) -> bool:
    """Return whether the sender has the role, and there is such a role."""
    return case.policy.mp134b and UserRole.SOLR_CONTINGENCY in case.sender.roles


def may_send(case: Case) -> bool:
    """Return whether the sender has the role, and the Service Request is on its list (M134-4)."""
    return acts_for_failed_supplier(case) and (case.request.variant in case.policy.mp134b_services)


def failure(case: Case) -> SupplierFailure:
    """Return the failure of the Supplier that the device is registered to.

    Raises:
        Refused: E4 by default, it has not failed, or nobody is registered.
    """
    registered = case.registration
    supplier = registered.supplier if registered else ""
    failed = case.estate.contingency.failure_of(supplier)
    if failed is None or failed.since > case.now:
        raise Refused(
            response_codes.BY_CODE[case.policy.mp134b_not_failed_code],
            f"{case.device.meter_point} is registered to {supplier or 'nobody'}, "
            "which has not failed",
        )
    return failed


def instructed(case: Case) -> None:
    """E4, E3: the device's Supplier has failed, and the Authority has instructed (M134-7)."""
    if not acts_for_failed_supplier(case):
        return
    supplier = failure(case).supplier
    if not case.estate.contingency.instructed(case.sender.mpid, supplier, case.now):
        raise Refused(
            response_codes.BY_CODE[case.policy.mp134b_uninstructed_code],
            f"no instruction of the Authority about {supplier}",
        )


def credit_only(case: Case) -> None:
    """Credit mode is all that the role sets (M134-6).

    A 1.6 to SMETS1 is judged as the Service Request, one to SMETS2+ as the octets of the
    Signed Pre-Command, once it is there.
    """
    if not acts_for_failed_supplier(case) or case.request.variant != "1.6":
        return
    if case.device.smets1:
        if not request_sets_credit(case.request):
            raise Refused(response_codes.CREDIT_ONLY, "the Service Request sets prepayment mode")
    elif case.signed is not None:
        reason = why_not_credit(case.signed, case.device.device_type)
        if reason is not None:
            raise Refused(response_codes.CREDIT_ONLY, reason)


def within_thresholds(case: Case) -> None:
    """AD1: no more requests than the Anomaly Detection Threshold for the Supplier (M134-5)."""
    counts = acts_for_failed_supplier(case) and case.policy.mp134b_thresholds
    if not counts or case.step is not Step.SEND:
        return
    request, supplier = case.request, failure(case).supplier
    threshold = case.estate.contingency.anomalies.threshold(
        request.id.originator, request.variant, supplier
    )
    if threshold is None:
        raise Refused(response_codes.NO_THRESHOLD, f"SRV {request.variant} to {supplier}")
    judged = AnomalyCounts(case.ledger.database).judge(threshold, str(request.id), case.now)
    if judged.verdict is Verdict.QUARANTINE:
        raise Refused(response_codes.QUARANTINED, f"{judged.verdict} {judged.reference}")


def as_originated(case: Case) -> ServiceRequest:
    """Return the request as its GBCS command names the Business Originator.

    A device trusts the failed Supplier and not the role: so the command is the Supplier's,
    unless the policy says otherwise.

    Raises:
        Refused: E4, the device's Supplier has not failed.
    """
    signer = case.policy.mp134b_signer
    if not acts_for_failed_supplier(case) or signer is Signer.CONTINGENCY_ROLE:
        return case.request
    supplier = case.estate.by_mpid(failure(case).supplier)
    if supplier is None or supplier.eui is None:
        return case.request
    return replace(case.request, id=replace(case.request.id, originator=supplier.eui))


def signature_counts(case: Case) -> None:
    """The failed Supplier's certificates are not revoked, or count nevertheless (M134-8)."""
    if not acts_for_failed_supplier(case) or case.signed is None:
        return
    if failure(case).revoked and not case.policy.mp134b_revoked_signature:
        raise Refused(
            response_codes.USER_SIGNATURE, "the failed Supplier's certificates are revoked"
        )
