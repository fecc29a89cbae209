/* The rotation against a plain list of members that is searched in full, under random comings,
 * goings and requests; and known frequencies: ties are broken evenly, and the better of two random
 * ones of n is the j-th best with probability 2 (n - j) / (n (n - 1)). */
#include "sim/blocks/rotation.h"

#include <string.h>

#include "tests/blocks/estimate.h"

enum { MEMBERS = 40, STEPS = 200000, DRAWS = 60000 };

struct plain {
    uint32_t list[MEMBERS]; /* who is in, in order of coming */
    uint32_t count, turn;
    uint32_t out[MEMBERS];
};

struct rig {
    struct arena arena;
    struct random random;
    struct rotation rotation;
    struct plain plain;
};

static void rig_open(struct rig *rig, enum rotation_policy policy)
{
    memset(rig, 0, sizeof(*rig));
    arena_init(&rig->arena);
    random_seed(&rig->random, 1, 0, "rotation", "test");
    rotation_init(&rig->rotation, &rig->arena, policy);
}

static void rig_toggle(struct rig *rig, uint32_t member)
{
    struct plain *plain = &rig->plain;
    uint32_t at = 0;
    while (at < plain->count && plain->list[at] != member) {
        at++;
    }
    assert_int_equal(rotation_has(&rig->rotation, member), at < plain->count);
    if (at == plain->count) {
        plain->list[plain->count++] = member;
        rotation_add(&rig->rotation, member);
        return;
    }
    memmove(&plain->list[at], &plain->list[at + 1], (plain->count - at - 1) * sizeof(uint32_t));
    plain->count--;
    plain->turn -= at < plain->turn;
    plain->turn = plain->turn == plain->count ? 0 : plain->turn;
    rotation_remove(&rig->rotation, member);
}

static void rig_send(struct rig *rig, uint32_t member)
{
    rig->plain.out[member]++;
    rotation_sent(&rig->rotation, member);
}

/* The one that was chosen may be chosen. */
static void rig_judge(struct rig *rig, uint32_t chosen)
{
    struct plain *plain = &rig->plain;
    if (plain->count == 0) {
        assert_int_equal(chosen, ROTATION_NONE);
        return;
    }
    bool in = false;
    for (uint32_t i = 0; i < plain->count; i++) {
        in = in || plain->list[i] == chosen;
        if (rig->rotation.policy == ROTATION_FEWEST) {
            assert_true(plain->out[chosen] <= plain->out[plain->list[i]]);
        }
    }
    assert_true(in);
    if (rig->rotation.policy == ROTATION_IN_TURN) {
        assert_int_equal(chosen, plain->list[plain->turn]);
        plain->turn = (plain->turn + 1) % plain->count;
    }
}

static void compare(enum rotation_policy policy)
{
    struct rig rig;
    rig_open(&rig, policy);
    for (int i = 0; i < sample_size(STEPS); i++) {
        const uint32_t what = random_below(&rig.random, 20);
        const uint32_t member = random_below(&rig.random, MEMBERS);
        if (what == 0) {
            rig_toggle(&rig, member);
        } else if (what < 12) {
            const uint32_t chosen = rotation_choose(&rig.rotation, &rig.random);
            rig_judge(&rig, chosen);
            if (chosen != ROTATION_NONE) {
                rig_send(&rig, chosen);
            }
        } else if (rig.plain.out[member] > 0) { /* also of those that are gone by now */
            rig.plain.out[member]--;
            rotation_returned(&rig.rotation, member);
        }
        if (i % 20000 == 0 && rig.plain.count > 0) { /* far more out than there were levels */
            for (int k = 0; k < 300; k++) {
                rig_send(&rig, rig.plain.list[0]);
            }
        }
    }
    for (uint32_t member = 0; member < MEMBERS && member < rig.rotation.capacity; member++) {
        assert_int_equal(rig.rotation.out[member], rig.plain.out[member]);
    }
    arena_done(&rig.arena);
}

static void test_against_a_list(void **state)
{
    (void)state;
    compare(ROTATION_RANDOM);
    compare(ROTATION_IN_TURN);
    compare(ROTATION_FEWEST);
    compare(ROTATION_TWO);
}

/* Whoever goes takes nobody's turn; whoever comes is last. */
static void test_turns(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, ROTATION_IN_TURN);
    for (uint32_t member = 0; member < 4; member++) {
        rig_toggle(&rig, member);
    }
    const uint32_t before[] = {0, 1};
    const uint32_t after[] = {2, 3, 9, 0, 2, 3, 9, 0, 2};
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        assert_int_equal(rotation_choose(&rig.rotation, &rig.random), before[i]);
    }
    rotation_remove(&rig.rotation, 1);
    rotation_add(&rig.rotation, 9);
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
        assert_int_equal(rotation_choose(&rig.rotation, &rig.random), after[i]);
    }
    arena_done(&rig.arena);
}

/* Members 0 .. n - 1; out[i] of member i. */
static void shares(enum rotation_policy policy, uint32_t n, const uint32_t *out,
                   const double *expected)
{
    struct rig rig;
    uint32_t hits[MEMBERS] = {0};
    rig_open(&rig, policy);
    for (uint32_t i = 0; i < n; i++) {
        rotation_add(&rig.rotation, i);
        for (uint32_t k = 0; k < out[i]; k++) {
            rotation_sent(&rig.rotation, i);
        }
    }
    const int draws = sample_size(DRAWS);
    for (int i = 0; i < draws; i++) {
        hits[rotation_choose(&rig.rotation, &rig.random)]++;
    }
    for (uint32_t i = 0; i < n; i++) {
        const double deviation = 5 * sqrt(expected[i] * (1 - expected[i]) / draws);
        assert_true(fabs(hits[i] / (double)draws - expected[i]) <= deviation);
    }
    arena_done(&rig.arena);
}

static void test_frequencies(void **state)
{
    (void)state;
    const uint32_t rising[] = {0, 1, 2, 3}, falling[] = {3, 2, 1, 0}, even[] = {2, 2, 2, 2};
    shares(ROTATION_RANDOM, 4, rising, (const double[]){0.25, 0.25, 0.25, 0.25});
    shares(ROTATION_FEWEST, 3, even, (const double[]){1 / 3.0, 1 / 3.0, 1 / 3.0});
    shares(ROTATION_FEWEST, 3, rising, (const double[]){1, 0, 0});
    shares(ROTATION_FEWEST, 3, falling, (const double[]){0, 0, 1});
    shares(ROTATION_TWO, 4, rising, (const double[]){0.5, 1 / 3.0, 1 / 6.0, 0});
    shares(ROTATION_TWO, 4, falling, (const double[]){0, 1 / 6.0, 1 / 3.0, 0.5});
    shares(ROTATION_TWO, 1, rising, (const double[]){1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_list),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_frequencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
