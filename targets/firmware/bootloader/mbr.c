// SPDX-License-Identifier: MIT OR Apache-2.0
#include "boot.h"
#include "../common/chip.h"

enum { COPY_BL = 0, IRQ_FORWARD_ADDRESS_SET = 6 };

struct command {
    uint32_t number;
    uint32_t parameters[4];
};

static uint32_t call(const struct command *command)
{
    register uint32_t r0 __asm("r0") = (uint32_t)command;
    __asm volatile("svc 0x18" : "+r"(r0) : : "memory");
    return r0;
}

uint32_t mbr_copy_bootloader(uint32_t source, uint32_t words)
{
    struct command command = {.number = COPY_BL, .parameters = {source, words}};
    return call(&command);
}

void mbr_forward_to(uint32_t table)
{
    struct command command = {.number = IRQ_FORWARD_ADDRESS_SET, .parameters = {table}};
    // Old ones lack the command; the word it sets is known.
    if (call(&command) != 0) FORWARD_ADDRESS = table;
}
