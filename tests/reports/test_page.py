"""Every key of the results page is there for every traffic and service of every shipped scenario,
every number is an estimate or null, nothing stands twice, no NaN or infinity slips in."""

import functools
import json
import os
import subprocess
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("ARCHSIM_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("ARCHSIM_BINARY", str(SOURCE / "build/release/archsim"))

# The page, in its order.
TOP = ("archsim scenario traffic services cost recovery yearly bottleneck events slo "
       "arrangements warnings").split()
ARCHSIM = "version results".split()
SCENARIO = ("name file fingerprint region seed replications duration warmup events "
            "wall_time").split()
ERRORS = "throttled timeout rejected unavailable failed".split()
LATENCY = "mean sd p50 p90 p95 p99 p99_9 max".split()
TRAFFIC = ("offered throughput availability within unfinished errors retries latency "
           "worst").split()
WORST = "window latency availability throughput".split()
SERVICE = ("type arrivals throughput unfinished errors abandoned latency wait waited utilization "
           "busy in_flight queue capacity up operations outgoing").split()
OPERATION = "arrivals throughput errors latency".split()
OUTGOING = "rate errors latency".split()
BOTTLENECK = "service resource utilization headroom".split()
EVENT = "time until service kind metric value threshold from to delay count text".split()
KINDS = ("scale_out scale_in pause resume throttling unhealthy healthy "
         "alarm alarm_over command").split()
SLO = "text path value low high limit verdict reason severity at_load why".split()
ARRANGEMENT = "path value usually".split()
WARNING = "code path text".split()
# Of a type's own metrics those that are whole distributions of latencies, by the page.
OWN = {"function_pool": {"cold_start": LATENCY, "cold_start_ratio": None},
       "lambda": {"cold_start": LATENCY, "init_duration": LATENCY, "cold_start_ratio": None},
       "aws_cli": {"command_latency": LATENCY}, "cloudtrail": {"delivery_delay": LATENCY},
       "glue": {key: LATENCY for key in ("elapsed_time", "queue_time", "startup_time",
                                         "freshness")},
       "athena": {f"{key}_time": LATENCY for key in ("total_execution", "engine_execution",
                                                     "query_queue", "query_planning")},
       "databricks": {"cluster_start_time": LATENCY}, "dms": {"replication_lag": LATENCY},
       "s3": {"first_byte_latency": LATENCY, "total_request_latency": LATENCY},
       "cache": {"hit_ratio": None}}
RARE = 5e-3  # a second, about four in these twelve minutes
BUSY = ("flagship", "iot-ingestion", "rest-graphql-api", "serverless-api")  # they do much work


# Calls that come back to the same callee after another one, and operations.
WEB = """
archsim: 1
services:
  web: {type: delay, work: 1ms, calls: [db.get, bus, db.put, bus]}
  db: {type: server, operations: {get: {work: 1ms}, put: {work: 2ms}}}
  bus: {type: delay, work: 1ms}
traffic:
  users: {to: web, rate: 20/s, objective: 1s}
  admins: {to: db.put, rate: 1/s}
"""


# Ten calls at each full second; of a bucket with one token a second one call gets it.
BURSTS = """
archsim: 1
warmup: 0s
services:
  gate: {type: rate_limiter, rate: 1/s, burst: 1, calls: [web]}
  web: {type: delay, work: 1ms}
traffic:
  users: {to: gate, rate: 1/s, arrivals: constant, batch: 10}
"""


ARRANGED = """
archsim: 1
quotas: {lambda: {concurrency: 3000}, api_gateway: {rate: 10k/s}}
services:
  job: {type: lambda, work: 1ms, calls: [table.get]}
  table: {type: dynamodb, warm_throughput: {reads: 24k/s}}
traffic:
  users: {to: job, rate: 20/s}
"""


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)


def refuse(constant):
    raise ValueError(constant)


class Page(unittest.TestCase):
    def estimate(self, value, interval=True):
        if value is not None:
            self.assertEqual(list(value), ["value", "low", "high"])
            self.assertIsInstance(value["value"], (int, float))
            if interval:
                self.assertLessEqual(value["low"], value["value"])
                self.assertGreaterEqual(value["high"], value["value"])
            else:
                self.assertIsNone(value["low"])
                self.assertIsNone(value["high"])

    def estimates(self, group, keys, rare=False):
        """Rare: it may have happened in one replication only, which has no interval."""
        self.assertEqual(list(group), keys)
        for key in keys:
            once = rare and group[key] is not None and group[key]["low"] is None
            self.estimate(group[key], interval=key not in ("max", "min") and not once)

    def calls(self, group, rate):
        """Of what is rare some replication has none, and one alone has no interval."""
        rare = rate is None or rate["value"] < RARE
        self.estimates(group["errors"], ERRORS, rare)
        self.estimates(group["latency"], LATENCY, rare)

    def traffic(self, traffic):
        self.assertEqual(list(traffic), TRAFFIC)
        rare = traffic["offered"]["value"] < RARE
        for key in "offered throughput availability within unfinished retries".split():
            once = rare and traffic[key] is not None and traffic[key]["low"] is None
            self.estimate(traffic[key], interval=not once)
        self.calls(traffic, traffic["offered"])
        if traffic["worst"] is not None:
            self.assertEqual(list(traffic["worst"]), WORST)
            self.assertEqual(list(traffic["worst"]["window"]), ["from", "to"])
            self.assertEqual(list(traffic["worst"]["latency"]), ["p99"])
            for value in (traffic["worst"]["latency"]["p99"], traffic["worst"]["availability"],
                          traffic["worst"]["throughput"]):
                self.estimate(value, interval=False)

    @functools.cache
    def own(self, type_name):
        """The type's own metrics, as `explain` documents them."""
        text = subprocess.run([BINARY, "explain", type_name, "--format", "json"], text=True,
                              capture_output=True, timeout=60, check=True).stdout
        return [metric["name"] for metric in json.loads(text)["metrics"]]

    def service(self, service):
        self.assertEqual(sorted(set(SERVICE) - set(service)), [])
        own = self.own(service["type"])
        self.assertEqual(sorted(set(service) - set(SERVICE)), sorted(own))
        self.assertEqual(set(OWN.get(service["type"], {})) - set(own), set())
        for name in own:
            keys = OWN.get(service["type"], {}).get(name)
            if keys or (service[name] is not None and "mean" in service[name]):
                self.estimates(service[name], LATENCY, rare=True)
            elif service[name] is not None:  # extremes have no interval
                self.estimate(service[name], interval=service[name]["low"] is not None)
        rare = service["arrivals"]["value"] < RARE
        for key in "arrivals throughput unfinished abandoned waited utilization".split():
            once = rare and service[key] is not None and service[key]["low"] is None
            self.estimate(service[key], interval=not once)
        # what can fail but did not in the window: nothing says how often it would
        self.estimate(service["up"], interval=service["up"]["low"] is not None)
        if service["up"]["low"] is None:
            self.assertEqual(service["up"]["value"], 1)
        self.calls(service, service["arrivals"])
        self.estimates(service["wait"], LATENCY, rare)
        for key in ("busy", "in_flight", "queue"):
            self.estimates(service[key], ["mean", "max"])
        self.estimates(service["capacity"], ["mean", "min", "max"])
        for operation in service["operations"].values():
            self.assertEqual(list(operation), OPERATION)
            self.calls(operation, operation["arrivals"])
        for callee in service["outgoing"].values():
            for operation in callee.values():
                self.assertEqual(list(operation), OUTGOING)
                self.calls(operation, operation["rate"])

    def results(self, path, text=None, duration="20m"):
        text = subprocess.run([BINARY, "run", path, "--format", "json", "--duration", duration,
                               "--replications", "3", "--quiet"], input=text, capture_output=True,
                              text=True, timeout=600, check=True).stdout
        return json.loads(text, object_pairs_hook=no_duplicates, parse_constant=refuse)

    def page(self, results):
        self.assertEqual(list(results), TOP)
        self.assertEqual(list(results["archsim"]), ARCHSIM)
        self.assertEqual(results["archsim"]["results"], 1)
        self.assertEqual(list(results["scenario"]), SCENARIO)
        self.assertIsNone(results["cost"])
        self.assertEqual(results["recovery"], {})
        self.assertEqual(results["yearly"], {"traffic": dict.fromkeys(results["traffic"])})
        for traffic in results["traffic"].values():
            self.traffic(traffic)
        for service in results["services"].values():
            self.service(service)
        if results["bottleneck"] is not None:
            self.assertEqual(list(results["bottleneck"]), BOTTLENECK)
            self.assertIn(results["bottleneck"]["service"], results["services"])
        for event in results["events"]:
            self.assertEqual(list(event), EVENT)
            self.assertIn(event["kind"], KINDS)
            self.assertIn(event["service"], results["services"])
            self.assertLessEqual(event["time"], event["until"])
        for promise in results["slo"]:
            self.assertEqual(list(promise), SLO)
            self.assertIn(promise["verdict"], ("kept", "broken", "undecided"))
            self.assertEqual(promise["reason"] is None, promise["verdict"] != "undecided")
        for arrangement in results["arrangements"]:
            self.assertEqual(list(arrangement), ARRANGEMENT)
        for warning in results["warnings"]:
            self.assertEqual(list(warning), WARNING)

    def test_every_key_of_the_page(self):
        paths = sorted((SOURCE / "scenarios").glob("*.yaml"))
        types = set()
        for path in paths:
            with self.subTest(path=path):
                results = self.results(path, duration="30s" if path.stem in BUSY else "12m")
                self.page(results)
                types |= {service["type"] for service in results["services"].values()}
        # no shipped type is left out
        listed = subprocess.run([BINARY, "explain", "--format", "json"], text=True,
                                capture_output=True, timeout=60, check=True).stdout
        self.assertEqual({entry["type"] for entry in json.loads(listed)}, types)

    def test_operations_and_callees(self):
        results = self.results("-", WEB)
        self.page(results)
        self.assertEqual(list(results["services"]["db"]["operations"]), ["get", "put"])
        outgoing = results["services"]["web"]["outgoing"]
        self.assertEqual({name: list(callee) for name, callee in outgoing.items()},
                         {"db": ["get", "put"], "bus": ["call"]})
        self.assertIsNotNone(results["traffic"]["users"]["worst"])
        self.assertIsNotNone(results["traffic"]["users"]["within"])
        self.assertIsNone(results["traffic"]["admins"]["within"])
        # 20/s of web and 1/s of admins
        put = results["services"]["db"]["operations"]["put"]
        self.assertAlmostEqual(put["arrivals"]["value"], 21, delta=0.5)
        self.assertAlmostEqual(outgoing["bus"]["call"]["rate"]["value"], 40, delta=1)

    def test_events(self):
        results = self.results("-", BURSTS)
        self.page(results)
        event, = results["events"]
        self.assertEqual((event["service"], event["kind"]), ("gate", "throttling"))
        self.assertIsNone(event["value"])
        users = results["traffic"]["users"]
        throttled = users["errors"]["throttled"]["value"] * users["offered"]["value"] * 1200
        self.assertAlmostEqual(event["count"], throttled, delta=20)

    def test_arrangements(self):
        """A quota that is not the default, with what it is unless raised; what a service needs
        prepared, which has no usual value; a quota given as it is by default is none."""
        results = self.results("-", ARRANGED, duration="1m")
        self.page(results)
        self.assertEqual([tuple(one.values()) for one in results["arrangements"]],
                         [("quotas.lambda.concurrency", "3000", "1000"),
                          ("services.table.warm_throughput.reads", "24k/s", None)])


if __name__ == "__main__":
    unittest.main()
