"""How an operation of the bench refuses what it is asked for."""


class Refused(Exception):
    """The bench asked for something that this device cannot do; args are code and message."""


def bad(message: str) -> Refused:
    """Return the refusal of a start state or a change of it."""
    return Refused("bad-provisioning", message)
