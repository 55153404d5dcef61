"""The Rust reference device, served on a pseudo-terminal by `gauntlet device serve`."""

import os
import select
import signal
import subprocess
import termios
import time
import tty

from .wire import Answers, encode

PATIENCE = 2.0
"""Seconds after which an answer is missing."""

RESTART_PAUSE = 0.01
"""Seconds between two looks whether a device is back."""

RESTART_PATIENCE = 10.0
"""Seconds after which a device has not come back from a reset."""


class Served:
    """A served device, from its first boot to the dump of its flash."""

    events = False
    """Nothing can be done to it beside sending bytes."""
    now_ms = 0
    """Its clock is not known."""

    def __init__(self, gauntlet, options, folder):
        self.dump = os.path.join(folder, "flash.bin")
        if os.path.exists(self.dump):
            os.remove(self.dump)
        command = [gauntlet, "device", "serve", "--serial", "pty", "--timing", "instant", "--dump", self.dump, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = self.process.stdout.readline().strip()
        self.line = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.line, termios.TCSANOW)
        self.answers = Answers()

    def send(self, data):
        """Bytes to the device, all of them."""
        while data:
            data = data[os.write(self.line, data) :]

    def answer(self, patience=PATIENCE):
        """The next answer, or None when there is none in time."""
        deadline = time.monotonic() + patience
        while (answer := self.answers.next()) is None:
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.line], [], [], left)[0]:
                return None
            self.answers.take(os.read(self.line, 4096))
        return answer

    def wait_until_back(self):
        """Pings until the device answers after a reset; what is sent meanwhile is lost. False if it never does.

        What comes between the last answer and the reset may still be answered (FLT-013), so one answer proves nothing.
        """
        deadline = time.monotonic() + RESTART_PATIENCE
        sent = answered = 0
        while time.monotonic() < deadline:
            time.sleep(RESTART_PAUSE)
            sent = (sent + 1) % 0xC0
            self.send(encode(bytes([0x09, sent])))
            found = [self.answer(RESTART_PAUSE)]
            while found[-1] is not None:
                found.append(self.answer(0))
            answered = answered + 1 if bytes([0x60, 0x09, 0x01, sent]) in found else 0
            if answered == 2:
                return True
        return False

    def end(self):
        """None, for what runs is not asked, and the flash as it is after one more reset."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        with open(self.dump, "rb") as dump:
            return None, dump.read()

    def close(self):
        """Leaves nothing running."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        os.close(self.line)
