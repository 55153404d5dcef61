"""Objects: create, write, execute and their state (section 2)."""

import zlib

from . import memory, validation
from . import settings as page
from .flash import PAGE, WORD
from .init_packet import Undecodable, decode
from .results import (
    INSUFFICIENT_RESOURCES,
    INVALID_OBJECT,
    INVALID_PARAMETER,
    NOT_PERMITTED,
    Refused,
    Unspecified,
)

COMMAND, DATA = 1, 2
COMMAND_LIMIT = 512
OBJECT_LIMIT = PAGE


class Objects:
    """The model state of section 0.3 that the object requests work on, fresh after a reset."""

    def __init__(self, flash, settings, config):
        self.flash, self.settings, self.config = flash, settings, config
        self.current = COMMAND
        self.init_ok = False
        self.init = None
        self.fw_addr = 0
        self.fw_size = 0
        self.unsure = None
        self.ended = False
        self._restore()

    def _restore(self):
        """A command that flash holds is in force again; it is not judged anew (OBJ-036)."""
        s = self.settings
        if s.cmd_size == 0 or s.cmd_off != s.cmd_size:
            return
        try:
            self.init = decode(s.command()).init
        except Undecodable:
            return
        self.init_ok = True
        try:
            self._place()
        except Refused:
            raise Unspecified("ACT-028: a stored init packet that does not fit leads to endless resets") from None

    def _place(self):
        size = validation.image_size(self.init, self.config)
        self.fw_addr = memory.place(self.init, size, self.flash, self.settings, self.config)
        self.fw_size = size

    def _chosen(self):
        if self.current not in (COMMAND, DATA):
            raise Refused(INVALID_OBJECT)  # CP-017
        return self.current

    def select(self, kind):
        """Largest size, offset and checksum; changes nothing but the choice (CP-014 to CP-017)."""
        self.current = kind if kind in (COMMAND, DATA) else 0
        self._chosen()
        limit = COMMAND_LIMIT if kind == COMMAND else OBJECT_LIMIT
        return (limit, *self.progress())

    def progress(self):
        """Offset and checksum of the chosen object (CP-018, PRN-011)."""
        s = self.settings
        return (s.cmd_off, s.cmd_crc) if self._chosen() == COMMAND else (s.fw_off, s.fw_crc)

    def create(self, kind, size):
        """Section 2.1 and 2.2; a Create chooses its object even when it is refused (OBJ-001, OBJ-015)."""
        self.current = kind if kind in (COMMAND, DATA) else 0
        if self._chosen() == COMMAND:
            self._create_command(size)
        else:
            self._create_data(size)

    def _create_command(self, size):
        if size == 0:
            raise Refused(INVALID_PARAMETER)  # OBJ-001
        if size > COMMAND_LIMIT:
            raise Refused(INSUFFICIENT_RESOURCES)  # OBJ-002
        self.init_ok = False  # OBJ-003
        self.settings.reset_progress()
        self.settings.cmd_size = size

    def _create_data(self, size):
        s = self.settings
        if not self.init_ok:
            raise Refused(NOT_PERMITTED)  # OBJ-015
        if size == 0:
            raise Refused(INVALID_PARAMETER)  # OBJ-016
        end = (s.fw_off_last + size) & 0xFFFFFFFF
        if size % OBJECT_LIMIT and end != self.fw_size:
            raise Refused(INVALID_PARAMETER)  # OBJ-017
        if size > OBJECT_LIMIT:
            raise Refused(INSUFFICIENT_RESOURCES)  # OBJ-018
        if end > self.fw_size:
            raise Refused(NOT_PERMITTED)  # OBJ-019
        if (self.fw_addr + s.fw_off_last) >= self.config.chip.flash_size:
            raise Unspecified("MEM-012: an erase behind the end of flash")
        s.obj_size = size  # OBJ-020, OBJ-023
        s.fw_off, s.fw_crc = s.fw_off_last, s.fw_crc_last
        s.write_offset = s.fw_off_last
        self.flash.erase(self.fw_addr + s.fw_off)

    def write(self, data):
        """Appends to the chosen object; refused as a whole when it does not fit."""
        if self._chosen() == COMMAND:
            self._write_command(data)
        else:
            self._write_data(data)

    def _write_command(self, data):
        s = self.settings
        if s.cmd_off + len(data) > s.cmd_size:
            raise Refused(INVALID_PARAMETER)  # OBJ-006, OBJ-014
        start = page.COMMAND.start + s.cmd_off
        s.raw[start : start + len(data)] = data  # OBJ-005
        s.cmd_crc = zlib.crc32(data, s.cmd_crc)
        s.cmd_off += len(data)

    def _write_data(self, data):
        s = self.settings
        if not self.init_ok:
            raise Refused(NOT_PERMITTED)  # OBJ-025
        if s.fw_off - s.fw_off_last + len(data) > s.obj_size:
            raise Refused(INVALID_PARAMETER)  # OBJ-026, FLT-008, FLT-009
        if self.config.ble and len(data) % WORD or self.config.ble and not data:
            raise Unspecified("FLT-007, FLT-020: a queued write of no whole words")
        if not data:
            return  # FLT-037
        address = self.fw_addr + s.write_offset
        if address % WORD:
            raise Unspecified("FLT-020: a write to an unaligned address")
        self.flash.program(address, data)  # OBJ-024, SER-021
        s.write_offset += len(data)
        s.fw_crc = zlib.crc32(data, s.fw_crc)
        s.fw_off += len(data)

    def execute(self):
        """Executes the chosen object."""
        if self._chosen() == COMMAND:
            self._execute_command()
        else:
            self._execute_data()

    def _execute_command(self):
        """The order of 7.1."""
        s = self.settings
        if s.cmd_off != s.cmd_size:
            raise Refused(NOT_PERMITTED)  # OBJ-007
        if self.init_ok:
            self._place()  # OBJ-013
        else:
            self._accept_command()
        page.write_and_backup(s, self.flash, self.config.chip)  # OBJ-011, SET-014

    def _accept_command(self):
        try:
            packet = decode(self.settings.command())
        except Undecodable:
            raise Refused(INVALID_OBJECT) from None  # OBJ-008, OBJ-009
        self.init, self.fw_addr, self.fw_size, self.unsure = packet.init, 0, 0, None
        try:
            validation.prevalidate(packet, self.flash, self.settings, self.config)
            self._size_and_place()
        except Refused:
            self.settings.reset_progress()  # OBJ-010
            raise
        self.init_ok = True

    def _size_and_place(self):
        try:
            size = validation.image_size(self.init, self.config)
        except Refused as refused:
            if refused.payload[0] == INSUFFICIENT_RESOURCES:
                self.unsure = "OBJ-010: is a bootloader that is too large a lack of space?"
            raise
        self.fw_size = size  # OBJ-010: stays when there is no space
        self.fw_addr = memory.place(self.init, size, self.flash, self.settings, self.config)

    def _execute_data(self):
        s = self.settings
        if s.fw_off - s.fw_off_last != s.obj_size:
            raise Refused(NOT_PERMITTED)  # OBJ-028
        if self.unsure:
            raise Unspecified(self.unsure)
        if s.fw_off == self.fw_size:
            self.ended = True  # OBJ-030, OBJ-032
            init = self.init if self.fw_size else None
            validation.postvalidate(init, self.fw_addr, self.fw_size, self.flash, s, self.config)
            return
        s.obj_size = 0  # OBJ-029, OBJ-031
        s.fw_off_last, s.fw_crc_last = s.fw_off, s.fw_crc
        if self.config.save_progress:
            page.write_and_backup(s, self.flash, self.config.chip)  # OBJ-040

    def commit(self):
        """Behind the answer to a final Execute: settings and backup (OBJ-030, SET-015)."""
        page.write_and_backup(self.settings, self.flash, self.config.chip)
