/* plans: limits for callers that show a key. Each plan has a share of the requests and a number of
 * keys that are used alike; each key has a throttle and a quota of its own (requests in each period
 * since the origin). What the quota has counted is not given back when the throttle refuses.
 * Worked: one plan, share 1, one key, 2 requests in each minute: of three at 10 s the third is over
 * its quota; at 60 s two more may come. */
#ifndef ARCHSIM_BLOCKS_PLANS_H
#define ARCHSIM_BLOCKS_PLANS_H

#include "sim/blocks/throttle.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/random.h"

/* As a list of parameters fills it in. */
struct plans_rules {
    double share_ratio; /* 0 .. 1; all together at most 1 */
    int64_t keys_count; /* >= 1 */
    struct {
        double rate_per_s; /* of one key; NaN: no throttle */
        int64_t burst_count;
    } throttle;
    struct {
        int64_t requests_count, period_ns; /* of one key; requests < 0: no quota */
    } quota;
};

struct plans_key {
    struct throttle throttle;
    int64_t period, requests; /* the latest period, and what was asked in it */
};

struct plans {
    const struct plans_rules *rules;
    struct plans_key **keys; /* of each plan */
    uint32_t count;
    int64_t origin_ns;
    struct random random;
    uint64_t taken; /* tokens */
};

enum plans_answer { PLANS_PASS, PLANS_THROTTLED, PLANS_OVER_QUOTA };

/* The rules must outlive it. */
void plans_init(struct plans *plans, struct arena *arena, const struct plans_rules *rules,
                uint32_t count, int64_t origin_ns, const struct random *random);
/* One request, with the key of some plan or none. */
enum plans_answer plans_ask(struct plans *plans, int64_t now_ns);
/* Tokens that come a second, of all keys together; INFINITY: nobody has a throttle. */
double plans_rate_per_s(const struct plans *plans);

#endif
