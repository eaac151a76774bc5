package wechat

// The errcodes that the product meets, from the platform's tables for the endpoints used here; 40163, 45009 for
// messages and 41030 for messages are in none of the tables but come in practice.
const (
	CodeBusy              = -1    // system busy
	CodeInvalidCredential = 40001 // the token has been replaced, or the secret is wrong
	CodeInvalidToken      = 40014
	CodeInvalidCode       = 40029 // login or phone code unknown, older than 5 minutes, or another app's
	CodeInvalidSecret     = 40125
	CodeInvalidScene      = 40129
	CodeUsedCode          = 40163 // login code used before
	CodeForeignIP         = 40164 // this server is not on the account's IP list
	CodeHighRiskUser      = 40226 // login refused for this user
	CodeInvalidPage       = 41030 // the page is not in the released version
	CodeExpiredToken      = 42001
	CodeNoGrant           = 43101 // the user has not subscribed, or the grant is spent
	CodeConcurrent        = 43108 // two sends to one user at once
	CodeDailyQuota        = 45009
	CodeMinuteQuota       = 45011
	CodeUnauthorized      = 48001 // the account lacks this API
)

// passes reports whether WeChat may answer the same call otherwise later, with nothing changed. Token trouble that outlasts
// the client's own renewal passes when WeChat hands out the next token.
func passes(code int) bool {
	switch code {
	case CodeBusy, CodeConcurrent, CodeMinuteQuota, CodeDailyQuota:
		return true
	}
	return tokenTrouble(code)
}
