"""What a scenario is played on: the device, its behaviour, and the DCC's policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gbcs_hil.dcc.policy import Policy
from gbcs_hil.smki.parties import (
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    Party,
)

EUIS: Mapping[str, bytes] = {
    "esme": bytes.fromhex("0247424849450001"),
    "gpf": bytes.fromhex("0247424849460001"),
    "gsme": bytes.fromhex("0247424849470001"),
}
"""The EUI-64 of the device that scenarios commission, by type."""

NETWORKS: Mapping[str, tuple[Party, Party]] = {
    "esme": (ELECTRICITY_NETWORK_A, ELECTRICITY_NETWORK_B),
    "gpf": (GAS_NETWORK_A, GAS_NETWORK_B),
    "gsme": (GAS_NETWORK_A, GAS_NETWORK_B),
}
"""The network operator of a device type, and another one."""


@dataclass(frozen=True)
class Conditions:
    """On what a scenario is played.

    Attributes:
        device_type: "esme", "gpf" or "gsme".
        profile, settings: how the device behaves where GBCS's public text is silent.
        defects: known defects of the device.
        policy: what the DCC's systems do, before the scenario's own switches.
    """

    device_type: str
    profile: str = "P-FLOOR"
    settings: Mapping[str, str] = field(default_factory=dict)
    defects: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
