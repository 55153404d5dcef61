// SPDX-License-Identifier: MIT OR Apache-2.0
// The control point (section 1), and receipts (section 3).
#include "banks.h"
#include "dfu.h"
#include "memory.h"
#include "serial.h"

enum opcode {
    PROTOCOL_VERSION = 0, CREATE = 1, SET_RECEIPTS = 2, GET_CRC = 3, EXECUTE = 4, SELECT = 6, GET_MTU = 7,
    WRITE = 8, PING = 9, HARDWARE_VERSION = 0x0A, FIRMWARE_VERSION = 0x0B, ABORT = 0x0C, RESPONSE = 0x60,
};

enum { IMAGE_SOFTDEVICE, IMAGE_APPLICATION, IMAGE_BOOTLOADER, IMAGE_NONE = 0xFF };

#define ANSWER_MAX 23u

struct answer {
    uint8_t bytes[ANSWER_MAX];
    size_t size;
};

// Every how many Writes a receipt is due, and in how many the next one is.
static uint16_t receipt_interval, receipt_countdown;

static void put(struct answer *answer, uint32_t value, size_t size)
{
    for (; size > 0; size--, value >>= 8) answer->bytes[answer->size++] = (uint8_t)value;
}

// CP-001 to CP-003; a payload may follow.
static struct answer begin(uint8_t opcode, enum result result)
{
    struct answer answer = {.bytes = {RESPONSE, opcode}, .size = 2};
    put(&answer, result, (result & 0xFF) == EXTENDED ? 2 : 1);
    return answer;
}

static void send(const struct answer *answer)
{
    serial_send(answer->bytes, answer->size);
}

static void send_result(uint8_t opcode, enum result result)
{
    struct answer answer = begin(opcode, result);
    send(&answer);
}

static void put_progress(struct answer *answer)
{
    put(answer, object_offset(), 4);
    put(answer, object_crc(), 4);
}

static void get_crc(enum result result)
{
    struct answer answer = begin(GET_CRC, result);
    if (result == SUCCESS) put_progress(&answer);
    send(&answer);
}

// CP-014 to CP-017: nothing is opened, closed or rewound.
static void select_object(uint32_t kind)
{
    enum result result = object_select(kind);
    struct answer answer = begin(SELECT, result);
    if (result == SUCCESS) {
        put(&answer, kind == OBJECT_COMMAND ? COMMAND_MAX : DATA_MAX, 4);
        put_progress(&answer);
    }
    send(&answer);
}

// PRN-001 to PRN-010: every Write counts, also a refused one, and without an interval not even a refusal is told.
static void write(const uint8_t *bytes, size_t size)
{
    enum result result = object_write(bytes, size);
    if (receipt_interval == 0 || --receipt_countdown != 0) return;
    receipt_countdown = receipt_interval;
    get_crc(result);
}

// CP-008: flash before RAM.
static void hardware_version(void)
{
    struct answer answer = begin(HARDWARE_VERSION, SUCCESS);
    put(&answer, FICR_PART, 4);
    put(&answer, FICR_VARIANT, 4);
    put(&answer, FICR_FLASH * 1024, 4);
    put(&answer, FICR_RAM * 1024, 4);
    put(&answer, FICR_CODEPAGESIZE, 4);
    send(&answer);
}

static void image(struct answer *answer, uint8_t kind, uint32_t version, uint32_t address, uint32_t size)
{
    put(answer, kind, 1);
    put(answer, version, 4);
    put(answer, address, 4);
    put(answer, size, 4);
}

// CP-009 to CP-012: bootloader, SoftDevice and application, those that are there.
static void firmware_version(uint32_t number)
{
    struct answer answer = begin(FIRMWARE_VERSION, SUCCESS);
    bool softdevice = softdevice_present();
    if (number == 0) {
        image(&answer, IMAGE_BOOTLOADER, settings.bootloader_version, BOOTLOADER_START, BOOTLOADER_SIZE);
    } else if (number == 1 && softdevice) {
        bool has_version = (REG(MBR_END + SD_INFO_SIZE) & 0xFF) > SD_INFO_VERSION - SD_INFO_SIZE;
        uint32_t version = has_version ? REG(MBR_END + SD_INFO_VERSION) : 0;
        image(&answer, IMAGE_SOFTDEVICE, version, MBR_END, REG(MBR_END + SD_INFO_END));
    } else if (number == (softdevice ? 2 : 1) && settings.bank_0.code == BANK_APPLICATION) {
        image(&answer, IMAGE_APPLICATION, settings.app_version, bank_0_start(), settings.bank_0.size);
    } else {
        image(&answer, IMAGE_NONE, 0, 0, 0);
    }
    send(&answer);
}

// The answer first, then flash, then the reset: the host sees success before the commit (OBJ-030, SER-018, PWR-009).
static void execute(void)
{
    send_result(EXECUTE, object_execute());
    if (!session.ended) return;
    settings_commit();
    dfu_leave();
}

static void answer_with(uint8_t opcode, uint32_t value, size_t size)
{
    struct answer answer = begin(opcode, SUCCESS);
    put(&answer, value, size);
    send(&answer);
}

// Little-endian; bytes that were not sent read as zero (FLT-001), and further ones are ignored (CP-028).
static uint32_t field(const uint8_t *bytes, size_t size, size_t at, size_t count)
{
    uint32_t value = 0;
    for (size_t byte = 0; byte < count && at + byte < size; byte++)
        value |= (uint32_t)bytes[at + byte] << (8 * byte);
    return value;
}

void dfu_request(const uint8_t *bytes, size_t size)
{
    uint8_t opcode = bytes[0];
    switch (opcode) {
    case PROTOCOL_VERSION: answer_with(opcode, 1, 1); break;
    case CREATE:
        // PRN-003: also when it is refused.
        receipt_countdown = receipt_interval;
        send_result(opcode, object_create(field(bytes, size, 1, 1), field(bytes, size, 2, 4)));
        break;
    case SET_RECEIPTS:
        receipt_interval = receipt_countdown = (uint16_t)field(bytes, size, 1, 2);
        send_result(opcode, SUCCESS);
        break;
    case GET_CRC: get_crc(session.selected == OBJECT_NONE ? INVALID_OBJECT : SUCCESS); break;
    case EXECUTE: execute(); break;
    case SELECT: select_object(field(bytes, size, 1, 1)); break;
    case GET_MTU: answer_with(opcode, SERIAL_MTU, 2); break;
    case WRITE: write(bytes + 1, size - 1); break;
    case PING: answer_with(opcode, field(bytes, size, 1, 1), 1); break;
    case HARDWARE_VERSION: hardware_version(); break;
    case FIRMWARE_VERSION: firmware_version(field(bytes, size, 1, 1)); break;
    case ABORT:
        // CP-024: not answered.
        dfu_leave();
    default:
        // CP-006, FLT-023.
        send_result(opcode, NOT_SUPPORTED);
    }
}
