/* Loading as a whole: the top of a file, services and their wiring, overrides, warnings, and that
 * all errors are told at once. */
#include "tests/scenario/toy.h"

#include "sim/scenario/metrics.h"

#define ONE "services:\n  a: {type: delay}\ntraffic:\n  u: {to: a, rate: 1/s}\n"
#define HOUR INT64_C(3600000000000)
#define MINUTE INT64_C(60000000000)

static void test_defaults(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = toy_load("archsim: 1\n" ONE, &diag);
    assert_string_equal(scenario->name, "toy");
    assert_string_equal(scenario->file, "toy.yaml");
    assert_string_equal(scenario->directory, ".");
    assert_string_equal(scenario->region, "us-east-1");
    assert_int_equal(scenario->zones, 3);
    assert_int_equal(scenario->duration_ns, 10 * MINUTE);
    assert_int_equal(scenario->warmup_ns, -1);
    assert_int_equal(scenario->drain_ns, 10 * MINUTE);
    assert_int_equal(scenario->seed, 1);
    assert_int_equal(scenario->replications, 0);
    assert_true(scenario->precision == 0.02);
    assert_int_equal(scenario->week_start_ns, 0);
    assert_int_equal(scenario->promises_count, 0);
    assert_int_equal(diag.messages_count, 0);
    toy_free(scenario, &diag);
}

static void test_top(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        toy_load("archsim: 1\nname: A shop\nregion: sa-east-1\nzones: 2\nduration: 1h\nwarmup: 5m\n"
                 "seed: 42\nreplications: 7\nprecision: 1%\ndrain: 0s\nstart: Wed 08:30\n" ONE,
                 &diag);
    assert_string_equal(scenario->name, "A shop");
    assert_string_equal(scenario->region, "sa-east-1");
    assert_int_equal(scenario->zones, 2);
    assert_int_equal(scenario->duration_ns, HOUR);
    assert_int_equal(scenario->warmup_ns, 5 * MINUTE);
    assert_int_equal(scenario->seed, 42);
    assert_int_equal(scenario->replications, 7);
    assert_true(scenario->precision == 0.01);
    assert_int_equal(scenario->drain_ns, 0);
    assert_int_equal(scenario->week_start_ns, (2 * 24 + 8) * HOUR + 30 * MINUTE);
    toy_free(scenario, &diag);
}

/* The duration, but no more than the larger of 10 min and twice the longest timeout
 * (language.md). */
static void test_drain(void **state)
{
    (void)state;
    static const struct {
        const char *duration, *traffic, *calls;
        int64_t drain_ns;
    } cases[] = {
        {"5m", "", "[]", 5 * MINUTE},
        {"2h", "", "[]", 10 * MINUTE},
        {"2h", ", timeout: 20m", "[]", 40 * MINUTE},
        {"2h", ", timeout: 2m", "[]", 10 * MINUTE},
        {"2h", ", timeout: 20m", "[{call: b, timeout: 25m}]", 50 * MINUTE},
        {"2h", "", "[{hedge: {call: b, after: 1s, timeout: 80m}}]", 2 * HOUR},
        {"30m", ", timeout: 20m", "[]", 30 * MINUTE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        struct diag diag;
        snprintf(
            text, sizeof(text),
            "archsim: 1\nduration: %s\nservices: {a: {type: delay, calls: %s}, b: {type: delay}}\n"
            "traffic: {u: {to: a, rate: 1/s%s}}\n",
            cases[i].duration, cases[i].calls, cases[i].traffic);
        struct scenario *scenario = toy_load(text, &diag);
        assert_int_equal(scenario->drain_ns, cases[i].drain_ns);
        toy_free(scenario, &diag);
    }
}

static void test_wrong_top(void **state)
{
    (void)state;
    static const struct {
        const char *line, *wrong;
    } cases[] = {
        {"name: [a]", "'name' is a text, not a list"},
        {"region: us-west-2", "'region': expected one of us-east-1, sa-east-1"},
        {"zones: 7", "must be within 1..6"},
        {"zones: 2.5", "whole number"},
        {"duration: 0s", "must be at least 1ms"},
        {"duration: 10", "a time needs a unit"},
        {"duration: 101y", "100y"},
        {"warmup: yes", "'warmup' is auto, or a time such as 5m, not 'yes'"},
        {"warmup: -1s", "'warmup': a time cannot be negative"},
        {"warmup: {auto: true}", "'warmup' is auto, or a time such as 5m, not a map"},
        {"seed: -1", "must be at least 0"},
        {"replications: 0", "'replications': must be within 1.."},
        {"replications: many", "'replications' is auto, or a count such as 10, not 'many'"},
        {"precision: 0%", "must be within 0.01%..100%"},
        {"start: Mon", "'start' is a day and an hour such as Mon 08:00"},
        {"start: Mo 08:00", "'start' is a day and an hour"},
        {"start: Mon 24:00", "'start' is a day and an hour"},
        {"start: Mon 08:00 sharp", "'start' is a day and an hour"},
        {"include: other.yaml", "'include' is reserved for a later version"},
        {"defaults: {}", "'defaults' is reserved for a later version"},
        {"durations: 1h", "unknown key 'durations' in the scenario"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), "archsim: 1\n%s\n" ONE, cases[i].line);
        toy_refuse(text, cases[i].wrong, 2);
    }
    toy_refuse(ONE, "add 'archsim: 1'", 0);
    toy_refuse("archsim: 2\nnew_key: 3\n" ONE, "newer than this archsim, which reads 1", 1);
    toy_refuse("archsim: one\n" ONE, "the version of the language is a number", 1);
    toy_refuse("archsim: 1\ntraffic: {u: {to: a, rate: 1/s}}\n", "needs 'services'", 0);
    toy_refuse("archsim: 1\nservices: {a: {type: delay}}\n", "needs 'traffic'", 0);
    toy_refuse("archsim: 1\nservices: {}\ntraffic: {u: {to: a, rate: 1/s}}\n",
               "'services' is empty: a scenario has at least one service", 2);
    toy_refuse("archsim: 1\nservices: [a]\ntraffic: {u: {to: a, rate: 1/s}}\n",
               "'services' is a map of names", 2);
}

static void test_wrong_services(void **state)
{
    (void)state;
    static const struct {
        const char *service, *wrong;
    } cases[] = {
        {"a: delay", "services.a is a map such as {type: server, work: 5ms}"},
        {"a: {work: 5ms}", "services.a needs 'type'"},
        {"a: {type: dellay}", "unknown type 'dellay'"},
        {"a: {type: delay, limit: {on_full: wait}}", "services.a.limit needs 'concurrent'"},
        {"a: {type: delay, limit: 5}", "'limit' is a map of concurrent, on_full"},
        {"a: {type: delay, limit: {concurrent: 5, onfull: wait}}",
         "unknown key 'onfull' in services.a.limit"},
        {"a: {type: delay, zone: d}", "'d' is not a zone: they are a to c"},
        {"a: {type: delay, zones: [a, x]}", "'x' is not a zone"},
        {"a: {type: delay, zones: a}", "'zones' is a list such as [a, b]"},
        {"a: {type: delay, zones: []}", "'zones' is empty"},
        {"a: {type: delay, zone: a, zones: [b]}", "'zone' and 'zones' say the same thing twice"},
        {"a: {type: delay, operations: [r]}", "'operations' is a map of names"},
        {"a: {type: delay, operations: {}}", "'operations' is empty"},
        {"a: {type: delay, operations: {r: 5ms}}", "services.a.operations.r is a map"},
        {"a: {type: delay, operations: {1r: {}}}", "'1r' is not a name for an operation"},
        {"a: {type: delay, work: 5ms, operations: {r: {}}}",
         "'work' belongs inside each of the 'operations'"},
        {"a: {type: delay, calls: [], operations: {r: {}}}", "'calls' belongs inside each"},
        {"a: {type: delay, operations: {r: {wrk: 5ms}}}",
         "unknown key 'wrk' in services.a.operations.r"},
        {"a: {type: cache, origin: b, operations: {r: {}}}", "type cache has no 'operations'"},
        {"a: {type: load_balancer, targets: [b], work: 5ms}", "type load_balancer has no 'work'"},
        {"a: {type: load_balancer, targets: [b], calls: [b]}", "type load_balancer has no 'calls'"},
        {"a: {type: load_balancer}",
         "services.a needs 'targets': a list of services such as [a, b]"},
        {"a: {type: load_balancer, targets: b}", "'targets' is a list of services such as [a, b]"},
        {"a: {type: load_balancer, targets: []}", "'targets' is empty"},
        {"a: {type: load_balancer, targets: [a]}", "'a' cannot be its own target"},
        {"a: {type: load_balancer, targets: [x]}", "there is no service 'x'"},
        {"a: {type: load_balancer, targets: [b.read]}", "'b' has no operations: write just 'b'"},
        {"a: {type: load_balancer, targets: {service: b}}", "services.a.targets needs 'copies'"},
        {"a: {type: load_balancer, targets: {service: b, copies: 0}}", "must be within 1.."},
        {"a: {type: load_balancer, targets: {service: s, copies: 2}}",
         "type store cannot have copies"},
        {"a: {type: load_balancer, targets: {service: b.x, copies: 2}}",
         "copies are of a whole service"},
        {"a: {type: load_balancer, targets: [b, s]}", "only one of them has operations"},
        {"a: {type: cache, origin: s}", "'s' has operations: say which one"},
        {"a: {type: cache, origin: [b]}", "a target is SERVICE or SERVICE.OPERATION, not a list"},
        {"a: {type: cache}", "services.a needs 'origin': SERVICE or SERVICE.OPERATION"},
        {"a: {type: cache, origin: b, keys: zipf(n=3)}", "'keys': expected zipf("},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(
            text, sizeof(text),
            "archsim: 1\ntraffic: {u: {to: a, rate: 1/s}}\nservices:\n  %s\n  b: {type: delay}\n"
            "  s: {type: store}\n",
            cases[i].service);
        struct diag diag;
        if (strstr(cases[i].service, "operations: {r:") == NULL ||
            strstr(cases[i].service, "cache")) {
            toy_refuse(text, cases[i].wrong, 4);
            continue;
        }
        /* the traffic calls it bare, which is a second mistake unless the service is known to be
         * wrong */
        assert_null(toy_load_with(text, NULL, 0, &diag));
        if (!toy_has(&diag, cases[i].wrong, 4))
            fail_msg("%s: %s", cases[i].service, cases[i].wrong);
        diag_done(&diag);
    }
}

/* A balancer takes the operations of its targets; its copies belong to it. */
static void test_balancer(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = toy_load(
        "archsim: 1\nservices:\n"
        "  outer: {type: load_balancer, targets: [inner]}\n"
        "  inner: {type: load_balancer, targets: [x, y.write, y]}\n"
        "  x: {type: delay, operations: {read: {}, write: {}}}\n"
        "  y: {type: delay, operations: {write: {}, more: {}, read: {}}}\n"
        "  lb: {type: load_balancer, targets: {service: z, copies: 4}}\n  z: {type: delay}\n"
        "traffic:\n  u: {to: outer.write, rate: 1/s}\n  v: {to: lb, rate: 1/s}\n",
        &diag);
    const struct scenario_service *outer = &scenario->services[0], *inner = &scenario->services[1];
    for (int i = 0; i < 2; i++) {
        assert_true(scenario->services[i].has_operations);
        assert_int_equal(scenario->services[i].operations_count, 2); /* of the first target */
        assert_string_equal(scenario->services[i].operations[0].name, "read");
    }
    const struct toy_balancer *p = inner->params;
    assert_int_equal(p->targets_targets.count, 3);
    assert_int_equal(p->targets_targets.copies, 0);
    for (uint16_t t = 0; t < 3; t++) {
        const struct call_target *target = &p->targets_targets.items[t];
        for (uint16_t o = 0; o < 2; o++) {
            const uint16_t index =
                target->operation == OPERATION_SAME ? (uint16_t)(target->edge + o) : target->edge;
            const struct edge *edge = &scenario->edges[index];
            const char *name = scenario->services[edge->service].operations[edge->operation].name;
            assert_int_equal(edge->caller, 1);
            assert_int_equal(edge->service, target->service);
            assert_string_equal(name, t == 1 ? "write" : inner->operations[o].name);
        }
    }
    assert_int_equal(scenario->edges[scenario->traffic[0].edge].operation, 1);
    assert_int_equal(outer->copies, 1);
    assert_int_equal(outer->balancer, SERVICE_NONE);
    const struct toy_balancer *lb = scenario->services[4].params;
    assert_int_equal(lb->targets_targets.copies, 4);
    assert_int_equal(lb->targets_targets.count, 1);
    assert_int_equal(scenario->services[5].copies, 4);
    assert_int_equal(scenario->services[5].balancer, 4);
    toy_free(scenario, &diag);
}

static void test_copies_wrong(void **state)
{
    (void)state;
#define LB "archsim: 1\nservices:\n  lb: {type: load_balancer, targets: {service: z, copies: 4}}\n"
    toy_refuse(LB
               "  z: {type: delay}\ntraffic:\n  u: {to: lb, rate: 1/s}\n  v: {to: z, rate: 1/s}\n",
               "'z' is reached only through 'lb'", 7);
    toy_refuse(LB "  z: {type: delay}\n  b: {type: delay, calls: [z]}\n"
                  "traffic: {u: {to: lb, rate: 1/s}, v: {to: b, rate: 1/s}}\n",
               "'z' is reached only through 'lb'", 5);
    toy_refuse(LB
               "  z: {type: delay}\n  l2: {type: load_balancer, targets: {service: z, copies: 2}}\n"
               "traffic: {u: {to: lb, rate: 1/s}, v: {to: l2, rate: 1/s}}\n",
               "'z' already has its copies behind 'lb'", 5);
    toy_refuse("archsim: 1\nservices:\n  x: {type: load_balancer, targets: [y]}\n"
               "  y: {type: load_balancer, targets: [x]}\ntraffic: {u: {to: x, rate: 1/s}}\n",
               "passes its calls on to itself", 0);
    toy_refuse(
        "archsim: 1\nservices:\n  x: {type: load_balancer, targets: [y, z]}\n"
        "  y: {type: delay, operations: {r: {}, w: {}}}\n  z: {type: delay, operations: {r: {}}}\n"
        "traffic: {u: {to: x.r, rate: 1/s}}\n",
        "'z' has no operation 'w', which 'y' beside it has", 3);
    /* a balancer's calls end if one of its targets does not call back */
    toy_refuse("archsim: 1\nservices:\n  x: {type: load_balancer, targets: [y]}\n"
               "  y: {type: delay, calls: [x]}\ntraffic: {u: {to: x, rate: 1/s}}\n",
               "these calls never end: x -> y -> x", 3);
    struct diag diag;
    struct scenario *scenario = toy_load(
        "archsim: 1\nservices:\n  x: {type: load_balancer, targets: [y, z]}\n"
        "  y: {type: delay, calls: [x]}\n  z: {type: delay}\ntraffic: {u: {to: x, rate: 1/s}}\n",
        &diag);
    toy_free(scenario, &diag);
}

static void test_services(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = toy_load(
        "archsim: 1\nzones: 6\nservices:\n  a: {type: server, servers: inf, zones: [a, f], "
        "limit: {concurrent: 20, on_full: wait}, calls: [c]}\n"
        "  b: {type: delay, zone: b, limit: {concurrent: 7}}\n"
        "  c: {type: cache, origin: b, keys: 'zipf(n=10, s=1)', ttl: 1m}\n"
        "traffic:\n  u: {to: a, rate: 1/s}\n",
        &diag);
    const struct scenario_service *a = &scenario->services[0], *b = &scenario->services[1];
    assert_int_equal(a->zones_mask, 1u | 1u << 5);
    assert_int_equal(a->limit_count, 20);
    assert_int_equal(a->limit_action, LIMIT_WAIT);
    assert_true(((const struct toy_server *)a->params)->servers_count == PARAM_INFINITE);
    assert_int_equal(b->zones_mask, 2);
    assert_int_equal(b->limit_count, 7);
    assert_int_equal(b->limit_action, LIMIT_REJECT);
    const struct toy_cache *c = scenario->services[2].params;
    assert_int_equal(scenario->services[2].zones_mask, 0);
    assert_int_equal(scenario->services[2].limit_count, 0);
    assert_int_equal(c->origin_target.service, 1);
    assert_int_equal(c->origin_target.operation, 0);
    assert_int_equal(scenario->edges[c->origin_target.edge].caller, 2);
    assert_int_equal(scenario->edges[c->origin_target.edge].service, 1);
    assert_int_equal(c->keys_popularity.n, 10);
    /* edges are grouped by caller: services first, then traffic */
    for (uint32_t i = 1; i < scenario->edges_count; i++)
        assert_true(scenario->edges[i].caller >= scenario->edges[i - 1].caller);
    toy_free(scenario, &diag);
}

static void test_overrides(void **state)
{
    (void)state;
    static const char text[] =
        "archsim: 1\nservices:\n  a: {type: server, calls: [{call: b, timeout: 1s}]}\n"
        "  b: {type: delay}\ntraffic: {u: {to: a, rate: 1/s}}\n";
    static const char *const sets[] = {"services.a.servers=9", "services.a.calls.0.timeout=4s",
                                       "traffic.u.rate={ramp: [[0s, 1/s], [1m, 3/s]]}", "seed=5"};
    static const char *const bad[] = {"services.a.serves=9"};
    struct diag diag;
    struct scenario *plain = toy_load(text, &diag);
    struct scenario *other;
    char fingerprint[17];
    memcpy(fingerprint, plain->fingerprint, sizeof(fingerprint));
    assert_int_equal(strlen(fingerprint), 16);
    toy_free(plain, &diag);

    plain = toy_load_with(text, sets, 4, &diag);
    assert_non_null(plain);
    assert_int_equal(((const struct toy_server *)plain->services[0].params)->servers_count, 9);
    assert_int_equal(plain->steps[0].options->timeout_ns, 4000000000);
    assert_true(plain->traffic[0].rate_linear);
    assert_int_equal(plain->seed, 5);
    assert_string_not_equal(plain->fingerprint, fingerprint);
    memcpy(fingerprint, plain->fingerprint, sizeof(fingerprint));
    toy_free(plain, &diag);

    other = toy_load_with(text, sets, 4, &diag); /* the same again, the same fingerprint */
    assert_string_equal(other->fingerprint, fingerprint);
    toy_free(other, &diag);

    assert_null(toy_load_with(text, bad, 1, &diag));
    assert_true(toy_has(&diag, "unknown key 'serves' in services.a", 0));
    assert_string_equal(diag.messages[0].place.file, "--set");
    diag_done(&diag);
}

static void test_warnings(void **state)
{
    (void)state;
    static const struct {
        const char *code, *path;
    } expected[] = {
        {"unused_service", "services.lonely"},
        {"assumed_default", "services.c"},
        {"heavy_tail", "services.a.work"},
        {"heavy_tail", "traffic.u.arrivals"},
    };
    struct diag diag;
    struct scenario *scenario = toy_load(
        "archsim: 1\nservices:\n  a: {type: delay, work: pareto(min=1ms shape=1.5), calls: [c]}\n"
        "  c: {type: cache, origin: d}\n  d: {type: delay}\n  lonely: {type: delay}\n"
        "traffic: {u: {to: a, rate: 1/s, arrivals: lognormal(cv=9)}}\n",
        &diag);
    assert_int_equal(diag.messages_count, 4);
    for (size_t i = 0; i < 4; i++) {
        bool found = false;
        for (uint32_t m = 0; m < 4; m++)
            found = found || (strcmp(diag.messages[m].code, expected[i].code) == 0 &&
                              strcmp(diag.messages[m].path, expected[i].path) == 0);
        assert_true(found);
    }
    assert_true(toy_has(&diag, "ttl = 60s", 4));
    toy_free(scenario, &diag);
}

/* An alias stands for what its anchor holds, in whole services and in parts of them. */
static void test_aliases(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario =
        toy_load("archsim: 1\nservices:\n  a: &kind {type: server, servers: 3, calls: [{call: c, "
                 "retry: &again "
                 "{attempts: 4}}]}\n  b: *kind\n  c: {type: delay}\n"
                 "traffic: {u: {to: a, rate: 1/s, retry: *again}, v: {to: b, rate: 1/s}}\n",
                 &diag);
    for (int i = 0; i < 2; i++) {
        const struct scenario_service *service = &scenario->services[i];
        assert_int_equal(((const struct toy_server *)service->params)->servers_count, 3);
        assert_int_equal(scenario->steps[service->operations[0].pc].options->retry.attempts_max, 4);
    }
    assert_int_equal(scenario->edges_count, 4);
    assert_int_equal(scenario->traffic[0].options.retry.attempts_max, 4);
    toy_free(scenario, &diag);
}

/* One mistake is one message, and all of a file come at once. */
static void test_all_at_once(void **state)
{
    (void)state;
    static const uint32_t lines[] = {2, 4, 5, 6, 7, 7, 9, 10, 12};
    struct diag diag;
    assert_null(
        toy_load_with("archsim: 1\nzonse: 2\nservices:\n  a: {type: dely, calls: [nobody]}\n"
                      "  b: {type: delay, calls: [a, x]}\n  c: {type: server, servers: 0}\n"
                      "  d: {type: cache, origin: q, ttl: 5}\ntraffic:\n  u: {to: b, rate: 20}\n"
                      "  v: {to: e, rate: 2/s}\nslo:\n  - traffic.u.latency.p98 < 1s\n"
                      "  - services.a.busy.max < 3\n",
                      NULL, 0, &diag));
    uint32_t found = 0;
    for (uint32_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        for (uint32_t m = 0; m < diag.messages_count; m++)
            if (diag.messages[m].level == DIAG_ERROR && diag.messages[m].place.line == lines[i]) {
                found++;
                diag.messages[m].place.line = 0;
                break;
            }
    if (found != 9 || diag.errors_count != 9)
        diag_print(&diag, stderr, false);
    assert_int_equal(found, 9);
    assert_int_equal(diag.errors_count, 9);
    diag_done(&diag);
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *wrong; /* null: only "not yet simulated" */
    } cases[] = {
        {"faults: [{name: x, zone_outage: a, at: 20m, for: 10m}]", NULL},
        {"faults: [{name: x, failover: a, at: 35m}]", NULL},
        {"faults: [{name: x, instance_crash: a, at: 35m, count: 2}]", NULL},
        {"faults: [{name: x, errors: a, rate: 5%, at: 45m, for: 2m}]", NULL},
        {"faults: [{name: x, latency: a, add: 200ms, at: 45m, for: 2m}]", NULL},
        {"faults: [{name: x, partition: [a, b], at: 45m, for: 2m}]", NULL},
        {"faults: [{name: x, region_outage: true, at: 1h, for: 30m}]", NULL},
        {"random_faults: [{name: x, zone_outage: any, mtbf: 1y, duration: lognormal(mean=1h "
         "cv=1)}]",
         NULL},
        {"random_faults: [{name: x, instance_crash: a, mtbf: 90d}]", NULL},
        {"faults: [{name: x, zone_outage: g, at: 20m, for: 10m}]", "'g' is not a zone"},
        {"faults: [{name: x, zone_outage: any, at: 20m, for: 10m}]", "'any' is not a zone"},
        {"faults: [{name: x, failover: q, at: 35m}]", "there is no service 'q'"},
        {"faults: [{name: x, failover: a}]", "needs 'at'"},
        {"faults: [{name: x, failover: a, at: 3m, for: 4m}]",
         "'for' has no meaning for 'failover'"},
        {"faults: [{name: x, errors: a, at: 3m, for: 4m}]", "'errors' needs 'rate'"},
        {"faults: [{name: x, latency: a, at: 3m, add: 3s}]", "'latency' needs 'for'"},
        {"faults: [{name: x, latency: a, at: 3m, for: 1m, add: 3s, count: 2}]",
         "'count' has no meaning for 'latency'"},
        {"faults: [{name: x, partition: [a], at: 3m, for: 1m}]",
         "'partition' is a list of two services"},
        {"faults: [{name: x, at: 3m}]", "a fault needs a key that says what breaks"},
        {"faults: [{name: x, failover: a, instance_crash: a, at: 3m}]", "are two faults"},
        {"faults: [{name: x, failover: a, at: 3m}, {name: x, failover: a, at: 4m}]",
         "the name 'x' is taken"},
        {"faults: [{failover: a, at: 3m}]", "needs 'name'"},
        {"faults: [{name: x, failover: a, when: 3m, at: 3m}]", "unknown key 'when'"},
        {"faults: {name: x}", "'faults' is a list of faults"},
        {"random_faults: [{name: x, instance_crash: a, mtbf: 90}]", "a time needs a unit"},
        {"random_faults: [{name: x, zone_outage: a, mtbf: 1y}]", "'zone_outage' needs 'duration'"},
        {"random_faults: [{name: x, zone_outage: a, mtbf: 1y, at: 3m, duration: 1m}]",
         "unknown key 'at'"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        struct diag diag;
        snprintf(text, sizeof(text),
                 "archsim: 1\n%s\nservices: {a: {type: delay, calls: [b]}, b: {type: delay}}\n"
                 "traffic: {u: {to: a, rate: 1/s}}\n",
                 cases[i].fault);
        assert_null(toy_load_with(text, NULL, 0, &diag));
        const bool is_list = strstr(cases[i].fault, "s: {") == NULL;
        const uint32_t errors = (is_list ? 1u : 0u) + (cases[i].wrong != NULL ? 1u : 0u);
        if (diag.errors_count != errors || (is_list && !toy_has(&diag, "not yet simulated", 2)) ||
            (cases[i].wrong != NULL && !toy_has(&diag, cases[i].wrong, 2))) {
            diag_print(&diag, stderr, false);
            fail_msg("%s", cases[i].fault);
        }
        diag_done(&diag);
    }
}

/* A quoted scalar means the same as a bare one, so JSON is a scenario. */
static void test_json(void **state)
{
    (void)state;
    struct diag diag;
    struct scenario *scenario = toy_load(
        "{\"archsim\": 1, \"seed\": \"7\", \"services\": {\"a\": {\"type\": \"delay\", \"work\": "
        "\"5ms\"}}, \"traffic\": {\"u\": {\"to\": \"a\", \"rate\": \"3/s\"}}}",
        &diag);
    assert_int_equal(scenario->seed, 7);
    assert_true(scenario->services[0].operations[0].work->mean == 5e6);
    toy_free(scenario, &diag);
}

/* A chain of calls through `count` services, whose file order is forwards, backwards or scattered;
 * closed if the last calls the first. */
static void write_chain(char *text, size_t size, int count, int order, bool closed)
{
    const int step = order == 0   ? 1
                     : order == 1 ? count - 1
                                  : 4187; /* prime to 10000: visits all */
    size_t at =
        (size_t)snprintf(text, size, "archsim: 1\ntraffic: {u: {to: s0, rate: 1/s}}\nservices:\n");
    for (int i = 0; i < count; i++) {
        const int next = (i + step) % count;
        at += (size_t)snprintf(text + at, size - at, "  s%d: {type: delay, calls: [", i);
        at +=
            (size_t)snprintf(text + at, size - at, next != 0 || closed ? "s%d]}\n" : "]}\n", next);
    }
}

/* The most services there may be load in a moment, whatever the order in which they call each
 * other. */
static void test_many(void **state)
{
    (void)state;
    const size_t size = 1 << 20;
    char *text = test_malloc(size);
    struct diag diag;
    for (int order = 0; order < 3; order++) {
        write_chain(text, size, 10000, order, false);
        struct scenario *scenario = toy_load(text, &diag);
        assert_int_equal(diag.messages_count, 0);
        assert_int_equal(scenario->edges_count, 10000);
        toy_free(scenario, &diag);
        write_chain(text, size, 10000, order, true);
        toy_refuse(text, "these calls never end: s0 -> s", 4);
    }
    write_chain(text, size, 10001, 0, false);
    toy_refuse(text, "10001 services are more than the 10000", 3);
    test_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),       cmocka_unit_test(test_top),
        cmocka_unit_test(test_drain),          cmocka_unit_test(test_wrong_top),
        cmocka_unit_test(test_wrong_services), cmocka_unit_test(test_balancer),
        cmocka_unit_test(test_copies_wrong),   cmocka_unit_test(test_services),
        cmocka_unit_test(test_overrides),      cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_aliases),        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_faults),         cmocka_unit_test(test_json),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
