#!/usr/bin/env python3
"""An independent judge for the virtual board: pyOCD, which shares no code with probe-rs or with this project.

For both chips: erase the chip, program an image with pyOCD's own flash algorithm, read it back and compare, program a
UICR word, lock the chip and check that pyOCD finds it locked and unlocks it by a mass erase.

    python3 -m venv venv && venv/bin/pip install pyocd
    venv/bin/python ci/interop/pyocd_readback.py

Not part of the default tests: it needs Python and the network.
"""

import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHIPS = {"nrf52832": ("nRF52832_xxAA", 512 << 10), "nrf52840": ("nRF52840_xxAA", 1 << 20)}
IMAGE_ADDRESS = 0x3100
IMAGE_SIZE = 60_001
UICR_WORD = 0x10001014
UICR_APPROTECT = 0x10001208


class Board:
    """A served virtual board; stops when the block ends."""

    def __init__(self, chip):
        self.chip = chip
        self.name, self.flash_size = CHIPS[chip]

    def __enter__(self):
        command = ["cargo", "run", "--quiet", "--release", "-p", "gauntlet-probe", "--example", "serve", "--"]
        self.server = subprocess.Popen(
            command + ["pyocd", self.name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.selector = self.server.stdout.readline().strip()
        if not self.selector:
            sys.exit("the board could not be started")
        return self

    def __exit__(self, *_):
        self.server.stdin.close()
        self.server.wait(timeout=10)

    def power_cycle(self):
        self.server.stdin.write("power-cycle\n")
        self.server.stdin.flush()
        expect(self.server.stdout.readline().strip() == "done", "the power was off")

    def pyocd(self, *arguments, fails=False):
        command = [sys.executable, "-m", "pyocd", *arguments, "-u", self.selector, "-t", self.chip]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
        if (done.returncode != 0) != fails:
            sys.exit(f"{' '.join(command)}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def commands(self, *lines, options=(), fails=False):
        return self.pyocd("commander", *[part for line in lines for part in ("-c", line)], *options, fails=fails)

    def read(self, folder, address, length):
        path = folder / "back.bin"
        self.commands(f"savemem {address:#x} {length:#x} {path}")
        return path.read_bytes()


def expect(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"  ok: {what}")


def judge(chip, folder):
    print(chip)
    image = random.Random(1).randbytes(IMAGE_SIZE)
    path = folder / "image.bin"
    path.write_bytes(image)
    with Board(chip) as board:
        board.pyocd("erase", "--chip")
        start = time.monotonic()
        board.pyocd("load", str(path), "--base-address", hex(IMAGE_ADDRESS))
        print(f"  loaded {IMAGE_SIZE} bytes in {time.monotonic() - start:.2f} s")
        flash = board.read(folder, 0, board.flash_size)
        expect(flash[IMAGE_ADDRESS : IMAGE_ADDRESS + IMAGE_SIZE] == image, "the image reads back byte for byte")
        rest = flash[:IMAGE_ADDRESS] + flash[IMAGE_ADDRESS + IMAGE_SIZE :]
        expect(rest.count(0xFF) == len(rest), "everything else is erased")

        # Straight through the flash controller, without an algorithm: enable writing, store, disable.
        enable, disable = "write32 0x4001e504 1", "write32 0x4001e504 0"
        board.commands("halt", enable, f"write32 {UICR_WORD:#x} 0x78000", disable)
        uicr = board.read(folder, UICR_WORD, 4)
        expect(uicr == (0x78000).to_bytes(4, "little"), "a UICR word can be programmed")
        board.commands("halt", "read32 0x30000000", fails=True)
        print("  ok: an address without memory is refused")

        board.commands("halt", enable, f"write32 {UICR_APPROTECT:#x} 0xffffff00", disable)
        board.power_cycle()
        board.commands("read32 0", options=("-O", "auto_unlock=false"), fails=True)
        print("  ok: the locked chip is found locked")
        board.pyocd("erase", "--mass")
        flash = board.read(folder, 0, board.flash_size)
        expect(flash.count(0xFF) == len(flash), "a mass erase unlocks it, and leaves nothing")

    print(f"  {chip} agrees")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for chip in CHIPS:
            judge(chip, pathlib.Path(folder))


if __name__ == "__main__":
    main()
