/* wild_maker: what the parts of wild.c share: a world under way, chance, and laws of times. */
#ifndef ARCHSIM_TESTS_SUPPORT_WILD_MAKER_H
#define ARCHSIM_TESTS_SUPPORT_WILD_MAKER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { WILD_NODES_MAX = 7, WILD_DEPTH_MAX = 2 };

/* What is drawn first of a service: who may call it, and how. */
enum wild_type {
    WILD_SERVER,
    WILD_DELAY,
    WILD_LIMITER,
    WILD_POOL,
    WILD_GATEWAY,
    WILD_GROUP,
    WILD_FUNCTION,
    WILD_QUEUE, /* from here on called by built-in operations, */
    WILD_TABLE,
    WILD_AURORA,
    WILD_TOPIC,
    WILD_BUS,
    WILD_BUCKET, /* until here */
    WILD_CACHE,
    WILD_BALANCER,
    WILD_ALB,
    WILD_TYPES,
};

struct wild_maker {
    uint64_t state;
    FILE *out; /* the line under way */
    enum wild_type type[WILD_NODES_MAX];
    bool operations[WILD_NODES_MAX]; /* is called as sN.a or sN.b */
    bool copied[WILD_NODES_MAX];     /* has copies, and is reached through bN only */
    bool fifo[WILD_NODES_MAX];
    uint32_t consumers[WILD_NODES_MAX]; /* of the stream of a table, at most two */
    int feeder[WILD_NODES_MAX];         /* the queue before it that feeds a function; -1: none */
    uint32_t count, at; /* services; the one under way, which may call those after it */
    uint32_t calls;     /* that it has so far */
};

/* ---- chance ---- */

/* splitmix64: not archsim's own generator */
static inline uint64_t wild_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint32_t wild_below(struct wild_maker *m, uint32_t bound)
{
    return (uint32_t)(wild_next(&m->state) >> 32) % bound;
}

static inline bool wild_chance(struct wild_maker *m, uint32_t percent)
{
    return wild_below(m, 100) < percent;
}

static inline uint32_t wild_between(struct wild_maker *m, uint32_t low, uint32_t high)
{
    return low + wild_below(m, high - low + 1);
}

__attribute__((format(printf, 2, 3))) static inline void wild_print(struct wild_maker *m,
                                                                    const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(m->out, format, arguments);
    va_end(arguments);
}

/* A law of times with a mean of about so many microseconds. */
static inline void wild_law(struct wild_maker *m, uint32_t mean_us)
{
    const uint32_t us = wild_between(m, mean_us / 4 + 1, mean_us * 2);
    switch (wild_below(m, 7)) {
    case 0:
        wild_print(m, "%uus", us);
        break;
    case 1:
        wild_print(m, "uniform(%uus %uus)", us / 2, us * 3 / 2 + 1);
        break;
    case 2:
        wild_print(m, "lognormal(mean=%uus cv=%u)", us, wild_between(m, 1, 3));
        break;
    case 3:
        wild_print(m, "erlang(k=%u mean=%uus)", wild_between(m, 1, 4), us);
        break;
    case 4:
        wild_print(m, "%s", wild_chance(m, 30) ? "0s" : "1ms"); /* ties */
        break;
    default:
        wild_print(m, "exponential(%uus)", us);
        break;
    }
}

static inline void wild_timed(struct wild_maker *m, const char *key, uint32_t mean_us)
{
    wild_print(m, ", %s: ", key);
    wild_law(m, mean_us);
}

#endif
