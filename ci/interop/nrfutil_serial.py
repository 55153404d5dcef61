#!/usr/bin/env python3
"""Checks that nrfutil, unmodified, updates the served virtual device over its serial port.

usage: nrfutil_serial.py NRFUTIL GAUNTLET

A fresh key signs fresh packages. Good ones, on a UART and on USB, must end in flash: random applications, bootloaders,
and SoftDevice, bootloader and application in one package, between whose two images the device restarts. Bad ones must
make nrfutil fail and leave flash as it was. Flash is judged by `--expect` and, independently of that, from the dump that
is read back through the probe; never from what anybody says. Exit code 1 when something is not so.
"""

import pathlib
import random
import subprocess
import sys
import tempfile

from served import Served

SOFTDEVICE, APPLICATION, BOOTLOADER, BACKUP = 0x1000, 0x26000, 0x78000, 0x7E000
PAGE = 0x1000
LIMIT = 120
FLASH_TIMED = ("--timing", "flash")
# Another SoftDevice, and a bootloader that is built in another way.
SYSTEM = ("--softdevice", "0x0123", "--bootloader", "inactivity=60s")


class Check:
    def __init__(self, nrfutil, gauntlet, folder):
        self.nrfutil, self.gauntlet, self.folder = nrfutil, gauntlet, folder
        self.wrong = 0

    def tool(self, *arguments):
        return subprocess.run(
            [self.nrfutil, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT, cwd=self.folder
        )

    def served(self, public, *options, name="flash"):
        # A device on USB takes its port with it when it restarts; the link leads to the next one.
        link = self.folder / f"{name}-port"
        served = Served(self.gauntlet, self.folder, "--link-path", link, "--key", public, *options, name=name)
        served.link = link
        return served

    def key(self, name):
        private, public = self.folder / f"{name}.pem", self.folder / f"{name}.pub.pem"
        self.tool("keys", "generate", private).check_returncode()
        self.tool("keys", "display", "--key", "pk", "--format", "pem", "--out_file", public, private).check_returncode()
        return private, public

    def package(self, key, application=b"", bootloader=b"", softdevice=b"", version=3, hardware=52, sd_req="0x0101"):
        package = self.folder / "update.zip"
        package.unlink(missing_ok=True)
        arguments = ["--hw-version", hardware, "--sd-req", sd_req, "--key-file", key]
        for kind, image in [("application", application), ("bootloader", bootloader), ("softdevice", softdevice)]:
            if image:
                # nrfutil takes .bin for what it is; a SoftDevice would lose its MBR as .hex only.
                file = self.folder / f"{kind}.bin"
                file.write_bytes(image)
                arguments += [f"--{kind}", file]
                arguments += [] if kind == "softdevice" else [f"--{kind}-version", version]
        if softdevice and application:
            arguments += ["--sd-id", "0x0123"]
        self.tool("pkg", "generate", *arguments, package).check_returncode()
        return package

    def system(self, public, *options):
        """SoftDevice and bootloader, taken from the flash of a device that has them."""
        # No client comes to it.
        served = self.served(public, *SYSTEM, *options, name="system")
        _, flash = served.end(interrupt=True)
        if not flash:
            sys.exit(f"there is no flash to take SoftDevice and bootloader from: {served.said}")
        return used(flash[SOFTDEVICE:APPLICATION]), used(flash[BOOTLOADER:BACKUP])

    def update(self, port, package, *options):
        return self.tool("dfu", "serial", "-pkg", package, "-p", port, "-cd", 0, "-t", 1, *options)

    def report(self, name, problem, said=""):
        self.wrong += bool(problem)
        print(f"{'WRONG' if problem else 'ok   '} {name}{': ' + problem if problem else ''}", flush=True)
        if problem and said:
            print(said, flush=True)

    def good(self, name, key, public, parts, device=(), client=(), **package):
        package = self.package(key, **parts, **package)
        # A package of several parts leaves DFU mode more than once.
        once = ("--once",) if device == FLASH_TIMED else ()
        served = self.served(public, "--expect", package, *once, *device)
        told = self.update(served.link, package, *client)
        code, flash = served.end(interrupt=not once or told.returncode != 0)
        problem = ""
        if told.returncode != 0:
            problem = f"nrfutil ended with {told.returncode}"
        elif code != 0:
            problem = f"the device ended with {code}"
        elif served.said.count(", equal") != len(parts):
            problem = "not every part was compared"
        for kind, start in [("softdevice", SOFTDEVICE), ("bootloader", BOOTLOADER), ("application", APPLICATION)]:
            image = parts.get(kind, b"")
            rest = -len(image) % PAGE if kind == "application" else 0
            if not problem and flash[start:][: len(image) + rest] != image + b"\xff" * rest:
                problem = f"flash does not hold the {kind}"
        self.report(name, problem, told.stdout + told.stderr + served.said)

    def bad(self, name, package, public, device=()):
        # The device before, from a client that never comes.
        untouched = self.served(public, *device, name="before")
        _, before = untouched.end(interrupt=True)
        served = self.served(public, "--expect", package, *device)
        told = self.update(served.link, package)
        code, flash = served.end(interrupt=True)
        problem = ""
        if told.returncode == 0:
            problem = "nrfutil saw no refusal"
        elif code != 100:
            problem = f"the device ended with {code}"
        elif "bytes differ" not in served.said:
            problem = "flash was not found to be without the package"
        elif not flash or flash[: APPLICATION + 8192] != before[: APPLICATION + 8192]:
            problem = "SoftDevice or application are not those before"
        elif flash[BOOTLOADER:BACKUP] != before[BOOTLOADER:BACKUP]:
            problem = "the bootloader is not the one before"
        self.report(name, problem, told.stdout + told.stderr + served.said)


def used(area):
    """An area without the erased rest, in whole words."""
    image = area.rstrip(b"\xff")
    return image + b"\xff" * (-len(image) % 4)


def main():
    nrfutil, gauntlet = (str(pathlib.Path(name).resolve()) for name in sys.argv[1:3])
    chance = random.SystemRandom()
    with tempfile.TemporaryDirectory(prefix="nrfutil-serial-") as folder:
        check = Check(nrfutil, gauntlet, pathlib.Path(folder))
        key, public = check.key("own")
        other, _ = check.key("other")
        usb = ("--profile", "usb")
        for name, size, device, client in [
            ("one byte over a page", 4097, (), ()),
            ("a large application", 153_600, (), ()),
            ("receipts after every 5 packets", chance.randrange(1000, 50_000), (), ("-prn", 5)),
            ("receipts after every packet", chance.randrange(1000, 20_000), (), ("-prn", 1)),
            ("with the times of flash", 20_000, FLASH_TIMED, ()),
            ("USB", chance.randrange(1000, 50_000), usb, ()),
            ("USB, receipts after every packet", chance.randrange(1000, 50_000), usb, ("-prn", 1)),
        ]:
            check.good(name, key, public, {"application": aligned(chance.randbytes(size))}, device, client)
        application = chance.randbytes(6000)
        for name, profile in [("UART", ()), ("USB", usb)]:
            softdevice, bootloader = check.system(public, *profile)
            check.good(f"{name}: a bootloader", key, public, {"bootloader": bootloader}, profile)
            both = {"softdevice": softdevice, "bootloader": bootloader}
            check.good(f"{name}: SoftDevice and bootloader", key, public, both, profile)
            everything = {**both, "application": application}
            check.good(f"{name}: SoftDevice, bootloader and application", key, public, everything, profile)
        check.bad("signed with another key", check.package(other, application), public)
        check.bad("for other hardware", check.package(key, application, hardware=51), public)
        check.bad("for another SoftDevice", check.package(key, application, sd_req="0x0124"), public)
        check.bad("a downgrade", check.package(key, application), public, ("--app-version", "9"))
        check.bad("a bootloader that is not newer", check.package(key, bootloader=bootloader, version=1), public, usb)
    sys.exit(1 if check.wrong else 0)


def aligned(image):
    """nrfutil pads an application to whole words; the same is compared here."""
    return image + b"\xff" * (-len(image) % 4)


if __name__ == "__main__":
    main()
