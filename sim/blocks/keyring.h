/* keyring: keys that all requests share (a JWKS): cached for a lifetime, then fetched anew by the
 * first that finds them expired, while the others wait for the same fetch.
 * Worked: lifetime 1 h, a fetch of 100 ms; asked at 0 and at 40 ms, the first waits for 100 ms, the
 * second for 60 ms, and nobody until 1 h after the fetch has ended. */
#ifndef ARCHSIM_BLOCKS_KEYRING_H
#define ARCHSIM_BLOCKS_KEYRING_H

#include <stdint.h>

#include "sim/kernel/distribution.h"

struct keyring {
    const struct distribution *fetch_ns_dist;
    int64_t lifetime_ns;
    struct random random;
    int64_t ready_ns, expires_ns;
};

/* Nothing is cached. */
void keyring_init(struct keyring *keyring, const struct distribution *fetch_ns_dist,
                  int64_t lifetime_ns, const struct random *random);
/* How long a request must wait for the keys. */
int64_t keyring_wait_ns(struct keyring *keyring, int64_t now_ns);

#endif
