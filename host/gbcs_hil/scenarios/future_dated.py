"""SC-13: a command waits for its date while others come."""

from datetime import timedelta

from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Alerts, Answered, Holds
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import SUPPLIER_A, Party

_ROLE = RemotePartyRole
_WAIT = 120


def sc_13(play: Play) -> None:
    """Play SC-13: a dated 6.15.1, a lower and a higher counter before its date, and after it."""
    party, role = _subject(play.conditions.device_type)
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


def _subject(device_type: str) -> tuple[Party, RemotePartyRole]:
    if device_type == "gsme":
        return SUPPLIER_A, _ROLE.SUPPLIER
    return NETWORKS[device_type][0], _ROLE.NETWORK_OPERATOR


def _expected(device_type: str) -> Expectations:
    party, role = _subject(device_type)
    replaced = Answered("I0", (StatusCode.SUCCESS,) * (3 if role is _ROLE.SUPPLIER else 2))
    return {
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


SC_13 = Scenario(
    "SC-13",
    "A future-dated command",
    sc_13,
    {kind: _expected(kind) for kind in ("esme", "gpf", "gsme")},
)
