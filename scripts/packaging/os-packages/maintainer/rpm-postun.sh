# shellcheck shell=sh
if [ "$1" -eq 0 ] && is_booted; then systemctl daemon-reload || :; fi
