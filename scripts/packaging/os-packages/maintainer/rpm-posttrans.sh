# shellcheck shell=sh
# After an upgrade, when all files are the new version's: restarts what runs, and a drain stays closed meanwhile.
if is_booted; then
  systemctl daemon-reload || :
  is_service_of_another || systemctl try-restart "$unit" || :
fi
