"""The certificates that a request brings for a role's cells."""

from gbcs_hil.dcc.requests import ReplacementCertificates
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.smki.parties import Party, Pki


def replacement(
    pki: Pki, party: Party, role: RemotePartyRole, generation: int = 1
) -> ReplacementCertificates:
    """Return a party's certificates for the cells of a role.

    Args:
        pki: holds or issues them.
        party: whose.
        role: whose cells; a party of another role has no certificate for top-ups, so that of
            its key agreement stands in for it.
        generation: 1 for those that stand in cells from the start, more for renewed ones.
    """
    issued = (
        [held for held in pki.credentials if held.eui == party.eui]
        if generation == 1
        else pki.authority.organisation(party.role, party.eui, party.name, generation=generation)
    )
    by_usage = {(held.key_usage, held.cell_usage): held.certificate for held in issued}
    agreement = by_usage[KeyUsage.KEY_AGREEMENT, CellUsage.MANAGEMENT]
    top_up = None
    if role is RemotePartyRole.SUPPLIER:
        top_up = by_usage.get((KeyUsage.KEY_AGREEMENT, CellUsage.PREPAYMENT_TOP_UP), agreement)
    return ReplacementCertificates(
        digital_signing=by_usage[KeyUsage.DIGITAL_SIGNATURE, CellUsage.MANAGEMENT],
        key_agreement=agreement,
        key_agreement_top_up=top_up,
        path=pki.authority.path,
    )
