"""A SMETS1 Service Provider: takes what the DSP passes on, and keeps the virtual anchor slots."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.audit_trail import AuditTrail, Entry, Kind
from gbcs_hil.dcc.check import Case, rejection, run
from gbcs_hil.dcc.gbcs_delivery import Dispatch
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.requests import CredentialsRequest
from gbcs_hil.dcc.response_codes import ResponseCode
from gbcs_hil.dcc.smets1.anchor_slots import AnchorSlots
from gbcs_hil.dcc.smets1.validation import CHECKS, S1spCase, cells_of
from gbcs_hil.gbcs.names import RemotePartyRole, format_eui

OnPlaced = Callable[[bytes, RemotePartyRole], None]
"""Told which device's slots of which role have changed."""


@dataclass(frozen=True)
class S1spAlert:
    """How an S1SP refuses; the DSP passes it on in a DCC Alert (S107-19).

    DUIS's element without its signature: the bench's DSP and S1SPs are one process.

    Attributes:
        request_id: of the request that it answers.
        device: EUI-64.
        code: S1SPAlertCode.
        additional_information: for a person.
        at: when.
    """

    request_id: str
    device: bytes
    code: ResponseCode
    additional_information: str
    at: datetime

    def __str__(self) -> str:
        device = format_eui(self.device)
        return f"{self.code} for {device}: {self.additional_information}, {self.at:%FT%TZ}"


class S1sp:
    """One S1SP.

    Args:
        name: "S1SP1", "S1SP2" or "S1SP3".
        slots: its database.
        trail: where its checks and alerts are written down.
        on_placed: what the DSP's mirror hears.
    """

    def __init__(
        self,
        name: str,
        slots: AnchorSlots,
        trail: AuditTrail,
        on_placed: OnPlaced = lambda device, role: None,
    ) -> None:
        self.name = name
        self.slots = slots
        self._trail = trail
        self._on_placed = on_placed

    def prepare(self, case: Case) -> Dispatch[Outcome]:
        """Return what passes a request on to the S1SP; see `Delivery.prepare`."""
        return Dispatch(partial(self.carry_out, case), lambda outcome: outcome)

    def carry_out(self, case: Case) -> Outcome:
        """Check a request and do it; a refusal is an S1SP Alert.

        Raises:
            LedgerError: the audit trail cannot be written.
            Smets1DatabaseError: the slots cannot be read or written.
        """
        here = S1spCase.at(self.name, self.slots, case)
        results = list(run(CHECKS, here))
        entries = [
            Entry(Kind.CHECK, f"{self.name} {result.check.name}", result.said)
            for result in results
        ]
        refused = rejection(results)
        if refused is None:
            self._trail.record(case.request, entries)
            return self._do(here)
        seen = refused.detail or refused.code.meaning
        alert = S1spAlert(str(case.request.id), case.device.eui, refused.code, seen, case.now)
        entries.append(Entry(Kind.MESSAGE, "S1SPAlert", str(alert)))
        self._trail.record(case.request, entries)
        return Outcome(refused.code, detail=refused.detail, check=f"{self.name} {refused.check}")

    def _do(self, case: S1spCase) -> Outcome:
        request = case.request
        if isinstance(request, CredentialsRequest):
            self.slots.place(case.device.eui, cells_of(request), request.variant)
            self._on_placed(case.device.eui, request.role)
        return Outcome(response_codes.SUCCESS)
