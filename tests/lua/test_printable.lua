-- SPDX-License-Identifier: MIT
-- Text for people: tabs, hints that begin with a command or a path, and no control characters.

local fs = require "core.fs"
local lu = require "luaunit"
local printable = require "base.printable"
local process = require "core.process"
local world = require "support.world"

local T = {}

local executable = require("core.program").executable

function T.test_tabs_stay_and_control_characters_do_not()
  lu.assertEquals(printable "Mode:\tONLINE\27[2J\7\0\127", "Mode:\tONLINE?[2J???")
  lu.assertEquals(printable "a\xc2\x9bb\nc", "a?b?c")
  lu.assertEquals(printable "Zürich", "Zürich")
end

function T.test_a_traceback_keeps_its_tabs()
  local path = os.tmpname()
  assert(fs.write_atomic(path, "error(setmetatable({}, { __tostring = function() return 'one\\n\\ttwo' end }))"))
  local result = assert(process.run { executable, "run", path })
  os.remove(path)
  lu.assertStrContains(result.stderr, "one\n\ttwo")
end

-- They are to be copied: a command or a path is not made the beginning of a sentence.
function T.test_hints_are_printed_as_they_are()
  local result = world.run("echo 1234 >/run/pin; chmod 644 /run/pin; moontower up --apn r.ispsn "
    .. "--pin-file /run/pin; "
    .. "echo 'return 1' >/run/wrong.lua; moontower check /run/wrong.lua", { "pin-lock" })
  lu.assertStrContains(result.err, "\n  `chown root /run/pin; chmod 600 /run/pin`\n")
  lu.assertStrContains(result.err, "\n  carriers/README.md shows how to write one.\n")
end

return T
