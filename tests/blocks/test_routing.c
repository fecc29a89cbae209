/* Which record answers: shares of weights by the rules of Route 53 ("weight for a specified record
 * / sum of the weights for all records"; weights of 0 only when no other is healthy; with no
 * healthy record all are), the least cost, an order, and any so many of them. */
#include "sim/blocks/routing.h"

#include <string.h>

#include "tests/blocks/estimate.h"

enum { RECORDS = 4 };

struct rig {
    struct arena arena;
    struct routing routing;
    struct random random;
};

static void rig_open(struct rig *rig, const int64_t *weights)
{
    arena_init(&rig->arena);
    routing_init(&rig->routing, &rig->arena, RECORDS);
    random_seed(&rig->random, 1, 0, "routing", "test");
    for (int i = 0; i < RECORDS && weights != NULL; i++) {
        rig->routing.records[i].weight = weights[i];
    }
}

static void rig_health(struct rig *rig, const bool *healthy)
{
    for (uint32_t i = 0; i < RECORDS; i++) {
        routing_set_healthy(&rig->routing, i, healthy[i]);
        routing_set_healthy(&rig->routing, i, healthy[i]); /* nothing new */
    }
}

static void shares(void **state)
{
    (void)state;
    static const struct {
        int64_t weights[RECORDS];
        bool healthy[RECORDS];
        double shares[RECORDS];
    } cases[] = {
        {{3, 1, 0, 4}, {1, 1, 1, 1}, {0.375, 0.125, 0, 0.5}},
        {{3, 1, 0, 4}, {1, 1, 1, 0}, {0.75, 0.25, 0, 0}},
        {{3, 1, 0, 0}, {0, 0, 1, 1}, {0, 0, 0.5, 0.5}},
        {{3, 1, 0, 0}, {0, 0, 0, 0}, {0.75, 0.25, 0, 0}},
        {{0, 0, 0, 0}, {1, 1, 0, 1}, {1 / 3.0, 1 / 3.0, 0, 1 / 3.0}},
        {{0, 0, 0, 0}, {0, 0, 0, 0}, {0.25, 0.25, 0.25, 0.25}},
    };
    const int draws = sample_size(100000);
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct rig rig;
        int chosen[RECORDS] = {0};
        rig_open(&rig, cases[c].weights);
        rig_health(&rig, cases[c].healthy);
        for (int i = 0; i < draws; i++) {
            chosen[routing_by_weight(&rig.routing, &rig.random)]++;
        }
        for (int i = 0; i < RECORDS; i++) {
            const double share = cases[c].shares[i];
            if (share == 0) {
                assert_int_equal(chosen[i], 0);
            } else {
                sample_check_near((double)chosen[i] / draws, share,
                                  sqrt(share * (1 - share) / draws), "share");
            }
        }
        arena_done(&rig.arena);
    }
}

static void costs_and_order(void **state)
{
    (void)state;
    static const int64_t costs[RECORDS] = {30, 10, 10, 20};
    static const uint32_t order[RECORDS] = {2, 0, 3, 1};
    static const struct {
        bool healthy[RECORDS];
        uint32_t by_cost, in_order;
    } cases[] = {
        {{1, 1, 1, 1}, 1, 2}, {{1, 0, 1, 1}, 2, 2}, {{1, 0, 0, 1}, 3, 0},
        {{0, 0, 0, 1}, 3, 3}, {{1, 0, 0, 0}, 0, 0}, {{0, 0, 0, 0}, 1, 2},
    };
    struct rig rig;
    rig_open(&rig, NULL);
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        rig_health(&rig, cases[c].healthy);
        assert_int_equal(routing_by_cost(&rig.routing, costs), cases[c].by_cost);
        assert_int_equal(routing_in_order(&rig.routing, order), cases[c].in_order);
    }
    arena_done(&rig.arena);
}

/* Each of the 3 healthy ones is in 2 of 3 pairs; fewer than asked for are all. */
static void some(void **state)
{
    (void)state;
    const int draws = sample_size(100000);
    struct rig rig;
    int chosen[RECORDS] = {0};
    uint8_t records[RECORDS];
    rig_open(&rig, NULL);
    routing_set_healthy(&rig.routing, 1, false);
    for (int i = 0; i < draws; i++) {
        assert_int_equal(routing_some(&rig.routing, &rig.random, 2, records), 2);
        assert_int_not_equal(records[0], records[1]);
        chosen[records[0]]++;
        chosen[records[1]]++;
    }
    assert_int_equal(chosen[1], 0);
    for (int i = 0; i < RECORDS; i += i == 0 ? 2 : 1) {
        sample_check_near((double)chosen[i] / draws, 2 / 3.0, sqrt(2 / 9.0 / draws), "in a pair");
    }
    assert_int_equal(routing_some(&rig.routing, &rig.random, RECORDS, records), 3);
    arena_done(&rig.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
        cmocka_unit_test(costs_and_order),
        cmocka_unit_test(some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
