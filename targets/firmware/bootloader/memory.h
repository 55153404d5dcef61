// SPDX-License-Identifier: MIT OR Apache-2.0
// The three functions of <string.h> that start.c has.
#pragma once

#include <stddef.h>

void *memcpy(void *target, const void *source, size_t size);
void *memset(void *target, int value, size_t size);
int memcmp(const void *one, const void *other, size_t size);
