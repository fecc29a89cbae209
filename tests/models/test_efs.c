/* EFS's documented rules. Sources: [P] EFS user guide, performance (current: 2025); [M] metered
 * sizes; [K] Knowledge Center efs-burst-credits; [F] facts, efs. What a file system may do is seen
 * with batches: of n requests that come at once the last goes after (n - 1) / rate. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/lab.h"

#define HEAD(duration)                                             \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: 0s\n" \
    "replications: 2\nseed: 5\n"
#define INSTANT "latency: {read: 0s, metadata: 0s}"
#define INSTANT_REGIONAL "latency: {read: 0s, metadata: 0s, regional_write: 0s}"
#define INSTANT_ONE_ZONE "latency: {read: 0s, metadata: 0s, one_zone_write: 0s}"
#define MIB 1048576.0

static void near(const struct lab *lab, const char *path, double expected, double off)
{
    const double value = lab_value(lab, path);
    if (!(fabs(value - expected) <= off)) {
        fail_msg("%s: %.9g, expected %.9g", path, value, expected);
    }
}

/* How fast requests of that size pass, of a batch that comes within 1 ms. */
static double passed_per_s(const char *region, const char *system, const char *operation,
                           const char *size, int count)
{
    struct lab *lab = lab_run(HEAD("200s") "region: %s\nservices:\n  fs: {type: efs, %s}\n"
                                           "traffic:\n  t: {to: fs.%s, size: %s, timeout: 1h, "
                                           "arrivals: constant, batch: %d, "
                                           "rate: [[0s, 1k/s], [1ms, 0/s]]}\n",
                              region, system, operation, size, count);
    const double last_s = lab_value(lab, "services.fs.latency.max");
    lab_close(lab);
    return (count - 1) / last_s;
}

struct expected_rate {
    const char *region, *system, *operation, *size;
    int count;
    double per_s;
};

static void check_rates(const struct expected_rate *rates, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct expected_rate *r = &rates[i];
        const double per_s = passed_per_s(r->region, r->system, r->operation, r->size, r->count);
        if (!(fabs(per_s / r->per_s - 1) < 0.002)) {
            fail_msg("%s, %s of %s: %.9g/s, expected %.9g", r->system, r->operation, r->size, per_s,
                     r->per_s);
        }
    }
}
#define CHECK_RATES(rates) check_rates(rates, sizeof(rates) / sizeof((rates)[0]))

/* [P] 100 GiB: bursts of 100 MiB/s of writes or 300 of reads; 5 or 15 without credits. 10 TiB: 1
 * GiB/s and 3 GiB/s (here to 1,000 MiB/s, which is 100 MiB/s a TiB), 500 MiB/s without; 1 MiB/s at
 * least. */
static void bursting_follows_the_size(void **state)
{
    (void)state;
    static const struct expected_rate rates[] = {
        {"us-east-1", "mode: bursting, size: 100 GiB, " INSTANT_REGIONAL, "write", "1 MiB", 201,
         100},
        {"us-east-1", "mode: bursting, size: 100 GiB, " INSTANT, "read", "1 MiB", 601, 300},
        {"us-east-1", "mode: bursting, size: 100 GiB, credits: 0B, " INSTANT_REGIONAL, "write",
         "1 MiB", 101, 100 * 50 / 1024.0},
        {"us-east-1", "mode: bursting, size: 100 GiB, credits: 0B, " INSTANT, "read", "1 MiB", 301,
         100 * 50 / 1024.0 * 3},
        {"us-east-1", "mode: bursting, size: 10 TiB, " INSTANT_REGIONAL, "write", "1 MiB", 501,
         1000},
        {"us-east-1", "mode: bursting, size: 10 TiB, credits: 0B, " INSTANT_REGIONAL, "write",
         "1 MiB", 2001, 500},
        {"us-east-1", "mode: bursting, size: 1 GiB, credits: 0B, " INSTANT_REGIONAL, "write",
         "1 MiB", 51, 1},
    };
    CHECK_RATES(rates);
}

/* [P][K] Credits go at what is metered less the baseline: of 1 GiB written at 25 MiB/s with a
 * baseline of 5 MiB/s (100 GiB are 4.883) they last 1024 / 20.117 = 50.9 s; then a queue grows. */
static void credits_run_out(void **state)
{
    (void)state;
    static const char scenario[] =
        "archsim: 1\nname: test\nduration: %s\nreplications: 1\nwarmup: 0s\nservices:\n"
        "  fs: {type: efs, mode: bursting, size: 100 GiB, credits: 1 GiB, " INSTANT_REGIONAL "}\n"
        "traffic:\n  t: {to: fs.write, size: 256 KiB, rate: 100/s, arrivals: constant, timeout: "
        "1h}\n";
    const double baseline = 100 * 50 / 1024.0;
    struct lab *lab = lab_run(scenario, "40s");
    near(lab, "services.fs.burst_credit_balance", (1024 - 40 * (25 - baseline)) * MIB, MIB);
    near(lab, "services.fs.permitted_throughput", 100 * MIB, 1);
    lab_equal(lab, "services.fs.latency.max", 0);
    lab_close(lab);
    lab = lab_run(scenario, "100s");
    const double empty_s = 1024 / (25 - baseline);
    near(lab, "services.fs.burst_credit_balance", 0, MIB);
    near(lab, "services.fs.permitted_throughput", baseline * MIB, 1);
    near(lab, "services.fs.queue.max", (100 - empty_s) * (25 - baseline) * 4, 8);
    lab_close(lab);
}

/* [M] "30 MiBps of both read and write: the read portion counts as 10, the write portion as 30".
 * [P] Each request counts as 4 KB at least. */
static void reads_are_metered_at_one_third(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10s") "services:\n  fs: {type: efs, mode: provisioned, throughput: 200MiB/s}\n"
                    "  small: {type: efs, mode: provisioned, throughput: 200MiB/s}\n"
                    "traffic:\n  r: {to: fs.read, size: 1 MiB, rate: 30/s, arrivals: constant}\n"
                    "  w: {to: fs.write, size: 1 MiB, rate: 30/s, arrivals: constant}\n"
                    "  s: {to: small.write, size: 100 B, rate: 100/s, arrivals: constant}\n"
                    "  m: {to: small.metadata, rate: 30/s, arrivals: constant}\n");
    near(lab, "services.fs.metered_io_bytes", 400 * MIB, 2 * MIB);
    near(lab, "services.fs.total_io_bytes", 600 * MIB, 2 * MIB);
    near(lab, "services.small.data_write_io_bytes", 1e5, 200);
    near(lab, "services.small.metadata_io_bytes", 300 * 4096, 4096);
    near(lab, "services.small.metered_io_bytes", (1000 + 100) * 4096, 8192);
    lab_close(lab);
}

/* [P] Provisioned of writes, three times that of reads; where the size gives more, it bursts. */
static void provisioned_passes_what_it_says(void **state)
{
    (void)state;
    static const struct expected_rate rates[] = {
        {"us-east-1", "mode: provisioned, throughput: 40MiB/s, " INSTANT_REGIONAL, "write", "1 MiB",
         201, 40},
        {"us-east-1", "mode: provisioned, throughput: 40MiB/s, " INSTANT, "read", "1 MiB", 201,
         120},
        {"us-east-1", "mode: provisioned, throughput: 40MiB/s, size: 2 TiB, " INSTANT_REGIONAL,
         "write", "1 MiB", 201, 200},
    };
    CHECK_RATES(rates);
}

/* [P] File operations: 35,000/7,000 bursting, 55,000/25,000 provisioned, 250,000/50,000 elastic
 * without an increase, 35,000/7,000 in one zone; metadata as reads and writes. */
static void file_operations_are_limited(void **state)
{
    (void)state;
    static const struct expected_rate rates[] = {
        {"us-east-1", "mode: bursting, size: 10 TiB, " INSTANT, "read", "4 KiB", 7001, 35000},
        {"us-east-1", "mode: bursting, size: 10 TiB, " INSTANT_REGIONAL, "write", "4 KiB", 7001,
         7000},
        {"us-east-1", "mode: bursting, size: 10 TiB, " INSTANT, "metadata", "0 B", 7001, 35000},
        {"us-east-1", "mode: bursting, size: 10 TiB, " INSTANT_REGIONAL, "update_metadata", "0 B",
         7001, 7000},
        {"us-east-1", "mode: provisioned, throughput: 2GiB/s, " INSTANT, "read", "4 KiB", 11001,
         55000},
        {"us-east-1", "mode: provisioned, throughput: 2GiB/s, " INSTANT_REGIONAL, "write", "4 KiB",
         5001, 25000},
        {"us-east-1", INSTANT, "read", "4 KiB", 25001, 250000},
        {"us-east-1", INSTANT_REGIONAL, "write", "4 KiB", 10001, 50000},
        {"us-east-1", "storage: one_zone, zone: a, " INSTANT_ONE_ZONE, "write", "4 KiB", 7001,
         7000},
    };
    CHECK_RATES(rates);
}

/* [P] Elastic: 5 GiB/s of writes and 60 of reads in the largest regions, 1 and 20 in the smallest;
 * one zone 1 and 3. */
static void throughput_of_the_region(void **state)
{
    (void)state;
    static const struct expected_rate rates[] = {
        {"us-east-1", INSTANT_REGIONAL, "write", "1 MiB", 5001, 5 * 1024},
        {"us-east-1", INSTANT, "read", "1 MiB", 5001, 60 * 1024},
        {"sa-east-1", INSTANT_REGIONAL, "write", "1 MiB", 1001, 1024},
        {"sa-east-1", INSTANT, "read", "1 MiB", 5001, 20 * 1024},
        {"us-east-1", "storage: one_zone, zone: a, " INSTANT_ONE_ZONE, "write", "1 MiB", 1001,
         1024},
        {"sa-east-1", "max: {write: 2GiB/s}, " INSTANT_REGIONAL, "write", "1 MiB", 1001, 2048},
    };
    CHECK_RATES(rates);
}

/* [P] "Using 33% of its read throughput limit, the file system can achieve up to 67% of its write
 * limit": in sa-east-1 reads of a third of 20 GiB/s leave 683 MiB/s of 1 GiB/s for writes. And
 * PercentIOLimit: 3,500 reads and 2,100 writes a second are 10 % and 30 % of a bursting one. */
static void reads_and_writes_share_the_limits(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10s") "region: sa-east-1\nservices:\n  fs: {type: efs, " INSTANT_REGIONAL "}\n"
                    "  ops: {type: efs, mode: bursting, size: 10 TiB}\n"
                    "traffic:\n"
                    "  r: {to: fs.read, size: 20 MiB, rate: 341.33/s, arrivals: constant}\n"
                    "  w: {to: fs.write, size: 1 MiB, rate: 783/s, arrivals: constant}\n"
                    "  a: {to: ops.read, size: 4 KiB, rate: 3500/s, arrivals: constant}\n"
                    "  b: {to: ops.write, size: 4 KiB, rate: 2100/s, arrivals: constant}\n");
    /* 100 MiB/s too much for 10 s: almost a second of writing */
    near(lab, "traffic.w.latency.max", 10 * 100.0 / 1024, 0.03);
    near(lab, "services.ops.percent_io_limit", 0.4, 0.001);
    lab_close(lab);
}

/* [P] A client moves 1,500 MiB/s of an elastic one, 500 MiB/s of others, whatever the others do. */
static void clients_are_limited(void **state)
{
    (void)state;
    static const struct expected_rate rates[] = {
        {"us-east-1", "clients: 1, " INSTANT, "read", "1 MiB", 1501, 1500},
        {"us-east-1", "clients: 1, mode: provisioned, throughput: 1GiB/s, " INSTANT, "read",
         "1 MiB", 501, 500},
    };
    CHECK_RATES(rates);
    struct lab *lab =
        lab_run(HEAD("10s") "services:\n  fs: {type: efs, " INSTANT "}\n"
                            "traffic:\n  t: {to: fs.read, size: 301 MiB, rate: 5/s}\n");
    lab_equal(lab, "services.fs.latency.p50", 0.2); /* each on a client of its own */
    lab_close(lab);
    lab = lab_run(HEAD("10s") "services:\n  fs: {type: efs, clients: 3}\n"
                              "traffic:\n  t: {to: fs.read, size: 1 MiB, rate: 5/s}\n");
    lab_equal(lab, "services.fs.client_connections", 3);
    lab_close(lab);
}

/* [M] Elastic is billed for 32 KiB of data at least, then by 1 KiB; 4 KiB of metadata. */
static void elastic_bills_small_requests_as_32_kib(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10s") "services:\n  fs: {type: efs}\ntraffic:\n"
                    "  r: {to: fs.read, size: 100 B, rate: 100/s, arrivals: constant}\n"
                    "  m: {to: fs.metadata, rate: 100/s, arrivals: constant}\n"
                    "  w: {to: fs.write, size: 33000 B, rate: 100/s, arrivals: constant}\n");
    near(lab, "services.fs.elastic_read_bytes", 1000 * (32768 + 4096), 65536);
    near(lab, "services.fs.elastic_write_bytes", 1000 * 33 * 1024, 65536);
    lab_close(lab);
}

/* [P] Writes 2.7 ms to regional storage and 1.6 ms to one zone. */
static void latency_of_the_storage(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("60s") "services:\n  fs: {type: efs}\n  one: {type: efs, storage: one_zone, zone: a}\n"
                    "traffic:\n  a: {to: fs.write, size: 4 KiB, rate: 50/s}\n"
                    "  b: {to: one.write, size: 4 KiB, rate: 50/s}\n"
                    "  c: {to: fs.read, size: 4 KiB, rate: 50/s}\n");
    near(lab, "traffic.a.latency.p50", 0.0027, 0.0001);
    near(lab, "traffic.b.latency.p50", 0.0016, 0.0001);
    near(lab, "traffic.c.latency.p50", 0.001, 0.0001);
    assert_true(isnan(lab_value(lab, "services.fs.burst_credit_balance")));
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bursting_follows_the_size),
        cmocka_unit_test(credits_run_out),
        cmocka_unit_test(reads_are_metered_at_one_third),
        cmocka_unit_test(provisioned_passes_what_it_says),
        cmocka_unit_test(file_operations_are_limited),
        cmocka_unit_test(throughput_of_the_region),
        cmocka_unit_test(reads_and_writes_share_the_limits),
        cmocka_unit_test(clients_are_limited),
        cmocka_unit_test(elastic_bills_small_requests_as_32_kib),
        cmocka_unit_test(latency_of_the_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
