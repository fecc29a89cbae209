/* Known independently: an array with one entry a thing says until when it is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/blocks/holds.h"
#include "sim/kernel/random.h"

enum { THINGS = 3000, STEPS = 300000 };

static void test_worked_example(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct holds holds;
    holds_init(&holds, &arena);
    holds_take(&holds, 7, 0, 25);
    assert_true(holds_held(&holds, 7, 10) && !holds_held(&holds, 8, 10));
    assert_false(holds_held(&holds, 7, 25));
    holds_take(&holds, 7, 25, 50);
    holds_take(&holds, 7, 26, 30); /* no shorter than it is */
    assert_true(holds_held(&holds, 7, 49));
    arena_done(&arena);
}

/* With few things held at a time, and with most of them; what was never held is not. Memory is
 * bounded by what was held at a time. */
static void test_against_an_array(void **state)
{
    (void)state;
    for (int64_t length = 10; length <= 10000; length *= 10) {
        static int64_t until[THINGS];
        struct arena arena;
        arena_init(&arena);
        struct random random;
        random_seed(&random, (uint64_t)length, 0, "test", "holds");
        struct holds holds;
        holds_init(&holds, &arena);
        for (int i = 0; i < THINGS; i++) {
            until[i] = 0;
        }
        for (int64_t now = 1; now <= STEPS; now++) {
            const uint32_t asked = random_below(&random, THINGS);
            assert_int_equal(holds_held(&holds, asked, now), until[asked] > now);
            const uint32_t taken = random_below(&random, THINGS);
            const int64_t end = now + 1 + random_below(&random, (uint32_t)length);
            holds_take(&holds, taken, now, end);
            until[taken] = end > until[taken] ? end : until[taken];
        }
        assert_true(holds.capacity <= 8 * THINGS);
        assert_true(arena.total_bytes <= 4 * holds.capacity * sizeof(*holds.places) + (1 << 16));
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_against_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
