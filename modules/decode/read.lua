-- SPDX-License-Identifier: MIT
-- Reads bytes that may be broken: as far as they make sense, and then why not further.

local schema = require "schema"

---@param codec schema.codec
---@param fields schema.field[] what it was compiled from
---@param bytes string
---@return table? values what could be read; nil: nothing
---@return moontower.error? err where that ended, and what was expected there
return function(codec, fields, bytes)
  local values, err = codec:decode(bytes)
  if values then
    return values
  end
  -- A structure of the first fields alone is laid out as the whole one begins.
  for count = #fields - 1, 1, -1 do
    local ok, shorter = pcall(schema.compile, tostring(codec), table.move(fields, 1, count, 1, {}))
    values = ok and shorter:decode(bytes)
    if values then
      return values, err
    end
  end
  return nil, err
end
