-- SPDX-License-Identifier: MIT
-- state: files that are damaged, or of another version: each kind, each field, each odd value. Work goes on.

local errors = require "errors"
local fs = require "core.fs"
local json = require "dkjson"
local log = require "log"
local lu = require "luaunit"
local namespace = require "core.namespace"
local orders = require "daemon.orders"
local process = require "core.process"
local shapes = require "state.shapes"
local state = require "state"
local task = require "task"
local world = require "support.world"

assert(namespace.enter())
log.level = "error"

local T = {}

local owner = { pid = 1, start = 2 }
-- A file of each kind, with each of its fields.
local examples = {
  links = {
    key = "wwan0", name = "wwan0", index = 3, session = 0, owner = owner, persistent = true, metric = 700, table = 254,
    before = { mtu = 1500, up = false, accept_ra = "1\n" }, accept_ra = "0",
    channel = { kind = "vlan", id = 1 }, parent = { name = "wwan0", index = 2, up = true },
    created = { kind = "vlan", parent = "wwan0", id = 1, name = "wwan0.1" },
    addresses = { { link = "wwan0", address = "10.0.0.2", prefix_length = 30, protocol = 77 } },
    routes = { { link = "wwan0", destination = "default", family = "ipv4", metric = 700, gateway = "10.0.0.1",
      source = "10.0.0.2", table = 254, protocol = 77, onlink = false } },
    dns = { backend = "file", link = "wwan0", servers = { "10.0.0.1" } },
    share = { interface = "br-lan", link = "wwan0", program = "radvd", prefix = "2001:db8::", address = "2001:db8::1",
      edited = "/etc/radvd.conf" },
    clat = { link = "wwan0", prefix = "64:ff9b::", length = 96, device = "clat2", ipv4 = "192.0.0.1",
      ipv6 = "2001:db8::c1a7", path = "/run/moontower/clat/wwan0.conf", metric = 700, fixed = true, table = 7 },
    forwarding = { { path = "/proc/sys/net/ipv6/conf/all/forwarding", before = "0", value = "1" } },
  },
  multipath = {
    key = "254-any", owner = owner,
    things = { { kind = "route", family = "ipv4", metric = 700, nexthop = 77001, balanced = true },
      { kind = "nexthop", id = 77001, group = { { id = 77000, weight = 3 } } } },
  },
  modems = { session = 0, ip = "ipv4v6", incarnation = "1:2", net = "wwan0", carrier = "x", apn = "y", user = "u",
    auth = "pap", complete = true, given = "ipv4", protocol = "qmi", proxy = true,
    refused = { ipv6 = { code = "connect-refused", message = "no", detail = { nw_error = 50 } } } },
  replaced = { session = 0, ip = "ipv4v6", apn = "y", complete = true },
  qmi = { clients = { { service = 1, client = 7, persistent = { session = 0 } } }, incarnation = "1",
    allocating = true, kept = true },
  failures = { time = 1, code = "connect-refused", message = "no", nw_error = 33, incarnation = "1" },
  channels = { incarnation = "1" },
  esims = { modem = "1-1", wanted = "89000123456789012341", command = "moontower esim enable" },
  card_channels = { number = 1, way = "qmi", incarnation = "1" },
  updates = { modem = "1-1", pid = 7, start = 8, command = "qmi-firmware-update" },
  taken = { name = "1-1", folder = "/sys/devices/usb1/1-1", ports = "*/1-1/1-1:*", applied = true },
  at_ports = { owner = { pid = 5, start = 77 } },
  ptys = { owner = { pid = 5, start = 77 }, terminal = "/dev/pts/3" },
  gnss = { incarnation = "1", client = 3, commands = { "AT+QGPSEND" } },
  usb = { on = { { path = "/sys/x", text = "1" } } },
  dns = { links = { { link = "wwan0", servers = { "10.0.0.1" } } }, content = "x", previous = "y",
    before = { kind = "file", content = "z", mode = 420 } },
  orders = { modem = "simulated", offline = { command = "moontower down", time = "now" } },
  devices = { name = "simulated" },
  pins = { salt = "ab", sent = { cd = "2026-01-01" } },
  sms_sent = { sent = { { number = "+1", reference = 7, text = "", time = "2026-01-01T00:00:00Z", part = 1,
    count = 2 } } },
  sms = { iccid = "8901", received = 5, status = "read", pdus = { "00" }, key = "x", count = 2, place = "m3",
    is_told = true },
  contexts = { wanted = { apn = "internet", ip = "ipv4" }, context = 1, before = { apn = "", ip = "ipv4v6" },
    login = true, imei = "359072060000011" },
  attach = {
    before = { apn = "old", ip = "ipv4" }, wanted = { apn = "", ip = "ipv4v6" }, time = 1, trying = true,
  },
  apns = {
    worked = { apn = "internet", ip = "ipv4v6", user = "me", from = "providers", source = "Operator", time = 1 },
    refused = { ["web me"] = { time = 1, times = 2, nw_error = 27, why = "unknown" } },
  },
  providers = { path = "/usr/share/list.xml", size = 1, changed = 1, places = { ["00101"] = { 1, 2 } } },
  usage = { since = "2026-01-01", bytes = 5, counter = "x", total = 7 },
  setup = { key = "1", carrier = "c", modem = "m", date = "d", restart = "r", finished = false,
    entries = { { name = "rat", title = "RAT", state = "done", before = "a", wanted = "b", how = "c" } } },
  trials = { key = "1", carrier = "c", modem = "m", date = "d", entries = {}, trial = {
    within = 90, deadline = 5, modem = "1-1", command = "moontower bands B2", was = "online", confirm = true,
  } },
  sockets = { imei = "1", iccid = "2" },
  aggregation = { modem = "1199:9071", verdict = "proven", incarnation = "1:2", protocol = "qmapv5",
    kernel = "6.1.0" },
  surveys = { finished = false, date = "d", rows = {
    { name = "B4", problem = "none" },
    { name = "B2", band = "B2", technology = "LTE", channel = 900, pci = 3, bandwidth = 10, speed = 1.5,
      speed_problem = "p", round_trips = { median = 0.1, lost = 0, count = 5 },
      signal = { rsrp = { mean = -90.5, least = -95, most = -85, count = 3 } } },
  } },
  history = { started = 5, modems = { simulated = "5\tready\n" } },
  kernel = { present = false },
  sim_switches = { times = { 1, 2 } },
  ladders = { position = 1, imei = "1", used = { reset = 5 } },
}

-- As JSON. What is huge, or no number, reads as infinity, or is no JSON.
local ODD = { "null", "true", "-1", "1e999", "99999999999999999999", "0.5", "NaN", '""', '"x\\u0000y"', "[]", "{}",
  "[[[[[1]]]]]", '{"a":{"b":[null]}}', "[null,1]", ("[%s]"):format(("7,"):rep(999) .. "7") }

local function put(kind, text)
  assert(fs.mkdir(state.folder .. "/" .. kind))
  assert(fs.write(state.path(kind, "x"), text))
end

local function encoded(values, field, odd)
  local copy = {}
  for key, value in pairs(values) do copy[key] = value end
  copy[field] = "@"
  local text = json.encode(copy)
  return (text:gsub('"@"', function() return odd end))
end

local function all_examples(fn)
  for kind in pairs(shapes) do fn(kind, assert(examples[kind], kind)) end
end

function T.test_each_kind_is_read_as_it_was_written()
  all_examples(function(kind, values)
    assert(state.save(kind, "x", values))
    lu.assertEquals(state.load(kind, "x"), values, kind)
    lu.assertEquals(json.decode(fs.read(state.path(kind, "x"))).version, shapes[kind].version)
    lu.assertTrue(state.remove(kind, "x"))
    lu.assertTrue(state.remove(kind, "x"))
    lu.assertNil(state.load(kind, "x"))
  end)
end

-- Either the value fits, or the file is moved aside, or (what is precious) left where it is.
local function check(kind, text)
  put(kind, text)
  local values, err = state.load(kind, "x")
  if not values then
    lu.assertEquals(err and err.code, "malformed", kind .. ": " .. text:sub(1, 300))
    lu.assertStrContains(err.message, "/" .. kind .. "/x.json is damaged")
    lu.assertEquals(fs.stat(state.path(kind, "x"), "link") ~= nil, shapes[kind].is_precious == true)
  end
  return values, err
end

function T.test_each_field_with_each_odd_value()
  local mutations = 0
  all_examples(function(kind, values)
    for field in pairs(values) do
      for _, odd in ipairs(ODD) do
        local read = check(kind, encoded(values, field, odd))
        if read then assert(state.save(kind, "x", read)) end -- what was read can be written
        mutations = mutations + 1
      end
    end
    lu.assertTrue(#fs.list(state.folder .. "/" .. kind) <= 5, "too many are kept")
  end)
  lu.assertTrue(mutations > 500)
end

function T.test_other_versions_and_no_json_at_all()
  all_examples(function(kind, values)
    local whole = json.encode(values)
    for _, text in ipairs {
      "", "\0\1\2", whole:sub(1, #whole // 2), "7", '"x"', whole .. "x", ("["):rep(5000), ("x"):rep(2 << 20),
    } do
      lu.assertNil(check(kind, text), kind .. ": " .. text:sub(1, 40))
    end
    for _, version in ipairs { "99", '"1"', "-1", "1e999", "{}" } do
      local read, err = check(kind, encoded(values, "version", version))
      lu.assertNil(read)
      lu.assertEquals(err.detail.values.version ~= nil, true)
    end
  end)
end

-- Not even opened: reading a FIFO would wait for ever.
function T.test_a_state_file_that_is_no_file_is_moved_aside()
  local path = state.path("orders", "x")
  assert(fs.mkdir(state.folder .. "/orders"))
  for _, command in ipairs { "mkdir $1; touch $1/in", "ln -s /etc/passwd $1", "ln -s nowhere $1", "mkfifo $1" } do
    fs.remove(path)
    assert(process.run { "sh", "-c", command, "sh", path, timeout = 600 })
    local values, err = state.load("orders", "x")
    lu.assertNil(values)
    lu.assertEquals(err.code, "malformed")
    lu.assertNil(fs.stat(path, "link"))
  end
end

-- What cannot be asked is not "none".
function T.test_an_unreadable_file_is_not_taken_for_absent()
  assert(process.run { "rm", "-rf", state.folder .. "/sockets", timeout = 600 })
  assert(fs.write(state.folder .. "/sockets", "in the way"))
  for _, result in ipairs { table.pack(state.load("sockets", "x")), table.pack(state.list "sockets") } do
    lu.assertNil(result[1])
    lu.assertEquals(result[2].code, "io")
  end
  assert(fs.remove(state.folder .. "/sockets"))
  lu.assertEquals(state.list "sockets", {})
end

-- ---- the commands ----

local DAMAGE = [[
damage() { for f in /run/moontower/*/*.json /var/lib/moontower/*/*.json; do
  case $f in */devices/*|*.bad*) ;; *) eval "$1";; esac; done; }
]]

function T.test_down_undoes_what_a_damaged_journal_does_not_tell()
  for _, damage in ipairs {
    "echo >$f", "head -c 100 $f >$f.x; mv $f.x $f", 'sed -i "s/\\"version\\":[12]/\\"version\\":9/" $f',
    'sed -i "s/\\"version\\":2/\\"version\\":1/" $f', -- an older moontower has made the connection
    'sed -i "s/\\"routes\\":/\\"roads\\":/; s/\\"before\\":/\\"after\\":/" $f', "rm $f; mkdir $f",
    "rm $f; mkfifo $f",
  } do
    local result = world.run(DAMAGE .. ([[moontower up --apn r.ispsn >/dev/null || exit 1
      damage '%s'; moontower down || exit 1
      grep nameserver /etc/resolv.conf | grep 68.28
      ip route show proto 77; ip -6 route show proto 77; ip -o address show dev wwan0 scope global; echo end
      moontower simulate state --json | grep '"session":'
      moontower up --apn r.ispsn --no-probe >/dev/null && moontower down]]):format(damage))
    lu.assertEquals(result.status, 0, damage .. result.out .. result.err)
    lu.assertStrContains(result.err, "damaged", false, damage)
    lu.assertNotStrContains(result.err, "raceback")
    lu.assertStrContains(result.out, "is offline\nend\n", false, damage)
    lu.assertNotStrContains(result.out, '"session":', false, damage)
  end
end

-- A mere look moves a damaged journal aside, too; and a file may be gone altogether.
function T.test_down_after_a_look_and_without_a_journal()
  for _, damage in ipairs { "echo >$f; moontower status", "rm $f" } do
    local result = world.run(([[moontower up --apn r.ispsn >/dev/null || exit 1
      f=/run/moontower/links/wwan0.json; %s; moontower status
      moontower down; echo $?; ip link set wwan0 down; rm -f /run/moontower/links/*.bad]]):format(damage))
    lu.assertStrContains(result.out, "changed on this computer is lost: run it again", false, damage)
    lu.assertStrContains(result.out, "is offline\n0\n", false, damage .. result.err)
    lu.assertEquals(result.after, result.before, damage)
    result = world.run(([[moontower up --apn r.ispsn >/dev/null || exit 1
      f=/run/moontower/links/wwan0.json; %s
      moontower up --apn r.ispsn --ip ipv4 >/dev/null; ip route show default | wc -l
      moontower down; ip link set wwan0 down; rm -f /run/moontower/links/*.bad]]):format(damage))
    lu.assertStrContains(result.out, "1\n", false, damage)
    lu.assertEquals(result.after, result.before, damage)
  end
end

-- ---- a full disk ----

function T.test_an_order_that_cannot_be_written_down_still_holds()
  local save, remove, level = state.save, state.remove, log.level
  local function restore() state.save, state.remove, log.level = save, remove, level end
  local _ <close> = task.finally(restore)
  local function fails() return errors.fail { code = "io", source = "fs", message = "no space" } end
  local function held() return (orders.load("1-1").offline or {}).command end
  log.level = "error"
  state.save = fails
  orders.hold("1-1", "offline", "moontower down")
  lu.assertEquals(held(), "moontower down")
  state.save = save
  orders.hold("1-1", "offline", "moontower down --device 1-1")
  state.remove = fails
  lu.assertTrue(orders.lift("1-1", "offline"))
  lu.assertNil(held())
  state.remove = remove
  orders.hold("1-1", "offline", "moontower down")
  lu.assertTrue(orders.lift("1-1", "offline"))
  lu.assertNil(held())
  lu.assertEquals(state.list "orders", {})
end

local UP = "moontower up --apn r.ispsn --no-probe"
local SMALL = "mkdir -p %s && mount -t tmpfs -o size=16k none %s"
local FILL = "; dd if=/dev/zero of=%s/full bs=4k count=8"

function T.test_up_with_no_room_for_what_it_writes_down_changes_nothing()
  for _, kind in ipairs { "links", "modems" } do
    local folder = "/run/moontower/" .. kind
    local result = world.run(UP, nil, (SMALL .. FILL):format(folder, folder, folder))
    world.assert_clean_failure(result, 1, "no space left on device")
    local left = world.run(
      UP .. "; ls " .. folder .. "; moontower simulate state --json | grep '\"session\":'", nil,
      (SMALL .. FILL):format(folder, folder, folder))
    lu.assertStrContains(left.out, "\nfull\n", false, left.out)
    lu.assertNotStrContains(left.out, '"session":')
    lu.assertNotStrContains(left.out, ".new")
  end
end

function T.test_up_with_no_room_for_what_stood_in_resolv_conf()
  local folder = "/run/moontower/dns"
  local result = world.run(UP .. "; echo status $?; cat /etc/resolv.conf; moontower down", nil,
    (SMALL .. FILL):format(folder, folder, folder))
  lu.assertStrContains(result.out, "status 0\n")
  lu.assertNotStrContains(result.out, "\nnameserver 68.28.50.11")
  lu.assertStrContains(result.err, "wwan0 stays up, but its DNS servers are not in use: ")
  lu.assertStrContains(result.err, "no space left on device")
  lu.assertEquals(result.after, result.before)
end

function T.test_down_on_a_disk_that_is_full_by_now()
  local prepare = {}
  for _, kind in ipairs { "links", "modems", "dns" } do
    local folder = "/run/moontower/" .. kind
    prepare[#prepare + 1] = SMALL:format(folder, folder)
  end
  local fill = "for f in links modems dns; do dd if=/dev/zero of=/run/moontower/$f/full bs=4k count=8; done "
    .. "2>/dev/null"
  local result = world.run(("%s >/dev/null && { %s; moontower down; }; rm /run/moontower/*/full"):format(UP, fill),
    nil, table.concat(prepare, "; "))
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertEquals(result.out, "/run/moontower/simulator/mbim is offline\n", result.err)
  lu.assertEquals(result.after, result.before)
end

-- ---- /var/lib that takes nothing ----

local KEPT = "/var/lib/moontower"
local TAKES_NOTHING = {
  ["no space left on device"] = ("dd if=/dev/zero of=%s/full bs=4k count=32 2>/dev/null"):format(KEPT),
  ["read-only file system"] = "mount -o remount,ro " .. KEPT,
}
local TAKES_AGAIN = ("mount -o remount,rw %s; rm -f %s/full"):format(KEPT, KEPT)
local MOUNT = ("mkdir -p %s && mount -t tmpfs -o size=64k none %s"):format(KEPT, KEPT)

-- All that is kept there is a convenience for programs that connect.
function T.test_up_and_down_and_serve_do_without_what_is_kept()
  for words, make in pairs(TAKES_NOTHING) do
    local result = world.run(UP .. " && moontower down && " .. UP .. " && moontower down && echo fine", nil,
      MOUNT .. "; " .. make)
    world.assert_success(result)
    lu.assertStrContains(result.out, "fine\n")
    lu.assertEquals(result.after, result.before)
    result = world.run([[cat >/run/test/config.lua <<'END'
return { modems = { { apn = "r.ispsn", policy = { "schedule", budget = "5 GB", day = 15 } } }, on_stop = "disconnect" }
END
      moontower serve --config /run/test/config.lua 2>/run/test/log & daemon=$!
      until moontower why 2>&1 | grep ' is online ' || [ ! -d /proc/$daemon/fd ]; do sleep 0.05; done
      kill $daemon; wait $daemon
      echo "ended $?"; cat /run/test/log]], nil, MOUNT .. "; " .. make)
    lu.assertStrContains(result.out, "is online since", false, result.out .. result.err)
    lu.assertStrContains(result.out, words)
    lu.assertStrContains(result.out, "ended 143")
    lu.assertNotStrContains(result.out, "raceback")
    lu.assertEquals(result.after, result.before)
  end
end

function T.test_setup_and_undo_change_nothing_that_they_cannot_write_down()
  for words, make in pairs(TAKES_NOTHING) do
    local result = world.run(([[moontower simulate set reset_time=0.2 search=0.02 --on all
      %s; moontower setup calyx-sprint --yes; echo "setup $?"; moontower at 'AT!SELRAT?'; %s
      moontower setup calyx-sprint --yes >/dev/null; echo "setup $?"; moontower at 'AT!SELRAT?'
      %s; moontower setup --undo --yes; echo "undo $?"; moontower at 'AT!SELRAT?'; %s
      moontower setup --undo --yes; echo "undo $?"; moontower at 'AT!SELRAT?']]):format(
      make, TAKES_AGAIN, make, TAKES_AGAIN), nil, MOUNT, { "--factory" })
    local parts = {}
    for part in result.out:gmatch("!SELRAT: (%d+)") do parts[#parts + 1] = part end
    lu.assertEquals(table.concat(parts, " "), "00 06 06 00", words .. result.out .. result.err)
    local statuses = {}
    for part in result.out:gmatch("%f[%a]%a+ (%d)\n") do statuses[#statuses + 1] = part end
    lu.assertEquals(table.concat(statuses, " "), "1 0 1 0", words .. result.out .. result.err)
    local _, count = result.err:gsub(words:gsub("%-", "%%-"), "")
    lu.assertEquals(count, 2, result.err)
    lu.assertNotStrContains(result.err, "raceback")
  end
end

function T.test_a_pin_is_not_sent_when_that_cannot_be_written_down()
  for words, make in pairs(TAKES_NOTHING) do
    local result = world.run(("%s; %s --pin-file /run/test/pin; echo $?; %s; "
      .. "%s --pin-file /run/test/pin && moontower down"):format(make, UP, TAKES_AGAIN, UP), { "pin-lock" },
      MOUNT .. "; umask 077; echo 1234 >/run/test/pin")
    lu.assertStrContains(result.err, "PIN is not sent, as that it was could not be written down: ", false, words)
    lu.assertStrContains(result.err, words)
    lu.assertEquals(result.status, 0, result.out .. result.err)
  end
end

return T
