package checkin

import (
	"time"

	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
)

// Kept is one check-in that a station has made without signal.
type Kept struct {
	Key       string // of the phone; the same key gives the same answer
	Pack      ident.ID
	Member    ident.ID
	Proof     string // of the member in the pack
	Code      string // the personal code that was scanned; "" when the name was ticked
	ScannedAt time.Time
}

// Outcome is what became of it.
type Outcome string

// The outcomes.
const (
	Recorded   Outcome = "recorded"
	Repeated   Outcome = "repeated" // somebody else was earlier
	Questioned Outcome = "question" // the secretary has to say which version holds
	Refused    Outcome = "refused"
)

// Doubt is why the secretary is asked.
type Doubt string

// The doubts.
const (
	NoDoubt       Doubt = ""
	DoubtClosed   Doubt = "event_closed"     // the event was closed before it was sent
	DoubtEdited   Doubt = "event_edited"     // outside the window, which has been changed since the pack was made
	DoubtMoved    Doubt = "member_moved"     // no longer on the list
	DoubtRenewed  Doubt = "code_renewed"     // the code was replaced after the pack was made
	DoubtMarked   Doubt = "marked_otherwise" // there is a leave, an absence or a correction
	packClockSkew       = 2 * time.Minute    // what is left of a phone's error after it was measured
)

// Sentence returns the question as the secretary reads it.
func (d Doubt) Sentence() string {
	return map[Doubt]string{
		DoubtClosed:  "上传前活动已经结束。要按签到台的记录登记到场吗？",
		DoubtEdited:  "签到时间后来改过，这次签到在新的时间之外。仍要登记到场吗？",
		DoubtMoved:   "这个人后来不在这次活动的名单里了。仍要登记到场吗？",
		DoubtRenewed: "这个人的个人码后来换新了，扫到的是旧码。确认是本人、登记到场吗？",
		DoubtMarked:  "名单里已有别的登记。要改为到场吗？",
	}[d]
}

// Refusals of kept check-ins.
var (
	errPackUnknown  = fault.NotFound("pack_unknown", "这份离线名单不是您为这次活动下载的，请重新下载")
	errPackExpired  = fault.Conflict("pack_expired", "这份离线名单当时已过期，请在名单里登记")
	errBeforePack   = fault.Conflict("scan_before_pack", "签到时间早于下载名单的时间，请校准手机时间后在名单里登记")
	errPackTooLarge = fault.Conflict("roster_too_large", "名单超过三千人，无法下载到手机，请由各支部分别下载")
)

// judgeKept decides whether a kept check-in can have happened when the phone says, with the pack it was made from.
func judgeKept(scanned, made, expires, now time.Time) error {
	switch {
	case scanned.Before(made.Add(-packClockSkew)):
		return errBeforePack
	case scanned.After(expires):
		return errPackExpired
	}
	return judgeOffline(scanned, now)
}

// weighed is a kept check-in with everything that is known about it.
type weighed struct {
	event     event.Event
	edited    bool       // the event has taken a step since the pack was made
	there     Attendance // what is recorded; Revision is 0 when nothing is
	corrected bool       // the roll has taken back a presence
	listed    bool       // the member is still on the actor's list
	renewed   bool       // the code has been replaced since the pack was made
	offered   Attendance // what the station says
}

// doubt decides what the secretary has to be asked before the station's version is recorded, or why it cannot be.
func (w weighed) doubt() (Doubt, error) {
	switch w.event.State {
	case event.Cancelled, event.Draft:
		_, err := judge(w.event, w.offered.At, true)
		return NoDoubt, err
	case event.Closed:
		return DoubtClosed, nil
	case event.Published:
	}
	switch {
	case !w.listed:
		return DoubtMoved, nil
	case w.renewed:
		return DoubtRenewed, nil
	}
	if _, err := judge(w.event, w.offered.At, true); err != nil {
		if w.edited {
			return DoubtEdited, nil
		}
		return NoDoubt, err
	}
	if w.contradicted() {
		return DoubtMarked, nil
	}
	return NoDoubt, nil
}

// contradicted reports whether the record says something else: a leave, an absence, a correction, or a mark that was
// taken back after the instant of the scan.
func (w weighed) contradicted() bool {
	if w.there.Status == Pending {
		return w.there.Revision > 0 && w.offered.At.Before(w.there.At)
	}
	return w.corrected || !w.there.Status.came()
}

// settled reports whether nothing is left to be decided, because a presence is recorded that the station's does not
// precede. Of two stations that hold the same member the first instant wins, whichever is sent first.
func (w weighed) settled() bool {
	return w.there.Status.came() && (!w.offered.At.Before(w.there.At) || w.corrected || w.event.State == event.Closed)
}

// arrival is the status of somebody who came at an instant, whatever the window says.
func arrival(e event.Event, at time.Time) Status {
	if at.After(e.Window.LateAfter) {
		return Late
	}
	return Present
}
