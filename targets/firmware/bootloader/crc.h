// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

// Makes the tables; before any other function here.
void crc_init(void);
// CRC-32 of what `crc` is the CRC of, with `size` bytes behind it. 0 begins (section 0.3).
uint32_t crc32(uint32_t crc, const void *bytes, size_t size);

#endif
