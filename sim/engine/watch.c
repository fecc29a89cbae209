/* watch: what services see of others from beside: readings of a service that is watched, and the
 * commands of an administrator. */
#include <math.h>
#include <string.h>

#include "sim/engine/world.h"

/* A sum since the mark, which moves on. */
static double watch_sum(struct reading_mark *mark, double sum)
{
    const double since = sum - mark->sum;
    mark->sum = sum;
    return since;
}

/* The mean level since the mark. Gauges begin anew with the window. */
static double watch_mean(const struct world *w, struct reading_mark *mark,
                         const struct gauge *gauge)
{
    const int64_t now_ns = core_now(&w->core);
    const bool reset = mark->time_ns < w->origin_ns && now_ns >= w->origin_ns;
    const int64_t from_ns = reset ? w->origin_ns : mark->time_ns;
    if (reset) {
        mark->sum = 0;
    }
    const double area_s = watch_sum(mark, gauge_area_s(gauge, now_ns));
    return now_ns > from_ns ? area_s * 1e9 / (double)(now_ns - from_ns) : (double)gauge->value;
}

/* Of the mean busy capacity; what is there is taken as it is now. */
static double watch_utilization(const struct world *w, struct reading_mark *mark,
                                const struct load *load)
{
    const double busy = watch_mean(w, mark, &load->busy);
    return load->capacity.value > 0 ? busy / (double)load->capacity.value : (double)NAN;
}

static double watch_latency(const struct watch *watch, struct reading_mark *mark)
{
    const uint64_t count = watch->ended[OUTCOME_OK] - mark->count;
    mark->count = watch->ended[OUTCOME_OK];
    const double sum_ns = watch_sum(mark, watch->latency_ns);
    return count > 0 ? sum_ns / (double)count : (double)NAN;
}

static double watch_errors(const struct watch *watch)
{
    double sum = 0;
    for (int outcome = OUTCOME_OK + 1; outcome < OUTCOME_COUNT; outcome++) {
        sum += (double)watch->ended[outcome];
    }
    return sum;
}

double service_read(struct world *w, const struct reading *reading, struct reading_mark *mark)
{
    struct service *s = &w->services[reading->service];
    const struct watch *watch = s->watch;
    double value = NAN;
    switch (reading->what) {
    case READING_CALLS:
        value = watch_sum(mark, (double)watch->calls);
        break;
    case READING_ERRORS:
        value = watch_sum(mark, watch_errors(watch));
        break;
    case READING_THROTTLED:
        value = watch_sum(mark, (double)watch->ended[OUTCOME_THROTTLED]);
        break;
    case READING_LATENCY:
        value = watch_latency(watch, mark);
        break;
    case READING_UTILIZATION:
        value = watch_utilization(w, mark, &s->load);
        break;
    case READING_QUEUE:
        value = watch_mean(w, mark, &s->load.queue);
        break;
    case READING_IN_FLIGHT:
        value = watch_mean(w, mark, &s->load.in_flight);
        break;
    default:
        value = s->model->level(w, s, reading->what - (uint32_t)READING_OWN);
        break;
    }
    mark->time_ns = core_now(&w->core);
    return value;
}

void service_commit(struct world *w, struct service *s, const struct frame *f)
{
    s->changes.writes++;
    s->changes.unsized += !(f->flags & FRAME_SIZED);
    s->changes.bytes += (uint64_t)call_size(w, f);
}

const struct changes *service_changes(const struct world *w, uint16_t service)
{
    return &w->services[service].changes;
}

const char *service_type(const struct world *w, uint16_t service)
{
    return w->scenario->services[service].type->name; /* also before that one has started */
}

bool service_control(struct world *w, uint16_t service, const char *control, double value)
{
    struct service *s = &w->services[service];
    const char *const *controls = s->model->info.controls;
    for (uint32_t i = 0; controls[i] != NULL; i++) {
        if (strcmp(controls[i], control) == 0) {
            return s->model->control(w, s, i, value);
        }
    }
    return false;
}

uint8_t edge_zones(const struct world *w, uint16_t edge)
{
    return w->scenario->services[w->scenario->edges[edge].service].zones_mask;
}

uint16_t edge_callee(const struct world *w, uint16_t edge)
{
    return w->scenario->edges[edge].service;
}
