/* aurora_serverless_log: what the log tells of Aurora's scaling, by role: swings of capacity,
 * pauses and resumptions, each of several instances together. */
#ifndef ARCHSIM_MODELS_AURORA_SERVERLESS_LOG_H
#define ARCHSIM_MODELS_AURORA_SERVERLESS_LOG_H

#include "models/aurora_serverless_tables.h"

#include <stdlib.h>

#include "sim/blocks/elastic.h"
#include "sim/blocks/swings.h"

/* What the log tells together: swings of less than 2 ACUs, or of less than two fifths. */
static const struct swings_rules aurora_swings = {
    .small = 2, .small_ratio = 0.4, .gap_ns = INT64_C(1800000000000)};
static const char *const aurora_roles[DATABASE_ROLES] = {"writer", "reader"};

struct aurora_log {
    const struct elastic *elastic;
    struct swings swings[DATABASE_ROLES];
    struct log_entry *resumes[DATABASE_ROLES]; /* the last; null: none */
};

/* What the instances of a role did in the last look. */
struct aurora_step {
    const struct elastic_instance *most; /* whose capacity changed most */
    double from, to;                     /* ACUs, in the mean */
};

/* What use was compared with. */
static inline double aurora_threshold(const struct aurora_params *p, bool up, bool by_cpu)
{
    if (p->version == AURORA_V2) {
        return up ? p->scale_up.target_ratio : p->scale_down.below_ratio;
    }
    return up       ? by_cpu ? p->v1.up_cpu_ratio : p->v1.up_connections_ratio
           : by_cpu ? p->v1.down_cpu_ratio
                    : p->v1.down_connections_ratio;
}

static inline void aurora_log_step(struct world *w, struct service *s, struct aurora_log *log,
                                   enum database_role role, const struct aurora_step *step)
{
    const struct aurora_params *p = s->params;
    struct swings *swings = &log->swings[role];
    const struct elastic_instance *instance = step->most;
    const bool up = step->to > step->from;
    const bool v1 = p->version == AURORA_V1;
    const double target = v1 ? p->v1.up_cpu_ratio : p->scale_up.target_ratio;
    const bool by_cpu = instance->processors_use >= instance->memory_use ||
                        (up && instance->processors_use > target);
    const enum aurora_metric by = by_cpu ? AURORA_PRESENT_CPU
                                  : v1   ? AURORA_CONNECTIONS
                                         : AURORA_PRESENT_MEMORY;
    const bool all = role == DATABASE_WRITER && aurora_follow(p);
    if (!swings_step(swings, &aurora_swings, core_now(s->core), step->from, step->to)) {
        return;
    }
    const struct log_entry entry = {
        .kind = up ? LOG_SCALE_OUT : LOG_SCALE_IN,
        .metric = aurora_metrics[by].name,
        .value = by_cpu ? instance->processors_use : instance->memory_use,
        .threshold = aurora_threshold(p, up, by_cpu),
        .from = swings->from,
        .to = step->to,
        .count = all                       ? log->elastic->setup.instances_count
                 : role == DATABASE_READER ? log->elastic->setup.instances_count - 1
                                           : 1,
        .text = aurora_roles[role],
    };
    swings_tell(swings, service_log(w, s, &entry));
}

static inline void aurora_log_steps(struct world *w, struct service *s, struct aurora_log *log,
                                    enum database_role role)
{
    const uint32_t first = role == DATABASE_WRITER ? 0 : 1;
    const uint32_t end = role == DATABASE_WRITER ? 1 : log->elastic->setup.instances_count;
    const struct elastic_instance *most[2] = {NULL}; /* who went down, or up, most */
    int64_t changes[2] = {0};
    struct aurora_step step = {0};
    for (uint32_t i = first; i < end; i++) {
        const struct elastic_instance *instance = &log->elastic->instances[i];
        const int64_t before = instance->steps_before, after = instance->steps.value;
        const bool up = after > before;
        if (!elastic_awake(log->elastic, i)) {
            continue;
        }
        step.from += aurora_acu(before) / (end - first);
        step.to += aurora_acu(after) / (end - first);
        if (llabs(after - before) > changes[up] && !instance->along) {
            changes[up] = llabs(after - before);
            most[up] = instance;
        }
    }
    step.most = most[step.to > step.from];
    if (step.most != NULL && step.to != step.from) {
        aurora_log_step(w, s, log, role, &step);
    }
}

/* Groups of a role that the last look has put to sleep. */
static inline void aurora_log_pauses(struct world *w, struct service *s, struct aurora_log *log,
                                     enum database_role role)
{
    uint64_t count = 0;
    double from = 0;
    for (uint32_t i = 0; i < log->elastic->setup.instances_count; i++) {
        const struct elastic_instance *instance = &log->elastic->instances[i];
        const struct elastic_group *group = &log->elastic->groups[instance->group];
        if (group->phase == ELASTIC_PAUSED && group->since_ns == core_now(s->core) &&
            database_role(instance->group) == role) {
            from += aurora_acu(instance->steps_before);
            count++;
        }
    }
    if (count == 0) {
        return;
    }
    log->swings[role] = (struct swings){0};
    service_log(w, s,
                &(struct log_entry){.kind = LOG_PAUSE,
                                    .metric = "database_connections",
                                    .threshold = NAN,
                                    .from = from / (double)count,
                                    .count = count,
                                    .text = aurora_roles[role]});
}

static inline void aurora_log_look(struct world *w, struct service *s, struct aurora_log *log)
{
    for (enum database_role role = 0; role < DATABASE_ROLES; role++) {
        aurora_log_pauses(w, s, log, role);
        aurora_log_steps(w, s, log, role);
    }
}

/* Those that wake while others of their role still do are told with them. */
static inline void aurora_log_resume(struct world *w, struct service *s, struct aurora_log *log,
                                     uint32_t index, int64_t delay_ns)
{
    const struct elastic *elastic = log->elastic;
    const uint32_t count = elastic->groups[elastic->instances[index].group].count;
    const enum database_role role = database_role(elastic->instances[index].group);
    const int64_t now_ns = core_now(s->core), until_ns = now_ns + delay_ns;
    struct log_entry *entry = log->resumes[role];
    if (entry != NULL && now_ns <= entry->until_ns) {
        entry->count += count;
        entry->until_ns = until_ns > entry->until_ns ? until_ns : entry->until_ns;
        return;
    }
    entry = service_log(w, s,
                        &(struct log_entry){
                            .kind = LOG_RESUME,
                            .metric = "database_connections",
                            .value = 1,
                            .to = aurora_acu(elastic_steps_after(elastic, index)),
                            .delay_ns = delay_ns,
                            .count = count,
                            .text = aurora_roles[role],
                        });
    entry->until_ns = until_ns;
    log->resumes[role] = entry;
}

#endif
