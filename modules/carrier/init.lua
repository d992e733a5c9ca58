-- SPDX-License-Identifier: MIT
-- Carrier files: what an operator needs, as data; read in a sandbox, since people download them.

local lazy = require "base.lazy"
local check = lazy "carrier.check"
local errors = require "errors"
local files = lazy "terminal.files"
local fs = require "core.fs"
local keys = lazy "carrier.keys"
local places = require "loading.places"
local program = require "core.program"
local sandbox = require "core.sandbox"
local sources = lazy "loading.source"
local terminal = require "terminal"

---@class carrier.bearer
---@field apn string "" leaves the choice to the network
---@field ip "ipv4"|"ipv6"|"ipv4v6"|nil nil: ipv4v6
---@field user string?
---@field password string?
---@field auth "none"|"pap"|"chap"|nil nil: none without a user, chap with one
---@field mtu integer? of the interface; nil: what the network says

---@class carrier.carrier
---@field name string
---@field plmns string[]? MCC and MNC of its networks
---@field sims carrier.sim[]? which SIMs of them are its: see modules/apn/match.lua
---@field search boolean? are other access points looked for, where the network takes none of `bearers`?
---@field bearers carrier.bearer[] in the order to try them
---@field roaming boolean? may it connect in foreign networks? nil: no
---@field dns_route "shared"|"all"|"none"|nil which names its DNS servers are asked for
---@field probe string? what answers when the connection works: see net.parse_probe
---@field modem carrier.modem? the state that the modem has to be in: what `moontower setup` sees to
---@field setup fun(modem: table)? what else is wanted, worked out for the modem at hand: see modules/setup/wanted.lua

---@class carrier.sim
---@field imsi string? how it begins, with "x" for any digit; or "FIRST-LAST"
---@field gid1 string? how it begins, in hexadecimal digits
---@field spn string?
---@field iccid string? how it begins

---@class carrier.modem see modules/settings
---@field carrier_configuration string? of the modem's own sets (MBN), or "auto"
---@field ipv6 boolean?
---@field attach { apn: string, ip: "ipv4"|"ipv6"|"ipv4v6"|nil }? the access point that it attaches with
---@field contexts table<integer, { apn: string, ip: "ipv4"|"ipv6"|"ipv4v6"|nil }>? PDP contexts by number
---@field rat string? radio access: "auto", "lte", "umts+lte" ...
---@field bands string? "B2+B12+n71", "all", or a name that the modem has for a set of bands
---@field composition string[]? the USB interfaces that it needs: { "at", "mbim" }
---@field at (string|table)[]? AT commands, each as text or as { "AT...", check = "AT...?", want = "..." }
---@field qmi (string|table)[]? QMI messages, likewise: "dms 0x555c 01=08"
---@field unlock string? the password for protected commands, if not the usual one

local M = {}

-- A carrier file is a page of data; what needs more than this is not one.
local SECONDS, MEMORY, FILE_SIZE = 1, 2 << 20, 256 << 10

---`return carrier { name = ..., bearers = { { apn = ... } } }`: the whole of most carrier files. Raises on a mistake.
---@param values carrier.carrier
---@return carrier.carrier
local function new(values)
  if type(values) ~= "table" then
    error("a carrier is a table: carrier { name = ..., bearers = ... }", 2)
  end
  local mistake = check.carrier(values)
  if mistake then
    error(mistake, 2)
  end
  return values
end

local function pick(library, names)
  local picked = {}
  for name in names:gmatch("%a+") do picked[name] = library[name] end
  return picked
end

---What every file that runs in the sandbox finds; each run gets a copy. No pattern matching and no string.rep: a short
---pattern can keep the matcher busy for hours. No table.insert: with a table whose length is said to be huge, it never
---ends.
M.basis = {
  ipairs = ipairs, pairs = pairs, tostring = tostring, tonumber = tonumber, type = type, error = error,
  math = pick(math, "floor ceil min max abs"),
  table = pick(table, "concat unpack"),
  string = pick(string, "byte char len lower upper sub format"),
}

-- In its file: what that returns is checked, once.
local function unchecked(values) return values end

local function environment(arguments)
  local values = {
    require = function(name)
      if name ~= "carrier" then
        error(("a carrier file can't require '%s'; only \"carrier\""):format(tostring(name)), 2)
      end
      return unchecked
    end,
    argument = arguments,
  }
  for name, value in pairs(M.basis) do values[name] = value end
  return values
end

---@return string[] names of all carriers there are, sorted
function M.list() return places.names "carriers" end

---@param name string "calyx-sprint", or a path with a slash in it
---@return string|false|nil path nil: there is no such file; false: it is refused
---@return moontower.error? err why it is refused
function M.path(name)
  if name:find("/") then
    return terminal.path(name)
  end
  return places.find("carriers", name)
end

---May its connections have this MTU?
---@param chosen carrier.carrier
---@param mtu integer? nil: what it says itself, which is looked at when it is read
---@return true? ok
---@return moontower.error? err
function M.takes_mtu(chosen, mtu)
  for _, bearer in ipairs(mtu and chosen.bearers or {}) do
    local mistake = check.mtu(mtu, bearer.ip)
    if mistake then
      return errors.fail {
        code = "invalid", source = "carrier", message = mistake,
        hint = ('Say %d or more; or ask for IPv4 only: --ip ipv4, or `ip = "ipv4"` in the carrier file.'):format(
          keys.LEAST_IPV6_MTU),
      }
    end
  end
  return true
end

-- The build has read and checked those of ours. What it has made of one that has not changed since, and is given
-- nothing, needs neither sandbox nor check: 0.6 million instructions of `up`.
local function as_built(name, path, arguments)
  local chunk = not name:find("/") and not next(arguments) and program.built(path)
  if chunk then
    debug.setupvalue(chunk, 1, environment(arguments)) -- its globals
    return chunk()
  end
end

---Reads a carrier file. It can neither run programs nor open files, nor hold things up.
---@param name string "calyx-sprint", or a path with a slash in it
---@param arguments table? what the file finds in `argument`: carriers/default.lua takes its APN from there
---@param is_for_person boolean? a path is read where the person is who has given it: see terminal.files
---@return carrier.carrier?
---@return moontower.error? err
---@return string? source the text of the file, if it could be read
function M.load(name, arguments, is_for_person)
  local path, err = M.path(name)
  if path == false then
    return nil, err
  end
  local source
  if path and is_for_person and name:find("/") then
    source, err = files.read(name)
  elseif path then
    source, err = fs.read(path)
  end
  if not source then
    return errors.fail {
      code = "carrier-unknown", source = "carrier",
      message = err and (err.code ~= "not-found" or fs.stat(path, "link")) and ("carrier file: %s"):format(err)
        or ("there is no carrier '%s'"):format(name),
      hint = "Known: " .. table.concat(M.list(), ", ")
        .. ". Or give an APN by hand with --apn, or a file of your own as ./FILE.lua.",
    }
  end
  arguments = arguments or {}
  local ok, values = false, as_built(name, path, arguments)
  if values then
    return values, nil, source
  elseif #source > FILE_SIZE then
    err = "it is too long for a carrier file"
  else
    ok, values = sandbox.run(sources.text(source), "@" .. path, environment(arguments), SECONDS, MEMORY)
    err = not ok and sources.mistake(tostring(values))
  end
  if ok and type(values) == "table" then
    err = check.carrier(values)
    if not err then
      return values, nil, source
    end
  elseif ok then
    err = "it returns no carrier; end it with: return carrier { ... }"
  end
  return nil, errors.new {
    code = "carrier-invalid", source = "carrier", message = ("carrier file %s: %s"):format(path, err),
    hint = "carriers/README.md shows how to write one.",
    detail = { path = path, mistake = tostring(err) },
  }, source
end

return setmetatable(M, { __call = function(_, values) return new(values) end })
