# How the Python tool that the agent replaces closes ports, re-created for a comparison: a signed poll a second, and once the answer
# says draining, N + 4 processes of iptables, one after the other. It is spared what was a defect: addresses are not turned into names,
# output is read while a process runs.
# Usage: old-closing.py URL PORTS...; prints "opened" once it took its rules away again, which was quicker than the tool did it.
import json
import subprocess
import sys
import time

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CHAIN = "CS-INSTANCE-WATCHER"
PERIOD_S = 1

url, *ports = sys.argv[1:]
signer = SigV4Auth(Credentials("AKIDWATCHER", "a-secret-of-the-tests"), "execute-api", "eu-west-1")


def state():
    request = AWSRequest("GET", url)
    signer.add_auth(request)
    return json.loads(requests.get(url, headers=dict(request.headers.items())).text)["State"]


def iptables(*words):
    subprocess.run(words, stdout=subprocess.PIPE, check=True)


def close():
    iptables("iptables", "-n", "-L")
    iptables("iptables-save")
    iptables("iptables", "-N", CHAIN)
    iptables("iptables", "-I", "INPUT", "1", "-j", CHAIN)
    for port in ports:
        rule = ["-p", "tcp", "--dport", port, "-m", "state", "--state", "NEW", "-j", "REJECT"]
        iptables("iptables", "-A", CHAIN, *rule)


def open_again():
    iptables("iptables", "-D", "INPUT", "-j", CHAIN)
    iptables("iptables", "-F", CHAIN)
    iptables("iptables", "-X", CHAIN)


is_closed = False
while True:
    next_poll = time.monotonic() + PERIOD_S
    is_draining = state() == "draining"
    if is_draining and not is_closed:
        close()
    elif is_closed and not is_draining:
        open_again()
        print("opened", flush=True)
    is_closed = is_draining
    time.sleep(max(0, next_poll - time.monotonic()))
