/* The steps against a second reading of the language. Where nobody queues (delays with constant
 * work) and nothing is drawn, what a request does is a function of its program: the oracle below
 * follows it recursively, call by call, without events, frames or a clock, and says when and how
 * each call ends, also of those that nobody waits for or that are withdrawn. Random programs nest
 * all steps in all others; times are odd numbers of ns, so that nothing ends at the same instant by
 * chance. Compared: outcome and latency of the request, and of every service arrivals, outcomes,
 * abandoned answers and the time that calls spent there, to the ns. ARCHSIM_TEST_SEED=N runs N. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/kernel/frame.h"
#include "tests/support/lab.h"

enum {
    ORACLE_SERVICES_MAX = 6, /* the last two always fail */
    ORACLE_STEPS_MAX = 3,    /* of a list */
    ORACLE_NODES_MAX = 600,
    ORACLE_DEPTH_MAX = 3,
    ORACLE_CALLS_MAX = 3000, /* of a request; programs that make more are left out */
};
#define NEVER (INT64_MAX / 4)
#define MS INT64_C(1000000)

enum oracle_kind { CALL, HEDGE, BREAKER, ASYNC, PARALLEL, CHOOSE, WORK, WAIT };

struct oracle_list {
    uint16_t count;
    uint16_t nodes[ORACLE_STEPS_MAX];
};

struct oracle_node {
    enum oracle_kind kind;
    uint32_t service;
    int64_t time_ns; /* WORK, WAIT; HEDGE: after */
    int64_t timeout_ns, backoff_ns;
    uint32_t attempts, repeat, max, wait_for, chosen;
    bool cancel, deadline, optional, never, falls_back;
    struct oracle_list branches[ORACLE_STEPS_MAX], fallback;
    uint32_t branches_count;
};

struct oracle {
    uint64_t state;
    FILE *out;
    struct oracle_node nodes[ORACLE_NODES_MAX];
    uint32_t nodes_count, services_count, at, calls_made;
    int64_t work_ns[ORACLE_SERVICES_MAX];
    struct oracle_list programs[ORACLE_SERVICES_MAX];
    struct oracle_node root;
    /* what is foretold, of one request */
    uint64_t calls;
    uint64_t ended[ORACLE_SERVICES_MAX][OUTCOME_COUNT], abandoned[ORACLE_SERVICES_MAX];
    int64_t stays_ns[ORACLE_SERVICES_MAX];
};

struct fate {
    enum outcome outcome;
    int64_t end_ns;
};

static uint32_t oracle_below(struct oracle *o, uint32_t bound)
{
    o->state = o->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((o->state >> 33) % bound);
}

static bool oracle_chance(struct oracle *o, uint32_t percent)
{
    return oracle_below(o, 100) < percent;
}

static int64_t oracle_time(struct oracle *o, uint32_t most_ms)
{
    return (int64_t)oracle_below(o, most_ms) * MS + oracle_below(o, 1000000) + 1;
}

/* ---- making and writing programs ---- */

static void oracle_write_list(struct oracle *o, struct oracle_list *list, uint32_t depth);

static void oracle_patience(struct oracle *o, struct oracle_node *n)
{
    n->attempts = 1;
    if (oracle_chance(o, 50)) {
        n->timeout_ns = oracle_time(o, 60);
        n->cancel = oracle_chance(o, 50);
        n->deadline = oracle_chance(o, 30);
        fprintf(o->out, ", timeout: %lldns%s%s", (long long)n->timeout_ns,
                n->cancel ? ", cancel: true" : "", n->deadline ? ", deadline: pass" : "");
    }
    if (oracle_chance(o, 25)) {
        n->attempts = 2 + oracle_below(o, 2);
        n->backoff_ns = oracle_chance(o, 50) ? oracle_time(o, 10) : 0;
        fprintf(o->out, ", retry: {attempts: %u, backoff: %lldns}", n->attempts,
                (long long)n->backoff_ns);
    }
}

static void oracle_options(struct oracle *o, struct oracle_node *n)
{
    o->calls_made++;
    oracle_patience(o, n);
    n->repeat = oracle_chance(o, 15) ? 2 : 1;
    n->optional = oracle_chance(o, 25);
    n->never = oracle_chance(o, 5);
    fprintf(o->out, ", repeat: %u, optional: %s, probability: %s", n->repeat,
            n->optional ? "true" : "false", n->never ? "0%" : "100%");
}

static void oracle_write_call(struct oracle *o, struct oracle_node *n, uint32_t depth)
{
    static const char *const heads[] = {"{", "{hedge: {", "{circuit_breaker: {minimum: 1M, "};
    fprintf(o->out, "%scall: s%u", heads[n->kind], n->service);
    if (n->kind == HEDGE) {
        n->time_ns = oracle_time(o, 30);
        n->max = 2 + oracle_below(o, 2);
        fprintf(o->out, ", after: %lldns, max: %u", (long long)n->time_ns, n->max);
    }
    oracle_options(o, n);
    if (n->kind == HEDGE && n->timeout_ns == 0) {
        n->cancel = oracle_chance(o, 50);
        fprintf(o->out, ", cancel: %s", n->cancel ? "true" : "false");
    }
    fputs(n->kind == CALL ? "" : "}", o->out);
    n->falls_back = depth < ORACLE_DEPTH_MAX && oracle_chance(o, 30);
    if (n->falls_back) {
        fprintf(o->out, ", fallback: ");
        oracle_write_list(o, &n->fallback, depth + 1);
    }
    fprintf(o->out, "}");
}

static void oracle_write_branches(struct oracle *o, struct oracle_node *n, uint32_t depth)
{
    n->branches_count = 2 + oracle_below(o, ORACLE_STEPS_MAX - 1);
    n->chosen = oracle_below(o, n->branches_count);
    fprintf(o->out, n->kind == PARALLEL ? "{parallel: [" : "{choose: [");
    for (uint32_t i = 0; i < n->branches_count; i++) {
        fprintf(o->out, i > 0 ? ", " : "");
        if (n->kind == CHOOSE) {
            fprintf(o->out, "{weight: %s, calls: ", i == n->chosen ? "100%" : "0%");
        }
        oracle_write_list(o, &n->branches[i], depth + 1);
        fprintf(o->out, n->kind == CHOOSE ? "}" : "");
    }
    n->wait_for = 1 + oracle_below(o, n->branches_count);
    fprintf(o->out, n->kind == PARALLEL ? "], wait_for: %u}" : "]}", n->wait_for);
}

static enum oracle_kind oracle_kind(struct oracle *o, uint32_t depth)
{
    static const enum oracle_kind kinds[] = {CALL, CALL,    CALL,  HEDGE,    HEDGE,    WORK,
                                             WAIT, BREAKER, ASYNC, PARALLEL, PARALLEL, CHOOSE};
    const uint32_t count = sizeof(kinds) / sizeof(kinds[0]);
    const enum oracle_kind kind =
        kinds[oracle_below(o, depth < ORACLE_DEPTH_MAX ? count : count - 3)];
    const bool calls = kind == CALL || kind == HEDGE || kind == BREAKER || kind == ASYNC;
    return calls && o->calls_made >= 4 ? WAIT : kind;
}

static uint16_t oracle_write_step(struct oracle *o, uint32_t depth)
{
    assert_true(o->nodes_count < ORACLE_NODES_MAX);
    const uint16_t index = (uint16_t)o->nodes_count++;
    struct oracle_node *n = &o->nodes[index];
    *n = (struct oracle_node){.kind = oracle_kind(o, depth)};
    n->service = o->at + 1 + oracle_below(o, o->services_count - o->at - 1);
    switch (n->kind) {
    case CALL:
    case HEDGE:
    case BREAKER:
        oracle_write_call(o, n, depth);
        break;
    case ASYNC:
        o->calls_made++;
        fprintf(o->out, "{async: s%u}", n->service);
        break;
    case PARALLEL:
    case CHOOSE:
        oracle_write_branches(o, n, depth);
        break;
    case WORK:
    case WAIT:
        n->time_ns = oracle_time(o, 20);
        fprintf(o->out, "{%s: %lldns}", n->kind == WORK ? "work" : "wait", (long long)n->time_ns);
        break;
    }
    return index;
}

static void oracle_write_list(struct oracle *o, struct oracle_list *list, uint32_t depth)
{
    list->count = (uint16_t)(1 + oracle_below(o, ORACLE_STEPS_MAX - 1));
    fprintf(o->out, "[");
    for (uint32_t i = 0; i < list->count; i++) {
        fprintf(o->out, i > 0 ? ", " : "");
        list->nodes[i] = oracle_write_step(o, depth);
    }
    fprintf(o->out, "]");
}

/* The last two services always fail, once the warm-up has taken the token and the room. */
static char *oracle_write(struct oracle *o, uint64_t seed)
{
    char *text;
    size_t size;
    *o = (struct oracle){.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    o->out = open_memstream(&text, &size);
    o->services_count = 4 + oracle_below(o, ORACLE_SERVICES_MAX - 3);
    fprintf(o->out, "archsim: 1\nname: oracle\nduration: 100s\nwarmup: 10s\nreplications: 1\n"
                    "services:\n");
    for (o->at = 0; o->at < o->services_count; o->at++) {
        const uint32_t left = o->services_count - o->at;
        o->work_ns[o->at] = oracle_time(o, 40);
        o->calls_made = 0;
        fprintf(o->out, "  s%u: {type: delay, work: %lldns, calls: ", o->at,
                (long long)o->work_ns[o->at]);
        if (left > 2) {
            oracle_write_list(o, &o->programs[o->at], 0);
        } else {
            fprintf(o->out, left == 2 ? "[full]" : "[busy]");
        }
        fprintf(o->out, "}\n");
    }
    fprintf(o->out, "  full: {type: rate_limiter, rate: 1/day, burst: 1}\n"
                    "  busy: {type: server, room: 1, work: 1d}\n"
                    "traffic:\n"
                    "  taking: {to: full, rate: [[0s, 10/s], [1ms, 0/s]]}\n"
                    "  filling: {to: busy, rate: [[0s, 10/s], [1ms, 0/s]]}\n"
                    "  user: {to: s0, users: 1, think: 50s");
    oracle_patience(o, &o->root);
    fprintf(o->out, "}\n");
    o->root.repeat = 1;
    fclose(o->out);
    return text;
}

/* ---- foretelling ---- */

/* All of these: from start_ns, under a deadline; what belongs to the request is withdrawn at cut_ns
 * (NEVER: it is not). Counted only if `counts`: the same is asked again without, to know an end
 * before it is decided who is cut off by it. The fate told is that without a cut. */
static struct fate oracle_steps(struct oracle *o, const struct oracle_list *list, int64_t start_ns,
                                int64_t deadline_ns, int64_t cut_ns, bool counts);

static struct fate oracle_body(struct oracle *o, uint32_t service, int64_t start_ns,
                               int64_t deadline_ns, int64_t cut_ns, bool counts)
{
    const int64_t worked_ns = start_ns + o->work_ns[service];
    if (start_ns >= deadline_ns) {
        return (struct fate){OUTCOME_TIMEOUT, start_ns};
    }
    if (service + 2 >= o->services_count) {
        const enum outcome class =
            service + 2 == o->services_count ? OUTCOME_THROTTLED : OUTCOME_REJECTED;
        return (struct fate){worked_ns >= deadline_ns ? OUTCOME_TIMEOUT : class, worked_ns};
    }
    return oracle_steps(o, &o->programs[service], worked_ns, deadline_ns, cut_ns, counts);
}

/* A call; `heard`: its caller waits to its end, if it is not cut. */
static struct fate oracle_call(struct oracle *o, uint32_t service, int64_t start_ns,
                               int64_t deadline_ns, int64_t cut_ns, bool counts, bool heard)
{
    if (++o->calls > ORACLE_CALLS_MAX) {
        return (struct fate){OUTCOME_OK, start_ns};
    }
    const struct fate fate = oracle_body(o, service, start_ns, deadline_ns, cut_ns, counts);
    if (counts && start_ns < cut_ns) {
        const bool cut = cut_ns < fate.end_ns;
        o->ended[service][cut ? OUTCOME_TIMEOUT : fate.outcome]++;
        o->stays_ns[service] += (cut ? cut_ns : fate.end_ns) - start_ns;
        o->abandoned[service] += !cut && !heard;
    }
    return fate;
}

static int64_t oracle_deadline(const struct oracle_node *n, int64_t start_ns, int64_t deadline_ns)
{
    const int64_t own_ns = n->deadline ? start_ns + n->timeout_ns : NEVER;
    return own_ns < deadline_ns ? own_ns : deadline_ns;
}

/* How the caller sees a call. */
static struct fate oracle_seen(struct oracle *o, const struct oracle_node *n, int64_t start_ns,
                               int64_t deadline_ns)
{
    const struct fate fate = oracle_call(
        o, n->service, start_ns, oracle_deadline(n, start_ns, deadline_ns), NEVER, false, true);
    if (n->timeout_ns > 0 && fate.end_ns > start_ns + n->timeout_ns) {
        return (struct fate){OUTCOME_TIMEOUT, start_ns + n->timeout_ns};
    }
    return fate;
}

/* Counts a call whose caller stops waiting at stop_ns: by then it has seen `seen`, or it leaves it
 * and, if it drops it, withdraws it. */
static void oracle_count(struct oracle *o, const struct oracle_node *n, int64_t start_ns,
                         int64_t deadline_ns, struct fate seen, int64_t stop_ns, bool drops)
{
    const bool ended = oracle_call(o, n->service, start_ns,
                                   oracle_deadline(n, start_ns, deadline_ns), NEVER, false, true)
                           .end_ns <= seen.end_ns;
    int64_t cut_ns = NEVER;
    bool heard = true;
    if (stop_ns < seen.end_ns) {
        cut_ns = drops ? stop_ns : NEVER;
        heard = drops;
    } else if (!ended) {
        cut_ns = n->cancel ? seen.end_ns : NEVER;
        heard = n->cancel;
    }
    oracle_call(o, n->service, start_ns, oracle_deadline(n, start_ns, deadline_ns), cut_ns, true,
                heard);
}

static struct fate oracle_plain(struct oracle *o, const struct oracle_node *n, int64_t start_ns,
                                int64_t deadline_ns, int64_t cut_ns, bool counts)
{
    const struct fate seen = oracle_seen(o, n, start_ns, deadline_ns);
    if (counts && start_ns < cut_ns) {
        oracle_count(o, n, start_ns, deadline_ns, seen, cut_ns, true);
    }
    return seen;
}

static struct fate oracle_hedge(struct oracle *o, const struct oracle_node *n, int64_t start_ns,
                                int64_t deadline_ns, int64_t cut_ns, bool counts)
{
    struct fate tries[3], fate = {OUTCOME_COUNT, NEVER};
    uint32_t made = 0;
    while (made < n->max && start_ns + made * n->time_ns < fate.end_ns) {
        tries[made] = oracle_seen(o, n, start_ns + made * n->time_ns, deadline_ns);
        made++;
        const int64_t next_ns = made < n->max ? start_ns + made * n->time_ns : NEVER;
        int64_t last_ns = 0;
        fate = (struct fate){OUTCOME_COUNT, NEVER};
        for (uint32_t i = 0; i < made; i++) {
            if (tries[i].outcome == OUTCOME_OK && tries[i].end_ns < fate.end_ns) {
                fate = tries[i]; /* the first good one */
            }
            last_ns = tries[i].end_ns > last_ns ? tries[i].end_ns : last_ns;
        }
        for (uint32_t i = 0; i < made && fate.outcome == OUTCOME_COUNT && last_ns < next_ns; i++) {
            fate = tries[i].end_ns == last_ns ? tries[i] : fate; /* all have failed: the last */
        }
    }
    for (uint32_t i = 0; i < made && counts; i++) {
        const int64_t at_ns = start_ns + i * n->time_ns;
        const bool cut = cut_ns < fate.end_ns;
        if (at_ns < cut_ns) {
            oracle_count(o, n, at_ns, deadline_ns, tries[i], cut ? cut_ns : fate.end_ns,
                         cut || n->cancel);
        }
    }
    return fate;
}

static struct fate oracle_parallel(struct oracle *o, const struct oracle_node *n, int64_t start_ns,
                                   int64_t deadline_ns, int64_t cut_ns, bool counts)
{
    struct fate branches[ORACLE_STEPS_MAX], fate = {OUTCOME_OK, NEVER};
    bool told[ORACLE_STEPS_MAX] = {false};
    for (uint32_t i = 0; i < n->branches_count; i++) {
        branches[i] = oracle_steps(o, &n->branches[i], start_ns, deadline_ns, NEVER, false);
    }
    uint32_t good = 0, bad = 0;
    while (good < n->wait_for && bad <= n->branches_count - n->wait_for) {
        uint32_t first = ORACLE_STEPS_MAX;
        for (uint32_t i = 0; i < n->branches_count; i++) {
            if (!told[i] &&
                (first == ORACLE_STEPS_MAX || branches[i].end_ns < branches[first].end_ns)) {
                first = i;
            }
        }
        told[first] = true;
        fate = branches[first];
        good += fate.outcome == OUTCOME_OK;
        bad += fate.outcome != OUTCOME_OK;
    }
    for (uint32_t i = 0; i < n->branches_count && counts;
         i++) { /* decided, they run on unobserved */
        oracle_steps(o, &n->branches[i], start_ns, deadline_ns,
                     cut_ns < fate.end_ns ? cut_ns : NEVER, true);
    }
    return fate;
}

/* A call with all its attempts and repeats, and what is done instead if it fails. */
static struct fate oracle_step_call(struct oracle *o, const struct oracle_node *n, int64_t now_ns,
                                    int64_t deadline_ns, int64_t cut_ns, bool counts)
{
    struct fate fate = {OUTCOME_OK, now_ns};
    for (uint32_t r = 0; r < n->repeat && !n->never; r++) {
        for (uint32_t attempt = 1; attempt <= n->attempts; attempt++) {
            const int64_t start_ns = fate.end_ns + (attempt > 1 ? n->backoff_ns : 0);
            fate = (n->kind == HEDGE ? oracle_hedge : oracle_plain)(o, n, start_ns, deadline_ns,
                                                                    cut_ns, counts);
            if (fate.outcome == OUTCOME_OK) {
                break;
            }
        }
        if (fate.outcome != OUTCOME_OK && n->optional) {
            fate.outcome = OUTCOME_OK;
        } else if (fate.outcome != OUTCOME_OK) {
            return n->falls_back
                       ? oracle_steps(o, &n->fallback, fate.end_ns, deadline_ns, cut_ns, counts)
                       : fate;
        }
    }
    return fate;
}

static struct fate oracle_step(struct oracle *o, const struct oracle_node *n, int64_t now_ns,
                               int64_t deadline_ns, int64_t cut_ns, bool counts)
{
    switch (n->kind) {
    case CALL:
    case HEDGE:
    case BREAKER:
        return oracle_step_call(o, n, now_ns, deadline_ns, cut_ns, counts);
    case ASYNC:
        if (counts && now_ns < cut_ns) {
            oracle_call(o, n->service, now_ns, NEVER, NEVER, true, true);
        }
        return (struct fate){OUTCOME_OK, now_ns};
    case PARALLEL:
        if (counts && now_ns >= cut_ns) {
            return oracle_parallel(o, n, now_ns, deadline_ns, cut_ns, false);
        }
        return oracle_parallel(o, n, now_ns, deadline_ns, cut_ns, counts);
    case CHOOSE:
        return oracle_steps(o, &n->branches[n->chosen], now_ns, deadline_ns, cut_ns, counts);
    case WORK:
    case WAIT:
        return (struct fate){OUTCOME_OK, now_ns + n->time_ns};
    }
    return (struct fate){OUTCOME_COUNT, 0};
}

static struct fate oracle_steps(struct oracle *o, const struct oracle_list *list, int64_t start_ns,
                                int64_t deadline_ns, int64_t cut_ns, bool counts)
{
    struct fate fate = {OUTCOME_OK, start_ns};
    for (uint32_t i = 0; i < list->count && fate.outcome == OUTCOME_OK; i++) {
        fate = oracle_step(o, &o->nodes[list->nodes[i]], fate.end_ns, deadline_ns, cut_ns, counts);
    }
    return fate;
}

/* ---- comparing ---- */

__attribute__((format(printf, 3, 4))) static bool
oracle_equal(const struct lab *lab, double foretold, const char *format, ...)
{
    char path[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    const double value = lab_value(lab, path);
    if (fabs(value - foretold) <= 1e-9 * fmax(1, foretold)) {
        return true;
    }
    fprintf(stderr, "%s: %.12g, foretold: %.12g\n", path, value, foretold);
    return false;
}

/* The requests of the user are alike. */
static bool oracle_compare(const struct oracle *o, const struct lab *lab, struct fate fate)
{
    const double requests = 100 * lab_value(lab, "traffic.user.offered");
    bool good = oracle_equal(lab, fate.outcome == OUTCOME_OK, "traffic.user.availability");
    for (int class = OUTCOME_THROTTLED; class < OUTCOME_COUNT; class ++) {
        good = oracle_equal(lab, (int)fate.outcome == class, "traffic.user.errors.%s",
                            outcome_names[class]) &&
               good;
    }
    if (fate.outcome == OUTCOME_OK) {
        good = oracle_equal(lab, (double)fate.end_ns * 1e-9, "traffic.user.latency.mean") && good;
    }
    for (uint32_t s = 0; s < o->services_count; s++) {
        uint64_t calls = 0;
        for (int class = 0; class < OUTCOME_COUNT; class ++) {
            calls += o->ended[s][class];
        }
        good =
            oracle_equal(lab, (double)calls * requests / 100, "services.s%u.arrivals", s) && good;
        good = oracle_equal(lab, (double)o->stays_ns[s] * 1e-9 * requests / 100,
                            "services.s%u.in_flight.mean", s) &&
               good;
        for (int class = OUTCOME_THROTTLED; class < OUTCOME_COUNT && calls > 0; class ++) {
            good = oracle_equal(lab, (double)o->ended[s][class] / (double)calls,
                                "services.s%u.errors.%s", s, outcome_names[class]) &&
                   good;
        }
        if (calls > 0) {
            good = oracle_equal(lab, (double)o->abandoned[s] / (double)calls,
                                "services.s%u.abandoned", s) &&
                   good;
        }
    }
    return good;
}

/* False: the program makes too many calls. */
static bool oracle_world(uint64_t seed, bool shows)
{
    struct oracle *o = malloc(sizeof(*o));
    char *text = oracle_write(o, seed);
    o->root.service = 0;
    const struct fate fate = oracle_step_call(o, &o->root, 0, NEVER, NEVER, true);
    const bool small = o->calls <= ORACLE_CALLS_MAX;
    if (shows) {
        fputs(text, stderr);
    }
    if (small) {
        struct lab *lab = lab_run("%s", text);
        if (!oracle_compare(o, lab, fate)) {
            fprintf(stderr, "%s", text);
            fail_msg("program %llu does not do what it says", (unsigned long long)seed);
        }
        lab_close(lab);
    }
    free(text);
    free(o);
    return small;
}

static void test_programs_do_what_they_say(void **state)
{
    (void)state;
    const char *only = getenv("ARCHSIM_TEST_SEED");
    if (only != NULL) {
        oracle_world(strtoull(only, NULL, 10), true);
        return;
    }
    const uint64_t programs = (uint64_t)(4000 * lab_scale());
    uint64_t small = 0;
    for (uint64_t seed = 1; seed <= programs; seed++) {
        small += oracle_world(seed, false);
    }
    print_message("%llu programs, %llu compared\n", (unsigned long long)programs,
                  (unsigned long long)small);
    assert_true(small >= programs / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_programs_do_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
