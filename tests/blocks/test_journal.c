/* Known independently: every record that was read is done or pending, and done once more for each
 * time that a restart took it back: done + pending = read + replayed, step by step against a plain
 * list of records. */
#include "sim/blocks/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/kernel/random.h"

static void push(struct journal *journal, uint32_t count)
{
    journal_push(journal, &(struct journal_batch){.count = count});
}

static void test_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct journal journal;
    arena_init(&arena);
    journal_init(&journal, &arena);
    assert_null(journal_head(&journal));
    push(&journal, 10);
    push(&journal, 20);
    push(&journal, 30);
    assert_int_equal(journal_head(&journal)->count, 10);
    journal_done(&journal);
    journal_begin(&journal);
    journal_done(&journal);
    journal_complete(&journal);
    assert_int_equal(journal_restart(&journal), 20);
    assert_int_equal(journal.pending, 50);
    assert_int_equal(journal_head(&journal)->count, 20);
    arena_done(&arena);
}

/* A checkpoint that was under way at a restart is lost. */
static void test_incomplete_is_lost(void **state)
{
    (void)state;
    struct arena arena;
    struct journal journal;
    arena_init(&arena);
    journal_init(&journal, &arena);
    push(&journal, 10);
    journal_done(&journal);
    journal_begin(&journal);
    push(&journal, 5);
    journal_done(&journal);
    assert_int_equal(journal_restart(&journal), 15);
    assert_false(journal.marked);
    arena_done(&arena);
}

/* Against a list in which each batch has its number as its shard. */
static void test_random_walk(void **state)
{
    (void)state;
    struct arena arena;
    struct journal journal;
    struct random random;
    random_seed(&random, 7, 0, "test", "steps");
    arena_init(&arena);
    journal_init(&journal, &arena);
    uint32_t next = 0, at = 0, kept = 0, mark = 0;
    bool marked = false;
    for (int step = 0; step < 200000; step++) {
        const uint64_t what = random_below(&random, 100);
        if (what < 45) {
            journal_push(&journal, &(struct journal_batch){.part = next, .count = next % 7 + 1});
            next++;
        } else if (what < 90 && at < next) {
            assert_int_equal(journal_head(&journal)->part, at);
            journal_done(&journal);
            at++;
        } else if (what < 94) {
            journal_begin(&journal);
            mark = at;
            marked = true;
        } else if (what < 98 && marked) {
            journal_complete(&journal);
            kept = mark;
            marked = false;
        } else if (what == 99) {
            journal_restart(&journal);
            at = kept;
            marked = false;
        }
        assert_int_equal(journal.done + journal.pending, journal.read + journal.replayed);
        assert_true((journal_head(&journal) == NULL) == (at == next));
    }
    assert_true(journal.replayed > 0);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_incomplete_is_lost),
        cmocka_unit_test(test_random_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
