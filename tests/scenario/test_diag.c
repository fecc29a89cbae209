/* diag: what is printed, in which order, and that nothing of the input reaches the terminal raw;
 * edit distances are those of Damerau and Levenshtein, known by hand. */
#include "sim/scenario/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_printed(const struct diag *diag, bool colour, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    diag_print(diag, stream, colour);
    fclose(stream);
    assert_string_equal(text, expected);
    free(text);
}

static struct place place_at(const char *file, uint32_t line, uint32_t column, uint32_t width)
{
    return (struct place){.file = file, .line = line, .column = column, .width = width};
}

static void test_nothing(void **state)
{
    (void)state;
    struct diag diag;
    diag_init(&diag);
    assert_int_equal(diag.exit_code, DIAG_EXIT_INPUT);
    assert_int_equal(diag.errors_count, 0);
    assert_printed(&diag, false, "");
    diag_done(&diag);
}

static void test_format(void **state)
{
    (void)state;
    static const char text[] = "services:\n  db:\n    min_acus: 2\n";
    struct diag diag;
    diag_init(&diag);
    diag_add_source(&diag, "shop.yaml", text, strlen(text));
    diag_error_hint(&diag, place_at("shop.yaml", 3, 5, 8), "did you mean 'min_capacity'?",
                    "unknown key '%s'", "min_acus");
    diag_warning(&diag, place_at("shop.yaml", 2, 3, 2), "heavy_tail", "services.db.work",
                 "intervals of means cover too little");
    diag_error(&diag, place_at("shop.yaml", 3, 15, 0), "100%% of %d", 2);
    diag_note(&diag, place_at("shop.yaml", 1, 1, 1), "as said here");
    diag_error_hint(&diag, place_at("shop.yaml", 0, 0, 0), "see explain", "no traffic");
    diag_error(&diag, (struct place){0}, "no file at all");
    assert_int_equal(diag.errors_count, 4);
    assert_int_equal(diag.exit_code, DIAG_EXIT_INPUT);
    assert_printed(&diag, false,
                   "shop.yaml: error: no traffic\n"
                   "       = see explain\n"
                   "shop.yaml:2:3: warning: services.db.work: intervals of means cover too little "
                   "[heavy_tail]\n"
                   "     2 |   db:\n"
                   "       |   ^~\n"
                   "shop.yaml:3:5: error: unknown key 'min_acus'\n"
                   "     3 |     min_acus: 2\n"
                   "       |     ^~~~~~~~ did you mean 'min_capacity'?\n"
                   "shop.yaml:3:15: error: 100% of 2\n"
                   "     3 |     min_acus: 2\n"
                   "       |               ^\n"
                   "shop.yaml:1:1: note: as said here\n"
                   "     1 | services:\n"
                   "       | ^\n"
                   "error: no file at all\n");
    diag_done(&diag);
}

static void test_colour(void **state)
{
    (void)state;
    struct diag diag;
    diag_init(&diag);
    diag_add_source(&diag, "f", "abc", 3);
    diag_error(&diag, place_at("f", 1, 2, 2), "bad");
    assert_printed(&diag, true,
                   "f:1:2: \033[1;31merror:\033[0m bad\n"
                   "     1 | abc\n"
                   "       |  \033[1;32m^~\033[0m\n");
    diag_done(&diag);
}

static void test_unreadable(void **state)
{
    (void)state;
    struct diag diag;
    diag_init(&diag);
    diag_unreadable(&diag, "trace.csv.gz", "the file is cut after %d lines", 7);
    assert_int_equal(diag.exit_code, DIAG_EXIT_WORK);
    assert_int_equal(diag.errors_count, 1);
    diag_error(&diag, place_at("b", 1, 1, 1), "more");
    assert_int_equal(diag.exit_code, DIAG_EXIT_WORK);
    assert_printed(&diag, false,
                   "trace.csv.gz: error: the file is cut after 7 lines\n"
                   "b:1:1: error: more\n");
    diag_done(&diag);
}

/* Sources in the order in which they were added, then lines, then columns; equal places as they
 * came. */
static void test_order(void **state)
{
    (void)state;
    struct diag diag;
    diag_init(&diag);
    diag_add_source(&diag, "b", "", 0);
    diag_add_source(&diag, "a", "", 0);
    diag_error(&diag, place_at("a", 1, 1, 0), "5");
    diag_error(&diag, place_at("b", 10, 2, 0), "3");
    diag_note(&diag, place_at("a", 1, 1, 0), "n");
    diag_error(&diag, place_at("b", 10, 10, 0), "4");
    diag_error(&diag, place_at("b", 9, 7, 0), "1");
    diag_error(&diag, place_at("b", 9, 7, 0), "2");
    assert_printed(&diag, false,
                   "b:9:7: error: 1\n"
                   "b:9:7: error: 2\n"
                   "b:10:2: error: 3\n"
                   "a:1:1: note: n\n"
                   "     1 | \n"
                   "       | ^\n"
                   "b:10:10: error: 4\n"
                   "a:1:1: error: 5\n"
                   "     1 | \n"
                   "       | ^\n");
    diag_done(&diag);
}

/* Two sources of one name are told apart by the pointer that places carry. */
static void test_sources_of_one_name(void **state)
{
    (void)state;
    struct diag diag;
    diag_init(&diag);
    char first[] = "--set", second[] = "--set";
    diag_add_source(&diag, first, "a=1", 3);
    diag_add_source(&diag, second, "b=22", 4);
    diag_error(&diag, place_at(second, 1, 3, 2), "two");
    diag_error(&diag, place_at(first, 1, 3, 1), "one");
    diag_error(&diag, place_at("--set", 1, 1, 1), "last");
    memset(first, 0, sizeof(first));
    memset(second, 0, sizeof(second));
    assert_printed(&diag, false,
                   "--set:1:3: error: one\n"
                   "     1 | a=1\n"
                   "       |   ^\n"
                   "--set:1:1: error: last\n"
                   "     1 | b=22\n"
                   "       | ^\n"
                   "--set:1:3: error: two\n"
                   "     1 | b=22\n"
                   "       |   ^~\n");
    diag_done(&diag);
}

static void test_limit(void **state)
{
    (void)state;
    struct diag diag;
    diag_init(&diag);
    for (uint32_t i = 1; i <= 250; i++) {
        diag_error(&diag, place_at("f", i, 1, 0), "e%u", i);
        diag_note(&diag, place_at("f", i, 2, 0), "n%u", i);
    }
    diag_warning(&diag, place_at("f", 1, 1, 0), "code", NULL, "a warning is kept");
    assert_int_equal(diag.errors_count, 250);
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    diag_print(&diag, stream, false);
    fclose(stream);
    assert_non_null(strstr(text, "f:1:1: warning: a warning is kept [code]\n"));
    assert_non_null(strstr(text,
                           "f:100:1: error: e100\nf:100:2: note: n100\nerror: 150 more errors are "
                           "not shown\n"));
    assert_null(strstr(text, "e101"));
    assert_null(strstr(text, "n101"));
    free(text);
    diag_done(&diag);
}

/* Lines of more than 100 characters are cut, columns count characters, tabs take one. */
static void test_lines(void **state)
{
    (void)state;
    char line[400] = "\tk\xc3\xa9y: ";
    size_t length = strlen(line);
    memset(line + length, 'x', 200);
    memcpy(line + length + 200, "\nlast", 6);
    struct diag diag;
    diag_init(&diag);
    diag_add_source(&diag, "f", line, strlen(line));
    diag_error(&diag, place_at("f", 1, 2, 3), "start");
    diag_error(&diag, place_at("f", 1, 107, 300), "middle");
    diag_error(&diag, place_at("f", 1, 207, 1), "end");
    diag_error(&diag, place_at("f", 2, 900, 9), "beyond the line");
    diag_error(&diag, place_at("f", 3, 1, 0), "beyond the text");
    char expected[2000];
    snprintf(expected, sizeof(expected),
             "f:1:2: error: start\n"
             "     1 |  k\xc3\xa9y: %.94s...\n"
             "       |  ^~~\n"
             "f:1:107: error: middle\n"
             "     1 | ...%.100s...\n"
             "       | %63s^%.39s\n"
             "f:1:207: error: end\n"
             "     1 | ...%.100s\n"
             "       | %103s^\n"
             "f:2:900: error: beyond the line\n"
             "     2 | last\n"
             "       |     ^\n"
             "f:3:1: error: beyond the text\n",
             line + length, line + length, "",
             "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~", line + length, "");
    assert_printed(&diag, false, expected);
    diag_done(&diag);
}

/* Every byte and every kind of troublesome character, in every part of a message. */
static void test_sanitised(void **state)
{
    (void)state;
    char all[256 * 2 + 64];
    size_t length = 0;
    for (int c = 1; c < 256; c++) {
        if (c != '\n' && c != '\r') {
            all[length++] = (char)c;
            all[length++] = ' ';
        }
    }
    /* C1 control in UTF-8, direction overrides, line separator, byte order mark */
    static const char evil[] = "\xc2\x9b \xe2\x80\xae \xe2\x81\xa6 \xe2\x80\xa8 \xef\xbb\xbf";
    memcpy(all + length, evil, sizeof(evil));
    struct diag diag;
    diag_init(&diag);
    diag_add_source(&diag, all, all, strlen(all));
    struct place place = place_at(all, 1, 1, 0);
    diag_error_hint(&diag, place, all, "%s", all);
    diag_warning(&diag, place, all, all, "%s\n%s", all, all);
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    diag_print(&diag, stream, false);
    fclose(stream);
    for (size_t i = 0; i < size; i++)
        assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
    free(text);
    diag_done(&diag);

    diag_init(&diag);
    diag_error(&diag, (struct place){0}, "%s",
               "ok \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x1b[31m\xff.");
    assert_printed(&diag, false, "error: ok \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 ?[31m?.\n");
    diag_done(&diag);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const names[] = {
        "timeout", "retry", "rate", "provisioned_concurrency", "calls", "room", "ttl", "x",
    };
    static const struct {
        const char *given, *nearest;
    } rows[] = {
        {"timeout", "timeout"},  /* distance 0 */
        {"timeuot", "timeout"},  /* one transposition */
        {"tmieuot", "timeout"},  /* two, of seven */
        {"tmieuto", NULL},       /* three */
        {"time_out", "timeout"}, /* one deletion */
        {"Timeout", "timeout"},  /* one substitution */
        {"provisionned_concurency", "provisioned_concurrency"},
        {"provisioned-concurrency", "provisioned_concurrency"},
        {"call", "calls"}, /* one insertion */
        {"rety", "retry"},
        {"tll", "ttl"},
        {"tt", "ttl"},
        {"rtae", "rate"}, /* a transposition is one edit, not two */
        {"r", NULL},      /* too short to guess */
        {"", NULL},
        {"zzzzzz", NULL},
        {"ro", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *nearest = diag_nearest(rows[i].given, names, sizeof(names) / sizeof(names[0]));
        if (rows[i].nearest == NULL)
            assert_null(nearest);
        else
            assert_string_equal(nearest, rows[i].nearest);
    }
    /* the first of equally near ones; none of none */
    static const char *const close[] = {"abcdeX", "abcdeY", "abcdef"};
    assert_string_equal(diag_nearest("abcdeZ", close, 3), "abcdeX");
    assert_string_equal(diag_nearest("abcdef", close, 3), "abcdef");
    assert_null(diag_nearest("abc", NULL, 0));
    char huge[5000];
    memset(huge, 'a', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    const char *const long_names[] = {huge};
    assert_null(diag_nearest(huge, long_names, 1));
    huge[128] = '\0';
    assert_ptr_equal(diag_nearest(huge, long_names, 1), huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),   cmocka_unit_test(test_format),
        cmocka_unit_test(test_colour),    cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_order),     cmocka_unit_test(test_sources_of_one_name),
        cmocka_unit_test(test_limit),     cmocka_unit_test(test_lines),
        cmocka_unit_test(test_sanitised), cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
