-- SPDX-License-Identifier: MIT
-- core/lua/meta: an editor knows exactly the functions and methods that the C modules have.

local fs = require "core.fs"
local lu = require "luaunit"

local T = {}

local FOLDER = require("core.program").home .. "/core/lua/meta/"

-- The functions that a stub declares for its owner, a local variable of it: { name = true }.
local function declared(text, owner)
  local names = {}
  for name in text:gmatch("\nfunction " .. owner .. "[.:]([%w_]+)%(") do names[name] = true end
  return names
end

local function functions_of(object)
  local names = {}
  for name, value in pairs(object) do
    if type(value) == "function" and not name:find "^__" then names[name] = true end
  end
  return names
end

function T.test_every_module_has_a_stub_with_its_functions()
  local count = 0
  for name in pairs(package.preload) do
    local short = name:match "^core%.(.+)$"
    if short then
      count = count + 1
      local text = assert(fs.read(FOLDER .. short .. ".lua"))
      lu.assertEquals(text:match "^%-%-%-@meta (%S+)", name)
      lu.assertEquals(declared(text, "M"), functions_of(require(name)), name)
    end
  end
  lu.assertTrue(count > 20)
end

-- Sorted names, as one text, of each class that has methods.
local function add_class(list, names)
  local sorted = {}
  for name in pairs(names) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  if #sorted > 0 then list[#list + 1] = table.concat(sorted, " ") end
end

function T.test_every_class_has_a_stub_with_its_methods()
  local stubs, real = {}, {}
  for name in pairs(package.preload) do require(name) end -- it makes its classes
  for _, file in ipairs(assert(fs.list(FOLDER))) do
    local text = assert(fs.read(FOLDER .. file))
    for owner in text:gmatch "\nlocal (%l[%l_]*) = {}" do add_class(stubs, declared(text, owner)) end
  end
  for name, metatable in pairs(debug.getregistry()) do
    if type(name) == "string" and name:find "^mt%." and type(metatable) == "table" then
      local index = rawget(metatable, "__index")
      add_class(real, functions_of(type(index) == "table" and index or metatable))
    end
  end
  table.sort(stubs)
  table.sort(real)
  lu.assertEquals(stubs, real)
end

return T
