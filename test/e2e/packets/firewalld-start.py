"""Starts firewalld's daemon with private configuration directories, as /usr/sbin/firewalld does, without a service on the host.

Prints `running` once it serves and SIGHUP means reload.
"""
import sys

from firewall import config
from firewall.core.logger import log
from firewall.server import server
from gi.repository import GLib

system_config, default_config = sys.argv[1:]
log.setInfoLogging("*", log.stdout)
config.set_system_config_paths(system_config)
config.set_default_config_paths(default_config)
GLib.idle_add(lambda: print("running", flush=True))
server.run_server()
