"""Peripherals: memory-mapped registers with behaviour. What has none is storage."""

BYTE_TIME = 10 / 115200


class Peripheral:
    """A page of registers. `line` is its interrupt."""

    EVENTS = range(0x100, 0x200, 4)
    line = None

    def __init__(self, chip):
        self.chip, self.words = chip, {}

    def read(self, offset):
        # Tasks read zero; both registers of an interrupt mask read the mask.
        if offset < 0x100:
            return 0
        return self.words.get(0x304 if offset == 0x308 else offset, 0)

    def write(self, offset, value):
        if offset < 0x100:
            if value & 1:
                self.task(offset)
        elif offset == 0x304:
            self.words[0x304] = self.words.get(0x304, 0) | value
        elif offset == 0x308:
            self.words[0x304] = self.words.get(0x304, 0) & ~value
        else:
            self.words[offset] = value

    def task(self, offset):
        pass

    def event(self, offset):
        self.words[offset] = 1

    def interrupting(self):
        mask = self.words.get(0x304, 0)
        return any(self.words.get(0x100 + 4 * n, 0) for n in range(32) if mask >> n & 1)

    def reset(self):
        self.words.clear()


class ClockPower(Peripheral):
    """CLOCK and POWER, and the block protection of the nRF52832, which share a page."""

    line = 0
    KEPT = (0x400, 0x51C, 0x520)
    PROTECTION = (0x600, 0x604, 0x610, 0x614)

    def task(self, offset):
        started = {0x00: 0x100, 0x08: 0x104, 0x10: 0x10C}
        if offset in started:
            self.event(started[offset])
        status = {0x00: (0x40C, 0x10001), 0x08: (0x418, 0x10000 | self.words.get(0x518, 0))}
        if offset in status:
            self.words[status[offset][0]] = status[offset][1]

    def write(self, offset, value):
        if offset == 0x400:
            # Reset reasons are cleared by writing ones.
            self.words[offset] = self.words.get(offset, 0) & ~value
        elif offset in self.PROTECTION:
            self.words[offset] = self.words.get(offset, 0) | value
        elif offset in (0x51C, 0x520):
            self.words[offset] = value & 0xFF
        else:
            super().write(offset, value)

    def protects(self, address):
        page = address >> 12
        if page >= 32 * len(self.PROTECTION):
            return False
        return self.words.get(self.PROTECTION[page >> 5], 0) >> (page & 31) & 1 == 1

    def reset(self):
        self.words = {offset: value for offset, value in self.words.items() if offset in self.KEPT}
        self.words[0x400] = self.words.get(0x400, 0) | 4


class Nvmc(Peripheral):
    """The flash controller, and the access control lists of the nRF52833 and nRF52840 on the same page."""

    READ, WRITE, ERASE = range(3)

    def read(self, offset):
        return 1 if offset in (0x400, 0x408) else super().read(offset)

    def write(self, offset, value):
        super().write(offset, value)
        if offset in (0x508, 0x510):
            self.erase(value & ~0xFFF, 0x1000, f"erase {value & ~0xFFF:x}")
        elif offset == 0x50C and value & 1:
            self.erase(0, self.chip.flash_size, "erase all")
            self.erase_uicr()
        elif offset == 0x514 and value & 1:
            self.chip.operation("erase uicr")
            self.erase_uicr()

    def erase(self, start, size, name):
        if self.words.get(0x504, 0) != self.ERASE or start + size > self.chip.flash_size:
            return self.chip.wrong(f"{name} with CONFIG {self.words.get(0x504, 0)}")
        if self.chip.protected(start):
            return self.chip.wrong(f"{name} of a protected page")
        self.chip.operation(name)
        self.chip.uc.mem_write(start, b"\xff" * size)

    def erase_uicr(self):
        self.chip.uc.mem_write(self.chip.UICR, b"\xff" * 0x1000)

    def protects(self, address):
        for region in range(8):
            start, size, permission = (self.words.get(0x800 + 16 * region + at, 0) for at in (0, 4, 8))
            if permission & 2 and start <= address < start + size:
                return True
        return False

    def writes_enabled(self):
        return self.words.get(0x504, 0) == self.WRITE


class Uarte(Peripheral):
    """UARTE0. A byte arrives when the receiver is open and the CPU sleeps: ideal flow control."""

    line = 2

    def __init__(self, chip):
        super().__init__(chip)
        self.incoming, self.outgoing, self.open, self.received = [], [], False, 0

    def task(self, offset):
        words, uc = self.words, self.chip.uc
        enabled = words.get(0x500, 0) == 8
        if offset == 0x000 and enabled:
            self.open, self.received = True, 0
            self.event(0x14C)
        elif offset == 0x004:
            if self.open:
                self.finish()
            self.open = False
            self.event(0x144)
        elif offset == 0x008 and enabled:
            self.event(0x150)
            count = words.get(0x548, 0)
            self.outgoing += uc.mem_read(words.get(0x544, 0), count) if count else b""
            words[0x54C] = count
            self.event(0x11C)
            self.event(0x120)
        elif offset == 0x00C:
            self.event(0x158)

    def finish(self):
        self.words[0x53C] = self.received
        self.open = False
        self.event(0x110)
        if self.words.get(0x200, 0) >> 5 & 1:
            self.task(0x000)

    def arrive(self):
        """Takes one byte of the host, if there is one and the receiver is open."""
        if not (self.open and self.incoming):
            return False
        self.chip.uc.mem_write(self.words.get(0x534, 0) + self.received, bytes([self.incoming.pop(0)]))
        self.chip.time += BYTE_TIME
        self.received += 1
        self.event(0x108)
        if self.received >= self.words.get(0x538, 0):
            self.finish()
        return True

    def reset(self):
        super().reset()
        self.open = False


class Rtc(Peripheral):
    """A real-time counter. Compares count when time jumps over them."""

    RATE = 32768

    def __init__(self, chip, line):
        super().__init__(chip)
        self.line, self.running, self.base, self.began = line, False, 0, 0.0

    def ticks(self):
        if not self.running:
            return self.base
        return self.base + int((self.chip.time - self.began) * self.RATE / (self.words.get(0x508, 0) + 1))

    def read(self, offset):
        return self.ticks() & 0xFFFFFF if offset == 0x504 else super().read(offset)

    def task(self, offset):
        if offset == 0x000 and not self.running:
            self.running, self.began = True, self.chip.time
        elif offset == 0x004:
            self.base, self.running = self.ticks(), False
        elif offset == 0x008:
            self.base, self.began = 0, self.chip.time

    def next_compare(self):
        """Seconds until the next compare that interrupts, and its number."""
        mask, counter, best = self.words.get(0x304, 0), self.ticks(), None
        if self.running:
            for n in range(4):
                if mask >> (16 + n) & 1:
                    left = (self.words.get(0x540 + 4 * n, 0) - counter - 1 & 0xFFFFFF) + 1
                    seconds = left * (self.words.get(0x508, 0) + 1) / self.RATE
                    best = min(best or (seconds, n), (seconds, n))
        return best

    def reset(self):
        super().reset()
        self.running, self.base = False, 0


class Gpio(Peripheral):
    """Port 0; nobody drives the pins, so an input shows its pull."""

    def read(self, offset):
        if offset == 0x510:
            return sum(1 << n for n in range(32) if self.words.get(0x700 + 4 * n, 2) & 0xC == 0xC)
        return self.words.get(offset, 0)

    def write(self, offset, value):
        out = self.words.get(0x504, 0)
        changed = {0x508: out | value, 0x50C: out & ~value}
        self.words[0x504 if offset in changed else offset] = changed.get(offset, value)
