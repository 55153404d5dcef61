#!/usr/bin/env python3
"""Differential test of the interpreter against an independent implementation, one instruction at a time.

The other implementation is the Python package `unicorn` (Cortex-M4 model). See README.md.
"""

import argparse
import collections
import random
import struct
import subprocess
import sys
from pathlib import Path

from unicorn import UC_ARCH_ARM, UC_ERR_INSN_INVALID, UC_HOOK_INTR, UC_MODE_MCLASS, UC_MODE_THUMB, Uc, UcError
from unicorn import arm_const as arm

import float_templates
import templates

SIZE, CODE, RAM = 0x4000, 0x10000, 0x20000000
PATTERN = bytes((n * 37 ^ (n >> 5) * 101) & 0xFF for n in range(SIZE))
REGISTERS = [getattr(arm, f"UC_ARM_REG_R{n}") for n in range(13)] + [
    arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR, arm.UC_ARM_REG_PC, arm.UC_ARM_REG_XPSR]
SINGLES = [getattr(arm, f"UC_ARM_REG_S{n}") for n in range(32)] + [arm.UC_ARM_REG_FPSCR]
CORNERS = [0, 1, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x8000, 0x7FFF, 0x80808080, 0x80008000, 0x7FFF7FFF, 0xFF]
EXECUTED, UNDEFINED, NO_COPROCESSOR, USAGE, MEMORY, SUPERVISOR, BREAKPOINT, ASLEEP, OTHER = range(9)
STATUS = ["executed", "undefined", "no coprocessor", "usage fault", "memory fault", "svc", "bkpt", "asleep",
          "other"]
PREFETCH_ABORT, EXCEPTION_EXIT = 3, 8
SKIPPED = 9
# Interrupt numbers of the other implementation.
INTERRUPTS = {1: UNDEFINED, 2: SUPERVISOR, 3: MEMORY, 4: MEMORY, 7: BREAKPOINT, 17: NO_COPROCESSOR, 18: USAGE, 22: USAGE}


def memory_hash(ram):
    value = 0xCBF29CE484222325
    if ram == PATTERN:
        return value
    for at in range(SIZE):
        if ram[at] != PATTERN[at]:
            for byte in (at & 0xFF, at >> 8, ram[at]):
                value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


class Other:
    """The independent implementation."""

    # MSR APSR_g, R0: the only way to set GE from outside.
    SET_GE, SET_GE_CODE = CODE + 0x3F00, bytes.fromhex("80f30084")
    # CLREX: an exclusive load of an earlier case must not help a store.
    CLEAR, CLEAR_CODE = CODE + 0x3F80, bytes.fromhex("bff32f8f")

    # VMOV.F32 S0, S0: makes a floating-point context, which stays; a new one would change FPSCR.
    CONTEXT, CONTEXT_CODE = CODE + 0x3FC0, bytes.fromhex("b0ee400a")

    def __init__(self):
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
        self.uc.mem_map(CODE, SIZE)
        self.uc.mem_map(RAM, SIZE)
        self.code = bytearray(PATTERN)
        self.code[self.SET_GE - CODE:self.SET_GE - CODE + 4] = self.SET_GE_CODE
        self.code[self.CLEAR - CODE:self.CLEAR - CODE + 4] = self.CLEAR_CODE
        self.code[self.CONTEXT - CODE:self.CONTEXT - CODE + 4] = self.CONTEXT_CODE
        self.uc.mem_write(CODE, bytes(self.code))
        self.uc.mem_write(RAM, PATTERN)
        self.uc.hook_add(UC_HOOK_INTR, self.interrupt)
        self.taken = None
        self.execute(self.CONTEXT)

    def interrupt(self, uc, number, _):
        self.taken = number
        uc.emu_stop()

    def execute(self, address):
        self.uc.reg_write(arm.UC_ARM_REG_PC, address | 1)
        self.uc.reg_write(arm.UC_ARM_REG_XPSR, 1 << 24)
        self.uc.emu_start(address | 1, address + 4, count=1)

    def set_ge(self, ge):
        if self.uc.reg_read(arm.UC_ARM_REG_XPSR) >> 16 & 15 != ge:
            self.uc.reg_write(arm.UC_ARM_REG_R0, ge << 16)
            self.execute(self.SET_GE)

    def run(self, encoding, address, registers, xpsr, singles=None):
        uc, at = self.uc, address - CODE
        code = struct.pack("<HH", encoding >> 16, encoding & 0xFFFF) if encoding > 0xFFFF else struct.pack("<H", encoding)
        if encoding >> 20 in (0xE84, 0xE8C):
            self.execute(self.CLEAR)
        self.set_ge(xpsr >> 16 & 15)
        uc.mem_write(address, code)
        uc.ctl_remove_cache(address - 4, address + 8)
        uc.reg_write_batch(list(zip(REGISTERS[:15], registers)))
        uc.reg_write(arm.UC_ARM_REG_PC, address | 1)
        uc.reg_write(arm.UC_ARM_REG_XPSR, xpsr)
        if singles is not None:
            uc.reg_write_batch(list(zip(SINGLES, singles)))
        self.taken = None
        status = EXECUTED
        try:
            uc.emu_start(address | 1, address + len(code), count=1)
        except UcError as error:
            status = UNDEFINED if error.errno == UC_ERR_INSN_INVALID else MEMORY
        state = list(uc.reg_read_batch(REGISTERS))
        after = None if singles is None else list(uc.reg_read_batch(SINGLES))
        state[15] &= ~1
        if self.taken is not None:
            # A branch out of the mapped memory faults at its target: the branch itself was executed.
            branched = self.taken == PREFETCH_ABORT and state[15] != address
            status = EXECUTED if branched else INTERRUPTS.get(self.taken, OTHER)
            if self.taken == EXCEPTION_EXIT:
                status = SKIPPED
        elif status == MEMORY and not mapped(state[15]) and state[15] != address:
            status = EXECUTED
        ram = bytes(uc.mem_read(RAM, SIZE))
        value = memory_hash(ram)
        if ram != PATTERN:
            uc.mem_write(RAM, PATTERN)
        uc.mem_write(address, bytes(self.code[at:at + 4]))
        return state, value, status, after


def mapped(address):
    return CODE <= address < CODE + SIZE or RAM <= address < RAM + SIZE


def draw_register(rng):
    kind = rng.random()
    if kind < 0.35:
        return RAM + 0x1000 + rng.randrange(0x2000)
    if kind < 0.55:
        return RAM + 0x1000 + (rng.randrange(0x2000) & ~3)
    if kind < 0.70:
        return rng.choice(CORNERS)
    if kind < 0.85:
        return rng.randrange(64)
    return rng.getrandbits(32)


def draw_case(rng, template, encoding):
    address = CODE + 0x2000 + 2 * rng.randrange(8)
    registers = [draw_register(rng) for _ in range(15)]
    registers[13] = RAM + 0x2000 + (rng.randrange(0x800) & ~3)
    xpsr = rng.getrandbits(5) << 27 | rng.getrandbits(4) << 16 | 1 << 24
    if template is None or (template.it and rng.random() < 0.2):
        it = 0 if template is None else rng.randrange(14) << 4 | rng.choice((8, 4, 12, 2, 6, 10, 14, 1, 3, 15))
        xpsr |= (it & 3) << 25 | (it >> 2) << 10
    # A load or store needs a pointer where its base is: make the first registers pointers more often.
    return encoding, address, registers, xpsr


def draw_base(rng, template, case):
    """Gives the base register of a memory instruction an address, so that it seldom faults."""
    encoding, address, registers, xpsr = case
    if template is None:
        return case
    name = template.name
    if name in ("BX", "BLX"):
        # An even target, or one that looks like an exception return, is tested elsewhere.
        registers[encoding >> 3 & 15] = registers[encoding >> 3 & 15] & 0x7FFFFFFF | 1
    if "n" not in template.widths:
        return case
    if any(word in name for word in ("load", "LDR", "STR", "LDM", "STM", "TBB")):
        base = encoding >> 16 & 15 if encoding > 0xFFFF else (encoding >> 8 & 7 if "M" in name else encoding >> 3 & 7)
        if base not in (13, 15) and rng.random() < 0.9:
            registers[base] = RAM + 0x1400 + (rng.randrange(0x1400) & ~3)
        index = encoding & 15 if encoding > 0xFFFF else encoding >> 6 & 7
        if ("reg" in name or "TB" in name) and index != base and index < 13:
            registers[index] = rng.randrange(256)
    return case


def draw_float_case(rng, template, encoding):
    case = draw_case(rng, template, encoding)
    name = "any" if template is None else template.name
    if "VLD" in name and encoding >> 16 & 15 not in (13, 15) and rng.random() < 0.9:
        case[2][encoding >> 16 & 15] = RAM + 0x1400 + (rng.randrange(0x1400) & ~3)
    return *case, float_templates.draw_state(rng, name, encoding)


def float_cases(rng, count, mode):
    known = float_templates.CLASSES.get(mode)
    for n in range(count):
        if known:
            template = known[n % len(known)]
            yield template.name, draw_float_case(rng, template, template.generate(rng))
        else:
            # Every encoding of the two coprocessors.
            encoding = rng.getrandbits(28) & ~0xE00 | rng.choice((0xE0000000, 0xF0000000)) | 0x0C000000 | 0xA00
            yield "any floating point", draw_float_case(rng, None, encoding)


def cases(rng, count, mode):
    if mode not in ("templates", "random"):
        yield from float_cases(rng, count, mode)
        return
    known = templates.NARROW + templates.WIDE
    for n in range(count):
        if mode == "templates":
            template = known[n % len(known)]
            encoding = template.generate(rng)
            yield template.name, draw_base(rng, template, draw_case(rng, template, encoding))
        elif rng.random() < 0.1:
            encoding = rng.randrange(0xE800)
            # BX and BLX to random addresses fault at their targets.
            if encoding >> 8 != 0x47:
                yield "any 16-bit", draw_case(rng, None, encoding)
        else:
            yield "any 32-bit", draw_case(rng, None, rng.randrange(0xE8000000, 1 << 32))


def run_ours(program, records):
    floating = len(records[0]) > 4
    if floating:
        data = b"".join(struct.pack("<51I", e, a, *r, x, *s) for e, a, r, x, s in records)
    else:
        data = b"".join(struct.pack("<18I", e, a, *r, x) for e, a, r, x in records)
    command = [program, "float"] if floating else [program]
    answer = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    size = 53 if floating else 20
    assert len(answer) == 4 * size * len(records)
    for at in range(0, len(answer), 4 * size):
        words = struct.unpack_from(f"<{size}I", answer, at)
        yield list(words[:17]), words[17] | words[18] << 32, words[19], list(words[20:]) or None


def compare(ours, theirs):
    """None when equal, "skip" when not comparable, else what differs."""
    (our_state, our_hash, our_status, ours_after), (their_state, their_hash, their_status, theirs_after) = ours, theirs
    if their_status == SKIPPED:
        # It takes a branch to 0xFF...... in thread mode for an exception return.
        return "skip"
    if our_status == USAGE and their_status in (EXECUTED, MEMORY):
        # The other implementation does not check the alignment of LDM, LDRD, LDREX and their like.
        return "skip"
    # Nor does it clear the two lowest bits of the stack pointer.
    their_state[13] &= ~3
    if our_status != their_status:
        # Faults that come with the next instruction on one side: both sides faulted, that is what counts.
        faults = {UNDEFINED, USAGE, MEMORY, OTHER, NO_COPROCESSOR}
        if our_status in faults and their_status in faults and UNDEFINED not in (our_status, their_status):
            return None
        return f"status: ours {STATUS[our_status]}, other {STATUS[their_status]}"
    if our_status != EXECUTED:
        return None
    for n in range(16):
        if our_state[n] != their_state[n]:
            return f"R{n}: ours {our_state[n]:08x}, other {their_state[n]:08x}"
    if our_state[16] != their_state[16]:
        return f"xPSR: ours {our_state[16]:08x}, other {their_state[16]:08x}"
    if our_hash != their_hash:
        return "memory"
    if ours_after != theirs_after:
        names = [f"S{n}" for n in range(32)] + ["FPSCR"]
        return ", ".join(f"{name}: ours {a:08x}, other {b:08x}"
                         for name, a, b in zip(names, ours_after, theirs_after) if a != b)
    return None


def accepts_too_much(ours, theirs):
    """What the unrestricted mode looks for: the interpreter executes what the other one knows to be undefined.

    Results are not compared (operands are not restricted, many forms are UNPREDICTABLE), nor the opposite case: the
    interpreter refuses UNPREDICTABLE forms that the other one executes; that it executes all the others, templates show.
    """
    return theirs[2] == UNDEFINED and ours[2] not in (UNDEFINED, NO_COPROCESSOR)


REFUSALS = (UNDEFINED, NO_COPROCESSOR)


def accepts_differently(encoding, ours, theirs):
    """Which floating-point encodings exist. The other one takes undefined ones for an absent coprocessor."""
    refused = ours[2] in REFUSALS, theirs[2] in REFUSALS
    if refused[0] == refused[1]:
        return None
    if refused[1]:
        return "executed, undefined for the other"
    return "skip" if float_templates.explained(encoding) else "undefined, executed by the other"


def write_golden(rng, path):
    """Vectors of the other implementation: encoding, S0 to S2 and FPSCR before, S0 and FPSCR after."""
    other, lines = Other(), []
    for name in ("arithmetic", "fused", "compare", "convert"):
        for template in float_templates.CLASSES[name]:
            for _ in range(120):
                # S0 is the destination, S1 and S2 are the operands.
                encoding = template.generate(rng, v=0, D=0, w=0, N=1, y=1, M=0)
                encoding, address, registers, xpsr, singles = draw_float_case(rng, template, encoding)
                *_, after = other.run(encoding, address, registers, 1 << 24, singles)
                lines.append(" ".join(f"{word:08x}" for word in (encoding, *singles[:3], singles[32], after[0], after[32])))
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("oracle", type=Path, help="the example `oracle` of gauntlet-armv7em, built in release mode")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=("templates", "random", *float_templates.CLASSES, "float-random"), default="templates")
    parser.add_argument("--golden", type=Path, help="write vectors for `cargo test` into this file, and do nothing else")
    parser.add_argument("--show", type=int, default=20, help="how many differences to print")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    if arguments.golden:
        write_golden(rng, arguments.golden)
        return 0
    named = list(cases(rng, arguments.count, arguments.mode))
    other = Other()
    counts, differences, executed = collections.Counter(), collections.defaultdict(list), 0
    for (name, case), ours in zip(named, run_ours(arguments.oracle, [case for _, case in named])):
        theirs = other.run(*case)
        if arguments.mode == "float-random":
            difference = accepts_differently(case[0], ours, theirs)
            if difference == "skip":
                counts["not comparable"] += 1
                continue
            counts["equal" if difference is None else "differ"] += 1
            executed += ours[2] == EXECUTED
            if difference:
                differences[difference].append((case, difference))
            continue
        if arguments.mode == "random" and not accepts_too_much(ours, theirs):
            counts["equal" if (ours[2] == UNDEFINED) == (theirs[2] == UNDEFINED) else "not comparable"] += 1
            continue
        difference = compare(ours, theirs)
        if difference == "skip":
            counts["not comparable"] += 1
        elif difference is None:
            counts["equal"] += 1
            executed += ours[2] == EXECUTED
        else:
            counts["differ"] += 1
            differences[name].append((case, difference))
    for name, found in sorted(differences.items(), key=lambda item: -len(item[1]))[:arguments.show]:
        (encoding, address, registers, xpsr, *singles), difference = found[0]
        print(f"{len(found):6} {name}: {encoding:08x} at {address:x}, xPSR {xpsr:08x}: {difference}")
        print(f"{'':7}", *(f"{value:08x}" for value in registers))
        if singles:
            print(f"{'':7}", *(f"{value:08x}" for value in singles[0]))
        for (encoding, *_), difference in found[1:4]:
            print(f"{'':8}{encoding:08x}: {difference}")
    print(f"{len(named)} cases, seed {arguments.seed}: {counts['equal']} equal, {counts['differ']} differ, "
          f"{counts['not comparable']} not comparable ({executed} executed without a fault and compared in full)")
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
