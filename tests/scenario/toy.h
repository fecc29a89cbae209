/* toy: a list of service types for the tests of the loader, tables only, and scenarios around them.
 * The types have the names of real ones but are the tests' own: a change in models/ changes nothing
 * here. */
#ifndef ARCHSIM_TESTS_SCENARIO_TOY_H
#define ARCHSIM_TESTS_SCENARIO_TOY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/diag.h"
#include "sim/scenario/param.h"
#include "sim/scenario/scenario.h"

#define TOY DEFINED("the tests")

struct toy_server {
    int64_t servers_count, room_count;
    int discipline;
    double speed;
    struct {
        const struct distribution *mtbf_ns_dist, *mttr_ns_dist;
        bool restart;
    } failure;
};
#define PARAMS struct toy_server
static const struct param toy_server_rows[] = {
    COUNT(servers, "1", "1..inf", "how many", TOY),
    COUNT(room, NONE, "1..", "in service and waiting", TOY),
    CHOICE(discipline, "fifo", "fifo lifo ps", "order", TOY),
    NUMBER(speed, "1", "0.001..1000", NULL, "work takes work / speed", TOY),
    TIME_DIST(failure.mtbf, REQUIRED, "1us..", "time to a failure", TOY),
    TIME_DIST(failure.mttr, REQUIRED, "0s..", "time of a repair", TOY),
    FLAG(failure.restart, "false", "work starts over", TOY),
};
#undef PARAMS

static const char *toy_server_check(const void *params)
{
    const struct toy_server *p = params;
    return p->room_count >= 0 && p->room_count < p->servers_count
               ? "room: must hold at least the servers"
               : NULL;
}

struct toy_balancer {
    struct call_targets targets_targets;
    int policy;
};
#define PARAMS struct toy_balancer
static const struct param toy_balancer_rows[] = {
    SERVICES(targets, REQUIRED, "whom it calls", TOY),
    CHOICE(policy, "random", "random round_robin", "whose turn it is", TOY),
};
#undef PARAMS

struct toy_cache {
    struct call_target origin_target;
    struct popularity keys_popularity;
    double hit_ratio_ratio;
    int64_t ttl_ns;
};
#define PARAMS struct toy_cache
static const struct param toy_cache_rows[] = {
    SERVICE(origin, REQUIRED, "called on a miss", TOY),
    POPULARITY(keys, NONE, "what is asked for", TOY),
    RATIO(hit_ratio, NONE, "0..1", "share of hits", TOY),
    TIME(ttl, "60s", "1ns..", "how long it stays", ASSUMED("nobody knows")),
};
#undef PARAMS
static const struct metric toy_cache_metrics[] = {
    {"hit_ratio", QUANTITY_RATIO, METRIC_RATIO, "share of hits"},
    {"fill", QUANTITY_TIME, METRIC_LATENCY, "time of a miss"},
};

/* A type with operations of its own. */
static const struct operation_info toy_store_operations[] = {{"get", "reads"}, {"put", "writes"}};

static const struct model_info toy_delay = {.name = "delay",
                                            .title = "no queue",
                                            .takes_work = true,
                                            .takes_operations = true,
                                            .copyable = true};
static const struct model_info toy_server_info = {.name = "server",
                                                  .title = "a queue",
                                                  .params = toy_server_rows,
                                                  .params_count = 7,
                                                  .params_size = sizeof(struct toy_server),
                                                  .takes_work = true,
                                                  .takes_operations = true,
                                                  .copyable = true,
                                                  .check = toy_server_check};
static const struct model_info toy_balancer_info = {.name = "load_balancer",
                                                    .title = "passes on",
                                                    .params = toy_balancer_rows,
                                                    .params_count = 2,
                                                    .params_size = sizeof(struct toy_balancer),
                                                    .forwards = true};
static const struct model_info toy_cache_info = {.name = "cache",
                                                 .title = "keeps objects",
                                                 .params = toy_cache_rows,
                                                 .params_count = 4,
                                                 .params_size = sizeof(struct toy_cache),
                                                 .metrics = toy_cache_metrics,
                                                 .metrics_count = 2,
                                                 .takes_work = true};
static const struct model_info toy_store_info = {.name = "store",
                                                 .title = "gets and puts",
                                                 .operations = toy_store_operations,
                                                 .operations_count = 2,
                                                 .takes_work = true};
static const struct model_info *const toy_types[] = {
    &toy_delay, &toy_server_info, &toy_balancer_info, &toy_cache_info, &toy_store_info};
enum { TOY_TYPES = sizeof(toy_types) / sizeof(toy_types[0]) };

static inline struct scenario *toy_load_with(const char *text, const char *const *overrides,
                                             uint32_t overrides_count, struct diag *diag)
{
    const struct load_request request = {.path = "toy.yaml",
                                         .types = toy_types,
                                         .types_count = TOY_TYPES,
                                         .overrides = overrides,
                                         .overrides_count = overrides_count};
    diag_init(diag);
    return scenario_load_text(&request, text, strlen(text), diag);
}

/* Loads what must be right; free with toy_free. */
static inline struct scenario *toy_load(const char *text, struct diag *diag)
{
    struct scenario *scenario = toy_load_with(text, NULL, 0, diag);
    if (scenario == NULL)
        diag_print(diag, stderr, false);
    assert_non_null(scenario);
    return scenario;
}

static inline void toy_free(struct scenario *scenario, struct diag *diag)
{
    scenario_free(scenario);
    diag_done(diag);
}

/* Has a message that contains `part`, at that line (0: at any). */
static inline bool toy_has(const struct diag *diag, const char *part, uint32_t line)
{
    for (uint32_t i = 0; i < diag->messages_count; i++)
        if (strstr(diag->messages[i].text, part) != NULL &&
            (line == 0 || diag->messages[i].place.line == line))
            return true;
    return false;
}

/* What must be wrong, with exactly one error that contains `part` at that line (0: at any). */
static inline void toy_refuse(const char *text, const char *part, uint32_t line)
{
    struct diag diag;
    struct scenario *scenario = toy_load_with(text, NULL, 0, &diag);
    if (scenario != NULL || diag.errors_count != 1 || !toy_has(&diag, part, line)) {
        fprintf(stderr, "expected one error with '%s' at line %u from:\n%s\n", part, line, text);
        diag_print(&diag, stderr, false);
        fail();
    }
    toy_free(scenario, &diag);
}

#endif
