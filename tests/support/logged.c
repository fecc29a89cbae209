#include "tests/support/logged.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LOGGED_S INT64_C(1000000000) /* in ns */

const struct log_entry *logged_first(const struct lab *lab)
{
    return lab->experiment.replications[0].log;
}

static bool logged_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

void logged_check(const struct lab *lab, const struct logged *expected, uint32_t count)
{
    const struct log_entry *entry = logged_first(lab);
    for (uint32_t i = 0; i < count; i++) {
        if (entry == NULL) {
            fail_msg("%u entries, expected %u", i, count);
        }
        assert_int_equal(entry->kind, expected[i].kind);
        assert_int_equal(entry->at_ns, expected[i].at_s * LOGGED_S);
        const bool scaled = expected[i].kind == LOG_SCALE_OUT || expected[i].kind == LOG_SCALE_IN;
        assert_true(!scaled || logged_same(entry->from, expected[i].from));
        assert_true(!scaled || logged_same(entry->to, expected[i].to));
        entry = entry->next;
    }
    if (entry != NULL) {
        fail_msg("one more: %s at %f s", log_kind_names[entry->kind], (double)entry->at_ns / 1e9);
    }
}

void logged_check_reason(const struct lab *lab, const char *metric, double value, double threshold)
{
    const struct log_entry *entry = logged_first(lab);
    assert_non_null(entry);
    assert_string_equal(entry->metric, metric);
    assert_true(fabs(entry->value - value) < 1e-9);
    assert_true(fabs(entry->threshold - threshold) < 1e-9);
}
