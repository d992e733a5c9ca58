-- SPDX-License-Identifier: MIT
-- Raw lines, for what no setting knows: AT commands, or QMI messages as "dms 0x555c 01=08" (service, message, TLVs).
--
-- A line may say how to see that it holds: { 'AT!PCOFFEN=2', check = 'AT!PCOFFEN?', want = '!PCOFFEN: 2' }. It is sent
-- only if it does not. A line that says nothing is sent each time.

local at = require "at"
local errors = require "errors"
local hex = require "base.hex"
local maker = require "maker"
local schema = require "schema"
local services = require "qmi.services"
local setting = require "settings.setting"

local ANSWER_TIME = 10

---@class settings.line
---@field send string
---@field check string?
---@field want string? what the answer to `check` contains

local M = {}

local function invalid(message, hint)
  return errors.fail { code = "invalid", source = "settings", message = message, hint = hint }
end

-- Runs of blanks count as one, as terminals and firmwares differ in them.
local function plain(text)
  return (text:gsub("%s+", " "))
end

-- ---- what both have in common ----

local function class(fields)
  fields.restart = false

  function fields:normalise(wanted)
    local list = {}
    for i, element in ipairs(wanted) do
      local line = type(element) == "table" and element or { element }
      local ok, err = self.valid(line[1])
      if ok and line.check then
        ok, err = self.valid(line.check)
      end
      if not ok then
        return nil, err
      elseif (line.check == nil) ~= (line.want == nil) then
        return invalid(("line %d: `check` and `want` go together"):format(i))
      end
      list[i] = { send = line[1], check = line.check, want = line.want }
    end
    self.lines = list
    return list
  end

  -- The answers to the checks, in the lines' order; "" where there is none.
  function fields:read(modem)
    local answers = {}
    for i, line in ipairs(self.lines) do
      local answer, err = "", nil
      if line.check then
        answer, err = self:ask(modem, line.check)
      end
      if not answer and not setting.is_refusal(err) then
        return nil, err
      end
      answers[i] = answer or ""
    end
    return answers
  end

  local function holds(line, answer)
    return line.want ~= nil and plain(answer or ""):find(plain(line.want), 1, true) ~= nil
  end

  function fields.same(_, now, wanted)
    for i, line in ipairs(wanted) do
      if not holds(line, now[i]) then return false end
    end
    return true
  end

  -- A line that says nothing about how to see it has been sent, and that is all there is to know.
  function fields.holds(_, now, wanted)
    for i, line in ipairs(wanted) do
      if line.want and not holds(line, now[i]) then return false end
    end
    return true
  end

  function fields.show(_, value)
    local words = {}
    for _, element in ipairs(value) do
      local text = type(element) == "table" and (element.want or "sent") or element
      words[#words + 1] = text ~= "" and plain(text) or "unknown"
    end
    return table.concat(words, "; ")
  end

  function fields:how(now, wanted)
    local list = {}
    for i, line in ipairs(wanted) do
      if not holds(line, now[i]) then list[#list + 1] = self.hide(line.send) end
    end
    return table.concat(list, "; ")
  end

  function fields:set(modem, wanted, now)
    for i, line in ipairs(wanted) do
      if not holds(line, now[i]) then
        local ok, err = self:ask(modem, line.send)
        if not ok then
          return nil, err
        end
      end
    end
    return true
  end

  fields.undo = function() end -- it is unknown what they did
  return setting.class(fields)
end

-- ---- AT ----

-- A PIN is sent with care, or not at all: see modem/pin.lua. A line would be sent on every run.
local function no_pins(text)
  return invalid(("'%s' may carry a PIN: that is no business of a carrier file"):format(text),
    "Put the PIN into /etc/moontower/pin; `moontower up` enters it.")
end

-- The standard's; makers' files have more of both.
local PIN_COMMANDS = {
  "%+CPIN2?=", "%+CLCK=", "%+CPWD=", "^ATD",
  "%+CSIM=", "%+CRSM=", "%+CGLA=", -- bare commands to the card
}
-- They switch the modem off, or leave it in its boot loader.
local STRANDING = { "%+CPOF%f[^%w]", "%+CPWROFF" }

local function has_any(bare, patterns)
  for _, pattern in ipairs(patterns) do
    if bare:find(pattern) then return true end
  end
  return false
end

-- Is it one of these commands, or of those that a maker has under this key?
local function is_one_of(patterns, key, command)
  local bare = command:upper():gsub("%s", "") -- as modems read it
  for theirs in maker.each(key, "at") do
    if has_any(bare, theirs) then return true end
  end
  return has_any(bare, patterns)
end

local At = class {
  name = "at",

  valid = function(text)
    if type(text) == "string" and is_one_of(PIN_COMMANDS, "pins", text) then
      return no_pins(at.hide(text))
    elseif type(text) == "string" and is_one_of(STRANDING, "strands", text) then
      return invalid(("'%s' switches the modem off, or leaves it in its boot loader, where no program can talk to it")
        :format(text))
    elseif type(text) == "string" and text:find("^[Aa][Tt]") and not text:find("%c") then
      return true
    end
    return invalid(("'%s' is no AT command"):format(tostring(text)))
  end,

  -- A maker's own commands may be locked, and are then unlocked.
  ask = function(self, modem, command)
    local reply, err
    if not modem.at then
      return errors.fail { code = "unsupported", source = "settings", message = "the modem has no AT port" }
    elseif self.session and self.session:has(command) then
      reply, err = self.session:ask(modem, command)
    else
      reply, err = modem.at:command(command, { seconds = ANSWER_TIME })
    end
    return reply and table.concat(reply.lines, "\n"), err
  end,

  hide = at.hide,
}

-- ---- QMI ----

local result = schema.struct { schema.u16 "status", schema.u16 "error" } "result"
local response = schema.compile_tlvs("QMI line", { [0x02] = result }, true)

-- A message whose TLVs are given as they are. It is not declared: what declares this id properly keeps its place.
local function message_of(text)
  local service, id, rest = text:match("^%s*(%w+)%s+0[xX](%x+)%s*(.-)%s*$")
  local number = service and services[service:lower()]
  local message = math.type(number) == "integer" and tonumber(id, 16) <= 0xffff and {
    service = service:lower(), service_id = number, id = tonumber(id, 16), name = "QMI " .. text, response = response,
  }
  local tlvs = {}
  for word in message and rest:gmatch("%S+") or function() end do
    local tag, digits = word:match("^(%x%x)=(%x+)$")
    local bytes = tag and hex.decode(digits)
    if not bytes then
      return nil
    end
    tlvs[#tlvs + 1] = string.pack("<I1s2", tonumber(tag, 16), bytes)
  end
  if message then
    message.request = { encode = function() return table.concat(tlvs) end }
  end
  return message or nil
end

-- Set PIN Protection, Verify PIN, Unblock PIN, Change PIN; those of a lock of the modem's; bare commands to the card.
local PIN_MESSAGES = {
  uim = { [0x25] = true, [0x26] = true, [0x27] = true, [0x28] = true, [0x29] = true, [0x3b] = true },
  dms = { [0x27] = true, [0x28] = true, [0x29] = true, [0x2a] = true, [0x41] = true, [0x42] = true },
}

local Qmi = class {
  name = "qmi",

  valid = function(text)
    local message = type(text) == "string" and message_of(text)
    if message and (PIN_MESSAGES[message.service] or {})[message.id] then
      return no_pins(("%s 0x%04x"):format(message.service, message.id))
    elseif message then
      return true
    end
    return invalid(("'%s' is no QMI message"):format(tostring(text)), "Written as \"dms 0x555c 01=08\".")
  end,

  -- The answer as lines of the same form: "10=08".
  ask = function(_, modem, text)
    if not modem.qmi then
      return errors.fail { code = "unsupported", source = "settings", message = "the modem speaks no QMI" }
    end
    local reply, err = modem.qmi:request(message_of(text))
    if not reply then
      return nil, err
    end
    local tags, lines = {}, {}
    for tag in pairs(reply.unknown or {}) do tags[#tags + 1] = tag end
    table.sort(tags)
    for i, tag in ipairs(tags) do
      local digits = reply.unknown[tag]:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
      lines[i] = ("%02x=%s"):format(tag, digits)
    end
    return table.concat(lines, "\n")
  end,

  hide = function(text) return text end,
}

---The lines of a carrier's `modem` table as a setting. Other than the rest, it knows what is wanted before it reads.
---@param name "at"|"qmi"
---@param wanted table
---@param session settings.session? of a modem that has protected commands
---@return settings.setting?
---@return moontower.error? err
function M.new(name, wanted, session)
  local self = setting.new(name == "at" and At or Qmi, { session = session })
  local ok, err = self:normalise(wanted)
  return ok and self, err
end

return M
