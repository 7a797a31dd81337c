# shellcheck shell=sh
if [ "$1" -eq 0 ]; then
  if is_booted; then systemctl daemon-reload || :; fi
  warn_of_configuration
fi
