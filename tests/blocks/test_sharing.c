/* Processor sharing against an O(n) reference in extended precision, on random arrivals,
 * withdrawals and resizes: every end within 0.6 ns; and over 10^7 requests no work lost or
 * created. */
#include <math.h>

#include "tests/blocks/station_rig.h"

enum { SHARING_JOBS = 40, SHARING_ROUNDS = 2000, SHARING_RESIZES = 6, WORK_NS_MAX = 15000 };

struct reference {
    long double left_ns[SHARING_JOBS];
    bool here[SHARING_JOBS];
    uint32_t processors;
    long double now_ns;
};

static uint32_t reference_count(const struct reference *reference)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < SHARING_JOBS; i++) {
        count += reference->here[i];
    }
    return count;
}

static uint32_t reference_first(const struct reference *reference)
{
    uint32_t first = SHARING_JOBS;
    for (uint32_t i = 0; i < SHARING_JOBS; i++) {
        if (reference->here[i] &&
            (first == SHARING_JOBS || reference->left_ns[i] < reference->left_ns[first])) {
            first = i;
        }
    }
    return first;
}

/* To that time, noting the exact ends on the way, those at that time included. */
static void reference_advance(struct reference *reference, long double to_ns, long double *ends_ns)
{
    for (bool ends = true; ends;) {
        const uint32_t count = reference_count(reference);
        const uint32_t first = reference_first(reference);
        const long double rate =
            count <= reference->processors ? 1 : (long double)reference->processors / count;
        const long double most_ns = (to_ns - reference->now_ns) * rate;
        ends = first < SHARING_JOBS && reference->left_ns[first] <= most_ns + 1e-9L;
        const long double done_ns =
            ends && reference->left_ns[first] < most_ns ? reference->left_ns[first] : most_ns;
        for (uint32_t i = 0; i < SHARING_JOBS; i++) {
            reference->left_ns[i] -= reference->here[i] ? done_ns : 0;
        }
        reference->now_ns = ends && done_ns < most_ns ? reference->now_ns + done_ns / rate : to_ns;
        if (ends) {
            reference->here[first] = false;
            ends_ns[first] = reference->now_ns;
        }
    }
}

struct change {
    int64_t at_ns;
    uint32_t processors;
};

/* The first instant after now_ns at which anything changes from outside; INT64_MAX: nothing
 * more. */
static int64_t reference_next(const struct rig_job *jobs, const struct change *changes,
                              int64_t now_ns)
{
    int64_t next_ns = INT64_MAX;
    for (uint32_t i = 0; i < SHARING_JOBS; i++) {
        const int64_t at_ns[] = {jobs[i].at_ns, jobs[i].withdraw_ns};
        for (int k = 0; k < 2; k++) {
            next_ns = at_ns[k] > now_ns && at_ns[k] < next_ns ? at_ns[k] : next_ns;
        }
    }
    for (uint32_t i = 0; i < SHARING_RESIZES; i++) {
        const int64_t at_ns = changes[i].at_ns;
        next_ns = at_ns > now_ns && at_ns < next_ns ? at_ns : next_ns;
    }
    return next_ns;
}

static void reference_run(const struct rig_job *jobs, const struct change *changes,
                          uint32_t processors, long double *ends_ns)
{
    struct reference reference = {.processors = processors};
    int64_t now_ns = -1;
    while ((now_ns = reference_next(jobs, changes, now_ns)) < INT64_MAX) {
        reference_advance(&reference, now_ns, ends_ns);
        for (uint32_t i = 0; i < SHARING_JOBS; i++) {
            if (jobs[i].at_ns == now_ns) {
                reference.here[i] = true;
                reference.left_ns[i] = jobs[i].phases[0];
            }
            if (jobs[i].withdraw_ns == now_ns && now_ns > 0) {
                reference.here[i] = false;
            }
        }
        for (uint32_t i = 0; i < SHARING_RESIZES; i++) {
            if (changes[i].at_ns == now_ns) {
                reference.processors = changes[i].processors;
            }
        }
    }
    reference_advance(&reference, 1e9L, ends_ns);
}

static void ends_agree_with_a_reference(void **state)
{
    (void)state;
    const uint64_t rounds = (uint64_t)(SHARING_ROUNDS * rig_scale());
    for (uint64_t round = 0; round < rounds; round++) {
        struct random random;
        struct rig rig;
        struct rig_job jobs[SHARING_JOBS] = {0};
        struct change changes[SHARING_RESIZES];
        long double ends_ns[SHARING_JOBS] = {0};
        int64_t at_ns = 0;
        random_seed(&random, round, 0, "sharing", "reference");
        for (uint32_t i = 0; i < SHARING_JOBS; i++) {
            at_ns += random_below(&random, WORK_NS_MAX / 3);
            jobs[i].at_ns = at_ns;
            jobs[i].phases[0] = 1 + random_below(&random, WORK_NS_MAX);
            if (random_below(&random, 5) == 0) {
                jobs[i].withdraw_ns = at_ns + 1 + random_below(&random, WORK_NS_MAX);
            }
        }
        const uint32_t processors = 1 + random_below(&random, 3);
        rig_init(&rig, rig_setup(STATION_PS, processors));
        for (uint32_t i = 0; i < SHARING_RESIZES; i++) {
            changes[i].at_ns = (i + 1) * (int64_t)WORK_NS_MAX;
            changes[i].processors = i + 1 < SHARING_RESIZES ? random_below(&random, 4) : 1;
            rig_resize_at(&rig, changes[i].at_ns, changes[i].processors);
        }
        rig_run(&rig, jobs, SHARING_JOBS, RIG_LONG_RUN);
        reference_run(jobs, changes, processors, ends_ns);
        for (uint32_t i = 0; i < SHARING_JOBS; i++) {
            const long double error_ns = (long double)jobs[i].end_ns - ends_ns[i];
            if (jobs[i].outcome == OUTCOME_OK && fabsl(error_ns) > 0.6L) {
                fail_msg("round %lu: job %u ends at %ld, expected %.3Lf", round, i, jobs[i].end_ns,
                         ends_ns[i]);
            }
        }
        rig_done(&rig);
    }
}

/* The processors are busy for exactly as long as there is work for them, but for what the last ends
 * were rounded by. One job of 3 hours keeps virtual time from starting again by itself. */
static void check_conserved(uint32_t processors, double difference_ns)
{
    enum { BLOCK = 100000 };
    const uint64_t blocks = (uint64_t)fmax(1, 1e7 / BLOCK * rig_scale());
    struct rig_job *jobs = calloc(BLOCK, sizeof(*jobs));
    struct random random;
    struct rig rig;
    int64_t work_ns = 0;
    random_seed(&random, 7, 0, "sharing", "conserved");
    rig_init(&rig, rig_setup(STATION_PS, processors));
    for (uint64_t block = 0; block < blocks; block++) {
        int64_t at_ns = core_now(&rig.core);
        for (uint32_t i = 0; i < BLOCK; i++) {
            const bool long_one = block == 0 && i == 17;
            at_ns += (int64_t)(random_exponential(&random) * 1e6 / 0.9 / processors);
            jobs[i] = (struct rig_job){.at_ns = at_ns};
            jobs[i].phases[0] =
                long_one ? (int64_t)(3 * 3600e9) : 1 + (int64_t)(random_exponential(&random) * 1e6);
            work_ns += jobs[i].phases[0];
        }
        rig_run(&rig, jobs, BLOCK, RIG_LONG_RUN);
        assert_int_equal(rig.load.in_flight.value, 0);
    }
    const double busy_ns = gauge_read(&rig.load.busy, core_now(&rig.core)).area;
    if (!(fabs(busy_ns - (double)work_ns) <= difference_ns)) {
        fail_msg("%ld ns of work, busy for %.17g", work_ns, busy_ns);
    }
    rig_done(&rig);
    free(jobs);
}

/* A busy period ends at a whole ns. */
static void one_processor_loses_nothing(void **state)
{
    (void)state;
    check_conserved(1, 0);
}

static void several_processors_lose_nothing(void **state)
{
    (void)state;
    check_conserved(3, 2000);
}

/* One of two processors is never idle, for 6 years: the other serves each alone, to the ns. */
static void long_busy_periods_keep_precision(void **state)
{
    (void)state;
    enum { ALONE = 20000 };
    struct rig_job *jobs = calloc(ALONE, sizeof(*jobs));
    struct rig rig;
    jobs[0].phases[0] = (int64_t)2e17;
    for (uint32_t i = 1; i < ALONE; i++) {
        jobs[i].at_ns = i * (int64_t)1e13 + i % 7;
        jobs[i].phases[0] = 1 + i % 1000;
    }
    rig_init(&rig, rig_setup(STATION_PS, 2));
    rig_run(&rig, jobs, ALONE, RIG_LONG_RUN);
    for (uint32_t i = 1; i < ALONE; i++) {
        assert_int_equal(jobs[i].end_ns - jobs[i].at_ns, jobs[i].phases[0]);
    }
    rig_done(&rig);
    free(jobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_agree_with_a_reference),
        cmocka_unit_test(one_processor_loses_nothing),
        cmocka_unit_test(long_busy_periods_keep_precision),
        cmocka_unit_test(several_processors_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
