"""CS02b modes 2, 3 and 4: which certificates get into which cells, and what the device says."""

import pytest
from rig import provisioned

from gbcs_hil.gbcs.names import CellUsage, CredentialsReplacementMode, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.payment_mode import gsme_payment_mode
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
)
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    Party,
)
from head_end import (
    ACB_BY_ACB,
    EUI,
    NETWORK_BY_NETWORK,
    NOW,
    PKI,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    holder,
    role_cells,
    signing,
    statuses,
)
from made_certificates import (
    operator,
    renewed,
)

NO_DS, NO_KA = role_cells(Role.NETWORK_OPERATOR)
SUPPLIER_DS, SUPPLIER_KA, SUPPLIER_TOP_UP = role_cells(Role.SUPPLIER)
OK, UNPROVED = StatusCode.SUCCESS, StatusCode.NO_TRUST_ANCHOR

HANDOVERS: dict[str, tuple[CredentialsReplacementMode, Role, Party]] = {
    "supplier to supplier": (SUPPLIER_BY_SUPPLIER, Role.SUPPLIER, SUPPLIER_B),
    "supplier to broker": (SUPPLIER_BY_SUPPLIER, Role.SUPPLIER, ACB),
    "network to network": (NETWORK_BY_NETWORK, Role.NETWORK_OPERATOR, GAS_NETWORK_B),
    "network to broker": (NETWORK_BY_NETWORK, Role.NETWORK_OPERATOR, ACB),
}


@pytest.mark.parametrize("name", HANDOVERS)
def test_a_handover_replaces_every_cell_of_the_role(name: str) -> None:
    mode, role, party = HANDOVERS[name]
    rig = provisioned("gpf")
    before = rig.contents()
    replacements = certificates(role, party)
    done = rig.outcome(rig.head_end.update(mode, 1301, replacements))
    assert (done.sequence_number, done.mode, done.changes) == (1301, mode, ())
    assert statuses(done) == [OK] * len(role_cells(role))
    for item, (certificate, cell) in zip(done.outcomes, replacements, strict=True):
        new = next(held for held in PKI.credentials if held.certificate == certificate)
        assert item.cell == cell
        assert (item.existing_eui, item.existing_ski) == (holder(cell).eui, holder(cell).ski)
        assert (item.replacing_eui, item.replacing_ski) == (party.eui, new.ski)
        assert rig.in_cell(cell) == (party.eui, new.public_key)
        before[cell] = (party.eui, new.public_key)
    assert rig.contents() == before


def test_the_new_owner_commands_and_the_old_one_does_not() -> None:
    rig = provisioned("gpf")
    role = Role.NETWORK_OPERATOR
    rig.outcome(rig.head_end.update(NETWORK_BY_NETWORK, 5, certificates(role, GAS_NETWORK_B)))
    back = certificates(role, GAS_NETWORK_A)
    by_old = rig.head_end.update(NETWORK_BY_NETWORK, 6, back)
    assert rig.refuse(by_old) == "not-authorised"
    by_new = rig.head_end.update(NETWORK_BY_NETWORK, 6, back, owner=GAS_NETWORK_B)
    assert statuses(rig.outcome(by_new)) == [OK, OK]


def test_a_factory_gpf_is_handed_over_by_the_broker() -> None:
    """SRV 6.21: the Access Control Broker stands in the cells, so it may replace itself."""
    cells = {NO_DS: signing(ACB), NO_KA: agreement(ACB)}
    cells |= {SUPPLIER_DS: signing(ACB), SUPPLIER_KA: agreement(ACB)}
    cells[SUPPLIER_TOP_UP] = agreement(ACB)
    rig = provisioned("gpf", {Role.ACCESS_CONTROL_BROKER: 5000}, cells)
    for mode, role, party in (
        (SUPPLIER_BY_SUPPLIER, Role.SUPPLIER, SUPPLIER_A),
        (NETWORK_BY_NETWORK, Role.NETWORK_OPERATOR, GAS_NETWORK_A),
    ):
        command = rig.head_end.update(mode, 1300, certificates(role, party), owner=ACB, floor=0)
        done = rig.outcome(command)
        assert set(statuses(done)) == {OK}
        assert {item.existing_eui for item in done.outcomes} == {ACB.eui}
        assert rig.counter(role) == 0
    # The counter that counts is that of the cell's role, not that of the organisation.
    assert rig.counter(Role.ACCESS_CONTROL_BROKER) == 5000


def test_the_broker_replaces_its_own_cell_by_its_mac_alone() -> None:
    rig = provisioned("gpf")
    (new,) = renewed(ACB, [ACB_KEY_AGREEMENT])
    command = rig.head_end.update(ACB_BY_ACB, 9, [(new.certificate, ACB_KEY_AGREEMENT)], floor=0)
    done = rig.outcome(command)
    assert statuses(done) == [OK]
    assert [(change.role, change.floor) for change in done.changes] == [
        (Role.ACCESS_CONTROL_BROKER, 0)
    ]
    assert rig.in_cell(ACB_KEY_AGREEMENT) == (ACB.eui, new.public_key)
    # From now on the new key makes the MACs, and the old one is worth nothing.
    old_read = rig.head_end.read(1, Role.SUPPLIER)
    assert rig.refuse(old_read) == "bad-mac"
    rig.head_end = type(rig.head_end)(
        rig.head_end.eui, rig.head_end.signing_key, rig.head_end.agreement_key, new
    )
    read = rig.head_end.read(1, Role.SUPPLIER)
    rig.head_end.response(read, rig.accept(read), None)
    rig.restart()
    assert rig.refuse(old_read) == "bad-mac"


def test_mode_4_may_name_its_cell() -> None:
    rig = provisioned("gpf")
    (new,) = renewed(ACB, [ACB_KEY_AGREEMENT])
    pair = (new.certificate, ACB_KEY_AGREEMENT)
    command = rig.head_end.update(ACB_BY_ACB, 9, [pair], authorising_cell=ACB_KEY_AGREEMENT)
    assert statuses(rig.outcome(command)) == [OK]


@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
def test_every_device_type_takes_a_supplier_handover(device_type: str) -> None:
    rig = provisioned(device_type)
    replacements = certificates(Role.SUPPLIER, SUPPLIER_B)
    done = rig.outcome(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 1, replacements))
    assert statuses(done) == [OK] * 3


def test_a_gsme_has_no_cell_for_a_network_operator() -> None:
    rig = provisioned("gsme")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 1, replacements)
    assert rig.refuse(command) == "unsupported"


def test_a_device_does_not_change_with_another_ones_type() -> None:
    gpf, gsme = provisioned("gpf"), provisioned("gsme")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = gpf.head_end.update(NETWORK_BY_NETWORK, 1, replacements)
    assert gsme.refuse(command) == "unsupported"
    assert statuses(gpf.outcome(command)) == [OK, OK]
    payment = gsme_payment_mode(SUPPLIER_A.eui, EUI, 1, None, NOW)
    by_supplier = gsme.head_end.protect(payment, signing(SUPPLIER_A))
    assert gpf.refuse(by_supplier) == "unsupported"
    gsme.accept(by_supplier)
    esme = provisioned("esme")
    assert esme.refuse(by_supplier) == "unsupported"
    assert gsme.refuse(by_supplier) == "replay"


UNSUPPORTED = (0x0100, 0x0101, 0x0105, 0x0109, 0x011B, 0x0125, 0x0126)
"""rootBySupplier, rootByWanProvider, wanProviderByWanProvider, contingency; CS02f, CS02g."""


@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
@pytest.mark.parametrize("code", UNSUPPORTED, ids=hex)
def test_other_modes_are_not_supported(code: int, device_type: str) -> None:
    rig = provisioned(device_type)
    message = rig.head_end.pre_command(SUPPLIER_BY_SUPPLIER, 1, [], code=code)
    for protected in (
        rig.head_end.protect(message, signing(SUPPLIER_A)),
        rig.head_end.protect(message, signing(SUPPLIER_A), mac=False),
        rig.head_end.protect(message),
    ):
        assert rig.refuse(protected) == "unsupported"
    usual = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 1, certificates(Role.SUPPLIER, SUPPLIER_B))
    assert statuses(rig.outcome(usual)) == [OK] * 3


@pytest.mark.parametrize("code", [0x0000, 0x0007, 0x0009, 0x000D, 0x00CB, 0x010A, 0x0124, 0xFFFF])
def test_a_code_that_is_no_command_of_this_family_is_unknown(code: int) -> None:
    rig = provisioned("gpf")
    message = rig.head_end.pre_command(SUPPLIER_BY_SUPPLIER, 1, [], code=code)
    assert rig.refuse(rig.head_end.protect(message, signing(SUPPLIER_A))) == "unknown-message-code"


def test_all_cells_may_fail_without_harm() -> None:
    rig = provisioned("gpf")
    before = rig.contents()
    replacements = certificates(Role.SUPPLIER, SUPPLIER_B)
    command = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 7, replacements, path=[])
    assert statuses(rig.outcome(command)) == [UNPROVED] * 3
    assert rig.contents() == before


def test_outcomes_come_in_the_order_of_the_command() -> None:
    rig = provisioned("gpf")
    replacements = certificates(Role.SUPPLIER, SUPPLIER_B)
    turned = [replacements[2], replacements[0], replacements[1]]
    done = rig.outcome(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 7, turned))
    assert [item.cell for item in done.outcomes] == [cell for _, cell in turned]


def test_top_up_and_management_cells_of_one_usage_are_apart() -> None:
    rig = provisioned("gpf")
    new = next(c for c in renewed(SUPPLIER_A) if c.cell_usage is CellUsage.PREPAYMENT_TOP_UP)
    command = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 7, [(new.certificate, SUPPLIER_TOP_UP)])
    (item,) = rig.outcome(command).outcomes
    assert item.cell == SUPPLIER_TOP_UP
    assert rig.in_cell(SUPPLIER_TOP_UP)[1] == new.public_key
    assert rig.in_cell(SUPPLIER_KA)[1] == holder(SUPPLIER_KA).public_key


def test_a_cell_that_is_replaced_twice_holds_the_last_certificate() -> None:
    rig = provisioned("gpf")
    one, two = operator(), signing(ACB)
    pairs = [(one.certificate, NO_DS), (two.certificate, NO_DS)]
    done = rig.outcome(rig.head_end.update(NETWORK_BY_NETWORK, 7, pairs))
    assert [item.existing_ski for item in done.outcomes] == [holder(NO_DS).ski, one.ski]
    assert rig.in_cell(NO_DS) == (ACB.eui, two.public_key)
