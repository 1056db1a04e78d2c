"""The keystore: a certificate's content counts, its file's name only for prepayment."""

import json
from pathlib import Path

import pytest

from gbcs_hil.errors import BadInput, CredentialError
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import (
    digital_signing,
    key_agreement,
    prepayment_key_agreement,
)
from gbcs_hil.rtds.anchors import read_root, read_secrets
from gbcs_hil.rtds.keystore import Keystore
from gbcs_hil.smki.parties import ACB, SUPPLIER_A, SUPPLIER_B
from made_vectors import AUTHORITY, DEVICES, ESME, write_world

SUPPLIER = RemotePartyRole.SUPPLIER


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    write_world(tmp_path)
    return tmp_path / "keystore"


def file_of(folder: Path, eui: bytes, usage: KeyUsage) -> Path:
    held = Keystore.read(folder).of(eui, usage)
    assert held is not None
    return folder / held.name


def test_a_copy_under_another_partys_name_is_its_subjects(keystore: Path) -> None:
    source = file_of(keystore, SUPPLIER_B.eui, KeyUsage.KEY_AGREEMENT)
    own = f"{SUPPLIER_B.eui.hex()}-ka.pem"
    source.rename(keystore / own)
    # The lower name would win were it not another's.
    copy = f"{'0' * 15}7-ka.pem"
    (keystore / copy).write_bytes((keystore / own).read_bytes())
    read = Keystore.read(keystore)
    assert read.of(bytes.fromhex(copy[:16]), KeyUsage.KEY_AGREEMENT) is None
    held = read.of(SUPPLIER_B.eui, KeyUsage.KEY_AGREEMENT)
    assert held is not None
    assert held.name == own


def test_what_is_no_certificate_is_left_alone(keystore: Path) -> None:
    before = len(list(keystore.iterdir()))
    (keystore / "notes.pem").write_text("not a certificate")
    (keystore / "half.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    )
    (keystore / "x-ds.key").write_text("-----BEGIN EC PRIVATE KEY-----\n")
    (keystore / "folder.pem").mkdir()
    assert len(list(keystore.iterdir())) == before + 4
    assert Keystore.read(keystore).first_of(SUPPLIER, digital_signing(SUPPLIER)) is not None


def test_the_first_party_of_a_role_has_the_lowest_eui(keystore: Path) -> None:
    read = Keystore.read(keystore)
    for cell in (digital_signing(SUPPLIER), prepayment_key_agreement(SUPPLIER)):
        held = read.first_of(SUPPLIER, cell)
        assert held is not None
        assert held.eui == SUPPLIER_A.eui


def test_a_party_that_lacks_certificates_of_its_role_comes_after_one_that_has_them(
    keystore: Path,
) -> None:
    file_of(keystore, SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE).unlink()
    held = Keystore.read(keystore).first_of(SUPPLIER, key_agreement(SUPPLIER))
    assert held is not None
    assert held.eui == SUPPLIER_B.eui


def test_a_party_without_a_prepayment_key_stands_there_with_its_other_one(keystore: Path) -> None:
    read = Keystore.read(keystore)
    own = read.for_cell(prepayment_key_agreement(SUPPLIER), SUPPLIER_A.eui)
    lent = read.for_cell(prepayment_key_agreement(SUPPLIER), ACB.eui)
    assert own is not None
    assert lent is not None
    assert own.cell_usage is CellUsage.PREPAYMENT_TOP_UP
    assert lent == read.of(ACB.eui, KeyUsage.KEY_AGREEMENT)


def test_the_root_may_be_a_bare_public_key(keystore: Path) -> None:
    root = AUTHORITY.root
    assert read_root(keystore, "anchor.pub") == {
        "public_key": root.public_key,
        "unique_id": bytes(8),
        "ski": root.ski,
    }


@pytest.mark.parametrize("content", ["", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"])
def test_a_root_that_is_neither_key_nor_certificate_is_refused(
    keystore: Path, content: str
) -> None:
    (keystore / "anchor.pub").write_text(content)
    with pytest.raises(CredentialError, match=r"anchor\.pub"):
        read_root(keystore, "anchor.pub")


def test_a_secret_may_name_its_ends_in_either_order(keystore: Path) -> None:
    path = keystore.parent / "shared-secrets.json"
    read = Keystore.read(keystore)
    before = read_secrets(path, read)
    turned = {
        " x ".join(reversed(names.split(" x "))): z
        for names, z in json.loads(path.read_text()).items()
    }
    path.write_text(json.dumps(turned))
    assert read_secrets(path, read) == before
    assert set(before) == set(DEVICES)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ("[]", "an object"),
        ('{"nobody": "00"}', "'nobody' does not name two certificates"),
        ('{"a x b": "00"}', "'a x b': a secret is 32 octets"),
        ('{"a x b": 5}', "'a x b': a secret is 32 octets"),
        ('{"a x b": "zz"}', "'a x b': a secret is 32 octets"),
    ],
)
def test_secrets_that_are_malformed_are_named(keystore: Path, content: str, said: str) -> None:
    path = keystore.parent / "shared-secrets.json"
    path.write_text(content)
    with pytest.raises(BadInput, match=said) as raised:
        read_secrets(path, Keystore.read(keystore))
    assert str(path) in str(raised.value)


def test_a_secret_of_strangers_is_left_out(keystore: Path) -> None:
    path = keystore.parent / "shared-secrets.json"
    path.write_text(json.dumps({"a x b": "00" * 32}))
    assert read_secrets(path, Keystore.read(keystore)) == {}
    assert ESME in DEVICES
