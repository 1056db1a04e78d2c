"""Commands to the device whose power is cut, ready to deliver before it exists.

Keys come from seeds, so the same command is made of the same octets in every run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.bench.board import Provisioning
from gbcs_hil.bench.start_state import cells_of, certificate_for, start_state
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import CredentialsReplacementMode, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import authenticate, public_octets, shared_secret, sign
from gbcs_hil.gbcs.security_credentials import update_credentials
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import ACB, DEMONSTRATION, Party, Pki

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
"""What the device's clock says when a scenario starts."""

DUE = NOW + timedelta(hours=1)
"""The date of execution of what is future-dated."""

EUI = bytes.fromhex("0247424849460F01")
"""The device."""

_SEED = b"power cuts"
_AGREEMENT_KEY = 0x46177D
_SIGNING_KEY = 0x51617D


@dataclass(frozen=True)
class Parties:
    """Everybody's credentials at one time.

    Attributes:
        pki: holds them; the newest of a party are in use.
    """

    pki: Pki = field(default_factory=lambda: Pki.issue(Authority.create(_SEED), DEMONSTRATION))

    def renewed(self, party: Party) -> "Parties":
        """Return the parties once one of them has new credentials."""
        authority = self.pki.authority
        new = authority.organisation(party.role, party.eui, party.name, generation=2)
        return Parties(self.pki.with_credentials(new))

    def provisioning(
        self,
        device_type: str,
        holders: Mapping[RemotePartyRole, Party],
        counters: Mapping[RemotePartyRole, int],
    ) -> Provisioning:
        """Return a device's start state, with the keys that the commands here are made for."""
        start = start_state(device_type, EUI, self.pki, holders, counters, "P-FLOOR")
        return Provisioning(
            device_type=start.device_type,
            eui=start.eui,
            cells=start.cells,
            counters=start.counters,
            originator_counter=1999,
            private_keys={
                KeyUsage.DIGITAL_SIGNATURE: _SIGNING_KEY.to_bytes(32, "big"),
                KeyUsage.KEY_AGREEMENT: _AGREEMENT_KEY.to_bytes(32, "big"),
            },
        )

    def update(
        self,
        mode: CredentialsReplacementMode,
        counter: int,
        by: Party,
        role: RemotePartyRole,
        to: Party,
        *,
        device_type: str,
        floor: int | None = None,
        other_floor: int | None = None,
        execution: datetime | None = None,
        issued: "Parties | None" = None,
    ) -> bytes:
        """Return a CS02b command that puts a party's newest certificates into a role's cells.

        Args:
            mode: who replaces whose.
            counter: Originator Counter.
            by: the Business Originator, which signs.
            role: whose cells.
            to: the party that comes.
            device_type: tells which cells there are.
            floor: the authorising role's counter after the command.
            other_floor: the role's, where another role authorises the command.
            execution: when, or None for at once.
            issued: whose credentials are brought, if other ones than are in use.
        """
        pki = (issued or self).pki
        cells = [cell for cell in cells_of(device_type) if cell.role is role]
        changes = [] if other_floor is None else [SequenceNumberChange(role, other_floor)]
        message = update_credentials(
            mode,
            by.eui,
            EUI,
            counter,
            [(certificate_for(cell, to, pki), cell) for cell in cells],
            self.pki.authority.path,
            floor=floor,
            other_floors=changes,
            execution=execution,
        )
        return self.protected(message, by)

    def protected(self, message: Message, by: Party) -> bytes:
        """Return a command signed by a party and with the Access Control Broker's MAC."""
        signer = self.pki.credential(by.eui, KeyUsage.DIGITAL_SIGNATURE)
        acb = self.pki.credential(ACB.eui, KeyUsage.KEY_AGREEMENT)
        key = ec.derive_private_key(_AGREEMENT_KEY, ec.SECP256R1())
        secret = shared_secret(acb.private_key, public_octets(key.public_key()))
        return authenticate(sign(message, signer.private_key), secret).encode()
