/* s3_bulk: one call that stands for very many requests of an engine (Spark, Athena, Glue): its size
 * in bytes, in requests of `bulk.request` over `bulk.connections` at a time. Each slice of a second
 * it asks the partitions for the tokens of what its connections can do in that time, evenly; what
 * they refuse (503) is asked for again in the next slice. Its time is what the slowest of latency,
 * connections and partitions makes of it. Included by models/s3.c alone.
 * Worked: 1 TB in 8 MiB requests are 119,210; 100 connections at 27 ms + 8 MiB / 85 MB/s do 796 a
 * second, which one partition allows: 150 s. */
#ifndef ARCHSIM_MODELS_S3_BULK_H
#define ARCHSIM_MODELS_S3_BULK_H

#include <math.h>

#include "models/s3_state.h"

enum { S3_BULK_RANGES = 64, S3_BULK_POSTS = 2 }; /* asked in a slice, by turns; of an upload */
#define S3_BULK_SLICE_NS INT64_C(1000000000)

struct s3_bulk_call {
    double per_s;       /* requests that its connections do */
    double posts_ratio; /* requests that begin or complete a multipart upload */
    int64_t left;       /* requests */
    uint32_t frame, timer;
    uint32_t range; /* of an upload */
    bool writes;
};

/* So many of those requests have tokens now. */
static inline int64_t s3_bulk_take(struct service *s, enum key_ranges_kind kind, int64_t wanted)
{
    struct s3 *b = s->state;
    const uint32_t all = b->ranges.setup.ranges_count;
    const uint32_t some = all < S3_BULK_RANGES ? all : S3_BULK_RANGES;
    int64_t got = 0;
    for (uint32_t i = 0; i < some; i++) {
        const uint32_t range = (b->bulk.turn + i) % all;
        const int64_t share = wanted / some + (i < wanted % some);
        bool begins = false;
        if (share > 0) {
            got += key_ranges_pass_some(&b->ranges, range, kind, share, core_now(s->core), &begins);
        }
        if (begins) {
            s3_split_begins(s, range);
        }
    }
    b->bulk.turn = (b->bulk.turn + some) % all;
    return got;
}

/* Tokens for what its connections do in a second; the last ones leave time for themselves only. */
static inline void s3_bulk_slice(struct world *w, struct service *s, uint32_t number)
{
    struct s3 *b = s->state;
    struct s3_bulk_call *call = records_at(&b->bulk.calls, number);
    struct frame *f = core_frame(s->core, call->frame);
    call->timer = EVENT_NONE;
    if (f->flags & FRAME_WITHDRAWN) {
        return;
    }
    const double second = ceil(call->per_s * (double)S3_BULK_SLICE_NS / S3_NS_PER_S);
    const int64_t wanted = (double)call->left < second ? call->left : (int64_t)second;
    const enum key_ranges_kind kind = call->writes ? KEY_RANGES_WRITES : KEY_RANGES_READS;
    const int64_t got = s3_bulk_take(s, kind, wanted);
    if (got < wanted) {
        s3_count(f, b, S3_5XX, (double)(wanted - got));
        s3_count(f, b, S3_ALL_REQUESTS, (double)(wanted - got));
        service_throttled(w, s, "requests of a partition");
    }
    s3_count(f, b, call->writes ? S3_PUT_REQUESTS : S3_GET_REQUESTS,
             (double)got * (1 - call->posts_ratio));
    s3_count(f, b, S3_POST_REQUESTS, (double)got * call->posts_ratio);
    s3_count(f, b, S3_ALL_REQUESTS, (double)got);
    call->left -= got;
    if (call->left > 0) {
        call->timer = service_timer(s, S3_BULK_SLICE_NS, S3_BULK + number);
        return;
    }
    f->work_ns = llround((double)got / call->per_s * S3_NS_PER_S);
    call_work(w, f);
}

/* Objects are read and written in requests of that size; what has several is a multipart upload. */
static inline struct s3_bulk_call s3_bulk_plan(const struct s3_params *p, double bytes, bool writes)
{
    const double objects = fmax(1, round(bytes / p->object_size_bytes_dist->mean));
    const double parts = fmax(1, ceil(bytes / objects / (double)p->bulk.request_bytes));
    const double posts = writes && parts > 1 ? S3_BULK_POSTS : 0;
    const double requests = objects * (parts + posts);
    const double connections = fmin(requests, (double)p->bulk.connections_count);
    const struct distribution *latency = writes ? p->put_latency_ns_dist : p->first_byte_ns_dist;
    const double each_s =
        latency->mean / S3_NS_PER_S + bytes / requests / p->throughput_bytes_per_s;
    return (struct s3_bulk_call){
        .per_s = connections / fmax(each_s, 1 / S3_NS_PER_S),
        .posts_ratio = posts / (parts + posts),
        .left = (int64_t)requests,
        .writes = writes,
    };
}

static inline void s3_bulk_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct s3_params *p = s->params;
    struct s3 *b = s->state;
    const double bytes = f->flags & FRAME_SIZED
                             ? call_size(w, f)
                             : distribution_draw(p->object_size_bytes_dist, &b->size_random);
    core_more(s->core, f)->size_bytes = (float)bytes;
    f->note = records_take(&b->bulk.calls);
    struct s3_bulk_call *call = records_at(&b->bulk.calls, f->note);
    *call = s3_bulk_plan(p, bytes, f->operation == S3_WRITE_BULK);
    call->frame = core_slot(s->core, f);
    load_serve(&s->load, s->core, f); /* it works, if at the pace that it is let */
    s3_bulk_slice(w, s, f->note);
}

/* ---- a large upload: its parts ask for tokens as they are sent, not all at its arrival ---- */

/* A second's worth of them; what is refused is sent again within the time that the put takes. */
static inline void s3_upload_slice(struct world *w, struct service *s, uint32_t number)
{
    struct s3 *b = s->state;
    struct s3_bulk_call *call = records_at(&b->bulk.calls, number);
    const struct frame *f = core_frame(s->core, call->frame);
    const int64_t second = (int64_t)fmax(1, ceil(call->per_s));
    const int64_t wanted = call->left < second ? call->left : second;
    bool begins = false;
    const int64_t got = key_ranges_pass_some(&b->ranges, call->range, KEY_RANGES_WRITES, wanted,
                                             core_now(s->core), &begins);
    if (begins) {
        s3_split_begins(s, call->range);
    }
    if (got < wanted) {
        s3_count(f, b, S3_5XX, (double)(wanted - got));
        s3_count(f, b, S3_ALL_REQUESTS, (double)(wanted - got));
        service_throttled(w, s, "requests of a partition");
    }
    call->left -= got;
    call->timer =
        call->left > 0 ? service_timer(s, S3_BULK_SLICE_NS, S3_UPLOAD + number) : EVENT_NONE;
}

/* So many requests are left after those of the first second. */
static inline void s3_upload(struct service *s, struct frame *f, uint32_t range, double per_s,
                             double requests)
{
    struct s3 *b = s->state;
    f->note = records_take(&b->bulk.calls);
    *(struct s3_bulk_call *)records_at(&b->bulk.calls, f->note) = (struct s3_bulk_call){
        .per_s = per_s,
        .left = (int64_t)requests,
        .frame = core_slot(s->core, f),
        .timer = service_timer(s, S3_BULK_SLICE_NS, S3_UPLOAD + f->note),
        .range = range,
        .writes = true,
    };
}

static inline void s3_bulk_finish(struct service *s, struct frame *f)
{
    struct s3 *b = s->state;
    const struct s3_bulk_call *call = records_at(&b->bulk.calls, f->note);
    if (call->timer != EVENT_NONE) {
        events_cancel(&s->core->events, call->timer);
    }
    records_give(&b->bulk.calls, f->note);
}

#endif
