/* samples: what every traffic and service did in equal intervals of the window, and how much of
 * what each service has was in use: over the whole window or, where the traffic varies, in its
 * busiest minute. Readings are sums and areas up to an instant; an interval is the difference of
 * two. */
#ifndef ARCHSIM_ENGINE_SAMPLES_H
#define ARCHSIM_ENGINE_SAMPLES_H

#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/param.h"

struct world;
struct scenario;

/* Series of a traffic, then of a service. */
enum sample_traffic {
    SAMPLE_OFFERED,    /* 1/s */
    SAMPLE_THROUGHPUT, /* 1/s */
    SAMPLE_ERRORS,     /* 1/s */
    SAMPLE_LATENCY,    /* s, mean; NaN: nothing was answered well */
    SAMPLES_TRAFFIC
};
enum sample_service {
    SAMPLE_ARRIVALS,  /* 1/s */
    SAMPLE_IN_FLIGHT, /* means of levels */
    SAMPLE_QUEUE,
    SAMPLE_BUSY,
    SAMPLE_CAPACITY, /* NaN: unlimited */
    SAMPLES_SERVICE
};
extern const char *const sample_traffic_names[SAMPLES_TRAFFIC]; /* "throughput", "latency.mean" */
extern const char *const sample_service_names[SAMPLES_SERVICE];

/* What of a service may be used up, each as a share: its capacity (busy / present) where its type
 * names no resources, its bulkhead, then the resources of its type in order. */
enum used_kind {
    USED_CAPACITY,
    USED_LIMIT,
    USED_RESOURCE,
    USED_KINDS = USED_RESOURCE + RESOURCES_MAX
};

struct samples {
    int64_t start_ns, end_ns, step_ns; /* inside times */
    int64_t next_ns;                   /* end of the interval under way; EVENTS_TIME_MAX: none */
    uint32_t count, capacity;          /* intervals that are over, of so many */
    uint32_t series_count;
    double *values; /* of series i from i * capacity on: traffic by traffic, service by service */
    double *last;   /* readings at the beginning of the interval */
    double *now;
    int64_t used_from_ns, used_length_ns;
    double *used_last, *used_available; /* per service and kind */
    double *used;                       /* the largest share so far; NaN: not limited */
};

/* How many series the samples of a scenario have, and which one. */
uint32_t samples_series(const struct scenario *scenario);
uint32_t samples_of_traffic(uint32_t traffic, enum sample_traffic series);
uint32_t samples_of_service(const struct scenario *scenario, uint32_t service,
                            enum sample_service series);

/* The window begins now; gauges have been reset. */
void samples_begin(struct world *w);
/* The clock has come to samples.next_ns or passed it, and nothing has happened since. */
void samples_take(struct world *w);

#endif
