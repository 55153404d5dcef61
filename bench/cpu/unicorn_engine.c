// Runs one program on the library inside the Python package `unicorn`, and prints seconds and the final state, for compare.py.
//
//     unicorn-engine PROGRAM.bin ROUNDS STOP
//
// STOP is the address at which the program ends: no hook slows the engine down, and none counts instructions.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unicorn/unicorn.h>

enum { SIZE = 0x10000, RAM = 0x20000000 };

static uint8_t flash[SIZE], ram[SIZE];

static void need(uc_err error, const char *what) {
    if (error != UC_ERR_OK) {
        fprintf(stderr, "%s: %s\n", what, uc_strerror(error));
        exit(1);
    }
}

int main(int count, char **arguments) {
    if (count != 4)
        return 1;
    FILE *file = fopen(arguments[1], "rb");
    if (file == NULL || fread(flash, 1, SIZE, file) == 0)
        return 1;
    uint32_t rounds = (uint32_t)strtoul(arguments[2], NULL, 0), stop = (uint32_t)strtoul(arguments[3], NULL, 0), words[2];
    memcpy(ram, &rounds, 4);
    memcpy(words, flash, 8);
    uc_engine *uc;
    need(uc_open(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, &uc), "open");
    need(uc_ctl_set_cpu_model(uc, UC_CPU_ARM_CORTEX_M4), "model");
    need(uc_mem_map_ptr(uc, 0, SIZE, UC_PROT_READ | UC_PROT_EXEC, flash), "flash");
    need(uc_mem_map_ptr(uc, RAM, SIZE, UC_PROT_ALL, ram), "RAM");
    uint32_t lr = 0xFFFFFFFF;
    need(uc_reg_write(uc, UC_ARM_REG_SP, &words[0]), "SP");
    need(uc_reg_write(uc, UC_ARM_REG_LR, &lr), "LR");
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    need(uc_emu_start(uc, words[1] | 1, stop, 0, 0), "run");
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    printf("0 %.6f ", (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
    for (int n = 0; n < 14; n++) {
        uint32_t value;
        need(uc_reg_read(uc, n < 13 ? UC_ARM_REG_R0 + n : UC_ARM_REG_SP, &value), "register");
        printf("%08x%s", value, n < 13 ? "," : " ");
    }
    uint64_t hash = 0xCBF29CE484222325;
    for (int at = 0; at < SIZE; at++)
        hash = (hash ^ ram[at]) * 0x100000001B3;
    printf("%016llx\n", (unsigned long long)hash);
    return 0;
}
