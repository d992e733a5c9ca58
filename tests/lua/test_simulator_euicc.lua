-- SPDX-License-Identifier: MIT
-- The simulated eUICC, and the way to it: logical channels and APDUs by MBIM.

local basic = require "mbim.basic_connect"
local cards = require "simulator.card"
local client = require "support.uicc_client"
local faults = require "simulator.faults"
local hex = require("support.hex").digits
local lu = require "luaunit"
local mbim_client = require "support.mbim_client"
local uicc = require "mbim.ms_uicc_low_level_access"

local T = {}

local OK, FAILURE, SIM_NOT_INSERTED = 0, 2, 3
local NO_LOGICAL_CHANNELS, SELECT_FAILED, INVALID_LOGICAL_CHANNEL = 0x87430001, 0x87430002, 0x87430003

local function opened(fault, ...)
  local host = mbim_client.new()
  assert(faults.apply(host.modem, "euicc"))
  if fault then
    assert(faults.apply(host.modem, fault, { ... }))
  end
  assert(host:open())
  host:query(basic.subscriber_ready_status)
  return host
end

local function open_channel(host, aid, p2)
  return host:set(uicc.open_channel, { aid = aid or client.ISD_R, select_p2 = p2 or 0, group = 1 })
end

-- Sends on a channel, and checks that the modem has done it.
local function sender(host, channel)
  return function(apdu)
    local values, status = host:set(uicc.apdu, { channel = channel, class = "extended", command = apdu })
    lu.assertEquals(status, OK)
    return values.response .. string.char(values.status.sw1, values.status.sw2)
  end
end

-- Channels -----------------------------------------------------------------------------------------------------------

function T.test_atr()
  local atr, sum = opened():query(uicc.atr).atr, 0
  for i = 2, #atr do sum = sum ~ atr:byte(i) end
  lu.assertEquals(atr, cards.ATR)
  lu.assertEquals(sum, 0)
end

function T.test_open_and_close()
  local host = opened()
  local values, status = open_channel(host)
  lu.assertEquals({ status, values.channel, values.status.sw1, values.status.sw2 }, { OK, 1, 0x90, 0 })
  lu.assertEquals(hex(values.response), "6f1f8410a0000005591010ffffffff8900000100a5049f6501ffe0058203020202")
  lu.assertEquals(select(2, host:set(uicc.close_channel, { channel = 1 })), OK)
  lu.assertEquals(select(2, host:set(uicc.close_channel, { channel = 1 })), INVALID_LOGICAL_CHANNEL)
  lu.assertEquals(select(2, host:set(uicc.apdu, { channel = 1, command = "\x80\xf2\0\0" })), INVALID_LOGICAL_CHANNEL)
end

function T.test_select_tells_nothing_when_asked_to()
  lu.assertEquals(open_channel(opened(), nil, 0x0c).response, "")
end

-- The card has three beside the basic one; what fails to open takes none.
function T.test_as_many_as_the_card_has()
  local host = opened()
  lu.assertEquals(select(2, open_channel(host, "\xa0\0\0\0\9")), SELECT_FAILED)
  for number = 1, 3 do lu.assertEquals(open_channel(host, cards.USIM).channel, number) end
  local values, status = open_channel(host)
  lu.assertEquals({ status, values.status.sw1, values.status.sw2, values.channel },
    { NO_LOGICAL_CHANNELS, 0x6a, 0x81, 0 })
  host:set(uicc.close_channel, { channel = 2 })
  lu.assertEquals(open_channel(host).channel, 2)
  lu.assertEquals(host:set(uicc.close_channel, { group = 1 }).status.sw1, 0x90)
  lu.assertEquals(open_channel(host).channel, 1)
end

function T.test_what_selecting_says()
  local values, status = open_channel(opened(), "\xa0\0\0\0\9")
  lu.assertEquals({ status, values.status.sw1, values.status.sw2 }, { SELECT_FAILED, 0x6a, 0x82 })
end

function T.test_a_card_without_euicc()
  local host = mbim_client.new()
  assert(host:open())
  lu.assertEquals(select(2, open_channel(host)), SELECT_FAILED)
  lu.assertEquals(open_channel(host, cards.USIM).channel, 1)
  assert(faults.apply(host.modem, "sim-remove"))
  lu.assertEquals(select(2, open_channel(host)), SIM_NOT_INSERTED)
  lu.assertEquals(select(2, host:query(uicc.atr)), SIM_NOT_INSERTED)
end

-- The card's own refusals -------------------------------------------------------------------------------------------

function T.test_refused_by_the_card()
  local host = opened()
  local send = sender(host, open_channel(host).channel)
  for apdu, words in pairs {
    ["\x80\xe2\x91"] = "6700", -- half a header
    ["\x80\xe2\x91\0\5ab"] = "6700",
    ["\x80\xe2\x90\0\3\xbf\x3e\0"] = "6a86",
    ["\x80\xe2\x91\1\3\xbf\x3e\0"] = "6a86", -- the second block first
    ["\x80\xe2\x91\0\3\xbf\x7e\0"] = "6a88", -- no such function
    ["\x80\xe2\x91\0\3\xbf\x3e\1"] = "6a80",
    ["\x80\xe2\x91\0\3\xbf\x3e\0"] = "6a80", -- GetEID of what?
    ["\x80\x12\0\0"] = "6d00",
    ["\0\xe2\x91\0\3\xbf\x3e\0"] = "6e00",
    ["\x80\xc0\0\0\0"] = "6985", -- nothing to fetch
  } do
    lu.assertEquals(hex(send(apdu)), words, hex(apdu))
  end
end

-- Functions ----------------------------------------------------------------------------------------------------------

function T.test_eid()
  local host = opened()
  local eid, status = client.ask(sender(host, open_channel(host).channel), 0xbf3e, "\x5c\1\x5a", 0x5a)
  lu.assertEquals({ hex(eid), status }, { "89049032000000000000000000005595", 0x9000 })
end

-- Whatever size blocks have, and whether the host wants the answer at once.
function T.test_blocks()
  local host = opened()
  local send = sender(host, open_channel(host).channel)
  for _, size in ipairs { 1, 2, 5, 6, 255 } do
    local answer = client.call(send, "\xbf\x3e\3\x5c\1\x5a", size)
    lu.assertEquals(hex(answer), "bf3e125a1089049032000000000000000000005595")
  end
  lu.assertEquals(hex(send "\x80\xe2\x91\0\6\xbf\x3e\3\x5c\1\x5a\0"),
    "bf3e125a1089049032000000000000000000005595" .. "9000")
  lu.assertEquals(hex(send "\x80\xe2\x91\0\6\xbf\x3e\3\x5c\1\x5a\4"), "bf3e125a" .. "6111")
  lu.assertEquals(hex(send "\x80\xc0\0\0\1"), "10" .. "6110")
  lu.assertEquals(hex(send "\x80\xc0\0\0\x10"), "89049032000000000000000000005595" .. "9000")
end

-- Faults -------------------------------------------------------------------------------------------------------------

function T.test_no_channels()
  local host = opened("no-channels", "1")
  lu.assertEquals(select(2, open_channel(host)), NO_LOGICAL_CHANNELS)
  lu.assertEquals(select(2, open_channel(host)), OK)
end

function T.test_apdus_that_fail()
  for _, name in ipairs { "apdu-fails", "apdu-lost" } do
    local host = opened(name, "1")
    open_channel(host)
    lu.assertEquals(select(2, host:set(uicc.apdu, { channel = 1, command = "\x80\xf2\0\0" })), FAILURE)
    lu.assertEquals(select(2, host:set(uicc.apdu, { channel = 1, command = "\x80\xf2\0\0" })), OK)
  end
end

function T.test_terminal_capability_is_kept()
  local host = opened()
  lu.assertEquals(host:query(uicc.terminal_capability).capabilities, {})
  host:set(uicc.terminal_capability, { capabilities = { "\x83\1\7" } })
  lu.assertEquals(host:query(uicc.terminal_capability).capabilities, { "\x83\1\7" })
end

-- Everything that was open is closed, and the modem tells that it reads the card.
function T.test_reset()
  local host = opened()
  open_channel(host)
  host:indicated(basic.subscriber_ready_status)
  lu.assertEquals(host:set(uicc.reset, { pass_through = "disable" }).pass_through, "disabled")
  local states = {}
  for i, values in ipairs(host:indicated(basic.subscriber_ready_status)) do states[i] = values.state end
  lu.assertEquals(states, { "not-initialized", "initialized" })
  lu.assertEquals(select(2, host:set(uicc.close_channel, { channel = 1 })), INVALID_LOGICAL_CHANNEL)
  lu.assertEquals(host:set(uicc.reset, { pass_through = "enable" }).pass_through, "enabled")
  lu.assertEquals(host:query(basic.subscriber_ready_status).state, "not-initialized")
  lu.assertEquals(open_channel(host).channel, 1)
end

return T
