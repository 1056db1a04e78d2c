"""Playing commands to a device that is fresh from provisioning for each of them."""

import datetime
from dataclasses import replace

from gbcs_hil.bench.board import Board, Delivery
from gbcs_hil.errors import BadInput, CredentialError, DeviceError
from gbcs_hil.rtds.commands import facts, in_words
from gbcs_hil.rtds.comparison import Keys
from gbcs_hil.rtds.judgement import UNKNOWN_CODE, UNSUPPORTED, Played, judge, unplayed
from gbcs_hil.rtds.pairing import Exchange
from gbcs_hil.rtds.results import Result, Status
from gbcs_hil.rtds.start_state import StartState, World
from gbcs_hil.rtds.vectors import Vector

_MALFORMED = "malformed"
_TOO_LONG = "too-long"
_BAD_PROVISIONING = "bad-provisioning"


class Player:
    """Plays exchanges to one board.

    Args:
        board: its device is erased before each command.
        world: what start states are made of.
    """

    def __init__(self, board: Board, world: World) -> None:
        self._board = board
        self._world = world
        self._unknown: set[tuple[str, int]] = set()

    def play(self, exchange: Exchange) -> list[Result]:
        """Play a command; return what came of it and of each of its alerts.

        Raises:
            LinkError: the board cannot be reached any more.
        """
        header = exchange.command.message.header
        device_type = self._world.device_type(header.recipient)
        if device_type is None:
            return unplayed(exchange, self._world.why_unknown(header.recipient))
        if (device_type, header.message_code) in self._unknown:
            return unplayed(exchange, in_words(header.message_code))
        try:
            start = self._world.start_state(exchange)
        except CredentialError as error:
            return unplayed(exchange, str(error), Status.NOT_STARTED)
        try:
            played = self._carry_out(exchange, start)
        except BadInput as error:
            return unplayed(exchange, str(error), Status.NOT_STARTED)
        except DeviceError as error:
            if error.code == _BAD_PROVISIONING:
                return unplayed(exchange, str(error), Status.NOT_STARTED)
            return unplayed(exchange, f"the device fails: {error}", Status.DIFFERS)
        if played.delivery.verdict == UNKNOWN_CODE:
            self._unknown.add((device_type, header.message_code))
        return judge(exchange, played, start, self._keys(exchange, played))

    def _carry_out(self, exchange: Exchange, start: StartState) -> Played:
        board = self._board
        if board.hello()["condition"] != "virgin":
            board.erase()
        keys = board.provision(start.provisioning)
        board.set_clock(start.clock)
        delivery = self._deliver(exchange.command)
        waits = facts(exchange.command.message).alert_code is not None
        if not delivery.accepted or not (waits or exchange.alerts):
            return Played(delivery, (), False, keys)
        dates = sorted({date for _, date in board.state().pending})
        alerts: list[bytes] = []
        for date in dates if exchange.alerts else ():
            moment = datetime.datetime.strptime(f"{date}+0000", "%Y%m%d%H%M%S%z")
            alerts += board.set_clock(moment).outputs
        return Played(delivery, tuple(alerts), bool(dates), keys)

    def _deliver(self, command: Vector) -> Delivery:
        """Deliver a command; where its form is refused, tell whether its code is known at all."""
        try:
            delivery = self._board.deliver(command.octets)
        except BadInput as error:
            delivery = Delivery((), _TOO_LONG, str(error))
        if delivery.verdict in (_TOO_LONG, _MALFORMED):
            # The device looks at the form first, so a command that is longer than it takes may
            # still be one that it does not know. Nothing of it but the header tells.
            probe = replace(command.message, payload=b"").protected(b"", None)
            answer = self._board.deliver(probe.encode())
            if answer.verdict in UNSUPPORTED:
                return answer
        return delivery

    def _keys(self, exchange: Exchange, played: Played) -> Keys:
        """Return what the answers are verified with.

        The device signs with a key that it made at the start. A command that brings the
        certificate of a key pair whose private key nobody has leaves it with that one.
        """
        header = exchange.command.message.header
        return Keys(
            device=played.keys.signing,
            reference=self._world.device_signing_key(header.recipient),
            secret=self._world.secret(header.recipient, header.originator),
        )
