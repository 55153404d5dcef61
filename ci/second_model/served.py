"""The Rust reference device, served on a pseudo-terminal by `gauntlet device serve`."""

import os
import select
import signal
import subprocess
import termios
import time
import tty

from .wire import END, Decoder, encode

PATIENCE = 2.0
"""Seconds after which an answer is missing."""

RESTART_PAUSE = 0.01
"""Seconds between two looks whether a device is back."""

RESTART_PATIENCE = 10.0
"""Seconds after which a device has not come back from a reset."""


class Served:
    """A served device, from its first boot to the dump of its flash."""

    def __init__(self, gauntlet, options, folder):
        self.dump = os.path.join(folder, "flash.bin")
        if os.path.exists(self.dump):
            os.remove(self.dump)
        command = [gauntlet, "device", "serve", "--serial", "pty", "--timing", "instant", "--dump", self.dump, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = self.process.stdout.readline().strip()
        self.line = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.line, termios.TCSANOW)
        self.answers = []
        self.partial = bytearray()

    def send(self, data):
        """Bytes to the device, all of them."""
        while data:
            data = data[os.write(self.line, data) :]

    def answer(self, patience=PATIENCE):
        """The next answer, or None when there is none in time."""
        deadline = time.monotonic() + patience
        while not self.answers:
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.line], [], [], left)[0]:
                return None
            self._take(os.read(self.line, 4096))
        return self.answers.pop(0)

    def _take(self, data):
        self.partial += data
        while END in self.partial:
            wire, _, rest = bytes(self.partial).partition(bytes([END]))
            self.partial = bytearray(rest)
            self.answers.append(unescaped(wire))

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
        """Exit code, and the flash as it is after one more reset."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        os.close(self.line)
        with open(self.dump, "rb") as dump:
            return self.process.returncode, dump.read()

    def kill(self):
        """Ends it without asking."""
        self.process.kill()
        self.process.communicate()
        os.close(self.line)


def unescaped(wire):
    """The payload of a frame that the device has sent; its bytes as they are if they are no SLIP."""
    decoder = Decoder()
    for byte in wire:
        decoder.take(byte)
    return bytes(wire) if decoder.discarding or decoder.escaped else bytes(decoder.frame)
