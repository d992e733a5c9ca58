-- SPDX-License-Identifier: MIT
-- The application of an eUICC that manages its profiles, ISD-R: functions come in blocks of STORE DATA (SGP.22, 5.7.2).

local ber_tlv = require "base.ber_tlv"
local download = require "simulator.euicc.download"

local encode = ber_tlv.encode

local AID = "\xa0\x00\x00\x05\x59\x10\x10\xff\xff\xff\xff\x89\x00\x00\x01\x00"
local STORE_DATA, MORE, LAST = 0xe2, 0x11, 0x91
local WRONG_P1_P2, WRONG_CLASS, UNKNOWN_INSTRUCTION = 0x6a86, 0x6e00, 0x6d00
local WRONG_DATA, UNKNOWN_FUNCTION = 0x6a80, 0x6a88

local isd_r = {}

-- A function and its answer are objects with the same tag.
local function call(euicc, bytes)
  local object, next_at = ber_tlv.take(bytes)
  if download.is_part(euicc, bytes) then
    return download.load(euicc, bytes)
  elseif not object or next_at <= #bytes then
    return nil, WRONG_DATA
  end
  local handler = euicc.functions[object.tag]
  if not handler then
    return nil, UNKNOWN_FUNCTION
  end
  local answer = handler(euicc, object.value)
  if not answer then
    return nil, WRONG_DATA
  end
  return encode(object.tag, answer)
end

local function store_data(euicc, state, apdu)
  if apdu.p1 ~= MORE and apdu.p1 ~= LAST or apdu.p2 ~= #(state.blocks or {}) & 0xff then
    state.blocks = nil
    return nil, WRONG_P1_P2
  end
  state.blocks = state.blocks or {}
  table.insert(state.blocks, apdu.data)
  if apdu.p1 == MORE then
    return ""
  end
  local bytes = table.concat(state.blocks)
  state.blocks = nil
  return call(euicc, bytes)
end

---@param euicc simulator.euicc
---@return simulator.uicc.application
function isd_r.new(euicc)
  return {
    aid = AID,
    -- Its name, the longest block that it takes, and the version of SGP.22 that it speaks.
    select = function()
      return encode(0x6f,
        encode(0x84, AID), encode(0xa5, encode(0x9f65, "\xff")), encode(0xe0, encode(0x82, euicc.svn)))
    end,
    command = function(state, apdu)
      if apdu.class & 0x80 == 0 then
        return nil, WRONG_CLASS
      elseif apdu.instruction ~= STORE_DATA then
        return nil, UNKNOWN_INSTRUCTION
      end
      return store_data(euicc, state, apdu)
    end,
  }
end

return isd_r
