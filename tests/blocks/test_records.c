/* Known independently: a number names one record from take to give, whose bytes nobody else writes;
 * memory grows with what is in use at once, not with what was ever taken. */
#include "sim/blocks/records.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct thing {
    uint64_t a, b;
};

static void test_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct records records;
    arena_init(&arena);
    records_init(&records, &arena, sizeof(struct thing));
    assert_int_equal(records_take(&records), 1);
    assert_int_equal(records_take(&records), 2);
    ((struct thing *)records_at(&records, 1))->b = 7;
    records_give(&records, 1);
    assert_int_equal(records_take(&records), 1);
    const struct thing *thing = records_at(&records, 1);
    assert_true(thing->a == 0 && thing->b == 0);
    arena_done(&arena);
}

/* Over many chunks each keeps its own, while every third is given back and taken again. */
static void test_each_is_its_own(void **state)
{
    (void)state;
    enum { MANY = 5 * RECORDS_CHUNK + 3 };
    struct arena arena;
    struct records records;
    uint32_t taken[MANY];
    arena_init(&arena);
    records_init(&records, &arena, sizeof(struct thing));
    for (uint32_t i = 0; i < MANY; i++) {
        taken[i] = records_take(&records);
        assert_int_not_equal(taken[i], RECORDS_NONE);
        *(struct thing *)records_at(&records, taken[i]) = (struct thing){i, ~(uint64_t)i};
    }
    for (uint32_t i = 0; i < MANY; i += 3) {
        records_give(&records, taken[i]);
    }
    for (uint32_t i = 0; i < MANY; i += 3) {
        taken[i] = records_take(&records);
        *(struct thing *)records_at(&records, taken[i]) = (struct thing){i, ~(uint64_t)i};
    }
    for (uint32_t i = 0; i < MANY; i++) {
        const struct thing *thing = records_at(&records, taken[i]);
        assert_true(thing->a == i && thing->b == ~(uint64_t)i);
    }
    assert_int_equal(records.count, MANY);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_each_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
