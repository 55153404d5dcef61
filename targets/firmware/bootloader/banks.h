// SPDX-License-Identifier: MIT OR Apache-2.0
// Where images are and where they may go (section 9).
#pragma once

#include "packet.h"
#include "settings.h"

// A SoftDevice in its place (MEM-001).
bool softdevice_present(void);
// Makes it unrecognisable. At once, not with the next commit.
void softdevice_forget(void);
uint32_t bank_0_start(void);
uint32_t bank_1_start(void);
// Finds a place for an image of `size` bytes and makes room for it in the working copy of the settings (MEM-012). False,
// and nothing is changed, when there is none (MEM-013).
bool bank_take(const struct init *init, uint32_t size, uint32_t *start);
