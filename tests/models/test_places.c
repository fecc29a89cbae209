/* The table of round trips is that of a world: the same both ways, short at home, and everywhere
 * shorter than light in fibre needs round half the earth twice over. Anchor: "us-east-1 - sa-east-1
 * about 115-125 ms" (facts, vpc_network). */
#include "models/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS_NS INT64_C(1000000)

static void round_trips(void **state)
{
    (void)state;
    for (enum place_name from = 0; from < PLACES; from++) {
        for (enum place_name to = 0; to < PLACES; to++) {
            assert_int_equal(place_rtt_ns(from, to), place_rtt_ns(to, from));
            assert_true(place_rtt_ns(from, to) >= place_rtt_ns(from, from));
            assert_true(place_rtt_ns(from, to) <= 400 * MS_NS);
        }
    }
    const int64_t anchor_ns =
        place_rtt_ns(place_of_region("us-east-1"), place_of_region("sa-east-1"));
    assert_true(anchor_ns >= 115 * MS_NS && anchor_ns <= 125 * MS_NS);
}

/* People are where the shares say, a share of 0 has none, and shares are all there are. */
static void shares(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    struct place_share items[] = {
        {PLACE_EUROPE, 0.3, NULL}, {PLACE_INDIA, 0, NULL}, {PLACE_OCEANIA, 0.7, NULL}};
    const struct list list = {.items = items, .count = 3}, none = {.count = 0};
    struct random random;
    int drawn[3] = {0};
    random_seed(&random, 1, 0, "places", "test");
    for (int i = 0; i < DRAWS; i++) {
        drawn[place_shares_draw(&list, &random)]++;
    }
    assert_int_equal(drawn[1], 0);
    assert_true(fabs((double)drawn[0] / DRAWS - 0.3) < 5 * sqrt(0.3 * 0.7 / DRAWS));
    assert_int_equal(place_shares_draw(&none, &random), 0);
    assert_null(place_shares_check(&list));
    assert_null(place_shares_check(&none));
    items[1].share_ratio = 0.01;
    assert_non_null(place_shares_check(&list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
