#!/bin/sh
# Builds the programs with gcc-arm-none-eabi from the sources of the demo bootloader: verify-umaal.hex as the bootloader has
# it, verify-plain.hex for ARMv7-M with the same sum in C, because one of the engines has no UMAAL.
set -e
cd "$(dirname "$0")"
sources=../../../targets/firmware/bootloader
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

build() {
    arm-none-eabi-gcc -mcpu="$2" -mthumb -mfloat-abi=soft -Os -std=gnu11 -Wall -Wextra -Werror -ffreestanding -nostdlib \
        -ffunction-sections -fshort-enums -fno-tree-loop-distribute-patterns -g0 -Wl,--build-id=none -Wl,--gc-sections \
        -Wl,--entry=start -I$sources verify.c $sources/p256.c "$3" $sources/sha256.c -T program.ld -o "$scratch/$1.elf"
    arm-none-eabi-objcopy -O ihex "$scratch/$1.elf" "$1.hex"
}

build verify-umaal cortex-m4 $sources/field.c
sed 's|__asm("umaal.*|uint64_t wide = (uint64_t)factor * a[at] + low + carry; low = (uint32_t)wide; carry = (uint32_t)(wide >> 32);|' \
    $sources/field.c > "$scratch/field.c"
if grep -q umaal "$scratch/field.c"; then echo "UMAAL is still there" >&2; exit 1; fi
build verify-plain cortex-m3 "$scratch/field.c"
