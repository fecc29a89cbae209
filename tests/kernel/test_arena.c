/* arena: memory is zeroed, aligned, disjoint and lasts; growth is bounded; failure is fatal with
 * 4. */
#include "sim/kernel/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Every byte of every allocation is zero when handed out and keeps what was written, whatever is
 * taken later: checked by filling each with a pattern of its own. Sizes cross all block limits. */
static void test_arena_memory(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct arena arena;
    arena_init(&arena);
    unsigned char **taken = memory_resize(NULL, COUNT, sizeof(*taken));
    size_t *sizes = memory_resize(NULL, COUNT, sizeof(*sizes));
    uint32_t random = 12345;
    for (size_t i = 0; i < COUNT; i++) {
        random = random * 1664525u + 1013904223u;
        sizes[i] = i % 100 == 99 ? (random >> 8) % 3000000 : (random >> 8) % 2000;
        bool array = i % 3 == 0;
        taken[i] = array ? arena_array(&arena, sizes[i], 1) : arena_alloc(&arena, sizes[i]);
        assert_non_null(taken[i]);
        assert_int_equal((uintptr_t)taken[i] % (array && sizes[i] >= 64 ? 64 : 16), 0);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(taken[i][j], 0);
        if (sizes[i] > 0)
            memset(taken[i], (int)(i % 255) + 1, sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(taken[i][j], (int)(i % 255) + 1);
    free(taken);
    free(sizes);
    arena_done(&arena);
    assert_null(arena.head);
    assert_int_equal(arena.total_bytes, 0);
}

/* Many small pieces waste at most half of what is taken; one piece costs no more than a first
 * block. */
static void test_arena_growth(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_int_equal(arena.total_bytes, 0);
    arena_alloc(&arena, 1);
    assert_true(arena.total_bytes <= 16 << 10);
    for (size_t i = 0; i < 1000000; i++)
        arena_alloc(&arena, 48);
    assert_true(arena.total_bytes >= 48000000);
    assert_true(arena.total_bytes <= 50000000);
    /* a large piece leaves the newest block in use */
    size_t before = arena.total_bytes;
    arena_alloc(&arena, 10 << 20);
    arena_alloc(&arena, 16);
    assert_true(arena.total_bytes <= before + (10 << 20) + (1 << 20));
    arena_done(&arena);
}

static void test_arena_text(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(arena_text(&arena, "hello world", 5), "hello");
    assert_string_equal(arena_text(&arena, NULL, 0), "");
    assert_memory_equal(arena_text(&arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_printf(&arena, "%s-%d%%", "x", 42), "x-42%");
    char *large = arena_printf(&arena, "%100000d", 7);
    assert_int_equal(strlen(large), 100000);
    assert_string_equal(large + 99998, " 7");
    arena_done(&arena);
}

static void test_memory_resize(void **state)
{
    (void)state;
    uint64_t *numbers = NULL;
    for (size_t n = 1; n <= 1 << 16; n *= 2) {
        numbers = memory_resize(numbers, n, sizeof(*numbers));
        numbers[n - 1] = n;
    }
    for (size_t n = 1; n <= 1 << 16; n *= 2)
        assert_int_equal(numbers[n - 1], n);
    numbers = memory_resize(numbers, 0, sizeof(*numbers));
    assert_non_null(numbers);
    free(numbers);
}

static void arena_overflow(void)
{
    struct arena arena;
    arena_init(&arena);
    arena_array(&arena, SIZE_MAX / 2, 3);
}

static void arena_huge(void)
{
    struct arena arena;
    arena_init(&arena);
    arena_alloc(&arena, SIZE_MAX - 8);
}

static void resize_overflow(void)
{
    memory_resize(NULL, SIZE_MAX / 4, 8);
}

static void fatal_message(void)
{
    fatal("lost %d of %s", 3, "them");
}

/* Runs a function that must end the program: exit code 4, and one line on stderr that begins so. */
static void expect_fatal(void (*function)(void), const char *expected)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        function();
        _exit(0);
    }
    close(ends[1]);
    char text[256] = "";
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0;)
        length += (size_t)got;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 4);
    assert_memory_equal(text, expected, strlen(expected));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void test_fatal(void **state)
{
    (void)state;
    expect_fatal(fatal_message, "archsim: lost 3 of them\n");
    expect_fatal(arena_overflow, "archsim: out of memory (9223372036854775807 times 3 bytes)\n");
    expect_fatal(arena_huge, "archsim: out of memory (");
    expect_fatal(resize_overflow, "archsim: out of memory (4611686018427387903 times 8 bytes)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_memory), cmocka_unit_test(test_arena_growth),
        cmocka_unit_test(test_arena_text),   cmocka_unit_test(test_memory_resize),
        cmocka_unit_test(test_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
