"""The chip: memories, exceptions, reset, and the loop that runs it."""

import struct

from unicorn import (UC_ARCH_ARM, UC_HOOK_CODE, UC_HOOK_INTR, UC_HOOK_MEM_INVALID, UC_HOOK_MEM_WRITE, UC_MODE_MCLASS,
                     UC_MODE_THUMB, Uc, UcError)
from unicorn import arm_const as arm

from .peripherals import ClockPower, Gpio, Nvmc, Peripheral, Rtc, Uarte

GENERAL = [arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3, arm.UC_ARM_REG_R12,
           arm.UC_ARM_REG_LR, arm.UC_ARM_REG_PC, arm.UC_ARM_REG_XPSR]
SVC, EXCEPTION_EXIT = 2, 8
SYSRESETREQ = 0x05FA0004
WFI, WFE, CPSIE_I = 0xBF30, 0xBF20, 0xB662
# Part, flash and RAM in KiB.
CHIPS = {"nrf52832": (0x52832, 512, 64), "nrf52833": (0x52833, 512, 128), "nrf52840": (0x52840, 1024, 256)}


class Silent(Exception):
    """The chip sleeps, and nothing will wake it before its next timer."""


class Chip:
    UICR, FICR, RAM = 0x10001000, 0x10000000, 0x20000000

    def __init__(self, name):
        part, flash, ram = CHIPS[name]
        self.flash_size, self.ram_size, self.time = flash << 10, ram << 10, 0.0
        self.log, self.problem, self.reset_requested, self.pending, self.late = [], None, False, set(), []
        self.uc = uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
        uc.mem_map(0, self.flash_size)
        uc.mem_map(self.FICR, 0x2000)
        uc.mem_map(self.RAM, self.ram_size)
        uc.mem_write(0, b"\xff" * self.flash_size)
        uc.mem_write(self.FICR, b"\xff" * 0x2000)
        uc.mem_write(self.RAM, b"\xa5" * self.ram_size)
        for offset, value in ((0x10, 4096), (0x14, flash // 4), (0x100, part), (0x104, 0x41414530), (0x10C, ram),
                              (0x110, flash)):
            uc.mem_write(self.FICR + offset, struct.pack("<I", value))
        self.power, self.nvmc, self.uarte = ClockPower(self), Nvmc(self), Uarte(self)
        self.rtcs = [Rtc(self, 11), Rtc(self, 17), Rtc(self, 36)]
        self.pages = {0x40000000: self.power, 0x40002000: self.uarte, 0x4001E000: self.nvmc, 0x4000B000: self.rtcs[0],
                      0x40011000: self.rtcs[1], 0x40024000: self.rtcs[2], 0x50000000: Gpio(self)}
        self.system = {}
        uc.mmio_map(0x40000000, 0x80000, self.load, 0x40000000, self.store, 0x40000000)
        uc.mmio_map(0x50000000, 0x1000, self.load, 0x50000000, self.store, 0x50000000)
        uc.mmio_map(0xE0000000, 0x100000, self.load_system, None, self.store_system, None)
        uc.hook_add(UC_HOOK_INTR, self.interrupted)
        uc.hook_add(UC_HOOK_MEM_WRITE, self.stored, begin=0, end=self.flash_size - 1)
        uc.hook_add(UC_HOOK_MEM_WRITE, self.stored, begin=self.FICR, end=self.FICR + 0x1FFF)
        uc.hook_add(UC_HOOK_MEM_INVALID, self.unmapped)
        self.fresh = uc.context_save()
        self.watched, self.asleep, self.unmasking = set(), False, False

    def put(self, address, data):
        """Bytes that are there from the start."""
        self.uc.mem_write(address, data)
        for at in range(address & 1, len(data) - 1, 2):
            self.watch(address + at, data[at] | data[at + 1] << 8)

    def watch(self, address, half):
        """Stops the CPU in front of WFI and WFE, from which that of the package does not wake again, and of CPSIE I, behind
        which an interrupt may be due."""
        if half in (WFI, WFE, CPSIE_I) and address not in self.watched:
            self.watched.add(address)
            self.uc.hook_add(UC_HOOK_CODE, self.met, begin=address, end=address)

    def met(self, uc, address, _, __):
        half = int.from_bytes(uc.mem_read(address, 2), "little")
        self.asleep = half in (WFI, WFE)
        self.unmasking = half == CPSIE_I and self.due() is not None
        if self.asleep or self.unmasking:
            uc.emu_stop()

    # What firmware does to memory.

    def stored(self, uc, _, address, size, value, __):
        """A store into flash or UICR, before it happens."""
        self.put_right()
        value &= 0xFFFFFFFF
        if size != 4 or address % 4 or not self.nvmc.writes_enabled() or self.FICR <= address < self.UICR:
            return self.wrong(f"store of {size} bytes to {address:x}")
        if self.protected(address):
            return self.wrong(f"store to protected {address:x}")
        self.operation(f"program {address:x} {value:x}")
        self.watch(address, value & 0xFFFF)
        self.watch(address + 2, value >> 16)
        old, = struct.unpack("<I", uc.mem_read(address, 4))
        if old & value != value:
            # Bits only fall; what the store leaves is put right with the next access to the controller.
            self.late.append((address, old & value))

    def put_right(self):
        for address, value in self.late:
            self.uc.mem_write(address, struct.pack("<I", value))
        self.late.clear()

    def unmapped(self, uc, _, address, size, __, ___):
        self.wrong(f"access to {address:x} at {uc.reg_read(arm.UC_ARM_REG_PC):x}")
        return False

    def page(self, address):
        return self.pages.setdefault(address & ~0xFFF, Peripheral(self))

    def load(self, _, offset, __, base):
        # A look at a register takes time, so that a loop that waits for a counter ends.
        self.time += 1e-6
        self.put_right()
        return self.page(base + offset).read(offset & 0xFFF)

    def store(self, _, offset, __, value, base):
        self.put_right()
        self.page(base + offset).write(offset & 0xFFF, value & 0xFFFFFFFF)

    def load_system(self, _, offset, size, __):
        constant = {0xED00: 0x410FC241, 0xED0C: 0xFA050000}
        word = constant.get(offset & ~3, self.system.get(offset & ~3, 0))
        return word >> 8 * (offset & 3) & (1 << 8 * size) - 1

    def store_system(self, uc, offset, size, value, _):
        at, shift = offset & ~3, 8 * (offset & 3)
        mask = (1 << 8 * size) - 1 << shift
        word = self.system.get(at, 0) & ~mask | value << shift & mask
        if at == 0xED0C and value == SYSRESETREQ:
            self.reset_requested = True
            uc.emu_stop()
        elif 0xE100 <= at < 0xE108:
            self.system[at] = self.system.get(at, 0) | value
        elif 0xE180 <= at < 0xE188:
            self.system[at - 0x80] = self.system.get(at - 0x80, 0) & ~value
        elif 0xE200 <= at < 0xE208:
            self.pending |= {32 * (at - 0xE200 >> 2) + n for n in range(32) if value >> n & 1}
        elif 0xE280 <= at < 0xE288:
            self.pending -= {32 * (at - 0xE280 >> 2) + n for n in range(32) if value >> n & 1}
        else:
            self.system[at] = word

    def protected(self, address):
        return self.power.protects(address) or self.nvmc.protects(address)

    def operation(self, text):
        self.log.append(text)

    def wrong(self, text):
        self.problem = self.problem or text
        self.uc.emu_stop()

    # Exceptions.

    def interrupted(self, uc, number, _):
        self.taken = number
        uc.emu_stop()

    def read(self, register):
        return self.uc.reg_read(register)

    def enter(self, exception):
        """Exception entry with a basic frame on the stack in use."""
        uc = self.uc
        sp, handler = self.read(arm.UC_ARM_REG_SP), self.read(arm.UC_ARM_REG_XPSR) & 0x1FF
        frame = sp - 32 & ~7
        values = [self.read(register) for register in GENERAL]
        values[6] &= ~1
        values[7] |= 1 << 24 | (1 << 9 if sp & 4 else 0)
        uc.mem_write(frame, struct.pack("<8I", *values))
        process = not handler and self.read(arm.UC_ARM_REG_CONTROL) & 2
        uc.reg_write(arm.UC_ARM_REG_SP, frame)
        uc.reg_write(arm.UC_ARM_REG_XPSR, 1 << 24 | exception)
        uc.reg_write(arm.UC_ARM_REG_LR, 0xFFFFFFF1 if handler else 0xFFFFFFFD if process else 0xFFFFFFF9)
        vector, = struct.unpack("<I", uc.mem_read(self.system.get(0xED08, 0) + 4 * exception, 4))
        uc.reg_write(arm.UC_ARM_REG_PC, vector | 1)

    def leave(self):
        """Exception return; the program counter holds EXC_RETURN."""
        uc, code = self.uc, self.read(arm.UC_ARM_REG_PC) | 1
        stack = arm.UC_ARM_REG_PSP if code & 4 else arm.UC_ARM_REG_MSP
        frame = self.read(stack)
        values = struct.unpack("<8I", uc.mem_read(frame, 32))
        # Out of Handler mode first: it decides which stack pointer SP is.
        uc.reg_write(arm.UC_ARM_REG_XPSR, values[7] & ~(1 << 9))
        uc.reg_write(stack, frame + 32 + (4 if values[7] & 1 << 9 else 0))
        for register, value in zip(GENERAL[:6], values):
            uc.reg_write(register, value)
        uc.reg_write(arm.UC_ARM_REG_PC, values[6] | 1)

    def due(self):
        """The interrupt to take now; None without one, or while one is active or masked."""
        lines = {page.line for page in self.pages.values() if page.line is not None and page.interrupting()} | self.pending
        enabled = [n for n in sorted(lines) if self.system.get(0xE100 + 4 * (n >> 5), 0) >> (n & 31) & 1]
        return enabled[0] if enabled else None

    def masked(self):
        xpsr = self.read(arm.UC_ARM_REG_XPSR)
        return xpsr & 0x1FF or self.read(arm.UC_ARM_REG_PRIMASK) or xpsr & 0x0600FC00

    # Running.

    def reset(self):
        uc = self.uc
        uc.context_restore(self.fresh)
        for page in self.pages.values():
            page.reset()
        self.system.clear()
        self.pending.clear()
        self.reset_requested = False
        stack, entry = struct.unpack("<2I", uc.mem_read(0, 8))
        uc.reg_write(arm.UC_ARM_REG_SP, stack)
        uc.reg_write(arm.UC_ARM_REG_LR, 0xFFFFFFFF)
        uc.reg_write(arm.UC_ARM_REG_PC, entry | 1)

    def run(self):
        """Runs until something needs attention, and attends to it. Whether the CPU sleeps."""
        uc, self.taken, self.asleep, self.unmasking = self.uc, None, False, False
        try:
            uc.emu_start(self.read(arm.UC_ARM_REG_PC) | 1, 0xFFFFFFFE)
        except UcError as error:
            if self.taken is None and self.problem is None:
                self.problem = f"{error} at {self.read(arm.UC_ARM_REG_PC):x}"
        self.put_right()
        if self.problem:
            raise RuntimeError(self.problem)
        if self.reset_requested:
            self.reset()
        elif self.taken == EXCEPTION_EXIT:
            self.leave()
        elif self.taken == SVC:
            self.enter(11)
        elif self.taken is not None:
            raise RuntimeError(f"exception {self.taken} at {self.read(arm.UC_ARM_REG_PC):x}")
        elif self.asleep or self.unmasking:
            if self.unmasking:
                uc.reg_write(arm.UC_ARM_REG_PRIMASK, 0)
            uc.reg_write(arm.UC_ARM_REG_PC, self.read(arm.UC_ARM_REG_PC) + 2 | 1)
        return self.asleep

    def step(self):
        """Runs to the next sleep or event, with the interrupt that is due. Raises Silent when it sleeps for good."""
        line = self.due()
        if line is not None and not self.masked():
            self.pending.discard(line)
            self.enter(16 + line)
        if self.run() and self.due() is None and not self.uarte.arrive():
            raise Silent
