"""SC-1: a renewal, the same octets again, an older counter, and the same after a power cut.

On an ESME and a GPF the network operator renews. A GSME has no network operator cells, says so
when asked, and its Supplier renews instead.
"""

from gbcs_hil.dcc.requests import ReplacementCertificates
from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import SUPPLIER_A, Party

_ROLE = RemotePartyRole
_OK, _BAD = StatusCode.SUCCESS, StatusCode.BAD_CERTIFICATE

START = 1_000
SUPPLIER_START = 20
_RENEWAL = "6.15.1: its certificates"


def baseline_replay(play: Play) -> None:
    """Play SC-1.

    The renewals bring the certificates that stand in the cells already: with others, the same
    octets would fail at the signature, and say nothing of the counter.
    """
    party, role = _subject(play.conditions.device_type)
    play.commission({role: START})
    play.dcc()
    play.part("The same octets, and an older counter")
    if role is _ROLE.SUPPLIER:
        play.read("network operator")
    play.read("before", role)
    play.update("renew", party, START + 10, party, role=role, what=_RENEWAL)
    renewal = play.last_command
    play.replay("replay", renewal)
    play.update("old counter", party, START, party, role=role, what=_RENEWAL)
    play.read("after", role)
    play.cut_power("power cycle")
    play.replay("replay after power", renewal)
    play.part("The power goes right after an answer")
    play.update("renew again", party, START + 20, party, role=role, what=_RENEWAL)
    again = play.last_command
    play.cut_power()
    play.replay("replay of the last", again)
    play.replay("replay of the first", renewal)
    play.read("after power", role)
    play.part("A command that fails, and another role")
    play.update(
        "bad certificates",
        party,
        START + 30,
        party,
        role=role,
        certificates=_foreign(play, role),
        what="6.15.1: certificates of another role",
    )
    play.replay("replay of bad", play.last_command)
    _other_role(play, role)


def _other_role(play: Play, role: RemotePartyRole) -> None:
    """Have another role use its own, smaller numbers."""
    if role is _ROLE.SUPPLIER:
        play.read("other role", _ROLE.TRANSITIONAL_COS)
    else:
        small = SUPPLIER_START
        play.update("other role", SUPPLIER_A, small, SUPPLIER_A, role=_ROLE.SUPPLIER)


def _foreign(play: Play, role: RemotePartyRole) -> ReplacementCertificates:
    """Return certificates that do not fit the role's cells."""
    other = play.network if role is _ROLE.SUPPLIER else SUPPLIER_A
    found = play.certificates(other, role)
    top_up = found.key_agreement if role is _ROLE.SUPPLIER else None
    return ReplacementCertificates(
        digital_signing=found.digital_signing,
        key_agreement=found.key_agreement,
        key_agreement_top_up=top_up,
        path=found.path,
    )


def _subject(device_type: str) -> tuple[Party, RemotePartyRole]:
    if device_type == "gsme":
        return SUPPLIER_A, _ROLE.SUPPLIER
    return NETWORKS[device_type][0], _ROLE.NETWORK_OPERATOR


def _expectations(device_type: str) -> Expectations:
    party, role = _subject(device_type)
    cells = 3 if role is _ROLE.SUPPLIER else 2
    no_cell = Answered("I0", (StatusCode.TRUST_ANCHOR_NOT_FOUND,))
    replaced = Expect(Answered("I0", (_OK,) * cells))
    silence, discarded = Expect(Answered("silence")), Expect(Answered("E21"))
    name = party.name
    asked = {"network operator": Expect(no_cell)} if cells == 3 else {}
    return {
        **asked,
        "before": Expect(Holds(name, START)),
        "renew": replaced,
        "replay": silence,
        "old counter": discarded,
        "after": Expect(Holds(name, START + 10)),
        "replay after power": silence,
        "renew again": replaced,
        "replay of the last": silence,
        "replay of the first": silence,
        "after power": Expect(Holds(name, START + 20)),
        "bad certificates": Expect(Answered("I0", (_BAD,) * cells)),
        "replay of bad": silence,
        "other role": Expect(
            Holds("Transitional CoS", 0) if cells == 3 else Answered("I0", (_OK,) * 3)
        ),
    }


SC_1 = Scenario(
    "SC-1",
    "Baseline replay",
    baseline_replay,
    {kind: _expectations(kind) for kind in ("esme", "gpf", "gsme")},
    cuts_power=True,
)
