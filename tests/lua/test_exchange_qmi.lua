-- SPDX-License-Identifier: MIT
-- core.qmi, and exchanges of QMI and MBIM over ports of both kinds: numbers, frames cut and joined, garbage, taps.

local core = require "core.qmi"
local core_mbim = require "core.mbim"
local descriptor = require "core.descriptor"
local lu = require "luaunit"
local port = require "core.port"
local task = require "task"

local T = {}

local PATIENCE = 60
local RESULT = "\2\4\0\0\0\0\0"

-- Two ports, connected to each other.
local function pair(kind)
  local one, other = assert(descriptor.socketpair(kind == "stream" and "stream" or "seqpacket"))
  return assert(port.adopt(one, kind)), assert(port.adopt(other, kind))
end

local function pair_with_exchange(kind, window)
  local modem, ours = pair(kind)
  return modem, core.exchange(ours, window or 8)
end

local function read(from)
  return assert(task.timeout(PATIENCE, from.read, from))
end

local function next_transfer(tap)
  return assert(task.timeout(PATIENCE, tap.next, tap))
end

local function dms(id, client)
  return { type = "request", service = 2, client = client or 7, id = id, tlvs = "\1\1\0x" }
end

local function answer_to(request, tlvs)
  return {
    type = "response", from_modem = true, service = request.service, client = request.client, id = request.id,
    transaction = request.transaction, tlvs = tlvs or RESULT,
  }
end

-- The results of request() in its own task: results[1] or results[2] once it has ended.
local function ask(group, exchange, message, seconds)
  local results = {}
  group:spawn(function()
    results[1], results[2] = exchange:request(message, seconds or PATIENCE)
    results.ended = true
  end)
  return results
end

local function wait_for(results)
  local deadline = task.now() + PATIENCE
  while not results.ended and task.now() < deadline do
    task.sleep(0.001)
  end
  lu.assertTrue(results.ended, "no answer was taken")
  return results[1], results[2]
end

-- ---- messages ----

function T.test_messages_are_built_and_parsed()
  for _, message in ipairs {
    { type = "request", service = 0, client = 0, transaction = 255, id = 0x22, tlvs = "\1\1\0\2", from_modem = false },
    { type = "response", service = 2, client = 7, transaction = 65535, id = 0x555b, tlvs = RESULT, from_modem = true },
    { type = "indication", service = 3, client = 255, transaction = 0, id = 0x24, tlvs = "", from_modem = true },
  } do
    local bytes = core.build(message)
    lu.assertEquals(core.parse(bytes), message)
    lu.assertEquals(core.parse(bytes .. "behind it"), message)
    for cut = 0, #bytes - 1 do
      local nothing, err = core.parse(bytes:sub(1, cut))
      lu.assertNil(nothing)
      lu.assertEquals({ err.code, err.source }, { "malformed", "qmi" })
      lu.assertStrContains(tostring(err), "truncated")
    end
  end
end

function T.test_mistakes_raise()
  for expected, message in pairs {
    ["no QMI message type"] = { type = "reply", service = 2 },
    ["service: 256"] = { type = "request", service = 256 },
    ["client: -1"] = { type = "request", service = 2, client = -1 },
    ["transaction: 256 is not from 0 to 255"] = { type = "request", service = 0, transaction = 256 },
    ["id: 65536"] = { type = "request", service = 2, id = 65536 },
    ["65524 bytes of TLVs"] = { type = "request", service = 2, tlvs = ("x"):rep(65524) },
  } do
    lu.assertErrorMsgContains(expected, core.build, message)
  end
  local modem, ours = pair("messages")
  lu.assertErrorMsgContains("out of range", core.exchange, ours, 0)
  lu.assertErrorMsgContains("out of range", core.exchange, ours, 256)
  lu.assertTrue(modem:write("still open"))
end

function T.test_assembly_takes_a_stream_apart()
  local sent, stream = {}, ""
  for i = 1, 3 do
    sent[i] = { type = "request", service = i - 1, client = i, transaction = i, id = i, from_modem = false }
    sent[i].tlvs = ("t"):rep(i * 5)
    stream = stream .. core.build(sent[i])
  end
  for cut = 0, #stream do
    local assembly, received = core.assembly(), {}
    for _, part in ipairs { stream:sub(1, cut), stream:sub(cut + 1) } do
      local list, err = assembly:add(part)
      lu.assertNil(err)
      table.move(list, 1, #list, #received + 1, received)
    end
    lu.assertEquals(received, sent)
  end
  local assembly = core.assembly()
  local list, err = assembly:add(core.build(sent[1]) .. "garbage")
  lu.assertEquals(list, { sent[1] })
  lu.assertStrContains(tostring(err), "bad-marker")
  lu.assertEquals(assembly:add(stream), sent)
end

-- ---- exchanges ----

function T.test_answers_find_their_requests()
  for _, kind in ipairs { "stream", "messages" } do
    local modem, exchange = pair_with_exchange(kind)
    local group <close> = task.group()
    local asked = {}
    for i, message in ipairs { dms(0x25, 1), dms(0x25, 2), { type = "request", service = 0, id = 0x22 } } do
      local results = ask(group, exchange, message)
      asked[i] = { results = results, request = assert(core.parse(read(modem))) }
      lu.assertFalse(asked[i].request.from_modem)
      lu.assertEquals(asked[i].request.id, message.id)
    end
    -- Right service and number, another client; right client and number, another service; an unexpected request.
    local first = asked[1].request
    for _, stray in ipairs { { client = 9 }, { service = 3 }, { transaction = first.transaction ~ 0x4000 } } do
      modem:write(core.build(setmetatable(stray, { __index = answer_to(first) })))
    end
    modem:write(core.build(dms(0x25, 1)))
    -- All at once, the last one first.
    local frames = ""
    for i = #asked, 1, -1 do
      frames = frames .. core.build(answer_to(asked[i].request, "\16\1\0" .. i))
    end
    modem:write(frames)
    for i = 1, #asked do
      lu.assertEquals(assert(wait_for(asked[i].results)).tlvs, "\16\1\0" .. i)
    end
  end
end

function T.test_a_stream_is_cut_anywhere()
  local modem, exchange = pair_with_exchange("stream")
  local group <close> = task.group()
  local results = ask(group, exchange, dms(0x25))
  local request = core.parse(read(modem))
  local indication = core.build { type = "indication", from_modem = true, service = 3, client = 255, id = 0x24 }
  for byte in (core.build(answer_to(request)) .. indication):gmatch(".") do
    modem:write(byte)
    task.sleep(0.001)
  end
  lu.assertEquals(assert(wait_for(results)).tlvs, RESULT)
  lu.assertEquals(assert(exchange:indication()).client, 255)
end

function T.test_half_a_frame_is_not_waited_for_long()
  local modem, exchange = pair_with_exchange("stream")
  local group <close> = task.group()
  local results = ask(group, exchange, dms(0x25))
  local answer = core.build(answer_to((core.parse(read(modem)))))
  modem:write(answer:sub(1, 10))
  task.sleep(1.4)
  modem:write(answer)
  lu.assertEquals(assert(wait_for(results)).tlvs, RESULT)
end

function T.test_garbage_does_no_harm()
  local cases = {
    stream = { "garbage", "\0\0 and so on", ("\255"):rep(70000) },
    messages = { "garbage", "\1", "\1\0\0", "\1\255\255", "\1\12\0\0\2", ("\1"):rep(300) },
  }
  for kind, garbage in pairs(cases) do
    local modem, exchange = pair_with_exchange(kind)
    local group <close> = task.group()
    for _, bytes in ipairs(garbage) do
      local results = ask(group, exchange, dms(0x25))
      local request = core.parse(read(modem))
      modem:write(bytes)
      task.sleep(0.05) -- on a stream, what follows at once may go with it
      modem:write(core.build(answer_to(request)))
      lu.assertEquals(assert(wait_for(results)).tlvs, RESULT)
    end
  end
end

function T.test_broken_answers()
  for _, kind in ipairs { "stream", "messages" } do
    local modem, exchange = pair_with_exchange(kind)
    local group <close> = task.group()
    local results = ask(group, exchange, dms(0x25))
    local frame = core.build(answer_to((core.parse(read(modem)))))
    modem:write(frame:sub(1, 11) .. "\255" .. frame:sub(13)) -- the TLVs' length
    local answer, err = wait_for(results)
    lu.assertNil(answer)
    lu.assertEquals({ err.code, err.source }, { "malformed", "qmi" })

    -- An invalid header: the answer belongs to no request.
    results = ask(group, exchange, dms(0x25), 0.1)
    frame = core.build(answer_to((core.parse(read(modem)))))
    modem:write(frame:sub(1, 6) .. "\6" .. frame:sub(8))
    answer, err = wait_for(results)
    lu.assertNil(answer)
    lu.assertEquals({ err.code, err.source }, { "timeout", "qmi" })
  end
  -- A driver that cuts a frame short; the header is there.
  local modem, exchange = pair_with_exchange("messages")
  local group <close> = task.group()
  local results = ask(group, exchange, dms(0x25))
  modem:write(core.build(answer_to((core.parse(read(modem))))):sub(1, -2))
  lu.assertEquals(select(2, wait_for(results)).code, "malformed")
end

-- A request that is not answered keeps its number while all others go round.
function T.test_numbers_are_not_used_twice()
  local modem, exchange = pair_with_exchange("messages", 255)
  local group <close> = task.group()
  local ctl = { type = "request", service = 0, id = 0x22 }
  local held, seen = {}, {}
  for i = 1, 254 do
    held[i] = ask(group, exchange, ctl, 60)
    local number = assert(core.parse(read(modem))).transaction
    lu.assertTrue(number >= 1 and number <= 255)
    lu.assertNil(seen[number])
    seen[number] = true
  end
  local free
  for _ = 1, 3 do
    local results = ask(group, exchange, ctl)
    local request = assert(core.parse(read(modem)))
    free = free or request.transaction
    lu.assertEquals(request.transaction, free)
    lu.assertNil(seen[free])
    modem:write(core.build(answer_to(request)))
    assert(wait_for(results))
  end
  lu.assertNil(held[1].ended)
end

function T.test_numbers_of_services_go_round()
  local modem, exchange = pair_with_exchange("messages")
  local group <close> = task.group()
  local held = ask(group, exchange, dms(0x25), 600)
  local kept = core.parse(read(modem))
  group:spawn(function()
    for _ = 1, 66000 do
      local request = core.parse(assert(modem:read()))
      assert(request.transaction ~= 0 and request.transaction ~= kept.transaction)
      modem:write(core.build(answer_to(request)))
    end
    modem:write(core.build(answer_to(kept, "\16\0\0")))
  end)
  local message = dms(0x25)
  for _ = 1, 66000 do
    assert(exchange:request(message, PATIENCE))
  end
  lu.assertEquals(assert(wait_for(held)).tlvs, "\16\0\0")
end

function T.test_a_request_and_its_answer_may_be_whole_messages()
  local modem, exchange = pair_with_exchange("messages", 1)
  local group <close> = task.group()
  local whole = core.build(dms(0x25))
  local results = ask(group, exchange, whole)
  local request = core.parse(read(modem))
  lu.assertEquals({ request.id, request.client, request.tlvs }, { 0x25, 7, "\1\1\0x" })
  lu.assertNotEquals(request.transaction, 0)
  local answer = core.build(answer_to(request))
  modem:write(answer)
  lu.assertEquals(wait_for(results), answer)
  lu.assertEquals(core.parse(whole).transaction, 0) -- a string stays as it is
  for _, bytes in ipairs { "", "\1", whole:sub(1, -2), whole .. "x" } do
    lu.assertErrorMsgContains("no message", exchange.request, exchange, bytes, 1)
  end
end

function T.test_window_holds_requests_back()
  local modem, exchange = pair_with_exchange("messages", 1)
  local group <close> = task.group()
  local first, second = ask(group, exchange, dms(1)), ask(group, exchange, dms(2))
  local request = core.parse(read(modem))
  lu.assertEquals(request.id, 1)
  lu.assertNil((task.timeout(0.05, modem.read, modem)))
  modem:write(core.build(answer_to(request)))
  assert(wait_for(first))
  request = core.parse(read(modem))
  lu.assertEquals(request.id, 2)
  modem:write(core.build(answer_to(request)))
  assert(wait_for(second))
end

function T.test_late_answers_are_dropped()
  local modem, exchange = pair_with_exchange("messages")
  local group <close> = task.group()
  local results = ask(group, exchange, dms(1), 0.05)
  local late = core.parse(read(modem))
  lu.assertEquals(select(2, wait_for(results)).code, "timeout")
  results = ask(group, exchange, dms(1))
  local request = core.parse(read(modem))
  modem:write(core.build(answer_to(late, "\16\0\0")))
  modem:write(core.build(answer_to(request)))
  lu.assertEquals(assert(wait_for(results)).tlvs, RESULT)
end

function T.test_a_silent_modem_gets_a_wakeup_request()
  local modem, exchange = pair_with_exchange("messages")
  local group <close> = task.group()
  exchange:set_wakeup { type = "request", service = 0, id = 0x21 }
  local results = ask(group, exchange, { type = "request", service = 0, id = 0x22 }, 10)
  local request, wakeup = core.parse(read(modem)), core.parse(read(modem))
  lu.assertEquals(wakeup.id, 0x21)
  lu.assertNotEquals(wakeup.transaction, request.transaction)
  modem:write(core.build(answer_to(wakeup)))
  modem:write(core.build(answer_to(request)))
  lu.assertEquals(assert(wait_for(results)).id, 0x22)
end

function T.test_the_end()
  for _, kind in ipairs { "stream", "messages" } do
    local modem, exchange = pair_with_exchange(kind)
    local group <close> = task.group()
    local results = ask(group, exchange, dms(1))
    read(modem)
    modem:close()
    local answer, err = wait_for(results)
    lu.assertNil(answer)
    lu.assertEquals({ err.code, err.source }, { "gone", "qmi" })
    for _, method in ipairs { "indication", "tap" } do
      lu.assertEquals(select(2, exchange[method](exchange)).code, "gone")
    end
    exchange:close()
    lu.assertEquals(select(2, exchange:request(dms(1), 1)).code, "gone")
  end
end

function T.test_indications_wait_until_a_task_reads_them()
  local modem, exchange = pair_with_exchange("messages")
  local group <close> = task.group()
  local taken = {}
  local waiting = group:spawn(function() pcall(exchange.indication, exchange) end)
  task.sleep(0.01)
  lu.assertErrorMsgContains("another task", exchange.indication, exchange)
  waiting:cancel("enough")
  task.sleep(0.01)
  group:spawn(function() taken[#taken + 1] = exchange:indication().id end)
  task.sleep(0.01)
  for id = 1, 2 do
    modem:write(core.build { type = "indication", service = 3, client = 1, id = id, from_modem = true })
  end
  task.sleep(0.05)
  lu.assertEquals(taken, { 1 })
  lu.assertEquals(exchange:indication().id, 2)
end

-- ---- taps ----

function T.test_taps_see_every_transfer()
  local modem, exchange = pair_with_exchange("messages")
  local tap, other = exchange:tap(), exchange:tap()
  local group <close> = task.group()
  local before = task.now()
  local results = ask(group, exchange, dms(1))
  local sent = read(modem)
  local answer = core.build(answer_to((core.parse(sent))))
  local stray = core.build { type = "response", service = 9, client = 9, id = 9, transaction = 9 }
  modem:write("garbage")
  modem:write(stray .. answer .. "\1\255") -- one read
  assert(wait_for(results))
  for i, expected in ipairs { sent, "garbage", stray, answer, "\1\255" } do
    local transfer = next_transfer(tap)
    lu.assertEquals({ transfer.sent, transfer.bytes }, { i == 1, expected })
    lu.assertTrue(transfer.time >= before and transfer.time <= task.now())
  end
  lu.assertEquals(next_transfer(other).bytes, sent)
  other:close()
  lu.assertEquals(select(2, other:next()).code, "gone")
  -- A waiting task gets the next transfer, and the end.
  local heard = {}
  group:spawn(function()
    for transfer in tap.next, tap do
      heard[#heard + 1] = transfer.bytes
    end
    heard.ended = true
  end)
  task.sleep(0.01)
  lu.assertErrorMsgContains("another task", tap.next, tap)
  modem:write(stray)
  task.sleep(0.05)
  exchange:close()
  task.sleep(0.01)
  lu.assertEquals(heard, { stray, ended = true })
  lu.assertEquals(tap.dropped, 0)
end

-- What has passed last stays, and is there after the end.
function T.test_a_tap_keeps_the_last_transfers()
  local modem, exchange = pair_with_exchange("messages")
  local tap, all = exchange:tap(6), exchange:tap()
  for _, bytes in ipairs { "one", "two", "three", "much too long", "four" } do
    modem:write(bytes)
    next_transfer(all)
  end
  local function kept()
    local list = {}
    for i, transfer in ipairs(tap:transfers()) do list[i] = transfer.bytes end
    return list
  end
  lu.assertEquals(kept(), { "four" })
  modem:write("5")
  next_transfer(all)
  exchange:close()
  lu.assertEquals(kept(), { "four", "5" })
  lu.assertEquals(kept(), { "four", "5" })
  tap:close()
  lu.assertEquals(kept(), {})
end

-- Whatever becomes of it: each was announced, and fetched by itself.
function T.test_what_comes_is_counted()
  local modem, exchange = pair_with_exchange("messages")
  local group <close> = task.group()
  lu.assertEquals(exchange:received(), 0)
  local results = ask(group, exchange, dms(0x20))
  local request = core.parse(read(modem))
  local indication = { type = "indication", from_modem = true, service = 2, client = 7, id = 1 }
  for _, bytes in ipairs { core.build(indication), "garbage", core.build(answer_to(request)) } do
    assert(modem:write(bytes))
  end
  lu.assertNotNil((wait_for(results)))
  lu.assertEquals(exchange:received(), 3)
  exchange:close()
  lu.assertEquals(exchange:received(), 0)
end

function T.test_a_tap_outlives_its_exchange()
  local modem, exchange = pair_with_exchange("stream")
  local tap <close> = exchange:tap()
  modem:write("\1\11")
  task.sleep(0.01)
  modem:write("\0\0\0\0\2\1\39\0\0\0") -- one frame, in two reads
  task.sleep(0.05)
  exchange:close()
  exchange = nil -- luacheck: ignore 311
  collectgarbage()
  collectgarbage()
  lu.assertEquals(tap:next().bytes, "\1\11\0\0\0\0\2\1\39\0\0\0")
  lu.assertEquals(select(2, tap:next()).code, "gone")
  local unread = assert(select(2, pair_with_exchange("messages")):tap()) -- collected in any order
  lu.assertEquals(unread.dropped, 0)
end

function T.test_a_tap_that_is_not_read_is_bounded()
  local modem, exchange = pair_with_exchange("messages")
  local tap <close> = exchange:tap()
  local group <close> = task.group()
  group:spawn(function()
    for _ = 1, 2000 do
      modem:write(core.build(answer_to(core.parse(assert(modem:read())))))
    end
  end)
  for _ = 1, 2000 do
    assert(exchange:request(dms(1), PATIENCE))
  end
  lu.assertEquals(tap.dropped, 4000 - 1024)
  for _ = 1, 1024 do
    assert(tap:next())
  end
  lu.assertNil((task.timeout(0.01, tap.next, tap)))
  assert(modem:write(("x"):rep(60000)))
  lu.assertEquals(#next_transfer(tap).bytes, 60000)
  for _ = 1, 20 do -- more than 1 MiB
    assert(modem:write(("x"):rep(60000)))
    task.sleep(0.002)
  end
  task.sleep(0.05)
  lu.assertEquals(tap.dropped, 4000 - 1024 + 20 - (1 << 20) // 60000)
end

-- ---- MBIM by the same exchange ----

local SERVICE = "a289cc33-bcbb-8b4f-b6b0-133ec2aae6df"

function T.test_mbim_on_a_stream()
  local modem, ours = pair("stream")
  local exchange <close> = core_mbim.exchange(ours, 64, 4)
  local tap <close> = exchange:tap()
  local group <close> = task.group()
  local question = { type = "command", service = SERVICE, cid = 12, set = true, info = ("q"):rep(200) }
  for part = 1, 100, 7 do
    local results = ask(group, exchange, question)
    local assembly, request, received = core_mbim.assembly(), nil, ""
    repeat -- the fragments of the request come as one stream
      received = received .. read(modem)
      while #received >= 8 and #received >= ("<I4"):unpack(received, 5) do
        local length = ("<I4"):unpack(received, 5)
        lu.assertTrue(length <= 64)
        lu.assertEquals(next_transfer(tap).bytes, received:sub(1, length))
        request = assembly:add(received:sub(1, length))
        received = received:sub(length + 1)
      end
    until request
    lu.assertEquals(request.info, question.info)
    local answer = core_mbim.build {
      type = "command-done", service = SERVICE, cid = 12, transaction = request.transaction, info = ("a"):rep(300),
    }
    local fragments = core_mbim.split(answer, 64)
    local stream = table.concat(fragments)
    for from = 1, #stream, part do
      modem:write(stream:sub(from, from + part - 1))
      task.sleep(0)
    end
    lu.assertEquals(assert(wait_for(results)).info, ("a"):rep(300))
    for _, fragment in ipairs(fragments) do
      lu.assertEquals(next_transfer(tap).bytes, fragment)
    end
  end
end

function T.test_each_fragment_is_counted()
  local modem, ours = pair "messages"
  local exchange = core_mbim.exchange(ours, 64, 1)
  local group <close> = task.group()
  local message = { type = "command", service = ("0"):rep(8) .. "-0000-0000-0000-" .. ("0"):rep(12), cid = 1 }
  local results = ask(group, exchange, message)
  message.type, message.transaction = "command-done", core_mbim.parse(read(modem)).transaction
  message.info = ("x"):rep(100)
  local fragments = core_mbim.split(core_mbim.build(message), 64)
  for _, fragment in ipairs(fragments) do assert(modem:write(fragment)) end
  lu.assertEquals(#wait_for(results).info, 100)
  lu.assertTrue(#fragments > 1)
  lu.assertEquals(exchange:received(), #fragments)
end

function T.test_mbim_answers_in_fragments_are_whole_messages_for_whole_commands()
  local modem, ours = pair "messages"
  local exchange = core_mbim.exchange(ours, 64, 2)
  local group <close> = task.group()
  for _, message in ipairs {
    { type = "command-done", service = SERVICE, cid = 1, status = 2, info = ("x"):rep(65488) }, -- the longest
    { type = "command-done", service = SERVICE, cid = 1, status = 0, info = "" },
    { type = "function-error", status = 5 },
  } do
    local results = ask(group, exchange, core_mbim.build { type = "command", service = SERVICE, cid = 1 })
    message.transaction = core_mbim.parse(read(modem)).transaction
    local answer = core_mbim.build(message)
    for _, fragment in ipairs(core_mbim.split(answer, 64)) do assert(modem:write(fragment)) end
    lu.assertTrue(wait_for(results) == answer)
  end
end

function T.test_mbim_with_several_transfers_in_a_read()
  local modem, ours = pair("messages")
  local exchange <close> = core_mbim.exchange(ours, 4096, 4)
  local group <close> = task.group()
  local results = ask(group, exchange, { type = "open", max_control = 4096 })
  local request = core_mbim.parse(read(modem))
  local indication = core_mbim.build { type = "indication", service = SERVICE, cid = 9, info = "news" }
  local done = core_mbim.build { type = "open-done", transaction = request.transaction }
  modem:write(indication .. done .. ("\0"):rep(10)) -- and what some modems put behind
  lu.assertEquals(assert(wait_for(results)).type, "open-done")
  lu.assertEquals(assert(exchange:indication()).info, "news")
  results = ask(group, exchange, { type = "close" })
  done = core_mbim.build { type = "close-done", transaction = core_mbim.parse(read(modem)).transaction }
  modem:write(done:sub(1, -2))
  local answer, err = wait_for(results)
  lu.assertNil(answer)
  lu.assertEquals({ err.code, err.source }, { "malformed", "mbim" })
end

return T
