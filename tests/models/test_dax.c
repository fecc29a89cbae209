/* DAX's documented rules. Sources: [C] DynamoDB Developer Guide, "DAX: How it works" and "DAX and
 * DynamoDB consistency models"; [S] "Sizing your DAX cluster"; [T] "Transactions: How it works",
 * "Capacity management". Known beside them: hits of a key that is kept for a time T from its miss
 * under Poisson arrivals, LT / (1 + LT); of an LRU cache under even access, room / objects; the
 * wait of an M/D/1 queue. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/engine/bottleneck.h"
#include "tests/support/lab.h"
#include "tests/support/logged.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "replications: 2\nseed: 3\n"
#define RANDOM(duration)                                              \
    "archsim: 1\nname: test\nduration: {" duration "}\nwarmup: 20s\n" \
    "replications: 16\nseed: 3\n"
#define WORLD(table, dax)                                                                     \
    "services:\n  db: {type: dynamodb, get_latency: 4ms, put_latency: 7ms, item_size: 1 KiB"  \
    ", query_latency_per_kib: 0s" table "}\n  dax: {type: dax, table: db, latency: 1ms, " dax \
    "}\n"
#define CONSTANT(name, operation, rate) \
    "  " name ": {to: dax." operation ", arrivals: constant, rate: " rate "}\n"
#define ONE "keys: zipf(n=1 s=0)"

/* [C] A hit is answered without the table, which sees eventually consistent reads of the misses. An
 * item expires its TTL after it was read, whatever was asked meanwhile. */
static void misses_ask_the_table(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(RANDOM("300s") "services:\n"
                               "  db: {type: dynamodb, get_latency: 0s}\n"
                               "  dax: {type: dax, table: db, " ONE ", item_ttl: 1s, latency: 0s}\n"
                               "traffic:\n  t: {to: dax.get, rate: 10/s}\n");
    lab_expect(lab, "services.dax.hit_ratio", 10 / 11.0, 0.01);
    lab_expect(lab, "services.db.consumed_read_capacity_units", 10 / 11.0 / 2, 0.05);
    lab_close(lab);
    lab = lab_run(HEAD("100s") WORLD("", "hit_ratio: 1") "traffic:\n" CONSTANT("t", "get", "10/s"));
    lab_equal(lab, "traffic.t.latency.max", 1e-3);
    lab_equal(lab, "services.db.arrivals", 0);
    lab_close(lab);
    lab = lab_run(HEAD("100s") WORLD("", "hit_ratio: 0") "traffic:\n" CONSTANT("t", "get", "10/s"));
    lab_equal(lab, "traffic.t.latency.mean", 5e-3);
    lab_close(lab);
}

/* [C] "DAX passes strongly consistent read requests to DynamoDB [...] but it does not cache the
 * results"; so are transactions that read, and batches (here). */
static void consistent_reads_pass(void **state)
{
    (void)state;
    static const char *const operations[] = {"get_consistent", "query_consistent", "transact_get",
                                             "batch_get"};
    const double units[] = {1, 1, 2 * 5, 25 / 2.0};
    for (int i = 0; i < 4; i++) {
        struct lab *lab = lab_run(
            HEAD("100s")
                WORLD("", ONE ", queries: zipf(n=1 s=0)") "traffic:\n" CONSTANT("t", "%s", "10/s"),
            operations[i]);
        lab_equal(lab, "services.db.consumed_read_capacity_units", 10 * units[i]);
        lab_equal(lab, "services.dax.item_cache_hits", 0);
        lab_equal(lab, "services.dax.query_cache_hits", 0);
        lab_close(lab);
    }
}

/* [C] Writes go to the table first, then into the item cache; "if a write to DynamoDB fails [...]
 * the item will not be cached". A get each 20 s finds a TTL of 10 s over, unless writes come each
 * second and succeed; a deleted item is not there. Writes take both latencies. */
static void writes_go_through(void **state)
{
    (void)state;
    static const struct {
        const char *write;
        double hits, misses;
    } cases[] = {{"u: {to: dax.put, arrivals: constant, rate: 1/s}", 4, 1},
                 {"u: {to: dax.update, arrivals: constant, rate: 1/s}", 4, 1},
                 {"u: {to: dax.put, arrivals: constant, rate: 1/s, size: 401 KiB}", 0, 5},
                 {"u: {to: dax.delete, arrivals: constant, rate: 1/s}", 0, 5},
                 {"u: {to: db.put, arrivals: constant, rate: 1/s}", 0, 5}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("100s") WORLD("", ONE ", item_ttl: 10s") "traffic:\n" CONSTANT(
                        "t", "get", "0.05/s") "  %s\n",
                    cases[i].write);
        const double hits = lab_value(lab, "services.dax.item_cache_hits");
        const double misses = lab_value(lab, "services.dax.item_cache_misses");
        assert_true(hits + misses >= 4 && hits + misses <= 6);
        assert_true(cases[i].hits > 0 ? misses <= 1 : hits == 0);
        lab_close(lab);
    }
    struct lab *lab =
        lab_run(HEAD("100s") WORLD("", ONE) "traffic:\n" CONSTANT("t", "put", "10/s"));
    lab_equal(lab, "traffic.t.latency.mean", 8e-3);
    lab_equal(lab, "services.db.consumed_write_capacity_units", 10);
    lab_close(lab);
}

/* [C] Results of queries and scans are kept by their parameters, for their TTL; "updates to the
 * item cache, or to the underlying DynamoDB table, do not invalidate" them. Each second one, kept
 * for 10 s from when the answer is back: of 11 one is asked of the table. */
static void results_are_kept_apart(void **state)
{
    (void)state;
    const char *const operations[] = {"query", "scan"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(
            HEAD("110s")
                WORLD("", ONE ", queries: zipf(n=1 s=0), query_ttl: 10s") "traffic:\n" CONSTANT(
                    "t", "%s", "1/s") CONSTANT("u", "put", "5/s"),
            operations[i]);
        lab_near(lab, "services.dax.query_cache_misses", 10, 1);
        lab_near(lab, "services.dax.query_cache_hits", 100, 1);
        lab_equal(lab, "services.dax.item_cache_hits", 0);
        lab_close(lab);
    }
    struct lab *lab =
        lab_run(HEAD("10s") WORLD("", ONE) "traffic:\n" CONSTANT("t", "query", "1/s"));
    lab_equal(lab, "services.db.arrivals", 1);
    lab_close(lab);
}

/* [T] "Each transaction writes three 500-byte items in your table [...] you would need to provision
 * six WCUs [...] using DAX [...] six additional RCUs". */
static void transactions_are_read_back(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s") WORLD(", transaction_items: 3, transact_write_latency: 20ms, "
                                   "conflicts: false",
                                   ONE) "traffic:\n  t: {to: dax.transact_write, arrivals: "
                                        "constant, rate: 1/s, size: 500 B}\n");
    lab_equal(lab, "services.db.consumed_write_capacity_units", 6);
    lab_near(lab, "services.db.consumed_read_capacity_units", 6, 0.06);
    lab_equal(lab, "traffic.t.latency.mean", 21e-3);
    lab_close(lab);
}

/* [S] The guide's example, a hundredth of it: 50,000 hits, 1,000 misses and 100 writes a second of
 * 2 KB on 3 nodes are 135,000 normalized requests, of 225,000. */
static void nodes_are_used_as_the_guide_says(void **state)
{
    (void)state;
    struct lab *lab = lab_run(RANDOM("100s") WORLD(
        "", "hit_ratio: 0.98039216, nodes: 3, "
            "node_requests: 750/s, max_wait: 1min") "traffic:\n  t: {to: dax.get, rate: 510/s, "
                                                    "size: 2 KiB}\n"
                                                    "  u: {to: dax.put, rate: 1/s, size: 2 KiB}\n");
    const struct results_use use =
        bottleneck_use(lab->scenario, 1, lab->experiment.replications, 16, LAB_CONFIDENCE);
    assert_string_equal(use.resource, "node requests");
    assert_true(use.share.low <= 0.6 && use.share.high >= 0.6);
    assert_true(use.share.high - use.share.low < 0.04 / sqrt(lab_scale()));
    lab_close(lab);
}

/* A node serves in order: M/D/1 at 70 % of 100 a second waits 0.7 / (2 x 100 x 0.3) s. Beyond what
 * it serves the rest is throttled, by the limit on the wait. */
static void nodes_are_queues(void **state)
{
    (void)state;
    struct lab *lab = lab_run(RANDOM("2000s") WORLD(
        "", "hit_ratio: 1, nodes: 1, node_requests: "
            "100/s, max_wait: 1min") "traffic:\n  t: {to: dax.get, rate: 70/s}\n");
    lab_expect(lab, "services.dax.node_wait.mean", 0.7 / (2 * 100 * 0.3), 0.05);
    lab_close(lab);
    lab = lab_run(HEAD("100s") WORLD(
        "", "hit_ratio: 1, nodes: 1, node_requests: 100/s") "traffic:\n" CONSTANT("t", "get",
                                                                                  "200/s"));
    lab_near(lab, "services.dax.throttled_request_count", 10000, 12);
    assert_string_equal(logged_first(lab)->metric, "node requests");
    lab_near(lab, "services.dax.node_wait.max", 0.1, 1e-6);
    lab_close(lab);
}

/* [C] The least recently used item goes. 1 % of 16 GiB holds 419 items of 400 KiB; of twice as
 * many, all alike, every other is there. All nodes hold the same: more of them hold no more. */
static void the_least_recently_used_goes(void **state)
{
    (void)state;
    struct lab *lab = lab_run(RANDOM("100s") WORLD(
        "", "keys: zipf(n=838 s=0), item_size: 400 KiB, "
            "usable_memory: 1%%, item_ttl: 1h, nodes: 5") "traffic:\n  t: {to: dax.get, rate: "
                                                          "200/s, size: 400 KiB}\n");
    lab_expect(lab, "services.dax.hit_ratio", 0.5, 0.02);
    lab_equal(lab, "services.dax.nodes", 5);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misses_ask_the_table),
        cmocka_unit_test(consistent_reads_pass),
        cmocka_unit_test(writes_go_through),
        cmocka_unit_test(results_are_kept_apart),
        cmocka_unit_test(transactions_are_read_back),
        cmocka_unit_test(nodes_are_used_as_the_guide_says),
        cmocka_unit_test(nodes_are_queues),
        cmocka_unit_test(the_least_recently_used_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
