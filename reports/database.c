/* database: opening and refusing, the tables, then one function per table that fills it. */
#include "reports/database.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/number.h"

enum {
    DATABASE_APPLICATION = 0x61726373, /* "arcs" */
    DATABASE_VERSION = 1,
    DATABASE_WAIT_MS = 60000, /* for other processes that write */
    DATABASE_NAP_MS = 20,
};

struct database {
    const char *path; /* as the user wrote it */
    sqlite3 *handle;
    struct diag *diag;
    struct arena arena;
    bool failed; /* it was told; nothing more is done */
};

/* Every time in seconds. Columns that are words of SQL (limit, from, to) stand in quotes. */
static const char *const database_tables[] = {
    "CREATE TABLE run (run INTEGER PRIMARY KEY, stored TEXT NOT NULL, archsim TEXT NOT NULL,"
    " seed INTEGER NOT NULL, replications INTEGER NOT NULL, duration REAL NOT NULL,"
    " warmup REAL NOT NULL, events INTEGER NOT NULL, wall_time REAL NOT NULL,"
    " confidence REAL NOT NULL, bottleneck_service TEXT, bottleneck_resource TEXT,"
    " events_dropped INTEGER NOT NULL) STRICT",
    "CREATE TABLE scenario (run INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE,"
    " name TEXT NOT NULL, file TEXT NOT NULL, fingerprint TEXT NOT NULL, region TEXT,"
    " text TEXT NOT NULL) STRICT",
    "CREATE TABLE override (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " position INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run, position)) STRICT",
    "CREATE TABLE metric (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " path TEXT NOT NULL, value REAL, low REAL, high REAL,"
    " PRIMARY KEY (run, path)) STRICT, WITHOUT ROWID",
    "CREATE TABLE series (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " path TEXT NOT NULL, time REAL NOT NULL, value REAL,"
    " PRIMARY KEY (run, path, time)) STRICT, WITHOUT ROWID",
    "CREATE TABLE histogram (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " path TEXT NOT NULL, low REAL NOT NULL, high REAL NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (run, path, low)) STRICT, WITHOUT ROWID",
    "CREATE TABLE cost_item (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " service TEXT NOT NULL, item TEXT NOT NULL, quantity REAL, unit TEXT, price REAL,"
    " amount REAL, PRIMARY KEY (run, service, item)) STRICT",
    "CREATE TABLE slo (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " position INTEGER NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL, value REAL, low REAL,"
    " high REAL, \"limit\" REAL NOT NULL, verdict TEXT NOT NULL, reason TEXT,"
    " severity TEXT NOT NULL, at_load REAL NOT NULL, why TEXT, PRIMARY KEY (run, position)) STRICT",
    "CREATE TABLE event (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " position INTEGER NOT NULL, replication INTEGER NOT NULL, time REAL NOT NULL,"
    " until REAL NOT NULL, service TEXT NOT NULL, kind TEXT NOT NULL, metric TEXT, value REAL,"
    " threshold REAL, \"from\" REAL, \"to\" REAL, delay REAL, count INTEGER, text TEXT,"
    " PRIMARY KEY (run, position)) STRICT",
    "CREATE TABLE warning (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " position INTEGER NOT NULL, code TEXT NOT NULL, path TEXT, text TEXT NOT NULL,"
    " PRIMARY KEY (run, position)) STRICT",
};

/* ---- what may go wrong ---- */

static const char *database_reason(struct database *database, int code)
{
    const int reason = sqlite3_system_errno(database->handle);
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        return "this is not a database";
    case SQLITE_CORRUPT:
        return arena_printf(&database->arena, "the database is damaged: %s",
                            sqlite3_errmsg(database->handle));
    case SQLITE_BUSY:
        return "other processes kept the database to themselves for a minute";
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_READONLY:
        return "the database cannot be written: it is read-only";
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        return arena_printf(&database->arena, "cannot be read or written: %s",
                            reason != 0 ? strerror(reason) : sqlite3_errmsg(database->handle));
    default:
        return arena_printf(&database->arena, "SQLite: %s", sqlite3_errmsg(database->handle));
    }
}

static void database_fail(struct database *database, const char *reason)
{
    if (!database->failed)
        diag_unreadable(database->diag, database->path, "%s", reason);
    database->failed = true;
}

/* SQLite's answer to anything; false unless it is good. */
static bool database_good(struct database *database, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return !database->failed;
    if (!database->failed)
        database_fail(database, database_reason(database, code));
    return false;
}

static bool database_run_sql(struct database *database, const char *sql)
{
    return !database->failed &&
           database_good(database, sqlite3_exec(database->handle, sql, NULL, NULL, NULL));
}

/* The whole number that a statement gives; 0 when it failed. */
static int database_ask(struct database *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int answer = 0;
    if (!database->failed &&
        database_good(database, sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL)) &&
        database_good(database, sqlite3_step(statement)))
        answer = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return answer;
}

/* ---- opening ---- */

/* A name such as ":memory:" or "file:x?mode=rw" is a file's, too. */
static const char *database_file(struct database *database)
{
    return database->path[0] == '/' ? database->path
                                    : arena_printf(&database->arena, "./%s", database->path);
}

/* What others may have put into the file does not run here. */
static void database_open(struct database *database, const char *path, int flags, struct diag *diag)
{
    *database = (struct database){.path = path, .diag = diag};
    arena_init(&database->arena);
    const int code = sqlite3_open_v2(database_file(database), &database->handle,
                                     flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!database->handle)
        fatal("out of memory");
    if (!database_good(database, code))
        return;
    sqlite3_extended_result_codes(database->handle, 1);
    sqlite3_busy_timeout(database->handle, DATABASE_WAIT_MS);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

static bool database_close(struct database *database)
{
    const bool good = !database->failed;
    sqlite3_close(database->handle);
    arena_done(&database->arena);
    return good;
}

/* True for a file without any table, which will become a database of ours. A file of somebody else,
 * or of a newer archsim, is refused. */
static bool database_is_new(struct database *database)
{
    const int application = database_ask(database, "PRAGMA application_id");
    const int version = database_ask(database, "PRAGMA user_version");
    const int tables = database_ask(database, "SELECT count(*) FROM sqlite_schema");
    if (database->failed)
        return false;
    if (application == 0 && version == 0 && tables == 0)
        return true;
    if (application != DATABASE_APPLICATION)
        database_fail(database, "this is a database of another program, not one of results");
    else if (version > DATABASE_VERSION)
        database_fail(database, arena_printf(&database->arena,
                                             "a newer archsim made this database (version %d of "
                                             "its tables, this one knows %d)",
                                             version, DATABASE_VERSION));
    else if (version < 1)
        database_fail(database, "the database is damaged: it has no version");
    return false;
}

/* In one transaction: another process may be making it at this moment. */
static void database_look(struct database *database)
{
    if (database_run_sql(database, "BEGIN")) {
        database_is_new(database);
        database_run_sql(database, "COMMIT");
    }
}

/* Which answers are read while one writes. Others who switch at the same moment make it busy at
 * once, whatever the timeout. */
static bool database_use_wal(struct database *database)
{
    int code = SQLITE_BUSY;
    for (int i = 0; i < DATABASE_WAIT_MS / DATABASE_NAP_MS && (code & 0xff) == SQLITE_BUSY; i++) {
        if (i > 0)
            sqlite3_sleep(DATABASE_NAP_MS);
        code = sqlite3_exec(database->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    }
    return database_good(database, code) && database_run_sql(database, "PRAGMA synchronous = FULL");
}

/* Inside a transaction, so that of two who find no database one makes it. */
static void database_make(struct database *database)
{
    if (!database_is_new(database))
        return;
    for (size_t i = 0; i < sizeof(database_tables) / sizeof(database_tables[0]); i++)
        database_run_sql(database, database_tables[i]);
    database_run_sql(database, arena_printf(&database->arena,
                                            "PRAGMA application_id = %d; "
                                            "PRAGMA user_version = %d",
                                            DATABASE_APPLICATION, DATABASE_VERSION));
}

static void database_quick_check(struct database *database)
{
    sqlite3_stmt *statement = NULL;
    if (!database->failed &&
        database_good(database, sqlite3_prepare_v2(database->handle, "PRAGMA quick_check(1)", -1,
                                                   &statement, NULL)) &&
        database_good(database, sqlite3_step(statement))) {
        const char *found = (const char *)sqlite3_column_text(statement, 0);
        if (!found || strcmp(found, "ok") != 0)
            database_fail(database, arena_printf(&database->arena, "the database is damaged: %s",
                                                 found ? found : "it could not be checked"));
    }
    sqlite3_finalize(statement);
}

bool database_check(const char *path, struct diag *diag)
{
    struct stat status;
    struct database database;
    const bool exists = stat(path, &status) == 0;
    if (!exists && errno == ENOENT)
        return true;
    if (!exists || !S_ISREG(status.st_mode)) {
        diag_unreadable(diag, path, "%s", exists ? "a database must be a file" : strerror(errno));
        return false;
    }
    database_open(&database, path, SQLITE_OPEN_READWRITE, diag);
    database_look(&database);
    if (!database.failed && sqlite3_db_readonly(database.handle, "main"))
        database_good(&database, SQLITE_READONLY);
    database_quick_check(&database);
    return database_close(&database);
}

/* ---- rows ---- */

/* Rows of one table: values are given column by column, the run is the first of each. */
struct rows {
    struct database *database;
    sqlite3_stmt *statement; /* null: it could not be prepared */
    int column;
};

static struct rows rows_begin(struct database *database, const char *sql, int64_t run)
{
    struct rows rows = {.database = database, .column = 1};
    if (!database->failed)
        database_good(database,
                      sqlite3_prepare_v2(database->handle, sql, -1, &rows.statement, NULL));
    if (rows.statement)
        database_good(database, sqlite3_bind_int64(rows.statement, 1, run));
    return rows;
}

static void rows_text_of(struct rows *rows, const char *text, size_t length)
{
    rows->column++;
    if (!rows->database->failed)
        database_good(rows->database, sqlite3_bind_text64(rows->statement, rows->column, text,
                                                          length, SQLITE_STATIC, SQLITE_UTF8));
}

static void rows_text(struct rows *rows, const char *text)
{
    rows_text_of(rows, text, text ? strlen(text) : 0);
}

static void rows_number(struct rows *rows, double value)
{
    rows->column++;
    if (!rows->database->failed)
        database_good(rows->database,
                      isfinite(value) ? sqlite3_bind_double(rows->statement, rows->column, value)
                                      : sqlite3_bind_null(rows->statement, rows->column));
}

static void rows_whole(struct rows *rows, uint64_t value)
{
    rows->column++;
    if (!rows->database->failed)
        database_good(rows->database,
                      sqlite3_bind_int64(rows->statement, rows->column, (int64_t)value));
}

static void rows_next(struct rows *rows)
{
    if (!rows->database->failed) {
        database_good(rows->database, sqlite3_step(rows->statement));
        sqlite3_reset(rows->statement);
    }
    rows->column = 1;
}

static void rows_end(struct rows *rows)
{
    sqlite3_finalize(rows->statement);
}

/* ---- tables ---- */

/* Returns the number of the run. */
static int64_t database_add_run(struct database *database, const struct database_run *run)
{
    const struct results *results = run->results;
    const struct results_bottleneck *bottleneck = &results->bottleneck;
    const char *const service =
        bottleneck->known ? results->scenario->services[bottleneck->service].name : NULL;
    struct rows rows = rows_begin(
        database,
        "INSERT INTO run (stored, archsim, seed, replications, duration, warmup, events, wall_time,"
        " confidence, bottleneck_service, bottleneck_resource, events_dropped)"
        " VALUES (strftime('%Y-%m-%dT%H:%M:%SZ', ?, 'unixepoch'), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        run->stored_s);
    rows_text(&rows, ARCHSIM_VERSION);
    rows_whole(&rows, results->scenario->seed);
    rows_whole(&rows, results->replications);
    rows_number(&rows, (double)results->scenario->duration_ns / 1e9);
    rows_number(&rows, results->warmup_s);
    rows_whole(&rows, results->simulated);
    rows_number(&rows, results->wall_time_s);
    rows_number(&rows, results->confidence);
    rows_text(&rows, service);
    rows_text(&rows, bottleneck->known ? bottleneck->resource : NULL);
    rows_whole(&rows, results->events_dropped);
    rows_next(&rows);
    rows_end(&rows);
    return database->failed ? 0 : sqlite3_last_insert_rowid(database->handle);
}

static void database_add_scenario(struct database *database, const struct database_run *run,
                                  int64_t number)
{
    const struct scenario *scenario = run->results->scenario;
    struct rows rows = rows_begin(database,
                                  "INSERT INTO scenario (run, name, file, fingerprint, region,"
                                  " text) VALUES (?, ?, ?, ?, ?, ?)",
                                  number);
    rows_text(&rows, scenario->name);
    rows_text(&rows, scenario->file);
    rows_text(&rows, scenario->fingerprint);
    rows_text(&rows, scenario->region);
    rows_text_of(&rows, scenario->text ? scenario->text : "", scenario->text_size);
    rows_next(&rows);
    rows_end(&rows);
    rows =
        rows_begin(database, "INSERT INTO override (run, position, text) VALUES (?, ?, ?)", number);
    for (uint32_t i = 0; i < run->overrides_count; i++) {
        rows_whole(&rows, i);
        rows_text(&rows, run->overrides[i]);
        rows_next(&rows);
    }
    rows_end(&rows);
}

static void database_add_metrics(struct database *database, const struct results *results,
                                 int64_t run)
{
    struct rows rows = rows_begin(database,
                                  "INSERT INTO metric (run, path, value, low, high)"
                                  " VALUES (?, ?, ?, ?, ?)",
                                  run);
    for (uint32_t i = 0; i < number_count(results); i++) {
        const struct number number = number_at(results, i, &database->arena);
        const bool known = isfinite(number.estimate.value);
        rows_text(&rows, number.path);
        rows_number(&rows, number.estimate.value);
        rows_number(&rows, known ? number.estimate.low : NAN);
        rows_number(&rows, known ? number.estimate.high : NAN);
        rows_next(&rows);
    }
    rows_end(&rows);
}

static void database_add_series(struct database *database, const struct results *results,
                                int64_t run)
{
    struct rows rows = rows_begin(
        database, "INSERT INTO series (run, path, time, value) VALUES (?, ?, ?, ?)", run);
    for (uint32_t i = 0; i < results->series_count; i++) {
        const struct results_series *series = &results->series[i];
        for (uint32_t k = 0; k < series->count; k++) {
            rows_text(&rows, series->path);
            rows_number(&rows, series->start_s + k * series->step_s);
            rows_number(&rows, series->values[k]);
            rows_next(&rows);
        }
    }
    rows_end(&rows);
}

static void database_add_histograms(struct database *database, const struct results *results,
                                    int64_t run)
{
    struct rows rows = rows_begin(database,
                                  "INSERT INTO histogram (run, path, low, high, count)"
                                  " VALUES (?, ?, ?, ?, ?)",
                                  run);
    for (uint32_t i = 0; i < results->histograms_count; i++) {
        const struct results_histogram *histogram = &results->histograms[i];
        for (uint32_t k = 0; k < histogram->count; k++) {
            rows_text(&rows, histogram->path);
            rows_number(&rows, histogram->low_s[k]);
            rows_number(&rows, histogram->high_s[k]);
            rows_whole(&rows, histogram->counts[k]);
            rows_next(&rows);
        }
    }
    rows_end(&rows);
}

static void database_add_slo(struct database *database, const struct results *results, int64_t run)
{
    struct rows rows = rows_begin(database,
                                  "INSERT INTO slo (run, position, text, path, value, low, high,"
                                  " \"limit\", verdict, reason, severity, at_load, why)"
                                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                  run);
    for (uint32_t i = 0; i < results->scenario->promises_count; i++) {
        const struct promise *promise = &results->scenario->promises[i];
        const struct verdict *verdict = &results->verdicts[i];
        rows_whole(&rows, i);
        rows_text(&rows, promise->text);
        rows_text(&rows, promise->path);
        rows_number(&rows, verdict->estimate.value);
        rows_number(&rows, verdict->estimate.low);
        rows_number(&rows, verdict->estimate.high);
        rows_number(&rows, promise->limit);
        rows_text(&rows, verdict_names[verdict->kind]);
        rows_text(&rows, verdict->reason);
        rows_text(&rows, promise->warning ? "warning" : "error");
        rows_number(&rows, promise->at_load);
        rows_text(&rows, promise->why);
        rows_next(&rows);
    }
    rows_end(&rows);
}

static void database_add_events(struct database *database, const struct results *results,
                                int64_t run)
{
    struct rows rows = rows_begin(database,
                                  "INSERT INTO event (run, position, replication, time, until,"
                                  " service, kind, metric, value, threshold, \"from\", \"to\","
                                  " delay, count, text)"
                                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                  run);
    for (uint32_t i = 0; i < results->events_count; i++) {
        const struct results_event *event = &results->events[i];
        rows_whole(&rows, i);
        rows_whole(&rows, event->replication);
        rows_number(&rows, event->time_s);
        rows_number(&rows, event->until_s);
        rows_text(&rows, event->service);
        rows_text(&rows, event->kind);
        rows_text(&rows, event->metric);
        rows_number(&rows, event->value);
        rows_number(&rows, event->threshold);
        rows_number(&rows, event->from);
        rows_number(&rows, event->to);
        rows_number(&rows, event->delay_s);
        if (event->count > 0)
            rows_whole(&rows, event->count);
        else
            rows_text(&rows, NULL);
        rows_text(&rows, event->text);
        rows_next(&rows);
    }
    rows_end(&rows);
}

static void database_add_warnings(struct database *database, const struct results *results,
                                  int64_t run)
{
    struct rows rows = rows_begin(database,
                                  "INSERT INTO warning (run, position, code, path, text)"
                                  " VALUES (?, ?, ?, ?, ?)",
                                  run);
    for (uint32_t i = 0; i < results->warnings_count; i++) {
        rows_whole(&rows, i);
        rows_text(&rows, results->warnings[i].code);
        rows_text(&rows, results->warnings[i].path);
        rows_text(&rows, results->warnings[i].text);
        rows_next(&rows);
    }
    rows_end(&rows);
}

bool database_append(const char *path, const struct database_run *run, struct diag *diag)
{
    struct database database;
    database_open(&database, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, diag);
    database_look(&database);
    if (!database.failed && database_use_wal(&database) &&
        database_run_sql(&database, "BEGIN IMMEDIATE")) {
        database_make(&database);
        const int64_t number = database_add_run(&database, run);
        database_add_scenario(&database, run, number);
        database_add_metrics(&database, run->results, number);
        database_add_series(&database, run->results, number);
        database_add_histograms(&database, run->results, number);
        database_add_slo(&database, run->results, number);
        database_add_events(&database, run->results, number);
        database_add_warnings(&database, run->results, number);
        database_run_sql(&database, "COMMIT"); /* else closing rolls back */
    }
    return database_close(&database);
}
