"""SLIP as section 5.1 has it: no leading END, one END behind every frame."""

from .results import Unspecified

END, ESC, ESC_END, ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD

BEHIND = 2
"""Decoded bytes that the decoder takes beyond what its buffer holds (section 5.1)."""


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

    def __init__(self, limit):
        """`limit` is the number of decoded bytes at which it stops for good, which is also the MTU (SER-010)."""
        self.limit = limit
        self.frame = bytearray()
        self.escaped = False
        self.discarding = False
        self.dead = False

    def copy(self):
        """A decoder in the same state, to try bytes on."""
        other = Decoder(self.limit)
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
            if len(self.frame) > self.limit - BEHIND:
                raise Unspecified("SER-011: a frame longer than its buffer")
            if not self.frame:
                raise Unspecified("SER-005: an empty frame repeats an old request")
            return bytes(self.frame)
        return self._append(byte)

    def _append(self, byte):
        self.frame.append(byte)
        if len(self.frame) >= self.limit:
            self.dead = True
        return None


class Answers:
    """The host's side: bytes of a device in, whole answers out."""

    def __init__(self):
        self.partial = bytearray()
        self.whole = []

    def take(self, data):
        """Bytes as they came from the line."""
        self.partial += data
        while END in self.partial:
            frame, _, rest = bytes(self.partial).partition(bytes([END]))
            self.partial = bytearray(rest)
            self.whole.append(unescaped(frame))

    def next(self):
        """The oldest answer, or None."""
        return self.whole.pop(0) if self.whole else None


def unescaped(frame):
    """The payload of a frame that a device has sent; its bytes as they are if they are no SLIP."""
    decoder = Decoder(limit=1 << 16)
    for byte in frame:
        decoder.take(byte)
    return bytes(frame) if decoder.discarding or decoder.escaped else bytes(decoder.frame)
