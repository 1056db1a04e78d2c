"""Which modifications of the Smart Energy Code the DCC's systems carry, one switch each.

A policy is one TOML table (`policy_file.py`). Every field says by itself which modification it
stands for and where that is known from; `policy_switches.py` lists them. What no public text
settles is a field too.
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class CounterRule(StrEnum):
    """What a 6.21 must exceed after a 6.15.1 has placed ACB certificates."""

    OC = "oc"
    MAX_OC_FLOOR = "max-oc-floor"


class Reading(StrEnum):
    """Which 6.15.1 of a network operator to SMETS1 need no registration (SECMP0107)."""

    DESIGN = "design"  # Those that target the network operator's certificates (S107-17).
    LEGAL_TEXT = "legal-text"  # All of them, as the drafted SRPD 6.2(d) says (S107-25).


class Signer(StrEnum):
    """Whose key signs a Pre-Command that the SoLR contingency role has asked for (MP134B)."""

    FAILED_SUPPLIER = "failed-supplier"
    CONTINGENCY_ROLE = "contingency-role"


RefusalCode = Literal["E3", "E4"]
"""The user's status does not allow it, or it is not the device's at that time."""

S1spName = Literal["S1SP1", "S1SP2", "S1SP3"]
"""The SMETS1 Service Providers, as the Full Impact Assessment numbers them."""

ServiceVariant = Literal["1.6", "6.15.1", "6.21", "6.23", "6.24.1"]
"""The Service Requests of the bench."""

XmlName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9._-]*$")]
"""An element's name, without a prefix."""


class Fault(StrEnum):
    """What a DCC's systems can do wrong if told to; `policy_switches` describes each."""

    H1 = "H1"
    H2 = "H2"
    H3 = "H3"
    H4 = "H4"
    H5 = "H5"
    H6 = "H6"
    H7 = "H7"
    H8 = "H8"
    H9 = "H9"
    H10 = "H10"


def _switch(modification: str, description: str, source: str) -> Meta:
    return Meta(title=modification, description=description, extra={"source": source})


_MP128A = "MP128A working group summary, April 2022; in force since 29 June 2023"
_SECMP0107 = "SECMP0107 Full Impact Assessment v0.5, August 2021"
_MP134B = "MP134B working group summary, November 2021"
_INFERRED = "inferred; its summary has no codes"
_COHORTS = "inferred; the Full Impact Assessment does not say who is who"
_RECALLED = "recalled, not verified"
_SECMP0063 = "SECMP0063 working group summary, September 2019; withdrawn by its Proposer"


class Policy(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """What the DCC's systems do; every switch can be off, so that a run shows before and after."""

    mp128a: Annotated[
        bool,
        _switch(
            "MP128A",
            "The DSP records the Originator Counter of a 6.15.1 that placed ACB certificates, "
            "and originates a later 6.21 with a higher one.",
            _MP128A,
        ),
    ] = True
    mp128a_counter: Annotated[
        CounterRule,
        _switch(
            "MP128A",
            "Whether a floor above that counter counts as well; the modification names the "
            "Originator Counter alone.",
            f"{_MP128A}; max-oc-floor is inferred",
        ),
    ] = CounterRule.OC
    mp183: Annotated[
        bool,
        _switch(
            "MP183",
            "The post-commissioning report excuses ACB certificates in the network operator "
            "cells of a GPF.",
            "MP128A working group summary, April 2022",
        ),
    ] = True
    post_commissioning_days: Annotated[
        int,
        Meta(ge=0),
        _switch(
            "none",
            "How many days after commissioning the post-commissioning report begins to fault.",
            _RECALLED,
        ),
    ] = 7
    secmp0063: Annotated[
        bool,
        _switch(
            "SECMP0063",
            "The DSP refuses a Supplier's 6.15.1 or 6.21 whose network operator is not the "
            "registered one.",
            _SECMP0063,
        ),
    ] = False
    secmp0107: Annotated[
        bool,
        _switch(
            "SECMP0107",
            "The DSP's one feature switch: an operator's 6.15.1 to SMETS1 needs no registration.",
            f"{_SECMP0107}; that it went live in November 2022 is recalled",
        ),
    ] = True
    secmp0107_s1sps: Annotated[
        frozenset[S1spName],
        _switch(
            "SECMP0107",
            "The S1SPs that do not ask for it either; not all of them: an un-coordinated release.",
            _SECMP0107,
        ),
    ] = frozenset({"S1SP1", "S1SP2", "S1SP3"})
    secmp0107_reading: Annotated[
        Reading,
        _switch(
            "SECMP0107",
            "Exempt is what targets the operator's certificates, or every 6.15.1 of an operator.",
            f"{_SECMP0107}: 4.5 and 4.3 differ",
        ),
    ] = Reading.DESIGN
    dsp_slot_mirror: Annotated[
        bool,
        _switch(
            "SECMP0107",
            "The DSP keeps a copy of who holds the virtual anchor slots, and sends alerts by it.",
            "SECMP0107 draft Modification Report, January 2020; the Assessment has S1SPs alone",
        ),
    ] = False
    handover_needs_free_slots: Annotated[
        bool,
        _switch(
            "none",
            "An S1SP takes a 6.21 only where a slot is empty or holds an ACB certificate.",
            "inferred from SMETS2+",
        ),
    ] = True
    mp134b: Annotated[
        bool,
        _switch(
            "MP134B",
            "A User Role SoLR Contingency sets a failed Supplier's devices to credit mode.",
            f"{_MP134B}; thought to be withdrawn",
        ),
    ] = False
    mp134b_services: Annotated[
        frozenset[ServiceVariant], _switch("MP134B", "What the role may send.", _MP134B)
    ] = frozenset({"1.6"})
    mp134b_signer: Annotated[
        Signer,
        _switch(
            "MP134B",
            "Who signs for SMETS2+: the role holds no key that a device trusts.",
            f"{_MP134B} leaves it open; failed-supplier is inferred",
        ),
    ] = Signer.FAILED_SUPPLIER
    mp134b_revoked_signature: Annotated[
        bool,
        _switch(
            "MP134B",
            "The failed Supplier's signature counts though its certificates are revoked.",
            f"inferred; {_MP134B} leaves it open",
        ),
    ] = True
    mp134b_thresholds: Annotated[
        bool,
        _switch(
            "MP134B",
            "The role needs an Anomaly Detection Threshold that names the Supplier.",
            f"{_MP134B}; that nothing passes without one is inferred",
        ),
    ] = True
    mp134b_not_failed_code: Annotated[
        RefusalCode,
        _switch("MP134B", "What the role is told of a Supplier that has not failed.", _INFERRED),
    ] = "E4"
    mp134b_uninstructed_code: Annotated[
        RefusalCode,
        _switch("MP134B", "What it is told without the Authority's instruction.", _INFERRED),
    ] = "E3"
    s1sp_holder_code: Annotated[
        str,
        Meta(pattern="^S1VE[0-9]+$"),
        _switch(
            "SECMP0107",
            "What an S1SP says to a sender whose certificate it does not hold, now or ever.",
            f"{_SECMP0107}, of one whose certificate is there no longer; else inferred",
        ),
    ] = "S1VE64"
    ioc_s1sp: Annotated[S1spName, _switch("none", "Which S1SP has the IOC cohort.", _COHORTS)] = (
        "S1SP1"
    )
    moc_s1sp: Annotated[S1spName, _switch("none", "Which S1SP has the MOC cohort.", _COHORTS)] = (
        "S1SP2"
    )
    foc_s1sp: Annotated[S1spName, _switch("none", "Which S1SP has the FOC cohort.", _COHORTS)] = (
        "S1SP3"
    )
    unique_request_ids: Annotated[
        bool,
        _switch(
            "none",
            "A RequestID names one Service Request: a used one is refused.",
            "DUIS has it name a request; what the DCC does with a used one is inferred",
        ),
    ] = True
    future_dating_1_6: Annotated[
        Literal["device", "none"],
        _switch("none", "Who keeps a dated 1.6 until its time.", "inferred"),
    ] = "device"
    future_dating_6_23: Annotated[
        Literal["dsp", "none"],
        _switch("none", "Who keeps a dated 6.23 until its time.", "inferred"),
    ] = "dsp"
    duis_namespace: Annotated[
        str,
        Meta(pattern=r"^[^\s{}]+$"),
        _switch("none", "The XML namespace of DUIS documents.", _RECALLED),
    ] = "http://www.dccinterface.co.uk/ServiceUserGateway"
    duis_6_23_top_up_floor: Annotated[
        XmlName, _switch("none", "The element of a 6.23's second floor.", _RECALLED)
    ] = "SupplierPrepaymentTopUpFloorSeqNumber"
    duis_6_24_1_role: Annotated[
        XmlName, _switch("none", "The element of each role that a 6.24.1 reads.", _RECALLED)
    ] = "RemotePartyRole"
    duis_signed_payload: Annotated[
        XmlName, _switch("none", "The element of a Signed Pre-Command's octets.", "inferred")
    ] = "GBCSPayload"
    refused_statuses: Annotated[
        frozenset[str],
        _switch(
            "none",
            "Devices in these states of the smart metering inventory get no requests.",
            "inferred",
        ),
    ] = frozenset({"decommissioned", "withdrawn"})
    faults: Annotated[
        frozenset[Fault],
        _switch("none", "What the DCC's systems do wrong, for the kill matrix.", "this bench"),
    ] = frozenset()

    def has(self, fault: Fault) -> bool:
        """Return whether the DCC's systems have this fault."""
        return fault in self.faults
