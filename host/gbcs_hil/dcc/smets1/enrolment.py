"""How a network operator's certificate comes to a SMETS1 device when it is enrolled."""

from enum import StrEnum

from gbcs_hil.errors import BadInput


class Source(StrEnum):
    """The ways that there are (S107-10)."""

    MIGRATION_AUTHORISATION = "migration authorisation"
    DORMANT_METER_MIGRATION_NOTIFICATION = "dormant meter migration notification"
    MIGRATION_CONTROL_CENTRE = "migration control centre"
    HANDOVER = "6.21"


FROM_THE_SUPPLIER = frozenset(
    {Source.MIGRATION_AUTHORISATION, Source.DORMANT_METER_MIGRATION_NOTIFICATION}
)


def check_source(source: Source, device_type: str, held_from: str | None) -> None:
    """Insist that a certificate may come this way.

    Args:
        source: the way.
        device_type: "esme", "gpf" or "gsme".
        held_from: how the one came that the device has already; None without one.

    Raises:
        BadInput: the Migration Control Centre provides for an ESME only; everything but the
            Supplier's own word provides only where there is nothing yet.
    """
    if source is Source.MIGRATION_CONTROL_CENTRE and device_type != "esme":
        raise BadInput(f"the Migration Control Centre provides for an ESME, not a {device_type}")
    if source not in FROM_THE_SUPPLIER and held_from is not None:
        raise BadInput(f"no certificate by {source}: there is one by {held_from} already")
