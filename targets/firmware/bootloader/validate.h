// SPDX-License-Identifier: MIT OR Apache-2.0
// Whether a packet may be obeyed, an image be installed, an application be started (section 7).
#pragma once

#include "packet.h"
#include "settings.h"

// Result codes (section 1.2); from EXTENDED on with a second byte (section 1.3).
enum result {
    SUCCESS = 1, NOT_SUPPORTED = 2, INVALID_PARAMETER = 3, NO_RESOURCES = 4, INVALID_OBJECT = 5,
    NOT_PERMITTED = 8, FAILED = 0x0A, EXTENDED = 0x0B,
    INIT_COMMAND_INVALID = 0x040B, FW_VERSION_FAILURE = 0x050B, HW_VERSION_FAILURE = 0x060B,
    SD_VERSION_FAILURE = 0x070B, SIGNATURE_MISSING = 0x080B, WRONG_HASH_TYPE = 0x090B,
    WRONG_SIGNATURE_TYPE = 0x0B0B, VERIFICATION_FAILED = 0x0C0B,
};

// The checks of the packet at its Execute, but for the room its image needs (section 7.1, steps 4 to 11).
enum result validate_packet(const struct packet *packet);
// The checks of the received image at its last Execute (section 7.4). On success the working copy of the settings says what
// the next start has to do (section 7.6); on failure it says that there is nothing to do. `init` may be NULL.
enum result validate_image(const struct init *init, uint32_t start, uint32_t size);
// Whether the bytes in flash are what the record says.
bool validation_holds(const struct validation *validation, uint32_t start, uint32_t size, bool skip_crc);
