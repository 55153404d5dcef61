// SPDX-License-Identifier: MIT OR Apache-2.0
// The registers this firmware touches, by address. Written from the public register descriptions.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

#define PAGE_SIZE 0x1000u
#define ERASED 0xFFFFFFFFu
// The word that exceptions are forwarded through; RAM of other programs begins behind it and its neighbour.
#define FORWARD_ADDRESS REG(0x20000000u)

// FICR: what the chip says of itself.
#define FICR_CODEPAGESIZE REG(0x10000010u)
#define FICR_CODESIZE REG(0x10000014u)
#define FICR_PART REG(0x10000100u)
#define FICR_VARIANT REG(0x10000104u)
#define FICR_RAM REG(0x1000010Cu)
#define FICR_FLASH REG(0x10000110u)
#define PART_52832 0x52832u

// UICR.
#define UICR_BOOTLOADER 0x10001014u
#define UICR_PARAMS 0x10001018u
#define UICR_PSELRESET 0x10001200u

// CLOCK and POWER.
#define CLOCK_LFCLKSTART REG(0x40000008u)
#define POWER_RESETREAS REG(0x40000400u)
#define RESETREAS_OFF (1u << 16)
#define POWER_GPREGRET REG(0x4000051Cu)
#define POWER_GPREGRET2 REG(0x40000520u)

// Block protection of the nRF52832, access control lists of the others.
#define BPROT_CONFIG0 0x40000600u
#define BPROT_CONFIG2 0x40000610u
#define ACL(n) (0x4001E800u + 16u * (n))
#define ACL_NO_WRITE (1u << 1)

// UARTE0.
#define UARTE_STARTRX REG(0x40002000u)
#define UARTE_STARTTX REG(0x40002008u)
#define UARTE_STOPTX REG(0x4000200Cu)
#define UARTE_ENDRX REG(0x40002110u)
#define UARTE_ENDTX REG(0x40002120u)
#define UARTE_ERROR REG(0x40002124u)
#define UARTE_TXSTOPPED REG(0x40002158u)
#define UARTE_INTENSET REG(0x40002304u)
#define UARTE_INT_ENDRX (1u << 4)
#define UARTE_INT_ERROR (1u << 9)
#define UARTE_ENABLE REG(0x40002500u)
#define UARTE_ENABLED 8u
#define UARTE_PSEL_TXD REG(0x4000250Cu)
#define UARTE_PSEL_RXD REG(0x40002514u)
#define UARTE_BAUDRATE REG(0x40002524u)
#define UARTE_115200 0x01D60000u
#define UARTE_RXD_PTR REG(0x40002534u)
#define UARTE_RXD_MAXCNT REG(0x40002538u)
#define UARTE_TXD_PTR REG(0x40002544u)
#define UARTE_TXD_MAXCNT REG(0x40002548u)
#define UARTE_CONFIG REG(0x4000256Cu)
#define UARTE_IRQ 2u

// RTC2, at 32768 Hz.
#define RTC_START REG(0x40024000u)
#define RTC_CLEAR REG(0x40024008u)
#define RTC_COMPARE(n) REG(0x40024140u + 4u * (n))
#define RTC_INTENSET REG(0x40024304u)
#define RTC_INT_COMPARE(n) (1u << (16u + (n)))
#define RTC_COUNTER REG(0x40024504u)
#define RTC_PRESCALER REG(0x40024508u)
#define RTC_CC(n) REG(0x40024540u + 4u * (n))
#define RTC_IRQ 36u
#define RTC_HZ 32768u

// Watchdog.
#define WDT_RUNSTATUS REG(0x40010400u)
#define WDT_CRV REG(0x40010504u)
#define WDT_RREN REG(0x40010508u)
#define WDT_RR(n) REG(0x40010600u + 4u * (n))
#define WDT_RELOAD 0x6E524635u

// Flash controller.
#define NVMC_READY REG(0x4001E400u)
#define NVMC_CONFIG REG(0x4001E504u)
#define NVMC_READ 0u
#define NVMC_WRITE 1u
#define NVMC_ERASE 2u
#define NVMC_ERASEPAGE REG(0x4001E508u)

// GPIO port 0.
#define GPIO_OUTSET REG(0x50000508u)
#define GPIO_IN REG(0x50000510u)
#define GPIO_PIN_CNF(n) REG(0x50000700u + 4u * (n))
#define PIN_OUTPUT 3u
#define PIN_INPUT_PULL_UP 0x0Cu
#define PIN_DISCONNECTED 2u

// The core.
#define NVIC_ISER(n) REG(0xE000E100u + 4u * (n))
#define NVIC_ICER(n) REG(0xE000E180u + 4u * (n))
#define NVIC_ICPR(n) REG(0xE000E280u + 4u * (n))
#define SCB_AIRCR REG(0xE000ED0Cu)
#define AIRCR_RESET 0x05FA0004u

// Resets the chip; the flash and the general purpose registers stay.
static inline __attribute__((noreturn)) void chip_reset(void)
{
    __asm volatile("dsb" ::: "memory");
    SCB_AIRCR = AIRCR_RESET;
    for (;;) {}
}

static inline void irq_enable(uint32_t line)
{
    NVIC_ISER(line / 32) = 1u << (line % 32);
}

static inline uint32_t page_up(uint32_t address)
{
    return (address + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

static inline uint32_t flash_end(void)
{
    return FICR_CODEPAGESIZE * FICR_CODESIZE;
}
