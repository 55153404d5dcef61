"""The Rust reference device without any port: driven over stdin by the example `device_lines`.

What the served device can't do can be asked for here: other builds, resets, waiting, other settings pages, power cuts.
"""

import os
import subprocess

from .wire import Answers, unescaped

GPREGRET = 0x4000051C
ENTER_DFU = 0xB1


FLASH_MS = {0x01: 200, 0x04: 900, 0x08: 60}
"""Milliseconds that a BLE build may need for what a request has it do in flash."""


class Lines:
    """A device in DFU mode. One process gives many of them, one after the other."""

    events = True

    def __init__(self, process, options, folder):
        self.process = process
        self.dump = os.path.join(folder, "flash.bin")
        self.answers = Answers()
        self.state, self.now_ms = "", 0
        self.ble = "ble" in options
        self.say("device", *options)
        self.wait_until_back()

    def say(self, *words):
        """One command; its answers are kept."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline()).startswith("<"):
            data = bytes.fromhex(line[1:])
            self.answers.whole.append(data) if self.ble else self.answers.take(data)
        _, self.state, now = line.split()
        self.now_ms = int(now)

    def send(self, data):
        """Bytes on the line; the device is given the time that it needs for them."""
        if not self.ble:
            self.say("send", data.hex())
            return
        request = unescaped(data[:-1])
        if request[:1] == b"\x08":
            self.say("packet", request[1:].hex() or "-")
        else:
            self.say("control", request.hex())
        # Flash is written behind the answer; whoever waits for it always finds the queue empty.
        self.say("wait", FLASH_MS.get(request[0], 60))

    def answer(self, patience=0):
        """The next answer, or None."""
        return self.answers.next()

    def wait_until_back(self):
        """Until the device is in DFU mode, where it is sent back to when an application runs."""
        for _ in range(3):
            self.say("settle")
            if self.state in ("waiting", "connected"):
                return True
            self.say("poke", hex(GPREGRET), hex(ENTER_DFU))
            self.say("reset", "soft")
        return False

    def end(self):
        """What runs after one more reset, and the flash."""
        self.say("reset", "pin")
        self.say("settle")
        return self.state == "application", self.flash()

    def flash(self):
        """The whole flash as it is now."""
        self.say("dump", self.dump)
        with open(self.dump, "rb") as dump:
            return dump.read()

    def close(self):
        """The process lives on for the next device."""


def process(program):
    """The process that `Lines` talks to."""
    return subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
