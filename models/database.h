/* database: what the relational databases share: the operations, and where each goes; and the rows
 * of the pages that calls touch. */
#ifndef ARCHSIM_MODELS_DATABASE_H
#define ARCHSIM_MODELS_DATABASE_H

#include <string.h>

#include "sim/scenario/param.h"

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

#endif
