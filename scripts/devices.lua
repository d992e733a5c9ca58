-- SPDX-License-Identifier: MIT
-- moontower devices: which modems there are.

local modem = require "modem"
local printable = require "printable"

local function row(description)
  local ids = description.vendor and ("%s:%s"):format(description.vendor, description.product or "?") or "-"
  local name = table.concat({ description.manufacturer, description.model }, " ")
  return {
    description.control, description.protocol:upper(), description.net or "-", ids,
    description.usb or "-", name ~= "" and name or "-",
  }
end

local function print_table(rows)
  local widths = {}
  for _, cells in ipairs(rows) do
    for i, cell in ipairs(cells) do
      cells[i] = printable(cell)
      widths[i] = math.max(widths[i] or 0, #cells[i])
    end
  end
  for _, cells in ipairs(rows) do
    local padded = {}
    for i, cell in ipairs(cells) do padded[i] = cell .. (" "):rep(widths[i] - #cell) end
    print((table.concat(padded, "  "):match("^(.-)%s*$")))
  end
end

return {
  summary = "List the modems of this computer.",

  arguments = function(parser)
    parser:flag("--json", "Print a JSON list, for programs.")
  end,

  run = function(args)
    local list = modem.list()
    if args.json then
      for _, description in ipairs(list) do description.descriptors = nil end
      print(require("dkjson").encode(setmetatable(list, { __jsontype = "array" }), { indent = true }))
      return 0
    elseif #list == 0 then
      return modem.select() -- which says so, and what to do
    end
    local rows = { { "CONTROL", "SPEAKS", "LINK", "USB ID", "USB PATH", "NAME" } }
    for _, description in ipairs(list) do rows[#rows + 1] = row(description) end
    print_table(rows)
    return 0
  end,
}
