-- SPDX-License-Identifier: MIT
-- The manual pages: they say what is declared. tests/manual has man(1) and mandoc(1) read them.

local command = require "cli.command"
local entries = require "daemon.entries"
local events = require "events"
local exit_status = require "cli.exit_status"
local handbook = require "cli.handbook"
local keys = require "carrier.keys"
local lu = require "luaunit"
local manual = require "manual"
local parser = require "cli.parser"
local policy = require "policy"
local roff = require "manual.roff"

local T = {}

local ESCAPED = { ["\\e"] = "\\", ["\\-"] = "-", ["\\ "] = " ", ["\\&"] = "" }
local NAMED = { ga = "`", aq = "'", ha = "^", ti = "~", dq = '"' }

-- What a reader sees, on one line.
local function shown(text)
  text = text:gsub("\\f[BIR]", ""):gsub("\\%((%l%l)", NAMED):gsub("\\.", ESCAPED)
  return (text:gsub("%s+", " "))
end

local pages = {}
for _, page in ipairs(manual.pages "2026-01-01") do
  pages[("%s(%d)"):format(page.name, page.section)] = { text = shown(page.text) }
end

local function assert_item(page, name)
  lu.assertStrContains(pages[page].text, (".TP %s "):format(name), false, page)
end

function T.test_each_command_has_a_page_with_all_its_options()
  for _, name in ipairs(command.names()) do
    local script, page = command.script(name), ("moontower-%s(8)"):format(name)
    if policy.is(script) then
      lu.assertNil(pages[page], page)
    else
      lu.assertStrContains(pages["moontower(8)"].text, (".TP %s %s"):format(page, script.summary:gsub("`", "")))
      for _, option in ipairs(parser.flat(script.options)) do
        for one in option[1]:gmatch "%-%S+" do
          lu.assertNotNil(pages[page].text:find((" %s[ ,]"):format((one:gsub("%-", "%%-")))), page .. ": " .. one)
        end
        lu.assertStrContains(pages[page].text, option[3]:gsub("`", ""), false, page)
      end
      for status in pairs(script.exits or {}) do assert_item(page, tostring(status)) end
    end
  end
end

function T.test_what_is_declared_elsewhere_is_on_the_other_pages()
  for _, one in ipairs(entries.all) do assert_item("moontower-config(5)", one[1]) end
  for _, one in ipairs(entries.of_modem) do assert_item("moontower-config(5)", "modems " .. one[1]) end
  for _, one in ipairs(entries.of_broker) do assert_item("moontower-config(5)", "broker " .. one[1]) end
  for _, one in ipairs(keys.of_carrier) do assert_item("moontower-carrier(5)", one[1]) end
  for _, one in ipairs(keys.of_bearer) do assert_item("moontower-carrier(5)", "bearers " .. one[1]) end
  for _, one in ipairs(keys.of_modem) do assert_item("moontower-carrier(5)", "modem " .. one[1]) end
  for _, one in ipairs(policy.fields) do assert_item("moontower-policy(7)", one[1]) end
  for _, name in ipairs(command.names()) do
    local script = command.script(name)
    for _, one in ipairs(policy.is(script) and script.options or {}) do
      assert_item("moontower-policy(7)", ("%s %s"):format(name, one[1]))
    end
  end
  for _, name in ipairs(events.names) do lu.assertStrContains(pages["moontower-policy(7)"].text, name) end
  for status, words in pairs(exit_status.list) do
    lu.assertStrContains(pages["moontower(8)"].text, (".TP %d %s"):format(status, words[1]:gsub("`", "")))
  end
end

function T.test_each_topic_of_help_is_on_a_page()
  local all = {}
  for _, page in pairs(pages) do all[#all + 1] = page.text end
  local text = table.concat(all)
  for _, topic in ipairs(handbook.topics) do
    local heading = topic.heading
    local words = heading and ('.SH "%s"'):format(heading:upper()) or topic.summary:gsub("%.$", "")
    lu.assertTrue(text:find(words, 1, true) ~= nil, words) -- the text itself is too long to show
  end
end

function T.test_each_page_names_pages_that_are_there()
  local count = 0
  for name, page in pairs(pages) do
    for other in page.text:gsub("%.BR (%S+) (%(%d%))", "%1%2"):gmatch "moontower[%l-]*%(%d%)" do
      lu.assertNotNil(pages[other], name .. " names " .. other)
      count = count + 1
    end
  end
  lu.assertTrue(count > 100)
end

function T.test_what_roff_takes_for_its_own_is_text()
  local page = roff.new("it", 1, "2026-01-01", "it")
  page:paragraph ".it begins with a dot, 'it' has quotes, a \\ and `--json` and on-line"
  page:code { ".code", "'code'", "\\code -x" }
  page:help "Examples:\n  it -x   shows x\n  it -y   shows y"
  lu.assertStrContains(page:text(), table.concat({
    "\\&.it begins with a dot, \\(aqit\\(aq has quotes, a \\e and \\fB\\-\\-json\\fR and",
    "on-line",
    ".PP", ".RS 4", ".EX", "\\&.code", "\\(aqcode\\(aq", "\\ecode \\-x", ".EE", ".RE",
    ".PP", "Examples:", ".TP", "\\fBit \\-x\\fR", "shows x", ".TP", "\\fBit \\-y\\fR", "shows y", "",
  }, "\n"))
end

return T
