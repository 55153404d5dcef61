#!/usr/bin/env python3
"""Checks that a DFU client that shares no code with the project, nor with nrfutil, updates the served virtual device: the
crate nrf_dfu (MIT), in the small program of ci/interop/other_client.

usage: other_client.py CLIENT GAUNTLET

A fresh key signs fresh packages of random firmware. Good ones must end in flash byte by byte; bad ones must make the client
fail and leave the application as it was; an update that breaks off must be completed by the next one, which resumes. Flash is
judged from the dump that is read back through the probe. Exit code 1 when something is not so.
"""

import os
import pathlib
import random
import select
import subprocess
import sys
import tempfile
import time
import tty

from served import Served

APPLICATION = 0x26000
PAGE = 0x1000
LIMIT = 120
END, ESCAPE, PING, TOKEN = 0xC0, 0xDB, 0x09, 0x5A
PONG = bytes([0x60, PING, 0x01, TOKEN, END])


class Check:
    def __init__(self, client, gauntlet, folder):
        self.client, self.gauntlet, self.folder = client, gauntlet, folder
        self.wrong = 0

    def make(self, *arguments):
        command = [self.gauntlet, "package", *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT).stdout

    def key(self, name):
        private, public = self.folder / f"{name}.pem", self.folder / f"{name}.pub.pem"
        self.make("keys", "create", private)
        public.write_text(self.make("keys", "show", "--format", "pem", private))
        return private, public

    def package(self, firmware, key, version=3, hardware=52):
        binary, package = self.folder / "app.bin", self.folder / "app.zip"
        binary.write_bytes(firmware)
        package.unlink(missing_ok=True)
        arguments = ["--application", binary, "--application-version", version, "--hw-version", hardware]
        self.make("build", *arguments, "--sd-req", "0x0101", "--signing-key", key, package)
        return package

    def update(self, port, package, *options):
        command = [self.client, port, str(package), *map(str, options)]
        return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)

    def report(self, name, problem, said=""):
        self.wrong += bool(problem)
        print(f"{'WRONG' if problem else 'ok   '} {name}{': ' + problem if problem else ''}", flush=True)
        if problem and said:
            print(said, flush=True)

    def good(self, name, firmware, key, public, device=(), breaks=()):
        """Every number in `breaks` is an update that breaks off after so many bytes, before the last one."""
        served = Served(self.gauntlet, self.folder, "--once", "--key", public, *device)
        package = self.package(firmware, key)
        problem = ""
        for bytes_sent in breaks:
            if self.update(served.port, package, bytes_sent).returncode == 0:
                problem = f"the update did not break off after {bytes_sent} bytes"
            end_of_frame(served.port)
        told = self.update(served.port, package)
        code, flash = served.end(interrupt=told.returncode != 0)
        rest = -len(firmware) % PAGE
        if told.returncode != 0:
            problem = f"the client ended with {told.returncode}"
        elif code != 0:
            problem = f"the device ended with {code}"
        elif flash[APPLICATION:][: len(firmware) + rest] != firmware + b"\xff" * rest:
            problem = "flash does not hold the firmware"
        self.report(name, problem, told.stdout + told.stderr)

    def bad(self, name, package, public, device=()):
        # The device before, from a client that never comes.
        _, before = Served(self.gauntlet, self.folder, "--once", "--key", public, *device).end(interrupt=True)
        served = Served(self.gauntlet, self.folder, "--once", "--key", public, *device)
        told = self.update(served.port, package)
        code, flash = served.end(interrupt=True)
        problem = ""
        if told.returncode == 0:
            problem = "the client saw no refusal"
        elif code != 100:
            problem = f"the device ended with {code}"
        elif not flash or flash[: APPLICATION + 8192] != before[: APPLICATION + 8192]:
            problem = "the application is not the one before"
        self.report(name, problem, told.stdout + told.stderr)


def end_of_frame(port):
    """Leaves a quiet line behind a client that broke off.

    Half of a frame may be under way (SER-004). Ended as it is, it would count as data of any length, behind which a device
    takes no more (FLT-020); an escape that is none makes the device drop it (SER-003). Answers may still come: frames are
    taken in order, so behind the answer to a ping there is nothing.
    """
    line = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(line)
        os.write(line, bytes([ESCAPE, 0x00, END, PING, TOKEN, END]))
        heard, limit = b"", time.monotonic() + LIMIT
        while PONG not in heard:
            if not select.select([line], [], [], max(0, limit - time.monotonic()))[0]:
                raise TimeoutError(f"{port}: no answer to a ping")
            heard += os.read(line, 4096)
    finally:
        os.close(line)


def main():
    client, gauntlet = (str(pathlib.Path(name).resolve()) for name in sys.argv[1:3])
    chance = random.SystemRandom()
    with tempfile.TemporaryDirectory(prefix="other-client-") as folder:
        check = Check(client, gauntlet, pathlib.Path(folder))
        key, public = check.key("own")
        other, _ = check.key("other")
        for name, size, device in [
            ("one byte over a page", 4097, ()),
            ("a whole number of objects", 8192, ()),
            ("a large application", 153_600, ()),
            ("any size", chance.randrange(1000, 50_000), ()),
            ("with the times of flash", 20_000, ("--timing", "flash")),
        ]:
            check.good(name, chance.randbytes(size), key, public, device)
        check.good("broken off twice", chance.randbytes(30_000), key, public, (), (7000, 14_000))
        firmware = chance.randbytes(6000)
        check.bad("signed with another key", check.package(firmware, other), public)
        check.bad("for other hardware", check.package(firmware, key, hardware=51), public)
        check.bad("a downgrade", check.package(firmware, key, version=3), public, ("--app-version", "9"))
    sys.exit(1 if check.wrong else 0)


if __name__ == "__main__":
    main()
