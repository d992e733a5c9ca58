-- SPDX-License-Identifier: MIT
-- What passed at a control port: whole messages, put together from fragments, each once.

local core_mbim = require "core.mbim"

local MBIM_TYPES = { open = 1, close = 2, command = 3, host_error = 4, indication = 7 }
local FROM_MODEM = 0x80000000
local TYPE_AND_SIZE, HEADER, FRAGMENT_HEADER = 8, 12, 20
local QMUX_HEADER = 6
local CTL, ANSWERS_OF_CTL, ANSWERS = 0, 0x03, 0x06

local is_type = {}
for _, number in pairs(MBIM_TYPES) do is_type[number] = true end

local M = {}

-- Of QMI: libqmi makes a frame for what goes by QRTR, whose flags are those of the host both ways. Its message then
-- tells: an answer or an indication is the modem's.
local function is_sent(frame)
  local is_answer = (frame:byte(7) or 0) & (frame:byte(5) == CTL and ANSWERS_OF_CTL or ANSWERS) ~= 0
  return frame:byte(4) & 0x80 == 0 and not is_answer
end

---What the first bytes of a message tell of it.
---@param bytes string
---@return { protocol: "mbim"|"qmi", sent: boolean, size: integer, fragments: integer? }? head nil: it is none
function M.head(bytes)
  if #bytes >= QMUX_HEADER and bytes:byte() == 1 and ("<I2"):unpack(bytes, 2) >= QMUX_HEADER then
    return { protocol = "qmi", sent = is_sent(bytes), size = ("<I2"):unpack(bytes, 2) + 1 }
  elseif #bytes >= TYPE_AND_SIZE then
    local kind, size = ("<I4I4"):unpack(bytes)
    if is_type[kind & ~FROM_MODEM] and size >= HEADER then
      local fragments = #bytes >= FRAGMENT_HEADER and (kind & 3 == 3) and ("<I4"):unpack(bytes, HEADER + 1) or 1
      return { protocol = "mbim", sent = kind & FROM_MODEM == 0, size = size, fragments = fragments }
    end
  end
end

---@class captures.control_port
---@field private assemblies table<boolean, core.mbim.assembly> of what is sent, and of what comes
---@field private has_mbim boolean?
local Port = {}
Port.__index = Port

-- A fragment, and the message that it completes. One that fits to none is shown alone.
local function put_together(self, bytes, head)
  local assembly = self.assemblies[head.sent] or core_mbim.assembly()
  self.assemblies[head.sent] = assembly
  local message, err = assembly:add(bytes)
  if err then
    return { protocol = "mbim", sent = head.sent, bytes = bytes }
  end
  return message and {
    protocol = "mbim", sent = head.sent, bytes = core_mbim.build(message), fragments = head.fragments,
  } or nil
end

---A transfer, or what the capture has of it.
---@param bytes string
---@param length integer? of the whole transfer
---@return captures.item? item without time and port; nil: more must come
---@return string? skipped why it is none
function Port:add(bytes, length)
  local head = M.head(bytes)
  if not head then
    return nil, "transfers that are no message of MBIM or QMI"
  elseif head.protocol == "qmi" and self.has_mbim then
    return nil, "messages of QMI that are inside those of MBIM, too"
  end
  self.has_mbim = self.has_mbim or head.protocol == "mbim"
  head.size = length and math.min(head.size, length) or head.size
  if #bytes < head.size then
    return { protocol = head.protocol, sent = head.sent, bytes = bytes, size = head.size }
  end
  bytes = bytes:sub(1, head.size) -- libmbim logs all that it has read; the next message comes again
  if head.protocol == "mbim" and head.fragments > 1 then
    return put_together(self, bytes, head)
  end
  return { protocol = head.protocol, sent = head.sent, bytes = bytes }
end

---@return captures.control_port
function M.new() return setmetatable({ assemblies = {} }, Port) end

return M
