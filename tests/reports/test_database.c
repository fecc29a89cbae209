/* The results database. Known independently: the rows are those of the results, bit for bit; a run
 * is one transaction, so whatever fails or is killed, at each of the system calls that change a
 * file, leaves whole runs only, and a run that was said to be stored is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/database.h"
#include "reports/number.h"
#include "tests/engine/synthetic.h"

enum { SERIES = 3, POINTS = 40, BINS = 25, EVENTS = 30, NOBODY = 65534 };

static const char evil[] = "'); DROP TABLE run; --\"\n%s|\u00b5";

struct fixture {
    struct synthetic s;
    struct results *results;
    struct results_series series[SERIES];
    struct results_event events[EVENTS];
    struct results_histogram histogram;
    struct diag diag;
    char folder[64];
    const char *path;
};

static void fixture_fill(struct fixture *f)
{
    double *values = arena_array(&f->s.arena, POINTS + 2 * BINS, sizeof(*values));
    uint64_t *counts = arena_array(&f->s.arena, BINS, sizeof(*counts));
    for (uint32_t i = 0; i < POINTS; i++)
        values[i] = i == 7 ? NAN : i / 3.0;
    for (uint32_t i = 0; i < SERIES; i++)
        f->series[i] = (struct results_series){
            .path = arena_printf(&f->s.arena, "services.db.series_%u", i),
            .start_s = 60,
            .step_s = 1.5,
            .values = values,
            .count = POINTS,
        };
    for (uint32_t i = 0; i < BINS; i++) {
        values[POINTS + i] = i * 1e-3;
        values[POINTS + BINS + i] = (i + 1) * 1e-3;
        counts[i] = i * i;
    }
    f->histogram = (struct results_histogram){
        .path = "traffic.users.latency",
        .low_s = values + POINTS,
        .high_s = values + POINTS + BINS,
        .counts = counts,
        .count = BINS,
    };
    for (uint32_t i = 0; i < EVENTS; i++)
        f->events[i] = (struct results_event){
            .replication = i / 10,
            .time_s = i,
            .until_s = i + 0.5,
            .service = "db",
            .kind = "scale_out",
            .metric = i == 0 ? NULL : "cpu_utilization",
            .value = i == 1 ? NAN : 0.1 + 0.2,
            .threshold = INFINITY,
            .from = i,
            .to = i + 1,
            .delay_s = 75,
            .count = i,
            .text = i == 3 ? evil : NULL,
        };
}

static int setup(void **state)
{
    struct fixture *f = memory_resize(NULL, 1, sizeof(*f));
    *f = (struct fixture){0};
    snprintf(f->folder, sizeof(f->folder), "%s/archsim-database-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"); /* thousands of fsync */
    *state = f;
    synthetic_init(&f->s, 5, 1200);
    f->s.scenario.text = "archsim: 1\n# all of it\n";
    f->s.scenario.text_size = strlen(f->s.scenario.text);
    f->s.scenario.name = evil;
    f->s.promise.text = evil;
    fixture_fill(f);
    f->results = synthetic_results(&f->s);
    f->results->series = f->series;
    f->results->series_count = SERIES;
    f->results->events = f->events;
    f->results->events_count = EVENTS;
    f->results->events_dropped = 5;
    f->results->histograms = &f->histogram;
    f->results->histograms_count = 1;
    diag_init(&f->diag);
    if (!mkdtemp(f->folder))
        return -1;
    f->path = arena_printf(&f->s.arena, "%s/runs.db", f->folder);
    return 0;
}

static void forget(const struct fixture *f)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    char path[128];
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s%s", f->path, endings[i]);
        unlink(path);
    }
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    forget(f);
    rmdir(f->folder);
    results_free(f->results);
    diag_done(&f->diag);
    synthetic_done(&f->s);
    free(f);
    return 0;
}

static bool append(struct fixture *f)
{
    static const char *const overrides[] = {"seed=7", evil};
    const struct database_run run = {
        .results = f->results,
        .overrides = overrides,
        .overrides_count = 2,
        .stored_s = 1764042787,
    };
    return database_append(f->path, &run, &f->diag);
}

/* The one message since the last time. */
static void expect_told(struct fixture *f, const char *text)
{
    assert_int_equal(f->diag.errors_count, 1);
    assert_int_equal(f->diag.exit_code, DIAG_EXIT_WORK);
    assert_string_equal(f->diag.messages[0].place.file, f->path);
    if (!strstr(f->diag.messages[0].text, text))
        fail_msg("'%s' is not in '%s'", text, f->diag.messages[0].text);
    diag_done(&f->diag);
    diag_init(&f->diag);
}

static sqlite3 *open_plain(const char *path)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    return handle;
}

static void change(struct fixture *f, const char *sql)
{
    sqlite3 *handle = open_plain(f->path);
    char *error = NULL;
    if (sqlite3_exec(handle, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
    sqlite3_close(handle);
}

/* The first column of the first row as text, to be freed; "null" for null. */
static char *ask(struct fixture *f, const char *sql)
{
    sqlite3 *handle = open_plain(f->path);
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const unsigned char *text = sqlite3_column_text(statement, 0);
    char *answer = strdup(text ? (const char *)text : "null");
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return answer;
}

static void expect(struct fixture *f, const char *sql, const char *answer)
{
    char *found = ask(f, sql);
    if (strcmp(found, answer) != 0)
        fail_msg("%s: '%s', not '%s'", sql, found, answer);
    free(found);
}

static void expect_count(struct fixture *f, const char *table, uint32_t count)
{
    char sql[64], number[16];
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
    snprintf(number, sizeof(number), "%u", count);
    expect(f, sql, number);
}

/* Whole runs and nothing else. Returns how many. */
static uint32_t expect_whole(struct fixture *f)
{
    struct stat status;
    if (stat(f->path, &status) != 0)
        return 0;
    expect(f, "PRAGMA integrity_check", "ok");
    char *tables = ask(f, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'");
    const bool made = strcmp(tables, "0") != 0;
    free(tables);
    if (!made) {
        expect(f, "PRAGMA user_version", "0");
        return 0;
    }
    char *count = ask(f, "SELECT count(*) FROM run");
    const uint32_t runs = (uint32_t)atoi(count);
    free(count);
    expect_count(f, "scenario", runs);
    expect_count(f, "override", 2 * runs);
    expect_count(f, "metric", number_count(f->results) * runs);
    expect_count(f, "series", SERIES * POINTS * runs);
    expect_count(f, "histogram", BINS * runs);
    expect_count(f, "slo", runs);
    expect_count(f, "event", EVENTS * runs);
    expect_count(f, "warning", f->results->warnings_count * runs);
    expect(f, "SELECT count(*) FROM (SELECT run FROM metric EXCEPT SELECT run FROM run)", "0");
    return runs;
}

/* ---- what is in it ---- */

static void expect_number(struct fixture *f, const char *sql, double number)
{
    sqlite3 *handle = open_plain(f->path);
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_type(statement, 0), SQLITE_FLOAT);
    assert_true(sqlite3_column_double(statement, 0) == number);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
}

static void test_metrics_and_what_the_run_was(void **state)
{
    struct fixture *f = *state;
    f->results->metrics[M_LATENCY_MEAN] = (struct interval){0.1 + 0.2, 1.0 / 3, NAN};
    f->results->metrics[M_LATENCY_P50] = (struct interval){NAN, 1, 2};
    f->results->metrics[M_LATENCY_P99] = (struct interval){INFINITY, 1, 2};
    assert_true(append(f));
    assert_true(append(f));
    assert_int_equal(expect_whole(f), 2);
    expect(f, "PRAGMA user_version", "1");
    expect(f, "PRAGMA journal_mode", "wal");
    expect(f, "SELECT count(*) FROM pragma_foreign_key_check", "0");
    expect(f, "SELECT stored FROM run WHERE run = 2", "2025-11-25T03:53:07Z");
    expect(f, "SELECT seed || ' ' || replications || ' ' || events FROM run", "1 5 5000");
    expect(f, "SELECT duration || ' ' || wall_time || ' ' || confidence FROM run",
           "1200.0 2.5 0.95");
    expect(f, "SELECT text FROM scenario", f->s.scenario.text);
    expect(f, "SELECT name FROM scenario", evil);
    expect(f, "SELECT text FROM override WHERE run = 2 AND position = 1", evil);
    expect_number(f,
                  "SELECT value FROM metric WHERE run = 2 AND path = 'traffic.users.latency.mean'",
                  0.1 + 0.2);
    expect_number(f, "SELECT low FROM metric WHERE run = 2 AND path = 'traffic.users.latency.mean'",
                  1.0 / 3);
    expect(f, "SELECT high FROM metric WHERE path = 'traffic.users.latency.mean'", "null");
    for (int i = 0; i < 2; i++)
        expect(f,
               i ? "SELECT coalesce(value, low, high) FROM metric WHERE path LIKE '%latency.p50'"
                 : "SELECT coalesce(value, low, high) FROM metric WHERE path LIKE "
                   "'%users.latency.p99'",
               "null");
    expect(f, "SELECT value FROM metric WHERE path = 'traffic.users.worst.window.from'", "null");
    expect(f, "SELECT bottleneck_service FROM run", "null");
    expect(f, "SELECT events_dropped FROM run", "5");
}

static void test_series_histograms_events_and_promises(void **state)
{
    struct fixture *f = *state;
    assert_true(append(f));
    expect_number(f, "SELECT value FROM series WHERE path = 'services.db.series_1' AND time = 61.5",
                  1 / 3.0);
    expect(f, "SELECT value FROM series WHERE path = 'services.db.series_2' AND time = 70.5",
           "null");
    expect_number(f, "SELECT max(time) FROM series", 60 + 1.5 * (POINTS - 1));
    expect(f, "SELECT count FROM histogram WHERE low = 0.012 AND path = 'traffic.users.latency'",
           "144");
    expect_number(f, "SELECT high FROM histogram WHERE count = 144", 13 * 1e-3);
    expect(f, "SELECT text FROM slo", evil);
    expect(f, "SELECT verdict || ' ' || severity || ' ' || at_load FROM slo", "broken error 1.0");
    expect(f, "SELECT \"limit\" FROM slo", "0.0");
    expect(f, "SELECT text FROM event WHERE position = 3", evil);
    expect(f, "SELECT metric FROM event WHERE position = 0", "null");
    expect(f, "SELECT value FROM event WHERE position = 1", "null");
    expect(f, "SELECT threshold FROM event WHERE position = 2", "null");
    expect(f, "SELECT count FROM event WHERE position = 0", "null");
    expect(f,
           "SELECT replication || ' ' || time || ' ' || until || ' ' || service || ' ' || kind || "
           "' ' || \"from\" || ' ' || \"to\" || ' ' || delay || ' ' || count FROM event "
           "WHERE position = 12",
           "1 12.0 12.5 db scale_out 12.0 13.0 75.0 12");
    expect_count(f, "cost_item", 0); /* until there are prices */
}

static void test_a_run_can_be_deleted(void **state)
{
    struct fixture *f = *state;
    assert_true(append(f));
    assert_true(append(f));
    change(f, "PRAGMA foreign_keys = ON; DELETE FROM run WHERE run = 1");
    assert_int_equal(expect_whole(f), 1);
}

/* ---- what is refused ---- */

static void expect_refused(struct fixture *f, const char *text)
{
    assert_false(database_check(f->path, &f->diag));
    expect_told(f, text);
    assert_false(append(f));
    expect_told(f, text);
}

static void put(const struct fixture *f, off_t offset, const void *bytes, size_t size)
{
    const int file = open(f->path, O_WRONLY | O_CREAT, 0666);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, bytes, size, offset), size);
    close(file);
}

static void test_what_is_no_database(void **state)
{
    struct fixture *f = *state;
    char junk[5000];
    memset(junk, 'x', sizeof(junk));
    put(f, 0, junk, sizeof(junk));
    expect_refused(f, "this is not a database");
    forget(f);
    mkdir(f->path, 0777);
    assert_false(database_check(f->path, &f->diag));
    expect_told(f, "a database must be a file");
    assert_false(append(f));
    expect_told(f, "cannot be read or written");
    rmdir(f->path);
}

static void test_databases_of_others(void **state)
{
    struct fixture *f = *state;
    change(f, "CREATE TABLE notes (text)");
    expect_refused(f, "of another program");
    expect_count(f, "notes", 0);
    expect(f, "PRAGMA journal_mode", "delete"); /* it was not touched */
    forget(f);
    change(f, "PRAGMA application_id = 7");
    expect_refused(f, "of another program");
}

static void test_a_newer_version(void **state)
{
    struct fixture *f = *state;
    assert_true(append(f));
    change(f, "PRAGMA user_version = 2");
    expect_refused(f, "a newer archsim made this database (version 2 of its tables, this one knows "
                      "1)");
    expect_count(f, "run", 1);
}

static void test_an_empty_file_becomes_one(void **state)
{
    struct fixture *f = *state;
    put(f, 0, "", 0);
    assert_true(database_check(f->path, &f->diag));
    assert_true(append(f));
    assert_int_equal(expect_whole(f), 1);
}

/* Checked before the run; what the run itself meets, too. */
static void test_damage(void **state)
{
    struct fixture *f = *state;
    struct stat status;
    char junk[4096];
    memset(junk, 0x55, sizeof(junk));
    for (int i = 0; i < 5; i++)
        assert_true(append(f));
    assert_true(database_check(f->path, &f->diag));
    assert_int_equal(stat(f->path, &status), 0);
    for (off_t at = sizeof(junk); at < status.st_size; at += (off_t)sizeof(junk)) {
        char kept[sizeof(junk)];
        const int file = open(f->path, O_RDONLY);
        assert_int_equal(pread(file, kept, sizeof(kept), at), sizeof(kept));
        close(file);
        put(f, at, junk, sizeof(junk));
        assert_false(database_check(f->path, &f->diag));
        expect_told(f, "the database is damaged: ");
        put(f, at, kept, sizeof(kept));
    }
    assert_int_equal(expect_whole(f), 5);
    assert_int_equal(truncate(f->path, status.st_size / 2), 0);
    expect_refused(f, "the database is damaged: ");
}

/* A file that somebody prepared: nothing of it runs. */
static void test_triggers_do_not_run(void **state)
{
    struct fixture *f = *state;
    assert_true(append(f));
    change(f, "CREATE TRIGGER evil AFTER INSERT ON metric BEGIN DELETE FROM run; END");
    assert_true(append(f));
    assert_int_equal(expect_whole(f), 2);
}

static void test_what_cannot_be_written(void **state)
{
    struct fixture *f = *state;
    assert_true(append(f));
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(chmod(f->folder, 0777), 0);
    const bool is_root = geteuid() == 0; /* whom nothing stops */
    assert_true(!is_root || seteuid(NOBODY) == 0);
    expect_refused(f, "it is read-only");
    assert_true(!is_root || seteuid(0) == 0);
    assert_int_equal(chmod(f->path, 0666), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    assert_true(!is_root || seteuid(NOBODY) == 0);
    assert_false(append(f));
    assert_true(!is_root || seteuid(0) == 0);
    expect_told(f, "");
    assert_int_equal(chmod(f->folder, 0700), 0);
    assert_int_equal(expect_whole(f), 1);
    const char *path = f->path;
    f->path = "/nowhere/runs.db";
    assert_true(database_check(f->path, &f->diag)); /* there is none */
    assert_false(append(f));
    expect_told(f, "cannot be read or written: No such file or directory");
    f->path = path;
}

/* ---- what fails or is killed in between ---- */

/* Of the system calls by which SQLite changes files the n-th fails, and so do all after it; or the
 * process ends in the middle of it. */
struct fault {
    int left;   /* calls until then; 0: never */
    int reason; /* errno; 0: the process ends */
    bool happened;
};
static struct fault fault;

static bool fault_hits(void)
{
    if (fault.left == 0)
        return false;
    if (fault.left > 1) {
        fault.left--;
        return false;
    }
    fault.happened = true;
    errno = fault.reason;
    return true;
}

static ssize_t fault_pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    if (!fault_hits())
        return pwrite(file, bytes, size, offset);
    if (fault.reason == 0)
        _exit(pwrite(file, bytes, size / 2, offset) < 0 ? 2 : 1); /* a torn write */
    return -1;
}

static ssize_t fault_write(int file, const void *bytes, size_t size)
{
    if (!fault_hits())
        return write(file, bytes, size);
    if (fault.reason == 0)
        _exit(write(file, bytes, size / 2) < 0 ? 2 : 1);
    return -1;
}

static int fault_ftruncate(int file, off_t size)
{
    if (!fault_hits())
        return ftruncate(file, size);
    if (fault.reason == 0)
        _exit(1);
    return -1;
}

static int fault_unlink(const char *path)
{
    if (!fault_hits())
        return unlink(path);
    if (fault.reason == 0)
        _exit(1);
    return -1;
}

static int fault_open(const char *path, int flags, int mode)
{
    if (!(flags & O_CREAT) || !fault_hits())
        return open(path, flags, mode);
    if (fault.reason == 0)
        _exit(1);
    return -1;
}

static int setup_faults(void **state)
{
    static const struct {
        const char *name;
        sqlite3_syscall_ptr function;
    } calls[] = {
        {"pwrite", (sqlite3_syscall_ptr)fault_pwrite},
        {"pwrite64", (sqlite3_syscall_ptr)fault_pwrite},
        {"write", (sqlite3_syscall_ptr)fault_write},
        {"ftruncate", (sqlite3_syscall_ptr)fault_ftruncate},
        {"unlink", (sqlite3_syscall_ptr)fault_unlink},
        {"open", (sqlite3_syscall_ptr)fault_open},
    };
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        vfs->xSetSystemCall(vfs, calls[i].name, calls[i].function);
    return setup(state);
}

static int teardown_faults(void **state)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    vfs->xSetSystemCall(vfs, NULL, NULL);
    return teardown(state);
}

/* A database of so many runs. */
static void begin_with(struct fixture *f, uint32_t runs)
{
    fault = (struct fault){.left = 0};
    forget(f);
    for (uint32_t i = 0; i < runs; i++)
        assert_true(append(f));
}

static void test_every_call_fails(void **state)
{
    struct fixture *f = *state;
    static const int reasons[] = {ENOSPC, EIO};
    for (uint32_t k = 0; k < 4; k++) {
        const uint32_t runs = k / 2;
        const int reason = reasons[k % 2];
        uint32_t failed = 0, full = 0;
        for (int n = 1;; n++) {
            begin_with(f, runs);
            fault = (struct fault){.left = n, .reason = reason};
            const bool stored = append(f);
            const bool happened = fault.happened;
            fault = (struct fault){.left = 0};
            assert_int_equal(expect_whole(f), runs + stored);
            if (stored) {
                assert_int_equal(f->diag.errors_count, 0);
            } else {
                failed++;
                full += strcmp(f->diag.messages[0].text, "the disk is full") == 0;
                expect_told(f, "");
                assert_true(append(f)); /* nothing is left in the way */
                assert_int_equal(expect_whole(f), runs + 1);
            }
            if (!happened)
                break;
        }
        assert_true(failed > 5);
        assert_true(reason == ENOSPC ? full > 3 : full == 0);
    }
}

static void test_killed_at_every_call(void **state)
{
    struct fixture *f = *state;
    for (uint32_t runs = 0; runs < 2; runs++) {
        int status = 1, kills = 0;
        for (int n = 1; status != 0; n++, kills++) {
            begin_with(f, runs);
            const pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                fault = (struct fault){.left = n};
                _exit(append(f) ? 0 : 3);
            }
            assert_int_equal(waitpid(child, &status, 0), child);
            assert_true(WIFEXITED(status));
            assert_true(WEXITSTATUS(status) <= 1);
            const uint32_t found = expect_whole(f);
            assert_in_range(found, runs, runs + 1);
            assert_true(append(f));
            assert_int_equal(expect_whole(f), found + 1);
        }
        assert_true(kills > 5);
    }
}

/* All find no database and want to make one. */
static void test_several_at_once(void **state)
{
    enum { WRITERS = 5, RUNS = 6 };
    struct fixture *f = *state;
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            for (int k = 0; k < RUNS; k++)
                if (!database_check(f->path, &f->diag) || !append(f)) {
                    diag_print(&f->diag, stderr, false);
                    _exit(1);
                }
            _exit(0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(expect_whole(f), WRITERS * RUNS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, setup_faults, teardown_faults)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_metrics_and_what_the_run_was),
        TEST(test_series_histograms_events_and_promises),
        TEST(test_a_run_can_be_deleted),
        TEST(test_what_is_no_database),
        TEST(test_databases_of_others),
        TEST(test_a_newer_version),
        TEST(test_an_empty_file_becomes_one),
        TEST(test_damage),
        TEST(test_triggers_do_not_run),
        TEST(test_what_cannot_be_written),
        FAULT_TEST(test_every_call_fails),
        FAULT_TEST(test_killed_at_every_call),
        TEST(test_several_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
