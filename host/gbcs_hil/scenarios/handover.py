"""SC-2, SC-3 and SC-4: a network operator leaves, and its device goes to another (MP128A).

The leaving operator numbers its commands by the milliseconds of the epoch and puts ACB
certificates into its cells (MP128A-5), which device and GBCS allow as they are (MP128A-11). The
handover that follows is originated by the Access Control Broker, whose own counter stands at
some thousand: below the device's counter of the network operator role. Without MP128A it is a
replay to the device; with it the DSP goes above the counter that it has recorded (MP128A-13,
MP128A-14), and the 6.21 passes the device's check (MP128A-12). The two together are the
modification's proof (MP128A-15).
"""

from dataclasses import replace

from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.policy import CounterRule
from gbcs_hil.dcc.requests import ReplacementCertificates
from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds, Routed, Seen, Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import ACB, SUPPLIER_A

_NETWORK = RemotePartyRole.NETWORK_OPERATOR

START_COUNTER = 1_700_000_000_000
"""The network operator role's execution counter when SC-2 and SC-3 start."""

LEAVING_COUNTER = 1_700_000_000_123
ACB_LAST_COUNTER = 1_299
INCOMING_COUNTER = 1_200

_TWO_CELLS = Answered("I0", (StatusCode.SUCCESS,) * 2)
_TWO_BAD = Answered("I0", (StatusCode.BAD_CERTIFICATE,) * 2)
_NO_RESPONSE = Answered("E21")
_LEAVING = "6.15.1: ACB certificates"


def sc_2(play: Play) -> None:
    """Play SC-2: the DSP does not carry MP128A, and the handover is discarded as a replay."""
    play.commission({_NETWORK: START_COUNTER})
    play.dcc(ACB_LAST_COUNTER, mp128a=False)
    play.read("before")
    play.update("leave", play.network, LEAVING_COUNTER, ACB, what=_LEAVING)
    play.hand_over("handover", play.other_network, floor=0)
    play.read("after")


def sc_3(play: Play) -> None:
    """Play SC-3: the DSP carries MP128A, and the incoming operator owns the cells."""
    with_floor(play)
    play.part("The 6.21 names no floor")
    _leave(play, "leave, to be handed over without a floor")
    play.hand_over("handover without a floor", play.other_network)
    incoming = play.other_network
    play.renew("small number without a floor", incoming, INCOMING_COUNTER)
    play.renew("above the DSP's number", incoming, LEAVING_COUNTER + 2)
    play.part("The 6.15.1 fails")
    play.commission({_NETWORK: 500})
    play.dcc(ACB_LAST_COUNTER, mp128a=True)
    swapped = play.certificates(ACB, _NETWORK)
    play.update(
        "failing leave",
        play.network,
        9_000,
        ACB,
        certificates=ReplacementCertificates(
            digital_signing=swapped.key_agreement,
            key_agreement=swapped.digital_signing,
            path=swapped.path,
        ),
        what="6.15.1: ACB certificates in the wrong cells",
    )
    play.hand_over("handover too early", play.other_network, floor=0)


def with_floor(play: Play) -> None:
    """Play the handover of SC-3 whose 6.21 names floor 0, whatever happens between the two."""
    play.part("The 6.21 names floor 0")
    _leave(play, "leave", "before")
    play.restart_dcc()
    incoming = play.other_network
    outcome = play.hand_over("handover", incoming, floor=0)
    play.tell("response", "Device", "what its response says", _replaced(play, outcome))
    alerted = ", ".join(outcome.alerted)
    play.tell("alert", "DCC", "alert: credentials updated", Routed(alerted or None))
    play.renew("renew", incoming, INCOMING_COUNTER)
    play.read("after")
    old = "6.15.1: its old certificates"
    play.update("return", play.network, LEAVING_COUNTER + 1, play.network, what=old)


def _leave(play: Play, name: str, before: str = "") -> None:
    """Have an operator that counts in milliseconds put ACB certificates into its cells."""
    play.commission({_NETWORK: START_COUNTER})
    play.dcc(ACB_LAST_COUNTER, mp128a=True)
    if before:
        play.read(before)
    play.update(name, play.network, LEAVING_COUNTER, ACB, what=_LEAVING)


def _replaced(play: Play, outcome: Outcome) -> Seen:
    """Return what the response to a CS02b says of owners and floor."""
    if outcome.response is None or (executed := outcome.update.outcome) is None:
        return Answered(outcome.code.code)
    name = play.bench.names.get
    pairs = {
        (name(done.existing_eui, "?"), name(done.replacing_eui, "?")) for done in executed.outcomes
    }
    owners = " and ".join(f"{old} to {new}" for old, new in sorted(pairs))
    floors = " ".join(f"{change.floor:,}" for change in executed.changes)
    return Told(f"{owners}, floor {floors or 'none'}")


def sc_4(play: Play) -> None:
    """Play SC-4: the 6.15.1 names a floor above its own counter, under both rules of the DSP."""
    for rule, words in _RULES.items():
        play.part(words)
        play.commission({_NETWORK: 500})
        play.dcc(ACB_LAST_COUNTER - 1_000, mp128a=True, mp128a_counter=rule)
        play.update(
            f"leave under {rule}",
            play.network,
            1_000,
            ACB,
            floor=5_000,
            what="6.15.1: ACB certificates, floor 5,000",
        )
        play.hand_over(f"handover under {rule}", play.other_network, floor=0)


_RULES = {
    CounterRule.OC: "The DSP exceeds the 6.15.1's counter",
    CounterRule.MAX_OC_FLOOR: "The DSP exceeds its counter and its floor",
}


def _expect_2(device_type: str) -> Expectations:
    network, incoming = NETWORKS[device_type]
    return {
        "before": Expect(Holds(network.name, START_COUNTER), counter=ACB_LAST_COUNTER + 1),
        "leave": Expect(_TWO_CELLS),
        # A device that resets a counter with its role's owner needs no MP128A (P-ZERO).
        "handover": Expect(_NO_RESPONSE, tolerated=(_TWO_CELLS,), counter=ACB_LAST_COUNTER + 2),
        "after": Expect(Holds(ACB.name, LEAVING_COUNTER), tolerated=(Holds(incoming.name, 0),)),
    }


def _expect_handover(device_type: str) -> Expectations:
    network, incoming = NETWORKS[device_type]
    handed_over = LEAVING_COUNTER + 1
    return {
        "before": Expect(Holds(network.name, START_COUNTER), counter=ACB_LAST_COUNTER + 1),
        "leave": Expect(_TWO_CELLS),
        "handover": Expect(_TWO_CELLS, counter=handed_over),
        "response": Expect(Told(f"{ACB.name} to {incoming.name}, floor 0")),
        "alert": Expect(Routed(f"{incoming.name}, {SUPPLIER_A.name}")),
        # A device that keeps its counter whatever the floor locks small numbers out.
        "renew": Expect(_TWO_CELLS, tolerated=(_NO_RESPONSE,)),
        "after": Expect(
            Holds(incoming.name, INCOMING_COUNTER),
            tolerated=(Holds(incoming.name, handed_over),),
            counter=handed_over + 1,
        ),
        "return": Expect(_NO_RESPONSE),
    }


def _expect_3(device_type: str) -> Expectations:
    handed_over = LEAVING_COUNTER + 1
    return {
        **_expect_handover(device_type),
        "leave, to be handed over without a floor": Expect(_TWO_CELLS),
        "handover without a floor": Expect(_TWO_CELLS, counter=handed_over),
        # A device that resets a counter with its role's owner takes any number (P-ZERO).
        "small number without a floor": Expect(_NO_RESPONSE, tolerated=(_TWO_CELLS,)),
        "above the DSP's number": Expect(_TWO_CELLS),
        "failing leave": Expect(_TWO_BAD),
        "handover too early": Expect(_NO_RESPONSE, counter=ACB_LAST_COUNTER + 1),
    }


def _expect_4(device_type: str) -> Expectations:
    return {
        "leave under oc": Expect(_TWO_CELLS),
        # Only a device that ignores the floor takes what is above the counter and below it.
        "handover under oc": Expect(_NO_RESPONSE, tolerated=(_TWO_CELLS,), counter=1_001),
        "leave under max-oc-floor": Expect(_TWO_CELLS),
        "handover under max-oc-floor": Expect(_TWO_CELLS, counter=5_001),
    }


_TYPES = ("esme", "gpf")

SC_2 = Scenario("SC-2", "The DSP without MP128A", sc_2, {t: _expect_2(t) for t in _TYPES})
SC_3 = Scenario("SC-3", "The DSP with MP128A", sc_3, {t: _expect_3(t) for t in _TYPES})
SC_4 = Scenario("SC-4", "A floor above the counter", sc_4, {t: _expect_4(t) for t in _TYPES})

HANDOVER = replace(SC_3, act=with_floor, expectations={t: _expect_handover(t) for t in _TYPES})
"""One handover that succeeds: SC-3 without its other parts."""

DEMONSTRATION = (SC_2, HANDOVER)
"""Without MP128A and with it, told as shortly as can be."""
