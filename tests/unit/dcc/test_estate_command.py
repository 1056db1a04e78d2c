"""`gbcs-hil estate` reports on what a ledger knows of its devices."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dcc_world import AUTHORITY, NOW, PKI, SINCE, World, meter
from gbcs_hil.cli import main
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.estate_record import kept_estate
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.participants import PARTICIPANTS, UserStatus
from gbcs_hil.dcc.registration_data import Registration, RegistrationData
from gbcs_hil.dcc.smki_registration import RevocationReason, SmkiRegistration
from gbcs_hil.gbcs.names import KeyUsage, format_eui
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A

GPF, ESME, SILENT = (number.to_bytes(8, "big") for number in (1, 2, 3))
DAY = ("--day", "2026-06-01")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A GPF with the ACB's certificates, an ESME with a Supplier's, a GPF that never told."""
    path = tmp_path / "dcc.sqlite"
    world = World(ledger=Ledger.file(path))
    old = NOW - timedelta(days=100)
    devices = (
        meter("gpf", GPF, meter_point="4000000001", commissioned=old),
        meter("esme", ESME, meter_point="2000000000001", commissioned=old),
        meter("gpf", SILENT, meter_point="4000000003"),
    )
    world.dsp.estate = Estate(
        {device.eui: device for device in devices},
        RegistrationData(
            Registration(device.meter_point or "", SINCE, "SUPA", operator)
            for device, operator in zip(devices, ("GTNA", "EDNA", "GTNA"), strict=True)
        ),
    )
    world.holds(ACB, GPF)
    world.holds(SUPPLIER_A, ESME)
    world.ledger.close()
    return path


def estate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["estate", *map(str, arguments)])


def told(*arguments: object) -> dict[str, object]:
    result = estate(*arguments, "--json")
    assert result.exit_code in (0, 1), result.output
    content: dict[str, object] = json.loads(result.stdout)
    return content


@pytest.mark.requirement("S63-11", "S63-13")
def test_both_counts_are_told(ledger: Path) -> None:
    counted = told("cells", ledger, *DAY)
    assert (counted["devices"], counted["incorrect"], counted["never_updated"]) == (3, 0, 2)
    assert (counted["untold"], counted["not_placed"]) == (1, {"GTNA": 1, "EDNA": 1})
    shown = estate("cells", ledger, *DAY)
    assert shown.exit_code == 0
    assert "never updated: a Supplier's or the ACB's" in shown.stdout


@pytest.mark.requirement("MP128A-6", "MP128A-7")
def test_the_post_commissioning_report_with_and_without_mp183(
    ledger: Path, tmp_path: Path
) -> None:
    (tmp_path / "without.toml").write_text("[policy]\nmp183 = false\n")
    for options, verdict in (((), "excused"), (("--policy", tmp_path / "without.toml"), "fail")):
        report = told("post-commissioning", ledger, *DAY, *options)["report"]
        assert isinstance(report, list)
        assert {line["device"]: line["verdict"] for line in report} == {
            format_eui(GPF): verdict,
            format_eui(ESME): "fail",
        }
    shown = estate("post-commissioning", ledger, *DAY)
    assert shown.exit_code == 1
    assert "1 left out: no date of commissioning is known" in shown.stdout


@pytest.mark.requirement("MP128A-8", "MP128A-9")
def test_the_exit_gate_opens_when_nothing_is_left_to_do(ledger: Path) -> None:
    shut = estate("exit-gate", ledger, "GTNA", *DAY)
    assert shut.exit_code == 1
    assert "the exit gate is shut" in shut.stdout
    world = World(ledger=Ledger.file(ledger))
    kept = told("exit-gate", ledger, "GTNB", *DAY)
    assert (kept["outstanding"], kept["announced"]) == ([], False)
    smki = SmkiRegistration(world.ledger.database, AUTHORITY, world.dsp.policy)
    leaver = next(p for p in PARTICIPANTS if p.eui == GAS_NETWORK_B.eui)
    smki.announce_leaving(leaver)
    certificate = PKI.credential(GAS_NETWORK_B.eui, KeyUsage.DIGITAL_SIGNATURE).certificate
    smki.revoke(leaver, certificate, RevocationReason.CEASING)
    world.holds(GAS_NETWORK_A)
    world.ledger.close()
    assert estate("exit-gate", ledger, "GTNB", *DAY).exit_code == 0


def test_who_is_no_network_operator_is_one_line_and_status_2(ledger: Path) -> None:
    for mpid in ("SUPA", "NONE"):
        result = estate("exit-gate", ledger, mpid)
        assert result.exit_code == 2
        assert "it knows EDNA, EDNB, GTNA, GTNB, IDNX" in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_what_is_no_ledger_is_status_2(tmp_path: Path) -> None:
    result = estate("cells", tmp_path / "missing.sqlite")
    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)


def test_the_estate_that_is_kept_is_the_one_that_counts_now(ledger_url: str) -> None:
    ledger = Ledger(ledger_url)
    world = World(ledger=ledger)
    gone = tuple(replace(p, status=UserStatus.CEASED) for p in PARTICIPANTS)
    point = "4000000001"
    data = world.dsp.estate.registration.missing(point)
    for start, supplier in ((SINCE, "SUPA"), (NOW.date(), "SUPB")):
        data = data.with_registration(Registration(point, start, supplier, "GTNA"))
    world.dsp.estate = replace(world.dsp.estate, registration=data, participants=gone)
    kept = kept_estate(ledger.database)
    assert sorted(kept.participants, key=repr) == sorted(gone, key=repr)
    assert kept.registration.entries() == data.entries()
    keyless = {
        eui: replace(device, signing_public_key=b"", agreement_public_key=b"")
        for eui, device in world.dsp.estate.devices.items()
    }
    assert kept.devices == keyless
    ledger.close()
