// SPDX-License-Identifier: MIT OR Apache-2.0
// Checks stand in the order in which they decide.
#include "dfu.h"
#include "../common/nvmc.h"
#include "banks.h"
#include "bugs.h"
#include "crypto.h"
#include "memory.h"
#include "timers.h"

static struct progress *const progress = &settings.progress;

// Step 12 of 7.1: the image gets a place (MEM-011), and the packet is in force.
static bool take_place(void)
{
    session.fw_address = 0;
    session.fw_size = init_image_size(&session.packet.init);
    session.init_ok = bank_take(&session.packet.init, session.fw_size, &session.fw_address);
    return session.init_ok;
}

void objects_restore(void)
{
    uint32_t size = progress->cmd_size;
    session.selected = OBJECT_COMMAND;
    if (size == 0 || size > COMMAND_MAX || size != progress->cmd_offset) return;
    if (!packet_read(settings.init_command, size, &session.packet)) return;
    session.has_packet = true;
    // What fitted when it was accepted and no longer does is an error (ACT-028).
    if (!take_place()) chip_reset();
}

enum result object_select(uint32_t kind)
{
    // CP-017: from now on there is no object to work on.
    session.selected = kind == OBJECT_COMMAND || kind == OBJECT_DATA ? kind : OBJECT_NONE;
    return session.selected == OBJECT_NONE ? INVALID_OBJECT : SUCCESS;
}

// OBJ-001 to OBJ-003. Data that was under way ends here (FLT-005). All in RAM (OBJ-004).
static enum result create_command(uint32_t size)
{
    timers_restart(INACTIVITY_MS);
    if (size == 0) return INVALID_PARAMETER;
    if (size > COMMAND_MAX) return NO_RESOURCES;
    session.init_ok = false;
    settings_reset_progress();
    progress->cmd_size = size;
    return SUCCESS;
}

// OBJ-015 to OBJ-023.
static enum result create_data(uint32_t size)
{
    uint32_t executed = progress->fw_offset_last;
    if (!session.init_ok) return NOT_PERMITTED;
    if (size == 0 || (size % PAGE_SIZE != 0 && executed + size != session.fw_size))
        return INVALID_PARAMETER;
    if (size > DATA_MAX) return NO_RESOURCES;
    if (executed > session.fw_size || size > session.fw_size - executed) return NOT_PERMITTED;
    // Bytes that were not executed are gone: this is how a host repeats an object (OBJ-023).
    progress->obj_size = size;
    progress->fw_offset = executed;
    if (!BUG(CRC_KEPT_BY_CREATE)) progress->fw_crc = progress->fw_crc_last;
    settings.write_offset = executed;
    feed();
    nvmc_erase(session.fw_address + executed);
    feed();
    return SUCCESS;
}

enum result object_create(uint32_t kind, uint32_t size)
{
    if (object_select(kind) != SUCCESS) return INVALID_OBJECT;
    return kind == OBJECT_COMMAND ? create_command(size) : create_data(size);
}

// OBJ-005, OBJ-006, OBJ-014.
static enum result write_command(const uint8_t *bytes, size_t size)
{
    uint32_t offset = progress->cmd_offset;
    // Settings that someone has made up may name a size that there is no room for.
    uint32_t end = progress->cmd_size < COMMAND_MAX ? progress->cmd_size : COMMAND_MAX;
    if (offset > end || size > end - offset) return INVALID_PARAMETER;
    memcpy(settings.init_command + offset, bytes, size);
    progress->cmd_offset = offset + size;
    progress->cmd_crc = crc32(progress->cmd_crc, bytes, size);
    return SUCCESS;
}

// Programs bytes at any address of an erased page: what a word does not get this time is left FF.
static void program(uint32_t address, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        uint32_t word = ERASED, skipped = address % 4;
        uint32_t count = size < 4 - skipped ? size : 4 - skipped;
        memcpy((uint8_t *)&word + skipped, bytes, count);
        nvmc_word(address - skipped, word);
        address += count;
        bytes += count;
        size -= count;
    }
}

// OBJ-024 to OBJ-026. One byte too many, and nothing of the write is stored (FLT-008).
static enum result write_data(const uint8_t *bytes, size_t size)
{
    uint32_t written = progress->fw_offset - progress->fw_offset_last;
    if (!session.init_ok) return NOT_PERMITTED;
    if (written > progress->obj_size || size > progress->obj_size - written + (BUG(ONE_BYTE_TOO_MANY) ? 1 : 0))
        return INVALID_PARAMETER;
    program(session.fw_address + settings.write_offset, bytes, size);
    settings.write_offset += size;
    progress->fw_offset += size;
    // Of what arrived; flash is compared at the very end (OBJ-034).
    progress->fw_crc = crc32(progress->fw_crc, bytes, size);
    return SUCCESS;
}

enum result object_write(const uint8_t *bytes, size_t size)
{
    switch (session.selected) {
    case OBJECT_COMMAND: return write_command(bytes, size);
    case OBJECT_DATA: return write_data(bytes, size);
    default: return INVALID_OBJECT;
    }
}

// OBJ-007 to OBJ-013. A packet that is in force is not checked again.
static enum result execute_command(void)
{
    uint32_t size = progress->cmd_offset;
    if (size != progress->cmd_size) return NOT_PERMITTED;
    if (!session.init_ok) {
        // OBJ-009: the bytes stay readable.
        if (size > COMMAND_MAX || !packet_read(settings.init_command, size, &session.packet))
            return INVALID_OBJECT;
        session.has_packet = true;
        enum result result = validate_packet(&session.packet);
        if (BUG(VERSION_RAISED_EARLY) && result == SUCCESS)
            settings.app_version = session.packet.init.fw_version.value;
        if (result != SUCCESS) {
            // OBJ-010.
            session.fw_address = session.fw_size = 0;
            settings_reset_progress();
            return result;
        }
    }
    if (!take_place()) {
        settings_reset_progress();
        return NO_RESOURCES;
    }
    // OBJ-011, SET-014. A cut before the backup is reached leaves the state before this Execute (PWR-003).
    settings_commit();
    return SUCCESS;
}

// OBJ-028 to OBJ-032.
static enum result execute_data(void)
{
    if (progress->fw_offset - progress->fw_offset_last != progress->obj_size) return NOT_PERMITTED;
    progress->obj_size = 0;
    progress->fw_offset_last = progress->fw_offset;
    progress->fw_crc_last = progress->fw_crc;
    timers_restart(INACTIVITY_MS);
    if (progress->fw_offset != session.fw_size) return SUCCESS;
    enum result result =
        validate_image(session.has_packet ? &session.packet.init : NULL, session.fw_address, session.fw_size);
    // SET-015: whatever the result, the progress is empty but for the address.
    settings_reset_progress();
    progress->fw_crc = session.fw_address;
    session.ended = true;
    return result;
}

enum result object_execute(void)
{
    switch (session.selected) {
    case OBJECT_COMMAND: return execute_command();
    case OBJECT_DATA: return execute_data();
    default: return INVALID_OBJECT;
    }
}

uint32_t object_offset(void)
{
    return session.selected == OBJECT_COMMAND ? progress->cmd_offset : progress->fw_offset;
}

uint32_t object_crc(void)
{
    return session.selected == OBJECT_COMMAND ? progress->cmd_crc : progress->fw_crc;
}
