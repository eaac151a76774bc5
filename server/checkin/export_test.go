package checkin

// The pure functions behind the service, for the tables of the external tests.
var (
	ParseCode         = parseCode
	StepAt            = stepAt
	MakeCode          = makeCode
	VerifyCode        = verifyCode
	CodeTimes         = codeTimes
	SpokenCode        = spokenCode
	VerifySpoken      = verifySpoken
	IsSpoken          = isSpoken
	SealTicket        = sealTicket
	OpenTicket        = openTicket
	ParseRecordCursor = parseRecordCursor
	Expectations      = expectation
	Judge             = judge
	JudgeOffline      = judgeOffline
	Band              = band
	MayMark           = mayMark
	Tally             = tally
	NewsOf            = newsOf
	ParsePersonal     = parsePersonal
	MakePersonal      = makePersonal
	GenerationOf      = generationOf
	SealPack          = sealPack
	PackCipher        = packCipher
	PackLabel         = packLabel
	HashPersonal      = hashPersonal
	JudgeKept         = judgeKept
	QuorumOf          = quorumOf
	Sentences         = Counted.sentences
)

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
	Initials      = initials
	OrientationOf = orientation
)
