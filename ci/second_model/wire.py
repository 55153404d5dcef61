"""SLIP as section 5.1 has it: no leading END, one END behind every frame."""

from .results import Unspecified

END, ESC, ESC_END, ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD

LIMIT = 131
"""Decoded bytes at which the decoder of a UART bootloader stops for good (SER-010)."""

SAFE = 129
"""Decoded bytes that the buffer behind the decoder holds (SER-011)."""


def encode(payload):
    """A frame on the wire (SER-002)."""
    wire = bytearray()
    for byte in payload:
        if byte == END:
            wire += bytes([ESC, ESC_END])
        elif byte == ESC:
            wire += bytes([ESC, ESC_ESC])
        else:
            wire.append(byte)
    wire.append(END)
    return bytes(wire)


class Decoder:
    """The receiving side: takes bytes one by one and gives a frame back at its END."""

    def __init__(self):
        self.frame = bytearray()
        self.escaped = False
        self.discarding = False
        self.dead = False

    def copy(self):
        """A decoder in the same state, to try bytes on."""
        other = Decoder()
        other.frame[:] = self.frame
        other.escaped, other.discarding, other.dead = self.escaped, self.discarding, self.dead
        return other

    def busy(self):
        """Is it in the middle of a frame?"""
        return bool(self.frame) or self.escaped or self.discarding

    def take(self, byte):
        """The frame that this byte ends, or None.

        The frame is not dropped here: a receiver without a free buffer goes on behind it (FLT-010).
        """
        if self.dead:
            return None
        if self.discarding:
            if byte == END:
                self.discarding = False
                self.frame.clear()
            return None
        if self.escaped:
            self.escaped = False
            if byte not in (ESC_END, ESC_ESC):
                # SER-003: an END in this place does not end the discarding.
                self.discarding = True
                return None
            return self._append(END if byte == ESC_END else ESC)
        if byte == ESC:
            self.escaped = True
            return None
        if byte == END:
            if len(self.frame) > SAFE:
                raise Unspecified("SER-011: a frame of 130 bytes lies behind the end of its buffer")
            if not self.frame:
                raise Unspecified("SER-005: an empty frame repeats an old request")
            return bytes(self.frame)
        return self._append(byte)

    def _append(self, byte):
        self.frame.append(byte)
        if len(self.frame) >= LIMIT:
            self.dead = True
        return None
