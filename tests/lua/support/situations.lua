-- SPDX-License-Identifier: MIT
-- Situations for `moontower explain`: each is set up and explained, and the first broken link is compared with the one
-- that is wanted.

local json = require "dkjson"
local lu = require "luaunit"
local sysfs = require "support.sysfs"
local world = require "support.world"

local M = {}

---@class situation
---@field name string
---@field broken string|false the first broken link; false: all links hold
---@field shows string? words of the first broken link, or without one of that in `word`: of its message, its hint or
--- its evidence
---@field word string? the verdict that is wanted of another link, as "sim not reached"
---@field asked string? the argument of `explain`
---@field sys string? on a simulated /sys: a script for it, with the functions of support/sysfs.lua and those below
---@field run string? instead, in a world with a simulated modem: commands before, whose output does not count
---@field faults string[]? of that modem
---@field options string[]? of `moontower simulate`

-- ---- on a simulated /sys ----

-- Files outside of /sys that tell something of this computer: a situation has its own, in /run/computer.
local EXPLAIN = [[
  local fs, own = require "core.fs", { "/lib/modules", "/proc/sys/kernel/osrelease", "/proc/cmdline",
    "/proc/uptime", "/.dockerenv",
    "/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d",
    "/lib/udev/rules.d/40-usb_modeswitch.rules", "/usr/lib/udev/rules.d/40-usb_modeswitch.rules" }
  for _, name in ipairs { "read", "list", "stat" } do
    local real = fs[name]
    fs[name] = function(path, ...)
      for _, prefix in ipairs(own) do
        if path:sub(1, #prefix) == prefix then path = "/run/computer" .. path end
      end
      return real(path, ...)
    end
  end
  local io = package.loaded.io
  local open = io.open
  io.open = function(path, ...) return open((path:gsub("^/lib/modules/", "/run/computer%0")), ...) end
  return require("cli.command").run_here("explain", arg)
]]

-- A computer with a USB bus of two ports, and a kernel with modules.
M.COMPUTER = [[
  ip netns del far 2>/dev/null || true
  rm -rf /run/computer /run/NetworkManager /run/systemd
  umount /dev/cdc-wdm0 2>/dev/null || true; rm -f /dev/cdc-wdm0 /dev/ttyUSB*
  computer=/run/computer; kernel=$computer/lib/modules/6.1.0-test
  mkdir -p $computer/bin $computer/proc/sys/kernel $kernel $computer/etc/modprobe.d
  echo 6.1.0-test >$computer/proc/sys/kernel/osrelease; : >$kernel/modules.builtin
  printf '#!/bin/sh\nexit 1\n' >$computer/bin/dmesg; chmod +x $computer/bin/dmesg
  log() { printf '#!/bin/sh\ncat $0.log\n' >$computer/bin/dmesg; printf '%s\n' "$@" >$computer/bin/dmesg.log; }
  module() { mkdir -p $kernel/kernel/$(dirname $1); : >$kernel/kernel/$1.ko.xz; }
  loaded() { for name; do mkdir -p /sys/module/$name; done; }
  program() { # NAME ARGUMENT...: runs until the situation ends
    cp "$(command -v sleep)" $computer/bin/$1; program=$1; shift
    $computer/bin/$program 100 "$@" >/dev/null 2>&1 & echo $! >>/run/pids
    until [ "$(cat /proc/$!/comm)" = $(echo $program | cut -c1-15) ]; do sleep 0.01; done
  }
  client() { # NAME ARGUMENT...: likewise, with the command line of a DHCP client
    mkfifo -m 600 /run/never 2>/dev/null || true
    printf '#!/bin/sh\nread never </run/never\n' >$computer/bin/$1; chmod +x $computer/bin/$1
    client=$1; shift
    $computer/bin/$client "$@" >/dev/null 2>&1 & echo $! >>/run/pids
    until [ "$(cat /proc/$!/comm)" = $client ]; do sleep 0.01; done
  }
  for name in cdc_mbim qmi_wwan cdc_ncm; do module drivers/net/usb/$name; done
  module drivers/usb/serial/option; module drivers/bus/mhi/host/mhi_pci_generic
  xhci=]] .. sysfs.XHCI .. [[

  device $xhci bus/pci DRIVER=xhci_hcd
  root=$xhci/usb1
  device $root bus/usb DEVTYPE=usb_device
  echo 1d6b >$root/idVendor; echo 0002 >$root/idProduct; echo 09 >$root/bDeviceClass
  device $root/1-0:1.0 bus/usb DEVTYPE=usb_interface
  for n in 1 2; do
    port=$root/1-0:1.0/usb1-port$n; mkdir $port
    echo 0 >$port/disable; echo 0 >$port/over_current_count; echo 'not attached' >$port/state
  done
  port=$root/1-0:1.0/usb1-port1
]]

-- A modem in the first of them; its interfaces are to follow.
M.MODEM = sysfs.USB_OTHER:gsub("device %$xhci[^\n]*\n", "") .. [[
  is 1199 9071; echo 480 >$usb/speed; echo 1 >$usb/authorized; echo configured >$port/state
  mkdir $usb/power; echo on >$usb/power/control; echo active >$usb/power/runtime_status
  control() { # INTERFACE CLASS DRIVER NET: a control port
    interface $1 $2 $3
    device $folder/usbmisc/cdc-wdm0 class/usbmisc MAJOR=180 MINOR=0 DEVNAME=cdc-wdm0
    settled c180:0
    [ -n "$4" ] || return 0
    device $folder/net/$4 class/net INTERFACE=$4 IFINDEX=3
    echo 3 >$folder/net/$4/ifindex; settled n3
  }
  card() { # INTERFACE CLASS DRIVER: a network card
    interface $1 $2 $3
    device $folder/net/wwan0 class/net INTERFACE=wwan0 IFINDEX=3; echo 3 >$folder/net/wwan0/ifindex; settled n3
  }
  mbim() { control 12 02:0e:00 cdc_mbim ${1-wwan0}; loaded cdc_mbim; }
  qmi() { control 8 ff:ff:ff qmi_wwan ${1-wwan0}; loaded qmi_wwan; }
  answers() { ln -sf $1 /dev/cdc-wdm0; }       # the simulated modem's socket
  closed() { : >/dev/cdc-wdm0; mount --bind /run/dev/zero /dev/cdc-wdm0; }
]]

local END = "for pid in $(cat /run/pids 2>/dev/null); do kill $pid 2>/dev/null || true; done; rm -f /run/pids"

local function on_sysfs(situation)
  sysfs.make(M.COMPUTER, situation.sys)
  local result = sysfs.moontower_with({ PATH = "/run/computer/bin:" .. os.getenv "PATH" }, "run", "/run/explain.lua",
    "--json", situation.asked)
  sysfs.shell(END)
  return result
end

---Makes this test's world one with a simulated /sys.
function M.enter()
  sysfs.own_dev()
  assert(require("core.fs").write("/run/explain.lua", EXPLAIN))
end

-- ---- in a world with a simulated modem ----

-- Explained, and explained once more from a recording of that.
local RECORDED = [[
moontower record /run/test/recording -- explain --json %s 2>/run/test/said; status=$?
echo ---; moontower explain --recording /run/test/recording --json 2>&1
grep -v '^Recorded\|^  shows' /run/test/said >&2; (exit $status)]]

local function in_world(situation)
  local before = (situation.run or ":"):gsub("[; ]+$", "")
  local result = world.run(RECORDED:format(situation.asked or ""), situation.faults, before, situation.options)
  local stdout, offline = result.out:match "^(.-)\n%-%-%-\n(.*)$"
  return {
    status = result.status, stdout = stdout or result.out, stderr = result.err, offline = offline,
    changed = result.after ~= result.before and result.before .. result.after,
  }
end

local AT_ONCE = 8

-- ---- compared ----

local function texts_of(link)
  local texts = { link.message, link.hint }
  for _, one in ipairs(link.evidence) do texts[#texts + 1] = one.what .. ": " .. one.value end
  return table.concat(texts, "\n")
end

local function mistake_in(situation, one, links, result)
  if (one.broken or false) ~= situation.broken then
    return ("first broken: %s, wanted: %s"):format(one.broken or "none", situation.broken or "none")
  elseif (result.status == 0) ~= (situation.broken == false) then
    return "exit status " .. result.status
  end
  if result.changed then
    return "this computer was changed: " .. result.changed
  end
  local again = result.offline and json.decode(result.offline)
  if result.offline and (not again or (again[1].broken or false) ~= situation.broken) then
    return "from its recording: " .. (again and tostring(again[1].broken) or result.offline)
  end
  local link, word = (situation.word or ""):match "^(%S+) (.+)$"
  if link and links[link].verdict ~= word then
    return ("%s is %s"):format(link, links[link].verdict)
  end
  local shown = links[situation.broken or link]
  local texts = shown and texts_of(shown) or ""
  if situation.shows and not texts:find(situation.shows, 1, true) then
    return ("'%s' is not in:\n%s"):format(situation.shows, texts)
  end
end

---Explains one.
---@param situation situation
---@return { situation: situation, mistake: string?, links: table<string, table>, one: table }
function M.explain(situation)
  local result = situation.sys and on_sysfs(situation) or in_world(situation)
  local list = json.decode(result.stdout)
  local one = type(list) == "table" and list[1]
  if not one then
    return { situation = situation, mistake = result.stdout .. result.stderr, links = {}, one = {} }
  end
  local links = {}
  for _, link in ipairs(one.links) do links[link.link] = link end
  return { situation = situation, mistake = mistake_in(situation, one, links, result), links = links, one = one }
end

-- Those on a simulated /sys share this world's; those with a world of their own are explained side by side.
local function explain_all(list)
  local found = {}
  local function explain(i) found[i] = M.explain(list[i]) end
  local worlds = {}
  for i, situation in ipairs(list) do
    if situation.sys then
      explain(i)
    else
      worlds[#worlds + 1] = i
    end
  end
  for first = 1, #worlds, AT_ONCE do
    world.all_of(table.move(worlds, first, math.min(first + AT_ONCE - 1, #worlds), 1, {}), explain)
  end
  return found
end

-- A run of all tests shows what those have printed that failed; and of this table, all.
local function print_at_the_end(text)
  local path = os.getenv "MT_SITUATIONS"
  local file <close> = path and io.open(path, "a") or nil
  if file then
    file:write(text .. "\n")
  end
end

---Explains all of them, prints the table, and fails if one is explained in another way.
---@param list situation[]
function M.check(list)
  local rows, mistakes = {}, {}
  for i, found in ipairs(explain_all(list)) do
    local situation = found.situation
    rows[i] = ("%-7s %-12s %-50s %s"):format(found.mistake and "WRONG" or "ok", found.one.broken or "-", situation.name,
      found.one.message or "")
    mistakes[#mistakes + 1] = found.mistake and situation.name .. ": " .. found.mistake
  end
  local text = table.concat(rows, "\n")
  print(text)
  print_at_the_end(text)
  lu.assertEquals(table.concat(mistakes, "\n"), "")
end

return M
