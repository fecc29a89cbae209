/* Known by hand: steps within half a minute of one another are one ramp, of note once they have
 * changed what was there by ten and by a tenth; further ones extend it; after a gap another one
 * begins. */
#include "sim/blocks/ramp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static void test_a_small_change_is_not_told(void **state)
{
    (void)state;
    struct ramp ramp = {0};
    for (int i = 0; i < 9; i++) {
        assert_false(ramp_step(&ramp, i * SECOND, 3 + i, 4 + i, 0));
    }
    assert_false(ramp_step(&ramp, 100 * SECOND, 12, 13, 7)); /* another one */
    for (int i = 0; i < 8; i++) {
        assert_false(ramp_step(&ramp, (101 + i) * SECOND, 13 + i, 14 + i, 0));
    }
    assert_true(ramp_step(&ramp, 110 * SECOND, 21, 22, 0));
    assert_true(ramp.from == 12 && ramp.value == 7);
    assert_int_equal(ramp.count, 10);
}

static void test_a_quarter_of_what_was_there(void **state)
{
    (void)state;
    struct ramp ramp = {0};
    for (int i = 0; i < 249; i++) {
        assert_false(ramp_step(&ramp, i, 1000 - i, 999 - i, 0));
    }
    assert_true(ramp_step(&ramp, 249, 751, 750, 0));
}

/* What goes back in between, by other ways, and up again is not counted twice. */
static void test_to_and_fro_is_no_ramp(void **state)
{
    (void)state;
    struct ramp ramp = {0};
    for (int i = 0; i < 100; i++) {
        assert_false(ramp_step(&ramp, i * SECOND, 5 + i % 3, 6 + i % 3, 0));
    }
    struct log_entry entry = {.to = 15};
    assert_true(ramp_step(&ramp, 100 * SECOND, 14, 15, 0));
    ramp.entry = &entry;
    assert_false(ramp_step(&ramp, 101 * SECOND, 10, 11, 0));
    assert_true(entry.to == 15 && entry.until_ns == 0);
    assert_false(ramp_step(&ramp, 102 * SECOND, 15, 16, 0));
    assert_true(entry.to == 16 && entry.until_ns == 102 * SECOND);
}

static void test_its_entry_is_extended(void **state)
{
    (void)state;
    struct ramp ramp = {0};
    struct log_entry entry = {0};
    for (int i = 0; i < 10; i++) {
        if (ramp_step(&ramp, i * SECOND, i, i + 1, 0)) {
            ramp.entry = &entry;
        }
    }
    assert_ptr_equal(ramp.entry, &entry);
    assert_false(ramp_step(&ramp, 39 * SECOND, 10, 11, 0));
    assert_int_equal(entry.until_ns, 39 * SECOND);
    assert_int_equal(entry.count, 11);
    assert_true(entry.to == 11);
    assert_false(ramp_step(&ramp, 70 * SECOND, 11, 12, 0));
    assert_null(ramp.entry);
    assert_int_equal(entry.count, 11);
}

/* From 5 to 20, back to 6, and up to 40 long after: two ramps, though steps never ceased. */
static void test_what_was_undone_is_over(void **state)
{
    (void)state;
    struct ramp ramp = {0};
    struct log_entry entries[2] = {{.to = 0}};
    int noted = 0;
    for (int i = 5; i < 20; i++) {
        if (ramp_step(&ramp, i * SECOND, i, i + 1, i)) {
            entries[noted].to = i + 1;
            ramp.entry = &entries[noted++];
        }
    }
    for (int i = 20; i < 400; i++) { /* to and fro */
        assert_false(ramp_step(&ramp, i * SECOND, 6 + i % 4, 7 + i % 4, 6 + i % 4));
    }
    for (int i = 6; i < 40; i++) {
        if (ramp_step(&ramp, (400 + i) * SECOND, i, i + 1, i)) {
            assert_true(ramp.from == 6 && ramp.value == 6);
            entries[noted].to = i + 1;
            ramp.entry = &entries[noted++];
        }
    }
    assert_int_equal(noted, 2);
    assert_true(entries[0].to == 20 && entries[0].until_ns == 19 * SECOND);
    assert_true(entries[1].to == 40 && entries[1].until_ns == 439 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_change_is_not_told),
        cmocka_unit_test(test_a_quarter_of_what_was_there),
        cmocka_unit_test(test_to_and_fro_is_no_ramp),
        cmocka_unit_test(test_its_entry_is_extended),
        cmocka_unit_test(test_what_was_undone_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
