/* Known independently: a record of time t is in the windows [e - size, e) whose end e is a multiple
 * of the slide: counted one by one. Every record is in all of its windows that had not closed when
 * it came, and late if there were none. */
#include "sim/blocks/panes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/kernel/random.h"

#define S INT64_C(1000000000)

static void setup(struct panes *panes, struct arena *arena, int64_t slide_s, uint32_t slides)
{
    arena_init(arena);
    panes_init(panes,
               &(struct panes_setup){.arena = arena, .slide_ns = slide_s * S, .slides = slides});
}

static void expect(struct panes *panes, int64_t watermark_s, int64_t end_s, uint64_t count)
{
    int64_t end_ns;
    uint64_t records;
    assert_true(panes_close(panes, watermark_s * S, &end_ns, &records));
    assert_int_equal(end_ns, end_s * S);
    assert_int_equal(records, count);
}

static void expect_none(struct panes *panes, int64_t watermark_s)
{
    int64_t end_ns;
    uint64_t records;
    assert_false(panes_close(panes, watermark_s * S, &end_ns, &records));
}

static void test_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct panes panes;
    setup(&panes, &arena, 20, 3);
    assert_int_equal(panes_add(&panes, 30 * S, 30 * S, 100), 0);
    expect_none(&panes, 39);
    expect(&panes, 85, 40, 100);
    expect(&panes, 85, 60, 100);
    expect(&panes, 85, 80, 100);
    expect_none(&panes, 85);
    assert_int_equal(panes_add(&panes, 30 * S, 30 * S, 1), 1);
    assert_int_equal(panes.records, 0);
    arena_done(&arena);
}

/* Of 100 records from 0 s to 100 s, 60 are in the first minute. */
static void test_spread(void **state)
{
    (void)state;
    struct arena arena;
    struct panes panes;
    setup(&panes, &arena, 60, 1);
    assert_int_equal(panes_add(&panes, 0, 100 * S - 1, 100), 0);
    expect(&panes, 60, 60, 60);
    assert_int_equal(panes_add(&panes, 0, 100 * S - 1, 100), 60);
    expect(&panes, 120, 120, 80);
    arena_done(&arena);
}

/* Before the first window has closed, an older record of another shard is not late. */
static void test_older_first(void **state)
{
    (void)state;
    struct arena arena;
    struct panes panes;
    setup(&panes, &arena, 10, 1);
    assert_int_equal(panes_add(&panes, 55 * S, 55 * S, 1), 0);
    assert_int_equal(panes_add(&panes, -5 * S, -5 * S, 2), 0);
    expect(&panes, 60, 0, 2);
    expect(&panes, 60, 60, 1);
    expect_none(&panes, 1000);
    assert_int_equal(panes_add(&panes, 995 * S, 995 * S, 1), 1);
    arena_done(&arena);
}

/* A copy goes its own way. */
static void test_copy(void **state)
{
    (void)state;
    struct arena arena;
    struct panes panes, copy;
    setup(&panes, &arena, 10, 1);
    panes_init(&copy, &panes.setup);
    panes_add(&panes, 5 * S, 5 * S, 3);
    panes_copy(&copy, &panes);
    panes_add(&panes, 5 * S, 5 * S, 4);
    expect(&panes, 10, 10, 7);
    expect(&copy, 10, 10, 3);
    panes_copy(&panes, &copy);
    expect_none(&panes, 10);
    arena_done(&arena);
}

enum { RECORDS = 3000, SLIDES = 4, ENDS = 2000 };

static void test_against_counting(void **state)
{
    (void)state;
    struct arena arena;
    struct panes panes;
    struct random random;
    static uint64_t in[ENDS], closed[ENDS];
    int64_t watermark_s = 0, reached = 0;
    uint64_t late = 0, expected = 0;
    random_seed(&random, 3, 0, "test", "steps");
    setup(&panes, &arena, 1, SLIDES);
    for (int i = 0; i < RECORDS; i++) {
        const int64_t at_s = 10 + i / 3 + (int64_t)random_below(&random, 12);
        uint64_t windows = 0;
        for (int64_t end = at_s + 1; end <= at_s + SLIDES; end++) {
            if (end > reached) {
                in[end]++;
                windows++;
            }
        }
        expected += windows == 0;
        late += panes_add(&panes, at_s * S, at_s * S, 1);
        watermark_s = 10 + i / 3 + (int64_t)random_below(&random, 3) - 2;
        int64_t end_ns;
        uint64_t count;
        while (panes_close(&panes, watermark_s * S, &end_ns, &count)) {
            closed[end_ns / S] += count;
        }
        reached = watermark_s > reached ? watermark_s : reached;
    }
    assert_int_equal(late, expected);
    for (int64_t end = 0; end <= reached; end++) {
        assert_int_equal(closed[end], in[end]);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),           cmocka_unit_test(test_spread),
        cmocka_unit_test(test_older_first),      cmocka_unit_test(test_copy),
        cmocka_unit_test(test_against_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
