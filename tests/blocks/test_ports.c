/* Source ports towards a destination, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/blocks/ports.h"

#define SECOND INT64_C(1000000000)

/* See ports.h. */
static void test_closed_after_each_use(void **state)
{
    (void)state;
    struct arena arena;
    struct ports ports;
    arena_init(&arena);
    ports_init(&ports, &arena, &(struct ports_rules){.count = 3, .closed_ns = 60 * SECOND});
    for (int64_t t = 0; t < 3; t++) {
        assert_true(ports_open(&ports, t * SECOND));
        ports_close(&ports, (t + 1) * SECOND);
    }
    assert_false(ports_open(&ports, 61 * SECOND - 1));
    assert_int_equal(ports_taken(&ports, 61 * SECOND - 1), 3);
    assert_true(ports_open(&ports, 61 * SECOND));
    assert_false(ports_open(&ports, 62 * SECOND - 1));
    assert_true(ports_open(&ports, 62 * SECOND));
    assert_int_equal(ports.opened, 5);
    arena_done(&arena);
}

/* Kept connections are used again, the newest first; the oldest goes when it was idle too long. */
static void test_kept(void **state)
{
    (void)state;
    struct arena arena;
    struct ports ports;
    arena_init(&arena);
    ports_init(
        &ports, &arena,
        &(struct ports_rules){.count = 100, .idle_ns = 350 * SECOND, .closed_ns = 60 * SECOND});
    for (int i = 0; i < 50; i++) {
        assert_true(ports_open(&ports, 0));
    }
    for (int i = 0; i < 50; i++) {
        ports_close(&ports, SECOND);
    }
    for (int64_t t = 2; t < 351; t++) { /* one is always enough */
        assert_true(ports_open(&ports, t * SECOND));
        ports_close(&ports, t * SECOND);
    }
    assert_int_equal(ports.opened, 50);
    assert_int_equal(ports_taken(&ports, 351 * SECOND - 1), 50);
    assert_int_equal(ports_taken(&ports, 351 * SECOND), 50); /* 49 are closed, but not free */
    assert_int_equal(ports_taken(&ports, 411 * SECOND - 1), 50);
    assert_int_equal(ports_taken(&ports, 411 * SECOND), 1);
    assert_int_equal(ports_taken(&ports, 760 * SECOND), 0);
    arena_done(&arena);
}

/* A use that came to nothing leaves its port free at once. */
static void test_cancelled(void **state)
{
    (void)state;
    struct arena arena;
    struct ports ports;
    arena_init(&arena);
    ports_init(&ports, &arena, &(struct ports_rules){.count = 1, .closed_ns = 60 * SECOND});
    for (int64_t t = 0; t < 3; t++) {
        assert_true(ports_open(&ports, t * SECOND));
        assert_false(ports_open(&ports, t * SECOND));
        ports_cancel(&ports);
        assert_int_equal(ports_taken(&ports, t * SECOND), 0);
    }
    assert_int_equal(ports.opened, 0);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_after_each_use),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
