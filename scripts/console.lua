-- SPDX-License-Identifier: MIT
-- moontower console: a Lua prompt in the engine, with the modem in hand; every call that waits just works.

local at = require "at"
local edit = require "terminal.line_editor"
local option = require "cli.option"
local find_modem = require("modem").find
local printable = require "base.printable"
local script = require "loading.script"
local show = require "terminal.inspect"
local task = require "task"
local terminal = require "terminal"
local wrap = require "terminal.wrap"

local PROMPT, CONTINUED = "> ", ">> "
local HELP = [[
Type Lua. An expression shows its value, and _ is the last one. Names without `local` stay.
  modem                  the modem, opened when it is first needed:
    modem:identity()  modem:sim()  modem:registration()  modem:signal()  modem:connect { apn = "internet" }
    modem.at:command("ATI").lines
    modem.qmi:request(require("qmi.nas").get_signal_info)
    modem.mbim:query(require("mbim.basic_connect").device_caps)
  task, log, at, carrier, qmi, mbim, net ...   modules: whatever `require` finds, without saying so
  print(...)             shows text, also while you type
Ctrl-C interrupts a call that takes too long; Ctrl-D ends.]]

-- Modules that need no require().
local known = {}
for name in ("at carrier edit log mbim net qmi schema settings show task trace"):gmatch("%S+") do known[name] = true end

-- The globals of a chunk: those of any script, `modem`, our modules, and those that were typed before. They are a copy:
-- beside the daemon, os.exit() or `string.rep = nil` would otherwise act on the daemon.
local function environment(args, prompt)
  local opened = {}
  local values = script.environment(true)
  values.help = setmetatable({}, {
    __tostring = function() return wrap.text(HELP) end, __call = function() prompt:print(wrap.text(HELP)) end,
  })
  function values.print(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    prompt:print(table.concat(parts, "\t"))
  end
  local function modem()
    if not opened.modem then
      opened.modem = assert(find_modem(args.device, { proxy = args.proxy, protocol = args.protocol }))
    end
    return opened.modem
  end
  return setmetatable(values, {
    __index = function(_, name)
      if name == "modem" then
        return modem()
      end
      return known[name] and require(name) or nil
    end,
  }), opened
end

-- ---- reading ----

-- Lua reports of half a chunk that it ends too early.
local function is_incomplete(message)
  return message:sub(-5) == "<eof>"
end

local function compile(text, env)
  local expression, half = load("return " .. text, "=console", "t", env)
  if not expression then
    local chunk, message = load(text, "=console", "t", env)
    return chunk, is_incomplete(half) and half or message
  end
  -- A tail call would leave no trace of its caller.
  local kept = load("local keep__ = ... return keep__(" .. text .. "\n)", "=console", "t", env)
  return kept and function()
    local results = kept(table.pack)
    return table.unpack(results, 1, results.n)
  end or expression
end

-- A whole chunk, which may take several lines.
---@return function? chunk nil at the end
---@return string? mistake
local function read_chunk(prompt, env)
  local text, err = prompt:read()
  while text do
    local chunk, message = compile(text, env)
    if chunk or not is_incomplete(message) then
      return chunk, message
    end
    local line
    line, err = prompt:read(CONTINUED)
    if not line and not err then
      return nil, message
    end
    text = line and text .. "\n" .. line
  end
  return nil, err and "" or nil
end

-- ---- running and showing ----

local function show_error(prompt, err)
  if type(err) ~= "table" or not err.code then
    return prompt:print(show(err))
  elseif err.code == "interrupted" then
    return prompt:print("interrupted")
  end
  prompt:print((tostring(err):gsub("[^\n]+", printable)))
  if err.hint then
    prompt:print("  " .. err.hint:gsub("[^\n]+", printable))
  end
  if err.traceback then
    -- The rest of the stack, below the console's own call, is of no interest.
    local traceback = err.traceback:gsub("\n%s*%[C%]: in function 'xpcall'.*", "")
    prompt:print((traceback:gsub("\n[^\n]*scripts/console.lua.*", ""):gsub("[^\n]+", printable)))
  end
end

local function show_results(prompt, env, results)
  local count = results.n
  if count == 0 then
    return
  end
  env._ = results[1]
  while count > 1 and results[count] == nil do count = count - 1 end
  local shown = {}
  for i = 1, count do shown[i] = show(results[i]) end
  prompt:print(table.concat(shown, "\t"))
end

-- Until the end of the input; false after a mistake in a file.
local function loop(prompt, env)
  while true do
    local chunk, mistake = read_chunk(prompt, env)
    local results
    if chunk then
      results = table.pack(prompt:call(chunk))
    elseif not mistake then
      return true
    elseif mistake ~= "" then
      prompt:print(mistake)
    end
    if results and results[1] then
      show_results(prompt, env, table.move(results, 2, results.n, 1, { n = results.n - 1 }))
    elseif results then
      show_error(prompt, results[2])
    end
    if not prompt:is_terminal() and mistake ~= "" and not (results and results[1]) then
      return false
    end
  end
end

-- The history contains no PINs and passwords.
local function is_harmless(line)
  return at.hide(line) == line and not line:lower():find("p[iu][nk]%f[^%w]") and not line:lower():find("password")
    and not line:find("enter_pin", 1, true)
end

return {
  summary = "A Lua prompt in the engine, with the modem in hand.",
  exits = { [3] = true, [7] = true, [8] = true },

  epilog = "At the prompt, `help` lists what there is:\n\n" .. HELP .. [[


Example:
  > modem:signal().dbm
  -71
  > for i = 1, 3 do print(modem:registration().state) task.sleep(1) end
Lines are remembered in ~/.local/state/moontower/console_history. From a file or a pipe, the first mistake ends it, with
exit status 1.]],

  options = { option.device, option.proxy, option.protocol },

  run = function(args)
    terminal.orders_as "moontower console"
    local opened_prompt, err = edit.open {
      prompt = PROMPT, history = edit.history_path "console_history", keep = is_harmless,
    }
    if not opened_prompt then
      return nil, err
    end
    local prompt <close> = opened_prompt
    local env, opened = environment(args, prompt)
    local _ <close> = task.finally(function()
      if opened.modem then opened.modem:close() end
    end)
    if prompt:is_terminal() then
      prompt:print(wrap.fit(("%s in moontower %s. `help` says what there is; Ctrl-D ends."):format(
        _VERSION, require("core.program").version), 1))
    end
    return loop(prompt, env) and 0 or 1
  end,
}
