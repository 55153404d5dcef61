"""States to execute instructions in: registers, flags, memory addresses where the instruction needs them."""

import struct

import float_templates

CODE, RAM = 0x10000, 0x20000000
CORNERS = [0, 1, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x8000, 0x7FFF, 0x80808080, 0x80008000, 0x7FFF7FFF, 0xFF]
MEMORY = ("load", "LDR", "STR", "LDM", "STM", "TBB", "VLD")
# Words of a record: encoding, address, R0 to R14, xPSR, prefix; then S0 to S31 and FPSCR, or the special registers.
HEAD = 19


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


def draw_it(rng):
    """ITSTATE inside a block, in the bits of xPSR."""
    it = rng.randrange(14) << 4 | rng.choice((8, 4, 12, 2, 6, 10, 14, 1, 3, 15))
    return (it & 3) << 25 | (it >> 2) << 10


class States:
    """Draws states. Registers come from a pool of words that is drawn once: drawing is what takes the time."""

    def __init__(self, rng, mode):
        self.rng, self.mode = rng, mode
        self.operands = {}
        self.pool = struct.pack("<16384I", *(draw_register(rng) for _ in range(16384)))

    def draw(self, template, encoding, in_it=False):
        """A record as the two programs take it."""
        rng = self.rng
        bits = rng.getrandbits(64)
        at = (bits & 0x3FFF) % 16360 * 4
        record = bytearray(8) + self.pool[at:at + 60] + bytes(8)
        xpsr = (bits >> 14 & 31) << 27 | (bits >> 19 & 15) << 16 | 1 << 24
        if in_it or (template is not None and template.it and bits >> 23 & 7 == 0):
            xpsr |= draw_it(rng)
        struct.pack_into("<2I", record, 0, encoding, CODE + 0x2000 + 2 * (bits >> 26 & 7))
        struct.pack_into("<I", record, 60, RAM + 0x2000 + (bits >> 29 & 0x7FC))
        struct.pack_into("<2I", record, 68, xpsr, self.prefix(template, encoding, bits))
        if template is not None:
            self.give_addresses(template.name, encoding, record, bits >> 40)
        if self.mode == "float":
            name = "any" if template is None else template.name
            if name not in self.operands:
                self.operands[name] = float_templates.Operands(rng, name)
            record += struct.pack("<33I", *self.operands[name].draw(encoding))
        if self.mode == "system":
            # Privilege, stack pointer in use, masks, in Thread mode; then the other stack pointer.
            special = (bits >> 40 & 3) << 24 | (bits >> 42 & 1) << 16 | (bits >> 43 & 7) << 13 | bits >> 46 & 1
            record += struct.pack("<2I", special, RAM + 0x1800 + (bits >> 47 & 0x3FC))
        return bytes(record)

    @staticmethod
    def prefix(template, encoding, bits):
        """For a store exclusive its load in three of four cases, else CLREX: the monitor is in a known state."""
        if template is None or not template.name.startswith("STREX"):
            # After CLREX also where the encoding may turn out to be a store exclusive.
            return 0xF3BF8F2F if template is None and encoding >> 24 == 0xE8 else 0
        if bits >> 60 & 3 == 0:
            return 0xF3BF8F2F
        if template.name == "STREX":
            return 0xE850CF00 | encoding & 0xF00FF & ~0xF00 | 0xC000
        return 0xE8D0CF0F | encoding & 0xF00F0

    @staticmethod
    def give_addresses(name, encoding, record, bits):
        """Gives the base register of a memory instruction an address, so that it seldom faults."""
        if name in ("BX", "BLX"):
            # An even target, or one that looks like an exception return, is tested elsewhere.
            at = 8 + 4 * (encoding >> 3 & 15)
            if at < 68:
                word, = struct.unpack_from("<I", record, at)
                struct.pack_into("<I", record, at, word & 0x7FFFFFFF | 1)
            return
        if not any(word in name for word in MEMORY) or "literal" in name or name == "load/store SP":
            return
        wide = encoding > 0xFFFF
        base = encoding >> 16 & 15 if wide else (encoding >> 8 & 7 if "M" in name else encoding >> 3 & 7)
        if base not in (13, 15) and bits & 15:
            struct.pack_into("<I", record, 8 + 4 * base, RAM + 0x1400 + (bits >> 4 & 0xFFC))
        index = encoding & 15 if wide else encoding >> 6 & 7
        if ("reg" in name or "TB" in name) and index != base and index < 13:
            struct.pack_into("<I", record, 8 + 4 * index, bits >> 16 & 0xFF)
