/* Known independently: the rules of the header by hand, with delays that are constant; launches and
 * interruptions by the laws that they are drawn from; and, whatever happens to a fleet at random,
 * that its books are right after every event. */
#include "sim/blocks/fleet.h"

#include <string.h>

#include "tests/blocks/estimate.h"

enum { FRAMES = 1 << 12, SERVICE = 3, SLOT = 5, COPIES = 4096 };
#define S INT64_C(1000000000)

/* A fleet, and the little of an engine and of a balancer that it needs. */
struct bench {
    struct core core;
    struct arena arena;
    struct load load;
    struct fleet fleet;
    struct distribution boot, warm, hook, bye, life, detection;
    bool here[COPIES]; /* as the balancers know it */
    int64_t came, went, cut;
    uint8_t cause; /* of the last that went */
};

static struct fleet_setup bench_setup(struct bench *bench, uint32_t zones)
{
    memset(bench, 0, sizeof(*bench));
    core_init(&bench->core, FRAMES);
    arena_init(&bench->arena);
    summary_init(&bench->load.wait, &bench->arena);
    bench->boot = distribution_constant(60e9);
    bench->warm = distribution_constant(10e9);
    struct fleet_setup setup = {
        .core = &bench->core,
        .load = &bench->load,
        .arena = &bench->arena,
        .service = SERVICE,
        .first_slot = SLOT,
        .zones_mask = zones,
        .processors = 1,
        .step = 1,
        .steps = 1,
        .places_count = 2,
        .backlog_count = 2,
        .start = {{&bench->boot}},
        .warm_start = {{&bench->warm}},
        .retry_ns = 30 * S,
        .drain_ns = 100 * S,
        .on_demand_share = 1,
        .order = FLEET_OLDEST,
    };
    random_seed(&setup.random, 1, 0, "fleet", "launch");
    random_seed(&setup.fates, 1, 0, "fleet", "fates");
    return setup;
}

static void bench_done(struct bench *bench)
{
    core_done(&bench->core);
    arena_done(&bench->arena);
}

/* What was asked of the fleet is told to the balancers. */
static void bench_hear(struct bench *bench)
{
    struct fleet_news news;
    while (fleet_news(&bench->fleet, &news)) {
        assert_in_range(news.number, 0, COPIES - 1);
        struct fleet_member *member = fleet_at(&bench->fleet, news.number);
        struct frame *f;
        switch (news.kind) {
        case FLEET_CAME:
            assert_false(bench->here[news.number]);
            bench->here[news.number] = true;
            bench->came++;
            break;
        case FLEET_WENT:
            assert_true(bench->here[news.number]);
            bench->here[news.number] = false;
            bench->went++;
            bench->cause = news.cause;
            break;
        case FLEET_CUT:
            while ((f = host_any(&member->host)) != NULL) {
                fleet_leave(&bench->fleet, f);
                frame_free(&bench->core.frames, f);
                bench->cut++;
            }
            break;
        }
    }
}

/* What is counted is what is there. */
static void bench_audit(const struct bench *bench)
{
    const struct fleet *fleet = &bench->fleet;
    int64_t states[FLEET_STATES] = {0}, zones[FLEET_ZONES_MAX] = {0}, kinds[FLEET_KINDS] = {0};
    int64_t extra = 0, capacity = 0;
    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct fleet_member *member = fleet_at(fleet, i);
        const bool stays = member->state == FLEET_PENDING || member->state == FLEET_IN_SERVICE;
        states[member->state]++;
        zones[member->zone] += stays;
        kinds[member->kind] += stays;
        extra += member->extra;
        capacity += !member->broken &&
                    (member->state == FLEET_IN_SERVICE || member->state == FLEET_LEAVING);
        assert_int_equal(bench->here[i], member->state == FLEET_IN_SERVICE);
        assert_int_equal(rotation_has(&fleet->rotation, i), member->state == FLEET_IN_SERVICE);
        assert_true(member->state == FLEET_IN_SERVICE || member->state == FLEET_LEAVING ||
                    (member->host.inside == 0 && member->host.waiting.count == 0));
    }
    for (int i = 0; i < FLEET_STATES; i++) {
        assert_int_equal(states[i], fleet->in_state[i].value);
    }
    assert_memory_equal(zones, fleet->in_zone, sizeof(zones));
    assert_memory_equal(kinds, fleet->of_kind, sizeof(kinds));
    assert_int_equal(extra, fleet->extra);
    assert_int_equal(capacity, bench->load.capacity.value);
    assert_int_equal(bench->load.up.value, states[FLEET_IN_SERVICE] > 0);
    assert_true(fleet_staying(fleet) <= fleet->desired.value + fleet->extra);
}

/* Up to that instant and all that happens in it: then two marks follow each other. */
static void bench_run(struct bench *bench, int64_t until_ns)
{
    struct event event;
    bool marked = false;
    events_at(&bench->core.events, until_ns, EVENT_WINDOW, 0, 0);
    while (events_next(&bench->core.events, &event)) {
        if (event.kind == EVENT_WINDOW) {
            if (marked) {
                return;
            }
            marked = true;
            events_at(&bench->core.events, until_ns, EVENT_WINDOW, 0, 0);
            continue;
        }
        marked = false;
        assert_int_equal(event.kind, EVENT_SERVICE);
        assert_int_equal(event.service, SERVICE);
        fleet_due(&bench->fleet, event.slot);
        bench_hear(bench);
        bench_audit(bench);
    }
}

static struct frame *bench_enter(struct bench *bench, uint16_t copy, enum fleet_entry expected)
{
    struct frame *f = frame_new(&bench->core.frames);
    assert_non_null(f);
    f->start_ns = core_now(&bench->core);
    f->copy = copy;
    f->work_ns = 1000000 * S;
    assert_int_equal(fleet_enter_at(&bench->fleet, fleet_choose(&bench->fleet, copy), f), expected);
    return f;
}

static void bench_leave(struct bench *bench, struct frame *f)
{
    fleet_leave(&bench->fleet, f);
    frame_free(&bench->core.frames, f);
}

static void bench_expect(const struct bench *bench, int64_t pending, int64_t in_service,
                         int64_t leaving)
{
    assert_int_equal(bench->fleet.in_state[FLEET_PENDING].value, pending);
    assert_int_equal(bench->fleet.in_state[FLEET_IN_SERVICE].value, in_service);
    assert_int_equal(bench->fleet.in_state[FLEET_LEAVING].value, leaving);
}

/* ---- coming and going ---- */

/* The header's: 3 in a, b are a b a; one fewer is the oldest of a; the one in b fails. */
static void worked_example(void **state)
{
    (void)state;
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 3);
    bench.detection = distribution_constant(20e9);
    setup.detection = &bench.detection;
    fleet_init(&bench.fleet, &setup);
    fleet_fill(&bench.fleet, 3, 0);
    bench_hear(&bench);
    assert_int_equal(bench.fleet.in_zone[0], 2);
    assert_int_equal(bench.fleet.in_zone[1], 1);
    assert_int_equal(fleet_want(&bench.fleet, 2), 0);
    bench_hear(&bench);
    assert_false(bench.here[0]); /* nothing to drain: gone at once */
    bench_expect(&bench, 0, 2, 0);
    bench_enter(&bench, 2, FLEET_ENTERED);
    fleet_lose(&bench.fleet, 1, FLEET_FAILED);
    bench_hear(&bench);
    assert_int_equal(bench.cut, 1);
    assert_int_equal(bench.cause, FLEET_FAILED);
    bench_expect(&bench, 1, 1, 0);
    assert_int_equal(bench.fleet.in_zone[1], 1);
    bench_run(&bench, 60 * S - 1);
    bench_expect(&bench, 1, 1, 0);
    bench_run(&bench, 60 * S);
    bench_expect(&bench, 0, 2, 0);
    bench_done(&bench);
}

/* A launch says how long it takes; who drains stays as long as its requests, at most drain_ns, and
 * gets no more; then its farewell. */
static void launch_and_drain(void **state)
{
    (void)state;
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 1);
    bench.bye = distribution_constant(7e9);
    setup.farewell = &bench.bye;
    fleet_init(&bench.fleet, &setup);
    assert_int_equal(fleet_want(&bench.fleet, 2), 60 * S);
    bench_enter(&bench, 0, FLEET_NOBODY);
    bench_run(&bench, 60 * S);
    assert_int_equal(bench.came, 2);
    struct frame *first = bench_enter(&bench, 1, FLEET_ENTERED);
    struct frame *second = bench_enter(&bench, 2, FLEET_ENTERED);
    fleet_want(&bench.fleet, 0);
    bench_hear(&bench);
    bench_expect(&bench, 0, 0, 2);
    bench_enter(&bench, 1, FLEET_NOBODY);
    bench_run(&bench, 90 * S);
    bench_leave(&bench, first); /* drained at 90 s, gone at 97 s */
    bench_run(&bench, 97 * S - 1);
    bench_expect(&bench, 0, 0, 2);
    bench_run(&bench, 97 * S);
    bench_expect(&bench, 0, 0, 1);
    bench_run(&bench, 160 * S); /* the other is cut at the end of its delay */
    assert_int_equal(bench.cut, 1);
    bench_run(&bench, 167 * S);
    bench_expect(&bench, 0, 0, 0);
    assert_int_equal(bench.load.capacity.value, 0);
    (void)second;
    bench_done(&bench);
}

/* Those that boot go first; a hook that is not answered gives the launch up, and another begins. */
static void launches_are_called_off(void **state)
{
    (void)state;
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 1);
    fleet_init(&bench.fleet, &setup);
    fleet_fill(&bench.fleet, 2, 0);
    fleet_want(&bench.fleet, 4);
    fleet_want(&bench.fleet, 2);
    bench_hear(&bench);
    bench_expect(&bench, 0, 2, 0);
    assert_int_equal(bench.went, 0);
    bench_done(&bench);

    setup = bench_setup(&bench, 1);
    bench.hook = distribution_constant(1000e9);
    setup.hook = &bench.hook;
    setup.hook_timeout_ns = 100 * S;
    fleet_init(&bench.fleet, &setup);
    fleet_want(&bench.fleet, 1);
    bench_run(&bench, 1000 * S); /* 160 s each */
    assert_int_equal(bench.fleet.left[FLEET_ABANDONED], 6);
    bench_expect(&bench, 1, 0, 0);
    bench_done(&bench);

    setup = bench_setup(&bench, 1);
    bench.hook = distribution_constant(1000e9);
    setup.hook = &bench.hook;
    setup.hook_timeout_ns = 100 * S;
    setup.hook_continues = true;
    fleet_init(&bench.fleet, &setup);
    fleet_want(&bench.fleet, 1);
    bench_run(&bench, 160 * S);
    bench_expect(&bench, 0, 1, 0);
    bench_done(&bench);
}

/* A bucket of 1/s with a burst of 2: the launches of five begin at 0, 0, 1, 2 and 3 s. */
static void launches_wait_for_tokens(void **state)
{
    (void)state;
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 1);
    struct bucket bucket;
    bucket_init(&bucket, 1, 2);
    setup.launches = &bucket;
    fleet_init(&bench.fleet, &setup);
    assert_int_equal(fleet_want(&bench.fleet, 5), 63 * S);
    for (int64_t i = 0; i < 4; i++) {
        bench_run(&bench, (60 + i) * S);
        assert_int_equal(fleet_in_service(&bench.fleet), 2 + i);
    }
    bench_done(&bench);
}

/* ---- who goes ---- */

static void whose_turn_it_is(void **state)
{
    (void)state;
    struct bench bench;
    const struct {
        enum fleet_order order;
        int64_t at_s;
        uint32_t goes;
    } cases[] = {
        {FLEET_OLDEST, 600, 0},
        {FLEET_NEWEST, 600, 1},
        {FLEET_CLOSEST_TO_HOUR, 600, 0},
        {FLEET_CLOSEST_TO_HOUR, 3610, 1}, /* the first has begun another */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fleet_setup setup = bench_setup(&bench, 1);
        setup.order = cases[i].order;
        fleet_init(&bench.fleet, &setup);
        fleet_fill(&bench.fleet, 1, 0);
        bench_run(&bench, 100 * S);
        fleet_want(&bench.fleet, 2);
        bench_run(&bench, cases[i].at_s * S);
        fleet_want(&bench.fleet, 1);
        bench_hear(&bench);
        assert_false(bench.here[cases[i].goes]);
        assert_true(bench.here[1 - cases[i].goes]);
        bench_done(&bench);
    }
    /* an older generation goes before an older member */
    struct fleet_setup setup = bench_setup(&bench, 1);
    setup.order = FLEET_NEWEST;
    fleet_init(&bench.fleet, &setup);
    fleet_fill(&bench.fleet, 1, 0);
    bench.fleet.generation++;
    fleet_want(&bench.fleet, 2);
    bench_run(&bench, 60 * S);
    fleet_want(&bench.fleet, 1);
    bench_hear(&bench);
    assert_false(bench.here[0]);
    bench_done(&bench);
}

/* On-demand: the first 2 and 25 % of the others, rounded up; the mix holds both ways. */
static void on_demand_and_spot(void **state)
{
    (void)state;
    static const int64_t on_demand[] = {0, 1, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5};
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 7);
    setup.on_demand_count = 2;
    setup.on_demand_share = 0.25;
    fleet_init(&bench.fleet, &setup);
    const int64_t most = sizeof(on_demand) / sizeof(on_demand[0]) - 1;
    for (int64_t count = 0; count <= most; count++) {
        fleet_want(&bench.fleet, count);
        bench_run(&bench, (count + 1) * 100 * S);
        assert_int_equal(bench.fleet.of_kind[FLEET_ON_DEMAND], on_demand[count]);
        assert_int_equal(bench.fleet.of_kind[FLEET_SPOT], count - on_demand[count]);
        assert_int_equal(bench.fleet.spot.value, count - on_demand[count]);
    }
    fleet_want(&bench.fleet, 6); /* of any zone the kind of which there are too many */
    bench_hear(&bench);
    bench_audit(&bench);
    assert_int_equal(fleet_in_service(&bench.fleet), 6);
    bench_done(&bench);
}

/* ---- losses ---- */

/* Without replacement at the notice it works on until it is taken; with it, it drains, and another
 * boots from the notice on. */
static void a_spot_notice(void **state)
{
    (void)state;
    for (int replaces = 0; replaces < 2; replaces++) {
        struct bench bench;
        struct fleet_setup setup = bench_setup(&bench, 1);
        setup.on_demand_share = 0;
        setup.interruptions_per_s = 1e-5;
        setup.notice_ns = 120 * S;
        setup.drain_ns = 300 * S;
        setup.notice_replaces = replaces == 1;
        fleet_init(&bench.fleet, &setup);
        fleet_fill(&bench.fleet, 1, 0);
        bench_hear(&bench);
        bench_enter(&bench, 1, FLEET_ENTERED);
        while (!fleet_at(&bench.fleet, 0)->noticed) {
            bench_run(&bench, core_now(&bench.core) + S);
        }
        const int64_t now_ns = core_now(&bench.core); /* within a second of the notice */
        bench_expect(&bench, replaces, 1 - replaces, replaces);
        bench_run(&bench, now_ns + 118 * S);
        bench_expect(&bench, 0, 1, replaces);
        assert_int_equal(bench.cut, 0);
        bench_run(&bench, now_ns + 121 * S);
        assert_int_equal(bench.cut, 1);
        assert_int_equal(bench.cause, FLEET_INTERRUPTED);
        bench_expect(&bench, 1 - replaces, replaces, 0);
        assert_int_equal(bench.fleet.left[FLEET_INTERRUPTED], 1);
        bench_done(&bench);
    }
}

/* Exponential: of 1000 Spot members a share 1 - exp(-rate t) has had its notice by t. */
static void interruptions_are_exponential(void **state)
{
    (void)state;
    struct estimate estimate = {0};
    for (uint32_t run = 0; run < 40; run++) {
        struct bench bench;
        struct fleet_setup setup = bench_setup(&bench, 1);
        setup.on_demand_share = 0;
        setup.interruptions_per_s = 1e-3;
        random_seed(&setup.fates, 2, run, "fleet", "fates");
        fleet_init(&bench.fleet, &setup);
        fleet_fill(&bench.fleet, 1000, 0);
        bench_hear(&bench);
        fleet_want(&bench.fleet, 1000);
        bench_run(&bench, 59 * S); /* no replacement is there yet */
        estimate_add(&estimate, (double)bench.fleet.left[FLEET_INTERRUPTED] / 1000);
        bench_done(&bench);
    }
    estimate_check(&estimate, 1 - exp(-0.059), "interrupted");
}

/* At the failure its requests are lost and nobody is let in; when it is found out it goes, and
 * another boots. Its processors are not there meanwhile. */
static void a_failure_is_found_out(void **state)
{
    (void)state;
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 1);
    bench.life = distribution_constant(500e9);
    bench.detection = distribution_constant(180e9);
    setup.life = &bench.life;
    setup.detection = &bench.detection;
    fleet_init(&bench.fleet, &setup);
    fleet_fill(&bench.fleet, 1, 0);
    bench_hear(&bench);
    bench_enter(&bench, 1, FLEET_ENTERED);
    bench_run(&bench, 500 * S);
    assert_int_equal(bench.cut, 1);
    assert_int_equal(bench.went, 0);
    assert_false(fleet_healthy(&bench.fleet, 1, S));
    assert_int_equal(bench.load.capacity.value, 0);
    frame_free(&bench.core.frames, bench_enter(&bench, 1, FLEET_NOBODY));
    bench_run(&bench, 680 * S);
    assert_int_equal(bench.went, 1);
    assert_int_equal(bench.cause, FLEET_FAILED);
    bench_expect(&bench, 1, 0, 0);
    bench_run(&bench, 740 * S);
    bench_expect(&bench, 0, 1, 0);
    assert_true(fleet_healthy(&bench.fleet, 1, S)); /* the number serves again */
    bench_done(&bench);
}

/* A line in which the first has waited for the timeout fails the check, and so does a full one.
 * Checks at 30, 60, .. s: two failed ones, but not within the grace period. */
static void the_line_is_too_long(void **state)
{
    (void)state;
    for (int grace = 0; grace < 2; grace++) {
        struct bench bench;
        struct fleet_setup setup = bench_setup(&bench, 1);
        setup.check_interval_ns = 30 * S;
        setup.check_threshold = 2;
        setup.check_timeout_ns = 5 * S;
        setup.check_grace_ns = grace * 100 * S;
        fleet_init(&bench.fleet, &setup);
        fleet_fill(&bench.fleet, 1, 0);
        bench_hear(&bench);
        bench_run(&bench, 26 * S);
        for (int i = 0; i < 3; i++) {
            bench_enter(&bench, 1, FLEET_ENTERED); /* two places, one waits */
        }
        bench_run(&bench, 31 * S - 1);
        assert_true(fleet_healthy(&bench.fleet, 1, 5 * S));
        bench_run(&bench, 31 * S);
        assert_false(fleet_healthy(&bench.fleet, 1, 5 * S)); /* passed at 30 s, as in 4 s of line */
        bench_run(&bench, 60 * S);
        bench_expect(&bench, 0, 1, 0);
        bench_run(&bench, 90 * S);
        bench_expect(&bench, 1 - grace, grace, 1 - grace);
        bench_run(&bench, 120 * S);
        assert_int_equal(bench.cause, FLEET_UNHEALTHY);
        assert_int_equal(bench.fleet.left[FLEET_UNHEALTHY], 1);
        bench_done(&bench);
    }
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 1);
    fleet_init(&bench.fleet, &setup);
    fleet_fill(&bench.fleet, 1, 0);
    bench_hear(&bench);
    for (int i = 0; i < 4; i++) {
        assert_true(fleet_healthy(&bench.fleet, 1, 5 * S));
        bench_enter(&bench, 1, FLEET_ENTERED);
    }
    assert_false(fleet_healthy(&bench.fleet, 1, 5 * S));
    bench_enter(&bench, 1, FLEET_FULL);
    bench_done(&bench);
}

/* ---- zones ---- */

/* One zone has no room at first: all are in the other. When it has, 2 and 2 again: one is launched,
 * then one goes, never fewer than wanted. */
static void zones_are_balanced_again(void **state)
{
    (void)state;
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 1);
    setup.rebalance_ns = 60 * S;
    setup.rebalance_share = 0.1;
    fleet_init(&bench.fleet, &setup);
    fleet_fill(&bench.fleet, 5, 0);
    bench_hear(&bench);
    bench.fleet.setup.zones_mask = 3;
    fleet_want(&bench.fleet, 5); /* the group may use b from now on */
    bench_run(&bench, 60 * S);
    bench_expect(&bench, 1, 5, 0); /* 10 % of 5 is one */
    bench_run(&bench, 120 * S);
    assert_int_equal(bench.cause, FLEET_BALANCED);
    assert_int_equal(fleet_in_service(&bench.fleet), 5);
    bench_run(&bench, 1000 * S);
    assert_int_equal(bench.fleet.in_zone[0], 3);
    assert_int_equal(bench.fleet.in_zone[1], 2);
    assert_int_equal(bench.fleet.left[FLEET_BALANCED], 2);
    assert_false(bench.fleet.looking);
    bench_done(&bench);
}

/* A zone refuses a launch with probability 0.5; with two, both do in a quarter, and the launch
 * waits 30 s: launches that are made are as many as wanted, refusals 2 for each quarter, 1 in
 * half of the others. */
static void refused_launches(void **state)
{
    (void)state;
    struct estimate estimate = {0};
    for (uint32_t run = 0; run < 60; run++) {
        struct bench bench;
        struct fleet_setup setup = bench_setup(&bench, 3);
        setup.refused_ratio = 0.5;
        random_seed(&setup.fates, 3, run, "fleet", "fates");
        fleet_init(&bench.fleet, &setup);
        for (int64_t i = 1; i <= 100; i++) {
            fleet_want(&bench.fleet, i);
            bench_run(&bench, i * 3000 * S); /* long enough for many tries */
        }
        assert_int_equal(fleet_in_service(&bench.fleet), 100);
        assert_int_equal(bench.fleet.launched, 100);
        estimate_add(&estimate, (double)bench.fleet.refused / 100);
        bench_done(&bench);
    }
    /* each try is refused with p = 1/2 until one is not: p / (1 - p) refusals a launch */
    estimate_check(&estimate, 1, "refusals of a launch");
}

/* ---- the warm pool ---- */

static void a_warm_pool(void **state)
{
    (void)state;
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 1);
    setup.reuse = true;
    fleet_init(&bench.fleet, &setup);
    fleet_fill(&bench.fleet, 1, 0);
    fleet_prepare(&bench.fleet, 2);
    bench_hear(&bench);
    assert_int_equal(bench.fleet.in_state[FLEET_WARMING].value, 2);
    bench_run(&bench, 60 * S);
    assert_int_equal(bench.fleet.in_state[FLEET_WARM].value, 2);
    bench_expect(&bench, 0, 1, 0); /* the pool serves nothing */
    assert_int_equal(bench.load.capacity.value, 1);
    assert_int_equal(fleet_want(&bench.fleet, 2), 10 * S);
    bench_run(&bench, 70 * S);
    bench_expect(&bench, 0, 2, 0);
    assert_int_equal(bench.fleet.in_state[FLEET_WARM].value, 1); /* and another is on its way */
    assert_int_equal(bench.fleet.in_state[FLEET_WARMING].value, 1);
    assert_int_equal(fleet_want(&bench.fleet, 4), 60 * S); /* one from the pool, one is launched */
    bench_run(&bench, 200 * S);
    fleet_prepare(&bench.fleet, 3); /* one more than there are; one comes back before it boots */
    fleet_want(&bench.fleet, 3);
    bench_hear(&bench);
    bench_run(&bench, 300 * S);
    assert_int_equal(bench.fleet.in_state[FLEET_WARM].value, 3);
    fleet_prepare(&bench.fleet, 1);
    assert_int_equal(bench.fleet.in_state[FLEET_WARM].value, 1);
    bench_audit(&bench);
    bench_done(&bench);
}

/* ---- what is seen ---- */

/* Two whose processors are used 100 % and 0 % since each is in service: 50 %. One that is not warm
 * does not count. */
static void use_is_sampled(void **state)
{
    (void)state;
    struct bench bench;
    struct fleet_setup setup = bench_setup(&bench, 1);
    fleet_init(&bench.fleet, &setup);
    fleet_fill(&bench.fleet, 2, -1000 * S);
    bench_hear(&bench);
    bench_enter(&bench, 1, FLEET_ENTERED);
    bench_run(&bench, 30 * S);
    fleet_want(&bench.fleet, 3);
    assert_int_equal(fleet_cold(&bench.fleet, 300 * S), 1);
    bench_run(&bench, 150 * S);
    double measured;
    assert_true(fabs(fleet_sample(&bench.fleet, 300 * S, &measured) - 0.5) < 1e-9);
    assert_true(measured == 2);
    assert_int_equal(fleet_cold(&bench.fleet, 60 * S), 0);
    bench_run(&bench, 180 * S);
    assert_true(fabs(fleet_sample(&bench.fleet, 0, &measured) - 1.0 / 3) < 1e-9);
    assert_true(measured == 3);
    bench_done(&bench);
}

/* Anything at any time. */
static void books_are_right(void **state)
{
    (void)state;
    for (uint32_t run = 0; run < 30; run++) {
        struct bench bench;
        struct fleet_setup setup = bench_setup(&bench, 5 + run % 3);
        struct random random;
        random_seed(&random, 9, run, "fleet", "anything");
        bench.life = distribution_exponential(5000e9);
        bench.detection = distribution_constant(20e9);
        bench.bye = distribution_constant(5e9);
        setup.life = &bench.life;
        setup.detection = &bench.detection;
        setup.farewell = run % 2 == 0 ? &bench.bye : NULL;
        setup.on_demand_count = run % 4;
        setup.on_demand_share = run % 5 == 0 ? 1 : 0.3;
        setup.interruptions_per_s = 1e-4;
        setup.notice_ns = 40 * S;
        setup.notice_replaces = run % 3 == 0;
        setup.refused_ratio = 0.2;
        setup.rebalance_ns = 20 * S;
        setup.rebalance_share = 0.1;
        setup.reuse = run % 2 == 1;
        setup.check_interval_ns = 30 * S;
        setup.check_threshold = 2;
        setup.check_timeout_ns = 5 * S;
        fleet_init(&bench.fleet, &setup);
        fleet_fill(&bench.fleet, 4, 0);
        bench_hear(&bench);
        for (int i = 0; i < 300; i++) {
            const uint32_t dice = random_below(&random, 10);
            if (dice < 3) {
                fleet_want(&bench.fleet, random_below(&random, 12));
            } else if (dice == 3) {
                fleet_prepare(&bench.fleet, random_below(&random, 5));
            } else if (fleet_in_service(&bench.fleet) > 0) {
                struct frame *f = frame_new(&bench.core.frames);
                f->start_ns = core_now(&bench.core);
                f->work_ns = 1000000 * S;
                if (fleet_enter_at(&bench.fleet, fleet_choose(&bench.fleet, f->copy), f) !=
                    FLEET_ENTERED) {
                    frame_free(&bench.core.frames, f);
                } else if (dice < 7) {
                    bench_leave(&bench, f);
                }
            }
            bench_hear(&bench);
            bench_audit(&bench);
            bench_run(&bench, core_now(&bench.core) + random_below(&random, 60) * S);
        }
        bench_done(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example),
        cmocka_unit_test(launch_and_drain),
        cmocka_unit_test(launches_are_called_off),
        cmocka_unit_test(launches_wait_for_tokens),
        cmocka_unit_test(whose_turn_it_is),
        cmocka_unit_test(on_demand_and_spot),
        cmocka_unit_test(a_spot_notice),
        cmocka_unit_test(interruptions_are_exponential),
        cmocka_unit_test(a_failure_is_found_out),
        cmocka_unit_test(the_line_is_too_long),
        cmocka_unit_test(zones_are_balanced_again),
        cmocka_unit_test(refused_launches),
        cmocka_unit_test(a_warm_pool),
        cmocka_unit_test(use_is_sampled),
        cmocka_unit_test(books_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
