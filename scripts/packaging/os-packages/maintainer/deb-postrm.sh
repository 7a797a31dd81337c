# shellcheck shell=sh
# Forgets the unit; a purge forgets the agent's state too, unless an installation from the tarball goes on using it.
case $1 in
  remove | purge)
    if command -v deb-systemd-helper >/dev/null && ! has_other_unit; then
      deb-systemd-helper purge "$unit" >/dev/null || true
    fi
    if is_booted; then systemctl --system daemon-reload >/dev/null || true; fi
    ;;
esac
[ "$1" != purge ] || warn_of_configuration
if [ "$1" = purge ] && [ ! -e "$tarball" ]; then
  # The second is where systemd keeps the state with DynamicUser=.
  rm -rf /var/lib/cs-instance-watcher /var/lib/private/cs-instance-watcher /run/cs-instance-watcher
fi
