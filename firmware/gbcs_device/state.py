"""Everything that a power cut must not lose, as one value that is committed whole.

A handler works on a copy. Only when the store has made the copy durable does it become the
device's state, so cells and counters can only ever change together.
"""

from gbcs_device.rejection import REPLAY, Rejected

MAX_COUNTER = 0xFFFFFFFFFFFFFFFF
MAX_SEQUENCE_NUMBER = 0x7FFFFFFFFFFFFFFF


class Identity:
    """What provisioning fixes for a device's whole life.

    Attributes:
        device_type: "esme", "gpf" or "gsme".
        eui: 8 octets.
        signing_key, agreement_key: the device's private keys, 32 octets each.
        profile: the profile's name.
        settings: every setting of `profile.SETTINGS` and its value.
        shared_secrets: peer public key to Z, for vectors whose device key nobody has.
    """

    def __init__(
        self,
        device_type: str,
        eui: bytes,
        signing_key: bytes,
        agreement_key: bytes,
        profile: str,
        settings: dict,
        shared_secrets: dict,
    ) -> None:
        self.device_type = device_type
        self.eui = eui
        self.signing_key = signing_key
        self.agreement_key = agreement_key
        self.profile = profile
        self.settings = settings
        self.shared_secrets = shared_secrets


class State:
    """Cells, counters and commands that wait for their date.

    Attributes:
        cells: cell identifier to `cells.Cell`.
        counters: role to execution counter, the last Originator Counter accepted for it.
        prepayment_floor: the supplier's sequence number for prepayment top-ups.
        originator_counter: the last that the device used for messages of its own.
        pending: message code to (YYYYMMDDhhmmss, the command's octets).
    """

    def __init__(
        self,
        cells: dict,
        counters: dict,
        prepayment_floor: int = 0,
        originator_counter: int = 0,
        pending: dict = {},  # noqa: B006 - copied
    ) -> None:
        self.cells = cells
        self.counters = counters
        self.prepayment_floor = prepayment_floor
        self.originator_counter = originator_counter
        self.pending = dict(pending)

    def copy(self) -> "State":
        """Return a state that can change without changing this one."""
        return State(
            dict(self.cells),
            dict(self.counters),
            self.prepayment_floor,
            self.originator_counter,
            self.pending,
        )


def check_counter(state: State, role: int, counter: int) -> None:
    """Refuse an Originator Counter that is not above the role's execution counter.

    Counters are kept by role, never by EUI: one organisation can stand in several roles.

    Raises:
        Rejected: equal or lower, a replay.
    """
    last = state.counters[role]
    if counter <= last:
        raise Rejected(
            REPLAY, "counter %d is not above %d, the last of role %d" % (counter, last, role)
        )
