"""What a scenario stands on: its device, the DCC's systems, certificates to bring."""

from collections.abc import Mapping

import msgspec

from gbcs_hil.bench.start_state import FACTORY, HOLDERS
from gbcs_hil.dcc import pre_commands
from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.requests import ReplacementCertificates, UpdateSecurityCredentialsKRP
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import sign
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import EUIS, NETWORKS, Conditions
from gbcs_hil.scenarios.replacement import replacement
from gbcs_hil.scenarios.verdicts import Verdict
from gbcs_hil.smki.parties import ACB, Party

_ROLE = RemotePartyRole


class Setting:
    """The device and the DCC of one scenario.

    Args:
        scenario: its name.
        bench: the board and the parties.
        conditions: what the device and the DCC are like.

    Attributes:
        eui: the device.
        blame: whose doing the first failure since the device was commissioned is, if any.
        network, other_network: the network operator of the device's kind, and another.
    """

    def __init__(self, scenario: str, bench: Bench, conditions: Conditions) -> None:
        self.scenario = scenario
        self.bench = bench
        self.conditions = conditions
        self.eui = EUIS[conditions.device_type]
        self.network, self.other_network = NETWORKS[conditions.device_type]
        self.blame: Verdict | None = None
        self._dsp: Dsp | None = None
        self._dccs = 0
        self._part = ""
        self._since: list[str] = []
        self._commissioned = False

    def part(self, name: str) -> None:
        """Begin a part of the scenario; reports set its steps apart under this name."""
        self._part = name

    def commission(
        self,
        counters: Mapping[RemotePartyRole, int],
        *,
        factory: bool = False,
        holders: Mapping[RemotePartyRole, Party] | None = None,
    ) -> None:
        """Provision the device anew.

        Args:
            counters: execution counters to start with.
            factory: as it leaves the factory, not as it is once commissioned.
            holders: who stands in which role's cells instead.
        """
        if self._commissioned:
            self._befell("the device is provisioned anew")
        self._commissioned = True
        self.blame = None
        kind = self.conditions.device_type
        usual = FACTORY[kind] if factory else {**HOLDERS, _ROLE.NETWORK_OPERATOR: self.network}
        self._label("start")
        self.bench.commission(
            kind,
            self.eui,
            {**usual, **(holders or {})},
            counters,
            self.conditions.profile,
            self.conditions.settings,
            self.conditions.defects,
            self.network,
        )

    def dcc(self, last_counter: int = 1_299, **switches: object) -> Dsp:
        """Start the DCC's systems, with a ledger of their own.

        Args:
            last_counter: the last Originator Counter of the ACB's for this device.
            **switches: fields of the policy that this scenario is about.
        """
        self._dccs += 1
        policy = msgspec.structs.replace(self.conditions.policy, **switches)
        name = f"dcc-{self.scenario.lower()}-{self._dccs}"
        self._dsp = self.bench.dcc(name, policy, {self.eui: last_counter})
        return self._dsp

    def register(self, supplier: Party, operator: Party | str) -> None:
        """Have the registration data name another Supplier and network operator from now on."""
        self.bench.register(supplier, operator)
        self._dsp = self.bench.restart_dcc(self.dsp)
        named = operator if isinstance(operator, str) else operator.name
        self._befell(f"registration data name {supplier.name} and {named}")

    def restart_dcc(self) -> None:
        """Start the DCC's systems anew over the same ledger."""
        self._dsp = self.bench.restart_dcc(self.dsp)
        self._befell("the DCC's systems restart")

    def cut_power(self, name: str = "power") -> None:
        """Cut the device's power and restore it."""
        self._label(name)
        self.bench.cut_power()
        self._befell("the power is cut, and comes back")
        self.bench.observe()

    def exchange_hub(self, name: str = "hub") -> None:
        """Have another communications hub fitted and the Device Log restored."""
        self._label(name)
        self.bench.exchange_hub()
        self._befell("another communications hub; the Device Log is restored")
        self.bench.observe()

    @property
    def dsp(self) -> Dsp:
        """The DCC's systems."""
        if self._dsp is None:
            raise RuntimeError(f"{self.scenario}: a request before the DCC was started")
        return self._dsp

    def certificates(
        self, party: Party, role: RemotePartyRole, generation: int | None = None
    ) -> ReplacementCertificates:
        """Return a party's certificates for the cells of a role.

        Args:
            party: whose.
            role: whose cells.
            generation: 1 for the first, more for renewed ones; those in use if None.
        """
        known = self.bench.subscriptions
        held = known.credentials(party, generation or known.generation(party))
        return replacement(held, role, self.bench.pki.authority.path)

    def forge(self, party: Party, role: RemotePartyRole, counter: int, signer: Party) -> bytes:
        """Return a 6.15.1 in a party's name that another one has signed, with the ACB's MAC."""
        request = UpdateSecurityCredentialsKRP(
            id=self.bench.user(party).request_id(self.eui, counter),
            role=role,
            certificates=self.certificates(party, role),
        )
        bench = self.bench
        key = bench.pki.credential(signer.eui, KeyUsage.DIGITAL_SIGNATURE).private_key
        signed = sign(pre_commands.critical(request, bench.meter, bench.now), key)
        return AccessControlBroker(ACB, bench.pki).authenticate(signed, bench.meter).encode()

    def _befell(self, what: str) -> None:
        self._since.append(what)

    def _befallen(self) -> tuple[str, ...]:
        """Return what befell device and DCC since this was asked last."""
        befallen, self._since = tuple(self._since), []
        return befallen

    def _label(self, name: str) -> None:
        self.bench.keeping.step = f"{self.scenario} {name}"
        self.bench.last = None
