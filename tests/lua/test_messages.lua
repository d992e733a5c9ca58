-- SPDX-License-Identifier: MIT
-- The SMS of a simulated modem over MBIM, QMI and AT: what comes in is read, what is sent goes out, what is deleted is
-- gone, and all three say the same.

local at_only = require "modem.at_only"
local lu = require "luaunit"
local messages = require "modem.messages"
local simulated = require "support.simulated"
local sms = require "sms"
local task = require "task"

local T = {}

local eq = lu.assertEquals

local LONG = ("Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. "):rep(4)
local CHINESE = ("你好😀"):rep(30)

local function with_modem(composition, run, options)
  simulated.with_modem({ composition = composition, model = require "simulator.models.ec25", find = options },
    function(modem, sim)
      simulated.await_home(modem)
      run(modem, sim)
    end)
end

-- A modem of which only the AT port is used.
local function by_at(modem)
  return {
    at = modem.at, description = modem.description, sim = at_only.sim, stored_messages = at_only.stored_messages,
    send_pdu = at_only.send_pdu, delete_stored = at_only.delete_stored,
  }
end

local function sent_by(sim)
  local stored = {}
  for i, pdu in ipairs(sim.sent) do stored[i] = { place = tostring(i), status = "sent", pdu = pdu } end
  return sms.join(stored)
end

local function count_of(sim)
  local count = 0
  for _ in pairs(sim.sms) do count = count + 1 end
  return count
end

-- QMI that MBIM carries, as `--protocol qmi` has it, is a modem of its own.
local ways = {
  inside = { "mbim", function(modem) return modem end, { protocol = "qmi" } },
  mbim = { "mbim", function(modem) return modem end }, qmi = { "qmi", function(modem) return modem end },
  at = { "qmi", by_at },
}

for name, way in pairs(ways) do
  local function with(run)
    with_modem(way[1], function(modem, sim) run(way[2](modem), sim) end, way[3])
  end

  T["test_what_comes_in_over_" .. name] = function()
    with(function(modem, sim)
      eq(messages.list(modem), {})
      for _, text in ipairs { "one", LONG, CHINESE } do lu.assertTrue(sim:receive_sms(text)) end
      local list = assert(messages.list(modem))
      eq({ #list, list[1].text, list[2].text, list[3].text }, { 3, "one", LONG, CHINESE })
      eq({ list[1].status, list[1].number, list[2].count }, { "unread", "+15550100999", 2 })
      eq(assert(messages.list(modem))[1].status, "read")
      assert(messages.delete(modem, list[2]))
      eq(#assert(messages.list(modem)), 2)
      eq(count_of(sim), 1 + list[3].count)
      assert(messages.delete(modem, list[1].id))
      eq(count_of(sim), list[3].count)
      eq(select(2, messages.read(modem, list[2].places[1])).code, "not-found")
    end)
  end

  T["test_what_goes_out_over_" .. name] = function()
    with(function(modem, sim)
      eq(assert(messages.send(modem, "+15550100124", "hello")).parts, 1)
      eq(assert(messages.send(modem, "12345", LONG)).parts, 2)
      eq(assert(messages.send(modem, "12345", CHINESE)).parts, 2)
      local out = sent_by(sim)
      eq({ #out, out[1].number, out[1].text, out[2].text, out[3].text }, { 3, "+15550100124", "hello", LONG, CHINESE })
      local ok, err = messages.send(modem, "no number", "x")
      eq({ ok, err.code, #sim.sent }, { nil, "invalid", 5 })
      sim.network.present = false
      sim:settle()
      ok, err = messages.send(modem, "12345", "x")
      eq({ ok, #sim.sent }, { nil, 5 })
      lu.assertStrContains(err.message, "the message was not sent: ")
    end)
  end

  -- A report says which of those that were sent it is about; the network may also fail to deliver.
  T["test_reports_over_" .. name] = function()
    with(function(modem, sim)
      assert(messages.send(modem, "+15550100124", "first", { report = true }))
      assert(messages.send(modem, "+15550100124", "no report"))
      sim.network.delivers = false
      assert(messages.send(modem, "0124", LONG, { report = true }))
      local list = assert(messages.list(modem))
      eq(#list, 3)
      eq({ list[1].kind, list[1].number, list[1].delivery.state, list[1].sent.text, list[1].sent.part },
        { "report", "+15550100124", "delivered", "first", nil })
      eq({ list[3].delivery.state, list[3].sent.text, list[3].sent.part, list[3].sent.count }, { "failed", LONG, 2, 2 })
    end)
  end

  T["test_refusals_over_" .. name] = function()
    with(function(modem, sim)
      local function is_refused(code, words)
        local ok, err = messages.send(modem, "12345", "x")
        eq({ ok, err and err.code }, { nil, code }, tostring(err))
        lu.assertStrContains(tostring(err), words)
        lu.assertNotNil(err.hint)
        return err
      end
      sim.network.has_centre = false
      lu.assertStrContains(is_refused("rejected", "message centre").hint, "AT+CSCA")
      sim.network.has_centre = true
      for cause, words in pairs(name == "mbim" and { [10] = "SMS Send: " } or {
        [8] = "barred by the operator", [10] = "call barred", [21] = "transfer rejected", [38] = "out of order",
        [69] = "facility not implemented",
      }) do
        sim.network.refuses_sms = cause
        is_refused("rejected", words)
      end
      eq(#sim.sent, 0)
    end)
  end

  -- The network keeps what does not fit; what is there is read and deleted.
  T["test_a_full_card_over_" .. name] = function()
    with(function(modem, sim)
      while sim:receive_sms "x" do end
      local list = assert(messages.list(modem))
      eq(#list, 50)
      for _, message in ipairs(list) do assert(messages.delete(modem, message)) end
      eq(messages.list(modem), {})
      lu.assertTrue(sim:receive_sms(LONG))
      eq(assert(messages.list(modem))[1].text, LONG)
    end)
  end
end

-- The event comes once a message is complete, and once for each; it is still in the modem then.
for _, composition in ipairs { "mbim", "qmi" } do
  T["test_the_event_over_" .. composition] = function()
    with_modem(composition, function(modem, sim)
      sim:receive_sms "before"
      assert(modem:messages())
      local events <close> = modem:events "sms"
      local function next_text()
        local event = assert(task.timeout(30, events.next, events))
        return event.name .. " " .. event.value.text
      end
      for _, text in ipairs { "one", "one", LONG, "two" } do
        sim:receive_sms(text)
        eq(next_text(), "sms " .. text)
      end
      local pdus = assert(sms.deliver { smsc = "+1", number = "Bank", text = LONG, time = 1, reference = 9 })
      for _, number in ipairs { 2, 1 } do sim:emit("sms", sim:keep_sms("mt-not-read", pdus[number])) end
      eq(next_text(), "sms " .. LONG)
      sim:receive_sms "three"
      eq(next_text(), "sms three")
      eq(#assert(modem:messages()), 7)
    end)
  end
end

-- Those that are to be shown at once are stored nowhere: the event has them, and QMI wants to be told that it has.
for name, way in pairs(ways) do
  T["test_a_message_to_be_shown_at_once_over_" .. name] = function()
    with_modem(way[1], function(modem, sim)
      local events <close> = modem:events "sms"
      local group <close> = task.group()
      local heard = task.queue()
      if name == "at" then
        local at_news = require "modem.at_news"
        modem = setmetatable({ notifications = { tell = function(_, _, message) heard:push { value = message } end } },
          { __index = by_at(modem) })
        local queue = task.queue()
        at_news.listen(modem, queue, "sms")
        group:spawn(function()
          while true do at_news.notified(modem, "sms", queue:pop()) end
        end)
      else
        group:spawn(function()
          for event in events.next, events do heard:push(event) end
        end)
      end
      for _, text in ipairs { "now", LONG } do
        sim:flash_sms(text)
        local message = task.timeout(30, heard.pop, heard).value
        eq({ message.text, message.class, message.places }, { text, 0, {} })
      end
      eq({ count_of(sim), name ~= "qmi" and name ~= "inside" or sim.acknowledged }, { 0, true })
      sim:receive_sms "stored"
      eq(task.timeout(30, heard.pop, heard).value.text, "stored")
    end, way[3])
  end
end

-- A modem that says that it is full is looked through, where SMS are moved.
for _, name in ipairs { "mbim", "qmi", "inside" } do
  local way = ways[name]
  T["test_a_full_card_is_told_of_over_" .. name] = function()
    with_modem(way[1], function(modem, sim)
      while sim:receive_sms "x" do end
      local _ <close> = modem:events "sms"
      modem.moves_messages = true
      sim:receive_sms "no room"
      assert(task.timeout(30, function()
        while count_of(sim) > 0 do task.sleep(0.01) end
        return true
      end))
      local list = assert(messages.list(modem))
      eq(#list, 50)
      for _, message in ipairs(list) do assert(messages.delete(modem, message)) end
    end, way[3])
  end
end

-- What is sent to the modem's own number comes back.
function T.test_to_oneself()
  with_modem("mbim", function(modem)
    local events <close> = modem:events "sms"
    assert(modem:send_message("+15550100123", LONG))
    local event = assert(task.timeout(30, events.next, events))
    eq({ event.value.text, event.value.number }, { LONG, "+15550100123" })
  end)
end

-- All three memories are put back, whatever they were.
function T.test_at_puts_the_memories_back()
  with_modem("qmi", function(modem, sim)
    sim:receive_sms "one"
    local before = assert(modem.at:command "AT+CPMS?").lines
    assert(messages.list(by_at(modem)))
    eq(assert(modem.at:command "AT+CPMS?").lines, before)
  end)
end

-- What a text says is not for those who watch a port.
function T.test_at_shows_no_text()
  with_modem("qmi", function(modem, sim)
    sim:receive_sms "hellohello"
    local shown, lines = modem.at:raw(), {}
    assert(messages.list(by_at(modem)))
    assert(messages.send(by_at(modem), "12345", "hellohello"))
    while shown:length() > 0 do lines[#lines + 1] = shown:pop().text end
    local all = table.concat(lines, "\n")
    lu.assertStrContains(all, "AT+CMGL=4")
    lu.assertNil(all:find("E8329BFD", 1, true))
  end)
end

-- Another program may have the port: that is why, and not that the modem has nothing else.
function T.test_an_at_port_that_cannot_be_opened()
  local busy = require("errors").new { code = "busy", message = "/dev/ttyUSB2 is in use by minicom (process 7)" }
  local modem = { at = false, at_error = busy, description = { control = "/dev/ttyUSB2", mode = { name = "serial" } } }
  for _, verb in ipairs { "stored_messages", "send_pdu", "signal", "registration", "sim", "slots", "receiver" } do
    eq({ at_only[verb](modem, "x") }, { nil, busy }, verb)
  end
  modem.at_error = require("errors").new { code = "not-found", message = "no AT port" }
  eq(select(2, at_only.signal(modem)).code, "wrong-mode")
end

return T
