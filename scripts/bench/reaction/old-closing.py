# The Python tool that the agent replaces, re-created for a comparison: a signed poll a second, and once the answer says draining
# its rules, one after the other.
# Usage: old-closing.py URL PORTS...; prints "opened" once it took its rules away again.
import json
import sys
import time
from pathlib import Path

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

sys.path.append(str(Path(__file__).parent.parent))
import old_rules  # noqa: E402

PERIOD_S = 1

url, *ports = sys.argv[1:]
signer = SigV4Auth(Credentials("AKIDWATCHER", "a-secret-of-the-tests"), "execute-api", "eu-west-1")


def state():
    request = AWSRequest("GET", url)
    signer.add_auth(request)
    return json.loads(requests.get(url, headers=dict(request.headers.items())).text)["State"]


is_closed = False
while True:
    next_poll = time.monotonic() + PERIOD_S
    is_draining = state() == "draining"
    if is_draining and not is_closed:
        old_rules.close(ports)
    elif is_closed and not is_draining:
        old_rules.open_again()
        print("opened", flush=True)
    is_closed = is_draining
    time.sleep(max(0, next_poll - time.monotonic()))
