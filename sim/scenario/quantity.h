/* quantity: numbers with units, and distributions of them, as users write them; one parser for
 * scenario values, defaults and ranges in tables, promises and options. No locale, no strtod
 * quirks. The base units inside: ns, 1/s, bytes, bytes/s, ratio, USD, count. */
#ifndef ARCHSIM_SCENARIO_QUANTITY_H
#define ARCHSIM_SCENARIO_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/distribution.h"

enum quantity {
    QUANTITY_TIME,       /* int64 ns inside, s in results; at most 100 y */
    QUANTITY_RATE,       /* 1/s */
    QUANTITY_SIZE,       /* bytes */
    QUANTITY_THROUGHPUT, /* bytes/s */
    QUANTITY_RATIO,      /* 1; "99.99%" or "0.9999" */
    QUANTITY_MONEY,      /* USD */
    QUANTITY_COUNT,      /* bare, with k or M */
    QUANTITY_CAPACITY,   /* count with a noun: "0.5 ACU", "2 vCPU"; the noun is the parameter's */
};

/* What was wrong, for the caller to report at its place: a sentence such as
 * "a time needs a unit: 3s, 3ms or 3m?", in the caller's buffer. */
struct quantity_error {
    char text[256];
    uint32_t offset; /* in characters of the text, where it went wrong */
    bool unreadable; /* the file of an empirical() could not be read: exit code 4 */
};

/* `unit` is the noun of a CAPACITY ("ACU"), else null. The value is in the inside unit (times:
 * ns, exact up to 2^53, else the nearest). False and *error on anything but one whole quantity. */
bool quantity_parse(const char *text, enum quantity kind, const char *unit, double *value,
                    struct quantity_error *error);
/* Times exactly, as whole nanoseconds ("1h30m", "2.5us"); a fraction of a nanosecond is an
 * error. */
bool quantity_parse_time(const char *text, int64_t *ns, struct quantity_error *error);
/* "1k" -> 1000; whole numbers only. */
bool quantity_parse_whole(const char *text, int64_t *value, struct quantity_error *error);

/* Shortest form that a person reads: "12 ms", "1h 30m", "2 GiB", "99.95 %", "12.3k/s" (three
 * digits). */
const char *quantity_format(char *buffer, size_t size, double value, enum quantity kind,
                            const char *unit);
/* "a time such as 20ms", "a ratio such as 5% or 0.05", ... */
const char *quantity_expectation(enum quantity kind);

/* The i-th unit of a kind as users write it ("" for none, where that is allowed); null beyond
 * the last and for CAPACITY, whose unit is the parameter's. For the JSON Schema. */
const char *quantity_unit_name(enum quantity kind, uint32_t i);
/* The i-th form of a distribution: its name (forms may share one) and how it is written; null
 * beyond. */
const char *quantity_distribution_name(uint32_t i, const char **usage);

/* A distribution whose values are of that kind: a constant, or NAME(arguments). An argument may
 * have a blank before its unit, `exponential(12 ms)`; times of several parts are written without
 * one, 1h30m. `empirical(file)` reads the first column of a CSV relative to `directory`:
 * quantities with their units, or bare numbers whose unit ends the name in the header line
 * (latency_ms); at most 10 million. Arrays live in the arena. A mean that does not exist is
 * refused; *heavy_tail tells pareto shape <= 2 and lognormal cv > 5. */
struct distribution_request {
    enum quantity kind;
    const char *unit;      /* CAPACITY only */
    const char *directory; /* of the scenario file, for empirical() */
    bool shape_only; /* `lognormal(cv=2)`: a mean left out is 1 of the base unit (scaled later) */
};
bool quantity_parse_distribution(const char *text, const struct distribution_request *request,
                                 struct arena *arena, struct distribution *distribution,
                                 bool *heavy_tail, struct quantity_error *error);

#endif
