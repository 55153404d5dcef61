#!/usr/bin/env python3
"""Checks that nrfutil, unmodified, updates real firmware in the virtual chip: the demo bootloader, over the chip's UART.

usage: nrfutil_firmware.py NRFUTIL GAUNTLET IMAGES [CHIP...]

IMAGES is the folder with the images of the demo bootloader. Random applications and another bootloader must end in flash;
packages for somebody else must be refused by the firmware with its own codes; after a killed nrfutil, and after a power cut
at a random flash operation, another run must complete the update. Flash is judged from the dump, never from what anybody
says. Exit code 1 when something is not so.
"""

import base64
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

from served import LIMIT, Served

# The published test key that the demo bootloader trusts. It protects nothing.
SCALAR = "4939CB88C75ADC3CAB1CA28EF2CCD505D8FC255949CBB3EC9FAB6B869C4EA6AF"
APPLICATION, PAGE = 0x1000, 0x1000
BOOTLOADER = {"nrf52832": 0x78000, "nrf52840": 0xF8000}


def trusted_key(path):
    """The key as a file, in the form of RFC 5915."""
    scalar = bytes.fromhex(SCALAR)
    curve = bytes.fromhex("a00a06082a8648ce3d030107")
    content = b"\x02\x01\x01\x04\x20" + scalar + curve
    text = base64.encodebytes(b"\x30" + bytes([len(content)]) + content).decode()
    path.write_text(f"-----BEGIN EC PRIVATE KEY-----\n{text}-----END EC PRIVATE KEY-----\n")
    return path


def hex_bytes(path):
    """Address and value of every byte of an Intel HEX file."""
    base, found = 0, {}
    for line in path.read_text().split():
        record = bytes.fromhex(line[1:])
        count, offset, kind = record[0], int.from_bytes(record[1:3], "big"), record[3]
        data = record[4 : 4 + count]
        if kind == 4:
            base = int.from_bytes(data, "big") << 16
        elif kind == 2:
            base = int.from_bytes(data, "big") << 4
        elif kind == 0:
            found.update((base + offset + at, value) for at, value in enumerate(data))
    return found


class Check:
    def __init__(self, nrfutil, gauntlet, folder, images, chip, chance):
        self.nrfutil, self.gauntlet, self.folder = nrfutil, gauntlet, folder
        self.chip, self.chance = chip, chance
        self.image = images / f"demo-uart-{chip}.hex"
        self.key = trusted_key(folder / "trusted.pem")
        self.wrong = 0

    def tool(self, *arguments):
        return subprocess.run(
            [self.nrfutil, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT, cwd=self.folder
        )

    def served(self, *options):
        """The demo bootloader in a chip."""
        return Served(self.gauntlet, self.folder, "--chip", self.chip, "--image", self.image, *options)

    def application(self, size):
        """Random bytes behind a start that runs: the vector table, and a branch to itself."""
        start = struct.pack("<II", 0x2000_2000, APPLICATION + 0x101)
        body = bytearray(self.chance.randbytes(size))
        body[: len(start)] = start
        body[0x100:0x102] = b"\xfe\xe7"
        return bytes(body)

    def package(self, kind, image, key=None, version=1, hardware=52, sd_req="0x00"):
        package, file = self.folder / "update.zip", self.folder / f"{kind}.bin"
        package.unlink(missing_ok=True)
        file.write_bytes(image)
        made = self.tool(
            "pkg", "generate", "--hw-version", hardware, "--sd-req", sd_req, "--key-file", key or self.key,
            f"--{kind}", file, f"--{kind}-version", version, package,
        )
        made.check_returncode()
        return package

    def update(self, port, package, patience=3):
        """`patience`: seconds that the firmware may take to check a signature, on a machine that has other work, too."""
        return self.tool("dfu", "serial", "-pkg", package, "-p", port, "-cd", 0, "-t", patience)

    def report(self, name, problem, served, told=None):
        self.wrong += bool(problem)
        print(f"{'WRONG' if problem else 'ok   '} {self.chip}: {name}{': ' + problem if problem else ''}", flush=True)
        if problem:
            print((told.stdout + told.stderr if told else "") + served.log.read_text(), flush=True)

    def landed(self, name, firmware, served, told):
        code, flash = served.end(interrupt=told.returncode != 0)
        problem = ""
        if told.returncode != 0:
            problem = f"nrfutil ended with {told.returncode}"
        elif code != 0:
            problem = f"the device ended with {code}"
        elif flash[APPLICATION:][: len(firmware)] != firmware:
            problem = "flash does not hold the application"
        elif "the application runs" not in served.log.read_text():
            problem = "the application was not reached"
        self.report(name, problem, served, told)

    def good(self, name, size, *options):
        firmware = self.application(size)
        served = self.served("--once", *options)
        patience = 10 if options else 3
        told = self.update(served.port, self.package("application", firmware), patience)
        self.landed(name, firmware, served, told)

    def refused(self, name, words, package):
        served = self.served()
        told = self.update(served.port, package)
        code, flash = served.end(interrupt=True)
        problem = ""
        if told.returncode == 0:
            problem = "nrfutil saw no refusal"
        elif words not in told.stdout + told.stderr:
            problem = f"the firmware did not say: {words}"
        elif code != 0 or flash[APPLICATION : APPLICATION + 64] != b"\xff" * 64:
            problem = "the flash has changed"
        self.report(name, problem, served, told)

    def downgrade(self):
        firmware = self.application(6000)
        served = self.served("--back-to-dfu")
        first = self.update(served.port, self.package("application", firmware, version=7))
        time.sleep(2)
        told = self.update(served.port, self.package("application", self.application(5000), version=6))
        code, flash = served.end(interrupt=True)
        problem = ""
        if first.returncode != 0:
            problem, told = "the first update failed", first
        elif told.returncode == 0 or "Extended Error 0x05" not in told.stdout + told.stderr:
            problem = "the downgrade was not refused"
        elif code != 0 or flash[APPLICATION:][: len(firmware)] != firmware:
            problem = "flash does not hold the newer application"
        self.report("a downgrade is refused", problem, served, told)

    def bootloader(self):
        """The same bootloader with more bytes behind it."""
        start = BOOTLOADER[self.chip]
        old = {at: value for at, value in hex_bytes(self.image).items() if start <= at < start + 0x6000}
        image = bytes(old.get(at, 0xFF) for at in range(start, max(old) + 1))
        image += b"\xff" * (-len(image) % 4) + self.chance.randbytes(256)
        served = self.served()
        told = self.update(served.port, self.package("bootloader", image, version=2))
        # It restarts, copies and restarts; then it listens again.
        firmware = self.application(5000)
        again = self.update(served.port, self.package("application", firmware))
        code, flash = served.end(interrupt=True)
        problem = ""
        if told.returncode != 0:
            problem = f"nrfutil ended with {told.returncode}"
        elif flash[start:][: len(image)] != image:
            problem = "flash does not hold the new bootloader"
        elif again.returncode != 0 or flash[APPLICATION:][: len(firmware)] != firmware:
            problem, told = "the new bootloader takes no application", again
        elif code != 0:
            problem = f"the device ended with {code}"
        self.report("another bootloader", problem, served, told)

    def killed(self):
        """nrfutil gives up when it was killed between Create and the first byte: then it is not the firmware that is judged."""
        for _ in range(4):
            firmware = self.application(60_000)
            served = self.served("--once", "--timing", "flash")
            package = self.package("application", firmware)
            command = [self.nrfutil, "dfu", "serial", "-pkg", package, "-p", served.port, "-cd", "0", "-t", "10"]
            first = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(self.chance.uniform(6, 11))
            first.kill()
            first.wait()
            # What it had asked for is answered late; who opens the port next must not take that for an answer of its own.
            time.sleep(5)
            told = self.update(served.port, package, 10)
            if told.returncode == 0 or "try_to_recover" not in told.stderr or "NotPermitted" not in told.stderr:
                break
            served.end(interrupt=True)
        self.landed("completed behind a killed nrfutil", firmware, served, told)

    def cut(self):
        firmware = self.application(20_000)
        at = self.chance.randrange(600, 5000)
        tear = self.chance.choice(["before", "torn", "after"])
        served = self.served("--once", "--cut", f"{at}:{tear}")
        package = self.package("application", firmware)
        told = self.update(served.port, package)
        if told.returncode != 0:
            told = self.update(served.port, package)
        name = f"a power cut at flash operation {at} ({tear})"
        self.landed(name, firmware, served, told)
        if "the supply was cut" not in served.log.read_text():
            self.report(name, "the supply was not cut", served)


def main():
    nrfutil, gauntlet, images = (pathlib.Path(name).resolve() for name in sys.argv[1:4])
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}", flush=True)
    wrong = 0
    for chip in sys.argv[4:] or BOOTLOADER:
        with tempfile.TemporaryDirectory(prefix="nrfutil-firmware-") as folder:
            check = Check(nrfutil, gauntlet, pathlib.Path(folder), images, chip, random.Random(f"{seed} {chip}"))
            other = check.folder / "other.pem"
            check.tool("keys", "generate", other).check_returncode()
            small = check.application(4096)
            check.good("one page", 4096)
            check.good("a large application", 100_000)
            check.good("any size, with the times of flash", check.chance.randrange(1000, 9000), "--timing", "flash")
            check.refused("signed with another key", "Response Code InvalidObject", check.package("application", small, key=other))
            check.refused("for other hardware", "Extended Error 0x06", check.package("application", small, hardware=51))
            check.refused("for a SoftDevice", "Extended Error 0x07", check.package("application", small, sd_req="0x0101"))
            check.downgrade()
            check.bootloader()
            check.killed()
            check.cut()
            wrong += check.wrong
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
