"""What each value of the settings about counters and replay does."""

from payment_messages import ECS02
from rig import Effects, Rig, after, provisioned

from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security_credentials import CANCEL, ReadCredentials
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import digital_signing
from gbcs_hil.smki.parties import (
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
)
from head_end import (
    BY_RECOVERY,
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    certificates,
    signing,
)

NETWORK, SUPPLIER, BROKER = Role.NETWORK_OPERATOR, Role.SUPPLIER, Role.ACCESS_CONTROL_BROKER
START = {role: 100 * role for role in Role if role <= Role.TRANSITIONAL_COS}
KEPT = certificates(NETWORK, GAS_NETWORK_A)


def device(setting: str, value: str, device_type: str = "esme") -> Rig:
    return provisioned(device_type, START, settings={setting: value}, prepayment_floor=77)


def floor(value: str) -> object:
    """Return the network operator's and the supplier's counter after a floor of 3."""
    rig = device("floor", value)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, KEPT, floor=3))
    pairs = certificates(SUPPLIER, SUPPLIER_A)
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5000, pairs, floor=3))
    return rig.counter(NETWORK), rig.counter(SUPPLIER)


def floor_by_others(value: str) -> object:
    """Return both counters after the recovery party's floors."""
    rig = device("floor", value)
    floors = [SequenceNumberChange(role, 3) for role in (NETWORK, SUPPLIER)]
    rig.accept(rig.head_end.update(BY_RECOVERY, 5000, KEPT, other_floors=floors))
    return rig.counter(NETWORK), rig.counter(SUPPLIER)


def floor_meaning(value: str) -> object:
    """Return the first counter that is taken after a floor of 10, and after one of 0."""
    taken = []
    for low in (10, 0):
        rig = device("floor-meaning", value)
        rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, KEPT, floor=low))
        counters = (low - 1, low, low + 1) if low else (1,)
        for counter in counters:
            command = rig.head_end.update(NETWORK_BY_NETWORK, counter, KEPT)
            if rig.deliver(command).verdict == "accepted":
                taken.append(counter)
                break
    return tuple(taken)


def owner_change(value: str) -> object:
    """Return the counter after a new owner without floor, with one, and after the same owner."""
    found = []
    for party, low in ((GAS_NETWORK_B, None), (GAS_NETWORK_B, 3), (GAS_NETWORK_A, None)):
        rig = device("owner-change", value)
        pairs = certificates(NETWORK, party)
        rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, pairs, floor=low))
        found.append(rig.counter(NETWORK))
    return tuple(found)


def floor_when_all_fail(value: str) -> object:
    """Return the counter after a floor of 3 where all cells failed, and where one did."""
    found = []
    for pairs in ([(b"\x30\x00", cell) for _, cell in KEPT], [(b"\x30\x00", KEPT[0][1]), KEPT[1]]):
        rig = device("floor-when-all-fail", value)
        rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, pairs, floor=3))
        found.append(rig.counter(NETWORK))
    return tuple(found)


def floor_without_replacements(value: str) -> object:
    """Return the counter after a floor of 3 in a command that names no cell."""
    rig = device("floor-when-all-fail", value)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, [], floor=3))
    return rig.counter(NETWORK)


def floor_when_some_fail(value: str) -> object:
    """Return the counter after a floor of 3 where one cell failed, where all did, and none."""
    found = []
    bad = [(b"\x30\x00", cell) for _, cell in KEPT]
    for pairs in ([bad[0], KEPT[1]], bad, KEPT):
        rig = device("floor-when-some-fail", value)
        rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, pairs, floor=3))
        found.append(rig.counter(NETWORK))
    return tuple(found)


def owner_change_when_some_fail(value: str) -> object:
    """Return the counter where a new owner stands in one of two cells and a floor is named."""
    settings = {"floor-when-some-fail": value, "owner-change": "reset-counter"}
    rig = provisioned("esme", START, settings=settings)
    pairs = [(b"\x30\x00", KEPT[0][1]), certificates(NETWORK, GAS_NETWORK_B)[1]]
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, pairs, floor=3))
    return rig.counter(NETWORK)


def floor_outside_mode(value: str) -> object:
    """Have an operator name a floor for itself, for the supplier and for a WAN provider."""
    rig = device("floor-outside-mode", value)
    floors = [SequenceNumberChange(role, 3) for role in (NETWORK, SUPPLIER, Role.WAN_PROVIDER)]
    own = rig.head_end.update(NETWORK_BY_NETWORK, 4999, KEPT, other_floors=floors[:1])
    rig.accept(own)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5000, KEPT, other_floors=floors)
    found = rig.deliver(command).verdict
    return found, rig.counter(NETWORK), rig.counter(SUPPLIER), rig.state.prepayment_floor


def prepayment_floor_absent(value: str) -> object:
    """Return the prepayment floor after a supplier's own floor, and after another's for it."""
    rig = device("prepayment-floor-absent", value)
    pairs = certificates(SUPPLIER, SUPPLIER_A)
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5000, pairs, floor=4))
    own = rig.state.prepayment_floor
    pairs = certificates(SUPPLIER, SUPPLIER_B)
    change = SequenceNumberChange(SUPPLIER, 6)
    rig.accept(rig.head_end.update(SUPPLIER_BY_COS, 5000, pairs, other_floors=[change]))
    return own, rig.state.prepayment_floor


def again(rig: Rig, role: Role, command: bytes) -> object:
    """Return the verdict on a command that comes a second time, and its role's counter."""
    rig.accept(command)
    return rig.deliver(command).verdict, rig.counter(role)


def recovery_replay_protection(value: str) -> object:
    rig = device("recovery-replay-protection", value)
    return again(rig, Role.RECOVERY, rig.head_end.update(BY_RECOVERY, 5000, KEPT))


def cs02a_replay_protection(value: str) -> object:
    rig = device("cs02a-replay-protection", value)
    return again(rig, BROKER, rig.head_end.read(5000, SUPPLIER))


def cs02a_of_the_transitional_cos(value: str) -> object:
    rig = device("cs02a-replay-protection", value)
    cell = digital_signing(Role.TRANSITIONAL_COS)
    payload = ReadCredentials(cell, (SUPPLIER,)).encode()
    message = rig.head_end.unprotected(0x0008, TRANSITIONAL_COS.eui, 5000, payload)
    command = rig.head_end.protect(message, signing(TRANSITIONAL_COS), mac=False)
    return again(rig, Role.TRANSITIONAL_COS, command)


def cs02e_replay_protection(value: str) -> object:
    rig = device("cs02e-replay-protection", value)
    payload = bytes.fromhex("3004 0302 0780")
    return again(rig, SUPPLIER, rig.head_end.command(0x000C, 5000, payload))


def sequence_number(value: str) -> object:
    """Return the verdict on a [3] that is not the header's counter, and what counts then."""
    rig = device("sequence-number", value)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5000, KEPT, sequence_number=9)
    return rig.deliver(command).verdict, rig.counter(NETWORK)


def counter_of(value: str) -> object:
    """Have counters of two message codes cross; return verdicts and read-outs, a floor last."""
    rig = device("counter-of", value)
    pairs = certificates(SUPPLIER, SUPPLIER_A)
    rig.accept(ECS02.command(rig, 5000))
    rig.restart()
    crossing = rig.deliver(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 4000, pairs)).verdict
    told = told_counter(rig)
    rig.restart()
    again = [
        rig.deliver(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 4000, pairs)).verdict,
        rig.deliver(ECS02.command(rig, 5000)).verdict,
        # A message code that has not come yet starts from the role's.
        rig.deliver(rig.head_end.command(0x000C, 200, bytes.fromhex("3004 0302 0780"))).verdict,
    ]
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 6000, pairs, floor=3))
    rig.restart()
    return crossing, told, *again, told_counter(rig), rig.deliver(ECS02.command(rig, 4)).verdict


def told_counter(rig: Rig) -> int | None:
    """Return the supplier's counter as CS02a tells it."""
    response = rig.accept(rig.head_end.read(1, SUPPLIER))
    return ReadResponse.decode(parse(response).payload).roles[0].sequence_number


def counter_of_who_waits(value: str) -> object:
    """Have a dated command of one message code be overtaken by one of another."""
    settings = {"counter-of": value, "future-dated-counter": "at-execution"}
    rig = provisioned("esme", START, settings=settings)
    pairs = certificates(SUPPLIER, SUPPLIER_A)
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5000, pairs, execution=after(60)))
    rig.accept(ECS02.command(rig, 6000))
    return len(rig.tick(after(60))), told_counter(rig)


def counter_of_a_new_owner(value: str) -> object:
    """Return what is left of a role's counters where a new owner resets them."""
    settings = {"counter-of": value, "owner-change": "reset-counter"}
    rig = provisioned("esme", START, settings=settings)
    rig.accept(ECS02.command(rig, 5000))
    pairs = certificates(SUPPLIER, SUPPLIER_B)
    rig.accept(rig.head_end.update(SUPPLIER_BY_COS, 5000, pairs))
    return told_counter(rig)


def future_dated_counter(value: str) -> object:
    """Return the counter while a command waits, the verdict on it then, and the counter after."""
    rig = device("future-dated-counter", value)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5000, KEPT, execution=after(60))
    rig.accept(command)
    waiting, verdict = rig.counter(NETWORK), rig.deliver(command).verdict
    rig.tick(after(60))
    return waiting, verdict, rig.counter(NETWORK)


def future_dated_counter_overtaken(value: str) -> object:
    """Return how many alerts come of waiting commands that later ones have overtaken."""
    rig = device("future-dated-counter", value)
    rig.accept(ECS02.command(rig, 5000, after(60)))
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, KEPT, execution=after(60)))
    rig.accept(ECS02.command(rig, 5001))
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5001, KEPT))
    alerts = len(rig.tick(after(60)))
    return alerts, rig.counter(NETWORK), rig.counter(SUPPLIER), rig.state.pending


def future_dated_counter_cancelled(value: str) -> object:
    """Return the counter after a cancellation, and the verdict on the cancellation again."""
    rig = device("future-dated-counter", value)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, KEPT, execution=after(60)))
    cancel = rig.head_end.update(NETWORK_BY_NETWORK, 5001, KEPT, execution=CANCEL)
    rig.accept(cancel)
    return rig.counter(NETWORK), rig.deliver(cancel).verdict, rig.state.pending


EFFECTS: Effects = {
    "counter-of": [
        (
            counter_of,
            {
                "role": ("replay", 5000, "replay", "replay", "replay", 3, "accepted"),
                "role-and-message-code": (
                    *("accepted", 5000),
                    *("replay", "replay", "replay"),
                    *(3, "accepted"),
                ),
            },
        ),
        (counter_of_who_waits, {"role": (0, 6000), "role-and-message-code": (1, 6000)}),
        (counter_of_a_new_owner, {"role": 0, "role-and-message-code": 0}),
    ],
    "floor": [
        (floor, {"apply": (3, 3), "keep-network-operator": (5000, 3)}),
        (floor_by_others, {"apply": (3, 3), "keep-network-operator": (START[NETWORK], 3)}),
    ],
    "floor-meaning": [(floor_meaning, {"last-used": (11, 1), "first-allowed": (10, 1)})],
    "owner-change": [(owner_change, {"keep": (5000, 3, 5000), "reset-counter": (0, 3, 5000)})],
    "floor-when-all-fail": [
        (floor_when_all_fail, {"apply": (3, 3), "ignore": (5000, 3)}),
        (floor_without_replacements, {"apply": 3, "ignore": 5000}),
    ],
    "floor-when-some-fail": [
        (floor_when_some_fail, {"apply": (3, 3, 3), "ignore": (5000, 3, 3)}),
        (owner_change_when_some_fail, {"apply": 3, "ignore": 0}),
    ],
    "prepayment-floor-absent": [
        (prepayment_floor_absent, {"keep": (77, 77), "follow-floor": (4, 6), "clear": (0, 0)})
    ],
    "floor-outside-mode": [
        (
            floor_outside_mode,
            {
                "refuse-command": ("not-authorised", 3, 200, 77),
                "apply": ("accepted", 3, 3, 77),
                "ignore": ("accepted", 3, 200, 77),
            },
        )
    ],
    "recovery-replay-protection": [
        (recovery_replay_protection, {"on": ("replay", 5000), "off": ("accepted", 100)})
    ],
    "cs02a-replay-protection": [
        (cs02a_replay_protection, {"on": ("replay", 5000), "off": ("accepted", 400)}),
        (cs02a_of_the_transitional_cos, {"on": ("replay", 5000), "off": ("accepted", 500)}),
    ],
    "cs02e-replay-protection": [
        (cs02e_replay_protection, {"on": ("replay", 5000), "off": ("accepted", 200)})
    ],
    "sequence-number": [
        (
            sequence_number,
            {
                "is-originator-counter": ("not-authorised", 300),
                "not-checked": ("accepted", 5000),
            },
        )
    ],
    "future-dated-counter": [
        (
            future_dated_counter,
            {
                "at-receipt": (5000, "replay", 5000),
                "at-execution": (300, "accepted", 5000),
            },
        ),
        (
            future_dated_counter_overtaken,
            {"at-receipt": (2, 5001, 5001, {}), "at-execution": (0, 5001, 5001, {})},
        ),
        (
            future_dated_counter_cancelled,
            dict.fromkeys(("at-receipt", "at-execution"), (5001, "replay", {})),
        ),
    ],
}
