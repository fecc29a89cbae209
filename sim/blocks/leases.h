/* leases: what each of a population holds for a time: a token, credentials, a data key. It is good
 * until it expires or was used so often; from `early` before its end whoever holds it may renew it,
 * but can still use it. Holders ask by a Zipf law. Renewed under Poisson asking at rate a of one
 * holder, a lifetime L costs one renewal in 1 + a L asks; under steady asking one every L - early.
 * Worked: lifetime 60 s, early 10 s, renewed at 0: good at 49 s, old at 50 s, over at 60 s. */
#ifndef ARCHSIM_BLOCKS_LEASES_H
#define ARCHSIM_BLOCKS_LEASES_H

#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/zipf.h"

enum { LEASES_HOLDERS_MAX = 10 * 1000000 };
#define LEASES_USES_UNLIMITED UINT64_MAX

struct leases_rules {
    uint32_t holders_count; /* 1 .. LEASES_HOLDERS_MAX */
    double zipf_s;
    int64_t lifetime_ns; /* > 0 */
    int64_t early_ns;    /* 0 .. lifetime_ns */
    uint64_t uses_max;   /* beside the one that renewed it */
};

struct lease {
    int64_t expires_ns; /* 0: none */
    uint64_t uses;
};

enum lease_state { LEASE_GOOD, LEASE_OLD, LEASE_OVER };

struct leases {
    struct zipf popularity;
    struct lease *holders;
    struct leases_rules rules;
};

/* Nobody holds anything. */
void leases_init(struct leases *leases, struct arena *arena, const struct leases_rules *rules);
/* A holder has one of any age that it has under steady asking, as if that had always lasted. */
void leases_age(struct leases *leases, uint32_t holder, int64_t now_ns, struct random *random);

/* Who asks. */
uint32_t leases_draw(const struct leases *leases, struct random *random);
/* What its lease is now; a good or an old one counts as used. */
enum lease_state leases_use(struct leases *leases, uint32_t holder, int64_t now_ns);
void leases_renew(struct leases *leases, uint32_t holder, int64_t now_ns);
/* It has none any more. */
void leases_end(struct leases *leases, uint32_t holder);

#endif
