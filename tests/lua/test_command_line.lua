-- SPDX-License-Identifier: MIT
-- The words of a command line, read by the options and arguments that a command declares.

local lu = require "luaunit"
local parser = require "cli.parser"
local validate = require "base.validate"

local T = {}

local script = {
  options = {
    { "file", validate.any_text, "A file" },
    { "more", validate.any_text, "More files", args = "*" },
    { "-n --number", validate.whole(0, 9), "A number", default = 3 },
    { "-t --text", validate.any_text, "A text" },
    { "--time-out", validate.seconds, "Seconds" },
    { "-v --verbose", validate.flag, "More words" },
    { "-q", validate.flag, "Fewer words", target = "quiet" },
    { "--each", validate.any_text, "One of several", many = true },
    { "--loud", validate.flag, "Loud words, also when given twice", many = true },
    { "--kind", validate.one_of { "a", "b" }, "Which kind" },
    { "--maybe", validate.any_text, "A value or none", args = "?" },
    { "--some", validate.any_text, "One or more", args = "+" },
    parser.either { { "--this", validate.any_text, "One" }, { "--that", validate.flag, "Or the other" } },
  },
}

-- Of a line of words, with those that are there in any case.
local function read(line, of)
  local words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  local args, mistake = parser.read(of or script, words)
  if args and not of then
    for name, usual in pairs { number = 3, file = "f" } do
      args[name] = args[name] ~= usual and args[name] or nil
    end
    args.more = args.more[1] and args.more or nil
    args.each = args.each[1] and args.each or nil
  end
  return args, mistake
end

function T.test_each_way_to_write_a_value()
  for line, expected in pairs {
    ["f"] = {}, ["f g h"] = { more = { "g", "h" } },
    ["-n 5 f"] = { number = 5 }, ["-n5 f"] = { number = 5 }, ["--number=5 f"] = { number = 5 },
    ["f --number 5"] = { number = 5 }, ["f --text="] = { text = "" }, ["f --text=a=b"] = { text = "a=b" },
    ["f -t=a"] = { text = "=a" }, ["f -vqn4"] = { verbose = true, quiet = true, number = 4 },
    ["f -vtq"] = { verbose = true, text = "q" }, ["f --time-out 0.5"] = { time_out = 0.5 },
    ["f --each a --each b"] = { each = { "a", "b" } }, ["f -n 1 -n 2"] = { number = 2 },
    ["f --maybe -v"] = { verbose = true }, ["f --maybe x"] = { maybe = "x" },
    ["f --some a b -v"] = { some = { "a", "b" }, verbose = true },
    ["f --some a -- b"] = { some = { "a" }, more = { "b" } },
    ["-- f -v --text"] = { more = { "-v", "--text" } }, ["f -"] = { more = { "-" } }, ["f --text -"] = { text = "-" },
    ["f --loud"] = { loud = true }, ["f --loud --loud"] = { loud = true },
    ["f --kind b"] = { kind = "b" }, ["f --this x --this y"] = { this = "y" },
  } do
    lu.assertEquals({ read(line) }, { expected }, line)
  end
end

function T.test_what_is_not_given()
  local args = assert(parser.read(script, { "f" }))
  lu.assertEquals(args, { file = "f", more = {}, each = {}, number = 3 })
end

function T.test_mistakes()
  for line, expected in pairs {
    [""] = "missing argument 'file'",
    ["f -n"] = "option '-n' requires an argument", ["f --text -v"] = "option '--text' requires an argument",
    ["f --text --"] = "option '--text' requires an argument",
    ["f --some -v"] = "option '--some' requires an argument",
    ["f -n x"] = "--number: 'x' should be a whole number from 0 to 9",
    ["f --time-out 0"] = "--time-out: '0' should be seconds, more than 0 and at most 1e9",
    ["f --kind c"] = "argument for option '--kind' must be one of 'a', 'b'",
    ["f --verbose=1"] = "option '--verbose' does not take arguments",
    ["f --this x --that"] = "option '--that' can not be used together with option '--this'",
    ["f --nothing"] = "unknown option '--nothing'", ["f -vx"] = "unknown option '-x'",
    ["f --verbos"] = "unknown option '--verbos'\nDid you mean '--verbose'?",
  } do
    lu.assertEquals({ read(line) }, { nil, expected }, line)
  end
end

function T.test_arguments_that_exclude_options_and_choices_of_arguments()
  local of = { options = {
    parser.either {
      { "name", validate.one_of { "on", "off" }, "A name", args = "?" }, { "--all", validate.flag, "All" },
    },
  } }
  lu.assertEquals({ read("on", of) }, { { name = "on" } })
  lu.assertEquals({ read("--all", of) }, { { all = true } })
  lu.assertEquals({ read("on --all", of) }, { nil, "option '--all' can not be used together with argument 'name'" })
  lu.assertEquals({ read("x", of) }, { nil, "argument 'name' must be one of 'on', 'off'" })
  lu.assertEquals({ read("on off", of) }, { nil, "too many arguments" })
  lu.assertEquals(require("cli.usage").text("it", of):match "[^\n]*", "Usage: moontower it [-h] ([{on,off}] | [--all])")
end

function T.test_a_script_of_its_own_gets_all_options()
  local of = { passes_help_on = true, options = {
    { "file", validate.any_text, "A script" }, { "arguments", validate.any_text, "Its arguments", args = "*" },
  } }
  lu.assertEquals({ read("x.lua --help -- -v", of) }, { { file = "x.lua", arguments = { "--help", "--", "-v" } } })
end

return T
