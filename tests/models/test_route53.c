/* Route 53's documented rules. Sources, all of the developer guide: [H] "How Amazon Route 53
 * determines whether a health check is healthy", [C] "How Amazon Route 53 chooses records when
 * health checking is configured", [W] "Weighted routing", [L] "Latency-based routing", [F]
 * "Failover routing", [M] "Multivalue answer routing", [T] "TTL (seconds)"; and the facts, route53
 * failover_time: interval x threshold + propagation + what is left of each client's TTL. Checkers
 * are tested on the block. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/models/endpoint.h"
#include "tests/support/lab.h"

#define HEAD(duration, warmup, replications)                                        \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: " warmup "\nseed: 5\n" \
    "replications: " replications "\nservices:\n"
/* Names take no time; everybody keeps to the TTL. */
#define DNS "  dns: {type: route53, lookup: 0s, cached: 0s, ignore_ttl: 0%%, "
#define FAST "health_check: {interval: 10s, propagation: 0s}, "
#define PAIR "records: [{to: a, role: primary}, {to: b, role: secondary}]}\n"

#define RUN(...) lab_run_with(own_models, 1, __VA_ARGS__)

/* When, in scenario time, the first entry of that kind was made in a replication; NaN: never. */
static double logged(const struct lab *lab, uint32_t replication, enum log_kind kind)
{
    const struct replication *run = &lab->experiment.replications[replication];
    for (const struct log_entry *at = run->log; at != NULL; at = at->next) {
        if (at->kind == kind) {
            return (double)(at->at_ns - run->log_origin_ns) / 1e9;
        }
    }
    return (double)NAN;
}

/* ---- policies ---- */

/* [W] "weight for a specified record / sum of the weights for all records": 1 of 4. */
static void weighted(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("100s", "0s", "16") DNS
                          "ttl: 0s, policy: weighted, records: [{to: a}, {to: b, weight: 3}]}\n"
                          "  a: {type: endpoint}\n  b: {type: endpoint}\ntraffic:\n"
                          "  t: {to: dns, arrivals: constant, rate: 200/s}\n");
    lab_expect(lab, "services.a.arrivals", 50, 0.03);
    lab_expect(lab, "services.b.arrivals", 150, 0.01);
    lab_equal(lab, "services.dns.dns_queries", 20000);
    lab_close(lab);
}

/* [C] "Route 53 initially considers only the nonzero weighted records"; "if all the records that
 * have a weight greater than 0 are unhealthy, then Route 53 considers the zero-weighted records":
 * after 60 s, of which 50 s are measured, the other has all. */
static void weight_of_zero(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("100s", "100s", "2") DNS FAST
                          "ttl: 0s, policy: weighted, records: [{to: a}, {to: b, weight: 0}]}\n"
                          "  a: {type: endpoint, ill: %s}\n  b: {type: endpoint}\ntraffic:\n"
                          "  t: {to: dns, arrivals: constant, rate: 10/s}\n",
                          "1s");
    lab_equal(lab, "services.a.arrivals", 0);
    lab_equal(lab, "services.b.arrivals", 10);
    lab_close(lab);
    lab = RUN(HEAD("100s", "100s", "2") DNS FAST
              "ttl: 0s, policy: weighted, records: [{to: a}, {to: b, weight: 0}]}\n"
              "  a: {type: endpoint}\n  b: {type: endpoint}\ntraffic:\n"
              "  t: {to: dns, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.a.arrivals", 10);
    lab_equal(lab, "services.b.arrivals", 0);
    lab_close(lab);
}

/* [L] "the region that provides the best latency": Europe goes to us_east (89 ms, against 195 ms to
 * South America), South America stays; [C] an unhealthy one is passed over. `network` adds the
 * round trip that is left. */
static void latency(void **state)
{
    (void)state;
    static const char text[] = HEAD("100s", "100s", "2") DNS FAST
        "ttl: 0s, policy: latency, network: true, viewers: [{place: %s, share: 100%%}],\n"
        "    records: [{to: north, place: us_east}, {to: south, place: south_america}]}\n"
        "  north: {type: endpoint, %s}\n  south: {type: endpoint}\ntraffic:\n"
        "  t: {to: dns, arrivals: constant, rate: 10/s}\n";
    struct lab *lab = RUN(text, "europe", "");
    lab_equal(lab, "services.north.arrivals", 10);
    lab_equal(lab, "traffic.t.latency.mean", 0.089);
    lab_close(lab);
    lab = RUN(text, "south_america", "");
    lab_equal(lab, "services.south.arrivals", 10);
    lab_equal(lab, "traffic.t.latency.mean", 0.010);
    lab_close(lab);
    lab = RUN(text, "europe", "ill: 1s");
    lab_equal(lab, "services.south.arrivals", 10);
    lab_equal(lab, "traffic.t.latency.mean", 0.195);
    lab_close(lab);
}

/* Clients are where the shares say. */
static void places_of_clients(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s", "0s", "16") DNS
            "clients: 100k, policy: latency, viewers: [{place: us_west, share: 30%%}, "
            "{place: south_america, share: 70%%}],\n"
            "    records: [{to: north, place: us_east}, {to: south, place: south_america}]}\n"
            "  north: {type: endpoint}\n  south: {type: endpoint}\ntraffic:\n"
            "  t: {to: dns, arrivals: constant, rate: 200/s}\n");
    lab_expect(lab, "services.north.arrivals", 60, 0.03);
    lab_close(lab);
}

/* Multivalue: any healthy record; simple: any record, [C] whatever its health. */
static void any_record(void **state)
{
    (void)state;
    static const char text[] = HEAD("100s", "100s", "16") DNS FAST
        "ttl: 0s, policy: %s, records: [{to: a}, {to: b}, {to: c}, {to: d}]}\n"
        "  a: {type: endpoint}\n  b: {type: endpoint}\n  c: {type: endpoint}\n"
        "  d: {type: endpoint, ill: 1s}\ntraffic:\n"
        "  t: {to: dns, arrivals: constant, rate: 120/s}\n";
    struct lab *lab = RUN(text, "multivalue");
    lab_expect(lab, "services.a.arrivals", 40, 0.03);
    lab_equal(lab, "services.d.arrivals", 0);
    lab_equal(lab, "services.dns.health_check_status", 0.75);
    lab_close(lab);
    lab = RUN(text, "simple");
    lab_expect(lab, "services.d.arrivals", 30, 0.04);
    lab_close(lab);
}

/* [M] Multivalue: "Route 53 responds to DNS queries with up to eight healthy records": the clients
 * of one resolver share its answer and take any of these; of ten records two have no request. */
static void up_to_eight_records(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s", "0s", "1") DNS
            "ttl: 2d, clients: 1, policy: multivalue, records: [{to: a}, "
            "{to: b}, {to: c}, {to: d}, {to: e}, {to: f}, {to: g}, {to: h}, {to: i}, {to: j}]}\n"
            "  a: {type: endpoint}\n  b: {type: endpoint}\n  c: {type: endpoint}\n"
            "  d: {type: endpoint}\n  e: {type: endpoint}\n  f: {type: endpoint}\n"
            "  g: {type: endpoint}\n  h: {type: endpoint}\n  i: {type: endpoint}\n"
            "  j: {type: endpoint}\ntraffic:\n"
            "  t: {to: dns, arrivals: constant, rate: 80/s}\n");
    uint32_t without = 0;
    for (char name = 'a'; name <= 'j'; name++) {
        char path[] = "services.x.arrivals";
        path[sizeof("services.") - 1] = name;
        const double rate = lab_value(lab, path);
        without += rate == 0;
        assert_true(rate == 0 || fabs(rate - 10) < 5 * sqrt(10 / 100.0));
    }
    assert_int_equal(without, 2);
    lab_close(lab);
}

/* A simple answer names all its records, of which every request takes any, whatever the TTL. */
static void a_simple_answer(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s", "0s", "16") DNS "ttl: 2d, clients: 1, records: [{to: a}, {to: b}]}\n"
                                         "  a: {type: endpoint}\n  b: {type: endpoint}\ntraffic:\n"
                                         "  t: {to: dns, arrivals: constant, rate: 100/s}\n");
    lab_expect(lab, "services.a.arrivals", 50, 0.03);
    lab_close(lab);
}

/* ---- health ---- */

/* [H] Unhealthy after `threshold` checks in a row, which last the interval each: with one checker
 * from 2 to 3 intervals of 10 s after 100 s, and 4 s; healthy again from 2 to 3 after 200 s. The
 * mean of a uniform phase is half of it. */
static void detection(void **state)
{
    (void)state;
    enum { RUNS = 64 };
    struct lab *lab =
        RUN(HEAD("300s", "0s", "64") DNS
            "health_check: {interval: 10s, checkers: 1}, "
            "policy: failover, " PAIR
            "  a: {type: endpoint, ill: 100s, well: 200s}\n  b: {type: endpoint}\ntraffic:\n"
            "  t: {to: dns, arrivals: constant, rate: 1/s}\n");
    double down_s = 0, up_s = 0;
    for (uint32_t i = 0; i < RUNS; i++) {
        const double down = logged(lab, i, LOG_UNHEALTHY), up = logged(lab, i, LOG_HEALTHY);
        assert_true(down >= 124 && down <= 134);
        assert_true(up >= 220 && up <= 230);
        down_s += down / RUNS;
        up_s += up / RUNS;
    }
    const double sd_s = 10 / sqrt(12.0 * RUNS);
    assert_true(fabs(down_s - 129) < 5 * sd_s);
    assert_true(fabs(up_s - 225) < 5 * sd_s);
    /* of two checks one is down from `down` to `up` */
    lab_expect(lab, "services.dns.health_check_status", 1 - 0.5 * 96 / 300, 0.01);
    lab_equal(lab, "services.dns.health_check_status_minimum", 0.5);
    lab_close(lab);
}

/* [H] Checks every 30 s or every 10 s: the standard one takes three times as long. */
static void standard_interval(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("300s", "0s", "16") DNS
                          "policy: failover, " PAIR
                          "  a: {type: endpoint, ill: 100s}\n  b: {type: endpoint}\ntraffic:\n"
                          "  t: {to: dns, arrivals: constant, rate: 1/s}\n");
    for (uint32_t i = 0; i < 16; i++) {
        const double down = logged(lab, i, LOG_UNHEALTHY);
        assert_true(down >= 100 + 60 + 4 && down <= 100 + 90 + 4);
    }
    lab_close(lab);
}

/* The facts' sum, exactly: the primary is asked for 100 s; then, with 16 checkers of which the 14th
 * decides (of phases uniform in 10 s, 14/17 of it), for 20 s + 8.24 s + 4 s until the verdict and
 * 5 s until it is known; then by who still has an answer, of whom there are T / (T + 1/lambda), for
 * half of T = 60 s in the mean (1/lambda = 1 s: 100 clients ask 100 times a second). */
static void failover_time(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("300s", "0s", "32") DNS
            "health_check: {interval: 10s, propagation: 5s}, clients: 100, policy: failover, " PAIR
            "  a: {type: endpoint, ill: 100s}\n  b: {type: endpoint}\ntraffic:\n"
            "  t: {to: dns, rate: 100/s}\n");
    const double asked_s = 100 + 20 + 10 * 14 / 17.0 + 4 + 5 + 60 / 2.0 * 60 / 61;
    lab_expect(lab, "services.a.arrivals", 100 * asked_s / 300, 0.03);
    lab_close(lab);
}

/* Clients that ignore the TTL stay where they were: 20 of 100. */
static void clients_that_ignore_the_ttl(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD(
        "100s", "200s", "16") "  dns: {type: route53, clients: 100, ignore_ttl: 20%%, " FAST
                              "policy: failover, " PAIR
                              "  a: {type: endpoint, ill: 1s}\n  b: {type: endpoint}\ntraffic:\n"
                              "  t: {to: dns, arrivals: constant, rate: 200/s}\n");
    lab_expect(lab, "services.a.arrivals", 40, 0.04);
    lab_close(lab);
}

/* [C] "If no record is healthy, all records are healthy": the primary again, and both of equal
 * weight; [F] the same. The endpoints answer. */
static void none_is_healthy(void **state)
{
    (void)state;
    static const char text[] = HEAD("100s", "100s", "16") DNS FAST
        "ttl: 0s, policy: %s, records: [{to: a%s}, {to: b%s}]}\n"
        "  a: {type: endpoint, ill: 1s}\n  b: {type: endpoint, ill: 2s}\ntraffic:\n"
        "  t: {to: dns, arrivals: constant, rate: 100/s}\n";
    struct lab *lab = RUN(text, "failover", ", role: primary", ", role: secondary");
    lab_equal(lab, "services.a.arrivals", 100);
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.dns.health_check_status", 0);
    lab_equal(lab, "services.dns.health_check_percentage_healthy", 0);
    lab_close(lab);
    lab = RUN(text, "weighted", "", "");
    lab_expect(lab, "services.a.arrivals", 50, 0.03);
    lab_close(lab);
}

/* [C] "Records without a health check are always healthy." */
static void without_a_health_check(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s", "100s", "2") DNS FAST
            "ttl: 0s, policy: failover, records: [{to: a, role: primary, health_check: false}, "
            "{to: b, role: secondary}]}\n"
            "  a: {type: endpoint, ill: 1s}\n  b: {type: endpoint}\ntraffic:\n"
            "  t: {to: dns, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.a.arrivals", 10);
    lab_equal(lab, "services.dns.health_check_status", 1);
    lab_close(lab);
}

/* ---- the TTL ---- */

/* [T] "the amount of time that you want DNS resolvers to cache information about this record": one
 * client that asks every second resolves every 10 s. */
static void time_to_live(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("100s", "0s", "2") DNS "ttl: 10s, clients: 1, records: [{to: a}]}\n"
                                        "  a: {type: endpoint}\ntraffic:\n"
                                        "  t: {to: dns, arrivals: constant, rate: 1/s}\n");
    lab_equal(lab, "services.dns.dns_queries", 10);
    lab_equal(lab, "services.dns.cached_answers", 0.9);
    lab_close(lab);
}

/* Poisson requests of rate lambda to a cache with a TTL from its filling: of every cycle one
 * resolves and lambda T do not. 200 clients, lambda T = 2. */
static void answers_from_caches(void **state)
{
    (void)state;
    struct lab *lab = RUN(HEAD("500s", "100s", "16") DNS
                          "ttl: 10s, clients: 200, records: [{to: a}]}\n"
                          "  a: {type: endpoint}\ntraffic:\n  t: {to: dns, rate: 40/s}\n");
    lab_expect(lab, "services.dns.cached_answers", 2 / 3.0, 0.02);
    lab_close(lab);
}

/* The facts: a resolver's miss takes long, its hit about a millisecond. */
static void time_of_names(void **state)
{
    (void)state;
    static const char text[] =
        HEAD("10s", "100s",
             "2") "  dns: {type: route53, lookup: 30ms, ttl: %s, clients: 1, records: [{to: a}]}\n"
                  "  a: {type: delay, work: 5ms}\ntraffic:\n"
                  "  t: {to: dns, arrivals: constant, rate: 10/s}\n";
    struct lab *lab = lab_run(text, "0s");
    lab_equal(lab, "traffic.t.latency.mean", 0.035);
    lab_close(lab);
    lab = lab_run(text, "2d"); /* whoever has an answer has it for long */
    lab_equal(lab, "traffic.t.latency.p50", 0.006);
    lab_close(lab);
}

/* Who asks while his resolver's lookup is out waits for the rest of it: of 30 ms, with a request
 * every millisecond and no TTL, one in 30 asks, and they wait for 15.5 ms in the mean. */
static void a_lookup_is_waited_for(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("30s", "0s", "2") "  dns: {type: route53, lookup: 30ms, ttl: 0s, clients: 1, "
                               "ignore_ttl: 0%%, records: [{to: a}]}\n  a: {type: delay}\n"
                               "traffic:\n  t: {to: dns, arrivals: constant, rate: 1000/s}\n");
    lab_equal(lab, "services.dns.dns_queries", 1000);
    lab_equal(lab, "services.dns.cached_answers", 0);
    lab_equal(lab, "traffic.t.latency.mean", 0.0155);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted),
        cmocka_unit_test(weight_of_zero),
        cmocka_unit_test(latency),
        cmocka_unit_test(places_of_clients),
        cmocka_unit_test(any_record),
        cmocka_unit_test(up_to_eight_records),
        cmocka_unit_test(a_simple_answer),
        cmocka_unit_test(detection),
        cmocka_unit_test(standard_interval),
        cmocka_unit_test(failover_time),
        cmocka_unit_test(clients_that_ignore_the_ttl),
        cmocka_unit_test(none_is_healthy),
        cmocka_unit_test(without_a_health_check),
        cmocka_unit_test(time_to_live),
        cmocka_unit_test(answers_from_caches),
        cmocka_unit_test(time_of_names),
        cmocka_unit_test(a_lookup_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
