"""Cases in which two right implementations may differ, one by one, each with the rule of the architecture manual.

A rule is a name, the place in the ARMv7-M Architecture Reference Manual (section A7.7 has one entry per instruction), why
the case is left out, and a function of the encoding and both answers that says whether a difference is this one. A
difference that no rule explains is a failure. How often each rule applied is printed.
"""

import templates
from sides import EXECUTED, EXIT, MEMORY, REFUSED, SUPERVISOR, USAGE


class Difference:
    """A case in which the answers differ."""

    def __init__(self, mode, record, ours, theirs):
        self.mode, self.encoding, self.registers, self.xpsr = mode, record[0], record[2:17], record[17]
        self.ours, self.theirs = ours[19], theirs[19]
        self.our_state, self.their_state = ours, theirs

    @property
    def wide(self):
        return self.encoding > 0xFFFF

    def field(self, low, width=4):
        return self.encoding >> low & (1 << width) - 1

    def register(self, n):
        return self.registers[n] if n < 15 else None


class Rule:
    def __init__(self, name, manual, why, applies):
        self.name, self.manual, self.why, self.applies = name, manual, why, applies


RULES = []


def _floating(case):
    return case.wide and case.encoding >> 26 & 0x3B == 0x3B and case.encoding >> 9 & 7 == 5


def explain(case):
    """The name of the first rule that explains a difference, or None."""
    for rule in RULES:
        if rule.applies(case):
            return rule.name
    return None


def table():
    """The table of the README."""
    head = "| case | manual (DDI 0403) | why |\n|---|---|---|\n"
    return head + "\n".join(f"| {rule.name} | {rule.manual} | {rule.why} |" for rule in RULES)


def _unaligned(case):
    if case.ours != USAGE or case.theirs not in (EXECUTED, MEMORY, EXIT):
        return False
    e = case.encoding
    if e >> 20 in (0xF85, 0xF8D) and e >> 12 & 15 == 15:
        # A program counter loaded from an unaligned address: the base is a register, PC, or a sum.
        return True
    base = case.register(e >> 16 & 15 if case.wide else e >> 8 & 7)
    if base is None:
        return False
    if e >> 20 in (0xE8C, 0xE8D):
        # Bytes are never unaligned.
        return e >> 4 & 15 == 5 and base & 1 == 1
    memory = e >> 25 in (0x74, 0x76) if case.wide else e >> 12 == 0xC
    return memory and base & 3 != 0


def _refused_here(case):
    return case.ours in REFUSED and case.theirs not in REFUSED


def _masks(mask, value):
    return lambda case: case.wide and case.encoding & mask == value and _refused_here(case)


def _violates(what):
    """An encoding of a template that breaks one of its rules. Which one, the template says."""
    def applies(case):
        known = templates.WIDE if case.wide else templates.NARROW
        return any(template.violation(case.encoding) == what for template in known)
    return applies


RULES += [
    Rule("unaligned multiple, double, exclusive, floating-point; PC from an unaligned address", "A3.2.1",
         "UsageFault UNALIGNED here, as the manual says; the other one does not check. Directed: tests/faults.rs", _unaligned),
    Rule("branch to 0xFF......", "B1.5.8",
         "an exception return in Handler mode only; the other one takes it for one in Thread mode. Directed: "
         "tests/exceptions.rs", lambda c: c.theirs == EXIT and c.ours == EXECUTED and c.our_state[15] >> 24 == 0xFF),
    Rule("BX, BLX to an even address", "A7.7.19, A7.7.20", "the branch is executed, the fault comes at its target, with either "
         "side. Directed: tests/faults.rs",
         lambda c: c.encoding >> 8 == 0x47 and c.ours == EXECUTED and (c.register(c.field(3)) or 0) & 1 == 0),
    Rule("access to the private peripheral bus", "B3.1", "the other one has no such registers. Directed: tests/debug.rs",
         lambda c: c.ours == EXECUTED and c.theirs == MEMORY and any(0xDFFFF000 <= r <= 0xE0100FFF for r in c.registers)),
    Rule("SVC with a mask raised", "B1.5.4",
         "escalates to HardFault here; the other one has no priorities. Directed: tests/exceptions.rs",
         lambda c: c.encoding >> 8 == 0xDF and c.theirs == SUPERVISOR),
    Rule("WFI, WFE, YIELD", "B1.5.17, B1.5.18", "the other one stops with a reason of its own. Directed: tests/sleep.rs",
         lambda c: c.encoding in (0xBF10, 0xBF20, 0xBF30) or c.encoding & 0xFFFFFFFC == 0xF3AF8000),
    Rule("BASEPRI_MAX with bits that are not implemented", "B5.2.3",
         "three bits of priority here, eight in the other one: which of two values is smaller depends on the others",
         lambda c: c.encoding & 0xFFF0FFFF == 0xF3808812 and c.registers[c.field(16)] & 0x1F != 0),
    Rule("SMLAD of 0x80008000 with itself", "A7.7.136",
         "the sum of both products and the accumulator decides on Q; the other one also sets it when the products alone "
         "overflow and a negative accumulator brings the sum back. Directed: tests/multiply.rs",
         lambda c: c.encoding & 0xFFF000E0 == 0xFB200000 and c.field(12) != 15 and c.ours == c.theirs == EXECUTED
         and c.registers[c.field(16)] == c.registers[c.field(0)] == 0x80008000 and c.registers[c.field(12)] >> 31
         and c.our_state[:16] == c.their_state[:16] and c.our_state[16] | 1 << 27 == c.their_state[16]),
    Rule("BLX to an immediate", "A5.3.4", "not in this profile: undefined. The other one has it from profile A",
         _masks(0xF800D001, 0xF000C000)),
    Rule("SETEND", "A5.2.5", "not in this profile: undefined. The other one has it from profile A",
         lambda c: c.encoding & 0xFFFFFFF7 == 0xB650 and _refused_here(c)),
    Rule("MSR with a mask that does not go with the register", "B5.2.3", "UNPREDICTABLE; undefined here",
         lambda c: c.encoding & 0xFFE0D000 == 0xF3808000 and c.field(10, 2) != 2 and _refused_here(c)),
    Rule("undefined floating point", "A6.4", "UNDEFINSTR here; the other one says NOCP, refused it is on both sides",
         lambda c: c.mode == "float" and c.ours in REFUSED and c.theirs in REFUSED),
    Rule("Advanced SIMD load and store", "A5.3", "not in this profile: undefined. The other one has it from profile A",
         _masks(0xFF100000, 0xF9000000)),
    Rule("store relative to PC", "A7.7.161, A7.7.163, A7.7.170", "undefined. The other one executes it",
         _masks(0xFF1F0000, 0xF80F0000)),
    Rule("FPv5: VSEL, VMAXNM, VRINT, VCVTA and their like", "A2.2", "not in this core. The other one has them in every core",
         lambda c: _floating(c) and _refused_here(c) and (c.encoding >> 28 == 15 or c.encoding & 0xFFBE0E40 == 0xEEB60A40
                                                          or c.encoding & 0xFFBF0E40 == 0xEEB70A40)),
    Rule("conversion from fixed point in another rounding mode", "A7.7.238",
         "always to nearest; this version of the other one obeys FPSCR. Directed: tests/float.rs",
         lambda c: c.mode == "float" and c.encoding & 0xFFBE0E50 == 0xEEBA0A40 and c.ours == c.theirs == EXECUTED),
    Rule("fixed point with more fraction bits than bits", "A7.7.238", "UNPREDICTABLE; undefined here",
         lambda c: c.encoding & 0xFFBA0E50 == 0xEEBA0A40 and not c.encoding & 0x80 and _refused_here(c)),
    Rule("VMRS, VMSR of other registers than FPSCR", "A7.7.246, A7.7.247",
         "UNPREDICTABLE; undefined here. The other one knows them all",
         lambda c: c.encoding & 0xFFE00F10 == 0xEEE00A10 and c.field(16) != 1 and _refused_here(c)),
    Rule("VMOV, VMRS, VMSR: PC or SP as an operand", "A7.7.243 to A7.7.247", "UNPREDICTABLE; undefined here",
         lambda c: c.encoding & 0xFF000E10 == 0xEE000A10 and c.field(12) in (13, 15) and _refused_here(c)),
    Rule("VMOV of pairs: PC, SP, the same register twice, S31 and its successor", "A7.7.244, A7.7.245",
         "UNPREDICTABLE; undefined here",
         lambda c: c.encoding & 0xFFE00E00 == 0xEC400A00 and _refused_here(c) and (
             c.field(16) in (13, 15) or c.field(12) in (13, 15) or c.field(16) == c.field(12)
             or c.encoding & 0x12F == 0x2F)),
    Rule("VSTR, VSTM, VLDM relative to PC", "A7.7.258, A7.7.257, A7.7.237", "UNPREDICTABLE; undefined here",
         lambda c: c.encoding >> 25 == 0x76 and c.field(16) == 15 and _floating(c) and _refused_here(c)),
    *(Rule(f"{what}", manual, why, _violates(what)) for what, manual, why in [
        (templates.OPERAND, "A5.1.2, A5.1.3", "UNPREDICTABLE; undefined here"),
        (templates.TWICE, "A7.7, entries of LDRD, long multiplies, STREX", "UNPREDICTABLE"),
        (templates.WRITEBACK, "A7.7, entries of LDR, STR, LDRD, STRD", "UNPREDICTABLE"),
        (templates.LIST, "A7.7.41, A7.7.42, A7.7.159, A7.7.160",
         "UNPREDICTABLE; undefined here but for a list of one register, which is transferred"),
        (templates.REPEATED, "A5.3.2", "UNPREDICTABLE: 00000000, 00XY00XY and their like with XY = 0"),
        ("BFI, BFC: the last bit below the first", "A7.7.13, A7.7.14", "UNPREDICTABLE; undefined here"),
        ("SBFX, UBFX: bits beyond 31", "A7.7.125, A7.7.193", "UNPREDICTABLE; undefined here"),
        ("CPS of neither mask", "B5.2.1", "UNPREDICTABLE; undefined here"),
        ("MSR, MRS of a register that does not exist", "B5.2.2, B5.2.3", "UNPREDICTABLE"),
        ("MSR of no part of the flags", "B5.2.3", "UNPREDICTABLE; undefined here"),
        (templates.SHOULD_BE, "A5.1", "UNPREDICTABLE where the diagram has (0) or (1)"),
    ]),
]
