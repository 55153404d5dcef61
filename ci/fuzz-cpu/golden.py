#!/usr/bin/env python3
"""Writes vectors of the other implementation for `cargo test`, which needs no other implementation then.

    golden.py ORACLE harness/armv7em/tests/data

`instructions.txt` has cases of every class and lists of undefined encodings; `float.txt` has arithmetic in depth.
"""

import random
import struct
import sys
import tempfile
from pathlib import Path

import float_templates
import sides
import unpredictable
from classes import CLASSES
from draw import CODE, CORNERS, RAM, States, draw_it

FLOATS = [0, 1 << 31, 1, 0x007FFFFF, 0x00800000, 0x3F800000, 0xBF800000, 0x3F800001, 0x4B000000, 0x7F7FFFFF, 0x7F800000,
          0xFF800000, 0x7FC00000, 0x7F800001, 0x33800000, 0x7C00FC00]
# Cases of each template class, and undefined encodings of each range.
CASES, UNDEFINED = 84, 420


def mix(seed, n):
    """A word of a case. The test in Rust has the same function."""
    h = (seed * 0x9E3779B9 + n * 0x85EBCA6B) & 0xFFFFFFFF
    for factor in (0x85EBCA6B, 0xC2B2AE35):
        h = ((h ^ h >> 15) * factor) & 0xFFFFFFFF
    return h ^ h >> 16


def register(seed, n):
    h = mix(seed, n)
    kind, rest = h & 7, h >> 3
    if kind < 2:
        return RAM + 0x1000 + rest % 0x2000
    if kind < 4:
        return RAM + 0x1000 + rest % 0x800 * 4
    return (CORNERS[rest % len(CORNERS)], rest & 63, mix(h, 1), mix(h, 2))[kind - 4]


def single(seed, n):
    h = mix(seed, 64 + n)
    return FLOATS[h >> 4 & 15] if h & 1 else (h & 0x807FFFFF | (120 + (h >> 4) % 16) << 23 if h & 2 else mix(h, 3))


def registers(seed):
    return [register(seed, n) for n in range(13)] + [RAM + 0x2000 + mix(seed, 13) % 0x200 * 4, register(seed, 14)]


def case(rng, known, template, encoding, seed):
    """A record, and the registers that are not as `registers` says: the addresses of memory instructions."""
    words = registers(seed)
    xpsr = mix(seed, 15) & 0xF80F0000 | 1 << 24
    if known.it or (template.it and rng.random() < 0.15):
        xpsr |= draw_it(rng)
    record = bytearray(struct.pack("<19I", encoding, CODE + 0x2000 + seed % 8 * 2, *words, xpsr,
                                   States.prefix(template, encoding, rng.getrandbits(64))))
    States.give_addresses(template.name, encoding, record, rng.getrandbits(24))
    after = struct.unpack_from("<15I", record, 8)
    given = [(n, after[n]) for n in range(15) if after[n] != words[n]]
    if known.mode == "float":
        fpscr = mix(seed, 96) & 0xF7C00000
        if "fixed" in template.name and not encoding >> 18 & 1:
            fpscr &= ~(3 << 22)
        record += struct.pack("<33I", *(single(seed, n) for n in range(32)), fpscr)
    if known.mode == "system":
        special = mix(seed, 16) & 0x0301E001
        record += struct.pack("<2I", special, RAM + 0x1800 + mix(seed, 17) % 0x100 * 4)
    return bytes(record), given


def line(mode, record, given, answer):
    """Mode, encoding, seed of the state, xPSR, prefix; registers given; then what differs from the state before."""
    words = struct.unpack_from("<19I", record)
    text = f"{mode[0]} {words[0]:x} {line.seed:x} {words[17]:x} {words[18]:x}"
    text += "".join(f" {n:x}={value:x}" for n, value in given) + " >"
    if answer[19] != sides.EXECUTED:
        return f"{text} !{answer[19]}"
    before = list(words[2:17]) + [words[1], words[17], 0x84222325, 0xCBF29CE4, 0]
    if mode == "float":
        before += struct.unpack_from("<33I", record, 76)
    if mode == "system":
        before += [-1, -1, -1]
    return text + "".join(f" {n:x}={a:x}" for n, (a, b) in enumerate(zip(answer, before)) if a != b)


def both(programs, mode, records):
    size = sides.SIZES[mode][1]
    ours, theirs = (sides.answers(program, mode, b"".join(records)) for program in programs)
    for n, record in enumerate(records):
        a, b = sides.words(ours, size, n), sides.words(theirs, size, n)
        text = None if a == b else sides.difference(mode, a, b)
        if a != b:
            words = sides.words(record, len(record) // 4, 0)
            if text and not unpredictable.explain(unpredictable.Difference(mode, words, a, b)):
                sys.exit(f"{words[0]:08x}: {text}")
        yield b if a == b else None


def write_instructions(rng, programs, path):
    lines = ["# Vectors of the package unicorn (Cortex-M4 model), made by ci/fuzz-cpu/golden.py; read by tests/instructions.rs."]
    seed = 0
    for known in CLASSES:
        lines.append(f"# {known.name}")
        if known.kind == "decoding":
            states = States(rng, known.mode)
            encodings = [known.generate(rng, n)[1] for n in range(8 * UNDEFINED)]
            records = [states.draw(None, encoding) for encoding in encodings]
            refused = [encoding for encoding, answer in zip(encodings, both(programs, known.mode, records))
                       if answer and answer[19] == sides.UNDEFINED]
            lines += [f"undefined {' '.join(f'{encoding:x}' for encoding in refused[n:n + 12])}"
                      for n in range(0, min(UNDEFINED, len(refused)), 12)]
            continue
        cases = []
        for n in range(CASES):
            template, encoding = known.generate(rng, n)
            seed += 1
            cases.append((seed, *case(rng, known, template, encoding, seed)))
        for (line.seed, record, given), answer in zip(cases, both(programs, known.mode, [record for _, record, _ in cases])):
            if answer:
                lines.append(line(known.mode, record, given, answer))
    path.write_text("\n".join(lines) + "\n")


def write_float(rng, programs, path):
    """Encoding, S0 to S2 and FPSCR before, S0 and FPSCR after."""
    lines, states = [], States(rng, "float")
    for name in ("arithmetic", "fused", "compare", "convert"):
        for template in float_templates.CLASSES[name]:
            # S0 is the destination, S1 and S2 are the operands.
            records = [states.draw(template, template.generate(rng, v=0, D=0, w=0, N=1, y=1, M=0)) for _ in range(120)]
            # Not inside an IT block.
            records = [record[:68] + struct.pack("<2I", 1 << 24, 0) + record[76:] for record in records]
            for record, answer in zip(records, both(programs, "float", records)):
                words = sides.words(record, 52, 0)
                lines.append(" ".join(f"{w:08x}" for w in (words[0], *words[19:22], words[51], answer[20], answer[52])))
    path.write_text("\n".join(lines) + "\n")


def main():
    oracle, directory = (Path(argument).resolve() for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        programs = oracle, sides.build_other(scratch)
        write_instructions(random.Random(7), programs, directory / "instructions.txt")
        write_float(random.Random(7), programs, directory / "float.txt")


if __name__ == "__main__":
    main()
