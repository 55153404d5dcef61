// SPDX-License-Identifier: MIT OR Apache-2.0
// The checks stand in the order in which they decide (VAL-001).
#include "banks.h"
#include "bugs.h"
#include "crypto.h"
#include "validate.h"

// 7.2: in this build every packet has to be signed (VAL-003).
static enum result check_signature(const struct packet *packet)
{
    if (!packet->is_signed) return SIGNATURE_MISSING;
    if (packet->signature.kind != SIGNATURE_ECDSA_P256) return WRONG_SIGNATURE_TYPE;
    if (packet->signature.size != 64) return FAILED;
    if (BUG(SIGNATURE_NOT_CHECKED)) return SUCCESS;
    // Of an InitCommand exactly as it was received; one that was encoded again could differ.
    if (!signature_holds(packet->signed_bytes, packet->signed_size, packet->signature.bytes))
        return INVALID_OBJECT;
    return SUCCESS;
}

static bool names(const struct init *init, uint32_t id)
{
    for (uint32_t at = 0; at < init->sd_req_count; at++)
        if (init->sd_req[at] == id) return true;
    return false;
}

// The table of 7.3 for a build that works without SoftDevice and prevents downgrades.
static bool softdevice_allowed(const struct init *init)
{
    bool empty_or_zero = init->sd_req_count == 0 || init->sd_req[0] == 0;
    if (!softdevice_present()) return empty_or_zero && init->fw_version.given;
    bool named = names(init, REG(MBR_END + SD_INFO_FWID) & 0xFFFF);
    if (init->sd_req_count == 0) return false;
    if (init->sd_req[0] != 0) return named;
    switch (init->type.value) {
    case TYPE_APPLICATION: return init->sd_req_count == 1 || named;
    case TYPE_SOFTDEVICE: return false;
    default: return true;
    }
}

// VAL-009 to VAL-016.
static enum result check_version(const struct init *init)
{
    if (!init->fw_version.given)
        return init->type.value == TYPE_SOFTDEVICE ? SUCCESS : INIT_COMMAND_INVALID;
    uint32_t version = init->fw_version.value;
    // A bootloader has to be newer, an application may be the same.
    bool allowed = init_has_bootloader(init) ? version > settings.bootloader_version : version >= settings.app_version;
    if (BUG(DOWNGRADE_ACCEPTED) && !init_has_bootloader(init)) allowed = true;
    return allowed ? SUCCESS : FW_VERSION_FAILURE;
}

enum result validate_packet(const struct packet *packet)
{
    const struct init *init = &packet->init;
    enum result result = check_signature(packet);
    if (result != SUCCESS) return result;
    // VAL-004: external applications are not supported.
    if (!init->type.given || init->type.value > TYPE_SOFTDEVICE_BOOTLOADER)
        return INIT_COMMAND_INVALID;
    // VAL-005, PKG-016.
    if (!init->has_hash || init->hash.kind != HASH_SHA256) return WRONG_HASH_TYPE;
    // VAL-006. The debug flag of a packet means nothing here (VAL-008).
    if (!init->hw_version.given) return INIT_COMMAND_INVALID;
    if (init->hw_version.value != HW_VERSION) return HW_VERSION_FAILURE;
    if (!softdevice_allowed(init)) return SD_VERSION_FAILURE;
    result = check_version(init);
    if (result != SUCCESS) return result;
    // VAL-018, VAL-019.
    if (init_image_size(init) == 0) return INIT_COMMAND_INVALID;
    if (init_has_bootloader(init) && init->bl_size.value > BOOTLOADER_SIZE) return NO_RESOURCES;
    return SUCCESS;
}
