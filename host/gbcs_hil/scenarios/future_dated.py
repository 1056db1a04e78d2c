"""SC-13: a command waits for its date while others come."""

from datetime import timedelta

from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Alerts, Answered, Holds, Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect, Verdict
from gbcs_hil.smki.parties import ACB, SUPPLIER_A, Party

_ROLE = RemotePartyRole
_WAIT = 120
_PRACTICE = (
    "the operator went on to 2,100 after the 6.15.1 with 2,000, which is all that MP128A has the "
    "DSP record"
)


def sc_13(play: Play) -> None:
    """Play SC-13: a dated 6.15.1, a lower and a higher counter before its date, and after it.

    First with certificates that are there already, so that the same octets can be played again;
    then with the ACB's, so that a 6.21 has something to hand over.
    """
    party, role = _subject(play.conditions.device_type)
    play.part("The dated 6.15.1 brings the operator's own certificates")
    play.commission({role: 1_000})
    play.dcc()
    date = play.now + timedelta(seconds=_WAIT)
    play.update("dated", party, 2_000, party, role=role, execution=date)
    waiting = play.last_command
    play.replay("replay while it waits", waiting)
    play.update("lower", party, 1_900, party, role=role)
    play.update("higher", party, 2_100, party, role=role)
    between = play.last_command
    play.pass_time("before its date", _WAIT - 1)
    play.pass_time("at its date", 1)
    play.read("read", role)
    play.replay("replay of the one between", between)
    play.replay("replay of the dated one", waiting)
    play.update("next", party, 2_101, party, role=role)
    if role is _ROLE.NETWORK_OPERATOR:
        _handover(play)


def _handover(play: Play) -> None:
    """Have an operator leave at a date, and be handed over before it and after it."""
    network, incoming = play.network, play.other_network
    play.part("The dated 6.15.1 places ACB certificates, and a 6.21 follows")
    play.commission({_ROLE.NETWORK_OPERATOR: 1_000})
    play.dcc(mp128a=True)
    date = play.now + timedelta(seconds=_WAIT)
    dated = "6.15.1: ACB certificates, in two minutes"
    play.update("dated leave", network, 2_000, ACB, execution=date, what=dated)
    play.update("lower meanwhile", network, 1_900, network)
    play.update("higher meanwhile", network, 2_100, network)
    _recorded(play, "recorded before the date")
    play.hand_over("handover before the date", incoming)
    play.pass_time("the date of the leave", _WAIT)
    _recorded(play, "recorded after the date")
    play.read("after the leave")
    play.hand_over("handover after the date", incoming)


def _recorded(play: Play, name: str) -> None:
    """Look at what the DSP has recorded of the 6.15.1 (MP128A-13)."""
    placement = play.dsp.ledger.placement(play.eui, _ROLE.NETWORK_OPERATOR)
    told = "nothing"
    if placement is not None:
        told = f"{placement.counter:,}, {'' if placement.confirmed else 'not '}confirmed"
    play.begin(name)
    play.tell(name, "DCC", "what it has recorded of the 6.15.1", Told(told))


def _subject(device_type: str) -> tuple[Party, RemotePartyRole]:
    if device_type == "gsme":
        return SUPPLIER_A, _ROLE.SUPPLIER
    return NETWORKS[device_type][0], _ROLE.NETWORK_OPERATOR


def _expected(device_type: str) -> Expectations:
    party, role = _subject(device_type)
    replaced = Answered("I0", (StatusCode.SUCCESS,) * (3 if role is _ROLE.SUPPLIER else 2))
    handover = _handed_over() if role is _ROLE.NETWORK_OPERATOR else {}
    return {
        **handover,
        "dated": Expect(Answered("I0")),
        "replay while it waits": Expect(Answered("silence")),
        # The counter moves at receipt, or the waiting command itself could be played again.
        "lower": Expect(Answered("E21"), tolerated=(replaced,)),
        "higher": Expect(replaced),
        "before its date": Expect(Alerts()),
        "at its date": Expect(Alerts((0x8F66,))),
        "read": Expect(Holds(party.name, 2_100)),
        "replay of the one between": Expect(Answered("silence")),
        "replay of the dated one": Expect(Answered("silence")),
        "next": Expect(replaced),
    }


def _handed_over() -> Expectations:
    replaced, discarded = Answered("I0", (StatusCode.SUCCESS,) * 2), Answered("E21")
    return {
        "dated leave": Expect(Answered("I0")),
        "lower meanwhile": Expect(discarded, tolerated=(replaced,)),
        "higher meanwhile": Expect(replaced),
        "recorded before the date": Expect(
            Told("2,000, not confirmed"), otherwise=Verdict.DCC_DEFECT
        ),
        "handover before the date": Expect(discarded),
        "the date of the leave": Expect(Alerts((0x8F66,))),
        "recorded after the date": Expect(Told("2,000, confirmed"), otherwise=Verdict.DCC_DEFECT),
        # A device that resets a counter with its role's owner does so at the date (P-ZERO).
        "after the leave": Expect(Holds(ACB.name, 2_100), tolerated=(Holds(ACB.name, 0),)),
        "handover after the date": Expect(discarded, tolerated=(replaced,), practice=_PRACTICE),
    }


SC_13 = Scenario(
    "SC-13",
    "A future-dated command",
    sc_13,
    {kind: _expected(kind) for kind in ("esme", "gpf", "gsme")},
)
