/* Several source addresses: by hand; and that n of them are as good as one with n times the ports,
 * whose calls the turns share out evenly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/blocks/addresses.h"
#include "sim/kernel/random.h"

#define SECOND INT64_C(1000000000)

enum { A, B, DESTINATIONS };

/* See addresses.h. */
static void test_worked(void **state)
{
    (void)state;
    struct arena arena;
    struct addresses addresses;
    bool opened;
    arena_init(&arena);
    addresses_init(&addresses, &arena, &(struct ports_rules){.count = 1, .closed_ns = 60 * SECOND},
                   2, DESTINATIONS);
    assert_int_equal(addresses_open(&addresses, A, 0, &opened), 0);
    assert_int_equal(addresses_open(&addresses, A, 0, &opened), 1);
    assert_int_equal(addresses_open(&addresses, A, 0, &opened), ADDRESS_NONE);
    assert_int_equal(addresses_open(&addresses, B, 0, &opened), 0);
    assert_int_equal(addresses.taken[A].value, 2);
    assert_int_equal(addresses.taken[B].value, 1);
    arena_done(&arena);
}

/* It is 0's turn, whose port is in use: 1 is used, whose was closed long enough ago. */
static void test_who_has_none_is_passed_over(void **state)
{
    (void)state;
    struct arena arena;
    struct addresses addresses;
    bool opened;
    arena_init(&arena);
    addresses_init(&addresses, &arena, &(struct ports_rules){.count = 1, .closed_ns = 60 * SECOND},
                   2, 1);
    assert_int_equal(addresses_open(&addresses, A, 0, &opened), 0);
    assert_int_equal(addresses_open(&addresses, A, 0, &opened), 1);
    addresses_close(&addresses, A, 1, SECOND, false);
    assert_int_equal(addresses.taken[A].value, 2);
    assert_int_equal(addresses_open(&addresses, A, 61 * SECOND - 1, &opened), ADDRESS_NONE);
    assert_int_equal(addresses_open(&addresses, A, 61 * SECOND, &opened), 1);
    addresses_close(&addresses, A, 0, 62 * SECOND, false);
    assert_int_equal(addresses_open(&addresses, A, 122 * SECOND, &opened), 0);
    arena_done(&arena);
}

/* A kept connection is used again where the turn finds one. */
static void test_opened(void **state)
{
    (void)state;
    struct arena arena;
    struct addresses addresses;
    bool opened;
    arena_init(&arena);
    addresses_init(&addresses, &arena,
                   &(struct ports_rules){.count = 1, .idle_ns = 10 * SECOND, .closed_ns = 0}, 2,
                   DESTINATIONS);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(addresses_open(&addresses, A, 0, &opened), i % 2);
        assert_int_equal(opened, i < 2);
        addresses_close(&addresses, A, i % 2, 0, false);
    }
    assert_int_equal(addresses_open(&addresses, B, 0, &opened), 0);
    assert_true(opened); /* a connection is towards one destination */
    assert_int_equal(addresses_open(&addresses, A, SECOND, &opened), 1);
    assert_false(opened);
    addresses_close(&addresses, A, 1, SECOND, true);
    assert_int_equal(addresses_open(&addresses, A, SECOND, &opened), 0);
    assert_false(opened);
    assert_int_equal(addresses_open(&addresses, A, SECOND, &opened), 1);
    assert_true(opened); /* this one has ended */
    arena_done(&arena);
}

/* Random uses, all as long, so that what was opened first ends first. */
static void test_as_one_with_all_ports(void **state)
{
    (void)state;
    enum { COUNT = 4, PORTS = 5, STEPS = 20000, LONG = 40 };
    struct arena arena;
    struct addresses addresses;
    struct ports one;
    struct random random;
    uint32_t from[STEPS], uses[COUNT] = {0}, refused = 0;
    bool opened;
    const int64_t closed_ns = 60;
    arena_init(&arena);
    addresses_init(&addresses, &arena,
                   &(struct ports_rules){.count = PORTS, .closed_ns = closed_ns}, COUNT, 1);
    ports_init(&one, &arena, &(struct ports_rules){.count = COUNT * PORTS, .closed_ns = closed_ns});
    random_seed(&random, 7, 0, "test", "addresses");
    for (int64_t now = 0; now < STEPS; now++) {
        if (now >= LONG && from[now - LONG] != ADDRESS_NONE) {
            addresses_close(&addresses, A, from[now - LONG], now, false);
            ports_close(&one, now);
        }
        from[now] = ADDRESS_NONE;
        if (random_below(&random, 5) == 0) { /* so 0.2 x (LONG + closed) of the 20 ports */
            from[now] = addresses_open(&addresses, A, now, &opened);
            assert_int_equal(from[now] != ADDRESS_NONE, ports_open(&one, now));
            refused += from[now] == ADDRESS_NONE;
        }
        if (from[now] != ADDRESS_NONE) {
            uses[from[now]]++;
            assert_int_equal(addresses.taken[A].value, ports_taken(&one, now));
        }
    }
    assert_true(refused > STEPS / 100);
    for (uint32_t i = 1; i < COUNT; i++) {
        assert_in_range(uses[i] + 1, uses[0], uses[0] + 2);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),
        cmocka_unit_test(test_who_has_none_is_passed_over),
        cmocka_unit_test(test_opened),
        cmocka_unit_test(test_as_one_with_all_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
