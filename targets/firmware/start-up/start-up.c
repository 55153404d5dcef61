// SPDX-License-Identifier: MIT OR Apache-2.0
// What stands where a vendor's master boot record stands: starts the bootloader, forwards exceptions to it, and replaces
// it when asked to. Written from the public interface alone.
//
// It has no RAM of its own but the stack, so that whatever was in RAM before a reset is still there.
#include "../common/chip.h"
#include "../common/nvmc.h"
#include "../common/watchdog.h"
#include "record.h"

// The first program behind this page: a SoftDevice, or an application when there is none.
#define FIRST_PROGRAM 0x1000u
// Words at the end of this page, in front of the words of UICR.
#define OWN_BOOTLOADER 0xFF8u
#define OWN_PARAMS 0xFFCu
#define RELOAD_REGISTERS 8u

enum { OK = 0, INTERNAL = 3, NO_PARAMS = 4, UNKNOWN = 7, LENGTH = 9, NOT_EQUAL = 14, FORBIDDEN = 15, ADDRESS = 16 };
enum { COPY_BL = 0, COPY_SD = 1, INIT_SD = 2, COMPARE = 3, TABLE_SET = 4, FORWARD_SET = 6 };

// A whole page of flash that isn't ours.
static bool is_page(uint32_t address)
{
    return address % PAGE_SIZE == 0 && address >= FIRST_PROGRAM && address < flash_end();
}

// Whether what stands there begins like a vector table: a stack in RAM, and an entry that is Thumb code. A word that a
// power cut has torn names something else, most likely.
static bool starts_there(uint32_t table)
{
    return is_page(table) && REG(table) >> 20 == 0x200 && (REG(table + 4) & 1) && REG(table + 4) < flash_end();
}

// Where the page's own word says, or UICR when that word is erased or torn into something that can't be started.
static uint32_t bootloader_address(void)
{
    return starts_there(REG(OWN_BOOTLOADER)) ? REG(OWN_BOOTLOADER) : REG(UICR_BOOTLOADER);
}

static uint32_t params_page(void)
{
    return is_page(REG(OWN_PARAMS)) ? REG(OWN_PARAMS) : REG(UICR_PARAMS);
}

// Erases and programs page by page, and feeds the watchdog meanwhile.
static void copy(uint32_t target, uint32_t source, uint32_t words)
{
    while (words > 0) {
        uint32_t now = words < PAGE_SIZE / 4 ? words : PAGE_SIZE / 4;
        watchdog_feed(RELOAD_REGISTERS);
        nvmc_erase(target);
        watchdog_feed(RELOAD_REGISTERS);
        nvmc_words(target, (const uint32_t *)source, now);
        target += PAGE_SIZE;
        source += PAGE_SIZE;
        words -= now;
    }
}

static bool same(uint32_t a, uint32_t b, uint32_t words)
{
    for (uint32_t at = 0; at < 4 * words; at += 4)
        if (REG(a + at) != REG(b + at)) return false;
    return true;
}

// Words in flash, from a word on.
static bool in_flash(uint32_t address, uint32_t words)
{
    uint32_t end = flash_end();
    return address % 4 == 0 && address <= end && words <= (end - address) / 4;
}

static bool overlap(uint32_t a, uint32_t b, uint32_t words)
{
    return a < b + 4 * words && b < a + 4 * words;
}

// Finishes what COPY_BL has put on record. Cut anywhere, the next start begins again: the source is never touched.
static void finish_copy(uint32_t params)
{
    struct record record;
    if (!record_read(params, RECORD_COPY, &record)) return;
    uint32_t source = record.source, target = record.target, words = record.words;
    if (!in_flash(source, words) || record_crc(source, words) != record.crc) return;
    while (!same(target, source, words))
        copy(target, source, words);
    record_done(params);
}

static uint32_t copy_bootloader(uint32_t source, uint32_t words)
{
    uint32_t bootloader = bootloader_address(), params = params_page();
    if (!starts_there(bootloader)) return FORBIDDEN;
    if (!is_page(params)) return NO_PARAMS;
    uint32_t end = params > bootloader ? params : flash_end();
    if (words == 0 || words > (end - bootloader) / 4) return LENGTH;
    if (!in_flash(source, words) || overlap(source, bootloader, words)) return ADDRESS;
    record_write(params, RECORD_COPY, source, bootloader, words);
    chip_reset();
}

static uint32_t copy_softdevice(uint32_t source, uint32_t target, uint32_t words)
{
    if (words == 0 || words % (PAGE_SIZE / 4) != 0) return LENGTH;
    if (!is_page(target) || !in_flash(source, words) || !in_flash(target, words)) return ADDRESS;
    copy(target, source, words);
    return same(target, source, words) ? OK : INTERNAL;
}

// The bootloader begins here from the next reset on, until the params page is written anew.
static uint32_t set_table(uint32_t table)
{
    uint32_t params = params_page();
    if (!is_page(params)) return NO_PARAMS;
    if (!is_page(table)) return ADDRESS;
    record_write(params, RECORD_TABLE, 0, table, 0);
    chip_reset();
}

// Executes a command structure, as SVC 0x18 passes it: a number, and words.
uint32_t command(const uint32_t *words)
{
    switch (words[0]) {
    case COPY_BL: return copy_bootloader(words[1], words[2]);
    case COPY_SD: return copy_softdevice(words[1], words[2], words[3]);
    case INIT_SD:
        FORWARD_ADDRESS = FIRST_PROGRAM;
        ((void (*)(void))REG(FIRST_PROGRAM + 4))();
        return OK;
    case COMPARE: return same(words[1], words[2], words[3]) ? OK : NOT_EQUAL;
    case TABLE_SET: return set_table(words[1]);
    case FORWARD_SET:
        FORWARD_ADDRESS = words[1];
        return OK;
    default: return UNKNOWN;
    }
}

// An exception that is nobody's.
__attribute__((noreturn)) void start_again(void)
{
    chip_reset();
}

static __attribute__((noreturn)) void start(uint32_t table)
{
    FORWARD_ADDRESS = table;
    __asm volatile("msr msp, %0\n\tbx %1" ::"r"(REG(table)), "r"(REG(table + 4)));
    __builtin_unreachable();
}

__attribute__((noreturn)) void reset(void)
{
    FORWARD_ADDRESS = 0;
    uint32_t params = params_page();
    if (is_page(params)) {
        struct record record;
        finish_copy(params);
        if (record_read(params, RECORD_TABLE, &record) && starts_there(record.target))
            start(record.target);
    }
    if (starts_there(bootloader_address())) start(bootloader_address());
    if (starts_there(FIRST_PROGRAM)) start(FIRST_PROGRAM);
    // Nothing to start: the debugger is welcome.
    for (;;) __asm volatile("wfe");
}
