/* waves: how long a job of many even tasks takes on executors with some cores each, as Spark runs
 * it. Files are packed into tasks of a split, each file with what it costs to open it on top; a
 * core works one task at a time, so that the tasks go in waves, and the last ends with the slowest:
 *   time = work / tasks x (ceil(tasks / (executors x cores)) - 1 + skew).
 * Worked: 10 tasks of 8 s on 2 executors of 2 cores: 3 waves, 24 s; on 3: 2 waves, 16 s; on 5 or
 * more: 8 s, since 10 tasks fill no more than 5. */
#ifndef ARCHSIM_BLOCKS_WAVES_H
#define ARCHSIM_BLOCKS_WAVES_H

#include <stdbool.h>
#include <stdint.h>

struct waves_rules {
    double file_bytes, split_bytes; /* > 0 */
    double open_bytes;              /* that a file counts as more */
    double rate_bytes_per_s;        /* of a core */
    double file_ns;                 /* to open a file */
    double skew;                    /* the slowest task takes so many times the others' */
    int64_t cores;                  /* of an executor */
    int64_t executors_most;
    bool fitted; /* no more executors than the tasks fill */
};

struct waves {
    int64_t tasks;
    int64_t needed;    /* executors that they fill; at least 1 */
    int64_t executors; /* that it has */
    double time_ns;
};

struct waves waves_plan(const struct waves_rules *rules, double bytes);

#endif
