# shellcheck shell=sh
# Only the end of the installation stops the service and opens the ports; an upgrade leaves both to the new version.
if [ "$1" -eq 0 ]; then
  if ! is_service_of_another; then
    if is_booted; then systemctl stop "$unit" || :; fi
    open_ports
  fi
  if command -v systemctl >/dev/null && ! has_other_unit; then
    systemctl --no-reload disable "$unit" >/dev/null 2>&1 || :
  fi
fi
