#!/usr/bin/env python3
"""Checks that pyOCD and the probe-rs command line, unmodified, work on a chip whose firmware runs and whose UART is served.

usage: debug_tools.py pyocd PYTHON GAUNTLET IMAGES
       debug_tools.py probe-rs PROBE_RS GAUNTLET IMAGES

PYTHON has pyocd installed, and PROBE_RS is the program. Each erases, loads, verifies, reads back, resets, and steps through
the demo bootloader with breakpoints, on both chips; then on a locked one, of both generations of the protection, which it
must find locked and unlock by a mass erase. The serial port is used before and behind. Exit code 1 when something is not so.
"""

import os
import pathlib
import random
import re
import select
import subprocess
import sys
import tempfile
import time
import tty

from served import LIMIT, Served

CHIPS = {"nrf52832": (512 << 10, 0x78000), "nrf52840": (1 << 20, 0xF8000)}
WHERE, SIZE = 0x8000, 30_000
PING = bytes([0x09, 0x5A, 0xC0])
PONG = bytes([0x60, 0x09, 0x01, 0x5A, 0xC0])


class Wrong(Exception):
    pass


def expect(condition, what, said=""):
    if not condition:
        raise Wrong(f"{what}\n{said}")


class Debugged(Served):
    """The demo bootloader, served with its debug port."""

    def __init__(self, gauntlet, images, chip, protocol, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="debug-tools-")
        image = images / f"demo-uart-{chip}.hex"
        super().__init__(gauntlet, pathlib.Path(self.folder.name), "--chip", chip, "--image", image, "--debug", protocol, *options)
        self.selector = self.line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.folder.cleanup()

    def flash(self):
        """Ends it, and gives the flash."""
        code, flash = self.end(interrupt=True)
        expect(code == 0, f"the device ended with {code}", self.log.read_text())
        return flash

    def answers(self):
        """The firmware answers a ping within ten seconds."""
        line = os.open(self.port, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(line)
            heard, limit = b"", time.monotonic() + 10
            while PONG not in heard and time.monotonic() < limit:
                os.write(line, PING)
                if select.select([line], [], [], 0.5)[0]:
                    heard += os.read(line, 4096)
            return PONG in heard
        finally:
            os.close(line)


class PyOcd:
    name, protocol = "pyocd", "pyocd"

    def __init__(self, python, served, chip):
        self.command, self.served, self.chip = [python, "-m", "pyocd"], served, chip

    def run(self, *arguments, fails=False):
        command = [*self.command, *map(str, arguments), "-u", self.served.selector, "-t", self.chip]
        return run(command, fails)

    def commands(self, *lines, options=(), fails=False):
        return self.run("commander", *[part for line in lines for part in ("-c", line)], *options, fails=fails)

    def load(self, path):
        self.run("load", path, "--base-address", hex(WHERE), "-O", "auto_unlock=false")
        self.commands(f"compare {WHERE:#x} {path}")

    def read(self, address, count):
        path = pathlib.Path(self.served.folder.name) / "back.bin"
        self.commands(f"savemem {address:#x} {count:#x} {path}")
        return path.read_bytes()

    def debug(self, bootloader):
        """A breakpoint at the bootloader's reset handler, a step behind it, registers."""
        entry = int.from_bytes(self.read(bootloader + 4, 4), "little") & ~1
        said = self.commands("reset halt", f"break {entry:#x}", "continue", "sleep 500", "halt", "reg pc", f"rmbreak {entry:#x}", "step", "reg pc", "continue")
        counters = [int(value, 16) for value in re.findall(r"\bpc\s*[=:]\s*(0x[0-9a-f]+)", said)]
        expect(counters[:1] == [entry], f"the breakpoint at {entry:#x} was not hit", said)
        expect(len(counters) > 1 and 0 < counters[1] - entry <= 4, "the step did not go on", said)

    def reset(self):
        self.run("reset")

    def erase(self):
        self.run("erase", "--chip")

    def is_refused(self):
        self.commands("read32 0", options=("-O", "auto_unlock=false"), fails=True)

    def unlock(self):
        self.run("erase", "--mass")


class ProbeRs:
    name, protocol = "probe-rs", "glasgow"

    def __init__(self, program, served, chip):
        self.program, self.served, self.target = program, served, {"nrf52832": "nRF52832_xxAA", "nrf52840": "nRF52840_xxAA"}[chip]

    def run(self, verb, *arguments, fails=False):
        command = [self.program, verb, "--non-interactive", "--probe", self.served.selector, "--protocol", "swd"]
        command += [] if verb == "info" else ["--chip", self.target]
        return run([*command, *map(str, arguments)], fails)

    def load(self, path):
        format = ["--binary-format", "bin", "--base-address", hex(WHERE)]
        self.run("download", *format, "--verify", path)
        self.run("verify", *format, path)

    def read(self, address, count):
        said = self.run("read", "b8", hex(address), count)
        return bytes(int(value, 16) for value in re.findall(r"\b[0-9a-fA-F]{2}\b", said))

    def debug(self, bootloader):
        said = self.run("info")
        expect(self.target in said, "it does not know the chip", said)

    def reset(self):
        self.run("reset")

    def erase(self):
        self.run("erase")

    def is_refused(self):
        self.run("read", "b32", "0", "1", fails=True)

    def unlock(self):
        self.run("erase", "--allow-erase-all")


def run(command, fails=False):
    # A client that waits for ever is a failure, too.
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=LIMIT)
    said = done.stdout + done.stderr
    expect((done.returncode != 0) == fails, f"{' '.join(map(str, command))}\nended with {done.returncode}", said)
    return said


def open_chip(kind, program, gauntlet, images, chip):
    size, bootloader = CHIPS[chip]
    image = random.SystemRandom().randbytes(SIZE)
    with Debugged(gauntlet, images, chip, kind.protocol) as served:
        tool = kind(program, served, chip)
        expect(served.answers(), "the firmware does not answer before", served.log.read_text())
        path = pathlib.Path(served.folder.name) / "image.bin"
        path.write_bytes(image)
        tool.load(path)
        expect(tool.read(WHERE, 256) == image[:256], "what was loaded is not read back")
        tool.debug(bootloader)
        tool.reset()
        expect(served.answers(), "the firmware does not answer behind it", served.log.read_text())
        flash = served.flash()
        expect(flash[WHERE:][:SIZE] == image, "flash does not hold what was loaded")
    print(f"ok    {kind.name} on {chip}: loads, verifies, reads, debugs, resets; the firmware runs on", flush=True)
    with Debugged(gauntlet, images, chip, kind.protocol) as served:
        kind(program, served, chip).erase()
        flash = served.flash()
        expect(len(flash) == size and flash.count(0xFF) == size, "the chip is not erased")
    print(f"ok    {kind.name} on {chip}: erases", flush=True)


def locked_chip(kind, program, gauntlet, images, chip, generation):
    with Debugged(gauntlet, images, chip, kind.protocol, "--locked", "--approtect", generation) as served:
        tool = kind(program, served, chip)
        expect(served.answers(), "the firmware of a locked chip does not answer", served.log.read_text())
        tool.is_refused()
        expect(served.answers(), "the firmware does not answer behind the refusal", served.log.read_text())
        tool.unlock()
        expect(tool.read(0, 64) == b"\xff" * 64, "the unlocked chip is not blank")
        flash = served.flash()
        expect(flash.count(0xFF) == len(flash), "the unlocked chip is not erased")
    print(f"ok    {kind.name} on {chip}, locked ({generation}): refused, unlocked by a mass erase", flush=True)


def main():
    kind = {"pyocd": PyOcd, "probe-rs": ProbeRs}[sys.argv[1]]
    # Not resolved: the Python of an environment is a link.
    program = os.path.abspath(sys.argv[2])
    gauntlet, images = (pathlib.Path(name).resolve() for name in sys.argv[3:5])
    wrong = 0
    for chip in CHIPS:
        for name, check in [
            ("open", lambda: open_chip(kind, program, gauntlet, images, chip)),
            ("locked", lambda: locked_chip(kind, program, gauntlet, images, chip, "old")),
            ("locked, newer", lambda: locked_chip(kind, program, gauntlet, images, chip, "new")),
        ]:
            try:
                check()
            except (Wrong, subprocess.TimeoutExpired) as error:
                wrong += 1
                print(f"WRONG {kind.name} on {chip}, {name}: {error}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
