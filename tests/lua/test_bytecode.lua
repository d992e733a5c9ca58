-- SPDX-License-Identifier: MIT
-- The file of bytecode: it is used, a changed source wins, and without it, or with a bad one, sources are parsed.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"

local T = {}

local function sh(script, ...)
  local result = assert(process.run { "sh", "-euc", script, "sh", ... })
  lu.assertEquals(result.status, 0, result.stderr)
  return result.stdout
end

local tree -- a copy of the source tree and of the build
local bundle

function T.setUp()
  tree = sh("mktemp -d"):match "%S+"
  bundle = tree .. "/build/copy/moontower.bytecode"
  sh([[mkdir -p "$1/build/copy"; touch "$1/build/copy/CMakeCache.txt"
    cp -a "$2/modules" "$2/scripts" "$2/carriers" "$1"
    cp "$3" "$1/build/copy/moontower"; cp "$4" "$1/build/copy/moontower.bytecode"]],
    tree, program.home, program.executable, program.bundle)
end

function T.tearDown() sh('rm -r "$1"', tree) end

local function write_script(text)
  local path = tree .. "/script.lua"
  assert(fs.write(path, text))
  return path
end

local function moontower(...)
  local result = assert(process.run { tree .. "/build/copy/moontower", ... })
  return result.stdout .. result.stderr, result.status
end

-- In place of some words in a file, others of the same length; its time stays, or becomes a later one.
local function replace(path, from, to, keeps_time)
  local text = assert(fs.read(path))
  local first, last = text:find(from, 1, true)
  sh([[cp -p "$1" "$1.before"]], path)
  assert(fs.write(path, text:sub(1, first - 1) .. to .. text:sub(last + 1)))
  sh(keeps_time and [[touch -r "$1.before" "$1"]] or [[touch -d '2001-02-03' "$1"]], path)
end

local SAYS = "an invalid value"
local SCRIPT = "print(require('errors').codes.invalid)"

function T.test_the_bytecode_is_used_and_a_changed_source_wins()
  local script, source = write_script(SCRIPT), tree .. "/modules/errors.lua"
  lu.assertEquals(moontower("run", script), SAYS .. "\n")
  replace(source, SAYS, "AN INVALID VALUE", true)
  lu.assertEquals(moontower("run", script), SAYS .. "\n") -- it looks the same, so the bytecode counts
  sh([[touch -d '2001-02-03' "$1"]], source)
  lu.assertEquals(moontower("run", script), "AN INVALID VALUE\n")
end

-- As packages do, for builds that are the same each time. The note of a command comes from the bytecode alone.
function T.test_the_bytecode_is_used_where_all_sources_have_one_other_time()
  sh([[find "$1/modules" "$1/scripts" -name '*.lua' -exec touch -d '2001-02-03' {} +]], tree)
  local path = tree .. "/scripts/why.lua"
  local script = write_script(("print(require('core.program').note(%q))"):format(path))
  local note = moontower("run", script)
  lu.assertStrContains(note, " ")
  replace(path, "summary = \"", "summarx = \"", false)
  lu.assertEquals(moontower("run", script), "\n")
end

function T.test_a_command_that_has_changed_is_shown_as_it_is_now()
  replace(tree .. "/scripts/why.lua", "summary = \"", "summary = \"Changed: ", true)
  lu.assertStrContains(moontower "help", "Changed: ")
end

-- The build has checked it; afterwards, each run does.
function T.test_a_carrier_that_has_changed_is_checked()
  local said, status = moontower("check", "calyx-sprint")
  lu.assertEquals(status, 0, said)
  replace(tree .. "/carriers/calyx-sprint.lua", '"ipv4v6"', '"ipv5v6"', false)
  said, status = moontower("check", "calyx-sprint")
  lu.assertEquals(status, 9, said)
  lu.assertStrContains(said, "the key 'ip' should be one of")
end

-- Without loadable bytecode, no run takes what the source says now for what the build has checked.
function T.test_a_carrier_whose_bytecode_cannot_be_loaded_is_checked()
  local name = "carriers/calyx-sprint.lua"
  local bytes = sh([[cat "$1"]], bundle) -- fs.read takes a megabyte
  local index_end, count = ("=I4I4"):unpack(bytes, 37)
  for at = 49, 49 + (count - 1) * 48, 48 do -- core/host/bundle.c has the layout
    local name_at, _, _, part, length, head = ("=I4I4I4I4I4I4"):unpack(bytes, at + 24)
    if ("z"):unpack(bytes, name_at + 1) == name then
      local size = (length + 7) // 8 * 8
      local bad = bytes:sub(part + 1, part + head - 8) .. ("\xee"):rep(8) .. bytes:sub(part + head + 1, part + size)
      bytes = bytes:sub(1, part) .. bad .. bytes:sub(part + size + 1)
      bytes = bytes:sub(1, at + 7) .. ("=I8"):pack(program.checksum(bad)) .. bytes:sub(at + 16)
    end
  end
  local checksum = ("=I8"):pack(program.checksum(bytes:sub(33, index_end)))
  assert(fs.write(bundle, bytes:sub(1, 24) .. checksum .. bytes:sub(33)))
  lu.assertEquals(select(2, moontower("check", "calyx-sprint")), 0)
  replace(tree .. "/carriers/calyx-sprint.lua", '"ipv4v6"', '"ipv5v6"', true) -- as if it had changed just now
  local said, status = moontower("check", "calyx-sprint")
  lu.assertEquals(status, 9, said)
end

function T.test_a_new_file_hides_the_folder_of_the_same_name()
  local script = write_script "print(require('cause').is_new)"
  lu.assertEquals(moontower("run", script), "nil\n")
  assert(fs.write(tree .. "/modules/cause.lua", "return { is_new = true }"))
  lu.assertEquals(moontower("run", script), "true\n")
end

-- The same from the bytecode and without it.
local function assert_as_from_sources(why)
  local script = write_script(SCRIPT)
  lu.assertEquals(moontower("run", script), SAYS .. "\n", why)
  lu.assertStrContains(moontower "help", "Usage: moontower COMMAND", false, why)
  lu.assertStrContains(moontower("up", "--help"), "--carrier", false, why)
end

function T.test_without_a_file_and_with_a_folder_in_its_place()
  fs.remove(bundle)
  assert_as_from_sources "missing"
  assert(fs.mkdir(bundle))
  assert_as_from_sources "a folder"
end

function T.test_a_file_of_another_release_and_of_another_format()
  for _, header in ipairs { "mtbytes3" .. "5.4.99", "mtbytes0" .. program.release, "" } do
    assert(fs.write(bundle, header .. ("\0"):rep(24 - #header) .. sh([[tail -c +25 "$1"]], program.bundle)))
    assert_as_from_sources(header)
  end
end

function T.test_a_file_that_is_cut_short()
  local size = assert(fs.stat(program.bundle)).size
  for _, length in ipairs { 0, 1, 47, 48, 100, 4096, size // 2, size - 8, size - 1 } do
    sh([[head -c "$1" "$2" >"$3"]], tostring(length), program.bundle, bundle)
    assert_as_from_sources(length)
  end
end

function T.test_a_file_with_wrong_bytes()
  local size = assert(fs.stat(program.bundle)).size
  for step = 1, 6 do
    -- A zero, or a one, at every 500th place: in the index, in bytecode, or in both.
    local first = step <= 3 and 0 or 40000
    sh([[cp "$1" "$2"; for at in $(seq "$3" "$4" "$5"); do printf "$6" | dd of="$2" bs=1 seek="$at" conv=notrunc
      done 2>/dev/null]], program.bundle, bundle, tostring(first + step), tostring(step <= 3 and 5000 or 1500),
      tostring(step <= 3 and 40000 or size // 4), step % 2 == 0 and "\\377" or "\\1")
    assert_as_from_sources(step)
  end
end

function T.test_a_file_that_is_cut_short_while_the_program_runs()
  local script = write_script(([[
    local file <close> = assert(io.open(%q, "w"))
    print(require("modem.sha256") ~= nil, require("wired_uplink") ~= nil)]]):format(bundle))
  lu.assertEquals(moontower("run", script), "true\ttrue\n")
end

function T.test_the_build_runs_no_policy_of_the_builder()
  local own = tree .. "/own"
  sh([[mkdir -p "$1/policies"; echo 'error "this ran"' | tee "$1/policies/reconnect.lua" >"$1/policies/balance.lua"
    rm "$2"; cd "$3"
    MOONTOWER_PATH="$1" build/copy/moontower run "$4/core/lua/precompile.lua" "$3"/scripts/policies/*.lua]],
    own, bundle, tree, program.home)
  lu.assertNotNil(fs.stat(bundle))
end

-- Of a tree that has been moved since it was built.
function T.test_an_error_names_file_and_line()
  local path, line = tree .. "/modules/errors.lua", 0
  for text in io.lines(path) do
    line = line + 1
    if text:find("unlisted error code", 1, true) then break end
  end
  local output, status = moontower("run", write_script "require('errors').new { code = 'none', message = '' }")
  lu.assertEquals(status, 1)
  lu.assertStrContains(output, "unlisted error code")
  lu.assertStrContains(output, ("%s:%d:"):format(path, line))
end

return T
