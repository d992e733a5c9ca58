-- SPDX-License-Identifier: MIT
-- Command lines that bash and zsh complete: the shells themselves, at a terminal, beside a simulated modem.

local completion = require "cli.completion"
local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local pty = require "support.pty"
local task = require "task"

local T = {}

local FOLDER = program.home .. "/scripts/host/completion"

-- A command of a user's own, whose values are its own.
local OWN = [[
return {
  summary = "Say a word.",
  options = { { "word", require("base.validate").text, "Which", candidates = function() return { "zebra" } end } },
  run = function() return 0 end,
}
]]

-- What is typed before the tab key, and the words that the shell then has.
local CASES = {
  { "moontower stat", "status" },
  { "moontower recon", "reconnect" },
  { "moontower up --carr", "up", "--carrier" },
  { "moontower up --carrier calyx-s", "up", "--carrier", "calyx-sprint" },
  { "moontower setup calyx-s", "setup", "calyx-sprint" },
  { "moontower up --device ww", "up", "--device", "wwan0" },
  { "moontower up --device=ww", "up", "--device=wwan0" },
  { "moontower up --ip=ipv6", "up", "--ip=ipv6" },
  { "moontower trace --brief radio --pr", "trace", "--brief", "radio", "--proxy" },
  { "moontower record bug.recording radio --pr", "record", "bug.recording", "radio", "--proxy" },
  { "moontower update --wait 60 record bug.recording radio --pr", "update", "--wait", "60", "record", "bug.recording",
    "radio", "--proxy" },
  { "moontower help policy fail", "help", "policy", "failover" },
  { "moontower simulate fault blackhole-", "simulate", "fault", "blackhole-until" },
  { "moontower simulate --fault hang-", "simulate", "--fault", "hang-hard" },
  { "moontower simulate set late", "simulate", "set", "latency=" },
  { "moontower events --event sess", "events", "--event", "session" },
  { "moontower say ze", "say", "zebra" },
  { "moontower run mine.l", "run", "mine.lua" }, -- a file, as the program names nothing
}

local SHELLS = {
  bash = { words = { "bash", "--norc", "--noprofile", "-i" },
    prepare = (". '%s/moontower.bash'; PS1='$ '; bind 'set enable-bracketed-paste off'"):format(FOLDER) },
  zsh = { words = { "zsh", "-f", "-i" },
    prepare = ("fpath=('%s' $fpath); autoload -Uz compinit; compinit -D -u; PS1='$ '; unset zle_bracketed_paste")
      :format(FOLDER) },
}

-- The completed line is given to printf, so that what counts is the words that the shell reads in it.
local function complete_all(shell)
  local own = assert(process.run { "mktemp", "-d" }).stdout:match "%S+"
  local _ <close> = task.finally(function() process.run { "rm", "-rf", own } end)
  assert(fs.mkdir(own .. "/scripts"))
  assert(fs.write(own .. "/scripts/say.lua", OWN))
  assert(fs.write(own .. "/mine.lua", "return 0"))
  local arguments = table.move(shell.words, 1, #shell.words, 3, { "simulate", "--" })
  local status, output = pty.run(arguments, function(terminal)
    terminal:expect "" -- it has begun
    terminal:type((" cd %s; %s; echo rea''dy\r"):format(own, shell.prepare))
    terminal:expect "ready"
    for _, case in ipairs(CASES) do
      terminal:type(case[1] .. "\t\1printf '<%s>' \r")
      terminal:expect("<moontower><" .. table.concat(case, "><", 2) .. ">")
    end
    terminal:type "exit 0\r"
  end, { MOONTOWER_PATH = own, TERM = "dumb" })
  lu.assertEquals(status, 0, output)
end

function T.test_bash() complete_all(SHELLS.bash) end

function T.test_zsh() complete_all(SHELLS.zsh) end

-- bash takes "=" for a word of its own.
function T.test_a_value_behind_an_equals_sign()
  lu.assertEquals(completion { "up", "--ip", "=" }, { "ipv4", "ipv4v6", "ipv6" })
  lu.assertEquals(completion { "up", "--ip", "=", "ipv6" }, { "ipv6" })
  lu.assertEquals(completion { "up", "--ip=ipv4" }, { "--ip=ipv4", "--ip=ipv4v6" })
  lu.assertEquals(completion { "up", "--nothing=x" }, {})
  lu.assertEquals(completion { "at", "=" }, {})
end

function T.test_nothing_is_said_where_nothing_is_known()
  local result = assert(process.run { program.executable, "help", "--complete", "--", "run", "" })
  lu.assertEquals({ result.status, result.stdout, result.stderr }, { 0, "", "" })
end

return T
