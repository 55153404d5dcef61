// SPDX-License-Identifier: MIT OR Apache-2.0
// ECDSA verification on the curve P-256 (FIPS 186-4): y^2 = x^3 - 3x + b.
//
// Points have Jacobian coordinates: (X, Y, Z) is (X/Z^2, Y/Z^3), and Z = 0 is the point at infinity.
#include "crypto.h"
#include "field.h"
#include "memory.h"
#include "timers.h"

struct point {
    number x, y, z;
};

static const number base[2] = {
    {0xD898C296, 0xF4A13945, 0x2DEB33A0, 0x77037D81, 0x63A440F2, 0xF8BCE6E5, 0xE12C4247, 0x6B17D1F2},
    {0x37BF51F5, 0xCBB64068, 0x6B315ECE, 0x2BCE3357, 0x7C0F9E16, 0x8EE7EB4A, 0xFE1A7F9B, 0x4FE342E2},
};

#define multiply(result, a, b) field_multiply(result, a, b, &field_p)
#define add(result, a, b) field_add(result, a, b, &field_p)
#define subtract(result, a, b) field_subtract(result, a, b, &field_p)

static void point_enter(struct point *point, const number xy[2])
{
    static const number one = {1};
    field_enter(point->x, xy[0], &field_p);
    field_enter(point->y, xy[1], &field_p);
    field_enter(point->z, one, &field_p);
}

// 2P. Infinity stays infinity, and no point of this curve has y = 0.
static void point_double(struct point *p)
{
    number delta, gamma, beta, alpha, spare;
    multiply(delta, p->z, p->z);
    multiply(gamma, p->y, p->y);
    multiply(beta, p->x, gamma);
    // alpha = 3 (x - delta)(x + delta)
    subtract(alpha, p->x, delta);
    add(spare, p->x, delta);
    multiply(alpha, alpha, spare);
    add(spare, alpha, alpha);
    add(alpha, alpha, spare);
    // z = 2yz
    multiply(p->z, p->y, p->z);
    add(p->z, p->z, p->z);
    // x = alpha^2 - 8 beta
    add(beta, beta, beta);
    add(beta, beta, beta);
    multiply(p->x, alpha, alpha);
    subtract(p->x, p->x, beta);
    subtract(p->x, p->x, beta);
    // y = alpha (4 beta - x) - 8 gamma^2
    subtract(spare, beta, p->x);
    multiply(p->y, alpha, spare);
    multiply(gamma, gamma, gamma);
    add(gamma, gamma, gamma);
    add(gamma, gamma, gamma);
    add(gamma, gamma, gamma);
    subtract(p->y, p->y, gamma);
}

// P + Q, for every P and Q.
static void point_add(struct point *p, const struct point *q)
{
    if (number_is_zero(q->z)) return;
    if (number_is_zero(p->z)) {
        *p = *q;
        return;
    }
    number pzz, qzz, u, h, s, r;
    multiply(pzz, p->z, p->z);
    multiply(qzz, q->z, q->z);
    // Both x with the same denominator, and both y.
    multiply(u, p->x, qzz);
    multiply(h, q->x, pzz);
    multiply(s, p->y, qzz);
    multiply(s, s, q->z);
    multiply(r, q->y, pzz);
    multiply(r, r, p->z);
    subtract(h, h, u);
    subtract(r, r, s);
    if (number_is_zero(h)) {
        if (number_is_zero(r))
            point_double(p);
        else
            memset(p, 0, sizeof *p);
        return;
    }
    // z = z1 z2 h
    multiply(p->z, p->z, q->z);
    multiply(p->z, p->z, h);
    // x = r^2 - h^3 - 2 u h^2
    number hh, hhh;
    multiply(hh, h, h);
    multiply(hhh, hh, h);
    multiply(u, u, hh);
    multiply(p->x, r, r);
    subtract(p->x, p->x, hhh);
    subtract(p->x, p->x, u);
    subtract(p->x, p->x, u);
    // y = r (u h^2 - x) - s h^3
    subtract(u, u, p->x);
    multiply(p->y, r, u);
    multiply(s, s, hhh);
    subtract(p->y, p->y, s);
}

// a G + b Q, bit by bit for both together.
static void point_sum(struct point *sum, const number a, const number b, const number key[2])
{
    struct point points[3]; // G, Q, G + Q
    point_enter(&points[0], base);
    point_enter(&points[1], key);
    points[2] = points[0];
    point_add(&points[2], &points[1]);
    memset(sum, 0, sizeof *sum);
    for (int bit = 255; bit >= 0; bit--) {
        if (bit % 32 == 0) feed();
        point_double(sum);
        uint32_t choice = (a[bit / 32] >> bit % 32 & 1) | (b[bit / 32] >> bit % 32 & 1) << 1;
        if (choice != 0) point_add(sum, &points[choice - 1]);
    }
}

static bool in_range(const number a)
{
    return !number_is_zero(a) && number_below(a, field_order.m);
}

// Whether the x coordinate is r, or r plus the order, which are the same for a signature.
static bool has_x(const struct point *point, const number r)
{
    number zz, x, candidate;
    multiply(zz, point->z, point->z);
    field_enter(x, r, &field_p);
    multiply(x, x, zz);
    if (number_equal(x, point->x)) return true;
    number gap;
    subtract(gap, field_p.m, field_order.m);
    if (!number_below(r, gap)) return false;
    add(candidate, r, field_order.m);
    field_enter(x, candidate, &field_p);
    multiply(x, x, zz);
    return number_equal(x, point->x);
}

bool p256_verify(const uint32_t key[2][WORDS], const uint32_t digest[WORDS], const uint32_t r[WORDS],
                 const uint32_t s[WORDS])
{
    if (!in_range(r) || !in_range(s)) return false;
    number inverse, a, b;
    field_enter(inverse, s, &field_order);
    field_invert(inverse, inverse, &field_order);
    // One factor in Montgomery form, one not: the product is not.
    field_multiply(a, digest, inverse, &field_order);
    field_multiply(b, r, inverse, &field_order);
    struct point sum;
    point_sum(&sum, a, b, key);
    return !number_is_zero(sum.z) && has_x(&sum, r);
}
