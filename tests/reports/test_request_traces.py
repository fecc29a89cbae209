"""What --trace writes: each request a tree of spans that adds up, the same results with and without
it, and files that readers of those formats open."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("ARCHSIM_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("ARCHSIM_BINARY", str(SOURCE / "build/release/archsim"))
READERS = os.environ.get("ARCHSIM_READERS")
MONDAY_NS = 1704067200 * 10**9  # 2024-01-01: time 0

# Nothing is random but the phase of the arrivals: a request works 4 ms, calls two at once (10 ms
# and 20 ms), then one that nobody waits for (30 ms).
EXACT = """
archsim: 1
name: 'Two at once </script>'
duration: 10s
warmup: 0s
replications: 1
services:
  app: {type: delay, work: 4ms, calls: [{parallel: [a.get, b]}, {async: c}]}
  a: {type: server, servers: inf, operations: {get: {work: 10ms}}}
  b: {type: delay, work: 20ms}
  c: {type: delay, work: 30ms}
traffic:
  users: {to: app, rate: 10/s, arrivals: constant}
"""
# Two come at once, and one waits; the third is turned away.
QUEUE = """
archsim: 1
duration: 10s
warmup: 0s
replications: 1
services:
  app: {type: server, room: 2, work: 100ms}
traffic:
  users: {to: app, rate: 1/s, arrivals: constant, batch: 3}
"""
# The first call is given up after 10 ms and ends at 50; of two branches the first is enough, the
# other calls on when the request is over; of two tries the second loses. `front` only passes on.
LEFT = """
archsim: 1
name: 'It''s "late" </script> ü'
duration: 10s
warmup: 0s
replications: 1
zones: 2
services:
  front: {type: load_balancer, targets: {service: app, copies: 2}}
  app:
    type: delay
    calls:
      - {call: slow, timeout: 10ms, optional: true}
      - {parallel: [fast, [mid, late]], wait_for: 1}
      - {hedge: {call: turns, after: 20ms, max: 2}}
  turns: {type: delay, work: 30ms}
  slow: {type: delay, work: 50ms, zone: b}
  fast: {type: delay, work: 1ms}
  mid: {type: delay, work: 100ms}
  late: {type: delay, work: 5ms}
traffic:
  users: {to: front, rate: 10/s, arrivals: constant}
"""


class Spans(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_archsim(self, text, *words, name="trace.json"):
        scenario = self.folder / "scenario.yaml"
        scenario.write_text(text)
        trace = self.folder / name
        subprocess.run([BINARY, "run", scenario, "--trace", trace, "-q", *words], check=True,
                       stdout=subprocess.DEVNULL)
        return trace

    def otlp(self, text, *words):
        """{trace: {span id: span}}, times in ns of the scenario, with the service's name."""
        lines = self.run_archsim(text, *words).read_text().splitlines()
        self.assertEqual(len(lines), 1)
        traces = {}
        for resource in json.loads(lines[0])["resourceSpans"]:
            about = {a["key"]: list(a["value"].values())[0]
                     for a in resource["resource"]["attributes"]}
            self.assertIs(about["archsim.sim"], True)
            for span in resource["scopeSpans"][0]["spans"]:
                span["service"] = about["service.name"]
                span["begin"] = int(span["startTimeUnixNano"]) - MONDAY_NS
                span["end"] = int(span["endTimeUnixNano"]) - MONDAY_NS
                self.assertRegex(span["traceId"], "^[0-9a-f]{32}$")
                self.assertRegex(span["spanId"], "^[0-9a-f]{16}$")
                trace = traces.setdefault(span["traceId"], {})
                self.assertNotIn(span["spanId"], trace)
                trace[span["spanId"]] = span
        return traces

    def test_every_call_is_there_and_in_its_place(self):
        traces = self.otlp(EXACT, "--trace-requests", "5")
        self.assertGreaterEqual(len(traces), 5)
        ms = 10**6
        for trace in traces.values():
            root = [s for s in trace.values() if "parentSpanId" not in s]
            self.assertEqual([s["name"] for s in root], ["users"])
            zero = root[0]["begin"]
            seen = {}
            for span in trace.values():
                above = trace[span["parentSpanId"]]["name"] if span not in root else None
                seen[span["name"], above] = span["begin"] - zero, span["end"] - zero, span["kind"]
            self.assertEqual(seen, {
                ("users", None): (0, 24 * ms, 3),
                ("app", "users"): (0, 24 * ms, 2),
                ("work", "app"): (0, 4 * ms, 1),
                ("a.get", "app"): (4 * ms, 14 * ms, 2),
                ("work", "a.get"): (4 * ms, 14 * ms, 1),
                ("b", "app"): (4 * ms, 24 * ms, 2),
                ("work", "b"): (4 * ms, 24 * ms, 1),
                ("c", "app"): (24 * ms, 54 * ms, 5),
                ("work", "c"): (24 * ms, 54 * ms, 1),
            })

    def test_waiting_stands_apart_and_refusals_are_errors(self):
        traces = self.otlp(QUEUE, "--trace-requests", "100")
        self.assertEqual(len(traces), 30)
        shapes = {}
        for trace in traces.values():
            parts = tuple(sorted((s["name"], (s["end"] - s["begin"]) // 10**6, s["status"]["code"])
                                 if "status" in s else (s["name"], (s["end"] - s["begin"]) // 10**6)
                                 for s in trace.values()))
            shapes[parts] = shapes.get(parts, 0) + 1
        self.assertEqual(shapes, {
            (("app", 100, 1), ("users", 100, 1), ("work", 100)): 10,
            (("app", 200, 1), ("queue", 100), ("users", 200, 1), ("work", 100)): 10,
            (("app", 0, 2), ("users", 0, 2)): 10,
        })

    def test_what_nobody_waits_for_any_more(self):
        traces = self.otlp(LEFT, "--trace-requests", "5")
        self.assertGreaterEqual(len(traces), 5)
        ms = 10**6
        for trace in traces.values():
            zero = min(s["begin"] for s in trace.values())
            seen = sorted((s["name"], (s["begin"] - zero) // ms, (s["end"] - zero) // ms)
                          for s in trace.values() if s["kind"] != 1)
            self.assertEqual(seen, [
                ("app", 0, 41), ("fast", 10, 11), ("front", 0, 41), ("late", 110, 115),
                ("mid", 10, 110), ("slow", 0, 50), ("turns", 11, 41), ("turns", 31, 61),
                ("users", 0, 41)])
            # a balancer's own work ends when it calls: it is not the time of what it calls
            front = next(k for k, s in trace.items() if s["name"] == "front")
            self.assertFalse([s for s in trace.values()
                              if s.get("parentSpanId") == front and s["kind"] == 1])
            left = {s["name"]: [(e["name"], int(e["timeUnixNano"]) - MONDAY_NS - s["begin"])
                                for e in s["events"]]
                    for s in trace.values() if "events" in s}
            self.assertEqual(left, dict.fromkeys(
                ["slow", "turns"], [("the caller no longer waits", 10 * ms)]))
            zones = {s["name"]: a["value"]["stringValue"] for s in trace.values()
                     for a in s.get("attributes", []) if a["key"] == "cloud.availability_zone"}
            self.assertEqual(zones, {"slow": "us-east-1b"})  # others are in none
            copies = {s["name"] for s in trace.values() for a in s.get("attributes", [])
                      if a["key"] == "archsim.copy"}
            self.assertEqual(copies, {"app"})
        file = self.run_archsim(LEFT, name="t.chrome.json")
        events = json.loads(file.read_text())["traceEvents"]
        told = {e["name"]: e["args"]["the caller no longer waits"] for e in events
                if "the caller no longer waits" in e.get("args", {})}
        self.assertEqual(told, dict.fromkeys(["slow", "turns"], "after 10 ms"))

    def test_what_has_not_ended_lasts_as_long_as_the_run(self):
        text = QUEUE.replace("room: 2, work: 100ms", "work: 4s").replace(
            "batch: 3", "batch: 2").replace("duration: 10s", "duration: 10s\ndrain: 0s")
        seen = set()
        for trace in self.otlp(text, "--trace-requests", "100").values():
            for span in trace.values():
                above = trace.get(span.get("parentSpanId"), span)
                self.assertGreaterEqual(span["begin"], above["begin"])
                self.assertLessEqual(span["end"], above["end"])
                if span.get("status", {}).get("message") == "unfinished":
                    self.assertEqual(span["end"], 10 * 10**9)
                    seen.add(span["name"])
                    self.assertEqual([a["key"] for a in span["attributes"]], ["archsim.outcome"])
        self.assertEqual(seen, {"app", "users"})

    def test_of_a_request_without_end_the_first_calls_are_kept(self):
        text = EXACT.replace("work: 4ms, calls: [{parallel: [a.get, b]}, {async: c}]",
                             "calls: [{call: a.get, repeat: 12345}]").replace("10ms", "1us")
        for words in ((), ("--trace-format", "chrome")):
            written = self.run_archsim(text, "--trace-requests", "1", *words).read_text()
            self.assertIn("calls_left_out", written)
            self.assertIn(str(12345 - (10000 - 2)), written)

    def test_the_slowest_are_kept(self):
        text = EXACT.replace("work: 20ms", "work: exponential(20ms)").replace("10/s", "1k/s")
        everything = self.otlp(text, "--trace-requests", "10000")
        few = self.otlp(text, "--trace-requests", "3")
        length = {k: max(s["end"] - s["begin"] for s in t.values() if s["name"] == "users")
                  for k, t in everything.items()}
        self.assertGreater(len(length), 9000)
        slowest = sorted(length, key=length.get)[-3:]
        self.assertLessEqual(set(slowest), set(few))
        self.assertLessEqual(len(few), 6)

    def test_results_are_the_same_with_and_without(self):
        scenario = SOURCE / "scenarios/retry-storm.yaml"
        words = [BINARY, "run", scenario, "--duration", "1m", "--replications", "2", "--format",
                 "json", "-q"]
        without = json.loads(subprocess.check_output(words))
        with_it = json.loads(subprocess.check_output([*words, "--trace", self.folder / "t.json"]))
        for result in (without, with_it):
            del result["scenario"]["wall_time"]
        self.assertEqual(without, with_it)
        first = (self.folder / "t.json").read_bytes()
        subprocess.check_output([*words, "--jobs", "1", "--trace", self.folder / "t.json"])
        self.assertEqual(first, (self.folder / "t.json").read_bytes())

    def test_times_of_lanes_add_up_to_the_last_bit(self):
        # in microseconds; eighths are exact, and so are their sums and their nanoseconds
        text = EXACT.replace("20ms", "exponential(20ms)").replace("10/s", "1k/s")
        file = self.run_archsim(text, "--trace-requests", "1000", name="t.chrome.json")
        spans = [e for e in json.loads(file.read_text())["traceEvents"] if e["ph"] == "X"]
        self.assertGreater(len(spans), 9000)
        for span in spans:
            self.assertEqual(span["ts"] * 8 % 1, 0)
            self.assertEqual(span["dur"] * 8 % 1, 0)

    def test_lanes_hold_what_contains_each_other(self):
        file = self.run_archsim(EXACT, name="t.chrome.json")
        events = json.loads(file.read_text())["traceEvents"]
        lanes = {}
        for e in events:
            if e["ph"] == "X":
                lanes.setdefault((e["pid"], e["tid"]), []).append((e["ts"], e["ts"] + e["dur"]))
        self.assertGreater(len(lanes), len({pid for pid, _ in lanes}))  # `b` beside `a`
        for spans in lanes.values():
            for i, (begin, end) in enumerate(spans):
                for other_begin, other_end in spans[:i]:
                    self.assertTrue(begin >= other_end or end <= other_end, spans)
        names = {e["args"]["name"] for e in events if e["name"] == "process_name"}
        self.assertTrue(all(n.startswith("users, request ") for n in names), names)

    def test_mistakes_of_the_command_line(self):
        scenario = self.folder / "scenario.yaml"
        scenario.write_text(QUEUE)
        for words, code, told in (
                (["--trace", "-"], 2, "--trace: expected a file"),
                (["--trace", "x", "--trace-format", "pdf"], 2, "expected otlp or chrome"),
                (["--trace-format", "otlp"], 2, "--trace-format: says how --trace writes"),
                (["--trace-requests", "9"], 2, "--trace-requests: says what --trace writes"),
                (["--trace", "x", "-o", "x"], 2, "'x' is where --output writes"),
                (["--trace", "x", "--trace-requests", "0"], 2, "expected a count of 1 to 10000"),
                (["--trace", str(self.folder / "no/x")], 4, "cannot write")):
            done = subprocess.run([BINARY, "run", scenario, *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(told, done.stderr)
            self.assertEqual(done.stdout, "")

    @unittest.skipUnless(READERS, "ARCHSIM_READERS is not set: see scripts/readers")
    def test_readers_open_them(self):
        scenarios = ["serverless-api", "aurora-platform", "retry-storm"]
        for name in scenarios:
            for kind, reader in ("otlp", "otlp.cjs"), ("chrome", "chrome.mjs"):
                trace = self.folder / "trace.json"
                subprocess.run([BINARY, "run", SOURCE / f"scenarios/{name}.yaml",
                                "--duration", "1m", "--replications", "1", "--trace", trace,
                                "--trace-format", kind,
                                "-q"], check=True, stdout=subprocess.DEVNULL)
                spans = subprocess.check_output(
                    ["node", SOURCE / "tests/reports/readers" / reader, trace], text=True)
                written = trace.read_text()
                self.assertEqual(int(spans), written.count('"spanId"') if kind == "otlp"
                                 else written.count('"ph": "X"'))
                self.assertGreater(int(spans), 100, name)


if __name__ == "__main__":
    unittest.main()
