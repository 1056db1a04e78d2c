"""The bench's side door to a device: the operations of the serial link.

A request is a map with the operation's name in "op"; the answer is {"ok": map}, or
{"error": {"code", "message"}} when the bench asked for something impossible. What the device
would send (outputs) and what it would keep to itself (verdict, detail) stand side by side in
the answer to `deliver` and are never mixed.
"""

from gbcs_device import combs, p256, points, use_cases
from gbcs_device.bench_refusal import Refused
from gbcs_device.borrowed import Borrowed, forget_kept
from gbcs_device.device import Device
from gbcs_device.device_types import DIGITAL_SIGNATURE, KEY_AGREEMENT
from gbcs_device.link import StopServing
from gbcs_device.store import PROVISIONED, VIRGIN

# How many commands whose date has come one tick executes.
_COMMANDS_AT_A_TIME = 1
# Each is a method whose name begins with "_".
_OPERATIONS = (
    "hello",
    "provision",
    "deliver",
    "tick",
    "state",
    "behaviour",
    "defects",
    "restore_device_log",
    "choices",
    "certify",
    "security_log",
    "stats",
    "fault",
    "reset",
    "erase",
)
# Operations that need no more memory than a use case leaves.
_BESIDE_A_USE_CASE = ("deliver", "hello", "state", "stats", "security_log")


class BenchPort:
    """The operations on one device."""

    def __init__(self, board, store) -> None:
        self._board = board
        self._store = store
        self._bench_time = ""
        self._device = Device(store, self._now, board.random, board.aes, self._is_set)

    def handle(self, request: dict) -> dict:
        """Carry out one request and return its answer."""
        name = request.get("op")
        if name not in _BESIDE_A_USE_CASE:
            forget_kept()
        # What lives on after a request is best put where nothing dead lies between.
        self._board.tidy()
        self._store.settle()
        try:
            if name not in _OPERATIONS:
                raise Refused("unknown-operation", "no operation %s" % name)
            return {"ok": getattr(self, "_" + name)(request)}
        except Refused as refused:
            return {"error": {"code": refused.args[0], "message": refused.args[1]}}
        except OSError as error:
            return {"error": {"code": "store-failed", "message": "the store failed: %s" % error}}

    def idle(self) -> bool:
        """Do a piece of the work that can wait; tell whether there was any."""
        state = self._store.state
        return combs.tend(state.cells if state else {}) or (
            state is not None and use_cases.fetch_ahead()
        )

    def _now(self) -> str:
        return self._bench_time or self._board.now()

    def _is_set(self) -> bool:
        return bool(self._bench_time)

    def _hello(self, request: dict) -> dict:
        with Borrowed("bench_state") as bench_state:
            return bench_state.hello(self._board, self._store)

    def _provision(self, request: dict) -> dict:
        if self._store.condition != VIRGIN:
            raise Refused("not-virgin", "the device is %s; erase it first" % self._store.condition)
        with Borrowed("provisioning") as provisioning:
            identity, state = provisioning.start_of(request, self._board.random)
            self._store.provision(identity, state)
        # Started anew, the device has what its type needs in memory and nothing else.
        raise StopServing(
            {
                "ok": {
                    "signing_public_key": p256.public_key(state.own.keys[DIGITAL_SIGNATURE]),
                    "agreement_public_key": p256.public_key(state.own.keys[KEY_AGREEMENT]),
                }
            }
        )

    def _certify(self, request: dict) -> dict:
        """Give the device the certificates of its keys, as its manufacturer would."""
        self._check_provisioned()
        new = self._store.state.copy()
        with Borrowed("certification") as certification:
            new.own = certification.certified(new.own, request)
        self._store.commit(new)
        return {}

    def _deliver(self, request: dict) -> dict:
        message = request.get("message")
        if not isinstance(message, (bytes, memoryview)):
            raise Refused("bad-request", "deliver needs the octets of a message")
        return _outcome(self._device.receive(message))

    def _tick(self, request: dict) -> dict:
        now = request.get("now", "")
        with Borrowed("clock") as clock:
            is_time = isinstance(now, str) and clock.is_time(now)
        # A use case comes next, and is best put where nothing dead lies between.
        self._board.tidy()
        if not is_time:
            raise Refused("bad-request", "tick needs now as YYYYMMDDhhmmss")
        self._bench_time = now
        answer = _outcome(self._device.tick(_COMMANDS_AT_A_TIME))
        answer["more"] = bool(self._device.due())
        return answer

    def _state(self, request: dict) -> dict:
        self._check_provisioned()
        with Borrowed("bench_state") as bench_state:
            return bench_state.state(self._store, self._board.store, self._now())

    def _behaviour(self, request: dict) -> dict:
        """Change the profile if the request names one; tell what it is and may be."""
        with Borrowed("bench_settings") as settings:
            if "profile" in request or "settings" in request:
                self._check_provisioned()
                self._store.reidentify(settings.changed(self._store.identity, request))
            return settings.behaviour(self._store.identity)

    def _defects(self, request: dict) -> dict:
        """Give the device other defects; it starts anew with them."""
        self._check_provisioned()
        with Borrowed("bench_settings") as settings:
            identity = settings.with_defects(self._store.identity, request)
            self._store.reidentify(identity)
        raise StopServing({"ok": {"defects": identity.defects}})

    def _restore_device_log(self, request: dict) -> dict:
        """Have what a GPF does once its communications hub was exchanged."""
        self._check_provisioned()
        self._device.restore_device_log()
        return {}

    def _choices(self, request: dict) -> dict:
        with Borrowed("bench_settings") as settings:
            return settings.choices(request.get("setting"))

    def _security_log(self, request: dict) -> dict:
        entries = []
        for at, event, detail in self._device.log.entries():
            entries.append({"at": at, "event": event, "detail": detail})
        return {"entries": entries}

    def _check_provisioned(self) -> None:
        if self._store.condition != PROVISIONED:
            raise Refused("not-provisioned", "the device is %s" % self._store.condition)

    def _stats(self, request: dict) -> dict:
        heap = self._board.heap()
        return {
            "sequence": self._store.sequence,
            "kernel": points.KERNEL,
            "heap": heap,
            "firmware_cycles": self._board.cycles(),
        }

    def _fault(self, request: dict) -> dict:
        """Arm faults of the flash if the request brings any; tell what the flash has done."""
        with Borrowed("bench_faults") as bench_faults:
            return bench_faults.armed(self._board.flash, request)

    def _reset(self, request: dict) -> dict:
        raise StopServing({"ok": {}})

    def _erase(self, request: dict) -> dict:
        self._store.erase()
        raise StopServing({"ok": {"epoch": self._store.epoch}})


def _outcome(outcome) -> dict:
    return {"outputs": outcome.outputs, "verdict": outcome.verdict, "detail": outcome.detail}
