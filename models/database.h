/* database: what the relational databases share: the operations, and where each goes; the rows of
 * the pages that calls touch; what is counted of calls; and a writer that fails and comes back.
 * While it is away, calls of it are `unavailable`; those that come through an RDS Proxy only for a
 * part of that time, as a proxy does not wait for names to change. */
#ifndef ARCHSIM_MODELS_DATABASE_H
#define ARCHSIM_MODELS_DATABASE_H

#include "models/model.h"

#include <math.h>
#include <string.h>

#include "sim/blocks/buffer.h"
#include "sim/blocks/host.h"

enum database_buffer { BUFFER_WARM, BUFFER_COLD }; /* buffer_at_start */

#define DATABASE_ROWS                                                                              \
    SIZE(working_set, "2 GiB", "1MiB..128TiB", "pages that the calls ask for, by page_skew",       \
         ASSUMED("your data: the part that is in use")),                                           \
        NUMBER(                                                                                    \
            page_skew, "0.8", "0..3", NULL,                                                        \
            "exponent of the Zipf law of pages; 0.8: a fifth of them gets 72 % of the requests",   \
            ESTIMATED("TPC-C: 75 % to a fifth of the stock's pages, Leutenegger and Dias, SIGMOD " \
                      "1993; recalled")),                                                          \
        COUNT_DIST(                                                                                \
            pages, "4", "0..1M", "pages that a call touches, one after the other",                 \
            ASSUMED("a row through an index of three levels; your queries may touch far more")),   \
        CHOICE(                                                                                    \
            buffer_at_start, "warm", "warm cold",                                                  \
            "the buffer cache at the start of the run: as full as a long time makes it, or empty", \
            DEFINED("archsim language 1")),                                                        \
        TIME_DIST(query_work, "0.5ms", "0s..1h",                                                   \
                  "time on one vCPU of a call whose operation gives no `work`, or 0s",             \
                  ESTIMATED("a point query from the buffer cache"))

/* In `failover`. */
#define DATABASE_PROXIED_ROW                                                                       \
    RATIO(failover.proxied, "34%", "1%..100%",                                                     \
          "share of a failover after which calls through an rds_proxy reach the new writer",       \
          DOCUMENTED("RDS User Guide, Planning for using RDS Proxy: reduces failover times by up " \
                     "to 66 %; its upper end"))

/* ---- operations ---- */

/* An operation's name, or its part before `_` or `-`, says where it goes. */
enum database_kind { DATABASE_READ, DATABASE_WRITE, DATABASE_QUERY };
static const struct operation_info database_operations[] = {
    [DATABASE_READ] = {"read", "a read at the readers in turn, or the writer where there is none"},
    [DATABASE_WRITE] = {"write", "a write: the writer, and a commit"},
    [DATABASE_QUERY] = {"query", "a read through the cluster endpoint: the writer"},
};

static inline enum database_kind database_kind(const char *name)
{
    for (enum database_kind kind = DATABASE_READ; kind < DATABASE_QUERY; kind++) {
        const size_t length = strlen(database_operations[kind].name);
        if (strncmp(name, database_operations[kind].name, length) == 0 &&
            (name[length] == '\0' || name[length] == '_' || name[length] == '-')) {
            return kind;
        }
    }
    return DATABASE_QUERY;
}

/* By operation of the service. */
static inline enum database_kind *database_kinds(const struct service *s)
{
    enum database_kind *kinds =
        arena_array(s->arena, s->spec->operations_count, sizeof(enum database_kind));
    for (uint32_t i = 0; i < s->spec->operations_count; i++) {
        kinds[i] = database_kind(s->spec->operations[i].name);
    }
    return kinds;
}

/* ---- calls ---- */

enum database_role { DATABASE_WRITER, DATABASE_READER, DATABASE_ROLES };
static inline enum database_role database_role(uint32_t index)
{
    return index == 0 ? DATABASE_WRITER : DATABASE_READER;
}

/* What is counted of the calls of a service; instance 0 is the writer. */
struct database {
    enum database_kind *kinds; /* by operation */
    uint32_t next_reader;
    struct random page_random, work_random;
    struct gauge connections; /* of all instances; in the window */
    int64_t connections_max;
    int64_t clients_most[DATABASE_ROLES]; /* of one instance, in the window so far */
    struct summary commit, select;        /* measured */
    uint64_t pages, misses;               /* measured */
};

static inline void database_start(struct world *w, struct service *s, struct database *database)
{
    database->kinds = database_kinds(s);
    database->page_random = service_random(w, s, "pages");
    database->work_random = service_random(w, s, "query_work");
    summary_init(&database->commit, s->arena);
    summary_init(&database->select, s->arena);
}

static inline void database_window_begins(const struct service *s, struct database *database)
{
    gauge_reset(&database->connections, core_now(s->core));
    memset(database->clients_most, 0, sizeof(database->clients_most));
}

static inline void database_window_ends(const struct service *s, struct database *database)
{
    database->connections_max = gauge_read(&database->connections, core_now(s->core)).max;
}

/* frame.block of an rds_proxy's call: what it has; a connection is + role. */
enum proxy_block { PROXY_OUT, PROXY_WAITING, PROXY_BORROWING };

/* It comes over an RDS Proxy's connection to the writer, whatever its name is. */
static inline bool database_to_writer(const struct world *w, const struct frame *f)
{
    const struct frame *caller = call_waiting(w, f);
    return caller != NULL && caller->block == PROXY_BORROWING + DATABASE_WRITER &&
           strcmp(service_type(w, caller->service), "rds_proxy") == 0;
}

/* Where a call goes, of so many instances, the writer first. */
static inline uint32_t database_choose(const struct world *w, struct database *database,
                                       const struct frame *f, uint32_t count)
{
    if (database->kinds[f->operation] != DATABASE_READ || count == 1 || database_to_writer(w, f)) {
        return 0;
    }
    const uint32_t index = 1 + database->next_reader;
    database->next_reader = (database->next_reader + 1) % (count - 1);
    return index;
}

/* The work of a call whose operation gives none. */
static inline void database_query(struct database *database, const struct service *s,
                                  struct frame *f, const struct distribution *work_ns_dist)
{
    if (s->spec->operations[f->operation].work == NULL) {
        f->work_ns = distribution_draw_int(work_ns_dist, &database->work_random);
    }
}

static inline void database_count_clients(struct database *database, enum database_role role,
                                          int64_t clients)
{
    int64_t *most = &database->clients_most[role];
    *most = clients > *most ? clients : *most;
}

/* Pages that a call touches; returns how many of them are not in the buffer. */
static inline uint32_t database_touch(struct database *database, const struct frame *f,
                                      struct buffer *buffer,
                                      const struct distribution *pages_count_dist)
{
    const uint32_t pages =
        (uint32_t)distribution_draw_int(pages_count_dist, &database->page_random);
    const uint32_t misses = buffer_read(buffer, &database->page_random, pages);
    if (f->flags & FRAME_MEASURED) {
        database->pages += pages;
        database->misses += misses;
    }
    return misses;
}

/* The CPU's part is done: the storage's part, without CPU, the connection held. As `serve`. */
static inline bool database_wait(struct world *w, struct frame *f, int64_t wait_ns)
{
    if (wait_ns == 0) {
        return true;
    }
    f->work_ns = wait_ns;
    call_work(w, f);
    return false;
}

static inline void database_leave(struct world *w, struct service *s, struct database *database,
                                  const struct frame *f)
{
    if (f->answer == OUTCOME_OK && database->kinds[f->operation] == DATABASE_WRITE) {
        service_commit(w, s, f);
    } else if (f->answer == OUTCOME_OK && f->flags & FRAME_MEASURED) {
        summary_add(&database->select, core_now(s->core) - f->start_ns);
    }
    gauge_add(&database->connections, -1, core_now(s->core));
}

/* ---- failures of the writer ---- */

struct database_writer {
    bool down;
    bool promoted;      /* down, but a new one is there, for those who need no name */
    int64_t proxied_ns; /* down: when it may be */
    int64_t failed_ns;
    struct random random;
    uint64_t failovers;   /* measured */
    struct summary times; /* measured: without a writer */
};

/* The slot's timer is when it fails next. */
static inline void database_expect_failure(struct service *s, struct database_writer *writer,
                                           const struct distribution *mtbf_ns_dist, uint32_t slot)
{
    s->load.fallible = true;
    service_timer(s, distribution_draw_int(mtbf_ns_dist, &writer->random), slot);
}

/* mtbf_ns_dist: null: it never fails by itself. */
static inline void database_writer_start(struct world *w, struct service *s,
                                         struct database_writer *writer,
                                         const struct distribution *mtbf_ns_dist, uint32_t slot)
{
    writer->random = service_random(w, s, "failures");
    summary_init(&writer->times, s->arena);
    s->load.up_copies = 1;
    if (mtbf_ns_dist != NULL) {
        database_expect_failure(s, writer, mtbf_ns_dist, slot);
    }
}

static inline void database_log_part(struct world *w, struct service *s, enum log_kind kind,
                                     const char *part, int64_t delay_ns)
{
    service_log(w, s,
                &(struct log_entry){.kind = kind,
                                    .value = NAN,
                                    .threshold = NAN,
                                    .from = NAN,
                                    .to = NAN,
                                    .count = 1,
                                    .delay_ns = delay_ns,
                                    .text = part});
}

/* What an instance does ends with it. */
static inline void database_cut(struct world *w, const struct host *host)
{
    struct frame *f;
    while ((f = host_any(host)) != NULL) {
        call_cut(w, f, OUTCOME_UNAVAILABLE);
    }
}

/* It fails, for delay_ns, and what it does with it; the slot's timer is when it is back. */
static inline void database_fail(struct world *w, struct service *s, struct database_writer *writer,
                                 const struct host *host, int64_t delay_ns, double proxied_ratio,
                                 uint32_t slot)
{
    writer->down = true;
    writer->promoted = false;
    writer->failed_ns = core_now(s->core);
    writer->proxied_ns = writer->failed_ns + llrint((double)delay_ns * proxied_ratio);
    load_up(&s->load, s->core, false);
    service_timer(s, delay_ns, slot);
    database_log_part(w, s, LOG_UNHEALTHY, "writer", delay_ns);
    if (world_measuring(w)) {
        writer->failovers++;
        summary_add(&writer->times, delay_ns);
    }
    database_cut(w, host);
}

/* It is back, for everybody. */
static inline void database_return(struct world *w, struct service *s,
                                   struct database_writer *writer)
{
    writer->down = false;
    load_up(&s->load, s->core, true);
    database_log_part(w, s, LOG_HEALTHY, "writer", 0);
}

/* This call, of a writer that is down, comes through a proxy that has found the new one. */
static inline bool database_proxied(const struct world *w, const struct service *s,
                                    const struct database_writer *writer, const struct frame *f)
{
    if (core_now(s->core) < writer->proxied_ns) {
        return false;
    }
    const struct frame *caller = call_waiting(w, f);
    return caller != NULL && strcmp(service_type(w, caller->service), "rds_proxy") == 0;
}

#endif
