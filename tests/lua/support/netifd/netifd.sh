# SPDX-License-Identifier: MIT
# For the scripts of world.run: a small netifd for one interface, wan, with our handler under busybox ash. Source it:
# . $SUPPORT/netifd/netifd.sh
# shellcheck shell=sh disable=SC1091,SC2016,SC2034,SC2154

. "$SUPPORT/unchanged.sh"
export NETIFD="$SUPPORT/netifd" NETIFD_STATE=/run/test/netifd
FILES="$SUPPORT/../../../scripts/host/openwrt/moontower/files"
mkdir -p $NETIFD_STATE /run/test/lib/proto
ln -sf "$NETIFD/netifd-proto.sh" /run/test/lib/
ln -sf "$FILES/lib/netifd/proto/moontower.sh" /run/test/lib/proto/
export PATH="$NETIFD:$PATH"
echo wan >$NETIFD_STATE/interface
: >$NETIFD_STATE/calls

# handler ACTION: runs it as netifd does, in its folder.
handler() {
  (cd /run/test/lib/proto && busybox ash ./moontower.sh moontower "$1" wan "$config") >>/run/test/log 2>&1
}

# One life of the interface after the other, until it is taken down or blocked. What a signal ends has the status 0 here.
live() {
  while :; do
    rm -f $NETIFD_STATE/command $NETIFD_STATE/teardown
    handler setup
    [ -e $NETIFD_STATE/command ] || break
    eval "$(cat $NETIFD_STATE/command) 2>>/run/test/log &"
    echo $! >$NETIFD_STATE/pid
    wait $!
    ended=$?
    : >$NETIFD_STATE/teardown
    if [ ! -e $NETIFD_STATE/stop ]; then
      [ $ended -lt 128 ] || ended=0
      ERROR=$ended handler teardown
    fi
    ubus call netifd flush '{}'
    rm -f $NETIFD_STATE/up
    echo $ended >>$NETIFD_STATE/ended
    if [ -e $NETIFD_STATE/stop ] || [ -e $NETIFD_STATE/blocked ]; then
      break
    fi
  done
  : >$NETIFD_STATE/down
}

# ifup CONFIG: what netifd passes on, as JSON. ifdown: waits until it is down.
ifup() {
  config=$1
  rm -f $NETIFD_STATE/stop $NETIFD_STATE/blocked $NETIFD_STATE/down
  live &
  netifd=$!
}
ifdown() {
  : >$NETIFD_STATE/stop
  : >$NETIFD_STATE/teardown
  handler teardown
  until_true '[ -e $NETIFD_STATE/down ]'
}

# on_hotplug ACTION: netifd's script for a modem's port, with the stand-ins in the place of /lib.
on_hotplug() {
  sed "s|^\. /lib/.*/|. $NETIFD/|; s|^\. /lib/|. $NETIFD/|" "$FILES/etc/hotplug.d/30-moontower" >/run/test/hotplug
  ACTION=$1 busybox ash /run/test/hotplug
}

# calls PATTERN COUNT: waits until so many messages of that kind have come.
calls() { until_in $NETIFD_STATE/calls "$1" "${2:-1}"; }

# right: all messages had the types that netifd reads, and netifd could do what they say.
right() {
  for file in wrong ip; do
    [ ! -s $NETIFD_STATE/$file ] || {
      cat $NETIFD_STATE/$file >/run/test/output
      fail "netifd was told what it cannot use"
    }
  done
}
