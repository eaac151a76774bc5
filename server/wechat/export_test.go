package wechat

import "time"

// SetPatience shortens the wait for another server's token fetch.
func SetPatience(c *Client, d time.Duration) { c.tokens.patience = d }
