-- SPDX-License-Identifier: MIT
-- Transfers on USB, as usbmon shows them: of those at a device's control endpoint, the ones that carry MBIM or QMI (USB
-- CDC-WDM: SEND_ENCAPSULATED_COMMAND and GET_ENCAPSULATED_RESPONSE); of those at bulk endpoints, AT commands.

local control = require "captures.control"
local lines = require "captures.lines"
local ports = require "captures.ports"

local SEND, GET = 0x0021, 0x01a1 -- bmRequestType and bRequest, as one number

---@class captures.transfer
---@field id string of the request, until it is complete
---@field event "S"|"C"|"E" submitted, complete, failed
---@field kind "control"|"bulk"|"other"
---@field device string "bus:device"
---@field endpoint integer
---@field is_in boolean
---@field setup string? of a control transfer that is submitted
---@field data string what was kept of it
---@field size integer how long it was
---@field time number? seconds
---@field interface integer? that a control transfer goes to

---@class captures.usb
---@field private emit fun(item: captures.item)
---@field private skip fun(why: string)
---@field private gets table<string, boolean> requests for an answer that are not complete
---@field private waiting integer how many those are
---@field private ports captures.ports
---@field private terminals table<string, any> AT ports, by the endpoint that commands go to
local Usb = {}
Usb.__index = Usb

local MOST_WAITING = 4096

local function emit(self, item, transfer)
  item.time, item.port = transfer.time, "usb " .. transfer.device
  self.emit(item)
end

local function add_control(self, transfer)
  if transfer.size == 0 or #transfer.data == 0 then
    return
  end
  local key = ("%s:%s"):format(transfer.device, transfer.interface or "")
  local port, item, skipped = self.ports:get(key, control.new), nil, ports.TOO_MANY
  if port then
    item, skipped = port:add(transfer.data, transfer.size)
  end
  if item then
    emit(self, item, transfer)
  elseif skipped then
    self.skip(skipped)
  end
end

local function on_control(self, transfer)
  if transfer.event == "S" and transfer.setup and #transfer.setup == 8 then
    local request, _, interface = ("<I2I2I2"):unpack(transfer.setup)
    if request == SEND then
      transfer.interface = interface
      add_control(self, transfer)
    elseif request == GET and self.waiting < MOST_WAITING then
      self.gets[transfer.id], self.waiting = interface, self.waiting + 1
    end
  elseif transfer.event ~= "S" and self.gets[transfer.id] then
    transfer.interface = self.gets[transfer.id]
    self.gets[transfer.id], self.waiting = nil, self.waiting - 1
    add_control(self, transfer)
  end
end

-- Which endpoint answers is not written anywhere: the one that says something in lines while a command waits.
local function terminal_that_waits(self, transfer)
  local found
  for _, terminal in pairs(self.terminals) do
    if terminal.device == transfer.device and terminal.answers == transfer.endpoint then
      return terminal
    elseif terminal.device == transfer.device and not terminal.answers then
      found = terminal
    end
  end
  if found and transfer.data:find "^[\r\nA%a+^!$%*#][%g%s]*$" then
    found.answers = transfer.endpoint
    return found
  end
end

local function on_bulk(self, transfer)
  local said
  if transfer.event == "S" and not transfer.is_in then
    local key = transfer.device .. " " .. transfer.endpoint
    if not self.terminals[key] and not transfer.data:find "^[Aa][Tt][%g ]*\r\n?$" then
      return
    end
    local port = self.ports:get("AT " .. key, lines.new)
    if not port then
      return self.skip(ports.TOO_MANY)
    end
    self.terminals[key] = self.terminals[key] or { device = transfer.device, port = port }
    said = { port:send(transfer.data) }
  elseif transfer.event == "C" and transfer.is_in and transfer.data ~= "" then
    local terminal = terminal_that_waits(self, transfer)
    said = terminal and terminal.port:receive(transfer.data)
  end
  for _, item in ipairs(said or {}) do
    item.protocol = "at"
    emit(self, item, transfer)
  end
  if said and #transfer.data < transfer.size then
    self.skip("transfers at an AT port of which the end was not kept")
  end
end

---@param transfer captures.transfer
function Usb:add(transfer)
  if transfer.kind == "control" then
    on_control(self, transfer)
  elseif transfer.kind == "bulk" then
    on_bulk(self, transfer)
  end
end

local M = {}

---@param emit_item fun(item: captures.item)
---@param skip fun(why: string)
---@return captures.usb
function M.new(emit_item, skip)
  return setmetatable({
    emit = emit_item, skip = skip, gets = {}, waiting = 0, ports = ports.new(), terminals = {},
  }, Usb)
end

return M
