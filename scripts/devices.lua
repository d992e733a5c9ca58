-- SPDX-License-Identifier: MIT
-- moontower devices: which modems there are, and which ports each has.

local at_ports = require "modem.at_ports"
local columns = require "terminal.columns"
local exit_status = require "cli.exit_status"
local modem = require "modem"
local modes = require "modem.modes"
local option = require "cli.option"
local ports = require "modem.ports"
local printable = require "base.printable"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local function name_of(device)
  local name = table.concat({ device.manufacturer, device.model }, " ")
  return name ~= "" and name or "-"
end

local function row(description)
  local ids = description.vendor and ("%s:%s"):format(description.vendor, description.product or "?") or "-"
  return {
    description.control, description.protocol:upper(), description.net or "-", ids,
    description.usb or "-", name_of(description),
  }
end

-- The lines below a modem's own line: one for each port.
local function port_lines(description)
  local list, lines = description.ports, {}
  for i, port in ipairs(list) do
    local interface = port.interface and (", interface %d"):format(port.interface) or ""
    local net = port.net and (", %s"):format(port.net) or ""
    lines[i] = ("    %-8s %s%s%s"):format(port.role:upper(), printable(port.path), interface, net)
  end
  if description.mode then
    lines[#lines + 1] = printable(("    It %s, and shows neither MBIM nor QMI%s"):format(modes.words(description),
      modes.connects(description) and ": `moontower up` connects it by AT commands." or "."))
    lines[#lines + 1] = printable("    " .. modes.advice(description))
  end
  return lines
end

local function print_waiting(waiting)
  for _, device in ipairs(waiting) do
    wrap.print(printable(("%s  %s:%s  %s: waits for firmware (download mode), and is no modem until it has it"):format(
      device.usb, device.vendor, device.product, name_of(device))))
  end
end

local function print_text(list, waiting)
  local rows = { { "CONTROL", "SPEAKS", "LINK", "USB ID", "USB PATH", "NAME" } }
  for _, description in ipairs(list) do
    local cells = row(description)
    cells.lines = port_lines(description)
    rows[#rows + 1] = cells
  end
  if #list > 0 then
    columns.print(rows)
  end
  print_waiting(waiting)
end

local function print_json(list, waiting)
  for _, description in ipairs(list) do
    description.descriptors, description.controls = nil, nil -- `ports` has all of it
  end
  for _, device in ipairs(waiting) do
    device.download_mode = true
    list[#list + 1] = device
  end
  for _, device in ipairs(list) do setmetatable(device.ports, { __jsontype = "array" }) end
  print(require("base.json").encode(setmetatable(list, { __jsontype = "array" }), { indent = true }))
end

-- All modems with their ports, the modems that wait for firmware, and an error when there may be others.
local function find_all()
  local list, err = modem.list()
  local waiting, waiting_err = ports.in_download_mode()
  err = err or waiting_err
  for _, description in ipairs(list) do
    local ports_err
    description.ports, ports_err = ports.of(description)
    err = err or ports_err
  end
  return list, waiting, err
end

return {
  summary = "List the modems of this computer, and their ports.",
  exits = { [3] = "there is none" },

  options = {
    option.json_list,
    { "--probe", validate.flag, "Ask ports that are not known by their numbers whether they take AT commands" },
  },

  run = function(args)
    local list, waiting, err = find_all()
    for _, description in ipairs(args.probe and list or {}) do
      at_ports.probe(description.ports)
    end
    if args.json and err then
      return nil, err -- an error, as the list may lack modems
    elseif args.json then
      print_json(list, waiting)
    elseif #list > 0 or #waiting > 0 then
      print_text(list, waiting)
    end
    if err then
      return nil, err
    elseif #list == 0 and #waiting == 0 and not args.json then
      return modem.select() -- for its error and hint
    end
    return #list > 0 and 0 or exit_status.of "no-modem"
  end,
}
