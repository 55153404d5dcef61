"""What a host may say: sessions that make sense, sessions that go wrong, and noise.

Everything is a `Step`, bytes on the wire in which at most one frame ends. The generators look at the model to know what
would be right now. What the requirements leave open is dropped later, by the model (`Unspecified`).
"""

from dataclasses import dataclass

from . import requests as op
from .objects import COMMAND, DATA
from .packages import Maker
from .pages import Pages
from .wire import END, ESC, encode


@dataclass(frozen=True)
class Step:
    """Bytes to send. With `barrier`, a Ping follows where no answer is due, so that silence is certain."""

    wire: bytes
    barrier: bool = True


@dataclass(frozen=True)
class Event:
    """Something that happens to the device apart from bytes: words for the one that drives it."""

    words: tuple


def request(opcode, payload=b"", barrier=True):
    """One whole request."""
    return Step(encode(bytes([opcode]) + payload), barrier)


def create(kind, size):
    """Create object."""
    return request(op.CREATE, bytes([kind]) + (size & 0xFFFFFFFF).to_bytes(4, "little"))


class Traffic:
    """Steps for a device in its present state."""

    def __init__(self, rng, device, events=False, library=()):
        self.rng, self.device, self.events, self.library = rng, device, events, library
        self.noise_level = rng.choice((0, 0, 0.02, 0.05, 0.2))

    def steps(self, acts):
        """A few sessions one after the other, and noise between them. The consumer applies each step at once."""
        for _ in range(acts):
            if self.device.unreachable():
                yield from self.shouting()
                if not self.events:
                    return
                yield Event(("wait", 125_000))
            acts = (self.session, self.noise, self.abort, self.broken_frame, self.event)
            frames = not self.device.config.ble
            yield from self.rng.choices(acts, (10, 4, 1, frames, 6 if self.events else 0))[0]()

    def noise(self):
        """Requests without any sense to them."""
        for _ in range(self.rng.randrange(1, 25)):
            yield self.something()

    def abort(self):
        """Ends the session, with a reset (CP-024)."""
        yield request(op.ABORT)

    def event(self):
        """A reset, a while without a word, an error on the line, a power cut, or other settings pages."""
        rng = self.rng
        ble = self.device.config.ble
        weights = (2, 2, 1, 0 if ble else 10, 5, 5 if ble else 0)
        kind = rng.choices(("reset", "wait", "line-error", "cut", "pages", "disconnect"), weights)[0]
        if kind == "reset":
            yield Event(("reset", rng.choice(("pin", "soft", "power"))))
        elif kind == "wait":
            yield Event(("wait", rng.choice((3000, 14_000, 60_000, 110_000, 125_000, 260_000))))
        elif kind == "line-error" and self.device.config.mtu == 131:
            yield Event(("line-error",))
        elif kind == "disconnect":
            yield Event(("disconnect",))
        elif kind == "cut":
            yield from self.cut_session()
        elif kind == "pages":
            main, backup = Pages(rng, self.device).pair()
            yield Event(("pages", main.hex(), backup.hex()))

    def cut_session(self):
        """A session during which power fails at one flash operation: of an Execute, of a Create, or of what follows."""
        rng = self.rng
        often = rng.choice((0.2, 0.5, 1.0))
        # A commit is about 450 operations, and a page that is copied 1025.
        counts = {op.CREATE: (1, 2), op.EXECUTE: (3, 230, 460, 3000)}
        for step in self.session():
            opcode = step.wire[0] if isinstance(step, Step) else None
            if opcode in counts and rng.random() < often:
                count = rng.randrange(rng.choice(counts[opcode]))
                yield Event(("cut", count, rng.choice(("before", "after", "torn"))))
            yield step
            if self.device.just_restarted:
                return

    def shouting(self):
        """Frames for a device that does not listen any more; its silence is waited for only once in a while."""
        for _ in range(self.rng.randrange(4)):
            yield request(op.WRITE, self.rng.randbytes(4), barrier=False)

    def broken_frame(self):
        """Half frames, bytes of another protocol, and escapes that are none (SER-003, SER-004)."""
        rng = self.rng
        ping = bytes([op.PING, 0x77, END])
        foreign = bytes(byte for byte in rng.randbytes(8) if byte not in (END, ESC)) or b"A"
        yield from (
            Step(piece)
            for piece in rng.choice(
                (
                    (ping[:1], ping[1:]),
                    (ping[:2], ping),
                    (bytes([op.PING, ESC, 0x41]), b"\x42\x43\xc0", ping),
                    (bytes([op.PING, ESC, END]), ping, ping),
                    (bytes([op.PING, ESC]), b"\xdc\xc0"),
                    (bytes([op.PING, ESC]), b"\xdd\xc0"),
                    (foreign, bytes([END]), ping),
                    (bytes([0x70, 0xF8]), ping, ping),
                    (b"\x09" + bytes(100), b"\x01" * 28 + b"\xc0", ping),
                    (b"\x09" + bytes(140), ping),
                )
            )
        )

    def something(self):
        """Any request, often an unfitting one."""
        rng, device = self.rng, self.device
        settings = device.requests.settings
        left = device.requests.objects.fw_size - settings.fw_off_last
        sizes = (0, 1, 64, 100, 140, 512, 513, 904, 4096, 8192, 5000, 0xFFFFFFFF, 0xFFFFF000, left, min(left, 4096))
        kind = rng.choice((COMMAND, DATA, COMMAND, DATA, 0, 3, 255))
        selects = rng.choice((COMMAND, DATA, COMMAND, DATA, COMMAND, DATA, 0, 3, 255))
        return rng.choices(
            (
                request(op.SELECT, bytes([selects])),
                request(op.GET_CRC),
                request(op.EXECUTE),
                create(kind, rng.choice(sizes)),
                self.write(rng.choice((0, 1, 3, 4, 4, 20, 64, 128))),
                request(op.SET_PRN, rng.choice((0, 1, 2, 3, 7, 0x100, 0xFFFF)).to_bytes(2, "little")),
                request(op.PING, rng.randbytes(1)),
                request(op.PING, bytes([rng.choice((0xC0, 0xDB, 0xDC, 0xDD))])),
                request(rng.choice((op.VERSION, op.GET_MTU, op.HARDWARE))),
                request(op.FIRMWARE, bytes([rng.choice((0, 1, 2, 3, 255))])),
                request(rng.choice((0x05, 0x0D, 0x10, 0x60, 0x7F, 0xFF)), rng.randbytes(rng.randrange(4))),
                request(rng.choice((op.GET_CRC, op.GET_MTU, op.VERSION)), rng.randbytes(5)),
                request(op.SELECT, bytes([selects]) + rng.randbytes(3)),
                request(op.SELECT),
                request(op.ABORT),
            ),
            (10, 10, 6, 8, 8, 4, 2, 1, 2, 4, 2, 1, 1, 0.3, 0.3),
        )[0]

    def write(self, count):
        """A Write of random bytes."""
        return request(op.WRITE, self.rng.randbytes(count))

    def session(self):
        """A whole update, or as much of it as this host comes to."""
        rng, device = self.rng, self.device
        if self.library and rng.random() < 0.8:
            package = rng.choice(self.library)
        else:
            package = Maker(rng, device).package(faults=rng.choice((0, 0, 0, 1, 1, 2)))
        if rng.random() < 0.5:
            yield request(op.SET_PRN, rng.choice((0, 0, 1, 2, 5, 12)).to_bytes(2, "little"))
        yield from self.transfer_command(package)
        if not device.requests.objects.init_ok:
            if rng.random() < 0.1:
                yield request(op.SELECT, bytes([DATA]))
                yield request(op.EXECUTE)
            return
        if rng.random() < 0.1:
            yield request(op.EXECUTE)
        stop_at = rng.randrange(len(package.image) + 1) if rng.random() < 0.25 else None
        yield from self.transfer_data(package.image, stop_at)
        if rng.random() < 0.3:
            yield request(op.GET_CRC)

    def disturbance(self):
        """Now and then, something that does not belong there."""
        while self.rng.random() < self.noise_level:
            yield self.something()

    def transfer_command(self, package):
        """The init packet, to its Execute."""
        rng, packet = self.rng, package.packet
        if rng.random() < 0.8:
            yield request(op.SELECT, bytes([COMMAND]))
        yield create(COMMAND, len(packet))
        yield from self.pieces(packet, rng.choice((4, 20, 64, 64, 128)))
        if rng.random() < 0.3:
            yield request(op.GET_CRC)
        yield from self.disturbance()
        yield request(op.EXECUTE)

    def pieces(self, data, size, barrier=True):
        """Writes of `size` bytes."""
        for start in range(0, len(data), size):
            if self.device.unreachable():
                return
            yield request(op.WRITE, data[start : start + size], barrier)
            yield from self.disturbance()

    def transfer_data(self, image, stop_at):
        """The objects of an image from where the device is, up to the last Execute or to `stop_at`."""
        rng, device = self.rng, self.device
        size = rng.choice((64, 64, 128, 20 if len(image) < 6000 else 64))
        if rng.random() < 0.5:
            yield request(op.SELECT, bytes([DATA]))
        # Objects that the noise has spoilt are tried again, but not for ever.
        for _ in range(len(image) // 4096 + 4):
            requests = device.requests
            if device.unreachable() or not requests.objects.init_ok:
                return
            start = requests.settings.fw_off_last
            if stop_at is not None and start >= stop_at:
                return
            chunk = image[start : start + min(4096, max(requests.objects.fw_size - start, 0))]
            yield create(DATA, len(chunk))
            # A burst without waiting is what hosts send with receipts switched off.
            yield from self.pieces(chunk, size, barrier=len(image) < 20000 and rng.random() < 0.1)
            if rng.random() < 0.2:
                yield request(op.GET_CRC)
            if rng.random() < 0.03:
                yield create(DATA, len(chunk))
                continue
            yield request(op.EXECUTE)
            if device.just_restarted:
                return
