/* loader: what the parts of loading share while a scenario is made from its document. Order:
 * top-level keys, services (types, parameters, operations by name), wiring (who may call whom),
 * programs of steps, traffic, faults, metrics, promises. Every part reports all it finds and goes
 * on; what depends on something that was wrong already stays silent, so that one mistake is one
 * message. */
#ifndef ARCHSIM_SCENARIO_LOADER_H
#define ARCHSIM_SCENARIO_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/bind.h"
#include "sim/scenario/language.h"
#include "sim/scenario/metrics.h"
#include "sim/scenario/scenario.h"

enum {
    LOADER_SERVICES_MAX = 10000,
    LOADER_TRAFFIC_MAX = 10000,
    LOADER_OPERATIONS_MAX = 256, /* of one service: named by 8 bits in a frame */
    LOADER_INDEX_MAX = 0xfff0,   /* edges, steps: named by 16 bits */
};

/* A row of a service's type, or of an item of one of its lists, that stands in the file. */
struct row_place {
    const struct param *row;
    struct node *node;
    void *out; /* the struct with its field */
};

/* One that a type calls by itself, as written. */
struct target_draft {
    const struct param *row;
    void *out;               /* the struct with its field */
    const struct node *node; /* the scalar with the name */
    const char *operation;   /* null: none was named */
    uint16_t service;
    uint32_t copies; /* 0: a plain name */
};

/* A callee to which calls go via a service. */
struct path_draft {
    const struct node *callee;
    struct path_draft *next;
};

/* A service while it is read. */
struct service_draft {
    struct node *node;
    struct scenario_service *service;
    struct service_keys keys;
    struct operation_keys *operations; /* in the order of service->operations; null: unknown */
    void *params;                      /* service->params, while they may change */
    struct target_draft *targets;
    uint32_t targets_count;
    struct path_draft *paths; /* its operations are these */
    uint32_t paths_count;
    uint32_t steps_first, steps_end; /* its programs */
    bool broken;                     /* wrong in itself: others do not complain about it */
    bool called;
    bool passes; /* its operations are those of its targets */
    bool passes_known, passes_entered;
};

/* Whom a name in the document means. */
struct loader_target {
    uint16_t service, operation;
};

struct loader {
    struct binder binder;
    struct scenario *scenario;
    const struct load_request *request;
    struct scenario_keys keys;
    struct scenario_service *services; /* scenario->services, while they may change */
    struct scenario_traffic *traffic;
    struct service_draft *drafts;
    const char **service_names; /* in order */
    uint32_t *services_sorted;  /* indexes by name */
    /* growing, on the heap until load.c moves them to the arena */
    struct edge *edges;
    struct place *edge_places; /* where each was first written */
    struct step *steps;
    uint32_t edges_count, edges_capacity, steps_count, steps_capacity;
    bool edges_overflow, steps_overflow; /* told once */
    uint16_t caller;                     /* of the program or traffic that is being read */
    uint32_t edges_first;                /* of that caller */
    struct arrangement **arrangements_end;
    int64_t timeout_ns_longest; /* of all calls; -1: none has one */
};

/* services.c: fills drafts and services; false if there are none to go on with. */
bool services_read(struct loader *loader);
/* The rules between consumers and their sources, whose targets are bound. */
void services_check_sources(struct loader *loader);
/* What the types say about all their services together. */
void services_check_together(struct loader *loader);
/* The index of a service, or SERVICE_NONE. */
uint16_t services_find(const struct loader *loader, const char *name, size_t length);
/* The index of a zone's letter, or -1 with an error. */
int services_zone(const struct loader *loader, const struct node *node);

/* quotas.c: those of all types */
void quotas_read(struct loader *loader);

/* wiring.c: all of them report at the node, and stay silent about a service that is broken. */
/* The service of `SERVICE` or `SERVICE.OPERATION`, and the operation's name or null. */
bool wiring_split(struct loader *loader, const struct node *node, uint16_t *service,
                  const char **operation);
bool wiring_operation(struct loader *loader, const struct node *node, uint16_t service,
                      const char *name, uint16_t *operation);
/* True if the service may be called without naming an operation. */
bool wiring_bare(struct loader *loader, const struct node *node, uint16_t service);
/* All of the above, as a call needs it. */
bool wiring_call(struct loader *loader, const struct node *node, struct loader_target *target);
/* The edge of the present caller to that target; made if new. */
uint16_t wiring_edge(struct loader *loader, const struct loader_target *target, struct place place);
/* Edges from now on are this caller's. */
void wiring_begin(struct loader *loader, uint16_t caller);

/* watches.c: the services that types name without calling them. */
void watches_read(struct loader *loader);
/* Calls `visit` for each row of the type that stands in the file, in the order of the rows; of a
 * list item by item. */
void rows_visit(struct loader *loader, struct service_draft *draft,
                void (*visit)(struct loader *loader, struct service_draft *draft,
                              const struct row_place *place));

/* paths.c: the operations of services that calls go `via`, once all services are read. */
void paths_read(struct loader *loader);
/* As wiring_call, for a call that goes via a service; `via` may be null. */
bool paths_target(struct loader *loader, const struct node *callee, const struct node *via,
                  struct loader_target *target);
/* What networks, and who is called, forbid, once all edges are known. */
void paths_forbid(struct loader *loader);

/* targets.c: the services that types call by themselves: balanced copies, forwarded operations. */
void targets_read(struct loader *loader);
/* The edges of service i's own targets, and to those that it feeds. */
void targets_edges(struct loader *loader, uint32_t i);

/* steps.c: the programs of service i's operations. */
void steps_compile(struct loader *loader, uint32_t i);
/* options.c: the options that a map carries, from the tables that apply there. */
bool options_read(struct loader *loader, struct node *map, const char *path,
                  const struct room *const *rooms, uint32_t rooms_count,
                  struct call_options *options);

/* cycles.c: calls that can never end because every path calls again. */
void cycles_check(struct loader *loader);

/* traffic.c */
void traffic_read(struct loader *loader);
/* arrivals_read.c, shape_read.c, trace_read.c: what the keys of one traffic say about its arrivals;
 * `path` is the traffic's, but for trace_read the trace's. */
bool rate_read(struct loader *loader, struct node *node, struct scenario_traffic *traffic);
bool arrivals_read(struct loader *loader, struct node *node, const char *path,
                   struct scenario_traffic *traffic);
bool shape_read(struct loader *loader, struct node *node, const char *path,
                struct scenario_traffic *traffic);
bool trace_read(struct loader *loader, struct node *node, const char *path,
                struct trace_spec *trace);
/* faults.c: checks them, and refuses them until they can be simulated. */
void faults_read(struct loader *loader);
/* slo.c: needs scenario->metrics. */
void slo_read(struct loader *loader);

/* If the key of the row stands in the map and lets more in than its default, or it has no default:
 * it must be arranged. */
void loader_arrange(struct loader *loader, const char *path, struct node *map,
                    const struct param *row);
/* A path of the document, in the scenario's arena: relative ones begin at the scenario file. */
const char *loader_path(const struct loader *loader, const char *text);

#endif
