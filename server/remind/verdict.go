package remind

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// WeChat's answers to a send, from the platform's tables for subscribe messages and for the official account's template
// messages. Some are in neither but come in practice: 40241, 41030, 45009 and 45011.
const (
	codeBusy       = -1
	codeStaleToken = 40001 // these three outlast a renewed token only while WeChat itself is in trouble
	codeBadToken   = 40014
	codeOldToken   = 42001
	codeOpenID     = 40003
	codeKind       = 40008
	codeMiniApp    = 40013
	codeIDLength   = 40036
	codeTemplate   = 40037
	codeURL        = 40039
	codeDuplicate  = 40241 // the same text to the same person within a minute: an earlier call was accepted
	codeKeyword    = 40246
	codeOutdated   = 40247
	codeMarketing  = 40249
	codePage       = 41030
	codeStranger   = 43004
	codeNoGrant    = 43101
	codeBanned     = 43107
	codeConcurrent = 43108
	codeRestricted = 43116
	codeDayQuota   = 45009
	codeQuota      = 45011
	codeRetired    = 45109
	codeSensitive  = 45168
	codeData       = 47003
	codeNoAPI      = 48001
)

// finals are the answers that no repetition changes, with what the secretary reads. The official account's own ones are
// in officialFinals.
var finals = map[int]string{
	codeOpenID:    "微信号对不上，请本人重新打开小程序登录",
	codeTemplate:  "消息模板不可用，请联系管理员",
	codePage:      "小程序页面不可用，请联系管理员",
	codeBanned:    "微信停用了本小程序的订阅消息，请联系管理员",
	codeSensitive: "内容含微信不允许的词，没有送出",
	codeData:      "内容不合微信的要求，请联系管理员",
	codeRetired:   whyNoAPI,
	codeNoAPI:     whyNoAPI,
}

var officialFinals = map[int]string{
	codeKind:       "公众号消息设置有误，请联系管理员",
	codeMiniApp:    "公众号没有关联本小程序，请联系管理员",
	codeIDLength:   "公众号消息模板不可用，请联系管理员",
	codeTemplate:   "公众号消息模板不可用，请联系管理员",
	codeURL:        "公众号消息设置有误，请联系管理员",
	codeKeyword:    "公众号消息模板不可用，请联系管理员",
	codeOutdated:   "公众号消息模板已过时，请联系管理员",
	codeMarketing:  "公众号认为内容是营销，没有送出",
	codePage:       "小程序页面不可用，请联系管理员",
	codeRestricted: "公众号消息模板被限制，请联系管理员",
	codeSensitive:  "内容含微信不允许的词，没有送出",
	codeData:       "公众号消息内容不合要求，请联系管理员",
	codeRetired:    whyNoAPI,
	codeNoAPI:      whyNoAPI,
}

// strangers are the official account's answers that say that the person gets nothing from it.
var strangers = map[int]string{
	codeStranger: whyNotFollowing,
	codeOpenID:   whyNotFollowing,
	codeNoGrant:  "没有允许公众号的通知",
}

const (
	whyRefused     = "没有允许提醒，或允许的次数已用完"
	whyBusy        = "微信一直繁忙，没有送出"
	whyQuota       = "今天的微信发送额度已用完"
	whyUnknown     = "微信没有回音，可能已送达，为免重复没有再发"
	whyUnconfirmed = "微信没有回音，按已送达处理"
	whyFault       = "系统故障，没有送出"
	whyFinal       = "消息发送设置有误，请联系管理员"
	whyNoAPI       = "公众平台账号没有开通这项功能，请联系管理员"
	whyAccount     = "公众平台账号暂时不能发送（%d），请联系管理员"
)

// How to go on after a call.
const (
	// maxCalls, with the waits between them, outlast an outage of two hours.
	maxCalls = 12
	// answerWait is how long an unanswered call rests before anything else is done about it. WeChat reports what it sent
	// within seconds, and twice more at intervals of five; and it must stay below the minute in which it recognises a
	// repeated text (40241).
	answerWait = 45 * time.Second
	firstWait  = 15 * time.Second
	longWait   = 30 * time.Minute
)

// doubt says what is known about earlier calls of a delivery.
type doubt int

const (
	noDoubt  doubt = 0 // nothing has been accepted
	inDoubt  doubt = 1 // something may have been
	inRepeat doubt = 2 // as before, and the repeat that asks is under way
)

// call is a call to WeChat as it was begun.
type call struct {
	channel  Channel
	attempt  int // from 1, on this channel
	doubt    doubt
	urgent   bool
	now      time.Time
	deadline time.Time
}

// verdict is what an answer means for the delivery.
type verdict struct {
	state  State // Sending: the outcome is unknown, look again after wait; Pending: try again after wait
	code   int
	reason string
	doubt  doubt
	wait   time.Duration
	spent  bool // the ledger is wrong: there is no grant left
	late   bool // the next try would come too late for this reminder
	left   bool // the person does not follow the official account any more
	// certain says that a message that is Refused or Failed has not arrived and never will: another channel may be tried.
	certain bool
	channel Channel // the next one; "" = the same
	extra   string  // counted besides the state: unconfirmed or unknown
}

// judge reads the answer to a call. It is the one place where repeats are decided.
func judge(c call, err error) verdict {
	if err == nil {
		return verdict{state: Sent}
	}
	var e *SendError
	if !errors.As(err, &e) || e.Unknown && e.Code == 0 && !c.answered(e.Status) {
		return c.unanswered()
	}
	v := c.read(e)
	v.certain = c.doubt == noDoubt && v.extra == "" && e.Status < http.StatusInternalServerError
	return v
}

// read decides on an answer that says that it was not done.
func (c call) read(e *SendError) verdict {
	if e.Account {
		return c.later(e, c.backoff(), fmt.Sprintf(whyAccount, e.Code))
	}
	if reason, ok := c.finals()[e.Code]; ok {
		return verdict{state: Failed, code: e.Code, reason: reason}
	}
	if reason, ok := strangers[e.Code]; ok && c.channel == Official {
		return c.stranger(e.Code, reason)
	}
	switch e.Code {
	case codeNoGrant:
		return c.noGrant()
	case codeDuplicate:
		return verdict{state: Sent, code: e.Code, reason: whyUnconfirmed, extra: extraUnconfirmed}
	case codeDayQuota:
		return c.later(e, midnight(c.now).Add(24*time.Hour).Sub(c.now), whyQuota)
	case codeBusy, codeStaleToken, codeBadToken, codeOldToken, codeConcurrent, codeQuota:
		return c.later(e, c.backoff(), whyBusy)
	case 0:
		if !e.Final {
			return c.later(e, c.backoff(), whyBusy)
		}
		return verdict{state: Failed, reason: whyFinal}
	}
	return verdict{state: Failed, code: e.Code, reason: fmt.Sprintf("微信拒绝了这条消息（%d），请联系管理员", e.Code)}
}

func (c call) finals() map[int]string {
	if c.channel == Official {
		return officialFinals
	}
	return finals
}

// What is counted besides states.
const (
	extraUnconfirmed = "unconfirmed"
	extraUnknown     = "unknown"
)

// answered reports whether an HTTP status is an answer of somebody who says that it was not done. The official account
// has no grant that would tell whether a gateway that said so was right, but it knows a repeat by its key: there every
// failure of a gateway is asked about.
func (c call) answered(status int) bool {
	if c.channel == Official {
		return status != 0 && status < http.StatusInternalServerError
	}
	return status != 0 && status != http.StatusGatewayTimeout
}

// noGrant: after a call that may have been accepted, a grant that is gone says that it was.
func (c call) noGrant() verdict {
	if c.doubt != noDoubt {
		return verdict{state: Sent, code: codeNoGrant, reason: whyUnconfirmed, spent: true, extra: extraUnconfirmed}
	}
	return verdict{state: Refused, code: codeNoGrant, reason: whyRefused, spent: true}
}

// stranger: who does not follow now may have done so when an earlier call was accepted.
func (c call) stranger(code int, reason string) verdict {
	v := verdict{state: Refused, code: code, reason: reason}
	if c.doubt != noDoubt {
		v = unknown()
	}
	v.left = code != codeNoGrant
	return v
}

func (c call) unanswered() verdict {
	if c.doubt == inRepeat && c.channel == Subscribe {
		return unknown()
	}
	return verdict{state: Sending, doubt: inDoubt, wait: answerWait}
}

func unknown() verdict { return verdict{state: Failed, reason: whyUnknown, extra: extraUnknown} }

// later: nothing was done this time. The state in which it is tried again keeps what was in doubt before.
func (c call) later(e *SendError, wait time.Duration, reason string) verdict {
	v := verdict{state: Pending, code: e.Code, reason: reason, doubt: c.doubt, wait: wait}
	if c.doubt == inRepeat {
		v.state, v.doubt = Sending, inDoubt
	} else if e.Status >= http.StatusInternalServerError {
		v.doubt = inDoubt
	}
	next := c.now.Add(wait)
	if !c.urgent {
		next = afterQuiet(next)
		v.wait = next.Sub(c.now)
	}
	if c.attempt < maxCalls && next.Before(c.deadline) {
		return v
	}
	if v.state == Sending {
		return unknown()
	}
	return verdict{state: Failed, code: e.Code, reason: reason, late: !next.Before(c.deadline)}
}

// spread lengthens a wait by up to a tenth, and up to a minute, so that what failed together is not all tried again in the
// same moment. chance is any number.
func spread(wait time.Duration, chance byte) time.Duration {
	return wait + min(wait/10, time.Minute)*time.Duration(chance)/256
}

// backoff returns how long to wait before the next call: 15 s, doubled with each, at most half an hour.
func (c call) backoff() time.Duration {
	wait := firstWait
	for i := 1; i < c.attempt && wait < longWait; i++ {
		wait *= 2
	}
	return min(wait, longWait)
}
