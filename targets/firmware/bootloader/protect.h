// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef PROTECT_H
#define PROTECT_H

#include <stdint.h>

// Closes the whole pages from `start` to `end` for writing and erasing, until the next reset.
void protect(uint32_t start, uint32_t end);

#endif
