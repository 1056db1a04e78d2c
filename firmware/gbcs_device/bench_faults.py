"""What the bench asks of an emulated flash's faults; in memory only while it is asked."""

from gbcs_device.bench_refusal import Refused


def armed(flash, request: dict) -> dict:
    """Arm what a request brings, if it brings anything; return what the flash has done since.

    Raises:
        Refused: there is no emulated flash, nothing is armed, or the plan is malformed.
    """
    if flash is None:
        raise Refused("unsupported", "the store of this board is not on an emulated flash")
    if "boots" in request:
        from gbcs_device.boards import fault_plan

        fault_plan.arm(flash, request["boots"])
    if flash.fault is None:
        raise Refused("not-armed", "nothing is armed; give a plan first")
    return flash.fault.counts()
