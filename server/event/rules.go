package event

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/site"
)

// Phase is what an event looks like at an instant.
type Phase string

// The phases. Open means that the check-in window is open.
const (
	PhaseDraft     Phase = "draft"
	PhaseUpcoming  Phase = "upcoming"
	PhaseOpen      Phase = "open"
	PhaseEnded     Phase = "ended" // window and event are over, not closed yet
	PhaseClosed    Phase = "closed"
	PhaseCancelled Phase = "cancelled"
)

// PhaseAt returns the event's phase at the instant.
func (e Event) PhaseAt(now time.Time) Phase {
	switch {
	case e.State == Draft:
		return PhaseDraft
	case e.State == Closed:
		return PhaseClosed
	case e.State == Cancelled:
		return PhaseCancelled
	case now.Before(e.Window.OpensAt):
		return PhaseUpcoming
	case now.Before(e.Window.ClosesAt):
		return PhaseOpen
	}
	return PhaseEnded
}

// Defaults for the check-in window, and bounds of what can be planned. They are this product's own: a theme day is
// announced weeks ahead, and nothing in the field lasts longer than a day.
const (
	opensBefore   = 30 * time.Minute
	graceLate     = 10 * time.Minute
	maxDuration   = 24 * time.Hour
	maxAhead      = 400 * 24 * time.Hour
	maxWindowEdge = 24 * time.Hour
	minTitle      = 2
	minReason     = 2
	maxGuests     = 100
	// DefaultRadius is how many metres around a place count as there when the event does not say.
	DefaultRadius = site.DefaultRadius
)

// DefaultWindow returns the check-in window of an event that does not choose one.
func DefaultWindow(startsAt, endsAt time.Time) Window {
	late := startsAt.Add(graceLate)
	if late.After(endsAt) {
		late = endsAt
	}
	return Window{OpensAt: startsAt.Add(-opensBefore), ClosesAt: endsAt, LateAfter: late}
}

// Draftable is what a secretary can decide about an event.
type Draftable struct {
	Kind      Kind
	Title     string
	Summary   string
	Host      ident.ID
	Guests    []ident.ID
	StartsAt  time.Time
	EndsAt    time.Time
	Place     Place
	Site      ident.ID // 0 when it is held elsewhere
	Window    *Window  // nil takes the default
	Reminders Reminders
}

var (
	errInput    = fault.Invalid("invalid_input", "填写的内容有误，请检查后重试")
	errReason   = errInput.WithField("reason", "请写明取消的原因（至少两个字）")
	errNoChange = fault.Conflict("event_not_editable", "活动已结束或已取消，不能再修改")
)

// normal trims texts, fills in the default window and removes guests that are named twice.
func (d Draftable) normal() Draftable {
	d.Title, d.Summary = strings.TrimSpace(d.Title), strings.TrimSpace(d.Summary)
	d.Place.Name, d.Place.Address = strings.TrimSpace(d.Place.Name), strings.TrimSpace(d.Place.Address)
	if d.Window == nil {
		w := DefaultWindow(d.StartsAt, d.EndsAt)
		d.Window = &w
	}
	guests := slices.Clone(d.Guests)
	slices.Sort(guests)
	d.Guests = slices.Compact(guests)
	return d
}

// check returns nil or invalid_input with a sentence for every field that is wrong.
func (d Draftable) check(now time.Time) error {
	problems := map[string]string{}
	note := func(wrong bool, field, sentence string) {
		if _, told := problems[field]; wrong && !told {
			problems[field] = sentence
		}
	}
	note(utf8.RuneCountInString(d.Title) < minTitle, "title", "标题至少两个字")
	note(hasControl(d.Title), "title", "标题不能换行")
	note(d.Place.Name == "", "place.name", "请填写地点")
	note(hasControl(d.Place.Name), "place.name", "地点不能换行")
	note(hasControl(d.Place.Address), "place.address", "地址不能换行")
	note(!d.EndsAt.After(d.StartsAt), "endsAt", "结束时间要晚于开始时间")
	note(d.EndsAt.Sub(d.StartsAt) > maxDuration, "endsAt", "一次活动不能超过一天")
	note(d.StartsAt.Sub(now) > maxAhead, "startsAt", "开始时间太远了，请检查年份")
	note(now.Sub(d.StartsAt) > maxAhead, "startsAt", "开始时间太早了，请检查年份")
	note(slices.Contains(d.Guests, d.Host), "guestOrgIds", "联合开展的组织不能与主办组织相同")
	note(len(d.Guests) > maxGuests, "guestOrgIds", "联合开展的组织太多了")
	if d.EndsAt.After(d.StartsAt) { // else the window, which may be the default, is wrong for that reason alone
		d.Window.check(d.StartsAt, d.EndsAt, note)
	}
	if len(problems) == 0 {
		return nil
	}
	f := errInput
	for field, sentence := range problems {
		f = f.WithField(field, sentence)
	}
	return f
}

func (w Window) check(startsAt, endsAt time.Time, note func(bool, string, string)) {
	note(!w.ClosesAt.After(w.OpensAt), "checkin.closesAt", "签到截止要晚于签到开始")
	note(w.LateAfter.Before(w.OpensAt) || w.LateAfter.After(w.ClosesAt), "checkin.lateAfter", "迟到时间要在签到开始和截止之间")
	note(w.OpensAt.After(endsAt), "checkin.opensAt", "签到开始不能晚于活动结束")
	note(startsAt.Sub(w.OpensAt) > maxWindowEdge, "checkin.opensAt", "签到最早可提前一天开始")
	note(w.ClosesAt.Sub(endsAt) > maxWindowEdge, "checkin.closesAt", "签到最晚在活动结束后一天截止")
	note(w.ClosesAt.Before(startsAt), "checkin.closesAt", "签到截止不能早于活动开始")
}

func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }

// Errors of the life of an event.
var (
	errNotDraft     = fault.Conflict("event_not_draft", "活动已经发布过了")
	errNotPublished = fault.Conflict("event_not_published", "活动还没有发布")
	errIsCancelled  = fault.Conflict("event_cancelled", "活动已经取消")
	errIsClosed     = fault.Conflict("event_closed", "活动已经结束")
	errPast         = fault.Conflict("event_over", "活动时间已过，请先修改时间再发布")
	errNotStarted   = fault.Conflict("event_not_started", "活动还没有开始，不能结束；不办了请用“取消活动”")
	errNotClosed    = fault.Conflict("event_not_closed", "活动还没有结束，不用重新打开")
	errReopenLate   = fault.Conflict("reopen_too_late", "活动结束超过三十天，不能再重新打开；个别记录有误请逐人更正")
	errReopenWhy    = errInput.WithField("reason", "请写明重新打开的原因（至少两个字）")
	errChanged      = fault.Conflict("event_changed", "活动刚被别人改过，请刷新后再操作")
)

// mayStep returns nil when the event can take the step now, else the conflict that stands in the way.
func (e Event) mayStep(step Step, now time.Time) error {
	switch step {
	case StepEdited:
		return e.mayEdit()
	case StepPublished:
		return e.mayPublish(now)
	case StepCancelled:
		return e.mayCancel()
	case StepClosed:
		return e.mayClose(now)
	case StepReopened:
		return e.mayReopen(now)
	case StepCodeRenewed:
		return e.mayRenewCode()
	case StepCreated:
	}
	return nil
}

func (e Event) mayEdit() error {
	if e.State == Draft || e.State == Published {
		return nil
	}
	return errNoChange
}

func (e Event) mayPublish(now time.Time) error {
	switch {
	case e.State == Cancelled:
		return errIsCancelled
	case e.State != Draft:
		return errNotDraft
	case !e.EndsAt.After(now):
		return errPast
	}
	return nil
}

func (e Event) mayCancel() error {
	switch e.State {
	case Closed:
		return errIsClosed
	case Cancelled:
		return errIsCancelled
	case Draft, Published:
	}
	return nil
}

func (e Event) mayClose(now time.Time) error {
	switch {
	case e.State == Draft:
		return errNotPublished
	case e.State == Cancelled:
		return errIsCancelled
	case e.State == Closed:
		return errIsClosed
	case now.Before(e.StartsAt):
		return errNotStarted
	}
	return nil
}

// reopenLife is how long after the close an event can be opened again: within the month whose return it belongs to.
const reopenLife = 30 * 24 * time.Hour

func (e Event) mayReopen(now time.Time) error {
	switch {
	case e.State != Closed:
		return errNotClosed
	case now.Sub(e.ClosedAt) > reopenLife:
		return errReopenLate
	}
	return nil
}
