"""SC-16: a party is locked out of its own cells; what it can do about it.

Its numbers are below the device's counter of its role. 6.24.1 tells that counter: to the party
itself while registration data make it an Eligible User, else to the Supplier. A 6.21 cures
nothing, since the cells hold no ACB certificates. What is left is one jump of the party's own
numbering above the counter, and whether its way of numbering gets there is the advice.
"""

from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.recovery.advice import advise
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds, Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import SUPPLIER_A, Party

_ROLE = RemotePartyRole

LEFT_AT = 1_700_000_000_000
"""The counter that the party before left: milliseconds since 1970."""

SMALL = 1_200
_NO_RESPONSE = Answered("E21")
_PRACTICE = "the party counts below what was used in its cells before"


def sc_16(play: Play) -> None:
    """Play SC-16: the small number, both ways to read, the advice, and the jump."""
    party, role = _subject(play.conditions.device_type)
    play.commission({role: LEFT_AT})
    play.dcc()
    play.part("Locked out")
    play.renew("locked out", party, SMALL, role=role)
    play.part("Who can read the counter")
    seen = play.read("party reads", role, by=party)
    if role is _ROLE.NETWORK_OPERATOR:
        play.register(SUPPLIER_A, play.other_network)
        play.read("party is not eligible", role, by=party)
        seen = play.read("Supplier reads", role)
        play.hand_over("handover", party)
    play.part("The way back")
    counter = seen.counter if isinstance(seen, Holds) else 0
    advice = advise(counter)
    play.begin("advice")
    play.tell("advice", "Investigator", "what the device will accept", Told(advice.summary))
    play.renew("jump", party, advice.smallest or 0, role=role)
    play.read("afterwards", role)


def _subject(device_type: str) -> tuple[Party, RemotePartyRole]:
    if device_type == "gsme":
        return SUPPLIER_A, _ROLE.SUPPLIER
    return NETWORKS[device_type][0], _ROLE.NETWORK_OPERATOR


def _expected(device_type: str) -> Expectations:
    party, role = _subject(device_type)
    operator = role is _ROLE.NETWORK_OPERATOR
    read = Expect(Holds(party.name, LEFT_AT))
    found = {
        "locked out": Expect(_NO_RESPONSE, practice=_PRACTICE),
        "party reads": read,
        "advice": Expect(Told(advise(LEFT_AT).summary)),
        "jump": Expect(Answered("I0", (StatusCode.SUCCESS,) * (2 if operator else 3))),
        "afterwards": Expect(Holds(party.name, LEFT_AT + 1)),
    }
    if operator:
        found |= {
            "party is not eligible": Expect(Answered("E4")),
            "Supplier reads": read,
            "handover": Expect(_NO_RESPONSE),
        }
    return found


SC_16 = Scenario(
    "SC-16", "Recovery drill", sc_16, {kind: _expected(kind) for kind in ("esme", "gpf", "gsme")}
)
