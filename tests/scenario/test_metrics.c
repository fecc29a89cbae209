/* The list of numbers in the results: exactly the keys of the results page, in its order, for every
 * traffic and service; and the search in it. The page is written out here, independently of the
 * tables. */
#include "tests/scenario/toy.h"

#include <math.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/metrics.h"

static const char text[] =
    "archsim: 1\nservices:\n  a: {type: delay, calls: [s.get, s.put, k, {async: s.get}]}\n"
    "  s: {type: store}\n  k: {type: cache, origin: s.put, ttl: 5s}\n"
    "traffic:\n  u: {to: a, rate: 1/s}\n  v: {to: s.get, rate: 1/s}\n";

#define ERRORS "throttled timeout rejected unavailable failed"
#define LATENCY "mean sd p50 p90 p95 p99 p99_9 max"
/* KEY or KEY(PARTS), as on the page */
static const char *const traffic_page[] = {"offered", "throughput",           "availability",
                                           "within",  "unfinished",           "errors(" ERRORS ")",
                                           "retries", "latency(" LATENCY ")", NULL};
static const char *const service_page[] = {"arrivals",
                                           "throughput",
                                           "unfinished",
                                           "errors(" ERRORS ")",
                                           "abandoned",
                                           "latency(" LATENCY ")",
                                           "wait(" LATENCY ")",
                                           "waited",
                                           "utilization",
                                           "busy(mean max)",
                                           "in_flight(mean max)",
                                           "queue(mean max)",
                                           "capacity(mean min max)",
                                           "up",
                                           NULL};
static const char *const operation_page[] = {"arrivals", "throughput", "errors(" ERRORS ")",
                                             "latency(" LATENCY ")", NULL};
static const char *const outgoing_page[] = {"rate", "errors(" ERRORS ")", "latency(" LATENCY ")",
                                            NULL};
static const char *const cache_page[] = {"hit_ratio", "fill(" LATENCY ")", NULL};

/* Walks one part of the page; returns the index behind it. */
static uint32_t follow(const struct metric_list *list, uint32_t at, const char *prefix,
                       const char *const *page)
{
    for (; *page != NULL; page++) {
        char key[64], parts[128] = "", path[256];
        const int read = sscanf(*page, "%63[^(](%127[^)])", key, parts);
        assert_true(read >= 1);
        char *rest = NULL;
        for (char *part = strtok_r(parts, " ", &rest); part != NULL || read == 1;
             part = strtok_r(NULL, " ", &rest)) {
            snprintf(path, sizeof(path), "%s.%s%s%s", prefix, key, read == 1 ? "" : ".",
                     read == 1 ? "" : part);
            assert_true(at < list->count);
            assert_string_equal(list->entries[at].path, path);
            at++;
            if (read == 1)
                break;
        }
    }
    return at;
}

static void test_page(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = toy_load(text, &diag);
    const struct metric_list *list = scenario->metrics;
    uint32_t at = follow(list, 0, "traffic.u", traffic_page);
    at = follow(list, at, "traffic.v", traffic_page);
    at = follow(list, at, "services.a", service_page);
    at = follow(list, at, "services.a.outgoing.s.get", outgoing_page);
    at = follow(list, at, "services.a.outgoing.s.put", outgoing_page);
    at = follow(list, at, "services.a.outgoing.k.call", outgoing_page);
    at = follow(list, at, "services.s", service_page);
    at = follow(list, at, "services.s.operations.get", operation_page);
    at = follow(list, at, "services.s.operations.put", operation_page);
    at = follow(list, at, "services.k", service_page);
    at = follow(list, at, "services.k.outgoing.s.put", outgoing_page);
    at = follow(list, at, "services.k", cache_page);
    assert_int_equal(at, list->count);
    toy_free(scenario, &diag);
}

/* What an entry says about where its value comes from. */
static void test_entries(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum metric_scope scope;
        enum metric_field field;
        enum metric_estimate estimate;
        enum quantity unit;
        uint32_t index, part;
    } cases[] = {
        {"traffic.v.offered", SCOPE_TRAFFIC, FIELD_OFFERED, ESTIMATE_MEAN, QUANTITY_RATE, 1, 0},
        {"traffic.u.availability", SCOPE_TRAFFIC, FIELD_AVAILABILITY, ESTIMATE_RATIO,
         QUANTITY_RATIO, 0, 0},
        {"traffic.u.errors.failed", SCOPE_TRAFFIC, FIELD_ERRORS, ESTIMATE_RATIO, QUANTITY_RATIO, 0,
         OUTCOME_FAILED},
        {"traffic.u.latency.p99_9", SCOPE_TRAFFIC, FIELD_LATENCY, ESTIMATE_QUANTILE, QUANTITY_TIME,
         0, PART_P99_9},
        {"traffic.u.latency.sd", SCOPE_TRAFFIC, FIELD_LATENCY, ESTIMATE_MEAN, QUANTITY_TIME, 0,
         PART_SD},
        {"services.k.latency.max", SCOPE_SERVICE, FIELD_LATENCY, ESTIMATE_MAX, QUANTITY_TIME, 2,
         PART_MAX},
        {"services.s.busy.max", SCOPE_SERVICE, FIELD_BUSY, ESTIMATE_MAX, QUANTITY_COUNT, 1,
         LEVEL_MAX},
        {"services.s.capacity.min", SCOPE_SERVICE, FIELD_CAPACITY, ESTIMATE_MIN, QUANTITY_COUNT, 1,
         LEVEL_MIN},
        {"services.s.queue.mean", SCOPE_SERVICE, FIELD_QUEUE, ESTIMATE_MEAN, QUANTITY_COUNT, 1,
         LEVEL_MEAN},
        /* operations are counted over all services: a has one (without a name), s has get and
         * put */
        {"services.s.operations.put.arrivals", SCOPE_OPERATION, FIELD_ARRIVALS, ESTIMATE_MEAN,
         QUANTITY_RATE, 2, 0},
        {"services.a.outgoing.s.put.rate", SCOPE_EDGE, FIELD_RATE, ESTIMATE_MEAN, QUANTITY_RATE, 1,
         0},
        {"services.k.outgoing.s.put.latency.mean", SCOPE_EDGE, FIELD_LATENCY, ESTIMATE_MEAN,
         QUANTITY_TIME, 3, PART_MEAN},
        {"services.k.hit_ratio", SCOPE_OWN, FIELD_OWN, ESTIMATE_RATIO, QUANTITY_RATIO, 2, 0},
        {"services.k.fill.p50", SCOPE_OWN, FIELD_OWN, ESTIMATE_QUANTILE, QUANTITY_TIME, 2,
         PART_P50},
    };
    struct diag diag;
    struct scenario *scenario = toy_load(text, &diag);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int64_t found = metrics_find(scenario->metrics, cases[i].path);
        assert_true(found >= 0);
        const struct metric_entry *entry = &scenario->metrics->entries[found];
        assert_string_equal(entry->path, cases[i].path);
        assert_int_equal(entry->scope, cases[i].scope);
        assert_int_equal(entry->field, cases[i].field);
        assert_int_equal(entry->estimate, cases[i].estimate);
        assert_int_equal(entry->unit, cases[i].unit);
        assert_int_equal(entry->index, cases[i].index);
        assert_int_equal(entry->part, cases[i].part);
    }
    const int64_t own = metrics_find(scenario->metrics, "services.k.fill.p50");
    assert_int_equal(scenario->metrics->entries[own].own, 1);
    assert_true(latency_part_probability(PART_P99_9) == 0.999);
    assert_true(isnan(latency_part_probability(PART_SD)));
    toy_free(scenario, &diag);
}

/* Every path is found where it stands; nothing else is. */
static void test_search(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        "",    "traffic",    "traffic.u", "traffic.u.latency.p9", "traffic.u.latency.p999",
        "zzz", "services.a."};
    struct diag diag;
    struct scenario *scenario = toy_load(text, &diag);
    const struct metric_list *list = scenario->metrics;
    for (uint32_t i = 0; i < list->count; i++)
        assert_int_equal(metrics_find(list, list->entries[i].path), i);
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        assert_int_equal(metrics_find(list, nothing[i]), -1);
    toy_free(scenario, &diag);
}

static void test_children(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = toy_load(text, &diag);
    struct arena arena;
    const char **names;
    arena_init(&arena);
    assert_int_equal(metrics_children(scenario->metrics, "", 0, &arena, &names), 3);
    assert_string_equal(names[0], "bottleneck");
    assert_string_equal(names[1], "services");
    assert_string_equal(names[2], "traffic");
    assert_int_equal(metrics_children(scenario->metrics, "traffic.u.latency", 9, &arena, &names),
                     9);
    assert_int_equal(metrics_children(scenario->metrics, "traffic.u.latency", 17, &arena, &names),
                     8);
    assert_string_equal(names[5], "p99");
    assert_int_equal(
        metrics_children(scenario->metrics, "services.a.outgoing.s", 21, &arena, &names), 2);
    assert_int_equal(metrics_children(scenario->metrics, "services.a.up", 13, &arena, &names), 0);
    assert_int_equal(metrics_children(scenario->metrics, "serv", 4, &arena, &names), 0);
    arena_done(&arena);
    toy_free(scenario, &diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
