"""Settings pages as a programmer, an older bootloader or a power cut may have left them (sections 8 and 13.1)."""

import zlib

from . import settings as page
from .flash import PAGE
from .memory import bank_0_start, bank_1_start
from .packages import Maker
from .settings import SIZE, Settings

ERASED = b"\xff" * PAGE


class Pages:
    """Makes pairs of pages from what a device has now."""

    def __init__(self, rng, device):
        self.rng, self.device = rng, device

    def pair(self):
        """Main page and backup page, of one page size each."""
        rng = self.rng
        main, backup = (self._edited() for _ in range(2))
        if rng.random() < 0.4:
            backup = main
        return self._whole(main), self._whole(backup)

    def _whole(self, raw):
        """The page around the record; now and then damaged."""
        rng, data = self.rng, bytearray(raw)
        if rng.random() < 0.15:
            return ERASED
        if rng.random() < 0.15:
            data[rng.choice((0x000, 0x008, 0x05B, 0x25C, 0x260, 0x322, 0x323, 0x100))] ^= 0x40
        if rng.random() < 0.1:
            data[rng.choice((4, 0x5C, 0x100, 0x300)) :] = b""
        return bytes(data) + ERASED[len(data) :]

    def _edited(self):
        """The present record with one or two fields changed, and right checksums."""
        rng, device = self.rng, self.device
        settings = Settings(device.flash.read(device.config.chip.settings, SIZE))
        for _ in range(rng.randrange(4)):
            rng.choice(
                (
                    self._versions,
                    self._bank_0,
                    self._bank_1,
                    self._staged_app,
                    self._command,
                    self._records,
                    self._layout,
                    self._others,
                )
            )(settings)
        if settings.bank_1_code == page.BANK_APP:
            # Nothing says what becomes of a bank 0 that was still valid when the copy turns out wrong (ACT-005), and only
            # whole chunks are ever on record as copied (ACT-002).
            settings.bank_0_code = page.BANK_INVALID
            settings.write_offset = 0
        settings.seal()
        return bytes(settings.raw)

    def _versions(self, settings):
        settings.app_version = self.rng.choice((0, 1, 7, 0xFFFFFFFF))
        settings.bootloader_version = self.rng.choice((0, 1, 5, 0xFFFFFFFE))

    def _bank_0(self, settings):
        rng = self.rng
        settings.bank_0_code = rng.choice((0, 1, 1, 0xA5, 2))
        if rng.random() < 0.5:
            settings.bank_0_size = rng.choice((0, 4, 4096, 8191, 8192, 0x20000))
            settings.bank_0_crc = rng.choice((0, settings.bank_0_crc, self._crc(settings)))

    def _crc(self, settings):
        flash = self.device.flash
        return zlib.crc32(flash.read(bank_0_start(flash), settings.bank_0_size))

    def _bank_1(self, settings):
        """A bank with nothing in it that could be activated."""
        settings.bank_1_code = self.rng.choice((0, 2, 0xB1, 0xFF, page.BANK_SD))
        settings.bank_1_size = self.rng.choice((0, 64, 4096))
        settings.update_start_address = bank_1_start(self.device.flash, settings)

    def _staged_app(self, settings):
        """An application that waits for its activation, wherever that stands (ACT-002 to ACT-005, PWR-011)."""
        rng, flash = self.rng, self.device.flash
        start = rng.choice((bank_1_start(flash, settings), bank_0_start(flash)))
        settings.bank_1_code = page.BANK_APP
        settings.bank_1_size = rng.choice((4, 100, 4096, 8192, 9001, 0x9004))
        settings.bank_1_crc = rng.choice((0, zlib.crc32(flash.read(start, settings.bank_1_size))))
        settings.update_start_address = start

    def _command(self, settings):
        """A stored init packet, as it would never have been accepted (OBJ-036)."""
        packet = Maker(self.rng, self.device).package(faults=self.rng.choice((0, 1))).packet[:512]
        settings.reset_progress()
        settings.raw[page.COMMAND.start : page.COMMAND.start + len(packet)] = packet
        settings.cmd_size = len(packet)
        settings.cmd_off = len(packet) if self.rng.random() < 0.8 else len(packet) // 2
        settings.cmd_crc = zlib.crc32(packet)

    def _records(self, settings):
        """Boot validation records, right and wrong (VAL-027 to VAL-030)."""
        rng, flash = self.rng, self.device.flash
        image = flash.read(bank_0_start(flash), settings.bank_0_size)
        crc = zlib.crc32(image).to_bytes(4, "little")
        kind, data = rng.choice(((0, b""), (1, crc), (1, bytes(4)), (2, bytes(32)), (3, bytes(64)), (4, b"")))
        settings.set_validation(rng.choice((0, 1, 1, 2)), kind, data)

    def _layout(self, settings):
        """Another version of the settings (SET-008 to SET-010)."""
        settings.version = self.rng.choice((0, 1, 1, 2, 3, 9))
        if settings.version == 1:
            settings.raw[0x15C:0x1B8] = self.rng.randbytes(0x5C)

    def _others(self, settings):
        """Words and records that the bootloader only carries along."""
        settings.raw[0x323:0x380] = self.rng.randbytes(0x5D)
        settings.raw[0x058:0x05C] = self.rng.choice((bytes(4), b"\1\0\0\0"))
