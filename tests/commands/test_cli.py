"""The command line as a user meets it: exit codes, what goes to which stream, files whole or not at
all, strict or refused options, colour, progress, interruption, the same bytes for any threads."""

import fcntl
import json
import os
import pty
import re
import signal
import stat
import struct
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("ARCHSIM_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("ARCHSIM_BINARY", str(SOURCE / "build/release/archsim"))
LOOKS = ("NO_COLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE", "LANG", "GITHUB_ACTIONS")
PLAIN = {k: v for k, v in os.environ.items() if k not in LOOKS} | {"TERM": "xterm"}

# An M/M/1 queue at utilisation 0.5; its mean latency is 20 ms, 10 % take longer than 46 ms.
QUEUE = """
archsim: 1
name: A queue
duration: 100s
warmup: 0s
services:
  queue: {type: server, work: exponential(10ms)}
traffic:
  users: {to: queue, rate: 50/s}
"""


def slo(*promises):
    return "slo:\n" + "".join(f"  - {p}\n" for p in promises)


KEPT = QUEUE + slo("traffic.users.latency.mean < 1s", "traffic.users.availability > 99%")
BROKEN = QUEUE + slo("traffic.users.latency.mean < 1ms", "traffic.users.availability > 99%")
UNDECIDED = QUEUE + slo("services.queue.utilization < 50%", "traffic.users.availability > 99%")
WARNING = QUEUE + slo("{promise: traffic.users.latency.mean < 1ms, severity: warning}")
WRONG = QUEUE.replace("rate: 50/s", "rate: 50")


class Cli(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, text, name="scenario.yaml"):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def archsim(self, *words, code=0, env=None, **options):
        done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True,
                              env=PLAIN | (env or {}), timeout=300, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def results(self, text, *words):
        return json.loads(self.archsim("run", self.file(text), "--format", "json", *words).stdout)


class Commands(Cli):
    def test_no_command_and_unknown_ones(self):
        self.assertIn("Usage: archsim", self.archsim(code=2).stderr)
        self.assertIn("did you mean 'check'", self.archsim("chekc", code=2).stderr)
        self.assertIn("unknown command", self.archsim("xyzzyxyzzy", code=2).stderr)

    def test_version_and_help(self):
        self.assertRegex(self.archsim("--version").stdout, r"^archsim \d+\.\d+\.\d+\n$")
        self.assertIn("explain", self.archsim("--help").stdout)
        for command in ("run", "check", "explain", "schema"):
            text = self.archsim(command, "--help").stdout
            examples = text[text.index("Examples:"):]
            lines = re.findall(rf"^  archsim {command}", examples, re.M)
            self.assertGreaterEqual(len(lines), 2, command)

    def test_what_comes_later_is_refused(self):
        for command in "sweep plan capacity compare report plot import merge".split():
            self.assertIn("not yet available", self.archsim(command, "x", code=2).stderr)
        path = self.file(KEPT)
        for words in (["run", "--report", "x"],):
            done = self.archsim(words[0], path, *words[1:], code=2)
            self.assertIn(words[1], done.stderr)
            self.assertIn("not yet available", done.stderr)
            self.assertEqual(done.stdout, "")

    def test_option_values_are_strict(self):
        path = self.file(KEPT)
        for option, value, message in (
                ("--duration", "3", "needs a unit"), ("--duration", "0s", "no time"),
                ("--duration", "3s3", "--duration: "), ("--jobs", "0", "of 1 to"),
                ("--jobs", "1.5", "--jobs: "), ("--jobs", "two", "--jobs: "),
                ("--seed", "-1", "--seed: "), ("--seed", "1.5", "--seed: "),
                ("--replications", "0", "of 1 to"), ("--replications", "some", "--replications: "),
                ("--set", "services.queue.servers", "PATH=VALUE"), ("--set", "=1", "PATH=VALUE"),
                ("--format", "xml", "csv or markdown"), ("--color", "blue", "always or never")):
            done = self.archsim("run", path, option, value, code=2)
            self.assertTrue(done.stderr.startswith(f"archsim: {option}: "), done.stderr)
            self.assertIn(message, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_arguments(self):
        path = self.file(KEPT)
        self.archsim("run", code=2)
        self.archsim("run", path, path, code=2)
        self.archsim("check", code=2)
        self.archsim("run", path, "--no-such-option", code=2)
        self.archsim("run", self.folder / "missing.yaml", code=4)
        self.archsim("explain", "server", "cache", code=2)

    def test_explain_and_schema(self):
        listed = self.archsim("explain").stdout
        for name in ("server", "delay", "load_balancer", "rate_limiter", "cache", "function_pool"):
            self.assertIn(name, listed)
            self.assertEqual(
                json.loads(self.archsim("explain", name, "--format", "json").stdout)["type"], name)
        self.assertIn("mtbf", self.archsim("explain", "server.failure.mtbf").stdout)
        self.assertIn("did you mean 'server'", self.archsim("explain", "sever", code=2).stderr)
        self.assertIn("did you mean", self.archsim("explain", "server.serverz", code=2).stderr)
        self.archsim("explain", "server", "--format", "csv", code=2)
        self.assertIn("$schema", json.loads(self.archsim("schema").stdout))


class Check(Cli):
    def test_exit_codes(self):
        for text, code in ((KEPT, 0), (BROKEN, 1), (UNDECIDED, 3), (WRONG, 2), (WARNING, 0),
                           (QUEUE, 0)):
            self.archsim("check", self.file(text), code=code)
        self.archsim("check", self.folder / "missing.yaml", code=4)

    def test_the_worst_of_several_files_counts(self):
        kept, broken = self.file(KEPT, "a.yaml"), self.file(BROKEN, "b.yaml")
        undecided, wrong = self.file(UNDECIDED, "c.yaml"), self.file(WRONG, "d.yaml")
        done = self.archsim("check", kept, undecided, broken, code=1)
        self.assertIn("3 scenarios: 4 promises kept, 1 broken, 1 undecided", done.stdout)
        self.archsim("check", undecided, kept, code=3)
        self.assertEqual(self.archsim("check", kept, wrong, broken, code=2).stdout, "")
        self.archsim("check", kept, wrong, self.folder / "missing.yaml", code=4)

    def test_run_judges_but_exits_0(self):
        self.assertIn("broken", self.archsim("run", self.file(BROKEN)).stdout)

    def test_polarity_of_the_printed_verdicts(self):
        for promise, verdict in (("< 1s", "kept"), ("> 1s", "broken"), ("< 1ms", "broken"),
                                 ("> 1ms", "kept"), ("<= 1s", "kept"), (">= 1s", "broken")):
            text = QUEUE + slo("traffic.users.latency.p50 " + promise)
            one = self.results(text)["slo"][0]
            self.assertEqual(one["verdict"], verdict, promise)

    def test_load_only(self):
        path = self.file(KEPT.replace("100s", "90y"))
        self.assertEqual(self.archsim("check", "--load-only", path).stdout, "")
        self.archsim("check", "--load-only", self.file(WRONG), code=2)

    def test_json_of_one_and_of_several(self):
        kept, broken = self.file(KEPT, "a.yaml"), self.file(BROKEN, "b.yaml")
        one = json.loads(self.archsim("check", kept, "--format", "json").stdout)
        self.assertEqual(one["scenario"]["file"], kept)
        two = json.loads(self.archsim("check", kept, broken, "--format", "json", code=1).stdout)
        self.assertEqual([x["scenario"]["file"] for x in two], [kept, broken])

    def test_csv_and_markdown_of_one_and_of_several(self):
        kept, broken = self.file(KEPT, "a.yaml"), self.file(BROKEN, "b.yaml")
        one = self.archsim("check", kept, "--format", "csv").stdout
        two = self.archsim("check", kept, broken, "--format", "csv", code=1).stdout
        self.assertEqual(one, self.archsim("run", kept, "--format", "csv").stdout)
        self.assertTrue(one.startswith("path,unit,value,low,high\n"))
        self.assertTrue(two.startswith("scenario,path,unit,value,low,high\n"))
        first = [line for line in two.splitlines() if line.startswith(kept)]
        self.assertEqual([f"{kept},{line}" for line in one.splitlines()[1:]], first)
        text = self.archsim("check", kept, broken, "--format", "markdown", code=1).stdout
        self.assertIn("## \u2714 A queue: 2 kept", text)
        self.assertIn("## \u2718 A queue: 1 kept, 1 broken", text)


class Replications(Cli):
    def test_looks(self):
        self.assertEqual(self.results(QUEUE)["scenario"]["replications"], 5)
        self.assertEqual(self.results(KEPT)["scenario"]["replications"], 5)
        # the truth is the limit, and a ratio has no precision to give up at: all four looks
        zero = slo("traffic.users.errors.timeout <= 0%")
        self.assertEqual(self.results(QUEUE + zero)["scenario"]["replications"], 30)
        fixed = self.results(QUEUE + zero, "--replications", 3)
        self.assertEqual(fixed["scenario"]["replications"], 3)
        # a mean that stays undecided stops when it is precise
        half = "precision: {}\n" + slo("services.queue.utilization < 50%")
        rough = self.results(QUEUE + half.format("20%"))["scenario"]["replications"]
        fine = self.results(QUEUE + half.format("0.1%"))["scenario"]["replications"]
        self.assertEqual((rough, fine), (5, 30))

    def test_one_replication_decides_nothing(self):
        one = self.results(KEPT, "--replications", 1)
        self.assertIsNone(one["traffic"]["users"]["latency"]["mean"]["low"])
        self.assertEqual([s["verdict"] for s in one["slo"]], ["undecided", "undecided"])

    def test_promises_are_judged_at_their_level(self):
        one = self.results(KEPT)
        printed = one["traffic"]["users"]["latency"]["mean"]
        judged = one["slo"][0]
        self.assertEqual(printed["value"], judged["value"])
        # t of 4 degrees of freedom: 2.7764 at 95 %, 4.3147 at 98.75 %
        ratio = (judged["high"] - judged["low"]) / (printed["high"] - printed["low"])
        self.assertAlmostEqual(ratio, 4.3147 / 2.7764, places=3)
        fixed = self.results(KEPT, "--replications", 5)
        printed = fixed["traffic"]["users"]["latency"]["mean"]
        self.assertEqual(fixed["slo"][0]["high"], printed["high"])

    def test_the_same_bytes_whatever_the_threads(self):
        files = sorted((SOURCE / "scenarios").glob("*.yaml"))
        self.assertGreater(len(files), 0)
        for path in files:
            texts = []
            for jobs in (1, 2, 5):
                text = self.archsim("run", path, "--format", "json", "--jobs", jobs, "--set",
                                    "warmup=5s", "--duration", "20s", "--replications", 3).stdout
                texts.append(re.sub(r'"wall_time": [^\n]*', "", text))
            self.assertEqual(texts[0], texts[1], path)
            self.assertEqual(texts[0], texts[2], path)

    def test_a_seed_changes_the_luck_and_nothing_else(self):
        first, again = self.results(KEPT, "--seed", 7), self.results(KEPT, "--seed", 7)
        other = self.results(KEPT, "--seed", 8)
        for one in (first, again, other):
            del one["scenario"]["wall_time"]
        self.assertEqual(first, again)
        self.assertNotEqual(first["traffic"], other["traffic"])

    def test_warm_up(self):
        # from empty to 99 % utilisation takes longer than two minutes: the pilot cannot settle
        slow = QUEUE.replace("warmup: 0s\n", "").replace("50/s", "99.5/s")
        self.assertIn("warmup_unclear", [w["code"] for w in self.results(slow)["warnings"]])
        quick = self.results(QUEUE.replace("warmup: 0s\n", ""))
        self.assertLess(quick["scenario"]["warmup"], 50)
        self.assertNotIn("warmup_unclear", [w["code"] for w in quick["warnings"]])
        given = self.results(QUEUE.replace("warmup: 0s", "warmup: 7s"))
        self.assertEqual(given["scenario"]["warmup"], 7)
        ramp = QUEUE.replace("warmup: 0s\n", "").replace("50/s", "[[0s, 20/s], [50s, 60/s]]")
        self.assertEqual(self.results(ramp)["scenario"]["warmup"], 10)

    def test_overload_is_told(self):
        one = self.results(QUEUE.replace("50/s", "200/s") + slo("traffic.users.availability >= 0%"))
        self.assertIn("overloaded", [w["code"] for w in one["warnings"]])
        self.assertEqual(one["slo"][0]["verdict"], "undecided")
        self.assertIn("overloaded", one["slo"][0]["reason"])

    def test_overload_of_a_service_is_told(self):
        """A server that can do 10/s gets 15/s. Its callers give up, or never wait: the
        traffic has no backlog, its service has."""
        promises = ["traffic.users.availability >= 0%", "services.b.throughput > 1/s",
                    "traffic.users.offered > 1/s", "bottleneck.headroom < 3"]
        text = """
archsim: 1
duration: 200s
services:
  b: {type: server, work: exponential(100ms)}
  a: {type: server, work: 1ms, calls: [{async: b}]}
  other: {type: server, work: 1ms}
traffic:
  users: {to: b, rate: 15/s, timeout: 1s}
  others: {to: other, rate: 15/s}
"""
        kept = "traffic.others.availability > 99%"
        behind = "services.a.utilization < 50%"
        for one in (self.results(text + slo(*promises, kept)),
                    self.results(text.replace("to: b", "to: a") + slo(*promises, kept, behind))):
            self.assertIn(("overloaded", "services.b"),
                          [(w["code"], w["path"]) for w in one["warnings"]])
            for promise in one["slo"]:
                doubted = promise["text"] in promises
                self.assertEqual(promise["verdict"], "undecided" if doubted else "kept", promise)
                if doubted:
                    self.assertIn("b was overloaded", promise["reason"])

    def test_promises_about_the_bottleneck_and_the_worst_window(self):
        """M/M/1 at utilisation 0.5: twice the traffic would fill it; nobody fails."""
        one = self.results(QUEUE.replace("100s", "1000s") + slo(
            "bottleneck.utilization < 60%", "bottleneck.headroom > 3", "bottleneck.headroom > 1.8",
            "traffic.users.worst.availability >= 99%", "traffic.users.worst.latency.p99 < 1ms"))
        self.assertEqual([s["verdict"] for s in one["slo"]],
                         ["kept", "broken", "kept", "kept", "broken"])
        worst = one["traffic"]["users"]["worst"]
        self.assertEqual(one["slo"][4]["value"], worst["latency"]["p99"]["value"])
        self.assertEqual(one["slo"][2]["value"], one["bottleneck"]["headroom"]["value"])
        short = self.results(QUEUE + slo("traffic.users.worst.availability >= 1%"))
        self.assertEqual(short["slo"][0]["verdict"], "undecided")

    def test_traffic_that_never_comes_is_told(self):
        one = self.results(QUEUE.replace("rate: 50/s", "rate: [[0s, 0/s], [200s, 9/s]]"))
        self.assertIn(("no_traffic", "traffic.users"),
                      [(w["code"], w["path"]) for w in one["warnings"]])

    def test_at_load(self):
        """M/M/1 at 50/s and 10 ms: mean latency 20 ms; at 1.6 times the load 10 / (1 - 0.8) ms."""
        text = QUEUE.replace("100s", "1000s") + "precision: 0.1%\n" + slo(
            "traffic.users.latency.mean < 30ms",
            "{promise: traffic.users.latency.mean < 30ms, at_load: 1.6}",
            "{promise: traffic.users.offered > 70/s, at_load: 1.6}",
            "{promise: services.queue.utilization < 60%, at_load: 0.5}")
        one = self.results(text)
        self.assertEqual([s["verdict"] for s in one["slo"]], ["kept", "broken", "kept", "kept"])
        self.assertEqual([s["at_load"] for s in one["slo"]], [1, 1.6, 1.6, 0.5])
        self.assertAlmostEqual(one["slo"][1]["value"], 0.050, delta=0.005)
        self.assertAlmostEqual(one["slo"][2]["value"], 80, delta=2)
        self.assertAlmostEqual(one["traffic"]["users"]["offered"]["value"], 50, delta=1)

    def test_a_loop_without_time_ends_the_run(self):
        text = QUEUE.replace("exponential(10ms)", "0s").replace("rate: 50/s", "users: 3, think: 0s")
        done = self.archsim("run", self.file(text), code=4)
        self.assertIn("service 'queue'", done.stderr)
        self.assertEqual(done.stdout, "")


class Output(Cli):
    def test_a_file_is_whole_and_replaced(self):
        path, target = self.file(KEPT), self.folder / "out.json"
        target.write_text("old")
        target.chmod(0o640)
        done = self.archsim("run", path, "--format", "json", "--output", target)
        self.assertEqual(done.stdout, "")
        self.assertEqual(json.loads(target.read_text())["scenario"]["name"], "A queue")
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o640)
        self.assertEqual({p.name for p in self.folder.iterdir()}, {"scenario.yaml", "out.json"})

    def test_a_link_stays_a_link(self):
        target, link = self.folder / "real.txt", self.folder / "link.txt"
        target.write_text("old")
        link.symlink_to(target)
        self.archsim("run", self.file(KEPT), "-o", link)
        self.assertTrue(link.is_symlink())
        self.assertIn("A queue", target.read_text())

    def test_what_cannot_be_written(self):
        path = self.file(KEPT)
        self.archsim("run", path, "-o", self.folder / "no" / "out", code=4)
        self.archsim("run", path, "-o", self.folder, code=4)
        self.archsim("run", path, "-o", "/dev/full", code=4)
        self.archsim("run", path, "-o", "/dev/null")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_full_disk_or_a_closed_pipe_behind_stdout(self):
        path = self.file(KEPT)
        for words in (["run", path], ["check", path], ["explain"], ["schema"], ["run", "--help"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([BINARY, *words], stdout=full, stderr=subprocess.PIPE,
                                      text=True, env=PLAIN, timeout=60)
            self.assertEqual(done.returncode, 4, words)
            self.assertIn("cannot write standard output", done.stderr)
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as pipe:
            done = subprocess.run([BINARY, "run", path], stdout=pipe, stderr=subprocess.PIPE,
                                  text=True, env=PLAIN, timeout=60)
        self.assertEqual(done.returncode, 4)
        self.assertIn("cannot write", done.stderr)

    def test_a_scenario_from_standard_input(self):
        done = self.archsim("run", "-", "--format", "json", input=KEPT)
        self.assertEqual(json.loads(done.stdout)["scenario"]["name"], "A queue")

    def test_warnings_go_to_stderr_unless_the_summary_has_them(self):
        path = self.file(QUEUE.replace("100s", "10s"))  # 500 requests: no p99 of 10 beyond
        self.assertIn("few_observations", self.archsim("run", path).stdout)
        self.assertEqual(self.archsim("run", path).stderr, "")
        self.assertIn("few_observations", self.archsim("run", path, "--format", "json").stderr)
        self.assertEqual(self.archsim("run", path, "--format", "json", "--quiet").stderr, "")


class Looks(Cli):
    def test_colour(self):
        path = self.file(BROKEN)
        escape = "\033["
        for words, env, coloured in (
                ([], {}, False), ([], {"CLICOLOR_FORCE": "1"}, True),
                ([], {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
                ([], {"CLICOLOR_FORCE": "0"}, False),
                (["--color", "always"], {"NO_COLOR": "1"}, True),
                (["--color=never"], {"CLICOLOR_FORCE": "1"}, False)):
            for command, code in (("run", 0), ("check", 1)):
                text = self.archsim(command, path, *words, env=env, code=code).stdout
                self.assertEqual(escape in text, coloured, (words, env))

    def test_ascii_unless_the_locale_is_utf_8(self):
        path = self.file(BROKEN)
        for env, ascii_only in (({}, True), ({"LC_ALL": "C"}, True),
                                ({"LANG": "de_DE.UTF-8"}, False),
                                ({"LC_ALL": "C", "LANG": "C.UTF-8"}, True),
                                ({"LC_ALL": "C.UTF-8", "TERM": "dumb"}, True)):
            self.assertEqual(self.archsim("run", path, env=env).stdout.isascii(), ascii_only, env)

    def test_numbers_do_not_depend_on_the_locale(self):
        path = self.file(KEPT)
        texts = [re.sub(r'"wall_time": [^\n]*', "", self.archsim("run", path, "--format", "json",
                                                               env=env).stdout)
                 for env in ({}, {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kolkata"})]
        self.assertEqual(texts[0], texts[1])

    def test_lines_fit_whatever_the_names(self):
        service, users = "s" * 60, "u" * 60
        text = QUEUE.replace("queue", service).replace("users", users)
        text += slo(f"traffic.{users}.latency.p99 < 1ms", f"services.{service}.utilization < 50%")
        lines = self.archsim("run", self.file(text)).stdout.splitlines()
        self.assertLessEqual(max(map(len, lines[1:])), 100)

    def terminal(self, *words, env=None, columns=80):
        """Runs with a terminal behind stderr; what was drawn on it."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([BINARY, *map(str, words)], stdout=subprocess.DEVNULL,
                                   stderr=theirs, env=PLAIN | (env or {}))
        os.close(theirs)
        drawn = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:
                break
            if not part:
                break
            drawn += part
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        return drawn.decode()

    def test_progress_is_for_terminals(self):
        path = self.file(KEPT.replace("100s", "20h"))  # a second or so
        words = ("run", path, "--replications", 5, "--jobs", 1)
        drawn = self.terminal(*words)
        self.assertRegex(drawn, r"\d of 5 replications, .* left, .* simulated, .* events/s")
        self.assertTrue(drawn.endswith("\r\033[K"))
        self.assertEqual(self.terminal(*words, "--quiet"), "")
        self.assertEqual(self.terminal(*words, env={"TERM": "dumb"}), "")
        self.assertEqual(self.archsim(*words).stderr, "")

    def test_progress_stays_on_its_line(self):
        at_half = "  - {promise: traffic.users.throughput > 1/s, at_load: 0.5}\n"
        path = self.file(KEPT.replace("100s", "20h") + at_half)
        for columns in (40, 80, 200):
            drawn = self.terminal("run", path, "--replications", 5, columns=columns)
            lines = drawn.split("\r\033[K")
            self.assertGreater(len(lines), 3)
            self.assertLess(max(map(len, lines)), columns)
            for done, planned in re.findall(r"(\d+) of (\d+) replications", drawn):
                self.assertLessEqual(int(done), int(planned))

    def test_lines_fit_the_terminal(self):
        for columns, width in ((72, 72), (80, 80), (200, 100)):
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            subprocess.run([BINARY, "run", self.file(UNDECIDED), "--color", "never"], stdout=theirs,
                           stderr=subprocess.DEVNULL, env=PLAIN, check=True)
            lines = os.read(ours, 1 << 16).decode().splitlines()
            os.close(theirs)
            os.close(ours)
            self.assertGreater(len(lines), 10)
            self.assertLessEqual(max(map(len, lines)), width)

    def test_profile(self):
        done = self.archsim("run", self.file(KEPT), "--profile", "--format", "json")
        json.loads(done.stdout)
        for word in ("arrivals", "work done", "queue", "random numbers", "statistics", "in flight"):
            self.assertIn(word, done.stderr)


class Interruption(Cli):
    def start(self, *words):
        path = self.file(KEPT.replace("100s", "50y"))  # hours of work
        process = subprocess.Popen([BINARY, words[0], path, *words[1:]], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=PLAIN,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        return process

    def test_interrupted(self):
        target = self.folder / "out.txt"
        for words in (["run"], ["run", "-o", str(target)], ["run", "--format", "json"], ["check"]):
            process = self.start(*words)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out, err), (130, "", ""), words)
            self.assertFalse(target.exists())
        self.assertEqual([p.name for p in self.folder.iterdir()], ["scenario.yaml"])


if __name__ == "__main__":
    unittest.main()
