// One instruction at a time from standard input on the independent implementation: the library inside the Python package
// `unicorn`. Same records and answers as the example `oracle` of gauntlet-armv7em; fuzz.py compiles this file and compares.
//
// What this side does differently from the processor is evened out here, and only here; see README.md:
// the two lowest bits of SP are cleared; a branch out of the memory was executed, the fault comes at its target.
// After anything but "executed" the answer is all zeros but its status.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

enum { SIZE = 0x4000, CODE = 0x10000, RAM = 0x20000000 };
enum { EXECUTED, UNDEFINED, NO_COPROCESSOR, USAGE, MEMORY, SUPERVISOR, BREAKPOINT, ASLEEP, OTHER, EXIT };
// Interrupt numbers of the other implementation.
enum { UDEF = 1, SWI, PREFETCH, DATA, BKPT = 7, EXCEPTION_EXIT, NOCP = 17, INVSTATE, UNALIGNED = 22 };

static uint8_t pattern[SIZE], code[SIZE], ram[SIZE];
static uc_engine *uc;
static uc_context *privileged;
static int taken;

static void need(uc_err error, const char *what) {
    if (error != UC_ERR_OK) {
        fprintf(stderr, "%s: %s\n", what, uc_strerror(error));
        exit(2);
    }
}

static void interrupt(uc_engine *engine, uint32_t number, void *data) {
    (void)data;
    taken = (int)number;
    uc_emu_stop(engine);
}

static uint64_t hash(void) {
    uint64_t value = 0xCBF29CE484222325;
    if (memcmp(ram, pattern, SIZE) == 0)
        return value;
    for (int at = 0; at < SIZE; at++)
        if (ram[at] != pattern[at]) {
            const uint8_t bytes[] = {at & 0xFF, at >> 8, ram[at]};
            for (int n = 0; n < 3; n++)
                value = (value ^ bytes[n]) * 0x100000001B3;
        }
    memcpy(ram, pattern, SIZE);
    return value;
}

static int mapped(uint32_t address) { return address - CODE < SIZE || address - RAM < SIZE; }

// Executes an instruction of 32 bits elsewhere.
static void execute(uint32_t at, uint32_t encoding) {
    const uint16_t halves[] = {encoding >> 16, encoding};
    if (memcmp(code + at, halves, 4) != 0) {
        memcpy(code + at, halves, 4);
        need(uc_ctl_remove_cache(uc, CODE + at, CODE + at + 4), "cache");
    }
    uint32_t xpsr = 1 << 24;
    need(uc_reg_write(uc, UC_ARM_REG_XPSR, &xpsr), "xPSR");
    uc_emu_start(uc, (CODE + at) | 1, CODE + at + 4, 0, 1);
    memcpy(code + at, pattern + at, 4);
}

static int singles[33], general[16];
static uint32_t words[17], floats[33], special[3];
static void *general_at[17], *singles_at[33];

static void open_engine(void) {
    need(uc_open(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, &uc), "open");
    need(uc_ctl_set_cpu_model(uc, UC_CPU_ARM_CORTEX_M4), "model");
    for (int n = 0; n < SIZE; n++)
        pattern[n] = (uint8_t)(n * 37 ^ (n >> 5) * 101);
    memcpy(code, pattern, SIZE);
    memcpy(ram, pattern, SIZE);
    need(uc_mem_map_ptr(uc, CODE, SIZE, UC_PROT_READ | UC_PROT_EXEC, code), "code");
    need(uc_mem_map_ptr(uc, RAM, SIZE, UC_PROT_ALL, ram), "RAM");
    uc_hook hook;
    need(uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)interrupt, NULL, 1, 0), "hook");
    for (int n = 0; n < 13; n++)
        general[n] = UC_ARM_REG_R0 + n;
    general[13] = UC_ARM_REG_SP, general[14] = UC_ARM_REG_LR, general[15] = UC_ARM_REG_PC;
    for (int n = 0; n < 16; n++)
        general_at[n] = &words[n];
    for (int n = 0; n < 33; n++) {
        singles[n] = n < 32 ? UC_ARM_REG_S0 + n : UC_ARM_REG_FPSCR;
        singles_at[n] = &floats[n];
    }
    // VMOV.F32 S0, S0: makes a floating-point context, which stays; a new one would change FPSCR.
    execute(0x3FC0, 0xEEB00A40);
    need(uc_context_alloc(uc, &privileged), "context");
    need(uc_context_save(uc, privileged), "context");
}

// CONTROL, FAULTMASK, BASEPRI and PRIMASK in one word, as a debugger sees them; then both stack pointers. Unprivileged code
// reads only CONTROL, and this side shows no more than that.
static const int masks[] = {UC_ARM_REG_PRIMASK, UC_ARM_REG_BASEPRI, UC_ARM_REG_FAULTMASK, UC_ARM_REG_CONTROL};

static void set_special(uint32_t value) {
    for (int n = 0; n < 4; n++) {
        uint32_t field = value >> (8 * n) & 0xFF;
        need(uc_reg_write(uc, masks[n], &field), "special register");
    }
}

static void get_special(void) {
    // Three bits of priority; FPCA is not compared, the core of this mode has no floating-point unit.
    static const uint32_t implemented[] = {1, 0xE0, 1, 3};
    special[0] = 0;
    for (int n = 0; n < 4; n++) {
        uint32_t field;
        need(uc_reg_read(uc, masks[n], &field), "special register");
        special[0] |= (field & implemented[n]) << (8 * n);
    }
    need(uc_reg_read(uc, UC_ARM_REG_MSP, &special[1]), "MSP");
    need(uc_reg_read(uc, UC_ARM_REG_PSP, &special[2]), "PSP");
    special[1] &= ~3u;
    special[2] &= ~3u;
}

static int run(const uint32_t *record, int fpu, int system) {
    static uint32_t encoding, at = 0x2000;
    if (encoding != record[0] || at != record[1] - CODE) {
        memcpy(code + at, pattern + at, 4);
        encoding = record[0];
        at = record[1] - CODE;
        const uint16_t halves[] = {encoding > 0xFFFF ? encoding >> 16 : encoding, encoding};
        memcpy(code + at, halves, encoding > 0xFFFF ? 4 : 2);
        need(uc_ctl_remove_cache(uc, CODE + at - 4, CODE + at + 8), "cache");
    }
    memcpy(words, record + 2, 60);
    words[15] = record[1] | 1;
    if (system) {
        need(uc_context_restore(uc, privileged), "context");
        need(uc_reg_write(uc, UC_ARM_REG_MSP, &record[20]), "MSP");
        need(uc_reg_write(uc, UC_ARM_REG_PSP, &record[20]), "PSP");
        set_special(record[19]);
    }
    if (record[18] != 0) {
        need(uc_reg_write_batch(uc, general, general_at, 16), "registers");
        execute(0x3F80, record[18]);
    }
    uint32_t xpsr = record[17];
    need(uc_reg_write_batch(uc, general, general_at, 16), "registers");
    need(uc_reg_write(uc, UC_ARM_REG_XPSR, &xpsr), "xPSR");
    // xPSR leaves GE alone.
    need(uc_reg_write(uc, UC_ARM_REG_APSR_G, &xpsr), "GE");
    if (fpu) {
        memcpy(floats, record + 19, sizeof floats);
        need(uc_reg_write_batch(uc, singles, singles_at, 33), "floating-point registers");
    }
    taken = -1;
    uc_err error = uc_emu_start(uc, record[1] | 1, record[1] + (encoding > 0xFFFF ? 4 : 2), 0, 1);
    need(uc_reg_read_batch(uc, general, general_at, 16), "registers");
    need(uc_reg_read(uc, UC_ARM_REG_XPSR, &words[16]), "xPSR");
    words[15] &= ~1u;
    words[13] &= ~3u;
    if (fpu)
        need(uc_reg_read_batch(uc, singles, singles_at, 33), "floating-point registers");
    if (system)
        get_special();
    switch (taken) {
    case -1: break;
    case UDEF: return UNDEFINED;
    case SWI: return SUPERVISOR;
    case PREFETCH: return words[15] != record[1] ? EXECUTED : MEMORY;
    case DATA: return MEMORY;
    case BKPT: return BREAKPOINT;
    case NOCP: return NO_COPROCESSOR;
    case INVSTATE: case UNALIGNED: return USAGE;
    case EXCEPTION_EXIT: return EXIT;
    default: return OTHER;
    }
    if (error == UC_ERR_INSN_INVALID)
        return UNDEFINED;
    if (error != UC_ERR_OK)
        return !mapped(words[15]) && words[15] != record[1] ? EXECUTED : MEMORY;
    return EXECUTED;
}

int main(int count, char **arguments) {
    int fpu = count > 1 && strcmp(arguments[1], "float") == 0;
    int system = count > 1 && strcmp(arguments[1], "system") == 0;
    static char out_buffer[1 << 16], in_buffer[1 << 16];
    setvbuf(stdin, in_buffer, _IOFBF, sizeof in_buffer);
    setvbuf(stdout, out_buffer, _IOFBF, sizeof out_buffer);
    open_engine();
    uint32_t record[52], answer[53];
    size_t size = fpu ? 52 : system ? 21 : 19, length = fpu ? 53 : system ? 23 : 20;
    while (fread(record, 4, size, stdin) == size) {
        int status = run(record, fpu, system);
        uint64_t value = hash();
        memset(answer, 0, sizeof answer);
        if (status == EXECUTED) {
            memcpy(answer, words, 68);
            memcpy(answer + 17, &value, 8);
            memcpy(answer + 20, fpu ? floats : special, 4 * (length - 20));
        }
        answer[19] = (uint32_t)status;
        fwrite(answer, 4, length, stdout);
    }
    return 0;
}
