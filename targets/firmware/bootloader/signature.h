// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef SIGNATURE_H
#define SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether `signature`, r and s with the least significant byte first (section 6.2), is that of the bytes by the owner of the
// public key in key.c.
bool signature_holds(const uint8_t *bytes, size_t size, const uint8_t signature[64]);

#endif
