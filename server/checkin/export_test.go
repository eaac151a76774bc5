package checkin

import (
	"errors"
	"fmt"
	"time"
)

// The pure functions behind the service, for the tables of the external tests.
var (
	ParseCode     = parseCode
	StepAt        = stepAt
	MakeCode      = makeCode
	CodeTimes     = codeTimes
	SpokenCode    = spokenCode
	VerifySpoken  = verifySpoken
	IsSpoken      = isSpoken
	SealTicket    = sealTicket
	OpenTicket    = openTicket
	Expectations  = expectation
	Judge         = judge
	JudgeOffline  = judgeOffline
	Band          = band
	MayMark       = mayMark
	Tally         = tally
	NewsOf        = newsOf
	ParsePersonal = parsePersonal
	MakePersonal  = makePersonal
	GenerationOf  = generationOf
	SealPack      = sealPack
	PackCipher    = packCipher
	PackLabel     = packLabel
	HashPersonal  = hashPersonal
	JudgeKept     = judgeKept
	QuorumOf      = quorumOf
	Sentences     = Counted.sentences
)

var book codeBook

// VerifyCode asks the rule, and the book that remembers what the rule works out: all three answers must be one.
func VerifyCode(key []byte, c EventCode, at time.Time) error {
	want := verifyCode(codeMAC(key, c.Event, c.Step), c, at)
	for range 2 {
		if got := book.verify(key, c, at); !errors.Is(got, want) {
			panic(fmt.Sprintf("%+v at %v: the book says %v, the rule %v", c, at, got, want))
		}
	}
	return want
}

// The reasons why a code or a ticket is not believed.
var (
	ErrCodeMalformed = errCodeMalformed
	ErrCodeForged    = errCodeForged
	ErrCodeExpired   = errCodeExpired
	ErrCodeFuture    = errCodeFuture
)

// The values that those functions exchange.
type (
	EventCode = eventCode
	Ticket    = ticket
)

// Those behind requests and their pictures.
var (
	CheckWanted   = checkWanted
	MayAsk        = mayAsk
	MayDecide     = mayDecide
	MayApprove    = mayApprove
	MayWithdraw   = mayWithdraw
	Redraw        = redraw
	MayHelp       = mayHelp
	OrientationOf = orientation
)
