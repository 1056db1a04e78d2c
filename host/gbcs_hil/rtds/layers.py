"""The layers that a start state is made of."""

import datetime
from collections.abc import Mapping

import msgspec

from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.payment_mode_responses import CreditTerms
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell

NOTHING = ""
"""In place of a file's name: the device holds nothing of the kind."""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a start state; what it does not state is None or not in its maps.

    Attributes:
        clock: UTC.
        profile: how the device behaves where GBCS's public text is silent.
        settings: what differs from the profile.
        originator_counter: the last that the device used for messages of its own.
        credit_terms: what a GSME answers a change of payment mode with.
        cells: cell to the EUI-64 of the party that stands in it.
        counters: role to execution counter.
        certificates: key usage to the keystore's file with the device's own certificate, or
            `NOTHING`.
        requested_keys: key usage to the keystore's file with a certificate of the key pair that
            the device made and that waits for its certificate, or `NOTHING`.
    """

    clock: datetime.datetime | None = None
    profile: str | None = None
    settings: Mapping[str, str] = {}
    originator_counter: int | None = None
    credit_terms: CreditTerms | None = None
    cells: Mapping[TrustAnchorCell, bytes] = {}
    counters: Mapping[RemotePartyRole, int] = {}
    certificates: Mapping[KeyUsage, str] = {}
    requested_keys: Mapping[KeyUsage, str] = {}

    def under(self, upper: "Layer") -> "Layer":
        """Return both as one layer, in which the upper one wins."""
        lower_counter = self.originator_counter
        stated = upper.originator_counter
        return Layer(
            clock=upper.clock or self.clock,
            profile=upper.profile or self.profile,
            settings={**self.settings, **upper.settings},
            originator_counter=lower_counter if stated is None else stated,
            credit_terms=upper.credit_terms or self.credit_terms,
            cells={**self.cells, **upper.cells},
            counters={**self.counters, **upper.counters},
            certificates={**self.certificates, **upper.certificates},
            requested_keys={**self.requested_keys, **upper.requested_keys},
        )


class Device(msgspec.Struct, frozen=True):
    """A device that commands are played to.

    Attributes:
        device_type: "esme", "gpf" or "gsme".
        layer: what is stated for the device.
        commands: message code to what is stated for such commands alone.
    """

    device_type: str
    layer: Layer
    commands: Mapping[int, Layer]

    def stated(self, message_code: int) -> Layer:
        """Return what is stated for the device and a command."""
        return self.layer.under(self.commands.get(message_code, Layer()))
