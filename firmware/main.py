"""What a board runs when it starts; MicroPython's prompt is there if it ends."""

import sys

import machine

from gbcs_device import app

if sys.platform == "rp2":
    from gbcs_device.boards.rp2 import Board
else:
    from gbcs_device.boards.esp32 import Board

if app.run(Board()) == app.RESET:
    machine.reset()
