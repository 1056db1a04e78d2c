"""The DCC Alert that credentials on a device were updated: to whom it goes (DUIS-16).

DUIS names its body, SecurityCredentialsUpdated; that its code is N42 is recalled, and that the
new owner of the cells and the Responsible Supplier get it is inferred.
"""

from collections.abc import Sequence
from datetime import datetime

from gbcs_hil.dcc.audit_trail import Entry, Kind
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome

CODE = "N42"


def told_of_update(
    estate: Estate, device: SmartMeter, executed: ExecutionOutcome | None, when: datetime
) -> tuple[str, ...]:
    """Return the names of who is told that every cell was replaced; nobody if it was not.

    Args:
        estate: participants and registration data.
        device: whose cells they are.
        executed: what it says that it did.
        when: at what time, UTC.
    """
    if executed is None or not executed.succeeded:
        return ()
    owners = [estate.by_eui(done.replacing_eui) for done in executed.outcomes]
    parties = [*owners, estate.responsible_supplier(device, when)]
    # The ACB, whose certificates may stand there too, is no DCC User.
    return tuple(dict.fromkeys(party.name for party in parties if party is not None))


def entries(recipients: Sequence[str]) -> list[Entry]:
    """Return what the Service Audit Trail has of it; nothing if nobody is told."""
    told = f"{CODE} SecurityCredentialsUpdated to {', '.join(recipients)}"
    return [Entry(Kind.MESSAGE, "DCCAlert", told)] if recipients else []
