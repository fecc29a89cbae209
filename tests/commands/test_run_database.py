"""What `run --database` does for a user: runs are added, `kill -9` at any instant and several
writers leave whole runs only, what cannot be stored is told with exit code 4 and the results still
shown. Known independently: the same scenario and seed give the same rows, so each run must be equal
to the first; the database is read by Python's own SQLite."""

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
from contextlib import closing
from pathlib import Path

SOURCE = Path(os.environ.get("ARCHSIM_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("ARCHSIM_BINARY", str(SOURCE / "build/release/archsim"))
KILLS = 30

# A little work, much to store: storing takes most of the time.
SHOP = """
archsim: 1
name: A shop's day
duration: 2h
warmup: 0s
replications: 2
services:
  gate: {type: rate_limiter, rate: 2/s, burst: 1, calls: [app]}
  app: {type: server, servers: 2, work: exponential(300ms), calls: [db]}
  db: {type: server, work: exponential(50ms)}
traffic:
  users: {to: gate, rate: 1/s}
slo:
  - traffic.users.availability > 10%
"""
TABLES = "scenario override metric series histogram cost_item slo event warning".split()


class Database(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.scenario = self.folder / "shop.yaml"
        self.scenario.write_text(SHOP)
        self.path = self.folder / "runs.db"

    def words(self, *words):
        return [BINARY, "run", str(self.scenario), "--quiet", "--database", str(self.path),
                *map(str, words)]

    def archsim(self, *words, code=0, **options):
        done = subprocess.run(self.words(*words), capture_output=True, text=True, timeout=300,
                              **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def ask(self, sql):
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(sql).fetchall()

    def runs(self):
        """All runs, each of them whole."""
        if not self.path.exists():
            return []
        self.assertEqual(self.ask("PRAGMA integrity_check"), [("ok",)])
        if self.ask("SELECT count(*) FROM sqlite_schema") == [(0,)]:
            return []
        runs = [run for run, in self.ask("SELECT run FROM run ORDER BY run")]
        self.assertEqual(self.ask("SELECT count(*) FROM pragma_foreign_key_check"), [(0,)])
        for table in TABLES:
            columns = [f'"{row[1]}"' for row in self.ask(f"PRAGMA table_info({table})")]
            columns = ", ".join(column for column in columns if column != '"run"')
            first, *others = [self.ask(f"SELECT {columns} FROM {table} WHERE run = {run} "
                                       f"ORDER BY {columns}") for run in runs]
            for other in others:
                self.assertEqual(other, first, table)
        return runs

    def test_the_same_numbers_as_in_the_json(self):
        results = json.loads(self.archsim("--format", "json", "--seed", 7).stdout)
        for path, *estimate in self.ask("SELECT path, value, low, high FROM metric"):
            value = results
            for key in path.split("."):
                value = value and value[key]
            if isinstance(value, float | int):  # the ends of a window
                value = {"value": value, "low": None, "high": None}
            self.assertEqual(estimate, list((value or dict.fromkeys("abc")).values()), path)
        self.assertGreater(self.ask("SELECT count(*) FROM metric")[0][0], 100)
        self.assertEqual(self.ask("SELECT text FROM scenario"), [(SHOP,)])
        self.assertEqual(self.ask("SELECT text FROM override"), [("seed=7",)])
        self.assertEqual(self.ask("SELECT text, verdict FROM slo"),
                         [("traffic.users.availability > 10%", "kept")])
        events = self.ask("SELECT time, until, service, kind, metric, value, threshold, \"from\", "
                          "\"to\", delay, count, text FROM event WHERE replication = 0 "
                          "ORDER BY position")
        self.assertEqual(events, [tuple(event.values()) for event in results["events"]])
        self.assertGreater(len(events), 0)
        offered = results["traffic"]["users"]["offered"]["value"]
        good = results["traffic"]["users"]["availability"]["value"] * offered * 7200 * 2
        self.assertAlmostEqual(self.ask("SELECT sum(count) FROM histogram WHERE "
                                        "path = 'traffic.users.latency'")[0][0], good, delta=2)
        mean, = self.ask("SELECT avg(value) FROM series WHERE path = 'traffic.users.offered'")[0]
        self.assertAlmostEqual(mean, offered, delta=0.02 * offered)

    def test_runs_are_added(self):
        for count in range(1, 4):
            self.archsim()
            self.assertEqual(self.runs(), list(range(1, count + 1)))
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"shop.yaml", "runs.db"})

    def test_a_name_is_a_file(self):
        for name in (":memory:", "file:x?mode=memory", "-x", "ü b"):
            subprocess.run([BINARY, "run", str(self.scenario), "--quiet", f"--database={name}"],
                           cwd=self.folder, stdout=subprocess.DEVNULL, timeout=60, check=True)
            self.path = self.folder / name
            self.assertEqual(self.runs(), [1])

    def test_killed_at_any_instant(self):
        start = time.monotonic()
        self.archsim()
        span = time.monotonic() - start
        dice = random.Random(1)
        killed = 0
        for _ in range(KILLS):
            process = subprocess.Popen(self.words(), stdout=subprocess.DEVNULL)
            try:
                process.wait(dice.uniform(0.1, 1.1) * span)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                killed += process.wait() == -signal.SIGKILL
            found = self.runs()
            self.assertGreaterEqual(len(found), 1)
            self.assertLessEqual(len(found), KILLS + 1)
        self.assertGreater(killed, KILLS / 3)
        before = len(self.runs())
        self.archsim()
        self.assertEqual(len(self.runs()), before + 1)

    def test_several_writers_while_one_is_killed(self):
        processes = [subprocess.Popen(self.words(), stdout=subprocess.DEVNULL) for _ in range(6)]
        victim = processes.pop()
        time.sleep(0.05)
        victim.kill()
        victim.wait()
        for process in processes:
            self.assertEqual(process.wait(timeout=300), 0)
        self.assertIn(len(self.runs()), (5, 6))

    def test_refused_before_anything_is_simulated(self):
        self.scenario.write_text(SHOP.replace("2h", "90y"))  # hours of work
        newer = ("PRAGMA user_version = 99; PRAGMA application_id = 1634886515; "
                 "CREATE TABLE run (run)")
        for content, message in (("junk" * 2000, "this is not a database"),
                                 ("CREATE TABLE t (x)", "another program"),
                                 (newer, "a newer archsim made this database (version 99")):
            self.path.unlink(missing_ok=True)
            if content.startswith("junk"):
                self.path.write_text(content)
            else:
                with closing(sqlite3.connect(self.path)) as database:
                    database.executescript(content)
            before = self.path.read_bytes()
            done = self.archsim(code=4)
            self.assertTrue(done.stderr.startswith(f"{self.path}: error: "), done.stderr)
            self.assertIn(message, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertEqual(self.path.read_bytes(), before)
        for path in (self.folder, "/dev/null", self.folder / "no" / "x.db", "/dev/full"):
            self.path = path
            self.assertIn(str(path), self.archsim(code=4).stderr)
        self.path = "-"
        self.assertIn("--database: expected a file", self.archsim(code=2).stderr)

    def test_damage_is_told(self):
        self.archsim()
        content = bytearray(self.path.read_bytes())
        content[4096 * 5:4096 * 6] = b"\x55" * 4096
        self.path.write_bytes(content)
        self.assertIn("the database is damaged", self.archsim(code=4).stderr)
        self.assertEqual(self.path.read_bytes(), content)

    def test_what_cannot_be_stored_is_still_shown(self):
        """No room for the run: the disk has only so much for each file."""
        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))
        for runs in ([], [1]):
            if runs:
                self.archsim()
            done = self.archsim(code=4, preexec_fn=small)
            self.assertIn("A shop's day", done.stdout)
            self.assertIn(f"{self.path}: error: cannot be read or written: ", done.stderr)
            self.assertEqual(self.runs(), runs)

    def test_interrupted(self):
        self.scenario.write_text(SHOP.replace("2h", "90y"))
        process = subprocess.Popen(self.words(), stdout=subprocess.DEVNULL,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertFalse(self.path.exists())


if __name__ == "__main__":
    unittest.main()
