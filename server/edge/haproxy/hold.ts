/**
 * The one thing that HAProxy's configuration cannot say: wait until a map changes. A request of a held route sleeps in
 * this script before a backend is chosen, so that a kept connection, a POST and its body wait as well (of a body at most
 * one buffer is taken in). It looks the route up as the frontend does; when no hold is left, it goes where the route says.
 */
const lookMs = 40;

/** Ends a held route's record: `slot|release|first byte|tunnel|queue|until (Unix ms)|most at once|longest ms|held`. */
export const holdMark = 'held';

/** `txn.waited` is set on what waited, `txn.hold` to `late` on what waited as long as it may or came after the end. */
export const holdScript = (routesMap: string): string => `local exact = Map.new("${routesMap}", Map._str)
local prefix = Map.new("${routesMap}", Map._beg)

local function find(host, path)
  return exact:lookup(host)
    or prefix:lookup("/" .. host .. path .. "/")
    or prefix:lookup("/" .. string.gsub(host, "^[^.]*", "*", 1) .. path .. "/")
end

local function now()
  local at = core.now()
  return at.sec * 1000 + at.usec / 1000
end

core.register_action("hold", { "http-req" }, function(txn)
  local host, path = txn:get_var("txn.host"), txn.sf:path()
  local since = now()
  txn:set_var("txn.waited", true)
  while true do
    local route = find(host, path)
    local ends, longest = string.match(route or "", "|(%d+)|%d+|(%d+)|${holdMark}$")
    local at = now()
    if ends == nil or at >= tonumber(ends) or at - since >= tonumber(longest) then
      if ends ~= nil then txn:set_var("txn.hold", "late") end
      if route ~= nil then txn:set_var("txn.route", route) end
      return
    end
    core.msleep(${lookMs})
  end
end)
`;
