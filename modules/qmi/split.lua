-- SPDX-License-Identifier: MIT
-- The TLVs of a message as they are on the wire, also those of a broken one, which no codec reads.

---@class qmi.raw_tlv
---@field tag integer
---@field head string its tag and its size
---@field bytes string its value, or what is there of it
---@field reason string? why it is cut off

---@param bytes string
---@return qmi.raw_tlv[] list
---@return string? broken what is wrong with the end
---@return string rest what is behind the last one, and too short for another
return function(bytes)
  local list, at = {}, 1
  while #bytes - at + 1 >= 3 do
    local tag, size = ("<BI2"):unpack(bytes, at)
    local tlv = { tag = tag, head = bytes:sub(at, at + 2), bytes = bytes:sub(at + 3, at + 2 + size) }
    list[#list + 1] = tlv
    if #tlv.bytes < size then
      tlv.reason = ("%d bytes wanted, %d left"):format(size, #tlv.bytes)
      return list, ("TLV 0x%02x: %s"):format(tag, tlv.reason), ""
    end
    at = at + 3 + size
  end
  local rest = bytes:sub(at)
  return list, rest ~= "" and ("%d bytes after the last TLV"):format(#rest) or nil, rest
end
