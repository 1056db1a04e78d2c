"""A firmware of a few operations for the tests of the line; runs on both interpreters.

The file that is its argument is the only thing that it keeps: one line for each boot.
"""

import os
import select
import sys
import time

from gbcs_device.link import Link, StopServing

RESET = 3


runs = 0


def handle(request):
    global runs
    runs += 1
    operation = request["op"]
    if operation == "reset":
        raise StopServing({"ok": {}})
    if operation == "die":
        raise KeyboardInterrupt
    if operation == "chatter":
        for number in range(request["lines"]):
            link.log("chatter " + str(number))
    if operation == "sleep":
        time.sleep(request["milliseconds"] / 1000)
    if operation == "flood":
        while True:
            link.log("x" * 200)
    data = request.get("data", b"")[: request.get("size", 6000)]
    return {"ok": {"boots": boots, "runs": runs, "data": data}}


with open(sys.argv[1], "a") as file:
    file.write("boot\n")
with open(sys.argv[1]) as file:
    boots = len(file.read().split())
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
link = Link(sys.stdin.buffer, sys.stdout.buffer, poll, int.from_bytes(os.urandom(4), "big") or 1)
link.log("boot " + str(boots))
sys.exit(RESET if link.serve(handle) else 0)
