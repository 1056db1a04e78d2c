"""Which of its certificates each party uses: the first ones, until it has renewed them."""

from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import Party, Pki


class Subscriptions:
    """The certificates of the parties around a device.

    Args:
        first: everybody's first credentials.

    Attributes:
        pki: those, and the renewed ones that came into use since.
    """

    def __init__(self, first: Pki) -> None:
        self.pki = first
        self._first = first
        self._generations: dict[bytes, int] = {}
        self._issued: dict[tuple[bytes, int], tuple[Credential, ...]] = {}

    def begin_anew(self) -> None:
        """Have everybody use the first ones again."""
        self.pki = self._first
        self._generations.clear()

    def generation(self, party: Party) -> int:
        """Return which ones a party uses, from 1."""
        return self._generations.get(party.eui, 1)

    def credentials(self, party: Party, generation: int) -> tuple[Credential, ...]:
        """Return a party's credentials of a generation, the same each time."""
        if generation == 1:
            return tuple(held for held in self._first.credentials if held.eui == party.eui)
        key = party.eui, generation
        if key not in self._issued:
            self._issued[key] = self._first.authority.organisation(
                party.role, party.eui, party.name, generation=generation
            )
        return self._issued[key]

    def renew(self, party: Party) -> None:
        """Have a party use its next ones from now on."""
        self._generations[party.eui] = generation = self.generation(party) + 1
        self.pki = self.pki.with_credentials(self.credentials(party, generation))
