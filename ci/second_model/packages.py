"""Images and init packets to send: sound ones, and every way of being wrong that has an answer."""

import hashlib
from dataclasses import dataclass, field

from . import p256
from .activation import RUNNING_PART
from .flash import page_up
from .init_packet import APPLICATION, BOOTLOADER, EXTERNAL, SOFTDEVICE, SOFTDEVICE_BOOTLOADER
from .memory import INFO, SD_MAGIC, SD_START, SdInfo

KEY = int("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", 16)
"""The published test key of RFC 6979, A.2.5."""

OTHER_KEY = 0x1234567


def varint(value):
    """A protobuf varint, as short as it can be."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(index, value):
    """A field with a number; nothing where there is no value."""
    return b"" if value is None else varint(index << 3) + varint(value)


def block(index, data):
    """A field with a length."""
    return varint(index << 3 | 2) + varint(len(data)) + data


@dataclass
class Draft:
    """An init packet in the making. None leaves a field out; `extra` goes to the named places as it is."""

    type: int = APPLICATION
    fw_version: int = 1
    hw_version: int = 52
    sd_req: tuple = (0,)
    sd_req_packed: bool = True
    sd_size: int = 0
    bl_size: int = 0
    app_size: int = 0
    hash_type: int = 3
    hash: bytes = None
    is_debug: int = 0
    boot_validation: list = field(default_factory=list)
    op_code: int = 1
    key: int = KEY
    signature_type: int = 0
    signature: bytes = None
    extra: dict = field(default_factory=dict)

    def init_command(self):
        """The serialised InitCommand."""
        out = number(1, self.fw_version) + number(2, self.hw_version)
        if self.sd_req_packed:
            out += block(3, b"".join(map(varint, self.sd_req))) if self.sd_req else b""
        else:
            out += b"".join(number(3, value) for value in self.sd_req)
        out += number(4, self.type)
        out += number(5, self.sd_size) + number(6, self.bl_size) + number(7, self.app_size)
        if self.hash is not None:
            out += block(8, number(1, self.hash_type) + block(2, self.hash))
        out += number(9, self.is_debug)
        for kind, data in self.boot_validation:
            out += block(10, number(1, kind) + (b"" if data is None else block(2, data)))
        return out + self.extra.get("init", b"")

    def encode(self):
        """The whole packet; unsigned where there is no key."""
        init = self.init_command()
        behind = self.extra.get("command", b"")
        command = number(1, self.op_code) + block(2, init) + behind
        if self.key is None:
            return block(1, command) + self.extra.get("packet", b"")
        signature = self.signature if self.signature is not None else p256.sign(self.key, init + behind)
        signed = block(1, command) + number(2, self.signature_type) + block(3, signature)
        return block(2, signed + self.extra.get("signed", b"")) + self.extra.get("packet", b"")


def softdevice(rng, size, fwid, sd_id, version, info_size=None, magic=SD_MAGIC):
    """Random bytes with the information structure of a SoftDevice in them (9.3)."""
    image = bytearray(rng.randbytes(size))
    info_size = page_up(size + SD_START) if info_size is None else info_size
    words = (magic, info_size, 0xFFFF0000 | fwid, sd_id, version)
    info = b"\x2c\xff\xff\xff" + b"".join(word.to_bytes(4, "little") for word in words)
    image[INFO : INFO + len(info)] = info
    return bytes(image)


@dataclass
class Package:
    """What one session sends: the init packet and the image."""

    packet: bytes
    image: bytes
    about: str


class Maker:
    """Makes packages for a device in its present state, from a source of chance."""

    def __init__(self, rng, device):
        self.rng, self.device = rng, device

    def package(self, faults=1):
        """A package with up to `faults` things done to it, most of them fatal."""
        rng = self.rng
        draft, image = self._sound()
        done = []
        for _ in range(faults):
            name = rng.choice(sorted(FAULTS))
            image = FAULTS[name](self, draft, image) or image
            done.append(name)
        packet = draft.encode()
        if rng.random() < 0.06:
            packet = self._damaged(packet)
            done.append("damaged bytes")
        kind = ("app", "sd", "bl", "sd+bl", "external")[draft.type] if draft.type in range(5) else str(draft.type)
        return Package(packet, image, ", ".join([kind, *done]))

    def _sound(self):
        """A draft that the device takes, and its image."""
        rng, device = self.rng, self.device
        settings, sd, config = device.requests.settings, self.softdevice(), device.config
        kind = rng.choices(
            (APPLICATION, SOFTDEVICE, BOOTLOADER, SOFTDEVICE_BOOTLOADER, EXTERNAL), (10, 3, 2, 2, 0.3)
        )[0]
        draft = Draft(type=kind, sd_req=(sd.fwid,) if sd.present else rng.choice(((0,), (), (0, 0x101))))
        if kind in (APPLICATION, EXTERNAL):
            image = rng.randbytes(self._length())
            draft.app_size = len(image)
            draft.fw_version = (settings.app_version + rng.choice((0, 0, 1, 5))) & 0xFFFFFFFF
        else:
            image = b""
            if kind in (SOFTDEVICE, SOFTDEVICE_BOOTLOADER):
                image = self._softdevice_image(sd)
                draft.sd_size = len(image)
                draft.fw_version = 0xFFFFFFFF
            if kind in (BOOTLOADER, SOFTDEVICE_BOOTLOADER):
                bootloader = self._bootloader_image()
                draft.bl_size = len(bootloader)
                image += bootloader
                draft.fw_version = min(settings.bootloader_version + rng.choice((1, 1, 7)), 0xFFFFFFFF)
        draft.boot_validation = [self._validation(draft, image, index) for index in range(rng.choice((0, 1, 1, 2)))]
        draft.hash = hashlib.sha256(image).digest()[::-1]
        if kind in (APPLICATION, SOFTDEVICE) and not config.require_signed_app and rng.random() < 0.5:
            draft.key = None
        return draft, image

    def softdevice(self):
        """The SoftDevice that is on the device now."""
        return SdInfo(self.device.flash)

    def _length(self):
        """Mostly a few pages; sometimes so much that the application before has to go (MEM-015)."""
        rng, device = self.rng, self.device
        room = device.config.image_end - 0x1000
        if rng.random() < 0.04:
            return rng.randrange(room // 2, room) & ~3
        return rng.choice((4, 64, 904, 4092, 4096, 4100, 5000, 8192, 9000, 12288, 36872))

    def _softdevice_image(self, sd):
        rng = self.rng
        size = rng.choice((0x2100, 0x3000, 0x4000, 0x4A04, 0xB000))
        same_family = sd.id if sd.present else 140
        version = sd.version if sd.present and rng.random() < 0.6 else rng.choice((6_001_000, 7_002_000, 8_000_001))
        fwid = rng.choice((0x100, 0x101, 0x123))
        return softdevice(rng, size, fwid, same_family, version)

    def _bootloader_image(self):
        """What is there already (ACT-014), or a bootloader that differs behind the part that runs."""
        rng, chip = self.rng, self.device.config.chip
        size = rng.choice((0x400, 0x1004, 0x5000, 0x6000))
        if rng.random() < 0.3:
            return self.device.flash.read(chip.bootloader, size)
        return self.device.flash.read(chip.bootloader, RUNNING_PART) + rng.randbytes(size - RUNNING_PART)

    def _validation(self, draft, image, index):
        """A boot validation record that verifies."""
        kind = self.rng.choice((0, 1, 1, 2, 3))
        if kind != 3:
            return kind, self.rng.choice((b"", b"", b"\x55" * 64))
        if draft.type == SOFTDEVICE_BOOTLOADER:
            image = image[draft.sd_size :] if index else image[: draft.sd_size]
        return kind, p256.sign(KEY, image)

    def _damaged(self, packet):
        """One byte other, missing or too many, or the end cut off."""
        rng, data = self.rng, bytearray(packet)
        at = rng.randrange(len(data))
        way = rng.randrange(4)
        if way == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            del data[at]
        elif way == 2:
            data.insert(at, rng.randrange(256))
        else:
            del data[at:]
        return bytes(data) or b"\0"

    # Faults: each changes the draft, and gives back another image where it needs one.

    def version(self, draft, image):
        settings = self.device.requests.settings
        around = settings.app_version if draft.type in (APPLICATION, SOFTDEVICE) else settings.bootloader_version
        near = (around - 1, around, around + 1, 0xFFFFFFFF)
        draft.fw_version = self.rng.choice([None, *(v for v in near if 0 <= v <= 0xFFFFFFFF)])

    def hardware(self, draft, image):
        draft.hw_version = self.rng.choice((None, 51, 53, 0xFFFFFFFF))

    def requirement(self, draft, image):
        fwid = self.softdevice().fwid
        draft.sd_req = self.rng.choice(
            (
                (),
                (0,),
                (0, 0x55),
                (0, fwid),
                (0x55,),
                (0x55, fwid),
                (fwid, 0x55),
                (0xFFFE,),
                (0x10000 | fwid,),
                (0x55, 0),
                tuple(range(1, 16)) + (fwid,),
                tuple(range(1, 17)) + (fwid,),
            )
        )
        draft.sd_req_packed = self.rng.random() < 0.7

    def kind(self, draft, image):
        draft.type = self.rng.choice((None, 0, 1, 2, 3, 4, 5, 7, 255, 256))

    def hash_kind(self, draft, image):
        draft.hash_type = self.rng.choice((None, 0, 1, 2, 4, 255, 256))

    def hash_bytes(self, draft, image):
        draft.hash = self.rng.choice((None, draft.hash and draft.hash[:31], bytes(33), bytes(32), b"", image[:32]))

    def signature_bytes(self, draft, image):
        sound = p256.sign(KEY, draft.init_command())
        flipped = bytes([sound[0] ^ 1]) + sound[1:]
        draft.key = draft.key or KEY
        draft.signature = self.rng.choice((sound[:63], sound + b"\0", b"", bytes(64), flipped, sound[32:] + sound[:32]))

    def signature_kind(self, draft, image):
        draft.signature_type = self.rng.choice((None, 1, 2, 255, 256))

    def signer(self, draft, image):
        draft.key = self.rng.choice((None, OTHER_KEY))

    def sizes(self, draft, image):
        name = self.rng.choice(("app_size", "sd_size", "bl_size"))
        size = getattr(draft, name) or 0
        wrong = (None, 0, size + 4, max(size - 4, 0), size + 4096, 0x6000, 0x6004, 0x100000, 0xFFFFFFFC)
        setattr(draft, name, self.rng.choice(wrong))

    def validations(self, draft, image):
        record = self.rng.choice(((4, b""), (255, b""), (3, b""), (3, bytes(64)), (None, b""), (1, None), (1, bytes(65))))
        at = self.rng.randrange(3)
        draft.boot_validation = [(1, b"")] * at + [record] + [(2, b"")] * self.rng.choice((0, 0, 1, 2))

    def debug_bit(self, draft, image):
        draft.is_debug = self.rng.choice((1, 127, None))

    def op_code(self, draft, image):
        draft.op_code = self.rng.choice((None, 0, 2, 255, 256))

    def place_of_extra(self, draft, image):
        """Unknown fields, zero bytes and unfinished tags, at every level (PKG-007, PKG-008, PKG-021, PKG-022)."""
        place = self.rng.choice(("init", "command", "signed", "packet"))
        unknown = (number(15, 300), block(15, b"abc"), b"\x7d\1\2\3\4", b"\x79" + bytes(8))
        wrong = (b"\x7b", b"\x7c", b"\x7e", b"\x7f", b"\x0d\1\2\3\4")
        last = (b"\0", b"\x80", b"\xff\xff", b"\x80\x80\x80\x80", b"\x80" * 6)
        again = (number(1, 9), number(2, 52), block(3, b"\0"), number(4, draft.type))
        draft.extra[place] = self.rng.choice(unknown * 2 + wrong + last + again)

    def long_varint(self, draft, image):
        """Longer than needed: up to 10 bytes for a value, 5 for a tag (PKG-035); or too large (PKG-019)."""
        padded = lambda value, size: bytes([value | 0x80]) + b"\x80" * (size - 2) + b"\0"  # noqa: E731
        tail = self.rng.choice(
            (
                b"\x10" + padded(52, 10),
                b"\x10" + padded(52, 11),
                padded(0x10, 5) + b"\x34",
                padded(0x10, 6) + b"\x34",
                b"\x10" + varint(1 << 32 | 52),
                b"\x10" + varint((1 << 64) - 1),
                b"\x10\x34\x10\x33",
                b"\x10\x33\x10\x34",
            )
        )
        draft.extra["init"] = tail

    def padding(self, draft, image):
        draft.extra["packet"] = self.rng.choice((bytes(1), bytes(60), b"\0garbage", b"\x80", b"\xff\xff\xff\xff"))

    def both_forms(self, draft, image):
        inner = number(1, 1) + block(2, draft.init_command())
        draft.extra["packet"] = self.rng.choice((block(1, inner), block(1, b""), block(2, block(1, inner))))

    def two_inits(self, draft, image):
        draft.extra["command"] = block(2, draft.init_command())

    def image_bits(self, draft, image):
        damaged = bytearray(image)
        damaged[self.rng.randrange(len(image))] ^= 0x10
        return bytes(damaged)

    def tail(self, draft, image):
        """A length that is no multiple of 4 (FLT-021), with FF or other bytes at its end."""
        if draft.type != APPLICATION:
            return image
        image = image[:-4] + self.rng.choice((b"\xff", b"\x12\xff\xff", b"\x12", b"\xff\xff"))
        draft.app_size = len(image)
        draft.hash = hashlib.sha256(image).digest()[::-1]
        return image

    def info(self, draft, image):
        """A SoftDevice with something wrong in its information structure (VAL-023)."""
        if draft.type not in (SOFTDEVICE, SOFTDEVICE_BOOTLOADER):
            return image
        size, sd = draft.sd_size, self.softdevice()
        small, large = page_up(size + SD_START) - 0x1000, page_up(size + SD_START) + 0x2000
        options = (
            {"magic": 0x51B1E5DA},
            {"info_size": small},
            {"info_size": large},
            {"info_size": page_up(size + SD_START) - 4},
            {"sd_id": 999},
            {"version": 1_000_000},
        )
        facts = {"fwid": 0x101, "sd_id": sd.id, "version": sd.version, **self.rng.choice(options)}
        image = softdevice(self.rng, size, **facts) + image[size:]
        draft.hash = hashlib.sha256(image).digest()[::-1]
        return image


FAULTS = {
    name: getattr(Maker, name)
    for name in (
        "version hardware requirement kind hash_kind hash_bytes signature_bytes signature_kind signer sizes validations "
        "debug_bit op_code place_of_extra long_varint padding both_forms two_inits image_bits tail info"
    ).split()
}
