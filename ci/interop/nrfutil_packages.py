#!/usr/bin/env python3
"""Updates the virtual device with packages that nobody has seen: made now, by the real nrfutil, with a key of their own.

usage: nrfutil_packages.py NRFUTIL GAUNTLET [--seed N] [--keep DIR]

Good packages must end with exit code 0, and with flash that holds the firmware, padded to whole words, and nothing else
in its last page; the settings page must say the same. Bad packages must end with the right exit code and a message, and
the previous application must still be there. Flash and settings are decoded here, without any code of the project.

Needs Python 3.9, and nrfutil 6.1.7 (in Python 3.7 to 3.10: `pip install 'protobuf<4' nrfutil==6.1.7`). One line for each
package; exits 1 when anything is not as it should be. `--seed` repeats firmware and options of an earlier run, `--keep`
leaves all files.
"""

import argparse
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

PAGE = 0x1000
SIZES = [1, 3, 4095, 4096, 4097, 12345, 65536, 200000]
VALIDATIONS = ["NO_VALIDATION", "VALIDATE_GENERATED_CRC", "VALIDATE_GENERATED_SHA256", "VALIDATE_ECDSA_P256_SHA256"]
# Exit codes of gauntlet: the package is wrong and no device was touched; the device refused it.
BAD_PACKAGE, REFUSED = 96, 100


class Chip:
    """Where things stand in the virtual device."""

    def __init__(self, name, application, settings, flash, fwid):
        self.name, self.application, self.settings, self.flash, self.fwid = name, application, settings, flash, fwid


NRF52832 = Chip("nrf52832", 0x26000, 0x7F000, 0x80000, 0x0101)
NRF52840 = Chip("nrf52840", 0x27000, 0xFF000, 0x100000, 0x0100)
BARE_NRF52832 = Chip("nrf52832", 0x1000, 0x7F000, 0x80000, 0x0000)


class Difference(Exception):
    """Something is not as it should be."""


def expect(holds, message):
    if not holds:
        raise Difference(message)


def run(command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **options)


def intel_hex(address, firmware, hole=range(0)):
    """Firmware as Intel HEX with 16 bytes in a record; a `hole` is left out."""
    lines, segment = [], None

    def record(kind, offset, data):
        body = bytes([len(data), offset >> 8, offset & 0xFF, kind]) + data
        lines.append(":" + (body + bytes([-sum(body) & 0xFF])).hex().upper())

    at = 0
    while at < len(firmware):
        if at in hole:
            at = hole.stop
            continue
        absolute = address + at
        if absolute >> 16 != segment:
            segment = absolute >> 16
            record(4, 0, segment.to_bytes(2, "big"))
        count = min(16, len(firmware) - at, 0x10000 - (absolute & 0xFFFF))
        if at < hole.start:
            count = min(count, hole.start - at)
        record(0, absolute & 0xFFFF, firmware[at : at + count])
        at += count
    record(1, 0, b"")
    return "\n".join(lines) + "\n"


class Workshop:
    """Makes keys and packages in a folder."""

    def __init__(self, nrfutil, folder, chance):
        self.nrfutil, self.folder, self.chance, self.count = nrfutil, folder, chance, 0

    def nrf(self, *arguments):
        done = run([self.nrfutil, *arguments])
        if done.returncode != 0:
            sys.exit(f"nrfutil {' '.join(map(str, arguments))} ended with {done.returncode}\n{done.stdout}{done.stderr}")

    def key(self, name):
        """A fresh key pair; returns the paths of the private and the public half."""
        private, public = self.folder / f"{name}.pem", self.folder / f"{name}-public.pem"
        self.nrf("keys", "generate", private)
        self.nrf("keys", "display", "--key", "pk", "--format", "pem", "--out_file", public, private)
        return private, public

    def firmware(self, size):
        return self.chance.randbytes(size)

    def fresh(self, suffix):
        self.count += 1
        return self.folder / f"{self.count:02}{suffix}"

    def package(self, firmware, key=None, form="bin", base=NRF52832.application, hole=range(0), **options):
        """A package with an application, or with what `as_` says; the other options are those of nrfutil."""
        image = self.fresh("." + form)
        if form == "hex":
            image.write_text(intel_hex(base, firmware, hole))
        else:
            image.write_bytes(firmware)
        arguments = ["--" + options.pop("as_", "application"), image]
        for name, value in options.items():
            arguments += ["--" + name.replace("_", "-")] + ([] if value is True else [value])
        if key:
            arguments += ["--key-file", key]
        path = image.with_suffix(".zip")
        self.nrf("pkg", "generate", *arguments, path)
        return path


class Device:
    """The virtual device, by way of the program under test."""

    def __init__(self, gauntlet, folder):
        self.gauntlet, self.folder, self.previous = gauntlet, folder, {}

    def dfu(self, package, chip, arguments):
        dump = package.with_suffix(".flash.bin")
        command = [self.gauntlet, "dfu", package, "--chip", chip.name, "--dump", dump, "--progress", "none", *arguments]
        done = run(command, cwd=self.folder)
        flash = dump.read_bytes() if dump.exists() else None
        if flash is not None and len(flash) != chip.flash:
            raise Difference(f"the dump has {len(flash)} bytes")
        self.said = f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
        expect("panicked" not in self.said, "the program panicked")
        return done, flash

    def takes(self, package, firmware, version, chip=NRF52832, arguments=()):
        """The update is done, and the flash says so."""
        done, flash = self.dfu(package, chip, arguments)
        expect(done.returncode == 0, f"exit code {done.returncode} instead of 0")
        expect(flash is not None, "no dump was written")
        padded = firmware + b"\xff" * (-len(firmware) % 4)
        page_end = chip.application + -(-len(padded) // PAGE) * PAGE
        expect(flash[chip.application :].startswith(padded), "flash does not hold the firmware")
        rest = flash[chip.application + len(padded) : page_end]
        expect(rest == b"\xff" * len(rest), "something is behind the firmware in its last page")
        bank_0 = settings(flash, chip)
        wanted = {"app_version": version, "size": len(padded), "crc": zlib.crc32(padded), "code": 1}
        expect(bank_0 == wanted, f"settings say {bank_0} instead of {wanted}")

    def refuses(self, package, code, chip=NRF52832, arguments=()):
        """The update is refused with a message, and the previous application is still there."""
        done, flash = self.dfu(package, chip, arguments)
        expect(done.returncode == code, f"exit code {done.returncode} instead of {code}")
        expect(len((done.stdout + done.stderr).split()) > 5, "there is no message")
        if code == BAD_PACKAGE:
            expect(flash is None, "the device was touched")
            return
        expect(flash is not None, "no dump was written")
        expect("previous application" in done.stdout, "it does not say that the previous application runs")
        bank_0 = settings(flash, chip)
        image = flash[chip.application : chip.application + bank_0["size"]]
        expect(bank_0["code"] == 1 and bank_0["size"] > 0, f"bank 0 is not valid: {bank_0}")
        expect(bank_0["crc"] == zlib.crc32(image), "the application in bank 0 is damaged")
        # Devices of one kind begin with the same application.
        previous = self.previous.setdefault((chip.name, chip.application), image)
        expect(image == previous, "bank 0 does not hold the previous application")


def settings(flash, chip):
    """What the settings page says about the application; its CRC has to be right."""
    page = flash[chip.settings : chip.settings + PAGE]
    crc, version, app_version = struct.unpack_from("<III", page)
    size, image_crc, code = struct.unpack_from("<III", page, 24)
    expect(version == 2, f"the settings have version {version}")
    # The CRC covers the page up to the init command, which has its own.
    expect(crc == zlib.crc32(page[4:92]), "the CRC of the settings page is wrong")
    return {"app_version": app_version, "size": size, "crc": image_crc, "code": code}


def sd_requirements(chance, fwid):
    """A list of firmware ids with the right one somewhere in it."""
    ids = [chance.randrange(0x0200, 0xFFFE) for _ in range(chance.randrange(8))] + [fwid]
    chance.shuffle(ids)
    return ",".join(f"0x{fwid:04X}" for fwid in ids)


def good_packages(shop, device, key, public):
    """Pairs of a description and a call that checks one package."""
    chance = shop.chance
    validations = iter(VALIDATIONS * len(SIZES))

    def one(size, form="bin", chip=NRF52832, arguments=(), signed=True, hole=range(0), **options):
        firmware = bytearray(shop.firmware(size))
        firmware[hole.start : hole.stop] = b"\xff" * len(hole)
        version = options.setdefault("application_version", chance.randrange(1 << 32))
        options.setdefault("hw_version", 52)
        options.setdefault("sd_req", sd_requirements(chance, chip.fwid))
        said = " ".join(f"{name}={value}" for name, value in options.items())
        said = f"{size} bytes .{form}, {chip.name} {' '.join(map(str, arguments))} {said}"
        trust = ["--key", public] if signed else ["--unsigned"]

        def check():
            package = shop.package(
                bytes(firmware), key if signed else None, form, chip.application, hole, **options
            )
            device.takes(package, bytes(firmware), version, chip, [*trust, *arguments])

        return said, check

    for size in SIZES:
        yield one(size, app_boot_validation=next(validations))
        yield one(size, "hex", app_boot_validation=next(validations))
    for validation in VALIDATIONS:
        yield one(chance.randrange(1, 20000), app_boot_validation=validation)
    yield one(9000, "hex", hole=range(1000, 5000))
    yield one(5000)
    yield one(5000, application_version=0)
    yield one(5000, application_version=0xFFFF_FFFF)
    yield one(5000, debug_mode=True)
    yield one(5000, hw_version=0xFFFF_FFFF, arguments=["--hw-version", 0xFFFF_FFFF])
    yield one(5000, sd_req="0x0124", arguments=["--softdevice", "0x0124"])
    yield one(5000, sd_req="0xFFFE,0x0101")
    yield one(5000, sd_req="0x00")
    yield one(5000, signed=False)
    yield one(5000, chip=BARE_NRF52832, sd_req="0x00", arguments=["--softdevice", "none", "--link", "serial"])
    yield one(5000, application_version=9, arguments=["--app-version", 9])
    yield one(chance.randrange(1, 60000), arguments=["--mtu", 23, "--prn", 1])
    yield one(chance.randrange(1, 60000), arguments=["--mtu", 100, "--prn", 12])
    yield one(chance.randrange(1, 60000), arguments=["--link", "serial"])
    yield one(chance.randrange(1, 60000), "hex", arguments=["--link", "serial", "--prn", 5])
    yield one(chance.randrange(1, 60000), chip=NRF52840)
    yield one(600_000, "hex", chip=NRF52840, app_boot_validation="VALIDATE_GENERATED_SHA256")
    yield one(chance.randrange(1, 60000), chip=NRF52840, arguments=["--link", "serial"])


def bad_packages(shop, device, key, public, other):
    """Pairs of a description and a call that checks one package."""

    def one(
        said, code, chip=NRF52832, signed_by=key, size=10_000, arguments=(), damage=None, trust=public, **options
    ):
        if options.get("as_", "application") == "application":
            options.setdefault("application_version", 3)
        options.setdefault("hw_version", 52)
        options.setdefault("sd_req", "0x0101")

        def check():
            package = shop.package(shop.firmware(size), signed_by, **options)
            if damage:
                damage(package, shop.chance)
            device.refuses(package, code, chip, ["--key", trust, *arguments])

        return said, check

    yield one("signed with another key", REFUSED, trust=other)
    yield one("not signed", REFUSED, signed_by=None)
    yield one("for hardware 51", REFUSED, hw_version=51)
    yield one("for other SoftDevices", REFUSED, sd_req="0x0100,0x0124,0x00B7")
    yield one("for a SoftDevice that is not there", REFUSED, chip=BARE_NRF52832, arguments=["--softdevice", "none", "--link", "serial"])
    yield one("for none and for one", REFUSED, sd_req="0x00,0x0101")
    yield one("a downgrade from 9 to 3", REFUSED, arguments=["--app-version", 9])
    yield one("a downgrade over serial", REFUSED, arguments=["--app-version", 9, "--link", "serial"])
    yield one("400000 bytes for less space", REFUSED, size=400_000)
    yield one("a bit of the firmware flipped, in a zip that is whole", BAD_PACKAGE, damage=flip_firmware)
    yield one("a byte of the zip file flipped", BAD_PACKAGE, damage=flip_file)
    yield one("a zip file cut off", BAD_PACKAGE, damage=cut_off)


def flip_firmware(path, chance):
    """Changes one bit of the firmware; the zip gets the CRC that belongs to it."""
    with zipfile.ZipFile(path) as package:
        entries = [(entry, package.read(entry)) for entry in package.infolist()]
    with zipfile.ZipFile(path, "w") as package:
        for entry, content in entries:
            if entry.filename.endswith(".bin"):
                at = chance.randrange(len(content))
                content = content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
            package.writestr(entry, content)


def flip_file(path, _chance):
    """Changes a byte of the stored firmware; the CRC in the zip no longer fits."""
    content = bytearray(path.read_bytes())
    content[5000] ^= 0x40
    path.write_bytes(content)


def cut_off(path, chance):
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(1, len(content) - 30)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nrfutil")
    parser.add_argument("gauntlet", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="nrfutil-packages-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    print(f"seed {options.seed}")

    shop = Workshop(options.nrfutil, folder, random.Random(options.seed))
    device = Device(options.gauntlet.resolve(), folder)
    try:
        key, public = shop.key("own")
        _, other = shop.key("other")
        kinds = [("good", good_packages(shop, device, key, public))]
        kinds.append(("bad", bad_packages(shop, device, key, public, other)))
        count = differences = 0
        for kind, packages in kinds:
            for said, check in packages:
                count += 1
                device.said = ""
                try:
                    check()
                    print(f"ok    {kind:4}  {said}", flush=True)
                except (Difference, subprocess.TimeoutExpired) as difference:
                    differences += 1
                    print(f"WRONG {kind:4}  {said}: {difference}\n{device.said}", flush=True)
        print(f"{count} packages, {differences} not as they should be")
    finally:
        if not options.keep:
            shutil.rmtree(folder)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
