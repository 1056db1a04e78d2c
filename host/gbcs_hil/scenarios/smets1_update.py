"""SC-9: SECMP0107 at the DSP and at each S1SP, switched on and off; the SIT and UIT scripts.

Expectations are data: for each state of the two switches, what each sender gets.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.dcc.smets1.cohorts import S1SPS
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.scenarios.observations import Answered, Routed, Seen
from gbcs_hil.scenarios.script import Script
from gbcs_hil.scenarios.smets1_estate import DEVICES, OPERATORS, Smets1Estate
from gbcs_hil.scenarios.step import Step
from gbcs_hil.smki.parties import OTHER_USER, SUPPLIER_A, Party

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
_DEADLOCK = {"right": _S1SP_HOLDER}


def _expected(device_type: str, **seen: Seen) -> Mapping[str, Seen]:
    operators = OPERATORS[device_type]
    wrong, right = Routed(operators.wrong.name), Routed(operators.right.name)
    fixed = seen["wrong"] == _OK
    alerts = {"alert-before": wrong, "alert-after": right if fixed else wrong}
    return MappingProxyType({**_ALWAYS, **alerts, **seen})


def sc_9_expectations(device_type: str, dsp: bool, s1sp: bool) -> Mapping[str, Seen]:
    """Return what each step is to give, for the states of the two switches (S107-14 to 24)."""
    states: dict[tuple[bool, bool], dict[str, Seen]] = {
        (False, False): {"wrong": _DSP_REGISTRATION, "again": _DSP_REGISTRATION, **_DEADLOCK},
        (False, True): {"wrong": _DSP_REGISTRATION, "again": _DSP_REGISTRATION, **_DEADLOCK},
        (True, False): {"wrong": _S1SP_REGISTRATION, "again": _S1SP_REGISTRATION, **_DEADLOCK},
        (True, True): {"wrong": _OK, "again": _S1SP_HOLDER, "right": _OK},
    }
    return _expected(device_type, **states[dsp, s1sp])


def policy(dsp: bool, s1sp: bool, faults: frozenset[Fault] = frozenset()) -> Policy:
    """Return the policy with SECMP0107 on or off at the DSP and at all S1SPs."""
    s1sps = frozenset(S1SPS) if s1sp else frozenset()
    return Policy(secmp0107=dsp, secmp0107_s1sps=s1sps, faults=faults)


def sc_9(
    s1sp: str,
    device_type: str,
    dsp_on: bool,
    s1sp_on: bool,
    on_step: Callable[[Step], None] = lambda step: None,
    faults: frozenset[Fault] = frozenset(),
) -> list[Step]:
    """Run SC-9 at one S1SP for one state of the switches.

    The Supplier's 6.21 puts the wrong network operator in; then everybody tries a 6.15.1.

    Args:
        s1sp: "S1SP1", "S1SP2" or "S1SP3".
        device_type: "esme" or "gpf".
        dsp_on: whether SECMP0107 is live at the DSP.
        s1sp_on: whether it is live at the S1SPs.
        on_step: called with each step.
        faults: what the DCC's systems do wrong.
    """
    expectations = sc_9_expectations(device_type, dsp_on, s1sp_on)
    script = Script("SC-9", expectations, on_step)
    play = _Play(s1sp, device_type, policy(dsp_on, s1sp_on, faults), script)
    play.place_wrong()
    play.alert("alert-before")
    play.correct("wrong")
    play.alert("alert-after")
    play.correct("again")
    play.renew()
    play.others()
    return play.close()


SIT_UIT: Mapping[str, Seen] = MappingProxyType({"place": _OK, "correct": _OK})
"""S107-30, S107-33: success shows that nobody asks for registration."""

MIXED: Mapping[str, Seen] = MappingProxyType({"place": _OK, "correct": _S1SP_REGISTRATION})
"""S107-31: the DSP is changed and the S1SP is not."""

NEGATIVE: Mapping[str, Seen] = MappingProxyType(
    {
        "place": _OK,
        "supplier": _DSP_REGISTRATION,
        "other": _DSP_ROLE,
        "suppliers-own": _OK,
    }
)
"""S107-32: in another role than network operator the DSP refuses; S107-24: the registered
Supplier still changes its own certificates."""


def sit_uit(
    s1sp: str, s1sp_changed: bool = True, on_step: Callable[[Step], None] = lambda step: None
) -> list[Step]:
    """Run the SIT and UIT script at one S1SP, which carries the change or does not."""
    script = Script("SIT/UIT", SIT_UIT if s1sp_changed else MIXED, on_step)
    play = _Play(s1sp, "esme", policy(True, s1sp_changed), script)
    play.place_wrong()
    play.correct("correct")
    return play.close()


def negative(s1sp: str, on_step: Callable[[Step], None] = lambda step: None) -> list[Step]:
    """Run the negative script at one S1SP."""
    play = _Play(s1sp, "esme", policy(True, True), Script("negative", NEGATIVE, on_step))
    play.place_wrong()
    play.others()
    return play.close()


class _Play:
    """The steps that the scripts are made of, at one device."""

    def __init__(self, s1sp: str, device_type: str, policy: Policy, script: Script) -> None:
        self._estate = Smets1Estate(policy)
        self._device = DEVICES[s1sp, device_type]
        self._operators = OPERATORS[device_type]
        self._script = script

    def place_wrong(self) -> None:
        """The Supplier puts the wrong operator's certificates into the empty slots (6.21)."""
        outcome = self._estate.hand_over(self._device, self._operators.wrong)
        self._record("place", SUPPLIER_A, "6.21: the wrong operator's certificates", outcome)

    def correct(self, name: str) -> None:
        """Who holds the slots wrongly brings the right operator's certificates (6.15.1)."""
        wrong, right = self._operators.wrong, self._operators.right
        outcome = self._estate.update(wrong, self._device, right)
        self._record(name, wrong, "6.15.1: the right operator's certificates", outcome)

    def renew(self) -> None:
        """The registered operator brings its own certificates (6.15.1)."""
        right = self._operators.right
        outcome = self._estate.update(right, self._device, right)
        self._record("right", right, "6.15.1: its own certificates", outcome)

    def others(self) -> None:
        """The Supplier and an Other User try the operator's slots; the Supplier its own."""
        right, what = self._operators.right, "6.15.1: the operator's certificates"
        for name, sender in (("supplier", SUPPLIER_A), ("other", OTHER_USER)):
            self._record(name, sender, what, self._estate.update(sender, self._device, right))
        own = self._estate.update(SUPPLIER_A, self._device, SUPPLIER_A, RemotePartyRole.SUPPLIER)
        self._record("suppliers-own", SUPPLIER_A, "6.15.1: its own certificates", own)

    def alert(self, name: str) -> None:
        """The device raises an alert for its network operator."""
        recipient = Routed(self._estate.alert_recipient(self._device))
        who = self._device.device_type.upper()
        self._script.record(name, who, "alert for the network operator", None, recipient)

    def close(self) -> list[Step]:
        """Let the estate go and return the steps."""
        self._estate.close()
        return self._script.steps

    def _record(self, name: str, who: Party, what: str, outcome: Outcome) -> None:
        seen = Answered(outcome.code.code)
        note = f"{outcome.check}: {outcome.detail}" if outcome.check else ""
        self._script.record(name, who.name, what, outcome.counter, seen, note)
