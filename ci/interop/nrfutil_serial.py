#!/usr/bin/env python3
"""Checks that nrfutil, unmodified, updates the served virtual device over its serial port.

usage: nrfutil_serial.py NRFUTIL GAUNTLET

A fresh key signs fresh packages of random firmware. Good ones must end in flash byte by byte, at the address of the
application; bad ones must make nrfutil fail and leave flash as it was. Flash is judged from the dump that is read back
through the probe, not from what anybody says. Exit code 1 when something is not so.
"""

import pathlib
import random
import signal
import subprocess
import sys
import tempfile

APPLICATION = 0x26000
PAGE = 0x1000
LIMIT = 120


class Served:
    """A device served for one update."""

    def __init__(self, gauntlet, folder, *options):
        self.dump = folder / "flash.bin"
        self.dump.unlink(missing_ok=True)
        command = [gauntlet, "device", "serve", "--once", "--dump", self.dump, *options]
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.port = self.process.stdout.readline().strip()

    def end(self, interrupt):
        """Exit code, and the flash as the probe read it."""
        if interrupt:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return None, b""
        return self.process.returncode, self.dump.read_bytes() if self.dump.exists() else b""


class Check:
    def __init__(self, nrfutil, gauntlet, folder):
        self.nrfutil, self.gauntlet, self.folder = nrfutil, gauntlet, folder
        self.wrong = 0

    def tool(self, *arguments):
        return subprocess.run(
            [self.nrfutil, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT, cwd=self.folder
        )

    def key(self, name):
        private, public = self.folder / f"{name}.pem", self.folder / f"{name}.pub.pem"
        self.tool("keys", "generate", private).check_returncode()
        self.tool("keys", "display", "--key", "pk", "--format", "pem", "--out_file", public, private).check_returncode()
        return private, public

    def package(self, firmware, key, version=3, hardware=52):
        binary, package = self.folder / "app.bin", self.folder / "app.zip"
        binary.write_bytes(firmware)
        package.unlink(missing_ok=True)
        arguments = ["--application", binary, "--application-version", version, "--hw-version", hardware]
        self.tool("pkg", "generate", *arguments, "--sd-req", "0x0101", "--key-file", key, package).check_returncode()
        return package

    def update(self, port, package, *options):
        return self.tool("dfu", "serial", "-pkg", package, "-p", port, "-cd", 0, "-t", 1, *options)

    def report(self, name, problem, said=""):
        self.wrong += bool(problem)
        print(f"{'WRONG' if problem else 'ok   '} {name}{': ' + problem if problem else ''}", flush=True)
        if problem and said:
            print(said, flush=True)

    def good(self, name, firmware, key, public, device=(), client=()):
        served = Served(self.gauntlet, self.folder, "--key", public, *device)
        told = self.update(served.port, self.package(firmware, key), *client)
        code, flash = served.end(interrupt=told.returncode != 0)
        rest = -len(firmware) % PAGE
        problem = ""
        if told.returncode != 0:
            problem = f"nrfutil ended with {told.returncode}"
        elif code != 0:
            problem = f"the device ended with {code}"
        elif flash[APPLICATION:][: len(firmware) + rest] != firmware + b"\xff" * rest:
            problem = "flash does not hold the firmware"
        self.report(name, problem, told.stdout + told.stderr)

    def bad(self, name, package, public, device=()):
        served = Served(self.gauntlet, self.folder, "--key", public, *device)
        # The device before, from a client that never comes.
        untouched = Served(self.gauntlet, self.folder, "--key", public, *device)
        _, before = untouched.end(interrupt=True)
        told = self.update(served.port, package)
        code, flash = served.end(interrupt=True)
        problem = ""
        if told.returncode == 0:
            problem = "nrfutil saw no refusal"
        elif code != 100:
            problem = f"the device ended with {code}"
        elif not flash or flash[: APPLICATION + 8192] != before[: APPLICATION + 8192]:
            problem = "the application is not the one before"
        self.report(name, problem, told.stdout + told.stderr)


def main():
    nrfutil, gauntlet = (str(pathlib.Path(name).resolve()) for name in sys.argv[1:3])
    chance = random.SystemRandom()
    with tempfile.TemporaryDirectory(prefix="nrfutil-serial-") as folder:
        check = Check(nrfutil, gauntlet, pathlib.Path(folder))
        key, public = check.key("own")
        other, _ = check.key("other")
        for name, size, device, client in [
            ("one byte over a page", 4097, (), ()),
            ("a large application", 153_600, (), ()),
            ("receipts after every 5 packets", chance.randrange(1000, 50_000), (), ("-prn", 5)),
            ("receipts after every packet", chance.randrange(1000, 20_000), (), ("-prn", 1)),
            ("with the times of flash", 20_000, ("--timing", "flash"), ()),
        ]:
            check.good(name, chance.randbytes(size), key, public, device, client)
        firmware = chance.randbytes(6000)
        check.bad("signed with another key", check.package(firmware, other), public)
        check.bad("for other hardware", check.package(firmware, key, hardware=51), public)
        check.bad("a downgrade", check.package(firmware, key, version=3), public, ("--app-version", "9"))
    sys.exit(1 if check.wrong else 0)


if __name__ == "__main__":
    main()
