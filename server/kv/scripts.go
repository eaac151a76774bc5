package kv

import "github.com/redis/go-redis/v9"

// The scripts run inside Redis, each as one step that nobody can come between. They read Redis's clock, so that servers
// whose clocks differ share one limit.
var (
	incrScript = redis.NewScript(`
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return n`)

	compareAndDeleteScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`)

	// The token bucket of bucket.go: ARGV = tokens per second, size; returns {allowed, milliseconds until a token}.
	allowScript = redis.NewScript(`
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local seen = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if seen[1] then
  tokens = math.min(burst, tonumber(seen[1]) + math.max(0, now - tonumber(seen[2])) * rate / 1000)
end
local allowed, wait = 0, 0
if tokens >= 1 then
  allowed, tokens = 1, tokens - 1
else
  wait = math.ceil((1 - tokens) * 1000 / rate)
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) * 1000 / rate) + 1)
return {allowed, wait}`)
)
