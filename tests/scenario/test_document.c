/* document: trees of good texts, exact diagnostics of bad ones, limits, hostile input and
 * overrides. What a text means is known from YAML 1.1/1.2 and from language.md. */
#include "sim/scenario/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct arena arena;
    struct diag diag;
    struct node *root;
    char *printed;
    size_t printed_size;
};

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){0};
    arena_init(&f->arena);
    diag_init(&f->diag);
}

static void fixture_done(struct fixture *f)
{
    free(f->printed);
    diag_done(&f->diag);
    arena_done(&f->arena);
}

static const char *fixture_print(struct fixture *f)
{
    free(f->printed);
    FILE *stream = open_memstream(&f->printed, &f->printed_size);
    diag_print(&f->diag, stream, false);
    fclose(stream);
    return f->printed;
}

static void write_node(FILE *stream, const struct node *node)
{
    if (node->kind == NODE_SCALAR) {
        fprintf(stream, node->quoted ? "'%s'" : "%s", node->text);
        return;
    }
    fputc(node->kind == NODE_MAP ? '{' : '[', stream);
    uint32_t count = 0;
    for (const struct node *child = node->first; child; child = child->next, count++) {
        fprintf(stream, "%s%s%s", count > 0 ? "," : "", child->key ? child->key : "",
                child->key ? ":" : "");
        write_node(stream, child);
    }
    assert_int_equal(count, node->count);
    fputc(node->kind == NODE_MAP ? '}' : ']', stream);
}

/* The tree in one line; quoted scalars in single quotes. */
static void assert_tree(const struct node *node, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    write_node(stream, node);
    fclose(stream);
    assert_string_equal(text, expected);
    free(text);
}

struct row {
    const char *text, *expected;
};

static void test_good(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"archsim: 1\n", "{archsim:1}"},
        {"a: no\nb: 012\nc: ~\nd:\ne: 1e3\n", "{a:no,b:012,c:~,d:,e:1e3}"},
        {"a: 'x y'\nb: \"p\\tq\\u00e9\"\n", "{a:'x y',b:'p\tq\xc3\xa9'}"},
        {"'k 1': v\n\"k2\": v\n", "{k 1:v,k2:v}"},
        {"a: {b: [1, {c: 2}], d: }\n", "{a:{b:[1,{c:2}],d:}}"},
        {"a:\n- 1\n- - 2\n  - 3\n- x: y\n", "{a:[1,[2,3],{x:y}]}"},
        {"a: |\n  two\n  lines\nb: >\n  one\n  line\n", "{a:'two\nlines\n',b:'one line\n'}"},
        {"a: one\n  two\n", "{a:one two}"},
        {"# comment\n---\na: 1 # more\n...\n", "{a:1}"},
        {"%YAML 1.1\n---\na: 1\n", "{a:1}"},
        {"\xEF\xBB\xBF"
         "a: 1\n",
         "{a:1}"},
        {"a: 1\r\nb: 2\r\n", "{a:1,b:2}"},
        {"a: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n", "{a:\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80}"},
        {"{\"a\": {\"b\": [1, \"2\", true, null]}, \"c\": 1.5e3}",
         "{a:{b:[1,'2',true,null]},c:1.5e3}"},
        {"{\"a\":1,\n\t\"b\":[]}", "{a:1,b:[]}"}, /* JSON, indented with tabs */
        {"a: &x 5ms\nb: *x\n", "{a:5ms,b:5ms}"},
        {"a: &x {p: [1, 2]}\nb: *x\nc: [*x, *x]\n",
         "{a:{p:[1,2]},b:{p:[1,2]},c:[{p:[1,2]},{p:[1,2]}]}"},
        {"a: &x 1\nb: &x 2\nc: *x\n", "{a:1,b:2,c:2}"}, /* the last one counts */
        {"? a\n: 1\n", "{a:1}"},
        {"'<<': 1\n", "{<<:1}"},
        {"work: lognormal(mean=12ms cv=1.5)\n", "{work:lognormal(mean=12ms cv=1.5)}"},
        {"work: lognormal(mean=12ms, cv=1.5)\n", "{work:lognormal(mean=12ms, cv=1.5)}"},
        {"a: {work: lognormal(mean=12ms cv=1.5), b: \"f(1, 2)\"}\n",
         "{a:{work:lognormal(mean=12ms cv=1.5),b:'f(1, 2)'}}"},
        {"a: [x (y, z, u(]\n", "{a:[x (y,z,u(]}"}, /* never closed: not torn, only strange */
        {"a: 1\n\n\n", "{a:1}"},
        {"a: 1", "{a:1}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        fixture_init(&f);
        f.root =
            document_read_text("x.yaml", rows[i].text, strlen(rows[i].text), &f.arena, &f.diag);
        if (!f.root)
            fail_msg("%s: %s", rows[i].text, fixture_print(&f));
        assert_tree(f.root, rows[i].expected);
        assert_int_equal(f.diag.errors_count, 0);
        fixture_done(&f);
    }
}

static void assert_place(struct place place, const char *file, uint32_t line, uint32_t column,
                         uint32_t width)
{
    assert_string_equal(place.file, file);
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    assert_int_equal(place.width, width);
}

/* Counted by hand in the text. */
static void test_places(void **state)
{
    (void)state;
    static const char text[] = "a: 12ms\n"
                               "\xc3\xa9\xc3\xa9: [x, 'y z']\n"
                               "m:\n"
                               "  k: {p: q}\n";
    struct fixture f;
    fixture_init(&f);
    f.root = document_read_text("x.yaml", text, strlen(text), &f.arena, &f.diag);
    assert_non_null(f.root);
    struct node *a = node_at(f.root, 0), *list = node_at(f.root, 1), *m = node_at(f.root, 2);
    assert_place(a->key_place, "x.yaml", 1, 1, 1);
    assert_place(a->place, "x.yaml", 1, 4, 4);
    assert_place(list->key_place, "x.yaml", 2, 1, 2);
    assert_place(list->place, "x.yaml", 2, 5, 1);
    assert_place(node_at(list, 0)->place, "x.yaml", 2, 6, 1);
    assert_place(node_at(list, 1)->place, "x.yaml", 2, 9, 5);
    assert_place(node_get(m, "k")->key_place, "x.yaml", 4, 3, 1);
    assert_place(node_get(node_get(m, "k"), "p")->place, "x.yaml", 4, 10, 1);
    fixture_done(&f);
}

static void test_get(void **state)
{
    (void)state;
    static const char text[] = "a: {b: 1, c: 2}\nd: [x]\n";
    struct fixture f;
    fixture_init(&f);
    f.root = document_read_text("x.yaml", text, strlen(text), &f.arena, &f.diag);
    assert_null(node_get(f.root, "b"));
    struct node *a = node_get(f.root, "a");
    assert_true(a->used);
    assert_false(node_at(f.root, 1)->used);
    assert_string_equal(node_get(a, "c")->text, "2");
    assert_false(node_at(a, 0)->used);
    assert_true(node_at(a, 1)->used);
    assert_null(node_at(a, 2));
    assert_null(node_get(node_at(f.root, 1), "x"));
    assert_null(node_at(node_at(a, 0), 0));
    assert_null(node_at(node_at(f.root, 1), 0)->key);
    fixture_done(&f);
}

static const struct row bad_rows[] = {
    {"", "x.yaml: error: the file is empty: expected a map of keys such as 'archsim: 1'\n"},
    {"# only this\n",
     "x.yaml: error: the file is empty: expected a map of keys such as 'archsim: 1'\n"},
    {"---\n", "x.yaml: error: the file is empty: expected a map of keys such as 'archsim: 1'\n"},
    {"- a\n", "x.yaml:1:1: error: expected a map of keys such as 'archsim: 1', not a list\n"
              "     1 | - a\n"
              "       | ^\n"},
    {"hello", "x.yaml:1:1: error: expected a map of keys such as 'archsim: 1', not a single value\n"
              "     1 | hello\n"
              "       | ^~~~~\n"},
    {"a: 1\nb: 2\na: 3\na: 4\n", "x.yaml:3:1: error: duplicate key 'a'\n"
                                 "     3 | a: 3\n"
                                 "       | ^\n"
                                 "x.yaml:1:1: note: the first one is here\n"
                                 "     1 | a: 1\n"
                                 "       | ^\n"
                                 "x.yaml:4:1: error: duplicate key 'a'\n"
                                 "     4 | a: 4\n"
                                 "       | ^\n"
                                 "x.yaml:1:1: note: the first one is here\n"
                                 "     1 | a: 1\n"
                                 "       | ^\n"},
    {"a: {x: 1, y: {z: 1, 'z': 2}}\nb: {w: 1, w: 2}\n", "x.yaml:1:21: error: duplicate key 'z'\n"
                                                        "     1 | a: {x: 1, y: {z: 1, 'z': 2}}\n"
                                                        "       |                     ^~~\n"
                                                        "x.yaml:1:15: note: the first one is here\n"
                                                        "     1 | a: {x: 1, y: {z: 1, 'z': 2}}\n"
                                                        "       |               ^\n"
                                                        "x.yaml:2:11: error: duplicate key 'w'\n"
                                                        "     2 | b: {w: 1, w: 2}\n"
                                                        "       |           ^\n"
                                                        "x.yaml:2:5: note: the first one is here\n"
                                                        "     2 | b: {w: 1, w: 2}\n"
                                                        "       |     ^\n"},
    {"a: &x {p: 1}\nb: {<<: *x, q: 2}\n",
     "x.yaml:2:5: error: merge keys ('<<') are not part of the language\n"
     "     2 | b: {<<: *x, q: 2}\n"
     "       |     ^~\n"},
    {"a: !!int 3\nb: !x [1]\nc: !<tag:y> {d: 1}\ne: ! z\n",
     "x.yaml:1:4: error: tags ('!...') are not part of the language\n"
     "     1 | a: !!int 3\n"
     "       |    ^~~~~~~\n"
     "x.yaml:2:4: error: tags ('!...') are not part of the language\n"
     "     2 | b: !x [1]\n"
     "       |    ^~~~\n"
     "x.yaml:3:4: error: tags ('!...') are not part of the language\n"
     "     3 | c: !<tag:y> {d: 1}\n"
     "       |    ^~~~~~~~~~\n"
     "x.yaml:4:4: error: tags ('!...') are not part of the language\n"
     "     4 | e: ! z\n"
     "       |    ^~~\n"},
    {"a: 1\n---\nb: 2\n", "x.yaml:2:1: error: a second document starts here: a scenario is one\n"
                          "     2 | ---\n"
                          "       | ^~~\n"},
    {"? [a, b]\n: 1\n? {c: d}\n: {e: f}\ng: h\n",
     "x.yaml:1:3: error: a key is a word, not a list or a map\n"
     "     1 | ? [a, b]\n"
     "       |   ^\n"
     "x.yaml:3:3: error: a key is a word, not a list or a map\n"
     "     3 | ? {c: d}\n"
     "       |   ^\n"},
    {"a: &x b\n*x : 1\n&y c: 2\n?\n: 3\n'': 4\n",
     "x.yaml:2:1: error: a key is a word, not an alias\n"
     "     2 | *x : 1\n"
     "       | ^~\n"
     "x.yaml:3:1: error: a key cannot have an anchor\n"
     "     3 | &y c: 2\n"
     "       | ^~~~\n"
     "x.yaml:4:2: error: expected a key before ':'\n"
     "     4 | ?\n"
     "       |  ^\n"
     "x.yaml:6:1: error: expected a key before ':'\n"
     "     6 | '': 4\n"
     "       | ^~\n"},
    {"a: *nope\n",
     "x.yaml:1:4: error: unknown alias '*nope': expected an anchor '&nope' before it\n"
     "     1 | a: *nope\n"
     "       |    ^~~~~\n"},
    {"a: &x [1, *x]\n", "x.yaml:1:11: error: the alias '*x' stands inside its own anchor\n"
                        "     1 | a: &x [1, *x]\n"
                        "       |           ^~\n"},
    {"a: {work: lognormal(mean=1ms, cv=2), x: [uniform(1ms, 2ms), 3]}\n"
     "b: {p: quantiles(p50=1ms, p90=2ms, p99=3ms, max=4ms), q: f(a b)}\n"
     "b: 1\n",
     "x.yaml:1:11: error: YAML tears this value apart at the comma: inside {} and [] it needs "
     "quotes\n"
     "     1 | a: {work: lognormal(mean=1ms, cv=2), x: [uniform(1ms, 2ms), 3]}\n"
     "       |           ^~~~~~~~~~~~~~~~~~ write \"lognormal(mean=1ms, cv=2)\"\n"
     "x.yaml:1:42: error: YAML tears this value apart at the comma: inside {} and [] it needs "
     "quotes\n"
     "     1 | a: {work: lognormal(mean=1ms, cv=2), x: [uniform(1ms, 2ms), 3]}\n"
     "       |                                          ^~~~~~~~~~~ write \"uniform(1ms, 2ms)\"\n"
     "x.yaml:2:8: error: YAML tears this value apart at the comma: inside {} and [] it needs "
     "quotes\n"
     "     2 | b: {p: quantiles(p50=1ms, p90=2ms, p99=3ms, max=4ms), q: f(a b)}\n"
     "       |        ^~~~~~~~~~~~~~~~~ write \"quantiles(p50=1ms, p90=2ms, p99=3ms, max=4ms)\"\n"
     "x.yaml:3:1: error: duplicate key 'b'\n"
     "     3 | b: 1\n"
     "       | ^\n"
     "x.yaml:2:1: note: the first one is here\n"
     "     2 | b: {p: quantiles(p50=1ms, p90=2ms, p99=3ms, max=4ms), q: f(a b)}\n"
     "       | ^\n"},
    {"a: [1, 2\nb: 3\n", "x.yaml:2:2: error: not YAML: did not find expected ',' or ']'\n"
                         "     2 | b: 3\n"
                         "       |  ^\n"
                         "x.yaml:1:4: note: while parsing a flow sequence\n"
                         "     1 | a: [1, 2\n"
                         "       |    ^\n"},
    {"a: [1, \xc3\xa9\n\n", "x.yaml:1:9: error: not YAML: did not find expected ',' or ']'\n"
                            "     1 | a: [1, \xc3\xa9\n"
                            "       |         ^\n"
                            "x.yaml:1:4: note: while parsing a flow sequence\n"
                            "     1 | a: [1, \xc3\xa9\n"
                            "       |    ^\n"},
    {"a:\n\tb: 1\n", "x.yaml:2:1: error: not YAML: found character that cannot start any token\n"
                     "     2 |  b: 1\n"
                     "       | ^ indent with spaces, not with tabs\n"},
    {"a: @x\n", "x.yaml:1:4: error: not YAML: found character that cannot start any token\n"
                "     1 | a: @x\n"
                "       |    ^ a value that begins so needs quotes\n"},
    {"a: b: c\n", "x.yaml:1:5: error: not YAML: mapping values are not allowed in this context\n"
                  "     1 | a: b: c\n"
                  "       |     ^ a value that contains ': ' needs quotes\n"},
    {"a: 'open\n", "x.yaml:1:9: error: not YAML: found unexpected end of stream\n"
                   "     1 | a: 'open\n"
                   "       |         ^\n"
                   "x.yaml:1:4: note: while scanning a quoted scalar\n"
                   "     1 | a: 'open\n"
                   "       |    ^\n"},
    {"a: 1\nb: x\xff\n", "x.yaml:2:5: error: the byte 0xFF is not UTF-8\n"
                         "     2 | b: x?\n"
                         "       |     ^\n"},
    {"\xc3\xa9: \xc0\xaf\n", "x.yaml:1:4: error: the byte 0xC0 is not UTF-8\n"
                             "     1 | \xc3\xa9: ??\n"
                             "       |    ^\n"},
    {"a: \xed\xa0\x80\n", "x.yaml:1:4: error: the byte 0xED is not UTF-8\n"
                          "     1 | a: ???\n"
                          "       |    ^\n"},
    {"a: \x1b[31mred\n", "x.yaml:1:4: error: the character U+001B cannot stand in a scenario\n"
                         "     1 | a: ?[31mred\n"
                         "       |    ^\n"},
    {"a: \"\\e[31mred\"\n", "x.yaml:1:4: error: the character U+001B cannot stand in a scenario\n"
                            "     1 | a: \"\\e[31mred\"\n"
                            "       |    ^~~~~~~~~~~\n"},
    {"a: \"x\\0y\"\n", "x.yaml:1:4: error: the character U+0000 cannot stand in a scenario\n"
                       "     1 | a: \"x\\0y\"\n"
                       "       |    ^~~~~~\n"},
    {"a: \xe2\x80\xa8z\n", "x.yaml:1:4: error: the character U+2028 cannot stand in a scenario\n"
                           "     1 | a: ?z\n"
                           "       |    ^\n"},
    {"\xff\xfe"
     "a:1\n",
     "x.yaml: error: the file is in UTF-16: expected text in UTF-8\n"},
    {"\xfe\xff:a1\n", "x.yaml: error: the file is in UTF-16: expected text in UTF-8\n"},
    {"a: 1\r\nb: 2\ra: 3\n", "x.yaml:3:1: error: duplicate key 'a'\n"
                             "     3 | a: 3\n"
                             "       | ^\n"
                             "x.yaml:1:1: note: the first one is here\n"
                             "     1 | a: 1\n"
                             "       | ^\n"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
        struct fixture f;
        fixture_init(&f);
        const char *text = bad_rows[i].text;
        f.root = document_read_text("x.yaml", text, strlen(text), &f.arena, &f.diag);
        if (f.diag.errors_count == 0)
            fail_msg("'%s' was taken", text);
        assert_int_equal(f.diag.exit_code, DIAG_EXIT_INPUT);
        assert_string_equal(fixture_print(&f), bad_rows[i].expected);
        fixture_done(&f);
    }
}

/* What left no hole leaves the document, so that a reader can tell of all else that is wrong. */
static void test_bad_but_readable(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a: 1\nb: 2\na: 3\nc: {x: 1, y: 2, x: 3, x: 4}\n", "{a:1,b:2,c:{x:1,y:2}}"},
        {"a: {work: uniform(1ms, 2ms), b: 1}\n", "{a:{work:uniform(1ms, 2ms),b:1}}"},
        {"a: !!int 3\nb: !x [1]\n", "{a:3,b:[1]}"},
        {"a: 1\nb: {<<: 2}\n", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *text = rows[i].text;
        struct fixture f;
        fixture_init(&f);
        f.root = document_read_text("x.yaml", text, strlen(text), &f.arena, &f.diag);
        assert_true(f.diag.errors_count > 0);
        if (rows[i].expected)
            assert_tree(f.root, rows[i].expected);
        else
            assert_null(f.root);
        fixture_done(&f);
    }
}

/* Messages hold copies: text, names and nodes may be gone when they are printed. */
static void test_messages_outlive_document(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    char *name = strdup("gone.yaml"), *text = strdup("a: 1\na: 2\n");
    document_read_text(name, text, strlen(text), &f.arena, &f.diag);
    memset(name, '#', strlen(name));
    memset(text, '#', strlen(text));
    free(name);
    free(text);
    arena_done(&f.arena);
    assert_string_equal(fixture_print(&f), "gone.yaml:2:1: error: duplicate key 'a'\n"
                                           "     2 | a: 2\n"
                                           "       | ^\n"
                                           "gone.yaml:1:1: note: the first one is here\n"
                                           "     1 | a: 1\n"
                                           "       | ^\n");
    fixture_done(&f);
}

/* A text made of `before`, `count` times `piece`, and `after`. */
static char *repeat(const char *before, const char *piece, size_t count, const char *after,
                    size_t *length)
{
    char *text;
    FILE *stream = open_memstream(&text, length);
    fputs(before, stream);
    for (size_t i = 0; i < count; i++)
        fputs(piece, stream);
    fputs(after, stream);
    fclose(stream);
    return text;
}

/* Reads a repeated text; its first message line must be `expected`, or null: no error. */
static void check_repeat(const char *before, const char *piece, size_t count, const char *after,
                         const char *expected)
{
    size_t length;
    char *text = repeat(before, piece, count, after, &length);
    struct fixture f;
    fixture_init(&f);
    f.root = document_read_text("x.yaml", text, length, &f.arena, &f.diag);
    free(text);
    if (expected) {
        assert_null(f.root);
        fixture_print(&f);
        *strchr(f.printed, '\n') = '\0';
        assert_string_equal(f.printed, expected);
    } else if (!f.root) {
        fail_msg("%s", fixture_print(&f));
    }
    fixture_done(&f);
}

static void test_limits(void **state)
{
    (void)state;
    /* depth: the root map is level 1 */
    check_repeat("a: ", "[", 63, "x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                 NULL);
    check_repeat("a: ", "[", 64, "", "x.yaml:1:67: error: lists and maps nest at most 64 deep");
    check_repeat("a:\n", "- ", 63, "x", NULL);
    check_repeat("a:\n", "- ", 64, "x", "x.yaml:2:127: error: lists and maps nest at most 64 deep");
    check_repeat("a: &p ", "[", 40,
                 "x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[[[[[[[[*p"
                 "]]]]]]]]]]]]]]]]]]]]]]]",
                 NULL);
    check_repeat("a: &p ", "[", 40,
                 "x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[[[[[[[[[*p"
                 "]]]]]]]]]]]]]]]]]]]]]]]]",
                 "x.yaml:2:28: error: lists and maps nest at most 64 deep, aliases expanded");
    /* a scalar of 64 KiB */
    check_repeat("a: ", "x", 65536, "", NULL);
    check_repeat("b: 1\na: ", "x", 65537, "", "x.yaml:2:4: error: a value has at most 64 KiB");
    /* nodes: root, list and 199998 items */
    check_repeat("a: [", "1,", 199998, "]", NULL);
    check_repeat("a: [", "1,", 199999, "]",
                 "x.yaml:1:400001: error: a scenario has at most 200000 values, aliases expanded");
    /* anchors */
    check_repeat("a:\n", "- &x 1\n", 256, "", NULL);
    check_repeat("a:\n", "- &x 1\n", 257, "",
                 "x.yaml:258:3: error: a scenario has at most 256 anchors");
    /* bytes */
    check_repeat("a: 1\n", "#23456789abcdef\n", 262143, "#234567890\n", NULL);
    check_repeat("a: 1\n", "#23456789abcdef\n", 262143, "#2345678901\n",
                 "x.yaml: error: a scenario file has at most 4 MiB");
}

/* A billion laughs: the tenth level would have 10^10 nodes. */
static void test_alias_bomb(void **state)
{
    (void)state;
    char text[2000] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'k'; c++) {
        char line[100];
        snprintf(line, sizeof(line), "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c,
                 c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1);
        strncat(text, line, sizeof(text) - strlen(text) - 1);
    }
    struct fixture f;
    fixture_init(&f);
    assert_null(document_read_text("x.yaml", text, strlen(text), &f.arena, &f.diag));
    fixture_print(&f);
    *strchr(f.printed, '\n') = '\0';
    assert_string_equal(
        f.printed, "x.yaml:6:8: error: a scenario has at most 200000 values, aliases expanded");
    assert_true(f.arena.total_bytes < 64 << 20);
    fixture_done(&f);
}

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Sanitizer runs are slower, and say so by this variable. */
static double slowness(void)
{
    const char *scale = getenv("ARCHSIM_TEST_SCALE");
    return scale && scale[0] == '0' ? 20 : 1;
}

/* 4 MiB that are cheap to write and could be dear to read: done within 50 ms, or, where all of
 * it is legal and must be read, within half a second. Processor time, the best of three. */
static void test_hostile_time(void **state)
{
    (void)state;
    static const struct {
        const char *before, *piece;
        double limit_s;
    } rows[] = {
        {"", "[", 0.05},
        {"", "{", 0.05},
        {"a: ", "[", 0.05},
        {"", "- ", 0.05},
        {"", "? ", 0.05},
        {"", "[{a: ", 0.05},
        {"", "[\n", 0.05},
        {"", "&a ", 0.05},
        {"", "*a ", 0.05},
        {"", "!a ", 0.05},
        {"", "\t", 0.05},
        {"", "---\n", 0.05},
        {"a: '", "x", 0.5},
        {"a: \"", "\\e", 0.5},
        {"a: |\n", " x\n", 0.5},
        {"", "a\n", 0.5},
        {"", "a: 1\n", 0.5},
        {"a: [", "1,", 0.5},
        {"a: [", "f(x,", 0.5},
        {"a: {", "? b : c,", 0.5},
        {"a: [", "{a: 1, a: 2},", 0.5},
        {"", "# x\n", 0.5},
        {"", "\n", 0.5},
        {"a: &a '((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((('\nb: [",
         "*a,", 0.5},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t length, count = ((4 << 20) - strlen(rows[i].before)) / strlen(rows[i].piece);
        char *text = repeat(rows[i].before, rows[i].piece, count, "", &length);
        double best_s = 1e9;
        for (int run = 0; run < 3; run++) {
            struct fixture f;
            fixture_init(&f);
            double start_s = now_s();
            f.root = document_read_text("x.yaml", text, length, &f.arena, &f.diag);
            double took_s = now_s() - start_s;
            best_s = took_s < best_s ? took_s : best_s;
            assert_null(f.root);
            assert_true(f.arena.total_bytes < 32 << 20);
            fixture_done(&f);
        }
        if (best_s > rows[i].limit_s * slowness())
            fail_msg("'%s%s...' took %.3f s", rows[i].before, rows[i].piece, best_s);
        free(text);
    }
}

static void test_files(void **state)
{
    (void)state;
    char directory[] = "/tmp/test_document_XXXXXX", path[64], expected[256];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/s.yaml", directory);
    struct fixture f;

    fixture_init(&f);
    assert_null(document_read_file(path, &f.arena, &f.diag));
    assert_int_equal(f.diag.exit_code, DIAG_EXIT_WORK);
    snprintf(expected, sizeof(expected),
             "%s: error: cannot open the file: No such file or directory\n", path);
    assert_string_equal(fixture_print(&f), expected);
    fixture_done(&f);

    fixture_init(&f);
    assert_null(document_read_file(directory, &f.arena, &f.diag));
    assert_int_equal(f.diag.exit_code, DIAG_EXIT_WORK);
    snprintf(expected, sizeof(expected), "%s: error: cannot read the file: Is a directory\n",
             directory);
    assert_string_equal(fixture_print(&f), expected);
    fixture_done(&f);

    fixture_init(&f);
    FILE *stream = fopen(path, "w");
    fputs("\xEF\xBB\xBF"
          "a: 1\nb: [x]\n",
          stream);
    fclose(stream);
    f.root = document_read_file(path, &f.arena, &f.diag);
    assert_non_null(f.root);
    assert_tree(f.root, "{a:1,b:[x]}");
    assert_place(node_at(f.root, 0)->place, path, 1, 4, 1);
    size_t length;
    const char *text = document_file_text(path, &f.arena, &length, &f.diag);
    assert_int_equal(length, 15);
    assert_string_equal(text, "\xEF\xBB\xBF"
                              "a: 1\nb: [x]\n");
    fixture_done(&f);

    fixture_init(&f);
    assert_null(document_read_file("/dev/zero", &f.arena, &f.diag));
    assert_int_equal(f.diag.exit_code, DIAG_EXIT_INPUT);
    assert_string_equal(fixture_print(&f), "/dev/zero: error: a scenario file has at most 4 MiB\n");
    fixture_done(&f);

    /* a binary file: this program */
    fixture_init(&f);
    assert_null(document_read_text("/bin/x",
                                   "\x7f"
                                   "ELF\x02\x01",
                                   6, &f.arena, &f.diag));
    assert_string_equal(fixture_print(&f),
                        "/bin/x:1:1: error: the character U+007F cannot stand in a scenario\n"
                        "     1 | ?ELF??\n"
                        "       | ^\n");
    fixture_done(&f);
    unlink(path);
    rmdir(directory);
}

static void test_standard_input(void **state)
{
    (void)state;
    int ends[2], saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a: 1\n", 5), 5);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    struct fixture f;
    fixture_init(&f);
    f.root = document_read_file("-", &f.arena, &f.diag);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
    clearerr(stdin);
    assert_non_null(f.root);
    assert_tree(f.root, "{a:1}");
    fixture_done(&f);
}

static const char set_text[] = "a: {b: 1, c: [x, {t: 1s}]}\ne:\nq: ''\n";

static void test_set_good(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a.b=2GiB", "{a:{b:2GiB,c:[x,{t:1s}]},e:,q:''}"},
        {"a.b='2 GiB'", "{a:{b:'2 GiB',c:[x,{t:1s}]},e:,q:''}"},
        {"a.c.1.t=3s", "{a:{b:1,c:[x,{t:3s}]},e:,q:''}"},
        {"a.c.0=y", "{a:{b:1,c:[y,{t:1s}]},e:,q:''}"},
        {"a.c.2=z", "{a:{b:1,c:[x,{t:1s},z]},e:,q:''}"},
        {"a.c.2.k.l=z", "{a:{b:1,c:[x,{t:1s},{k:{l:z}}]},e:,q:''}"},
        {"a.new.deep.er=5", "{a:{b:1,c:[x,{t:1s}],new:{deep:{er:5}}},e:,q:''}"},
        {"e.f=1", "{a:{b:1,c:[x,{t:1s}]},e:{f:1},q:''}"},
        {"e.0=1", "{a:{b:1,c:[x,{t:1s}]},e:[1],q:''}"},
        {"n.0.k=1", "{a:{b:1,c:[x,{t:1s}]},e:,q:'',n:[{k:1}]}"},
        {"a=[1, {k: v}]", "{a:[1,{k:v}],e:,q:''}"},
        {"a.c={rate: 5/s}", "{a:{b:1,c:{rate:5/s}},e:,q:''}"},
        {"a.b=lognormal(mean=1ms, cv=2)", "{a:{b:lognormal(mean=1ms, cv=2),c:[x,{t:1s}]},e:,q:''}"},
        {"a.b=x=y", "{a:{b:x=y,c:[x,{t:1s}]},e:,q:''}"},
        {"a.b=", "{a:{b:,c:[x,{t:1s}]},e:,q:''}"},
        {"a.b=1 # not more", "{a:{b:1,c:[x,{t:1s}]},e:,q:''}"},
        {"n-2_x=1", "{a:{b:1,c:[x,{t:1s}]},e:,q:'',n-2_x:1}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        fixture_init(&f);
        f.root = document_read_text("x.yaml", set_text, strlen(set_text), &f.arena, &f.diag);
        if (!document_set(f.root, rows[i].text, &f.arena, &f.diag))
            fail_msg("%s: %s", rows[i].text, fixture_print(&f));
        assert_tree(f.root, rows[i].expected);
        fixture_done(&f);
    }
}

static void test_set_places(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.root = document_read_text("x.yaml", set_text, strlen(set_text), &f.arena, &f.diag);
    assert_true(document_set(f.root, "a.b=2GiB", &f.arena, &f.diag));
    assert_true(document_set(f.root, "a.\xc3\xa9=1", &f.arena, &f.diag) == false);
    assert_true(document_set(f.root, "new.key={p: [x]}", &f.arena, &f.diag));
    struct node *b = node_get(node_get(f.root, "a"), "b");
    assert_place(b->place, "--set", 1, 5, 4);
    assert_place(b->key_place, "x.yaml", 1, 5, 1);
    struct node *added = node_get(f.root, "new");
    assert_place(added->key_place, "--set", 1, 1, 3);
    struct node *key = node_get(added, "key");
    assert_place(key->key_place, "--set", 1, 5, 3);
    assert_place(node_get(key, "p")->place, "--set", 1, 13, 1);
    /* each override keeps its own text for the caret line */
    diag_error(&f.diag, b->place, "too large");
    diag_error(&f.diag, added->key_place, "unknown key");
    assert_string_equal(fixture_print(&f), "--set:1:5: error: too large\n"
                                           "     1 | a.b=2GiB\n"
                                           "       |     ^~~~\n"
                                           "--set:1:3: error: expected a key such as 'timeout'\n"
                                           "     1 | a.\xc3\xa9=1\n"
                                           "       |   ^\n"
                                           "--set:1:1: error: unknown key\n"
                                           "     1 | new.key={p: [x]}\n"
                                           "       | ^~~\n");
    fixture_done(&f);
}

static void test_set_bad(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "--set:1:1: error: expected PATH=VALUE\n     1 | \n       | ^\n"},
        {"a.b", "--set:1:1: error: expected PATH=VALUE\n     1 | a.b\n       | ^\n"},
        {"=5", "--set:1:1: error: expected a key such as 'timeout'\n     1 | =5\n       | ^\n"},
        {"a..b=5",
         "--set:1:3: error: expected a key such as 'timeout'\n     1 | a..b=5\n       |   ^\n"},
        {"a.b.=5", "--set:1:5: error: expected a key such as 'timeout'\n"
                   "     1 | a.b.=5\n       |     ^\n"},
        {"a.0x=5",
         "--set:1:3: error: expected a key such as 'timeout'\n     1 | a.0x=5\n       |   ^~\n"},
        {"a.b.c=5", "--set:1:5: error: what stands before 'c' is a single value, not a map\n"
                    "     1 | a.b.c=5\n       |     ^\n"},
        {"q.c=5", "--set:1:3: error: what stands before 'c' is a single value, not a map\n"
                  "     1 | q.c=5\n       |   ^\n"},
        {"a.c.3=5", "--set:1:5: error: expected the index of a list item, 0 to 2 (which adds one)\n"
                    "     1 | a.c.3=5\n       |     ^\n"},
        {"a.c.t=5", "--set:1:5: error: expected the index of a list item, 0 to 2 (which adds one)\n"
                    "     1 | a.c.t=5\n       |     ^\n"},
        {"a.c.-1=5",
         "--set:1:5: error: expected the index of a list item, 0 to 2 (which adds one)\n"
         "     1 | a.c.-1=5\n       |     ^~\n"},
        {"a.c.99999999999999999999=5",
         "--set:1:5: error: expected the index of a list item, 0 to 2 (which adds one)\n"
         "     1 | a.c.99999999999999999999=5\n       |     ^~~~~~~~~~~~~~~~~~~~\n"},
        {"a.b=[1", "--set:1:7: error: not YAML: did not find expected ',' or ']'\n"
                   "     1 | a.b=[1\n       |       ^\n"
                   "--set:1:5: note: while parsing a flow sequence\n"
                   "     1 | a.b=[1\n       |     ^\n"},
        {"a.b=x: y", "--set:1:5: error: expected a value, [a, b] or {key: value}\n"
                     "     1 | a.b=x: y\n       |     ^\n"},
        {"a.b=- y", "--set:1:5: error: expected a value, [a, b] or {key: value}\n"
                    "     1 | a.b=- y\n       |     ^\n"},
        {"a.b={x: 1, x: 2}", "--set:1:12: error: duplicate key 'x'\n"
                             "     1 | a.b={x: 1, x: 2}\n       |            ^\n"
                             "--set:1:6: note: the first one is here\n"
                             "     1 | a.b={x: 1, x: 2}\n       |      ^\n"},
        {"a.b=*x", "--set:1:5: error: unknown alias '*x': expected an anchor '&x' before it\n"
                   "     1 | a.b=*x\n       |     ^~\n"},
        {"a.b={w: f(1, 2)}", "--set:1:9: error: YAML tears this value apart at the comma: inside "
                             "{} and [] it needs quotes\n"
                             "     1 | a.b={w: f(1, 2)}\n       |         ^~~ write \"f(1, 2)\"\n"},
        {"a.b=\xff",
         "--set:1:5: error: the byte 0xFF is not UTF-8\n     1 | a.b=?\n       |     ^\n"},
        {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
         "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1",
         NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        fixture_init(&f);
        f.root = document_read_text("x.yaml", set_text, strlen(set_text), &f.arena, &f.diag);
        if (document_set(f.root, rows[i].text, &f.arena, &f.diag))
            fail_msg("'%s' was taken", rows[i].text);
        fixture_print(&f);
        if (rows[i].expected)
            assert_string_equal(f.printed, rows[i].expected);
        else
            assert_non_null(strstr(f.printed, "lists and maps nest at most 64 deep"));
        fixture_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_bad_but_readable),
        cmocka_unit_test(test_messages_outlive_document),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_alias_bomb),
        cmocka_unit_test(test_hostile_time),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_set_good),
        cmocka_unit_test(test_set_places),
        cmocka_unit_test(test_set_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
