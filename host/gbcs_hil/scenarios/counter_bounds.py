"""SC-11 and SC-12: counters at the edges of their range, and one that was forged."""

from gbcs_hil.dcc.requests import UpdatePaymentMode
from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import SUPPLIER_A, SUPPLIER_B, Party

_ROLE = RemotePartyRole

SEQUENCE_NUMBERS = (1, 2**31, 2**32, 2**53, 2**53 + 1, 2**63 - 1)
"""Counters that fit into a CS02b, which carries them as sequence numbers too."""

HEADER_ONLY = (2**63, 2**64 - 1)
"""Counters that only a grouping header can hold; SRV 1.6 brings them to a meter."""


def sc_11(play: Play) -> None:
    """Play SC-11: each edge, the number below it, and what is read back."""
    party, role = _subject(play)
    play.commission({})
    # The same counter comes twice: what the device makes of it counts, not what the DSP does.
    play.dcc(unique_request_ids=False)
    for counter in SEQUENCE_NUMBERS:
        play.update(f"at {counter}", party, counter, party, role=role)
        play.read(f"read {counter}", role)
        play.update(f"below {counter}", party, counter - 1, party, role=role)
    if play.conditions.device_type == "gpf":
        return
    for counter in HEADER_ONLY:
        request = UpdatePaymentMode(id=play.bench.user(SUPPLIER_A).request_id(play.eui, counter))
        play.ask(f"at {counter}", SUPPLIER_A, request, "1.6: credit mode")
        play.replay(f"replay of {counter}", play.last_command)


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
        expected[f"at {counter}"] = Expect(replaced)
        expected[f"read {counter}"] = Expect(Holds(name, counter))
        expected[f"below {counter}"] = Expect(Answered("E21"))
    for counter in HEADER_ONLY if device_type != "gpf" else ():
        expected[f"at {counter}"] = Expect(Answered("I0"))
        expected[f"replay of {counter}"] = Expect(Answered("silence"))
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
