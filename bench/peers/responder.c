/* A pseudo-terminal that answers like a Secure DFU bootloader, as fast as it can, and takes the time of the firmware.
 *
 * usage: responder IMAGE_BYTES MTU CREATE_US EXECUTE_US
 *
 * First line on stdout: the name of the port. Then, for every update, a line with the microseconds from the first Select of
 * a data object to the answer to the last Execute, the microseconds of it that were waited here, the bytes taken, and
 * their CRC-32. It never looks at an init packet,
 * and forgets everything behind a last Execute. CREATE_US and EXECUTE_US are waited for in front of the answers to
 * Create and Execute of a data object.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { END = 0xC0, ESC = 0xDB, ESC_END = 0xDC, ESC_ESC = 0xDD };
enum { CREATE = 1, SET_PRN = 2, GET_CRC = 3, EXECUTE = 4, SELECT = 6, GET_MTU = 7, WRITE = 8, PING = 9 };
enum { COMMAND = 1, DATA = 2, MAX_COMMAND = 512, MAX_DATA = 4096 };

struct object {
    uint32_t held, crc;         /* everything taken so far */
    uint32_t sure, sure_crc;    /* up to the last Execute */
};

static uint32_t table[8][256];
static struct object objects[3];
static int port, selected;
static unsigned prn, prn_left;
static uint32_t image_bytes, mtu, create_us, execute_us;
static struct timespec began;
static int measuring;
static long waited_us;

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        table[0][i] = crc;
    }
    for (int slice = 1; slice < 8; slice++)
        for (uint32_t i = 0; i < 256; i++)
            table[slice][i] = table[slice - 1][i] >> 8 ^ table[0][table[slice - 1][i] & 0xFF];
}

static uint32_t crc32(uint32_t crc, const uint8_t *data, size_t length)
{
    crc = ~crc;
    while (length >= 8) {
        uint32_t low, high;
        memcpy(&low, data, 4);
        memcpy(&high, data + 4, 4);
        low ^= crc;
        crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^ table[4][low >> 24]
            ^ table[3][high & 0xFF] ^ table[2][high >> 8 & 0xFF] ^ table[1][high >> 16 & 0xFF] ^ table[0][high >> 24];
        data += 8;
        length -= 8;
    }
    while (length--)
        crc = crc >> 8 ^ table[0][(crc ^ *data++) & 0xFF];
    return ~crc;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void wait_us(uint32_t us)
{
    struct timespec time = { us / 1000000, (long)(us % 1000000) * 1000 }, from, to;
    if (us == 0)
        return;
    /* A busy machine sleeps longer than it was asked to, which is not the client's doing. */
    clock_gettime(CLOCK_MONOTONIC, &from);
    while (nanosleep(&time, &time) && errno == EINTR)
        ;
    clock_gettime(CLOCK_MONOTONIC, &to);
    waited_us += (to.tv_sec - from.tv_sec) * 1000000L + (to.tv_nsec - from.tv_nsec) / 1000;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *at++ = value >> 8 * i & 0xFF;
    return at;
}

static void answer(const uint8_t *message, size_t length)
{
    uint8_t frame[64];
    size_t size = 0;
    for (size_t i = 0; i < length; i++) {
        if (message[i] == END || message[i] == ESC) {
            frame[size++] = ESC;
            frame[size++] = message[i] == END ? ESC_END : ESC_ESC;
        } else {
            frame[size++] = message[i];
        }
    }
    frame[size++] = END;
    for (size_t sent = 0; sent < size;) {
        ssize_t count = write(port, frame + sent, size - sent);
        if (count < 0 && errno != EINTR && errno != EAGAIN)
            fail("write");
        sent += count > 0 ? (size_t)count : 0;
    }
}

static void finished(void)
{
    struct timespec now;
    struct object *data = &objects[DATA];
    clock_gettime(CLOCK_MONOTONIC, &now);
    long us = (now.tv_sec - began.tv_sec) * 1000000L + (now.tv_nsec - began.tv_nsec) / 1000;
    printf("%ld %ld %u %08x\n", us, waited_us, data->held, data->crc);
    fflush(stdout);
    memset(objects, 0, sizeof objects);
    prn = 0;
    measuring = 0;
    waited_us = 0;
}

static void request(const uint8_t *frame, size_t length)
{
    uint8_t reply[16] = { 0x60, frame[0], 1 };
    uint8_t *end = reply + 3;
    struct object *object = &objects[selected];

    switch (frame[0]) {
    case WRITE:
        object->crc = crc32(object->crc, frame + 1, length - 1);
        object->held += (uint32_t)length - 1;
        if (prn == 0 || --prn_left > 0)
            return;
        prn_left = prn;
        reply[1] = GET_CRC;
        end = put32(put32(end, object->held), object->crc);
        break;
    case PING:
        *end++ = length > 1 ? frame[1] : 0;
        break;
    case SET_PRN:
        prn = prn_left = length > 2 ? frame[1] | frame[2] << 8 : 0;
        break;
    case GET_MTU:
        *end++ = mtu & 0xFF;
        *end++ = mtu >> 8 & 0xFF;
        break;
    case SELECT:
        selected = length > 1 && frame[1] == DATA ? DATA : COMMAND;
        object = &objects[selected];
        if (selected == DATA && !measuring) {
            clock_gettime(CLOCK_MONOTONIC, &began);
            measuring = 1;
        }
        end = put32(end, selected == DATA ? MAX_DATA : MAX_COMMAND);
        end = put32(put32(end, object->held), object->crc);
        break;
    case CREATE:
        selected = length > 1 && frame[1] == DATA ? DATA : COMMAND;
        object = &objects[selected];
        if (selected == COMMAND)
            memset(objects, 0, sizeof objects);
        object->held = object->sure;
        object->crc = object->sure_crc;
        prn_left = prn;
        if (selected == DATA)
            wait_us(create_us);
        break;
    case GET_CRC:
        end = put32(put32(end, object->held), object->crc);
        break;
    case EXECUTE:
        object->sure = object->held;
        object->sure_crc = object->crc;
        if (selected == DATA)
            wait_us(execute_us);
        break;
    default:
        reply[2] = 2;
    }
    answer(reply, (size_t)(end - reply));
    if (frame[0] == EXECUTE && selected == DATA && object->held >= image_bytes)
        finished();
}

static void take(const uint8_t *bytes, size_t length)
{
    static uint8_t frame[8192];
    static size_t size;
    static int escaped;

    for (size_t i = 0; i < length; i++) {
        uint8_t byte = bytes[i];
        if (byte == END) {
            if (size)
                request(frame, size);
            size = 0;
            escaped = 0;
        } else if (byte == ESC) {
            escaped = 1;
        } else {
            if (escaped)
                byte = byte == ESC_END ? END : ESC;
            escaped = 0;
            if (size < sizeof frame)
                frame[size++] = byte;
        }
    }
}

int main(int count, char **arguments)
{
    if (count != 5) {
        fprintf(stderr, "usage: responder IMAGE_BYTES MTU CREATE_US EXECUTE_US\n");
        return 2;
    }
    image_bytes = (uint32_t)strtoul(arguments[1], NULL, 10);
    mtu = (uint32_t)strtoul(arguments[2], NULL, 10);
    create_us = (uint32_t)strtoul(arguments[3], NULL, 10);
    execute_us = (uint32_t)strtoul(arguments[4], NULL, 10);
    make_table();

    port = posix_openpt(O_RDWR | O_NOCTTY);
    if (port < 0 || grantpt(port) || unlockpt(port))
        fail("pseudo-terminal");
    const char *name = ptsname(port);
    /* Held open, so that the port is not hung up between two clients. */
    int held = open(name, O_RDWR | O_NOCTTY);
    struct termios raw;
    if (held < 0 || tcgetattr(held, &raw))
        fail(name);
    cfmakeraw(&raw);
    tcsetattr(held, TCSANOW, &raw);
    printf("%s\n", name);
    fflush(stdout);

    static uint8_t bytes[65536];
    for (;;) {
        ssize_t got = read(port, bytes, sizeof bytes);
        if (got > 0)
            take(bytes, (size_t)got);
        else if (got < 0 && errno != EINTR && errno != EIO)
            fail("read");
    }
}
