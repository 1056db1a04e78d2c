"""SC-9: SECMP0107 at the DSP and at each S1SP, switched on and off.

No device is on the board: SMETS1 certificates stand at the S1SPs. For each state of the two
switches the Supplier's 6.21 puts the wrong network operator in; then everybody tries a 6.15.1.
Both switches on is the SIT and UIT script (S107-30, S107-33), the DSP's alone the one in a mixed
state (S107-31); what the Supplier and the Other User try is the negative one (S107-32). In the
end the one-off data update mends an estate as large as the one that DCC counted.
"""

from collections.abc import Mapping

import msgspec

from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.requests import ServiceRequest
from gbcs_hil.dcc.smets1.cohorts import S1SPS
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.scenarios.observations import Answered, Routed, Seen
from gbcs_hil.scenarios.one_off_update import EXPECTED, update_once
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.smets1_estate import DEVICES, OPERATORS, Smets1Estate
from gbcs_hil.scenarios.verdicts import Expect, Verdict
from gbcs_hil.smki.parties import OTHER_USER, SUPPLIER_A, SUPPLIER_B, Party

_OK = Answered("I0")
_DSP_REGISTRATION = Answered("E4")
_DSP_ROLE = Answered("E2")
_S1SP_REGISTRATION = Answered("S1VE4")
_S1SP_HOLDER = Answered("S1VE64")

_ALWAYS = {
    "place": _OK,
    "supplier": _DSP_REGISTRATION,
    "other": _DSP_ROLE,
    "suppliers-own": _OK,
}
_REFUSED = {"wrong": _DSP_REGISTRATION, "again": _DSP_REGISTRATION, "right": _S1SP_HOLDER}
_STATES: Mapping[tuple[bool, bool], Mapping[str, Seen]] = {
    (False, False): _REFUSED,
    (False, True): _REFUSED,
    (True, False): {
        "wrong": _S1SP_REGISTRATION,
        "again": _S1SP_REGISTRATION,
        "right": _S1SP_HOLDER,
    },
    (True, True): {"wrong": _OK, "again": _S1SP_HOLDER, "right": _OK},
}
"""What operators get, by whether SECMP0107 is on at the DSP and at the S1SPs (S107-14 to 24)."""


GSMES: Mapping[str, SmartMeter] = {
    s1sp: SmartMeter(
        b"\x02GBHIT" + bytes((0, number)), "gsme", meter_point=f"{700 + number:010d}", s1sp=s1sp
    )
    for number, s1sp in enumerate(S1SPS, 1)
}
"""A GSME at each S1SP, under an MPRN of its own."""


def sc_9(play: Play) -> None:
    """Play SC-9 at every S1SP, for every state of the switches; then the one-off data update."""
    asked = _AtGsme if play.conditions.device_type == "gsme" else _AtSlots
    for dsp, s1sps in _STATES:
        policy = msgspec.structs.replace(
            play.conditions.policy,
            secmp0107=dsp,
            secmp0107_s1sps=frozenset(S1SPS if s1sps else ()),
        )
        play.bench.keeping.policy(f"sc-9 {_state(dsp, s1sps)}", policy)
        more = dict.fromkeys(GSMES.values(), "SUPA")
        estate = Smets1Estate(policy, play.bench.pki, more=more)
        try:
            for s1sp in S1SPS:
                play.part(f"{s1sp}, {_state(dsp, s1sps)}")
                asked(play, estate, s1sp, dsp, s1sps).play_all()
        finally:
            estate.close()
    if play.conditions.device_type != "gsme":
        update_once(play)


def step_name(name: str, s1sp: str, dsp: bool, s1sps: bool) -> str:
    """Return the full name of a step."""
    return f"{s1sp}, {_state(dsp, s1sps)}: {name}"


class _AtS1sp:
    """The steps at one S1SP, in one state of the switches."""

    def __init__(
        self, play: Play, estate: Smets1Estate, s1sp: str, dsp: bool, s1sps: bool
    ) -> None:
        kind = play.conditions.device_type
        self._play = play
        self._estate = estate
        self._at = (s1sp, dsp, s1sps)
        self._device = GSMES[s1sp] if kind == "gsme" else DEVICES[s1sp, kind]
        self._operators = OPERATORS["gpf" if kind == "gsme" else kind]

    def play_all(self) -> None:
        """Play them."""
        raise NotImplementedError

    def _ask(self, name: str, who: Party, request: ServiceRequest, what: str) -> None:
        full = step_name(name, *self._at)
        self._play.begin(full)
        outcome = self._play.bench.ask(self._estate.dsp, who, request, what)
        note = f"{outcome.check}: {outcome.detail}" if outcome.check else ""
        self._play.tell(full, who.name, what, Answered(outcome.code.code), note=note)

    def _renew_own(self, name: str, who: Party) -> None:
        """A Supplier sends its own certificates for its own slots."""
        request = self._estate.update_request(who, self._device, who, RemotePartyRole.SUPPLIER)
        self._ask(name, who, request, "6.15.1: its own certificates")


class _AtSlots(_AtS1sp):
    """On an ESME or a GPF the wrong operator is placed; then everybody tries to mend that."""

    def play_all(self) -> None:
        """Play them."""
        wrong, right = self._operators.wrong, self._operators.right
        estate, device = self._estate, self._device
        theirs = "6.15.1: the operator's certificates"
        own = "6.15.1: its own certificates"
        placed = "6.21: the wrong operator's certificates"
        self._ask("place", SUPPLIER_A, estate.handover_request(device, wrong), placed)
        self._alert("alert-before")
        for name, after in (("wrong", "alert-after"), ("again", "")):
            what = "6.15.1: the right operator's certificates"
            self._ask(name, wrong, estate.update_request(wrong, device, right), what)
            if after:
                self._alert(after)
        self._ask("right", right, estate.update_request(right, device, right), own)
        for name, sender in (("supplier", SUPPLIER_A), ("other", OTHER_USER)):
            self._ask(name, sender, estate.update_request(sender, device, right), theirs)
        self._renew_own("suppliers-own", SUPPLIER_A)

    def _alert(self, name: str) -> None:
        """The device raises an alert for its network operator."""
        full = step_name(name, *self._at)
        self._play.begin(full)
        recipient = Routed(self._estate.alert_recipient(self._device))
        who = self._device.device_type.upper()
        self._play.tell(full, who, "alert for the network operator", recipient)


class _AtGsme(_AtS1sp):
    """A GSME has no network operator slots: what counts is who is registered to its MPRN."""

    def play_all(self) -> None:
        """Play them."""
        estate, device = self._estate, self._device
        theirs = "6.15.1: a network operator's certificates"
        for name, sender in (
            ("wrong", self._operators.wrong),
            ("right", self._operators.right),
            ("supplier", SUPPLIER_A),
            ("other", OTHER_USER),
        ):
            request = estate.update_request(sender, device, self._operators.right)
            self._ask(name, sender, request, theirs)
        self._renew_own("suppliers-own", SUPPLIER_A)
        self._renew_own("other-suppliers-own", SUPPLIER_B)


def _state(dsp: bool, s1sps: bool) -> str:
    return f"DSP {_SWITCH[dsp]}, S1SPs {_SWITCH[s1sps]}"


_SWITCH = {False: "off", True: "on"}


def _expected(device_type: str) -> Expectations:
    operators = OPERATORS[device_type]
    wrong, right = Routed(operators.wrong.name), Routed(operators.right.name)
    found: dict[str, Expect] = {}
    for (dsp, s1sps), state in _STATES.items():
        alerts = {
            "alert-before": wrong,
            "alert-after": right if state["wrong"] == _OK else wrong,
        }
        found |= _everywhere(dsp, s1sps, {**_ALWAYS, **state, **alerts})
    return {**found, **EXPECTED}


def _expected_of_gsme() -> Expectations:
    found: dict[str, Expect] = {}
    for (dsp, s1sps), state in _STATES.items():
        # An operator that is let through finds no slot that would be its own.
        wrong = _S1SP_HOLDER if state["wrong"] == _OK else state["wrong"]
        seen = {
            "wrong": wrong,
            "right": _S1SP_HOLDER,
            "supplier": _DSP_REGISTRATION,
            "other": _DSP_ROLE,
            "suppliers-own": _OK,
            "other-suppliers-own": _DSP_REGISTRATION,
        }
        found |= _everywhere(dsp, s1sps, seen)
    return found


def _everywhere(dsp: bool, s1sps: bool, seen: Mapping[str, Seen]) -> dict[str, Expect]:
    return {
        step_name(name, s1sp, dsp, s1sps): Expect(each, otherwise=Verdict.DCC_DEFECT)
        for s1sp in S1SPS
        for name, each in seen.items()
    }


SC_9 = Scenario(
    "SC-9",
    "SECMP0107 at the DSP and the S1SPs",
    sc_9,
    {**{kind: _expected(kind) for kind in OPERATORS}, "gsme": _expected_of_gsme()},
    asks_device=False,
)
