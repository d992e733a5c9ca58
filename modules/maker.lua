-- SPDX-License-Identifier: MIT
-- Makers of modems: a file of makers/ returns `maker { name = ..., usb = ... }`, which says as data what is odd about
-- its modems.
--
-- This is the registry that the mechanisms ask (modem/, settings/, at/ and others). It stands below them, and a maker's
-- file stands above those that it uses; so the files are loaded when they are first asked for, and what they need for
-- more than ids and words is named as a module, or loaded in a function.

local errors = require "errors"
local fs = require "core.fs"
local program = require "core.program"

---@class maker.quirks one entry of a maker's `usb` or `pci`: all that is odd about the devices with these ids
---@field [1] string their products, four hexadecimal digits each, with blanks between them
---@field ports table<integer, string>? what a USB interface is for, by its number: see makers/README.md
---@field download boolean? it waits for firmware, so nothing may be sent to it
---@field router { page: string?, way_out: string? }? a network card to the host, and a router behind it
---@field [string] any what the maker's own settings know of it

---@class maker.vendor: maker.quirks[] the entries of one vendor id
---@field only_modems boolean? this vendor's devices are modems, also those that are not listed

---@class maker.at a maker's words in the language of AT commands; sets of names are texts with blanks in between
---@field secret string? commands whose values are a PIN, a password or a key
---@field pins string[]? patterns of commands that carry a PIN: a carrier's raw lines may not have them
---@field urcs string? prefixes of the lines that modems send without being asked
---@field urc_lines string[]? whole lines of that kind
---@field start_lines string[]? those of them that say that the modem has just started
---@field finals table<string, "error"|"aborted"|"command-not-supported">? final results that no standard has, in
--- capitals; those with a colon at the end have a number or text behind it
---@field news table<string, "sim"|"signal"|"registration">? what has changed, by the prefix of a line of `urcs`
---@field reports table<string, string>? by event, the command that has the modem send such a line; it must not be kept
--- without power
---@field resets string[]? commands that restart a modem, the usual one first
---@field strands string[]? patterns of commands that switch a modem off, or leave it in its boot loader
---@field orders table<string, "restart"|"change"|"context">? commands that a policy would undo: see at/effect.lua

---@class maker.air commands that tell about the air, the best source first
---@field signal at.command[]
---@field cells at.command[]

---@class maker.slots commands about the SIM slots
---@field asks string which one is in use: its number is the first one of the answer
---@field sets string uses another one: its number takes the place of %d
---@field numbers integer[] the slots, as these commands have them
---@field iccid string? shows the card's

---@class maker.carrier_configurations commands about its sets for operators (MBN)
---@field lists string each line of the answer: "List", index, selected, active, name, version
---@field prefix string of these lines
---@field asks_automatic string whether the modem chooses by the SIM: 0 or 1 is the last number of the answer
---@field selects string[] choose one: its name takes the place of %s
---@field selects_automatically string[] have the modem choose

---@class maker.counter: string[] a command, then "sent" and "received" in the order of the numbers of its answer; those
--- of several are added up, of which only the first has to be known

---@class maker.receiver commands for a receiver for GPS
---@field asks string whether it is on, or anything that a modem without it refuses
---@field on string? a pattern of the answer while it is on; nil: no answer tells that
---@field starts string[] switch it on
---@field stops string[] switch it off
---@field position at.position? asks where it is, where no sentences of NMEA come
---@field has_sentences boolean? sentences come at the AT port by themselves
---@field port_start string? what has the NMEA port send sentences
---@field port_stop string? what ends that

---@class maker.data_way how a modem that is a network card to the host is connected by AT commands; in them, {cid},
--- {apn}, {type}, {type_number}, {user}, {password} and {auth} stand for values of a connection; what is in [] is for
--- those with a user; all but `asks` may be missing, and is 3GPP's then: see modem/by_at
---@field asks string? a modem that refuses this has another way; nil: all have this one
---@field when string? a pattern of a line of the answer, in capitals: with another answer, it has another way
---@field context integer? which one the network card belongs to; 1, if not given
---@field defines string? in place of AT+CGDCONT
---@field login string|false|nil in place of AT+CGAUTH; false: `connects` has it
---@field auth table<string, integer>? its numbers for "none", "pap" and "chap", in place of 3GPP's
---@field connects string[]? one after the other
---@field ends string[]?
---@field asks_state string?
---@field on string|string[]|nil a pattern, or several, of a line of that answer, in capitals, while it is connected;
--- also with {cid}
---@field news string? prefix of the line in which it tells that this has changed
---@field addresses ("dhcp"|"told")[]? where the host's addresses come from, the best first: DHCP on the interface, or
--- AT+CGCONTRDP
---@field tells { asks: string, read: fun(lines: string[]): { ipv4: modem.family?, ipv6: modem.family? } }? in place of
--- AT+CGCONTRDP
---@field cause string? a pattern of that line that captures why the network has ended the connection, or a family
---@field has_arp boolean? false: nothing answers ARP on its interface

---@class maker.firmware
---@field commands { asks: string, read: fun(lines: string[]): modem.image[] }[] that tell of its images, the best first
---@field boots table<string, string[]>? ids that a device may have while it waits for firmware, by its usual ones:
--- { ["1199:9071"] = { "1199:9070" } }
---@field boot { [1]: string, [2]: string[] }? those of all others with this vendor id
---@field programs string[]? that update its modems

---@class maker.way a way to unlock the radio of a laptop's modem
---@field [1] string how it is called
---@field [2] fun(modem: table, seconds: number): any, moontower.error?

---@class maker.maker
---@field name string the name of its file
---@field brands string[]? words, in lower case, by which a modem's own text names it; its name, if it says nothing
---@field usb table<string, maker.vendor>? by vendor id
---@field pci table<string, maker.vendor>?
---@field usb_classes table<string, table<string, string>>? by vendor: what an interface is for, by its class, subclass
--- and protocol, where interfaces are numbered as it comes
---@field at maker.at?
---@field settings (string|fun(): maker.settings)? the module that has its settings, or a function that returns them
---@field air (string|fun(): maker.air)? likewise its commands about signal and cells
---@field slots maker.slots?
---@field carrier_configurations maker.carrier_configurations?
---@field counters maker.counter[]?
---@field firmware (string|fun(): maker.firmware)? likewise what is known of updates
---@field data (string|fun(): maker.data_way[])? likewise the ways that its modems may have, the best first; 3GPP's is
--- the last one
---@field receivers maker.receiver[]? those that its modems may have: the first whose question is answered
---@field composition_by_qmi (fun(modem: table, options: table): table?, moontower.error?)? the setting of a modem
--- without an AT port
---@field create_profile (fun(modem: table, values: table): table?, moontower.error?)? creates a profile over QMI, with
--- the number that values.profile_identifier has; a modem of another maker refuses it
---@field unlock maker.way[]?
---@field mbim_services table<string, string>? UUIDs, by name
---@field messages { mbim: string?, qmi: string? }? modules that declare messages of its own
---@field at_tunnel { [1]: string, is_shared: boolean? }? the module whose `at_command` is an MBIM command that carries
--- AT commands; is_shared: modems of others have its service for something else
local Maker = {}
Maker.__index = Maker

---@class maker.module
---@overload fun(values: table): maker.maker
local M = {}

local keys = {
  name = "string", brands = "table", usb = "table", pci = "table", usb_classes = "table", at = "table",
  composition_by_qmi = "function", create_profile = "function", unlock = "table", mbim_services = "table",
  messages = "table", slots = "table", carrier_configurations = "table", receivers = "table",
  counters = "table", at_tunnel = "table",
  settings = { ["string"] = true, ["function"] = true }, air = { ["string"] = true, ["function"] = true },
  firmware = { ["string"] = true, ["function"] = true }, data = { ["string"] = true, ["function"] = true },
}
local at_keys = {
  secret = "string", pins = "table", urcs = "string", urc_lines = "table", resets = "table", strands = "table",
  orders = "table", news = "table", reports = "table", start_lines = "table", finals = "table",
}

-- ---- a declaration ----

local function check_keys(values, known, what)
  for key, value in pairs(values) do
    local wanted = known[key]
    if not wanted then
      return ("%s has no '%s'"):format(what, tostring(key))
    elseif wanted ~= type(value) and not (type(wanted) == "table" and wanted[type(value)]) then
      return ("'%s' of %s cannot be a %s"):format(key, what, type(value))
    end
  end
end

local function check_vendor(vendor, entries)
  if type(vendor) ~= "string" or not vendor:find "^[%da-f][%da-f][%da-f][%da-f]$" then
    return ("'%s' is no vendor id: four hexadecimal digits, in lower case"):format(tostring(vendor))
  end
  for _, entry in ipairs(type(entries) == "table" and entries or {}) do
    if type(entry) ~= "table" then
      return ("vendor %s has an entry that is no table"):format(vendor)
    end
    local products = tostring(entry[1])
    if not products:find "^[%da-f ]+$" or #products % 5 ~= 4 then -- cheap, as it is done at each start
      return ("'%s' of vendor %s is no list of product ids: four hexadecimal digits each, in lower case"):format(
        products, vendor)
    end
  end
end

local function mistake_in(values)
  if type(values) ~= "table" then
    return "a maker is a table: maker { name = ..., usb = ... }"
  end
  local mistake = check_keys(values, keys, "a maker") or check_keys(values.at or {}, at_keys, "a maker's 'at'")
  if not mistake and not values.name then
    mistake = "a maker needs a 'name'"
  end
  for _, bus in ipairs { "usb", "pci" } do
    for vendor, entries in pairs(values[bus] or {}) do
      mistake = mistake or check_vendor(vendor, entries)
    end
  end
  return mistake
end

setmetatable(M --[[@as table]], {
  ---Checks what a maker's file returns.
  __call = function(_, values)
    local mistake = mistake_in(values)
    if mistake then
      local message = ("%s: %s"):format(type(values) == "table" and values.name or "?", mistake)
      error(errors.new { code = "invalid", source = "maker", message = message,
        hint = "modules/makers/README.md explains each key." }, 2)
    end
    values.brands = values.brands or { values.name }
    values.at = values.at or {}
    return setmetatable(values, Maker)
  end,
})

---What a key names: a module that has not been loaded yet, or a function's result.
---@param key "settings"|"air"|"firmware"|"data"
---@return table? nil where it has none
function Maker:load(key)
  local value = self[key]
  if type(value) == "function" then
    return value()
  end
  return value and require(value) or nil
end

---The entries of one vendor id.
---@param bus "usb"|"pci"
---@param vendor string?
---@return maker.quirks[]
function Maker:entries(bus, vendor) return (self[bus] or {})[vendor] or {} end

-- ---- all of them ----

local makers

local function ours_of(name)
  local made = require("makers." .. name)
  return M.is(made) and made
    or error(("modules/makers/%s returns no maker: code of a maker is in a folder of its own"):format(name))
end

-- What keeps secrets hidden, PINs unspent and modems reachable, of a maker of ours that a user's own one replaces.
local function safety_of(made)
  local at = { secret = made.at.secret, pins = made.at.pins, strands = made.at.strands }
  return setmetatable({ name = made.name, brands = {}, at = at }, Maker)
end

-- A user's own ones come first, and stand in for ours with the same name. What loads them stands above this module, so
-- main.lua says where they come from.
local function load_all()
  local own, ours, list = program.own_makers(), {}, {}
  for _, file in ipairs(assert(fs.list(program.home .. "/modules/makers"))) do
    ours[#ours + 1] = file:match("^([%l%d_]+)%.lua$") or file:match("^[%l%d_]+$")
  end
  for _, made in pairs(own) do list[#list + 1] = made end
  table.sort(list, function(a, b) return a.name < b.name end)
  for _, name in ipairs(ours) do
    local made = ours_of(name)
    list[#list + 1] = own[name] and safety_of(made) or made
  end
  return list
end

---All makers. A file of ours that cannot be read raises, as one that is required does.
---@return maker.maker[]
function M.all()
  makers = makers or load_all()
  return makers
end

---Is this what a maker's file returns?
---@param value any
---@return boolean
function M.is(value) return getmetatable(value) == Maker end

---The values that makers have for a key, for a loop.
---@param key string
---@param part string? "at": the key is in there
---@return fun(): any?
function M.each(key, part)
  local list, i = M.all(), 0
  return function()
    local value
    while value == nil and i < #list do
      i = i + 1
      local from = part and list[i][part] or list[i]
      value = from[key]
    end
    return value
  end
end

---The words that all makers have for a key of `at`, as a set.
---@param key string "secret", "urcs"
---@param more string what no maker has to say: the standard's
---@return table<string, true>
function M.words(key, more)
  local set = {}
  local function add(text)
    for word in text:gmatch("%S+") do set[word] = true end
  end
  add(more)
  for text in M.each(key, "at") do add(text) end
  return set
end

-- ---- by id ----

local found = { usb = {}, pci = {} }

-- By product: the entry of it, and whose it is.
local function products_of(bus, vendor)
  local known = found[bus][vendor]
  if known then
    return known
  end
  known = {}
  for _, maker in ipairs(M.all()) do
    for _, entry in ipairs(maker:entries(bus, vendor)) do
      for product in entry[1]:gmatch("%S+") do
        known[product] = known[product] or { quirks = entry, maker = maker }
      end
    end
  end
  found[bus][vendor] = known
  return known
end

local NONE = {}

---What is odd about a device.
---@param bus "usb"|"pci"
---@param vendor string? four hexadecimal digits
---@param product string?
---@return maker.quirks quirks empty where nothing is
---@return maker.maker? maker
function M.quirks(bus, vendor, product)
  local entry = vendor and product and products_of(bus, vendor)[product] or NONE
  return entry.quirks or NONE, entry.maker
end

---Does this vendor make nothing but modems?
---@param vendor string
---@return boolean
function M.makes_only_modems(vendor)
  for usb in M.each "usb" do
    if usb[vendor] and usb[vendor].only_modems then return true end
  end
  return false
end

---What a USB interface of a vendor is for, by its class.
---@param vendor string
---@param class string? "ff:01:02"
---@return string? role
function M.role_of_class(vendor, class)
  for classes in M.each "usb_classes" do
    local role = (classes[vendor] or NONE)[class or ""]
    if role then return role end
  end
end

---Whose modem it is, by a text of its own.
---@param text string
---@return maker.maker?
function M.of_text(text)
  text = text:lower()
  for _, maker in ipairs(M.all()) do
    for _, brand in ipairs(maker.brands) do
      if text:find(brand, 1, true) then return maker end
    end
  end
end

---Whose modem it is, without asking it: by its ids, or by what USB has for its manufacturer.
---@param description modem.description
---@return maker.maker?
function M.of(description)
  local _, maker = M.quirks(description.pci and "pci" or "usb", description.vendor, description.product)
  return maker or M.of_text(description.manufacturer or "")
end

return M
