/* s3_tables: parameters, operations and metrics of models/s3.c, which alone includes it. */
#ifndef ARCHSIM_MODELS_S3_TABLES_H
#define ARCHSIM_MODELS_S3_TABLES_H

#include <math.h>
#include <string.h>

#include "models/model.h"
#include "sim/blocks/cohorts.h"

#define RATE_PAGE \
    "AWS Knowledge Center, http-5xx-errors-s3, and S3 User Guide, optimizing performance"
#define TIERS_PAGE "S3 User Guide, intelligent-tiering-overview"
#define EVENTS_PAGE "S3 User Guide, Event Notifications"
#define LIFECYCLE_PAGE "S3 User Guide, managing the lifecycle of objects"
#define PATTERNS_PAGE "S3 User Guide, performance design patterns"
#define CLI_PAGE "AWS CLI S3 Configuration (aws s3 topic, s3-config)"

enum s3_class { S3_STANDARD, S3_INTELLIGENT_TIERING };
enum s3_operation {
    S3_GET,
    S3_HEAD,
    S3_LIST,
    S3_PUT,
    S3_DELETE,
    S3_RESTORE,
    S3_READ_BULK,
    S3_WRITE_BULK,
    S3_OPERATIONS
};

struct s3_params {
    int storage_class;
    const struct distribution *object_size_bytes_dist;
    int64_t objects_count, objects_age_ns;
    double overwrites_ratio, recent_reads_ratio;
    struct popularity prefixes_popularity;
    int64_t partitions_count;
    double partition_writes_per_s, partition_reads_per_s;
    int64_t partition_burst_ns, partition_split_ns;
    const struct distribution *first_byte_ns_dist, *put_latency_ns_dist;
    double throughput_bytes_per_s;
    struct {
        int64_t above_bytes, part_bytes, concurrency_count;
    } multipart;
    struct {
        int64_t request_bytes, connections_count;
    } bulk;
    struct {
        int64_t standard_ia_ns, expire_ns;
    } lifecycle;
    struct {
        int64_t access_ns, deep_ns;
        const struct distribution *restore_ns_dist, *deep_restore_ns_dist;
    } archive;
    struct {
        struct call_target created_target, removed_target;
        const struct distribution *delay_ns_dist;
        double duplicates_ratio;
        int64_t first_wait_ns, most_wait_ns, max_age_ns;
    } events;
};

#define PARAMS struct s3_params
static const struct param s3_params[] = {
    CHOICE(storage_class, "standard", "standard intelligent_tiering",
           "of every object: which tiers its bytes are in",
           DOCUMENTED("S3 User Guide, storage-class-intro")),
    SIZE_DIST(object_size, "1 MiB", "0B..",
              "of an object; of a request whose call has a `size`, that",
              ASSUMED("the user's data")),
    COUNT(objects, "0", "0..1e11", "objects that are there at the start, of the mean size",
          DEFINED("a bucket begins empty")),
    TIME(objects_age, "0s", "0s..3650d", "so long ago those objects were accessed last",
         DEFINED("they are of the day of the start")),
    RATIO(overwrites, "0", "0..1", "puts that replace an object, if there is any",
          DEFINED("a put makes a new key")),
    RATIO(recent_reads, "0", "0..1",
          "gets of what was accessed most recently; the others read any object alike",
          ASSUMED("the application's reads: with none of them tiers are as warm as can be")),
    POPULARITY(prefixes, NONE, "key prefixes, and how requests are spread over them; else one",
               ASSUMED("the application's keys")),
    COUNT(partitions, "1", "1..100k",
          "at the start: prefixes are dealt out to them; new prefixes share one",
          DOCUMENTED(RATE_PAGE ": a new prefix does not get its own partition at once")),
    RATE(partition_writes, "3500/s", "1/s..3500/s",
         "put and delete on a partition; beyond it 503 Slow Down (`throttled`)",
         DOCUMENTED(RATE_PAGE ": at least 3,500 PUT/COPY/POST/DELETE")),
    RATE(partition_reads, "5500/s", "1/s..5500/s", "get, head and list on a partition; the same",
         DOCUMENTED(RATE_PAGE ": at least 5,500 GET/HEAD; list taken as a GET")),
    TIME(partition_burst, "1s", "10ms..10s", "requests at once, after a pause: of so much time",
         ESTIMATED("a rate per second, read as a bucket of one second's worth")),
    TIME(partition_split, "30min", "1min..60min",
         "under lasting refusals the partitions of their keys are doubled after that",
         DOCUMENTED(RATE_PAGE ": 30 to 60 min")),
    TIME_DIST(first_byte, "lognormal(p50=27ms p99=113ms)", "0s..",
              "until the answer of a get, head or list begins, in the region",
              MEASURED("S3 read-latency microbenchmark, 2025-12-01, 4 KiB; head, list assumed")),
    TIME_DIST(put_latency, "lognormal(p50=60ms p99=118ms)", "0s..",
              "of a put without its transfer, and of a delete",
              MEASURED("TopicPartition benchmark, 2025-03-04, less 10 ms of size; delete assumed")),
    THROUGHPUT(throughput, "85 MB/s", "40MB/s..100MB/s", "of one connection",
               DOCUMENTED("S3 User Guide, performance design patterns: 85-90 MB/s a request")),
    SIZE(multipart.above, "8 MiB", "5MiB..5GiB", "a larger put is a multipart upload",
         RECALLED(CLI_PAGE ", multipart_threshold 8MB")),
    SIZE(multipart.part, "8 MiB", "5MiB..5GiB", "of its parts; larger where more than 10,000",
         RECALLED(CLI_PAGE ", multipart_chunksize 8MB")),
    COUNT(multipart.concurrency, "10", "1..1000", "parts on their way at a time",
          RECALLED(CLI_PAGE ", max_concurrent_requests 10")),
    SIZE(bulk.request, "8 MiB", "1MiB..5GiB", "of a GET or a part of `read_bulk`, `write_bulk`",
         RECALLED(PATTERNS_PAGE ": byte ranges of 8 MB or 16 MB are typical")),
    COUNT(bulk.connections, "100", "1..100k", "requests of such a call on their way at a time",
          ESTIMATED(PATTERNS_PAGE ": one for each 85-90 MB/s; 100 fill a 100 Gbit/s instance")),
    TIME(lifecycle.standard_ia, NONE, "30d..1000d",
         "Standard: objects of 128 KiB and more that are older go to Standard-IA",
         DOCUMENTED("S3 API Reference, Transition, Days; " LIFECYCLE_PAGE)),
    TIME(lifecycle.expire, NONE, "1d..1000d", "Standard: objects that are older are deleted",
         DOCUMENTED(LIFECYCLE_PAGE ", expiration actions")),
    TIME(archive.access, NONE, "90d..730d",
         "Intelligent-Tiering: after so long without access to Archive Access",
         DOCUMENTED("S3 API Reference, Tiering, Days")),
    TIME(archive.deep, NONE, "180d..730d", "the same to Deep Archive Access",
         DOCUMENTED("S3 API Reference, Tiering, Days")),
    TIME_DIST(archive.restore, "uniform(3h 5h)", "0s..",
              "from the restore of an object in Archive Access until it is in frequent",
              RECALLED("S3 User Guide, archive retrieval options: 3 to 5 h, standard")),
    TIME_DIST(archive.deep_restore, "uniform(9h 12h)", "0s..", "the same of Deep Archive Access",
              RECALLED("S3 User Guide, archive retrieval options: within 12 h; 9 assumed")),
    SERVICE(events.created, NONE, "called for each object that was put", DOCUMENTED(EVENTS_PAGE)),
    SERVICE(events.removed, NONE, "called for each object that was deleted",
            DOCUMENTED(EVENTS_PAGE)),
    TIME_DIST(events.delay, "lognormal(p50=1s p99=60s)", "0s..", "from the answer to the event",
              ESTIMATED(EVENTS_PAGE ": typically in seconds, sometimes a minute or longer")),
    TIME(events.first_wait, "1s", "1ms..1h",
         "before an event that its target did not take is tried again; then twice as long",
         ESTIMATED(EVENTS_PAGE ": at least once; how it is tried again is not said")),
    TIME(events.most_wait, "5min", "1s..24h", "longest such wait",
         ESTIMATED("as asynchronous invocations of Lambda are")),
    TIME(events.max_age, "24h", "1min..7d", "an event that is older is not tried again, and lost",
         ESTIMATED("as EventBridge's")),
    RATIO(events.duplicates, "0.001%", "0..1", "events that are delivered twice",
          ESTIMATED(EVENTS_PAGE ": at least once; how often is not said")),
};

static const struct operation_info s3_operations[] = {
    [S3_GET] = {"get", "reads an object: first byte, then its bytes at the throughput"},
    [S3_HEAD] = {"head", "reads what is known of an object, not its bytes"},
    [S3_LIST] = {"list", "a page of up to 1,000 keys"},
    [S3_PUT] = {"put", "writes an object; a large one in parts"},
    [S3_DELETE] = {"delete", "removes any object"},
    [S3_RESTORE] = {"restore", "begins to bring an archived object back; its end takes hours"},
    [S3_READ_BULK] = {"read_bulk", "`size` bytes of any objects, by many connections: an engine's"},
    [S3_WRITE_BULK] = {"write_bulk", "`size` bytes in new objects of object_size, by many of them"},
};

enum s3_metric {
    S3_ALL_REQUESTS,
    S3_GET_REQUESTS,
    S3_HEAD_REQUESTS,
    S3_LIST_REQUESTS,
    S3_PUT_REQUESTS,
    S3_POST_REQUESTS,
    S3_DELETE_REQUESTS,
    S3_4XX,
    S3_5XX,
    S3_FIRST_BYTE,
    S3_TOTAL,
    S3_DOWNLOADED,
    S3_UPLOADED,
    S3_STANDARD_BYTES,
    S3_FREQUENT_BYTES,
    S3_INFREQUENT_BYTES,
    S3_STANDARD_IA_BYTES,
    S3_ARCHIVE_BYTES,
    S3_ARCHIVE_ACCESS_BYTES,
    S3_DEEP_ARCHIVE_BYTES,
    S3_OBJECTS,
    S3_MONITORED,
    S3_MOVED,
    S3_REMOVED_BYTES,
    S3_EXPIRED,
    S3_EXPIRED_BYTES,
    S3_RETRIEVED,
    S3_RESTORED,
    S3_PARTITIONS,
    S3_EVENTS,
    S3_EVENT_TRIES,
    S3_EVENTS_LOST,
    S3_EVENTS_WAITING,
    S3_METRICS,
};
static const struct metric s3_metrics[] = {
    [S3_ALL_REQUESTS] = {"all_requests", QUANTITY_COUNT, METRIC_VALUE,
                         "HTTP requests in the window, refused ones too"},
    [S3_GET_REQUESTS] = {"get_requests", QUANTITY_COUNT, METRIC_VALUE, "GET of objects"},
    [S3_HEAD_REQUESTS] = {"head_requests", QUANTITY_COUNT, METRIC_VALUE, "HEAD"},
    [S3_LIST_REQUESTS] = {"list_requests", QUANTITY_COUNT, METRIC_VALUE, "LIST; paid as a PUT is"},
    [S3_PUT_REQUESTS] = {"put_requests", QUANTITY_COUNT, METRIC_VALUE,
                         "PUT of objects and of parts"},
    [S3_POST_REQUESTS] = {"post_requests", QUANTITY_COUNT, METRIC_VALUE,
                          "POST: a multipart upload begins or is complete; paid as a PUT is"},
    [S3_DELETE_REQUESTS] = {"delete_requests", QUANTITY_COUNT, METRIC_VALUE, "DELETE"},
    [S3_4XX] = {"4xx_errors", QUANTITY_COUNT, METRIC_VALUE,
                "puts larger than 5 TiB, gets of archived objects, restores of none"},
    [S3_5XX] = {"5xx_errors", QUANTITY_COUNT, METRIC_VALUE, "503 Slow Down, of calls"},
    [S3_FIRST_BYTE] = {"first_byte_latency", QUANTITY_TIME, METRIC_LATENCY,
                       "from the request until the answer begins"},
    [S3_TOTAL] = {"total_request_latency", QUANTITY_TIME, METRIC_LATENCY,
                  "from the first byte received to the last byte sent"},
    [S3_DOWNLOADED] = {"bytes_downloaded", QUANTITY_SIZE, METRIC_VALUE, "answers to gets"},
    [S3_UPLOADED] = {"bytes_uploaded", QUANTITY_SIZE, METRIC_VALUE, "bodies of puts"},
    [S3_STANDARD_BYTES] = {"bucket_size_bytes_standard", QUANTITY_SIZE, METRIC_VALUE,
                           "in StandardStorage, time average", true},
    [S3_FREQUENT_BYTES] = {"bucket_size_bytes_frequent", QUANTITY_SIZE, METRIC_VALUE,
                           "IntelligentTieringFAStorage, with objects below 128 KiB, average",
                           true},
    [S3_INFREQUENT_BYTES] = {"bucket_size_bytes_infrequent", QUANTITY_SIZE, METRIC_VALUE,
                             "IntelligentTieringIAStorage, time average", true},
    [S3_STANDARD_IA_BYTES] = {"bucket_size_bytes_standard_ia", QUANTITY_SIZE, METRIC_VALUE,
                              "in StandardIAStorage, time average", true},
    [S3_ARCHIVE_BYTES] = {"bucket_size_bytes_archive_instant", QUANTITY_SIZE, METRIC_VALUE,
                          "IntelligentTieringAIAStorage, time average", true},
    [S3_ARCHIVE_ACCESS_BYTES] = {"bucket_size_bytes_archive_access", QUANTITY_SIZE, METRIC_VALUE,
                                 "IntelligentTieringAAStorage, time average", true},
    [S3_DEEP_ARCHIVE_BYTES] = {"bucket_size_bytes_deep_archive", QUANTITY_SIZE, METRIC_VALUE,
                               "IntelligentTieringDAAStorage, time average", true},
    [S3_OBJECTS] = {"number_of_objects", QUANTITY_COUNT, METRIC_VALUE, "time average", true},
    [S3_MONITORED] = {"monitored_objects", QUANTITY_COUNT, METRIC_VALUE,
                      "of 128 KiB and more in Intelligent-Tiering, time average", true},
    [S3_MOVED] = {"objects_moved_down", QUANTITY_COUNT, METRIC_VALUE,
                  "moves to a colder tier in the window"},
    [S3_REMOVED_BYTES] = {"bytes_removed", QUANTITY_SIZE, METRIC_VALUE,
                          "deleted or replaced in the window"},
    [S3_EXPIRED] = {"objects_expired", QUANTITY_COUNT, METRIC_VALUE,
                    "deleted by lifecycle.expire in the window"},
    [S3_EXPIRED_BYTES] = {"bytes_expired", QUANTITY_SIZE, METRIC_VALUE, "the same, bytes"},
    [S3_RETRIEVED] = {"bytes_retrieved_standard_ia", QUANTITY_SIZE, METRIC_VALUE,
                      "answers to gets of objects in Standard-IA"},
    [S3_PARTITIONS] = {"partitions", QUANTITY_COUNT, METRIC_MAX, "at the end of the run"},
    [S3_RESTORED] = {"objects_restored", QUANTITY_COUNT, METRIC_VALUE,
                     "archived objects that came back in the window"},
    [S3_EVENTS] = {"events_sent", QUANTITY_COUNT, METRIC_VALUE,
                   "notifications that targets took in the window, duplicates too"},
    [S3_EVENT_TRIES] = {"event_attempts", QUANTITY_COUNT, METRIC_VALUE,
                        "tries to deliver one, the first ones included"},
    [S3_EVENTS_LOST] = {"events_lost", QUANTITY_COUNT, METRIC_VALUE,
                        "notifications that were given up: rejected, or too old"},
    [S3_EVENTS_WAITING] = {"events_waiting", QUANTITY_COUNT, METRIC_VALUE,
                           "under way or waiting for a retry, time average", true},
};
enum s3_resource { S3_OF_WRITES, S3_OF_READS };
static const char *const s3_resources[] = {"writes of a partition", "reads of a partition"};

static const struct param_only s3_only[] = {
    {"recent_reads", "storage_class", "intelligent_tiering"},
    {"archive.access", "storage_class", "intelligent_tiering"},
    {"archive.deep", "storage_class", "intelligent_tiering"},
    {"lifecycle.standard_ia", "storage_class", "standard"},
    {"lifecycle.expire", "storage_class", "standard"},
};

static inline const char *s3_check(const void *params)
{
    const struct s3_params *p = params;
    const bool standard = p->storage_class == S3_STANDARD;
    if (p->prefixes_popularity.n > 0 && p->partitions_count > p->prefixes_popularity.n) {
        return "partitions: expected at most as many as there are prefixes";
    }
    if (standard && p->lifecycle.standard_ia_ns < 0 && p->lifecycle.expire_ns < 0 &&
        p->objects_age_ns > 0) {
        return "objects_age: without meaning unless storage_class is intelligent_tiering or there "
               "is a lifecycle";
    }
    if (p->lifecycle.expire_ns >= 0 && p->lifecycle.expire_ns <= p->lifecycle.standard_ia_ns) {
        return "lifecycle.expire: not after lifecycle.standard_ia";
    }
    if (p->archive.access_ns >= 0 && p->archive.deep_ns >= 0 &&
        p->archive.deep_ns <= p->archive.access_ns) {
        return "archive.deep: not after archive.access";
    }
    if (p->objects_count > 0 && !isfinite(p->object_size_bytes_dist->mean)) {
        return "objects: without meaning where object_size has no finite mean";
    }
    if (p->multipart.part_bytes > p->multipart.above_bytes) {
        return "multipart.part: expected at most multipart.above";
    }
    return p->events.most_wait_ns < p->events.first_wait_ns
               ? "events.most_wait: less than events.first_wait"
               : NULL;
}

/* Neither kind of FIFO is a destination of events. */
static inline const char *s3_forbid(const void *params, const struct passage *passage,
                                    struct arena *arena)
{
    if (passage->caller == SERVICE_NONE ||
        passage->scenario->services[passage->caller].params != params) {
        return NULL;
    }
    const struct scenario_service *callee = &passage->scenario->services[passage->callee];
    return strcmp(callee->type->name, "sqs") == 0 && callee->type->terms(callee->params).ordered
               ? arena_printf(arena, "a bucket cannot tell the FIFO queue '%s' of events",
                              callee->name)
               : NULL;
}

#endif
