/* KMS's documented rules. Sources: [Q] KMS developer guide, "Request quotas"; [C] Encryption SDK
 * developer guide, "Setting cache security thresholds"; [K] KMS API reference,
 * InvalidKeyUsageException; [F] facts, kms. Arrivals are constant; those that begin at 1 s find
 * full buckets. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 1s\n" \
    "replications: 2\nseed: 5\n"

/* [Q] 100,000 a second in us-east-1, 10,000 in sa-east-1, of symmetric keys: 30,000 at once find
 * as many tokens as come in one second. */
static void quota_is_that_of_the_region(void **state)
{
    (void)state;
    static const struct {
        const char *region;
        double passed;
    } regions[] = {{"us-east-1", 30000}, {"sa-east-1", 10000}};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD("3s") "region: %s\nservices:\n  key: {type: kms}\n"
                               "traffic:\n  t: {to: key.decrypt, arrivals: constant, batch: 30000, "
                               "rate: [[0s, 0/s], [1s, 1/s], [2s, 0/s]]}\n",
                    regions[i].region);
        lab_equal(lab, "services.key.call_count", 30000);
        lab_equal(lab, "services.key.successful_request", regions[i].passed);
        lab_equal(lab, "services.key.throttle_count", 30000 - regions[i].passed);
        lab_equal(lab, "services.key.errors.throttled", 1 - regions[i].passed / 30000);
        lab_close(lab);
    }
}

/* [Q] One quota for all symmetric keys of the account and all their operations; RSA and ECC keys
 * have others: burst + rate t = 100 + 100 t of 2 x 500/s for 10 s. */
static void quota_is_shared_by_keys_of_a_kind(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "11s") "quotas: {kms: {symmetric: {us_east_1: 100/s, sa_east_1: 10k/s}, rsa: 50/s}}\n"
               "services:\n  a: {type: kms, latency: 5ms}\n  b: {type: kms}\n"
               "  c: {type: kms, key: rsa}\n  d: {type: kms, key: ecc}\n"
               "traffic:\n"
               "  ta: {to: a.decrypt, arrivals: constant, rate: [[0s, 0/s], [1s, 500/s]]}\n"
               "  tb: {to: b.generate_mac, arrivals: constant, rate: [[0s, 0/s], [1s, 500/s]]}\n"
               "  tc: {to: c.sign, arrivals: constant, rate: [[0s, 0/s], [1s, 500/s]]}\n"
               "  td: {to: d.verify, arrivals: constant, rate: [[0s, 0/s], [1s, 500/s]]}\n");
    const double both = lab_value(lab, "services.a.successful_request") +
                        lab_value(lab, "services.b.successful_request");
    assert_true(fabs(both - (100 + 999)) <= 1);
    lab_near(lab, "services.c.successful_request", 50 + 499, 1);
    lab_equal(lab, "services.d.throttle_count", 0);
    lab_equal(lab, "services.a.latency.max", 0.005);
    const struct log_entry *entry = lab->experiment.replications[0].log;
    bool found = false;
    for (; entry != NULL; entry = entry->next) {
        found |= entry->kind == LOG_THROTTLING && strcmp(entry->metric, "rsa requests") == 0;
    }
    assert_true(found);
    lab_close(lab);
}

/* [Q] With a quota of 10,000/s: at "7,000 GenerateDataKey requests per second and 2,000 Decrypt
 * requests per second, AWS KMS doesn't throttle"; at "9,500 GenerateDataKey requests and 1,000
 * Encrypt" it does. */
static void examples_of_the_guide(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        bool throttles;
    } cases[] = {{"7k/s", "2k/s", false}, {"9500/s", "1k/s", true}};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run("archsim: 1\nname: test\nregion: sa-east-1\nduration: 10s\nwarmup: 30s\n"
                    "replications: 1\nservices:\n  key: {type: kms}\ntraffic:\n"
                    "  a: {to: key.generate_data_key, arrivals: constant, rate: %s}\n"
                    "  b: {to: key.encrypt, arrivals: constant, rate: %s}\n",
                    cases[i].first, cases[i].second);
        const double throttled = lab_value(lab, "services.key.throttle_count");
        const double excess = cases[i].throttles ? 500 * 10 : 0;
        assert_true(fabs(throttled - excess) <= 2);
        lab_close(lab);
    }
}

/* [K] What each kind of key can do: RSA keys both encrypt and sign, others one of the two. The rest
 * is refused when the scenario is loaded: tests/malformed/227 and 228. */
static void keys_do_what_their_spec_says(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("11s") "services:\n  aes: {type: kms}\n  curve: {type: kms, key: ecc}\n"
                    "  rsa: {type: kms, key: rsa}\ntraffic:\n"
                    "  a: {to: aes.generate_mac, rate: 10/s}\n  b: {to: curve.sign, rate: 10/s}\n"
                    "  c: {to: rsa.encrypt, rate: 10/s}\n  d: {to: rsa.verify, rate: 10/s}\n");
    lab_equal(lab, "traffic.a.availability", 1);
    lab_equal(lab, "traffic.b.availability", 1);
    lab_equal(lab, "traffic.c.availability", 1);
    lab_equal(lab, "traffic.d.availability", 1);
    lab_close(lab);
}

/* [C] Maximum age: "how long a cached entry can be used, beginning when it was added". With an ask
 * each 100 ms and an answer after 50 ms, an entry of 10 s is renewed every 10.1 s: at 0 (added at
 * 50 ms), by the ask of 10.1 s, and so on: of 101 asks one reaches KMS. */
static void cached_key_is_good_for_max_age(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 404s\nwarmup: 101s\nreplications: 2\nseed: 5\n"
                "services:\n  key: {type: kms, latency: 50ms, cache: {max_age: 10s}}\n"
                "traffic:\n  t: {to: key.decrypt, arrivals: constant, rate: 10/s}\n");
    lab_near(lab, "services.key.call_count", lab_value(lab, "services.key.arrivals") * 404 / 101,
             4);
    lab_near(lab, "services.key.cache_hit_ratio", 100 / 101.0, 0.001);
    /* a hit takes no time */
    lab_near(lab, "services.key.latency.mean", 0.05 / 101, 0.00005);
    lab_equal(lab, "services.key.latency.p50", 0);
    lab_close(lab);
}

/* [C] "The first use of each data key (before caching) is exempt": with 9 messages more, one in 10
 * asks generates a key. What decrypts is bounded by its age alone. */
static void cached_key_encrypts_max_messages(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "100s") "services:\n  key: {type: kms, latency: 1ms, cache: {max_age: 1h, max_messages: "
                "9}}\n"
                "traffic:\n  e: {to: key.generate_data_key, arrivals: constant, rate: 100/s}\n"
                "  d: {to: key.decrypt, arrivals: constant, rate: 100/s}\n");
    lab_near(lab, "services.key.call_count", 1000, 2);
    lab_close(lab);
}

/* Under Poisson asks of rate a for each of n data keys, an answer at once and a maximum age T, one
 * in 1 + a T asks reaches KMS: [F] "calls/s = distinct keys / max_age" as a T grows. */
static void misses_follow_the_formula(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: {200s}\nwarmup: 20s\nreplications: 20\nseed: 5\n"
        "services:\n  key: {type: kms, latency: 0s, cache: {max_age: 2s, keys: zipf(n=50 s=0)}}\n"
        "traffic:\n  t: {to: key.decrypt, rate: 100/s}\n");
    lab_expect(lab, "services.key.cache_hit_ratio", 1 - 1 / (1 + 2 * 2.0), 0.02);
    lab_close(lab);
}

/* Each caller has its own cache: two services that ask by turns miss once each. */
static void each_caller_has_its_cache(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        "archsim: 1\nname: test\nduration: 20s\nwarmup: 0s\nreplications: 2\nseed: 5\n"
        "services:\n  key: {type: kms, latency: 1ms, cache: {max_age: 1h}}\n"
        "  a: {type: delay, calls: [key.decrypt]}\n  b: {type: delay, calls: [key.decrypt]}\n"
        "traffic:\n  ta: {to: a, arrivals: constant, rate: 10/s}\n"
        "  tb: {to: b, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.key.call_count", 2);
    lab_close(lab);
}

/* Also where there are many: each of 600 has a key of its own, and asks for it once. */
static void many_callers(void **state)
{
    (void)state;
    enum { CALLERS = 600 };
    char services[CALLERS * 80] = "", calls[CALLERS * 8] = "";
    for (int i = 0, at = 0, to = 0; i < CALLERS; i++) {
        at += snprintf(services + at, sizeof(services) - (size_t)at,
                       "  s%d: {type: delay, calls: [key.decrypt, key.decrypt]}\n", i);
        to += snprintf(calls + to, sizeof(calls) - (size_t)to, "%ss%d", i > 0 ? ", " : "", i);
    }
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: 3s\nwarmup: 0s\nreplications: 1\nseed: 5\n"
                "services:\n  key: {type: kms, latency: 1ms, cache: {max_age: 1h}}\n"
                "  all: {type: delay, calls: [%s]}\n%straffic:\n"
                "  t: {to: all, arrivals: constant, rate: [[0s, 1/s], [1s, 0/s]]}\n",
                calls, services);
    lab_equal(lab, "services.key.call_count", CALLERS);
    lab_equal(lab, "services.key.cache_hit_ratio", 0.5);
    lab_close(lab);
}

/* Concurrent misses all ask, and what was throttled is not cached. */
static void only_answers_are_cached(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("11s") "quotas: {kms: {symmetric: {us_east_1: 1/s, sa_east_1: 1/s}}}\n"
                            "services:\n  key: {type: kms, latency: 500ms, cache: {max_age: 1h}}\n"
                            "traffic:\n  t: {to: key.decrypt, arrivals: constant, "
                            "rate: [[0s, 0/s], [1s, 100/s]]}\n");
    lab_equal(lab, "services.key.successful_request", 1);
    lab_near(lab, "services.key.throttle_count", 49, 1); /* until the answer is there */
    lab_close(lab);
}

/* Of any service with `encryption: key`: each request calls `decrypt` before its own calls. */
static void encryption_is_a_call_of_decrypt(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("11s") "services:\n  key: {type: kms, latency: 7ms}\n"
                            "  app: {type: delay, work: 10ms, encryption: key, calls: [db]}\n"
                            "  db: {type: delay, work: 3ms}\n"
                            "traffic:\n  t: {to: app, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "services.app.latency.mean", 0.02);
    lab_equal(lab, "services.key.operations.decrypt.throughput", 10);
    lab_close(lab);
}

/* [F] p50 7 ms, sigma 0.6: p99 = 7 ms e^(2.326 * 0.6), as the default rounds it. */
static void latency_is_that_of_the_facts(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run("archsim: 1\nname: test\nduration: {60s}\nwarmup: 0s\nreplications: 20\n"
                "services:\n  key: {type: kms}\ntraffic:\n  t: {to: key.encrypt, rate: 500/s}\n");
    lab_expect(lab, "services.key.latency.p50", 0.007, 0.02);
    lab_expect(lab, "services.key.latency.p99", 0.028, 0.05);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quota_is_that_of_the_region),
        cmocka_unit_test(quota_is_shared_by_keys_of_a_kind),
        cmocka_unit_test(examples_of_the_guide),
        cmocka_unit_test(keys_do_what_their_spec_says),
        cmocka_unit_test(cached_key_is_good_for_max_age),
        cmocka_unit_test(cached_key_encrypts_max_messages),
        cmocka_unit_test(misses_follow_the_formula),
        cmocka_unit_test(each_caller_has_its_cache),
        cmocka_unit_test(many_callers),
        cmocka_unit_test(only_answers_are_cached),
        cmocka_unit_test(encryption_is_a_call_of_decrypt),
        cmocka_unit_test(latency_is_that_of_the_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
