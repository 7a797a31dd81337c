# shellcheck shell=sh
# Only the end of the installation stops the service and opens the ports; an upgrade leaves both to the new version.
if [ "$1" = remove ] && ! is_service_of_another; then
  if is_booted; then deb-systemd-invoke stop "$unit" >/dev/null || true; fi
  open_ports
fi
