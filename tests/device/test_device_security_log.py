"""The Security Log, and the alert that a replay may raise: codes by the profile's settings."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rig import Rig, after, provisioned

from gbcs_device.profile import choices
from gbcs_device.rejection import NOT_PROVISIONED, REASONS, STORE_LOST
from gbcs_hil.gbcs.dlms_time import encode_time
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A, SUPPLIER_B
from head_end import (
    AUTHORITY,
    EUI,
    NETWORK_BY_NETWORK,
    NOW,
    SUPPLIER_BY_SUPPLIER,
    certificates,
)
from hostile_messages import HOSTILE, LAST, NETWORK, command
from made_certificates import authority

COUNTERS = {NETWORK: LAST, Role.SUPPLIER: LAST}
DEFAULTS = {
    "format-event": 0x8F1E,
    "authentication-event": 0x8F3E,
    "authorisation-event": 0x8F53,
    "replay-event": 0x8F53,
}
# The setting that names the event of a reason, and a message that is refused for it.
REASON = {
    "malformed": ("format-event", "truncated DER"),
    "unknown-message-code": ("format-event", "message code 0"),
    "unsupported": ("format-event", "a mode that it lacks"),
    "wrong-target": ("authentication-event", "the wrong target"),
    "bad-mac": ("authentication-event", "a MAC of zeros"),
    "bad-signature": ("authentication-event", "r = 0"),
    "not-authorised": ("authorisation-event", "another originator"),
    "replay": ("replay-event", "the last counter"),
}
CASES = [(reason, value) for reason, (setting, _) in REASON.items() for value in choices(setting)]


def bad(reason: str) -> bytes:
    """Return a message that the device has to refuse for this reason."""
    name = REASON[reason][1]
    assert HOSTILE[name][0] == reason
    return HOSTILE[name][1]()


def test_every_reason_has_an_event() -> None:
    """But for those of a device that has no profile to say which."""
    assert REASON.keys() == set(REASONS) - {NOT_PROVISIONED, STORE_LOST}
    assert {setting for setting, _ in REASON.values()} == DEFAULTS.keys()


@pytest.mark.parametrize(("reason", "value"), CASES)
def test_a_rejection_leaves_the_event_that_the_profile_names(reason: str, value: str) -> None:
    setting, _ = REASON[reason]
    rig = provisioned("gpf", COUNTERS, settings={setting: value})
    assert rig.refuse(bad(reason)) == reason
    expected = [] if value == "none" else [("20250601120000", int(value, 16))]
    assert rig.log == expected


@pytest.mark.parametrize("reason", REASON)
def test_a_setting_changes_no_other_reasons_event(reason: str) -> None:
    setting, _ = REASON[reason]
    rig = provisioned("gpf", COUNTERS, settings={setting: "none"})
    for other in REASON:
        rig.refuse(bad(other))
    expected = [DEFAULTS[name] for name, _ in REASON.values() if name != setting]
    assert rig.events == expected


def test_what_is_accepted_leaves_no_rejection() -> None:
    rig = provisioned("gpf", COUNTERS)
    rig.accept(rig.head_end.read(1, NETWORK))
    assert rig.log == []


def test_the_log_keeps_the_last_events_in_order() -> None:
    rig = provisioned("gpf", COUNTERS)
    for number in range(40):
        rig.now = after(number)
        rig.refuse(bad("replay" if number % 2 else "malformed"))
    assert rig.log == [
        (f"202506011200{number:02d}", 0x8F53 if number % 2 else 0x8F1E) for number in range(8, 40)
    ]


def test_the_log_ends_with_the_power() -> None:
    rig = provisioned("gpf", COUNTERS)
    files = dict(rig.medium.files)
    for reason in REASON:
        rig.refuse(bad(reason))
    assert rig.medium.files == files
    rig.restart()
    assert rig.log == []


@pytest.mark.parametrize("damage", ["record", "marker"])
def test_a_device_without_a_profile_logs_nothing(damage: str) -> None:
    rig = provisioned("gpf", COUNTERS)
    rig.medium.files[damage] = b""
    rig.restart()
    assert rig.refuse(bad("replay")) == "store-lost"
    assert rig.log == []


# -- changed cells -------------------------------------------------------------------------


def test_each_changed_cell_is_an_event() -> None:
    rig = provisioned("gpf", COUNTERS)
    pairs = certificates(Role.SUPPLIER, SUPPLIER_B)
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, LAST + 1, pairs))
    assert rig.log == [("20250601120000", 0x8F70)] * 3
    rig.accept(command())
    assert rig.events == [0x8F70] * 5


def test_a_cell_that_failed_is_none() -> None:
    rig = provisioned("gpf", COUNTERS)
    (ds, ds_cell), (_, ka_cell) = certificates(NETWORK, GAS_NETWORK_B)
    pairs = [(ds, ds_cell), (b"\x30\x00", ka_cell)]
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, LAST + 1, pairs))
    assert rig.events == [0x8F70]
    rig.accept(
        rig.head_end.update(
            NETWORK_BY_NETWORK, LAST + 2, [(b"\x30\x00", ka_cell)], owner=GAS_NETWORK_B
        )
    )
    assert rig.events == [0x8F70]


def test_a_cell_is_changed_when_its_date_comes() -> None:
    rig = provisioned("gpf", COUNTERS)
    pairs = certificates(NETWORK, GAS_NETWORK_B)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, LAST + 1, pairs, execution=after(60)))
    assert rig.log == []
    rig.tick(after(61))
    assert rig.log == [("20250601120101", 0x8F70)] * 2


def test_changed_cells_may_be_kept_out_of_the_log() -> None:
    rig = provisioned("gpf", COUNTERS, settings={"credentials-updated-event": "none"})
    rig.accept(command())
    assert rig.log == []


# -- the device's own keys -----------------------------------------------------------------

EVENTS = {
    KeyUsage.DIGITAL_SIGNATURE: ("0302 0780", 0x8F4C, 0x8F4D),
    KeyUsage.KEY_AGREEMENT: ("0302 0308", 0x8F4E, 0x8F4F),
}


@pytest.mark.parametrize("usage", EVENTS)
def test_an_own_certificate_is_an_event_whether_it_is_taken_or_not(usage: KeyUsage) -> None:
    bits, failed, replaced = EVENTS[usage]
    rig = provisioned("esme")
    other = AUTHORITY.device(EUI, generation=9)[0].public_key
    wrong = AUTHORITY.device_certificate(EUI, other, usage)
    rig.accept(rig.head_end.command(0x000B, 1, wrong))
    assert rig.events == [failed]
    rig.accept(rig.head_end.command(0x000A, 2, bytes.fromhex("3004" + bits)))
    assert rig.events == [failed]
    ((_, made),) = rig.state.own.requested.values()
    right = AUTHORITY.device_certificate(EUI, made, usage)
    rig.accept(rig.head_end.command(0x000B, 3, right))
    assert rig.events == [failed, replaced]


def test_a_certificate_for_no_usage_of_a_devices_is_no_event() -> None:
    rig = provisioned("esme")
    for counter, certificate in enumerate((b"\x30\x00", authority("any", None).certificate)):
        rig.accept(rig.head_end.command(0x000B, counter + 1, certificate))
    assert rig.log == []


# -- the alert -----------------------------------------------------------------------------

ALERTING = {"replay-alert": "supplier"}


def esme_payload(event: str, now: datetime, counter: int) -> bytes:
    head = b"\x0f\x20" + (counter & 0xFFFFFF).to_bytes(3) + bytes.fromhex("00 0202 12" + event)
    return head + b"\x09\x0c" + encode_time(now)


def gbz_payload(event: str, now: datetime, counter: int) -> bytes:
    seconds = int((now - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())
    return bytes.fromhex("010900" + event) + seconds.to_bytes(4)


PAYLOADS: dict[str, Callable[[str, datetime, int], bytes]] = {
    "esme": esme_payload,
    "gpf": gbz_payload,
    "gsme": gbz_payload,
}


def replay(rig: Rig) -> bytes:
    """Deliver a supplier's old command; return the only thing that the device sends."""
    pairs = certificates(Role.SUPPLIER, SUPPLIER_A)
    outcome = rig.deliver(rig.head_end.update(SUPPLIER_BY_SUPPLIER, LAST, pairs))
    assert outcome.verdict == "replay"
    (output,) = outcome.outputs
    return bytes(output)


@pytest.mark.parametrize("event", [value for value in choices("replay-event") if value != "none"])
@pytest.mark.parametrize("device_type", PAYLOADS)
def test_a_replay_raises_an_alert_to_the_supplier(device_type: str, event: str) -> None:
    settings = {**ALERTING, "replay-event": event}
    rig = provisioned(device_type, {Role.SUPPLIER: LAST}, settings=settings)
    counters, contents = rig.state.counters, rig.contents()
    payload = rig.head_end.alert(replay(rig), 0x1000, SUPPLIER_A.eui, 2000)
    assert payload == PAYLOADS[device_type](event, NOW, 2000)
    assert rig.events == [int(event, 16)]
    # Nothing but the device's own counter has changed, and that for good.
    rig.restart()
    assert rig.state.originator_counter == 2000
    assert (rig.state.counters, rig.contents()) == (counters, contents)
    rig.now = after(86400)
    payload = rig.head_end.alert(replay(rig), 0x1000, SUPPLIER_A.eui, 2001)
    assert payload == PAYLOADS[device_type](event, after(86400), 2001)


@pytest.mark.parametrize("reason", [reason for reason in REASON if reason != "replay"])
def test_nothing_else_raises_one(reason: str) -> None:
    rig = provisioned("gpf", COUNTERS, settings=ALERTING)
    assert rig.refuse(bad(reason)) == reason


def test_without_event_there_is_no_alert() -> None:
    rig = provisioned("gpf", COUNTERS, settings={**ALERTING, "replay-event": "none"})
    assert rig.refuse(bad("replay")) == "replay"


def test_the_alert_goes_to_who_is_the_supplier_now() -> None:
    for party in (SUPPLIER_B, ACB):
        rig = provisioned("gpf", COUNTERS, settings=ALERTING)
        pairs = certificates(Role.SUPPLIER, party)
        rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, LAST + 1, pairs))
        (output,) = rig.deliver(bad("replay")).outputs
        rig.head_end.alert(output, 0x1000, party.eui, 2000)


def test_the_devices_alerts_share_one_counter() -> None:
    rig = provisioned("gpf", COUNTERS, settings=ALERTING, originator_counter=7)
    pairs = certificates(NETWORK, GAS_NETWORK_B)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, LAST + 1, pairs, execution=after(60)))
    rig.head_end.alert(replay(rig), 0x1000, SUPPLIER_A.eui, 8)
    rig.restart()
    (output,) = rig.tick(after(60))
    assert len(rig.head_end.alert(output, 0x00CB, GAS_NETWORK_A.eui, 9)) > 100
    rig.head_end.alert(replay(rig), 0x1000, SUPPLIER_A.eui, 10)


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (datetime(2000, 1, 1, tzinfo=UTC), "00000000"),
        (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), "00000000"),
        (datetime(1970, 1, 1, tzinfo=UTC), "00000000"),
        (datetime(2136, 2, 7, 6, 28, 15, tzinfo=UTC), "FFFFFFFF"),
        (datetime(2136, 2, 7, 6, 28, 16, tzinfo=UTC), "FFFFFFFF"),
        (datetime(9999, 12, 31, tzinfo=UTC), "FFFFFFFF"),
    ],
)
def test_a_clock_outside_zigbees_range_is_at_its_end(now: datetime, seconds: str) -> None:
    rig = provisioned("gsme", {Role.SUPPLIER: LAST}, settings=ALERTING)
    rig.now = now
    payload = rig.head_end.alert(replay(rig), 0x1000, SUPPLIER_A.eui, 2000)
    assert payload == bytes.fromhex("0109 00 8F53" + seconds)
