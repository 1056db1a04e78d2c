"""Payment mode vectors (SRV 1.6) of every shape: at once, at a date, cancelled, failing."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import AlertCode
from gbcs_hil.gbcs.payment_mode_responses import CreditTerms, DefaultResponse
from gbcs_hil.gbcs.security_credentials import CANCEL
from made_exchanges import ALERT_COUNTER, Made, alert, esme_payment, gsme_payment
from made_families import PAYMENT
from made_vectors import CLOCK, DUE, GSME, line_of, play, signed, write, write_world

OTHER_TERMS = CreditTerms(0, 7, 5, 4)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A keystore, secrets and a provisioning file, without vectors."""
    write_world(tmp_path)
    return tmp_path


def lines(folder: Path) -> dict[str, dict[str, Any]]:
    result = play(folder, "--json")
    return {item["file"]: item for item in json.loads(result.stdout)["vectors"]}


def test_every_payment_mode_matches(world: Path) -> None:
    for name, made in PAYMENT.items():
        made.write(world / name, "x")
    said = lines(world)
    assert {item["status"] for item in said.values()} == {"match"}, said
    # ECS03 activates two attributes, and each has an alert of its own.
    assert len(said) == len(PAYMENT) + 2 * 2 + 1


def test_the_alerts_of_one_command_have_consecutive_counters(world: Path) -> None:
    esme_payment(True, DUE, own_counter=0x1000000).write(world, "x")
    said = lines(world)
    assert [said[f"x_ALERT_{n}.HEX"]["counter"] for n in (0, 1)] == [0x1000000, 0x1000001]
    assert {item["status"] for item in said.values()} == {"match"}
    assert "own counter 16777215 to start with" in str(said["x_ALERT_1.HEX"]["notes"])


def test_one_alert_of_two_is_not_enough(world: Path) -> None:
    made = esme_payment(True, DUE)
    replace(made, alerts=made.alerts[:1]).write(world, "x")
    said = line_of(play(world), "x_ALERT_0.HEX")
    assert said.startswith("differs: the device sends 1 more than expected")


def test_an_alert_too_many_is_not_sent(world: Path) -> None:
    made = esme_payment(False, DUE)
    more = replace(FutureDatedAlert.decode(made.alerts[0].payload), own_counter=ALERT_COUNTER + 1)
    extra = alert(made.command, MessageCode.DLMS_ALERT, more.encode(), ALERT_COUNTER + 1)
    replace(made, alerts=(*made.alerts, extra)).write(world, "x")
    assert line_of(play(world), "x_ALERT_1.HEX").startswith("differs: the device sends nothing")


def test_alerts_in_another_order_are_put_in_the_devices(world: Path) -> None:
    made = esme_payment(True, DUE)
    first, second = (FutureDatedAlert.decode(item.payload) for item in made.alerts)
    turned = tuple(
        alert(made.command, MessageCode.DLMS_ALERT, notice.under(counter).encode(), counter)
        for counter, notice in ((ALERT_COUNTER, second), (ALERT_COUNTER + 1, first))
    )
    replace(made, alerts=turned).write(world, "x")
    said = lines(world)
    for number in (0, 1):
        item = said[f"x_ALERT_{number}.HEX"]
        assert item["status"] == "match", item
        assert "order of the alerts normalised" in item["notes"]


@pytest.mark.parametrize("make", [esme_payment, gsme_payment])
def test_a_time_stamp_of_the_start_is_normalised(world: Path, make: Any) -> None:
    make(False, DUE, stamp=CLOCK).write(world, "x")
    said = line_of(play(world), "x_ALERT_0.HEX")
    assert said.startswith("match (time stamp normalised: the vector's clock stands at its start")


def test_another_time_stamp_differs(world: Path) -> None:
    esme_payment(False, DUE, stamp=datetime.fromisoformat("2027-01-01T00:00:00Z")).write(
        world, "x"
    )
    said = line_of(play(world), "x_ALERT_0.HEX")
    assert said.startswith("differs: ")
    assert "time stamp: expected 2027-01-01 00:00:00, device says 2026-06-01" in said


def test_an_esme_that_reports_a_fault_is_marked_and_not_faked(world: Path) -> None:
    esme_payment(False, results=(0, 1, 250)).write(world, "x")
    result = play(world)
    assert line_of(result, "x_COMMAND.HEX") == (
        "reports a fault: Account credit charge configuration hardware-fault (1), "
        "Account activation time other-reason (250)"
    )
    assert "0 match, 0 differ, 0 unsupported, 1 with a fault" in result.stdout.splitlines()[-1]
    assert result.exit_code == 0
    assert lines(world)["x_COMMAND.HEX"]["status"] == "fault"


def test_a_gsme_that_reports_a_fault_is_marked_and_not_faked(world: Path) -> None:
    gsme_payment(True, payload=DefaultResponse(0xC0).encode()).write(world, "x")
    assert line_of(play(world), "x_COMMAND.HEX") == "reports a fault: hardware failure (0xC0)"


@pytest.mark.parametrize("make", [esme_payment, gsme_payment])
def test_an_alert_of_failure_reports_a_fault(world: Path, make: Any) -> None:
    make(False, DUE, alert_code=AlertCode.FUTURE_DATED_FAILURE).write(world, "x")
    result = play(world)
    assert line_of(result, "x_COMMAND.HEX") == "match"
    assert line_of(result, "x_ALERT_0.HEX").startswith("reports a fault: 0x8F67 Future-date")


def test_a_fault_does_not_hide_another_difference(world: Path) -> None:
    made = esme_payment(False, results=(0, 1, 250))
    wrong = made.response.payload.replace(b"\x00\x03\xf2", b"\x00\x03\xf3")
    other = replace(made, response=signed(replace(made.response, payload=wrong)))
    other.write(world, "invoke id")
    header = replace(made.response.header, date_time=None)
    replace(made, response=signed(replace(made.response, header=header))).write(world, "date")
    replace(made, response=made.response.protected(b"", None)).write(world, "signature")
    result = play(world)
    for name in ("invoke id", "date", "signature"):
        assert line_of(result, f"{name}_COMMAND.HEX").startswith("differs: ")
    assert result.exit_code == 1


def test_other_credit_terms_are_taken_from_the_response(world: Path) -> None:
    gsme_payment(False, payload=OTHER_TERMS.encode()).write(world, "x")
    said = line_of(play(world), "x_COMMAND.HEX")
    assert said == "match (credit terms taken from the response)"


def test_credit_terms_that_are_stated_are_not_taken(world: Path) -> None:
    gsme_payment(False, payload=OTHER_TERMS.encode()).write(world, "x")
    with (world / "start.toml").open("a") as file:
        file.write(f"[devices.{GSME.hex()}.commands.006C]\ncredit-terms = [0, 7, 5, 3]\n")
    said = line_of(play(world), "x_COMMAND.HEX")
    assert said.endswith("emergency credit threshold: expected 4, device says 3")


def test_variants_that_share_a_counter_keep_their_own_alerts(world: Path) -> None:
    for name, own in (("SINGLE", ALERT_COUNTER), ("TWIN", ALERT_COUNTER + 2)):
        made = esme_payment(True, DUE, own_counter=own)
        write(world / f"ECS03_FUTURE_{name}_COMMAND.HEX", made.command)
        write(world / f"ECS03_FUTURE_{name}_RESPONSE.HEX", made.response)
        for number, item in enumerate(made.alerts):
            write(world / f"ECS03_8F66_{name}_ALERT_{number}.HEX", item)
    said = lines(world)
    assert len(said) == 6
    assert {item["status"] for item in said.values()} == {"match"}, said


def test_an_alert_goes_to_the_command_that_waits(world: Path) -> None:
    """Counters overlap between the variants of a use case."""
    for execution in (None, CANCEL, DUE):
        esme_payment(True, execution).write(world, f"x {execution}")
    said = lines(world)
    assert len(said) == 5
    assert {item["status"] for item in said.values()} == {"match"}, said


def test_copies_of_an_alert_are_one_alert(world: Path) -> None:
    made: Made = esme_payment(True, DUE)
    made.write(world, "x")
    for number, item in enumerate(made.alerts):
        write(world / f"copy {number}.HEX", item)
    said = lines(world)
    assert len(said) == 5
    assert {item["status"] for item in said.values()} == {"match"}, said
