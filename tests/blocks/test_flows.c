/* Flows at known instants: when they open, end and are renewed. How many are open, and how long,
 * against renewal arguments: a client whose requests come at rate r keeps a flow over gaps that are
 * shorter than the idle limit; with R requests a flow, there is one new flow in R requests. */
#include "sim/blocks/flows.h"

#include <math.h>
#include <string.h>

#include "tests/blocks/estimate.h"

#define SECOND_NS INT64_C(1000000000)

struct rig {
    struct core core;
    struct arena arena;
    struct flows flows;
    struct distribution life, most;
};

/* Zero: no end. */
static void rig_open(struct rig *rig, uint32_t clients, double idle_s, double life_s, double most)
{
    memset(rig, 0, sizeof(*rig));
    core_init(&rig->core, 1);
    arena_init(&rig->arena);
    rig->life = distribution_constant(life_s * 1e9);
    rig->most = distribution_constant(most);
    struct flows_setup setup = {
        .core = &rig->core,
        .arena = &rig->arena,
        .clients_count = clients,
        .life = life_s > 0 ? &rig->life : NULL,
        .most = most > 0 ? &rig->most : NULL,
        .idle_ns = idle_s > 0 ? (int64_t)(idle_s * 1e9) : INT64_MAX,
        .first_slot = 2,
        .slots_step = 5,
    };
    random_seed(&setup.random, 1, 0, "flows", "test");
    flows_init(&rig->flows, &setup);
}

static void rig_close(struct rig *rig)
{
    core_done(&rig->core);
    arena_done(&rig->arena);
}

static void rig_run_to(struct rig *rig, double time_s)
{
    struct event event;
    events_at(&rig->core.events, (int64_t)(time_s * 1e9), EVENT_WINDOW, 0, 0);
    while (events_next(&rig->core.events, &event) && event.kind != EVENT_WINDOW) {
        assert_int_equal(event.slot % 5, 2);
        flows_due(&rig->flows, event.slot);
    }
}

/* The worked example of the header, and that the client finds out. */
static void test_idle(void **state)
{
    (void)state;
    struct rig rig;
    bool opened, reset;
    rig_open(&rig, 1, 60, 0, 0);
    flows_return(&rig.flows, flows_take(&rig.flows, &opened, &reset));
    assert_true(opened && !reset);
    flows_bind(&rig.flows, 0, 3);
    rig_run_to(&rig, 30);
    flows_return(&rig.flows, flows_take(&rig.flows, &opened, &reset));
    assert_true(!opened && !reset);
    assert_int_equal(flows_note(&rig.flows, 0), 3);
    assert_int_equal(flows_bound(&rig.flows, 3), 1);
    rig_run_to(&rig, 89.9);
    assert_int_equal(rig.flows.active.value, 1);
    rig_run_to(&rig, 90.1);
    assert_int_equal(rig.flows.active.value, 0);
    assert_int_equal(flows_bound(&rig.flows, 3), 0);
    rig_run_to(&rig, 100);
    flows_return(&rig.flows, flows_take(&rig.flows, &opened, &reset));
    assert_true(opened && reset);
    assert_int_equal(flows_note(&rig.flows, 0), FLOW_NONE);
    assert_int_equal(rig.flows.opened, 2);
    assert_int_equal(rig.flows.idled, 1);
    rig_close(&rig);
}

/* A request that is out keeps it open, and the idle time begins with its end. */
static void test_out_is_not_idle(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, 60, 0, 0);
    const uint32_t client = flows_take(&rig.flows, NULL, NULL);
    rig_run_to(&rig, 500);
    assert_int_equal(rig.flows.active.value, 1);
    flows_return(&rig.flows, client);
    rig_run_to(&rig, 559);
    assert_int_equal(rig.flows.active.value, 1);
    rig_run_to(&rig, 561);
    assert_int_equal(rig.flows.active.value, 0);
    rig_close(&rig);
}

/* After its lifetime, once nothing is out; that is no reset. */
static void test_lifetime(void **state)
{
    (void)state;
    struct rig rig;
    bool opened, reset;
    rig_open(&rig, 1, 0, 100, 0);
    const uint32_t client = flows_take(&rig.flows, NULL, NULL);
    rig_run_to(&rig, 130);
    assert_int_equal(rig.flows.active.value, 1);
    flows_return(&rig.flows, client);
    assert_int_equal(rig.flows.active.value, 0);
    flows_return(&rig.flows, flows_take(&rig.flows, &opened, &reset));
    assert_true(opened && !reset);
    rig_run_to(&rig, 229);
    assert_int_equal(rig.flows.active.value, 1);
    rig_run_to(&rig, 231);
    assert_int_equal(rig.flows.active.value, 0);
    assert_int_equal(rig.flows.idled, 0);
    rig_close(&rig);
}

/* So many requests each. */
static void test_requests(void **state)
{
    (void)state;
    struct rig rig;
    bool opened;
    rig_open(&rig, 1, 0, 0, 4);
    for (int i = 0; i < 40; i++) {
        flows_return(&rig.flows, flows_take(&rig.flows, &opened, NULL));
        assert_int_equal(opened, i % 4 == 0);
    }
    assert_int_equal(rig.flows.opened, 10);
    rig_close(&rig);
}

/* Without clients: one for each request; as many are open as are out. */
static void test_guests(void **state)
{
    (void)state;
    enum { GUESTS = 1000 };
    struct rig rig;
    bool opened, reset;
    rig_open(&rig, 0, 60, 100, 4);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < GUESTS; i++) {
            const uint32_t guest = flows_take(&rig.flows, &opened, &reset);
            assert_true(opened && !reset && guest < GUESTS);
            assert_int_equal(flows_note(&rig.flows, guest), FLOW_NONE);
            flows_bind(&rig.flows, guest, i % 7);
            assert_int_equal(rig.flows.active.value, i + 1);
        }
        assert_int_equal(flows_bound(&rig.flows, 0), (GUESTS + 6) / 7);
        for (uint32_t i = 0; i < GUESTS; i++) {
            flows_return(&rig.flows, i);
        }
        assert_int_equal(rig.flows.active.value, 0);
        assert_int_equal(flows_bound(&rig.flows, 0), 0);
    }
    assert_int_equal(events_pending(&rig.core.events), 0);
    rig_close(&rig);
}

/* One that is renewed forgets its note; the request that is out ends as a part of the new one. */
static void test_renew(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, 60, 0, 0);
    const uint32_t client = flows_take(&rig.flows, NULL, NULL);
    flows_bind(&rig.flows, client, 100);
    flows_bind(&rig.flows, client, 1);
    assert_int_equal(flows_bound(&rig.flows, 100), 0);
    flows_renew(&rig.flows, client);
    assert_int_equal(flows_note(&rig.flows, client), FLOW_NONE);
    assert_int_equal(flows_bound(&rig.flows, 1), 0);
    assert_int_equal(rig.flows.active.value, 1);
    flows_return(&rig.flows, client);
    assert_int_equal(rig.flows.active.value, 1);
    rig_run_to(&rig, 61);
    assert_int_equal(rig.flows.active.value, 0);
    assert_int_equal(events_pending(&rig.core.events), 0);
    rig_close(&rig);
}

/* Poisson requests of no length at rate r a client, idle limit d: a request opens a new flow with
 * the probability that the gap before it was longer, e^-rd; a client has a flow open for the share
 * 1 - e^-rd of the time. */
static void test_law(void **state)
{
    (void)state;
    enum { CLIENTS = 50, REQUESTS = 200000 };
    struct rig rig;
    rig_open(&rig, CLIENTS, 1.5, 0, 0);
    struct random random;
    random_seed(&random, 1, 0, "requests", "test");
    const double chance = exp(-1.5);
    double now_s = 0;
    uint32_t fresh = 0;
    for (int i = 0; i < REQUESTS; i++) {
        bool opened;
        now_s += random_exponential(&random) / CLIENTS; /* each client once a second */
        rig_run_to(&rig, now_s);
        flows_return(&rig.flows, flows_take(&rig.flows, &opened, NULL));
        fresh += opened;
    }
    const double deviation = sqrt(chance * (1 - chance) * REQUESTS);
    assert_true(fabs(fresh - chance * REQUESTS) < 5 * deviation);
    const double open = gauge_read(&rig.flows.active, core_now(&rig.core)).area / 1e9 / now_s;
    assert_true(fabs(open / CLIENTS - (1 - chance)) < 0.01);
    rig_close(&rig);
}

/* Cut flows end at once, whatever is out, and are no find for their clients; others go on. */
static void test_cut(void **state)
{
    (void)state;
    struct rig rig;
    bool opened, reset;
    rig_open(&rig, 1, 60, 0, 0);
    const uint32_t client = flows_take(&rig.flows, NULL, NULL);
    flows_bind(&rig.flows, client, 7);
    assert_int_equal(flows_cut(&rig.flows, 6), 0);
    assert_int_equal(flows_cut(&rig.flows, 500), 0);
    assert_true(flows_has(&rig.flows, client));
    assert_int_equal(flows_cut(&rig.flows, 7), 1);
    assert_int_equal(flows_cut(&rig.flows, 7), 0);
    assert_false(flows_has(&rig.flows, client));
    assert_int_equal(rig.flows.active.value, 0);
    flows_return(&rig.flows, client);
    assert_int_equal(events_pending(&rig.core.events), 0);
    flows_return(&rig.flows, flows_take(&rig.flows, &opened, &reset));
    assert_true(opened && !reset);
    assert_int_equal(rig.flows.active.value, 1);
    assert_int_equal(rig.flows.idled, 0);
    rig_close(&rig);
}

/* The request for which a flow is renewed is the first of the new one: of 4 each, three follow. */
static void test_renewed_counts(void **state)
{
    (void)state;
    struct rig rig;
    bool opened;
    rig_open(&rig, 1, 0, 0, 4);
    const uint32_t client = flows_take(&rig.flows, NULL, NULL);
    flows_renew(&rig.flows, client);
    flows_return(&rig.flows, client);
    for (int i = 1; i < 5; i++) {
        flows_return(&rig.flows, flows_take(&rig.flows, &opened, NULL));
        assert_int_equal(opened, i == 4);
    }
    rig_close(&rig);
}

/* A flow whose end comes while two requests are out ends with the later of them. */
static void test_end_while_several_are_out(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1, 0, 1, 0);
    const uint32_t first = flows_take(&rig.flows, NULL, NULL);
    const uint32_t second = flows_take(&rig.flows, NULL, NULL);
    rig_run_to(&rig, 2);
    flows_return(&rig.flows, first);
    assert_true(rig.flows.items[0].open);
    rig_run_to(&rig, 3);
    flows_return(&rig.flows, second);
    assert_false(rig.flows.items[0].open);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_renewed_counts),
        cmocka_unit_test(test_end_while_several_are_out),
        cmocka_unit_test(test_out_is_not_idle),
        cmocka_unit_test(test_lifetime),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_guests),
        cmocka_unit_test(test_renew),
        cmocka_unit_test(test_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
