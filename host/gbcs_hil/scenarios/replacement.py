"""The certificates that a request brings for a role's cells."""

from collections.abc import Iterable, Sequence

from gbcs_hil.dcc.requests import ReplacementCertificates
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.smki.credential import Credential


def replacement(
    held: Iterable[Credential], role: RemotePartyRole, path: Sequence[bytes]
) -> ReplacementCertificates:
    """Return a party's certificates for the cells of a role.

    Args:
        held: one party's credentials.
        role: whose cells; a party of another role has no certificate for top-ups, so that of
            its key agreement stands in for it.
        path: the certificates that prove them.
    """
    by_usage = {(each.key_usage, each.cell_usage): each.certificate for each in held}
    agreement = by_usage[KeyUsage.KEY_AGREEMENT, CellUsage.MANAGEMENT]
    top_up = None
    if role is RemotePartyRole.SUPPLIER:
        top_up = by_usage.get((KeyUsage.KEY_AGREEMENT, CellUsage.PREPAYMENT_TOP_UP), agreement)
    return ReplacementCertificates(
        digital_signing=by_usage[KeyUsage.DIGITAL_SIGNATURE, CellUsage.MANAGEMENT],
        key_agreement=agreement,
        key_agreement_top_up=top_up,
        path=tuple(path),
    )
