// SPDX-License-Identifier: MIT OR Apache-2.0
#include "banks.h"
#include "../common/nvmc.h"
#include "memory.h"

bool softdevice_present(void)
{
    return REG(MBR_END + SD_INFO_MAGIC) == SD_MAGIC;
}

void softdevice_forget(void)
{
    nvmc_word(MBR_END + SD_INFO_MAGIC, 0);
}

// MEM-002.
uint32_t bank_0_start(void)
{
    return softdevice_present() ? page_up(REG(MBR_END + SD_INFO_END)) : MBR_END;
}

// MEM-003: whatever bank 0's code says.
uint32_t bank_1_start(void)
{
    return page_up(bank_0_start() + settings.bank_0.size);
}

// Unlike the bootloaders of the field, a start behind the end is no room at all, and not endless room.
static bool fits(uint32_t size, uint32_t start)
{
    return start <= IMAGE_AREA_END && size <= IMAGE_AREA_END - start;
}

bool bank_take(const struct init *init, uint32_t size, uint32_t *start)
{
    // Level 0, behind the application, which stays until the final Execute (MEM-014).
    if (fits(size, bank_1_start())) {
        *start = bank_1_start();
        return true;
    }
    bool keep_softdevice = !softdevice_present() || (init->sd_req_count > 0 && init->sd_req[0] != 0);
    if (!fits(size, keep_softdevice ? bank_0_start() : MBR_END)) return false;
    // Level 1, in its place: it has to go (MEM-015). Level 2, in the SoftDevice's place as well.
    if (!fits(size, bank_0_start())) softdevice_forget();
    *start = bank_0_start();
    memset(&settings.bank_0, 0, sizeof settings.bank_0);
    settings.write_offset = 0;
    return true;
}
