-- A fleet that claims and fails: whoever is free reports the next claimed task
-- failed, or claims more if there is none. `wrk -t 1 … -s failures.lua URL`.
local ready, claims, failed = {}, 0, 0
local head = "Host: localhost\r\nContent-Type: application/json\r\n"
local words = '{"status":"failed","attempt":1,"detail":"the provider closed the connection: connection reset by peer"}'
local claim = '{"runner_id":"bench","limit":100,"wait_seconds":0}'

local function post(path, body)
  return "POST " .. path .. " HTTP/1.1\r\n" .. head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function request()
  local id = table.remove(ready)
  if id then return post("/internal/tasks/" .. id .. "/status", words) end
  return post("/internal/tasks/claim", claim)
end

local bad = 0
function response(status, headers, body)
  if status == 204 then
    failed = failed + 1
  elseif status == 200 then
    for id in body:gmatch('"task_id":"(%x+%-%x+%-%x+%-%x+%-%x+)"') do ready[#ready + 1] = id end
  else
    bad = bad + 1
    if bad == 1 then print("refused: " .. status) end
  end
end
