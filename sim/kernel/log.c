#include "sim/kernel/log.h"

const char *const log_kind_names[LOG_KINDS] = {
    [LOG_SCALE_OUT] = "scale_out", [LOG_SCALE_IN] = "scale_in",     [LOG_PAUSE] = "pause",
    [LOG_RESUME] = "resume",       [LOG_THROTTLING] = "throttling", [LOG_UNHEALTHY] = "unhealthy",
    [LOG_HEALTHY] = "healthy",     [LOG_ALARM] = "alarm",           [LOG_ALARM_OVER] = "alarm_over",
    [LOG_COMMAND] = "command",
};

void log_init(struct log *log, struct arena *arena, uint32_t services_count, uint32_t entries_max)
{
    *log = (struct log){
        .left = entries_max,
        .kept = arena_array(arena, services_count, sizeof(*log->kept)),
        .arena = arena,
    };
}

struct log_entry *log_add(struct log *log, uint16_t service, const struct log_entry *entry)
{
    if (log->kept[service] == LOG_ENTRIES_MAX || log->left == 0) {
        log->dropped++;
        log->spare = *entry;
        return &log->spare;
    }
    log->kept[service]++;
    log->left--;
    struct log_entry *kept = arena_alloc(log->arena, sizeof(*kept));
    *kept = *entry;
    kept->service = service;
    kept->next = NULL;
    if (log->last != NULL) {
        log->last->next = kept;
    } else {
        log->first = kept;
    }
    log->last = kept;
    return kept;
}
