/* attempts: how a client of AWS tries again (the standard mode of CLI and SDKs): so many attempts,
 * before each further one a wait that is uniform between nothing and first x factor^n, capped (full
 * jitter), and only as long as its retry quota has tokens. A retry takes some, one after a timeout
 * more; a success gives back what its own last retry took, else one.
 * Worked: first 1 s, factor 2, cap 20 s: at most 1, 2, 4, 8, 16, 20, 20 s; 500 tokens at 5 each pay
 * for 100 retries in vain. */
#ifndef ARCHSIM_BLOCKS_ATTEMPTS_H
#define ARCHSIM_BLOCKS_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/random.h"

struct attempts_rules {
    int64_t most_count; /* counts the first */
    int64_t first_ns, cap_ns;
    double factor;
    int64_t tokens_count, retry_count, timeout_count; /* of a full quota; taken by a retry */
};

/* Of one client. */
struct attempts_quota {
    int64_t tokens;
};

void attempts_init(struct attempts_quota *quota, const struct attempts_rules *rules);
/* After `made` attempts that failed, the last with a timeout or not. True: once more, after
 * *wait_ns; *paid is what that retry took. */
bool attempts_again(struct attempts_quota *quota, const struct attempts_rules *rules, int64_t made,
                    bool timeout, struct random *random, int64_t *wait_ns, int64_t *paid);
/* It went well, having paid so much for its last retry; 0: there was none. */
void attempts_good(struct attempts_quota *quota, const struct attempts_rules *rules, int64_t paid);

#endif
