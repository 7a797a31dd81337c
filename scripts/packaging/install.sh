#!/bin/sh
# Installs cs-instance-watcher from the directory that holds this script, upgrades it, goes back to the version before, removes it.
# What is in force changes by the rename of one link, `current`: whatever interrupts this script, `current` names a whole version,
# the old one or the new one, and running it again completes the work. It needs no network. Until uninstall, a drain stays closed.
set -eu
unset CDPATH
IFS=' 	
'
PATH=${PATH:+$PATH:}/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C PATH
umask 022

service=cs-instance-watcher.service
# Below the root, if there is one.
prefix=/opt/cs-instance-watcher
unit=/usr/local/lib/systemd/system/$service
operators_unit=/etc/systemd/system/$service
wants=/etc/systemd/system/multi-user.target.wants/$service
modules=/usr/local/lib/modules-load.d/cs-instance-watcher.conf
config=/etc/cs-instance-watcher.json
scripts=/etc/cs-instance-watcher.d
state=/var/lib/cs-instance-watcher
# Where a .deb or .rpm has the programs.
packaged=/usr/lib/cs-instance-watcher

usage() {
  cat <<'END'
Usage: install.sh [--root DIR] [--enable]       install, or upgrade what is installed
       install.sh rollback [--root DIR]         go back to the version before
       install.sh uninstall [--purge] [--root DIR]

Installs into /opt/cs-instance-watcher/VERSION and links the programs into
/usr/local. An upgrade restarts a running service; when the new version does not
become ready, the old one is put back. A drain stays closed in all of this: only
uninstall opens the ports.

Options:
  --root DIR  work on the system below DIR (an image), not on this one
  --enable    start the service now and at every boot (with --root: at boot)
  --purge     remove configuration and state too, and the script directory when
              it holds no file
  --help      show this help

Exit status: 0 done, 1 error, and nothing is half done, 2 usage.
END
}

main() {
  command=install root='' enable='' purge=''
  parse "$@"
  [ "$(id -u)" -eq 0 ] || fail "must be run as root: sudo $0"
  [ -f "$0" ] || fail 'must be run from its file, beside the files it installs'
  tree=$(dirname -- "$(readlink -f -- "$0")")
  [ -z "$root" ] || enter_root
  home=$root$prefix
  # What this run has done so far, for whoever has to undo it.
  switched='' restarted='' configured='' scripted='' changed=''
  "$command"
}

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      install | rollback | uninstall) command=$1 ;;
      --root)
        root=${2-}
        [ -n "$root" ] || refuse_usage '--root needs a directory'
        shift
        ;;
      --root=?*) root=${1#--root=} ;;
      --enable) enable=yes ;;
      --purge) purge=yes ;;
      --help | -h) usage && exit 0 ;;
      *) refuse_usage "$1 is not known" ;;
    esac
    shift
  done
  [ -z "$enable" ] || [ "$command" = install ] || refuse_usage "--enable does not go with $command"
  [ -z "$purge" ] || [ "$command" = uninstall ] || refuse_usage "--purge goes with uninstall only"
}

# A link that leads out of the root is right in the image, but here it would have us write to this host.
enter_root() {
  [ -d "$root" ] || fail "--root: $root is not a directory"
  root=$(readlink -f -- "$root")
  [ "$root" != / ] || refuse_usage '--root / is this system: leave it out'
  for path in "$prefix" /usr/local/sbin /usr/local/bin /usr/local/share/man/man1 /usr/local/share/man/man8 \
    /usr/local/share/bash-completion/completions "${unit%/*}" "${modules%/*}" "${wants%/*}" "${state%/*}/private"; do
    path=$root$path
    until exists "$path"; do path=${path%/*}; done
    case $(readlink -f -- "$path") in
      "$root" | "$root"/*) ;;
      *) fail "$path leads out of $root: in an image, make it a relative link" ;;
    esac
  done
}

# --- commands

install() {
  verify "$tree" 'unpack the tarball again'
  check_machine
  try mkdir -p "$root/opt"
  begin
  version=$(cat "$tree/VERSION")
  name=$version
  if [ -e "$home/$name" ] && ! cmp -s "$tree/SHA256SUMS" "$home/$name/SHA256SUMS"; then
    name=$version-$(sha256sum <"$tree/SHA256SUMS" | cut -c 1-8) # another build of the same version
  fi
  copy=$home/$name
  if [ -e "$copy" ]; then
    [ -z "$(find "$copy" -type l)" ] || fail "$copy holds links that are not ours: remove it"
  else
    copy=$home/.new
  fi
  copy_tree "$copy"
  verify "$copy" 'the disk does not give back what was written'
  check_runs "$copy"
  [ -z "$changed" ] || try sync
  [ "$copy" = "$home/$name" ] || try mv -T "$copy" "$home/$name"
  activate "$name"
  tell_installed
  [ -z "$enable" ] || enable_service
}

rollback() {
  [ -n "$(version_at current)" ] || fail "cs-instance-watcher is not installed in $home"
  begin
  target=$(version_at switching-from)
  previous=$(version_at previous)
  if [ -z "$target" ] || [ "$target" = "$before" ]; then
    target=$previous
    case $target in '' | "$before") fail "there is no other version than $before to go back to" ;; esac
  elif [ "$previous" = "$before" ]; then
    target=$before # a rollback was interrupted: it goes on
  fi
  verify "$home/$target" "install it from its tarball; $before stays in force"
  check_runs "$home/$target"
  activate "$target"
  say "cs-instance-watcher $target is in force${restarted:+, and the service runs it}; $(version_at previous) is kept"
}

uninstall() {
  problem=''
  if [ -d "$home" ] || [ -e "$root$unit" ]; then
    begin
    if ! is_of_package; then
      stop_service
      [ -n "$root" ] || is_chroot || open_ports
      disable_service
    fi
    remove_placed
    ! is_booted || try systemctl daemon-reload
    remove_versions
    say "cs-instance-watcher is removed${root:+ from $root}"
    tell_package
  else
    say "cs-instance-watcher is not installed${root:+ in $root}"
  fi
  [ -z "$purge" ] || purge_data
  tell_kept
  [ -z "$problem" ] || fail "$problem: nft delete table inet cs-instance-watcher"
}

# --- checks, before anything changes

# verify DIR REMEDY: whether DIR is what its SHA256SUMS says.
verify() {
  [ -f "$1/SHA256SUMS" ] || fail "$1/SHA256SUMS is missing: $2"
  said=$(cd "$1" && sha256sum -c SHA256SUMS 2>&1) || fail "$1 is damaged ($(say "$said" | grep -v ': OK$' | head -n 1)): $2"
}

# The machine that an ELF file is for, in the words of `uname -m`.
machine_of() {
  case $(od -An -tx1 -j18 -N2 "$1" 2>/dev/null) in
    *3e*00*) echo x86_64 ;;
    *b7*00*) echo aarch64 ;;
  esac
}

check_machine() {
  ours=$(machine_of "$tree/runtime/node")
  if [ -n "$root" ]; then theirs=$(machine_of "$root/usr/bin/env"); else theirs=$(uname -m); fi
  [ "${theirs:-$ours}" = "$ours" ] ||
    fail "this is for ${ours:-another machine}, ${root:-this machine} is $theirs:" \
      'take the tarball -linux-x64 for x86_64, -linux-arm64 for aarch64'
}

# Asked of the copy, as the tarball may have been unpacked where nothing can be executed.
check_runs() {
  [ -z "$root" ] || return 0
  said=$("$1/runtime/node" --version 2>&1) && return
  case $said in
    *libstdc++*) fail "install libstdc++6 (Debian, Ubuntu) or libstdc++ (Amazon Linux, RHEL) first: $said" ;;
    *'Permission denied'*) fail "nothing may be executed below $prefix: mounted noexec (findmnt -T /opt), or a policy (fapolicyd, SELinux)" ;;
    *) fail "this host cannot run it: $said" ;;
  esac
}

# The version in DIR must take the options and the environment of the running service.
check_options() {
  is_running || return 0
  said=$(print_config "$1" 2>&1 >/dev/null) || fail "$1 does not take the options of the running service, which goes on: $said"
}

# What the program in DIR makes of the options and the settings of the running service. They are asked of its process, as a unit
# may have them in variables. Of the environment no more than the settings: all of it would be for everyone to see on a command line,
# keys too, and a service that is not root's may have put something there for root to run (CS_NATIVE_DIR holds code).
print_config() {
  process=/proc/$(systemctl show -p MainPID --value $service)
  {
    printf '%s\0' "PATH=$PATH"
    words_as_lines "$process/environ" | sed -n '/^CS_NATIVE_DIR=/d; /^CS_[A-Z0-9_]*=/p' | tr '\0\n' '\n\0'
    printf '%s\0' "$1/bin/cs-instance-watcher" --print-config
    # What comes after the program, which an interpreter runs.
    words_as_lines "$process/cmdline" |
      sed -n -e '/\/cs-instance-watcher\(\.cjs\)\{0,1\}$/{' -e ':next' -e n -e p -e 'b next' -e '}' | tr '\0\n' '\n\0'
  } | (cd / && xargs -0 env -i)
}

# The words that a file of /proc ends with NUL, a line each; a newline within a word is NUL then.
words_as_lines() { tr '\0\n' '\n\0' 2>/dev/null <"$1" || :; }

# --- versions

# The version that a link in the home directory names; nothing when there is none.
version_at() {
  link=$(readlink "$home/$1") || return 0
  case $link in */* | . | ..) return 0 ;; esac
  [ ! -d "$home/$link" ] || say "$link"
}

# One run at a time: two at once would undo each other. A lock on the directory leaves no file, and ends with this process.
# From here on things change: what an interrupted run has left is removed, and this one cleans up after itself, whether or not
# somebody still reads what it says.
begin() {
  if command -v flock >/dev/null && [ -d "$root/opt" ]; then
    exec 9<"$root/opt"
    flock -n 9 || fail 'another install.sh is at work here: wait for it to end'
  fi
  refuse_foreign_home
  trap leave EXIT
  trap 'exit 1' HUP INT TERM
  trap '' PIPE
  try rm -rf "$home/.new" "$home/current.new" "$home/switching-from.new" "$root$unit.new" "$root$modules.new" "$root$config.new"
  before=$(version_at current)
}

# Whoever may write there could have root run something else.
refuse_foreign_home() {
  [ -d "$home" ] || return 0
  foreign=$(find -H "$home" -type d \( ! -user 0 -o -perm -020 -o -perm -002 \) | head -n 1)
  [ -z "$foreign" ] || fail "others than root may write to $foreign: remove it, or chown -R root and chmod -R go-w $home"
}

# The versions that are there, a line each.
versions() {
  for script in "$home"/*/install.sh; do
    version=${script%/install.sh}
    version=${version##*/}
    [ ! -f "$script" ] || [ -L "$home/$version" ] || say "$version"
  done
}

# Makes DIR hold what SHA256SUMS lists; what is the same already is not touched.
copy_tree() {
  while read -r _ file; do
    # By the mode, as `test -x` says no on a file system mounted noexec.
    case $(stat -c %a "$tree/$file") in
      *[1357]*) put_file "$tree/$file" "$1/$file" 755 ;;
      *) put_file "$tree/$file" "$1/$file" 644 ;;
    esac
  done <"$tree/SHA256SUMS"
  put_file "$tree/SHA256SUMS" "$1/SHA256SUMS" 644
}

# Puts a version in force, and a running service into it. Until the service is ready, `switching-from` names the version to go
# back to. Found here, a run was interrupted: the service may not have been restarted, or not have come back. It is all done again.
activate() {
  verb=try-restart
  if [ -L "$home/switching-from" ]; then
    old=$(version_at switching-from)
    ! has_failed || verb=restart
  else
    old=$before
    if [ "$1" = "$old" ]; then
      place "$1"
      [ -z "$changed" ] || ! is_booted || try systemctl daemon-reload
      return
    fi
  fi
  check_options "$home/$1"
  switched=yes
  swap_link "$home/switching-from" "${old:-nothing}"
  swap_link "$home/current" "$1"
  place "$1"
  ! is_booted || try systemctl daemon-reload
  if is_running || [ $verb = restart ]; then
    restarted=yes
    become_ready $verb || fail "$1 does not become ready: journalctl -u cs-instance-watcher"
  fi
  try sync
  switched=''
  if [ -z "$old" ] || [ "$old" = "$1" ]; then
    try rm "$home/switching-from"
  else
    try mv -T "$home/switching-from" "$home/previous"
  fi
}

# On every way out: a switch that did not succeed is taken back, and what is of no use stays no longer.
leave() {
  status=$?
  trap - EXIT HUP INT TERM
  set +e
  rm -rf "$home/.new"
  [ -z "$switched" ] || (take_back)
  (remove_older)
  rmdir "$home" 2>/dev/null
  exit "$status"
}

take_back() {
  if [ -n "$old" ]; then
    swap_link "$home/current" "$old"
    (place "$old")
  else
    remove_placed
    [ -z "$configured" ] || rm -f "$root$config"
    rm -f "$home/current"
  fi
  ! is_booted || systemctl daemon-reload
  [ -z "$restarted" ] || try systemctl restart $service
  rm -f "$home/switching-from"
  [ -z "$old$restarted" ] || complain "${old:-what was there before} is in force again"
}

# Keeps the version in force and the one before. A rename comes first: half a version must not look like one.
remove_older() {
  versions | while read -r version; do
    case $version in "$(version_at current)" | "$(version_at previous)" | "$(version_at switching-from)") continue ;; esac
    try mv -T "$home/$version" "$home/.new"
    try rm -rf "$home/.new"
  done
}

# The program goes first: where it is gone, the ports are open. This script goes last: it can be run again.
remove_versions() {
  versions | while read -r version; do
    try rm -rf "$home/$version/bin"
    try find "$home/$version" -type f ! -name install.sh -exec rm -f {} +
    try mv -T "$home/$version" "$home/.new"
    try rm -rf "$home/.new"
  done
  try rm -f "$home/current" "$home/previous" "$home/switching-from"
  [ ! -d "$home" ] || rmdir "$home" 2>/dev/null || say "kept, as it holds other files: $home"
}

# --- outside of /opt

# What a version has elsewhere. Configuration and script directory are the operator's, once they are there.
place() {
  put_file "$home/$1/share/systemd/$service" "$root$unit" 644
  put_file "$home/$1/share/modules-load.d/${modules##*/}" "$root$modules" 644
  put_link /usr/local/sbin/cs-instance-watcher bin/cs-instance-watcher
  put_link /usr/local/bin/cs-interact bin/cs-interact
  for file in "$home/$1"/share/man/man[18]/* "$home/$1"/share/bash-completion/completions/*; do
    [ -e "$file" ] || continue
    file=${file#"$home/$1/"}
    put_link "/usr/local/$file" "$file"
  done
  our_links | while IFS= read -r link; do
    [ -e "$home/$1/$(readlink "$link" | cut -d / -f 5-)" ] || try rm "$link" # of another version only
  done
  if ! exists "$root$scripts"; then
    try mkdir -p "$root$scripts/draining"
    scripted=yes
  fi
  if ! exists "$root$config"; then
    put_file "$home/$1/share/config/${config##*/}" "$root$config" 644
    configured=yes
  fi
  label
}

# The links of ours outside of /opt, a line each.
our_links() {
  for link in "$root"/usr/local/sbin/cs-instance-watcher* "$root"/usr/local/bin/cs-interact* \
    "$root"/usr/local/share/man/man[18]/* "$root"/usr/local/share/bash-completion/completions/*; do
    case $(readlink "$link") in "$prefix"/current/*) say "$link" ;; esac
  done
}

# put_link LINK FILE: a link to a file of the version in force. What is there and not ours is kept beside it.
put_link() {
  found=$(readlink "$root$1") || found=''
  case $found in
    "$prefix/current/$2") return ;;
    "$prefix"/*) ;;
    *) ! exists "$root$1" || keep_aside "$root$1" ;;
  esac
  [ -d "$root${1%/*}" ] || try mkdir -p "$root${1%/*}"
  swap_link "$root$1" "$prefix/current/$2"
}

keep_aside() {
  if ! exists "$1.before-install"; then
    try ln "$1" "$1.before-install"
  elif ! cmp -s "$1" "$1.before-install"; then
    fail "$1 is not ours, and $1.before-install is there already: keep one of them"
  fi
  say "$1 was there: kept as $1.before-install, which uninstall puts back"
}

remove_placed() {
  our_links | while IFS= read -r link; do
    if exists "$link.before-install"; then
      try mv -f -T "$link.before-install" "$link"
      say "put back what was at $link before"
    else
      try rm "$link"
    fi
  done
  try rm -f "$root$unit" "$root$modules"
}

# put_file FROM TO MODE
put_file() {
  if [ -f "$2" ] && [ ! -L "$2" ] && cmp -s "$1" "$2" && [ "$(stat -c %a:%u:%g "$2")" = "$3:0:0" ]; then return; fi
  [ -d "${2%/*}" ] || try mkdir -p "${2%/*}"
  ! exists "$2.new" || try rm "$2.new"
  said=$(cp "$1" "$2.new" 2>&1 && chown 0:0 "$2.new" 2>&1 && chmod "$3" "$2.new" 2>&1 && mv -f -T "$2.new" "$2" 2>&1) || {
    rm -f "$2.new"
    fail "$said"
  }
  changed=yes
}

# swap_link LINK TARGET: by rename, so that there is always a link.
swap_link() {
  ! exists "$1.new" || try rm "$1.new"
  try ln -s "$2" "$1.new"
  try mv -f -T "$1.new" "$1"
  changed=yes
}

# Gives the files the labels that the policy has for them: this host's, or the image's. What is the operator's keeps its own.
label() {
  set -- "$home" "$root$unit" "$root$modules"
  [ -z "$configured" ] || set -- "$@" "$root$config"
  [ -z "$scripted" ] || set -- "$@" "$root$scripts"
  if [ -z "$root" ]; then
    if command -v selinuxenabled >/dev/null && selinuxenabled && ! restorecon -RF "$@"; then
      complain 'the SELinux labels could not be set: restorecon'
    fi
  elif [ -f "$root/etc/selinux/config" ]; then
    contexts=$root/etc/selinux/$(sed -n 's/^SELINUXTYPE=//p' "$root/etc/selinux/config")/contexts/files/file_contexts
    if ! command -v setfiles >/dev/null || ! setfiles -F -r "$root" "$contexts" "$@"; then
      complain "the SELinux labels could not be set: touch $root/.autorelabel"
    fi
  fi
}

purge_data() {
  if exists "$root$packaged"; then
    say "configuration and state stay, as the package in $root$packaged uses them too"
    return
  fi
  try rm -rf "$root$config" "$root$state" "$root${state%/*}/private/${state##*/}"
  [ -n "$(find "$root$scripts" ! -type d 2>/dev/null)" ] || try rm -rf "$root$scripts"
}

# --- systemd

is_booted() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
# Whether this is a chroot: the firewall to be seen from it is another system's.
is_chroot() { top=$(stat -L -c %d:%i /proc/1/root 2>/dev/null) && [ "$top" != "$(stat -L -c %d:%i /)" ]; }
is_running() { is_booted && systemctl is-active --quiet $service; }
has_failed() { is_booted && systemctl is-failed --quiet $service; }

# Whether the service, by a unit of the operator's, runs the program of a .deb or .rpm: it goes on without this installation.
is_of_package() {
  is_booted || return 1
  case $(systemctl show -p ExecStart --value $service) in
    *"path=/usr/sbin/cs-instance-watcher "* | *"path=$packaged/"*) [ -e "$packaged" ] ;;
    *) return 1 ;;
  esac
}

# Restarts the service; whether it is ready. A unit of Type=notify is, when systemctl returns. Another, such as the Python tool's
# own, counts as started at once: it is ready if it is still there a moment later.
become_ready() {
  systemctl "$1" $service 2>/dev/null || return 1
  [ "$(systemctl show -p Type --value $service)" = notify ] || sleep 3
  systemctl is-active --quiet $service
}

enable_service() {
  if is_booted; then
    try systemctl enable $service
    systemctl start $service 2>/dev/null || fail 'installed, but the service does not start: journalctl -u cs-instance-watcher'
  elif command -v systemctl >/dev/null; then
    try systemctl ${root:+"--root=$root"} enable $service
  else
    try mkdir -p "$root${wants%/*}"
    if [ -f "$root$operators_unit" ]; then swap_link "$root$wants" "$operators_unit"; else swap_link "$root$wants" "$unit"; fi
  fi
}

stop_service() {
  is_booted || return 0
  [ "$(systemctl show -p LoadState --value $service)" = not-found ] || try systemctl stop $service
}

# A unit in /etc is the operator's, and so is what enables it.
disable_service() {
  ! exists "$root$operators_unit" || return 0
  ! command -v systemctl >/dev/null || systemctl ${root:+"--root=$root"} disable $service 2>/dev/null || :
  [ "$(readlink "$root$wants")" != "$unit" ] || try rm "$root$wants"
}

# With the installed program, or this tarball's. When it cannot, what is left to do is told in the end. The unit may have given
# the agent a lock and a record elsewhere; what the configuration file says of them, the program reads itself.
open_ports() {
  set --
  for option in --config --runtime-dir --state-dir; do
    path=$(option_in_unit $option)
    [ ! -e "$path" ] || set -- "$@" "$option" "$path"
  done
  for program in "$home/current/bin/cs-instance-watcher" "$tree/bin/cs-instance-watcher"; do
    [ -x "$program" ] || continue
    if said=$("$program" cleanup "$@" 2>&1); then
      say "$said"
    elif [ $? -eq 75 ]; then
      fail "$said"
    else
      problem="the ports may still be closed ($said)"
    fi
    break
  done
  try rm -rf /run/cs-instance-watcher
}

# The value of an option in ExecStart, as far as it has no space.
option_in_unit() {
  is_booted || return 0
  systemctl show -p ExecStart --value $service | sed -n "s/.* argv\[\]=.* $1[= ]\([^ ;]*\).*/\1/p" | tail -n 1
}

# --- words

tell_installed() {
  kept=$(version_at previous)
  if [ "$before" != "$name" ]; then
    say "cs-instance-watcher $name is installed${restarted:+, and the service runs it}${kept:+; $prefix/current/install.sh rollback goes back to $kept}"
  elif [ -n "$changed" ]; then
    say "cs-instance-watcher $name was installed already, and is repaired"
  else
    say "cs-instance-watcher $name is installed already: nothing to do"
  fi
  if exists "$root$operators_unit"; then
    say "$root$operators_unit stays in force, in place of the packaged unit"
  elif [ -n "$root$enable" ]; then
    [ -z "$configured" ] || say "no ports are given yet: set them in $root$config$(! is_booted || say ', then systemctl reload cs-instance-watcher')"
  elif [ -z "$before" ]; then
    cat <<END
next: set the ports in $config, then
  systemctl enable --now cs-instance-watcher
or give them as options of a unit of your own:
  cs-instance-watcher --on-draining-block-new-connections-to-ports 80 443 --generate-systemd $operators_unit
  systemctl enable --now cs-instance-watcher
END
  fi
}

tell_package() {
  if exists "$root$packaged" && ! exists "$root$operators_unit"; then
    say 'the package is in force now; to have it started: systemctl enable --now cs-instance-watcher'
  fi
}

tell_kept() {
  set --
  for path in "$config" "$scripts" "$state" "$operators_unit" "$operators_unit.d"; do
    [ ! -e "$root$path" ] || set -- "$@" "$root$path"
  done
  [ $# -eq 0 ] || say "kept, yours to remove: $*"
  if exists "$root$operators_unit" && ! exists "$root/usr/local/sbin/cs-instance-watcher"; then
    say 'that unit would fail at every start, if its program was this one: systemctl disable cs-instance-watcher'
  fi
}

# Runs a command that has nothing to say; what it says when it fails is the error.
try() {
  said=$("$@" 2>&1) || fail "${said:-$1 failed}"
}

exists() { [ -e "$1" ] || [ -L "$1" ]; }
say() { printf '%s\n' "$*" 2>/dev/null || :; }

# One line: the first of what there is to say.
complain() { say "install.sh: $*" | head -n 1 >&2; }

fail() {
  complain "$@"
  exit 1
}

refuse_usage() {
  complain "$*; see install.sh --help"
  exit 2
}

main "$@"
