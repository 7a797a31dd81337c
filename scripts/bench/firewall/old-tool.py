"""Refuses ports as the old tool did: two listings, a chain, a jump, and a rule for each port, each an iptables of its own.

Reads lines of ports on standard input; answers each with the milliseconds that it took, and takes the rules away again.
Started in a network namespace of its own.
"""

import subprocess
import sys
import time

CHAIN = 'CS-INSTANCE-WATCHER'


def run(*command):
    """As the tool did: the output goes to a pipe, read once the command has ended."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    status = process.wait()
    output = process.stdout.read()
    process.stdout.close()
    if status != 0:
        sys.exit(f'{" ".join(command)}: {output.decode()}')


def refuse(ports):
    run('iptables', '-L')
    run('iptables-save')
    run('iptables', '-N', CHAIN)
    run('iptables', '-I', 'INPUT', '-j', CHAIN)
    for port in ports:
        rule = ['-p', 'tcp', '--dport', port, '-m', 'state', '--state', 'NEW', '-j', 'REJECT']
        run('iptables', '-A', CHAIN, *rule)


def accept():
    run('iptables', '-D', 'INPUT', '-j', CHAIN)
    run('iptables', '-F', CHAIN)
    run('iptables', '-X', CHAIN)


# The tool does nothing where nobody has made the filter table before it.
run('iptables', '-A', 'FORWARD', '-j', 'ACCEPT')
for line in sys.stdin:
    begun = time.monotonic()
    refuse(line.split())
    print((time.monotonic() - begun) * 1000, flush=True)
    accept()
