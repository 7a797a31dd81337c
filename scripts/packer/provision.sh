#!/bin/sh
# Puts cs-instance-watcher into the image that is made of this machine, and takes out what is this machine's alone.
# For image builds only: it removes itself, and what tells this machine from others (host keys, machine id, logs, leases).
#
# It takes from the environment:
#   TARBALL         the release for this architecture; removed at the end
#   TARBALL_SHA256  its checksum, 64 hexadecimal digits
#   CONFIGURATION   the text of /etc/cs-instance-watcher.json, a JSON object; empty or not set: the release's own
# Exit status: 0 done, 1 error, 2 usage or configuration.
set -eu
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

TARBALL=${TARBALL:-}
TARBALL_SHA256=${TARBALL_SHA256:-}
CONFIGURATION=${CONFIGURATION:-}
CONFIG_FILE=/etc/cs-instance-watcher.json
# How long the first boot and its upgrades may take.
BOOT_DEADLINE_S=600

main() {
  [ "$(id -u)" -eq 0 ] || fail 2 'run it as root'
  [ -f "$TARBALL" ] || fail 2 "TARBALL names no file: '$TARBALL'"
  [ ${#TARBALL_SHA256} -eq 64 ] || fail 2 "TARBALL_SHA256 is not a SHA-256 checksum: '$TARBALL_SHA256'"

  verify_tarball
  wait_for_first_boot
  install_what_is_missing
  work=$(mktemp -d /var/tmp/cs-instance-watcher.XXXXXX)
  trap 'rm -rf "$work"' EXIT
  tar -C "$work" --force-local --no-same-owner -xf "$TARBALL"
  sh "$work"/cs-instance-watcher-*/install.sh >/dev/null
  # Not `install.sh --enable`, which starts it: an agent on the builder would write down whose instance this is.
  systemctl --quiet enable cs-instance-watcher
  [ -z "$CONFIGURATION" ] || write_configuration
  cs-instance-watcher doctor --bake
  forget_builder
  rm -f -- "$TARBALL" "$0"
  say 'done'
}

verify_tarball() {
  echo "$TARBALL_SHA256  $TARBALL" | sha256sum --check --status - ||
    fail 1 "$TARBALL does not have the checksum $TARBALL_SHA256: it is not the file that was released"
}

# Until then cloud-init may hold the package manager's locks, and write what is to be taken out.
wait_for_first_boot() {
  [ -d /run/systemd/system ] && command -v cloud-init >/dev/null || return 0
  say 'waiting for cloud-init'
  # Its own errors are the base image's.
  timeout "$BOOT_DEADLINE_S" cloud-init status --wait >/dev/null || :
}

# Every Debian, Ubuntu and Amazon Linux 2023 that can install packages has libstdc++, as its package manager needs it.
install_what_is_missing() {
  set --
  command -v tar >/dev/null || set -- "$@" tar
  command -v xz >/dev/null || set -- "$@" xz
  ldconfig -p | grep -q 'libstdc++\.so\.6 ' || set -- "$@" libstdc++
  [ $# -gt 0 ] || return 0
  say "installing $*"
  if command -v dnf >/dev/null; then
    dnf install -q -y "$@"
  elif command -v apt-get >/dev/null; then
    update_lists
    # shellcheck disable=SC2046 # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o "DPkg::Lock::Timeout=$BOOT_DEADLINE_S" \
      install -y --no-install-recommends $(echo "$*" | sed 's/\bxz\b/xz-utils/; s/libstdc++/libstdc++6/') >/dev/null
  else
    fail 1 "missing, and neither dnf nor apt-get is here to install it: $*"
  fi
}

# apt-get waits for dpkg's lock when told to, but never for that of the lists, which unattended-upgrades takes too.
update_lists() {
  deadline=$(($(date +%s) + BOOT_DEADLINE_S))
  until apt-get -qq update; do
    [ "$(date +%s)" -lt "$deadline" ] || fail 1 'the package lists cannot be read'
    sleep 5
  done
}

write_configuration() {
  printf '%s\n' "$CONFIGURATION" >"$CONFIG_FILE.new"
  mv -f "$CONFIG_FILE.new" "$CONFIG_FILE"
}

# What cloud-init makes anew for each instance goes only where there is a cloud-init.
forget_builder() {
  if command -v cloud-init >/dev/null; then
    cloud-init clean --logs
    rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /etc/netplan/50-cloud-init.yaml
  fi
  # Empty, not absent: a first boot in systemd's sense would set every service to its preset, and this one to disabled.
  if [ -e /etc/machine-id ]; then : >/etc/machine-id; fi
  rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
  rm -f /etc/hostname
  if [ -e /etc/hosts ]; then sed -i '/^127\.0\.1\.1[[:space:]]/d' /etc/hosts; fi
  rm -rf /var/lib/dhcp/* /var/lib/dhclient/* /var/lib/amazon/ssm/* /var/log/amazon/ssm/* /var/log/journal/*
  find /var/log -type f -exec truncate -s 0 {} +
  rm -f /root/.*_history /home/*/.*_history
}

say() {
  echo "provision: $*"
}

# Ends with the status and the message.
fail() {
  status=$1
  shift
  echo "provision: $*" >&2
  exit "$status"
}

main
