package checkin

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"

	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
)

// Refusals of a check-in, each with the sentence that the member reads.
var (
	errMalformed    = fault.Invalid("code_malformed", "这不是签到码，请扫会场屏幕上的二维码")
	errForged       = fault.Invalid("code_forged", "这个签到码无效，请扫会场屏幕上的二维码")
	errExpired      = fault.Conflict("code_expired", "签到码已过期，请重新扫会场屏幕上的二维码")
	errFuture       = fault.Conflict("code_future", "签到码的时间不对，请重新扫码")
	errRenewed      = fault.Conflict("code_renewed", "签到码刚刚换过，请重新扫会场屏幕上的二维码")
	errTicketOld    = fault.Conflict("ticket_expired", "扫码后超过五分钟了，请重新扫码")
	errSpokenWrong  = fault.Conflict("spoken_wrong", "口令不对，请看会场屏幕上的六位数字")
	errAttempts     = fault.TooMany("too_many_attempts", "口令输错太多次，请十分钟后再试，或请书记点名")
	errNotOpen      = fault.Conflict("event_not_open_yet", "签到还没有开始")
	errOver         = fault.Conflict("event_over", "签到已经截止，请找书记登记")
	errCancelled    = fault.Conflict("event_cancelled", "这次活动已取消")
	errClosed       = fault.Conflict("event_closed", "这次活动已结束，请找书记登记")
	errNotExpected  = fault.Forbidden("not_expected", "您不在这次活动的参加范围内，如有疑问请找书记")
	errNotBound     = fault.Forbidden("not_bound", "请先用手机号绑定党员身份，再签到")
	errCorrected    = fault.Conflict("attendance_corrected", "书记已更正过您的签到记录，如有疑问请找书记")
	errTooOld       = fault.Conflict("scan_too_old", "这次扫码是七天以前的，不能再补传，请找书记登记")
	errInFuture     = fault.Conflict("scan_in_future", "手机时间不准，请校准时间后重新扫码")
	errChooseOne    = fault.Invalid("invalid_input", "请提供扫码内容或扫码凭据中的一个")
	errSpokenEvent  = fault.Invalid("invalid_input", "请先选择要签到的活动")
	errNeedReason   = fault.Invalid("reason_required", "请写明更改的原因（至少两个字）").WithField("reason", "请写明原因")
	errRowChanged   = fault.Conflict("attendance_changed", "这条记录刚被别人改过，请刷新后再操作")
	errNotPublished = fault.Conflict("event_not_published", "活动还没有发布")
	errUseAbsent    = fault.Conflict("event_closed", "活动已结束，请改为缺席或请假，不能撤回为未到")
)

// sayTime words an instant for a sentence: people read Beijing time.
func sayTime(t time.Time) string { return t.In(clock.Beijing).Format("1月2日 15:04") }

// judge decides what a presence at an instant means for the event: on time, late, or refused with a fault. late says
// that the act is sent after the fact, so that the event may have closed meanwhile.
func judge(e event.Event, at time.Time, afterwards bool) (Status, error) {
	switch {
	case e.State == event.Cancelled:
		return "", errCancelled
	case e.State == event.Draft:
		return "", errForged
	case e.State == event.Closed && (!afterwards || at.After(e.ClosedAt)):
		return "", errClosed
	case at.Before(e.Window.OpensAt):
		return "", errNotOpen.WithMessage("签到还没有开始，%s开始", sayTime(e.Window.OpensAt))
	case at.After(e.Window.ClosesAt):
		return "", errOver.WithMessage("签到已在%s截止，请找书记登记", sayTime(e.Window.ClosesAt))
	case at.After(e.Window.LateAfter):
		return Late, nil
	}
	return Present, nil
}

// Bounds for scans that are sent later. A phone's clock may be off by a little.
const (
	offlineLife = 7 * 24 * time.Hour
	clockSkew   = time.Minute
)

// judgeOffline decides whether a scan can have happened when the phone says.
func judgeOffline(scanned, now time.Time) error {
	switch {
	case scanned.After(now.Add(clockSkew)):
		return errInFuture
	case now.Sub(scanned) > offlineLife:
		return errTooOld
	}
	return nil
}

// operation names one try of one member: the same key gives the same operation, so that a retry finds its own row.
func operation(member ident.ID, key string) int64 {
	sum := sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, uint64(member)), key...))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1) //nolint:gosec // 63 bits fit
}

const (
	earthRadius = 6_371_000 // metres
	maxAccuracy = 500       // metres: a phone that knows less than this does not know
	kilometre   = 1000
)

// band decides how far the phone was from the place, and keeps only that.
func band(place event.Place, p *Point) Position {
	if p == nil || place.Position == nil {
		return NoPosition
	}
	radius := float64(place.Radius)
	if radius == 0 {
		radius = event.DefaultRadius
	}
	over := distance(place.Position.Lat, place.Position.Lng, p.Lat, p.Lng) - radius - math.Min(p.Accuracy, maxAccuracy)
	switch {
	case over <= 0:
		return Near
	case over <= kilometre:
		return Far1km
	case over <= 5*kilometre:
		return Far5km
	}
	return Far
}

// distance is the great-circle distance in metres (haversine).
func distance(lat1, lng1, lat2, lng2 float64) float64 {
	rad := func(degrees float64) float64 { return degrees * math.Pi / 180 }
	dLat, dLng := rad(lat2-lat1)/2, rad(lng2-lng1)/2
	h := math.Pow(math.Sin(dLat), 2) + math.Cos(rad(lat1))*math.Cos(rad(lat2))*math.Pow(math.Sin(dLng), 2)
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// mayMark decides whether the roll may set the status now. row is what is there; its Revision is 0 when nothing is.
func mayMark(e event.Event, row Attendance, to Status, reason string, now time.Time) error {
	switch {
	case e.State == event.Draft:
		return errNotPublished
	case e.State == event.Cancelled:
		return errCancelled
	case e.State == event.Closed && to == Pending:
		return errUseAbsent
	case to.came() && now.Before(e.Window.OpensAt):
		return errNotOpen.WithMessage("签到还没有开始，%s以后才能登记到场", sayTime(e.Window.OpensAt))
	case needsReason(e, row) && len([]rune(reason)) < 2:
		return errNeedReason
	}
	return nil
}

// needsReason: after the close, and when the secretary changes what members did.
func needsReason(e event.Event, row Attendance) bool {
	byMembers := row.Source.byMember() || row.Source == Helped
	return e.State == event.Closed || row.Revision > 0 && row.Status != Pending && byMembers
}

// tally counts a list that holds everybody expected.
func tally(list []Attendance) event.Counts {
	var c event.Counts
	for _, a := range list {
		count(&c, a.Status, a.Expected, 1)
	}
	return c
}

// inDenominator reports whether somebody counts as expected: exempt people do not, also when the roll has exempted them.
func inDenominator(s Status, expected bool) bool { return expected && s != Exempt }

// count adds n people of one status. Who came counts as present even outside the denominator.
func count(c *event.Counts, s Status, expected bool, n int) {
	if inDenominator(s, expected) {
		c.Expected += n
	}
	switch s {
	case Late:
		c.Late += n
		c.Present += n
	case Present:
		c.Present += n
	case Sick, Duty, Private:
		c.Leave += n
	case Exempt:
		c.Exempt += n
	case Absent:
		c.Absent += n
	case Pending:
		if expected {
			c.Pending += n
		} else {
			c.Exempt += n
		}
	}
}

// corrects reports whether a mark on the roll writes over something that was said, or changes what was settled: that goes on record.
// Ticking the rest of a hall is no correction, and each row keeps its own history besides.
func corrects(e event.Event, there Attendance) bool {
	return e.State == event.Closed || there.Revision > 0 && there.Status != Pending
}
