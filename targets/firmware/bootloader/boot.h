// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef BOOT_H
#define BOOT_H

// From the reset to the application or to DFU mode (section 10.1).
void boot(void) __attribute__((noreturn));

#endif
