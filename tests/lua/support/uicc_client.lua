-- SPDX-License-Identifier: MIT
-- A host that speaks with the simulated eUICC: functions of SGP.22 in blocks of STORE DATA, answers put together.

local ber_tlv = require "base.ber_tlv"

local uicc_client = {}

uicc_client.ISD_R = "\xa0\x00\x00\x05\x59\x10\x10\xff\xff\xff\xff\x89\x00\x00\x01\x00"

---Calls a function of the eUICC.
---@param send fun(apdu: string): string sends a command with the class byte of the basic channel
---@param bytes string the function
---@param block integer? bytes in a block, 120 without
---@return string answer
---@return integer status word
function uicc_client.call(send, bytes, block)
  local size, parts, status, number = block or 120, {}, nil, 0
  for at = 1, #bytes, size do
    local part = bytes:sub(at, at + size - 1)
    local response = send(string.char(0x80, 0xe2, at + size > #bytes and 0x91 or 0x11, number, #part) .. part)
    status, number = string.unpack(">I2", response, #response - 1), number + 1
    parts[#parts + 1] = response:sub(1, -3)
    while status >> 8 == 0x61 do
      response = send(string.char(0x80, 0xc0, 0, 0, status & 0xff))
      parts[#parts + 1] = response:sub(1, -3)
      status = string.unpack(">I2", response, #response - 1)
    end
  end
  return table.concat(parts), status
end

---The value of an object inside of the answer to a function.
---@param send fun(apdu: string): string
---@param tag integer of the function
---@param value string
---@param ... integer tags, from the outside to the inside
---@return string? value
---@return integer status word
function uicc_client.ask(send, tag, value, ...)
  local answer, status = uicc_client.call(send, ber_tlv.encode(tag, value))
  return ber_tlv.find(answer, tag, ...), status
end

return uicc_client
