/* kinesis_analytics against its documented rules and fluid limits. Sources: [A] Managed Service for
 * Apache Flink Developer Guide, "Use automatic scaling" and "Implement application scaling"; [C]
 * its API Reference, CheckpointConfiguration and ParallelismConfiguration; [F] Apache Flink,
 * Windows, Timely Stream Processing, Fault Tolerance Guarantees; [K] KinesisStreamsSinkBuilder. The
 * fluid limit: a job that takes mu of lambda records a second is behind by t (1 - mu / lambda). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/models/picky.h"
#include "tests/support/lab.h"
#include "tests/support/logged.h"

static const struct model *const own_models[] = {&picky_model};

#define HEAD "archsim: 1\nname: test\nreplications: 1\nseed: 6\nwarmup: 0s\n"
/* Records are found at once, and evenly: nothing but the job takes time. */
#define STREAM                                                                                  \
    "  k: {type: kinesis, shards: 4, record_size: 100 B, poll: 1ms, polled: 1us, put_latency: " \
    "1ms, shard: {reads: 1k/s, write_records: 100k/s, write: 1 GB/s, read: 1 GB/s}}\n"
#define JOB "  job: {type: kinesis_analytics, trigger: {from: k}, "
#define FIXED "auto_scaling: {enabled: false}, "
#define FEED(rate) "traffic:\n  t: {to: k.put, arrivals: constant, rate: " rate "}\n"

/* ---- capacity ---- */

/* [A] KPUs = parallelism / parallelism_per_kpu, each one vCPU: 4 take 4 / cpu records a second, and
 * at three quarters of that the CPU is at 75 %. One KPU more is billed. */
static void a_kpu_is_a_vcpu(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 100s\nservices:\n" STREAM JOB FIXED
                     "parallelism: 8, parallelism_per_kpu: 2, cpu: 4ms}\n" FEED("750/s"));
    lab_near(lab, "services.job.container_cpu_utilization", 0.75, 0.001);
    lab_equal(lab, "services.job.kpus", 4);
    lab_near(lab, "services.job.utilization", 0.75, 0.01);
    lab_near(lab, "services.job.kpu_hours", 5 * 100 / 3600.0, 1e-9);
    lab_near(lab, "services.job.num_records_in", 75000, 100);
    assert_true(lab_value(lab, "services.job.millis_behind_latest.max") < 0.3);
    lab_close(lab);
}

/* Under overload the lag grows by 1 - mu / lambda, and the backlog by lambda - mu. */
static void overload_grows_as_the_fluid(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD "duration: 400s\ndrain: 0s\nservices:\n" STREAM JOB FIXED
                                   "parallelism: 2, cpu: 2ms}\n" FEED("1250/s"));
    lab_near(lab, "services.job.num_records_in", 1000 * 400, 400);
    lab_near(lab, "services.job.millis_behind_latest.max", 400 * (1 - 1000.0 / 1250), 1);
    lab_near(lab, "services.job.millis_behind_latest.mean", 200 * (1 - 1000.0 / 1250), 1);
    lab_near(lab, "services.job.container_cpu_utilization", 1, 0.001);
    lab_close(lab);
}

/* A step of 1,500/s for 100 s, then 500/s, of which it takes 1,000/s: 50,000 wait, which takes
 * another 100 s. The age is the largest at the end of the step's records: 50 s. */
static void drain_time_after_a_step(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD
        "duration: 400s\ndrain: 0s\nservices:\n" STREAM JOB FIXED "parallelism: 1, cpu: 1ms}\n"
        "traffic:\n  t: {to: k.put, arrivals: constant, rate: [[0s, 1500/s], [100s, 500/s]]}\n");
    lab_near(lab, "services.job.num_records_in", 150000 + 150000, 200);
    lab_near(lab, "services.job.millis_behind_latest.max", 50, 1);
    /* it grows for 150 s to 50 s, evenly, and is gone at 200 s */
    lab_near(lab, "services.job.millis_behind_latest.mean", 50.0 * 200 / 2 / 400, 0.3);
    lab_close(lab);
}

/* [A] "For applications that have blocking operations, a higher value of ParallelismPerKPU leads to
 * full utilization of KPU resources": of 1 ms CPU and 4 ms of waiting one subtask takes 200/s, at
 * 20 % CPU, which automatic scaling never sees; 4 of a KPU 800/s; 8 of it 1,000/s, all CPU. */
static void blocking_wants_more_subtasks(void **state)
{
    (void)state;
    const int each[] = {1, 4, 8};
    const double takes[] = {200, 800, 1000};
    for (int i = 0; i < 3; i++) {
        struct lab *lab = lab_run(HEAD "duration: 200s\ndrain: 0s\nservices:\n" STREAM JOB FIXED
                                       "parallelism: %d, parallelism_per_kpu: %d, cpu: 1ms, "
                                       "blocking: 4ms}\n" FEED("2k/s"),
                                  each[i], each[i]);
        lab_near(lab, "services.job.num_records_in", takes[i] * 200, 200);
        lab_near(lab, "services.job.container_cpu_utilization", takes[i] / 1000, 0.002);
        lab_equal(lab, "services.job.kpus", 1);
        lab_close(lab);
    }
}

/* The busiest subtask sets the pace: with 1.6 times its share, 4 KPUs take 2,500/s. Without keys,
 * records stay where their shard is: of 8 subtasks 4 have one of 4 shards, and of 3 one has two. */
static void the_busiest_subtask_sets_the_pace(void **state)
{
    (void)state;
    const char *const ways[] = {"parallelism: 4, skew: 1.6", "parallelism: 8, keyed: false",
                                "parallelism: 3, keyed: false"};
    const double takes[] = {2500, 4000, 2000};
    for (int i = 0; i < 3; i++) {
        struct lab *lab = lab_run(HEAD "duration: 100s\ndrain: 0s\nservices:\n" STREAM JOB FIXED
                                       "%s, cpu: 1ms}\n" FEED("5k/s"),
                                  ways[i]);
        lab_near(lab, "services.job.num_records_in", takes[i] * 100, 600);
        lab_close(lab);
    }
}

/* ---- automatic scaling ---- */

/* [A] 15 datapoints of a minute at 75 % or more: twice the parallelism, never beyond the quota; the
 * job stands still for it, and nothing is worked off again. */
static void scales_out_after_15_minutes(void **state)
{
    (void)state;
    const char *const quotas[] = {"kpus: 3", "parallelism: 3"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run("archsim: 1\nname: t\nreplications: 1\nwarmup: 0s\nduration: 50m\n"
                    "quotas: {kinesis_analytics: {%s}}\nservices:\n" STREAM JOB
                    "cpu: 10ms, restart: 30s}\n" FEED("250/s"),
                    quotas[i]);
        LOGGED(lab, {LOG_SCALE_OUT, 15 * 60, 1, 2}, {LOG_SCALE_OUT, 31 * 60, 2, 3});
        logged_check_reason(lab, "container_cpu_utilization", 1, 0.75);
        lab_equal(lab, "services.job.downtime", 60);
        lab_equal(lab, "services.job.records_replayed", 0);
        lab_equal(lab, "services.job.kpus", (15.0 + 2 * 16 + 3 * 19) / 50);
        lab_close(lab);
    }
}

/* At 74 % it stays as it is. */
static void does_not_scale_out_below(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 2h\nservices:\n" STREAM JOB "cpu: 10ms}\n" FEED("74/s"));
    assert_null(logged_first(lab));
    lab_close(lab);
}

/* [A] "15 consecutive datapoints": 10 of them, a quiet minute or two and 10 more are not. */
static void only_consecutive_minutes_count(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 24m\nservices:\n" STREAM JOB
             "cpu: 10ms}\ntraffic:\n  t: {to: k.put, arrivals: constant, rate: [[0s, 80/s], [10m, "
             "10/s], [12m, 80/s], [22m, 10/s]]}\n");
    assert_null(logged_first(lab));
    lab_close(lab);
}

/* [A] 360 datapoints below 10 %: half, rounded up, but never below the configured parallelism. */
static void scales_in_after_6_hours(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 20h\nservices:\n" STREAM JOB "parallelism: 3, cpu: 10ms, restart: 30s}\n"
             "traffic:\n  t: {to: k.put, arrivals: constant, rate: [[0s, 240/s], [16m, 5/s]]}\n");
    LOGGED(lab, {LOG_SCALE_OUT, 15 * 60, 3, 6}, {LOG_SCALE_IN, (16 + 360) * 60, 6, 3});
    lab_close(lab);
}

/* A snapshot holds what is out when it begins: with requests of 100 s the job stands still for
 * them, not only for the restart. */
static void scaling_waits_for_requests(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 20m\nservices:\n" STREAM JOB
                     "cpu: 10ms, restart: 30s, sink: {batch: 1, delay: 0s, in_flight: "
                     "10k}, calls: [slow]}\n  slow: {type: delay, work: 100s}\n" FEED("80/s"));
    LOGGED(lab, {LOG_SCALE_OUT, 15 * 60, 1, 2});
    lab_near(lab, "services.job.downtime", 100, 1);
    lab_equal(lab, "services.job.duplicate_outputs", 0);
    lab_close(lab);
}

/* ---- windows ---- */

/* [F] A tumbling window closes when the records have passed its end: one output for each key in it.
 * Of 100 keys alike, 60 * 50 records leave none out; a record waits half a window, on average. */
static void tumbling_windows(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD "duration: 10m\nservices:\n" STREAM JOB FIXED
                                   "cpu: 1ms, keys: 100, sink: {batch: 1, delay: 0s}, "
                                   "window: {kind: tumbling, size: 1min}}\n" FEED("50/s"));
    lab_near(lab, "services.job.windows_closed", 10, 1);
    lab_near(lab, "services.job.num_records_out",
             100 * lab_value(lab, "services.job.windows_closed"), 1.5);
    lab_near(lab, "services.job.output_latency.mean", 30.15, 0.1); /* the next of each shard */
    assert_true(lab_value(lab, "services.job.sink_delay.max") < 1);
    lab_close(lab);
}

/* Of 1,000 keys alike, 500 records have 1000 (1 - (1 - 1 / 1000)^500) different ones. */
static void outputs_are_the_keys_seen(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 1000s\nservices:\n" STREAM JOB FIXED
                     "cpu: 1ms, keys: 1k, sink: {delay: 0s}, window: {kind: tumbling, time: "
                     "processing, size: 10s}}\n" FEED("50/s"));
    const double windows = lab_value(lab, "services.job.windows_closed");
    lab_near(lab, "services.job.num_records_out", windows * 1000 * (1 - pow(1 - 1.0 / 1000, 500)),
             windows * 5);
    assert_true(windows >= 99);
    lab_close(lab);
}

/* [F] Sliding windows: every record is in size / slide of them; one closes each slide. */
static void sliding_windows(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 10m\nservices:\n" STREAM JOB FIXED
             "cpu: 1ms, keys: 1, window: {kind: sliding, size: 1min, slide: 15s}}\n" FEED("50/s"));
    lab_near(lab, "services.job.windows_closed", 10 * 4, 1);
    lab_close(lab);
}

/* [F] The bound of out-of-orderness holds every window open for so long. */
static void out_of_orderness_delays_windows(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 10m\nservices:\n" STREAM JOB FIXED
                     "cpu: 1ms, keys: 10, sink: {batch: 1, delay: 0s}, "
                     "window: {kind: tumbling, size: 1min, out_of_orderness: 7s}}\n" FEED("50/s"));
    lab_near(lab, "services.job.sink_delay.mean", 7.15, 0.15); /* the next record of each shard */
    lab_close(lab);
}

/* Records late by 10 s beyond a bound of 4 s, windows of 60 s: the end of theirs is passed with
 * probability 6 / 60; within the bound none is late. */
static void late_records_are_dropped(void **state)
{
    (void)state;
    const int bounds[] = {4, 10};
    const double late[] = {0.1, 0};
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_run(HEAD "duration: 10m\nservices:\n" STREAM JOB FIXED
                                       "cpu: 1ms, keys: 10, window: {kind: tumbling, size: 1min, "
                                       "out_of_orderness: %ds, delay: 10s}}\n" FEED("50/s"),
                                  bounds[i]);
        const double read = lab_value(lab, "services.job.num_records_in");
        lab_near(lab, "services.job.num_late_records_dropped", read * late[i], 5);
        lab_close(lab);
    }
}

/* ---- checkpoints and restarts ---- */

/* [C] A checkpoint every 60 s, from beginning to beginning; its duration is a base and the state
 * over the bandwidth of the KPUs: 100 keys of 10 MB by 2 KPUs of 50 MB/s: 10 s, and 1 s. */
static void checkpoints_by_the_clock(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD "duration: 601s\nservices:\n" STREAM JOB FIXED
                                   "parallelism: 2, cpu: 1ms, keys: 100, state_per_key: 10 MB, "
                                   "checkpoint: {bandwidth: 50 MB/s}}\n" FEED("50/s"));
    lab_equal(lab, "services.job.checkpoints", 9); /* the tenth began at 600 s */
    lab_near(lab, "services.job.last_checkpoint_duration.max", 11, 0.01);
    lab_near(lab, "services.job.last_checkpoint_size", 1e9, 1e3);
    lab_close(lab);
}

/* [C] MinPauseBetweenCheckpoints: one that takes 21 s, every 10 s, goes every 26 s. */
static void pause_between_checkpoints(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 1000s\nservices:\n" STREAM JOB FIXED
                     "cpu: 1ms, checkpoint: {interval: 10s, base: 21s}}\n" FEED("50/s"));
    lab_equal(lab, "services.job.checkpoints", floor((1000 - 10 + 5) / 26.0));
    lab_close(lab);
}

/* [F] A failure takes the job back to where its last complete checkpoint began: on average half an
 * interval and a checkpoint's duration of records are worked off again. Failures at a random time,
 * 20 records a second, interval 60 s, duration 6 s: 36 s of them. */
static void restart_replays_half_an_interval(void **state)
{
    (void)state;
    struct lab *lab = lab_run("archsim: 1\nname: t\nwarmup: 0s\nreplications: 20\nseed: 3\n"
                              "duration: {6h}\nservices:\n" STREAM JOB FIXED
                              "cpu: 10us, checkpoint: {base: 6s}, restart: 0s, "
                              "failure: {mtbf: uniform(300s 360s)}}\n" FEED("20/s"));
    const double restarts = lab_value(lab, "services.job.full_restarts");
    const double replayed = lab_value(lab, "services.job.records_replayed") / restarts;
    assert_true(fabs(replayed / 20 - 36) < 36 * 0.04 / sqrt(lab_scale()));
    lab_near(lab, "services.job.num_records_in",
             lab_value(lab, "services.job.records_read") +
                 lab_value(lab, "services.job.records_replayed"),
             100);
    lab_close(lab);
}

/* A failure at 100 s, of a job that began its last checkpoint at 60 s: 40 s of records once more,
 * and what they had put out goes out twice. It stands still for 20 s, and catches up. */
static void a_restart_repeats_outputs(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 190s\nservices:\n" STREAM JOB FIXED
                     "cpu: 1ms, checkpoint: {base: 1s}, restart: 20s, failure: {mtbf: 100s}, "
                     "sink: {batch: 1, delay: 0s}}\n" FEED("100/s"));
    lab_equal(lab, "services.job.full_restarts", 1);
    lab_equal(lab, "services.job.downtime", 20);
    lab_near(lab, "services.job.records_replayed", 4000, 20);
    lab_near(lab, "services.job.duplicate_outputs", lab_value(lab, "services.job.records_replayed"),
             0.5);
    lab_near(lab, "services.job.num_records_out", 190 * 100 + 4000, 30);
    lab_near(lab, "services.job.millis_behind_latest.max", 60 - 9, 1); /* of the first second */
    const struct log_entry *entry = logged_first(lab);
    assert_int_equal(entry->kind, LOG_UNHEALTHY);
    lab_equal(lab, "services.job.up", 1 - 20.0 / 190);
    lab_close(lab);
}

/* The windows go back with the places in the stream: with more keys than records, so that each is
 * an output, every record of the nine windows that have closed is in one of them once. That of 60 s
 * to 90 s had closed at the failure at 100 s, after the checkpoint of 60 s: it goes out twice. */
static void windows_go_back_too(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD "duration: 300s\nservices:\n" STREAM JOB FIXED
                                   "cpu: 1ms, keys: 1000M, restart: 5s, failure: {mtbf: 100s}, "
                                   "sink: {batch: 10, delay: 0s}, "
                                   "window: {kind: tumbling, size: 30s}}\n" FEED("100/s"));
    const double twice = lab_value(lab, "services.job.duplicate_outputs");
    lab_equal(lab, "services.job.num_late_records_dropped", 0);
    assert_true(twice >= 3000 - 5);
    lab_near(lab, "services.job.num_records_out", 27000 + twice, 10);
    lab_close(lab);
}

/* [F] Exactly once: nothing goes out twice, because outputs wait for the checkpoint that holds
 * them: half an interval and its duration, on average. */
static void exactly_once_waits_for_checkpoints(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD "duration: 2000s\nservices:\n" STREAM JOB FIXED
             "cpu: 1ms, checkpoint: {interval: 20s, base: 1s}, restart: 20s, failure: {mtbf: "
             "730s}, sink: {batch: 1, delay: 0s, delivery: exactly_once}}\n" FEED("20/s"));
    lab_equal(lab, "services.job.full_restarts", 2);
    assert_true(lab_value(lab, "services.job.records_replayed") > 0);
    lab_equal(lab, "services.job.duplicate_outputs", 0);
    lab_near(lab, "services.job.num_records_out", 20 * 2000, 20 * 25);
    assert_true(lab_value(lab, "services.job.num_records_out") <=
                lab_value(lab, "services.job.records_read"));
    lab_near(lab, "services.job.output_latency.p50", 11, 1.5);
    lab_close(lab);
}

/* At least once: what was acknowledged without what went out twice is what was read, once each. */
static void outputs_are_conserved(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 8; seed++) {
        struct lab *lab = lab_run(
            "archsim: 1\nname: t\nwarmup: 0s\nreplications: 1\nseed: %d\nduration: "
            "1h\nservices:\n" STREAM JOB
            "cpu: 8ms, checkpoint: {interval: 7s, base: 2s}, restart: exponential(9s), "
            "failure: {mtbf: exponential(3min)}, sink: {batch: 9, in_flight: 2, buffer: 40, delay: "
            "100ms, retry_wait: 50ms}, calls: [{call: bad}]}\n"
            "  bad: {type: server, servers: 2, room: 2, work: exponential(80ms)}\n"
            "traffic:\n  t: {to: k.put, rate: [[0s, 60/s], [50m, 0/s]]}\n",
            seed);
        const double read = lab_value(lab, "services.job.records_read");
        const double out = lab_value(lab, "services.job.num_records_out");
        const double twice = lab_value(lab, "services.job.duplicate_outputs");
        assert_true(lab_value(lab, "services.job.full_restarts") > 5 && twice > 0);
        lab_near(lab, "services.job.num_records_in",
                 read + lab_value(lab, "services.job.records_replayed"), 0.5);
        if (fabs(out - twice - read) > 0.5) {
            fail_msg("seed %d: %g out, %g twice, %g read", seed, out, twice, read);
        }
        lab_close(lab);
    }
}

/* ---- the sink ---- */

/* [K] A batch when it is full, or after maxTimeInBufferMS: 10 outputs a second are 50 in 5 s. */
static void sink_batches(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 200s\nservices:\n" STREAM JOB FIXED "cpu: 1ms}\n" FEED("10/s"));
    lab_near(lab, "services.job.arrivals", 200 / 5.1 / 200, 0.01);
    lab_near(lab, "services.job.num_records_out", 2000, 60);
    lab_near(lab, "services.job.sink_delay.max", 2.5, 0.2); /* the mean of its outputs */
    lab_close(lab);
}

/* A sink that takes 100 a second holds back a job that could do 1,000, of 200: it is full, and the
 * lag grows by a half of the time. */
static void a_slow_sink_pushes_back(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD "duration: 400s\ndrain: 0s\nservices:\n" STREAM JOB FIXED
                     "cpu: 1ms, sink: {batch: 1, in_flight: 2, buffer: 10, delay: "
                     "0s}, calls: [slow]}\n  slow: {type: server, work: 10ms}\n" FEED("200/s"));
    lab_near(lab, "services.job.num_records_out", 100 * 400, 50);
    lab_near(lab, "services.job.millis_behind_latest.max", 200, 2);
    assert_true(lab_value(lab, "services.job.back_pressured_ratio") > 0.8);
    assert_true(lab_value(lab, "services.job.container_cpu_utilization") < 0.11);
    lab_close(lab);
}

/* The stream of a table is a source, too: an output for each item that was written. */
static void reads_the_stream_of_a_table(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD "duration: 100s\nservices:\n"
                                   "  t: {type: dynamodb, item_size: 1 KiB, stream: {view: "
                                   "new_image}}\n"
                                   "  job: {type: kinesis_analytics, trigger: {from: t}, cpu: 1ms, "
                                   "sink: {batch: 1, delay: 0s}}\n"
                                   "traffic:\n  t: {to: t.put, rate: 50/s}\n");
    const double out = lab_value(lab, "services.job.num_records_out");
    assert_true(out > 4500 && fabs(out - 100 * lab_value(lab, "traffic.t.throughput")) < 100);
    lab_close(lab);
}

/* A request that fails is made again until it is through; its checkpoint waits for it. */
static void failed_requests_are_made_again(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run_with(own_models, 1,
                     HEAD "duration: 100s\nservices:\n" STREAM JOB FIXED
                          "cpu: 1ms, checkpoint: {interval: 10s, base: 1s}, sink: {batch: 1, "
                          "in_flight: 1, delay: 0s, retry_wait: 1s}, calls: [bad]}\n"
                          "  bad: {type: picky, from: 45, to: 60}\n" FEED("5/s"));
    lab_near(lab, "services.job.num_records_out", 500, 3);
    lab_equal(lab, "services.bad.errors.failed", 16 / (500.0 + 16));
    assert_true(lab_value(lab, "services.job.last_checkpoint_duration.max") > 10);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kpu_is_a_vcpu),
        cmocka_unit_test(overload_grows_as_the_fluid),
        cmocka_unit_test(drain_time_after_a_step),
        cmocka_unit_test(blocking_wants_more_subtasks),
        cmocka_unit_test(the_busiest_subtask_sets_the_pace),
        cmocka_unit_test(scales_out_after_15_minutes),
        cmocka_unit_test(does_not_scale_out_below),
        cmocka_unit_test(only_consecutive_minutes_count),
        cmocka_unit_test(scales_in_after_6_hours),
        cmocka_unit_test(scaling_waits_for_requests),
        cmocka_unit_test(tumbling_windows),
        cmocka_unit_test(outputs_are_the_keys_seen),
        cmocka_unit_test(sliding_windows),
        cmocka_unit_test(out_of_orderness_delays_windows),
        cmocka_unit_test(late_records_are_dropped),
        cmocka_unit_test(checkpoints_by_the_clock),
        cmocka_unit_test(pause_between_checkpoints),
        cmocka_unit_test(restart_replays_half_an_interval),
        cmocka_unit_test(a_restart_repeats_outputs),
        cmocka_unit_test(windows_go_back_too),
        cmocka_unit_test(exactly_once_waits_for_checkpoints),
        cmocka_unit_test(outputs_are_conserved),
        cmocka_unit_test(sink_batches),
        cmocka_unit_test(a_slow_sink_pushes_back),
        cmocka_unit_test(reads_the_stream_of_a_table),
        cmocka_unit_test(failed_requests_are_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
