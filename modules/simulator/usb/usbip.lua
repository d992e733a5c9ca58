-- SPDX-License-Identifier: MIT
-- USB/IP, the device's side: requests (URBs) of the kernel's virtual host controller, and the answers.

local schema = require "schema"
local setup = require "simulator.usb.setup"
local errors = require "errors"
local u32, bytes, enum = schema.be.u32, schema.bytes, schema.enum

-- The first word of a request is its type. All begin with the same five words and are 48 bytes long.
local commands = enum(u32, { submit = 1, unlink = 2, submitted = 3, unlinked = 4 })

-- Negative errno values, as the kernel's URBs have them.
local status = enum(u32, {
  ok       = 0,
  stalled  = -32 & 0xffffffff,  -- EPIPE
  unlinked = -104 & 0xffffffff, -- ECONNRESET
})

local request = schema.compile("USB/IP request", {
  commands "command",
  u32 "seqnum",
  u32 "devid",
  enum(u32, { out = 0, ["in"] = 1 }) "direction",
  u32 "endpoint",
  bytes(28) "detail",
})

local submit = schema.compile("USBIP_CMD_SUBMIT", {
  u32 "transfer_flags",
  u32 "length",
  u32 "start_frame",
  u32 "packets", -- isochronous ones
  u32 "interval",
  setup "setup",
})

local unlink = schema.compile("USBIP_CMD_UNLINK", {
  u32 "seqnum",
})

-- devid, direction and endpoint are zero in answers.
local submitted = schema.compile("USBIP_RET_SUBMIT", {
  commands "command",
  u32 "seqnum",
  bytes(12) "unused",
  status "status",
  u32 "length", -- also of what an OUT request brought
  u32 "start_frame",
  u32 "packets",
  u32 "errors",
  bytes(8) "padding",
})

local unlinked = schema.compile("USBIP_RET_UNLINK", {
  commands "command",
  u32 "seqnum",
  bytes(12) "unused",
  status "status",
  bytes(24) "padding",
})

local request_size = 48
local max_transfer = 1 << 20 -- far above what a driver asks for; a wild length must not make us wait for it

---@class simulator.usb.connection
---@field stream core.port
---@field device simulator.usb.device
---@field pending table<integer, { unlink: fun(self, seqnum: integer) }> where requests wait, by sequence number: an IN
--- request in its pipe
---@field text string what was read from the stream
---@field at integer where its unread rest begins

local function malformed(message)
  return errors.fail { code = "malformed", source = "usbip", message = message }
end

-- Waits for exactly `size` bytes. One read may bring a part of a request, or many.
local function take(self, size)
  if #self.text - self.at + 1 < size then
    local chunks = { self.text:sub(self.at) }
    local length = #chunks[1]
    while length < size do
      local chunk, err = self.stream:read()
      if not chunk then
        return nil, err
      end
      table.insert(chunks, chunk)
      length = length + #chunk
    end
    self.text, self.at = table.concat(chunks), 1
  end
  local bytes_taken = self.text:sub(self.at, self.at + size - 1)
  self.at = self.at + size
  return bytes_taken
end

local function answer(self, seqnum, outcome, length, data)
  local header = assert(submitted:encode {
    command = "submitted", seqnum = seqnum, status = outcome, length = length,
  })
  return self.stream:write(header .. (data or ""))
end

local function answer_control(self, head, urb, data)
  local reply = self.device:control(urb.setup, data)
  if not reply then
    return answer(self, head.seqnum, "stalled")
  elseif head.direction == "out" then
    return answer(self, head.seqnum, "ok", #data)
  end
  reply = reply:sub(1, math.min(urb.length, urb.setup.length))
  return answer(self, head.seqnum, "ok", #reply, reply)
end

local late = { unlink = function() end }

local function on_control(self, head, urb, data)
  local delay = self.device:delay(urb.setup)
  if delay == 0 then
    return answer_control(self, head, urb, data)
  end
  self.pending[head.seqnum] = late
  self.device.modem:after(delay, function()
    if self.pending[head.seqnum] then -- else the driver has lost its patience
      self.pending[head.seqnum] = nil
      answer_control(self, head, urb, data)
    end
  end)
  return true
end

local function on_out(self, head, _, data)
  local receive = self.device.outputs[head.endpoint]
  if not receive then
    return answer(self, head.seqnum, "stalled")
  end
  receive(data)
  return answer(self, head.seqnum, "ok", #data)
end

-- Waits in its pipe until the modem has something to say.
local function on_in(self, head, urb)
  local pipe = self.device.inputs[head.endpoint]
  if not pipe then
    return answer(self, head.seqnum, "stalled")
  end
  self.pending[head.seqnum] = pipe
  pipe:submit {
    seqnum = head.seqnum,
    length = urb.length,
    complete = function(data)
      self.pending[head.seqnum] = nil
      answer(self, head.seqnum, "ok", #data, data)
    end,
  }
  return true
end

local function on_submit(self, head)
  local urb = submit:decode(head.detail)
  if urb.length > max_transfer then
    return malformed(("a transfer of %d bytes"):format(urb.length))
  end
  local data
  if head.direction == "out" then
    local err
    data, err = take(self, urb.length)
    if not data then
      return nil, err
    end
  end
  local handle = head.endpoint == 0 and on_control or head.direction == "out" and on_out or on_in
  return handle(self, head, urb, data)
end

-- The pipe that has just answered this request, while the host took it back: no program reads that answer.
local function crossed(self, seqnum)
  for _, pipe in pairs(self.device.inputs) do
    if pipe.given == seqnum then
      return pipe
    end
  end
end

-- A request that is taken back gets this answer only; one that was answered already needs no more than "ok".
local function on_unlink(self, head)
  local seqnum = unlink:decode(head.detail).seqnum
  local pipe = self.pending[seqnum]
  local from = pipe or crossed(self, seqnum)
  if from then
    from:unlink(seqnum)
    self.pending[seqnum] = nil
  end
  return self.stream:write(assert(unlinked:encode {
    command = "unlinked", seqnum = head.seqnum, status = pipe and "unlinked" or "ok",
  }))
end

local handlers = { submit = on_submit, unlink = on_unlink }

local usbip = {}

---Serves the kernel's requests to a device until the stream ends.
---@param stream core.port
---@param device simulator.usb.device
---@return nil
---@return moontower.error err "gone" when the cable is out
function usbip.serve(stream, device)
  ---@type simulator.usb.connection
  local self = { stream = stream, device = device, pending = {}, text = "", at = 1 }
  while true do
    local bytes_read, err = take(self, request_size)
    if not bytes_read then
      return nil, err
    end
    local head = request:decode(bytes_read)
    local handle = handlers[head.command]
    if not handle then
      return malformed("an unknown command")
    end
    local ok
    ok, err = handle(self, head)
    if not ok then
      return nil, err
    end
  end
end

return usbip
