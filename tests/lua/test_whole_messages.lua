-- SPDX-License-Identifier: MIT
-- Whole messages in one step: core.mbim's and core.qmi's encode() and decode() do what the two steps do.

local basic = require "mbim.basic_connect"
local commands = require "mbim.messages"
local dms = require "qmi.dms"
local lu = require "luaunit"
local mbim = require "core.mbim"
local messages = require "qmi.messages"
local qmi = require "core.qmi"

local T = {}

-- The same error, or the same values.
local function assert_same(codec, wanted, wanted_err, got, err)
  lu.assertEquals(got, wanted, tostring(codec))
  lu.assertEquals(err and err.message, wanted_err and wanted_err.message, tostring(codec))
end

local function commands_of(codec, command, set)
  local info, wanted_err = codec:encode {}
  local wanted = info and mbim.build {
    type = "command", transaction = 9, service = command.service_uuid, cid = command.cid, set = set, info = info,
  }
  assert_same(codec, wanted, wanted_err, mbim.encode(codec, {}, command.service_uuid, command.cid, set, 9))
  return info
end

local function answers_of(command, info)
  for cut = 0, #info do
    local bytes = mbim.build {
      type = "command-done", service = command.service_uuid, cid = command.cid, info = info:sub(1, cut),
    }
    local wanted, wanted_err = command.response:decode(info:sub(1, cut), true)
    assert_same(command.response, wanted, wanted_err,
      mbim.decode(command.response, bytes, command.service_uuid, command.cid))
  end
end

function T.test_every_mbim_command()
  for _, command in ipairs(commands) do
    for _, part in ipairs { "query", "set" } do
      if command[part] then commands_of(command[part], command, part == "set") end
    end
    local info = command.response and command.response:encode {}
    if info then answers_of(command, info) end
  end
end

local function encode_request(message, service)
  local tlvs, wanted_err = message.request:encode {}
  local wanted = tlvs and qmi.build {
    type = "request", service = service, client = 3, id = message.id, transaction = 9, tlvs = tlvs,
  }
  assert_same(message.request, wanted, wanted_err, qmi.encode(message.request, {}, service, 3, message.id, 9))
end

function T.test_every_qmi_message()
  for _, message in ipairs(messages) do
    -- A mandatory TLV that is missing raises, in either way.
    if message.request and pcall(message.request.encode, message.request, {}) then
      encode_request(message, message.service_id)
      encode_request(message, 0) -- CTL's header is shorter by a byte
    end
    for _, tlvs in ipairs(message.response and { "\2\4\0\0\0\0\0", "\2\4\0\1\0\3\0", "\2\4\0\1", "" } or {}) do
      local bytes = qmi.build {
        type = "response", from_modem = true, service = message.service_id, id = message.id, tlvs = tlvs,
      }
      local wanted, wanted_err = message.response:decode(tlvs, true)
      assert_same(message.response, wanted, wanted_err, qmi.decode(message.response, bytes, message.id))
    end
  end
end

function T.test_long_messages_are_whole_too()
  local apn = ("x"):rep(400)
  local values = { apn = apn, user = apn, password = apn }
  local service, codec = basic.connect.service_uuid, basic.connect.set
  lu.assertEquals(mbim.encode(codec, values, service, 12, true),
    mbim.build { type = "command", service = service, cid = 12, set = true, info = codec:encode(values) })
end

function T.test_too_long_messages_raise()
  lu.assertErrorMsgContains("cannot be built", mbim.encode, require("mbim.ext_qmux").message.set,
    { qmux = ("x"):rep(65536) }, basic.connect.service_uuid, 1, true)
  lu.assertErrorMsgContains("cannot be built", qmi.encode, dms.get_ids.request,
    { unknown = { [1] = ("x"):rep(65000), [2] = ("x"):rep(65000) } }, 2, 1, 0x25)
end

function T.test_mistakes_raise()
  local codec = basic.connect.set
  lu.assertErrorMsgContains("is no UUID", mbim.encode, codec, {}, "x", 1)
  lu.assertErrorMsgContains("no field 'apm'", mbim.encode, codec, { apm = "x" }, basic.connect.service_uuid, 12, true)
  lu.assertErrorMsgContains("expected, got string", mbim.encode, codec, "x", basic.connect.service_uuid, 12, true)
  lu.assertErrorMsgContains("codec expected", mbim.encode, "x", {}, basic.connect.service_uuid, 12)
  lu.assertErrorMsgContains("codec expected", qmi.decode, {}, qmi.build { type = "response" }, 0)
  lu.assertErrorMsgContains("number expected", qmi.decode, dms.get_ids.response, qmi.build { type = "response" })
  lu.assertErrorMsgContains("is no UUID", mbim.decode, basic.connect.response, "", "x", 1)
  lu.assertErrorMsgContains("out of range", qmi.encode, dms.get_ids.request, {}, 256, 1, 0x25)
  lu.assertErrorMsgContains("out of range", qmi.encode, dms.get_ids.request, {}, 0, 1, 0x25, 256)
end

-- decode() gives this message back.
local function assert_whole(module, bytes, values, err, message)
  lu.assertNil(values)
  lu.assertNil(err)
  lu.assertEquals(message, module.parse(bytes))
end

function T.test_what_is_no_answer_to_a_command_is_the_message()
  local connect = basic.connect
  local info = assert(connect.response:encode {})
  for _, message in ipairs {
    { type = "command-done", service = connect.service_uuid, cid = 12, status = 2, info = info },
    { type = "command-done", service = connect.service_uuid, cid = 13, info = info },
    { type = "command-done", service = ("0"):rep(8) .. connect.service_uuid:sub(9), cid = 12, info = info },
    { type = "indication", service = connect.service_uuid, cid = 12, info = info },
    { type = "open-done" },
    { type = "function-error", status = 5 },
  } do
    local bytes = mbim.build(message)
    assert_whole(mbim, bytes, mbim.decode(connect.response, bytes, connect.service_uuid, 12))
  end
end

function T.test_an_answer_with_another_id_is_the_message()
  local bytes = qmi.build { type = "response", from_modem = true, service = 2, id = 0x26, tlvs = "\2\4\0\0\0\0\0" }
  assert_whole(qmi, bytes, qmi.decode(dms.get_ids.response, bytes, 0x25))
end

function T.test_bytes_that_are_no_message()
  local _, err = mbim.decode(basic.connect.response, "\1\2\3", basic.connect.service_uuid, 12)
  lu.assertEquals(err.code, "malformed")
  _, err = qmi.decode(dms.get_ids.response, "\1\2\3", 0x25)
  lu.assertEquals(err.code, "malformed")
end

return T
