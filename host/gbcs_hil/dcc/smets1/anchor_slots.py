"""The virtual anchor slots of SMETS1 devices: whose certificates stand in for a device's cells."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gbcs_hil.dcc.requests import ReplacementCertificates
from gbcs_hil.dcc.smets1.database import reported
from gbcs_hil.dcc.smets1.enrolment import Source, check_source
from gbcs_hil.dcc.smets1.tables import (
    OrganisationCertificate,
    Smets1Device,
    VirtualAnchorSlot,
)
from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import (
    TrustAnchorCell,
    digital_signing,
    key_agreement,
    prepayment_key_agreement,
)


@dataclass(frozen=True)
class Held:
    """What a slot holds.

    Attributes:
        owner: the EUI-64 of the certificate's subject.
        certificate: DER.
        source: how it came.
    """

    owner: bytes
    certificate: bytes
    source: str


class AnchorSlots:
    """The slots in one database.

    Args:
        engine: from `database.open_database`.

    Raises:
        Smets1DatabaseError: from every method, when the database cannot be used.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enrol(
        self, eui: bytes, s1sp: str, cohort: str, device_type: str, meter_point: str | None
    ) -> None:
        """Take a device in; its slots are empty."""
        with reported(self._engine, "write"), Session(self._engine) as session:
            session.add(
                Smets1Device(
                    eui=eui,
                    s1sp=s1sp,
                    cohort=cohort,
                    device_type=device_type,
                    meter_point=meter_point,
                )
            )
            session.commit()

    def serves(self, eui: bytes, s1sp: str) -> bool:
        """Return whether an S1SP has a device."""
        with reported(self._engine, "read"), Session(self._engine) as session:
            device = session.get(Smets1Device, eui)
            return device is not None and device.s1sp == s1sp

    def provide(self, eui: bytes, source: Source, certificates: ReplacementCertificates) -> None:
        """Put a network operator's certificates in as part of enrolment (S107-10).

        Raises:
            BadInput: they may not come this way.
            CredentialError: a certificate is malformed, or its key is for another use.
        """
        role = RemotePartyRole.NETWORK_OPERATOR
        with reported(self._engine, "read"), Session(self._engine) as session:
            device_type = session.get_one(Smets1Device, eui).device_type
        held = self.held(eui, role).get(digital_signing(role))
        check_source(source, device_type, held.source if held else None)
        self.place(eui, cells_for(role, certificates), source)

    def place(
        self, eui: bytes, certificates: Mapping[TrustAnchorCell, bytes], source: str
    ) -> None:
        """Put certificates into slots, all or none of them."""
        with reported(self._engine, "write"), Session(self._engine) as session:
            for cell, octets in certificates.items():
                session.merge(
                    VirtualAnchorSlot(
                        device=eui,
                        role=cell.role,
                        key_usage=cell.key_usage,
                        cell_usage=cell.cell_usage,
                        certificate=keep_certificate(session, octets),
                        source=source,
                    )
                )
            session.commit()

    def held(self, eui: bytes, role: RemotePartyRole) -> dict[TrustAnchorCell, Held]:
        """Return what stands in a role's slots; slots without a certificate are left out."""
        query = (
            select(VirtualAnchorSlot, OrganisationCertificate)
            .join(OrganisationCertificate)
            .where(VirtualAnchorSlot.device == eui, VirtualAnchorSlot.role == role)
        )
        with reported(self._engine, "read"), Session(self._engine) as session:
            return {
                TrustAnchorCell(role, KeyUsage(slot.key_usage), CellUsage(slot.cell_usage)): Held(
                    certificate.owner, certificate.octets, slot.source
                )
                for slot, certificate in session.execute(query)
            }

    def owner(self, eui: bytes, role: RemotePartyRole) -> bytes | None:
        """Return whose signing certificate a role's slot holds, or None."""
        held = self.held(eui, role).get(digital_signing(role))
        return held.owner if held else None


def cells_for(
    role: RemotePartyRole, certificates: ReplacementCertificates
) -> dict[TrustAnchorCell, bytes]:
    """Return the certificates for a role by cell.

    Raises:
        CredentialError: one is malformed, or its key is for another use.
    """
    offered = (
        (digital_signing(role), certificates.digital_signing),
        (key_agreement(role), certificates.key_agreement),
        (prepayment_key_agreement(role), certificates.key_agreement_top_up),
    )
    cells = {cell: octets for cell, octets in offered if octets is not None}
    for cell, octets in cells.items():
        if read_certificate(octets).key_usage is not cell.key_usage:
            raise CredentialError(f"the certificate for the cell {cell} has another key usage")
    return cells


def keep_certificate(session: Session, octets: bytes) -> int:
    """Return the number of a certificate, which is added if it is new.

    Raises:
        CredentialError: it is malformed, or not an organisation's.
    """
    fingerprint = hashlib.sha256(octets).digest()
    known = session.scalar(
        select(OrganisationCertificate.number).where(
            OrganisationCertificate.fingerprint == fingerprint
        )
    )
    if known is not None:
        return known
    read = read_certificate(octets)
    if read.eui is None:
        raise CredentialError("only an organisation's certificate goes into a slot")
    added = OrganisationCertificate(
        owner=read.eui, key_usage=read.key_usage, fingerprint=fingerprint, octets=octets
    )
    session.add(added)
    session.flush()
    return added.number
