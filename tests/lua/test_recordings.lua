-- SPDX-License-Identifier: MIT
-- Each of tests/recordings: its commands print what its `outcome` says. MT_RENEW=NAME writes that file anew.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local world = require "support.world"

local T = {}

local ROOT = program.home .. "/tests/recordings"
local executable = program.executable
local folder = (assert(process.run { "mktemp", "-d" }).stdout:gsub("\n$", ""))
assert(process.run { "ln", "-s", executable, folder .. "/moontower" })

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

-- Times differ from one run to the next, and where a command keeps what it makes.
local function essence(text)
  return (text:gsub("%f[%d][%d.]+ m?s%f[^%w]", "TIME"):gsub(folder:gsub("%p", "%%%0"), "$TMP"))
end

-- What a command prints, and its exit status below it, if it is not 0.
local function run(name, command)
  local result = assert(process.run {
    "sh", "-c", 'cd "$1" && export TMP="$2/$3" PATH="$2:$PATH" && mkdir -p "$TMP" && eval "$4" 2>&1', "sh",
    ROOT .. "/" .. name, folder, name, command, timeout = 600,
  })
  return essence(result.stdout) .. (result.status ~= 0 and ("= %d\n"):format(result.status) or "")
end

-- The commands in an outcome, each with what it has printed when the file was written.
local function steps_in(outcome)
  local steps = {}
  for line in outcome:gmatch "([^\n]*)\n" do
    if line:find "^%$ " then
      steps[#steps + 1] = { command = line:sub(3), lines = {} }
    else
      table.insert(assert(steps[#steps], "an outcome begins with a command").lines, line .. "\n")
    end
  end
  return steps
end

local function check(name)
  local path = ("%s/%s/outcome"):format(ROOT, name)
  local written = {}
  for _, step in ipairs(steps_in(read(path))) do
    local printed = run(name, step.command)
    written[#written + 1] = "$ " .. step.command .. "\n" .. printed
    if os.getenv "MT_RENEW" ~= name then
      lu.assertEquals(printed, table.concat(step.lines), ("%s: %s"):format(name, step.command))
    end
  end
  assert(#written > 0, name .. ": its outcome has no command")
  if os.getenv "MT_RENEW" == name then
    assert(fs.write_atomic(path, table.concat(written)))
  end
end

local readme = read(ROOT .. "/README.md")

for _, name in ipairs(assert(fs.list(ROOT))) do
  if name ~= "README.md" then
    T["test_" .. name:gsub("%W", "_")] = function()
      lu.assertStrContains(readme, "`" .. name .. "`")
      check(name)
    end
  end
end

function T.teardownClass()
  world.keep_recordings(ROOT)
  world.keep_recordings(folder)
  process.run { "rm", "-r", folder }
end

return T
