/* number: how numbers stand in reports. For machines in base units, as the shortest decimal that
 * reads back as the same double; for people with three digits and a unit. And the list of all
 * numbers that results have, so that CSV and the database agree on it: the metrics of the scenario,
 * then what was worked out of all replications together (bottleneck, worst five minutes). */
#ifndef ARCHSIM_REPORTS_NUMBER_H
#define ARCHSIM_REPORTS_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/engine/results.h"

/* "s", "1/s", "B", "B/s", "USD"; "1" for counts and ratios. */
const char *number_unit(enum quantity unit);
/* A finite number. */
void number_write(double value, FILE *stream);

/* "182 ms", "99.2 %", "-" without data. Buffers of NUMBER_SIZE are large enough. */
enum { NUMBER_SIZE = 96 };
const char *number_text(char *buffer, size_t size, double value, enum quantity unit);
/* "182 ms +- 3.1 ms", "99.2 % (99.1 % .. 99.3 %)" where the interval is lopsided. */
const char *number_estimate(char *buffer, size_t size, struct interval estimate, enum quantity unit,
                            bool unicode);
/* A time of a scenario that lasts span_s: "00:12:05", "12:05" beyond two hours, "3d 12:05" beyond a
 * day; before its beginning with a minus. */
const char *number_clock(char *buffer, size_t size, double time_s, double span_s);

struct number {
    const char *path;
    enum quantity unit;
    struct interval estimate; /* NaN: no data */
};
uint32_t number_count(const struct results *results);
/* The i-th; its path may be made in the arena. */
struct number number_at(const struct results *results, uint32_t i, struct arena *arena);

#endif
