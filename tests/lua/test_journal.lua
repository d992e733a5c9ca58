-- SPDX-License-Identifier: MIT
-- What the journal of systemd reads of standard error; tests/vm/test_service has the journal itself.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local world = require "support.world"

local T = {}

local executable = require("core.program").executable

local SCRIPT = [[
local log = require "log"
log.level = "debug"
log.error("one\ntwo %s", "%0")
log.warn "three"
log.info "four"
log.debug "five"
]]

-- As a service manager starts it: $JOURNAL_STREAM names a stream, here that of the shell, which is a socket.
local function run_as_service(command)
  local path = os.tmpname()
  assert(fs.write(path, SCRIPT))
  local result = assert(process.run {
    "sh", "-c", "export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2); " .. command, "sh", executable, path,
    timeout = 600,
  })
  os.remove(path)
  return result
end

local PLAIN = "moontower: error: one\ntwo %0\nmoontower: warn: three\nmoontower: info: four\nmoontower: debug: five\n"

function T.test_each_line_tells_its_priority()
  local result = run_as_service '"$1" run "$2"'
  lu.assertEquals(result.stderr, "<3>moontower: error: one\n<3>two %0\n<4>moontower: warn: three\n"
    .. "<6>moontower: info: four\n<7>moontower: debug: five\n")
end

function T.test_what_ends_a_command_is_an_error()
  local result = run_as_service '"$1" up --bogus'
  lu.assertEquals({ result.status, result.stderr },
    { 2, "<3>moontower: unknown option '--bogus'\n<3>  Try `moontower up --help`.\n" })
end

function T.test_what_goes_elsewhere_is_plain()
  lu.assertEquals(run_as_service('"$1" run "$2" 2>&1 | cat').stdout, PLAIN)
  lu.assertEquals(run_as_service('JOURNAL_STREAM= "$1" run "$2"').stderr, PLAIN)
  lu.assertEquals(run_as_service('JOURNAL_STREAM=nonsense "$1" run "$2"').stderr, PLAIN)
end

-- The journal itself is stood in for, where /run is private.
function T.test_a_line_about_a_modem_has_its_name_as_a_field()
  local result = world.run [[
    mkdir -p /run/systemd/journal
    cat >/run/journal.lua <<'END'
local port = assert(require("core.port").receive "/run/systemd/journal/socket")
for _ = 1, 2 do print((port:read():gsub("\n", "|"))) end
END
    cat >/run/said.lua <<'END'
local log = require "log"
log.level = "info"
log.of("1-1.2"):info("%s: online: %s", "1-1.2", "all\nis well")
log.of("1-1.2"):error("two\nlines")
log.of(nil):error("of none")
log.of("1-1.2"):error "last"
END
    moontower run /run/said.lua
    export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2)
    moontower run /run/said.lua 2>&1 | head -n 1
    moontower run /run/said.lua
    moontower run /run/journal.lua >/run/datagrams 2>&1 &
    until [ -S /run/systemd/journal/socket ]; do sleep 0.05; done
    moontower run /run/said.lua
    wait $!
    cat /run/datagrams]]
  local ONLINE = "moontower: info: 1-1.2: online: all?is well"
  lu.assertEquals(result.out, ONLINE .. "\n"
    .. ("PRIORITY=6|SYSLOG_IDENTIFIER=moontower|MOONTOWER_MODEM=1-1.2|MESSAGE=%s|\n"):format(ONLINE)
    .. "PRIORITY=3|SYSLOG_IDENTIFIER=moontower|MOONTOWER_MODEM=1-1.2|MESSAGE=moontower: error: last|\n")
  local plain = ONLINE .. "\nmoontower: error: two\nlines\nmoontower: error: of none\nmoontower: error: last\n"
  local marked = "<6>" .. ONLINE .. "\n<3>moontower: error: two\n<3>lines\n<3>moontower: error: of none\n"
  lu.assertEquals(result.err, plain .. marked .. "<3>moontower: error: last\n"
    .. "<3>moontower: error: two\n<3>lines\n<3>moontower: error: of none\n")
end

return T
