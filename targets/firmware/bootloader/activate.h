// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef ACTIVATE_H
#define ACTIVATE_H

enum activated {
    NOTHING_TO_ACTIVATE,
    RESTART,     // From a clean reset.
    EXPECT_MORE, // The rest of the package is waited for, but not for long (ACT-010).
};

// Puts in place what bank 1 holds (section 10.2). Power may fail at any time: the next start goes on.
enum activated activate(void);

#endif
