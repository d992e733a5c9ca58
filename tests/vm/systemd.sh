# SPDX-License-Identifier: MIT
# For tests that need systemd as process 1: it runs in namespaces of its own. Source it after lib.sh.
# shellcheck shell=sh disable=SC2154 # lib.sh has `output`

# start_systemd UNIT: starts it, and no other unit but the journal, which is all that is wanted of what an ordinary start
# of a machine does. It ends with the script.
start_systemd() {
  for unit in /lib/systemd/system/sysinit.target.wants/* /lib/systemd/system/sockets.target.wants/*; do
    case $unit in *systemd-journald*) ;; *) ln -sf /dev/null "/etc/systemd/system/${unit##*/}" ;; esac
  done
  rm -f /run/systemd/private
  unshare --pid --fork --mount --mount-proc --cgroup env -i PATH="$PATH" container=moontower \
    /lib/systemd/systemd --show-status=no --unit="$1" >/run/systemd.log 2>&1 &
  until_true test -S /run/systemd/private
  read -r systemd _ <"/proc/$!/task/$!/children"
  trap 'kill -KILL "$systemd"' EXIT
}

# inside COMMAND...: where systemd is process 1.
inside() { nsenter --target "$systemd" --mount --pid --cgroup "$@"; }

# property NAME: of our unit.
property() { inside systemctl show --value -p "$1" moontower; }

last_words() { inside journalctl --no-pager -n 40; }
