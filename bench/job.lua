-- wrk's side of a job: one request, again and again, from the environment; one line of JSON at the end.
local function given(name) return os.getenv("BENCH_" .. name) or "" end

function setup(thread) thread:set("number", 1) end

function init()
  wrk.method = given("METHOD")
  wrk.headers["Authorization"] = "Bearer " .. given("TOKEN")
  if given("BODY") ~= "" then
    wrk.headers["Content-Type"] = given("CONTENT_TYPE")
    local file = assert(io.open(given("BODY"), "rb"))
    wrk.body = file:read("*a")
    file:close()
  end
end

-- Another key for each request.
if given("KEY_PREFIX") ~= "" then
  local requests = 0
  function request()
    requests = requests + 1
    wrk.headers["Idempotency-Key"] = string.format('"%s-%d"', given("KEY_PREFIX"), requests)
    return wrk.format()
  end
end

function done(summary, latency)
  local failed = summary.errors
  print(string.format(
    '{"requests":%d,"wall_us":%d,"refused":%d,"broken":%d,"p50_us":%d,"p99_us":%d,"max_us":%d}',
    summary.requests, summary.duration, failed.status, failed.connect + failed.read + failed.write + failed.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
