"""How a bootloader is built and what chip it runs on (sections 0.2, 9.1 and 9.2)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    """The parts of a chip that the bootloader sees. Addresses and sizes are in bytes."""

    part: int
    flash_size: int
    ram_size: int
    bootloader: int
    settings: int
    backup: int


NRF52832 = Chip(0x52832, 0x80000, 0x10000, 0x78000, 0x7F000, 0x7E000)
NRF52840_USB = Chip(0x52840, 0x100000, 0x40000, 0xF4000, 0xFF000, 0xFE000)
NRF52840 = Chip(0x52840, 0x100000, 0x40000, 0xF8000, 0xFF000, 0xFE000)


@dataclass(frozen=True)
class Config:
    """The switches of a release build without a SoftDevice of its own, with the defaults of the UART example."""

    chip: Chip
    public_key: tuple
    variant: int = 0xFFFFFFFF
    hw_version: int = 52
    require_signed_app: bool = True
    downgrade_prevention: bool = True
    accept_same_version: bool = True
    single_bank: bool = False
    force_dual_bank: bool = False
    external_app: bool = False
    save_progress: bool = False
    app_signature_check: bool = False
    app_data_area: int = 0x3000
    copy_step_pages: int = 8
    mtu: int = 131
    ble: bool = False
    """Needs its SoftDevice, has the reduced protocol, and flash that is written behind the answers."""
    inactivity_ms: int = 120_000
    continuation_ms: int = 10_000

    @property
    def bootloader_size(self):
        """From the bootloader's start to the MBR parameters page (CP-009)."""
        return self.chip.backup - self.chip.bootloader

    @property
    def image_end(self):
        """The first address that no image may reach (MEM-004)."""
        return self.chip.bootloader - self.app_data_area
