-- SPDX-License-Identifier: MIT
-- Faults of the simulated modem's answers: each applies to a number of them, or until a reset.
--
-- Those with transfers(message, wire, limit) change what an answer looks like on the wire.

local tlvs = require "simulator.qmi.tlvs"

local function noise(length)
  local bytes = {}
  for i = 1, length do
    bytes[i] = string.char(math.random(0, 255))
  end
  return table.concat(bytes)
end

local function tlv_fault(name, summary, change)
  return {
    name = name, arguments = "[COUNT]", summary = summary .. " (QMI)", protocol = "qmi",
    transfers = function(message, wire, limit)
      message.tlvs = change(message.tlvs)
      return wire.split(message, limit)
    end,
  }
end

---@type simulator.fault[]
return {
  { name = "hang", summary = "answer nothing any more, and obey nothing but an order to reset" },
  { name = "hang-hard", summary = "answer and obey nothing any more, until the USB port is reset, or a replug" },
  {
    name = "open-dead", arguments = "[COUNT]",
    summary = "do not answer OPEN, so often or until a reset (QMI: nor the control service)",
  },
  { name = "in-turn", summary = "answer nothing else while it connects (MBIM, QMI)" },
  { name = "no-news", summary = "say nothing unasked any more (MBIM, QMI)" },
  {
    name = "silent", arguments = "[COUNT]", summary = "swallow answers",
    transfers = function() return {} end,
  },
  {
    name = "busy", arguments = "[COUNT]", summary = "answer commands with the status busy (QMI: device not ready)",
    status = "busy",
  },
  {
    name = "garbage", arguments = "[COUNT]", summary = "send noise instead of answers",
    transfers = function(message, wire) return { noise(#wire.build(message)) } end,
  },
  {
    name = "noise", arguments = "[COUNT]", summary = "send answers with noise as their content",
    transfers = function(message, wire, limit)
      local content = message[wire.payload]
      message[wire.payload] = content and noise(#content)
      return wire.split(message, limit)
    end,
  },
  {
    name = "truncate", arguments = "[COUNT]", summary = "send only the first half of answers",
    transfers = function(message, wire)
      local bytes = wire.build(message)
      return { bytes:sub(1, #bytes // 2) }
    end,
  },
  {
    name = "short", arguments = "[COUNT]", summary = "send answers of which only the first four bytes are there (MBIM)",
    protocol = "mbim",
    transfers = function(message, wire, limit)
      message.info = message.info and message.info:sub(1, 4)
      return wire.split(message, limit)
    end,
  },
  {
    name = "wrong-id", arguments = "[COUNT]", summary = "send answers with the transaction number of nobody",
    transfers = function(message, wire, limit)
      message.transaction = wire.strange_id(message.transaction)
      return wire.split(message, limit)
    end,
  },
  {
    name = "duplicate", arguments = "[COUNT]", summary = "send answers twice",
    transfers = function(message, wire, limit)
      local list = wire.split(message, limit)
      return table.move(list, 1, #list, #list + 1, list)
    end,
  },
  {
    name = "fragments", arguments = "[COUNT]", summary = "send answers in fragments of 64 bytes (MBIM)",
    protocol = "mbim",
    transfers = function(message, wire) return wire.split(message, 64) end,
  },
  {
    name = "out-of-order", arguments = "[COUNT]", summary = "send answers in fragments, the last one first (MBIM)",
    protocol = "mbim",
    transfers = function(message, wire)
      local list = wire.split(message, 64)
      table.insert(list, 1, table.remove(list))
      return list
    end,
  },
  {
    name = "urc", arguments = "[COUNT]", summary = "send news in the middle of answers (AT)", protocol = "at",
    transfers = function(message, wire)
      local bytes = wire.build(message)
      local at = bytes:find("\r\n", 3, true) or 1
      return { bytes:sub(1, at - 1) .. "\r\n+CIEV: 2,4\r\n" .. bytes:sub(at) }
    end,
  },
  {
    name = "echo", arguments = "[COUNT]", summary = "repeat commands in front of their answers (AT)", protocol = "at",
    transfers = function(message, wire)
      return { (message.command or "") .. "\r" .. wire.build(message) }
    end,
  },
  tlv_fault("tlv-missing", "send answers without their TLVs, but for the result", tlvs.without),
  tlv_fault("tlv-long", "send answers whose last TLV reaches beyond the end", tlvs.too_long),
  tlv_fault("tlv-twice", "send answers with each TLV twice, the second one wrong", tlvs.twice),
  tlv_fault("tlv-shuffled", "send answers with their TLVs in another order", tlvs.backwards),
  tlv_fault("bare-failure", "answer requests with an internal error and nothing else", tlvs.bare_failure),
}
