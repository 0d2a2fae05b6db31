"""What the macro benchmarks share: processes that have a core each and do not outlive their starter, and runs of
ringstorm brought to figures."""

import contextlib
import ctypes
import dataclasses
import json
import os
import pathlib
import re
import select
import signal
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVERS = {
    "embedded": ["{build}/ringstorm", "serve", "--mode", "echo", "--listen", "127.0.0.1:0"],
    "embedded-tls": ["{build}/ringstorm", "serve", "--tls", "--mode", "echo", "--listen", "127.0.0.1:0"],
    "embedded-deflate": ["{build}/ringstorm", "serve", "--deflate", "--mode", "echo", "--listen", "127.0.0.1:0"],
    "epoll": ["{build}/bench/epoll_echo_server", "--listen", "127.0.0.1:0"],
    "ws": ["node", "tests/peers/echo_ws.js"],
}


@dataclasses.dataclass
class Settings:
    build: pathlib.Path
    duration_s: float
    warmup_s: float
    client_core: int
    server_core: int
    pairs: int


def settings_from(options):
    cores = sorted(os.sched_getaffinity(0))
    return Settings(build=options.build.resolve(), duration_s=0.5 if options.quick else 2.0,
                    warmup_s=0.2 if options.quick else 0.5, client_core=cores[0], server_core=cores[-1],
                    pairs=options.pairs or (2 if options.quick else 6))


def add_arguments(parser):
    parser.add_argument("--quick", action="store_true", help="two short pairs a case: does it run, roughly how fast")
    parser.add_argument("--only", metavar="PATTERN", default="", help="only cases whose name matches this expression")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and do nothing")
    parser.add_argument("--pairs", type=int, help="pairs of runs per case (default 6, with --quick 2)")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="a build tree")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every figure to this file")


def child_setup(core):
    libc = ctypes.CDLL(None)
    pr_set_pdeathsig = 1

    def set_up():
        libc.prctl(pr_set_pdeathsig, signal.SIGTERM)
        os.sched_setaffinity(0, {core})
    return set_up


def read_line(process, timeout_s):
    ready, _, _ = select.select([process.stdout], [], [], timeout_s)
    line = process.stdout.readline() if ready else ""
    if not line:
        raise RuntimeError(f"{process.args[0]} did not say that it listens")
    return line


class Server:
    """A running server: its port, the file with its certificate when it speaks TLS."""

    def __init__(self, kind, build, core):
        command = [part.format(build=build) for part in SERVERS[kind]]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        bufsize=1, preexec_fn=child_setup(core))
        self.certificate = None
        line = read_line(self.process, 10)
        if line.startswith("certificate "):
            self.certificate = line.split(maxsplit=1)[1].strip()
            line = self.process.stdout.readline()
        found = re.match(r"listening (?:\S+:)?(\d+)\s*$", line)
        if not found:
            raise RuntimeError(f"{command[0]} said {line!r} instead of its port")
        self.port = int(found.group(1))

    def stop(self):
        """Ends it; what it said last."""
        self.process.terminate()
        try:
            said, _ = self.process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            said, _ = self.process.communicate()
        return said


@contextlib.contextmanager
def running_server(kind, build, core):
    server = Server(kind, build, core)
    try:
        yield server
    finally:
        server.stop()


def run_client(command, settings):
    timeout_s = 60 + 10 * (settings.duration_s + settings.warmup_s)
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=timeout_s,
                          preexec_fn=child_setup(settings.client_core))


def run_ringstorm(arguments, settings):
    """The report of `ringstorm run ARGUMENTS`."""
    with tempfile.TemporaryDirectory(prefix="ringstorm-bench-") as folder:
        out = pathlib.Path(folder) / "out"
        result = run_client([f"{settings.build}/ringstorm", "run", *arguments, "--quiet", "--out", str(out)], settings)
        if not (out / "report.json").exists():
            raise RuntimeError(f"ringstorm ended with {result.returncode}: {(result.stderr or result.stdout).strip()}")
        report = json.loads((out / "report.json").read_text())
    if report["verdict"]["exit_code"] != 0:
        print(f"  note: {'; '.join(report['verdict']['reasons'])}", flush=True)
    return report


def figures(report):
    service = report["latency"]["service"]
    return {
        "messages_per_cpu_second": report["generator"]["messages_per_cpu_second"],
        "messages_per_second": report["rates"]["received_per_s"],
        "p50_ns": service["p50_ns"],
        "p99_ns": service["p99_ns"],
    }


def median(values):
    known = [v for v in values if v is not None]
    return statistics.median(known) if known else None
