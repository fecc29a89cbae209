/* log: what happened of note in a world, for the summary and the database: capacity that was
 * changed and why, spells of throttling, members that fell ill. Whoever writes an entry may keep it
 * and complete it (a ramp that goes on, a spell that ends). Bounded: beyond LOG_ENTRIES_MAX of a
 * service, or what the log may hold, entries are counted but not kept. Texts are literals. */
#ifndef ARCHSIM_KERNEL_LOG_H
#define ARCHSIM_KERNEL_LOG_H

#include <stdint.h>

#include "sim/kernel/arena.h"

enum { LOG_ENTRIES_MAX = 2000 };

enum log_kind {
    LOG_SCALE_OUT,  /* more capacity was asked for */
    LOG_SCALE_IN,   /* less */
    LOG_PAUSE,      /* it went to sleep */
    LOG_RESUME,     /* it was woken */
    LOG_THROTTLING, /* calls were refused from at_ns to until_ns, `count` of them */
    LOG_UNHEALTHY,  /* a member was taken out */
    LOG_HEALTHY,    /* a member was taken in */
    LOG_ALARM,      /* an alarm goes off */
    LOG_ALARM_OVER, /* it leaves that state */
    LOG_COMMAND,    /* an administrator's command has ended */
    LOG_KINDS,
};
/* "scale_out", ...: as the results show it. */
extern const char *const log_kind_names[LOG_KINDS];

struct log_entry {
    enum log_kind kind;
    uint16_t service;   /* set by service_log */
    int64_t at_ns;      /* set by service_log; inside time */
    int64_t until_ns;   /* when it was over; at_ns where it took no time */
    const char *metric; /* what was looked at ("cpu_utilization", "account concurrency"); or null */
    double value, threshold; /* of it; NaN: none */
    double from, to;         /* capacity before and after, as `capacity` counts it; NaN: none */
    int64_t delay_ns;        /* from the decision until it has its effect; 0: at once */
    uint64_t count;          /* calls refused, members concerned */
    const char *text;        /* anything else that a reader must know, or null */
    struct log_entry *next;
};

struct log {
    struct log_entry *first, *last;
    uint32_t *kept; /* entries of each service */
    uint32_t left;  /* entries that may still be kept */
    uint64_t dropped;
    struct log_entry spare; /* what is written when no more is kept */
    struct arena *arena;
};

/* Holds at most so many entries of all services. */
void log_init(struct log *log, struct arena *arena, uint32_t services_count, uint32_t entries_max);
/* A copy of the entry that stays, or the spare one. */
struct log_entry *log_add(struct log *log, uint16_t service, const struct log_entry *entry);

#endif
