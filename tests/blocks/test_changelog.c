/* changelog: Known: what came in is here, or was taken; in order of commitment; to the row and the
 * byte, however it is taken and put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/blocks/changelog.h"
#include "sim/kernel/random.h"

static void worked_example_of_the_header(void **state)
{
    (void)state;
    struct arena arena;
    struct changelog log;
    arena_init(&arena);
    changelog_init(&log, &arena);
    changelog_add(&log, &(struct lot){0, 0, 100, 100000});
    changelog_add(&log, &(struct lot){1, 0, 100, 100000});
    struct lot lot = changelog_take(&log, 150, UINT64_MAX);
    assert_int_equal(lot.rows, 100);
    assert_int_equal(lot.at_ns, 0);
    lot = changelog_take(&log, 50, UINT64_MAX);
    assert_int_equal(lot.rows, 50);
    assert_int_equal(lot.bytes, 50000);
    assert_int_equal(lot.at_ns, 1);
    assert_int_equal(log.rows, 50);
    arena_done(&arena);
}

static void bytes_bound_what_is_taken_but_for_one_row(void **state)
{
    (void)state;
    struct arena arena;
    struct changelog log;
    arena_init(&arena);
    changelog_init(&log, &arena);
    changelog_add(&log, &(struct lot){0, 0, 10, 1000});
    assert_int_equal(changelog_take(&log, 100, 350).rows, 3);
    assert_int_equal(changelog_take(&log, 100, 1).rows, 1);
    assert_int_equal(changelog_take(&log, 0, 100).rows, 0);
    assert_int_equal(log.rows, 6);
    arena_done(&arena);
}

/* Also while rings grow and turn; times never go back. */
static void nothing_is_lost_and_order_is_kept(void **state)
{
    (void)state;
    struct arena arena;
    struct changelog here, inside;
    struct random random;
    arena_init(&arena);
    random_seed(&random, 1, 0, "changelog", "test");
    changelog_init(&here, &arena);
    changelog_init(&inside, &arena);
    uint64_t rows = 0, bytes = 0, gone_rows = 0, gone_bytes = 0;
    int64_t last_ns = 0;
    for (int64_t step = 1; step < 20000; step++) {
        const struct lot lot = {step, 0, 1 + random_below(&random, 50),
                                random_below(&random, 9999)};
        rows += lot.rows;
        bytes += lot.bytes;
        changelog_add(&here, &lot);
        for (uint32_t i = random_below(&random, 3); i > 0 && here.count > 0; i--) {
            const struct lot taken =
                changelog_take(&here, 1 + random_below(&random, 60), random_below(&random, 12000));
            changelog_add(&inside, &taken);
        }
        if (random_below(&random, 100) == 0) {
            changelog_put_back(&here, &inside);
        }
        while (inside.count > 100) {
            const struct lot out = changelog_take(&inside, UINT64_MAX, UINT64_MAX);
            assert_true(out.at_ns >= last_ns);
            last_ns = out.at_ns;
            gone_rows += out.rows;
            gone_bytes += out.bytes;
        }
        assert_int_equal(rows, here.rows + inside.rows + gone_rows);
        assert_int_equal(bytes, here.bytes + inside.bytes + gone_bytes);
    }
    assert_true(gone_rows > 0);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example_of_the_header),
        cmocka_unit_test(bytes_bound_what_is_taken_but_for_one_row),
        cmocka_unit_test(nothing_is_lost_and_order_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
