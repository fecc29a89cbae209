/* s3_tables: parameters, operations and metrics of models/s3.c, which alone includes it. */
#ifndef ARCHSIM_MODELS_S3_TABLES_H
#define ARCHSIM_MODELS_S3_TABLES_H

#include "models/model.h"
#include "sim/blocks/cohorts.h"

#define RATE_PAGE \
    "AWS Knowledge Center, http-5xx-errors-s3, and S3 User Guide, optimizing performance"
#define TIERS_PAGE "S3 User Guide, intelligent-tiering-overview"
#define EVENTS_PAGE "S3 User Guide, Event Notifications"
#define CLI_PAGE "AWS CLI S3 Configuration (aws s3 topic, s3-config)"

enum s3_class { S3_STANDARD, S3_INTELLIGENT_TIERING };
enum s3_operation {
    S3_GET,
    S3_HEAD,
    S3_LIST,
    S3_PUT,
    S3_DELETE,
    S3_GET_MANY,
    S3_PUT_MANY,
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
        struct call_target created_target, removed_target;
        const struct distribution *delay_ns_dist;
        double duplicates_ratio;
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
    RATIO(recent_reads, NONE, "0..1",
          "gets of what was accessed most recently; the others, else all, read any object alike",
          ASSUMED("the application's reads")),
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
    SERVICE(events.created, NONE, "called for each object that was put", DOCUMENTED(EVENTS_PAGE)),
    SERVICE(events.removed, NONE, "called for each object that was deleted",
            DOCUMENTED(EVENTS_PAGE)),
    TIME_DIST(events.delay, "lognormal(p50=1s p99=60s)", "0s..", "from the answer to the event",
              ESTIMATED(EVENTS_PAGE ": typically in seconds, sometimes a minute or longer")),
    RATIO(events.duplicates, "0.001%", "0..1", "events that are delivered twice",
          ESTIMATED(EVENTS_PAGE ": at least once; how often is not said")),
};

static const struct operation_info s3_operations[] = {
    [S3_GET] = {"get", "reads an object: first byte, then its bytes at the throughput"},
    [S3_HEAD] = {"head", "reads what is known of an object, not its bytes"},
    [S3_LIST] = {"list", "a page of keys"},
    [S3_PUT] = {"put", "writes an object; a large one in parts"},
    [S3_DELETE] = {"delete", "removes any object"},
    [S3_GET_MANY] = {"get_many", "as many gets as its size has objects, as one call of a job"},
    [S3_PUT_MANY] = {"put_many", "as many puts of new keys as its size has objects, likewise"},
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
    S3_ARCHIVE_BYTES,
    S3_OBJECTS,
    S3_MONITORED,
    S3_MOVED,
    S3_REMOVED_BYTES,
    S3_PARTITIONS,
    S3_EVENTS,
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
                "puts larger than 5 TiB: EntityTooLarge"},
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
    [S3_ARCHIVE_BYTES] = {"bucket_size_bytes_archive_instant", QUANTITY_SIZE, METRIC_VALUE,
                          "IntelligentTieringAIAStorage, time average", true},
    [S3_OBJECTS] = {"number_of_objects", QUANTITY_COUNT, METRIC_VALUE, "time average", true},
    [S3_MONITORED] = {"monitored_objects", QUANTITY_COUNT, METRIC_VALUE,
                      "of 128 KiB and more in Intelligent-Tiering, time average", true},
    [S3_MOVED] = {"objects_moved_down", QUANTITY_COUNT, METRIC_VALUE,
                  "moves to a colder tier in the window"},
    [S3_REMOVED_BYTES] = {"bytes_removed", QUANTITY_SIZE, METRIC_VALUE,
                          "deleted or replaced in the window"},
    [S3_PARTITIONS] = {"partitions", QUANTITY_COUNT, METRIC_MAX, "at the end of the run"},
    [S3_EVENTS] = {"events_sent", QUANTITY_COUNT, METRIC_VALUE,
                   "notifications sent in the window, duplicates too"},
};

#endif
