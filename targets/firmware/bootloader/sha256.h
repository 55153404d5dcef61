// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

// Of `size` bytes, first byte of the digest first. Feeds the watchdog on the way.
void sha256(const uint8_t *bytes, size_t size, uint8_t digest[32]);

#endif
