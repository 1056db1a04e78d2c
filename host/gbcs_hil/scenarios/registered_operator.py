"""SC-8: SECMP0063, the DSP's check of a network operator's certificate, on and off.

The DSP holds a Supplier's 6.15.1 to an ESME, and its 6.21 to an ESME or a GPF, against its copy
of registration data. A network operator's own 6.15.1 is exempt (S63-3). Where the registered
operator has no credentials, nothing can be placed, and the device counts among those that were
never updated (S63-13).
"""

from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.estate_report import estate_report
from gbcs_hil.dcc.network_operator_cells import slots
from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds, Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect, Verdict
from gbcs_hil.smki.parties import ACB, SUPPLIER_A, Party

_NETWORK, _SUPPLIER = RemotePartyRole.NETWORK_OPERATOR, RemotePartyRole.SUPPLIER
WITHOUT_CREDENTIALS = "IDNX"
"""The market participant identifier of an operator that never created any (S63-14)."""

_STATES = {"on": True, "off": False}
_TWO = Answered("I0", (StatusCode.SUCCESS,) * 2)
_NO_RESPONSE = Answered("E21")
_NEVER_UPDATED = Told("1 never updated, 1 of them for want of credentials; 0 incorrect")


def sc_8(play: Play) -> None:
    """Play SC-8: `network` is the wrong operator, `other_network` the registered one."""
    wrong, right = play.network, play.other_network
    for state, live in _STATES.items():
        play.part(f"SECMP0063 {state}")
        _from_the_factory(play, live, right)
        play.update(f"Supplier's 6.15.1, wrong, {state}", SUPPLIER_A, 10, wrong)
        play.hand_over(f"6.21, wrong, {state}", wrong)
        _from_the_factory(play, live, right)
        _place(play, f"Supplier places the right one, {state}", right, 20)
        play.update(f"operator's exchange, {state}", right, 2_000, wrong)
        play.update(f"wrong operator renews, {state}", wrong, 2_001, wrong)
    play.part("Registration data are stale")
    _from_the_factory(play, True, right)
    play.register(SUPPLIER_A, wrong)
    _place(play, "right one, stale registration", right, 20)
    play.register(SUPPLIER_A, right)
    _place(play, "right one, registration put right", right, 21)
    play.part("The registered operator has no credentials")
    _from_the_factory(play, True, WITHOUT_CREDENTIALS)
    _place(play, "nobody's certificate", wrong, 10)
    play.read("still as made")
    _report(play)


def _place(play: Play, name: str, operator: Party, counter: int) -> None:
    """Have the Supplier place an operator's certificates, the way that a device type has it."""
    if play.conditions.device_type == "esme":
        play.update(name, SUPPLIER_A, counter, operator)
    else:
        play.hand_over(name, operator)


def _from_the_factory(play: Play, live: bool, operator: Party | str) -> None:
    holders = {_SUPPLIER: SUPPLIER_A} if play.conditions.device_type == "gpf" else None
    play.commission({}, factory=True, holders=holders)
    play.dcc(secmp0063=live)
    play.register(SUPPLIER_A, operator)


def _report(play: Play) -> None:
    """Count the devices on which something is wrong, or was never placed (S63-13)."""
    play.begin("report")
    estate: Estate = play.dsp.estate
    counts = estate_report(slots(estate, play.dsp.ledger, play.now))
    told = Told(
        f"{counts.never_updated} never updated, {counts.without_credentials} of them for want "
        f"of credentials; {counts.incorrect} incorrect"
    )
    play.tell("report", "DCC", "estate report: network operator cells", told)


def _expected(device_type: str) -> Expectations:
    esme = device_type == "esme"
    as_made = Holds(SUPPLIER_A.name if esme else ACB.name, 0)
    refused = Answered("B0615NO" if esme else "B0621NO")
    return {
        # Check A is for an ESME alone (S63-5); in a GPF from the factory the ACB's certificate
        # has to authorise what comes, in an ESME the Supplier's.
        "Supplier's 6.15.1, wrong, on": Expect(Answered("B0615NO") if esme else _NO_RESPONSE),
        "6.21, wrong, on": Expect(Answered("B0621NO")),
        "Supplier's 6.15.1, wrong, off": Expect(_TWO if esme else _NO_RESPONSE),
        "6.21, wrong, off": Expect(_NO_RESPONSE if esme else _TWO),
        **{f"Supplier places the right one, {state}": Expect(_TWO) for state in _STATES},
        **{f"operator's exchange, {state}": Expect(_TWO) for state in _STATES},
        **{f"wrong operator renews, {state}": Expect(_TWO) for state in _STATES},
        "right one, stale registration": Expect(refused),
        "right one, registration put right": Expect(_TWO),
        "nobody's certificate": Expect(refused),
        "still as made": Expect(as_made),
        "report": Expect(_NEVER_UPDATED, otherwise=Verdict.DCC_DEFECT),
    }


SC_8 = Scenario(
    "SC-8",
    "SECMP0063, on and off",
    sc_8,
    {kind: _expected(kind) for kind in NETWORKS if kind != "gsme"},
)
