-- SPDX-License-Identifier: MIT
-- The SIM's PIN, with care: after three wrong ones, the SIM asks for a PUK that few people have at hand.
--
-- A PIN comes from a file that only its owner can read, or from $MOONTOWER_PIN: never from a command line, which
-- everybody can see, nor from a carrier file, which people share. It is sent once. What is sent is written down before,
-- as a salted hash with the SIM's number, and struck out when the SIM has taken it. So a wrong one is never sent again.

local errors = require "errors"
local locks = require "modem.locks"
local log = require "log"
local secret_file = require "secret_file"
local sha256 = require "modem.sha256"
local state = require "state"
local terminal = require "terminal"

local FILE, VARIABLE = "/etc/moontower/pin", "MOONTOWER_PIN"
local KIND, NAME = "pins", "sent"
local TRIES = 3 -- which have to be left
local SIM_TIME = 30
local PATIENCE = 10 -- seconds, while another modem's PIN is written down

---@class pin.options
---@field file string? instead of /etc/moontower/pin
---@field given pin.found? the caller has been given it, and says by whom
---@field tries integer? send it though only this number of tries is left; 0: even if that is unknown
---@field again boolean? send it though it has failed before

---@class pin.found from M.find()
---@field value string
---@field from string where it comes from, for people

local M = {}

local function invalid(message, hint)
  return errors.fail { code = "invalid", source = "pin", message = message, hint = hint }
end

-- ---- where it comes from ----

---@param text string
---@return boolean
function M.is_pin(text) return text:find("^%d%d%d%d+$") ~= nil and #text <= 8 end

-- Lines of "ICCID PIN", or of a PIN alone, which is for any SIM. The former count first.
local function pick(text, iccid, path)
  local any, own
  for line in text:gmatch("[^\r\n]+") do
    local words = {}
    for word in line:gsub("#.*", ""):gmatch("%S+") do words[#words + 1] = word end
    local pin = words[#words]
    if pin and (#words > 2 or not M.is_pin(pin)) then
      return invalid(("%s: a line is neither a PIN of 4 to 8 digits nor an ICCID and a PIN"):format(path))
    elseif #words == 2 and words[1] == iccid then
      own = pin
    elseif #words == 1 then
      any = pin
    end
  end
  local value = own or any
  return value and { value = value, from = path }
end

local function from_file(path, iccid, must_be_there)
  local text, err = secret_file.read(path, "pin")
  if not text then
    return nil, (must_be_there or err.code ~= "not-found") and err or nil
  end
  return pick(text, iccid, path)
end

---The PIN that is configured for a SIM.
---@param iccid string? nil: the locked SIM does not tell
---@param options pin.options
---@return pin.found? found nil: there is none
---@return moontower.error? err
function M.find(iccid, options)
  local variable = terminal.getenv(VARIABLE)
  if options.given then
    return options.given
  elseif options.file then
    return from_file(options.file, iccid, true)
  elseif variable and variable ~= "" then
    if not M.is_pin(variable) then
      return invalid(("$%s is no PIN of 4 to 8 digits"):format(VARIABLE))
    end
    return { value = variable, from = "$" .. VARIABLE }
  end
  return from_file(FILE, iccid, false)
end

-- ---- the ledger ----

local function ledger()
  local values, err = state.persistent.load(KIND, NAME)
  if values then
    return values
  elseif err then
    return invalid(("it cannot be read which PINs have failed: %s"):format(err),
      "Remove it, and look after your PIN yourself.")
  end
  local random <close> = assert(io.open("/dev/urandom", "rb"))
  return { salt = random:read(16):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end), sent = {} }
end

-- A locked SIM may tell its number over one protocol and not over the other: so it is known by the modem as well.
local function names_of(modem, sim)
  local names = {}
  names[#names + 1] = sim.iccid
  names[#names + 1] = (modem:identity() or {}).imei
  return names
end

---@class pin.entry of the ledger: one PIN for one SIM
---@field names string[] what the SIM is known by
---@field value string
local Entry = {}
Entry.__index = Entry

local function hash_of(list, name, value)
  return sha256(("%s %s %s"):format(list.salt, name, value))
end

-- Changes the ledger as it is on disk now: other modems have PINs, too.
local function change(self, date)
  local lock <close>, err = state.await_lock("pins", PATIENCE)
  local list
  if lock then
    list, err = ledger()
  end
  if not list then
    return nil, err
  end
  for _, name in ipairs(self.names) do
    list.sent[hash_of(list, name, self.value)] = date
  end
  return state.persistent.save(KIND, NAME, list)
end

local function entry_of(modem, sim, value)
  local names = names_of(modem, sim)
  if #names == 0 then
    return errors.fail {
      code = "sim-locked", source = "pin", message = "the SIM asks for its PIN; neither SIM nor modem tells its number",
      hint = "So it would be unknown whether the PIN has failed before. Enter it in a phone.",
    }
  end
  local list, err = ledger()
  if not list then
    return nil, err
  end
  local was_sent = false
  for _, name in ipairs(names) do
    was_sent = was_sent or list.sent[hash_of(list, name, value)] ~= nil
  end
  return setmetatable({ names = names, value = value, was_sent = was_sent }, Entry)
end

function Entry:write() return change(self, os.date("!%Y-%m-%d")) end
function Entry:strike_out() return change(self, nil) end

-- ---- sending it ----

local function locked(message, hint, pin)
  return errors.fail { code = "sim-locked", source = "pin", message = message, hint = hint, detail = pin }
end

local function tries_left(count) return count == 1 and "1 try is left" or ("%d tries are left"):format(count) end

-- Why it must not be sent; nil when it may.
local function why_not(pin, found, entry, options)
  if pin.type ~= "pin1" and pin.type ~= "puk1" then
    return locks.unknown(pin)
  elseif pin.type == "puk1" then
    return errors.fail {
      code = "sim-blocked", source = "pin", message = "the SIM asks for its PUK, not its PIN",
      hint = "The operator tells the PUK. Enter it in a phone.", detail = pin,
    }
  elseif entry.was_sent and not options.again then
    return locked(("the SIM asks for its PIN; the one from %s has failed before, and is not sent again")
      :format(found.from), "Put the right one there. --pin-again sends it anyway.", pin)
  elseif (pin.tries or 0) >= (options.tries or TRIES) then
    return nil
  end
  return locked(("the SIM asks for its PIN; it is not sent, as %s"):format(pin.tries and tries_left(pin.tries)
    or "the modem does not tell how many tries are left"),
    pin.tries == 0 and "Its PUK is needed, which the operator tells: enter that in a phone. If a phone asks for the "
      .. "PIN, it is the modem that does not know: --pin-tries 0 sends it."
    or ("A wrong one now may cost the PUK. Enter it in a phone; or, if you are sure of it, with --pin-tries %d.")
      :format(pin.tries or 0), pin)
end

local function await_ready(modem, was_sent)
  local sim, err = modem:wait_for("sim", function() return modem:sim() end, function(value)
    return value.state ~= "locked" and value.state ~= "starting"
  end, SIM_TIME)
  if sim and (sim.state == "locked" or sim.state == "starting") then
    return errors.fail {
      code = "sim-failure", source = "pin",
      message = was_sent and "the SIM has taken its PIN, and is not ready nevertheless"
        or "the SIM asks for no PIN, so none was sent, and it is not ready nevertheless",
      hint = "`moontower at 'AT+CPIN?'` shows what it asks for; `moontower reset` restarts it.",
    }
  end
  return sim, err
end

-- Errors with which the card was not even asked. A tries counter that stays the same proves nothing: it may lag.
local not_asked = { unsupported = true, ["sim-missing"] = true }

-- Errors after which the SIM may have taken the PIN nevertheless: the answer got lost.
local no_answer = { timeout = true, gone = true, malformed = true, ["modem-failed"] = true, ["modem-mute"] = true }

-- What has become of it is seen at the SIM, unless the modem said that it was wrong: another SIM may be in by now, that
-- wants none, and that this one has been sent a wrong PIN is never forgotten.
local function judge(modem, sim, err, found, entry)
  local after = modem:pin()
  if after and not after.locked then
    local now = no_answer[err.code] and modem:sim()
    if now and now.iccid and now.iccid == sim.iccid then
      entry:strike_out()
    end
    return await_ready(modem, true)
  elseif not_asked[err.code] then
    entry:strike_out()
    return errors.during(err, "the SIM's PIN")
  elseif after and after.type == "puk1" and after.locked then
    return errors.fail {
      code = "sim-blocked", source = "pin",
      message = "the PIN was wrong, and the SIM is blocked: it asks for its PUK now",
      hint = "The operator tells the PUK. Enter it in a phone.", detail = after,
    }
  elseif err.code == "gone" or err.code == "timeout" then
    return errors.during(err, "the SIM's PIN was sent")
  end
  return locked(("the PIN from %s is wrong%s; it will not be sent again"):format(found.from,
    after and after.tries and ", and " .. tries_left(after.tries) or ""),
    "Put the right one there. Three wrong ones, and the SIM asks for its PUK.", after)
end

-- The entry of a PIN that may be sent.
local function ready_entry(modem, sim, pin, found, options)
  local entry, err = entry_of(modem, sim, found.value)
  if entry then
    err = select(2, why_not(pin, found, entry, options))
  end
  return not err and entry or nil, err
end

---Why a PIN would not be sent. Sends nothing.
---@param modem modem.modem
---@param sim table that is locked, as modem:sim() gave it
---@param pin modem.pin what it asks for
---@param found pin.found
---@return moontower.error? err nil: it would be sent
function M.refusal(modem, sim, pin, found) return select(2, ready_entry(modem, sim, pin, found, {})) end

---Enters the PIN that was found, if it may be.
---@param modem modem.modem
---@param sim table that is locked, as modem:sim() gave it
---@param found pin.found
---@param options pin.options
---@return table? sim as it is then
---@return moontower.error? err
function M.enter(modem, sim, found, options)
  local before, err = modem:pin()
  if not before then
    return nil, err
  elseif not before.locked then
    return await_ready(modem, false)
  elseif locks.is_lock(before.type) then
    return locks.fail(before)
  end
  local entry, refusal = ready_entry(modem, sim, before, found, options)
  if not entry then
    return nil, refusal
  end
  local ok
  ok, err = entry:write()
  if not ok then
    return errors.during(err, "the SIM's PIN is not sent, as that it was could not be written down")
  end
  ok, err = modem:enter_pin(found.value)
  if not ok then
    return judge(modem, sim, err, found, entry)
  end
  ok, err = entry:strike_out()
  if not ok then
    log.warn("the PIN was right, but stays written down as one that failed (%s): next time, give --pin-again", err)
  end
  return await_ready(modem, true)
end

return M
