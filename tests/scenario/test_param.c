/* The values of table rows: what every kind stores when given, by default and when not given;
 * ranges, groups and required keys; and the tables of the language themselves. */
#include "tests/scenario/toy.h"

#include <ctype.h>
#include <math.h>

#include "sim/scenario/bind.h"
#include "sim/scenario/document.h"
#include "sim/scenario/language.h"
#include "sim/scenario/quantity.h"

struct all {
    int64_t time_ns, size_bytes, count_count, plenty_count;
    double rate_per_s, flow_bytes_per_s, share_ratio, factor, units;
    bool flag;
    int word;
    const struct distribution *wait_ns_dist, *load_bytes_dist, *batch_count_dist;
    struct popularity keys_popularity;
    struct amount room_amount;
    const char *note_text;
};
#define PARAMS struct all
static const struct param rows[] = {
    TIME(time, NONE, "1s..15min", "a time", TOY),
    SIZE(size, NONE, "1 B..", "a size", TOY),
    COUNT(count, NONE, "..10", "a count", TOY),
    COUNT(plenty, NONE, "1..inf", "a count that may be inf", TOY),
    RATE(rate, NONE, "0/s..", "a rate", TOY),
    THROUGHPUT(flow, NONE, "", "a throughput", TOY),
    RATIO(share, NONE, "0..1", "a ratio", TOY),
    NUMBER(factor, NONE, "0..", NULL, "a number", TOY),
    NUMBER(units, NONE, "0.5 ACU..128 ACU", "ACU", "a capacity", TOY),
    FLAG(flag, "false", "a flag", TOY),
    CHOICE(word, NONE, "one two three", "a word", TOY),
    TIME_DIST(wait, NONE, "1ms..1s", "a time distribution", TOY),
    SIZE_DIST(load, NONE, "", "a size distribution", TOY),
    COUNT_DIST(batch, NONE, "1..", "a count distribution", TOY),
    POPULARITY(keys, NONE, "a popularity", TOY),
    AMOUNT(room, NONE, "an amount", TOY),
    TEXT(note, NONE, "a text", TOY),
};
#undef PARAMS
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct param *row_of(const char *key)
{
    for (uint32_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
    fail();
    return NULL;
}

/* What one key of a map `{key: text}` gives. */
static bool set(struct all *all, const char *key, const char *text, struct arena *arena,
                struct quantity_error *error)
{
    struct param_context context = {.arena = arena, .directory = "."};
    return param_parse(row_of(key), text, &context, all, error);
}

static void test_values(void **state)
{
    (void)state;
    struct arena arena;
    struct all all = {0};
    struct quantity_error error;
    arena_init(&arena);
    assert_true(set(&all, "time", "1m30s", &arena, &error));
    assert_int_equal(all.time_ns, 90000000000);
    assert_true(set(&all, "size", "2 KiB", &arena, &error));
    assert_int_equal(all.size_bytes, 2048);
    assert_true(set(&all, "count", "7", &arena, &error));
    assert_int_equal(all.count_count, 7);
    assert_true(set(&all, "plenty", "inf", &arena, &error));
    assert_true(all.plenty_count == PARAM_INFINITE);
    assert_true(set(&all, "rate", "30/min", &arena, &error));
    assert_true(all.rate_per_s == 0.5);
    assert_true(set(&all, "flow", "8 bit/s", &arena, &error));
    assert_true(all.flow_bytes_per_s == 1);
    assert_true(set(&all, "share", "25%", &arena, &error));
    assert_true(all.share_ratio == 0.25);
    assert_true(set(&all, "factor", "1.5", &arena, &error));
    assert_true(all.factor == 1.5);
    assert_true(set(&all, "units", "0.5 ACU", &arena, &error));
    assert_true(all.units == 0.5);
    assert_true(set(&all, "flag", "true", &arena, &error));
    assert_true(all.flag);
    assert_true(set(&all, "word", "three", &arena, &error));
    assert_int_equal(all.word, 2);
    assert_true(set(&all, "wait", "exponential(20ms)", &arena, &error));
    assert_int_equal(all.wait_ns_dist->kind, DISTRIBUTION_EXPONENTIAL);
    assert_true(all.wait_ns_dist->mean == 20e6);
    assert_true(set(&all, "load", "4 KiB", &arena, &error));
    assert_int_equal(all.load_bytes_dist->kind, DISTRIBUTION_CONSTANT);
    assert_true(all.load_bytes_dist->mean == 4096);
    assert_true(set(&all, "batch", "geometric(mean=5)", &arena, &error));
    assert_true(all.batch_count_dist->mean == 5);
    assert_true(set(&all, "note", "hello", &arena, &error));
    assert_string_equal(all.note_text, "hello");
    arena_done(&arena);
}

static void test_popularity(void **state)
{
    (void)state;
    static const char *const wrong[] = {"zipf",
                                        "zipf()",
                                        "zipf(n=10)",
                                        "zipf(s=1)",
                                        "zipf(n=0 s=1)",
                                        "zipf(n=10 s=-1)",
                                        "zipf(n=1 n=2)",
                                        "zipf(n=10 s=1) x",
                                        "uniform(n=1 s=1)",
                                        "zipf(n=1.5 s=1)",
                                        "zipf(10 0.8)",
                                        "zipf(n=9999999999 s=1)"};
    struct arena arena;
    struct all all = {0};
    struct quantity_error error;
    arena_init(&arena);
    assert_true(set(&all, "keys", "zipf(n=1000 s=0.8)", &arena, &error));
    assert_int_equal(all.keys_popularity.n, 1000);
    assert_true(all.keys_popularity.s == 0.8);
    assert_true(set(&all, "keys", "zipf(s=1, n=2k)", &arena, &error));
    assert_int_equal(all.keys_popularity.n, 2000);
    assert_true(all.keys_popularity.s == 1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(set(&all, "keys", wrong[i], &arena, &error));
    assert_non_null(strstr(error.text, "zipf(n=.. s=..)"));
    arena_done(&arena);
}

static void test_amount(void **state)
{
    (void)state;
    struct arena arena;
    struct all all = {0};
    struct quantity_error error;
    arena_init(&arena);
    assert_true(set(&all, "room", "1k", &arena, &error));
    assert_int_equal(all.room_amount.count, 1000);
    assert_int_equal(all.room_amount.bytes, -1);
    assert_true(set(&all, "room", "10 KiB", &arena, &error));
    assert_int_equal(all.room_amount.count, -1);
    assert_int_equal(all.room_amount.bytes, 10240);
    assert_false(set(&all, "room", "0", &arena, &error));
    assert_false(set(&all, "room", "0 B", &arena, &error));
    assert_false(set(&all, "room", "1.5", &arena, &error));
    assert_false(set(&all, "room", "plenty", &arena, &error));
    arena_done(&arena);
}

/* A range holds its ends; the message says the range as the table has it. */
static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *key, *text, *wrong; /* wrong: null: good */
    } cases[] = {
        {"time", "1s", NULL},
        {"time", "15min", NULL},
        {"time", "999ms", "must be within 1s..15min"},
        {"time", "16min", "must be within 1s..15min"},
        {"size", "0 B", "must be at least 1 B"},
        {"count", "10", NULL},
        {"count", "11", "must be at most 10"},
        {"count", "inf", "inf"}, /* its range does not allow it */
        {"plenty", "0", "must be at least 1"},
        {"rate", "-1/s", "cannot be negative"},
        {"share", "100%", NULL},
        {"share", "101%", "must be within 0..1"},
        {"units", "0.4 ACU", "must be within 0.5 ACU..128 ACU"},
        {"units", "129 ACU", "must be within 0.5 ACU..128 ACU"},
        {"units", "4", "unit"},
        {"wait", "1ms", NULL},
        {"wait", "exponential(2s)", "its mean must be within 1ms..1s"},
        {"wait", "lognormal(mean=1us cv=3)", "its mean must be within 1ms..1s"},
        {"batch", "0", "its mean must be at least 1"},
        {"flag", "yes", "true or false"},
        {"word", "four", "one of one, two, three"},
        {"word", "tw", "one of one, two, three"},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct all all = {0};
        struct quantity_error error = {{0}, 0, false};
        const bool good = set(&all, cases[i].key, cases[i].text, &arena, &error);
        if (good != (cases[i].wrong == NULL) ||
            (!good && strstr(error.text, cases[i].wrong) == NULL))
            fail_msg("%s: %s: %s", cases[i].key, cases[i].text, good ? "accepted" : error.text);
    }
    assert_true(param_range(row_of("plenty")).infinite);
    assert_false(param_range(row_of("size")).infinite);
    assert_true(param_range(row_of("time")).low == 1e9);
    assert_true(param_range(row_of("time")).high == 900e9);
    assert_true(param_range(row_of("flow")).low == -INFINITY);
    arena_done(&arena);
}

static void test_not_given(void **state)
{
    (void)state;
    struct all all;
    memset(&all, 0x5a, sizeof(all));
    for (uint32_t i = 0; i < ROWS; i++)
        param_clear(&rows[i], &all);
    assert_int_equal(all.time_ns, -1);
    assert_int_equal(all.size_bytes, -1);
    assert_int_equal(all.count_count, -1);
    assert_true(isnan(all.rate_per_s));
    assert_true(isnan(all.flow_bytes_per_s));
    assert_true(isnan(all.share_ratio));
    assert_true(isnan(all.factor));
    assert_false(all.flag);
    assert_int_equal(all.word, -1);
    assert_null(all.wait_ns_dist);
    assert_null(all.load_bytes_dist);
    assert_null(all.batch_count_dist);
    assert_int_equal(all.keys_popularity.n, 0);
    assert_int_equal(all.room_amount.count, -1);
    assert_int_equal(all.room_amount.bytes, -1);
    assert_null(all.note_text);
}

/* Groups: absent, whole, and torn; the same by a service's parameters. */
static void test_groups(void **state)
{
    (void)state;
    static const char head[] = "archsim: 1\ntraffic: {u: {to: a, rate: 1/s}}\nservices:\n";
    static const struct {
        const char *service, *wrong;
    } cases[] = {
        {"  a: {type: server, failure: {mtbf: 1d, mttr: 1h, restart: true}}", NULL},
        {"  a: {type: server}", NULL},
        {"  a: {type: server, failure: {mtbf: 1d}}", "services.a.failure needs 'mttr'"},
        {"  a: {type: server, failure: 1d}",
         "'failure' is a map of mtbf, mttr, restart, not a single value"},
        {"  a: {type: server, failure: {mtbf: 1d, mttr: 1h, mtr: 2h}}", "unknown key 'mtr' in "
                                                                        "services.a.failure"},
        {"  a: {type: server, failure.mtbf: 1d}", "unknown key 'failure.mtbf' in services.a"},
        {"  a: {type: server, speed: }", "'speed' is empty"},
        {"  a: {type: server, speed: [1]}", "'speed' is a number such as 1.5, not a list"},
        {"  a: {type: server, servers: 3, room: 2}", "'room': must hold at least the servers"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        struct diag diag;
        snprintf(text, sizeof(text), "%s%s\n", head, cases[i].service);
        if (cases[i].wrong != NULL) {
            toy_refuse(text, cases[i].wrong, 4);
            continue;
        }
        struct scenario *scenario = toy_load(text, &diag);
        const struct toy_server *p = scenario->services[0].params;
        assert_int_equal(p->servers_count, 1); /* the default */
        assert_int_equal(p->room_count, -1);
        assert_true((p->failure.mtbf_ns_dist != NULL) == (i == 0));
        assert_true(p->failure.restart == (i == 0));
        toy_free(scenario, &diag);
    }
}

/* Every row of the language: its default parses and lies in its range, its help is a phrase. */
static void check_room(const struct room *room)
{
    struct arena arena;
    arena_init(&arena);
    for (uint32_t i = 0; i < room->count; i++) {
        const struct param *row = &room->rows[i];
        union {
            double number;
            char bytes[1024];
        } fields;
        struct param_context context = {.arena = &arena, .directory = "."};
        struct quantity_error error = {{0}, 0, false};
        const size_t length = strlen(row->help);
        assert_true(length > 0 && length <= 90);
        assert_false(isupper((unsigned char)row->help[0]) && islower((unsigned char)row->help[1]));
        assert_true(row->help[length - 1] != '.' || row->help[length - 2] == '.');
        assert_non_null(row->source);
        assert_true(row->offset < sizeof(fields));
        param_range(row); /* asserts that the bounds parse */
        if (row->fallback == NONE || strcmp(row->fallback, REQUIRED) == 0 ||
            row->kind == PARAM_NODE)
            continue;
        if (!param_parse(row, row->fallback, &context, &fields, &error))
            fail_msg("%s.%s: %s", room->name, row->key, error.text);
    }
    arena_done(&arena);
}

static void test_language(void **state)
{
    (void)state;
    static const struct room *const rooms[] = {
        &scenario_room, &service_room,      &operation_room,  &copies_room, &carry_room,
        &patience_room, &often_room,        &optional_room,   &retry_room,  &backoff_room,
        &call_room,     &parallel_room,     &async_room,      &work_room,   &wait_room,
        &choose_room,   &breaker_step_room, &hedge_step_room, &choice_room, &breaker_room,
        &hedge_room,    &async_call_room,   &traffic_room,    &mmpp_room,   &sine_room,
        &spike_room,    &trace_room,        &fault_room,      &moment_room, &chance_room,
        &promise_room,
    };
    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
        check_room(rooms[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),    cmocka_unit_test(test_popularity),
        cmocka_unit_test(test_amount),    cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_not_given), cmocka_unit_test(test_groups),
        cmocka_unit_test(test_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
