-- SPDX-License-Identifier: MIT
-- The addresses of a context as AT commands have them (3GPP TS 27.007: +CGCONTRDP, +CGPADDR).
--
-- IPv4 is four numbers with dots, the mask behind it four more; IPv6 is sixteen, and sixteen, or is written with colons
-- (AT+CGPIAF). The mask may be another value. Values may lack quotation marks; zeros stand for none.

local at_port = require "modem.at"
local ipv4 = require "link.ipv4"
local sanitize = require "modem.sanitize"
local schema = require "schema"
local text = require "at.text"

local ANSWER_TIME = 10
local MTU = 12 -- the place of the MTU of IPv4 in +CGCONTRDP

local codec = { [4] = schema.compile("IPv4", { schema.ipv4 "a" }), [16] = schema.compile("IPv6", { schema.ipv6 "a" }) }
local families = { [4] = "ipv4", [16] = "ipv6" }

local M = {}

-- IPv6's masks are as four of IPv4's.
local function length_of(mask)
  local length = 0
  for i = 1, #mask, 4 do length = length + ipv4.prefix_length(mask:sub(i, i + 3)) end
  return length
end

-- "::" stands for as many zeros as it takes. Of what is no address, "".
local function bytes_of_colons(address)
  local head, tail = address:match "^(.-)::(.*)$"
  local is_good = true
  local function groups(part)
    local list = {}
    for digits in (part .. (part ~= "" and ":" or "")):gmatch "([^:]*):" do
      is_good = is_good and digits:find "^%x%x?%x?%x?$" ~= nil
      list[#list + 1] = is_good and (">I2"):pack(tonumber(digits, 16)) or nil
    end
    return table.concat(list)
  end
  local first, last = groups(head or address), groups(tail or "")
  local zeros = 16 - #first - #last
  return is_good and (head and zeros > 0 or zeros == 0) and first .. ("\0"):rep(zeros) .. last or ""
end

local function bytes_of_dots(address)
  local bytes = {}
  for number in (address .. "."):gmatch "([^.]*)%." do
    local byte = number:find "^%d%d?%d?$" and tonumber(number) or 256
    if byte > 255 then return "" end
    bytes[#bytes + 1] = string.char(byte)
  end
  return table.concat(bytes)
end

local function bytes_of(address)
  return (address:find(":", 1, true) and bytes_of_colons or bytes_of_dots)(address)
end

-- An address, and a mask or a length where there is one behind it: their bytes, and the length.
local function parts_of(value)
  local first, rest = tostring(value or ""):match "^%s*([%x:.]+)[/%s]*([%x:.]*)%s*$"
  local bytes = first and bytes_of(first) or ""
  if #bytes == 8 or #bytes == 32 then
    return bytes:sub(1, #bytes // 2), bytes:sub(#bytes // 2 + 1)
  end
  local length = math.tointeger(tonumber(rest))
  return bytes, not length and rest and bytes_of(rest) or nil, length
end

-- nil: none.
local function address_of(value)
  local bytes, mask, length = parts_of(value)
  local family = families[#bytes]
  if not family or not bytes:find "[^\0]" then
    return nil
  end
  return codec[#bytes]:decode(bytes).a, family, length or mask and #mask == #bytes and length_of(mask) or #bytes * 8
end

-- Before release 10 of 27.007, the mask is a value of its own. No router and no server has an address like that.
local function mask_of(value)
  local bytes = parts_of(value)
  return families[#bytes] and bytes:find "^\255+[\254\252\248\240\224\192\128]?\0*$" and length_of(bytes) or nil
end

local function ask(modem, command)
  local reply, err = modem.at:command(command, { seconds = ANSWER_TIME })
  return reply and reply.lines, err
end

---Which families a context has, and the addresses that the network gave; those of a modem that is a router to the host
---are not the host's.
---@param modem modem.by_at
---@param cid integer
---@return table<"ipv4"|"ipv6", string>? addresses by family
---@return moontower.error? err
function M.addresses(modem, cid)
  local lines, err = ask(modem, "AT+CGPADDR=" .. cid)
  local found = {}
  for _, line in ipairs(lines or {}) do
    local fields = text.prefix(line) == "+CGPADDR" and text.fields(line) or {}
    for i = 2, tonumber(fields[1]) == cid and #fields or 0 do
      local address, family = address_of(fields[i])
      if address then found[family] = found[family] or address end
    end
  end
  return lines and found, err
end

local function add(family, fields)
  local own_mask = mask_of(fields[5])
  if own_mask then
    fields = table.move(fields, 6, #fields, 5, { table.unpack(fields, 1, 4) })
  end
  local address, name, length = address_of(fields[4])
  if address and name == family.name then
    table.insert(family.addresses, { address = address, prefix_length = own_mask or length })
  end
  local gateway, of = address_of(fields[5])
  family.gateway = family.gateway or of == family.name and gateway or nil
  for i = 6, 7 do
    local server, its = address_of(fields[i])
    if its == family.name then table.insert(family.dns, server) end
  end
  if family.name == "ipv4" then
    family.mtu = family.mtu or math.tointeger(tonumber(fields[MTU]))
  end
end

---What the network has given to a context.
---@param modem modem.by_at
---@param cid integer
---@return { ipv4: modem.family, ipv6: modem.family }?
---@return moontower.error? err
function M.configuration(modem, cid)
  local lines, err = ask(modem, "AT+CGCONTRDP=" .. cid)
  if not lines and at_port.is_silent(err) then
    return nil, err
  end
  local given = {
    ipv4 = { name = "ipv4", addresses = {}, dns = {} }, ipv6 = { name = "ipv6", addresses = {}, dns = {} },
  }
  for _, line in ipairs(lines or {}) do -- a modem that does not know the command may know the other one
    local fields = text.prefix(line) == "+CGCONTRDP" and text.fields(line) or {}
    for _, family in pairs(tonumber(fields[1]) == cid and given or {}) do add(family, fields) end
  end
  local addresses = M.addresses(modem, cid) or {}
  for name, family in pairs(given) do
    if #family.addresses == 0 and addresses[name] then
      family.addresses[1] = { address = addresses[name], prefix_length = name == "ipv4" and 32 or 64 }
    end
  end
  return { ipv4 = sanitize.family("ipv4", given.ipv4), ipv6 = sanitize.family("ipv6", given.ipv6) }, err
end

return M
