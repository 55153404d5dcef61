"""The memory map and the place of an image in it (section 9)."""

from .flash import page_up
from .results import INSUFFICIENT_RESOURCES, Refused
from . import init_packet

SD_START = 0x1000
SD_MAGIC = 0x51B1E5DB
INFO = 0x2000
"""Where the information structure lies within a SoftDevice image (9.3)."""


class SdInfo:
    """The information structure of a SoftDevice image that starts at `base` (9.3)."""

    def __init__(self, flash, base=SD_START):
        info = base + INFO
        self.magic_address = info + 4
        self.struct_size = flash.read(info, 1)[0]
        self.present = flash.word(info + 4) == SD_MAGIC
        self.size = flash.word(info + 8)
        self.fwid = flash.word(info + 0x0C) & 0xFFFF
        self.id = flash.word(info + 0x10)
        self.version = flash.word(info + 0x14) if self.struct_size > 0x14 else 0


def drop_sd(flash):
    """Programs the magic word of the SoftDevice to zero: from now on there is none (MEM-001)."""
    flash.program(SdInfo(flash).magic_address, bytes(4))


def bank_0_start(flash):
    """MEM-002."""
    sd = SdInfo(flash)
    return page_up(sd.size) if sd.present else SD_START


def bank_1_start(flash, settings):
    """Behind the image in bank 0, whatever its code (MEM-003)."""
    return page_up(bank_0_start(flash) + settings.bank_0_size)


def place(init, size, flash, settings, config):
    """Where an image of `size` bytes goes, made room for (MEM-012); refused with 04 when nothing fits (MEM-013)."""

    def fits(start):
        # Where bank 1 starts above the end, the difference wraps and everything seems to fit.
        return size <= (config.image_end - start) & 0xFFFFFFFF

    single = config.single_bank and init.type in (init_packet.APPLICATION, init_packet.SOFTDEVICE)
    keep_app = config.force_dual_bank and settings.bank_0_code == 0x01
    keep_sd = config.ble or (bool(init.sd_req) and init.sd_req[0] != 0)

    start, level = bank_1_start(flash, settings), 0
    if not ((fits(start) and not single) or keep_app):
        start, level = bank_0_start(flash), 1
        if not ((fits(start) and not single) or keep_sd or not SdInfo(flash).present):
            start, level = SD_START, 2
    if not fits(start):
        raise Refused(INSUFFICIENT_RESOURCES)
    if level >= 1:
        settings.clear_bank_0()
        settings.write_offset = 0
    if level == 2:
        drop_sd(flash)
    return start
