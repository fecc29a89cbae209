/* random: one stream of random numbers per component and purpose (xoshiro256++).
 * A stream is seeded from a hash of (seed, replication, name, purpose), so that adding or
 * reordering components never shifts the luck of another: common random numbers between variants.
 * The exponential and the normal are ziggurats; the rest of the distributions asks GSL. */
#ifndef ARCHSIM_KERNEL_RANDOM_H
#define ARCHSIM_KERNEL_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state[4];
};

/* Names the stream; `purpose` is a literal such as "work" or "arrivals". */
void random_seed(struct random *random, uint64_t seed, uint32_t replication, const char *name,
                 const char *purpose);

/* Where a key falls: the finalizer of splitmix64 (Steele, Lea and Flood, OOPSLA 2014); every bit of
 * the key changes half of the hash. */
static inline uint64_t random_hash(uint64_t key, uint64_t salt)
{
    uint64_t x = salt + (key + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    const uint64_t sum = s[0] + s[3];
    const uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* Uniform on the open interval (0, 1): middles of 2^52 cells (of 2^53 the last rounds to 1). */
static inline double random_uniform(struct random *random)
{
    return ((double)(int64_t)(random_next(random) >> 12) + 0.5) * 0x1p-52;
}

/* Uniform on 0..count-1, without bias to within 2^-64 * count (Lemire's multiplication). */
static inline uint32_t random_below(struct random *random, uint32_t count)
{
    return (uint32_t)(((unsigned __int128)random_next(random) * count) >> 64);
}

/* Ziggurats of 256 layers of equal area (Marsaglia and Tsang, J. Stat. Software 5:8, 2000): layer i
 * reaches from 0 to edges[i] * 2^53; what lies below the next edge is under the curve for certain,
 * 99 % of the draws. Layer and value come from different bits. */
enum { RANDOM_LAYERS = 256 };
extern const double random_exponential_edges[RANDOM_LAYERS + 1];
extern const double random_normal_edges[RANDOM_LAYERS + 1];

/* The rest: the wedge under the curve, the exact tail, or a new draw. */
double random_exponential_rest(struct random *random, uint64_t bits);
double random_normal_rest(struct random *random, uint64_t bits);

/* Exponential with mean 1. */
static inline double random_exponential(struct random *random)
{
    const uint64_t bits = random_next(random);
    const double *edge = &random_exponential_edges[bits % RANDOM_LAYERS];
    const double x = (double)(int64_t)(bits >> 11) * edge[0];
    if (__builtin_expect(x < edge[1] * 0x1p53, 1))
        return x;
    return random_exponential_rest(random, bits);
}

/* Normal with mean 0 and variance 1. */
static inline double random_normal(struct random *random)
{
    const uint64_t bits = random_next(random);
    const double *edge = &random_normal_edges[bits % RANDOM_LAYERS];
    const double x = (double)((int64_t)bits >> 10) * edge[0];
    if (__builtin_expect(__builtin_fabs(x) < edge[1] * 0x1p53, 1))
        return x;
    return random_normal_rest(random, bits);
}

#endif
