/* M/M/1 by events: a heap with the next arrival and the next departure, a ring of those who wait.
 * floor_heap [customers]; 900 arrivals a second, service 1 ms; the mean latency is 10 ms. */
#include "tests/bench/floor_heap.h"
#include "tests/bench/floor.h"

enum { ARRIVAL, DEPARTURE };

int main(int argc, char **argv)
{
    const uint64_t customers = (uint64_t)floor_argument(argc, argv, 1, 1e7);
    const double gap_s = 1.0 / 900, service_s = 1e-3;
    struct random gaps, services;
    random_seed(&gaps, 1, 0, "floor", "gaps");
    random_seed(&services, 1, 0, "floor", "services");
    struct floor_heap heap = {0};
    struct floor_ring line = {0};
    const double began_s = floor_clock_s();
    double sum_s = 0;
    uint64_t left = 0;
    floor_heap_push(&heap, (struct floor_event){.kind = ARRIVAL});
    while (left < customers) {
        const struct floor_event event = floor_heap_pop(&heap);
        const double now_s = event.time_s;
        bool start = false;
        if (event.kind == ARRIVAL) {
            floor_ring_push(&line, now_s);
            start = line.count == 1;
            const double next_s = now_s + gap_s * random_exponential(&gaps);
            floor_heap_push(&heap, (struct floor_event){.time_s = next_s, .kind = ARRIVAL});
        } else {
            sum_s += now_s - floor_ring_pop(&line);
            left++;
            start = line.count > 0;
        }
        if (start) {
            const double end_s = now_s + service_s * random_exponential(&services);
            floor_heap_push(&heap, (struct floor_event){.time_s = end_s, .kind = DEPARTURE});
        }
    }
    floor_print(customers, sum_s, began_s);
    free(heap.events);
    free(line.items);
    return 0;
}
