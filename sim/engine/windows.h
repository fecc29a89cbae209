/* windows: the 5-minute windows of one traffic from time 0, by arrival: how many requests came, how
 * many were answered well, and the histogram of their latencies. A window's histogram lives while
 * requests of it may be out, but not for long after; then it is packed, to be unpacked when one
 * comes late. Of the packed ones only those of the worst windows are kept, so that a run of any
 * length takes a bounded amount of memory. */
#ifndef ARCHSIM_ENGINE_WINDOWS_H
#define ARCHSIM_ENGINE_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/histogram.h"

#define WINDOW_NS (300 * INT64_C(1000000000))

enum {
    WINDOWS_MAX = 105120,             /* a year of them; a longer run has none */
    WINDOWS_OPEN_MAX = 64,            /* histograms in use at a time */
    WINDOWS_CODES_BYTES = 128 * 1024, /* packed histograms that are kept */
};

struct window {
    uint64_t arrived, ok, ended;
    struct histogram *latency;  /* of the good ones; null before the first and while packed */
    double latency_p99_ns;      /* when it was packed last; NaN: fewer than ten beyond it */
    struct histogram_code code; /* bytes null: not packed, dropped, or nothing was good */
    bool dropped;               /* only the p99 was kept */
};

struct windows {
    struct window *items;
    struct window *last;                   /* in which something arrived */
    int64_t last_start_ns, last_length_ns; /* of that one; length 0: none yet */
    int64_t origin_ns;
    uint32_t count;       /* 0: none are kept */
    uint32_t open_count;  /* histograms in use */
    uint32_t open_oldest; /* in none before this one */
    uint32_t spare_count;
    struct histogram *spare[WINDOWS_OPEN_MAX]; /* that windows gave back */
    size_t codes_bytes;
    struct arena *arena;
};

/* As many whole windows as the duration has, from inside time origin_ns. */
void windows_init(struct windows *windows, struct arena *arena, int64_t origin_ns,
                  int64_t duration_ns);
void windows_done(struct windows *windows);

/* The cold halves of the two below. */
void windows_arrive_new(struct windows *windows, int64_t now_ns);
void windows_finish_in(struct windows *windows, struct window *window, int64_t now_ns);
struct window *windows_at(struct windows *windows, int64_t start_ns);
void windows_open(struct windows *windows, struct window *window);

/* A measured request arrives. */
static inline void windows_arrive(struct windows *windows, int64_t now_ns)
{
    if (now_ns - windows->last_start_ns < windows->last_length_ns) {
        windows->last->arrived++;
    } else if (windows->count > 0) {
        windows_arrive_new(windows, now_ns);
    }
}

/* A measured request that arrived at start_ns has ended. */
static inline void windows_finish(struct windows *windows, int64_t start_ns, int64_t now_ns,
                                  bool good)
{
    if (windows->count == 0) {
        return;
    }
    const uint64_t age_ns = (uint64_t)(start_ns - windows->last_start_ns);
    struct window *window =
        age_ns < (uint64_t)windows->last_length_ns ? windows->last : windows_at(windows, start_ns);
    if (window == NULL) {
        return;
    }
    window->ended++;
    if (good) {
        window->ok++;
        if (window->latency == NULL) {
            windows_open(windows, window);
        }
        histogram_add(window->latency, now_ns - start_ns);
    }
    if (window->ended == window->arrived) {
        windows_finish_in(windows, window, now_ns);
    }
}

/* Packs the windows that are still open. */
void windows_pack(struct windows *windows);

#endif
