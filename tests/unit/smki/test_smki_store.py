"""The PKI's folder: what is loaded is what was saved, and keys stay with their owner."""

import stat
from pathlib import Path

import pytest

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import GAS_NETWORK_A, SUPPLIER_A, Pki
from gbcs_hil.smki.store import load, save

DEVICE = b"\x02GBHIL\xff\x01"


@pytest.fixture
def pki() -> Pki:
    authority = Authority.create(seed=b"store")
    return Pki.issue(authority, (SUPPLIER_A, GAS_NETWORK_A)).with_credentials(
        authority.device(DEVICE)
    )


def test_what_is_loaded_is_what_was_saved(pki: Pki, tmp_path: Path) -> None:
    save(pki, tmp_path / "pki")
    loaded = load(tmp_path / "pki")
    assert loaded.credentials == pki.credentials
    assert loaded.authority.path == pki.authority.path


def test_a_loaded_key_is_the_saved_one(pki: Pki, tmp_path: Path) -> None:
    save(pki, tmp_path)
    loaded = load(tmp_path).credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE)
    saved = pki.credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE)
    assert loaded.private_key.private_numbers() == saved.private_key.private_numbers()


def test_a_loaded_authority_issues_more(pki: Pki, tmp_path: Path) -> None:
    save(pki, tmp_path)
    authority = load(tmp_path).authority
    assert authority.not_before == pki.authority.not_before
    assert len(authority.organisation(GAS_NETWORK_A.role, GAS_NETWORK_A.eui)) == 2


def test_private_keys_are_for_their_owner_alone(pki: Pki, tmp_path: Path) -> None:
    save(pki, tmp_path)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("*.key")}
    assert modes == {0o600}


def test_the_folder_says_that_these_are_test_keys(pki: Pki, tmp_path: Path) -> None:
    save(pki, tmp_path)
    assert (tmp_path / "README.txt").read_text().startswith("TEST KEYS ONLY")


def test_saving_again_brings_the_folder_up_to_date(pki: Pki, tmp_path: Path) -> None:
    save(pki, tmp_path)
    fewer = Pki(pki.authority, pki.credentials[-1:])
    save(fewer, tmp_path)
    assert load(tmp_path).credentials == fewer.credentials


def test_another_pki_is_not_overwritten(pki: Pki, tmp_path: Path) -> None:
    save(pki, tmp_path)
    with pytest.raises(CredentialError, match="another PKI"):
        save(Pki.issue(Authority.create(seed=b"other"), ()), tmp_path)


def test_a_folder_with_other_files_is_left_alone(pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CredentialError, match="other files"):
        save(pki, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_key_of_another_certificate_is_refused(pki: Pki, tmp_path: Path) -> None:
    save(pki, tmp_path)
    first, second = sorted(tmp_path.glob("0*.key"))[:2]
    first.write_bytes(second.read_bytes())
    with pytest.raises(CredentialError, match="does not belong"):
        load(tmp_path)


@pytest.mark.parametrize("spoil", ["missing", "empty"])
def test_an_unreadable_file_is_named(pki: Pki, tmp_path: Path, spoil: str) -> None:
    save(pki, tmp_path)
    key = tmp_path / "authority-root.key"
    key.unlink()
    if spoil == "empty":
        key.touch()
    with pytest.raises(CredentialError, match="authority-root"):
        load(tmp_path)


def test_no_folder_is_no_pki(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="cannot read"):
        load(tmp_path / "nothing")
