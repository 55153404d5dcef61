// SPDX-License-Identifier: MIT OR Apache-2.0
// Command and data objects (section 2).
#ifndef OBJECTS_H
#define OBJECTS_H

#include "dfu.h"

#define COMMAND_MAX INIT_COMMAND_MAX
#define DATA_MAX PAGE_SIZE

// A packet that was in force before the reset is again, without another check (OBJ-036).
void objects_restore(void);
enum result object_select(uint32_t kind);
enum result object_create(uint32_t kind, uint32_t size);
enum result object_write(const uint8_t *bytes, size_t size);
enum result object_execute(void);
// Of the selected object, with what is not executed yet (CP-018).
uint32_t object_offset(void);
uint32_t object_crc(void);

#endif
