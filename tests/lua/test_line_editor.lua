-- SPDX-License-Identifier: MIT
-- Line editing at a terminal, and lines from a file or a program.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local pty = require "support.pty"

local T = {}

local executable = require("core.program").executable

-- Says what was typed, each line in brackets; some words do something else.
local SCRIPT = [[
local edit, task = require "terminal.line_editor", require "task"
local prompt <close> = assert(edit.open {
  prompt = "ask> ", history = os.getenv "HISTORY", keep = function(line) return not line:find "secret" end,
})
local group <close> = task.group()
local words = {
  text = function() print("[" .. tostring(prompt:text()) .. "]") end,
  busy = function() print(prompt:call(function() print("busy now") while true do end end)) end,
  sleep = function() print(prompt:call(function() print("asleep now") task.sleep(60) end)) end,
  news = function()
    group:spawn(function()
      while prompt.core do
        task.sleep(0.1)
        if os.getenv "NEWS" and require("core.fs").stat(os.getenv "NEWS") then break end
      end
      prompt:print("news!")
    end)
  end,
}
while true do
  local line, err = prompt:read()
  if not line and not err then break end
  if words[line or ""] then words[line]() else print("[" .. (line or err.code) .. "]") end
end
print "the end"
]]

local function with_script(fn)
  local path, history = os.tmpname(), os.tmpname()
  os.remove(history)
  local file = assert(io.open(path, "w"))
  file:write(SCRIPT)
  file:close()
  local result = table.pack(xpcall(fn, debug.traceback, path, history))
  os.remove(path)
  os.remove(history)
  if not result[1] then
    error(result[2], 0)
  end
end

local function talk(fn)
  with_script(function(path, history)
    local status, output = pty.run({ "run", path }, function(t)
      t:expect "ask> "
      fn(t, history)
      t:expect "ask> " -- only now Ctrl-D is a key, as it is at any prompt
      t:type "\4"
      t:expect "the end"
    end, { HISTORY = history, NEWS = history .. ".news" })
    lu.assertEquals(status, 0, output)
    lu.assertNotStrContains(output, "left open")
  end)
end

function T.test_a_program_without_its_library_says_so()
  local folder = assert(process.run { "mktemp", "-d" }).stdout:match "%S+"
  for _, version in ipairs { 0, 2 } do assert(fs.write(folder .. "/libedit.so." .. version, "no library")) end
  local status, output = pty.run({ "console" }, function(t)
    t:expect "cannot be loaded:"
    t:expect "Install libedit"
  end, { LD_LIBRARY_PATH = folder })
  assert(process.run { "rm", "-r", folder })
  lu.assertEquals(status, 1, output)
end

function T.test_a_line_is_edited()
  talk(function(t)
    t:type "helo\27[Dl\r" -- left, then an l
    t:expect "[hello]"
    t:expect "ask> " -- between two reads the terminal is not ours
    t:type "x\127one\1two \5!\r" -- backspace, home, end
    t:expect "[two one!]"
    t:expect "ask> "
    t:type "w\xc3\xb6rld\27[D\27[D\27[D\127u\r"
    t:expect "[wurld]"
    t:expect "ask> "
    t:type "two lines\rat once\r"
    t:expect "[two lines]"
    t:expect "[at once]"
  end)
end

function T.test_keys_arrive_byte_by_byte()
  talk(function(t)
    for byte in ("a\xc3\xa4b\27[Dc\r"):gmatch "." do
      t:type(byte)
      require("task").sleep(0.01)
    end
    t:expect "[a\xc3\xa4cb]"
  end)
end

function T.test_earlier_lines_come_back()
  talk(function(t, history)
    t:type "one\rtwo\rthe secret\r"
    t:expect "[the secret]"
    t:expect "ask> "
    t:type "\27[A\r"
    t:expect "[two]"
    t:expect "ask> "
    t:type "on\18\r" -- Ctrl-R
    t:expect "[one]"
    local text = fs.read(history)
    lu.assertEquals(text, "one\ntwo\none\n")
    local mode = assert(process.run { "stat", "-c", "%a", history }).stdout
    lu.assertEquals(mode, "600\n")
  end)
end

-- From other programs, or from before there was a limit: the newest part stays, and only what is not there is made.
function T.test_a_history_that_is_too_long_keeps_its_newest_part()
  with_script(function(path, history)
    local long = {}
    for i = 1, 1500 do long[i] = ("AT+LINE%04d%s"):format(i, ("x"):rep(1000)) end
    long[#long + 1] = "AT+LAST"
    assert(fs.write_atomic(history, table.concat(long, "\n") .. "\n"))
    local status, output = pty.run({ "run", path }, function(t)
      t:expect "ask> "
      t:type "\27[A\r" -- the arrow up
      t:expect "[AT+LAST]"
      t:expect "ask> "
      t:type "\4"
      t:expect "the end"
    end, { HISTORY = history })
    lu.assertEquals(status, 0, output)
    local kept = assert(fs.read(history))
    lu.assertStrContains(kept, "AT+LINE1500")
    lu.assertStrContains(kept, "\nAT+LAST\n")
    lu.assertStrContains(kept, "AT+LINE1300")
    lu.assertTrue(#kept < 300 << 10)
    lu.assertEquals(kept:match "^AT%+LINE%d+x+\n", long[tonumber(kept:match "%d+")] .. "\n") -- a whole line
  end)
end

function T.test_a_history_outlives_the_run()
  with_script(function(path, history)
    for i, keys in ipairs { "first\r", "\27[A\r" } do
      pty.run({ "run", path }, function(t)
        t:expect "ask> "
        t:type(keys)
        t:expect "[first]"
        t:expect "ask> "
        t:type "\4"
        t:expect "the end"
      end, { HISTORY = history })
      lu.assertEquals(fs.read(history), "first\n", "run " .. i)
    end
  end)
end

-- One that would show escape sequences as they are, such as Emacs's: the kernel edits.
function T.test_a_dumb_terminal()
  with_script(function(path, history)
    local status, output = pty.run({ "run", path }, function(t)
      for _, word in ipairs { "first", "second" } do
        t:expect "ask> "
        t:type(word .. "\r")
        t:expect("[" .. word .. "]")
      end
      t:type "\4"
    end, { HISTORY = history, TERM = "dumb" })
    lu.assertEquals(status, 0, output)
    lu.assertNotStrContains(output, "\27")
  end)
end

function T.test_ctrl_c_gives_up_the_line()
  talk(function(t)
    t:type "half a line\3"
    t:expect "[interrupted]"
    t:type "whole\r"
    t:expect "[whole]"
  end)
end

function T.test_ctrl_c_interrupts_a_call_and_not_the_program()
  talk(function(t)
    for _, word in ipairs { "busy", "sleep" } do
      t:type(word .. "\r")
      t:expect "now"
      t:type "\3"
      t:expect "false\tinterrupted"
      t:expect "ask> "
    end
    t:type "on\r"
    t:expect "[on]"
  end)
end

function T.test_several_lines_ended_by_ctrl_z()
  talk(function(t)
    t:type "text\r"
    t:expect "\n> "
    t:type "one\rtwo\26"
    t:expect "[one\r\ntwo]"
  end)
end

function T.test_news_leave_the_line_as_it_is()
  talk(function(t, history)
    t:type "news\rsome words"
    t:expect "some words"
    assert(fs.write_atomic(history .. ".news", ""))
    t:expect "news!\r\nask> some words"
    os.remove(history .. ".news")
    t:type " more\r"
    t:expect "[some words more]"
  end)
end

local function is_cooked(settings)
  return settings:find("%f[%w-]icanon") and settings:find("%f[%w-]isig") and settings:find("%f[%w-]echo%f[%W]")
end

function T.test_the_terminal_is_given_back()
  with_script(function(path, history)
    local ends = { "\4", "TERM", "HUP" }
    for _, ending in ipairs(ends) do
      local settings
      pty.run({ "run", path }, function(t)
        t:expect "ask> "
        t:type "some"
        t:expect "some"
        lu.assertNil(is_cooked(t:settings()))
        if ending == "\4" then
          t:type "\r\4"
        else
          assert(process.run { "pkill", "-" .. ending, "-f", "run " .. path })
        end
        require("task").sleep(0.5)
        settings = t:settings()
      end, { HISTORY = history })
      lu.assertNotNil(is_cooked(settings), ending .. settings)
    end
  end)
end

function T.test_lines_without_a_terminal()
  with_script(function(path)
    local result = assert(process.run { executable, "run", path, stdin = "one\r\ntext\na\nb\26last" })
    lu.assertEquals(result.stdout, "[one]\n[a\nb]\n[last]\nthe end\n")
    lu.assertEquals(result.stderr, "")
    result = assert(process.run {
      "sh", "-c", ('"$0" run %s <%s | head -n 3'):format(path, path), executable,
    })
    lu.assertStrContains(result.stdout, "[local edit, task = ")
    result = assert(process.run { "sh", "-c", ('"$0" run %s </dev/null'):format(path), executable })
    lu.assertEquals(result.stdout, "the end\n")
  end)
end

function T.test_there_is_one_prompt_at_a_time()
  local edit = require "terminal.line_editor"
  local _ <close> = assert(edit.open())
  local _, err = edit.open()
  lu.assertEquals(err.code, "busy")
end

return T
