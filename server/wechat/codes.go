package wechat

import "errors"

// The errcodes that the product meets, from the platform's tables for the endpoints used here; 40163, 45009 for
// messages and 41030 for messages are in none of the tables but come in practice.
const (
	CodeBusy              = -1    // system busy
	CodeInvalidCredential = 40001 // the token has been replaced, or the secret is wrong
	CodeInvalidOpenID     = 40003 // no such user of this mini-program
	CodeInvalidAppID      = 40013
	CodeInvalidToken      = 40014
	CodeInvalidCode       = 40029 // login or phone code unknown, older than 5 minutes, or another app's
	CodeInvalidTemplate   = 40037
	CodeInvalidArgs       = 40097
	CodeInvalidSecret     = 40125
	CodeInvalidScene      = 40129
	CodeUsedCode          = 40163 // login code used before
	CodeForeignIP         = 40164 // this server is not on the account's IP list
	CodeSceneLength       = 40169
	CodeHighRiskUser      = 40226 // login refused for this user
	CodeDuplicate         = 40241 // the same message within 60 seconds
	CodeSecretFrozen      = 40243
	CodeMissingToken      = 41001
	CodeInvalidPage       = 41030 // the page is not in the released version
	CodeExpiredToken      = 42001
	CodeNoGrant           = 43101 // the user has not subscribed, or the grant is spent
	CodeBanned            = 43107 // the account's subscribe ability or the template is banned
	CodeConcurrent        = 43108 // two sends to one user at once
	CodeDailyQuota        = 45009
	CodeMinuteQuota       = 45011
	CodeSensitive         = 45168 // the text contains a blocked word
	CodeInvalidData       = 47003 // a value does not fit its key
	CodeUnauthorized      = 48001 // the account lacks this API
)

// Class says what the sender of a message does about a failure.
type Class int

const (
	// ClassAccepted: no error.
	ClassAccepted Class = iota
	// ClassLater: back off, then repeat. Nothing was done.
	ClassLater
	// ClassTomorrow: the account's quota for the day is used up. Nothing was done.
	ClassTomorrow
	// ClassUnknown: WeChat may have accepted. Not to be repeated blindly.
	ClassUnknown
	// ClassNoGrant: final; the ledger of grants for this user and template is now 0.
	ClassNoGrant
	// ClassRecipient: final for this user: the openid is not known.
	ClassRecipient
	// ClassContent: final for this message: a value or the page does not fit, or a word is blocked.
	ClassContent
	// ClassDuplicate: WeChat has delivered the same message within the last minute: an earlier try was accepted.
	ClassDuplicate
	// ClassSetup: final until an operator acts: template, account, secret or IP list.
	ClassSetup
)

// classes is the retry table of the subscribe message endpoint. Token trouble that outlasts the client's own renewal
// passes when WeChat hands out the next token, so it is for later. A code that is not here is final and needs a look:
// ClassSetup.
var classes = map[int]Class{
	CodeBusy:              ClassLater,
	CodeConcurrent:        ClassLater,
	CodeMinuteQuota:       ClassLater,
	CodeDailyQuota:        ClassTomorrow,
	CodeInvalidCredential: ClassLater,
	CodeInvalidToken:      ClassLater,
	CodeExpiredToken:      ClassLater,
	CodeNoGrant:           ClassNoGrant,
	CodeInvalidOpenID:     ClassRecipient,
	CodeInvalidData:       ClassContent,
	CodeSensitive:         ClassContent,
	CodeInvalidPage:       ClassContent,
	CodeDuplicate:         ClassDuplicate,
}

// Classify says what to do about the error of SendSubscribe.
func Classify(err error) Class {
	var e *Error
	switch {
	case err == nil:
		return ClassAccepted
	case !errors.As(err, &e):
		return ClassUnknown
	case e.Code != 0:
		if class, ok := classes[e.Code]; ok {
			return class
		}
		return ClassSetup
	case e.Outcome == Unknown:
		return ClassUnknown
	case e.Temporary():
		return ClassLater
	case errors.Is(e, ErrInvalid):
		return ClassContent
	}
	return ClassSetup
}
