-- SPDX-License-Identifier: MIT
-- The way to mbim-proxy and qmi-proxy, by which programs share a modem's control port. Started if it does not run.

local errors = require "errors"
local fs = require "core.fs"
local ports = require "core.port"
local process = require "core.process"
local task = require "task"

local M = {}

-- Where distributions put them.
local FOLDERS = { "/usr/libexec", "/usr/lib/libmbim", "/usr/lib/libqmi", "/usr/lib", "/usr/local/libexec" }
-- An abstract socket cannot be watched for, so what its clients do is try again.
local PAUSE, TRIES = 0.05, 100
local PACKAGE = { ["mbim-proxy"] = "libmbim-proxy", ["qmi-proxy"] = "libqmi-proxy" }

local function start(name)
  for _, folder in ipairs(FOLDERS) do
    local path = ("%s/%s"):format(folder, name)
    if fs.stat(path) then
      -- It outlives us, as other programs may use it. It ends by itself when none does.
      return process.run { "sh", "-c", 'exec "$0" </dev/null >/dev/null 2>&1 &', path }
    end
  end
  return errors.fail {
    code = "not-found", source = "proxy", message = ("there is no %s on this computer"):format(name),
    hint = ("Install the package %s, or do without --proxy."):format(PACKAGE[name]),
  }
end

-- Whether trying again may help: not when a stranger, who would get the PIN and the password, has taken the name.
local function is_final(err) return err.code == "permission" end

---Connects to a proxy.
---@param name "mbim-proxy"|"qmi-proxy"
---@return core.port? port as core.port.open() gives it
---@return moontower.error? err
function M.connect(name)
  local port, err = ports.open("@" .. name)
  if port or is_final(err) then
    return port, err
  end
  local ok
  ok, err = start(name)
  for _ = 1, ok and TRIES or 0 do
    port, err = ports.open("@" .. name)
    if port or is_final(err) then
      break
    end
    task.sleep(PAUSE)
  end
  return port, err
end

return M
