"""How the bench arms faults of a flash, for this boot and for those to come.

A plan has one entry for each boot, the present one first: [operation, tear, read], as `fault`
has them. What is planned for the boots to come lies beside the flash's file. In memory only
while something is armed.
"""

import os

from gbcs_device import combs
from gbcs_device.bench_refusal import Refused
from gbcs_device.boards.fault import TEARS, Fault


def arm(flash, boots) -> None:
    """Arm a plan of the bench's.

    Raises:
        Refused: it is malformed.
    """
    boots = _checked(boots)
    # What is written at leisure would count among the operations of the plan.
    combs.use(None)
    _keep(flash.path, boots[1:])
    flash.fault = Fault(flash, *boots[0])


def restore(flash) -> None:
    """Arm what was planned for the boot that begins."""
    boots = []
    with open(_file_of(flash.path)) as file:
        for line in file:
            boots.append([int(number) for number in line.split()])
    _keep(flash.path, boots[1:])
    flash.fault = Fault(flash, *boots[0])


def _checked(boots) -> list:
    if not isinstance(boots, list) or not boots:
        raise Refused("bad-request", "a plan is a list with an entry for each boot")
    for entry in boots:
        if not isinstance(entry, list) or len(entry) != 3:
            raise Refused("bad-request", "an entry is an operation, a tear and a read")
        for number in entry:
            if not isinstance(number, int) or number < 0:
                raise Refused("bad-request", "operations, tears and reads are numbers from 0")
        if entry[1] >= len(TEARS):
            raise Refused("bad-request", "a tear is 0, 1 or 2: " + ", ".join(TEARS))
    return boots


def _file_of(path: str) -> str:
    return path + ".faults"


def _keep(path: str, boots: list) -> None:
    """Leave a plan for the boots to come, or none."""
    if boots:
        with open(_file_of(path), "w") as file:
            for entry in boots:
                file.write("%d %d %d\n" % tuple(entry))
        return
    try:
        os.remove(_file_of(path))
    except OSError:
        pass  # There was none.
