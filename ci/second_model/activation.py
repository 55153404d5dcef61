"""What happens between a reset and DFU mode or the application (section 10)."""

import zlib
from enum import Enum

from . import memory
from . import settings as page
from .flash import PAGE, page_up, word_up
from .results import Unspecified
from .validation import app_is_valid

RUNNING_PART = 0x200
"""Bytes at the start of a bootloader that have to stay for this model to be a model of the new one, too."""


class Outcome(Enum):
    """What runs after a boot."""

    APPLICATION = "application"
    DFU = "DFU mode"


class Boot:
    """The boot sequence of 10.1 on a flash, as often as the bootloader resets itself."""

    def __init__(self, flash, config):
        self.flash, self.config, self.chip = flash, config, config.chip
        self.settings = None
        self.continues = False

    def run(self, enter_dfu=False):
        """Boots until something runs. `enter_dfu` is a DFU entry condition that is true at every boot (10.3)."""
        while True:
            outcome = self._once(enter_dfu)
            if outcome is not None:
                return outcome

    def _once(self, enter_dfu):
        """One boot; None when it ends in a reset."""
        self.settings = page.load(self.flash, self.config)
        self._save()
        code = self.settings.bank_1_code
        steps = {
            page.BANK_APP: self._app,
            page.BANK_SD: self._softdevice,
            page.BANK_BL: self._bootloader,
            page.BANK_SD_BL: self._softdevice_bootloader,
        }
        if code not in steps:  # ACT-029
            if enter_dfu or not app_is_valid(self.settings, self.flash, self.config):
                return Outcome.DFU
            if self.config.ble:
                page.forget_records(self.settings, self.flash, self.chip)
            page.sync_backup(self.flash, self.chip)  # ACT-027
            return Outcome.APPLICATION
        if steps[code]() is Restarted:
            return None
        # ACT-017: a step that failed is treated as one that succeeded.
        self.settings.clear_bank_1()
        self.settings.write_offset = 0
        self._save()
        if code in (page.BANK_SD, page.BANK_SD_BL) and self.settings.bank_0_code == page.BANK_APP:
            self.continues = True
            return Outcome.DFU  # ACT-010
        return None  # ACT-004, ACT-011

    def _save(self):
        page.write_and_backup(self.settings, self.flash, self.chip)

    def _copy(self, source, destination, length):
        """Chunk by chunk, with the progress in the settings (ACT-002, ACT-009)."""
        if source == destination:
            return  # ACT-003
        step = min(self.config.copy_step_pages * PAGE, abs(source - destination))
        while self.settings.write_offset < length:
            offset = self.settings.write_offset
            count = min(step, length - offset)
            self.flash.erase(destination + offset, count)
            # ACT-007: up to the next multiple of 4 bytes.
            self.flash.program(destination + offset, self.flash.read(source + offset, word_up(count)))
            self.settings.write_offset += count
            self._save()

    def _app(self):
        """ACT-002 to ACT-005."""
        s, start = self.settings, memory.bank_0_start(self.flash)
        self._copy(s.update_start_address, start, s.bank_1_size)
        if zlib.crc32(self.flash.read(start, s.bank_1_size)) == s.bank_1_crc:
            s.bank_0_size, s.bank_0_crc, s.bank_0_code = s.bank_1_size, s.bank_1_crc, page.BANK_APP

    def _softdevice(self):
        """ACT-008, ACT-009; says whether it worked."""
        s = self.settings
        if not memory.SdInfo(self.flash, s.update_start_address).present:
            return False
        self._copy(s.update_start_address, memory.SD_START, page_up(s.sd_size))
        return True

    def _bootloader(self, source=None, length=None):
        """ACT-014, ACT-015: equal already, or copied by the MBR, which restarts the device."""
        s = self.settings
        source = s.update_start_address if source is None else source
        length = s.bank_1_size if length is None else length
        new = self.flash.read(source, length)
        if self.flash.read(self.chip.bootloader, length) == new:
            return True
        if length % 4:
            raise Unspecified("ACT-020: a bootloader whose length is no multiple of 4 is copied for ever")
        if new[:RUNNING_PART] != self.flash.read(self.chip.bootloader, RUNNING_PART):
            raise Unspecified("ACT-015: another bootloader runs, and does as it likes")
        self.flash.erase(self.chip.backup)  # SET-024
        self.flash.erase(self.chip.bootloader, length)
        self.flash.program(self.chip.bootloader, new)
        return Restarted

    def _softdevice_bootloader(self):
        """The SoftDevice part, then the bootloader part behind it."""
        if not self._softdevice():
            return False
        s = self.settings
        return self._bootloader(s.update_start_address + s.sd_size, s.bank_1_size - s.sd_size)


class Restarted:
    """The MBR has copied a bootloader and restarted the device (ACT-015)."""
