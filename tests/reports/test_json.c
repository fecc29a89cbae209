/* The JSON emitter and the report on a synthetic result. Known independently: RFC 8259 (what
 * must be escaped), and that a double needs at most 17 digits to be read back as itself; the
 * expected texts are written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <stdlib.h>

#include "reports/json.h"
#include "reports/json_writer.h"
#include "tests/engine/synthetic.h"

/* What a stream was given, to be freed. */
struct memory {
    char *text;
    size_t size;
    FILE *stream;
};

static void memory_open(struct memory *memory)
{
    memory->stream = open_memstream(&memory->text, &memory->size);
    assert_non_null(memory->stream);
}

static void memory_expect(struct memory *memory, const char *text)
{
    fclose(memory->stream);
    assert_string_equal(memory->text, text);
    free(memory->text);
}

static void test_structure(void **state)
{
    (void)state;
    struct memory memory;
    struct json_writer json;
    memory_open(&memory);
    json_init(&json, memory.stream);
    json_open_object(&json, NULL);
    json_open_object(&json, "empty");
    json_close(&json);
    json_open_array(&json, "list");
    json_whole(&json, NULL, UINT64_MAX);
    json_put_null(&json, NULL);
    json_open_array(&json, NULL);
    json_close(&json);
    json_close(&json);
    json_estimate(&json, "a", (struct interval){1, 0.5, 1.5});
    json_estimate(&json, "b", (struct interval){2, NAN, NAN});
    json_estimate(&json, "c", (struct interval){NAN, NAN, NAN});
    json_text(&json, "d", NULL);
    json_close(&json);
    memory_expect(&memory, "{\n"
                           "  \"empty\": {},\n"
                           "  \"list\": [\n"
                           "    18446744073709551615,\n"
                           "    null,\n"
                           "    []\n"
                           "  ],\n"
                           "  \"a\": {\"value\": 1, \"low\": 0.5, \"high\": 1.5},\n"
                           "  \"b\": {\"value\": 2, \"low\": null, \"high\": null},\n"
                           "  \"c\": null,\n"
                           "  \"d\": null\n"
                           "}\n");
}

static void expect_text(const char *text, const char *expected)
{
    struct memory memory;
    struct json_writer json;
    memory_open(&memory);
    json_init(&json, memory.stream);
    json_text(&json, NULL, text);
    memory_expect(&memory, expected);
}

static void test_text_is_escaped_and_valid(void **state)
{
    (void)state;
    expect_text("plain", "\"plain\"");
    expect_text("\"\\/", "\"\\\"\\\\/\"");
    expect_text("a\nb\tc\x01\x7f", "\"a\\u000ab\\u0009c\\u0001\\u007f\"");
    expect_text("\u00b5 \u20ac \U0001f600", "\"\u00b5 \u20ac \U0001f600\"");
    expect_text("\xff", "\"\\ufffd\"");                       /* never in UTF-8 */
    expect_text("\xc0\xaf", "\"\\ufffd\\ufffd\"");            /* overlong '/' */
    expect_text("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""); /* a surrogate */
    expect_text("cut \xe2\x82", "\"cut \\ufffd\\ufffd\"");
}

static void expect_number(double value, const char *expected)
{
    struct memory memory;
    struct json_writer json;
    memory_open(&memory);
    json_init(&json, memory.stream);
    json_number(&json, NULL, value);
    memory_expect(&memory, expected);
}

static void test_numbers_are_short_and_exact(void **state)
{
    (void)state;
    expect_number(0, "0");
    expect_number(-0.0, "0");
    expect_number(0.1, "0.1");
    expect_number(-1.5, "-1.5");
    expect_number(1e15, "1e+15");
    expect_number(0.1 + 0.2, "0.30000000000000004");
    expect_number(1.0 / 3, "0.3333333333333333"); /* 16 digits are enough */
    expect_number(DBL_MAX, "1.7976931348623157e+308");
    expect_number(DBL_TRUE_MIN, "4.94065645841247e-324");
    expect_number(NAN, "null");
    expect_number(INFINITY, "null");
    expect_number(-INFINITY, "null");
}

/* The metrics of the list, nested at their dots, each object once; nothing else between them. */
static void test_report_nests_the_metrics(void **state)
{
    (void)state;
    static const double ones[] = {1, 1, 1, 1, 1};
    struct synthetic s;
    struct memory memory;
    synthetic_init(&s, 5, 60);
    for (uint32_t i = 0; i < SYNTHETIC_METRICS; i++)
        synthetic_set(&s, (enum synthetic_metric)i, ones);
    s.promise.metric = M_OFFERED;
    s.promise.text = "traffic.users.offered < 2/s";
    s.promise.path = "traffic.users.offered";
    s.promise.limit = 2;
    s.promise.why = "contract \"4\"";
    struct results *results = synthetic_results(&s);
    memory_open(&memory);
    json_report(results, memory.stream);
    fclose(memory.stream);
    const char *one = "{\"value\": 1, \"low\": 1, \"high\": 1}";
    char traffic[1024];
    snprintf(traffic, sizeof(traffic),
             "  \"traffic\": {\n"
             "    \"users\": {\n"
             "      \"offered\": %s,\n"
             "      \"availability\": null,\n"
             "      \"latency\": {\n"
             "        \"mean\": %s,\n"
             "        \"p50\": %s,\n"
             "        \"p99\": %s,\n"
             "        \"max\": {\"value\": 1, \"low\": null, \"high\": null}\n"
             "      },\n"
             "      \"worst\": null\n"
             "    }\n"
             "  },\n",
             one, one, one, one);
    assert_non_null(strstr(memory.text, traffic));
    char services[1024];
    snprintf(services, sizeof(services),
             "  \"services\": {\n"
             "    \"db\": {\n"
             "      \"type\": \"server\",\n"
             "      \"utilization\": %s,\n"
             "      \"capacity\": {\n"
             "        \"min\": {\"value\": 1, \"low\": null, \"high\": null}\n"
             "      },\n"
             "      \"outgoing\": {\n"
             "        \"edge\": {\n"
             "          \"call\": {\n"
             "            \"rate\": %s\n"
             "          }\n"
             "        }\n"
             "      },\n"
             "      \"operations\": {}\n"
             "    },\n"
             "    \"edge\": {\n"
             "      \"type\": \"server\",\n"
             "      \"utilization\": %s,\n"
             "      \"up\": %s,\n"
             "      \"operations\": {},\n"
             "      \"outgoing\": {}\n"
             "    }\n"
             "  },\n",
             one, one, one, one);
    assert_non_null(strstr(memory.text, services));
    assert_non_null(strstr(memory.text, "\"verdict\": \"kept\""));
    assert_non_null(strstr(memory.text, "\"why\": \"contract \\\"4\\\"\"\n"));
    assert_non_null(strstr(memory.text, "\"cost\": null,\n  \"recovery\": {},\n"));
    free(memory.text);
    results_free(results);
    synthetic_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_text_is_escaped_and_valid),
        cmocka_unit_test(test_numbers_are_short_and_exact),
        cmocka_unit_test(test_report_nests_the_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
