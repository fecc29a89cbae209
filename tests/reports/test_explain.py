"""What `archsim explain` prints: the same tables as text, Markdown and JSON; every default in them
is one that the loader takes."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("ARCHSIM_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("ARCHSIM_BINARY", str(SOURCE / "build/release/archsim"))
PARAMETER = "name kind unit min max help source confidence".split()
TYPES = "cache delay function_pool load_balancer rate_limiter server".split()  # at least


def explain(*words):
    result = subprocess.run([BINARY, "explain", *words], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.types = json.loads(explain("--format", "json"))

    def test_list(self):
        names = [kind["type"] for kind in self.types]
        self.assertEqual(set(TYPES) - set(names), set())
        lines = explain().splitlines()
        self.assertEqual([line.split()[0] for line in lines if line.startswith("  ")], names)
        generic = lines.index("Generic building blocks")
        services = lines.index("Services of AWS")
        self.assertLess(generic, services)
        for line in lines[generic + 1:services]:
            self.assertIn(line.split()[0] if line else "", TYPES + [""])
        for line in lines:
            self.assertLessEqual(len(line), 100, line)

    def test_json(self):
        for kind in self.types:
            self.assertEqual(json.loads(explain(kind["type"], "--format", "json")), kind)
            self.assertEqual(list(kind),
                             "type title parameters metrics operations prices quotas".split())
            for row in kind["parameters"]:
                with self.subTest(f"{kind['type']}.{row['name']}"):
                    self.assertEqual(set(PARAMETER) - set(row), set())
                    self.assertEqual(("default" in row) + ("required" in row), 1)
                    self.assertNotEqual(row.get("choices"), [])
                    for bound in ("min", "max"):
                        self.assertIsInstance(row[bound], (int, float, type(None)))
                    default = row.get("default")
                    if isinstance(default, (int, float)) and not isinstance(default, bool):
                        self.assertTrue(row["min"] is None or default >= row["min"])
                        self.assertTrue(row["max"] is None or default <= row["max"])
                    if "choices" in row and default is not None:
                        self.assertIn(default, row["choices"])

    def test_known_rows(self):
        """What language.md says of the server, in base units."""
        server, = (kind for kind in self.types if kind["type"] == "server")
        rows = {row["name"]: row for row in server["parameters"]}
        self.assertEqual(rows["servers"]["kind"], "count")
        self.assertEqual(rows["discipline"]["choices"],
                         "fifo lifo ps priority preemptive_priority".split())
        self.assertTrue(rows["failure.mtbf"]["required"])
        self.assertEqual(rows["failure.mtbf"]["unit"], "s")
        self.assertIs(rows["failure.restart"]["default"], False)
        for common in "work calls operations limit.concurrent limit.on_full zone zones".split():
            self.assertIn(common, rows)
        balancer, = (kind for kind in self.types if kind["type"] == "load_balancer")
        rows = {row["name"] for row in balancer["parameters"]}
        self.assertEqual(rows & {"work", "calls", "operations"}, set())

    def test_metrics(self):
        """One by its name, as the list of its type has it."""
        for kind in self.types:
            for metric in kind["metrics"]:
                path = f"{kind['type']}.{metric['name']}"
                if metric["name"] in [row["name"] for row in kind["parameters"] + kind["quotas"]]:
                    continue  # the parameter is meant
                self.assertEqual(json.loads(explain(path, "--format", "json")), metric)
                text = explain(path)
                self.assertIn(metric["name"], text)
                self.assertIn(metric["help"], " ".join(text.split()))
                self.assertIn(f"| `{metric['name']}` |", explain(path, "--format", "markdown"))

    def test_text_fits_and_is_whole(self):
        for kind in self.types:
            text = explain(kind["type"])
            for line in text.splitlines():
                self.assertLessEqual(len(line), 100, line)
            words = " ".join(text.split())
            for row in kind["parameters"]:
                self.assertIn(row["name"], words)
                self.assertIn(row["help"], words)
                self.assertIn(row["source"], words)
                one = " ".join(explain(f"{kind['type']}.{row['name']}").split())
                self.assertIn(row["help"], one)
                self.assertIn(row["source"], one)
            for metric in kind["metrics"]:
                self.assertIn(metric["help"], words)

    def test_lists(self):
        """A list by its name with the rows of its items; those also as --set names them."""
        rows = explain("route53.records")
        for row in ("records ", "records[].to ", "records[].weight "):
            self.assertIn(f"  {row}", rows)
        self.assertIn("required in each", rows)
        self.assertIn("| `records[].weight` |", explain("route53.records", "--format", "markdown"))
        weight = explain("route53.records[].weight")
        self.assertEqual(explain("route53.records.weight"), weight)
        self.assertEqual(explain("route53.records.12.weight"), weight)

    def test_markdown(self):
        page = explain("--format", "markdown")
        for kind in self.types:
            self.assertIn(f"# {kind['type']}\n", page)
            for row in kind["parameters"]:
                self.assertIn(f"| `{row['name']}` |", page)
        width = {len(line.replace("\\|", "").split("|")) for line in page.splitlines()
                 if line.startswith("| `") and line.count("|") > 4}
        self.assertEqual(width, {8})  # six cells in every row of parameters

    def test_numbers_are_the_loaders(self):
        """A scenario with every plain default written out loads."""
        for kind in self.types:
            for row in kind["parameters"]:
                default = row.get("default")
                plain = ("time", "count", "number", "ratio", "choice")
                if default is None or row["kind"] not in plain:
                    continue
                unit = row["unit"] if row["unit"] not in (None, "1") else ""
                words = default if isinstance(default, str) else f"{default:.15g}{unit}"
                key = row["name"]
                if "." in key:  # a group would need its other keys
                    continue
                with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                    to = ".".join(["it", *[o["name"] for o in kind["operations"][:1]]])
                    if kind["type"] in PATHS:
                        to = "db, via: it"
                    if kind["type"] in TASKS:
                        to = "db"
                    if kind["type"] == "rds_proxy":
                        to = "it.read"
                    needs = NEEDS.get(kind["type"], "") + NEEDS_OF.get((kind["type"], key), "")
                    file.write(SCENARIO % (kind["type"], needs, key, words, to))
                    file.flush()
                    result = subprocess.run([BINARY, "check", "--load-only", file.name],
                                            capture_output=True, text=True, timeout=60)
                    if "has no effect with" in result.stderr:
                        continue  # of another word of a choice
                    self.assertEqual(result.returncode, 0, result.stderr)


SCENARIO = """archsim: 1
services:
  it: {type: %s%s, %s: %s}
  db: {type: delay}
  log: {type: kinesis}
  data: {type: rds}
  rows: {type: aurora_serverless}
traffic:
  u: {to: %s, rate: 1/s}
"""
# The word of a choice beside which a key has an effect.
NEEDS_OF = {("s3", "recent_reads"): ", storage_class: intelligent_tiering"}
NEEDS = {"cache": ", origin: db, hit_ratio: 5%", "dax": ", table: db, hit_ratio: 90%",
         "cloudfront": ", origin: db, hit_ratio: 5%", "route53": ", records: [{to: db}]",
         "alb": ", targets: [db]", "nlb": ", targets: [db]",
         "rds_proxy": ", target: data, max_connections: 10",
         "dms": ", source: rows, target: db",
         "function_pool": ", cold_work: 1s, idle_timeout: 1m", "load_balancer": ", targets: [db]",
         "rate_limiter": ", rate: 1/s, burst: 1", "auto_scaling_group": ", max: 4",
         "ebs": ", zone: a, size: 100 GiB",
         "kinesis_analytics": ", trigger: {from: log}, cpu: 1ms"}

PATHS = ("nat_gateway", "vpc", "vpn")
TASKS = ("dms", "kinesis_analytics")  # nobody calls them

if __name__ == "__main__":
    unittest.main()
