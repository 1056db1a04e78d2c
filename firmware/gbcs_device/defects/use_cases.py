"""How a defect overrides a method of a use case on one device."""


def override(device, name: str, make) -> None:
    """Replace a method in every use case of a device that has one of that name.

    The class is made for each command: a device forgets its use cases between them.

    Args:
        device: a `device.Device`.
        name: the method's.
        make: called with the method, returns what stands in for it.
    """
    original = device.command

    def command(use_case, message):
        if hasattr(use_case, name):

            class Defective(use_case):
                pass

            setattr(Defective, name, make(getattr(use_case, name)))
            use_case = Defective
        return original(use_case, message)

    device.command = command
