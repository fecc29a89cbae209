/* wild_databases: the databases of random worlds, and the proxies before them. */
#ifndef ARCHSIM_TESTS_SUPPORT_WILD_DATABASES_H
#define ARCHSIM_TESTS_SUPPORT_WILD_DATABASES_H

#include "tests/support/wild_maker.h"

/* A proxy in front takes the name. */
static inline void wild_proxy(struct wild_maker *m)
{
    wild_print(m,
               "type: rds_proxy, target: d%u, max_connections: %u, readers: %u, retry: 20ms, "
               "connection_borrow_timeout: %ums",
               m->at, wild_between(m, 1, 20), wild_below(m, 3), wild_between(m, 10, 500));
    wild_timed(m, "latency", 500);
    if (wild_chance(m, 30)) {
        wild_print(m, ", pinned: {share: 50%%, hold: %ums}", wild_between(m, 1, 100));
    }
    wild_print(m, "}\n  d%u: {", m->at);
}

static inline void wild_aurora(struct wild_maker *m)
{
    const bool first = wild_chance(m, 20), proxy = wild_chance(m, 30);
    if (proxy) {
        wild_proxy(m);
    }
    wild_print(m, "type: aurora_serverless, max_connections: %u, working_set: %u GiB",
               wild_between(m, 2, 40), wild_between(m, 1, 8));
    wild_print(m, ", buffer_at_start: %s, idle_connections: %u",
               wild_chance(m, 50) ? "cold" : "warm", proxy ? 1 : wild_below(m, 2));
    if (first) {
        wild_print(m, ", version: v1, engine: mysql, min_capacity: 1 ACU, max_capacity: 4 ACU, v1: "
                      "{period: 1s, move_time: 0s, timeout_action: force}");
    } else {
        wild_print(m,
                   ", min_capacity: %s ACU, max_capacity: %u ACU, readers: %u, promotion_tier: %u",
                   wild_chance(m, 50) ? "0" : "1.5", wild_between(m, 2, 8), wild_below(m, 4),
                   wild_below(m, 4));
    }
    if (wild_chance(m, 30)) {
        wild_print(m, ", failure: {mtbf: exponential(%ums)}, failover: {recreate: 30ms%s}",
                   wild_between(m, 20, 500), first ? "" : ", reader: 20ms");
    }
    if (wild_chance(m, 30)) {
        wild_print(m, ", zone_failure: {mtbf: %ums, mttr: %ums}", wild_between(m, 20, 500),
                   wild_between(m, 20, 500));
    }
    wild_timed(m, "query_work", 500);
    wild_timed(m, "storage_read", 500);
    wild_timed(m, "commit", 500);
    wild_timed(m, "copy_write", 500);
    wild_timed(m, "replica_apply", 500);
}

#endif
