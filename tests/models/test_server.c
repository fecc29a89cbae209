/* The server's rules across its parameters: which combinations it refuses, and at which key. (What
 * it does is tested on its block, in tests/blocks, and against theory, in tests/theory.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"

extern const struct model server_model;

struct given {
    const char *key, *value;
};

struct rule {
    const char *wrong; /* the key that the message begins with; null: all is well */
    struct given given[6];
};

#define MTBF                               \
    {                                      \
        "failure.mtbf", "exponential(30d)" \
    }
#define MTTR                 \
    {                        \
        "failure.mttr", "1h" \
    }

static const struct rule rules[] = {
    {NULL, {{NULL, NULL}}},
    {NULL, {{"servers", "4"}, {"room", "4"}, {"patience", "2s"}}},
    {NULL, {{"servers", "inf"}, {"room", "10"}}},
    {NULL, {{"servers", "3"}, MTBF, MTTR, {"failure.required", "3"}, {"failure.restart", "true"}}},
    {NULL, {{"servers", "3"}, {"discipline", "ps"}, MTBF, MTTR, {"failure.repairers", "1"}}},
    {"room", {{"servers", "4"}, {"room", "3"}}},
    {"patience", {{"discipline", "ps"}, {"patience", "2s"}}},
    {"patience", {{"servers", "inf"}, {"patience", "2s"}}},
    {"failure", {{"servers", "inf"}, MTBF, MTTR}},
    {"failure", {{"servers", "10001"}, MTBF, MTTR}},
    {"failure.required", {{"servers", "2"}, MTBF, MTTR, {"failure.required", "3"}}},
    {"failure.restart", {{"discipline", "ps"}, MTBF, MTTR, {"failure.restart", "true"}}},
};

static void set(const struct param *row, const char *value, struct arena *arena, void *params)
{
    struct param_context context = {.arena = arena, .directory = "."};
    struct quantity_error error;
    if (!param_parse(row, value, &context, params, &error)) {
        fail_msg("%s: %s: %s", row->key, value, error.text);
    }
}

/* As the loader does it: defaults first, those of a group only once the group is given. */
static void *fill(const struct rule *rule, struct arena *arena)
{
    const struct model_info *info = &server_model.info;
    void *params = arena_alloc(arena, info->params_size);
    for (uint32_t i = 0; i < info->params_count; i++) {
        const struct param *row = &info->params[i];
        const char *value = NULL;
        for (int k = 0; k < 6 && rule->given[k].key != NULL; k++) {
            value = strcmp(rule->given[k].key, row->key) == 0 ? rule->given[k].value : value;
        }
        if (value == NULL && row->fallback != NONE && strcmp(row->fallback, REQUIRED) != 0) {
            value = row->fallback;
        }
        param_clear(row, params);
        if (value != NULL) {
            set(row, value, arena, params);
        }
    }
    return params;
}

static void contradictions_are_refused_at_their_key(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct arena arena;
        arena_init(&arena);
        const char *wrong = server_model.info.check(fill(&rules[i], &arena));
        if (rules[i].wrong == NULL) {
            assert_null(wrong);
        } else {
            assert_non_null(wrong);
            const size_t length = strlen(rules[i].wrong);
            assert_memory_equal(wrong, rules[i].wrong, length);
            assert_int_equal(wrong[length], ':');
        }
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contradictions_are_refused_at_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
