/* rds_proxy_tables: what rds_proxy.c knows as tables: parameters, metrics, what may run out.
 * Included by models/rds_proxy.c alone. */
#ifndef ARCHSIM_MODELS_RDS_PROXY_TABLES_H
#define ARCHSIM_MODELS_RDS_PROXY_TABLES_H

#include "models/database.h"

struct proxy_params {
    struct call_target target_target;
    int64_t max_connections_count;
    double max_connections_percent_ratio;
    int64_t readers_count;
    int64_t connection_borrow_timeout_ns, retry_ns;
    const struct distribution *latency_ns_dist;
    struct {
        double share_ratio;
        const struct distribution *hold_ns_dist;
    } pinned;
};

#define PROXY_GUIDE "RDS User Guide, RDS Proxy connection considerations"
#define PROXY_API "RDS API Reference, ConnectionPoolConfiguration"
#define PARAMS struct proxy_params
static const struct param proxy_params[] = {
    SERVICE(target, REQUIRED, "the database: an rds or an aurora_serverless",
            DOCUMENTED("RDS User Guide, Amazon RDS Proxy")),
    COUNT(max_connections, REQUIRED, "1..262143", "max_connections of an instance of the database",
          ASSUMED("that of the target: `archsim run` shows rds's, by class and engine")),
    RATIO(max_connections_percent, "100%", "1%..100%",
          "of them that the proxy may open, to each instance", DOCUMENTED(PROXY_API)),
    COUNT(readers, "0", "0..15",
          "instances of the read-only endpoint, for `read`; 0: all goes to the writer",
          DOCUMENTED("RDS User Guide, Working with Amazon RDS Proxy endpoints")),
    TIME(connection_borrow_timeout, "120s", "0s..1h",
         "who has waited so long for a connection ends as `timeout`; 0s: waits for ever",
         DOCUMENTED(PROXY_API ": 120 by default, 0 to 3,600")),
    TIME_DIST(latency, "1ms", "0s..1s", "that the proxy adds to a call, its connection borrowed",
              ESTIMATED("a hop in the zone and its handling; AWS publishes none")),
    TIME(retry, "1s", "1ms..1min", "a held call looks again for a writer after so long",
         ESTIMATED("the proxy watches the instances; AWS does not publish how often")),
    RATIO(pinned.share, REQUIRED, "0..100%",
          "calls whose session's state pins it to its connection",
          ASSUMED("yours: DatabaseConnectionsCurrentlySessionPinned")),
    TIME_DIST(pinned.hold, REQUIRED, "0s..1d", "that keeps the connection for so long after it",
              ASSUMED("until your client closes its session")),
};
#undef PARAMS

enum proxy_metric {
    PROXY_QUERIES,
    PROXY_BORROWED,
    PROXY_ALLOWED,
    PROXY_BORROW_LATENCY,
    PROXY_PINNED,
    PROXY_BORROW_TIMEOUTS,
    PROXY_HELD,
};
static const struct metric proxy_metrics[] = {
    [PROXY_QUERIES] = {"query_requests", QUANTITY_COUNT, METRIC_VALUE,
                       "calls that were sent to the database"},
    [PROXY_BORROWED] = {"database_connections_currently_borrowed", QUANTITY_COUNT, METRIC_VALUE,
                        "connections in use, pinned ones among them, mean over time"},
    [PROXY_ALLOWED] = {"max_database_connections_allowed", QUANTITY_COUNT, METRIC_VALUE,
                       "connections that the proxy may open, all instances"},
    [PROXY_BORROW_LATENCY] = {"database_connections_borrow_latency", QUANTITY_TIME, METRIC_LATENCY,
                              "from a call until it had a connection"},
    [PROXY_PINNED] = {"database_connections_currently_session_pinned", QUANTITY_COUNT, METRIC_VALUE,
                      "connections that idle sessions are pinned to, mean over time"},
    [PROXY_BORROW_TIMEOUTS] = {"borrow_timeouts", QUANTITY_COUNT, METRIC_VALUE,
                               "calls that waited too long for a connection"},
    [PROXY_HELD] = {"held_for_failover", QUANTITY_COUNT, METRIC_VALUE,
                    "times that a call was held as the database had no writer"},
};
static const char *const proxy_resources[DATABASE_ROLES] = {"connections to the writer",
                                                            "connections to the readers"};

#endif
