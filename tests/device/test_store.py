"""The store keeps all of a commit or none of it, and never takes damage for a virgin device."""

import hashlib
from collections.abc import Callable
from random import Random
from types import ModuleType

import pytest
from test_store_media import Chip, nvs

from gbcs_device import cells, profile, store
from gbcs_device.cells import Cell
from gbcs_device.device_types import (
    CELLS,
    DIGITAL_SIGNATURE,
    KEY_AGREEMENT,
    SUPPLIER_DS,
    counter_roles,
)
from gbcs_device.own_credentials import OwnCredentials
from gbcs_device.payment_mode import CREDIT, PREPAYMENT, PaymentMode
from gbcs_device.state import Identity, State
from gbcs_device.store import LOST, PROVISIONED, VIRGIN, NoRoom, Store
from gbcs_hil.gbcs.message import pre_command

EUI = bytes.fromhex("00DB1234567890A3")
SENDER, OTHER = b"a sender", b"another1"
# What littlefs keeps beside a file's name: no more than its buffers hold.
INLINE = 256


class PowerCut(Exception):
    """The medium's power went."""


class Medium:
    """Files in memory whose power goes at a chosen operation."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.operations = 0
        self.cut_at = -1

    def _operation(self) -> None:
        if self.operations == self.cut_at:
            raise PowerCut
        self.operations += 1

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, octets: bytes) -> None:
        self._operation()
        self.files[name] = bytes(octets)

    def remove(self, name: str) -> None:
        self._operation()
        del self.files[name]

    def names(self) -> list[str]:
        return list(self.files)


def cell(label: str) -> Cell:
    digest = hashlib.sha512(label.encode()).digest()
    return Cell(b"\x04" + digest, digest[:8], digest[8:16], 3)


def identity(device_type: str = "gpf", **settings: str) -> Identity:
    chosen = profile.settings("P-KEEP", settings)
    secrets = {b"\4" + bytes(64): b"\7" * 32}
    return Identity(device_type, EUI, "P-KEEP", chosen, secrets, [3, 4, 5, 6])


OWN = OwnCredentials(
    {DIGITAL_SIGNATURE: b"\1" * 32, KEY_AGREEMENT: b"\2" * 32},
    {KEY_AGREEMENT: b"a certificate"},
    {},
)


def factory_state(device_type: str = "gpf") -> State:
    cells = {identifier: cell(str(identifier)) for identifier in CELLS[device_type]}
    counters = dict.fromkeys(counter_roles(device_type), 7)
    return State(OWN, cells, counters, 5, 1999, PaymentMode(CREDIT), {})


def virgin_medium() -> Medium:
    medium = Medium()
    store.manufacture(medium)
    return medium


def provisioned_medium() -> Medium:
    medium = virgin_medium()
    Store(medium).provision(identity(), factory_state())
    return medium


def contents(state: State, held: Store | None = None) -> tuple[object, ...]:
    """Return all of a state; commands that wait come from the store that holds them, if any."""
    return (
        {name: held.encode() for name, held in state.cells.items()},
        state.counters,
        state.prepayment_floor,
        state.originator_counter,
        {
            key: (date, held.command(command) if held else command)
            for key, (date, command) in state.pending.items()
        },
        state.own.encode(),
        (state.payment.mode, state.payment.threshold, state.payment.configuration),
    )


def waiting(code: int, originator: bytes, text: bytes = b"") -> tuple[str, bytes]:
    """Return an entry of the commands that wait; the store finds the originator in it."""
    message = pre_command(code, originator, EUI, 1, text).protected(b"", None)
    return "20300115000000", message.encode()


def changed_state() -> State:
    state = factory_state()
    state.cells[SUPPLIER_DS] = cell("another supplier")
    state.counters[2] = 2**64 - 1
    state.pending[0x0102, SENDER] = waiting(0x0102, SENDER)
    state.pending[0x0102, OTHER] = waiting(0x0102, OTHER)
    state.own = OWN.with_request(DIGITAL_SIGNATURE, b"\3" * 32, b"\4" * 65)
    state.payment = PaymentMode(PREPAYMENT, -(2**31), 2**32 - 1)
    return state


def test_everything_comes_back_after_a_restart() -> None:
    medium = provisioned_medium()
    Store(medium).commit(changed_state())
    again = Store(medium)
    assert again.condition == PROVISIONED
    assert contents(again.state, again) == contents(changed_state())
    assert (again.identity.device_type, again.identity.eui) == ("gpf", EUI)
    assert again.identity.profile == "P-KEEP"
    assert again.identity.settings == profile.settings("P-KEEP")
    assert again.identity.shared_secrets == {b"\4" + bytes(64): b"\7" * 32}
    assert again.identity.credit_terms == [3, 4, 5, 6]
    assert again.sequence == 2


@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
@pytest.mark.parametrize("count", [0, 1, 4, 12])
def test_the_record_fits_littlefs_inline_storage(device_type: str, count: int) -> None:
    """With four commands that wait; with one for each message code it is a file of its own."""
    medium = virgin_medium()
    state = factory_state(device_type)
    for number in range(count):
        state.pending[number, SENDER] = waiting(number, SENDER)
    before = contents(state)
    Store(medium).provision(identity(device_type), state)
    largest = 177 + 16 * count
    assert len(medium.files["record"]) <= largest
    assert largest <= INLINE or count > 4
    again = Store(medium)
    assert contents(again.state, again) == before


def test_a_device_with_another_profile_keeps_its_state() -> None:
    medium = provisioned_medium()
    held = Store(medium)
    before = len(medium.files)
    held.reidentify(identity(floor="apply"))
    assert held.identity.settings["floor"] == "apply"
    again = Store(medium)
    assert again.identity.settings == held.identity.settings
    assert whole(medium) == contents(factory_state())
    assert len(medium.files) == before


def test_a_cut_while_the_profile_changes_leaves_one_profile_or_the_other() -> None:
    left = cuts(provisioned_medium, lambda held: held.reidentify(identity(floor="apply")))
    assert len(left) >= 2
    seen = [Store(medium).identity.settings["floor"] for medium in left]
    assert seen[0] == "keep-network-operator"
    assert set(seen) <= {"keep-network-operator", "apply"}
    assert seen == sorted(seen, reverse=True)
    for medium in left:
        assert whole(medium) == contents(factory_state())


def test_a_commit_leaves_no_file_behind_that_nothing_names() -> None:
    medium = provisioned_medium()
    before = len(medium.files)
    held = Store(medium)
    held.commit(changed_state())
    held.commit(factory_state())
    assert len(medium.files) == before


def whole(medium: Medium) -> tuple[object, ...]:
    held = Store(medium)
    return contents(held.state, held)


def cuts(prepare: Callable[[], Medium], act: Callable[[Store], None]) -> list[Medium]:
    """Return the media that a power cut before each operation of `act` leaves."""
    left: list[Medium] = []
    while True:
        medium = prepare()
        held = Store(medium)
        medium.operations, medium.cut_at = 0, len(left)
        try:
            act(held)
        except PowerCut:
            medium.cut_at = -1
            left.append(medium)
        else:
            return left


def test_what_is_made_anew_in_memory_is_the_same_and_written_nowhere() -> None:
    medium = provisioned_medium()
    held = Store(medium)
    held.commit(changed_state())
    before, files, operations = held.state, dict(medium.files), medium.operations
    assert before is not None
    held.settle()
    assert held.state is not None
    assert held.state is not before
    assert contents(held.state, held) == contents(changed_state())
    assert (medium.files, medium.operations) == (files, operations)
    settled = held.state
    held.settle()
    assert held.state is settled
    held.commit(factory_state())
    assert contents(Store(medium).state or changed_state()) == contents(factory_state())


def test_commands_wait_only_while_there_is_room_for_them() -> None:
    """What a new one replaces stays until the record has changed, so it counts too."""
    medium = provisioned_medium()
    held = Store(medium)

    def wait(code: int, length: int) -> None:
        assert held.state is not None
        state = held.state.copy()
        state.pending[code, SENDER] = waiting(code, SENDER, bytes(length))
        held.commit(state)

    for code in (0x0102, 0x0103):
        wait(code, 4000)
    files = dict(medium.files)
    for code in (0x0102, 0x0104):
        with pytest.raises(NoRoom, match=r"^8\d\d\d octets of commands wait: no room for 4\d\d\d"):
            wait(code, 4300)
        assert (held.condition, medium.files) == (PROVISIONED, files)
    held = Store(medium)
    with pytest.raises(NoRoom):
        wait(0x0104, 4300)
    wait(0x0102, 4000)
    wait(0x0103, 1000)
    assert held.state is not None
    assert len(held.state.pending) == 2


def test_a_cut_in_a_commit_leaves_all_old_or_all_new() -> None:
    left = cuts(provisioned_medium, lambda held: held.commit(changed_state()))
    assert len(left) >= 4
    seen = [whole(medium) for medium in left]
    old, new = contents(factory_state()), contents(changed_state())
    assert seen[0] == old
    assert seen[-1] == new
    assert all(content in (old, new) for content in seen)
    # Once new, a later cut cannot make it old again.
    assert seen == sorted(seen, key=lambda content: content == new)


def test_a_cut_in_provisioning_leaves_a_virgin_or_a_provisioned_device() -> None:
    left = cuts(virgin_medium, lambda held: held.provision(identity(), factory_state()))
    conditions = [Store(medium).condition for medium in left]
    assert conditions[0] == VIRGIN
    assert conditions[-1] == PROVISIONED
    assert set(conditions) == {VIRGIN, PROVISIONED}


def test_a_cut_in_an_erasure_is_finished_or_undone() -> None:
    left = cuts(provisioned_medium, lambda held: held.erase())
    stores = [Store(medium) for medium in left]
    assert [held.condition for held in stores] == [PROVISIONED] + [VIRGIN] * (len(left) - 1)
    assert {held.epoch for held in stores[1:]} == {1}


def test_an_erasure_leaves_a_marker_and_no_key() -> None:
    medium = provisioned_medium()
    held = Store(medium)
    held.erase()
    assert set(medium.files) == {"marker"}
    held.provision(identity(), factory_state())
    assert whole(medium) == contents(factory_state())


def test_every_erasure_raises_the_epoch() -> None:
    medium = provisioned_medium()
    for epoch in (1, 2):
        Store(medium).erase()
        assert Store(medium).epoch == epoch
        Store(medium).provision(identity(), factory_state())
        assert Store(medium).epoch == epoch


def damaged(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


@pytest.mark.parametrize("name", ["marker", "record"])
def test_an_erasure_goes_above_whatever_epoch_is_still_known(name: str) -> None:
    medium = provisioned_medium()
    for _ in range(3):
        Store(medium).erase()
    Store(medium).provision(identity(), factory_state())
    medium.files[name] = damaged(medium.files[name])
    held = Store(medium)
    assert (held.condition, held.epoch) == (LOST, 3)
    held.erase()
    again = Store(medium)
    assert (again.condition, again.epoch) == (VIRGIN, 4)


@pytest.mark.parametrize("failing", range(5))
def test_an_erasure_after_a_read_that_failed_goes_above_the_epoch_too(failing: int) -> None:
    medium = provisioned_medium()
    for _ in range(3):
        Store(medium).erase()
    Store(medium).provision(identity(), factory_state())
    read, reads = medium.read, []

    def once(name: str) -> bytes | None:
        reads.append(name)
        if len(reads) == failing + 1:
            raise OSError(5)
        return read(name)

    medium.read = once  # type: ignore[method-assign]
    held = Store(medium)
    assert held.condition == LOST
    held.erase()
    assert (held.condition, held.epoch, Store(medium).epoch) == (VIRGIN, 4, 4)


def test_an_interrupted_erasure_is_not_undone_by_the_loss_of_its_marker() -> None:
    medium = provisioned_medium()
    held = Store(medium)
    medium.operations, medium.cut_at = 0, 1
    with pytest.raises(PowerCut):
        held.erase()
    del medium.files["marker"]
    medium.cut_at = -1
    held = Store(medium)
    assert (held.condition, held.problem) == (LOST, "there is no marker")


def test_a_record_from_before_an_erasure_never_comes_back() -> None:
    medium = provisioned_medium()
    old = medium.files["record"]
    Store(medium).erase()
    Store(medium).provision(identity(), factory_state())
    medium.files["record"] = old
    held = Store(medium)
    assert (held.condition, held.problem) == (
        LOST,
        "the record is of epoch 0, the marker of 1",
    )


def test_a_marker_from_before_an_erasure_makes_no_virgin_device() -> None:
    medium = virgin_medium()
    old = medium.files["marker"]
    Store(medium).erase()
    Store(medium).provision(identity(), factory_state())
    medium.files["marker"] = old
    held = Store(medium)
    assert (held.condition, held.epoch) == (LOST, 1)


def test_a_provisioned_device_is_not_provisioned_again() -> None:
    held = Store(provisioned_medium())
    with pytest.raises(ValueError, match="erase it first"):
        held.provision(identity(), factory_state())


def test_every_damaged_or_missing_file_fails_closed() -> None:
    for name in provisioned_medium().files:
        for damage in (None, b"", b"\xff"):
            medium = provisioned_medium()
            if damage is None:
                del medium.files[name]
            else:
                medium.files[name] = medium.files[name][:-1] + damage
            held = Store(medium)
            assert (name, held.condition) == (name, LOST)
            assert held.state is None
            assert held.problem
            assert Store(medium).condition == LOST


@pytest.mark.parametrize("module", [cells, profile])
def test_what_another_firmware_wrote_stops_the_device(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    medium = provisioned_medium()
    if module is cells:
        monkeypatch.setattr(cells, "_FORMAT", 2)
    else:
        known = {key: profile.SETTINGS[key] for key in profile.SETTINGS if key != "floor"}
        monkeypatch.setattr(profile, "SETTINGS", known)
    held = Store(medium)
    assert held.condition == LOST
    assert "another firmware wrote the record or a blob" in held.problem
    monkeypatch.undo()
    assert Store(medium).condition == PROVISIONED


def test_an_empty_medium_is_no_virgin_device() -> None:
    assert Store(Medium()).condition == LOST


def test_a_command_that_waits_is_read_when_its_date_comes() -> None:
    medium = provisioned_medium()
    held = Store(medium)
    held.commit(changed_state())
    for store_ in (held, Store(medium)):
        for key, (date, name) in store_.state.pending.items():
            assert (date, store_.command(name)) == changed_state().pending[key]


@pytest.mark.parametrize("damage", [None, b"", b"another command"])
def test_a_command_that_is_lost_while_it_waits_stops_the_device(damage: bytes | None) -> None:
    medium = provisioned_medium()
    held = Store(medium)
    held.commit(changed_state())
    ((_, name), *_) = held.state.pending.values()
    if damage is None:
        del medium.files[name.hex()]
    else:
        medium.files[name.hex()] = damage
    with pytest.raises(OSError, match="5"):
        held.command(name)
    assert (held.condition, held.state) == (LOST, None)
    assert Store(medium).condition == LOST


def test_a_write_that_fails_stops_the_device_until_it_restarts() -> None:
    medium = provisioned_medium()
    held = Store(medium)

    def fail(name: str, octets: bytes) -> None:
        raise OSError(5)

    medium.write = fail  # type: ignore[method-assign]
    with pytest.raises(OSError, match="5"):
        held.commit(changed_state())
    assert held.condition == LOST
    assert held.state is None


def test_a_full_room_of_waiting_commands_leaves_room_for_everything_else() -> None:
    """In the 24 KB of an ESP32: longest certificates, every cell new, one command replaced."""
    chance = Random(1)
    chip = Chip()
    medium = nvs(chip.plug())
    store.manufacture(medium)
    state = factory_state("esme")
    state.own = OwnCredentials(
        OWN.keys,
        dict.fromkeys(OWN.keys, bytes(1024)),
        dict.fromkeys(OWN.keys, (b"\3" * 32, b"\4" * 65)),
    )
    held = Store(medium)
    held.provision(identity("esme"), state)
    refused = 0
    for number in range(300):
        assert held.state is not None
        state = held.state.copy()
        if chance.random() < 0.6:
            code = chance.choice((0x0102, 0x0103, 0x0104, 0x0106, 0x0107, 0x0108, 0x001A))
            content = chance.randbytes(chance.choice((100, 1000, 2000, 3000, 4300)))
            state.pending[code, SENDER] = waiting(code, SENDER, content)
        else:
            for place in chance.sample(list(state.cells), chance.randint(1, 9)):
                state.cells[place] = cell(f"{place} {number}")
        state.counters[2] = number
        try:
            held.commit(state)
        except NoRoom:
            refused += 1
    assert 30 < refused < 150
    assert contents(Store(nvs(chip.plug())).state or state) == contents(held.state or state)
