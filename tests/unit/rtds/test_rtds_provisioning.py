"""Provisioning files: layers, and what is said of a wrong one."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import digital_signing, key_agreement
from gbcs_hil.rtds.layers import Layer
from gbcs_hil.rtds.provisioning import SHIPPED, read_provisioning
from gbcs_hil.smki.parties import GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A, SUPPLIER_B
from made_vectors import ESME, line_of, play, standard, update, write, write_world

NETWORK = RemotePartyRole.NETWORK_OPERATOR
SUPPLIER = RemotePartyRole.SUPPLIER
HEAD = 'schema = 1\nroot = "r.pub"\n'
START = "[start]\nclock = 2015-01-01T00:00:00Z\n"
DEVICE = '[devices.00DB1234567890A0]\ntype = "esme"\n'


def read(path: Path, text: str) -> None:
    path.write_text(text)
    read_provisioning(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema 1", "line 1"),
        ("schema = 2", "schema: "),
        ('schema = 1\nroot = "r"', "start.clock: missing"),
        (HEAD + "colour = 1", "contains unknown field `colour`"),
        (HEAD + START + "when = 1", "start: Object contains unknown field `when`"),
        (HEAD + "[start]\nclock = 2015-01-01T00:00:00", "start.clock: state the offset"),
        (HEAD + "[start]\nclock = 5", "start.clock: "),
        (HEAD + START + "[start.counters]\nboss = 1", "start.counters: boss: no such role"),
        (HEAD + START + "[start.counters]\nsupplier = -1", "start.counters.supplier: -1"),
        (HEAD + START + '[start.cells]\nroot = "00"', "start.cells: root: no such role or cell"),
        (HEAD + START + '[start.cells]\nsupplier = "00"', "start.cells.supplier: '00' is no EUI"),
        (HEAD + START + "credit-terms = [1, 2, 3]", "start.credit-terms: "),
        (HEAD + START + "credit-terms = [256, 2, 3, 4]", "start.credit-terms: 256 is not"),
        (
            HEAD + START + '[start.certificates]\nkeyAgreement = "x"',
            "field `certificates`",
        ),
        (HEAD + START + '[aside]\nx = "y"', "aside: 'x' is no EUI-64"),
        (
            HEAD + START + DEVICE + '[devices.00DB1234567890A0.certificates]\nkeyCertSign = "x"',
            "certificates: keyCertSign: no such key usage",
        ),
        (HEAD + START + '[devices.x]\ntype = "esme"', "devices: 'x' is no EUI-64"),
        (HEAD + START + "[devices.00DB1234567890A0]", "devices.00DB1234567890A0: "),
        (
            HEAD + START + DEVICE.replace("esme", "chf"),
            "devices.00DB1234567890A0.type: Invalid enum value 'chf'",
        ),
        (
            HEAD + START + DEVICE + "[devices.00DB1234567890A0.commands.13]",
            "commands: '13' is no message code",
        ),
        (
            HEAD + START + DEVICE + "[devices.00DB1234567890A0.commands.0103]\nx = 1",
            "devices.00DB1234567890A0.commands.0103: Object contains unknown field `x`",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "start.toml"
    with pytest.raises(BadInput) as raised:
        read(path, text)
    assert str(raised.value).startswith(f"{path}: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_wrong_file_ends_the_run_with_one_line(tmp_path: Path) -> None:
    standard(tmp_path)
    (tmp_path / "start.toml").write_text(HEAD + "colour = 1")
    result = play(tmp_path)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_the_shipped_file_is_one(tmp_path: Path) -> None:
    shipped = read_provisioning(SHIPPED)
    assert shipped.start.clock == datetime.datetime(2015, 1, 1, tzinfo=datetime.UTC)
    assert {device.device_type for device in shipped.devices.values()} == {"esme", "gsme", "gpf"}


@given(st.integers(0, 9), st.integers(0, 9), st.booleans())
def test_the_upper_layer_wins_entry_by_entry(low: int, high: int, stated: bool) -> None:
    lower = Layer(originator_counter=low, counters={SUPPLIER: low, NETWORK: low})
    upper = Layer(originator_counter=high if stated else None, counters={NETWORK: high})
    both = lower.under(upper)
    assert both.originator_counter == (high if stated else low)
    assert both.counters == {SUPPLIER: low, NETWORK: high}


def test_a_cell_is_more_than_its_role(tmp_path: Path) -> None:
    path = tmp_path / "start.toml"
    path.write_text(
        f"{HEAD}{START}[start.cells]\n"
        f'"supplier/keyAgreement" = "{SUPPLIER_B.eui.hex()}"\n'
        f'supplier = "{SUPPLIER_A.eui.hex()}"\n'
    )
    cells = read_provisioning(path).start.cells
    assert cells[key_agreement(SUPPLIER)] == SUPPLIER_B.eui
    assert cells[digital_signing(SUPPLIER)] == SUPPLIER_A.eui


def stated_for(folder: Path, table: str) -> str:
    """Play an update of the network operator by A with one more table; return its line."""
    write_world(folder)
    write(folder / "in.hex", update(NETWORK, GAS_NETWORK_A, GAS_NETWORK_B))
    with (folder / "start.toml").open("a") as file:
        file.write(table.format(esme=ESME.hex(), b=GAS_NETWORK_B.eui.hex()))
    return line_of(play(folder), "in.hex")


def test_the_originator_stands_in_its_cells_before_the_general_start(tmp_path: Path) -> None:
    table = '[start.cells]\nnetworkOperator = "{b}"\n'
    assert stated_for(tmp_path, table) == "no response to compare"


def test_what_is_stated_for_a_device_comes_before_the_originator(tmp_path: Path) -> None:
    said = stated_for(tmp_path, '[devices.{esme}.cells]\nnetworkOperator = "{b}"\n')
    assert "the device discards the command as not-authorised" in said


def test_what_is_stated_for_a_message_code_holds_for_it_alone(tmp_path: Path) -> None:
    table = "[devices.{esme}.commands.{code}.counters]\nnetworkOperator = 1000\n"
    said = stated_for(tmp_path / "its", table.replace("{code}", "0103"))
    assert "the device discards the command as replay" in said
    said = stated_for(tmp_path / "another", table.replace("{code}", "0102"))
    assert said == "no response to compare"


def test_settings_reach_the_device(tmp_path: Path) -> None:
    said = stated_for(tmp_path, '[devices.{esme}.settings]\ntime-checks = "sometimes"\n')
    assert said.startswith("cannot start: ")
    assert "time-checks" in said


def test_a_party_that_the_keystore_does_not_hold_cannot_stand_anywhere(tmp_path: Path) -> None:
    said = stated_for(tmp_path, '[devices.{esme}.cells]\nrecovery = "0000000000000001"\n')
    assert said.startswith("cannot start: the keystore holds no certificate of 00-00-00-00-")
