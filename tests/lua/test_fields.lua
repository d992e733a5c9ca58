-- SPDX-License-Identifier: MIT
-- What a file takes of another module is there: a field that is not would be found only where a rare case needs it.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"

local T = {}

-- Fields that hold something only while the daemon runs.
local set_later = { ["modem.owner"] = true, ["daemon.running"] = true }

-- Without what is no code: comments and texts.
local function code_of(text)
  return (text:gsub("%[%[.-%]%]", ""):gsub("%-%-[^\n]*", ""):gsub('"[^"\n]*"', function(string)
    return string:find "^\"[%w_.]+\"$" and string or '""'
  end))
end

-- Calls fn(module, field) for each field of a module of ours that some code names.
local function each_field(code, fn)
  for _, word in ipairs { "require", "lazy" } do
    for name, module in code:gmatch("local ([%w_]+) = " .. word .. '%s*%(?"([%w_.]+)"%)?%s*\n') do
      for field in code:gmatch("%f[%w_.:\"]" .. name .. "%.([%a_][%w_]*)") do fn(module, field) end
    end
  end
  for module, field in code:gmatch 'require%("([%w_.]+)"%)%.([%a_][%w_]*)' do fn(module, field) end
end

function T.test_each_field_of_a_module_that_is_named_is_there()
  local folders = { program.home .. "/modules", program.home .. "/scripts" }
  local listed = assert(process.run { "find", folders[1], folders[2], "-name", "*.lua" })
  local fields, missing = 0, {}
  for path in listed.stdout:gmatch "[^\n]+" do
    each_field(code_of(assert(fs.read(path))), function(module, field)
      local value = require(module)
      fields = fields + 1
      if type(value) == "table" and value[field] == nil and not set_later[module .. "." .. field] then
        missing[#missing + 1] = ("%s: %s.%s"):format(path, module, field)
      end
    end)
  end
  lu.assertEquals(missing, {})
  lu.assertTrue(fields > 5000, fields)
end

return T
