"""Defects of who may do what, and of what is answered."""

from hashlib import sha256

from gbcs_device import security
from gbcs_device.defects.use_cases import override
from gbcs_device.device_types import ACCESS_CONTROL_BROKER, NETWORK_OPERATOR
from gbcs_device.rejection import BAD_SIGNATURE, NOT_AUTHORISED, REPLAY, Rejected

# GBCS 13.3.3: badCertificate.
_BAD_CERTIFICATE = 5
_ANSWERS = 4


def d13(device, store) -> None:
    """An ACB certificate is refused in a network operator cell.

    Shows: the 6.15.1 of a leaving operator (MP128A) is answered with badCertificate (5).
    Revealed by: SC-2, SC-3, SC-14.
    """

    def make(check_replacement):
        def checked(self, path, octets: bytes, target: tuple) -> tuple:
            status, certificate = check_replacement(self, path, octets, target)
            broker = certificate is not None and certificate.role == ACCESS_CONTROL_BROKER
            if broker and target[0] == NETWORK_OPERATOR:
                return _BAD_CERTIFICATE, None
            return status, certificate

        return checked

    override(device, "check_replacement", make)


def d14(device, store) -> None:
    """A replacement need not be authorised by the owner of the cell.

    Shows: any network operator can take the cells, and so can the ACB that does not hold them.
    Revealed by: SC-2, SC-7.
    """
    verify = device.verify

    def whoever_signs(message, command, state) -> None:
        try:
            verify(message, command, state)
        except Rejected as rejected:
            replaces = hasattr(command, "replacements")
            if not replaces or rejected.reason not in (BAD_SIGNATURE, NOT_AUTHORISED):
                raise
            # The ACB's MAC still has to be right, whichever check came before it.
            security.check_protection(message, command.protection)
            if message.mac:
                security.check_mac(message, device.keys, state.cells)

    device.verify = whoever_signs


def d19(device, store) -> None:
    """A command that comes again is answered with the success that it had.

    Shows: the DCC believes that a second action took place.
    Revealed by: SC-1.
    """
    receive = device.receive
    answers = {}

    def receive_again(octets: bytes):
        name = sha256(octets).digest()
        outcome = receive(octets)
        if outcome.verdict == REPLAY and name in answers:
            outcome.outputs = answers[name]
        elif outcome.outputs:
            while len(answers) >= _ANSWERS:
                answers.pop(next(iter(answers)))
            answers[name] = outcome.outputs
        return outcome

    device.receive = receive_again
