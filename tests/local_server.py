"""Starts a `prooflight-local` for tests in Python and speaks with it: boto3 clients, and the /dev helpers.

The binary is named by PROOFLIGHT_LOCAL (`make system` sets it).
"""

import contextlib
import json
import os
import pathlib
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3
import pytest
from botocore.config import Config

READY_WITHIN_SECONDS = 20


class Prooflight:
    """A running server, as a developer sees it."""

    def __init__(self, https_port, aws_port):
        self.https_port = https_port
        self.endpoint = f"http://127.0.0.1:{aws_port}"
        # One session, because it keeps the models of the services, which are large; keys are given to each client.
        self.session = boto3.Session()

    def client(self, service, key="local", secret="local-secret", token=None, **config):
        """A client of one service; without retries, so that a test sees the first answer."""
        settings = {"retries": {"total_max_attempts": 1}, "connect_timeout": 5, "read_timeout": 20} | config
        return self.session.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(**settings),
        )

    def dev(self, path, body):
        """Calls a /dev helper and returns the status and the JSON of its answer."""
        request = urllib.request.Request(
            f"https://localhost:{self.https_port}/dev/{path}",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method="POST",
        )
        return self.send(request)

    def look(self, path, **query):
        """Reads from a /dev helper."""
        query = urllib.parse.urlencode(query)
        return self.send(urllib.request.Request(f"https://localhost:{self.https_port}/dev/{path}?{query}"))

    def send(self, request):
        """Returns the status and the JSON of the answer."""
        # The certificate is self-signed and made when the server starts; what is tested here is not the transport.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with urllib.request.urlopen(request, timeout=20, context=context) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.loads(refusal.read() or b"null")

    def script(self, session_id, status="SUCCEEDED", **outcome):
        """Scripts how a liveness session ended."""
        code, answer = self.dev("outcome", {"sessionId": session_id, "status": status} | outcome)
        assert code < 300, answer

    def script_error(self, name, times=1, session_id=None):
        """Makes the next calls about a session, or without one the next creations, fail."""
        target = {} if session_id is None else {"sessionId": session_id}
        code, answer = self.dev("outcome", {"error": name, "times": times} | target)
        assert code < 300, answer

    def advance(self, seconds):
        """Moves the clock of sessions and limits forward."""
        code, answer = self.dev("clock", {"advanceSeconds": seconds})
        assert code < 300, answer


def without_aws_settings():
    """The environment without a developer's own AWS account in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


@contextlib.contextmanager
def serving(folder, data_dir=None):
    """A server for as long as the block lasts; what it is given in `data_dir` it keeps there."""
    binary = os.environ.get("PROOFLIGHT_LOCAL")
    if not binary:
        pytest.exit("PROOFLIGHT_LOCAL does not name the prooflight-local binary; `make system` sets it", returncode=2)
    binary = pathlib.Path(binary).absolute()
    ready_file, log = folder / "ready.json", folder / "server.log"
    command = [binary, "--https-port", "0", "--aws-port", "0", "--ready-file", ready_file, "--web-dir", folder / "no-page"]
    command += ["--data-dir", data_dir] if data_dir else ["--ephemeral"]
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, env=without_aws_settings())
    try:
        ports = wait_for(ready_file, server, log)
        yield Prooflight(ports["https"], ports["aws"])
        assert server.poll() is None, f"the server ended by itself:\n{log.read_text()}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(ready_file: pathlib.Path, server, log):
    """The ports, once the server has written them. A file cannot be awaited without a library, so it is looked for often."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not ready_file.exists():
        # Without a server no test means anything: one message, not one per test.
        if server.poll() is not None:
            pytest.exit(f"prooflight-local did not start:\n{log.read_text()}", returncode=1)
        if time.monotonic() > deadline:
            pytest.exit(f"prooflight-local was not ready within {READY_WITHIN_SECONDS} s:\n{log.read_text()}", returncode=1)
        time.sleep(0.01)
    return json.loads(ready_file.read_text())
