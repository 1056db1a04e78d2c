"""CS02a and CS02b vectors of every shape: what is told of the start state, and what matches."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gbcs_hil.gbcs.credential_responses import UpdateResponse
from gbcs_hil.gbcs.message import Message, pre_command
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import CredentialsReplacementMode as Mode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.smki.parties import (
    ACB,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
)
from made_exchanges import (
    ALERT_COUNTER,
    Made,
    credentials_update,
    read,
    recovery,
    renewed,
    swaps,
)
from made_families import CREDENTIALS
from made_vectors import (
    DUE,
    ESME,
    GSME,
    line_of,
    long_lengths,
    play,
    signed,
    write,
    write_world,
)

CHANGE = swaps(Role.SUPPLIER, SUPPLIER_A, SUPPLIER_B)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A keystore, secrets and a provisioning file, without vectors."""
    write_world(tmp_path)
    return tmp_path


def test_every_family_matches_from_what_its_vectors_tell(world: Path) -> None:
    for name, made in CREDENTIALS.items():
        made.write(world / name, "x")
    result = play(world, "--json")
    vectors = {item["file"]: item for item in json.loads(result.stdout)["vectors"]}
    assert len(vectors) == len(CREDENTIALS) + 3
    for item in vectors.values():
        assert (item["status"], item["details"]) == ("match", []), item
    assert result.exit_code == 0
    noted = {file for file, item in vectors.items() if "taken from" in " ".join(item["notes"])}
    assert noted == {file for file in vectors if "ALERT" in file}


def test_lengths_that_are_not_der_match_in_every_update(world: Path) -> None:
    for name, made in CREDENTIALS.items():
        if made.command.header.message_code != MessageCode.CS02A and not made.alerts:
            response = replace(made.response, payload=long_lengths(made.response.payload))
            replace(made, response=signed(response)).write(world / name, "x")
    result = play(world)
    assert result.exit_code == 0, result.output
    assert " differs" not in result.stdout


def start_of(folder: Path, made: Made, table: str = "") -> dict[str, object]:
    """Play one command; return its line as JSON."""
    made.write(folder, "it")
    with (folder / "start.toml").open("a") as file:
        file.write(table)
    vectors = json.loads(play(folder, "--json").stdout)["vectors"]
    return dict(vectors[0])


@pytest.mark.parametrize("execution", [None, DUE])
def test_who_stood_in_the_cells_is_taken_from_what_came_of_the_command(
    world: Path, execution: object
) -> None:
    back = swaps(Role.SUPPLIER, SUPPLIER_B, SUPPLIER_A)
    said = start_of(
        world,
        credentials_update(
            Mode.SUPPLIER_BY_TRANS_COS,
            TRANSITIONAL_COS,
            back,
            counter=6001,
            execution=DUE if execution else None,
        ),
    )
    told = "alert" if execution else "response"
    assert (said["status"], said["notes"]) == ("match", [f"start cells taken from the {told}"])


def test_recovery_finds_whoever_stood_there(world: Path) -> None:
    said = start_of(world, recovery(existing=SUPPLIER_B))
    assert (said["status"], said["notes"]) == ("match", ["start cells taken from the response"])


def test_the_authorising_cell_is_the_originators_whatever_the_response_shows(world: Path) -> None:
    made = credentials_update(
        Mode.SUPPLIER_BY_SUPPLIER,
        SUPPLIER_A,
        swaps(Role.SUPPLIER, SUPPLIER_B, SUPPLIER_A),
        counter=1000,
    )
    said = start_of(world, made)
    assert (said["status"], said["verdict"]) == ("differs", "accepted")
    assert "existingSubjectUniqueID: expected" in str(said["details"])


def test_who_is_not_in_the_keystore_is_named(world: Path) -> None:
    first = renewed(SUPPLIER_A, 3)
    changed = [
        replace(swap, existing=old.brought) for swap, old in zip(CHANGE, first, strict=True)
    ]
    said = start_of(
        world,
        credentials_update(Mode.SUPPLIER_BY_TRANS_COS, TRANSITIONAL_COS, changed, counter=6001),
    )
    assert said["status"] == "differs"
    assert "the keystore does not hold what the response shows in supplier" in str(said["notes"])


def test_cells_that_are_stated_win_over_what_is_told(world: Path) -> None:
    made = CREDENTIALS["6.23 at once"]
    table = f'[devices.{ESME.hex()}.cells]\nsupplier = "{SUPPLIER_B.eui.hex()}"\n'
    assert start_of(world, made, table)["status"] == "differs"


def test_counters_that_a_read_shows_are_taken_from_it(world: Path) -> None:
    said = start_of(world, read(ESME, {Role.SUPPLIER: 7, Role.NETWORK_OPERATOR: 12}))
    assert said["status"] == "match"
    # What is stated for the device needs nobody to tell it.
    assert said["notes"] == ["counters (networkOperator 12) taken from the response"]


def test_a_counter_that_is_stated_for_the_device_is_not_taken(world: Path) -> None:
    said = start_of(world, read(ESME, {Role.SUPPLIER: 8}))
    assert said["details"] == [
        "payload octet 11, remotePartyDetails[0].currentSeqNumber: expected 8, device says 7"
    ] or "currentSeqNumber: expected 8, device says 7" in str(said["details"])


@pytest.mark.parametrize("setting", ["off", "on"])
def test_counter_0_of_the_reader_itself_is_said_and_normalised(world: Path, setting: str) -> None:
    made = read(GSME, {Role.ACCESS_CONTROL_BROKER: 0, Role.NETWORK_OPERATOR: None})
    table = f'[devices.{GSME.hex()}.settings]\ncs02a-replay-protection = "{setting}"\n'
    said = start_of(world, made, table)
    assert said["status"] == "match", said
    note = "the read shows counter 0 for accessControlBroker, whose command has 1302"
    assert said["notes"] == [note + (": normalised" if setting == "on" else "")]


def test_a_counter_for_a_role_that_the_type_lacks_is_left_out_of_the_general_start(
    world: Path,
) -> None:
    made = CREDENTIALS["6.24.1 of a GSME"]
    said = start_of(world, made, "[start.counters]\nnetworkOperator = 1\n")
    assert said["status"] == "match", said


def test_a_response_without_command_has_its_own_line(world: Path) -> None:
    made = CREDENTIALS["recovery"]
    header = replace(made.response.header, message_code=MessageCode.CS02B_ANY_BY_CONTINGENCY)
    payload = UpdateResponse(None).encode()
    write(world / "alone.HEX", signed(Message(header, payload)))
    made.write(world, "it")
    result = play(world)
    assert line_of(result, "alone.HEX") == (
        "no command to play: response of message code 0109 (CS02b anyByContingency)"
    )
    assert "1 without command" in result.stdout.splitlines()[-1]
    assert result.exit_code == 0
    assert "1 match" not in play(world, "--only", "0109").stdout


@pytest.mark.parametrize(
    ("code", "name"), [(0x011B, "CS02f"), (0x0126, "CS02g loadControllerBySupplier")]
)
def test_what_the_device_does_not_do_is_unsupported(world: Path, code: int, name: str) -> None:
    made = CREDENTIALS["6.15.1 at a date"]
    command = replace(made.command, header=replace(made.command.header, message_code=code))
    write(world / "in.HEX", command)
    said = line_of(play(world), "in.HEX")
    assert said == f"unsupported: message code {code:04X} ({name})"


def test_a_device_that_is_set_aside_is_named(world: Path) -> None:
    plain = pre_command(MessageCode.CS02A, ACB.eui, bytes(8), 1, b"\x30\x00")
    write(world / "in.HEX", plain.protected(bytes(64), None))
    with (world / "start.toml").open("a") as file:
        file.write(f'[aside]\n{bytes(8).hex()} = "a Communications Hub"\n')
    said = line_of(play(world), "in.HEX")
    assert said == "unsupported: 00-00-00-00-00-00-00-00 is a Communications Hub"


def test_an_alert_of_partial_failure_is_played(world: Path) -> None:
    name = CREDENTIALS["6.15.1 that fails at a date"].write(world, "it")
    result = play(world)
    assert line_of(result, name) == "match"
    assert line_of(result, "it_ALERT_0.HEX").startswith(f"match (own counter {ALERT_COUNTER - 1}")
