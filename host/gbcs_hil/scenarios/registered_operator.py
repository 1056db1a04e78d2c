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
        _from_the_factory(play, live, right)
        play.update(f"Supplier's 6.15.1, wrong, {state}", SUPPLIER_A, 10, wrong)
        play.hand_over(f"6.21, wrong, {state}", wrong)
        _from_the_factory(play, live, right)
        if play.conditions.device_type == "esme":
            play.update(f"Supplier places the right one, {state}", SUPPLIER_A, 20, right)
        else:
            play.hand_over(f"Supplier places the right one, {state}", right)
        play.update(f"operator's exchange, {state}", right, 2_000, wrong)
    _from_the_factory(play, True, WITHOUT_CREDENTIALS)
    if play.conditions.device_type == "esme":
        play.update("nobody's certificate", SUPPLIER_A, 10, wrong)
    else:
        play.hand_over("nobody's certificate", wrong)
    play.read("still as made")
    _report(play)


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
    return {
        # Check A is for an ESME alone (S63-5); in a GPF from the factory the ACB's certificate
        # has to authorise what comes, in an ESME the Supplier's.
        "Supplier's 6.15.1, wrong, on": Expect(Answered("B0615NO") if esme else _NO_RESPONSE),
        "6.21, wrong, on": Expect(Answered("B0621NO")),
        "Supplier's 6.15.1, wrong, off": Expect(_TWO if esme else _NO_RESPONSE),
        "6.21, wrong, off": Expect(_NO_RESPONSE if esme else _TWO),
        **{f"Supplier places the right one, {state}": Expect(_TWO) for state in _STATES},
        **{f"operator's exchange, {state}": Expect(_TWO) for state in _STATES},
        "nobody's certificate": Expect(Answered("B0615NO" if esme else "B0621NO")),
        "still as made": Expect(as_made),
        "report": Expect(_NEVER_UPDATED, otherwise=Verdict.DCC_DEFECT),
    }


SC_8 = Scenario(
    "SC-8",
    "SECMP0063, on and off",
    sc_8,
    {kind: _expected(kind) for kind in NETWORKS if kind != "gsme"},
)
