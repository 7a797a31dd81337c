#!/bin/sh
# Runs provision.sh in the root that ROOT names, as on a builder: in a container without network, that writes nothing of this
# machine into the root. Packer's local template starts it; the rest of its environment is that of provision.sh.
set -eu

[ -x "${ROOT:-}/bin/sh" ] || {
  echo "provision-root: ROOT is not the directory of a Debian root: '${ROOT:-}'" >&2
  exit 2
}
# /tmp and /run of a container are not those of its root.
cp "$TARBALL" "$ROOT/var/tmp/cs-instance-watcher.tar.xz"
cp "$PROVISION" "$ROOT/var/tmp/provision.sh"
# A /run of its own: nspawn keeps notes there. CAP_NET_ADMIN comes with a network of its own: doctor tries the table in it.
exec unshare --mount sh -c 'mount -t tmpfs tmpfs /run && exec systemd-nspawn "$@"' sh \
  --quiet --directory="$ROOT" --hostname=localhost --private-network --register=no --keep-unit --console=pipe \
  --resolv-conf=off --timezone=off --link-journal=no \
  --setenv=TARBALL=/var/tmp/cs-instance-watcher.tar.xz --setenv=TARBALL_SHA256="$TARBALL_SHA256" \
  --setenv=CONFIGURATION="$CONFIGURATION" /bin/sh /var/tmp/provision.sh
