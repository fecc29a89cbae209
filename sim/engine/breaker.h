/* breaker: circuit breakers. Closed: calls pass and their outcomes fill a sliding window of ten
 * slots. When at least `minimum` outcomes are in it and the ratio of failures reaches its limit,
 * it opens: calls are answered `unavailable` on the spot. After `open` one probe may pass (half
 * open): its success closes the breaker with an empty window, its failure opens it again. Every
 * outcome but ok counts as a failure. */
#ifndef ARCHSIM_ENGINE_BREAKER_H
#define ARCHSIM_ENGINE_BREAKER_H

#include "sim/engine/world.h"

enum { BREAKER_SLOTS = 10 };

struct breaker_state {
    bool open;
    int64_t open_until_ns;
    uint32_t probe, probe_generation; /* the frame whose call probes; FRAME_NONE */
    int64_t epoch;                    /* number of the newest slot since time 0 */
    uint32_t totals[BREAKER_SLOTS], failures[BREAKER_SLOTS];
};

void breaker_init(struct breaker_state *state);
/* May f call now? If it becomes the probe, the state remembers it. */
bool breaker_allows(struct world *w, const struct breaker *breaker, const struct frame *f);
/* The call that f was allowed has ended for f. */
void breaker_record(struct world *w, const struct breaker *breaker, const struct frame *f,
                    enum outcome outcome);

#endif
