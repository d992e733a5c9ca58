-- SPDX-License-Identifier: MIT
-- The effects of other programs' requests, with every field missing once; and calls that modems' answers report.

local basic = require "mbim.basic_connect"
local cids = require "broker.cids"
local dms = require "qmi.dms"
local effects = require "broker.effects"
local lu = require "luaunit"
local nas = require "qmi.nas"
local wds = require "qmi.wds"

local T = {}

local function of_mbim(command, info)
  return effects.of_mbim { set = true, service = command.service_uuid, cid = command.cid, info = info }
end

local function of_qmi(message, tlvs)
  return effects.of_qmi { service = message.service_id, id = message.id, tlvs = tlvs }
end

local mbim_cases = {
  { basic.radio_state, { state = "off" }, 4, "switched the radio off" },
  { basic.packet_service, { action = "detach" }, 4, "detached the modem from the network" },
  { basic.connect, { session = 0, command = "deactivate", apn = "", user = "", password = "", compression = false,
    auth = "none", ip_type = "default", context_type = basic.context_types.internet }, 8, "ended the connection" },
  { basic.register_state, { provider_id = "26201", action = "manual", data_class = {} }, 28, "chose the network" },
}

-- `enough` bytes are what an effect goes by: the rest may be missing, and more may follow.
function T.test_commands_that_are_shorter_or_longer()
  for _, case in ipairs(mbim_cases) do
    local command, values, enough, words = table.unpack(case)
    local info = assert(command.set:encode(values))
    for length = 0, #info do
      local effect = of_mbim(command, info:sub(1, length)) -- raises nothing
      if length < math.min(enough, 12) then
        lu.assertNil(effect, command.name .. length)
      end
    end
    for _, bytes in ipairs { info:sub(1, enough), info, info .. ("\0"):rep(16) } do
      lu.assertStrContains((of_mbim(command, bytes) or {}).text or "nothing", words, false, command.name .. #bytes)
    end
  end
end

function T.test_at_commands_inside_mbim()
  for name, is_set in pairs { fibocom = true, intel = true, compal = false, quectel = true } do
    local carrier = require("makers." .. name .. ".mbim").at_command
    local function of(text)
      return effects.of_mbim { set = is_set, service = carrier.service_uuid, cid = carrier.cid,
        info = assert(carrier[is_set and "set" or "query"]:encode { bytes = text }) }
    end
    lu.assertNil(of "AT+CSQ\r\n")
    local effect = of "AT+CFUN=4\r\n"
    lu.assertEquals({ effect.text, effect.order }, { "switched the radio off", "radio off" }, name)
    for text, expected in pairs { ["\r\nOK\r\n"] = true, ["\r\nERROR\r\n"] = false, [""] = false } do
      lu.assertEquals(effect.has_worked(assert(carrier.response:encode { bytes = text })), expected, name)
    end
  end
end

local qmi_cases = {
  { dms.set_operating_mode, { mode = "low-power" }, "switched the radio off" },
  { nas.attach_detach, { action = "detach" }, "detached the modem from the network" },
  { wds.stop_network, { packet_data_handle = 0xffffffff }, "ended the connection" },
}

function T.test_requests_that_are_shorter_or_longer()
  for _, case in ipairs(qmi_cases) do
    local message, values, words = table.unpack(case)
    local tlvs = assert(message.request:encode(values))
    local tag, bytes = ("<Bs2"):unpack(tlvs)
    for _, variant in ipairs { tlvs, tlvs .. "\xee\2\0ab", "\xee\0\0" .. tlvs, ("<Bs2"):pack(tag, bytes .. "\0\0") } do
      lu.assertEquals((of_qmi(message, variant) or {}).text, words, message.name)
    end
    for length = 0, #tlvs - 1 do
      lu.assertNil(of_qmi(message, tlvs:sub(1, length)), message.name)
    end
  end
end

-- A modem that leaves the handle of the call out has started it nevertheless.
function T.test_a_call_whose_answer_lacks_the_handle()
  local success, failure = "\2\4\0\0\0\0\0", "\2\4\0\1\0\14\0"
  for _, case in ipairs { { success, 0 }, { success .. "\1\4\0\7\0\0\0", 0 }, { success .. "\1\1\0\7", 0 },
    { failure, 1 } } do
    local own = cids.new()
    own:learn({ service = 0, id = 0x22, client = 0, tlvs = "" }, { tlvs = success .. "\1\2\0\1\5" })
    lu.assertTrue(own:owns { service = 1, client = 5 })
    own:learn({ service = wds.start_network.service_id, id = wds.start_network.id, client = 5 }, { tlvs = case[1] })
    lu.assertEquals(#own:releases(), case[2])
  end
end

function T.test_an_unreadable_id_belongs_to_no_program()
  local own = cids.new()
  own:learn({ service = 0, id = 0x22, client = 0, tlvs = "" }, { tlvs = "\2\4\0\0\0\0\0\1\1\0\1" })
  lu.assertEquals(own:releases(), {})
end

return T
