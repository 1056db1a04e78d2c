"""SC-10: the power goes at every write of a replacement; and another hub is fitted.

After each cut the cells and the counter are read. Either all is as before, and the command is
taken once more; or all is as after it, and the command is a replay. In the end the command is
answered, and a cut right after that takes nothing back.
"""

from dataclasses import dataclass

from gbcs_hil.dcc.requests import (
    CredentialsRequest,
    RequestHandoverOfDCCControlledDevice,
    RetrieveDeviceSecurityCredentialsKRP,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.message import is_alert, parse
from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds, Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect, Verdict
from gbcs_hil.smki.parties import ACB, SUPPLIER_A, SUPPLIER_B, Party

_ROLE = RemotePartyRole
START = 10_000
"""Above what the ACB has used: a DCC that does not heed it shows at once."""

HUB = 200
_MOST = 64
"""Cuts after which a device that never gets to an answer is given up."""

_ABOVE = "above that of the 6.15.1"
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
        self.role, self.parties = _subject(play.conditions.device_type)
        self.counter = START
        self._cuts = 0
        self._resets = False
        play.commission({self.role: START})
        play.dcc()

    def prepare(self) -> str:
        """Bring the device to where the command can be given; return what went wrong, if any."""
        return ""

    def look_at(self, octets: bytes) -> None:
        """See to what the DCC has put into the first command."""

    def command(self) -> tuple[Party, CredentialsRequest]:
        """Return the command and who gives it; asked for once before it is given."""
        raise NotImplementedError

    def sweep(self, name: str) -> None:
        """Cut at each moment until there is none left, then once after the answer."""
        self.play.begin(name)
        trouble = self._uncut()
        came = True
        while came and not trouble and self._cuts < _MOST:
            came, trouble = self._cut_short()
        note = f"{self._cuts} cuts at {self.play.bench.cuts.moments}, one after the answer"
        self.play.bench.observe()
        who = "Time"
        self.play.tell(name, who, self.what, Told(trouble or _WHOLE), note=note)

    def _uncut(self) -> str:
        """Give the command and leave the power on; see whether the device resets its counter."""
        if refused := self.prepare():
            return refused
        party, request = self.command()
        done = self.ask(party, request)
        self.look_at(self.play.bench.last_command)
        if not done:
            return "refused with the power on"
        after = self.read()
        self._resets = after.counter == 0
        return ""

    def _cut_short(self) -> tuple[bool, str]:
        """Cut at the next moment; return whether there was one, and what was wrong after it."""
        bench = self.play.bench
        self.prepare()
        before = self.read()
        party, request = self.command()
        bench.last_command = b""
        answered: list[bool] = []
        came = bench.cut_during(self._cuts, lambda: answered.append(self.ask(party, request)))
        octets = bench.last_command
        if came:
            self._cuts += 1
        else:
            bench.cut_power()
        where = f"cut {self._cuts}" if came else "the cut after the answer"
        after = self.read()
        trouble = self._judge(before, after, octets, request, answered == [True])
        if trouble:
            return came, f"{where}: {trouble}"
        again = bool(octets) and not all(map(is_alert, bench.deliver(octets).outputs))
        bench.observe()
        if after == before:
            # A cut that came before the message left nothing to give once more.
            done = again if octets else self.ask(party, request)
            return came, "" if done else f"{where}: all is old, and the command is refused"
        return came, f"{where}: all is new, and the command is taken again" if again else ""

    def _judge(
        self,
        before: _Standing,
        after: _Standing,
        octets: bytes,
        request: CredentialsRequest,
        answered: bool,
    ) -> str:
        """Return what is wrong with what stands after a cut; nothing if it is old or new."""
        new = _Standing(
            frozenset(read_certificate(brought).ski for brought in request.certificates.brought),
            0 if self._resets or not octets else parse(octets).header.counter,
        )
        if after == new:
            return ""
        if after == before:
            return "answered, and all is old" if answered else ""
        cells = {new.cells: "new", before.cells: "old"}.get(after.cells, "of both owners")
        counter = {new.counter: "new", before.counter: "old"}.get(
            after.counter, f"{after.counter:,}"
        )
        return f"cells {cells}, counter {counter}"

    def ask(self, party: Party, request: CredentialsRequest) -> bool:
        """Have a party ask the DCC; return whether the device says that it is done."""
        what = self.what.partition(": ")[2]
        outcome = self.play.bench.ask(self.play.dsp, party, request, what)
        return bool(outcome.replaced)

    def read(self) -> _Standing:
        """Have the Supplier read the role's cells and counter."""
        request = RetrieveDeviceSecurityCredentialsKRP(
            id=self.play.next_id(SUPPLIER_A), roles=(self.role,)
        )
        outcome = self.play.bench.ask(self.play.dsp, SUPPLIER_A, request, "the role's cells")
        # A step is a whole sweep: what came of each command is in the evidence all the same.
        self.play.bench.observe()
        if outcome.response is None:
            return _Standing(frozenset(), 0)
        (told,) = outcome.credentials.roles
        return _Standing(frozenset(cell.ski for cell in told.cells), told.sequence_number or 0)

    def update(self, by: Party, to: Party) -> CredentialsRequest:
        """Return a 6.15.1 with the next counter."""
        self.counter += 10
        return UpdateSecurityCredentialsKRP(
            id=self.play.bench.user(by).request_id(self.play.eui, self.counter),
            role=self.role,
            certificates=self.play.certificates(to, self.role),
        )


class _Renewals(_Sweep):
    """6.15.1: two parties give each other the cells, to and fro."""

    what = "6.15.1: another party's certificates"

    def command(self) -> tuple[Party, CredentialsRequest]:
        """Return the holder's command that brings the other one's certificates."""
        holder, other = self.parties
        self.parties = other, holder
        return holder, self.update(holder, other)


class _Handovers(_Sweep):
    """6.21: the operator puts ACB certificates in, the DCC hands the cells back to it."""

    what = "6.21: the operator's certificates"

    def prepare(self) -> str:
        """Have the operator put ACB certificates in, above what the handover has used."""
        self.counter = max(self.counter, self.read().counter)
        operator = self.parties[0]
        done = self.ask(operator, self.update(operator, ACB))
        self.play.bench.observe()
        return "" if done else "ACB certificates are refused"

    def look_at(self, octets: bytes) -> None:
        """See that the handover's counter is above that of the 6.15.1 before it."""
        above = parse(octets).header.counter > self.counter
        seen = Told(_ABOVE if above else f"not {_ABOVE}")
        self.play.tell("6.21 counter", "DCC", "6.21: its Originator Counter", seen)

    def command(self) -> tuple[Party, CredentialsRequest]:
        """Return the Supplier's request to hand the cells to the operator."""
        return SUPPLIER_A, RequestHandoverOfDCCControlledDevice(
            id=self.play.next_id(SUPPLIER_A),
            role=self.role,
            certificates=self.play.certificates(self.parties[0], self.role),
        )


def _subject(device_type: str) -> tuple[RemotePartyRole, tuple[Party, Party]]:
    if device_type == "gsme":
        return _ROLE.SUPPLIER, (SUPPLIER_A, SUPPLIER_B)
    return _ROLE.NETWORK_OPERATOR, NETWORKS[device_type]


def _expected(device_type: str) -> Expectations:
    found = {"6.15.1 cut short": Expect(Told(_WHOLE))}
    if device_type != "gsme":
        found["6.21 counter"] = Expect(Told(_ABOVE), otherwise=Verdict.DCC_DEFECT)
        found["6.21 cut short"] = Expect(Told(_WHOLE))
    if device_type == "gpf":
        incoming = NETWORKS[device_type][1].name
        found["given before the hub"] = Expect(Answered("I0", (StatusCode.SUCCESS,) * 2))
        found["after the hub"] = Expect(Holds(incoming, HUB), tolerated=(Holds(incoming, 0),))
    return found


SC_10 = Scenario(
    "SC-10",
    "Power cuts at every write",
    sc_10,
    {kind: _expected(kind) for kind in ("esme", "gpf", "gsme")},
    cuts_power=True,
)
