"""Modules that are in memory only while they are needed."""

import sys
from collections.abc import Iterator

import pytest

from gbcs_device import borrowed, use_cases
from gbcs_device.borrowed import Borrowed, fetch, forget_kept

NAME = "gbcs_device.gsme_payment"


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A board with room to spare, that has nothing of the use cases in memory."""
    for name in list(sys.modules):
        if name.startswith("gbcs_device.") and name.endswith("_payment"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(borrowed, "keeping", True)
    yield
    forget_kept()


def test_what_is_borrowed_is_forgotten(roomy: None) -> None:
    with Borrowed("gsme_payment") as first:
        assert sys.modules[NAME] is first
    assert NAME not in sys.modules
    with Borrowed("gsme_payment") as second:
        assert second is not first


def test_what_is_kept_is_there_again_without_being_read(roomy: None) -> None:
    with Borrowed("gsme_payment", keep=True) as first:
        pass
    assert NAME not in sys.modules
    with Borrowed("gsme_payment", keep=True) as second:
        assert second is first


def test_what_is_kept_stays_beside_other_things(roomy: None) -> None:
    with Borrowed("gsme_payment", keep=True) as first:
        pass
    with Borrowed("esme_payment", keep=True):
        pass
    with Borrowed("gsme_payment", keep=True) as again:
        assert again is first


def test_what_is_fetched_ahead_is_there_and_not_fetched_again(roomy: None) -> None:
    assert fetch("gsme_payment")
    assert not fetch("gsme_payment")
    assert NAME not in sys.modules
    assert forget_kept()
    assert fetch("gsme_payment")


def test_a_fetch_that_finds_no_memory_is_the_last(
    roomy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    assert fetch("esme_payment")
    monkeypatch.setattr(Borrowed, "__enter__", full)
    assert not fetch("gsme_payment")
    assert not borrowed.keeping
    assert not forget_kept()


def test_of_use_cases_only_the_largest_is_fetched_and_kept(
    roomy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.startswith("gbcs_device.") and name.endswith("_credentials"):
            monkeypatch.delitem(sys.modules, name)
    while use_cases.fetch_ahead():
        pass
    assert sorted(borrowed._kept) == ["gbcs_device.signing", "gbcs_device.update_credentials"]
    seen = []
    for code in (0x0104, 0x0008) * 2:
        with use_cases.borrowed(code, "gpf", True) as module:
            seen.append(module)
    assert seen[0] is seen[2]
    assert seen[1] is not seen[3]


def test_nothing_is_kept_where_memory_is_short(
    roomy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(borrowed, "keeping", False)
    with Borrowed("gsme_payment", keep=True):
        pass
    assert not forget_kept()
