"""Requests and their answers: opcodes, receipts and the buffers behind them (sections 1, 3 and 14)."""

from . import memory
from . import settings as page
from .objects import COMMAND, DATA, Objects
from .results import OPCODE_NOT_SUPPORTED, SUCCESS, Refused, Unspecified

(VERSION, CREATE, SET_PRN, GET_CRC, EXECUTE, SELECT, GET_MTU, WRITE, PING, HARDWARE, FIRMWARE, ABORT) = (
    0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C,
)  # fmt: skip
RESPONSE = 0x60

PARAMETERS = {CREATE: 5, SET_PRN: 2, SELECT: 1, PING: 1, FIRMWARE: 1}
"""Bytes that a request has behind its opcode; more are ignored (CP-028), fewer leave the rest open (FLT-001)."""

SERIAL_ONLY = (VERSION, GET_MTU, PING, HARDWARE, FIRMWARE)
"""Requests that the reduced protocol leaves out."""

SD_IMAGE, APP_IMAGE, BL_IMAGE, NO_IMAGE = 0x00, 0x01, 0x02, 0xFF


def words(*values):
    """Little-endian u32 words, one behind the other."""
    return b"".join(value.to_bytes(4, "little") for value in values)


class Requests:
    """A bootloader in DFU mode: takes requests one by one. `reset` says that it has reset itself."""

    def __init__(self, flash, config):
        self.flash, self.config = flash, config
        self.settings = page.load(flash, config)
        self.objects = Objects(flash, self.settings, config)
        self.prn_target = self.prn_count = 0
        self.leaked = 0
        self.reset = False
        self.progressed = False
        """The last request was one that restarts the inactivity timer (TMR-002, TMR-003)."""

    def handle(self, frame):
        """The answer to one request, or None where there is none."""
        opcode, rest = frame[0], frame[1:]
        self.progressed = False
        if self.config.ble and opcode in SERIAL_ONLY:
            return bytes([RESPONSE, opcode, OPCODE_NOT_SUPPORTED])  # CP-005
        if len(rest) < PARAMETERS.get(opcode, 0):
            raise Unspecified("FLT-001: a request that is too short")
        if opcode == WRITE:
            return self._write(rest)
        if opcode == ABORT:
            self.reset = True  # CP-024
            return None
        if opcode in (CREATE, SET_PRN):
            self._reload_receipts(opcode, rest)
        try:
            payload = bytes([SUCCESS]) + self._answer(opcode, rest)
        except Refused as refused:
            payload = refused.payload  # CP-002, CP-003
        if self.objects.ended:
            self.objects.commit()
            self.reset = True
        return bytes([RESPONSE, opcode]) + payload  # CP-001

    def _reload_receipts(self, opcode, rest):
        """Create and Set PRN start the counting anew, even when they are refused (PRN-003, PRN-005, CP-013)."""
        if opcode == SET_PRN:
            self.prn_target = int.from_bytes(rest[:2], "little")
        self.prn_count = self.prn_target

    def disconnected(self):
        """The link is lost: what is in flash counts again, and the rest of the RAM stays (OBJ-038, PRN-012)."""
        self.settings = self.objects.settings = page.load(self.flash, self.config)

    def _answer(self, opcode, rest):
        objects = self.objects
        if opcode == VERSION:
            return b"\x01"  # CP-007
        if opcode == CREATE:
            self.progressed = rest[0] == COMMAND
            objects.create(rest[0], int.from_bytes(rest[1:5], "little"))
            return b""
        if opcode == SET_PRN:
            return b""
        if opcode == GET_CRC:
            return words(*objects.progress())  # CP-018
        if opcode == EXECUTE:
            objects.execute()
            self.progressed = objects.current == DATA
            return b""
        if opcode == SELECT:
            return words(*objects.select(rest[0]))
        if opcode == GET_MTU:
            return self.config.mtu.to_bytes(2, "little")  # CP-022
        if opcode == PING:
            return rest[:1]  # CP-023
        if opcode == HARDWARE:
            chip = self.config.chip
            return words(chip.part, self.config.variant, chip.flash_size, chip.ram_size, 0x1000)  # CP-008
        if opcode == FIRMWARE:
            return self._firmware(rest[0])
        raise Refused(OPCODE_NOT_SUPPORTED)  # CP-006, FLT-023

    def _firmware(self, index):
        """CP-009 to CP-012."""
        s, sd = self.settings, memory.SdInfo(self.flash)
        if index == 0:
            chip = self.config.chip
            return bytes([BL_IMAGE]) + words(s.bootloader_version, chip.bootloader, self.config.bootloader_size)
        if sd.present and index == 1:
            return bytes([SD_IMAGE]) + words(sd.version, memory.SD_START, sd.size)
        if index == (2 if sd.present else 1) and s.bank_0_code == page.BANK_APP:
            return bytes([APP_IMAGE]) + words(s.app_version, memory.bank_0_start(self.flash), s.bank_0_size)
        return bytes([NO_IMAGE]) + bytes(12)

    def _write(self, data):
        """A Write is only ever answered by a receipt (PRN-001 to PRN-007)."""
        try:
            self.objects.write(data)
            payload = None
        except Refused as refused:
            payload = refused.payload
            if self.objects.current in (0, DATA):
                self.leaked += 1  # FLT-010; refused command writes give their buffer back (FLT-011)
        if self.prn_target == 0:
            return None
        self.prn_count -= 1
        if self.prn_count:
            return None
        self.prn_count = self.prn_target
        if payload is None:
            payload = bytes([SUCCESS]) + words(*self.objects.progress())
        return bytes([RESPONSE, GET_CRC]) + payload
