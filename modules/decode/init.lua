-- SPDX-License-Identifier: MIT
-- Decodes one message of a protocol that it finds out by itself.

local M = {}

-- A QMUX frame begins with 01 and its length, which is never 0 there and always in MBIM's OPEN and OPEN_DONE.
local function is_qmux(bytes)
  return bytes:byte() == 1 and #bytes >= 3 and ("<I2"):unpack(bytes, 2) > 0
end

local function unknown(bytes)
  local view = require("decode.view").new("unknown")
  view.title = ("unknown, %d bytes"):format(#bytes)
  view:payload(bytes)
  if #bytes < 4 then
    view:fail(("the first 4 bytes tell what it is, but only %d are there"):format(#bytes))
  else
    view:fail(("neither MBIM nor QMUX: the first number, 0x%08x, is no MBIM message type, "
      .. "and a QMUX frame begins with 01"):format((("<I4"):unpack(bytes))))
  end
  return view
end

---@param bytes string an MBIM message or fragment, a QMUX frame, or a bare QMI message
---@param service integer? of a bare QMI message
---@return decode.view
function M.decode(bytes, service)
  if service then
    return require("decode.qmi").sdu(bytes, service)
  elseif is_qmux(bytes) then
    return require("decode.qmi").qmux(bytes)
  elseif #bytes >= 4 and require("decode.mbim").is_type((("<I4"):unpack(bytes))) then
    return require("decode.mbim").decode(bytes)
  end
  return unknown(bytes)
end

return M
