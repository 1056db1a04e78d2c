"""`gbcs-hil rtds` on reference data that the tests make, so that nothing else is needed."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gbcs_hil.gbcs.credential_responses import UpdateResponse
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.gbcs.security import authenticate
from gbcs_hil.smki.parties import GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A, SUPPLIER_B
from made_vectors import (
    ESME,
    answer,
    gbcs_hil,
    line_of,
    long_lengths,
    outcome,
    play,
    read_command,
    read_response,
    renewal_of_acb,
    secret_of,
    signed,
    standard,
    unknown_command,
    update,
    update_response,
    write,
    write_world,
)

NETWORK = (RemotePartyRole.NETWORK_OPERATOR, GAS_NETWORK_A, GAS_NETWORK_B)
SUPPLIER = (RemotePartyRole.SUPPLIER, SUPPLIER_A, SUPPLIER_B)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A keystore, secrets and a provisioning file, without vectors."""
    write_world(tmp_path)
    return tmp_path


def load(path: Path) -> Message:
    return parse(bytes.fromhex(path.read_text()))


def test_exchanges_of_any_name_and_nesting_match(tmp_path: Path) -> None:
    standard(tmp_path)
    result = play(tmp_path)
    assert result.exit_code == 0, result.output
    assert line_of(result, "reads/A_COMMAND.hex") == "match"
    assert line_of(result, "deep/er/in.HEX") == "match"
    assert line_of(result, "later/command.hex") == "match"
    assert line_of(result, "later/alert.hex").startswith("match (own counter 1999")
    assert result.stdout.splitlines()[-1].startswith("5 match, 0 differ, 0 unsupported (")


def test_commands_are_played_in_counter_order(tmp_path: Path) -> None:
    standard(tmp_path)
    counters = [item["counter"] for item in json.loads(play(tmp_path, "--json").stdout)["vectors"]]
    assert counters == [5, 1000, 1001, 2000, 1300]


def test_a_command_that_names_no_cell_is_the_acbs(world: Path) -> None:
    command, result = renewal_of_acb()
    write(world / "in.hex", command)
    write(world / "out.hex", update_response(command, result))
    assert line_of(play(world), "in.hex") == "match"


def test_lengths_that_are_not_der_still_match(world: Path) -> None:
    command = update(*NETWORK)
    write(world / "in.hex", command)
    response = answer(command, long_lengths(UpdateResponse(outcome(*NETWORK)).encode()))
    response = replace(response, header=update_response(command, None).header)
    assert b"\x82\x00" in response.payload
    write(world / "out.hex", signed(response))
    result = play(world)
    assert line_of(result, "in.hex") == "match (lengths normalised)", result.output


@pytest.mark.parametrize("spoilt", [False, True])
def test_a_mac_over_long_lengths_is_verified_over_them(world: Path, spoilt: bool) -> None:
    roles = (RemotePartyRole.NETWORK_OPERATOR, RemotePartyRole.NETWORK_OPERATOR)
    command = read_command(roles=roles)
    once = read_response(command).payload
    twice = long_lengths(b"\x30\x81" + bytes([2 * (len(once) - 2)]) + 2 * once[2:])
    assert twice.startswith(b"\x30\x82\x00")
    response = authenticate(answer(command, twice), secret_of(ESME))
    if spoilt:
        response = response.protected(b"", bytes(12))
    write(world / "in.hex", command)
    write(world / "out.hex", response)
    result = play(world)
    said = line_of(result, "in.hex")
    if spoilt:
        assert said.startswith("differs: MAC: the vector's does not verify")
    else:
        assert said == "match (lengths normalised)", result.output
    assert result.exit_code == spoilt


def test_a_difference_is_named_by_its_field(world: Path) -> None:
    command = update(*NETWORK)
    told = outcome(*NETWORK)
    first, second = told.outcomes
    wrong = replace(second, status=StatusCode.NO_TRUST_ANCHOR)
    write(world / "x COMMAND.hex", command)
    response = update_response(command, replace(told, outcomes=(first, wrong)))
    write(world / "x RESPONSE.hex", response)
    right = update_response(command, told).payload
    at = next(at for at, octet in enumerate(response.payload) if octet != right[at])
    result = play(world)
    assert result.exit_code == 1
    assert line_of(result, "x COMMAND.hex") == (
        f"differs: payload octet {at}, executionOutcome.replacementOutcomes[1].statusCode: "
        "expected noTrustAnchor (10), device says success (0)"
    )
    assert result.stdout.splitlines()[-1].startswith("0 match, 1 differ, 0 unsupported")


def test_a_response_of_the_name_is_compared_whatever_its_header(world: Path) -> None:
    command = update(*NETWORK)
    response = update_response(command, outcome(*NETWORK))
    other = signed(replace(response.pre_command, header=replace(response.header, counter=9)))
    write(world / "a_Command.hex", command)
    write(world / "a_Response.hex", other)
    said = line_of(play(world), "a_Command.hex")
    assert said.startswith("differs: Originator Counter: expected 9, device says 1000")


def test_the_response_beside_the_command_is_preferred(world: Path) -> None:
    command = update(*NETWORK)
    wrong = update_response(command, None)
    write(world / "near" / "in.hex", command)
    write(world / "near" / "out.hex", update_response(command, outcome(*NETWORK)))
    write(world / "far" / "out.hex", wrong)
    assert line_of(play(world), "in.hex") == "match"


def test_two_responses_that_fit_alike_are_ambiguous(world: Path) -> None:
    command = update(*NETWORK)
    write(world / "in.hex", command)
    write(world / "one.hex", update_response(command, outcome(*NETWORK)))
    write(world / "two.hex", update_response(command, None))
    result = play(world)
    assert line_of(result, "in.hex") == "ambiguous: these fit equally well: one.hex, two.hex"
    assert result.exit_code == 1


def test_a_command_without_response_is_no_failure(tmp_path: Path) -> None:
    standard(tmp_path)
    write(tmp_path / "in.hex", update(*NETWORK, counter=1005))
    result = play(tmp_path)
    assert line_of(result, "in.hex") == "no response to compare"
    assert result.exit_code == 0
    assert "1 without response" in result.stdout


def test_a_run_that_compares_nothing_says_so(world: Path) -> None:
    write(world / "in.hex", update(*NETWORK))
    write(world / "unknown.hex", unknown_command())
    result = play(world)
    assert line_of(result, "in.hex") == "no response to compare"
    assert line_of(result, "unknown.hex") == "unsupported: message code 0FFF"
    assert result.exit_code == 2
    assert result.stderr.startswith(f"gbcs-hil: {world}: nothing could be compared; each line ")


def test_a_command_that_is_discarded_differs_even_without_response(world: Path) -> None:
    command = update(*NETWORK)
    write(world / "in.hex", command.protected(command.signature, bytes(12)))
    result = play(world)
    said = line_of(result, "in.hex")
    assert said.startswith("differs: the device discards the command as bad-mac: ")
    assert result.exit_code == 1


def test_a_signature_that_is_not_the_devices_is_only_noted(world: Path) -> None:
    command = update(*NETWORK)
    response = update_response(command, outcome(*NETWORK))
    write(world / "in.hex", command)
    write(world / "out.hex", response.protected(bytes(64), None))
    result = play(world)
    assert line_of(result, "in.hex").startswith("match (in the vector, the signature on")
    assert result.exit_code == 0


def test_a_response_without_its_signature_differs(world: Path) -> None:
    command = update(*NETWORK)
    response = update_response(command, outcome(*NETWORK))
    write(world / "in.hex", command)
    write(world / "out.hex", response.protected(b"", None))
    said = line_of(play(world), "in.hex")
    assert said == "differs: signature: expected without, device answers with"


def test_an_alert_that_names_another_command_differs(tmp_path: Path) -> None:
    standard(tmp_path)
    alert = load(tmp_path / "later" / "alert.hex")
    payload = alert.payload.replace(b"\x02\x02\x03\xe9", b"\x02\x02\x03\xea", 1)
    write(tmp_path / "later" / "alert.hex", signed(replace(alert, payload=payload)))
    result = play(tmp_path)
    said = line_of(result, "alert.hex")
    assert "authorisingRemotePartySeqNumber: expected 1002, device says 1001" in said
    assert result.exit_code == 1


def test_an_own_counter_that_is_stated_is_not_taken_from_the_alert(tmp_path: Path) -> None:
    standard(tmp_path)
    start = (tmp_path / "start.toml").read_text()
    (tmp_path / "start.toml").write_text(
        start.replace("[start]", "[start]\noriginator-counter = 41")
    )
    said = line_of(play(tmp_path), "alert.hex")
    assert said == "differs: Originator Counter: expected 2000, device says 42"


def test_a_future_dated_command_without_alert_says_so(tmp_path: Path) -> None:
    standard(tmp_path)
    (tmp_path / "later" / "alert.hex").unlink()
    assert line_of(play(tmp_path), "later/command.hex") == "match (no alert to compare)"


def test_what_belongs_to_no_command_has_a_line_and_is_counted(tmp_path: Path) -> None:
    standard(tmp_path)
    (tmp_path / "later" / "command.hex").unlink()
    result = play(tmp_path)
    assert line_of(result, "later/response.hex") == (
        "no command to play: response of message code 0102 (CS02b supplierBySupplier)"
    )
    assert line_of(result, "later/alert.hex") == (
        "no command to play: alert of message code 00CB (CS02b)"
    )
    assert "2 without command" in result.stdout.splitlines()[-1]
    assert json.loads(play(tmp_path, "--json").stdout)["left_over"] == [
        "later/response.hex",
        "later/alert.hex",
    ]
    assert result.exit_code == 0


def test_an_unknown_message_code_is_unsupported(tmp_path: Path) -> None:
    standard(tmp_path)
    write(tmp_path / "in.hex", unknown_command())
    write(tmp_path / "again.hex", unknown_command())
    result = play(tmp_path)
    assert line_of(result, "in.hex") == "unsupported: message code 0FFF"
    assert line_of(result, "again.hex") == "unsupported: message code 0FFF"
    assert result.exit_code == 0


@pytest.mark.parametrize("length", [5000, 7000])
def test_a_command_that_is_longer_than_the_device_takes_may_be_unknown(
    world: Path, length: int
) -> None:
    write(world / "in.hex", unknown_command(payload=bytes(length)))
    assert line_of(play(world), "in.hex") == "unsupported: message code 0FFF"


@pytest.mark.parametrize(("length", "verdict"), [(5000, "malformed"), (7000, "too-long")])
def test_a_known_command_that_is_too_long_is_discarded(
    world: Path, length: int, verdict: str
) -> None:
    command = read_command()
    write(world / "in.hex", replace(command, payload=bytes(length)))
    write(world / "out.hex", read_response(command))
    said = line_of(play(world), "in.hex")
    assert said.startswith(f"differs: the device discards the command as {verdict}: ")


def test_a_command_to_a_device_that_is_not_provisioned_is_unsupported(world: Path) -> None:
    write(world / "in.hex", unknown_command(bytes(8)))
    said = line_of(play(world), "in.hex")
    assert said == "unsupported: no device 00-00-00-00-00-00-00-00 in the provisioning file"


def test_a_discarded_command_differs_and_says_why(world: Path) -> None:
    command = update(*NETWORK)
    write(world / "in.hex", command.protected(command.signature, bytes(12)))
    write(world / "out.hex", update_response(command, outcome(*NETWORK)))
    result = play(world)
    said = line_of(result, "in.hex")
    assert said.startswith("differs: the device discards the command as bad-mac: ")
    assert result.exit_code == 1


def test_a_missing_secret_is_named(world: Path) -> None:
    write(world / "in.hex", update(*NETWORK))
    (world / "shared-secrets.json").write_text("{}")
    said = line_of(play(world), "in.hex")
    assert "shared-secrets.json names no secret of the device and party" in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not hexadecimal", "the file is not hexadecimal text"),
        (b"", "the file is empty"),
        (b"DF0", "the file is not hexadecimal text"),
        (b"DF0902", "offset 3: Originator Counter takes 8 octets, 0 left"),
        (b"00" * (1 << 18) + b"00", "the file is too long"),
    ],
)
def test_a_file_that_is_no_message_has_its_own_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    standard(tmp_path)
    (tmp_path / "odd.HEX").write_bytes(content)
    result = play(tmp_path)
    assert line_of(result, "odd.HEX").startswith(f"unreadable: {reason}")
    assert "5 match, 0 differ, 0 unsupported, 1 unreadable" in result.stdout
    assert result.exit_code == 1


def test_a_link_to_a_folder_is_followed_once(world: Path, tmp_path: Path) -> None:
    write(world / "elsewhere" / "in.hex", update(*NETWORK))
    (world / "elsewhere" / "loop").symlink_to("..")
    assert line_of(play(world), "in.hex") == "no response to compare"


def test_names_choose_what_is_played(tmp_path: Path) -> None:
    standard(tmp_path)
    assert "1 match, 0 differ, 0 unsupported" in play(tmp_path, "--only", "HANDOVER").stdout
    assert "1 match, 0 differ, 0 unsupported" in play(tmp_path, "--only", "0008").stdout
    result = play(tmp_path, "--only", "nothing of this name")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_json_tells_what_was_played_and_from_where(tmp_path: Path) -> None:
    standard(tmp_path)
    said = json.loads(play(tmp_path, "--json", "--only", "handover").stdout)
    (vector,) = said["vectors"]
    assert (vector["status"], vector["message_code"], vector["verdict"]) == (
        "match",
        "0102",
        "accepted",
    )
    cells = vector["start"]["cells"]
    # The ACB stands in the supplier's cells, with one certificate in two of them.
    assert cells["supplier/keyAgreement"] == cells["supplier/keyAgreement/prepaymentTopUp"]
    assert cells["supplier/keyAgreement"] == cells["accessControlBroker/keyAgreement"]
    assert vector["start"]["type"] == "gpf"


def test_what_is_piped_is_plain(tmp_path: Path) -> None:
    standard(tmp_path)
    result = play(tmp_path)
    assert "\x1b" not in result.output
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("keystore", "cannot read the keystore"),
        ("keystore/anchor.pub", "root's public key"),
        ("shared-secrets.json", "shared secrets Z"),
        ("start.toml", "No such file"),
    ],
)
def test_a_folder_that_lacks_something_is_unusable(
    tmp_path: Path, missing: str, said: str
) -> None:
    standard(tmp_path)
    gone = tmp_path / missing
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    result = play(tmp_path)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert said in line
    assert str(gone) in line


@pytest.mark.parametrize("make", [True, False])
def test_a_folder_without_vectors_is_unusable(tmp_path: Path, make: bool) -> None:
    folder = tmp_path / "folder"
    if make:
        write_world(folder)
    result = gbcs_hil("rtds", folder)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_an_unknown_target_is_unusable(tmp_path: Path) -> None:
    standard(tmp_path)
    result = play(tmp_path, "--target", "abacus:")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
