/* replay: a replica that applies what its primary wrote, one write after the other, each once it
 * has come over the network: the lag is a queue. While the writes come faster than they are
 * applied it grows without bound, by the surplus work of each second.
 * Worked, 1 ms to come and 2 ms to apply: a write at 0 is applied at 3 ms, one at 1 ms, which waits
 * until then, at 5 ms: it was 4 ms behind. */
#ifndef ARCHSIM_BLOCKS_REPLAY_H
#define ARCHSIM_BLOCKS_REPLAY_H

#include <stdint.h>

/* All zero: nothing to apply. */
struct replay {
    int64_t applied_ns; /* when all that was written is applied */
};

/* Something is written at now_ns, which never goes back. Returns how far behind it is applied. */
static inline int64_t replay_write(struct replay *replay, int64_t now_ns, int64_t transport_ns,
                                   int64_t apply_ns)
{
    const int64_t come_ns = now_ns + transport_ns;
    replay->applied_ns = (replay->applied_ns > come_ns ? replay->applied_ns : come_ns) + apply_ns;
    return replay->applied_ns - now_ns;
}

/* How long it takes from now until nothing is left to apply. */
static inline int64_t replay_left_ns(const struct replay *replay, int64_t now_ns)
{
    return replay->applied_ns > now_ns ? replay->applied_ns - now_ns : 0;
}

#endif
