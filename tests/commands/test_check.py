"""What `check` does for CI: JUnit files that xmllint accepts, baselines that a changed scenario
fails and an unchanged one with another seed does not, files that are no baselines, annotations on
GitHub."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SOURCE = Path(os.environ.get("ARCHSIM_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("ARCHSIM_BINARY", str(SOURCE / "build/release/archsim"))
OURS = ("NO_COLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE", "LANG", "GITHUB_ACTIONS",
        "GITHUB_WORKSPACE", "SOURCE_DATE_EPOCH")
PLAIN = {k: v for k, v in os.environ.items() if k not in OURS} | {"TERM": "xterm"}

# An M/M/1 queue at utilisation 0.5 and a cache: quantiles, ratios near 1 and 0, rates.
SHOP = """
archsim: 1
name: A shop
duration: 200s
warmup: 10s
services:
  front: {type: server, servers: 4, work: exponential(5ms), calls: [{call: pages, timeout: 60ms}]}
  pages: {type: cache, origin: db, hit_ratio: 80%}
  db: {type: server, work: exponential(20ms)}
traffic:
  users: {to: front, rate: 100/s, objective: 50ms}
"""
KEPT = SHOP + """
slo:
  - traffic.users.latency.mean < 1s
  - services.db.utilization < 90%
"""
BROKEN = SHOP + """
slo:
  - {promise: traffic.users.latency.mean < 1ms, why: "<b>&\\"'"}
  - services.db.utilization < 40%
  - {promise: traffic.users.latency.p50 < 1ms, severity: warning}
  - {promise: traffic.users.latency.mean < 1s, at_load: 1.2}
"""


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, text, name="shop.yaml"):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    def check(self, *words, code=0, env=None, **options):
        done = subprocess.run([BINARY, "check", *map(str, words)], capture_output=True, text=True,
                              env=PLAIN | (env or {}), timeout=300, check=False, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def baseline(self, text, *words, name="base.json", code=0):
        done = self.check(self.file(text), "--format", "json", "--quiet", *words, code=code)
        return self.file(done.stdout, name)


class Baseline(Check):
    def test_another_seed_is_no_regression(self):
        """False alarms are rarer than 1 of 100 comparisons: 20 in a row show none."""
        base = self.baseline(KEPT, "--seed", 1000)
        for seed in range(20):
            done = self.check(self.file(KEPT), "--seed", seed, "--baseline", base)
            self.assertRegex(done.stdout,
                             r"  of \d\d metrics 0 worse than in the baseline, \d better")
        for seed in range(20):  # nor does a stricter tolerance: chance is not what it is about
            self.check(self.file(KEPT), "--seed", 100 + seed, "--baseline", base,
                       "--tolerance", "0%")

    def test_a_changed_scenario_is_one(self):
        base = self.baseline(KEPT)
        for change, metric in (
                (("exponential(20ms)", "exponential(26ms)"), "services.db.latency.mean"),
                (("exponential(5ms)", "exponential(8ms)"), "traffic.users.latency.p50"),
                (("hit_ratio: 80%", "hit_ratio: 70%"), "services.pages.hit_ratio"),
                (("timeout: 60ms", "timeout: 30ms"), "traffic.users.errors.timeout"),
                (("servers: 4", "servers: 4, limit: {concurrent: 2, on_full: reject}"),
                 "traffic.users.availability")):
            changed = KEPT.replace(*change)
            self.assertNotEqual(changed, KEPT)
            for seed in (1, 2):
                done = self.check(self.file(changed), "--seed", seed, "--baseline", base, code=1)
                self.assertIn(f"worse  {metric}\n", done.stdout)
                self.assertRegex(" ".join(done.stdout.split()),
                                 r" -> [^;]* worse[^;]*; tolerated 5 %, by chance up to ")
            if "limit" not in changed:  # errors where there were none are beyond any ratio
                self.check(self.file(changed), "--baseline", base, "--tolerance", "100000%")

    def test_what_is_better_is_no_regression(self):
        base = self.baseline(KEPT)
        done = self.check(self.file(KEPT.replace("20ms", "10ms")), "--baseline", base)
        self.assertRegex(done.stdout, r"0 worse than in the baseline, [1-9]")

    def test_more_traffic_changes_what_it_changes(self):
        """Throughput is not compared at another rate; latency is."""
        base = self.baseline(KEPT)
        done = self.check(self.file(KEPT.replace("100/s", "80/s")), "--baseline", base)
        self.assertNotIn("throughput", done.stdout)
        done = self.check(self.file(KEPT.replace("100/s", "200/s")), "--baseline", base, code=1)
        self.assertIn("traffic.users.latency.mean", done.stdout)

    def test_results_of_run_and_of_several_scenarios(self):
        one, two = self.file(KEPT), self.file(KEPT.replace("A shop", "B"), "b.yaml")
        done = self.check(one, two, "--format", "json")
        base = self.file(done.stdout, "two.json")
        self.check(two, one, "--baseline", base)
        run = subprocess.run([BINARY, "run", one, "--format", "json"], capture_output=True,
                             text=True, env=PLAIN, timeout=60, check=True)
        base = self.file(run.stdout, "one.json")
        done = self.check(two, one, "--baseline", base)  # a new scenario is no failure
        self.assertIn(f"{two}: warning: not in the baseline {base}", done.stderr)
        self.assertEqual(self.check(two, one, "--baseline", base, "--quiet").stderr, "")
        done = self.check(two, "--baseline", base, code=2)  # but what has none is no baseline
        self.assertIn("none of the scenarios is in this baseline, it has 'A shop'", done.stderr)

    def test_names_and_folders(self):
        base = self.baseline(KEPT)
        self.check(self.file(KEPT, "elsewhere/shop.yaml"), "--baseline", base)
        self.check(self.file(KEPT.replace("A shop", "Renamed")), "--baseline", base)
        twice = self.file(f"[{Path(base).read_text()}, {Path(base).read_text()}]", "twice.json")
        self.assertIn("a second entry that may be meant for 'A shop'",
                      self.check(self.file(KEPT), "--baseline", twice, code=2).stderr)

    def test_formats_for_machines_stay_whole(self):
        base = self.baseline(KEPT)
        slow = self.file(KEPT.replace("20ms", "30ms"))
        done = self.check(slow, "--baseline", base, "--format", "json", code=1)
        self.assertEqual(json.loads(done.stdout)["scenario"]["name"], "A shop")
        self.assertIn("worse  services.db.latency.mean\n", done.stderr)
        done = self.check(slow, "--baseline", base, "--format", "csv", code=1)
        self.assertNotIn("worse", done.stdout)
        self.assertIn("worse", done.stderr)
        done = self.check(slow, "--baseline", base, "--format", "markdown", code=1)
        self.assertRegex(done.stdout, r"### Of \d+ metrics \d+ worse than in the baseline\n\n- `")

    def test_a_broken_promise_and_an_undecided_one_still_count(self):
        base = self.baseline(BROKEN, code=1)
        self.check(self.file(BROKEN), "--baseline", base, code=1)
        one = self.baseline(KEPT, "--replications", 1, name="one.json", code=3)
        done = self.check(self.file(KEPT), "--baseline", one, code=2)
        self.assertRegex(done.stderr, r"one.json:\d+:\d+: error: a baseline of one replication")
        base = self.baseline(KEPT)
        done = self.check(self.file(KEPT), "--baseline", base, "--replications", 1, code=3)
        self.assertIn("nothing could be compared with the baseline", done.stdout)
        done = self.check(self.file(SHOP), "--baseline", base, "--replications", 1, code=3)

    def test_what_is_no_baseline(self):
        good = Path(self.baseline(KEPT)).read_text()
        shop = self.file(KEPT.replace("200s", "90y"))  # nothing of it is simulated
        for text, place, message in (
                ("", ":1:1", "the file is empty"),
                (good[:len(good) // 2], r":\d+:\d+", "ends in the middle"),
                ("x" + good, r":1:\d+", "this is not JSON"),
                (KEPT, r":2:\d+", "this is not JSON"),
                ("[" * 100000, r":1:\d+", "this is not JSON"),
                (good.replace('"results": 1', '"results": 2'), r":4:16", "results of version 2"),
                (good.replace('"value": ', '"value": 1e999, "was": ', 1), r":\d+:\d+", "not JSON"),
                (good.replace('"value": ', '"value": NaN, "was": ', 1), r":\d+:\d+", "not JSON"),
                (re.sub(r'"p99": {.*}', '"p99": 5', good, count=1), r":\d+:16",
                 "expected an estimate .*, not a number .traffic.users.latency.p99"),
                (re.sub(r'"p99": {.*}', '"p99": {"value": 5, "low": 6, "high": 7}', good, count=1),
                 r":\d+:16", "low <= value <= high"),
                (re.sub(r'"users": {', '"users": "none", "x": {', good, count=1), r":\d+:\d+",
                 "expected an object on the way, not a text"),
                (good.replace('"replications": 5', '"replications": -5'), r":\d+:\d+",
                 "expected a whole number")):
            self.assertNotEqual(text, good)
            base = self.file(text, "bad.json")
            done = self.check(shop, "--baseline", base, code=2)
            self.assertRegex(done.stderr, rf"^{re.escape(base)}{place}: error: .*{message}")
            self.assertEqual(done.stdout, "")
        self.assertIn("cannot open the baseline",
                      self.check(shop, "--baseline", self.folder / "no.json", code=4).stderr)
        self.assertIn("cannot read the baseline",
                      self.check(shop, "--baseline", self.folder, code=4).stderr)

    def test_from_standard_input(self):
        base = Path(self.baseline(KEPT)).read_text()
        self.check(self.file(KEPT), "--baseline", "-", input=base)

    def test_options_are_strict(self):
        path, base = self.file(KEPT), self.baseline(KEPT)
        for words, message in (
                (["--tolerance", "5%"], "no --baseline"),
                (["--baseline", base, "--tolerance", "five"], "--tolerance: "),
                (["--baseline", base, "--tolerance", "-1%"], "--tolerance: "),
                (["--baseline", "-", "-"], "standard input"),
                (["--junit", "-", "--format", "json"], "standard output")):
            done = self.check(path, *words, code=2)
            self.assertIn(message, done.stderr)
            self.assertEqual(done.stdout, "")


class Junit(Check):
    def junit(self, *words, code=0, **options):
        """The file's root, once xmllint has accepted it."""
        target = self.folder / "out.xml"
        target.unlink(missing_ok=True)
        self.check(*words, "--junit", target, code=code, **options)
        if shutil.which("xmllint"):
            schema = SOURCE / "tests/reports/junit.xsd"
            done = subprocess.run(["xmllint", "--noout", "--schema", schema, target], timeout=60,
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        root = ElementTree.parse(target).getroot()
        for suite in root:
            cases = suite.findall("testcase")
            self.assertEqual(int(suite.get("tests")), len(cases))
            for tag, count in (("failure", "failures"), ("error", "errors"),
                               ("skipped", "skipped")):
                self.assertEqual(int(suite.get(count)), len(suite.findall(f"testcase/{tag}")))
        return root

    def names(self, suite, tag):
        return [case.get("name") for case in suite.iter("testcase") if case.find(tag) is not None]

    def test_verdicts(self):
        root = self.junit(self.file(KEPT), self.file(BROKEN, "b.yaml"), code=1,
                          env={"SOURCE_DATE_EPOCH": "1000000000"})
        kept, broken = root
        self.assertEqual((kept.get("name"), kept.get("tests")), ("A shop", "2"))
        self.assertEqual(kept.get("timestamp"), "2001-09-09T01:46:40")
        self.assertEqual([kept.get(k) for k in ("failures", "errors", "skipped")], ["0"] * 3)
        self.assertEqual(self.names(broken, "failure"), ["traffic.users.latency.mean < 1ms"])
        self.assertEqual(self.names(broken, "skipped"), ["services.db.utilization < 40%"])
        self.assertEqual(broken.findall("testcase")[3].get("name"),
                         "traffic.users.latency.mean < 1s at 1.2 times the load")
        self.assertIn("why: <b>&\"'", broken.find("testcase/failure").get("message"))
        self.assertIn("p50 < 1ms: broken", broken.find("system-out").text)
        properties = {p.get("name"): p.get("value") for p in broken.iter("property")}
        self.assertEqual(properties["seed"], "1")
        self.assertGreaterEqual(int(properties["replications"]), 5)

    def test_what_did_not_load_or_run(self):
        wrong = self.file(KEPT.replace("100/s", "100"), "<&>.yaml")
        good = self.file(KEPT)
        root = self.junit(good, wrong, self.folder / "no.yaml", code=4)
        self.assertEqual([s.get("errors") for s in root], ["0", "1", "1"])
        self.assertEqual(root[0].get("skipped"), "2")
        self.assertIn("a rate needs a unit", root[1].find("testcase/error").text)
        loop = self.file(KEPT.replace("rate: 100/s", "users: 3, think: 0s")
                         .replace("exponential(5ms)", "0s").replace("80%", "100%"),
                         "loop.yaml")
        root = self.junit(loop, good, code=4)
        self.assertEqual(self.names(root[0], "error"), ["runs"])
        self.assertEqual([root[0].get("skipped"), root[1].get("failures")], ["2", "0"])

    def test_load_only_and_no_promises(self):
        root = self.junit("--load-only", self.file(KEPT))
        self.assertEqual([c.get("name") for c in root.iter("testcase")], ["loads"])
        root = self.junit(self.file(SHOP))
        self.assertEqual([c.get("name") for c in root.iter("testcase")], ["runs"])

    def test_regressions(self):
        base = self.baseline(KEPT)
        root = self.junit(self.file(KEPT.replace("20ms", "30ms")), "--baseline", base, code=1)
        self.assertIn("baseline: services.db.latency.mean", self.names(root[0], "failure"))
        self.assertEqual(root[0].find("testcase/failure").get("type"), "regression")
        root = self.junit(self.file(KEPT, "n.yaml"), "--baseline", base, "--set", "name=New",
                          code=2)
        self.assertEqual([s.get("name") for s in root], ["New", base])
        root = self.junit(self.file(KEPT), self.file(KEPT.replace("A shop", "New"), "n.yaml"),
                          "--baseline", base, "--seed", 2)
        self.assertEqual(self.names(root[1], "skipped"), ["baseline"])
        bad = self.file("{", "bad.json")
        root = self.junit(self.file(KEPT), "--baseline", bad, code=2)
        self.assertEqual([s.get("errors") for s in root], ["0", "1"])

    def test_hostile_names(self):
        evil = "]]>&amp;<\\\"' \u00fc"
        text = KEPT.replace("name: A shop", f'name: "{evil}"')
        text = text.replace("- traffic.users.latency.mean < 1s",
                            f'- {{promise: traffic.users.latency.mean < 1ms, why: "{evil}"}}')
        suite = self.junit(self.file(text, "\x01\x1b<&>.yaml"), code=1)[0]
        self.assertEqual(suite.get("name"), "]]>&amp;<\"' \u00fc")
        self.assertIn("why: ]]>&amp;<\"' \u00fc", suite.find("testcase/failure").get("message"))
        self.assertTrue(suite.get("package").endswith("/\ufffd\ufffd<&>"))

    def test_whole_or_not_at_all(self):
        path, target = self.file(KEPT), self.folder / "out.xml"
        target.write_text("old")
        self.check(path, "--junit", target)
        self.assertTrue(target.read_text().endswith("</testsuites>\n"))
        for bad in (self.folder / "no" / "out.xml", self.folder, "/dev/full"):
            done = self.check(path, "--junit", bad, code=4)
            self.assertIn(f"cannot write '{bad}'", done.stderr)
        endless = self.file(KEPT.replace("200s", "90y"), "endless.yaml")
        self.check(endless, "--junit", self.folder, code=4)
        self.assertEqual({p.name for p in self.folder.iterdir()},
                         {"shop.yaml", "endless.yaml", "out.xml"})
        done = self.check(path, "--junit", "-")
        self.assertEqual(ElementTree.fromstring(done.stdout).tag, "testsuites")
        self.assertIn("2 promises kept", done.stderr)


class Github(Check):
    ON = {"GITHUB_ACTIONS": "true"}

    def commands(self, text):
        return [line for line in text.splitlines() if line.startswith("::")]

    def test_only_there(self):
        path = self.file(BROKEN)
        for env in ({}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_ACTIONS": ""}):
            self.assertNotIn("::", self.check(path, code=1, env=env).stdout)

    def test_findings(self):
        path = self.file(BROKEN)
        done = self.check(path, code=1, env=self.ON)
        error, broken, undecided = self.commands(done.stdout)[:3]
        line = 1 + BROKEN.splitlines().index(next(x for x in BROKEN.splitlines() if "why" in x))
        self.assertTrue(error.startswith(
            f"::error file={path},line={line},col=15,title=archsim%3A promise broken::"
            "traffic.users.latency.mean < 1ms: broken: "), error)
        self.assertIn("why: <b>&\"'", error)
        kinds = [c.split(" ")[0] for c in (broken, undecided)]
        self.assertEqual(kinds, ["::warning", "::warning"])
        self.assertIn("undecided", broken + undecided)

    def test_wrong_scenarios(self):
        wrong = self.file(KEPT.replace("rate: 100/s", "rte: 100/s"))
        done = self.check(wrong, "--load-only", code=2, env=self.ON)
        self.assertRegex(self.commands(done.stdout)[0],
                         rf"^::error file={re.escape(wrong)},line=11,col=22,"
                         r"title=archsim%3A wrong::unknown key 'rte'.*%0A.*did you mean 'rate'")

    def test_results_stay_whole(self):
        done = self.check(self.file(BROKEN), "--format", "json", code=1, env=self.ON)
        json.loads(done.stdout)
        self.assertEqual(len(self.commands(done.stderr)), 3)

    def test_paths_start_at_the_workspace(self):
        self.file(BROKEN, "sub/shop.yaml")
        done = self.check("shop.yaml", code=1, cwd=self.folder / "sub",
                          env=self.ON | {"GITHUB_WORKSPACE": str(self.folder)})
        first = self.commands(done.stdout)[0]
        self.assertTrue(first.startswith("::error file=sub/shop.yaml,line="), first)

    def test_regressions_and_baselines(self):
        base = self.baseline(KEPT)
        path = self.file(KEPT.replace("20ms", "32ms"))
        commands = self.commands(self.check(path, "--baseline", base, code=1, env=self.ON).stdout)
        self.assertRegex(commands[0], r"line=15,.*title=archsim%3A worse than the baseline::"
                                      r"services.db.utilization: .* worse; tolerated 5 %25")
        bad = self.file("{", "bad.json")
        done = self.check(path, "--baseline", bad, code=2, env=self.ON)
        self.assertTrue(self.commands(done.stdout)[0].startswith(f"::error file={bad},line=1,col="))


if __name__ == "__main__":
    unittest.main()
