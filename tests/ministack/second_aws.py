"""Starts MiniStack, an AWS that others have written: on 127.0.0.1 and a free port, with everything it writes in a folder that goes away."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import boto3
import pytest
from botocore.config import Config
from local_server import without_aws_settings

READY_WITHIN_SECONDS = 60
REGION = "us-east-1"


class MiniStack:
    """A running MiniStack. Clients are made by one thread and may then be used by many."""

    def __init__(self, endpoint, log: pathlib.Path):
        self.endpoint = endpoint
        self.log = log
        self.session = boto3.Session()

    def client(self, service, region=REGION, **config):
        return self.session.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(connect_timeout=5, read_timeout=60, max_pool_connections=40, **config),
        )


@contextlib.contextmanager
def running(folder: pathlib.Path, endpoints: dict[str, str]):
    """A MiniStack for as long as the block lasts. Its functions find it as their AWS, but for the services that `endpoints` has elsewhere."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint, log = f"http://127.0.0.1:{port}", folder / "ministack.log"
    # By default it listens on every interface, and has a broker for things on another port.
    settings = {"BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "MINISTACK_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    # What it has unpacked, and a file with its process id.
    settings |= {"TMPDIR": str(folder), "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    # What it finds itself, its functions inherit.
    settings |= {"AWS_ENDPOINT_URL": endpoint} | {f"AWS_ENDPOINT_URL_{service}": url for service, url in endpoints.items()}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=without_aws_settings() | settings,
            # A group of its own, with the functions that it starts.
            start_new_session=True,
        )
    try:
        wait_for(port, server, log)
        yield MiniStack(endpoint, log)
        assert server.poll() is None, f"MiniStack ended by itself:\n{log.read_text(errors='replace')[-4000:]}"
    finally:
        end(server)


def wait_for(port, server, log):
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        # Without it no test means anything: one message, not one per test.
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.exit(f"MiniStack did not start:\n{log.read_text(errors='replace')[-4000:]}", returncode=1)
        time.sleep(0.05)


def end(server):
    """Ends it by its id, and then whatever of its group is left: the functions that wait for the next event."""
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
