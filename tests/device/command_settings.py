"""What each value of the settings about what a command may say and when it acts does."""

from dataclasses import replace
from typing import Any

from rig import Effects, Rig, after, provisioned

from gbcs_hil.gbcs.credential_responses import UpdateResponse
from gbcs_hil.gbcs.der import normalise_lengths
from gbcs_hil.gbcs.message import Cra, Message, parse
from gbcs_hil.gbcs.names import CredentialsReplacementMode as Mode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security import verify_signature
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
)
from head_end import (
    COS_BY_COS,
    NETWORK_BY_NETWORK,
    NOW,
    SUPPLIER_BY_SUPPLIER,
    certificates,
    role_cells,
    signing,
)
from hostile_messages import HOSTILE
from made_vectors import long_lengths

NETWORK = Role.NETWORK_OPERATOR
NO_DS, NO_KA = role_cells(NETWORK)
HANDOVER = certificates(NETWORK, GAS_NETWORK_B)
BACK = certificates(NETWORK, GAS_NETWORK_A)
BROKER = certificates(NETWORK, ACB)


def device(setting: str, value: str) -> Rig:
    return provisioned("gpf", settings={setting: value})


def owner(rig: Rig) -> bytes:
    return rig.in_cell(NO_DS)[0]


def result(rig: Rig, command: bytes) -> object:
    """Return the verdict on a CS02b, or its cells' statuses where it was executed."""
    outcome = rig.deliver(command)
    if outcome.verdict != "accepted":
        return outcome.verdict
    done = UpdateResponse.decode(parse(outcome.outputs[0]).payload).outcome
    assert done is not None
    return [int(item.status) for item in done.outcomes]


def replacement_mode(value: str) -> object:
    """Say supplierBySupplier under the code of networkOperatorByNetworkOperator."""
    rig = device("replacement-mode", value)
    named = role_cells(NETWORK)[0]
    message = rig.head_end.pre_command(
        SUPPLIER_BY_SUPPLIER,
        5,
        HANDOVER,
        code=0x0103,
        owner=GAS_NETWORK_A,
        authorising_cell=named,
    )
    return result(rig, rig.head_end.protect(message, signing(GAS_NETWORK_A))), owner(rig)


def pending_commands_of_two_parties(value: str) -> object:
    """Have two operators' commands wait, cancel the second's, and see who is left."""
    rig = device("pending-command", value)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5, BROKER, execution=after(60)))
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 6, HANDOVER))
    again: dict[str, Any] = {"owner": GAS_NETWORK_B}
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 7, BACK, execution=after(90), **again))
    both = sorted(originator for _, originator in rig.state.pending)
    rig.restart()
    assert both == sorted(originator for _, originator in rig.state.pending)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 8, BACK, execution=CANCEL, **again))
    return both, [originator for _, originator in rig.state.pending]


def pending_commands_of_two_codes(value: str) -> object:
    """Have the operator's and the supplier's commands wait, and the supplier cancel its own."""
    rig = device("pending-command", value)
    supplier = certificates(Role.SUPPLIER, SUPPLIER_B)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5, BROKER, execution=after(60)))
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5, supplier, execution=after(60)))
    both = sorted(code for code, _ in rig.state.pending)
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 6, supplier, execution=CANCEL))
    return both, [code for code, _ in rig.state.pending]


def pending_command(value: str) -> object:
    return pending_commands_of_two_parties(value), pending_commands_of_two_codes(value)


def due_together(value: str) -> object:
    """Have three parties' commands due at once, the last the earliest of them."""
    return due_in_turn(
        value, (COS_BY_COS, 60), (SUPPLIER_BY_SUPPLIER, 60), (NETWORK_BY_NETWORK, 30)
    )


def due_after_a_change(value: str) -> object:
    """Have a command take the place of an earlier one, and so a place behind another's."""
    first, second = (COS_BY_COS, 60), (SUPPLIER_BY_SUPPLIER, 60)
    return due_in_turn(value, first, second, first)


def due_in_turn(value: str, *waiting: tuple[Mode, int]) -> object:
    """Return the originators of the alerts of commands that wait so many seconds."""
    rig = device("due-together", value)
    pairs = {
        COS_BY_COS: certificates(Role.TRANSITIONAL_COS, TRANSITIONAL_COS),
        SUPPLIER_BY_SUPPLIER: certificates(Role.SUPPLIER, SUPPLIER_B),
        NETWORK_BY_NETWORK: BACK,
    }
    for counter, (mode, seconds) in enumerate(waiting, 5):
        rig.accept(rig.head_end.update(mode, counter, pairs[mode], execution=after(seconds)))
    rig.restart()
    alerts = [parse(alert).header for alert in rig.tick(after(60))]
    assert [alert.counter for alert in alerts] == [2000 + number for number in range(len(alerts))]
    return [alert.recipient for alert in alerts]


def authorising_cell_at_execution(value: str) -> object:
    """Have a command wait while its originator loses the cell."""
    rig = device("authorising-cell-at-execution", value)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5, BROKER, floor=1, execution=after(60)))
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 6, HANDOVER))
    alerts = len(rig.tick(after(60)))
    return alerts, owner(rig), rig.counter(NETWORK), rig.state.pending


def kept_cell_at_execution(value: str) -> object:
    """Have a command wait while its originator only renews its cell."""
    rig = device("authorising-cell-at-execution", value)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5, HANDOVER, execution=after(60)))
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 6, BACK))
    return len(rig.tick(after(60))), owner(rig)


def past_execution_date(value: str) -> object:
    rig = device("past-execution-date", value)
    now = rig.head_end.update(NETWORK_BY_NETWORK, 5, HANDOVER, execution=rig.now)
    found = result(rig, now)
    return found, owner(rig), rig.counter(NETWORK)


def cell_outside_mode(value: str) -> object:
    rig = device("cell-outside-mode", value)
    outside = certificates(Role.SUPPLIER, SUPPLIER_B)[0]
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5, [outside, *HANDOVER])
    supplier = rig.in_cell(outside[1])
    found = result(rig, command)
    assert rig.in_cell(outside[1]) == supplier
    return found, owner(rig)


def cell_absent(value: str) -> object:
    """Offer a GPF without the supplier's prepayment cell a certificate for that."""
    settings = {"cell-absent": value, "gpf-prepayment-cell": "absent"}
    rig = provisioned("gpf", settings=settings)
    supplier = certificates(Role.SUPPLIER, SUPPLIER_B)
    return result(rig, rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5, supplier))


def outside_and_absent(value: str) -> object:
    """Name an absent cell in a mode that may not replace it."""
    settings = {"cell-absent": value, "cell-outside-mode": "status-127"}
    rig = provisioned("gpf", settings={**settings, "gpf-prepayment-cell": "absent"})
    prepayment = certificates(Role.SUPPLIER, SUPPLIER_B)[2:]
    return result(rig, rig.head_end.update(NETWORK_BY_NETWORK, 5, prepayment))


def no_replacements(value: str) -> object:
    rig = device("no-replacements", value)
    found = result(rig, rig.head_end.update(NETWORK_BY_NETWORK, 5, [], floor=3))
    return found, rig.counter(NETWORK)


def order_of_checks(value: str) -> object:
    """Return the verdicts on a stranger's replay without a good MAC, then on better ones."""
    rig = provisioned("gpf", {NETWORK: 9}, settings={"order-of-checks": value})
    update = rig.head_end.update
    name: dict[str, Any] = {"owner": GAS_NETWORK_B}
    return [
        rig.deliver(message).verdict
        for message in (
            update(NETWORK_BY_NETWORK, 9, HANDOVER, **name)[:-12] + bytes(12),
            update(NETWORK_BY_NETWORK, 10, HANDOVER, **name)[:-12] + bytes(12),
            update(NETWORK_BY_NETWORK, 10, HANDOVER, originator=GAS_NETWORK_B.eui),
            update(NETWORK_BY_NETWORK, 9, HANDOVER)[:-12] + bytes(12),
            update(NETWORK_BY_NETWORK, 9, HANDOVER, signer=signing(GAS_NETWORK_B)),
            update(NETWORK_BY_NETWORK, 9, HANDOVER),
        )
    ]


def cell_named_twice(value: str) -> object:
    rig = device("cell-named-twice", value)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5, [*BROKER, HANDOVER[0]])
    return result(rig, command), owner(rig)


def cells_of_a_role(value: str) -> object:
    """Replace one cell of the network operator's, then both, then one of the supplier's."""
    rig = device("cells-of-a-role", value)
    one = rig.head_end.update(NETWORK_BY_NETWORK, 5, BACK[:1])
    both = rig.head_end.update(NETWORK_BY_NETWORK, 6, BACK)
    supplier = certificates(Role.SUPPLIER, SUPPLIER_B)
    two = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5, supplier[:2])
    all_three = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 6, supplier)
    commands = [one, both, two]
    found = [result(rig, command) for command in commands]
    if value == "together":
        found.append(result(rig, all_three))
    return found


def longer(octets: bytes) -> bytes:
    """Return DER whose outermost length takes an octet more than it needs."""
    if octets[1] < 0x80:
        return octets[:1] + b"\x81" + octets[1:]
    assert octets[1] == 0x81
    return octets[:1] + b"\x82\x00" + octets[2:]


def der_lengths(value: str) -> object:
    """Return the verdicts on a CS02a, a CS02b, a CS02c and a CS02e with longer lengths."""
    rig = device("der-lengths", value)
    head_end = rig.head_end
    read = parse(head_end.read(1, NETWORK))
    update = head_end.pre_command(NETWORK_BY_NETWORK, 5, [], path=[])
    messages = [
        head_end.protect(Message(read.header, longer(read.payload))),
        head_end.protect(Message(update.header, longer(update.payload)), signing(GAS_NETWORK_A)),
        *(
            head_end.command(code, 5 + code, longer(bytes.fromhex("3004 0302 0780")))
            for code in (0x000A, 0x000C)
        ),
    ]
    return [rig.deliver(message).verdict for message in messages]


def deeper_der_lengths(value: str) -> object:
    """Return the verdicts on longer lengths inside the payload, as the vectors' responses have."""
    rig = device("der-lengths", value)
    message = rig.head_end.pre_command(NETWORK_BY_NETWORK, 5, [], path=[])
    body = message.payload[2:]
    control, rest = body[: 2 + body[1]], body[2 + body[1] :]
    inner = control[:1] + b"\x82\x00" + control[1:] + rest
    made = Message(message.header, bytes([0x30, len(inner)]) + inner)
    return rig.deliver(rig.head_end.protect(made, signing(GAS_NETWORK_A))).verdict


A, B = GAS_NETWORK_A.eui, GAS_NETWORK_B.eui


def unset_clock(value: str) -> object:
    """Return what comes of certificates and dates before the clock is set, and after it."""
    rig = device("unset-clock", value)
    # As a board's clock stands when it starts: before every certificate's notBefore.
    rig.now, rig.clock_is_set = after(-20 * 365 * 86400), False
    statuses = result(rig, rig.head_end.update(NETWORK_BY_NETWORK, 5, HANDOVER))
    dated = rig.head_end.update(
        SUPPLIER_BY_SUPPLIER,
        5,
        certificates(Role.SUPPLIER, SUPPLIER_A),
        execution=after(-21 * 365 * 86400),
    )
    waits = len(parse(rig.accept(dated)).payload) == 4
    early = len(rig.tick(rig.now))
    rig.clock_is_set = True
    return statuses, waits, early, len(rig.tick(NOW)), rig.state.pending


def der_lengths_sent(value: str) -> object:
    """Return the first octets of a response, an alert and a read, and whether they are DER."""
    rig = device("der-lengths-sent", value)
    pairs = certificates(Role.SUPPLIER, SUPPLIER_A)
    command = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5, pairs)
    payloads = [parse(rig.accept(command)).payload]
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 6, pairs, execution=after(60)))
    payloads += [parse(alert).payload for alert in rig.tick(after(60))]
    payloads.append(parse(rig.accept(rig.head_end.read(1, NETWORK, Role.SUPPLIER))).payload)
    normal = [normalise_lengths(payload).octets for payload in payloads]
    assert UpdateResponse.decode(payloads[0]).outcome is not None
    return [payload[:2].hex() for payload in payloads], [
        long_lengths(short) == payload for short, payload in zip(normal, payloads, strict=True)
    ]


def rejection_response(value: str) -> object:
    """Return how rejected messages are answered: by payloads, behind them the device's log."""
    rig = device("rejection-response", value)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5, BACK))
    found = []
    for message in (
        rig.head_end.update(NETWORK_BY_NETWORK, 5, BACK),
        rig.head_end.read(1, NETWORK)[:-1] + b"\0",
        HOSTILE["an unknown message code"][1](),
        HOSTILE["an empty payload"][1](),
        HOSTILE["the wrong target"][1](),
        HOSTILE["a response"][1](),
        HOSTILE["cut in half"][1](),
    ):
        before = dict(rig.medium.files)
        outcome = rig.deliver(message)
        assert outcome.verdict != "accepted"
        assert rig.medium.files == before
        payloads = []
        for output in outcome.outputs:
            answer, command = parse(output), parse(message)
            verify_signature(answer, rig.head_end.signing_key)
            assert answer.header == replace(
                command.header,
                cra=Cra.RESPONSE,
                originator=command.header.recipient,
                recipient=command.header.originator,
            )
            payloads.append(answer.payload)
        found.append(payloads)
    return found


EFFECTS: Effects = {
    "unset-clock": [
        (
            unset_clock,
            {"trusted": ([10, 10], False, 0, 0, {}), "disregarded": ([0, 0], True, 0, 1, {})},
        )
    ],
    "der-lengths-sent": [
        (
            der_lengths_sent,
            {
                "shortest": (["3081"] * 3, [False] * 3),
                "two-octets": (["3082"] * 3, [True] * 3),
            },
        )
    ],
    "rejection-response": [
        (rejection_response, {"none": [[]] * 7, "empty": [[b""]] * 4 + [[]] * 3}),
    ],
    "replacement-mode": [
        (replacement_mode, {"is-message-codes": ("malformed", A), "not-checked": ([0, 0], B)})
    ],
    "pending-command": [
        (
            pending_command,
            {
                "by-message-code": (([B], []), ([0x0102, 0x0103], [0x0103])),
                "by-originator": (([A, B], [A]), ([0x0102, 0x0103], [0x0103])),
                "one-for-all": (([B], []), ([0x0102], [])),
            },
        ),
    ],
    "due-together": [
        (
            due_together,
            {
                "by-receipt": [A, TRANSITIONAL_COS.eui, SUPPLIER_A.eui],
                "by-message-code": [A, SUPPLIER_A.eui, TRANSITIONAL_COS.eui],
            },
        ),
        (due_after_a_change, {"by-receipt": [SUPPLIER_A.eui, TRANSITIONAL_COS.eui]}),
    ],
    "authorising-cell-at-execution": [
        (
            authorising_cell_at_execution,
            {"not-checked": (1, ACB.eui, 1, {}), "still-originators": (0, B, 6, {})},
        ),
        (kept_cell_at_execution, {"not-checked": (1, B), "still-originators": (1, B)}),
    ],
    "past-execution-date": [
        (past_execution_date, {"execute-now": ([0, 0], B, 5), "refuse": ("not-authorised", A, 0)})
    ],
    "cell-outside-mode": [
        (
            cell_outside_mode,
            {
                "refuse-command": ("not-authorised", A),
                **{f"status-{code}": ([code, 0, 0], B) for code in (25, 5, 127)},
            },
        )
    ],
    "cell-absent": [
        (
            cell_absent,
            {
                **{f"status-{code}": [0, 0, code] for code in (25, 5, 127)},
                "refuse-command": "not-authorised",
            },
        ),
        (outside_and_absent, {"status-25": [127], "refuse-command": [127]}),
    ],
    "no-replacements": [
        (no_replacements, {"allow": ([], 3), "refuse-command": ("not-authorised", 0)})
    ],
    "order-of-checks": [
        (
            order_of_checks,
            {
                "owner-mac-signature-counter": [
                    *["not-authorised"] * 3,
                    *("bad-mac", "bad-signature", "replay"),
                ],
                "mac-signature-owner-counter": [
                    *("bad-mac", "bad-mac", "not-authorised"),
                    *("bad-mac", "bad-signature", "replay"),
                ],
                "counter-owner-mac-signature": [
                    *("replay", "not-authorised", "not-authorised"),
                    *["replay"] * 3,
                ],
            },
        )
    ],
    "cell-named-twice": [
        (
            cell_named_twice,
            {"allow": ([0, 0, 0], B), "refuse-command": ("not-authorised", A)},
        )
    ],
    "cells-of-a-role": [
        (
            cells_of_a_role,
            {
                "singly": [[0], [0, 0], [0, 0]],
                "together": ["not-authorised", [0, 0], "not-authorised", [0, 0, 0]],
            },
        )
    ],
    "der-lengths": [
        (der_lengths, {"strict": ["malformed"] * 4, "tolerant": ["accepted"] * 4}),
        (deeper_der_lengths, {"strict": "malformed", "tolerant": "accepted"}),
    ],
}
