#!/bin/sh
# The user data of the Python tool with its download replaced: the lines after it are as they always were.
set -eu

# Download the tool, and install it
url='https://artifacts.example.com/cs-instance-watcher-<version>-linux-x64.tar.xz'
sha256='<sha256 of that file>'
work=$(mktemp -d /var/tmp/cs-instance-watcher.XXXXXX)
trap 'rm -rf "$work"' EXIT
curl -fsSL --retry 5 -o "$work/release.tar.xz" "$url"
echo "$sha256  $work/release.tar.xz" | sha256sum --check --quiet -
tar -C "$work" -xf "$work/release.tar.xz"
sh "$work"/cs-instance-watcher-*/install.sh
# Create a systemd service for the tool that will refuse new connections to ports 80 and 443 on 'draining' condition.
/usr/local/sbin/cs-instance-watcher --on-draining-block-new-connections-to-ports 80 443 --log-file /var/log/cs-instance-watcher.log --log-file-rotate d,1,10 --generate-systemd /etc/systemd/system/cs-instance-watcher.service
# Start the instance watcher ready to refuse connections to ports 80 and 443 if the instance is placed in draining state
systemctl enable cs-instance-watcher
systemctl start cs-instance-watcher
