# shellcheck shell=sh
# What the maintainer scripts of both package systems have in common, put in front of each.
unit=cs-instance-watcher.service
tarball=/opt/cs-instance-watcher/current
config=/etc/cs-instance-watcher.json

# Whether systemd runs here. It does not in a chroot where an image is made; nothing may be started there, and the firewall that
# a program would see there is the host's.
is_booted() { [ -d /run/systemd/system ]; }

# Whether a unit of this name comes before ours: one that --generate-systemd wrote, the tarball's, or a mask. Whoever put it there
# decides whether it is enabled.
has_other_unit() { [ -e "/etc/systemd/system/$unit" ] || [ -e "/usr/local/lib/systemd/system/$unit" ]; }

# Whether the service runs a program that is not this package's, which then is not ours to stop.
is_service_of_another() {
  is_booted || return 1
  case $(systemctl show --property=ExecStart "$unit" 2>/dev/null || true) in
    *path=/usr/sbin/cs-instance-watcher\ * | *path=/sbin/cs-instance-watcher\ * | *path=/usr/lib/cs-instance-watcher/*) return 1 ;;
    *path=*) return 0 ;;
    *) return 1 ;;
  esac
}

warn_of_tarball() {
  [ ! -e "$tarball" ] || echo "cs-instance-watcher: also installed from the tarball, whose unit and programs come first; to be left with one: $tarball/install.sh uninstall" >&2
}

warn_of_configuration() {
  [ ! -e "$tarball" ] || [ -e "$config" ] || echo "cs-instance-watcher: $config went with the package, and the installation in /opt reads it: put it back before it starts again (rpm keeps a changed one as $config.rpmsave)" >&2
}

# The value of an option in the unit's ExecStart, as far as it has no space.
option_in_unit() {
  systemctl show --property=ExecStart "$unit" 2>/dev/null | sed -n "s/.* argv\[\]=.* $1[= ]\([^ ;]*\).*/\1/p" | tail -n 1
}

# The one thing that opens the ports: the end of the installation. By its path: another program of this name may come first. A
# generated unit may have given the agent a lock and a record elsewhere.
open_ports() {
  is_booted || return 0
  set --
  for option in --config --runtime-dir --state-dir; do
    path=$(option_in_unit "$option")
    [ ! -e "$path" ] || set -- "$@" "$option" "$path"
  done
  /usr/sbin/cs-instance-watcher cleanup "$@" ||
    echo 'cs-instance-watcher: the ports may still be closed; to open them: nft delete table inet cs-instance-watcher' >&2
}
