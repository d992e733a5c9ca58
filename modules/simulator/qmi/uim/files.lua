-- SPDX-License-Identifier: MIT
-- The files of the simulated card, for the UIM service.

local card_file = require "simulator.card_files"
local uim = require "qmi.uim"

local SUCCESS, NOT_FOUND, NOT_SATISFIED = { 0x90, 0x00 }, { 0x6a, 0x82 }, { 0x69, 0x82 }

local function result(words)
  return { sw1 = words[1], sw2 = words[2] }
end

local refusals = { ["no-file"] = { "sim-file-not-found", NOT_FOUND }, ["protected"] = { "internal", NOT_SATISFIED } }

-- The bytes of a file, or why not.
local function open(modem, file)
  if not modem.card then
    return nil, "no-sim"
  end
  local bytes, why = card_file(modem, file.file_id)
  if why then
    return nil, table.unpack(refusals[why])
  end
  return bytes
end

---Adds them to the user identity module service.
return function(handle)
  handle(uim.read_transparent, function(modem, values)
    local bytes, err, words = open(modem, values.file)
    if not bytes then
      return { card_result = words and result(words) }, err
    end
    local offset, length = values.read_information.offset, values.read_information.length
    if offset + length > #bytes then
      return nil, "invalid-argument"
    end
    local last = length == 0 and #bytes or offset + length
    return { card_result = result(SUCCESS), read_result = bytes:sub(offset + 1, last) }
  end)

  handle(uim.get_file_attributes, function(modem, values)
    local bytes, err, words = open(modem, values.file)
    if not bytes then
      return { card_result = words and result(words) }, err
    end
    return {
      card_result = result(SUCCESS),
      file_attributes = { file_size = #bytes, file_id = values.file.file_id, file_type = "transparent" },
    }
  end)
end
