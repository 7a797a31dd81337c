# shellcheck shell=sh
# Whether the service is enabled at first is the distribution's presets' to say.
warn_of_tarball
if [ "$1" -eq 1 ] && command -v systemctl >/dev/null && ! has_other_unit; then
  systemctl --no-reload preset "$unit" >/dev/null 2>&1 || :
fi
