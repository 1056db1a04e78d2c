"""Who hears that a device's credentials were updated, and what the trail has of it."""

import pytest

from dcc_world import World
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_B, Party

pytestmark = pytest.mark.requirement("DUIS-16")


def told(world: World) -> list[str]:
    return [row.detail for row in world.ledger.trail.rows() if row.event == "DCCAlert"]


@pytest.mark.parametrize(
    ("holder", "names"),
    [
        (GAS_NETWORK_B, ("Gas Network B", "Supplier A")),
        # The ACB is no user that could be told.
        (ACB, ("Supplier A",)),
    ],
)
def test_the_new_owner_and_the_responsible_supplier_are_told(
    holder: Party, names: tuple[str, ...]
) -> None:
    world = World()
    world.reply = world.done(holder=holder.eui)
    assert world.hand_over().alerted == names
    assert told(world) == [f"N42 SecurityCredentialsUpdated to {', '.join(names)}"]


def test_nobody_is_told_of_cells_that_stayed() -> None:
    world = World()
    world.reply = world.done(StatusCode.BAD_CERTIFICATE, GAS_NETWORK_B.eui)
    assert world.hand_over().alerted == ()
    assert told(world) == []
