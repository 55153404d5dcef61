#!/usr/bin/env python3
"""One firmware on two chips that were written apart: same answers, same flash operations in the same order, same flash.

    second_chip.py FLASH_JOURNAL CHIP HEX...

The example `flash_journal` of gauntlet-bench runs first boot and an update on the virtual chip and prints what the host sent,
what the firmware answered, and the flash operations. The same bytes are sent to the chip in ci/second_chip.
"""

import subprocess
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from second_chip.chip import Chip, Silent  # noqa: E402

END = 0xC0
# Longest silence that the host puts up with, in steps of the chip.
PATIENCE = 200_000


def put_hex(chip, path):
    base = 0
    for record in Path(path).read_text().split():
        data = bytes.fromhex(record[1:])
        count, address, kind, payload = data[0], data[1] << 8 | data[2], data[3], data[4:-1]
        if kind == 4:
            base = int.from_bytes(payload, "big") << 16
        elif kind == 2:
            base = int.from_bytes(payload, "big") << 4
        elif kind == 0:
            assert len(payload) == count
            chip.put(base + address, payload)


def until(chip, done):
    for _ in range(PATIENCE):
        if done():
            return
        try:
            chip.step()
        except Silent:
            if done():
                return
            sys.exit(f"the second chip sleeps, {len(chip.uarte.outgoing)} bytes sent, {len(chip.log)} flash operations")
    sys.exit("the second chip does not come to an end")


def replay(chip, lines):
    """Sends what the host sent and compares the answers, byte by byte."""
    chip.reset()
    until(chip, lambda: chip.uarte.open)
    answers = 0
    for kind, *rest in lines:
        if kind == "send":
            chip.uarte.incoming += bytes.fromhex(rest[0])
        elif kind == "answer":
            until(chip, lambda: END in chip.uarte.outgoing)
            size = chip.uarte.outgoing.index(END) + 1
            answer, chip.uarte.outgoing = bytes(chip.uarte.outgoing[:size]), chip.uarte.outgoing[size:]
            if answer.hex() != rest[0]:
                sys.exit(f"answer {answers}: {answer.hex()} instead of {rest[0]}")
            answers += 1
        elif kind == "started":
            # The application at this address runs.
            address = int(rest[0], 16)
            magic = int(rest[1], 16)
            until(chip, lambda: int.from_bytes(chip.uc.mem_read(address, 4), "little") == magic)
    return answers


def main():
    program, name, *images = sys.argv[1:]
    output = subprocess.run([program, name, *images], stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = [line.split(" ") for line in output.splitlines()]
    chip = Chip(name)
    for image in images:
        put_hex(chip, image)
    answers = replay(chip, lines)
    ours = [" ".join(line[1:]) for line in lines if line[0] == "op"]
    for n, (one, other) in enumerate(zip(ours, chip.log)):
        if one != other:
            sys.exit(f"flash operation {n}: {one}, and {other} on the second chip")
    if len(ours) != len(chip.log):
        sys.exit(f"{len(ours)} flash operations, and {len(chip.log)} on the second chip")
    final = next(line[1:] for line in lines if line[0] == "final")
    flash, uicr = chip.uc.mem_read(0, chip.flash_size), chip.uc.mem_read(chip.UICR, 0x1000)
    crcs = [f"{zlib.crc32(bytes(memory)):08x}" for memory in (flash, uicr)]
    if crcs != final:
        sys.exit(f"flash and UICR differ at the end: CRC {crcs} instead of {final}")
    print(f"{name}: {answers} answers, {len(ours)} flash operations and the final flash agree")


if __name__ == "__main__":
    main()
