"""The decoder of init packets (section 6): protobuf, with the limits and habits of the one in the bootloader."""

from dataclasses import dataclass, field

from .results import Unspecified

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5

APPLICATION, SOFTDEVICE, BOOTLOADER, SOFTDEVICE_BOOTLOADER, EXTERNAL = range(5)
SHA256 = 3

MAX_SD_REQ = 16
MAX_BOOT_VALIDATION = 3
MAX_HASH = 32
MAX_SIGNATURE = 64
MAX_VALIDATION_BYTES = 64


class Undecodable(Exception):
    """The packet is answered with 05, and what was received stays readable (OBJ-009)."""


@dataclass
class InitCommand:
    """The fields of one init command; None where the packet has none."""

    fw_version: int = None
    hw_version: int = None
    sd_req: list = field(default_factory=list)
    type: int = None
    sd_size: int = None
    bl_size: int = None
    app_size: int = None
    hash_type: int = None
    hash: bytes = b""
    is_debug: bool = False
    boot_validation: list = field(default_factory=list)


@dataclass
class Packet:
    """A decoded packet. `signed_bytes` is what the signature covers; unsigned packets have no signature."""

    init: InitCommand
    signed_bytes: bytes
    signature: bytes = None
    signature_type: int = None


class Reader:
    """A message that is being read, up to its own end."""

    def __init__(self, data, start, end):
        self.data, self.at, self.end = data, start, end

    def byte(self):
        if self.at >= self.end:
            raise Undecodable("truncated (PKG-023)")
        self.at += 1
        return self.data[self.at - 1]

    def _number(self, limit, bits):
        value = 0
        for index in range(limit):
            byte = self.byte()
            value |= (byte & 0x7F) << (7 * index)
            if not byte & 0x80:
                if value >> bits:
                    raise Unspecified("PKG-035: bits of a varint beyond its width")
                return value
        raise Undecodable("varint too long (PKG-035)")

    def length(self):
        """A tag or a length: at most 5 bytes (PKG-035)."""
        return self._number(5, 32)

    def value(self, bits=32):
        """A value: at most 10 bytes, and no more than `bits` bits wide (PKG-035, PKG-019)."""
        value = self._number(10, 64)
        if value >> bits:
            raise Undecodable("value too large (PKG-019)")
        return value

    def span(self):
        """Start and end of a length-delimited field; the reader goes on behind it."""
        length = self.length()
        if length > self.end - self.at:
            raise Undecodable("truncated (PKG-023)")
        start, self.at = self.at, self.at + length
        return start, self.at

    def bytes_up_to(self, limit):
        """A bytes field (PKG-010, PKG-014)."""
        start, end = self.span()
        if end - start > limit:
            raise Undecodable("bytes field too long")
        return bytes(self.data[start:end])

    def skip(self, wire_type):
        """Leaves out an unknown field (PKG-007, PKG-036)."""
        if wire_type == VARINT:
            self._number(10, 64)
        elif wire_type == FIXED64:
            self._skip(8)
        elif wire_type == LENGTH:
            self.span()
        elif wire_type == FIXED32:
            self._skip(4)
        else:
            raise Undecodable("wire type 3, 4, 6 or 7 (PKG-036)")

    def _skip(self, count):
        for _ in range(count):
            self.byte()

    def tag(self):
        """Field number and wire type of the next field, or None at the end of the message."""
        if self.at >= self.end:
            return None
        left = self.data[self.at : self.end]
        if all(byte & 0x80 for byte in left):
            if len(left) <= 4:
                # PKG-022: an unfinished tag counts as the end.
                self.at = self.end
                return None
            if len(left) == 5:
                raise Unspecified("PKG-022: five bytes of an unfinished tag")
        tag = self.length()
        if tag == 0:
            # PKG-021, PKG-033: a zero byte ends the message; see `nested` for the one around it.
            return None
        return tag >> 3, tag & 7


def decode(data):
    """The packet in `data`; raises `Undecodable` where the answer is 05 (7.1 step 3)."""
    found = Found()
    reader = Reader(data, 0, len(data))
    command = signed = None
    while (tag := reader.tag()) is not None:
        number, wire_type = tag
        if number == 1:
            command = nested(reader, wire_type, found.command) or True
        elif number == 2:
            signed = SignedCommand() if signed is None else signed
            nested(reader, wire_type, lambda inner: found.signed_command(inner, signed))
        else:
            reader.skip(wire_type)
    if found.inits > 1:
        if found.inits > 2:
            raise Unspecified("PKG-005: three init messages")
        raise Undecodable("two init messages (PKG-005)")
    if command and signed:
        raise Undecodable("both forms (PKG-003)")
    if not found.inits:
        raise Undecodable("no init message (PKG-004)")
    if found.start == found.command_end:
        raise Unspecified("PKG-004: an init message without a byte in it")
    region = bytes(data[found.start : found.command_end])
    if signed is None:
        return Packet(found.init, region)
    # PKG-008: what lies behind init, to the end of its Command, is read as fields of init once more.
    init = init_command(Reader(region, 0, len(region)))
    return Packet(init, region, signed.signature, signed.signature_type)


class SignedCommand:
    """What a signed command holds apart from its command."""

    def __init__(self):
        self.signature = self.signature_type = None


class Found:
    """What the first pass over a packet finds."""

    def __init__(self):
        self.inits = 0
        self.init = None
        self.start = self.command_end = 0

    def command(self, reader):
        """Command: op_code is read and ignored (PKG-006)."""
        while (tag := reader.tag()) is not None:
            number, wire_type = tag
            if number == 1:
                expect(wire_type, VARINT)
                reader.value(8)
            elif number == 2:
                self.inits += 1
                start = Reader(reader.data, reader.at, reader.end)
                start.length()
                self.start, self.command_end = start.at, reader.end
                self.init = nested(reader, wire_type, init_command)
            else:
                reader.skip(wire_type)

    def signed_command(self, reader, signed):
        """SignedCommand: all three fields have to be there (PKG-009)."""
        seen = set()
        while (tag := reader.tag()) is not None:
            number, wire_type = tag
            seen.add(number)
            if number == 1:
                nested(reader, wire_type, self.command)
            elif number == 2:
                expect(wire_type, VARINT)
                signed.signature_type = reader.value(8)
            elif number == 3:
                expect(wire_type, LENGTH)
                signed.signature = reader.bytes_up_to(MAX_SIGNATURE)
            else:
                reader.skip(wire_type)
        if not {1, 2, 3} <= seen:
            raise Undecodable("a required field is missing (PKG-009)")


def expect(wire_type, known):
    """A known field has to have its own wire type (PKG-036)."""
    if wire_type != known:
        raise Undecodable("another wire type (PKG-036)")


def nested(reader, wire_type, decoder):
    """Decodes a message within a message.

    Where a zero byte ended it early, the message around it goes on with the byte behind the zero (PKG-033), but what is
    left of that one shrinks by the announced length all the same.
    """
    expect(wire_type, LENGTH)
    start, end = reader.span()
    inner = Reader(reader.data, start, end)
    result = decoder(inner)
    unread = end - inner.at
    if unread:
        reader.at -= unread
        reader.end -= unread
    return result


NUMBERS = {1: "fw_version", 2: "hw_version", 5: "sd_size", 6: "bl_size", 7: "app_size"}


def init_command(reader):
    """InitCommand; of a field that comes twice the last one counts (PKG-034)."""
    init = InitCommand()
    while (tag := reader.tag()) is not None:
        number, wire_type = tag
        if number in NUMBERS:
            expect(wire_type, VARINT)
            setattr(init, NUMBERS[number], reader.value())
        elif number == 3:
            _sd_req(reader, wire_type, init)
        elif number == 4:
            expect(wire_type, VARINT)
            init.type = reader.value(8)
        elif number == 8:
            if init.hash_type is not None:
                raise Unspecified("PKG-034: two hash messages, which merge")
            init.hash_type, init.hash = nested(reader, wire_type, lambda inner: _pair(inner, MAX_HASH))
        elif number == 9:
            expect(wire_type, VARINT)
            init.is_debug = _bool(reader)
        elif number == 10:
            if len(init.boot_validation) == MAX_BOOT_VALIDATION:
                raise Undecodable("more than 3 boot validation records (PKG-017)")
            record = nested(reader, wire_type, lambda inner: _pair(inner, MAX_VALIDATION_BYTES))
            init.boot_validation.append(record)
        else:
            reader.skip(wire_type)
    return init


def _sd_req(reader, wire_type, init):
    """Packed, or one tag per value (PKG-018)."""
    if wire_type == VARINT:
        init.sd_req.append(reader.value())
    else:
        expect(wire_type, LENGTH)
        inner = Reader(reader.data, *reader.span())
        while inner.at < inner.end:
            init.sd_req.append(inner.value())
    if len(init.sd_req) > MAX_SD_REQ:
        raise Undecodable("more than 16 sd_req (PKG-017)")


def _bool(reader):
    """is_debug (PKG-025)."""
    value = reader.value(64)
    if value > 127:
        raise Unspecified("PKG-025: is_debug above 127")
    return value != 0


def _pair(reader, limit):
    """Hash and BootValidation: a type and bytes, both required (PKG-009)."""
    kind = data = None
    while (tag := reader.tag()) is not None:
        number, wire_type = tag
        if number == 1:
            expect(wire_type, VARINT)
            kind = reader.value(8)
        elif number == 2:
            expect(wire_type, LENGTH)
            data = reader.bytes_up_to(limit)
        else:
            reader.skip(wire_type)
    if kind is None or data is None:
        raise Undecodable("a required field is missing (PKG-009)")
    return kind, data
