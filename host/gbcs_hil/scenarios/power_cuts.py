"""SC-10: the power goes at every write of a replacement; and another hub is fitted.

After each cut the cells and the counter are read. Either all is as before, and the command is
taken once more; or all is as after it, and the command is a replay. In the end the command is
answered, and a cut right after that takes nothing back.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds, Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import ACB, SUPPLIER_A, SUPPLIER_B, Party

_ROLE = RemotePartyRole
START = 1_000
HUB = 200
_MOST = 64
"""Cuts after which a device that never gets to an answer is given up."""

_WHOLE = "before or after it as a whole at every cut, and no replay taken"


@dataclass(frozen=True)
class _Standing:
    """What a 6.24.1 says of a role: the key identifiers in its cells, and its counter."""

    cells: frozenset[bytes]
    counter: int


def sc_10(play: Play) -> None:
    """Play SC-10: 6.15.1, then 6.21 where there is one, then the exchange of a GPF's hub."""
    _Renewals(play).sweep("6.15.1 cut short")
    if play.conditions.device_type == "gsme":
        return
    _Handovers(play).sweep("6.21 cut short")
    if play.conditions.device_type == "gpf":
        play.commission({_ROLE.NETWORK_OPERATOR: HUB - 100})
        play.dcc()
        play.update("given before the hub", play.network, HUB, play.other_network)
        play.exchange_hub()
        play.read("after the hub")


class _Sweep:
    """A command that is given again and again, while the power goes at another moment each time.

    Attributes:
        what: for the report.
    """

    what = ""

    def __init__(self, play: Play) -> None:
        self.play = play
        party, self.role = _subject(play.conditions.device_type)
        self.holder, self.other = party, _other(play, party)
        self._trouble = ""
        self._cuts = 0
        play.commission({self.role: START})
        play.dcc()

    def sweep(self, name: str) -> None:
        """Cut at each moment until there is none left, then once after the answer."""
        self.play.begin(name)
        while not self._trouble and self._cuts < _MOST and self._cut_short():
            self._cuts += 1
        who = self.play.bench.cuts.moments
        note = f"{self._cuts} cuts, at {who}"
        seen = Told(self._trouble or _WHOLE)
        self.play.bench.observe()
        self.play.tell(name, self.holder.name, self.what, seen, note=note)

    def prepare(self) -> None:
        """Bring the device to where the command can be given."""

    def command(self) -> tuple[Party, ServiceRequest]:
        """Return the command to cut short and who gives it."""
        raise NotImplementedError

    def done(self) -> None:
        """Note that the command was executed."""

    def _cut_short(self) -> bool:
        """Give the command, cut at the next moment; return whether there was one."""
        self.prepare()
        before = self._read()
        party, request = self.command()
        outcomes: list[Outcome] = []
        ask = self._asking(party, request, outcomes)
        came = self.play.bench.cut_during(self._cuts, ask)
        if not came:
            if not (outcomes and outcomes[0].replaced):
                self._trouble = "refused with the power on"
                return False
            self.play.bench.cut_power()
        after, again = self._read(), self._again()
        self._judge(came, before, after, again, request)
        self.done()
        return came

    def _asking(
        self, party: Party, request: ServiceRequest, outcomes: list[Outcome]
    ) -> Callable[[], None]:
        def ask() -> None:
            outcomes.append(self.play.bench.ask(self.play.dsp, party, request, self.what))

        return ask

    def _judge(
        self,
        came: bool,
        before: _Standing,
        after: _Standing,
        again: bool,
        request: ServiceRequest,
    ) -> None:
        """Hold what stands after a cut against what may stand."""
        new = _new_cells(request)
        counter = self.play.bench.last_counter
        where = f"cut {self._cuts + 1}" if came else "a cut after the answer"
        if after == before and came:
            self._trouble = "" if again else f"{where}: nothing changed, and the command is refused"
        elif after == _Standing(new, counter):
            self._trouble = f"{where}: all is new, and the command is taken again" if again else ""
        else:
            cells = {True: "new", False: "old"}.get(after.cells == new, "")
            if after.cells not in (before.cells, new):
                cells = "of both owners"
            moved = "new" if after.counter == counter else f"{after.counter:,}"
            taken = ", the command is taken again" if again else ""
            self._trouble = f"{where}: cells {cells}, counter {moved}{taken}"

    def _read(self) -> _Standing:
        request = RetrieveDeviceSecurityCredentialsKRP(
            id=self.play.next_id(SUPPLIER_A), roles=(self.role,)
        )
        outcome = self.play.bench.ask(self.play.dsp, SUPPLIER_A, request, "the role's cells")
        if outcome.response is None:
            return _Standing(frozenset(), -1)
        (told,) = outcome.credentials.roles
        return _Standing(frozenset(cell.ski for cell in told.cells), told.sequence_number or 0)

    def _again(self) -> bool:
        """Deliver the same octets once more; return whether the device answers."""
        return bool(self.play.bench.deliver(self.play.swept_command).outputs)
