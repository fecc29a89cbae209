/* trace_read: what a replay asks for. The file itself is read while the run goes on. */
#include "sim/scenario/loader.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Exists and may be read; it is opened when the run begins, so that a pipe is opened once. */
static bool trace_reachable(struct loader *loader, const struct node *node, const char *path)
{
    struct stat status;
    const char *why = NULL;
    if (stat(path, &status) != 0 || access(path, R_OK) != 0)
        why = strerror(errno);
    else if (S_ISDIR(status.st_mode))
        why = "it is a directory";
    if (why != NULL)
        bind_unreadable(&loader->binder, node, "the trace", why);
    return why == NULL;
}

bool trace_read(struct loader *loader, struct node *node, const char *path,
                struct trace_spec *trace)
{
    static const struct room *const rooms[] = {&trace_room};
    const struct binder *binder = &loader->binder;
    struct trace_keys keys;
    if (!bind_kind(binder, node, NODE_MAP, "'trace'", "a map such as {file: trace.csv, scale: 5}"))
        return false;
    bool good = bind_rows(binder, &trace_room, node, path, &keys);
    good = bind_keys(binder, node, path, rooms, 1) && good;
    static const char *const counted[] = {"scale", "interval"};
    for (uint32_t i = 0; i < 2 && keys.format == 1; i++) {
        const struct node *key = bind_find(node, counted[i]);
        if (key == NULL)
            continue;
        diag_error(binder->diag, bind_key_place(key),
                   "'%s' is for format: counts; exact instants are replayed as they are",
                   counted[i]);
        good = false;
    }
    if (keys.file_text == NULL)
        return false;
    *trace = (struct trace_spec){.path = loader_path(loader, keys.file_text),
                                 .arrivals = keys.format == 1,
                                 .interval_ns = keys.interval_ns > 0 ? keys.interval_ns : 0,
                                 .column = keys.column_text,
                                 .scale = keys.scale,
                                 .speed = keys.speed,
                                 .from_ns = keys.from_ns,
                                 .for_ns = keys.for_ns > 0 ? keys.for_ns : TIME_NONE,
                                 .repeat = keys.repeat,
                                 .place = node->place};
    return trace_reachable(loader, bind_find(node, "file"), trace->path) && good;
}
