# The Python tool that the agent replaces, re-created for a comparison: its way of finding out what it needs (botocore clients made
# anew each time), of asking (requests, signed by botocore) and of looking at the firewall (two processes a poll when nothing drains).
# It is spared what was a defect: connections are kept open, and addresses are not turned into names.
# Usage: old-tool.py IMDS_URL AWS_URL CA_BUNDLE PERIOD_S CONTEXT_S [--spawns never|always|alternately]
# SIGHUP: the context is out of date. The credentials are those of the metadata service.
import argparse
import json
import logging
import signal
import sys
import time
from pathlib import Path

import botocore.session
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

sys.path.append(str(Path(__file__).parent.parent))
import old_rules  # noqa: E402

# What it waits before it finds everything out again, once the context is out of date.
PAUSE_S = 5

parser = argparse.ArgumentParser()
parser.add_argument("imds")
parser.add_argument("aws")
parser.add_argument("bundle")
parser.add_argument("period", type=float)
parser.add_argument("context", type=float)
parser.add_argument("--spawns", choices=["never", "always", "alternately"], default="always")
options = parser.parse_args()
logging.basicConfig(level=logging.INFO)
log = logging.getLogger()
is_stale = False


def expire(*_):
    global is_stale
    is_stale = True


class Signed(requests.auth.AuthBase):
    def __init__(self, credentials, region):
        self.signer = SigV4Auth(credentials, "execute-api", region)

    def __call__(self, request):
        signed = AWSRequest(method=request.method, url=request.url)
        self.signer.add_auth(signed)
        request.headers.update(signed.headers.items())
        return request


def metadata_of(item):
    token = requests.put(
        f"{options.imds}/latest/api/token", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    ).text
    return requests.get(
        f"{options.imds}/latest/meta-data/{item}", headers={"X-aws-ec2-metadata-token": token}
    ).text


def find_out():
    instance = metadata_of("instance-id")
    region = metadata_of("placement/availability-zone")[:-1]
    session = botocore.session.get_session()
    ec2, sts, functions = (
        session.create_client(name, region_name=region, endpoint_url=options.aws) for name in ("ec2", "sts", "lambda")
    )
    found = ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [instance]}])
    tags = found["Reservations"][0]["Instances"][0]["Tags"]
    group = next(tag["Value"] for tag in tags if tag["Key"] == "clonesquad:group-name")
    account = sts.get_caller_identity()["Account"]
    name = f"arn:aws:lambda:{region}:{account}:function:CloneSquad-Discovery-{group}"
    discovery = json.loads(functions.invoke(FunctionName=name)["Payload"].read())
    log.info("%s", discovery)
    return discovery, Signed(session.get_credentials(), region)


signal.signal(signal.SIGHUP, expire)
http = requests.Session()
http.verify = options.bundle
polls = 0
while True:
    discovery, auth = find_out()
    is_stale = False
    found_at = time.time()
    while not is_stale and time.time() - found_at < options.context:
        next_poll = time.time() + options.period
        answer = http.get(
            discovery["InteractAPIGWUrl"] + "metadata",
            auth=auth,
            headers={"x-apigw-api-id": discovery["InteractApi"]},
        )
        metadata = json.loads(answer.text)
        log.info("%s", metadata)
        if metadata["State"] in ("draining", "stopping"):
            raise SystemExit("nothing here drains")
        polls += 1
        if options.spawns == "always" or (options.spawns == "alternately" and polls % 2 == 0):
            old_rules.look()
        # The handler of a signal that comes meanwhile runs, then the sleep goes on.
        time.sleep(max(0, next_poll - time.time()))
    time.sleep(PAUSE_S)
