"""Everything that a power cut must not lose, as one value that is committed whole.

A handler works on a copy. Only when the store has made the copy durable does it become the
device's state, so cells and counters can only ever change together.
"""

from collections import OrderedDict

from gbcs_device._compat import const
from gbcs_device.rejection import REPLAY, Rejected

MAX_COUNTER = 0xFFFFFFFFFFFFFFFF
MAX_SEQUENCE_NUMBER = 0x7FFFFFFFFFFFFFFF
ROLE_BITS = const(0xFF)


class Identity:
    """What provisioning fixes for a device's whole life.

    Attributes:
        device_type: "esme", "gpf" or "gsme".
        eui: 8 octets.
        profile: the profile's name.
        settings: every setting of `profile.SETTINGS` and its value.
        shared_secrets: peer public key to Z, for vectors whose device key nobody has.
        credit_terms: what a GSME answers a change of payment mode with: friendly credit,
            calendar, emergency credit limit and threshold.
        defects: names of `defects.MODULES`, none on a good device.
        name: what the store calls it once it is durable; before, None.
    """

    def __init__(
        self,
        device_type: str,
        eui: bytes,
        profile: str,
        settings: dict,
        shared_secrets: dict,
        credit_terms: list,
        defects: list = (),
    ) -> None:
        self.device_type = device_type
        self.eui = eui
        self.profile = profile
        self.settings = settings
        self.shared_secrets = shared_secrets
        self.credit_terms = credit_terms
        self.defects = list(defects)
        self.name = None


class State:
    """Keys, cells, counters, payment mode and commands that wait for their date.

    Attributes:
        own: the device's `own_credentials.OwnCredentials`.
        cells: cell identifier to `cells.Cell`.
        counters: role to execution counter, the last Originator Counter accepted for it; where
            the profile has them by message code too, also role | code << 8 to those.
        prepayment_floor: the supplier's sequence number for prepayment top-ups.
        originator_counter: the last that the device used for messages of its own.
        payment: the device's `payment_mode.PaymentMode`.
        pending: (message code, originator) to (YYYYMMDDhhmmss, the command's octets; once
            they are durable, only their name in the store, to spare the memory), in the order
            of their receipt.
    """

    def __init__(
        self,
        own,
        cells: dict,
        counters: dict,
        prepayment_floor: int,
        originator_counter: int,
        payment,
        pending: dict,
    ) -> None:
        self.own = own
        self.cells = cells
        self.counters = counters
        self.prepayment_floor = prepayment_floor
        self.originator_counter = originator_counter
        self.payment = payment
        self.pending = OrderedDict(pending)

    def copy(self) -> "State":
        """Return a state that can change without changing this one."""
        return State(
            self.own,
            dict(self.cells),
            dict(self.counters),
            self.prepayment_floor,
            self.originator_counter,
            self.payment,
            self.pending,
        )


def check_counter(state: State, key: int, counter: int) -> None:
    """Refuse an Originator Counter that is not above the execution counter.

    Counters are kept by role, never by EUI: one organisation can stand in several roles.

    Args:
        state: has the counter.
        key: which one; where a message code has none of its own yet, its role's counts.
        counter: of the command.

    Raises:
        Rejected: equal or lower, a replay.
    """
    role = key & ROLE_BITS
    last = state.counters.get(key, state.counters[role])
    if counter <= last:
        raise Rejected(
            REPLAY, "counter %d is not above %d, the last of role %d" % (counter, last, role)
        )


def counter_of(state: State, role: int) -> int:
    """Return a role's execution counter, the highest if it has several."""
    counters = state.counters
    return max([counters[key] for key in counters if key & ROLE_BITS == role])


def set_counter(state: State, role: int, counter: int) -> None:
    """Set a role's execution counter, whatever its message codes have."""
    for key in list(state.counters):
        if key & ROLE_BITS == role:
            state.counters.pop(key)
    state.counters[role] = counter
