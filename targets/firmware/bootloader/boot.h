// SPDX-License-Identifier: MIT OR Apache-2.0
// The steps from a reset to the application or to DFU mode.
#pragma once

#include <stdint.h>

// From the reset to the application or to DFU mode (section 10.1).
void boot(void) __attribute__((noreturn));

enum activated {
    NOTHING_TO_ACTIVATE,
    RESTART,     // From a clean reset.
    EXPECT_MORE, // The rest of the package is waited for, but not for long (ACT-010).
};

// Puts in place what bank 1 holds (section 10.2). Power may fail at any time: the next start goes on.
enum activated activate(void);

// Replaces the bootloader by `words` words at `source`. Returns only when that was refused.
uint32_t mbr_copy_bootloader(uint32_t source, uint32_t words);
// Has exceptions forwarded to the vector table at `table`.
void mbr_forward_to(uint32_t table);

// Closes the whole pages from `start` to `end` for writing and erasing, until the next reset.
void protect(uint32_t start, uint32_t end);
