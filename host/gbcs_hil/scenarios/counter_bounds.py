"""SC-11 and SC-12: counters at the edges of their range, and one that was forged."""

from itertools import pairwise

from gbcs_hil.dcc.requests import UpdatePaymentMode
from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import SUPPLIER_A, SUPPLIER_B, Party

_ROLE = RemotePartyRole

_EDGES = {
    1: "1",
    2**31: "2^31",
    2**32: "2^32",
    2**53: "2^53",
    2**53 + 1: "2^53+1",
    2**63 - 1: "2^63-1",
    2**63: "2^63",
    2**64 - 1: "2^64-1",
}
"""What is tried, as people say it."""

SEQUENCE_NUMBERS = tuple(number for number in _EDGES if number < 2**63)
"""Counters that fit into a CS02b, which carries them as sequence numbers too."""

HEADER_ONLY = tuple(number for number in _EDGES if number >= 2**63)
"""Counters that only a grouping header can hold; SRV 1.6 brings them to a meter."""


def sc_11(play: Play) -> None:
    """Play SC-11: each edge, the number below it, and what is read back; the same of floors."""
    _counters(play)
    _floors(play)


def _counters(play: Play) -> None:
    party, role = _subject(play)
    play.part("Originator Counters")
    play.commission({})
    # The same counter comes twice: what the device makes of it counts, not what the DSP does.
    play.dcc(unique_request_ids=False)
    for counter in SEQUENCE_NUMBERS:
        play.update(f"at {_EDGES[counter]}", party, counter, party, role=role)
        play.read(f"read {_EDGES[counter]}", role)
        play.update(f"below {_EDGES[counter]}", party, counter - 1, party, role=role)
    for counter in HEADER_ONLY:
        play.update(f"6.15.1 at {_EDGES[counter]}", party, counter, party, role=role)
    if play.conditions.device_type == "gpf":
        return
    for counter in HEADER_ONLY:
        request = UpdatePaymentMode(id=play.bench.user(SUPPLIER_A).request_id(play.eui, counter))
        play.ask(f"at {_EDGES[counter]}", SUPPLIER_A, request, "1.6: credit mode")
        play.replay(f"replay of {_EDGES[counter]}", play.last_command)


def _floors(play: Play) -> None:
    party, role = _subject(play)
    play.part("Floors")
    play.commission({})
    play.dcc(unique_request_ids=False)
    for before, floor in pairwise((0, *SEQUENCE_NUMBERS)):
        play.update(f"floor {_EDGES[floor]}", party, before + 1, party, role=role, floor=floor)
        play.read(f"read floor {_EDGES[floor]}", role)
        play.update(f"at floor {_EDGES[floor]}", party, floor, party, role=role)
    for floor in HEADER_ONLY:
        play.update(f"floor {_EDGES[floor]}", party, 1, party, role=role, floor=floor)


def sc_12(play: Play) -> None:
    """Play SC-12: forged commands with a high counter, then an honest one."""
    party, role = _subject(play)
    play.commission({role: 1_000})
    play.dcc()
    signer = SUPPLIER_B if role is _ROLE.SUPPLIER else play.other_network
    play.deliver("forged signature", play.forge(party, role, 2**62, signer), "6.15.1, forged")
    mended = bytearray(play.forge(party, role, 2**62, party))
    mended[-1] ^= 1
    play.deliver("forged MAC", bytes(mended), "6.15.1 with a damaged MAC")
    play.update("honest", party, 1_001, party, role=role)
    play.read("read", role)


def _subject(play: Play) -> tuple[Party, RemotePartyRole]:
    # A meter's counter beyond 2^63 is reached by its Supplier; a GPF has no payment mode.
    if play.conditions.device_type == "gpf":
        return play.network, _ROLE.NETWORK_OPERATOR
    return SUPPLIER_A, _ROLE.SUPPLIER


def _of(device_type: str) -> tuple[str, Answered]:
    if device_type == "gpf":
        return NETWORKS["gpf"][0].name, Answered("I0", (StatusCode.SUCCESS,) * 2)
    return SUPPLIER_A.name, Answered("I0", (StatusCode.SUCCESS,) * 3)


def _expect_11(device_type: str) -> Expectations:
    name, replaced = _of(device_type)
    expected = {}
    for counter in SEQUENCE_NUMBERS:
        expected[f"at {_EDGES[counter]}"] = Expect(replaced)
        expected[f"read {_EDGES[counter]}"] = Expect(Holds(name, counter))
        expected[f"below {_EDGES[counter]}"] = Expect(Answered("E21"))
    keeps = device_type == "gpf"
    for before, floor in pairwise((0, *SEQUENCE_NUMBERS)):
        expected[f"floor {_EDGES[floor]}"] = Expect(replaced)
        # A device that ignores a floor for the network operator stands at the command's counter.
        kept = (Holds(name, before + 1),) if keeps else ()
        expected[f"read floor {_EDGES[floor]}"] = Expect(Holds(name, floor), tolerated=kept)
        above = (replaced,) if keeps and floor > before + 1 else ()
        expected[f"at floor {_EDGES[floor]}"] = Expect(Answered("E21"), tolerated=above)
    for number in HEADER_ONLY:
        expected[f"6.15.1 at {_EDGES[number]}"] = Expect(Answered("B-SEQUENCE"))
        expected[f"floor {_EDGES[number]}"] = Expect(Answered("B-SEQUENCE"))
    for counter in HEADER_ONLY if device_type != "gpf" else ():
        expected[f"at {_EDGES[counter]}"] = Expect(Answered("I0"))
        expected[f"replay of {_EDGES[counter]}"] = Expect(Answered("silence"))
    return expected


def _expect_12(device_type: str) -> Expectations:
    name, replaced = _of(device_type)
    return {
        "forged signature": Expect(Answered("silence")),
        "forged MAC": Expect(Answered("silence")),
        "honest": Expect(replaced),
        "read": Expect(Holds(name, 1_001)),
    }


_TYPES = ("esme", "gpf", "gsme")

SC_11 = Scenario("SC-11", "Counters at their edges", sc_11, {t: _expect_11(t) for t in _TYPES})
SC_12 = Scenario("SC-12", "A forged high counter", sc_12, {t: _expect_12(t) for t in _TYPES})
