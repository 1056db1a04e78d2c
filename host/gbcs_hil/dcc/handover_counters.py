"""MP128A: the counters by which cells that hold ACB certificates can be handed over.

A 6.15.1 that places ACB certificates is remembered before it is sent, since the response may
be lost or this process may end; it is confirmed, or taken back, when the device answers. A
6.21 is originated above what is remembered, confirmed or not: to go above a counter that the
device never used does no harm.
"""

from dataclasses import replace
from typing import TypeGuard

from gbcs_hil.dcc.ledger import Ledger, Placement
from gbcs_hil.dcc.policy import CounterRule, Fault, Policy
from gbcs_hil.dcc.requests import (
    CredentialsRequest,
    RequestHandoverOfDCCControlledDevice,
    ServiceRequest,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import RemotePartyRole


class HandoverCounters:
    """What the DSP remembers of 6.15.1s, and how it numbers the ACB's commands.

    Args:
        ledger: where it is remembered.
        policy: whether and how; the faults H1 to H6 are here.
        acb: the Access Control Broker's EUI-64.
    """

    def __init__(self, ledger: Ledger, policy: Policy, acb: bytes) -> None:
        self._ledger = ledger
        self._policy = policy
        self._acb = acb
        self._shared = 0
        if policy.has(Fault.H3):
            ledger.forget_placements()

    def expect(self, request: ServiceRequest) -> Placement | None:
        """Remember a 6.15.1 that is about to be sent, if it places ACB certificates.

        Returns:
            What was remembered before.
        """
        if not self._concerns(request):
            return None
        before = self._ledger.placement(request.id.target, request.role)
        self._record(request, confirmed=self._policy.has(Fault.H2))
        return before

    def answered(
        self, request: ServiceRequest, before: Placement | None, replaced: bool | None
    ) -> None:
        """Take what a device said of a request that was sent.

        The counter of a 6.15.1 that succeeded is recorded (MP128A-13), one that failed is
        forgotten, and so is what a 6.21 has handed over.

        Args:
            request: what was asked.
            before: as `expect` returned it.
            replaced: whether the device replaced the cells; None if it did not say.
        """
        if isinstance(request, RequestHandoverOfDCCControlledDevice) and replaced:
            self.forget(request.id.target, request.role)
        elif self._concerns(request) and replaced is not None:
            if replaced:
                self._record(request, confirmed=True)
            elif not self._policy.has(Fault.H2):
                self.forget(request.id.target, request.role)
                if before is not None:
                    self._ledger.record_placement(request.id.target, request.role, before)

    def settle(self, device: bytes, role: RemotePartyRole, counter: int, done: bool) -> None:
        """Confirm or forget a future-dated 6.15.1, now that the device has said what it did."""
        placement = self._ledger.placement(device, role)
        if placement is None or placement.confirmed or placement.counter != counter:
            return
        if done:
            self._ledger.record_placement(device, role, replace(placement, confirmed=True))
        else:
            self.forget(device, role)

    def forget(self, device: bytes, role: RemotePartyRole) -> None:
        """Forget what placed ACB certificates: the cells hold others now."""
        self._ledger.forget_placement(device, role)

    def for_handover(self, device: bytes, role: RemotePartyRole) -> int:
        """Return the counter of a 6.21, above that of the 6.15.1 (MP128A-14)."""
        placement = self._ledger.placement(device, role) if self._policy.mp128a else None
        if placement is None:
            return self.next(device)
        above = placement.counter
        heeds_floor = self._policy.mp128a_counter is CounterRule.MAX_OC_FLOOR
        if heeds_floor and not self._policy.has(Fault.H5):
            above = max(above, placement.floor or 0)
        if self._policy.has(Fault.H4):
            above -= 1
        if self._policy.has(Fault.H6):
            self._shared = above
        return self.next(device, above)

    def next(self, device: bytes, above: int = 0) -> int:
        """Return the Access Control Broker's next counter towards a device."""
        if self._policy.has(Fault.H6):
            self._shared = max(self._shared, above) + 1
            return self._shared
        return self._ledger.mint(self._acb, device, above)

    def _concerns(self, request: ServiceRequest) -> TypeGuard[UpdateSecurityCredentialsKRP]:
        """Return whether a request is to be remembered: a 6.15.1 that places ACB certificates."""
        remembers = self._policy.mp128a and not self._policy.has(Fault.H1)
        return (
            remembers
            and isinstance(request, UpdateSecurityCredentialsKRP)
            and _brings_acb(request)
        )

    def _record(self, request: CredentialsRequest, confirmed: bool) -> None:
        placement = Placement(request.id.originator, request.id.counter, confirmed, request.floor)
        self._ledger.record_placement(request.id.target, request.role, placement)


def _brings_acb(request: CredentialsRequest) -> bool:
    """Return whether one of the certificates is the Access Control Broker's."""
    try:
        roles = {read_certificate(brought).role for brought in request.certificates.brought}
    except CredentialError:
        return False
    return RemotePartyRole.ACCESS_CONTROL_BROKER in roles
