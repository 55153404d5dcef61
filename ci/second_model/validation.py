"""What is checked when the init packet is executed, when the image is complete, and at boot (section 7)."""

import hashlib
import zlib

from . import memory, p256, settings as page
from .flash import page_up
from .init_packet import APPLICATION, BOOTLOADER, EXTERNAL, SHA256, SOFTDEVICE, SOFTDEVICE_BOOTLOADER
from .results import (
    FW_VERSION_TOO_LOW,
    HASH_MISMATCH,
    HW_VERSION_MISMATCH,
    INIT_COMMAND_INVALID,
    INSUFFICIENT_RESOURCES,
    INVALID_OBJECT,
    OPERATION_FAILED,
    SD_REQUIREMENT_NOT_MET,
    SIGNATURE_MISSING,
    WRONG_HASH_TYPE,
    WRONG_SIGNATURE_TYPE,
    Refused,
    Unspecified,
    extended,
)

NO_VALIDATION, CRC, SHA, ECDSA = range(4)
SD_RECORD, APP_RECORD, BL_RECORD = range(3)
MAJOR = 1_000_000
NAMES_SD = (SOFTDEVICE, SOFTDEVICE_BOOTLOADER)
NAMES_BL = (BOOTLOADER, SOFTDEVICE_BOOTLOADER)


def prevalidate(packet, flash, settings, config):
    """Steps 4 to 10 of 7.1, in this order (VAL-001)."""
    _check_signature(packet, config)
    init = packet.init
    known = init.type is not None and init.type <= (EXTERNAL if config.external_app else SOFTDEVICE_BOOTLOADER)
    if not known:
        raise extended(INIT_COMMAND_INVALID)  # VAL-004, PKG-020
    if init.hash_type != SHA256:
        raise extended(WRONG_HASH_TYPE)  # VAL-005, PKG-016
    if init.hw_version is None:
        raise extended(INIT_COMMAND_INVALID)  # VAL-006
    if init.hw_version != config.hw_version:
        raise extended(HW_VERSION_MISMATCH)  # VAL-006
    if not _sd_req_met(init, memory.SdInfo(flash), config):
        raise extended(SD_REQUIREMENT_NOT_MET)  # VAL-017
    _check_version(init, settings, config)


def _check_signature(packet, config):
    """7.2; a signature that is not required is not looked at."""
    free = (APPLICATION,) if config.ble else (APPLICATION, SOFTDEVICE)
    always = packet.init.type not in free
    if not (always or config.require_signed_app):
        return
    if packet.signature is None:
        raise extended(SIGNATURE_MISSING)  # VAL-003, PKG-002
    if packet.signature_type != 0:
        raise extended(WRONG_SIGNATURE_TYPE)  # PKG-012
    if len(packet.signature) != 64:
        raise Refused(OPERATION_FAILED)  # PKG-011
    if not p256.verify(config.public_key, packet.signed_bytes, packet.signature):
        raise Refused(INVALID_OBJECT)  # PKG-013


def _sd_req_met(init, sd, config):
    """The table of 7.3."""
    required, external = init.sd_req, init.type == EXTERNAL
    protected = _is_protected(init, config)
    zero_first = bool(required) and required[0] == 0
    if not sd.present:
        if required and not zero_first:
            return external and 0xFFFE in required
        return not protected or init.fw_version is not None
    if not required:
        return False
    if not zero_first:
        return sd.fwid in required or (external and 0xFFFE in required)
    if init.type == APPLICATION:
        return len(required) == 1 or not protected or (sd.fwid in required and not config.ble)
    if init.type == SOFTDEVICE:
        return not protected
    return not external


def _is_protected(init, config):
    """Downgrade protection of 7.3: always on for the SoftDevice of a build that needs one."""
    return config.downgrade_prevention or (config.ble and init.type == SOFTDEVICE)


def _check_version(init, settings, config):
    """The firmware version rule of 7.1 step 10."""
    version = init.fw_version
    if init.type in (APPLICATION, SOFTDEVICE):
        if not _is_protected(init, config):
            return  # VAL-039
        if version is None:
            if init.type == SOFTDEVICE:
                return  # VAL-013
            raise extended(INIT_COMMAND_INVALID)  # VAL-012
        too_low = version < settings.app_version  # VAL-009, VAL-011
        if version == settings.app_version and not config.accept_same_version:
            too_low = True  # VAL-010
    else:
        if version is None:
            raise extended(INIT_COMMAND_INVALID)  # VAL-016
        too_low = version <= settings.bootloader_version  # VAL-015
    if too_low:
        raise extended(FW_VERSION_TOO_LOW)


def image_size(init, config):
    """The length of the whole image (7.5)."""
    if init.type in (APPLICATION, EXTERNAL):
        size = init.app_size or 0
    else:
        size = (init.sd_size or 0) if init.type in NAMES_SD else 0
        size += (init.bl_size or 0) if init.type in NAMES_BL else 0
        size &= 0xFFFFFFFF
    too_large = init.type in NAMES_BL and (init.bl_size or 0) > config.bootloader_size
    if size == 0:
        if too_large:
            raise Unspecified("7.1 step 11 and 7.5 differ for sizes whose sum wraps to zero")
        raise extended(INIT_COMMAND_INVALID)  # VAL-018
    if too_large:
        raise Refused(INSUFFICIENT_RESOURCES)  # VAL-019
    return size


def _record(init, index, default, flash, start, length, config):
    """A boot validation record computed and verified now (7.4 steps 6 to 8)."""
    if index < len(init.boot_validation):
        kind, data = init.boot_validation[index]
    else:
        kind, data = default, b""
    image = flash.read(start, length)
    if kind == NO_VALIDATION:
        return kind, b""
    if kind == CRC:
        return kind, zlib.crc32(image).to_bytes(4, "little")  # VAL-026
    if kind == SHA:
        return kind, hashlib.sha256(image).digest()  # VAL-026
    if kind == ECDSA and p256.verify(config.public_key, image, data):
        return kind, data
    raise Refused(INVALID_OBJECT)  # VAL-025, PKG-024


def postvalidate(init, start, size, flash, settings, config):
    """7.4 and 7.6: checks the complete image and enters it into the settings, for the next boot to activate."""
    received_crc = settings.fw_crc
    in_place = False
    try:
        _check_hash(init, start, size, flash)
        in_place = init.type in NAMES_SD and start == memory.SD_START and not config.ble
        _enter(init, start, flash, settings, config)
    except Refused:
        settings.clear_bank_1()
        if in_place:
            _give_up_sd(flash, settings)
        raise
    else:
        settings.bank_1_crc = received_crc
        settings.bank_1_size = size
    finally:
        settings.reset_progress()
        settings.update_start_address = start


def _check_hash(init, start, size, flash):
    """Step 1 of 7.4; a hash that is too short has zeros behind it (PKG-015). Without any init, OBJ-032."""
    expected = init.hash.ljust(32, b"\0") if init is not None and size else b""
    if hashlib.sha256(flash.read(start, size)).digest()[::-1] != expected:
        raise extended(HASH_MISMATCH)  # VAL-021


def _give_up_sd(flash, settings):
    """The last row of 7.6: what was received at 0x1000 must not count as a SoftDevice.

    "If now present" is read as belonging to the magic word alone: bank 0 grows in any case.
    """
    sd = memory.SdInfo(flash)
    if sd.present:
        memory.drop_sd(flash)
    settings.bank_0_size += sd.size - memory.SD_START


def _enter(init, start, flash, settings, config):
    """Steps 2 to 8 of 7.4 and the effects of 7.6 for one type."""
    if init.type == APPLICATION:
        _enter_app(init, start, flash, settings, config)
    elif init.type == EXTERNAL:
        settings.bank_1_code = page.BANK_EXTERNAL
    else:
        records = []
        major = False
        sd_size = 0
        if init.type in NAMES_SD:
            sd_size = init.sd_size or 0
            major = _check_sd(init, start, flash)
            if major and init.type == SOFTDEVICE and config.ble:
                raise Refused(INVALID_OBJECT)  # VAL-024
            records.append((SD_RECORD, _record(init, 0, CRC, flash, start, sd_size, config)))
        if init.type in NAMES_BL:
            index = len(records)
            length = init.bl_size or 0
            record = _record(init, index, NO_VALIDATION, flash, start + sd_size, length, config)
            records.append((BL_RECORD, record))
        if major:
            settings.clear_bank_0()
        for place, (kind, data) in records:
            settings.set_validation(place, kind, data)
        if init.type in NAMES_SD:
            settings.sd_size = sd_size
        if init.type in NAMES_BL:
            settings.bootloader_version = init.fw_version
        codes = {SOFTDEVICE: page.BANK_SD, BOOTLOADER: page.BANK_BL, SOFTDEVICE_BOOTLOADER: page.BANK_SD_BL}
        settings.bank_1_code = codes[init.type]


def _check_sd(init, start, flash):
    """Steps 2 to 4 of 7.4; says whether the update is a major one (step 5)."""
    new, present = memory.SdInfo(flash, start), memory.SdInfo(flash)
    if not new.present:
        raise Refused(INVALID_OBJECT)
    if new.size < page_up((init.sd_size or 0) + memory.SD_START):
        raise Refused(INVALID_OBJECT)
    if present.present and new.id != present.id:
        raise Refused(INVALID_OBJECT)
    return not present.present or new.version // MAJOR != present.version // MAJOR


def _enter_app(init, start, flash, settings, config):
    """The application row of 7.6."""
    kind, data = _record(init, 0, CRC, flash, start, init.app_size, config)
    if config.app_signature_check and kind != ECDSA:
        raise Refused(INVALID_OBJECT)  # 7.4 step 8
    settings.set_validation(APP_RECORD, kind, data)
    settings.bank_1_code = page.BANK_APP
    settings.bank_0_code = page.BANK_INVALID
    settings.app_version = init.fw_version or 0
    sd = memory.SdInfo(flash)
    if sd.present and not config.ble and (not init.sd_req or init.sd_req[0] == 0):
        memory.drop_sd(flash)
        settings.bank_0_size += sd.size - memory.SD_START


def holds(settings, record, flash, start, length, config):
    """Does a stored record still verify (VAL-028 to VAL-030)?"""
    kind, data = settings.validation(record)
    image = flash.read(start, length)
    if kind == NO_VALIDATION:
        return True
    if kind == CRC:
        return zlib.crc32(image).to_bytes(4, "little") == data[:4]
    if kind == SHA:
        return hashlib.sha256(image).digest() == data[:32]
    return kind == ECDSA and p256.verify(config.public_key, image, data)


def app_is_valid(settings, flash, config):
    """The order of VAL-038: bank code, SoftDevice, application."""
    if settings.bank_0_code != page.BANK_APP:
        return False  # VAL-027
    sd_start, sd_size = memory.SD_START, settings.sd_size
    if memory.SdInfo(flash).present and not holds(settings, SD_RECORD, flash, sd_start, sd_size, config):
        return False  # VAL-028
    return holds(settings, APP_RECORD, flash, memory.bank_0_start(flash), settings.bank_0_size, config)
