// SPDX-License-Identifier: MIT OR Apache-2.0
// The public key that packages must be signed for. Its other half is published as a test key: never use it in a product.
// Least significant word first; in memory these are the 64 bytes that a packet's tools print.
#include "layout.h"

const uint32_t public_key[2][8] = {
    {0x25C3AA3C, 0xDE7A7C6E, 0x13509112, 0xDE9FCA6F, 0x2620147E, 0xCC278654, 0x6D9F66C0, 0x8D63071D},
    {0x4CAA7EE2, 0xB45B102E, 0x89A975AA, 0xD0FF08A2, 0x5CF04353, 0xE0C5FF4A, 0xC4C9EB46, 0x56D26299},
};
