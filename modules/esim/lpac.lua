-- SPDX-License-Identifier: MIT
-- lpac, the program that changes profiles: started for one order, with the card behind its AT port.
--
-- It gets its internet as every program of this computer does. Its orders are arguments, as it takes them in no other
-- way: so other users of this computer can see an activation code, and a confirmation code, while the download runs.

local cards = require "esim.card"
local errors = require "errors"
local json = require "base.json"
local process = require "core.process"
local printable = require "base.printable"
local serial = require "esim.serial"
local task = require "task"

local TIME = 120 -- seconds
local NOT_FOUND = 127

local M = {
  ---The program.
  name = "lpac",
}

local missing = [[Install it: it is in Debian unstable and testing (`apt install lpac`), in OpenWrt's packages, and at
https://github.com/estkme-group/lpac.]]

local function not_there()
  return errors.fail {
    code = "not-found", source = "esim", message = "lpac is not installed, which changes profiles",
    hint = missing:gsub("\n", " "),
  }
end

-- What it was doing when it failed, in words.
local steps = {
  es10b_get_euicc_challenge_and_info = "asking the card", es10b_authenticate_server = "the card and the server's proof",
  es9p_initiate_authentication = "reaching the server", es9p_authenticate_client = "the server and the card's proof",
  es10b_prepare_download = "preparing the download", es9p_get_bound_profile_package = "fetching the profile",
  es10b_load_bound_profile_package = "writing the profile", es9p_handle_notification = "telling the server",
  es11_authenticate_client = "asking what is there", es10c_enable_profile = "enabling it",
  es10c_disable_profile = "disabling it", es10c_delete_profile = "deleting it", es10c_set_nickname = "naming it",
  es10b_list_notification = "listing notifications", es10b_retrieve_notifications_list = "reading the notification",
  es10b_remove_notification_from_list = "removing the notification", euicc_init = "reaching the card",
  smdp = "no server is named, and the card has none", confirmation_code = "the confirmation code",
  activation_code = "the activation code", matching_id = "the activation code",
}

local hints = {
  confirmation_code = "The operator tells it; it goes in a file: --confirmation FILE.",
  smdp = "Give an activation code, or --discover.",
  es9p_initiate_authentication = "Has this computer a way to the internet? The connection of this modem may be it.",
  es9p_authenticate_client = "An activation code can be used once; was it used already? Else ask the operator.",
}

-- The line of JSON that has the result: the last one of type "lpa".
local function result_of(stdout)
  local found
  for line in stdout:gmatch "[^\n]+" do
    local value = json.decode(line)
    local payload = type(value) == "table" and value.type == "lpa" and value.payload
    found = type(payload) == "table" and payload or found
  end
  return found
end

local function failure(payload)
  local step = type(payload.message) == "string" and payload.message or ""
  local said = type(payload.data) == "string" and payload.data ~= "" and payload.data or nil
  return errors.fail {
    code = "rejected", source = "esim", hint = hints[step], detail = { step = step, said = said },
    message = ("lpac: %s%s"):format(steps[step] or printable(step), said and ": " .. printable(said) or " has failed"),
  }
end

local function outcome(done, port)
  if port.failure then
    return nil, port.failure
  elseif done.status == NOT_FOUND then
    return not_there()
  end
  local payload = result_of(done.stdout)
  if payload and payload.code == 0 and done.status == 0 then
    return payload.data or true
  elseif payload and payload.code ~= 0 then
    return failure(payload)
  elseif done.signal then
    return errors.fail {
      code = "io", source = "esim", message = ("lpac was ended by signal %d"):format(done.signal),
      hint = "`moontower esim list` shows what has become of the profiles.",
    }
  end
  local words = printable(done.stderr:match "[^\n]+" or "it says nothing")
  return errors.fail {
    code = "io", source = "esim", message = ("lpac has failed (exit status %d): %s"):format(done.status, words),
    hint = words:find "driver" and "It was built without its drivers `at` and `curl`; Debian's and OpenWrt's have them."
      or nil,
  }
end

---Is it there?
---@return true? ok
---@return moontower.error? err "not-found"
function M.check()
  local done, err = process.run { M.name, "version", env = { LPAC_APDU = "stdio", LPAC_HTTP = "stdio" }, timeout = 10 }
  if not done and err.code == "not-found" or done and done.status == NOT_FOUND then
    return not_there()
  end
  return done and true, err
end

---Has it carry out an order.
---@param modem modem.modem
---@param arguments string[] such as { "profile", "enable", iccid }
---@param options { seconds: number?, asked: fun(request: string)? }?
---@return any data what it says of the result; true: nothing
---@return moontower.error? err
M.run = errors.protect(function(modem, arguments, options)
  options = options or {}
  local card <close> = errors.check(cards.open(modem))
  local port <close> = errors.check(serial.open(card, options.asked or function() end))
  local group <close> = task.group()
  local answering = group:spawn(port.run, port)
  local done, err = process.run {
    M.name, timeout = options.seconds or TIME, env = {
      LPAC_APDU = "at", LPAC_HTTP = "curl", LPAC_APDU_AT_DEVICE = port.path, LPAC_CUSTOM_ISD_R_AID = false,
      LPAC_CUSTOM_ES10X_MSS = false, AT_DEVICE = false,
    },
    table.unpack(arguments),
  }
  answering:cancel(task.unwanted)
  if not done then
    return port.failure and errors.check(nil, port.failure) or (err.code == "not-found" and errors.check(not_there())
      or errors.check(nil, err))
  end
  return errors.check(outcome(done, port))
end)

return M
