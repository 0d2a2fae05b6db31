#!/usr/bin/python3
"""nginx as a TLS proxy in front of a plain server: `tls_proxy.py --upstream PORT --certificate FILE --key FILE`."""

import argparse
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
{user}
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }}
  }}
}}
"""


PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent():
    """Runs in the child: whoever kills this script outright must not leave nginx behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port, nginx, patience=10.0):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and nginx.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upstream", type=int, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ringstorm-nginx-") as folder:
        port = free_port()
        configuration = pathlib.Path(folder) / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            folder=folder, port=port, user="user root;" if os.geteuid() == 0 else "", **vars(options)))
        log = open(pathlib.Path(folder) / "out.log", "wb")
        nginx = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-e", f"{folder}/error.log", "-c", str(configuration)],
                                 stdout=log, stderr=log, preexec_fn=end_with_parent)
        stopped = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.append(True))
        if not listens(port, nginx):
            nginx.kill()
            sys.exit(f"nginx does not listen: {(pathlib.Path(folder) / 'error.log').read_text()}")
        print(f"listening {port}", flush=True)
        while not stopped and nginx.poll() is None:
            time.sleep(0.02)
        nginx.terminate()
        nginx.wait(timeout=10)
        print("{}", flush=True)


main()
