// SPDX-License-Identifier: MIT OR Apache-2.0
#include "banks.h"
#include "bugs.h"
#include "crypto.h"
#include "memory.h"
#include "validate.h"

#define MAJOR 1000000u

// What a packet says about the received image, as it is stored.
struct accepted {
    struct validation sd, app, bl;
    // The application does not fit the new SoftDevice.
    bool major;
};

static uint32_t crc_of(uint32_t start, uint32_t size)
{
    return crc32(0, (const void *)start, size);
}

bool validation_holds(const struct validation *validation, uint32_t start, uint32_t size, bool skip_crc)
{
    uint8_t digest[32];
    if (validation->kind == VALIDATE_NOTHING) return true;
    // Settings that someone has made up may name anything.
    if (start > FLASH_END || size > FLASH_END - start) return false;
    switch (validation->kind) {
    case VALIDATE_CRC: {
        uint32_t stored;
        memcpy(&stored, validation->bytes, sizeof stored);
        return skip_crc || crc_of(start, size) == stored;
    }
    case VALIDATE_SHA256:
        sha256((const uint8_t *)start, size, digest);
        return memcmp(digest, validation->bytes, sizeof digest) == 0;
    case VALIDATE_ECDSA: return signature_holds((const uint8_t *)start, size, validation->bytes);
    default: return false;
    }
}

// The record of a component, by the packet's entry `number` or by `otherwise` when there is none. CRC and hash are computed
// here, whatever came with them (VAL-026). False when it is unknown (PKG-024) or does not hold now (VAL-025).
static bool accept(const struct init *init, uint32_t number, uint32_t start, uint32_t size, uint8_t otherwise,
                   struct validation *validation)
{
    memset(validation, 0, sizeof *validation);
    validation->kind = otherwise;
    if (number < init->validation_count) {
        validation->kind = init->validations[number].kind;
        if (validation->kind == VALIDATE_ECDSA)
            memcpy(validation->bytes, init->validations[number].bytes, sizeof validation->bytes);
    }
    if (validation->kind == VALIDATE_CRC) {
        uint32_t crc = crc_of(start, size);
        memcpy(validation->bytes, &crc, sizeof crc);
        return true;
    }
    if (validation->kind == VALIDATE_SHA256) {
        sha256((const uint8_t *)start, size, validation->bytes);
        return true;
    }
    return validation_holds(validation, start, size, false);
}

static uint32_t info_word(uint32_t softdevice, uint32_t offset)
{
    uint32_t bytes = REG(softdevice + SD_INFO_SIZE) & 0xFF;
    return bytes > offset - SD_INFO_SIZE ? REG(softdevice + offset) : 0;
}

// Steps 2 to 4 of 7.4 (VAL-023).
static bool softdevice_fits(const struct init *init, uint32_t start, bool *major)
{
    if (REG(start + SD_INFO_MAGIC) != SD_MAGIC) return false;
    if (REG(start + SD_INFO_END) < page_up(init->sd_size.value + MBR_END)) return false;
    *major = true;
    if (!softdevice_present()) return true;
    *major = info_word(MBR_END, SD_INFO_VERSION) / MAJOR != info_word(start, SD_INFO_VERSION) / MAJOR;
    return info_word(MBR_END, SD_INFO_ID) == info_word(start, SD_INFO_ID);
}

// Steps 2 to 8 of 7.4.
static bool accept_parts(const struct init *init, uint32_t start, uint32_t size, struct accepted *accepted)
{
    uint32_t sd_size = init_has_softdevice(init) ? init->sd_size.value : 0;
    if (init->type.value == TYPE_APPLICATION)
        return accept(init, 0, start, size, VALIDATE_CRC, &accepted->app);
    if (init_has_softdevice(init)) {
        if (!softdevice_fits(init, start, &accepted->major)) return false;
        if (!accept(init, 0, start, sd_size, VALIDATE_CRC, &accepted->sd)) return false;
    }
    if (!init_has_bootloader(init)) return true;
    uint32_t number = init_has_softdevice(init) ? 1 : 0;
    return accept(init, number, start + sd_size, init->bl_size.value, VALIDATE_NOTHING, &accepted->bl);
}

// 7.6: an application that names no SoftDevice takes the place of the one that is there.
static void replace_softdevice(const struct init *init)
{
    if ((init->sd_req_count > 0 && init->sd_req[0] != 0) || !softdevice_present()) return;
    settings.bank_0.size += REG(MBR_END + SD_INFO_END) - MBR_END;
    softdevice_forget();
}

// 7.6: what success leaves in the settings. Versions are those of the new image from here on (VAL-036).
static void record(const struct init *init, const struct accepted *accepted)
{
    static const uint8_t codes[] = {BANK_APPLICATION, BANK_SOFTDEVICE, BANK_BOOTLOADER, BANK_SOFTDEVICE_BOOTLOADER};
    settings.bank_1.code = codes[init->type.value];
    if (init->type.value == TYPE_APPLICATION) {
        replace_softdevice(init);
        settings.validation_app = accepted->app;
        settings.bank_0.code = BANK_INVALID;
        settings.app_version = init->fw_version.value;
    }
    if (init_has_softdevice(init)) {
        if (accepted->major) memset(&settings.bank_0, 0, sizeof settings.bank_0);
        settings.validation_sd = accepted->sd;
        settings.sd_size = init->sd_size.value;
    }
    if (init_has_bootloader(init)) {
        settings.validation_bl = accepted->bl;
        settings.bootloader_version = init->fw_version.value;
    }
}

// The digest in a packet begins with its last byte.
static bool hash_equal(const struct init *init, const uint8_t digest[32])
{
    for (int at = 0; at < 32; at++)
        if (init->hash.bytes[at] != digest[31 - at]) return false;
    return true;
}

enum result validate_image(const struct init *init, uint32_t start, uint32_t size)
{
    uint8_t digest[32];
    struct accepted accepted;
    memset(&settings.bank_1, 0, sizeof settings.bank_1);
    // OBJ-032: nothing was received that a packet could be about.
    if (init == NULL || size == 0) return VERIFICATION_FAILED;
    sha256((const uint8_t *)start, size, digest);
    // VAL-021: the first time that the content of flash is compared with anything.
    if (!hash_equal(init, digest) && !BUG(HASH_NOT_CHECKED)) return VERIFICATION_FAILED;
    if (!accept_parts(init, start, size, &accepted)) {
        // 7.6, last row: it was received in its own place, and may not stay there.
        if (init_has_softdevice(init) && start == MBR_END) {
            settings.bank_0.size += REG(start + SD_INFO_END) - MBR_END;
            if (softdevice_present()) softdevice_forget();
        }
        return INVALID_OBJECT;
    }
    record(init, &accepted);
    settings.bank_1.size = size;
    settings.bank_1.crc = crc_of(start, size);
    return SUCCESS;
}
