/* alb_tables: what alb.c knows as tables: parameters, metrics, what a capacity unit is; and what
 * the parameters say together. */
#ifndef ARCHSIM_MODELS_ALB_TABLES_H
#define ARCHSIM_MODELS_ALB_TABLES_H

#include "models/elb.h"

#define CHECKS_PAGE "ELB User Guide for ALB, Health checks for your target groups"
#define GROUP_PAGE "ELB User Guide for ALB, Target groups"
#define ATTRIBUTES_PAGE "ELB User Guide for ALB, Edit target group attributes"
#define LAMBDA_PAGE "ELB User Guide for ALB, Use Lambda functions as targets"
#define TROUBLE_PAGE "ELB User Guide for ALB, Troubleshoot"
#define RULES_PAGE "ELB User Guide for ALB, Listener rules"

enum alb_routing { ALB_ROUND_ROBIN, ALB_LEAST_OUTSTANDING, ALB_WEIGHTED_RANDOM };
enum alb_dead { ALB_REFUSES, ALB_SILENT };
enum alb_metric {
    ALB_REQUEST_COUNT,
    ALB_REQUEST_COUNT_PER_TARGET,
    ALB_ELB_4XX,
    ALB_ELB_460,
    ALB_ELB_5XX,
    ALB_ELB_502,
    ALB_ELB_503,
    ALB_ELB_504,
    ALB_TARGET_4XX,
    ALB_TARGET_5XX,
    ALB_TARGET_CONNECTION_ERROR,
    ALB_LAMBDA_USER_ERROR,
    ALB_AUTH_SUCCESS,
    ALB_AUTH_FAILURE,
    ALB_REJECTED_CONNECTION,
    ALB_NEW_CONNECTION,
    ALB_COUNTS, /* up to here they are counted; the others are worked out */
    ALB_ACTIVE_CONNECTION = ALB_COUNTS,
    ALB_PROCESSED_BYTES,
    ALB_RULE_EVALUATIONS,
    ALB_CONSUMED_LCUS,
    ALB_TARGET_RESPONSE_TIME,
    ALB_HOSTS, /* enum elb_hosts */
};

#define ALB_LCU_SOURCE "Elastic Load Balancing pricing, LCU"
/* 25 new connections a second, 3,000 active ones, 1 GB an hour (functions: 0.4 GB), 1,000 rules. */
static const struct elb_unit alb_unit = {
    .connections_per_s = 25,
    .active = 3000,
    .bytes_per_hour = 1e9,
    .function_bytes_per_hour = 0.4e9,
    .rules_per_s = 1000,
};
enum { ALB_RULES_FREE = 10 /* the first of each request; the same page */ };

static const enum rotation_policy alb_policies[] = {
    [ALB_ROUND_ROBIN] = ROTATION_IN_TURN,
    [ALB_LEAST_OUTSTANDING] = ROTATION_FEWEST,
    [ALB_WEIGHTED_RANDOM] = ROTATION_RANDOM,
};

#define ALB_ROUTING_WORDS "round_robin least_outstanding_requests weighted_random"
#define ALB_ROUTING_SOURCE DOCUMENTED(GROUP_PAGE ", load_balancing.algorithm.type")
#define ALB_SLOW_START_SOURCE \
    DOCUMENTED("AWS, slow start mode for ALB (2018-05): the share grows linearly, 30 s to 15 min")

struct alb_group {
    const char *name_text;
    struct call_targets targets_targets;
    int64_t weight_count;
    int routing;
    int64_t slow_start_ns;
};

#define PARAMS struct alb_group
static const struct param alb_group_rows[] = {
    TEXT(name, NONE, "a rule: callers name it as the balancer's operation; all groups or none",
         DOCUMENTED(RULES_PAGE ", path conditions: a path forwards to a target group")),
    SERVICES(targets, REQUIRED, "its targets, as those of the balancer", DOCUMENTED(GROUP_PAGE)),
    COUNT(weight, "1", "0..999", "its share of requests, of the weights of groups without names",
          DOCUMENTED("ELB API Reference, TargetGroupTuple, Weight: the range is 0 to 999")),
    CHOICE(routing, NONE, ALB_ROUTING_WORDS, "else that of the balancer", ALB_ROUTING_SOURCE),
    TIME(slow_start, NONE, "30s..900s", "else that of the balancer", ALB_SLOW_START_SOURCE),
};
#undef PARAMS
static const struct list_item alb_group_item = ITEM("group", alb_group_rows, struct alb_group);

struct alb_params {
    struct call_targets targets_targets;
    struct list groups_list;
    int routing;
    bool cross_zone;
    const struct distribution *latency_ns_dist;
    int64_t idle_timeout_ns, registration_ns, slow_start_ns, deregistration_delay_ns;
    int dead_targets;
    int64_t connect_timeout_ns, dns_failover_ns;
    struct elb_health health_check;
    struct {
        int64_t payload_max_bytes, response_max_bytes;
    } function;
    const struct distribution *response_bytes_dist;
    int64_t rules_count;
    struct elb_connections connections;
    struct {
        int64_t duration_ns, clients_count;
        double share_ratio;
    } stickiness;
    struct {
        struct call_target by_target;
        double share_ratio;
    } authenticate;
    struct {
        double from_per_s, times;
        int64_t within_ns;
    } scaling;
};

#define PARAMS struct alb_params
static const struct param alb_params[] = {
    SERVICES(targets, NONE,
             "the target group: services, groups of instances or tasks, functions; or `groups`",
             DOCUMENTED(GROUP_PAGE)),
    LIST(groups, NONE, alb_group_item,
         "several target groups: by weight, or, with names, one for each rule",
         DOCUMENTED(RULES_PAGE)),
    CHOICE(routing, "round_robin", ALB_ROUTING_WORDS,
           "how each node picks a target; weighted_random has equal weights", ALB_ROUTING_SOURCE),
    FLAG(cross_zone, "true", "a node reaches the targets of all zones, else those of its own",
         DOCUMENTED("ELB User Guide for ALB, Cross-zone load balancing for target groups")),
    TIME_DIST(latency, "lognormal(p50=1.2ms p99=4.8ms)", "0s..",
              "the balancer's own time for a request, before the target",
              ESTIMATED("facts, alb latency: median 1.2 ms, sigma 0.6; connections are reused")),
    TIME(idle_timeout, "60s", "1s..4000s",
         "a target that has not answered by then is a 504; idle connections of clients end",
         DOCUMENTED(TROUBLE_PAGE ", HTTP 504: Gateway timeout")),
    TIME(registration, "10s", "0s..300s", "from registering a new target to its first health check",
         ESTIMATED("not documented: registering takes seconds, then comes the first check")),
    TIME(slow_start, NONE, "30s..900s",
         "a target that becomes healthy gets a share that grows so long, round robin only",
         ALB_SLOW_START_SOURCE),
    TIME(deregistration_delay, NONE, "0s..3600s",
         "requests of one that was deregistered end as 502 after it; else its own group says",
         DOCUMENTED(ATTRIBUTES_PAGE ", Deregistration delay")),
    CHOICE(dead_targets, "refuse", "refuse silent",
           "what is `unavailable` refuses connections: 502; or does not answer: 504, later",
           DOCUMENTED(TROUBLE_PAGE ", HTTP 502: a TCP RST; HTTP 504: no connection in 10 s")),
    TIME(connect_timeout, "10s", "1s..10s", "to a target that does not answer; then 504",
         DOCUMENTED(TROUBLE_PAGE ", HTTP 504: connection timeout (10 seconds)")),
    TIME(dns_failover, "60s", "0s..10min",
         "clients leave, or are back at, a node so long after its last healthy target",
         RECALLED("facts, alb az_loss: within about 60 s (record TTL 60 s and health check)")),
    ELB_HEALTH_ROWS(CHECKS_PAGE, "5s"),
    FLAG(health_check.functions, "false",
         "functions are checked, too; else they are always healthy",
         DOCUMENTED(LAMBDA_PAGE ", Enable health checks: disabled by default")),
    SIZE(function.payload_max, "1 MB", "1B..1MB", "a request to a function with more is a 413",
         DOCUMENTED(LAMBDA_PAGE ", Limits: the request body is 1 MB at most")),
    SIZE(function.response_max, "1 MB", "1B..1MB", "a function's response with more is a 502",
         DOCUMENTED(LAMBDA_PAGE ", Limits: the response JSON is 1 MB at most")),
    SIZE_DIST(response, "0B", "0B..", "of an answer: for processed_bytes and a function's limit",
              DEFINED("archsim language 1: a call's own size is its request's")),
    COUNT(rules, "1", "1..1000", "that are evaluated for a request; LCUs count those beyond 10",
          DOCUMENTED(ALB_LCU_SOURCE)),
    ELB_CONNECTIONS_ROWS("that keep connections, one each; else each request has its own"),
    TIME(stickiness.duration, "1d", "1s..7d", "of the cookie; each answer begins it anew",
         DOCUMENTED("ELB API Reference, TargetGroupAttribute, stickiness.lb_cookie.duration_"
                    "seconds: 1 s to 1 week, 86,400 s by default")),
    COUNT(stickiness.clients, REQUIRED, "1..1M", "with a cookie; each keeps its target",
          DEFINED("archsim language 1")),
    RATIO(stickiness.share, "100%", "0..1", "of the requests, from clients with a cookie",
          DEFINED("archsim language 1")),
    SERVICE_OPERATION(authenticate.by, REQUIRED, "sign_in",
                      "the identity provider (OIDC, Cognito) that new sessions wait for",
                      RECALLED("ELB User Guide for ALB, Authenticate users: the token and user "
                               "info endpoints, then a session cookie")),
    RATIO(authenticate.share, REQUIRED, "0..1", "of the requests: the first ones of a session",
          DEFINED("archsim language 1")),
    RATE(scaling.from, REQUIRED, "1/s..1000M/s",
         "requests it takes at the beginning (or reserved, LCU); not given: any number",
         ESTIMATED("AWS does not say how large a new balancer is")),
    NUMBER(scaling.times, "2", "1..10", NULL, "of the busiest minute before, it takes; else 503",
           ESTIMATED("facts, alb self_scaling: safe if traffic less than doubles in 5 min")),
    TIME(scaling.within, "5min", "1min..1h", "so long after a minute began it counts",
         ESTIMATED("facts, alb self_scaling: 503 for 1 to 7 min")),
};
#undef PARAMS

static const struct metric alb_metrics[] = {
    [ALB_REQUEST_COUNT] = {"request_count", QUANTITY_COUNT, METRIC_VALUE,
                           "requests for which a target was chosen", false},
    [ALB_REQUEST_COUNT_PER_TARGET] = {"request_count_per_target", QUANTITY_COUNT, METRIC_VALUE,
                                      "request_count by the mean number of healthy targets", false},
    [ALB_ELB_4XX] = {"http_code_elb_4xx_count", QUANTITY_COUNT, METRIC_VALUE,
                     "4xx answers that the balancer made itself: 413", false},
    [ALB_ELB_460] = {"http_code_elb_460_count", QUANTITY_COUNT, METRIC_VALUE,
                     "the client had left before the answer", false},
    [ALB_ELB_5XX] = {"http_code_elb_5xx_count", QUANTITY_COUNT, METRIC_VALUE,
                     "5xx answers that the balancer made itself: 502, 503, 504, 561", false},
    [ALB_ELB_502] = {"http_code_elb_502_count", QUANTITY_COUNT, METRIC_VALUE,
                     "the target refused or broke the connection, or a function failed", false},
    [ALB_ELB_503] = {"http_code_elb_503_count", QUANTITY_COUNT, METRIC_VALUE,
                     "no target was registered that the node reaches, or beyond its scaling",
                     false},
    [ALB_ELB_504] = {"http_code_elb_504_count", QUANTITY_COUNT, METRIC_VALUE,
                     "the target did not answer within the idle or connect timeout", false},
    [ALB_TARGET_4XX] = {"http_code_target_4xx_count", QUANTITY_COUNT, METRIC_VALUE,
                        "a target's own 4xx answers: it throttled", false},
    [ALB_TARGET_5XX] = {"http_code_target_5xx_count", QUANTITY_COUNT, METRIC_VALUE,
                        "a target's own 5xx answers: it failed, was full or late", false},
    [ALB_TARGET_CONNECTION_ERROR] = {"target_connection_error_count", QUANTITY_COUNT, METRIC_VALUE,
                                     "connections to targets that failed", false},
    [ALB_LAMBDA_USER_ERROR] = {"lambda_user_error", QUANTITY_COUNT, METRIC_VALUE,
                               "requests to functions that failed or were throttled: 502", false},
    [ALB_AUTH_SUCCESS] = {"elb_auth_success", QUANTITY_COUNT, METRIC_VALUE,
                          "authentications that succeeded", false},
    [ALB_AUTH_FAILURE] = {"elb_auth_failure", QUANTITY_COUNT, METRIC_VALUE,
                          "authentications that failed: 561", false},
    [ALB_REJECTED_CONNECTION] = {"rejected_connection_count", QUANTITY_COUNT, METRIC_VALUE,
                                 "requests beyond what the balancer has scaled to: 503", false},
    [ALB_NEW_CONNECTION] = {"new_connection_count", QUANTITY_COUNT, METRIC_VALUE,
                            "connections that clients opened", false},
    [ALB_ACTIVE_CONNECTION] = {"active_connection_count", QUANTITY_COUNT, METRIC_VALUE,
                               "open connections of clients, mean over time", true},
    [ALB_PROCESSED_BYTES] = {"processed_bytes", QUANTITY_SIZE, METRIC_VALUE,
                             "of requests and answers", false},
    [ALB_RULE_EVALUATIONS] = {"rule_evaluations", QUANTITY_COUNT, METRIC_VALUE,
                              "rules beyond the 10 free ones of each request", false},
    [ALB_CONSUMED_LCUS] = {"consumed_lcus", QUANTITY_COUNT, METRIC_VALUE,
                           "the largest of the four dimensions, mean over time", false},
    [ALB_TARGET_RESPONSE_TIME] = {"target_response_time", QUANTITY_TIME, METRIC_LATENCY,
                                  "from sending a request to the target to its answer", false},
    ELB_HOSTS_METRICS(ALB_HOSTS),
};

/* ---- what the parameters say together ---- */

static int alb_group_routing(const struct alb_params *p, const struct alb_group *group)
{
    return group->routing >= 0 ? group->routing : p->routing;
}

static int64_t alb_group_slow_start_ns(const struct alb_params *p, const struct alb_group *group)
{
    return group->slow_start_ns >= 0 ? group->slow_start_ns : p->slow_start_ns;
}

static bool alb_named(const struct alb_params *p)
{
    const struct alb_group *groups = p->groups_list.items;
    return p->groups_list.count > 0 && groups[0].name_text != NULL;
}

static const char *alb_check_groups(const struct alb_params *p)
{
    static const char slow[] = "slow_start: only with routing round_robin";
    const struct alb_group *groups = p->groups_list.items;
    int64_t weights = 0;
    if (p->groups_list.count == 0) {
        return p->slow_start_ns >= 0 && p->routing != ALB_ROUND_ROBIN ? slow : NULL;
    }
    for (uint32_t i = 0; i < p->groups_list.count; i++) {
        weights += groups[i].weight_count;
        if ((groups[i].name_text != NULL) != alb_named(p)) {
            return "groups: either all have a name, each for a rule, or none, and share by weight";
        }
        if (alb_group_slow_start_ns(p, &groups[i]) >= 0 &&
            alb_group_routing(p, &groups[i]) != ALB_ROUND_ROBIN) {
            return slow;
        }
    }
    return weights == 0 ? "groups: the weights are all 0" : NULL;
}

static const char *alb_check(const void *params)
{
    const struct alb_params *p = params;
    const char *wrong = elb_check_health(&p->health_check);
    wrong = wrong != NULL ? wrong : elb_check_connections(&p->connections);
    return wrong != NULL ? wrong : alb_check_groups(p);
}

/* Whom it balances is known only now. */
static const char *alb_check_targets(const void *quotas, const void *const *params, uint32_t count)
{
    (void)quotas;
    const struct alb_params *p = params[count - 1];
    if (p->targets_targets.count == 0 && p->groups_list.count == 0) {
        return "targets: needed, or `groups`: a list of services such as [a, b], or {service: "
               "app, copies: 4}";
    }
    return p->targets_targets.count > 0 && p->groups_list.count > 0
               ? "targets: they are one group; beside `groups` they are without a rule"
               : NULL;
}

#endif
