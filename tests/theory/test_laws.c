/* What holds in every world, whatever it is made of, on random ones (tests/support/wild.h):
 * conservation: what arrived = answered well + ended by class + unfinished, call by call and
 * edge by edge; Little's law, exactly: in a world that begins empty and has emptied before its
 * window ends, the area under the number in flight is the sum of the stays, and that under the
 * queue the sum of the waits; the same results from the same seed, byte for byte, whatever the
 * threads and the order of the file. Nothing may crash or hang. ARCHSIM_TEST_SEED=N runs world N
 * alone and prints it. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "models/list.h"
#include "reports/json.h"
#include "sim/engine/experiment.h"
#include "tests/support/lab.h"
#include "tests/support/wild.h"

#define LAWS_DECLARE(name) extern const struct model name##_model;
MODELS(LAWS_DECLARE)
#define LAWS_MODEL(name) &name##_model,
static const struct model *const laws_models[] = {MODELS(LAWS_MODEL)};
#define LAWS_TYPE(name) &name##_model.info,
static const struct model_info *const laws_types[] = {MODELS(LAWS_TYPE)};

enum { LAWS_SECONDS_MAX = 300 }; /* of one world, under any sanitizer */

/* What a signal handler can still say. */
static char laws_epitaph[64];

static void laws_die(int signal_number)
{
    const ssize_t written = write(STDERR_FILENO, laws_epitaph, strlen(laws_epitaph));
    (void)written;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* One finished world. */
struct laws {
    struct wild wild;
    char *text;
    struct diag diag;
    struct scenario *scenario;
    struct arena arena;
    struct replication replication;
    bool emptied; /* before its window ended */
};

static void laws_load(struct laws *laws, uint64_t seed, uint64_t order)
{
    *laws = (struct laws){.wild = wild_new(seed)};
    laws->text = wild_text(&laws->wild, order);
    diag_init(&laws->diag);
    const struct load_request request = {
        .path = "wild.yaml",
        .types = laws_types,
        .types_count = sizeof(laws_types) / sizeof(laws_types[0]),
    };
    laws->scenario = scenario_load_text(&request, laws->text, strlen(laws->text), &laws->diag);
    if (laws->scenario == NULL) {
        diag_print(&laws->diag, stderr, false);
        fail_msg("world %llu does not load", (unsigned long long)seed);
    }
    arena_init(&laws->arena);
}

__attribute__((format(printf, 2, 3))) static void laws_broken(const struct laws *laws,
                                                              const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s\nworld %llu: ", laws->text, (unsigned long long)laws->wild.seed);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    fail_msg("a law is broken in world %llu", (unsigned long long)laws->wild.seed);
}

static void laws_run(struct laws *laws)
{
    struct world *world = world_new(&(struct world_setup){
        .scenario = laws->scenario,
        .models = laws_models,
        .warmup_ns = laws->scenario->warmup_ns,
    });
    if (world_run(world) == WORLD_STANDSTILL) {
        laws_broken(laws, "time stands still at %s", laws->scenario->services[world->culprit].name);
    }
    world_collect(world, &laws->arena, &laws->replication);
    laws->emptied = laws->wild.empties && core_now(&world->core) == world->window_end_ns;
    world_free(world);
}

static void laws_close(struct laws *laws)
{
    arena_done(&laws->arena);
    scenario_free(laws->scenario);
    diag_done(&laws->diag);
    free(laws->text);
    wild_free(&laws->wild);
}

/* ---- the numbers of one service or traffic ---- */

struct laws_part {
    const struct laws *laws;
    const char *room, *name; /* "services", "db" */
};

static uint32_t part_metric(const struct laws_part *part, const char *rest)
{
    char path[256];
    snprintf(path, sizeof(path), "%s.%s.%s", part->room, part->name, rest);
    const int64_t metric = metrics_find(part->laws->scenario->metrics, path);
    if (metric < 0) {
        fail_msg("no metric '%s'", path);
    }
    return (uint32_t)metric;
}

/* NaN: no data */
static double part_value(const struct laws_part *part, const char *rest)
{
    return part->laws->replication.values[part_metric(part, rest)];
}

static double part_hits(const struct laws_part *part, const char *rest)
{
    return (double)part->laws->replication.hits[part_metric(part, rest)];
}

static double part_trials(const struct laws_part *part, const char *rest)
{
    return (double)part->laws->replication.trials[part_metric(part, rest)];
}

/* A rate as the count that it was. */
static double part_count(const struct laws_part *part, const char *rest)
{
    return round(part_value(part, rest) * (double)part->laws->scenario->duration_ns * 1e-9);
}

/* A time average as the area under it, in s. */
static double part_area(const struct laws_part *part, const char *rest)
{
    return part_value(part, rest) * (double)part->laws->scenario->duration_ns * 1e-9;
}

static double part_errors(const struct laws_part *part)
{
    double errors = 0;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        char rest[64];
        snprintf(rest, sizeof(rest), "errors.%s", outcome_names[i]);
        errors += i != OUTCOME_OK ? part_hits(part, rest) : 0;
    }
    return errors;
}

static void part_equal(const struct laws_part *part, const char *what, double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * (1 + fabs(a)))) {
        laws_broken(part->laws, "%s: %s: %.12g, not %.12g", part->name, what, a, b);
    }
}

static void part_at_most(const struct laws_part *part, const char *what, double a, double b)
{
    if (!(a <= b + 1e-9 * (1 + fabs(b)))) {
        laws_broken(part->laws, "%s: %s: %.12g > %.12g", part->name, what, a, b);
    }
}

/* ---- the laws ---- */

static void laws_of_latency(const struct laws_part *part, const char *of)
{
    static const char *const quantiles[] = {"p50", "p90", "p95", "p99", "p99_9", "max"};
    char rest[64];
    double before = 0;
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        snprintf(rest, sizeof(rest), "%s.%s", of, quantiles[i]);
        const double value = part_value(part, rest);
        if (!isnan(value)) {
            part_at_most(part, rest, before, value);
            before = value;
        }
    }
    snprintf(rest, sizeof(rest), "%s.mean", of);
    const double mean = part_value(part, rest);
    if (!isnan(mean)) {
        part_at_most(part, rest, mean, before);
    }
}

static void laws_of_traffic(const struct laws *laws, const struct scenario_traffic *traffic)
{
    const struct laws_part part = {laws, "traffic", traffic->name};
    const double arrived = part_count(&part, "offered");
    const double ok = part_hits(&part, "availability");
    part_equal(&part, "trials", part_trials(&part, "availability"), arrived);
    part_equal(&part, "throughput", part_count(&part, "throughput"), ok);
    part_equal(&part, "conservation", ok + part_errors(&part) + part_hits(&part, "unfinished"),
               arrived);
    if (!isnan(part_value(&part, "within"))) {
        part_at_most(&part, "within", part_hits(&part, "within"), ok);
    }
    laws_of_latency(&part, "latency");
    if (traffic->options.timeout_ns != TIME_NONE && traffic->options.retry.attempts_max == 1 &&
        ok > 0) {
        part_at_most(&part, "timeout", part_value(&part, "latency.max"),
                     (double)traffic->options.timeout_ns * 1e-9);
    }
    if (laws->emptied) {
        part_equal(&part, "unfinished", part_hits(&part, "unfinished"), 0);
    }
}

/* Calls that came in by all edges. */
static double laws_called(const struct laws *laws, uint32_t service)
{
    const struct metric_list *list = laws->scenario->metrics;
    double called = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct metric_entry *entry = &list->entries[i];
        if (entry->scope == SCOPE_EDGE && entry->field == FIELD_RATE &&
            laws->scenario->edges[entry->index].service == service) {
            called += laws->replication.values[i];
        }
    }
    return round(called * (double)laws->scenario->duration_ns * 1e-9);
}

/* Calls that came straight from traffic have no `outgoing`. */
static bool laws_is_called_by_traffic(const struct scenario *scenario, uint32_t service)
{
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        if (scenario->edges[scenario->traffic[i].edge].service == service) {
            return true;
        }
    }
    return false;
}

/* In a world that emptied, the areas are exact. */
static void laws_of_little(const struct laws_part *part, double ok, double errors)
{
    const struct wild *wild = &part->laws->wild;
    const double in_flight = part_area(part, "in_flight.mean");
    const double queue = part_area(part, "queue.mean");
    const double busy = part_area(part, "busy.mean");
    const double served = part_trials(part, "waited");
    const double stays = ok > 0 ? ok * part_value(part, "latency.mean") : 0;
    const double waits = served > 0 ? served * part_value(part, "wait.mean") : 0;
    part_at_most(part, "stays of good calls", stays, in_flight);
    if (errors == 0) {
        part_equal(part, "L = lambda W", in_flight, stays);
        part_equal(part, "served", served, ok);
    }
    if (wild_says(wild, part->name, "type: sqs")) {
        return; /* its queue is of messages */
    }
    part_at_most(part, "waits of the served", waits, queue);
    if (errors == 0 && !wild_says(wild, part->name, "type: lambda")) { /* what is tried again */
        part_equal(part, "Lq = lambda Wq", queue, waits);
    }
    const bool server = wild_says(wild, part->name, "type: server");
    const bool keeps = server && !wild_says(wild, part->name, "discipline: ps") &&
                       !wild_says(wild, part->name, "preemptive") &&
                       !wild_says(wild, part->name, "failure");
    if (server || wild_says(wild, part->name, "type: function_pool")) {
        part_at_most(part, "queue and service", queue + busy, in_flight);
    }
    if (keeps || wild_says(wild, part->name, "type: function_pool") ||
        wild_says(wild, part->name, "type: delay")) {
        part_equal(part, "all wait or are served", queue + busy, in_flight);
    }
}

static void laws_of_service(const struct laws *laws, uint32_t index)
{
    const struct scenario_service *service = &laws->scenario->services[index];
    const struct laws_part part = {laws, "services", service->name};
    const double arrived = part_count(&part, "arrivals");
    const double ok = part_count(&part, "throughput");
    const double errors = part_errors(&part);
    part_equal(&part, "conservation", ok + errors + part_hits(&part, "unfinished"), arrived);
    part_at_most(&part, "abandoned", part_hits(&part, "abandoned"), ok + errors);
    if (!laws_is_called_by_traffic(laws->scenario, index)) {
        part_equal(&part, "edges", laws_called(laws, index), arrived);
    }
    laws_of_latency(&part, "latency");
    laws_of_latency(&part, "wait");
    if (!isnan(part_value(&part, "utilization"))) {
        part_at_most(&part, "utilization", part_value(&part, "utilization"), 1);
        part_at_most(&part, "capacity", part_value(&part, "busy.max"),
                     part_value(&part, "capacity.max"));
    }
    part_at_most(&part, "up", part_value(&part, "up"), 1);
    if (!wild_says(&laws->wild, service->name, "failure") &&
        !wild_says(&laws->wild, service->name, "type: auto_scaling_group")) {
        part_equal(&part, "up", part_value(&part, "up"), 1);
    }
    if (service->limit_count > 0 && service->limit_action == LIMIT_REJECT &&
        !wild_says(&laws->wild, service->name, "trigger") &&
        !wild_says(&laws->wild, service->name,
                   "type: lambda")) { /* its queue of events is before */
        const double most = (double)(service->limit_count * service->copies);
        part_at_most(&part, "bulkhead", part_value(&part, "in_flight.max"), most);
    }
    if (laws->emptied) {
        laws_of_little(&part, ok, errors);
    }
}

static void laws_hold(const struct laws *laws)
{
    for (uint32_t i = 0; i < laws->scenario->traffic_count; i++) {
        laws_of_traffic(laws, &laws->scenario->traffic[i]);
    }
    for (uint32_t i = 0; i < laws->scenario->services_count; i++) {
        laws_of_service(laws, i);
    }
}

/* Every number by its path: the order of the file changes nothing. */
static void laws_same(const struct laws *a, const struct laws *b)
{
    const struct metric_list *list = a->scenario->metrics;
    assert_int_equal(list->count, b->scenario->metrics->count);
    for (uint32_t i = 0; i < list->count; i++) {
        const int64_t other = metrics_find(b->scenario->metrics, list->entries[i].path);
        assert_true(other >= 0);
        if (memcmp(&a->replication.values[i], &b->replication.values[other], sizeof(double)) != 0) {
            laws_broken(a, "%s: %.17g, in another order of services %.17g", list->entries[i].path,
                        a->replication.values[i], b->replication.values[other]);
        }
    }
}

/* ---- the tests ---- */

static void laws_of_world(uint64_t seed, bool *emptied)
{
    snprintf(laws_epitaph, sizeof(laws_epitaph), "\nworld %llu crashed or hung\n",
             (unsigned long long)seed);
    alarm(LAWS_SECONDS_MAX);
    struct laws laws;
    laws_load(&laws, seed, 0);
    laws_run(&laws);
    if (laws.replication.end == WORLD_DONE) {
        laws_hold(&laws);
        struct laws shuffled;
        laws_load(&shuffled, seed, seed + 1);
        laws_run(&shuffled);
        laws_same(&laws, &shuffled);
        laws_close(&shuffled);
    }
    *emptied = laws.emptied;
    laws_close(&laws);
    alarm(0);
}

static void test_random_worlds(void **state)
{
    (void)state;
    signal(SIGABRT, laws_die); /* in place of cmocka's */
    signal(SIGSEGV, laws_die);
    signal(SIGALRM, laws_die);
    const char *only = getenv("ARCHSIM_TEST_SEED");
    uint64_t emptied_count = 0;
    bool emptied;
    if (only != NULL) {
        struct laws laws;
        laws_load(&laws, strtoull(only, NULL, 10), 0);
        print_message("%s\n", laws.text);
        laws_close(&laws);
        laws_of_world(strtoull(only, NULL, 10), &emptied);
        return;
    }
    const uint64_t worlds = (uint64_t)(350 * lab_scale());
    for (uint64_t seed = 1; seed <= worlds; seed++) {
        laws_of_world(seed, &emptied);
        emptied_count += emptied;
    }
    print_message("%llu random worlds, %llu of them with exact areas\n", (unsigned long long)worlds,
                  (unsigned long long)emptied_count);
    assert_true(emptied_count >= worlds / 3); /* else Little's law was hardly looked at */
}

/* The results as JSON, as `archsim run --jobs` would print them. */
static char *laws_json(const struct laws *laws, uint32_t jobs)
{
    struct experiment experiment;
    char *text = NULL;
    size_t size;
    const enum world_end end = experiment_run(
        &(struct experiment_setup){
            .scenario = laws->scenario, .models = laws_models, .load = 1, .jobs = jobs},
        &experiment);
    if (end == WORLD_DONE) {
        struct results *results = results_new(laws->scenario, &experiment, 1, &laws->diag, 0);
        FILE *out = open_memstream(&text, &size);
        json_report(results, out);
        fclose(out);
        results_free(results);
    }
    experiment_done(&experiment);
    return text;
}

static void test_threads_change_nothing(void **state)
{
    (void)state;
    const uint64_t worlds = (uint64_t)(40 * lab_scale()) + 1;
    for (uint64_t seed = 1; seed <= worlds; seed++) {
        struct laws laws;
        laws_load(&laws, seed, 0);
        char *one = laws_json(&laws, 1);
        for (uint32_t jobs = 2; jobs <= 3 && one != NULL; jobs++) {
            char *several = laws_json(&laws, jobs);
            assert_string_equal(one, several);
            free(several);
        }
        free(one);
        laws_close(&laws);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds),
        cmocka_unit_test(test_threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
