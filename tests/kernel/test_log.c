/* The log keeps entries in order, each open to be completed, and counts what it cannot keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/kernel/log.h"

static void test_order(void **state)
{
    (void)state;
    struct arena arena;
    struct log log;
    arena_init(&arena);
    log_init(&log, &arena, 2, 100);
    struct log_entry *first = log_add(&log, 1, &(struct log_entry){.kind = LOG_SCALE_OUT});
    struct log_entry *second = log_add(&log, 0, &(struct log_entry){.kind = LOG_PAUSE, .count = 7});
    first->to = 3; /* it goes on */
    assert_ptr_equal(log.first, first);
    assert_ptr_equal(first->next, second);
    assert_null(second->next);
    assert_int_equal(first->service, 1);
    assert_int_equal(second->service, 0);
    assert_int_equal(second->count, 7);
    assert_true(log.first->to == 3);
    assert_int_equal(log.dropped, 0);
    arena_done(&arena);
}

/* Of one service, and of all together. */
static void test_bounds(void **state)
{
    (void)state;
    struct arena arena;
    struct log log;
    arena_init(&arena);
    log_init(&log, &arena, 2, LOG_ENTRIES_MAX + 5);
    for (uint32_t i = 0; i < LOG_ENTRIES_MAX + 3; i++) {
        log_add(&log, 0, &(struct log_entry){.count = i})->count++; /* also of one not kept */
    }
    assert_int_equal(log.dropped, 3);
    for (uint32_t i = 0; i < 9; i++) {
        log_add(&log, 1, &(struct log_entry){.count = i});
    }
    assert_int_equal(log.dropped, 3 + 4);
    uint32_t kept = 0;
    for (const struct log_entry *entry = log.first; entry != NULL; entry = entry->next) {
        kept++;
    }
    assert_int_equal(kept, LOG_ENTRIES_MAX + 5);
    assert_int_equal(log.last->count, 4);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
