-- SPDX-License-Identifier: MIT
-- A modem that answers AT commands from a script, and the settings of it.

local errors = require "errors"
local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local settings = require "settings"

local M = {}

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    if line:find("%S") then lines[#lines + 1] = line end
  end
  return lines
end

---`answers`: by command, a text, or a function that returns one, or nil for ERROR. `locked`: commands that answer
-- ERROR, or something else, until the modem is unlocked.
function M.new_port(answers, locked)
  local port = { sent = {}, unlocked = false, password = "A710" }
  function port:command(command, options)
    self.sent[#self.sent + 1] = command
    if command:find("^AT!ENTERCND=") then
      assert(options.secret, "the password would be shown")
      self.unlocked = command == ('AT!ENTERCND="%s"'):format(self.password)
      if self.unlocked then return { lines = {}, result = "ok" } end
    end
    local answer = answers[command]
    if not self.unlocked and locked and locked[command] ~= nil then answer = locked[command] end
    if type(answer) == "function" then answer = answer() end
    if not answer then
      return errors.fail {
        code = "rejected", source = "at", message = command .. ": ERROR", detail = { result = "error" },
      }
    end
    return { lines = lines_of(answer), result = "ok" }
  end
  return port
end

function M.was_sent(port, command)
  for _, sent in ipairs(port.sent) do
    if sent == command then return true end
  end
  return false
end

-- What is read now, wanted, and would be sent; then sets it, reads again, and goes back.
function M.run(setting, modem, wanted)
  local now = assert(setting:read(modem))
  wanted = assert(setting:normalise(wanted))
  if setting:same(now, wanted) then
    return "same"
  end
  lu.assertNil(setting:why_not(modem, wanted, now))
  local how = setting:how(now, wanted)
  assert(setting:set(modem, wanted, now))
  local after = assert(setting:read(modem))
  lu.assertTrue(setting:same(after, wanted), how)
  -- What is saved for --undo goes through JSON.
  local saved = json.decode(json.encode { value = setting:undo(now, wanted) }).value
  saved = assert(setting:normalise(saved))
  assert(setting:set(modem, saved, after))
  lu.assertTrue(setting:same(assert(setting:read(modem)), saved), how)
  return how
end

-- A kernel's list of drivers, as depmod writes it.
M.KNOWS = [[
# Aliases extracted from modules themselves.
alias usb:v1199p9071d*dc*dsc*dp*ic*isc*ip*in08* qmi_wwan
alias usb:v*p*d*dc*dsc*dp*ic02isc0Eip00in* cdc_mbim
alias usb:v1199p9071d*dc*dsc*dp*ic*isc*ip*in* qcserial
alias usb:v1199p9091d000[0-9]dc*dsc*dp*ic*isc*ip*in* qcserial
alias usb:v2C7Cp0125d*dc*dsc*dp*icFFiscFFipFFin* qmi_wwan
alias usb:v2C7Cp0125d*dc*dsc*dp*icFFisc00ip00in* option
alias pci:v0000sv*sd*bc*sc*i* nothing
]]

function M.with_kernel(text, file, fn)
  local folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder))
  assert(fs.write(folder .. "/" .. file, text))
  local ok, err = pcall(fn, folder)
  os.remove(folder .. "/" .. file)
  os.remove(folder)
  assert(ok, err)
end

function M.settings_of(modem, wanted, folder)
  local list, missing = settings.for_modem(modem, wanted, { modules = folder })
  lu.assertNotNil(list, tostring(missing))
  return list, missing
end

return M
