// SPDX-License-Identifier: MIT OR Apache-2.0
#include "boot.h"
#include "../common/nvmc.h"
#include "banks.h"
#include "crypto.h"
#include "dfu.h"
#include "timers.h"
#include "validate.h"

// Words of the start-up page that name the bootloader and its params page.
#define MBR_BOOTLOADER 0xFF8u
#define MBR_PARAMS 0xFFCu
// ACT-023 to ACT-025: any of these bits enters DFU mode; only the whole pattern is cleared, but for the bits to keep.
#define GPREGRET_ENTRY 0xB1u
#define GPREGRET_PATTERN_MASK 0xF8u
#define GPREGRET_PATTERN 0xB0u
#define GPREGRET_START 0x01u
#define GPREGRET_KEEP 0x4Eu
// VAL-032.
#define GPREGRET2_PATTERN 0xA8u
#define GPREGRET2_SKIP_CRC 0x01u

// UICR connects the reset pin of the development kits; that counts from the next reset on, so one follows.
static void connect_reset_pin(void)
{
    uint32_t pin = FICR_PART == PART_52832 ? 21 : 18;
    bool connected = true;
    for (uint32_t word = UICR_PSELRESET; word < UICR_PSELRESET + 8; word += 4) {
        if (REG(word) == pin) continue;
        connected = false;
        // A pin that someone else has chosen stays.
        if (REG(word) != ERASED && (REG(word) & pin) != pin) return;
    }
    if (connected) return;
    nvmc_word(UICR_PSELRESET, pin);
    nvmc_word(UICR_PSELRESET + 4, pin);
    chip_reset();
}

// MEM-017. A word that a power cut has torn still has all the bits it should have, and is finished here.
static void name(uint32_t word, uint32_t value)
{
    if (REG(word) != value && (REG(word) & value) == value) nvmc_word(word, value);
}

// VAL-031, VAL-032: whether CRCs are not checked at this start. The flags go by being read (VAL-038).
static bool take_skip_flags(void)
{
    if (POWER_RESETREAS & RESETREAS_OFF) {
        POWER_RESETREAS = RESETREAS_OFF;
        return true;
    }
    uint32_t flags = POWER_GPREGRET2;
    if ((flags & GPREGRET_PATTERN_MASK) != GPREGRET2_PATTERN || !(flags & GPREGRET2_SKIP_CRC))
        return false;
    POWER_GPREGRET2 = flags & ~(GPREGRET2_PATTERN | GPREGRET2_SKIP_CRC);
    return true;
}

// VAL-027 to VAL-030.
static bool application_valid(void)
{
    bool skip_crc = take_skip_flags();
    if (settings.bank_0.code != BANK_APPLICATION) return false;
    if (softdevice_present() && !validation_holds(&settings.validation_sd, MBR_END, settings.sd_size, skip_crc))
        return false;
    return validation_holds(&settings.validation_app, bank_0_start(), settings.bank_0.size, skip_crc);
}

// ACT-026: button 4 of the development kits connects its pin to ground.
static bool button_pressed(void)
{
    uint32_t pin = FICR_PART == PART_52832 ? 16 : 25;
    GPIO_PIN_CNF(pin) = PIN_INPUT_PULL_UP;
    // The pull-up takes a moment.
    for (int wait = 0; wait < 200; wait++) __asm volatile("nop");
    bool pressed = !(GPIO_IN >> pin & 1);
    GPIO_PIN_CNF(pin) = PIN_DISCONNECTED;
    return pressed;
}

// Section 10.3.
static bool dfu_wanted(void)
{
    return !application_valid() || button_pressed() || (POWER_GPREGRET & GPREGRET_ENTRY) != 0;
}

static __attribute__((noreturn)) void enter_dfu(uint32_t inactivity_ms)
{
    uint32_t flags = POWER_GPREGRET;
    if ((flags & GPREGRET_PATTERN_MASK) == GPREGRET_PATTERN && (flags & GPREGRET_START))
        POWER_GPREGRET = flags & GPREGRET_KEEP;
    dfu_run(inactivity_ms);
}

// ACT-022: what the application finds is as after a reset, but for what it may not change any more (MEM-019, SET-025).
static __attribute__((noreturn)) void start_application(void)
{
    for (uint32_t bank = 0; bank < 2; bank++) {
        NVIC_ICER(bank) = ERASED;
        NVIC_ICPR(bank) = ERASED;
    }
    mbr_forward_to(MBR_END);
    protect(PARAMS_PAGE, SETTINGS_PAGE);
    protect(SETTINGS_PAGE, FLASH_END);
    protect(0, bank_1_start());
    uint32_t stack = REG(MBR_END), entry = REG(MBR_END + 4);
    __asm volatile("msr control, %2\n\tisb\n\tmsr primask, %2\n\tmsr basepri, %2\n\tmsr faultmask, %2\n\t"
                   "msr msp, %0\n\tbx %1"
                   :
                   : "r"(stack), "r"(entry), "r"(0));
    __builtin_unreachable();
}

void boot(void)
{
    crc_init();
    connect_reset_pin();
    name(MBR_BOOTLOADER, BOOTLOADER_START);
    name(MBR_PARAMS, PARAMS_PAGE);
    protect(0, MBR_END);
    protect(BOOTLOADER_START, PARAMS_PAGE);

    // SET-001, SET-002.
    settings_load();
    settings_commit();

    switch (activate()) {
    case RESTART:
        settings_sync_backup();
        chip_reset();
    case EXPECT_MORE:
        enter_dfu(CONTINUATION_MS);
    case NOTHING_TO_ACTIVATE:
        break;
    }
    if (dfu_wanted()) enter_dfu(INACTIVITY_MS);
    settings_sync_backup();
    start_application();
}
