/* Six hops: latency, token bucket that waits, latency, 125 exponential servers, latency, 250
 * lognormal servers. The three constant latencies are FIFO lanes, merged with a 4-ary heap for
 * the rest. floor_hops [requests] [latency, s] [scale]; 1000 requests a second times the scale,
 * which also multiplies servers and tokens; 0.45 s a request with latencies of 0.05 s, so 450 in
 * flight. */
#include "tests/bench/floor.h"
#include "tests/bench/floor_heap.h"

#include <math.h>

enum { LANES = 3 };
enum { TOKEN, EXPONENTIAL_DONE, LOGNORMAL_DONE };

struct lane {
    struct floor_ring due_s, start_s;
};

struct station {
    uint32_t free, kind;
    double mean_s, sigma; /* sigma 0: exponential */
    struct floor_ring line;
    struct random random;
};

struct hops {
    struct floor_heap heap;
    struct lane lanes[LANES];
    struct station stations[2];
    struct floor_ring bucket_line;
    double tokens, tokens_max, token_rate_per_s, filled_s;
    double now_s, next_s, latency_s, gap_s; /* next_s: the next arrival */
    struct random gaps;
    double sum_s;
    uint64_t left;
};

static void hops_lane(struct hops *h, uint32_t lane, double start_s)
{
    floor_ring_push(&h->lanes[lane].due_s, h->now_s + h->latency_s);
    floor_ring_push(&h->lanes[lane].start_s, start_s);
}

static void hops_serve(struct hops *h, struct station *station, double start_s)
{
    const double variate = station->sigma > 0
                               ? exp(station->sigma * random_normal(&station->random) -
                                     station->sigma * station->sigma / 2)
                               : random_exponential(&station->random);
    const double end_s = h->now_s + station->mean_s * variate;
    floor_heap_push(&h->heap, (struct floor_event){end_s, start_s, station->kind});
}

static void hops_station(struct hops *h, struct station *station, double start_s)
{
    if (station->free > 0) {
        station->free--;
        hops_serve(h, station, start_s);
    } else {
        floor_ring_push(&station->line, start_s);
    }
}

static void hops_station_done(struct hops *h, struct station *station)
{
    if (station->line.count > 0)
        hops_serve(h, station, floor_ring_pop(&station->line));
    else
        station->free++;
}

static void hops_refill(struct hops *h)
{
    const double tokens = h->tokens + (h->now_s - h->filled_s) * h->token_rate_per_s;
    h->tokens = tokens < h->tokens_max ? tokens : h->tokens_max;
    h->filled_s = h->now_s;
}

static void hops_token_later(struct hops *h)
{
    const double due_s = h->now_s + (1 - h->tokens) / h->token_rate_per_s;
    floor_heap_push(&h->heap, (struct floor_event){.time_s = due_s, .kind = TOKEN});
}

static void hops_bucket(struct hops *h, double start_s)
{
    hops_refill(h);
    if (h->bucket_line.count == 0 && h->tokens >= 1) {
        h->tokens--;
        hops_lane(h, 1, start_s);
        return;
    }
    floor_ring_push(&h->bucket_line, start_s);
    if (h->bucket_line.count == 1)
        hops_token_later(h);
}

/* The token that the head of the line waits for is here (rounding aside). */
static void hops_token(struct hops *h)
{
    hops_refill(h);
    h->tokens -= 1;
    hops_lane(h, 1, floor_ring_pop(&h->bucket_line));
    if (h->bucket_line.count > 0)
        hops_token_later(h);
}

static void hops_event(struct hops *h)
{
    const struct floor_event event = floor_heap_pop(&h->heap);
    h->now_s = event.time_s;
    switch (event.kind) {
    case TOKEN:
        hops_token(h);
        break;
    case EXPONENTIAL_DONE:
        hops_lane(h, 2, event.start_s);
        hops_station_done(h, &h->stations[0]);
        break;
    default:
        h->sum_s += h->now_s - event.start_s;
        h->left++;
        hops_station_done(h, &h->stations[1]);
        break;
    }
}

static void hops_arrive(struct hops *h)
{
    h->now_s = h->next_s;
    hops_lane(h, 0, h->now_s);
    h->next_s += h->gap_s * random_exponential(&h->gaps);
}

static void hops_lane_due(struct hops *h, int lane)
{
    h->now_s = floor_ring_pop(&h->lanes[lane].due_s);
    const double start_s = floor_ring_pop(&h->lanes[lane].start_s);
    if (lane == 0)
        hops_bucket(h, start_s);
    else
        hops_station(h, &h->stations[lane - 1], start_s);
}

/* The earliest of the next arrival, the heads of the lanes and the top of the heap. */
static void hops_run(struct hops *h, uint64_t requests)
{
    while (h->left < requests) {
        double first_s = h->heap.count > 0 ? h->heap.events[0].time_s : INFINITY;
        int first = LANES;
        for (int i = 0; i < LANES; i++) {
            const struct floor_ring *due_s = &h->lanes[i].due_s;
            if (due_s->count > 0 && due_s->items[due_s->first] < first_s) {
                first_s = due_s->items[due_s->first];
                first = i;
            }
        }
        if (h->next_s < first_s)
            hops_arrive(h);
        else if (first == LANES)
            hops_event(h);
        else
            hops_lane_due(h, first);
    }
}

int main(int argc, char **argv)
{
    const uint64_t requests = (uint64_t)floor_argument(argc, argv, 1, 3e6);
    const double latency_s = floor_argument(argc, argv, 2, 0.05);
    const double scale = floor_argument(argc, argv, 3, 1);
    struct hops h = {.latency_s = latency_s,
                     .gap_s = 1e-3 / scale,
                     .tokens = 10,
                     .tokens_max = 10,
                     .token_rate_per_s = 1250 * scale};
    h.stations[0] =
        (struct station){.free = (uint32_t)(125 * scale), .kind = EXPONENTIAL_DONE, .mean_s = 0.1};
    h.stations[1] = (struct station){.free = (uint32_t)(250 * scale),
                                     .kind = LOGNORMAL_DONE,
                                     .mean_s = 0.2,
                                     .sigma = sqrt(log(2))}; /* cv 1 */
    random_seed(&h.gaps, 1, 0, "floor", "gaps");
    random_seed(&h.stations[0].random, 1, 0, "floor", "exponential");
    random_seed(&h.stations[1].random, 1, 0, "floor", "lognormal");
    const double began_s = floor_clock_s();
    hops_run(&h, requests);
    floor_print(requests, h.sum_s, began_s);
    free(h.heap.events);
    free(h.bucket_line.items);
    for (int i = 0; i < LANES; i++) {
        free(h.lanes[i].due_s.items);
        free(h.lanes[i].start_s.items);
    }
    free(h.stations[0].line.items);
    free(h.stations[1].line.items);
    return 0;
}
