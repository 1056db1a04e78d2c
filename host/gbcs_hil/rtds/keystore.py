"""The keystore beside the vectors: the certificates of parties and devices.

A certificate's own content tells whose it is and what for. Its file's name tells only what no
certificate can: which key agreement key is the one for prepayment top-ups.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gbcs_hil.errors import BadInput, CredentialError
from gbcs_hil.gbcs.certificate import SmkiCertificate, read_certificate
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell
from gbcs_hil.rtds.pem import CERTIFICATE, pem_blocks

FOLDER = "keystore"

_SUFFIXES = (".pem", ".crt", ".cer", ".der")
_WHAT_IT_IS = (
    "it is the folder of the parties' and devices' certificates (*.pem, *.crt, *.cer, *.der) in "
    "DIR, beside the vectors: give the folder that holds it as DIR, or copy it there"
)
_LARGEST_FILE = 1 << 20
_EUI_IN_NAME = re.compile(r"([0-9a-f]{16})-")
_PREPAYMENT_NAME = re.compile(r"[-_]pp[-_.]")


@dataclass(frozen=True)
class Held:
    """A certificate of the keystore.

    Attributes:
        name: its file's name.
        certificate: DER.
        read: what it says.
        eui: its subject's EUI-64.
        cell_usage: which of a supplier's key agreement keys it is.
    """

    name: str
    certificate: bytes
    read: SmkiCertificate
    eui: bytes
    cell_usage: CellUsage

    @property
    def named_after_content(self) -> bool:
        """Whether the file's name and the certificate agree on the subject."""
        match = _EUI_IN_NAME.match(self.name.lower())
        return match is not None and bytes.fromhex(match[1]) == self.eui


class Keystore:
    """The certificates of a folder, by subject and use."""

    def __init__(self, certificates: list[Held]) -> None:
        # A file that is called after somebody else comes last.
        self._held = sorted(
            certificates, key=lambda held: (not held.named_after_content, held.name)
        )

    @classmethod
    def read(cls, folder: Path) -> "Keystore":
        """Read the certificates of a folder; files that hold none are left alone.

        Raises:
            BadInput: the folder is missing or holds no certificate.
        """
        try:
            files = sorted(folder.iterdir())
        except OSError as error:
            raise BadInput(
                f"{folder}: cannot read the keystore: {error.strerror}; {_WHAT_IT_IS}"
            ) from None
        held = [item for file in files for item in _certificates(file)]
        if not held:
            raise BadInput(f"{folder}: the keystore holds no certificate; {_WHAT_IT_IS}")
        return cls(held)

    def by_stem(self, stem: str) -> Held | None:
        """Return the certificate whose file has a name, without its suffix, in any case."""
        wanted = stem.casefold()
        return next((h for h in self._held if Path(h.name).stem.casefold() == wanted), None)

    def file(self, name: str) -> Held:
        """Return the certificate in a file, whose name may lack its suffix.

        Raises:
            CredentialError: the keystore holds no such certificate.
        """
        for held in self._held:
            if name.casefold() in (held.name.casefold(), Path(held.name).stem.casefold()):
                return held
        raise CredentialError(f"the keystore holds no certificate in a file {name!r}")

    def identified(self, eui: bytes, ski: bytes, usage: KeyUsage) -> Held | None:
        """Return a subject's certificate for a use that has a key identifier."""
        wanted = (eui, ski, usage)
        return next(
            (h for h in self._held if (h.eui, h.read.ski, h.read.key_usage) == wanted), None
        )

    def other_than(self, public_key: bytes) -> Held | None:
        """Return the certificate of any other key."""
        return next((h for h in self._held if h.read.public_key != public_key), None)

    def of(
        self,
        eui: bytes,
        usage: KeyUsage,
        cell_usage: CellUsage = CellUsage.MANAGEMENT,
        role: RemotePartyRole | None = None,
    ) -> Held | None:
        """Return a subject's certificate for a use, in a role if it has one in it."""
        wanted = (eui, usage, cell_usage)
        found = [h for h in self._held if (h.eui, h.read.key_usage, h.cell_usage) == wanted]
        return next((h for h in found if h.read.role is role), found[0] if found else None)

    def for_cell(self, cell: TrustAnchorCell, eui: bytes) -> Held | None:
        """Return a party's certificate for a trust anchor cell, of whatever role the cell is.

        A party without a certificate of its own for top-ups stands in that cell with its other
        key agreement certificate.
        """
        return self.of(eui, cell.key_usage, cell.cell_usage, cell.role) or self.of(
            eui, cell.key_usage, CellUsage.MANAGEMENT, cell.role
        )

    def first_of(self, role: RemotePartyRole, cell: TrustAnchorCell) -> Held | None:
        """Return the certificate for a cell of the first party of a role.

        That is the one with the lowest EUI-64 among those with the most of the role's
        certificates.
        """
        parties = sorted({held.eui for held in self._held if held.read.role is role})
        parties.sort(key=lambda eui: -sum(self._has(eui, role, c) for c in CELLS_OF_ROLE[role]))
        for eui in parties:
            held = self.for_cell(cell, eui)
            if held is not None and held.read.role is role:
                return held
        return None

    def _has(self, eui: bytes, role: RemotePartyRole, cell: TrustAnchorCell) -> bool:
        held = self.of(eui, cell.key_usage, cell.cell_usage, role)
        return held is not None and held.read.role is role


def _certificates(file: Path) -> Iterator[Held]:
    """Yield the certificates of parties and devices in a file; none if it is something else."""
    if file.suffix.lower() not in _SUFFIXES:
        return
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_FILE:
            return
        content = file.read_bytes()
    except OSError:
        return
    usage = CellUsage.MANAGEMENT
    if _PREPAYMENT_NAME.search(file.name.lower()):
        usage = CellUsage.PREPAYMENT_TOP_UP
    for der in pem_blocks(content, CERTIFICATE) or [content]:
        try:
            read = read_certificate(der)
        except CredentialError:
            continue
        if read.eui is not None:
            yield Held(file.name, der, read, read.eui, usage)
