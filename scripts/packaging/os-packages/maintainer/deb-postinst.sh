# shellcheck shell=sh
# Enables and starts the service at first, as Debian's packages do: without ports in its configuration it refuses nothing. An
# upgrade restarts what runs, and a drain stays closed meanwhile.
case $1 in
  configure | abort-upgrade | abort-deconfigure | abort-remove)
    warn_of_tarball
    action=try-restart
    # The removal that was called off has stopped it.
    [ "$1" != abort-remove ] || action=start
    if command -v deb-systemd-helper >/dev/null && ! has_other_unit; then
      # It knows the unit from its installation until its removal.
      deb-systemd-helper --quiet debian-installed "$unit" || action=start
      if deb-systemd-helper --quiet was-enabled "$unit"; then
        deb-systemd-helper enable "$unit" >/dev/null || true
      else
        deb-systemd-helper update-state "$unit" >/dev/null || true
      fi
    fi
    if is_booted; then
      systemctl --system daemon-reload >/dev/null || true
      is_service_of_another || deb-systemd-invoke "$action" "$unit" >/dev/null || true
    fi
    ;;
esac
