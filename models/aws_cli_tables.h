/* aws_cli_tables: what is known of the AWS CLI and of the control planes that it calls: parameters,
 * quotas, metrics. Included by models/aws_cli.c alone. */
#ifndef ARCHSIM_MODELS_AWS_CLI_TABLES_H
#define ARCHSIM_MODELS_AWS_CLI_TABLES_H

#include "models/model.h"

#define CLI_RETRIES_PAGE "AWS CLI User Guide, AWS CLI retries, standard mode"
#define CLI_SDK_PAGE "AWS SDKs and Tools Reference Guide, Retry behavior, standard mode"
#define CLI_QUOTA "AWS SDK for JavaScript, @smithy/util-retry, constants"
#define CLI_LAMBDA_PAGE "Lambda Developer Guide, Lambda quotas, API requests"
#define CLI_EC2_PAGE "EC2 API Reference, Request throttling: token buckets of the account"
#define CLI_ECS_PAGE "ECS API Reference, Request throttling"
#define CLI_COMMANDS "AWS CLI Command Reference"

/* Control planes, each with a bucket that all clients of the account share. */
enum cli_api {
    CLI_LAMBDA,
    CLI_LAMBDA_READS,
    CLI_RUN_INSTANCES,
    CLI_DESCRIBE_INSTANCES,
    CLI_ECS,
    CLI_AUTO_SCALING,
    CLI_APIS, /* and none of them */
};
#define CLI_API_WORDS "lambda get_function run_instances describe_instances ecs auto_scaling none"

enum cli_client { CLI_PROCESSES, CLI_SDK };

/* Operation 0; the commands follow. */
enum { CLI_DESCRIBE, CLI_COMMANDS_FIRST };

struct cli_command {
    const char *name_text;
    uint16_t update_code_service, set_desired_service, set_reserved_concurrency_service,
        set_provisioned_concurrency_service, update_shard_count_service,
        start_message_move_task_service;
    struct call_target call_target;
    double to;
    int api;
    int64_t at_ns, every_ns, times_count;
    const struct distribution *jitter_ns_dist;
};

#define PARAMS struct cli_command
static const struct param cli_command_rows[] = {
    TEXT(name, REQUIRED, "what it is called as: SERVICE.NAME, by an alarm's `notify`, by traffic",
         DEFINED("archsim language 1")),
    WATCH(update_code, NONE, "code", "new code for that function or service",
          DOCUMENTED(CLI_COMMANDS ", lambda update-function-code, ecs update-service")),
    WATCH(set_desired, NONE, "desired", "as many instances or tasks as `to` says",
          DOCUMENTED(CLI_COMMANDS ", autoscaling set-desired-capacity, ecs update-service")),
    WATCH(set_reserved_concurrency, NONE, "reserved_concurrency",
          "reserves `to` instances for that function",
          DOCUMENTED(CLI_COMMANDS ", lambda put-function-concurrency")),
    WATCH(set_provisioned_concurrency, NONE, "provisioned_concurrency",
          "provisions `to` instances of that function",
          DOCUMENTED(CLI_COMMANDS ", lambda put-provisioned-concurrency-config")),
    WATCH(update_shard_count, NONE, "shards", "as many shards of that stream as `to` says",
          DOCUMENTED(CLI_COMMANDS ", kinesis update-shard-count")),
    WATCH(start_message_move_task, NONE, "redrive",
          "moves what is in that dead-letter queue back, as its `redrive` says",
          DOCUMENTED(CLI_COMMANDS ", sqs start-message-move-task")),
    SERVICE(call, NONE, "or calls that service (a function that is invoked, a queue)",
            DOCUMENTED(CLI_COMMANDS)),
    NUMBER(to, NONE, "0..1000000", NULL, "the value that a `set_` command sets",
           DOCUMENTED(CLI_COMMANDS)),
    CHOICE(api, NONE, CLI_API_WORDS,
           "whose quota it takes from; not given: that of the named service's type, or none",
           DOCUMENTED("facts, aws_cli_automation: a bucket per action, account and region")),
    TIME(at, NONE, "0s..", "it runs then, in scenario time; not given: only when it is called",
         DEFINED("archsim language 1")),
    TIME(every, NONE, "1s..365d", "and again so often", DEFINED("archsim language 1")),
    COUNT(times, NONE, "1..1000000", "so many times in all; not given: to the end",
          DEFINED("archsim language 1")),
    TIME_DIST(jitter, "0s", "0s..", "each scheduled run is so much later",
              ESTIMATED("schedulers start on the minute")),
};
static const struct list_item cli_command_item =
    ITEM("command", cli_command_rows, struct cli_command);

struct aws_cli_params {
    struct list commands_list;
    int client;
    const struct distribution *startup_ns_dist, *latency_ns_dist;
    int64_t timeout_ns;
    int64_t attempts_count;
    struct {
        int64_t first_ns, cap_ns;
        double factor;
    } backoff;
    struct {
        int64_t tokens_count, retry_count, timeout_count;
    } retry_quota;
    bool retry_conflicts;
};

#undef PARAMS
#define PARAMS struct aws_cli_params
static const struct param aws_cli_params[] = {
    LIST(commands, NONE, cli_command_item, "what it can do: each is an operation of its name",
         DOCUMENTED(CLI_COMMANDS)),
    CHOICE(client, "cli", "cli sdk",
           "each command is a process that starts up, or all are of one long-lived SDK client",
           DOCUMENTED(CLI_SDK_PAGE ": the retry quota belongs to the client object")),
    TIME_DIST(startup, "uniform(300ms 1s)", "0s..", "of a CLI process until its first request",
              ESTIMATED("facts, startup: 0.3 to 1 s and TLS; a loop makes 1 to 2 calls a second")),
    TIME_DIST(latency, "lognormal(p50=100ms p99=500ms)", "0s..", "of a control plane's answer",
              ESTIMATED("not documented; control planes answer in tens to hundreds of ms")),
    TIME(timeout, "60s", "1ms..1h", "what a command with `call` waits for at most, each attempt",
         DOCUMENTED(CLI_COMMANDS ", --cli-read-timeout: 60 seconds by default")),
    COUNT(attempts, "3", "1..10", "attempts in all, after throttling, timeouts, unavailability",
          DOCUMENTED(CLI_RETRIES_PAGE ": 3 call attempts in total")),
    TIME(backoff.first, "1s", "0s..1h", "the longest wait before the second attempt",
         DOCUMENTED(CLI_SDK_PAGE ": exponential backoff with jitter; facts, retry: base 1 s")),
    TIME(backoff.cap, "20s", "0s..1h", "the longest wait",
         DOCUMENTED(CLI_RETRIES_PAGE ": \"a maximum backoff time of 20 seconds\"")),
    NUMBER(backoff.factor, "2", "1..10", NULL, "the longest wait grows so much each time",
           DOCUMENTED(CLI_RETRIES_PAGE ": \"a base factor of 2\"")),
    COUNT(retry_quota.tokens, "500", "0..1000000", "tokens of a client's retry quota",
          DOCUMENTED(CLI_QUOTA ": INITIAL_RETRY_TOKENS 500")),
    COUNT(
        retry_quota.retry, "5", "0..1000000", "tokens that a retry takes",
        DOCUMENTED(CLI_QUOTA ": RETRY_COST 5; a success gives it back, else NO_RETRY_INCREMENT 1")),
    COUNT(retry_quota.timeout, "10", "0..1000000", "tokens that a retry after a timeout takes",
          DOCUMENTED(CLI_QUOTA ": TIMEOUT_RETRY_COST 10")),
    FLAG(retry_conflicts, "false", "a refused command (the last is still in progress) is retried",
         DOCUMENTED(CLI_RETRIES_PAGE ": ResourceConflictException is not in the list of errors")),
};

/* Of the account in the region. */
struct aws_cli_quotas {
    struct cli_bucket {
        double rate_per_s;
        int64_t burst_count;
    } lambda, get_function, run_instances, describe_instances, ecs, auto_scaling;
};

#undef PARAMS
#define PARAMS struct aws_cli_quotas
static const struct param aws_cli_quotas[] = {
    RATE(lambda.rate, "15/s", "1/day..1000M/s", "all Lambda control plane requests together",
         DOCUMENTED(CLI_LAMBDA_PAGE ": 15 across all APIs, cannot be increased")),
    COUNT(lambda.burst, "15", "1..1000000", "of them at once", ESTIMATED("what comes in a second")),
    RATE(get_function.rate, "100/s", "1/day..1000M/s", "GetFunction requests",
         DOCUMENTED(CLI_LAMBDA_PAGE ": 100, cannot be increased")),
    COUNT(get_function.burst, "100", "1..1000000", "of them at once",
          ESTIMATED("what comes in a second")),
    RATE(run_instances.rate, "2/s", "1/day..1000M/s", "RunInstances requests",
         RECALLED(CLI_EC2_PAGE ": refill 2 a second")),
    COUNT(run_instances.burst, "5", "1..1000000", "of them at once",
          RECALLED(CLI_EC2_PAGE ": bucket of 5")),
    RATE(describe_instances.rate, "20/s", "1/day..1000M/s", "Describe requests of EC2, filtered",
         RECALLED(CLI_EC2_PAGE ": non-mutating actions refill 20; unfiltered ones 10")),
    COUNT(describe_instances.burst, "100", "1..1000000", "of them at once",
          RECALLED(CLI_EC2_PAGE ": non-mutating actions 100; unfiltered ones 50")),
    RATE(ecs.rate, "5/s", "1/day..1000M/s", "requests that change ECS services",
         DOCUMENTED(CLI_ECS_PAGE ": service modify actions, sustained rate 5")),
    COUNT(ecs.burst, "50", "1..1000000", "of them at once",
          DOCUMENTED(CLI_ECS_PAGE ": service modify actions, bucket of 50")),
    RATE(auto_scaling.rate, "10/s", "1/day..1000M/s", "requests that change Auto Scaling groups",
         ESTIMATED("AWS does not publish it")),
    COUNT(auto_scaling.burst, "50", "1..1000000", "of them at once",
          ESTIMATED("AWS does not publish it")),
};
#undef PARAMS

enum cli_metric {
    CLI_CALLS,
    CLI_THROTTLED,
    CLI_CONFLICTS,
    CLI_RETRIES,
    CLI_DONE,
    CLI_FAILED,
    CLI_LATENCY,
};
static const struct metric aws_cli_metrics[] = {
    [CLI_CALLS] = {"call_count", QUANTITY_COUNT, METRIC_VALUE,
                   "requests to control planes, and calls, with their retries"},
    [CLI_THROTTLED] = {"throttled_requests", QUANTITY_COUNT, METRIC_VALUE,
                       "of them, over the quota or throttled by what they called"},
    [CLI_CONFLICTS] = {"conflicts", QUANTITY_COUNT, METRIC_VALUE,
                       "of them, refused: an update was in progress, a value out of range"},
    [CLI_RETRIES] = {"retries", QUANTITY_COUNT, METRIC_VALUE, "further attempts"},
    [CLI_DONE] = {"succeeded_commands", QUANTITY_COUNT, METRIC_VALUE,
                  "commands that went well, scheduled or called"},
    [CLI_FAILED] = {"failed_commands", QUANTITY_COUNT, METRIC_VALUE,
                    "commands that failed, after all their attempts"},
    [CLI_LATENCY] = {"command_latency", QUANTITY_TIME, METRIC_LATENCY,
                     "of commands that went well, with start-up and waits between attempts"},
};

static const struct operation_info aws_cli_operations[] = {
    [CLI_DESCRIBE] = {"describe", "looks at something: a request of describe_instances"},
};

static const char *const aws_cli_resources[CLI_APIS] = {
    [CLI_LAMBDA] = "lambda control plane",
    [CLI_LAMBDA_READS] = "get_function requests",
    [CLI_RUN_INSTANCES] = "run_instances requests",
    [CLI_DESCRIBE_INSTANCES] = "describe_instances requests",
    [CLI_ECS] = "ecs control plane",
    [CLI_AUTO_SCALING] = "auto_scaling requests",
};

/* The control plane of a type that commands name. */
static const struct {
    const char *type;
    enum cli_api api;
} cli_type_apis[] = {
    {"lambda", CLI_LAMBDA},
    {"fargate", CLI_ECS},
    {"auto_scaling_group", CLI_AUTO_SCALING},
};

#endif
