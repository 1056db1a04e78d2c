"""Many devices in memory, each of which lives on from message to message.

Run as `python -m gbcs_device.boards.fleet`. Each line on standard input, JSON, is for one of
them; the line that answers has what it sends, {"outputs": [hexadecimal, ...]}, or {"error": ...}.

    {"device": name, "start": what `provision` takes, octets as hexadecimal}
    {"device": name, "act": [kind, what]}    as `simulated` has them
    {"device": name, "repair": []}           another firmware, that has no defects
"""

import json
import sys

from gbcs_device.bench_refusal import Refused
from gbcs_device.bench_settings import with_defects
from gbcs_device.boards.hastened import hasten
from gbcs_device.boards.in_memory import AT_FIRST, Simulated, provisioned

_HEXADECIMAL = ("eui", "signing_key", "agreement_key")


class Member(Simulated):
    """One device of the fleet."""

    def repair(self, defects: list) -> list:
        """Give it the defects of another firmware; cells and counters stay."""
        changed = with_defects(self._store.identity, {"defects": defects})
        self._store.reidentify(changed)
        self._power_on()
        return []


def _member(fields: dict) -> Member:
    start = dict(fields)
    for name in _HEXADECIMAL:
        start[name] = bytes.fromhex(start[name])
    start["cells"] = {name: bytes.fromhex(text) for name, text in start["cells"].items()}
    return Member(provisioned(start), AT_FIRST)


def answer(devices: dict, request: dict) -> dict:
    """Do what a line asks for."""
    name = request["device"]
    try:
        if "start" in request:
            devices[name] = _member(request["start"])
            return {"outputs": []}
        if "repair" in request:
            outputs = devices[name].repair(request["repair"])
        else:
            outputs = devices[name].act(*request["act"])
    except Refused as refused:
        return {"error": refused.args[1]}
    return {"outputs": [octets.hex() for octets in outputs]}


def main() -> None:
    """Answer until there are no more lines."""
    hasten()
    devices = {}
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(devices, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
