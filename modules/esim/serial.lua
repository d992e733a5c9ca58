-- SPDX-License-Identifier: MIT
-- The AT port that lpac gets: a pseudo terminal that only lpac uses. The card is behind it, by any way that the modem
-- has.
--
-- So one of lpac's drivers does for MBIM, QMI and AT, and what modems and cards want otherwise is known in one place:
-- esim/card.lua. lpac sees a channel 1 that no other program has; that it first closes 1 to 4 does no harm here.
--
-- lpac leads a new session, so the terminal becomes the one that controls it: when this process is killed, the kernel
-- hangs up, which ends lpac. (It would read a closed port for ever.)

local cards = require "esim.card"
local descriptor = require "core.descriptor"
local errors = require "errors"
local es10 = require "esim.es10"
local hex = require "base.hex"
local ports = require "core.port"

local LONGEST_LINE = 4096
local PART = 250 -- bytes of an answer at a time
local STORE_DATA, GET_RESPONSE, LAST = 0xe2, 0xc0, 0x80

---@class esim.serial
---@field path string of the terminal
---@field failure moontower.error? why the card could not be asked
---@field private port core.port
---@field private lpacs core.port its side, kept open: ours would end with each close of it
---@field private card esim.card
---@field private request string what has come of a request in blocks
---@field private answer string what has not been fetched of the last answer
---@field private status integer its status
---@field private asked fun(request: string)
local Serial = {}
Serial.__index = Serial

local M = {}

-- The next part of an answer, and its status, or how much is left.
local function next_part(self)
  local part = self.answer:sub(1, PART)
  self.answer = self.answer:sub(PART + 1)
  local status = self.answer == "" and self.status or 0x6100 | math.min(#self.answer, 255)
  return part .. string.pack(">I2", status)
end

-- A request's blocks are put together: the card gets them in blocks of our size.
local function store_data(self, apdu)
  local block = apdu:sub(6, 5 + (apdu:byte(5) or 0))
  if apdu:byte(4) == 0 then
    self.request = ""
  end
  self.request = self.request .. block
  if #self.request > cards.LONGEST then
    return "\x6a\x84"
  elseif apdu:byte(3) & LAST == 0 then
    return "\x90\x00"
  end
  local request = self.request
  self.request = ""
  self.asked(request)
  local answer, status = self.card:exchange(request)
  if not answer then
    self.failure = self.failure or status
    return nil
  end
  self.answer, self.status = answer, status
  return next_part(self)
end

local function transmit(self, apdu)
  if #apdu < 5 then
    return "\x67\x00"
  elseif apdu:byte(2) == STORE_DATA then
    return store_data(self, apdu)
  elseif apdu:byte(2) == GET_RESPONSE then
    return next_part(self)
  end
  return "\x6d\x00"
end

-- "ERROR" is the only one that lpac knows; "+CME ERROR" would have it wait for ever.
local function answer(self, line)
  local digits = line:match '^AT%+CGLA=1,%d+,"(%x*)"$'
  if digits then
    local response = transmit(self, hex.decode(digits) or "")
    return response and ('+CGLA: %d,"%s"\r\n\r\nOK'):format(2 * #response, hex.encode(response)) or "ERROR"
  elseif line:upper() == ('AT+CCHO="%s"'):format(hex.encode(es10.AID)) then
    return "+CCHO: 1\r\n\r\nOK"
  end
  local is_known = line:find "^AT%+C[CG][HL][OAC]=%?$" or line:find "^AT%+CCHC=%d+$"
  return is_known and "OK" or "ERROR"
end

---Answers until it is closed.
function Serial:run()
  local buffer = ""
  while true do
    local bytes = self.port:read()
    if not bytes then
      return
    end
    buffer = buffer .. bytes
    for line in buffer:gmatch "([^\r\n]*)[\r\n]+" do
      if line ~= "" then
        self.port:write("\r\n" .. answer(self, line) .. "\r\n")
      end
    end
    buffer = (buffer:match "[^\r\n]*$"):sub(-LONGEST_LINE)
  end
end

function Serial:close()
  for _, port in pairs { self.port, self.lpacs } do port:close() end
end
Serial.__close = Serial.close

---@param card esim.card
---@param asked fun(request: string) is called with each request
---@return esim.serial? serial keep it in a <close> variable
---@return moontower.error? err
M.open = errors.protect(function(card, asked)
  local fd, path = descriptor.pty()
  errors.check(fd, path)
  local self = setmetatable({
    path = path, card = card, asked = asked, request = "", answer = "", status = 0x6f00,
    port = errors.check(ports.adopt(fd, "stream")),
  }, Serial)
  local err
  self.lpacs, err = ports.open(path)
  if not self.lpacs then
    self.port:close()
    return nil, err
  end
  return self
end)

return M
