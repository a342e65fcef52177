#!/usr/bin/env python3
"""Packs Lambda binaries, a zip per function, and starts what was packed.

    lambda-zips.py [--start] --out FOLDER BINARY...

A BINARY is `<function>/bootstrap`, or a file with the function's name. A zip has one file, `bootstrap`, executable, with a fixed time: the same
binary makes the same zip. Lambda's Amazon Linux 2023 has glibc 2.34, so a binary that needs a newer one is refused. With --start each zip is
unpacked into an empty folder and run with a Lambda Runtime API of this script's: it has to take an invocation and answer it, with a result
or with an error of its own. What it would call on AWS is not there; the tests over the wire are for that.
"""

import argparse
import contextlib
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import zipfile

NEWEST_GLIBC = (2, 34)
ANSWERS_WITHIN_SECONDS = 20
# No settings of whoever builds, and addresses where nobody listens: a start needs no account and reaches none.
SETTINGS = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--start", action="store_true", help="start what was packed")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("binaries", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for binary in arguments.binaries:
        name = binary.parent.name if binary.name == "bootstrap" else binary.name
        glibc = newest_glibc(binary)
        if glibc > NEWEST_GLIBC:
            sys.exit(f"{name} needs glibc {glibc[0]}.{glibc[1]}; Lambda has {NEWEST_GLIBC[0]}.{NEWEST_GLIBC[1]}")
        archive = arguments.out / f"{name}.zip"
        pack(binary, archive)
        started = f", {start(name, archive)}" if arguments.start else ""
        print(f"{archive.stat().st_size / 1e6:6.1f} MB  {name}.zip, glibc {glibc[0]}.{glibc[1]}{started}")


def newest_glibc(binary):
    """The newest version of glibc's symbols that the binary names; they stand in its string table as text."""
    found = re.findall(rb"\0GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\0)", binary.read_bytes())
    return max(((int(major), int(minor)) for major, minor in found), default=(0, 0))


def pack(binary, archive):
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    # A regular file that everybody may execute, as Unix says it.
    entry.create_system, entry.external_attr = 3, 0o100755 << 16
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(entry, binary.read_bytes(), compresslevel=6)


class Runtime(http.server.BaseHTTPRequestHandler):
    """The Runtime API, as far as one invocation needs it ("Using the Lambda runtime API for custom runtimes")."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.server.given:
            # A second invocation never comes; the function waits until it is ended.
            self.server.over.wait()
            self.close_connection = True
            return
        self.server.given = True
        body = b"{}"
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000000")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:smoke")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answer = (self.path.rsplit("/", 1)[-1], body)
        self.server.answered.set()

    def handle(self):
        # A function that was ended closes its connection as it likes.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_):
        pass


def start(name, archive):
    """Unpacks and runs it; how it answered."""
    with tempfile.TemporaryDirectory() as folder, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Runtime) as runtime:
        runtime.daemon_threads = True
        runtime.given, runtime.answer = False, None
        runtime.answered, runtime.over = threading.Event(), threading.Event()
        threading.Thread(target=runtime.serve_forever, daemon=True).start()
        bootstrap, log = pathlib.Path(folder, "bootstrap"), pathlib.Path(folder, "log")
        with zipfile.ZipFile(archive) as packed:
            [entry] = packed.infolist()
            packed.extract(entry, folder)
            # zipfile does not set what it read; Lambda does.
            bootstrap.chmod(entry.external_attr >> 16 & 0o777)
        settings = SETTINGS | variables() | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server_address[1]}", "AWS_LAMBDA_FUNCTION_NAME": name}
        with log.open("wb") as output:
            function = subprocess.Popen([bootstrap], env=settings, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder)
        try:
            runtime.answered.wait(ANSWERS_WITHIN_SECONDS)
        finally:
            function.kill()
            function.wait()
            runtime.over.set()
            runtime.shutdown()
        if runtime.answer is None:
            sys.exit(f"{name} started and answered nothing:\n{log.read_text(errors='replace')[-2000:]}")
        kind, body = runtime.answer
        # /invocation/<id>/response and /invocation/<id>/error; /init/error is a start that failed.
        if kind not in ("response", "error") or not runtime.given:
            sys.exit(f"{name} did not start: {body[:500].decode(errors='replace')}")
        json.loads(body or b"null")
        return "answered" if kind == "response" else "refused an event that is none of its own"


def variables():
    """What template.yaml gives the functions, all of it, with values of the right form."""
    url = "http://127.0.0.1:9/000000000000/queue"
    return {
        "TABLE_NAME": "table",
        "LIVENESS_REGION": "us-east-1",
        "EVIDENCE_BUCKET": "bucket",
        "FACE_COLLECTION": "faces",
        "STREAMING_ROLE_ARN": "arn:aws:iam::123456789012:role/streaming",
        "RESCUE_QUEUE_URL": url,
        "IDENTIFIER_KEY": "00" * 32,
        "EVENT_BUS_NAME": "bus",
        "JWT_ISSUER": "https://issuer.example/",
        "RESULT_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/results",
        "RESULT_ISSUER": "urn:prooflight:us-east-1:stack",
        "CLIENT_TOKEN_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/tokens",
        "DECISION_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/decisions",
        "JWT_AUDIENCE": "prooflight",
        "WEBHOOK_URL": "https://hooks.example.com/",
        "WEBHOOK_QUEUE_URL": url,
        "WEBHOOK_DEAD_LETTERS_URL": url,
        "WEBHOOK_KEYS_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys",
    }


if __name__ == "__main__":
    main()
