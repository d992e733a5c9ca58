-- SPDX-License-Identifier: MIT
-- moontower sms: lists, shows, sends and deletes SMS: those that the modem has, and those that the daemon has moved to
-- this computer's disk.

local columns = require "terminal.columns"
local errors = require "errors"
local inbox = require "inbox"
local json = require "base.json"
local messages = require "modem.messages"
local modem = require "modem"
local option = require "cli.option"
local sms = require "sms"
local terminal = require "terminal"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local check = errors.check
local array = { __jsontype = "array" }

local SHOWN = 60 -- letters of a text in the list
local NEWEST = 100 -- messages on this computer that are listed

local function usage(message)
  return errors.fail { code = "usage", source = "sms", message = message, hint = "Try `moontower sms --help`." }
end

local function print_json(value) print(json.encode(value, { indent = true })) end

local function open(args)
  return modem.find(args.device, { proxy = args.proxy, protocol = args.protocol, at_only = true })
end

-- ---- showing ----

local function state_of(message)
  if message.problem then
    return "unreadable"
  elseif message.kind == "report" then
    return "report"
  end
  return message.missing and message.status .. ", incomplete" or message.status
end

local function words_of(message)
  if message.delivery then
    local sent = message.sent
    local part = sent and sent.part and (" (part %d of %d)"):format(sent.part, sent.count) or ""
    return message.delivery.state .. (sent and (": %s%s"):format(sms.fit(sent.text), part) or "")
  end
  return message.text or message.data and #message.data // 2 .. " bytes of data" or message.problem or ""
end

local function shortened(text)
  text = text:gsub("%s*\n%s*", " ")
  local last = utf8.offset(text, SHOWN + 1)
  return last and last <= #text and text:sub(1, last - 1) .. "..." or text
end

local function plain_time(time) return time and time:gsub("T", " ") or "" end

local function print_list(list, others)
  if #list == 0 then
    return wrap.print "There are no messages."
  end
  local rows = { { "", "", "number", "time", "text" } }
  for _, message in ipairs(list) do
    rows[#rows + 1] = {
      message.id, state_of(message), message.number or "", plain_time(message.time), shortened(words_of(message)),
    }
  end
  columns.print(rows)
  if others > 0 then
    wrap.print(("%d older ones are on this computer: `moontower sms --all` lists them, too."):format(others))
  end
end

local function print_message(message)
  local is_ours = message.kind == "outgoing" or message.kind == "report"
  print(("%s %s"):format(is_ours and "To:  " or "From:", message.number or "unknown"))
  if message.time then
    print("Time: " .. plain_time(message.time))
  end
  print("      " .. state_of(message))
  print ""
  print(message.text or message.data or words_of(message))
end

-- ---- actions ----

local actions = {}

-- Without a modem, those on this computer, whatever card they came to.
local function all_of(device, most)
  if device then
    return device:messages(most)
  end
  return inbox.list(nil, most)
end

function actions.list(device, args)
  local list, others = check(all_of(device, not args.all and NEWEST or nil))
  if args.json then
    print_json { messages = setmetatable(list, array), older = others }
  else
    print_list(list, others)
  end
end

-- Without a modem, one that is on this computer.
local function find(device, id)
  if device then
    return check(device:message(id))
  end
  return check(messages.read(nil, id))
end

function actions.read(device, args)
  local message = find(device, args.values[1])
  if args.json then
    print_json(message)
  else
    print_message(message)
  end
end

function actions.send(device, args)
  local sent = check(device:send_message(args.values[1], args.values[2], { report = args.report }))
  if args.json then
    print_json(sent)
  else
    wrap.print(("Sent to %s%s."):format(sent.number, sent.parts > 1 and (", in %d parts"):format(sent.parts) or ""))
  end
end

-- What has been read, and is whole.
local function all_read(device)
  local list = {}
  for _, message in ipairs((check(all_of(device)))) do
    if message.status == "read" and not message.missing and not message.problem then list[#list + 1] = message end
  end
  return list
end

function actions.delete(device, args)
  local chosen = args.all_read and all_read(device) or { find(device, args.values[1]) }
  local ids = setmetatable({}, array)
  for i, message in ipairs(chosen) do
    check(messages.delete(device, message))
    ids[i] = message.id
  end
  if args.json then
    print_json { deleted = ids }
  else
    wrap.print(#ids == 0 and "There was none to delete." or "Deleted: " .. table.concat(ids, ", ") .. ".")
  end
end

-- ---- following ----

local function show_news(message, args)
  if args.json then
    print(json.encode(message))
  else
    print_message(message)
    print ""
  end
end

local function watch(args)
  terminal.stream()
  local device <close> = check(open(args))
  local news <close> = device:events "sms"
  while true do
    show_news(check(news:next()).value, args)
  end
end

-- ---- the command line ----

local wanted = { list = 0, read = 1, send = 2, delete = 1 }
local forms = { list = "", read = " N", send = " NUMBER TEXT", delete = " N, or `delete --all-read`" }

local function check_usage(action, args)
  if args.all_read and action ~= "delete" then
    return usage "--all-read goes with `delete`"
  elseif (args.all or args.watch) and action ~= "list" then
    return usage "--all and --watch go with the list"
  elseif args.report and action ~= "send" then
    return usage "--report goes with `send`"
  elseif #args.values ~= (args.all_read and 0 or wanted[action]) then
    return usage(("it is `moontower sms %s%s`"):format(action, forms[action]))
  elseif action == "send" and not sms.is_number(args.values[1]) then
    return usage "a number consists of digits, perhaps with + before them"
  end
  return true
end

-- What this computer has stored needs no modem.
local function is_without_modem(action, args, err)
  local id = args.values[1] or ""
  local is_about_all = action == "list" or action == "delete" and args.all_read
  return err.code == "no-modem" and not args.device
    and (is_about_all and #(inbox.list(nil, 1) or {}) > 0 or action ~= "send" and inbox.is_id(id))
end

local run = errors.protect(function(args)
  local action = args.action or "list"
  check(check_usage(action, args))
  if args.watch then
    return watch(args)
  end
  local device <close>, err = open(args)
  if device or not is_without_modem(action, args, err) then
    check(device, err)
  end
  actions[action](device, args)
  return 0
end)

return {
  summary = "List, read, send and delete the modem's SMS.",
  exits = { [3] = true, [4] = true, [5] = true, [7] = true, [8] = true },

  usage = [[
moontower sms [list] [--all]
moontower sms --watch
moontower sms read N
moontower sms send NUMBER TEXT [--report]
moontower sms delete N|--all-read]],

  epilog = [[
N is what the list begins its lines with; "s" before it means this computer's disk, "m" the modem's own store, and a
bare number the card. A message of several parts is one line, "incomplete" if some of them are not there (yet). A modem
takes what was listed as read.

The daemon moves what comes in to this computer's disk, unless `sms = "card"` in the modem's entry of the configuration
says otherwise: 10,000 at most, and what comes then stays on the card. Without the daemon a card, which holds 10 to 50
messages, fills up, and the network keeps what does not fit: delete what has been read.]],

  options = {
    { "action", validate.one_of { "list", "read", "send", "delete" }, "What to do", args = "?", otherwise = "list" },
    { "values", validate.any_text, "Which message; or the number and the text", args = "*" },
    { "--all", validate.flag, "List all on this computer, not the newest 100" },
    { "--watch", validate.flag, "Show messages as they come in, until interrupted or the modem is gone" },
    { "--report", validate.flag, "Ask the network whether it has been delivered: the answer comes as an SMS" },
    { "--all-read", validate.flag, "Delete all that were read before, and are complete" },
    option.device, option.proxy, option.protocol, option.json,
  },

  run = run,
}
