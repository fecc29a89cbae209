/* Laws that the station keeps whatever comes: on random scripts of small whole times, so that much
 * happens at the same instant. */
#include "tests/blocks/station_rig.h"

enum { PROPERTY_JOBS = 60, PROPERTY_ROUNDS = 3000 };

struct property {
    struct random random;
    struct rig_job jobs[PROPERTY_JOBS];
    struct distribution patience;
    struct station_setup setup;
    struct rig_failing failing;
    bool simple; /* one phase each, nobody is withdrawn or late */
};

static int64_t property_number(struct property *property, int64_t low, int64_t high)
{
    return low + random_below(&property->random, (uint32_t)(high - low + 1));
}

static bool property_chance(struct property *property, double p)
{
    return random_uniform(&property->random) < p;
}

static void property_jobs(struct property *property)
{
    int64_t at_ns = 0;
    memset(property->jobs, 0, sizeof(property->jobs));
    for (uint32_t i = 0; i < PROPERTY_JOBS; i++) {
        struct rig_job *job = &property->jobs[i];
        at_ns += property_number(property, 0, 8);
        job->at_ns = at_ns;
        job->priority = (uint8_t)property_number(property, 0, 3);
        job->measured = true;
        job->phases[0] = property_number(property, property->simple, 12);
        const int64_t phases = property->simple ? 1 : property_number(property, 1, RIG_PHASES);
        for (int64_t k = 1; k < phases; k++) {
            const int64_t length_ns = property_number(property, 1, 9);
            job->phases[k] = property_chance(property, 0.5) ? length_ns : -length_ns;
        }
        if (!property->simple && property_chance(property, 0.2)) {
            job->withdraw_ns = at_ns + property_number(property, 1, 60);
        }
        if (!property->simple && property_chance(property, 0.2)) {
            job->deadline_ns = at_ns + property_number(property, 1, 60);
        }
    }
}

static void property_draw(struct property *property, uint64_t round)
{
    random_seed(&property->random, round, 0, "station", "property");
    const enum station_discipline discipline =
        (enum station_discipline)property_number(property, 0, 4);
    const uint32_t servers = (uint32_t)property_number(property, 1, 4);
    rig_failing_init(&property->failing, discipline, servers, 0, 0);
    property->failing.mtbf = distribution_exponential(40);
    property->failing.mttr = distribution_exponential(15);
    property->failing.failure.repairers_count = (uint32_t)property_number(property, 1, 3);
    property->failing.failure.restart = discipline != STATION_PS && property_chance(property, 0.3);
    property->simple = false;
    property->setup =
        property_chance(property, 0.5) ? property->failing.setup : rig_setup(discipline, servers);
    property->setup.room_count = property_chance(property, 0.3) ? servers + 3 : STATION_UNLIMITED;
    if (property_chance(property, 0.4)) {
        property->patience = property_chance(property, 0.5) ? distribution_constant(20)
                                                            : distribution_exponential(20);
        property->setup.patience_ns_dist = &property->patience;
        property->setup.patience_random = &property->failing.random;
    }
    property_jobs(property);
}

static void property_check(struct rig *rig)
{
    const struct station *station = &rig->station;
    const struct load *load = &rig->load;
    assert_int_equal(load->in_flight.value, station->inside);
    assert_true(station->inside <= station->room);
    assert_true(load->queue.value >= 0);
    assert_true(load->busy.value >= 0);
    assert_true(load->queue.value + load->busy.value <= load->in_flight.value);
    assert_true(load->busy.value <= load->capacity.value);
    assert_true(load->capacity.value >= station->servers);
    assert_int_equal(load->up.value, station->servers >= 1);
    if (rig->discipline != STATION_PS) {
        assert_int_equal(load->busy.value, station->busy);
    }
    if (load->queue.value > 0) { /* no server idles while somebody waits */
        assert_true(station->busy >= station->servers);
    }
}

static void property_check_job(const struct property *property, const struct rig_job *job)
{
    int64_t least_ns = 0;
    for (uint32_t k = 0; k < RIG_PHASES; k++) {
        least_ns += llabs(job->phases[k]);
    }
    switch (job->outcome) {
    case OUTCOME_OK:
        assert_true(job->end_ns - job->at_ns >= least_ns);
        break;
    case OUTCOME_TIMEOUT:
        assert_true(job->deadline_ns > 0 || property->setup.patience_ns_dist != NULL);
        break;
    case OUTCOME_REJECTED:
        assert_true(property->setup.room_count != STATION_UNLIMITED);
        break;
    case OUTCOME_FAILED:
        assert_int_equal(job->end_ns, job->withdraw_ns);
        break;
    default:
        fail_msg("a job never ended");
    }
}

static void every_script_keeps_the_laws(void **state)
{
    (void)state;
    const uint64_t rounds = (uint64_t)(PROPERTY_ROUNDS * rig_scale());
    for (uint64_t round = 0; round < rounds; round++) {
        struct property property;
        struct rig rig;
        property_draw(&property, round);
        rig_init(&rig, property.setup);
        if (property.setup.failure == NULL) {
            for (int64_t at_ns = 5; at_ns < 300; at_ns += property_number(&property, 1, 90)) {
                rig_resize_at(&rig, at_ns, (uint32_t)property_number(&property, 0, 4));
            }
            rig_resize_at(&rig, 300, 2);
        }
        rig.check = property_check;
        rig_run(&rig, property.jobs, PROPERTY_JOBS, RIG_LONG_RUN);
        for (uint32_t i = 0; i < PROPERTY_JOBS; i++) {
            property_check_job(&property, &property.jobs[i]);
        }
        assert_int_equal(rig.load.in_flight.value, 0);
        assert_int_equal(rig.load.queue.value, 0);
        assert_int_equal(rig.load.busy.value, 0);
        if (property.setup.failure == NULL) {
            assert_int_equal(rig.load.capacity.value, rig.station.servers);
        }
        rig_done(&rig);
    }
}

/* Preemptive priority, whoever comes and goes, always works on the n first by priority and arrival:
 * told ns by ns. */
static void reference_preemptive(struct rig_job *jobs, uint32_t servers, int64_t *ends_ns)
{
    int64_t left_ns[PROPERTY_JOBS];
    uint32_t open = PROPERTY_JOBS;
    for (uint32_t i = 0; i < PROPERTY_JOBS; i++) {
        left_ns[i] = jobs[i].phases[0];
    }
    for (int64_t now_ns = 0; open > 0; now_ns++) {
        uint32_t working = 0;
        for (int priority = 0; priority < 4; priority++) {
            for (uint32_t i = 0; i < PROPERTY_JOBS && working < servers; i++) {
                if (jobs[i].priority != priority || jobs[i].at_ns > now_ns || left_ns[i] == 0) {
                    continue;
                }
                working++;
                if (--left_ns[i] == 0) {
                    ends_ns[i] = now_ns + 1;
                    open--;
                }
            }
        }
    }
}

static void preemption_agrees_with_a_reference(void **state)
{
    (void)state;
    const uint64_t rounds = (uint64_t)(PROPERTY_ROUNDS / 3 * rig_scale());
    for (uint64_t round = 0; round < rounds; round++) {
        struct property property;
        struct rig rig;
        int64_t ends_ns[PROPERTY_JOBS];
        random_seed(&property.random, round, 0, "station", "reference");
        property.simple = true;
        property_jobs(&property);
        const uint32_t servers = (uint32_t)property_number(&property, 1, 3);
        rig_init(&rig, rig_setup(STATION_PREEMPTIVE_PRIORITY, servers));
        rig.check = property_check;
        rig_run(&rig, property.jobs, PROPERTY_JOBS, RIG_LONG_RUN);
        reference_preemptive(property.jobs, servers, ends_ns);
        rig_check_ends(property.jobs, PROPERTY_JOBS, ends_ns);
        rig_done(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_script_keeps_the_laws),
        cmocka_unit_test(preemption_agrees_with_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
