-- SPDX-License-Identifier: MIT
-- The examples in the README files run as shown, beside the simulated modem.

local carrier = require "carrier"
local events = require "events"
local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local world = require "support.world"

local T = {}

local READMES = {
  "README.md", "carriers/README.md", "core/README.md", "modules/README.md", "modules/daemon/README.md",
  "modules/ladder/README.md", "modules/link/README.md", "modules/mbim/README.md", "modules/modem/README.md",
  "modules/multipath/README.md", "modules/qmi/README.md",
  "modules/simulator/README.md", "scripts/README.md", "tests/README.md",
}

---Calls fn(block, readme) for each fenced block of a language.
local function each_block(language, fn)
  local count = 0
  for _, readme in ipairs(READMES) do
    local text = assert(fs.read(program.home .. "/" .. readme))
    for block in text:gmatch("\n```" .. language .. "\n(.-)\n```") do
      if fn(block, readme) ~= false then
        count = count + 1
      end
    end
  end
  return count
end

local function write_temporary(block)
  local path = os.tmpname()
  assert(fs.write(path, block))
  return path
end

function T.test_scripts_run_as_shown()
  local count = each_block("lua", function(block, readme)
    local name = block:match("^%-%- ([%w-]+%.lua): ")
    if not name then
      return false -- a fragment
    end
    local path = write_temporary(block)
    local forever = block:match("^[^\n]*until interrupted")
    local command = (forever and "timeout -s INT 5 moontower run " or "moontower run ") .. path
    local result = world.run(command, nil, nil, block:match("^[^\n]*two modems") and { "--count", "2" })
    os.remove(path)
    local label = readme .. " " .. name .. ": " .. result.out .. result.err
    lu.assertEquals(result.status, forever and 124 or 0, label)
    lu.assertNotStrContains(result.err, "traceback")
    lu.assertNotEquals(result.out, "", label)
    lu.assertEquals(result.after, result.before, label)
  end)
  lu.assertTrue(count >= 5)
end

function T.test_carriers_load_as_shown()
  local count = each_block("lua", function(block)
    if not block:find("^%-%- carriers/") then
      return false
    end
    local path = write_temporary(block)
    local values, err = carrier.load(path)
    os.remove(path)
    lu.assertNotNil(values, tostring(err))
  end)
  lu.assertTrue(count >= 1)
end

-- They are made from the declarations of options.
function T.test_the_tables_are_not_stale()
  local result = assert(process.run { program.executable, "run", program.home .. "/tests/tables.lua", timeout = 600 })
  lu.assertEquals({ result.status, result.stderr }, { 0, "" })
end

function T.test_the_table_of_events_has_all_there_are()
  local told, readme = {}, assert(fs.read(program.home .. "/scripts/README.md"))
  for row in readme:match "\n| Event | When |\n(.-)\n\n":gmatch "[^\n]+" do
    for name in row:match "^|([^|]*)|":gmatch "`([%l-]+)`" do told[#told + 1] = name end
  end
  lu.assertItemsEquals(told, events.names)
end

function T.test_commands_run_as_shown()
  local count = each_block("sh", function(block, readme)
    local result = world.run("set -e\n" .. block)
    lu.assertEquals(result.status, 0, readme .. ": " .. result.out .. result.err)
  end)
  lu.assertTrue(count >= 3)
end

return T
