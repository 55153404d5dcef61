// SPDX-License-Identifier: MIT OR Apache-2.0
// Vector table, and the forwarding of every exception to the table of whoever was started.
    .syntax unified
    .thumb

    .section .vectors, "a"
    .word 0x20000400            // The stack lies low: RAM above it survives a reset.
    .word reset
    .rept 9                     // NMI, HardFault and the other faults.
    .word forward
    .endr
    .word service_call
    .rept 52                    // DebugMon, PendSV, SysTick, and 48 interrupt lines.
    .word forward
    .endr

    .section .text.forward, "ax"
// Jumps to the handler with LR, SP and the frame as the exception left them; r0 to r3 and r12 are in the frame already.
    .thumb_func
    .global forward
forward:
    mov     r0, #0x20000000
    ldr     r0, [r0]
    cbz     r0, no_one          // An exception in the code below, before anyone was started.
    mrs     r1, ipsr
    ldr     r0, [r0, r1, lsl #2]
    bx      r0
no_one:
    b       start_again

// SVC 0x18 is for us. The number stands in the instruction in front of the return address, in the frame of the caller,
// which is on either stack.
    .thumb_func
service_call:
    tst     lr, #4
    ite     eq
    mrseq   r0, msp
    mrsne   r0, psp
    ldr     r1, [r0, #24]
    ldrb    r1, [r1, #-2]
    cmp     r1, #0x18
    bne     forward
    push    {r0, lr}
    ldr     r0, [r0]
    bl      command
    pop     {r1, lr}
    str     r0, [r1]
    bx      lr
