/* Known independently: the worked examples of the header, by hand. */
#include "sim/blocks/shard_growth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct shard_growth growth(void)
{
    return (struct shard_growth){.headroom = 2, .hot = 0.5, .most = 100};
}

/* Twice the highest minute, also of one that came while a change was under way; never fewer. */
static void test_headroom(void **state)
{
    (void)state;
    struct shard_growth g = growth();
    assert_int_equal(shard_growth_wanted(&g, 4, 1.5, 0.4, false), 4);
    assert_int_equal(shard_growth_wanted(&g, 4, 2.6, 0.4, false), 6);
    assert_int_equal(shard_growth_wanted(&g, 4, 9, 0.4, true), 4);
    assert_int_equal(shard_growth_wanted(&g, 6, 1, 0.4, false), 18);
    assert_int_equal(shard_growth_wanted(&g, 18, 1, 0.4, false), 18);
    assert_int_equal(shard_growth_wanted(&g, 18, 80, 0.4, false), 100);
}

/* A hot shard: twice as many, and again while that makes its part smaller; not for one key. */
static void test_hot(void **state)
{
    (void)state;
    struct shard_growth g = growth();
    assert_int_equal(shard_growth_wanted(&g, 4, 3, 0.75, false), 8);
    assert_int_equal(shard_growth_wanted(&g, 8, 4, 0.6, false), 16); /* 0.25 -> 0.15 of all */
    struct shard_growth key = growth();
    assert_int_equal(shard_growth_wanted(&key, 4, 0.8, 0.8, false), 8);
    assert_int_equal(shard_growth_wanted(&key, 8, 0.8, 0.8, false), 8);
    assert_int_equal(shard_growth_wanted(&key, 8, 0.8, 0.5, false), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_headroom), cmocka_unit_test(test_hot)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
