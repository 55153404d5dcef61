// SPDX-License-Identifier: MIT OR Apache-2.0
// Calls of the start-up code, or of a vendor's master boot record in its place (section 10.4).
#ifndef MBR_H
#define MBR_H

#include <stdint.h>

// Replaces the bootloader by `words` words at `source`. Returns only when that was refused.
uint32_t mbr_copy_bootloader(uint32_t source, uint32_t words);
// Has exceptions forwarded to the vector table at `table`.
void mbr_forward_to(uint32_t table);

#endif
