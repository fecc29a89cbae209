/* chaos_maker: what draws a world of chaos_worlds.h: the world under way, chance, and times that
 * meet at the same instants. */
#ifndef ARCHSIM_TESTS_ENGINE_CHAOS_MAKER_H
#define ARCHSIM_TESTS_ENGINE_CHAOS_MAKER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CHAOS_NODES_MAX = 7, CHAOS_DEPTH_MAX = 3, CHAOS_CALLS_MAX = 5 };
enum { CHAOS_TRAFFIC_ENDS_MS = 300 };

/* In this order: may have copies; may have operations; are called by built-in operations; call
 * others by themselves. */
enum chaos_type {
    CHAOS_SERVER,
    CHAOS_DELAY,
    CHAOS_POOL,
    CHAOS_LIMITER,
    CHAOS_GATEWAY,
    CHAOS_GROUP,
    CHAOS_FUNCTION,
    CHAOS_QUEUE,
    CHAOS_TABLE,
    CHAOS_AURORA,
    CHAOS_CACHE,
    CHAOS_BALANCER,
    CHAOS_ALB,
    CHAOS_KINDS,
};

struct chaos_maker {
    uint64_t state;
    FILE *out;
    enum chaos_type type[CHAOS_NODES_MAX];
    bool copied[CHAOS_NODES_MAX];     /* sN is reached through bN only */
    bool operations[CHAOS_NODES_MAX]; /* a and b */
    bool fifo[CHAOS_NODES_MAX];
    int trigger[CHAOS_NODES_MAX]; /* the queue that feeds a function; -1: none */
    uint32_t count, at, calls;
    bool loops;   /* some calls lead back */
    bool cancels; /* some timeouts withdraw */
    bool hedges;
    struct chaos_clouds *clouds; /* null: a world without what chaos_clouds.h adds */
};

static uint32_t chaos_below(struct chaos_maker *m, uint32_t bound)
{
    m->state = m->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((m->state >> 33) % bound);
}

static bool chaos_chance(struct chaos_maker *m, uint32_t percent)
{
    return chaos_below(m, 100) < percent;
}

static uint32_t chaos_between(struct chaos_maker *m, uint32_t low, uint32_t high)
{
    return low + chaos_below(m, high - low + 1);
}

__attribute__((format(printf, 2, 3))) static void chaos_print(struct chaos_maker *m,
                                                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(m->out, format, arguments);
    va_end(arguments);
}

static void chaos_time(struct chaos_maker *m)
{
    static const char *const times[] = {"0s",  "0s",  "1ms", "1ms", "1ms",
                                        "2ms", "2ms", "3ms", "5ms", "exponential(1ms)"};
    chaos_print(m, "%s", times[chaos_below(m, sizeof(times) / sizeof(times[0]))]);
}

#endif
