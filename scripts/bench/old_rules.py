# How the Python tool that the agent replaces closes and opens ports: each rule an iptables of its own, one after the other. It is
# spared what was a defect: addresses are not turned into names, output is read while a process runs.
import subprocess

CHAIN = "CS-INSTANCE-WATCHER"


def run(*command):
    subprocess.run(command, stdout=subprocess.PIPE, check=True)


def look():
    run("iptables", "-n", "-L")
    run("iptables-save")


def close(ports):
    """N + 4 processes for N ports."""
    look()
    run("iptables", "-N", CHAIN)
    run("iptables", "-I", "INPUT", "1", "-j", CHAIN)
    for port in ports:
        rule = ["-p", "tcp", "--dport", port, "-m", "state", "--state", "NEW", "-j", "REJECT"]
        run("iptables", "-A", CHAIN, *rule)


def open_again():
    """Quicker than the tool did it."""
    run("iptables", "-D", "INPUT", "-j", CHAIN)
    run("iptables", "-F", CHAIN)
    run("iptables", "-X", CHAIN)
