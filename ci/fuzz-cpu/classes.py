"""The classes of encodings that the differential test counts, and the templates of each."""

import float_templates
import templates

_NARROW = {template.name: template for template in templates.NARROW}
_WIDE = {template.name: template for template in templates.WIDE}
assert len(_NARROW) == len(templates.NARROW) and len(_WIDE) == len(templates.WIDE), "a name is there twice"


class Class:
    """A class of encodings.

    kind "results": encodings of the templates; registers, flags and memory must agree.
    kind "decoding": any encoding of a range; what one side refuses the other one must refuse, and results must agree,
    except where `unpredictable.py` names the rule.
    """

    def __init__(self, name, mode="integer", narrow=(), wide=(), templates=(), ranges=(), avoid=None, it=False):
        self.name, self.mode, self.it = name, mode, it
        self.templates = [_NARROW[name] for name in narrow] + [_WIDE[name] for name in wide] + list(templates)
        self.kind = "results" if self.templates else "decoding"
        # (first, last) of the encodings, and a function that says which of them belong to another class.
        self.ranges, self.avoid = ranges, avoid

    def generate(self, rng, n):
        """The template, if there is one, and an encoding; takes turns through the templates."""
        if self.templates:
            template = self.templates[n % len(self.templates)]
            return template, template.generate(rng)
        first, last = self.ranges[n % len(self.ranges)]
        while True:
            encoding = rng.randrange(first, last + 1)
            if self.avoid is None or not self.avoid(encoding):
                return None, encoding


def _both(kind):
    return [name for name in _WIDE if name.endswith(kind)]


def _security(encoding):
    """BXNS, BLXNS and SG of ARMv8-M, with bits that should be zero here (UNPREDICTABLE): they switch the other one into a
    state that it does not leave again. They are not given to it at all."""
    return (encoding >> 8 == 0x47 and encoding & 7) or encoding == 0xE97FE97F


def _floating(encoding):
    return encoding >> 9 & 7 == 5


# What reads and writes special registers is in blocks in its own class: the mode of this one does not reset them.
_IN_IT = [t for t in templates.NARROW + templates.WIDE if t.it and t.name not in ("MSR", "MRS")]

CLASSES = [
    Class("16-bit shift, add, move, compare", narrow=[
        "LSL/LSR/ASR imm", "MOVS reg", "ADD/SUB reg", "ADD/SUB imm3", "MOV/CMP/ADD/SUB imm8"]),
    Class("16-bit data processing", narrow=["data processing"]),
    Class("16-bit high registers", narrow=["ADD high", "CMP high", "MOV high"]),
    Class("16-bit load and store", narrow=[
        "LDR literal", "load/store reg", "load/store imm", "load/store half imm", "load/store SP"]),
    Class("16-bit multiple", narrow=["PUSH", "POP", "STM", "LDM"]),
    Class("16-bit address, extend, reverse", narrow=["ADR/ADD SP", "ADD/SUB SP", "extend", "REV"]),
    Class("16-bit branches", narrow=["MOV PC", "ADD PC", "BX", "BLX", "CBZ/CBNZ", "B cond", "B"]),
    Class("32-bit data, shifted register", wide=[*_both("shifted"), "ADD SP forms", "PKH"]),
    Class("32-bit data, modified immediate", wide=[*_both("modified imm"), "ADD/SUB SP imm"]),
    Class("32-bit data, plain immediate, bit fields", wide=[
        "ADDW", "SUBW", "ADR", "MOVW", "MOVT", "SBFX", "UBFX", "BFI", "BFC"]),
    Class("32-bit data, register", wide=[
        "shift by register", "extend", "extend and add", "REV/RBIT", "CLZ"]),
    Class("parallel add and subtract, SEL", wide=["parallel add/sub", "SEL"]),
    Class("saturating", wide=["SSAT/USAT", "SSAT16/USAT16", "QADD family"]),
    Class("multiply", wide=["MLA", "MUL", "MLS"]),
    Class("long multiply and divide", wide=["SMULL/UMULL", "SMLAL/UMLAL", "UMAAL", "SDIV/UDIV"]),
    Class("DSP multiply", wide=[
        "SMLAxy", "SMULxy", "SMLAD/SMLSD", "SMUAD/SMUSD", "SMLAW", "SMULW", "SMMLA", "SMMUL", "SMMLS", "USADA8", "USAD8",
        "SMLALxy", "SMLALD/SMLSLD"]),
    Class("32-bit load and store", wide=[
        "load/store imm12", "load signed imm12", "load/store imm8", "load/store unprivileged", "load signed imm8",
        "load/store reg", "load signed reg", "load literal", "PLD"]),
    Class("32-bit double", wide=["LDRD/STRD", "LDRD literal"]),
    Class("32-bit multiple", wide=["LDM", "LDMDB", "STM", "STMDB"]),
    Class("exclusive", wide=["LDREX", "LDREXB/H", "STREX", "STREXB/H"]),
    Class("32-bit branches", wide=["B cond", "B", "BL", "TBB/TBH", "LDR PC imm12", "LDM PC"]),
    Class("IT", narrow=["IT"]),
    Class("inside IT blocks", templates=_IN_IT, it=True),
    Class("system", mode="system", narrow=["CPS", "NOP"], wide=[
        "MSR", "MSR APSR", "MRS", "hints", "CLREX/DSB/DMB", "ISB"]),
    Class("exceptions by instruction", narrow=["SVC", "UDF", "BKPT"], wide=["UDF"]),
    *(Class(f"VFP {name}", mode="float", templates=known) for name, known in float_templates.CLASSES.items()),
    Class("any 16-bit encoding", mode="system", ranges=[(0, 0xE7FF)], avoid=_security),
    Class("any 32-bit encoding, E8 to EB", ranges=[(0xE8000000, 0xEBFFFFFF)], avoid=_security),
    Class("any 32-bit encoding, F0 to F7", mode="system", ranges=[(0xF0000000, 0xF7FFFFFF)]),
    Class("any 32-bit encoding, F8 to FB", ranges=[(0xF8000000, 0xFBFFFFFF)]),
    Class("any coprocessor encoding", ranges=[(0xEC000000, 0xEFFFFFFF), (0xFC000000, 0xFFFFFFFF)], avoid=_floating),
    Class("any floating-point encoding", mode="float", ranges=[
        (top << 28 | low << 24, top << 28 | low << 24 | 0xFFFFFF) for top in (14, 15) for low in (12, 13, 14)],
          avoid=lambda encoding: not _floating(encoding)),
]

_USED = {id(template) for known in CLASSES if not known.it for template in known.templates}
_LEFT = [t.name for t in templates.NARROW + templates.WIDE if id(t) not in _USED]
assert not _LEFT, f"in no class: {_LEFT}"
