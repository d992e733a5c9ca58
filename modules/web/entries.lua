-- SPDX-License-Identifier: MIT
-- The entries of `web` in the configuration, and what may not be combined.

local errors = require "errors"
local validate = require "base.validate"

local M = {}

-- "127.0.0.1:8080" or "[::1]:8080".
local function parse(text)
  local address, port = tostring(text):match "^%[([%x:]+)%]:(%d+)$"
  if not address then
    address, port = tostring(text):match "^(%d+%.%d+%.%d+%.%d+):(%d+)$"
  end
  port = math.tointeger(tonumber(port))
  if not port or port > 65535 then
    return errors.fail {
      code = "invalid", source = "web", message = ("'%s' is no address with a port"):format(tostring(text)),
      hint = 'It looks like this: "127.0.0.1:8080", or "[::1]:8080".',
    }
  end
  return { address = address, port = port }
end

local path = validate.described(validate.text, "a path")

---@type declaration.list
M.all = {
  { "listen", validate.parsed_by(parse), "the address and port of the page", default = "127.0.0.1:8080" },
  { "password_file", path, "a file with the password, which only its owner may read; the user's name does not matter",
    otherwise = "no password" },
  { "certificate", path, "a file with the certificate for HTTPS (PEM)", otherwise = "HTTP" },
  { "key", path, "a file with its key", otherwise = "none" },
  { "behind_proxy", validate.flag, "whether a reverse proxy gives the page HTTPS, so that it may listen beyond this "
    .. "computer without a certificate", otherwise = "false" },
  { "hosts", validate.list_of(validate.text, "a list of names"), "names by which browsers may call the page, besides "
    .. "localhost and addresses", otherwise = "none" },
  { "control", validate.flag, "whether it may reset modems and switch radios, too", otherwise = "false" },
}

local function is_loopback(address) return address == "::1" or address:find "^127%." ~= nil end

---@class web.config
---@field address string
---@field port integer
---@field password_file string?
---@field certificate string? path
---@field key string? path
---@field hosts table<string, true>
---@field control boolean

---What the daemon needs of entries without a mistake of their own.
---@param values table
---@return web.config?
---@return moontower.error? err
---@return string? key that it is about
function M.load(values)
  local place = assert(parse(values.listen or "127.0.0.1:8080"))
  local function fail(key, message, hint)
    local _, err = errors.fail { code = "invalid", source = "config", message = "web: " .. message, hint = hint }
    return nil, err, key
  end
  if (values.certificate == nil) ~= (values.key == nil) then
    return fail("certificate", "a certificate needs its key, and a key its certificate")
  elseif not is_loopback(place.address) and not values.password_file then
    return fail("listen", "a page that other computers can reach needs a password",
      "Write one into a file, and name it: password_file = \"/etc/moontower/page-password\".")
  elseif not is_loopback(place.address) and not values.certificate and not values.behind_proxy then
    return fail("listen", "a page that other computers can reach would send its password in the clear",
      "Give it `certificate` and `key`, or a reverse proxy with HTTPS in front of it and `behind_proxy = true`.")
  end
  local hosts = {}
  for _, name in ipairs(values.hosts or {}) do hosts[name:lower()] = true end
  return {
    address = place.address, port = place.port, password_file = values.password_file,
    certificate = values.certificate, key = values.key, hosts = hosts, control = values.control == true,
  }
end

return M
