/* A program with known answers, run by the tests and the benchmark. Freestanding; entered at address 8 with a stack.
 *
 *   arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -O2 -ffreestanding -nostdlib -fno-builtin \
 *       -fno-tree-loop-distribute-patterns -Wl,-Tknown_answer.ld,--build-id=none -o known_answer.elf known_answer.c
 *   arm-none-eabi-objcopy -O binary known_answer.elf known_answer.bin
 *
 * R0 at entry: number of rounds. Results are stored at 0x20000000 (struct results); it ends with BKPT #0.
 */
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned char u8;
typedef unsigned short u16;

struct results {
    u32 crc;          /* CRC-32 of data[0..1024) */
    u32 sha[8];       /* SHA-256 of data[0..1024) */
    u32 product[16];  /* a 256-bit number squared */
    u32 sorted;       /* CRC-32 of the sorted half-words */
    u32 text;         /* CRC-32 of numbers printed in decimal */
    u32 primes;       /* number of primes below 2000 */
    u32 done;
};

#define RESULTS ((volatile struct results *)0x20000000)
#define DATA ((u8 *)0x20001000)
#define WORK ((u8 *)0x20002000)

void start(u32 rounds);

__attribute__((section(".text.first"), used, naked)) static void vectors(void) {
    __asm__ volatile(".word 0x20008000\n.word 9\nb.w start\n");
}

static u32 crc32(const u8 *p, u32 n) {
    u32 crc = ~0u;
    while (n--) {
        crc ^= *p++;
        for (int k = 0; k < 8; k++)
            crc = (crc >> 1) ^ (0xEDB88320u & -(crc & 1));
    }
    return ~crc;
}

static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 ror(u32 x, int n) { return x >> n | x << (32 - n); }

__attribute__((noinline)) static void sha_block(u32 *h, const u8 *p) {
    u32 w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        u32 a = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 b = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], x = h[7];
    for (int i = 0; i < 64; i++) {
        u32 t = x + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i];
        u32 u = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        x = g; g = f; f = e; e = d + t; d = c; c = b; b = a; a = t + u;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += x;
}

static void sha256(volatile u32 *out, const u8 *p, u32 n) {
    u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u8 last[64];
    u32 bits = n * 8;
    for (; n >= 64; n -= 64, p += 64)
        sha_block(h, p);
    u32 i = 0;
    for (; i < n; i++) last[i] = p[i];
    last[i++] = 0x80;
    for (; i < 60; i++) last[i] = 0;
    for (int k = 0; k < 4; k++) last[60 + k] = bits >> (24 - 8 * k);
    sha_block(h, last);
    for (int k = 0; k < 8; k++) out[k] = h[k];
}

/* Schoolbook multiplication with UMAAL, as hand-written crypto does it. */
static void multiply(u32 *out, const u32 *a, const u32 *b) {
    for (int i = 0; i < 16; i++) out[i] = 0;
    for (int i = 0; i < 8; i++) {
        u32 carry = 0;
        for (int j = 0; j < 8; j++)
            __asm__("umaal %0, %1, %2, %3" : "+r"(out[i + j]), "+r"(carry) : "r"(a[i]), "r"(b[j]));
        out[i + 8] = carry;
    }
}

static void sort(u16 *a, int n) {
    for (int gap = n / 2; gap > 0; gap /= 2)
        for (int i = gap; i < n; i++) {
            u16 v = a[i];
            int j = i;
            for (; j >= gap && a[j - gap] > v; j -= gap) a[j] = a[j - gap];
            a[j] = v;
        }
}

static u8 *decimal(u8 *p, u32 v) {
    u8 digits[10];
    int n = 0;
    do digits[n++] = '0' + v % 10; while (v /= 10);
    while (n) *p++ = digits[--n];
    return p;
}

static u32 primes(u8 *sieve, u32 limit) {
    u32 count = 0;
    for (u32 i = 0; i < limit; i++) sieve[i] = 1;
    for (u32 i = 2; i < limit; i++) {
        if (!sieve[i]) continue;
        count++;
        for (u32 j = i + i; j < limit; j += i) sieve[j] = 0;
    }
    return count;
}

/* A small state machine, for table branches. */
__attribute__((noinline)) static u32 step(u32 state, u32 input) {
    switch (state) {
    case 0: return input & 1 ? 3 : 1;
    case 1: return input + 2;
    case 2: return input * 3 >> 1;
    case 3: return input ^ 0x55;
    case 4: return input % 7;
    case 5: return ~input;
    case 6: return input << 3;
    default: return input - state;
    }
}

__attribute__((used)) void start(u32 rounds) {
    do {
        u32 x = 1;
        for (u32 i = 0; i < 1024; i++) {
            x = x * 1664525u + 1013904223u;
            DATA[i] = x >> 24;
        }
        RESULTS->crc = crc32(DATA, 1024);
        sha256(RESULTS->sha, DATA, 1024);
        u32 product[16];
        multiply(product, (u32 *)DATA, (u32 *)DATA);
        for (int i = 0; i < 16; i++) RESULTS->product[i] = product[i];
        for (u32 i = 0; i < 1024; i++) WORK[i] = DATA[i];
        sort((u16 *)WORK, 512);
        RESULTS->sorted = crc32(WORK, 1024);
        u8 *p = WORK;
        u32 state = 7;
        for (u32 i = 0; i < 64; i++) {
            state = step(state & 7, DATA[i] + state);
            p = decimal(p, state ^ i * 2654435761u);
        }
        RESULTS->text = crc32(WORK, p - WORK);
        RESULTS->primes = primes(WORK, 2000);
    } while (--rounds);
    RESULTS->done = 0x600D;
    __asm__ volatile("bkpt #0");
    for (;;) ;
}
