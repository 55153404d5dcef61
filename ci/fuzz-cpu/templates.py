"""Encoding templates of every integer and DSP instruction of ARMv7E-M.

A template is a name, a bit pattern and rules. In a pattern 0 and 1 are fixed; every letter is a field, most significant bit
first. Rules keep the generator away from what the manual calls UNPREDICTABLE, where two right implementations may differ:

  (0) (1)           bits that "should be" so: others make it UNPREDICTABLE
  d n m a t u ...   register fields of four bits are never 15, and never 13, unless `any` or `sp` names them
  distinct          pairs of fields that must differ
  check             a function of the fields that must hold
  why               the rule of the manual behind `check`, when what it leaves out is UNPREDICTABLE; without it, what is left
                    out is another instruction or undefined
"""

import re


# Letters of core registers.
REGISTERS = "dnmatuhl"
OPERAND = "PC or SP as an operand"
TWICE = "the same register twice"
SHOULD_BE = "a bit that should be 0 or 1"
REPEATED = "a modified immediate that repeats zero"
WRITEBACK = "writeback into the register that is transferred"
LIST = "a list with too few registers, with SP, with PC where it may not be, or with the base and writeback"


class Template:
    def __init__(self, name, pattern, any="", sp="", distinct=(), check=None, it=True, why=None):
        self.name, self.why = name, why
        # What stands in parentheses is fixed for the generator, and not for whoever recognises the instruction.
        pattern = pattern.replace(" ", "")
        loose = re.sub(r"\([01]+\)", lambda bits: "?" * (len(bits[0]) - 2), pattern)
        self.bits = pattern.replace("(", "").replace(")", "")
        assert len(loose) == len(self.bits)
        assert len(self.bits) in (16, 32), (name, len(self.bits))
        self.any, self.sp, self.distinct, self.check, self.it = any, sp, distinct, check, it
        self.mask = int("".join("1" if c in "01" else "0" for c in loose), 2)
        # Fixed bits, and for every field its bits, the most significant first.
        self.fixed = int("".join(c if c in "01" else "0" for c in self.bits), 2)
        self.widths = {c: self.bits.count(c) for c in sorted(set(self.bits)) if c not in "01"}

    def generate(self, random, **fixed):
        """An encoding with random fields; those named in `fixed` have that value where the template has them."""
        while True:
            fields = {}
            for letter, width in self.widths.items():
                value = random.getrandbits(width)
                if letter in REGISTERS and width == 4 and letter not in self.any:
                    while value == 15 or (value == 13 and letter not in self.sp):
                        value = random.getrandbits(width)
                fields[letter] = value
            fields.update((letter, value) for letter, value in fixed.items() if letter in fields)
            if any(fields[a] == fields[b] for a, b in self.distinct):
                continue
            if self.check and not self.check(fields):
                continue
            return self.encode(fields)

    def violation(self, encoding):
        """Why the manual calls an encoding of this instruction UNPREDICTABLE; None if it does not."""
        if encoding & self.mask != self.fixed & self.mask:
            return None
        fields = {c: 0 for c in self.widths}
        for at, c in enumerate(self.bits):
            if c not in "01":
                fields[c] = fields[c] << 1 | encoding >> (len(self.bits) - 1 - at) & 1
        for letter, width in self.widths.items():
            if letter in REGISTERS and width == 4 and letter not in self.any:
                if fields[letter] == 15 or (fields[letter] == 13 and letter not in self.sp):
                    return OPERAND
        if any(fields[a] == fields[b] for a, b in self.distinct):
            return TWICE
        if self.check and not self.check(fields):
            return self.why
        fixed = int("".join("1" if c in "01" else "0" for c in self.bits), 2)
        return SHOULD_BE if encoding & fixed != self.fixed else None

    def encode(self, fields):
        left = dict(self.widths)
        value = self.fixed
        for at, c in enumerate(self.bits):
            if c not in "01":
                left[c] -= 1
                value |= (fields[c] >> left[c] & 1) << (len(self.bits) - 1 - at)
        return value


def bits_set(n):
    return bin(n).count("1")


T = Template
NARROW = [
    T("LSL/LSR/ASR imm", "000 oo iiiii mmm ddd", check=lambda f: f["o"] != 3 and not (f["o"] == 0 and f["i"] == 0)),
    T("MOVS reg", "0000000000 mmm ddd", it=False),
    T("ADD/SUB reg", "000110 o mmm nnn ddd"),
    T("ADD/SUB imm3", "000111 o iii nnn ddd"),
    T("MOV/CMP/ADD/SUB imm8", "001 oo ddd iiiiiiii"),
    T("data processing", "010000 oooo mmm ddd"),
    T("ADD high", "01000100 D mmmm ddd", any="m",
      check=lambda f: (f["D"] << 3 | f["d"]) not in (13, 15) and f["m"] != 15),
    T("CMP high", "01000101 N mmmm nnn", sp="",
      check=lambda f: (f["N"] << 3 | f["n"]) not in (13, 15) and ((f["N"] << 3 | f["n"]) > 7 or f["m"] > 7)),
    T("MOV high", "01000110 D mmmm ddd", any="m", check=lambda f: (f["D"] << 3 | f["d"]) != 15),
    T("MOV PC", "01000110 1 mmmm 111", it=False),
    T("ADD PC", "01000100 1 mmmm 111", it=False),
    T("BX", "010001110 mmmm (000)", it=False),
    T("BLX", "010001111 mmmm (000)", it=False),
    T("LDR literal", "01001 ttt iiiiiiii"),
    T("load/store reg", "0101 ooo mmm nnn ttt"),
    T("load/store imm", "011 oo iiiii nnn ttt"),
    T("load/store half imm", "1000 o iiiii nnn ttt"),
    T("load/store SP", "1001 o ttt iiiiiiii"),
    T("ADR/ADD SP", "1010 o ddd iiiiiiii"),
    T("ADD/SUB SP", "10110000 o iiiiiii"),
    T("CBZ/CBNZ", "1011 o 0 i 1 iiiii nnn", it=False),
    T("extend", "10110010 oo mmm ddd"),
    T("PUSH", "1011010 l rrrrrrrr", any="l", check=lambda f: f["r"] | f["l"]),
    T("POP", "10111100 rrrrrrrr", check=lambda f: f["r"]),
    T("REV", "10111010 oo mmm ddd", check=lambda f: f["o"] != 2),
    T("STM", "11000 nnn rrrrrrrr",
      check=lambda f: f["r"] and (not f["r"] >> f["n"] & 1 or f["r"] & ((1 << f["n"]) - 1) == 0)),
    T("LDM", "11001 nnn rrrrrrrr", check=lambda f: f["r"]),
    T("B cond", "1101 cccc iiiiiiii", check=lambda f: f["c"] < 14, it=False),
    T("B", "11100 iiiiiiiiiii", it=False),
    T("SVC", "11011111 iiiiiiii", it=False),
    T("UDF", "11011110 iiiiiiii", it=False),
    T("BKPT", "10111110 iiiiiiii", it=False),
    T("NOP", "1011111100000000"),
    T("CPS", "10110110011 o (00) i f", it=False, check=lambda f: f["i"] | f["f"],
      why="CPS of neither mask"),
    # An IT block of condition 14 has no "else": the bits above the last one are all clear.
    T("IT", "10111111 cccc mmmm", it=False,
      check=lambda f: f["m"] and (f["c"] < 14 or (f["c"] == 14 and f["m"] in (1, 2, 4, 8)))),
]


DATA = {"AND": 0, "BIC": 1, "ORR": 2, "ORN": 3, "EOR": 4, "ADD": 8, "ADC": 10, "SBC": 11, "SUB": 13, "RSB": 14}
WIDE = []
for _name, _op in DATA.items():
    _bits = format(_op, "04b")
    WIDE.append(T(f"{_name} shifted", f"1110101 {_bits} s nnnn (0) iii dddd ii tt mmmm"))
    WIDE.append(T(f"{_name} modified imm", f"11110 i 0 {_bits} s nnnn 0 jjj dddd kkkkkkkk",
                  check=lambda f: (f["i"] << 3 | f["j"]) not in (1, 2, 3) or f["k"], why=REPEATED))
for _name, _op in {"TST": 0, "TEQ": 4, "CMN": 8, "CMP": 13}.items():
    _bits = format(_op, "04b")
    _sp = "n" if _op >= 8 else ""
    WIDE.append(T(f"{_name} shifted", f"1110101 {_bits} 1 nnnn (0) iii 1111 ii tt mmmm", sp=_sp))
    WIDE.append(T(f"{_name} modified imm", f"11110 i 0 {_bits} 1 nnnn 0 jjj 1111 kkkkkkkk", sp=_sp,
                  check=lambda f: (f["i"] << 3 | f["j"]) not in (1, 2, 3) or f["k"], why=REPEATED))
for _name, _op in {"MOV": 2, "MVN": 3}.items():
    _bits = format(_op, "04b")
    WIDE.append(T(f"{_name} shifted", f"1110101 {_bits} s 1111 (0) iii dddd ii tt mmmm"))
    WIDE.append(T(f"{_name} modified imm", f"11110 i 0 {_bits} s 1111 0 jjj dddd kkkkkkkk",
                  check=lambda f: (f["i"] << 3 | f["j"]) not in (1, 2, 3) or f["k"], why=REPEATED))


def _msb(f):
    return f["b"] >= (f["i"] << 2 | f["j"])


def _width(f):
    return f["b"] + (f["i"] << 2 | f["j"]) < 32


def _store_list(f):
    return _list(f) and not f["r"] & 0x8000


def _list(f):
    r = f["r"]
    return bits_set(r) > 1 and not r & 0x2000 and not (f["w"] and r >> f["n"] & 1)


WIDE += [
    T("ADD SP forms", "11101011000 s 1101 (0) iii dddd ii tt mmmm", sp=""),
    T("ADD/SUB SP imm", "11110 i 0 1 oo 1 s 1101 0 jjj dddd kkkkkkkk",
      check=lambda f: f["o"] in (0, 2) and ((f["i"] << 3 | f["j"]) not in (1, 2, 3) or f["k"]), why=REPEATED),
    T("ADDW", "11110 i 100000 nnnn 0 jjj dddd kkkkkkkk", sp="n"),
    T("SUBW", "11110 i 101010 nnnn 0 jjj dddd kkkkkkkk", sp="n"),
    T("ADR", "11110 i 10 o 0 o 0 1111 0 jjj dddd kkkkkkkk", check=lambda f: f["o"] in (0, 3)),
    T("MOVW", "11110 i 100100 nnnn 0 jjj dddd kkkkkkkk", any="n"),
    T("MOVT", "11110 i 101100 nnnn 0 jjj dddd kkkkkkkk", any="n"),
    T("SSAT/USAT", "11110 (0) 11 o 0 h 0 nnnn 0 iii dddd jj (0) bbbbb",
      check=lambda f: not f["h"] or f["i"] or f["j"]),
    T("SSAT16/USAT16", "11110 (0) 11 o 0 1 0 nnnn 0 000 dddd 00 (00) bbbb"),
    T("SBFX", "11110 (0) 11 0100 nnnn 0 iii dddd jj (0) bbbbb", check=_width,
      why="SBFX, UBFX: bits beyond 31"),
    T("UBFX", "11110 (0) 11 1100 nnnn 0 iii dddd jj (0) bbbbb", check=_width,
      why="SBFX, UBFX: bits beyond 31"),
    T("BFI", "11110 (0) 11 0110 nnnn 0 iii dddd jj (0) bbbbb", check=_msb,
      why="BFI, BFC: the last bit below the first"),
    T("BFC", "11110 (0) 11 0110 1111 0 iii dddd jj (0) bbbbb", check=_msb,
      why="BFI, BFC: the last bit below the first"),
    T("shift by register", "11111010 0 oo s nnnn 1111 dddd 0000 mmmm"),
    T("extend", "11111010 0 ooo 1111 1111 dddd 1 (0) rr mmmm", check=lambda f: f["o"] < 6),
    T("extend and add", "11111010 0 ooo nnnn 1111 dddd 1 (0) rr mmmm", check=lambda f: f["o"] < 6),
    T("PKH", "11101010110 0 nnnn (0) iii dddd jj o 0 mmmm"),
    T("parallel add/sub", "11111010 1 ooo nnnn 1111 dddd 0 ppp mmmm",
      check=lambda f: f["o"] not in (3, 7) and f["p"] & 3 != 3),
    T("QADD family", "11111010 1 000 nnnn 1111 dddd 10 oo mmmm"),
    T("REV/RBIT", "11111010 1 001 mmmm 1111 dddd 10 oo MMMM"),
    T("CLZ", "11111010 1 011 mmmm 1111 dddd 1000 MMMM"),
    T("SEL", "11111010 1 010 nnnn 1111 dddd 1000 mmmm"),
    T("MLA", "11111011 0 000 nnnn aaaa dddd 0000 mmmm"),
    T("MUL", "11111011 0 000 nnnn 1111 dddd 0000 mmmm"),
    T("MLS", "11111011 0 000 nnnn aaaa dddd 0001 mmmm"),
    T("SMLAxy", "11111011 0 001 nnnn aaaa dddd 00 oo mmmm"),
    T("SMULxy", "11111011 0 001 nnnn 1111 dddd 00 oo mmmm"),
    T("SMLAD/SMLSD", "11111011 0 oo 0 nnnn aaaa dddd 000 x mmmm", check=lambda f: f["o"] in (1, 2)),
    T("SMUAD/SMUSD", "11111011 0 oo 0 nnnn 1111 dddd 000 x mmmm", check=lambda f: f["o"] in (1, 2)),
    T("SMLAW", "11111011 0 011 nnnn aaaa dddd 000 x mmmm"),
    T("SMULW", "11111011 0 011 nnnn 1111 dddd 000 x mmmm"),
    T("SMMLA", "11111011 0 101 nnnn aaaa dddd 000 x mmmm"),
    T("SMMUL", "11111011 0 101 nnnn 1111 dddd 000 x mmmm"),
    T("SMMLS", "11111011 0 110 nnnn aaaa dddd 000 x mmmm"),
    T("USADA8", "11111011 0 111 nnnn aaaa dddd 0000 mmmm"),
    T("USAD8", "11111011 0 111 nnnn 1111 dddd 0000 mmmm"),
    T("SMULL/UMULL", "11111011 1 0 o 0 nnnn llll hhhh 0000 mmmm", distinct=("lh",)),
    T("SMLAL/UMLAL", "11111011 1 1 o 0 nnnn llll hhhh 0000 mmmm", distinct=("lh",)),
    T("UMAAL", "11111011 1 110 nnnn llll hhhh 0110 mmmm", distinct=("lh",)),
    T("SMLALxy", "11111011 1 100 nnnn llll hhhh 10 oo mmmm", distinct=("lh",)),
    T("SMLALD/SMLSLD", "11111011 1 10 o nnnn llll hhhh 110 x mmmm", distinct=("lh",)),
    T("SDIV/UDIV", "11111011 1 0 o 1 nnnn (1111) dddd 1111 mmmm"),
    T("load/store imm12", "1111100 0 1 zz L nnnn tttt iiiiiiiiiiii", sp="n", check=lambda f: f["z"] != 3),
    T("load signed imm12", "1111100 1 1 zz 1 nnnn tttt iiiiiiiiiiii", sp="n", check=lambda f: f["z"] < 2),
    T("load/store imm8", "1111100 0 0 zz L nnnn tttt 1 p x w iiiiiiii", sp="n",
      check=lambda f: f["z"] != 3 and (f["p"] or f["w"]) and not (f["w"] and f["n"] == f["t"])
      and not (f["p"] and f["x"] and not f["w"]), why=WRITEBACK),
    T("load/store unprivileged", "1111100 0 0 zz L nnnn tttt 1110 iiiiiiii", sp="n", check=lambda f: f["z"] != 3),
    T("load signed imm8", "1111100 1 0 zz 1 nnnn tttt 1 p x w iiiiiiii", sp="n",
      check=lambda f: f["z"] < 2 and (f["p"] or f["w"]) and not (f["w"] and f["n"] == f["t"]), why=WRITEBACK),
    T("load/store reg", "1111100 0 0 zz L nnnn tttt 000000 ii mmmm", sp="n", check=lambda f: f["z"] != 3),
    T("load signed reg", "1111100 1 0 zz 1 nnnn tttt 000000 ii mmmm", sp="n", check=lambda f: f["z"] < 2),
    T("load literal", "1111100 g x zz 1 1111 tttt iiiiiiiiiiii",
      check=lambda f: f["z"] < (2 if f["g"] else 3) and (f["z"] < 2 or f["i"] % 4 == 0)),
    T("LDR PC imm12", "1111100 0 1 10 1 nnnn 1111 iiiiiiiiii 00", sp="n", it=False),
    T("PLD", "1111100 0 1 00 1 nnnn 1111 iiiiiiiiiiii", sp="n"),
    T("LDRD/STRD", "1110100 p x 1 w L nnnn tttt uuuu iiiiiiii", sp="n", distinct=("tu",),
      check=lambda f: (f["p"] or f["w"]) and not (f["w"] and f["n"] in (f["t"], f["u"])), why=WRITEBACK),
    T("LDRD literal", "1110100 1 x 1 0 1 1111 tttt uuuu iiiiiiii", distinct=("tu",)),
    T("LDREX", "11101000 0101 nnnn tttt (1111) iiiiiiii", sp="n"),
    T("LDREXB/H", "11101000 1101 nnnn tttt (1111) 010 o (1111)", sp="n"),
    T("STREX", "11101000 0100 nnnn tttt dddd iiiiiiii", sp="n", distinct=("dn", "dt")),
    T("STREXB/H", "11101000 1100 nnnn tttt (1111) 010 o dddd", sp="n", distinct=("dn", "dt")),
    T("TBB/TBH", "11101000 1101 nnnn (1111 0000) 000 o mmmm", any="n", it=False, check=lambda f: f["n"] != 13),
    T("LDM", "11101000 10 w 1 nnnn rrrrrrrrrrrrrrrr", sp="n", check=lambda f: _list(f) and not f["r"] & 0x8000, why=LIST),
    T("LDMDB", "11101001 00 w 1 nnnn rrrrrrrrrrrrrrrr", sp="n", check=lambda f: _list(f) and not f["r"] & 0x8000, why=LIST),
    T("LDM PC", "11101000 10 w 1 nnnn 1 0 rrrrrrrrrrrrrr", sp="n", it=False, check=lambda f: f["r"] & 0x3FFF
      and not (f["w"] and f["r"] >> f["n"] & 1) and not f["r"] & 0x6000),
    T("STM", "11101000 10 w 0 nnnn r rrrrrrrrrrrrrrr", sp="n", check=_store_list, why=LIST),
    T("STMDB", "11101001 00 w 0 nnnn r rrrrrrrrrrrrrrr", sp="n", check=_store_list, why=LIST),
    T("B cond", "11110 S cccc iiiiii 10 J 0 K iiiiiiiiiii", check=lambda f: f["c"] < 14, it=False),
    T("B", "11110 S iiiiiiiiii 10 J 1 K iiiiiiiiiii", it=False),
    T("BL", "11110 S iiiiiiiiii 11 J 1 K iiiiiiiiiii", it=False),
    T("MSR", "11110011100 (0) nnnn 10 (0) 0 10 (00) yyyyyyyy", check=lambda f: f["y"] in (5, 6, 7, 8, 9, 16, 17, 18, 19, 20),
      why="MSR, MRS of a register that does not exist"),
    T("MSR APSR", "11110011100 (0) nnnn 10 (0) 0 M N (00) 00000 000", check=lambda f: f["M"] | f["N"],
      why="MSR of no part of the flags"),
    T("MRS", "11110011111 (0) (1111) 10 (0) 0 dddd yyyyyyyy",
      check=lambda f: f["y"] in (0, 1, 2, 3, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20),
      why="MSR, MRS of a register that does not exist"),
    T("hints", "11110011101 (0) (1111) 10 (0) 0 (0) 000 oooooooo", check=lambda f: f["o"] == 0 or f["o"] >= 0xF0),
    T("CLREX/DSB/DMB", "111100111011 (1111) 10 (0) 0 (1111) oooo (1111)", check=lambda f: f["o"] in (2, 4, 5)),
    T("ISB", "111100111011 (1111) 10 (0) 0 (1111) 0110 (1111)", it=False),
    T("UDF", "111101111111 iiii 1010 iiii iiii iiii", it=False),
]

# Register pairs that must be the same one (the source of CLZ and REV stands in the encoding twice).
TWINS = {"CLZ": "mM", "REV/RBIT": "mM"}
for _template in WIDE:
    if _template.name in TWINS:
        _template.check = lambda f: f["m"] == f["M"]
