-- SPDX-License-Identifier: MIT
-- SMS that are moved to this computer's disk: none is lost and none is doubled, wherever it is interrupted; parts are
-- put together there in whatever order they come; as many are kept as may be.

local fs = require "core.fs"
local inbox = require "inbox"
local json = require "dkjson"
local lu = require "luaunit"
local message_moving = require "modem.message_moving"
local message_news = require "modem.message_news"
local messages = require "modem.messages"
local netlink = require "core.netlink"
local sms = require "sms"
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local ICCID, OTHER = "8901240000000000001", "8901240000000000002"
local LONG = ("Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. "):rep(6)
local FOLDER = "/var/lib/moontower/sms"

function T.setUp()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  for _, name in ipairs(fs.list(FOLDER) or {}) do fs.remove(FOLDER .. "/" .. name) end
end

-- A card, and the verbs of a modem that has it.
local function new_card(iccid)
  local card = { places = {}, iccid = iccid or ICCID, description = {} }
  function card:put(text, fields)
    local message = { smsc = "+1", number = "+15550100999", text = text, time = 1e9, reference = 7 }
    for key, value in pairs(fields or {}) do message[key] = value end
    local pdus = assert(sms.deliver(message))
    for _, number in ipairs(message.order or { 1, 2, 3, 4, 5 }) do
      if pdus[number] then table.insert(self.places, { status = message.status or "unread", pdu = pdus[number] }) end
    end
  end
  function card.sim() return { state = "ready", iccid = card.iccid } end
  function card:stored_messages()
    local list = {}
    for place, entry in pairs(self.places) do
      list[#list + 1] = { place = tostring(place), status = entry.status, pdu = entry.pdu }
    end
    table.sort(list, function(a, b) return tonumber(a.place) < tonumber(b.place) end)
    return list
  end
  function card:delete_stored(place)
    self.places[tonumber(place)] = nil
    return true
  end
  return card
end

local function move(card) return message_moving.move(card, card:stored_messages()) end

local function texts(list)
  local all = {}
  for i, message in ipairs(list) do all[i] = message.text end
  return all
end

function T.test_what_is_moved_is_on_the_disk_for_root_alone()
  local card = new_card()
  card:put "one"
  card:put("two", { status = "read" })
  card:put("draft", { status = "unsent" })
  local news, left = move(card)
  eq({ texts(news), #left, left[1].status }, { { "one", "two" }, 1, "unsent" })
  local list = assert(inbox.list(ICCID))
  eq({ texts(list), list[1].id, list[1].status, list[2].status }, { { "one", "two" }, "s1", "unread", "read" })
  eq(inbox.list(OTHER), {})
  eq({ fs.stat(FOLDER).mode & 511, fs.stat(FOLDER .. "/00000001.json").mode & 511 }, { 448, 384 })
  assert(inbox.mark_read "s1")
  eq(inbox.read("s1").status, "read")
  assert(inbox.remove "s1")
  eq({ inbox.read "s1", texts(assert(inbox.list())) }, { nil, { "two" } })
end

-- The same text twice is two messages; the same place with another message is another one.
function T.test_the_same_again()
  local card = new_card()
  card:put "one"
  card:put "one"
  move(card)
  card:put "one"
  move(card)
  eq(texts(assert(inbox.list())), { "one", "one", "one" })
end

-- ---- interrupted anywhere ----

-- Runs fn() until the nth step that changes something: what a kill leaves.
local function kill_at(nth, card, fn)
  local originals, count = {}, 0
  local function wrap(owner, name)
    local original = owner[name]
    originals[#originals + 1] = function() owner[name] = original end
    owner[name] = function(...)
      count = count + 1
      if count == nth then error "killed" end
      return original(...)
    end
  end
  for _, name in ipairs { "write_atomic", "rename", "remove" } do wrap(fs, name) end
  wrap(card, "delete_stored")
  local ok = pcall(fn)
  for _, restore in ipairs(originals) do restore() end
  return not ok
end

local wholes = { "one", LONG, "one", "two" }

function T.test_a_kill_between_any_two_steps_loses_none_and_doubles_none()
  local nth, was_killed = 0
  repeat
    T.setUp()
    nth = nth + 1
    local card = new_card()
    for _, text in ipairs(wholes) do card:put(text, { order = { 3, 1, 2 } }) end
    was_killed = kill_at(nth, card, function() move(card) end)
    move(card)
    eq({ nth, texts(assert(inbox.list())), next(card.places) }, { nth, wholes, nil })
    eq(#assert(inbox.moving()), 0)
  until not was_killed
  lu.assertTrue(nth > 20)
end

-- Other parts come between the kill and the next start, also ones at the same places.
function T.test_a_kill_and_other_messages_after_it()
  local nth, was_killed = 0
  repeat
    T.setUp()
    nth = nth + 1
    local card = new_card()
    card:put(LONG, { order = { 2 } })
    move(card)
    card:put(LONG, { order = { 1, 3 } })
    was_killed = kill_at(nth, card, function() move(card) end)
    card:put "later"
    move(card)
    local found = texts(assert(inbox.list()))
    table.sort(found)
    eq({ nth, found }, { nth, { LONG, "later" } })
  until not was_killed
end

function T.test_a_card_that_deletes_nothing_keeps_what_it_has_and_is_tried_again()
  local card = new_card()
  card:put "one"
  card:put "two"
  local delete = card.delete_stored
  function card.delete_stored() return nil, require("errors").new { code = "rejected", message = "no" } end
  local news, left, err = move(card)
  eq({ #news, #left, err.code }, { 0, 2, "rejected" })
  card.delete_stored = delete
  eq(texts((move(card))), { "one", "two" })
  eq(texts(assert(inbox.list())), { "one", "two" })
end

-- ---- parts ----

function T.test_parts_in_any_order_and_at_any_time()
  for _, order in ipairs { { 1, 2, 3 }, { 3, 2, 1 }, { 2, 3, 1 } } do
    T.setUp()
    local card = new_card()
    for i, number in ipairs(order) do
      card:put(LONG, { order = { number } })
      if i == 2 then card:put("other", { number = "Bank" }) end
      local news = move(card)
      eq({ news[1].missing and #news[1].missing, news[1].id }, { i < 3 and 3 - i or nil, "s1" })
    end
    eq(texts(assert(inbox.list())), { LONG, "other" })
  end
end

-- Of another card, sender or text with the same reference: each for itself.
function T.test_parts_that_do_not_belong_together()
  local card, other = new_card(), new_card(OTHER)
  card:put(LONG, { order = { 1 } })
  card:put(LONG, { order = { 2 }, number = "+15550100998" })
  card:put(LONG:upper(), { order = { 1 } })
  other:put(LONG, { order = { 3 } })
  move(card)
  move(other)
  eq({ #assert(inbox.list(ICCID)), #assert(inbox.list(OTHER)) }, { 3, 1 })
  card:put(LONG, { order = { 2 } })
  move(card)
  eq({ #assert(inbox.list(ICCID)) }, { 3 })
end

-- What is there is told after a while, once, also if this program was started again in between; and again when the rest
-- has come.
function T.test_parts_that_never_come_are_told()
  local card = new_card()
  card.moves_messages = true
  local told = {}
  card.notifications = { tell = function(_, _, message) told[#told + 1] = message end }
  local before = message_news.parts_time
  local _ <close> = task.finally(function() message_news.parts_time = before end)
  message_news.parts_time = 0
  local function receive(order)
    card:put(LONG, { order = order })
    local group <close> = task.group()
    card.message_news = nil
    message_news.has_come(card, group, "1")
    group:wait()
  end
  receive { 2 }
  eq({ #told, told[1].missing, told[1].id }, { 1, { 1, 3 }, "s1" })
  lu.assertStrContains(told[1].text, "[part 1 of 3 is missing]")
  receive { 1 }
  eq({ #told, told[2].missing }, { 2, { 3 } })
  card.message_news = nil
  receive {}
  eq(#told, 2)
  receive { 3 }
  eq({ #told, told[3].text }, { 3, LONG })
end

-- Those that no computer keeps wait in memory for each other, up to a limit.
function T.test_parts_in_memory_are_bounded()
  local card, told = new_card(), 0
  card.notifications = { tell = function() told = told + 1 end }
  local before = message_news.most_passing
  local _ <close> = task.finally(function() message_news.most_passing = before end)
  message_news.most_passing = 4
  local function pass(reference, number)
    local pdus = assert(sms.deliver {
      smsc = "+1", number = "+15550100999", text = LONG, time = 1e9, reference = reference,
    })
    local group <close> = task.group()
    message_news.has_passed(card, group, pdus[number])
    group:wait()
  end
  for i = 1, 9 do pass(i, 1) end
  eq(#card.message_news.passing, 4)
  for number = 2, 3 do pass(9, number) end
  eq(told, 1)
end

-- ---- many ----

function T.test_a_full_folder_leaves_the_rest_on_the_card()
  local limit = inbox.limit
  local _ <close> = task.finally(function() inbox.limit = limit end)
  inbox.limit = 2
  local card = new_card()
  for _, text in ipairs { "one", "two", "three" } do card:put(text) end
  local news, left, err = move(card)
  eq({ texts(news), #left, err.code }, { { "one", "two" }, 1, "busy" })
  lu.assertStrContains(err.hint, "delete --all-read")
  assert(inbox.remove "s1")
  eq(texts((move(card))), { "three" })
end

function T.test_a_full_disk_leaves_them_on_the_card()
  local card = new_card()
  card:put "one"
  local write = fs.write_atomic
  local _ <close> = task.finally(function() fs.write_atomic = write end)
  function fs.write_atomic() return nil, require("errors").new { code = "io", message = "no space left" } end
  local news, left, err = move(card)
  eq({ #news, #left, err.code, #assert(inbox.list()) }, { 0, 1, "io", 0 })
  fs.write_atomic = write
  eq(texts((move(card))), { "one" })
end

-- The newest 100 of 10,000 take no longer than those of 100 do, but for a look into the folder.
function T.test_ten_thousand()
  local card = new_card()
  card:put "one"
  move(card)
  local text = assert(fs.read(FOLDER .. "/00000001.json"))
  for number = 2, inbox.limit do assert(fs.write(("%s/%08d.json"):format(FOLDER, number), text)) end
  local read, count = state.persistent.load, 0
  function state.persistent.load(...)
    count = count + 1
    return read(...)
  end
  local _ <close> = task.finally(function() state.persistent.load = read end)
  local list, others = inbox.list(ICCID, 100)
  eq({ #list, others, list[100].id, count }, { 100, inbox.limit - 100, "s10000", 100 })
  eq(#assert(inbox.list()), inbox.limit)
  card:put "two"
  eq(select(3, move(card)).code, "busy")
end

function T.test_a_damaged_file_is_moved_aside()
  local card = new_card()
  card:put "one"
  card:put "two"
  move(card)
  assert(fs.write(FOLDER .. "/00000001.json", "{"))
  eq(texts(assert(inbox.list())), { "two" })
  lu.assertNotNil(fs.stat(FOLDER .. "/00000001.json.bad"))
  local whole = assert(fs.read(FOLDER .. "/00000002.json"))
  assert(fs.write(FOLDER .. "/00000003.moving.json", (whole:gsub('"pdus":%b[]', '"pdus":[]'))))
  eq({ texts(assert(inbox.list())), #assert(inbox.moving()) }, { { "two" }, 0 })
  -- Names that this program does not write, and would not find again.
  for _, name in ipairs { "9223372036854775807", "99999999999999999999", "7", "-1" } do
    assert(fs.write(("%s/%s.json"):format(FOLDER, name), whole))
  end
  card:put "three"
  move(card)
  eq(texts(assert(inbox.list())), { "two", "three" })
end

-- Its file says that it is a part, and it is none.
function T.test_a_damaged_part_takes_no_other_with_it()
  local card = new_card()
  card:put "one"
  card:put(LONG, { order = { 1 } })
  move(card)
  local whole, part = assert(fs.read(FOLDER .. "/00000001.json")), assert(fs.read(FOLDER .. "/00000002.parts.json"))
  assert(fs.write(FOLDER .. "/00000002.parts.json", (part:gsub('"pdus":%b[]', whole:match '"pdus":%b[]'))))
  card:put(LONG, { order = { 2 } })
  eq(select(3, move(card)), nil)
  eq(next(card.places), nil)
end

function T.test_a_message_is_read_though_it_cannot_be_noted()
  local card = new_card()
  card:put "one"
  move(card)
  local write = fs.write_atomic
  local _ <close> = task.finally(function() fs.write_atomic = write end)
  function fs.write_atomic() return nil, require("errors").new { code = "io", message = "no space left" } end
  eq(assert(messages.read(nil, "s1")).text, "one")
  fs.write_atomic = write
  eq(assert(inbox.read "s1").status, "unread")
  assert(messages.read(nil, "s1"))
  eq(assert(inbox.read "s1").status, "read")
end

function T.test_an_id_that_no_message_can_have()
  for _, id in ipairs { "s99999999999999999999", "s9223372036854775808", "s0", "s999999999999999" } do
    eq(select(2, messages.read({ stored_messages = function() return {} end }, id)).code, "not-found", id)
  end
end

-- ---- the daemon ----

local function with_daemon(entry, script)
  local result = world.run(([[. $SUPPORT/daemon.sh
    echo "return { modems = { { apn = 'r.ispsn', %s policy = { 'reconnect', probes = {} } } } }" >/run/test/config.lua
    %s]]):format(entry, script))
  eq(result.status, 0, result.out .. result.err)
  return result.out, result
end

local ON_CARD = [[cat >/run/test/card.lua <<'END'
local modem <close> = assert(require("modem").find())
print("card", #assert(modem:stored_messages()))
END
]]

function T.test_the_daemon_moves_what_is_there_and_what_comes()
  local out = with_daemon("", ON_CARD .. [[
    until moontower status --json | grep -q '"home"'; do sleep 0.1; done
    moontower simulate fault sms before; start; moontower events --event sms >/run/test/heard & events=$!
    until_true '[ -e /var/lib/moontower/sms/00000001.json ]'; moontower sms | grep unread
    moontower simulate fault sms after; until_in /run/test/heard after
    moontower run /run/test/card.lua; moontower sms --json; moontower sms read s2; moontower sms delete --all-read
    moontower sms; kill $events; moontower down; end; moontower simulate fault unplug
    until [ -z "$(moontower devices | grep wdm)" ]; do sleep 0.1; done; moontower sms; moontower sms read s1
    moontower sms delete s1; moontower sms delete s1; echo "none $?"]])
  lu.assertStrContains(out, "card\t0\n")
  lu.assertStrContains(out, "Deleted: s2.")
  lu.assertStrContains(out, "none 1")
  local _, count = out:gsub("s1  unread  %+15550100999  [%d-]+ [%d:+-]+  before\n", "")
  eq(count, 3, out)
end

function T.test_they_stay_on_the_card_if_the_configuration_says_so()
  local out = with_daemon("sms = 'card',", [[start
    moontower events --event sms >/run/test/heard & events=$!
    until moontower why | grep -q online; do sleep 0.1; done
    until_true 'moontower simulate fault sms hello; grep hello /run/test/heard' # which may not be listening yet
    moontower sms; ls /var/lib/moontower/sms 2>&1
    kill $events; sed -i "s/sms = .card.,//" /run/test/config.lua; moontower reload
    until_true 'moontower sms | grep "s1.*hello"'; moontower down; end; true]])
  lu.assertStrContains(out, "No such file")
end

-- One that the card does not store is kept, too.
function T.test_a_message_to_be_shown_at_once_is_kept()
  local out = with_daemon("", [[start; moontower events --event sms >/run/test/heard & events=$!
    until moontower why | grep -q online; do sleep 0.1; done
    until_true 'moontower simulate fault flash-sms now; grep now /run/test/heard'
    moontower sms; kill $events; moontower down; end; true]])
  lu.assertStrContains(out, "s1  unread  +15550100999")
end

-- Killed again and again while many come in.
function T.test_kill_9()
  local out = with_daemon("", [[start; until moontower why | grep -q online; do sleep 0.1; done
    moontower simulate set latency=0.02
    for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
      moontower simulate fault sms "number $n"
      case $n in 3|6|9) sleep 0.$n; kill -9 $daemon; wait $daemon 2>/dev/null; start ;; esac
    done
    until_true '[ "$(moontower sms | grep -c "^s.*number")" = 12 ]'
    moontower sms --json; moontower down; end; true]])
  local found, seen = json.decode(out:match "{.*}").messages, {}
  for _, message in ipairs(found) do seen[message.text] = (seen[message.text] or 0) + 1 end
  for n = 1, 12 do eq(seen["number " .. n], 1, out) end
  eq(#found, 12)
end

return T
