"""`gbcs-hil audit`: its options."""

import datetime

import click


@click.command()
@click.argument("ledger", metavar="FILE|URL")
@click.option("--device", metavar="EUI", help="Only requests for this device.")
@click.option("--user", metavar="EUI", help="Only requests of this user.")
@click.option("--service", metavar="SRV", help="Only this Service Reference Variant.")
@click.option("--request", "request_id", metavar="ID", help="Only this RequestID.")
@click.option(
    "--kind",
    type=click.Choice(["request", "check", "message", "outcome"]),
    help="Only rows of this kind.",
)
@click.option("--event", metavar="NAME", help="Only this event: a check's name, a code.")
@click.option("--since", type=click.DateTime(), help="Not before this time, UTC.")
@click.option("--until", type=click.DateTime(), help="Before this time, UTC.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="The newest N rows.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, details in full.")
def audit(
    ledger: str,
    device: str | None,
    user: str | None,
    service: str | None,
    request_id: str | None,
    kind: str | None,
    event: str | None,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
    last: int | None,
    as_json: bool,
) -> None:
    """List the Service Audit Trail of a ledger: requests, checks, messages, outcomes.

    Takes a ledger's SQLite file, such as one in an evidence folder, or its database URL. The
    table has one line for all checks that a request passed, unless --kind or --event asks for
    them; JSON has every row, and messages in full.
    """
    from gbcs_hil.dcc import audit_listing
    from gbcs_hil.dcc.audit_trail import Filter
    from gbcs_hil.gbcs.names import parse_eui

    wanted = Filter(
        device=None if device is None else parse_eui(device),
        originator=None if user is None else parse_eui(user),
        service=service,
        request_id=request_id and request_id.upper(),
        kind=kind,
        event=event,
        since=since and since.replace(tzinfo=datetime.UTC),
        until=until and until.replace(tzinfo=datetime.UTC),
        last=last,
    )
    audit_listing.run(ledger, wanted, as_json)
