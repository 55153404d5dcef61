"""Encoding templates of the floating-point instructions of Cortex-M4, by class, and operands for them.

Letters: v, w, y with D, N, M are floating-point registers; t, u, n core registers, as in `templates.py`.
"""

from templates import Template as T

_DATA = "11101110"


def _fraction(f):
    return (32 if f["x"] else 16) >= (f["j"] << 1 | f["i"])


def _singles(f):
    return 0 < f["i"] <= 32 - (f["v"] << 1 | f["D"])


def _doubles(f):
    return 1 < f["i"] and (f["i"] & ~1) <= 32 - 2 * f["v"]


def _pair(f):
    return not (f["y"] == 15 and f["M"]) and not (f["L"] and f["t"] == f["u"])


CLASSES = {
    "arithmetic": [
        T("VMLA/VMLS", _DATA + "0 D 00 wwww vvvv 1010 N o M 0 yyyy"),
        T("VNMLA/VNMLS", _DATA + "0 D 01 wwww vvvv 1010 N o M 0 yyyy"),
        T("VMUL/VNMUL", _DATA + "0 D 10 wwww vvvv 1010 N o M 0 yyyy"),
        T("VADD/VSUB", _DATA + "0 D 11 wwww vvvv 1010 N o M 0 yyyy"),
        T("VDIV", _DATA + "1 D 00 wwww vvvv 1010 N 0 M 0 yyyy"),
        T("VSQRT", _DATA + "1 D 11 0001 vvvv 1010 11 M 0 yyyy"),
    ],
    "fused": [
        T("VFNMA/VFNMS", _DATA + "1 D 01 wwww vvvv 1010 N o M 0 yyyy"),
        T("VFMA/VFMS", _DATA + "1 D 10 wwww vvvv 1010 N o M 0 yyyy"),
    ],
    "compare": [
        T("VCMP", _DATA + "1 D 11 0100 vvvv 1010 E 1 M 0 yyyy"),
        T("VCMP zero", _DATA + "1 D 11 0101 vvvv 1010 E 1 0 0 0000"),
    ],
    "convert": [
        T("VCVTB/VCVTT", _DATA + "1 D 11 001 o vvvv 1010 T 1 M 0 yyyy"),
        T("VCVT from integer", _DATA + "1 D 11 1000 vvvv 1010 o 1 M 0 yyyy"),
        T("VCVT to integer", _DATA + "1 D 11 110 o vvvv 1010 r 1 M 0 yyyy"),
        T("VCVT fixed point", _DATA + "1 D 11 1 o 1 U vvvv 1010 x 1 i 0 jjjj", check=_fraction),
    ],
    "move": [
        T("VMOV imm", _DATA + "1 D 11 iiii vvvv 1010 0000 jjjj"),
        T("VMOV/VABS", _DATA + "1 D 11 0000 vvvv 1010 o 1 M 0 yyyy"),
        T("VNEG", _DATA + "1 D 11 0001 vvvv 1010 01 M 0 yyyy"),
        T("VMOV core", _DATA + "000 L wwww tttt 1010 N 00 1 0000"),
        T("VMOV scalar", _DATA + "00 H L wwww tttt 1011 0 00 1 0000"),
        T("VMOV pair", "11101100 010 L uuuu tttt 1010 00 M 1 yyyy", check=_pair),
        T("VMOV double", "11101100 010 L uuuu tttt 1011 00 0 1 yyyy", check=lambda f: not (f["L"] and f["t"] == f["u"])),
        T("VMRS", _DATA + "1111 0001 tttt 1010 0001 0000"),
        T("VMRS flags", _DATA + "1111 0001 1111 1010 0001 0000"),
        T("VMSR", _DATA + "1110 0001 tttt 1010 0001 0000"),
    ],
    "memory": [
        T("VLDR/VSTR", "11101101 x D 0 L nnnn vvvv 1010 iiiiiiii", sp="n"),
        T("VLDR/VSTR double", "11101101 x 0 0 L nnnn vvvv 1011 iiiiiiii", sp="n"),
        T("VLDR literal", "11101101 x D 0 1 1111 vvvv 1010 iiiiiiii"),
        T("VLDR literal double", "11101101 x 0 0 1 1111 vvvv 1011 iiiiiiii"),
        T("VLDM/VSTM", "11101100 1 D z L nnnn vvvv 1010 00iiiiii", sp="n", check=_singles),
        T("VLDM/VSTM double", "11101100 1 0 z L nnnn vvvv 1011 00iiiiii", sp="n", check=_doubles),
        T("VLDMDB/VSTMDB", "11101101 0 D 1 L nnnn vvvv 1010 00iiiiii", sp="n", check=_singles),
        T("VLDMDB/VSTMDB double", "11101101 0 0 1 L nnnn vvvv 1011 00iiiiii", sp="n", check=_doubles),
    ],
}

_FRACTIONS = [0, 1, 2, 0x7FFFFF, 0x7FFFFE, 0x400000, 0x3FFFFF, 0x400001, 0x200000, 0x1FFF, 0x1000, 0x0FFF, 0x2000, 0x3000]
_EXPONENTS = [0, 0, 1, 2, 24, 25, 63, 64, 102, 103, 104, 112, 113, 125, 126, 127, 128, 142, 143, 150, 157, 158, 159, 229,
              230, 253, 254, 255, 255]


def draw_float(rng, near):
    """One operand. `near` is an exponent around which half of the operands of a case lie, so that they interact."""
    kind = rng.random()
    if kind < 0.1:
        return rng.getrandbits(32)
    exponent = rng.choice(_EXPONENTS) if kind < 0.5 else max(0, min(255, near + rng.randrange(-27, 28)))
    fraction = rng.choice(_FRACTIONS) if rng.random() < 0.4 else rng.getrandbits(23)
    if rng.random() < 0.1:
        fraction = rng.getrandbits(23) & rng.getrandbits(23) & rng.getrandbits(23)
    return rng.getrandbits(1) << 31 | exponent << 23 | fraction


class Operands:
    """Draws S0 to S31 and FPSCR for the instructions of one template, from pools that are drawn once."""

    POOL = 2048

    def __init__(self, rng, name):
        self.rng, self.name = rng, name
        nears = (rng.randrange(256), 127, 20, 145)
        self.pools = [[self.draw_operand(near) for _ in range(self.POOL)] for near in nears]

    def draw_operand(self, near):
        rng, value = self.rng, draw_float(self.rng, near)
        if ("integer" in self.name or "fixed" in self.name) and rng.random() < 0.3:
            # Integers of every size.
            return rng.getrandbits(32) >> rng.randrange(32)
        if "VCVTB" in self.name and rng.random() < 0.2:
            return rng.choice((0x7C00, 0x7C01, 0x7E00, 0x7FFF, 1, 0x3FF, 0x400, 0xFBFF)) << 16 | rng.getrandbits(16)
        return value

    def draw(self, encoding):
        rng, bits = self.rng, self.rng.getrandbits(64)
        at = (bits >> 2 & 0x7FF) % (self.POOL - 32)
        singles = self.pools[bits & 3][at:at + 32]
        if "F" in self.name[:3] and bits >> 13 & 1:
            self.cancel(encoding, singles)
        fpscr = (bits >> 14 & 15) << 28
        if bits >> 18 & 3:
            fpscr |= (bits >> 20 & 3) << 22
        if bits >> 22 & 1:
            fpscr |= (bits >> 23 & 7) << 24
        if "fixed" in self.name and not encoding >> 18 & 1:
            # From fixed point it is always to nearest; the other one obeys the rounding mode.
            fpscr &= ~(3 << 22)
        if bits >> 26 & 3 == 0:
            fpscr |= bits >> 28 & 0x9F
        singles.append(fpscr)
        return singles

    def cancel(self, encoding, singles):
        """Makes the addend of a fused operation cancel the product, nearly."""
        rng = self.rng
        d, n, m = ((encoding >> 11 & 30) | encoding >> 22 & 1, (encoding >> 15 & 30) | encoding >> 7 & 1,
                   (encoding << 1 & 30) | encoding >> 5 & 1)
        exponent = (singles[n] >> 23 & 255) + (singles[m] >> 23 & 255) - 127 + rng.randrange(-1, 3)
        if 0 <= exponent < 255:
            product = (singles[n] & 0x7FFFFF | 1 << 23) * (singles[m] & 0x7FFFFF | 1 << 23)
            top = product >> (product.bit_length() - 24)
            singles[d] = rng.getrandbits(1) << 31 | exponent << 23 | (top + rng.randrange(-1, 2)) & 0x7FFFFF
