"""Which class parses, checks and executes the command of each message code."""

from gbcs_device import (
    device_credentials,
    esme_payment,
    gsme_payment,
    read_credentials,
    update_credentials,
)

USE_CASES = {}
for _module in (
    read_credentials,
    update_credentials,
    device_credentials,
    esme_payment,
    gsme_payment,
):
    USE_CASES.update(_module.USE_CASES)
