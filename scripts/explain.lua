-- SPDX-License-Identifier: MIT
-- moontower explain: each link between this computer and the network, what was seen of it, and the first broken one.

local candidates = require "explain.candidates"
local explain = require "explain"
local option = require "cli.option"
local progress = require "terminal.progress"
local recorded = require "explain.recorded"
local report = require "explain.report"
local validate = require "base.validate"

local function explain_one(case, args)
  local _ <close> = case
  local watcher <close> = progress.new(args.json, report.LABEL_WIDTH)
  watcher:done("modem", report.title(case))
  report.daemon(case, watcher)
  local explanation = explain.explain(case, {
    doing = function(name) watcher:doing(name, "looking") end,
    done = function(result, is_first) report.link(result, is_first, watcher) end,
  })
  report.verdict(explanation, watcher)
  if not args.recording then
    recorded.note(explanation)
  end
  return explanation
end

return {
  summary = "Explain why a modem is not online: the first broken link.",
  description = "Look at each link between this computer and the network, from the slot to the path's MTU: what was "
    .. "seen, a verdict, and one thing to do. What lies beyond the first broken link is shown, too. Changes nothing.",
  here = function(args) return args.recording ~= nil end,
  exits = { [0] = "no link is broken", [3] = true, [4] = true, [5] = true, [6] = true, [7] = true, [8] = true },

  options = {
    { "modem", validate.any_text, "Which modem: as --device takes it elsewhere, or an empty socket, such as 1-2",
      args = "?", otherwise = "all there are", candidates = require("cli.command").modem_names },
    { "--recording", validate.any_text, "Explain what `moontower record FILE -- explain` has written, or an `up` that "
      .. "has failed there", argname = "FILE" },
    option.json_list,
  },

  run = function(args)
    local list, err
    if args.recording then
      list, err = recorded.open(args.recording)
    else
      list, err = candidates.find(args.modem)
    end
    if not list then
      return nil, err
    end
    local status, objects = 0, {}
    for i, case in ipairs(list) do
      if i > 1 and not args.json then print() end
      local explanation = explain_one(case, args)
      objects[i] = report.for_programs(explanation)
      status = status == 0 and report.status(explanation) or status
    end
    if args.json then
      print(require("base.json").encode(setmetatable(objects, { __jsontype = "array" }), { indent = true }))
    end
    return status
  end,
}
