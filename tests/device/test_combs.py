"""Combs of the keys in the cells: quicker, and never needed."""

from collections.abc import Iterator
from hashlib import sha256

import pytest

from gbcs_device import combs, p256
from gbcs_device.cells import Cell
from gbcs_device.device_types import ACB_KA, SUPPLIER_DS, SUPPLIER_KA
from gbcs_device.store import CACHED, Store, manufacture

PRIVATE = {name: sha256(name.encode()).digest() for name in ("supplier", "acb", "other")}
KEYS = {name: p256.public_key(private) for name, private in PRIVATE.items()}
DIGEST = sha256(b"message").digest()


class Medium(dict[str, bytes]):
    """A medium in memory that can be full."""

    full = False

    def read(self, name: str) -> bytes | None:
        return self.get(name)

    def write(self, name: str, octets: bytes) -> None:
        if self.full:
            raise OSError(28)
        self[name] = bytes(octets)

    def remove(self, name: str) -> None:
        del self[name]

    def names(self) -> list[str]:
        return list(self)


def cell(name: str) -> Cell:
    return Cell(KEYS[name], bytes(8), bytes(8))


CELLS = {SUPPLIER_DS: cell("supplier"), ACB_KA: cell("acb"), SUPPLIER_KA: cell("other")}


@pytest.fixture
def medium() -> Iterator[Medium]:
    """A medium that the combs are kept on."""
    kept = Medium()
    combs.use(kept)
    yield kept
    combs.use(None)


def tended(cells: dict[tuple[int, int, int], Cell]) -> int:
    """Work until there is nothing left to do; return how many combs were made."""
    made = 0
    while combs.tend(cells):
        made += 1
    return made


def test_makes_one_comb_at_a_time_of_the_keys_that_check_commands(medium: Medium) -> None:
    """A supplier's key agreement key checks nothing."""
    assert combs.of(KEYS["supplier"]) is None
    assert tended(CELLS) == 2
    assert tended(CELLS) == 0
    assert combs.of(KEYS["supplier"]) == p256.comb(KEYS["supplier"])
    assert combs.of(KEYS["acb"]) == p256.comb(KEYS["acb"])
    assert combs.of(KEYS["other"]) is None
    assert {len(octets) for octets in medium.values()} == {2080}


def test_comb_of_a_key_that_has_left_its_cell_is_removed(medium: Medium) -> None:
    """And the new key's is made."""
    tended(CELLS)
    assert tended({**CELLS, SUPPLIER_DS: cell("other")}) == 1
    assert combs.of(KEYS["supplier"]) is None
    assert combs.of(KEYS["other"]) is not None
    assert tended({}) == 0
    assert not medium


def test_combs_of_an_older_firmware_are_removed(medium: Medium) -> None:
    """Here no store does so: on an ESP32 it is not on the combs' medium."""
    medium["comb-0011223344556677"] = medium["marker"] = b"content"
    assert tended({SUPPLIER_DS: cell("supplier")}) == 1
    assert sorted(medium) == [combs.name_of(KEYS["supplier"]), "marker"]


@pytest.mark.parametrize("at", [0, 31, 32, 2079])
def test_damaged_comb_counts_for_nothing_and_is_made_again(medium: Medium, at: int) -> None:
    """Whatever octet it is: a comb is verified before every use."""
    tended(CELLS)
    for name, octets in medium.items():
        medium[name] = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
    assert combs.of(KEYS["supplier"]) is None
    assert tended(CELLS) == 2
    assert combs.of(KEYS["supplier"]) is not None


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(2080), bytes(5000)])
def test_comb_of_another_length_counts_for_nothing(medium: Medium, content: bytes) -> None:
    """What else may stand in a file."""
    tended(CELLS)
    for name in medium:
        medium[name] = content
    assert combs.of(KEYS["supplier"]) is None


def test_comb_of_another_key_counts_for_nothing(medium: Medium) -> None:
    """The hash is over the key too: a signature by another key must not pass."""
    tended(CELLS)
    names = list(medium)
    medium[names[0]], medium[names[1]] = medium[names[1]], medium[names[0]]
    assert combs.of(KEYS["supplier"]) is None
    assert combs.of(KEYS["acb"]) is None


def test_kept_comb_checks_signatures_and_agrees_on_secrets(medium: Medium) -> None:
    """What it is for."""
    tended(CELLS)
    comb = combs.of(KEYS["supplier"])
    signature = p256.sign(PRIVATE["supplier"], DIGEST)
    p256.verify(KEYS["supplier"], DIGEST, signature, comb)
    with pytest.raises(p256.CurveError):
        p256.verify(KEYS["supplier"], sha256(b"another").digest(), signature, comb)
    secret = p256.ecdh(PRIVATE["other"], KEYS["acb"], combs.of(KEYS["acb"]))
    assert secret == p256.ecdh(PRIVATE["acb"], KEYS["other"])


def test_full_medium_is_no_error(medium: Medium) -> None:
    """There is no comb, and nobody tries again before the next start."""
    medium.full = True
    assert tended(CELLS) == 0
    medium.full = False
    assert tended(CELLS) == 0
    assert combs.of(KEYS["supplier"]) is None


def test_combs_that_a_full_medium_has_are_used(medium: Medium) -> None:
    """There is no room for another one, which takes nothing from those that there are."""
    tended({SUPPLIER_DS: cell("supplier")})
    medium.full = True
    assert tended(CELLS) == 0
    assert combs.of(KEYS["supplier"]) == p256.comb(KEYS["supplier"])
    assert combs.of(KEYS["acb"]) is None


def test_without_a_medium_there_are_no_combs() -> None:
    """A board without room for them."""
    assert tended(CELLS) == 0
    assert combs.of(KEYS["supplier"]) is None


def test_store_leaves_the_combs_where_they_are(medium: Medium) -> None:
    """It removes every other file that its record does not name."""
    manufacture(medium)
    tended(CELLS)
    medium["stray"] = medium["comb-of-an-older-firmware"] = b""
    assert Store(medium).condition == "virgin"
    assert sorted(name[: len(CACHED)] for name in medium) == [CACHED, CACHED, "marker"]


def test_comb_of_an_authority_that_is_expected_to_check_certificates(
    medium: Medium, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the place of the one before the last."""
    monkeypatch.setattr(combs, "_authorities", [])
    for name in ("other", "supplier", "acb"):
        combs.expect(KEYS[name])
        combs.expect(KEYS[name])
    assert tended({}) == 2
    assert combs.of(KEYS["other"]) is None
    assert combs.of(KEYS["acb"]) == p256.comb(KEYS["acb"])
