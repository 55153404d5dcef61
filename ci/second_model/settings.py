"""The settings page and its backup (section 8), in the layout of builds without BLE."""

import zlib

from .flash import PAGE

SIZE = 896
COMMAND = slice(0x05C, 0x25C)
PROGRESS = slice(0x038, 0x058)
VALIDATION = slice(0x260, 0x323)
BANK_0 = slice(0x018, 0x024)
BANK_1 = slice(0x024, 0x030)
COMMAND_LIMIT = 512

BANK_INVALID, BANK_APP, BANK_SD, BANK_BL, BANK_SD_BL, BANK_EXTERNAL = 0x00, 0x01, 0xA5, 0xAA, 0xAC, 0xB1
ERASED_WORD = 0xFFFFFFFF


class Word:
    """One little-endian u32 of the record, as an attribute."""

    def __init__(self, offset):
        self.offset = offset

    def __get__(self, settings, owner):
        return int.from_bytes(settings.raw[self.offset : self.offset + 4], "little")

    def __set__(self, settings, value):
        settings.raw[self.offset : self.offset + 4] = (value & 0xFFFFFFFF).to_bytes(4, "little")


class Settings:
    """The working copy `S`: the 896 bytes that are written and compared as a whole (section 8.1)."""

    crc = Word(0x000)
    version = Word(0x004)
    app_version = Word(0x008)
    bootloader_version = Word(0x00C)
    bank_0_size = Word(0x018)
    bank_0_crc = Word(0x01C)
    bank_0_code = Word(0x020)
    bank_1_size = Word(0x024)
    bank_1_crc = Word(0x028)
    bank_1_code = Word(0x02C)
    write_offset = Word(0x030)
    sd_size = Word(0x034)
    cmd_size = Word(0x038)
    cmd_off = Word(0x03C)
    cmd_crc = Word(0x040)
    obj_size = Word(0x044)
    fw_crc = Word(0x048)
    update_start_address = Word(0x048)
    """The same word as `fw_crc` (section 0.3)."""
    fw_crc_last = Word(0x04C)
    fw_off = Word(0x050)
    fw_off_last = Word(0x054)
    validation_crc = Word(0x25C)

    def __init__(self, raw):
        self.raw = bytearray(raw)

    def command(self):
        """The bytes of the init packet that have been received."""
        return bytes(self.raw[COMMAND][: self.cmd_off])

    def reset_progress(self):
        """Forgets command and data: `progress` and `write_offset` zero, `init_command` FF (OBJ-003, OBJ-010)."""
        self.raw[PROGRESS] = bytes(32)
        self.raw[COMMAND] = b"\xff" * COMMAND_LIMIT
        self.write_offset = 0

    def clear_bank_0(self):
        """All zero: no application (MEM-015)."""
        self.raw[BANK_0] = bytes(12)

    def clear_bank_1(self):
        """All zero: nothing to activate."""
        self.raw[BANK_1] = bytes(12)

    def set_validation(self, record, kind, data):
        """Stores a boot validation record: 0 SoftDevice, 1 application, 2 bootloader."""
        start = 0x260 + 65 * record
        self.raw[start : start + 65] = bytes([kind]) + data.ljust(64, b"\0")

    def validation(self, record):
        """Type and bytes of a boot validation record."""
        start = 0x260 + 65 * record
        return self.raw[start], bytes(self.raw[start + 1 : start + 65])

    def seal(self):
        """Recomputes both checksums."""
        self.crc = zlib.crc32(self.raw[0x004:0x05C])
        self.validation_crc = zlib.crc32(self.raw[VALIDATION])

    def is_sound(self):
        """Is the first checksum there, and right?"""
        return self.crc != ERASED_WORD and self.crc == zlib.crc32(self.raw[0x004:0x05C])

    def is_sound_as_backup(self):
        """As `is_sound`; from version 2 on with the second checksum (SET-007)."""
        return self.is_sound() and (self.version == 1 or self.validation_crc == zlib.crc32(self.raw[VALIDATION]))


def load(flash, config):
    """What the bootloader works with after a reset (section 8.2), checksums recomputed (SET-001)."""
    chip = config.chip
    main = Settings(flash.read(chip.settings, SIZE))
    backup = Settings(flash.read(chip.backup, SIZE))
    if main.is_sound() and backup.is_sound_as_backup():
        settings = Settings(main.raw)
        settings.raw[0x004:0x058] = backup.raw[0x004:0x058]
        end = records_start(config)
        settings.raw[0x05C:end] = backup.raw[0x05C:end]
    elif main.is_sound():
        settings = main
    elif backup.is_sound_as_backup():
        settings = backup
    else:
        # SET-002: virgin pages.
        settings = Settings(bytes(SIZE))
        settings.version = 2
    if settings.version == 1:
        _to_version_2(settings, config)
    settings.seal()
    return settings


def records_start(config):
    """Where peer data begins, with the name behind it: BLE builds align it (section 8.1)."""
    return 0x324 if config.ble else 0x323


def _to_version_2(settings, config):
    """Moves what version 1 has elsewhere, and gives the application its CRC as validation (SET-008)."""
    peer_and_name = bytes(settings.raw[0x15C:0x1B8])
    start = records_start(config)
    settings.raw[start : start + len(peer_and_name)] = peer_and_name
    settings.raw[0x260], settings.raw[0x2A1], settings.raw[0x2E2] = 0, 1, 0
    settings.raw[0x2A2:0x2A6] = settings.bank_0_crc.to_bytes(4, "little")
    settings.version = 2


def forget_records(settings, flash, chip):
    """A BLE build erases peer data and name before it starts an application (SET-021)."""
    if all(settings.raw[at : at + 4] == b"\xff" * 4 for at in (0x324, 0x364)):
        return
    flash.erase(chip.settings, PAGE)
    flash.program(chip.settings, settings.raw[:0x324])


def write_and_backup(settings, flash, chip):
    """Main page, then backup page, each only where it differs (SET-005, SET-006)."""
    settings.seal()
    for page in (chip.settings, chip.backup):
        if flash.read(page, SIZE) != bytes(settings.raw):
            flash.erase(page, PAGE)
            flash.program(page, settings.raw)


def sync_backup(flash, chip):
    """Main page copied to the backup page if they differ, before a reset (SET-019)."""
    main = flash.read(chip.settings, SIZE)
    if flash.read(chip.backup, SIZE) != main:
        flash.erase(chip.backup, PAGE)
        flash.program(chip.backup, main)
