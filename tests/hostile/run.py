"""Starts a `prooflight-local` of its own and lets schemathesis loose on it, over HTTPS with its certificate, from `infra/openapi.yaml`.

    python tests/hostile/run.py CASES [SEED]

The binary is named by PROOFLIGHT_LOCAL. With the same seed the same requests are made; where schemathesis runs out of new ones before there are enough, the
next seed follows. It fails where an answer is not as the contract says, where
a server error is answered, where fewer requests were made than asked for, and where no request of an operation went well: then nothing hostile met
what the operation does.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
CONTRACT = HERE.parent.parent / "infra" / "openapi.yaml"
READY_WITHIN_SECONDS = 30
MOST_SEEDS = 10


def start(folder):
    """The server's process and its HTTPS port."""
    ready = folder / "ready.json"
    log = (folder / "log").open("w")
    flags = ["--https-port", "0", "--aws-port", "0", "--data-dir", folder / "data", "--ready-file", ready]
    server = subprocess.Popen([os.environ["PROOFLIGHT_LOCAL"], *flags], stdout=log, stderr=log)
    until = time.monotonic() + READY_WITHIN_SECONDS
    while not ready.exists():
        if server.poll() is not None or time.monotonic() > until:
            sys.exit(f"prooflight-local did not start:\n{(folder / 'log').read_text()}")
        time.sleep(0.05)
    return server, json.loads(ready.read_text())["https"]


def attack(port, certificate, cases, seed, statuses):
    """The exit code of schemathesis, and how many requests it made."""
    origin = f"https://localhost:{port}"
    operations = len(re.findall(r"^ +operationId:", CONTRACT.read_text(), re.MULTILINE))
    command = [
        pathlib.Path(sys.executable).with_name("schemathesis"),
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run",
        CONTRACT,
        f"--url={origin}/api",
        f"--tls-verify={certificate}",
        f"--seed={seed}",
        f"--max-examples={-(-cases // operations)}",
        "--no-color",
    ]
    told = {"PROOFLIGHT_ORIGIN": origin, "PROOFLIGHT_CERTIFICATE": str(certificate), "PROOFLIGHT_STATUSES": str(statuses), "PROOFLIGHT_SEED": str(seed)}
    environment = os.environ | told | {"PYTHONPATH": str(HERE)}
    run = subprocess.run(command, env=environment, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(run.stdout)
    made = re.search(r"(\d+) generated", run.stdout)
    return run.returncode, int(made.group(1)) if made else 0


def met(folder):
    """Prints what the requests of each operation met, and returns the operations of which none went well."""
    counts = collections.defaultdict(collections.Counter)
    for statuses in folder.glob("statuses-*.json"):
        for operation, told in json.loads(statuses.read_text()).items():
            counts[operation].update(told)
    operations = re.findall(r"^ +operationId: (\w+)$", CONTRACT.read_text().split("\ncomponents:")[0], re.MULTILINE)
    for operation in operations:
        told = ", ".join(f"{count} x {status}" for status, count in sorted(counts[operation].items()))
        print(f"{operation:>28}  {told}")
    return [operation for operation in operations if not any(status < "300" for status in counts[operation])]


def main():
    cases = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        server, port = start(folder)
        code, made, seeds = 0, 0, []
        try:
            while not code and made < cases and len(seeds) < MOST_SEEDS:
                seeds.append(seed + len(seeds))
                statuses = folder / f"statuses-{seeds[-1]}.json"
                code, more = attack(port, folder / "data" / "certificate.pem", cases - made, seeds[-1], statuses)
                made += more
        finally:
            server.terminate()
            server.wait(timeout=20)
        unmet = met(folder)
    print(f"{made} requests were made, with seed {', '.join(map(str, seeds))}")
    if unmet:
        print(f"no request went well of {', '.join(unmet)}")
    sys.exit(code or (made < cases) or bool(unmet))


main()
